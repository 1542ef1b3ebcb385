import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import {
	type BucketStore,
	fileStore,
	memoryStore,
	openBuckets,
} from "../../src/http/buckets.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { temporaryFolder } from "../folder.js";

const five = { name: "a", rate: { calls: 5, perMs: 1_000 } };

/** The most calls that any span of this length holds. */
function busiest(times: readonly number[], spanMs: number): number {
	const sorted = [...times].sort((a, b) => a - b);
	return Math.max(
		...sorted.map(
			(from) => sorted.filter((ms) => ms >= from && ms < from + spanMs).length,
		),
	);
}

/** Enters so often, and tells when each turn came. */
async function turns(
	buckets: ReturnType<typeof openBuckets>,
	clock: VirtualClock,
	count: number,
	use = five,
): Promise<number[]> {
	const times: number[] = [];
	await Promise.all(
		Array.from({ length: count }, async () => {
			await buckets.enter([use], "bulk");
			times.push(clock.now());
		}),
	);
	return times;
}

describe("a bucket", () => {
	test("lets no span hold more than its calls, and wastes almost none", async () => {
		const clock = virtualClock();
		const times = await turns(openBuckets(memoryStore(), clock), clock, 60);
		expect(busiest(times, 1_000)).toBe(5);
		const took = Math.max(...times) - Math.min(...times);
		expect(took).toBeLessThanOrEqual((60 / 5) * 1_000);
	});

	test("is one for all who share the store", async () => {
		const clock = virtualClock();
		const folder = temporaryFolder();
		const shared = await Promise.all(
			Array.from({ length: 3 }, () =>
				turns(openBuckets(fileStore(folder), clock), clock, 15),
			),
		);
		expect(busiest(shared.flat(), 1_000)).toBe(5);
		for (const own of shared) expect(own.length).toBe(15);
	});

	test("of another name does not wait", async () => {
		const clock = virtualClock();
		const buckets = openBuckets(memoryStore(), clock);
		const start = clock.now();
		await turns(buckets, clock, 5);
		await buckets.enter([{ ...five, name: "b" }], "interactive");
		expect(clock.now()).toBe(start);
	});

	test("takes several at once: a call waits for each", async () => {
		const clock = virtualClock();
		const buckets = openBuckets(memoryStore(), clock);
		const start = clock.now();
		const other = { name: "b", rate: { calls: 1, perMs: 10_000 } };
		await buckets.enter([other], "bulk");
		await buckets.enter([five, other], "bulk");
		expect(clock.now() - start).toBeGreaterThanOrEqual(10_000);
	});

	test("keeps a high rate in a shorter window", async () => {
		const clock = virtualClock();
		const fast = { name: "f", rate: { calls: 1_000, perMs: 60_000 } };
		const times = await turns(
			openBuckets(memoryStore(), clock),
			clock,
			250,
			fast,
		);
		expect(busiest(times, 6_000)).toBeLessThanOrEqual(100);
		expect(Math.max(...times) - Math.min(...times)).toBeLessThan(15_000);
	});

	test("serves interactive calls before bulk ones", async () => {
		const clock = virtualClock();
		const buckets = openBuckets(memoryStore(), clock);
		const order: string[] = [];
		const enter = (name: string, priority: "bulk" | "interactive") =>
			buckets.enter([five], priority).then(() => order.push(name));
		await Promise.all([
			...Array.from({ length: 12 }, (_, index) => enter(`b${index}`, "bulk")),
			enter("now", "interactive"),
		]);
		expect(order.indexOf("now")).toBeLessThanOrEqual(5);
		expect(order.filter((name) => name !== "now")).toEqual(
			Array.from({ length: 12 }, (_, index) => `b${index}`),
		);
	});

	test("forgets who stopped waiting", async () => {
		const clock = virtualClock();
		const buckets = openBuckets(memoryStore(), clock);
		await turns(buckets, clock, 5);
		const start = clock.now();
		const stop = new AbortController();
		const left = buckets.enter([five], "bulk", stop.signal);
		const stays = buckets.enter([five], "bulk");
		const reason = new Error("not any more");
		stop.abort(reason);
		await expect(left).rejects.toBe(reason);
		await stays;
		expect(clock.now() - start).toBeLessThan(1_100);
		await expect(
			buckets.enter([five], "bulk", AbortSignal.abort(reason)),
		).rejects.toBe(reason);
	});

	test("tells everyone who waits when its store fails", async () => {
		const broken: BucketStore = {
			change() {
				throw new Error("the disk is full");
			},
		};
		const buckets = openBuckets(broken, virtualClock());
		await expect(
			Promise.all([
				buckets.enter([five], "bulk"),
				buckets.enter([five], "interactive"),
			]),
		).rejects.toThrow("the disk is full");
	});

	test("goes on after the clock was set back", async () => {
		let now = Date.UTC(2030, 0, 1);
		const clock = virtualClock();
		const shifted = { now: () => now, sleep: clock.sleep };
		const buckets = openBuckets(memoryStore(), shifted);
		for (let turn = 0; turn < 5; turn++) await buckets.enter([five], "bulk");
		now = Date.UTC(2026, 0, 1);
		const start = clock.now();
		await buckets.enter([five], "bulk");
		expect(clock.now()).toBe(start);
	});
});

