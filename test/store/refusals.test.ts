import {
	mkdirSync,
	readdirSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NO_HOLDS_MS, placeOf } from "../../src/core/contract/consent.js";
import { fileRefusals } from "../../src/store/refusals.js";
import { virtualClock } from "../clock.js";
import { temporaryFolder } from "../folder.js";

const PLACE = placeOf("local", "t1");

function two() {
	const dir = join(temporaryFolder(), "refusals");
	const clock = virtualClock();
	return {
		dir,
		clock,
		one: fileRefusals(dir, clock),
		other: fileRefusals(dir, clock),
	};
}

test("what one process hears, another knows, each tool by itself", async () => {
	const { one, other, clock } = two();
	expect(await other.of(PLACE)).toEqual([]);
	const first = { tool: "delete_table", atMs: clock.now() };
	await one.add(PLACE, first);
	clock.advance(1_000);
	const second = { tool: "delete_records", atMs: clock.now() };
	await other.add(PLACE, second);
	for (const refusals of [one, other]) {
		const known = await refusals.of(PLACE);
		expect(known).toContainEqual(first);
		expect(known).toContainEqual(second);
	}
	expect(await one.of(placeOf("local", "t2"))).toEqual([]);
});

test("it holds for ten minutes, and its file goes with the next one", async () => {
	const { dir, one, other, clock } = two();
	await one.add(PLACE, { tool: "delete_table", atMs: clock.now() });
	clock.advance(NO_HOLDS_MS - 1);
	expect(await other.of(PLACE)).toHaveLength(1);
	clock.advance(1);
	expect(await other.of(PLACE)).toEqual([]);
	expect(await one.of(PLACE)).toEqual([]);
	expect(readdirSync(dir)).toHaveLength(1);
	await one.add(placeOf("local", "t2"), {
		tool: "delete_view",
		atMs: clock.now(),
	});
	expect(readdirSync(dir)).toEqual([
		expect.stringMatching(/^[0-9a-f]{32}\.delete_view$/),
	]);
});

test("a later no to the same holds from then on", async () => {
	const { one, other, clock } = two();
	await one.add(PLACE, { tool: "delete_table", atMs: clock.now() });
	clock.advance(NO_HOLDS_MS - 1);
	await one.add(PLACE, { tool: "delete_table", atMs: clock.now() });
	clock.advance(NO_HOLDS_MS - 1);
	expect(await other.of(PLACE)).toEqual([
		{ tool: "delete_table", atMs: clock.now() - NO_HOLDS_MS + 1 },
	]);
});

test("a file of long ago says nothing; one that is damaged is a no as of its last change", async () => {
	const { dir, one, clock } = two();
	await one.add(PLACE, { tool: "delete_table", atMs: clock.now() });
	const [file = ""] = readdirSync(dir);
	const reread = () => fileRefusals(dir, clock).of(PLACE);
	writeFileSync(join(dir, file), String(clock.now() - 2 * NO_HOLDS_MS));
	expect(await reread()).toEqual([]);
	for (const content of ["", "yes"]) {
		writeFileSync(join(dir, file), content);
		const touched = (atMs: number) =>
			utimesSync(join(dir, file), atMs / 1_000, atMs / 1_000);
		touched(clock.now());
		expect(await reread()).toEqual([
			{ tool: "delete_table", atMs: clock.now(), unread: true },
		]);
		touched(clock.now() - 2 * NO_HOLDS_MS);
		expect(await reread()).toEqual([]);
	}
	// A clock that was set back a little does not undo a no.
	writeFileSync(join(dir, file), String(clock.now() + 60_000));
	expect(await reread()).toHaveLength(1);
});

test("a no that was heard or read holds on when its file vanishes or cannot be read", async () => {
	const { dir, one, other, clock } = two();
	const no = { tool: "delete_table", atMs: clock.now() };
	await one.add(PLACE, no);
	expect(await other.of(PLACE)).toEqual([no]);
	const [file = ""] = readdirSync(dir);
	rmSync(join(dir, file));
	for (const refusals of [one, other])
		expect(await refusals.of(PLACE)).toEqual([no]);
	// What stands in its place can be no no of an earlier time.
	mkdirSync(join(dir, file));
	await expect(other.of(PLACE)).rejects.toThrow(
		/^looking what people said no to: .*EISDIR/,
	);
});

test("where the folder goes while the server runs, anything may have been said no to", async () => {
	const { dir, one, other, clock } = two();
	const no = { tool: "delete_table", atMs: clock.now() };
	await one.add(placeOf("local", "t2"), no);
	expect(await other.of(PLACE)).toEqual([]);
	rmSync(dir, { recursive: true });
	const gone = { tool: "any", atMs: clock.now(), unread: true };
	expect(await other.of(PLACE)).toEqual([gone]);
	await other.add(PLACE, no);
	expect(await other.of(PLACE)).toEqual([no, gone]);
	clock.advance(NO_HOLDS_MS);
	expect(await other.of(PLACE)).toEqual([]);
	expect(await fileRefusals(`${dir}-new`, clock).of(PLACE)).toEqual([]);
});

test("a folder that cannot be read is not proof that nobody said no", async () => {
	const { dir, one } = two();
	writeFileSync(dir, "a file in its place");
	await expect(one.of(PLACE)).rejects.toThrow(/ENOTDIR/);
});

test.each([1, 60, 365 * 24 * 60])(
	"a no of a time when the clock was %i minutes ahead holds for ten minutes once it is set right",
	async (minutes) => {
		const { dir, one, other, clock } = two();
		const ahead = { ...clock, now: () => clock.now() + minutes * 60_000 };
		const no = { tool: "delete_table", atMs: ahead.now() };
		await fileRefusals(dir, ahead).add(PLACE, no);
		expect(await one.of(PLACE)).toEqual([no]);
		await other.add(placeOf("local", "t2"), {
			tool: "delete_view",
			atMs: clock.now(),
		});
		clock.advance(NO_HOLDS_MS - 1);
		expect(await one.of(PLACE)).toEqual([no]);
		clock.advance(1);
		expect(await one.of(PLACE)).toEqual([]);
	},
);
