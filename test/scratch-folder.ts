import { accessSync, constants, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

/** What the suites keep at one time, with room to spare. */
const ROOM_BYTES = 2 ** 30;
/** A file system in memory, on Linux. */
const IN_MEMORY = "/dev/shm";

/**
 * Where tests make their folders. The product flushes each journal line to disk, and on a disk the suites would
 * spend half of their time waiting for that; nothing that they test depends on it.
 */
export function scratchFolder(): string {
	try {
		accessSync(IN_MEMORY, constants.W_OK | constants.X_OK);
		const { bavail, bsize } = statfsSync(IN_MEMORY);
		return bavail * bsize >= ROOM_BYTES ? IN_MEMORY : tmpdir();
	} catch {
		return tmpdir();
	}
}
