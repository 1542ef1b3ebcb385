import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const TICK_MS = 20;
const MB = 1024 * 1024;

/** What a piece of work cost at its worst. */
export interface Cost {
	/** The longest time in which nothing else could run, as far as this thread itself was working. */
	readonly blockedMs: number;
	/** What it held in memory beyond what was there before, at most: what a collection of garbage would have left. */
	readonly megabytes: number;
	readonly tookMs: number;
}

/**
 * Measures a piece of work by a ticker. A gap between two ticks counts as far as this thread used the processor in
 * it: on a machine that others use as well, waiting for a turn is not blocking, and other threads' work is not ours.
 */
export async function measured<T>(
	work: () => Promise<T>,
	/** Memory beyond which the garbage is collected before it counts. */
	mostMegabytes: number,
): Promise<{ readonly cost: Cost; readonly value: T }> {
	const collect = garbageCollector();
	collect();
	const before = heldMegabytes();
	const startMs = performance.now();
	let blockedMs = 0;
	let megabytes = 0;
	let last = { atMs: startMs, workedMs: workedMs() };
	const look = () => {
		const now = { atMs: performance.now(), workedMs: workedMs() };
		blockedMs = Math.max(
			blockedMs,
			Math.min(now.atMs - last.atMs, now.workedMs - last.workedMs),
		);
		let held = heldMegabytes() - before;
		if (held > Math.max(mostMegabytes, megabytes)) {
			collect();
			held = heldMegabytes() - before;
		}
		megabytes = Math.max(megabytes, held);
		// What the look itself took is not the work's.
		last = { atMs: performance.now(), workedMs: workedMs() };
	};
	const ticker = setInterval(look, TICK_MS);
	try {
		const value = await work();
		look();
		return {
			value,
			cost: { blockedMs, megabytes, tookMs: performance.now() - startMs },
		};
	} finally {
		clearInterval(ticker);
	}
}

/** Processor time of this thread, ms; where the system does not tell, of the whole process, which is no less. */
function workedMs(): number {
	try {
		const [ns = ""] = readFileSync("/proc/thread-self/schedstat", "utf8").split(
			" ",
		);
		return Number(ns) / 1e6;
	} catch {
		const { user, system } = process.cpuUsage();
		return (user + system) / 1_000;
	}
}

/** Of this isolate, with what its buffers hold. */
function heldMegabytes(): number {
	const { heapUsed, external } = process.memoryUsage();
	return (heapUsed + external) / MB;
}

function garbageCollector(): () => void {
	setFlagsFromString("--expose-gc");
	return runInNewContext("gc") as () => void;
}
