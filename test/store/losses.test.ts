import {
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeOf } from "../../src/core/contract/consent.js";
import {
	LOSS_WINDOW_MS,
	LOST_UNASKED,
	type Losses,
	sumOf,
} from "../../src/core/contract/losses.js";
import { fileLosses } from "../../src/store/losses.js";
import { virtualClock } from "../clock.js";
import { callTool, failureOf } from "../conformance/session.js";
import { localWorld, makeTable } from "../core/local-world.js";
import { forgetWrites, temporaryFolder } from "../folder.js";

const PLACE = placeOf("local", "t1");
const OTHER = placeOf("local", "t2");

function two() {
	const dir = join(temporaryFolder(), "losses");
	const clock = virtualClock();
	return {
		dir,
		clock,
		one: fileLosses(dir, clock),
		other: fileLosses(dir, clock),
	};
}

const deleted = (count: number) => ({ deleted: count, overwritten: 0 });
const overwritten = (count: number) => ({ deleted: 0, overwritten: count });

async function sum(losses: Losses, place = PLACE) {
	return sumOf((await losses.of(place)).map(({ loss }) => loss));
}

test("what one process reserves counts in another, each table and kind by itself", async () => {
	const { one, other } = two();
	expect(await sum(other)).toEqual(deleted(0));
	await one.reserve(PLACE, deleted(4));
	const second = await other.reserve(PLACE, overwritten(7));
	expect(sumOf(second.others.map(({ loss }) => loss))).toEqual(deleted(4));
	for (const losses of [one, other])
		expect(await sum(losses)).toEqual({ deleted: 4, overwritten: 7 });
	expect(await sum(one, OTHER)).toEqual(deleted(0));
});

test("of calls at once at least one sees the other, in one process and in two", async () => {
	for (let round = 0; round < 20; round++) {
		const { one, other } = two();
		const made = await Promise.all(
			[one, other, one, other].map((losses) =>
				losses.reserve(PLACE, deleted(1)),
			),
		);
		const seen = made.map(({ others }) => others.length);
		expect(Math.max(...seen)).toBe(3);
		// Whoever was let through alone leaves no second one that was.
		expect(seen.filter((count) => count === 0).length).toBeLessThanOrEqual(1);
	}
});

test("what was really lost takes the place of what was reserved, and ten minutes begin with it", async () => {
	const { one, other, clock } = two();
	const made = await one.reserve(PLACE, deleted(9));
	clock.advance(40_000);
	await made.settle({ loss: deleted(3), change: "c1" });
	expect(await other.of(PLACE)).toEqual([
		expect.objectContaining({ loss: deleted(3), change: "c1" }),
	]);
	clock.advance(LOSS_WINDOW_MS - 1);
	expect(await sum(other)).toEqual(deleted(3));
	clock.advance(1);
	expect(await sum(other)).toEqual(deleted(0));
	expect(await sum(one)).toEqual(deleted(0));
});

test("what a killed process had reserved counts ten minutes from the latest that it could have been sent", async () => {
	const { one, other, clock } = two();
	await one.reserve(PLACE, deleted(9));
	clock.advance(LOSS_WINDOW_MS + 45_000);
	expect(await sum(other)).toEqual(deleted(9));
	clock.advance(120_000);
	expect(await sum(other)).toEqual(deleted(0));
});

test("a yes in one process sets the sum of all to zero, and what comes after it counts, even at the same moment", async () => {
	const { one, other } = two();
	await one.reserve(PLACE, { deleted: 5, overwritten: 20 });
	const open = await other.reserve(PLACE, deleted(4));
	await one.clear(PLACE, ["deleted"]);
	for (const losses of [one, other])
		expect(await sum(losses)).toEqual(overwritten(20));
	// Its call ends later, and is still what was agreed to.
	await open.settle({ loss: deleted(4) });
	expect(await sum(one)).toEqual(overwritten(20));
	await other.reserve(PLACE, deleted(2));
	for (const losses of [one, other])
		expect(await sum(losses)).toEqual({ deleted: 2, overwritten: 20 });
	expect(await sum(one, OTHER)).toEqual(deleted(0));
});

