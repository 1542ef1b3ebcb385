import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { measured } from "./meter.js";

/** Works for so long, by the processor's time: others may have the machine meanwhile. */
function spin(ms: number): void {
	const worked = () => {
		const { user, system } = process.cpuUsage();
		return (user + system) / 1_000;
	};
	const until = worked() + ms;
	while (worked() < until);
}

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

test("waiting and other threads' work are not blocking", async () => {
	const worker = new Worker("let n = 0; for (;;) n++", { eval: true });
	try {
		const { cost } = await measured(async () => {
			await sleep(100);
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
		}, 200);
		expect(cost.blockedMs).toBeLessThan(150);
	} finally {
		await worker.terminate();
	}
});

test("memory that is held counts, garbage does not", async () => {
	const held = await measured(async () => {
		const kept = Buffer.alloc(100 * 1024 * 1024, 1);
		await sleep(60);
		return kept.length;
	}, 50);
	expect(held.cost.megabytes).toBeGreaterThan(90);
	const dropped = await measured(async () => {
		for (let turn = 0; turn < 20; turn++) {
			Buffer.alloc(10 * 1024 * 1024, 1);
			await sleep(5);
		}
	}, 50);
	expect(dropped.cost.megabytes).toBeLessThan(80);
});
