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

/** What a meter reads: of this thread, unless a test of the meter says what was worked and held when. */
export interface Gauges {
	/** Time on the wall, ms. */
	nowMs(): number;
	/** Processor time of this thread, ms. */
	workedMs(): number;
	heldMegabytes(): number;
	/** Collects the garbage. */
	collect(): void;
	/** Looks once in every tick in which this thread is free; what it returns ends that. */
	everyTick(look: () => void): () => void;
}

/**
 * Measures a piece of work by a ticker. A gap between two ticks counts as far as this thread used the processor in
 * it: on a machine that others use as well, waiting for a turn is not blocking, and other threads' work is not ours.
 */
export async function measured<T>(
	work: () => Promise<T>,
	/** Memory beyond which the garbage is collected before it counts. */
	mostMegabytes: number,
	gauges: Gauges = threadGauges(),
): Promise<{ readonly cost: Cost; readonly value: T }> {
	const read = () => ({ atMs: gauges.nowMs(), workedMs: gauges.workedMs() });
	gauges.collect();
	const before = gauges.heldMegabytes();
	const start = read();
	let blockedMs = 0;
	let megabytes = 0;
	let last = start;
	const look = () => {
		const now = read();
		blockedMs = Math.max(
			blockedMs,
			Math.min(now.atMs - last.atMs, now.workedMs - last.workedMs),
		);
		let held = gauges.heldMegabytes() - before;
		if (held > Math.max(mostMegabytes, megabytes)) {
			gauges.collect();
			held = gauges.heldMegabytes() - before;
		}
		megabytes = Math.max(megabytes, held);
		// What the look itself took is not the work's.
		last = read();
	};
	const end = gauges.everyTick(look);
	try {
		const value = await work();
		look();
		const tookMs = gauges.nowMs() - start.atMs;
		return { value, cost: { blockedMs, megabytes, tookMs } };
	} finally {
		end();
	}
}

/** Of the thread that measures itself. */
export function threadGauges(): Gauges {
	return {
		nowMs: () => performance.now(),
		workedMs,
		heldMegabytes,
		collect: garbageCollector(),
		everyTick(look) {
			const ticker = setInterval(look, TICK_MS);
			return () => clearInterval(ticker);
		},
	};
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
