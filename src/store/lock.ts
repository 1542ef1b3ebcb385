import type { Stats } from "node:fs";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import type { Locks } from "../core/contract/session.js";
import { hasCode } from "./disk.js";
import { hashOf } from "./small-files.js";

/** A lock whose holder has not shown a sign of life for this long is free. */
const STALE_MS = 20_000;
const HEARTBEAT_MS = 5_000;
const WAIT_MS = 25;

/** @throws the signal's reason when it comes before the turn. */
async function turnOr(
	before: Promise<void>,
	signal: AbortSignal | undefined,
): Promise<void> {
	if (signal === undefined) return before;
	signal.throwIfAborted();
	let stop = () => {};
	const aborted = new Promise<never>((_, reject) => {
		stop = () => reject(signal.reason);
		signal.addEventListener("abort", stop, { once: true });
	});
	try {
		await Promise.race([before, aborted]);
	} finally {
		signal.removeEventListener("abort", stop);
	}
}

/**
 * Locks as folders in `dir`: making one is atomic on every file system. The holder touches it while it works;
 * one whose process is gone is taken over at once, and one that whoever waits has not seen touched for 20 s: a process
 * id may be another's by now, and the times of files may come from a clock that is years off.
 * Within one process callers queue in memory, so that the file is only asked for between processes.
 * `watchMs` is the time by which a lock is watched; no clock that can be set.
 */
export function fileLocks(
	dir: string,
	clock: Clock,
	process: { readonly pid: number; isAlive(pid: number): boolean },
	watchMs: () => number = () => performance.now(),
): Locks {
	const queues = new Map<string, Promise<void>>();
	return {
		async acquire(name, signal) {
			const before = queues.get(name) ?? Promise.resolve();
			let leave = () => {};
			const turn = new Promise<void>((resolve) => {
				leave = resolve;
			});
			const mine = before.then(() => turn);
			queues.set(name, mine);
			try {
				await turnOr(before, signal);
				const release = await takeFolder(join(dir, hashOf(name)), signal);
				return async () => {
					try {
						await release();
					} finally {
						if (queues.get(name) === mine) queues.delete(name);
						leave();
					}
				};
			} catch (error) {
				leave();
				throw error;
			}
		},
	};

	async function takeFolder(
		folder: string,
		signal?: AbortSignal,
	): Promise<() => Promise<void>> {
		await mkdir(dir, { recursive: true, mode: 0o700 });
		const stands = watching(watchMs);
		for (;;) {
			signal?.throwIfAborted();
			try {
				await mkdir(folder, { mode: 0o700 });
				break;
			} catch (error) {
				if (!hasCode(error, "EEXIST")) throw error;
			}
			if (await isFree(folder, stands)) await breakLock(folder, stands);
			await clock.sleep(WAIT_MS, signal);
		}
		try {
			await writeFile(join(folder, "owner"), String(process.pid), {
				mode: 0o600,
			});
		} catch (error) {
			await rm(folder, { recursive: true, force: true }).catch(() => {});
			throw error;
		}
		const beat = setInterval(
			() => void utimes(folder, new Date(), new Date()).catch(() => {}),
			HEARTBEAT_MS,
		);
		beat.unref();
		return async () => {
			clearInterval(beat);
			await rm(folder, { recursive: true, force: true });
		};
	}

	/** Only one of several waiters may clear a dead lock, and it looks again first: another may hold it by now. */
	async function breakLock(folder: string, stands: Stands): Promise<void> {
		const breaker = `${folder}.break`;
		try {
			await mkdir(breaker);
		} catch {
			const since = await stat(breaker).catch(() => undefined);
			if (since !== undefined && isOld(since.mtimeMs, stands(breaker, since)))
				await rm(breaker, { recursive: true, force: true });
			return;
		}
		if (await isFree(folder, stands))
			await rm(folder, { recursive: true, force: true });
		await rm(breaker, { recursive: true, force: true });
	}

	async function isFree(folder: string, stands: Stands): Promise<boolean> {
		try {
			const [info, owner] = await Promise.all([
				stat(folder),
				readFile(join(folder, "owner"), "utf8").catch(() => ""),
			]);
			const pid = /^\d+$/.test(owner) ? Number(owner) : 0;
			const stood = stands(folder, info);
			if (pid === 0) return isOld(info.mtimeMs, stood);
			return !process.isAlive(pid) || stood > STALE_MS;
		} catch {
			return true;
		}
	}
}

/** Of what nobody is known to hold: its own time says it, or whoever waits has watched it for long enough. */
function isOld(mtimeMs: number, stood: number): boolean {
	return stood > STALE_MS || Date.now() - mtimeMs > STALE_MS;
}

/** For how long, ms, one has seen a folder stand untouched: the same folder with the same time. */
type Stands = (path: string, info: Stats) => number;

function watching(watchMs: () => number): Stands {
	const seen = new Map<string, { readonly as: string; readonly at: number }>();
	return (path, { ino, mtimeMs }) => {
		const as = `${ino} ${mtimeMs}`;
		const known = seen.get(path);
		if (known?.as === as) return watchMs() - known.at;
		seen.set(path, { as, at: watchMs() });
		return 0;
	};
}
