import { setTimeout } from "node:timers";
import type { Clock } from "../src/core/contract/clock.js";

export interface VirtualClock extends Clock {
	/** Moves time forward by hand; sleepers that are due wake. */
	advance(ms: number): void;
}

/**
 * Time that moves by itself to the next sleeper once the event loop has nothing else to do,
 * so that a test with hours of waiting takes milliseconds.
 * Work is taken to be over when `idleTurns` turns of the event loop brought no new sleeper and no file is being
 * read or written.
 */
export function virtualClock(
	startMs = Date.UTC(2026, 10, 20, 4, 0, 0),
	idleTurns = 20,
): VirtualClock {
	let now = startMs;
	let running = false;
	let activity = 0;
	const sleepers = new Set<{ atMs: number; wake: () => void }>();

	const wakeDue = () => {
		for (const sleeper of [...sleepers].sort((a, b) => a.atMs - b.atMs))
			if (sleeper.atMs <= now) {
				sleepers.delete(sleeper);
				sleeper.wake();
			}
	};
	/** Looks at each turn of the event loop, as long as anyone sleeps. */
	const run = () => {
		running = true;
		let seen = activity;
		let turns = 0;
		const look = () => {
			running = sleepers.size > 0;
			if (!running) return;
			turns++;
			if (activity !== seen) {
				seen = activity;
				turns = 0;
			}
			// The look at files is dear: now and then is enough, as long as work on one goes on.
			else if (turns % 4 === 0 && filesAreBusy()) {
				turns = 0;
				// Turning on would only take the processor from those who work on the file.
				setTimeout(look, 1);
				return;
			}
			if (turns >= idleTurns) {
				turns = 0;
				now = Math.max(
					now,
					Math.min(...[...sleepers].map((sleeper) => sleeper.atMs)),
				);
				wakeDue();
			}
			setImmediate(look);
		};
		setImmediate(look);
	};

	return {
		now: () => now,
		advance(ms) {
			now += ms;
			wakeDue();
		},
		sleep(ms, signal) {
			return new Promise((resolve, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				activity++;
				const sleeper = {
					atMs: now + Math.max(0, ms),
					wake: () => {
						signal?.removeEventListener("abort", abort);
						resolve();
					},
				};
				const abort = () => {
					sleepers.delete(sleeper);
					reject(signal?.reason);
				};
				signal?.addEventListener("abort", abort, { once: true });
				sleepers.add(sleeper);
				if (!running) run();
			});
		},
	};
}

/** Time that moves by hand alone, for what waits on a network: sockets take real time, which is not idleness either. */
export function handClock(
	startMs = Date.UTC(2026, 10, 20, 4, 0, 0),
): VirtualClock {
	let now = startMs;
	const sleepers = new Set<{ atMs: number; wake: () => void }>();
	return {
		now: () => now,
		advance(ms) {
			now += ms;
			for (const sleeper of [...sleepers])
				if (sleeper.atMs <= now) {
					sleepers.delete(sleeper);
					sleeper.wake();
				}
		},
		sleep: (ms, signal) =>
			new Promise((resolve, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				const sleeper = { atMs: now + Math.max(0, ms), wake: resolve };
				sleepers.add(sleeper);
				signal?.addEventListener(
					"abort",
					() => {
						sleepers.delete(sleeper);
						reject(signal.reason);
					},
					{ once: true },
				);
			}),
	};
}

/** Files and threads that work take real time, which must not look like idleness. */
function filesAreBusy(): boolean {
	return process
		.getActiveResourcesInfo()
		.some((resource) => /^(FSReq|CloseReq|MessagePort)/.test(resource));
}
