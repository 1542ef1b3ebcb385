import {
	mkdirSync,
	readdirSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileLocks } from "../../src/store/lock.js";
import { virtualClock } from "../clock.js";
import { temporaryFolder } from "../folder.js";

const DEAD = 999_999_999;
const locksOf = (
	folder: string,
	pid: number,
	alive: readonly number[] = [1, 2, 3],
) =>
	fileLocks(folder, virtualClock(), {
		pid,
		isAlive: (other) => alive.includes(other),
	});

/** Does `work` only begin once `before` is over? */
async function inTurn(
	first: ReturnType<typeof locksOf>,
	second: ReturnType<typeof locksOf>,
): Promise<readonly string[]> {
	const order: string[] = [];
	const release = await first.acquire("table");
	const waiting = second.acquire("table").then(async (leave) => {
		order.push("second has it");
		await leave();
	});
	for (let turn = 0; turn < 20; turn++)
		await new Promise((resolve) => setImmediate(resolve));
	order.push("first leaves");
	await release();
	await waiting;
	return order;
}

test("a living holder is waited for: in one process and between two", async () => {
	const folder = temporaryFolder();
	const one = locksOf(folder, 1);
	expect(await inTurn(one, one)).toEqual(["first leaves", "second has it"]);
	expect(await inTurn(one, locksOf(folder, 2))).toEqual([
		"first leaves",
		"second has it",
	]);
	expect(readdirSync(folder)).toEqual([]);
});

test("a dead holder's lock is free", async () => {
	const folder = temporaryFolder();
	await locksOf(folder, DEAD).acquire("table");
	const release = await locksOf(folder, 1, [1]).acquire("table");
	await release();
	expect(readdirSync(folder)).toEqual([]);
});

test("a holder without a name that has not moved for long is taken for dead", async () => {
	const folder = temporaryFolder();
	await locksOf(folder, 2).acquire("table");
	const [name = ""] = readdirSync(folder);
	const long = new Date(Date.now() - 60_000);
	writeFileSync(join(folder, name, "owner"), "");
	utimesSync(join(folder, name), long, long);
	const release = await locksOf(folder, 1).acquire("table");
	await release();
});

test("one who was killed while clearing a lock does not bar it for ever", async () => {
	const folder = temporaryFolder();
	await locksOf(folder, DEAD).acquire("table");
	const [name = ""] = readdirSync(folder);
	mkdirSync(join(folder, `${name}.break`));
	const long = new Date(Date.now() - 60_000);
	utimesSync(join(folder, `${name}.break`), long, long);
	const release = await locksOf(folder, 1, [1]).acquire("table");
	await release();
});

test("many processes never hold it together, also when they take it over from a dead one", async () => {
	const folder = temporaryFolder();
	await locksOf(folder, DEAD).acquire("table");
	let inside = 0;
	let most = 0;
	let turns = 0;
	await Promise.all(
		[1, 2, 3].map(async (pid) => {
			const locks = locksOf(folder, pid);
			await Promise.all(
				Array.from({ length: 8 }, async () => {
					const release = await locks.acquire("table");
					most = Math.max(most, ++inside);
					await new Promise((resolve) => setImmediate(resolve));
					inside--;
					turns++;
					await release();
				}),
			);
		}),
	);
	expect(turns).toBe(24);
	expect(most).toBe(1);
});

test("locks of other names do not wait", async () => {
	const folder = temporaryFolder();
	const one = await locksOf(folder, 1).acquire("table a");
	const two = await locksOf(folder, 2).acquire("table b");
	await Promise.all([one(), two()]);
});

test("one who gives up leaves the queue to the others", async () => {
	const folder = temporaryFolder();
	const locks = locksOf(folder, 1);
	const release = await locks.acquire("table");
	const stop = new AbortController();
	const gaveUp = locks.acquire("table", stop.signal);
	const third = locks.acquire("table");
	const told = expect(gaveUp).rejects.toThrow("cancelled");
	stop.abort(new Error("cancelled"));
	await told;
	await release();
	await (await third)();
	expect(readdirSync(folder)).toEqual([]);
});

test("a lock whose folder cannot be removed keeps nobody of this process waiting", async () => {
	const folder = join(temporaryFolder(), "locks");
	const locks = locksOf(folder, 1);
	const release = await locks.acquire("table");
	const waiting = locks.acquire("table").catch((error: Error) => error.message);
	rmSync(folder, { recursive: true });
	writeFileSync(folder, "in the way");
	await expect(release()).rejects.toThrow("ENOTDIR");
	expect(await waiting).toMatch(/^E[A-Z]+: /);
	rmSync(folder);
	await (await locks.acquire("table"))();
});

/** The folder of a lock that nobody works on, with this in its `owner` file and of this time; a waiter whose watch runs. */
async function left(owner: string | undefined, ageMs: number) {
	const folder = temporaryFolder();
	await locksOf(folder, DEAD).acquire("table");
	const [name = ""] = readdirSync(folder);
	const path = join(folder, name);
	if (owner === undefined) rmSync(join(path, "owner"));
	else writeFileSync(join(path, "owner"), owner);
	const time = new Date(Date.now() - ageMs);
	utimesSync(path, time, time);
	let watch = 0;
	let looks = 0;
	const waiter = fileLocks(
		folder,
		virtualClock(),
		{ pid: 1, isAlive: (pid) => pid === 1 || pid === 7 },
		() => {
			looks++;
			watch += 1_000;
			return watch;
		},
	);
	return { folder, path, waiter, looks: () => looks };
}

const YEARS = 3 * 365 * 86_400_000;

test.each([
	["half written", undefined],
	["empty", ""],
	["garbage", "\0\u{1f600} 12 ab"],
	["negative", "-7"],
	["of a dead process", "999999999"],
	["of a process id that is another's by now", "7"],
])(
	"a lock that is %s becomes free, whatever its time says",
	async (_, owner) => {
		for (const ageMs of [0, YEARS, -YEARS]) {
			const { folder, waiter, looks } = await left(owner, ageMs);
			const release = await waiter.acquire("table");
			expect(looks()).toBeLessThan(60);
			await release();
			expect(readdirSync(folder)).toEqual([]);
		}
	},
);

test("a file in place of a lock, and one who cleared it in the far future, bar nobody", async () => {
	const { folder, path, waiter } = await left("7", -YEARS);
	rmSync(path, { recursive: true });
	writeFileSync(path, "not a folder");
	writeFileSync(`${path}.break`, "");
	for (const file of [path, `${path}.break`]) {
		const time = new Date(Date.now() + YEARS);
		utimesSync(file, time, time);
	}
	await (await waiter.acquire("table"))();
	expect(readdirSync(folder)).toEqual([]);
});

test.each([0, YEARS, -YEARS])(
	"the lock of a living process that touches it is respected (time off by %d ms)",
	async (ageMs) => {
		const { path, waiter, looks } = await left("7", ageMs);
		let beats = 0;
		const stop = new AbortController();
		const beating = setInterval(() => {
			const time = new Date(Date.now() - ageMs + ++beats);
			utimesSync(path, time, time);
			if (looks() > 200) stop.abort(new Error("still held"));
		}, 0);
		await expect(waiter.acquire("table", stop.signal)).rejects.toThrow(
			"still held",
		);
		clearInterval(beating);
	},
);
