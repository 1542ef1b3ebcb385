import { describe, expect, test } from "vitest";
import { connected } from "../server/client.js";

async function five() {
	const client = await connected();
	await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Number", type: "number" },
			{ name: "Files", type: "attachment" },
		],
	});
	await client.ok("create_records", {
		table: "Rows",
		records: Array.from({ length: 5 }, (_, index) => ({
			fields: { Title: `row ${index}`, Number: index },
		})),
	});
	return client;
}

const ALL = { field: "Number", op: "is_not_empty" };

/** Filters of which a part could go unheard, and what the refusal names. */
const UNHEARD: readonly (readonly [string, object, RegExp])[] = [
	[
		"a misspelled key of a condition",
		{ conditions: [{ ...ALL, vlaue: "5" }] },
		/filter\.conditions\[0\]\.vlaue.*nearest: value/,
	],
	[
		"a second level of groups",
		{
			conditions: [ALL],
			groups: [{ conditions: [ALL], groups: [{ conditions: [] }] }],
		},
		/filter\.groups\[0\]\.groups/,
	],
	[
		"a value beside an operator that takes none",
		{ conditions: [{ ...ALL, value: "5" }] },
		/is_not_empty takes no value/,
	],
	[
		"values beside value",
		{ conditions: [{ field: "Number", op: "gt", value: "3", values: ["4"] }] },
		/gt takes `value`, not `values` as well/,
	],
	[
		"value beside values",
		{
			conditions: [
				{ field: "Number", op: "any_of", value: "3", values: ["4"] },
			],
		},
		/any_of takes `values`, not `value` as well/,
	],
	[
		"a search for nothing",
		{ conditions: [{ field: "*", op: "search", value: "" }] },
		/search needs a text/,
	],
];

describe.each(UNHEARD)("%s is refused", (_, filter, said) => {
	test.each([
		["query_records", {}],
		["delete_records", { dry_run: true }],
		["update_records", { set: { Number: 9 }, dry_run: true }],
		["export_records", { file: "rows.csv" }],
		["create_view", { name: "Some" }],
	])("by %s", async (tool, more) => {
		const client = await five();
		const { text } = await client.refused(tool, {
			table: "Rows",
			filter,
			...more,
		});
		expect(text).toMatch(said);
	});
});

describe("a filter without a condition picks nothing to delete or change", () => {
	test.each([
		{},
		{ conditions: [] },
		{ groups: [{ conditions: [] }] },
		{ match: "any", conditions: [], groups: [{ conditions: [] }] },
	])("%j", async (filter) => {
		const client = await five();
		await client.refused("delete_records", { table: "Rows", filter });
		await client.refused("update_records", {
			table: "Rows",
			filter,
			set: { Number: 1 },
		});
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			aggregate: [{ function: "sum", field: "Number" }],
		});
		expect(structured.rows).toEqual([[10]]);
	});
});

test.each([
	[{ match_on: ["Title"] }, /`match_on` and `upsert` go with `records`/],
	[{ upsert: true }, /`match_on` and `upsert` go with `records`/],
	[{ set: {} }, /`set` names no field/],
])("a change by filter refuses %j", async (more, said) => {
	const client = await five();
	const { text } = await client.refused("update_records", {
		table: "Rows",
		filter: { conditions: [ALL] },
		set: { Number: 1 },
		...more,
	});
	expect(text).toMatch(said);
});

test("a file without a token is listed with all other problems", async () => {
	const client = await five();
	const { structured } = await client.refused("create_records", {
		table: "Rows",
		records: [
			{ fields: { Files: ["photo.png"] } },
			{ fields: { Number: "many" } },
		],
	});
	expect(
		structured.problems.map(({ record }: { record: number }) => record),
	).toEqual([0, 1]);
});
