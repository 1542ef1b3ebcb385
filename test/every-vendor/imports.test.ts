import fc from "fast-check";
import { expect } from "vitest";
import { created, eachPeer, openWorld, recordsOf } from "./world.js";

/*
 * What an import promises whatever the vendor: the run does what the dry run said, and an export finds its records
 * again.
 */

const NAMES = ["Title", "N", "Yes", "Day", "Tag", "Site", "Files"] as const;

const FIELDS = [
	{ name: "Title", type: "text" },
	{ name: "N", type: "number" },
	{ name: "Yes", type: "checkbox" },
	{ name: "Day", type: "date" },
	{
		name: "Tag",
		type: "single_select",
		settings: { options: [{ name: "red" }, { name: "blue" }] },
	},
	{ name: "Site", type: "url" },
	{ name: "Files", type: "attachment" },
];

/** Cells as people have them: mostly right, and some for another field. */
const cell = fc.constantFrom(
	"",
	"a",
	"7",
	"1.5",
	"true",
	"2026-11-20",
	"red",
	"https://example.com/a",
	"photo.png (https://example.com/photo.png)",
	"photo.png",
	'5" pipe',
);
const RIGHT = [
	"a",
	"7",
	"true",
	"2026-11-20",
	"red",
	"https://example.com/",
	"",
];
const row = fc.oneof(
	{ weight: 2, arbitrary: fc.constant(RIGHT) },
	fc
		.tuple(fc.integer({ min: 0, max: NAMES.length - 1 }), cell)
		.map(([at, other]) =>
			RIGHT.map((one, index) => (index === at ? other : one)),
		),
);
const rows = fc.array(row, { minLength: 1, maxLength: 4 });

eachPeer("an import does what its dry run said", async (peer) => {
	const world = await openWorld(peer);
	const { structured } = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Imported",
		fields: FIELDS,
	});
	const { table } = structured;
	let number = 0;
	await fc.assert(
		fc.asyncProperty(
			rows,
			fc.constantFrom("csv", "ndjson", "json"),
			async (given, format) => {
				const file = `in-${number++}.${format}`;
				world.client.put(file, written(given, format));
				const call = { table, file };
				const dry = await world.client.call("import_records", {
					...call,
					dry_run: true,
				});
				const before = await count();
				const run = await world.client.call("import_records", call);
				const added = (await count()) - before;
				const failed = dry.structured?.counts?.failed ?? 1;
				expect(run.text).not.toMatch(/internal|defect/);
				if (failed > 0) {
					expect(run.isError).toBe(true);
					expect(added).toBe(0);
				} else {
					expect(run.structured.counts).toEqual(dry.structured.counts);
					expect(added).toBe(dry.structured.counts.created);
				}
			},
		),
		{ numRuns: 12 },
	);
	async function count(): Promise<number> {
		return (await world.site.rows(table)).size;
	}
});

eachPeer("an export finds its records again by their ids", async (peer) => {
	const world = await openWorld(peer);
	const { client, table } = world;
	const ids = await created(world, recordsOf(3));
	await client.ok("export_records", {
		table,
		file: "out.csv",
		fields: ["Title", "Amount"],
	});
	const out = client.read("out.csv");
	expect(out.split("\r\n")[0]).toBe("\ufeff$id,Title,Amount");

	const dry = await client.ok("import_records", {
		table,
		file: "out.csv",
		dry_run: true,
	});
	expect(dry.structured.counts.created).toBe(3);
	expect(dry.text).toMatch(
		/"\$id" holds record ids, and 3 of the first 3 .* are in this table already: without `match_on`: \["\$id"\] their rows are added a second time/,
	);

	const edited = `${out.replace(",row 1,", ",row one,").trimEnd()}\r\n,new,9\r\n`;
	client.put("edited.csv", edited);
	const back = await client.ok("import_records", {
		table,
		file: "edited.csv",
		match_on: ["$id"],
	});
	expect(back.structured.counts).toMatchObject({
		updated: 1,
		unchanged: 2,
		created: 1,
	});
	expect(await world.titles()).toEqual(["row 0", "row one", "row 2", "new"]);

	client.put("twice.csv", `$id,Title\n${ids[0]},x\n${ids[0]},y\n`);
	const twice = await client.call("import_records", {
		table,
		file: "twice.csv",
		match_on: ["$id"],
	});
	expect(twice.text).toContain("has the same record id as line 2");

	await client.ok("delete_records", { table, record_ids: [ids[2]] });
	client.put("gone.csv", `$id,Title\n${ids[2]},x\n`);
	const gone = await client.call("import_records", {
		table,
		file: "gone.csv",
		match_on: ["$id"],
	});
	expect(gone.text).toContain(`there is no record ""${ids[2]}""`);
	const without = await client.call("import_records", {
		table,
		file: "edited.csv",
		match_on: ["$id", "Title"],
	});
	expect(without.text).toContain("finds a record alone");
	client.put("none.csv", "Title\nx\n");
	const none = await client.call("import_records", {
		table,
		file: "none.csv",
		match_on: ["$id"],
	});
	expect(none.text).toContain('needs the column "$id" of an export');
});

function written(given: readonly (readonly string[])[], format: string) {
	if (format === "csv")
		return [NAMES, ...given]
			.map((cells) =>
				cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(","),
			)
			.join("\n");
	const records = given.map((cells) =>
		Object.fromEntries(cells.map((one, index) => [NAMES[index], one])),
	);
	return format === "json"
		? JSON.stringify(records)
		: records.map((record) => JSON.stringify(record)).join("\n");
}
