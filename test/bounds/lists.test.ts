import { afterAll, beforeAll, expect, test } from "vitest";
import { bounded, openPlace, type Place } from "./world.js";

/*
 * Too many of something: names, options, conditions, values, ids, records, fields. Long work that is wanted is done
 * in turns; what no person means is refused before it is looked at.
 */

let place: Place;
const OPTIONS = Array.from({ length: 5_000 }, (_, n) => ({
	name: `Option ${n} of many`,
}));
const ids: string[] = [];
beforeAll(async () => {
	place = openPlace();
	await place.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
			{ name: "Due", type: "date" },
			{
				name: "State",
				type: "single_select",
				settings: { options: OPTIONS.slice(0, 300) },
			},
			{ name: "Tags", type: "multi_select", settings: { options: OPTIONS } },
			{ name: "Next", type: "link", settings: { link_table: "self" } },
			{ name: "Owner", type: "user" },
		],
	});
	const { structured } = await place.ok("create_records", {
		table: "Orders",
		records: Array.from({ length: 1_000 }, (_, n) => ({
			fields: { Title: `Row ${n}`, Amount: n, Tags: ["Option 1 of many"] },
		})),
	});
	ids.push(...structured.ids);
});
afterAll(() => place.close());

const times = <T>(count: number, make: (index: number) => T): T[] =>
	Array.from({ length: count }, (_, index) => make(index));
const condition = (n: number) => ({ field: "Title", op: "is", value: `${n}` });

/** Calls by what they have too many of, and the words of the answer. */
const CALLS: Readonly<
	Record<string, readonly [() => readonly [string, unknown], RegExp]>