test("no name is kept, for this user alone, and old files go", async () => {
	const { dir, one, clock } = two();
	await one.reserve(placeOf("local", "Secret"), deleted(1));
	const [file = ""] = readdirSync(dir);
	expect(file).toMatch(/^[0-9a-f]{32}\.[0-9a-f-]{36}$/);
	expect(readFileSync(join(dir, file), "utf8")).not.toMatch(/secret/i);
	expect(statSync(join(dir, file)).mode & 0o777).toBe(0o600);
	expect(statSync(dir).mode & 0o777).toBe(0o700);
	clock.advance(86_400_000);
	await fileLosses(dir, clock).reserve(PLACE, deleted(1));
	expect(readdirSync(dir)).toHaveLength(1);
	expect(readdirSync(dir)).not.toContain(file);
});

test("a damaged file counts as all that may be lost unasked, beside what was read of it before", async () => {
	const { dir, one, other, clock } = two();
	await one.reserve(PLACE, deleted(1));
	expect(await sum(other)).toEqual(deleted(1));
	const [file = ""] = readdirSync(dir);
	const third = fileLosses(dir, clock);
	const { deleted: most, overwritten: values } = LOST_UNASKED;
	for (const content of ["", "[]", '{"entries":[null,{}],"marks":[7]}']) {
		writeFileSync(join(dir, file), content);
		utimesSync(join(dir, file), clock.now() / 1_000, clock.now() / 1_000);
		expect(await sum(third)).toEqual(LOST_UNASKED);
		expect((await third.of(PLACE)).map(({ unread }) => unread)).toEqual([true]);
		expect(await sum(other)).toEqual({
			deleted: most + 1,
			overwritten: values,
		});
		expect(await sum(other, OTHER)).toEqual(deleted(0));
	}
	// A person who was told of it has agreed to it, in every process; what only another process had read counts there.
	await third.clear(PLACE, ["deleted", "overwritten"]);
	expect(await sum(third)).toEqual(deleted(0));
	expect(await sum(other)).toEqual(deleted(1));
	for (const losses of [third, other])
		expect((await losses.of(PLACE)).some(({ unread }) => unread)).toBe(false);
	// Its process goes on and writes it anew, with what nobody who agreed had read.
	await one.reserve(PLACE, deleted(2));
	expect(await sum(other)).toEqual(deleted(3));
});

test("a damaged file of long ago says nothing", async () => {
	const { dir, one, other, clock } = two();
	await one.reserve(PLACE, deleted(1));
	const [file = ""] = readdirSync(dir);
	writeFileSync(join(dir, file), "");
	const longAgo = (clock.now() - 2 * LOSS_WINDOW_MS) / 1_000;
	utimesSync(join(dir, file), longAgo, longAgo);
	expect(await other.of(PLACE)).toEqual([]);
});

test("what was read of a file counts on when the file vanishes", async () => {
	const { dir, one, other, clock } = two();
	const { settle } = await one.reserve(PLACE, deleted(9));
	await settle({ loss: deleted(9) });
	expect(await sum(other)).toEqual(deleted(9));
	for (const file of readdirSync(dir)) rmSync(join(dir, file));
	expect(await sum(other)).toEqual(deleted(9));
	expect(await sum(one)).toEqual(deleted(9));
	clock.advance(LOSS_WINDOW_MS);
	expect(await sum(other)).toEqual(deleted(0));
});

test("where the folder goes while the server runs, anything may have been lost in any table", async () => {
	const { dir, one, other, clock } = two();
	await one.reserve(PLACE, deleted(3));
	await other.reserve(OTHER, deleted(1));
	rmSync(dir, { recursive: true });
	const { others } = await other.reserve(PLACE, deleted(1));
	expect(sumOf(others.map(({ loss }) => loss))).toEqual(LOST_UNASKED);
	expect(others.some(({ unread }) => unread)).toBe(true);
	await other.clear(PLACE, ["deleted", "overwritten"]);
	expect(await sum(other)).toEqual(deleted(0));
	rmSync(dir, { recursive: true });
	expect((await other.of(PLACE)).some(({ unread }) => unread)).toBe(true);
	clock.advance(2 * LOSS_WINDOW_MS);
	expect(await sum(other)).toEqual(deleted(0));
	// One that begins without a folder has nothing to miss.
	expect(await sum(fileLosses(`${dir}-new`, clock))).toEqual(deleted(0));
});

