import { createHash } from "node:crypto";
import {
	closeSync,
	constants,
	mkdirSync,
	openSync,
	readFileSync,
	statSync,
	unlinkSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";

/** `calls` per `perMs` milliseconds. */
export interface Rate {
	readonly calls: number;
	readonly perMs: number;
}

/** Time as the layers above hand it in. */
export interface Timing {
	/** Milliseconds since the epoch. */
	now(): number;
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One bucket's memory, the same for all processes of a person. */
interface Ledger {
	/** When the latest calls were let through, ms, oldest first. */
	times: number[];
	/** Nothing is let through before. */
	pausedUntilMs: number;
	/** Calls per window that the vendor was seen to allow; absent: the rate as configured. */
	learned?: number;
	/** The number that failed last, and when. */
	failed?: { readonly calls: number; readonly atMs: number };
	/** When the vendor throttled last. */
	throttledAtMs?: number;
}

/** Where buckets are kept; `change` is atomic over all processes. */
export interface BucketStore {
	/** undefined: another process holds it at this moment; ask again. */
	change<T>(name: string, work: (ledger: Ledger) => T): T | undefined;
}

export interface Buckets {
	/** Waits for a turn in every one of the buckets. `bulk` steps back while an `interactive` call waits. */
	enter(
		buckets: readonly BucketUse[],
		priority: "interactive" | "bulk",
		signal?: AbortSignal,
	): Promise<void>;
	/** A call took `lateMs` longer than calls to this vendor take: it may have arrived that much later than it was let through. */
	arrivedLate(buckets: readonly BucketUse[], lateMs: number): void;
	/** The vendor said "too many": this bucket pauses, and learns when that happens more than once. */
	throttled(bucket: BucketUse, retryAfterMs: number): void;
}

export interface BucketUse {
	/** Unique over vendors and accounts; holds no secret. */
	readonly name: string;
	readonly rate: Rate;
}

/** Calls may bunch up on their way; a window is taken this much longer than the vendor states. */
const SLACK_MS = 10;
/** One throttled burst may be another's doing, or calls that bunched up; a second one so soon means a lower rate. */
const SINGLE_CASE_MS = 15_000;
/** A learned rate rises by one call after so long without a throttled one. */
const RECOVER_MS = 30_000;
/** A number of calls that failed is not tried again for so long. */
const REMEMBER_MS = 600_000;
const RETRY_LOCK_MS = 2;
const MOST_CALLS = 100;

/**
 * Sliding windows: in no span of `perMs` are more than `calls` calls let through, over all processes that share
 * the store. Within a process calls queue, interactive ones first.
 */
export function openBuckets(store: BucketStore, timing: Timing): Buckets {
	interface Waiter {
		readonly priority: "interactive" | "bulk";
		readonly signal: AbortSignal | undefined;
		readonly go: () => void;
		readonly fail: (reason: unknown) => void;
	}
	const queues = new Map<string, Waiter[]>();

	const pump = async (use: BucketUse, queue: Waiter[]): Promise<void> => {
		try {
			while (queue.length > 0) {
				const waitMs = store.change(use.name, (ledger) =>
					take(ledger, fine(use.rate), timing.now()),
				);
				if (waitMs === 0) {
					const next = queue.findIndex(
						({ priority }) => priority === "interactive",
					);
					queue.splice(Math.max(0, next), 1)[0]?.go();
				} else await timing.sleep(waitMs ?? RETRY_LOCK_MS);
			}
			queues.delete(use.name);
		} catch (error) {
			queues.delete(use.name);
			for (const waiter of queue.splice(0)) waiter.fail(error);
		}
	};

	const enterOne = (
		use: BucketUse,
		priority: "interactive" | "bulk",
		signal: AbortSignal | undefined,
	) =>
		new Promise<void>((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const queue = queues.get(use.name) ?? [];
			const leave = () => {
				const place = queue.indexOf(waiter);
				if (place >= 0) queue.splice(place, 1);
				reject(signal?.reason);
			};
			const waiter: Waiter = {
				priority,
				signal,
				go: () => {
					signal?.removeEventListener("abort", leave);
					resolve();
				},
				fail: reject,
			};
			signal?.addEventListener("abort", leave, { once: true });
			queue.push(waiter);
			if (!queues.has(use.name)) {
				queues.set(use.name, queue);
				void pump(use, queue);
			}
		});

	return {
		async enter(buckets, priority, signal) {
			for (const use of buckets) await enterOne(use, priority, signal);
		},
		arrivedLate(buckets, lateMs) {
			for (const { name } of buckets)
				store.change(name, ({ times }) => {
					const latest = times.pop();
					if (latest !== undefined)
						times.push(Math.min(timing.now(), latest + lateMs));
				});
		},
		throttled({ name, rate }, retryAfterMs) {
			store.change(name, (ledger) =>
				learn(ledger, fine(rate), timing.now(), retryAfterMs),
			);
		},
	};
}

/** The same pace in another window: no long list of calls must be kept, and less than one call is one in a longer time. */
function fine({ calls, perMs }: Rate): Rate {
	const kept = Math.min(MOST_CALLS, Math.max(1, calls));
	return { calls: kept, perMs: (perMs * kept) / calls };
}

/** 0 and the call is entered, or how many ms to wait. */
function take(ledger: Ledger, rate: Rate, nowMs: number): number {
	if (ledger.pausedUntilMs > nowMs) return ledger.pausedUntilMs - nowMs;
	const window = rate.perMs + SLACK_MS;
	const allowed = allowedCalls(ledger, rate, nowMs);
	// A clock that was set back must not stop the program.
	ledger.times = ledger.times
		.filter((ms) => ms <= nowMs && nowMs - ms < window)
		.slice(-rate.calls);
	const oldest = ledger.times.at(-allowed);
	if (oldest !== undefined) return Math.max(1, oldest + window - nowMs);
	ledger.times.push(nowMs);
	return 0;
}

function allowedCalls(ledger: Ledger, rate: Rate, nowMs: number): number {
	const { learned, failed } = ledger;
	if (learned === undefined || failed === undefined) return rate.calls;
	const risen = learned + Math.floor((nowMs - failed.atMs) / RECOVER_MS);
	const ceiling =
		nowMs - failed.atMs < REMEMBER_MS ? failed.calls - 1 : rate.calls;
	const allowed = Math.max(1, Math.min(rate.calls, risen, ceiling));
	if (allowed === rate.calls) {
		delete ledger.learned;
		delete ledger.failed;
	}
	return allowed;
}

function learn(
	ledger: Ledger,
	rate: Rate,
	nowMs: number,
	retryAfterMs: number,
): void {
	// Answers to calls of one burst come together: they teach once.
	const burst = ledger.pausedUntilMs > nowMs;
	ledger.pausedUntilMs = Math.max(ledger.pausedUntilMs, nowMs + retryAfterMs);
	if (burst) return;
	const before = ledger.throttledAtMs ?? Number.NEGATIVE_INFINITY;
	ledger.throttledAtMs = nowMs;
	if (nowMs - before > SINGLE_CASE_MS) return;
	const used = allowedCalls(ledger, rate, nowMs);
	ledger.learned = Math.max(1, Math.floor(used / 2));
	ledger.failed = { calls: Math.max(2, used), atMs: nowMs };
}

function emptyLedger(): Ledger {
	return { times: [], pausedUntilMs: 0 };
}

/** Buckets of this process alone. */
export function memoryStore(): BucketStore {
	const ledgers = new Map<string, Ledger>();
	return {
		change(name, work) {
			const ledger = ledgers.get(name) ?? emptyLedger();
			ledgers.set(name, ledger);
			return work(ledger);
		},
	};
}

/** A lock file older than this belongs to a process that was killed while it held it. */
const STALE_MS = 2_000;

/**
 * Buckets as small files in `dir`, shared by all processes. The work between lock and unlock takes a fraction of
 * a millisecond and is synchronous, so that a process never pauses inside it.
 */
export function fileStore(dir: string): BucketStore {
	const paths = new Map<string, string>();
	const pathOf = (name: string) => {
		const known = paths.get(name);
		if (known !== undefined) return known;
		if (paths.size === 0) mkdirSync(dir, { recursive: true, mode: 0o700 });
		const hash = createHash("sha256").update(name).digest("hex");
		const path = join(dir, hash.slice(0, 32));
		paths.set(name, path);
		return path;
	};
	return {
		change(name, work) {
			const path = pathOf(name);
			if (!lock(`${path}.lock`)) return undefined;
			try {
				return changeFile(path, work);
			} finally {
				unlink(`${path}.lock`);
			}
		},
	};
}

/**
 * Each call passes here: one file is opened, read and written over. What is shorter than before is filled up with
 * spaces, so that one write leaves a whole ledger whenever the process is killed.
 */
function changeFile<T>(path: string, work: (ledger: Ledger) => T): T {
	const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
	try {
		const before = readFileSync(file);
		const ledger = parseLedger(before.toString());
		const answer = work(ledger);
		writeSync(file, JSON.stringify(ledger).padEnd(before.length), 0);
		return answer;
	} finally {
		closeSync(file);
	}
}

function lock(path: string): boolean {
	try {
		closeSync(openSync(path, "wx", 0o600));
		return true;
	} catch (error) {
		const { code } = error as { code?: string };
		// Windows answers EPERM while another process removes the file.
		if (code !== "EEXIST" && code !== "EPERM") throw error;
		if (ageMs(path) > STALE_MS) unlink(path);
		return false;
	}
}

function ageMs(path: string): number {
	try {
		return Date.now() - statSync(path).mtimeMs;
	} catch {
		return 0;
	}
}

function unlink(path: string): void {
	try {
		unlinkSync(path);
	} catch {
		// Already gone: another process took a stale lock away.
	}
}

/** A file that is new or damaged starts from the beginning. */
function parseLedger(text: string): Ledger {
	try {
		return { ...emptyLedger(), ...(JSON.parse(text) as Partial<Ledger>) };
	} catch {
		return emptyLedger();
	}
}
