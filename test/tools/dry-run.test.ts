import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tools } from "../../src/tools/index.js";
import { filesUnder } from "../every-vendor/world.js";
import { connected } from "../server/client.js";

/* A dry run writes nothing at all: no record, no entry of the journal, no copy, no file beside another. */

const withDryRun = tools
	.filter(({ input }) => "dry_run" in input.shape)
	.map(({ name }) => name);

/** A call of each tool that would write, and one that finds problems where it can. */
const CALLS: Readonly<Record<string, (made: Made) => readonly object[]>> = {
	create_records: ({ table }) => [
		{ table, records: [{ fields: { Name: "new" } }] },
	],
	update_records: ({ table, ids }) => [
		{ table, records: [{ id: ids[0], fields: { Count: 9 } }] },
		{
			table,
			match_on: ["Name"],
			records: [{ fields: { Name: "b", Count: 8 } }],
		},
		{
			table,
			filter: { conditions: [{ field: "Count", op: "is", value: 1 }] },
			set: { Count: 7 },
		},
	],
	delete_records: ({ table, ids }) => [{ table, record_ids: [ids[0]] }],
	import_records: ({ table }) => [
		{ table, file: "in.csv", on_error: "skip" },
		{ table, file: "in.csv", on_error: "refuse" },
		{ table, file: "in.csv", on_error: "skip", match_on: ["Name"] },
	],
	undo_change: ({ change }) => [{ change_id: change }],
};

interface Made {
	readonly table: string;
	readonly ids: readonly string[];
	readonly change: string;
}

test("every tool with a dry run is tried here", () => {
	expect(withDryRun.sort()).toEqual(Object.keys(CALLS).sort());
});

test.each(Object.keys(CALLS))("%s", async (tool) => {
	const first = await connected();
	const { structured } = await first.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		],
	});
	const table = structured.table as string;
	const created = await first.ok("create_records", {
		table,
		records: ["a", "b", "c"].map((Name) => ({ fields: { Name, Count: 1 } })),
	});
	first.put("in.csv", "Name,Count\nb,2\nz,3\nbad,x\n");
	first.put("in.csv.problems.csv", "mine");
	// Nothing of what was written before is folded into the store's file meanwhile.
	await (await first.session.connections.get("local")?.adapter())?.close?.();
	const client = await connected({ folder: first.folder });
	await client.ok("query_records", { table });
	const state = () =>
		filesUnder(first.folder)
			// SQLite's shared memory shows who reads.
			.filter((path) => !path.endsWith("-shm"))
			.map((path) => {
				const { size, mtimeMs, ino } = statSync(path);
				return [path, size, mtimeMs, ino, readFileSync(path, "base64")];
			});
	const before = state();
	const made = {
		table,
		ids: created.structured.ids as string[],
		change: created.structured.change_id as string,
	};
	for (const args of (CALLS[tool] as (made: Made) => readonly object[])(made)) {
		const answer = await client.call(tool, { ...args, dry_run: true });
		expect(answer.text, join(tool, JSON.stringify(args))).toMatch(/dry run/i);
		expect(state()).toEqual(before);
	}
});
