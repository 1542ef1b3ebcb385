import {
	appendFileSync,
	readdirSync,
	readFileSync,
	statSync,
	utimesSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type {
	BatchSent,
	Change,
	ChangeStart,
	Journal,
	Op,
} from "../../src/core/contract/journal.js";
import type { Session } from "../../src/core/contract/session.js";
import { takeOver } from "../../src/core/write/resume-change.js";
import { fileJournal } from "../../src/store/journal.js";
import { virtualClock } from "../clock.js";
import { temporaryFolder } from "../folder.js";

const DEAD = 999_999_999;

/** A journal of the process `pid`; `alive` are the processes that live. */
function journalOf(
	folder: string,
	pid = 1,
	alive: readonly number[] = [1, 2],
	limits?: { maxAgeMs: number; maxBytes: number },
	clock = virtualClock(),
): Journal {
	return fileJournal(
		folder,
		clock,
		{ pid, isAlive: (other) => alive.includes(other) },
		limits,
	);
}

const start = (change: string, atMs = 1): ChangeStart => ({
	type: "start",
	change,
	tool: "create_records",
	connection: "local",
	base: "main",
	table: "tbl1",
	tableName: "Tasks",
	atMs,
	hash: "h",
	total: 3,
});
const op = (index: number): Op => ({
	index,
	kind: "create",
	cells: { fld1: `value ${index}` },
});
const sent = (change: string, batch: number, index: number): BatchSent => ({
	type: "sent",
	change,
	batch,
	kind: "create",
	indexes: [index],
	key: `key-${batch}`,
	atMs: 2,
});

/** A change with a plan of three, the first batch answered, the second sent. */
async function broken(journal: Journal, change = "change-1") {
	const writer = await journal.begin(start(change));
	onTestFinished(() => writer.close());
	await writer.append({
		type: "plan",
		change,
		ops: [op(0), op(1)],
		settled: [{ index: 2, outcome: "unchanged", id: "rec2" }],
	});
	await writer.append(sent(change, 0, 0));
	await writer.append({
		type: "done",
		change,
		batch: 0,
		results: [{ index: 0, outcome: "created", id: "rec0" }],
	});
	await writer.append(sent(change, 1, 1));
	return writer;
}

const fileIn = (folder: string) => join(folder, readdirSync(folder)[0] ?? "");

test("a change is what its events tell", async () => {
	const folder = temporaryFolder();
	await broken(journalOf(folder));
	const change = await journalOf(folder, 2).read("change-1");
	expect(change).toMatchObject({
		status: "running",
		owned: true,
		offset: 0,
		problems: [],
		start: { tool: "create_records", total: 3 },
		plan: { ops: [{ index: 0 }, { index: 1 }] },
	});
	expect(change?.sent.map(({ batch }) => batch)).toEqual([0, 1]);
	expect([...(change?.answered ?? [])]).toEqual([0]);
	expect([...(change?.results.values() ?? [])]).toEqual([
		{ index: 2, outcome: "unchanged", id: "rec2" },
		{ index: 0, outcome: "created", id: "rec0" },
	]);
});

test("files are for their owner alone", async () => {
	const folder = join(temporaryFolder(), "journal");
	await broken(journalOf(folder));
	expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
	expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("an event is on the disk when its append resolves", async () => {
	const folder = temporaryFolder();
	const writer = await journalOf(folder).begin(start("change-1"));
	onTestFinished(() => writer.close());
	await writer.append(sent("change-1", 0, 0));
	expect(readFileSync(fileIn(folder), "utf8").trim().split("\n")).toHaveLength(
		2,
	);
});

test("a crash in the middle of any line loses that line and no other", async () => {
	const source = temporaryFolder();
	await broken(journalOf(source));
	const whole = readFileSync(fileIn(source), "utf8");
	const ends = [...whole.matchAll(/\n/g)].map(({ index }) => index);
	for (let length = 0; length <= whole.length; length += 7) {
		const folder = temporaryFolder();
		appendFileSync(
			join(folder, `change-1.${DEAD}.0.jsonl`),
			whole.slice(0, length),
		);
		const change = await journalOf(folder).read("change-1");
		const lines = ends.filter((end) => end <= length).length;
		if (change === undefined) expect(lines).toBeLessThan(1);
		else {
			expect(change.owned).toBe(false);
			expect(change.sent.length).toBeGreaterThanOrEqual(
				lines >= 5 ? 2 : lines >= 3 ? 1 : 0,
			);
			expect(change.answered.size).toBeLessThanOrEqual(lines >= 3 ? 1 : 0);
		}
	}
});

test("a torn line that a later process has written behind stays harmless", async () => {
	const folder = temporaryFolder();
	await (await broken(journalOf(folder, DEAD))).close();
	appendFileSync(fileIn(folder), '{"type":"done","change":"cha');
	const second = await journalOf(folder, 1).adopt("change-1");
	await second.append({
		type: "done",
		change: "change-1",
		batch: 1,
		results: [{ index: 1, outcome: "created", id: "rec1" }],
	});
	await second.append({
		type: "end",
		change: "change-1",
		atMs: 3,
		status: "complete",
	});
	await second.close();
	const change = await journalOf(folder, 2).read("change-1");
	expect(change?.status).toBe("complete");
	expect(change?.results.get(1)?.id).toBe("rec1");
	expect(
		readdirSync(folder).filter((name) => name.endsWith(".jsonl")),
	).toHaveLength(2);
});

test("a change whose owner lives and works on it is not taken over", async () => {
	const folder = temporaryFolder();
	await broken(journalOf(folder, 1));
	await expect(journalOf(folder, 2).adopt("change-1")).rejects.toMatchObject({
		code: "conflict",
		next: expect.stringContaining("list_changes"),
	});
	const adopted = await journalOf(folder, 2, [2]).adopt("change-1");
	await adopted.close();
});

test("two who adopt a dead process's change at once: one gets it", async () => {
	const folder = temporaryFolder();
	await broken(journalOf(folder, DEAD));
	const tries = await Promise.allSettled([
		journalOf(folder, 1).adopt("change-1"),
		journalOf(folder, 2).adopt("change-1"),
	]);
	for (const attempt of tries)
		if (attempt.status === "fulfilled") onTestFinished(attempt.value.close);
	expect(tries.map(({ status }) => status).sort()).toEqual([
		"fulfilled",
		"rejected",
	]);
	expect(
		tries.find((attempt) => attempt.status === "rejected")?.reason,
	).toMatchObject({ code: "conflict" });
});

test("one's own change can be gone on with only after it was closed", async () => {
	const folder = temporaryFolder();
	const journal = journalOf(folder);
	const writer = await broken(journal);
	await expect(journal.adopt("change-1")).rejects.toMatchObject({
		code: "conflict",
	});
	await writer.append({
		type: "end",
		change: "change-1",
		atMs: 3,
		status: "stopped",
	});
	await writer.close();
	const again = await journal.adopt("change-1");
	await again.append(sent("change-1", 2, 1));
	expect((await journal.read("change-1"))?.status).toBe("running");
	await again.close();
});

test("changes are listed newest first, and those of no start left out", async () => {
	const folder = temporaryFolder();
	const journal = journalOf(folder);
	for (const [change, atMs] of [
		["one", 10],
		["two", 30],
		["three", 20],
	] as const)
		await (await journal.begin(start(change, atMs))).close();
	appendFileSync(join(folder, "four.1.0.jsonl"), "not json\n");
	appendFileSync(join(folder, "README.txt"), "not ours\n");
	expect((await journal.list()).map((change) => change.start.change)).toEqual([
		"two",
		"three",
		"one",
	]);
	expect(await journal.read("none")).toBeUndefined();
});

test.each(["../../etc/passwd", "a/b", "a b", "", "x".repeat(65)])(
	"%j is not a name of a change",
	async (name) => {
		expect(await journalOf(temporaryFolder()).read(name)).toBeUndefined();
		await expect(
			journalOf(temporaryFolder()).adopt(name),
		).rejects.toMatchObject({ code: "not_found" });
	},
);

test("values go when the window closes: by age and by size, never those of a living process", async () => {
	const folder = temporaryFolder();
	const clock = virtualClock();
	const make = async (pid: number, change: string, ageMs: number) => {
		await (
			await journalOf(folder, pid, [7], undefined, clock).begin(start(change))
		).close();
		const file = readdirSync(folder).find((name) => name.startsWith(change));
		const at = new Date(clock.now() - ageMs);
		utimesSync(join(folder, file ?? ""), at, at);
	};
	await make(DEAD, "old", 100_000);
	await make(7, "old-of-a-living-one", 100_000);
	await make(DEAD, "young", 10);
	await make(DEAD, "younger", 5);
	const size = statSync(join(folder, `young.${DEAD}.0.jsonl`)).size;
	await (
		await journalOf(
			folder,
			1,
			[1, 7],
			{ maxAgeMs: 50_000, maxBytes: size + 10 },
			clock,
		).begin(start("new"))
	).close();
	expect(
		readdirSync(folder)
			.map((name) => name.split(".")[0])
			.sort(),
	).toEqual(["new", "old-of-a-living-one", "younger"]);
});

test("a change that its owner has ended since it was found is not written again", async () => {
	const folder = temporaryFolder();
	const first = journalOf(folder, 1);
	const writer = await broken(first);
	const second = journalOf(folder, 2);
	const found = (await second.read("change-1")) as Change;
	expect(found.status).toBe("running");
	await writer.append({
		type: "done",
		change: "change-1",
		batch: 1,
		results: [{ index: 1, outcome: "created", id: "rec1" }],
	});
	await writer.append({
		type: "end",
		change: "change-1",
		atMs: 3,
		status: "complete",
	});
	await writer.close();
	const taken = await takeOver({ journal: second } as Session, found);
	expect(taken.writer).toBeUndefined();
	expect(taken.change.status).toBe("complete");
	expect(taken.change.results.get(1)?.id).toBe("rec1");
});

/** The operating system fails once at what is done with an open file. */
async function onceFailing(
	method: "appendFile" | "datasync" | "utimes",
	before: (
		handle: FileHandle,
		given: unknown,
	) => Promise<void> = async () => {},
): Promise<void> {
	const some = await open(join(temporaryFolder(), "any"), "w");
	const all = Object.getPrototypeOf(some) as Record<string, unknown>;
	await some.close();
	const real = all[method];
	onTestFinished(() => {
		all[method] = real;
	});
	all[method] = async function fail(this: FileHandle, given: unknown) {
		all[method] = real;
		await before(this, given);
		throw Object.assign(new Error("ENOSPC: no space left on device"), {
			code: "ENOSPC",
			syscall: "write",
		});
	};
}

test("an entry that broke off does not take the next one with it", async () => {
	const folder = temporaryFolder();
	const journal = journalOf(folder);
	const writer = await broken(journal);
	const done = (batch: number, index: number) => ({
		type: "done" as const,
		change: "change-1",
		batch,
		results: [{ index, outcome: "created" as const, id: `rec${index}` }],
	});
	await onceFailing("appendFile", async (handle, line) => {
		await handle.write(String(line).slice(0, 20));
	});
	await expect(writer.append(done(1, 1))).rejects.toMatchObject({
		code: "ENOSPC",
		path: fileIn(folder),
	});
	expect((await journal.read("change-1"))?.answered).toEqual(new Set([0]));
	await writer.append(done(1, 1));
	expect((await journal.read("change-1"))?.answered).toEqual(new Set([0, 1]));
});

test("a change that cannot begin is not there, and its name is free", async () => {
	const folder = temporaryFolder();
	const journal = journalOf(folder);
	await onceFailing("appendFile");
	await expect(journal.begin(start("change-1"))).rejects.toThrow("ENOSPC");
	expect(await journal.list()).toEqual([]);
	const writer = await journal.begin(start("change-1"));
	await writer.close();
	expect((await journal.list()).map(({ owned }) => owned)).toEqual([false]);
});

test("a change whose file cannot be closed in order can be gone on with all the same", async () => {
	const journal = journalOf(temporaryFolder());
	const writer = await broken(journal);
	await onceFailing("utimes");
	await expect(writer.close()).rejects.toThrow("ENOSPC");
	expect((await journal.read("change-1"))?.owned).toBe(false);
	const next = await journal.adopt("change-1");
	await next.close();
});