describe("after a throttled call", () => {
	test("its bucket pauses for as long as the vendor says, others do not", async () => {
		const clock = virtualClock();
		const buckets = openBuckets(memoryStore(), clock);
		const start = clock.now();
		buckets.throttled(five, 4_000);
		await buckets.enter([{ ...five, name: "b" }], "bulk");
		expect(clock.now()).toBe(start);
		await buckets.enter([five], "bulk");
		expect(clock.now() - start).toBe(4_000);
	});

	test("a lower rate is learned when it happens again, and tried to be raised later", async () => {
		const clock = virtualClock();
		const folder = temporaryFolder();
		const buckets = openBuckets(fileStore(folder), clock);
		for (let time = 0; time < 2; time++) {
			buckets.throttled(five, 1_000);
			await buckets.enter([five], "bulk");
		}
		const slow = await turns(buckets, clock, 10);
		expect(busiest(slow, 1_000)).toBeLessThan(5);
		expect(busiest(slow, 1_000)).toBeGreaterThan(1);
		// Another process of the same person knows it, too.
		const other = openBuckets(fileStore(folder), clock);
		expect(busiest(await turns(other, clock, 10), 1_000)).toBeLessThan(5);
		clock.advance(60_000);
		const risen = await turns(buckets, clock, 20);
		expect(busiest(risen, 1_000)).toBe(4);
		clock.advance(3_600_000);
		const whole = await turns(buckets, clock, 20);
		expect(busiest(whole, 1_000)).toBe(5);
	});

	test("the answers to one burst teach once", async () => {
		const clock = virtualClock();
		const many = { name: "m", rate: { calls: 16, perMs: 1_000 } };
		const buckets = openBuckets(memoryStore(), clock);
		for (let time = 0; time < 2; time++) {
			for (let call = 0; call < 10; call++) buckets.throttled(many, 1_000);
			await buckets.enter([many], "bulk");
		}
		expect(
			busiest(await turns(buckets, clock, 40, many), 1_000),
		).toBeGreaterThanOrEqual(8);
	});
});

describe("buckets in files", () => {
	const filesOf = (folder: string) =>
		readdirSync(folder).map((name) => join(folder, name));

	test.each([
		["cut off", '{"times":'],
		["empty", ""],
		["longer than any", `{"times":[1,2]}${"é".repeat(5_000)}`],
	])("survive a damaged file: %s", async (_, damaged) => {
		const clock = virtualClock();
		const folder = temporaryFolder();
		await turns(openBuckets(fileStore(folder), clock), clock, 5);
		for (const file of filesOf(folder)) writeFileSync(file, damaged);
		const start = clock.now();
		const times = await turns(openBuckets(fileStore(folder), clock), clock, 8);
		expect(times[0]).toBe(start);
		expect(busiest(times, 1_000)).toBe(5);
	});

	test("hold a ledger that has become shorter", async () => {
		const clock = virtualClock();
		const folder = temporaryFolder();
		const many = { name: "a", rate: { calls: 100, perMs: 1_000 } };
		await turns(openBuckets(fileStore(folder), clock), clock, 100, many);
		clock.advance(60_000);
		const times = await turns(openBuckets(fileStore(folder), clock), clock, 12);
		expect(busiest(times, 1_000)).toBe(5);
	});

	test("take the lock of a killed process away, but wait for a living one", async () => {
		const clock = virtualClock();
		const folder = temporaryFolder();
		const store = fileStore(folder);
		const buckets = openBuckets(store, clock);
		await buckets.enter([five], "bulk");
		const [file = ""] = filesOf(folder);
		const lock = `${file}.lock`;
		writeFileSync(lock, "");
		expect(store.change("a", () => 0)).toBeUndefined();
		const old = new Date(Date.now() - 60_000);
		utimesSync(lock, old, old);
		await buckets.enter([five], "bulk");
		expect(store.change("a", ({ times }) => times.length)).toBe(2);
		expect(filesOf(folder)).toEqual([file]);
	});

	test("hold nothing that names the account", async () => {
		const folder = temporaryFolder();
		const clock = virtualClock();
		await openBuckets(fileStore(folder), clock).enter(
			[{ ...five, name: "usk-secret" }],
			"bulk",
		);
		expect(filesOf(folder).join()).not.toContain("usk-secret");
	});

	test("keep three processes on one credential below the rate", async () => {
		const folder = temporaryFolder();
		const processes = await Promise.all(
			Array.from({ length: 3 }, () => startedProcess(folder, 12)),
		);
		const times = await Promise.all(processes.map(({ run }) => run()));
		expect(times.flat().length).toBe(36);
		expect(busiest(times.flat(), 100)).toBeLessThanOrEqual(8);
		for (const own of times) expect(own.length).toBe(12);
	}, 60_000);
});

/** A process that is ready and waits for the word: 8 calls in 100 ms. */
async function startedProcess(folder: string, count: number) {
	const child: ChildProcess = spawn(
		process.execPath,
		[
			"--import",
			"tsx",
			new URL("bucket-process.ts", import.meta.url).pathname,
			folder,
			String(count),
			"8",
			"100",
		],
		{ stdio: ["pipe", "pipe", "inherit"] },
	);
	onTestFinished(() => void child.kill());
	if (child.stdout === null) throw new Error("no output");
	const lines = createInterface({ input: child.stdout })[
		Symbol.asyncIterator
	]();
	expect((await lines.next()).value).toBe("ready");
	return {
		async run(): Promise<number[]> {
			child.stdin?.write("go\n");
			return JSON.parse((await lines.next()).value);
		},
	};
}
