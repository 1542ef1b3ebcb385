import { expect, test } from "vitest";
import { sampleClient } from "../requests/fusion/sample-client.js";
import { connected } from "../server/client.js";

/* What an answer leaves out, because the call said it or the answer says it elsewhere. */

async function withTable() {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Title", type: "text" },
			{
				name: "Tags",
				type: "multi_select",
				settings: { options: [{ name: "a" }, { name: "b" }] },
			},
		],
	});
	const table: string = structured.table;
	const made = await client.ok("create_records", {
		table,
		records: ["x", "y"].map((Title) => ({ fields: { Title, Tags: ["a"] } })),
	});
	return { client, table, ids: made.structured.ids as readonly string[] };
}

test("a reference is told to who named the table otherwise, and not to who gave it", async () => {
	const { client, table } = await withTable();
	for (const [tool, args] of [
		["query_records", {}],
		["query_records", { limit: 0 }],
		["query_records", { group_by: [{ field: "Title" }] }],
		["describe_fields", {}],
		["create_field", { type: "number" }],
		["create_view", {}],
		["update_field", { field: "Title", settings: { description: "d" } }],
	] as const) {
		const named = (name: string) =>
			tool.startsWith("create_") ? { ...args, name } : args;
		const given = await client.ok(tool, { table, ...named("N1") });
		expect(given.text).toContain("Rows");
		expect(given.text, tool).not.toContain(table);
		const byName = await client.ok(tool, { table: "Rows", ...named("N2") });
		expect(byName.text, tool).toContain(`Rows (${table})`);
	}
});

test("a created table's fields are told where they are not those of the call", async () => {
	const { client } = await withTable();
	const { text } = await client.ok("create_table", {
		name: "Plain",
		fields: [{ name: "Name", type: "text" }],
	});
	expect(text).toMatch(/^created Plain: local:main\/\w+ \(change_id [\w-]+\)$/);
});

test("fields are described without columns that are empty, and by id where they are named or look alike", async () => {
	const { client, table } = await withTable();
	const head = async (args: object) =>
		(await client.ok("describe_fields", { table, ...args })).text.split(
			"\n",
		)[1];
	expect(await head({})).toBe("name,type,settings");
	expect(await head({ fields: ["Title"] })).toBe("name,id,type");
	await client.ok("create_field", { table, name: "ｔｉｔｌｅ", type: "text" });
	expect(await head({})).toBe("name,id,type,settings");
});

test("a table's address is told by describe_fields, and stands in no list's text", async () => {
	const client = await sampleClient();
	const { text, structured } = await client.ok("list_tables", {
		search: "Companies",
	});
	const [{ reference, url }] = structured.tables;
	expect(url).toMatch(/^https:/);
	expect(text).not.toContain("https:");
	const described = await client.ok("describe_fields", { table: reference });
	expect(described.text).toContain(url);
	const forms = await client.ok("list_tables", {
		kinds: ["form", "dashboard"],
	});
	expect(forms.text).toMatch(/^[^,]+,Contact us,form,.*https:/m);
});

test("that a row counts in several groups is said where one does", async () => {
	const { client, table, ids } = await withTable();
	const grouped = async () =>
		(await client.ok("query_records", { table, group_by: [{ field: "Tags" }] }))
			.text;
	expect(await grouped()).toBe(
		"1 group of 1 from Rows, 2 rows\nTags,count\na,2",
	);
	await client.ok("update_records", {
		table,
		records: [{ id: ids[0], fields: { Tags: ["a", "b"] } }],
	});
	expect(await grouped()).toBe(
		"2 groups of 2 from Rows, 2 rows\nTags,count\na,2\nb,1\nnote: a row with several entries in Tags counts once for each",
	);
});

test("a write says once how many records it changed, and no ids that the call gave", async () => {
	const { client, table, ids } = await withTable();
	const done = /^DONE: 2 \w+ \(change_id [\w-]+\)$/;
	const byId = await client.ok("update_records", {
		table,
		records: ids.map((id) => ({ id, fields: { Title: "z" } })),
	});
	expect(byId.text).toMatch(done);
	expect(byId.structured).toMatchObject({ ids, outcomes: ["updated:0-1"] });
	const filter = { conditions: [{ field: "Title", op: "is", value: "z" }] };
	const matching = { table, filter };
	const changed = await client.ok("update_records", {
		...matching,
		set: { Tags: ["b"] },
	});
	expect(changed.text).toMatch(done);
	const gone = await client.ok("delete_records", matching);
	expect(gone.text).toMatch(done);
	const none = await client.ok("delete_records", matching);
	expect(none.text).toContain("note: no record matches");
});
