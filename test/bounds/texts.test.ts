import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { letOthersRun } from "../../src/core/values/in-turns.js";
import { stdioWire } from "../../src/server/stdio.js";
import { bounded, openPlace, type Place, refused } from "./world.js";

/*
 * One text that is far too long, in each place where a text can stand: refused in words before it is looked at.
 */

let place: Place;
beforeAll(async () => {
	place = openPlace();
	await place.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
			{ name: "Due", type: "date" },
			{ name: "Files", type: "attachment" },
			{
				name: "State",
				type: "single_select",
				settings: {
					options: Array.from({ length: 300 }, (_, index) => ({
						name: `State ${index} of the order`,
					})),
				},
			},
		],
	});
	await place.ok("create_records", {
		table: "Orders",
		records: [{ fields: { Title: "One", Amount: 1 } }],
	});
});
afterAll(() => place.close());

/** One that is just taken by the schema, and one of nearly a whole message. */
const LENGTHS = { "100 KB": 100_000, "20 MB": 20_000_000 };

/** By the place of the text: a call with it there. */
const PLACES: Readonly<
	Record<string, (text: string) => readonly [string, unknown]>
> = {
	"tool name": (text) => [text, {}],
	"argument name": (text) => ["list_tables", { [text]: 1 }],
	"arguments as text": (text) => ["list_tables", text],
	table: (text) => ["describe_fields", { table: text }],
	"table as a reference": (text) => [
		"describe_fields",
		{ table: `local:main/${text}` },
	],
	"table as a URL": (text) => [
		"describe_fields",
		{ table: `https://aitable.ai/workbench/${text}` },
	],
	connection: (text) => ["list_tables", { connection: text }],
	base: (text) => ["list_tables", { base: text }],
	search: (text) => ["list_tables", { search: text }],
	kind: (text) => ["list_tables", { kinds: [text] }],
	"list cursor": (text) => ["list_tables", { cursor: text }],
	"field name": (text) => [
		"query_records",
		{ table: "Orders", fields: [text] },
	],
	"described field": (text) => [
		"describe_fields",
		{ table: "Orders", fields: [text] },
	],
	view: (text) => ["query_records", { table: "Orders", view: text }],
	cursor: (text) => ["query_records", { table: "Orders", cursor: text }],
	"sort field": (text) => [
		"query_records",
		{ table: "Orders", sort: [{ field: text }] },
	],
	"group field": (text) => [
		"query_records",
		{ table: "Orders", group_by: [{ field: text }] },
	],
	"filter field": (text) => [
		"query_records",
		{
			table: "Orders",
			filter: { conditions: [{ field: text, op: "is", value: "x" }] },
		},
	],
	"filter operator": (text) => [
		"query_records",
		{
			table: "Orders",
			filter: { conditions: [{ field: "Title", op: text, value: "x" }] },
		},
	],
	"filter value": (text) => [
		"query_records",
		{
			table: "Orders",
			filter: { conditions: [{ field: "Title", op: "contains", value: text }] },
		},
	],
	"filter value of a select": (text) => [
		"query_records",
		{
			table: "Orders",
			filter: { conditions: [{ field: "State", op: "is", value: text }] },
		},
	],
	"filter value of a date": (text) => [
		"query_records",
		{
			table: "Orders",
			filter: { conditions: [{ field: "Due", op: "within", value: text }] },
		},
	],
	"option of a record": (text) => [
		"create_records",
		{ table: "Orders", records: [{ fields: { State: text } }] },
	],
	"field name of a record": (text) => [
		"create_records",
		{ table: "Orders", records: [{ fields: { [text]: 1 } }] },
	],
	"number of a record": (text) => [
		"create_records",
		{ table: "Orders", records: [{ fields: { Amount: text } }] },
	],
	"date of a record": (text) => [
		"create_records",
		{ table: "Orders", records: [{ fields: { Due: text } }] },
	],
	"record id": (text) => [
		"delete_records",
		{ table: "Orders", record_ids: [text] },
	],
	"key field": (text) => [
		"update_records",
		{
			table: "Orders",
			match_on: [text],
			records: [{ fields: { Title: "One" } }],
		},
	],
	confirm: (text) => ["delete_table", { table: "Orders", confirm: text }],
	resume: (text) => ["create_records", { table: "Orders", resume: text }],
	"change id": (text) => ["undo_change", { change_id: text }],
	since: (text) => ["list_changes", { since: text }],
	"new table's name": (text) => [
		"create_table",
		{ name: text, fields: [{ name: "a", type: "text" }] },
	],
	"new field's name": (text) => [
		"create_field",
		{ table: "Orders", name: text, type: "text" },
	],
	"new option's name": (text) => [
		"update_field",
		{
			table: "Orders",
			field: "State",
			settings: { options: [{ name: text }] },
		},
	],
	"option to remove": (text) => [
		"update_field",
		{ table: "Orders", field: "State", settings: { remove_options: [text] } },
	],
	"setting's name": (text) => [
		"create_field",
		{ table: "Orders", name: "New", type: "text", settings: { [text]: 1 } },
	],
	format: (text) => [
		"create_field",
		{ table: "Orders", name: "New", type: "date", settings: { format: text } },
	],
	formula: (text) => [
		"create_field",
		{
			table: "Orders",
			name: "New",
			type: "formula",
			settings: { formula: text },
		},
	],
	description: (text) => [
		"create_field",
		{
			table: "Orders",
			name: "New",
			type: "text",
			settings: { description: text },
		},
	],
	"new view's name": (text) => ["create_view", { table: "Orders", name: text }],
	"hidden field": (text) => [
		"create_view",
		{ table: "Orders", name: "New", hidden_fields: [text] },
	],
	file: (text) => ["import_records", { table: "Orders", file: text }],
	"exported file": (text) => [
		"export_records",
		{ table: "Orders", file: `${text}.csv` },
	],
	delimiter: (text) => [
		"import_records",
		{ table: "Orders", file: "a.csv", delimiter: text },
	],
	encoding: (text) => [
		"import_records",
		{ table: "Orders", file: "a.csv", encoding: text },
	],
	sheet: (text) => [
		"import_records",
		{ table: "Orders", file: "a.xlsx", sheet: text },
	],
	"mapped column": (text) => [
		"import_records",
		{
			table: "Orders",
			file: "a.csv",
			mapping: [{ column: text, field: "Title" }],
		},
	],
	"attachment's name": (text) => [
		"download_attachment",
		{ table: "Orders", field: "Files", record_ids: ["rec"], name: text },
	],
	folder: (text) => [
		"download_attachment",
		{ table: "Orders", field: "Files", record_ids: ["rec"], folder: text },
	],
	member: (text) => [
		"share_base",
		{ base: "main", members: [text], access: "read" },
	],
	role: (text) => ["delete_role", { base: "main", role: text }],
};

