import { readdirSync, writeFileSync } from "node:fs";
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

test("a file that is damaged, or of long ago, says nothing", async () => {
	const { dir, one, other, clock } = two();
	await one.add(PLACE, { tool: "delete_table", atMs: clock.now() });
	const [file = ""] = readdirSync(dir);
	for (const content of ["", "yes", String(clock.now() - 2 * NO_HOLDS_MS)]) {
		writeFileSync(join(dir, file), content);
		expect(await other.of(PLACE)).toEqual([]);
	}
	// A clock that was set back a little does not undo a no.
	writeFileSync(join(dir, file), String(clock.now() + 60_000));
	expect(await other.of(PLACE)).toHaveLength(1);
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