> = {
	"1,000 wrong options against 5,000": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: times(1_000, (n) => ({ fields: { Tags: [`Optoin ${n}`] } })),
			},
		],
		/REFUSED/,
	],
	"1,000 wrong options in one cell": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Tags: times(1_000, (n) => `Optoin ${n}`) } }],
			},
		],
		/REFUSED/,
	],
	"5,000 wrong field names": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: times(5_000, (n) => ({ fields: { [`Titel ${n}`]: 1 } })),
			},
		],
		/REFUSED/,
	],
	"one record of 100,000 fields": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [
					{ fields: Object.fromEntries(times(100_000, (n) => [`f${n}`, n])) },
				],
			},
		],
		/REFUSED/,
	],
	"100,000 unknown arguments": [
		() => [
			"query_records",
			Object.fromEntries(times(100_000, (n) => [`argument${n}`, n])),
		],
		/an object of 100000 names/,
	],
	"100,000 conditions": [
		() => [
			"query_records",
			{ table: "Orders", filter: { conditions: times(100_000, condition) } },
		],
		/a list of 100000 was given/,
	],
	"two groups of 50,000 conditions": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					groups: times(2, () => ({ conditions: times(50_000, condition) })),
				},
			},
		],
		/a list of 50000 was given/,
	],
	"20,000 conditions of a wrong form": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: { conditions: times(20_000, () => ({ feild: 1 })) },
			},
		],
		/more/,
	],
	"1,000 wrong conditions": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					conditions: times(1_000, (n) => ({
						field: `Titel ${n}`,
						op: "is",
						value: "x",
					})),
				},
			},
		],
		/the filter is wrong/,
	],
	"1,000,000 values": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					conditions: [
						{ field: "Title", op: "any_of", values: times(1_000_000, String) },
					],
				},
			},
		],
		/a list of 1000000 was given/,
	],
	"20,000 values, each row looked at": [
		() => [
			"query_records",
			{
				table: "Orders",
				limit: 0,
				filter: {
					match: "any",
					conditions: [
						{ field: "Title", op: "search", value: "no such text" },
						{
							field: "Tags",
							op: "any_of",
							values: times(10_000, (n) => OPTIONS[n % 5_000]?.name),
						},
						{ field: "Title", op: "none_of", values: times(9_000, String) },
					],
				},
			},
		],
		/1000 records|returned|1,000|1000/,
	],
	"12,000 titles that no record has": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					conditions: [
						{
							field: "Next",
							op: "any_of",
							values: times(12_000, (n) => `zz${n}`),
						},
					],
				},
			},
		],
		/has no record called "zz0"/,
	],
	"20,000 options that are not there, of 5,000": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					conditions: [
						{
							field: "Tags",
							op: "any_of",
							values: times(20_000, (n) => `Optoin ${n}`),
						},
					],
				},
			},
		],
		/Optoin 0/,
	],
	"20,000 people in one cell": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Owner: times(20_000, (n) => `Person ${n}`) } }],
			},
		],
		/DONE: 1 created/,
	],
	"20,000 people in one cell, as a text": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [
					{ fields: { Owner: times(20_000, (n) => `Person ${n}`).join(", ") } },
				],
			},
		],
		/DONE: 1 created/,
	],
	"20,000 people taken out of a cell, and others put into it": [
		() => [
			"update_records",
			{
				table: "Orders",
				filter: {
					conditions: [{ field: "Owner", op: "any_of", values: ["Person 0"] }],
				},
				set: {
					Owner: {
						remove: times(20_000, (n) => `Person ${n}`),
						add: times(20_000, (n) => `Somebody ${n}`),
					},
				},
			},
		],
		/DONE: 2 updated/,
	],
	"20,000 new options in one cell": [
		() => [
			"create_records",
			{
				table: "Orders",
				dry_run: true,
				allow_new_options: true,
				records: [{ fields: { Tags: times(20_000, (n) => `New ${n}`) } }],
			},
		],
		/DRY RUN/,
	],
	"20,000 titles in one cell": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Next: times(20_000, (n) => `Title ${n}`) } }],
			},
		],
		/REFUSED/,
	],
	"20,000 wrong options in one cell": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Tags: times(20_000, (n) => `Optoin ${n}`) } }],
			},
		],
		/REFUSED/,
	],
	"12,000 names that nobody has": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: {
					conditions: [
						{
							field: "Owner",
							op: "any_of",
							values: times(12_000, (n) => `zz${n}`),
						},
					],
				},
			},
		],
		/has nobody called "zz0"/,
	],
	"a search for 2 million characters through all rows": [
		() => [
			"query_records",
			{
				table: "Orders",
				limit: 0,
				filter: {
					conditions: [
						{ field: "*", op: "search", value: "e\u0301".repeat(1_000_000) },
					],
				},
			},
		],
		/0 records|\b0\b/,
	],
	"100,000 record ids": [
		() => [
			"query_records",
			{
				table: "Orders",
				record_ids: [...ids, ...times(99_000, (n) => `rec${n}`)],
			},
		],
		/Row 0/,
	],
	"100,000 record ids, sorted": [
		() => [
			"query_records",
			{
				table: "Orders",
				sort: [{ field: "Amount" }],
				record_ids: [...ids, ...times(99_000, (n) => `rec${n}`)],
			},
		],
		/Row 0/,
	],
	"100,000 times the same record id": [
		() => [
			"delete_records",
			{ table: "Orders", record_ids: times(100_000, () => ids[0]) },
		],
		/named twice/,
	],
	"500,000 records to delete that are not there": [
		() => [
			"delete_records",
			{
				table: "Orders",
				record_ids: times(500_000, (n) => `rec${n}`),
				dry_run: true,
			},
		],
		/500000 failed/,
	],
	"500,000 record ids of a query that are not there": [
		() => [
			"query_records",
			{ table: "Orders", record_ids: times(500_000, (n) => `rec${n}`) },
		],
		/no such record: rec0/,
	],
	"100,000 records whose fields are a list, but for the first": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: times(100_000, (n) => ({ fields: n === 0 ? {} : [n] })),
			},
		],
		/records\[1\]\.fields: a list of 1 was given.* and 99979 more/,
	],
	"30,000 records with two wrong values and a wrong name": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: times(30_000, (n) => ({
					fields: { Amount: `x${n}`, Due: `y${n}`, Titel: n },
				})),
			},
		],
		/90000 problems/,
	],
	"20,000 keys that no record has": [
		() => [
			"update_records",
			{
				table: "Orders",
				match_on: ["Title"],
				records: times(20_000, (n) => ({
					fields: { Title: `None ${n}`, Amount: n },
				})),
			},
		],
		/20000 problems/,
	],
	"a number of 60 million characters": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [
					{
						fields: {
							Amount: Buffer.alloc(60_000_000, "1").toString("latin1"),
						},
					},
				],
			},
		],
		/REFUSED|at most 2000000 characters/,
	],
	"100,000 fields of a query": [
		() => [
			"query_records",
			{ table: "Orders", fields: times(100_000, (n) => `f${n}`) },
		],
		/a list of 100000 was given/,
	],
	"100,000 hidden fields of a view": [
		() => [
			"create_view",
			{
				table: "Orders",
				name: "New",
				hidden_fields: times(100_000, (n) => `f${n}`),
			},
		],
		/a list of 100000 was given/,
	],
	"1,000 options to remove that are not there, of 5,000": [
		() => [
			"update_field",
			{
				table: "Orders",
				field: "Tags",
				settings: { remove_options: times(1_000, (n) => `Optoin ${n}`) },
			},
		],
		/not in "Tags"/,
	],
	"5,000 changes of options": [
		() => [
			"update_field",
			{
				table: "Orders",
				field: "Tags",
				settings: {
					options: times(5_000, (n) => ({
						name: `Optoin ${n}`,
						new_name: "x",
					})),
				},
			},
		],
		/cannot be renamed/,
	],
	"100,000 settings": [
		() => [
			"create_field",
			{
				table: "Orders",
				name: "New",
				type: "text",
				settings: Object.fromEntries(times(100_000, (n) => [`s${n}`, n])),
			},
		],
		/an object of 100000 names/,
	],
	"arguments nested 100,000 deep as text": [
		() => ["query_records", `${"[".repeat(100_000)}${"]".repeat(100_000)}`],
		/must be an object/,
	],
	"filter nested 100,000 deep as text": [
		() => [
			"query_records",
			{
				table: "Orders",
				filter: `{"conditions":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
			},
		],
		/bad_argument/,
	],
	"cell nested 5,000 deep": [
		() => {
			let cell: unknown = "x";
			for (let level = 0; level < 5_000; level++) cell = [cell];
			return [
				"create_records",
				{ table: "Orders", records: [{ fields: { Tags: cell } }] },
			];
		},
		/nests deeper than/,
	],
	"number of a million digits": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Amount: `${"1".repeat(1_000_000)}x` } }],
			},
		],
		/takes a number/,
	],
	"date of a million digits": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Due: "1".repeat(1_000_000) } }],
			},
		],
		/is not a date/,
	],
	"list of a million spaces": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: [{ fields: { Tags: `x,${" ".repeat(1_000_000)}"y` } }],
			},
		],
		/REFUSED/,
	],
	"formula of braces": [
		() => [
			"create_field",
			{
				table: "Orders",
				name: "New",
				type: "formula",
				settings: { formula: "{\\".repeat(500_000) },
			},
		],
		/characters|cannot|formula/,
	],
	"200,000 records of one cell, checked": [
		() => [
			"create_records",
			{
				table: "Orders",
				dry_run: true,
				records: times(200_000, (n) => ({ fields: { Amount: n } })),
			},
		],
		/DRY RUN: 200000 created/,
	],
	"20,000 records of one cell, written": [
		() => [
			"create_records",
			{
				table: "Orders",
				records: times(20_000, (n) => ({ fields: { Amount: n } })),
			},
		],
		/DONE: 20000 created/,
	],
};

test.each(Object.keys(CALLS))(
	"%s",
	async (title) => {
		const [make, words] = CALLS[title] as (typeof CALLS)[string];
		const [tool, args] = make();
		const answer = await bounded(title, () => place.call(tool, args));
		expect(answer.text.slice(0, 20_000)).toMatch(words);
		expect(answer.text.length).toBeLessThan(100_000);
	},
	120_000,
);