test("a folder that cannot be read is not proof that nothing was lost, and is said in words of its own", async () => {
	const blocked = join(temporaryFolder(), "losses");
	writeFileSync(blocked, "a file in its place");
	const losses = fileLosses(blocked, virtualClock());
	await expect(losses.of(PLACE)).rejects.toThrow(
		/^counting what was lost lately.*: .*something else is in its place \(ENOTDIR/,
	);
	await expect(losses.reserve(PLACE, deleted(1))).rejects.toThrow();
});

test("what could not be reserved does not count once the folder can be written again", async () => {
	const { dir, one, other } = two();
	const first = await one.reserve(PLACE, deleted(1));
	await first.settle({ loss: deleted(1) });
	const away = `${dir}-away`;
	renameSync(dir, away);
	writeFileSync(dir, "a file in its place");
	for (let time = 0; time < 2; time++)
		await expect(one.reserve(PLACE, deleted(4))).rejects.toThrow();
	rmSync(dir);
	renameSync(away, dir);
	const { others } = await one.reserve(PLACE, deleted(4));
	expect(sumOf(others.map(({ loss }) => loss))).toEqual(deleted(1));
	expect(await sum(other)).toEqual(deleted(5));
});

test.each([1, 60, 24 * 60, 365 * 24 * 60])(
	"what was lost while the clock was %i minutes ahead counts for ten minutes once it is set right, in every process",
	async (minutes) => {
		const { dir, one, clock } = two();
		const ahead = { ...clock, now: () => clock.now() + minutes * 60_000 };
		const { settle } = await fileLosses(dir, ahead).reserve(PLACE, deleted(7));
		await settle({ loss: deleted(7) });
		expect(await sum(one)).toEqual(deleted(7));
		// Another table's first write puts the folder in order.
		await one.reserve(OTHER, deleted(1));
		expect(await sum(fileLosses(dir, clock))).toEqual(deleted(7));
		clock.advance(LOSS_WINDOW_MS - 1);
		expect(await sum(one)).toEqual(deleted(7));
		clock.advance(200_000);
		expect(await sum(one)).toEqual(deleted(0));
	},
);

test("a yes while the clock was ahead still clears once it is set right", async () => {
	const { dir, one, clock } = two();
	const ahead = { ...clock, now: () => clock.now() + 7_200_000 };
	const theirs = fileLosses(dir, ahead);
	await (await one.reserve(PLACE, deleted(9))).settle({ loss: deleted(9) });
	await (await theirs.reserve(PLACE, deleted(2))).settle({ loss: deleted(2) });
	await theirs.clear(PLACE, ["deleted"]);
	expect(await sum(theirs)).toEqual(deleted(0));
	expect(await sum(one)).toEqual(deleted(0));
});

test("a person is told that what was lost before cannot be read, and is asked for it", async () => {
	const { session, folder } = localWorld();
	const table = await makeTable(session, "Orders", [
		{ name: "Title", type: "text" },
	]);
	const made = await callTool(session, "create_records", {
		table,
		records: [{ fields: { Title: "a" } }, { fields: { Title: "b" } }],
	});
	forgetWrites(folder);
	const [one, other] = made.structured.ids as string[];
	await callTool(session, "delete_records", { table, record_ids: [one] });
	rmSync(join(folder, "losses"), { recursive: true });
	const { message } = await failureOf(
		callTool(session, "delete_records", { table, record_ids: [other] }),
	);
	expect(message).toContain(
		"(what was lost in the last 10 minutes cannot be read: a file of it is damaged or gone)",
	);
	const done = await callTool(session, "delete_records", {
		table,
		record_ids: [other],
		confirm: "1",
	});
	expect(done.structured.counts).toMatchObject({ deleted: 1 });
});
