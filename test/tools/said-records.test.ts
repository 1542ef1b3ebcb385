import { expect, test } from "vitest";
import { connected } from "../server/client.js";

/* What answers say about records that are not there, or that others link to. */

test("a file for a record that is not there is not uploaded, and the answer says where ids come from", async () => {
	const client = await connected();
	const { table } = (
		await client.ok("create_table", {
			name: "Tasks",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Files", type: "attachment" },
			],
		})
	).structured;
	const made = await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "Fix the printer" } }],
	});
	client.put("a.txt", "a");
	const files = [
		{ file: "a.txt", record_id: made.structured.ids[0] },
		{ file: "a.txt", record_id: "Fix the printer" },
	];
	for (const replace of [false, true]) {
		const { text, structured } = await client.refused("upload_attachment", {
			table,
			files,
			replace,
		});
		expect(structured).toMatchObject({
			uploaded: [],
			problems: [{ record: 1, message: "there is no record Fix the printer" }],
		});
		for (const said of [text, structured.notes.join("\n")]) {
			expect(said).toContain("nothing was sent");
			expect(said).toContain("query_records answers the ids");
		}
	}
	const { changes } = (await client.ok("list_changes")).structured;
	expect(JSON.stringify(changes)).not.toContain("upload");
});

test("a title in place of an id is answered with how to name a record by a value", async () => {
	const client = await connected();
	const { table } = (
		await client.ok("create_table", {
			name: "Tasks",
			fields: [{ name: "Name", type: "text" }],
		})
	).structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "Fix the printer" } }],
	});
	const { text } = await client.refused("update_records", {
		table,
		records: [{ id: "Fix the printer", fields: { Name: "Fixed" } }],
	});
	expect(text).toContain('pass `match_on`: ["Name"]');
});

test("a list that is cut says how many are left out", async () => {
	const client = await connected();
	for (let at = 10; at < 35; at++) client.put(`f${at}.csv`, "Name\n");
	const { text } = await client.refused("import_records", {
		new_table: "Rows",
		file: "g.csv",
	});
	expect(text).toContain("f29.csv and 5 more");
	await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Also", type: "link", settings: { link_table: "Rows" } },
		],
	});
	await client.ok("create_records", {
		table: "Rows",
		records: Array.from({ length: 25 }, () => ({ fields: { Name: "same" } })),
	});
	const { structured } = await client.refused("create_records", {
		table: "Rows",
		records: [{ fields: { Name: "new", Also: ["same"] } }],
	});
	expect(structured.problems[0].message).toMatch(/names 25 .* and 5 more/);
	const keyed = await client.refused("update_records", {
		table: "Rows",
		match_on: ["Name"],
		records: [{ fields: { Name: "same", Also: [] } }],
	});
	expect(keyed.structured.problems[0].message).toContain("and 5 more");
});

test("a link to the title of another record of the same call says which record that is, and what to do", async () => {
	const client = await connected();
	await client.ok("create_table", {
		name: "Tree",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Parent", type: "link", settings: { link_table: "Tree" } },
		],
	});
	const refused = await client.refused("create_records", {
		table: "Tree",
		records: [
			{ fields: { Name: "Other" } },
			{ fields: { Name: "Root" } },
			{ fields: { Name: "Leaf", Parent: ["Root"] } },
			{ fields: { Name: "Lost", Parent: ["Nobody"] } },
		],
	});
	expect(refused.text).toMatch(
		/Root.* is the title of record 1 of this call.*make the records without this link first/,
	);
	expect(refused.text).toMatch(/found no record .*Nobody/);
});
