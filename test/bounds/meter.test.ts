import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { type Gauges, measured, threadGauges } from "./meter.js";

const MB = 1024 * 1024;

/** Works for so long, by the processor's time: others may have the machine meanwhile. */
function spin(ms: number): void {
	const until = threadGauges().workedMs() + ms;
	while (threadGauges().workedMs() < until);
}

/** A thread whose time and memory go as the test says, and which ticks when the test says. */
function toldGauges() {
	let [nowMs, workedMs, held, garbage] = [0, 0, 0, 0];
	let look: (() => void) | undefined;
	const gauges: Gauges = {
		nowMs: () => nowMs,
		workedMs: () => workedMs,
		heldMegabytes: () => held + garbage,
		collect: () => {
			garbage = 0;
		},
		everyTick(given) {
			look = given;
			return () => {
				look = undefined;
			};
		},
	};
	return {
		gauges,
		/** The thread works, and nothing else runs on it. */
		work: (ms: number) => {
			nowMs += ms;
			workedMs += ms;
		},
		/** Time in which this thread does nothing. */
		wait: (ms: number) => {
			nowMs += ms;
		},
		/** The work of other threads, where only that of the whole process is told. */
		others: (ms: number) => {
			workedMs += ms;
		},
		hold: (megabytes: number) => {
			held += megabytes;
		},
		drop: (megabytes: number) => {
			garbage += megabytes;
		},
		tick: () => look?.(),
		isTicking: () => look !== undefined,
	};
}

test("the longest gap between two looks is what was blocked", async () => {
	const thread = toldGauges();
	const { cost } = await measured(
		async () => {
			for (const ms of [10, 70, 20]) {
				thread.work(ms);
				thread.tick();
			}
			thread.work(30);
		},
		200,
		thread.gauges,
	);
	expect(cost).toEqual({ blockedMs: 70, megabytes: 0, tookMs: 130 });
	expect(thread.isTicking()).toBe(false);
});

test("what comes after the last tick counts, and a failure ends the ticks", async () => {
	const thread = toldGauges();
	const { cost } = await measured(
		async () => thread.work(400),
		200,
		thread.gauges,
	);
	expect(cost.blockedMs).toBe(400);
	await expect(
		measured(() => Promise.reject(new Error("no")), 200, thread.gauges),
	).rejects.toThrow("no");
	expect(thread.isTicking()).toBe(false);
});

test("waiting is not blocking, nor is what others do meanwhile", async () => {
	const thread = toldGauges();
	const { cost } = await measured(
		async () => {
			thread.wait(300);
			thread.tick();
			thread.work(5);
			thread.others(300);
			thread.tick();
		},
		200,
		thread.gauges,
	);
	expect(cost).toEqual({ blockedMs: 5, megabytes: 0, tookMs: 305 });
});

test("memory that is held counts at its most, garbage does not", async () => {
	const thread = toldGauges();
	thread.hold(500);
	const { cost } = await measured(
		async () => {
			thread.hold(100);
			thread.drop(400);
			thread.tick();
			thread.hold(-100);
			thread.tick();
		},
		50,
		thread.gauges,
	);
	expect(cost.megabytes).toBe(100);
});

test("work in one piece is seen, however promises cut it up", async () => {
	const whole = await measured(async () => spin(400), 200);
	expect(whole.cost.blockedMs).toBeGreaterThan(150);
	const cut = await measured(async () => {
		for (let part = 0; part < 40; part++) await Promise.resolve(spin(10));
	}, 200);
	expect(cut.cost.blockedMs).toBeGreaterThan(150);
});

test("work that lets others run is not blocking", async () => {
	const { cost } = await measured(async () => {
		for (let part = 0; part < 20; part++) {
			spin(10);
			await new Promise((resolve) => setImmediate(resolve));
		}
	}, 200);
	expect(cost.blockedMs).toBeLessThan(150);
});

test("waiting for another thread that works is not blocking", async () => {
	const shared = new Int32Array(new SharedArrayBuffer(4));
	// It tells when it has worked for 300 ms by its own processor time.
	const worker = new Worker(
		`const { workerData: shared, parentPort } = require("node:worker_threads");
		const { readFileSync } = require("node:fs");
		const worked = () => {
			try {
				return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
			} catch {
				return process.cpuUsage().user / 1e3;
			}
		};
		parentPort.once("message", () => {
			const until = worked() + 300;
			while (worked() < until);
			Atomics.store(shared, 0, 1);
			Atomics.notify(shared, 0);
		});
		parentPort.postMessage("ready");`,
		{ eval: true, workerData: shared },
	);
	try {
		await once(worker, "message");
		const { cost } = await measured(async () => {
			worker.postMessage("work");
			Atomics.wait(shared, 0, 0);
		}, 200);
		expect(cost.tookMs).toBeGreaterThan(250);
		expect(cost.blockedMs).toBeLessThan(150);
	} finally {
		await worker.terminate();
	}
});

test("memory of this thread is seen: what is held, and not garbage", async () => {
	const thread = threadGauges();
	let look = () => {};
	// Looks when the work says so, in place of every 20 ms.
	const gauges: Gauges = {
		...thread,
		everyTick(given) {
			look = given;
			return () => {};
		},
	};
	const held = await measured(
		async () => {
			const kept = Buffer.alloc(100 * MB, 1);
			look();
			return kept.length;
		},
		50,
		gauges,
	);
	expect(held.cost.megabytes).toBeGreaterThan(90);
	const dropped = await measured(
		async () => {
			for (let turn = 0; turn < 20; turn++) {
				Buffer.alloc(10 * MB, 1);
				look();
				await new Promise((resolve) => setImmediate(resolve));
			}
		},
		50,
		gauges,
	);
	expect(dropped.cost.megabytes).toBeLessThan(80);
});