/** Where a text of 100 KB may be meant: what is looked for, what is described, a path. */
const MAY_BE_LONG: ReadonlySet<string> = new Set([
	"search",
	"filter value",
	"description",
	"folder",
]);

for (const [size, length] of Object.entries(LENGTHS)) {
	// As a message brings it: in one piece.
	const text = Buffer.alloc(length, "Stat e").toString("latin1");
	test.each(Object.keys(PLACES))(`a text of ${size} as %s`, async (where) => {
		place.put("a.csv", "Title\nOne\n");
		const call = PLACES[where] as (text: string) => readonly [string, unknown];
		const [tool, args] = call(text);
		if (length <= 100_000 && MAY_BE_LONG.has(where))
			await bounded(`${where}, ${size}`, () => place.call(tool, args));
		else await refused(`${where}, ${size}`, place, [tool, args], /[a-z]{3}/);
	});
}

test("cells of a megabyte of combining characters come and go", async () => {
	const zalgo = "Z\u0341\u0323\u0308".repeat(250_000);
	const emoji = "👩‍👩‍👧‍👦".repeat(90_000);
	for (const [name, text] of [
		["zalgo", zalgo],
		["emoji", emoji],
	] as const) {
		await bounded(`cell of ${name}`, () =>
			place.ok("create_records", {
				table: "Orders",
				records: [{ fields: { Title: text } }],
			}),
		);
		const answer = await bounded(`read ${name}`, () =>
			place.ok("query_records", { table: "Orders" }),
		);
		expect(answer.text.length).toBeLessThan(100_000);
		await bounded(`search in ${name}`, () =>
			place.ok("query_records", {
				table: "Orders",
				filter: {
					conditions: [{ field: "*", op: "search", value: "z\u0341" }],
				},
			}),
		);
		await refused(
			`${name} as an option`,
			place,
			[
				"create_records",
				{ table: "Orders", records: [{ fields: { State: text } }] },
			],
			/option/,
		);
	}
});

test("a table name of 60 MB on its way in", async () => {
	const [stdin, stdout] = [new PassThrough(), new PassThrough()];
	const wire = stdioWire(stdin, stdout);
	await wire.start();
	const answer = stdout.take(1).toArray();
	const piece = Buffer.alloc(60_000, "a");
	await bounded("a table name of 60 MB on stdin", async () => {
		stdin.write(
			'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"describe_fields","arguments":{"table":"',
		);
		for (let sent = 0; sent < 1_000; sent++) {
			stdin.write(piece);
			await letOthersRun();
		}
		stdin.write('"}}}\n');
		await answer;
	});
	const [line] = await answer;
	const { id, error } = JSON.parse(String(line));
	expect(id).toBe(1);
	expect(error.message).toMatch(/^"a{100}…" \(60000000 characters\) was given/);
});
