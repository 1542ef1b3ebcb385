import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import type { Locks } from "../core/contract/session.js";

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
 * one whose process is gone, or which has not been touched for 20 s, is taken over.
 * Within one process callers queue in memory, so that the file is only asked for between processes.
 */
export function fileLocks(
	dir: string,
	clock: Clock,
	process: { readonly pid: number; isAlive(pid: number): boolean },
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
				const release = await takeFolder(
					join(
						dir,
						createHash("sha256").update(name).digest("hex").slice(0, 32),
					),
					signal,
				);
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
		for (;;) {
			signal?.throwIfAborted();
			try {
				await mkdir(folder, { mode: 0o700 });
				break;
			} catch (error) {
				if ((error as { code?: string }).code !== "EEXIST") throw error;
			}
			if (await isFree(folder)) await breakLock(folder);
			await clock.sleep(WAIT_MS, signal);
		}
		const owner = join(folder, "owner");
		await writeFile(owner, String(process.pid), { mode: 0o600 });
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
	async function breakLock(folder: string): Promise<void> {
		const breaker = `${folder}.break`;
		try {
			await mkdir(breaker);
		} catch {
			const since = await stat(breaker).catch(() => undefined);
			if (since !== undefined && Date.now() - since.mtimeMs > STALE_MS)
				await rm(breaker, { recursive: true, force: true });
			return;
		}
		if (await isFree(folder))
			await rm(folder, { recursive: true, force: true });
		await rm(breaker, { recursive: true, force: true });
	}

	async function isFree(folder: string): Promise<boolean> {
		try {
			const [{ mtimeMs }, owner] = await Promise.all([
				stat(folder),
				readFile(join(folder, "owner"), "utf8").catch(() => ""),
			]);
			const pid = Number(owner);
			if (Number.isInteger(pid) && pid > 0 && !process.isAlive(pid))
				return true;
			return Date.now() - mtimeMs > STALE_MS;
		} catch {
			return true;
		}
	}
}
