import { describe, expect, test } from "vitest";
import { fieldsOf } from "../../../src/core/contract/condition.js";
import type { Cell, Field } from "../../../src/core/contract/field.js";
import type {
	ConditionInput,
	FilterInput,
} from "../../../src/core/contract/table.js";
import { givenFilter, resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import type { FilterContext } from "../../../src/core/filter/operands.js";
import { failureOf } from "../../conformance/session.js";
import { field, knows, options, tableOf } from "../fields.js";

/** Friday, 2026-11-20, 12:00 in Shanghai. */
const NOW = Date.UTC(2026, 10, 20, 4);
const at = (text: string) => Date.parse(`${text}+08:00`);
const day = (text: string) => at(`${text}T00:00:00`);

const table = tableOf([
	field("title", "text"),
	field("note", "long_text"),
	field("count", "number"),
	field("share", "percent"),
	field("stars", "rating"),
	field("done", "checkbox"),
	field("status", "single_select", options("To do", "Doing", "Done")),
	field("tags", "multi_select", options("red", "green", "blue")),
	field("due", "date"),
	field("seen", "date", { showsTime: true }),
	field("owner", "user"),
	field("parent", "link", { linkTable: "t2" }),
	field("files", "attachment"),
	field("url", "url"),
	field("place", "location"),
	field("number", "auto_number"),
	field("sum", "formula", {}, { value: { type: "number", list: false } }),
	field("names", "lookup", {}, { value: { type: "text", list: true } }),
	field("days", "lookup", {}, { value: { type: "date", list: true } }),
	field("odd", "unknown"),
]);

const context: FilterContext = {
	zone: "Asia/Shanghai",
	nowMs: NOW,
	lookups: knows(
		{ Ann: ["u1"], Bo: ["u2", "u3"] },
		{ Report: ["r1"], Twice: ["r2", "r3"] },
		"u9",
	),
	systemColumns: ["$created_at", "$created_by"],
};

async function selects(
	input: FilterInput,
	cells: Readonly<Record<string, Cell>>,
): Promise<boolean> {
	const { filter } = await resolveFilter(input, table, context);
	const keyed = Object.fromEntries(
		Object.entries(cells).map(([name, cell]) => [
			name.startsWith("$") ? name : `f_${name}`,
			cell,
		]),
	);
	return matches(filter, { id: "r", cells: keyed }, table);
}

const holds = (
	condition: ConditionInput,
	cells: Readonly<Record<string, Cell>>,
) => selects({ match: "all", conditions: [condition] }, cells);

const users = (...ids: readonly string[]) =>
	ids.map((id) => ({ id, name: `name of ${id}` }));
const records = (...ids: readonly string[]) =>
	ids.map((id) => ({ id, text: `title of ${id}` }));
const attached = (...names: readonly string[]) =>
	names.map((name) => ({
		name,
		token: `tok-${name}`,
		size: 1,
		type: null,
		url: null,
	}));

type Case = readonly [
	cell: Cell,
	op: ConditionInput["op"],
	operand: unknown,
	expected: boolean,
];

/** By field: a cell, an operator, its operand (a list is `values`), and whether the row is picked. */
const MEANINGS: Readonly<Record<string, readonly Case[]>> = {
	stars: [
		[3, "gt", "2.5", true],
		[2, "gt", "2.5", false],
		[3, "between", ["2.5", "3.5"], true],
		[2, "is", 2.5, false],
		[2, "is_not", 2.5, true],
		[null, "lt", "2.5", false],
	],
	title: [
		["Ann", "is", "Ann", true],
		["Ann", "is", "ann", false],
		["Ann ", "is", "Ann", false],
		[null, "is", "Ann", false],
		["Ann", "is_not", "Ann", false],
		["Bo", "is_not", "Ann", true],
		[null, "is_not", "Ann", true],
		["Annabel", "contains", "nab", true],
		["Annabel", "contains", "NAB", false],
		["100%", "contains", "%", true],
		["100", "contains", "%", false],
		["a.c", "contains", "a.c", true],
		["abc", "contains", "a.c", false],
		[null, "contains", "x", false],
		["Annabel", "not_contains", "nab", false],
		[null, "not_contains", "nab", true],
		["Annabel", "starts_with", "Ann", true],
		["Annabel", "starts_with", "ann", false],
		[null, "starts_with", "A", false],
		["STRASSE Ä", "search", "ä", true],
		["caf\u0065\u0301", "search", "CAFÉ", true],
		["cafe", "search", "café", false],
		["Nr. １２３", "search", "123", true],
		["Nr. 123", "search", "１２", true],
		["ｶﾞ", "search", "ガ", true],
		[null, "search", "a", false],
		["Ann", "any_of", ["Bo", "Ann"], true],
		["Ann", "any_of", ["Bo"], false],
		[null, "any_of", ["Ann"], false],
		["Ann", "none_of", ["Bo", "Ann"], false],
		[null, "none_of", ["Ann"], true],
		[null, "is_empty", undefined, true],
		["", "is_empty", undefined, true],
		[" ", "is_empty", undefined, false],
		["a", "is_not_empty", undefined, true],
		[null, "is_not_empty", undefined, false],
	],
	count: [
		[12, "is", 12, true],
		[12, "is", "12.0", true],
		[0, "is", 0, true],
		[-0, "is", "0", true],
		[null, "is", 0, false],
		[null, "is_not", 0, true],
		[12, "is_not", "12", false],
		[3, "gt", 3, false],
		[3.1, "gt", 3, true],
		[null, "gt", -1, false],
		[null, "lt", 1, false],
		[3, "gte", "3", true],
		[3, "lte", 3, true],
		[-1, "lt", 0, true],
		[2, "between", [2, 4], true],
		[4, "between", ["2", "4"], true],
		[4.1, "between", [2, 4], false],
		[3, "between", [4, 2], false],
		[null, "between", [-1, 1], false],
		[2, "any_of", ["1", 2], true],
		[null, "none_of", [1], true],
		[0, "is_empty", undefined, false],
		[null, "is_empty", undefined, true],
		[1234, "search", "23", true],
	],
	share: [
		[0.12, "is", "12%", true],
		[0.12, "gt", 0.1, true],
		[12, "is", "1200%", true],
	],
	done: [
		[true, "is", true, true],
		[true, "is", "true", true],
		[null, "is", false, true],
		[false, "is", "false", true],
		[null, "is_not", true, true],
		[true, "is_not", false, true],
		[null, "is_empty", undefined, false],
		[false, "is_not_empty", undefined, true],
	],
	status: [
		["Doing", "is", "Doing", true],
		["Doing", "is", "doing", true],
		["Doing", "is", "o1", true],
		[null, "is_not", "Done", true],
		["Doing", "contains", "oin", true],
		["Doing", "any_of", ["Done", "Doing"], true],
		[null, "none_of", ["Done"], true],
		["To do", "search", "TO D", true],
	],
	tags: [
		[["red", "green"], "contains", "red", true],
		[["red"], "contains", "green", false],
		[["red"], "not_contains", "green", true],
		[null, "not_contains", "red", true],
		[["red", "green"], "is", "green, red", true],
		[["red"], "is", "green, red", false],
		[["red", "green", "blue"], "is", "green, red", false],
		[["red"], "is", "red", true],
		[null, "is_not", "red", true],
		[["red", "green"], "is_not", "red", true],
		[["red"], "any_of", ["green", "red"], true],
		[["red"], "none_of", ["green", "blue"], true],
		[["red"], "has_all", ["red", "green"], false],
		[["green", "red"], "has_all", ["red", "green"], true],
		[null, "has_all", ["red"], false],
		[[], "is_empty", undefined, true],
		[["red"], "search", "RE", true],
	],
	due: [
		[day("2026-11-20"), "is", "2026-11-20", true],
		[day("2026-11-20"), "is", "today", true],
		[day("2026-11-21"), "is", "2026-11-20", false],
		[null, "is", "2026-11-20", false],
		[null, "is_not", "2026-11-20", true],
		[day("2026-11-20"), "gt", "2026-11-20", false],
		[day("2026-11-21"), "gt", "2026-11-20", true],
		[day("2026-11-20"), "gte", "2026-11-20", true],
		[day("2026-11-20"), "lt", "2026-11-20", false],
		[day("2026-11-20"), "lte", "2026-11-20", true],
		[null, "lt", "2026-11-20", false],
		[day("2026-11-20"), "between", ["2026-11-20", "2026-11-20"], true],
		[day("2026-11-22"), "between", ["2026-11-20", "2026-11-21"], false],
		[day("2026-11-22"), "within", "this_week", true],
		[day("2026-11-23"), "within", "this_week", false],
		[day("2026-11-14"), "within", "last_7_days", true],
		[day("2026-11-13"), "within", "last_7_days", false],
		[day("2026-11-21"), "within", "last_7_days", false],
		[null, "within", "today", false],
		[day("2026-11-20"), "search", "2026-11", true],
	],
	seen: [
		[at("2026-11-20T23:59:59"), "is", "2026-11-20", true],
		[at("2026-11-21T00:00:00"), "is", "2026-11-20", false],
		[at("2026-11-20T14:00:00"), "is", "2026-11-20T14:00", true],
		[at("2026-11-20T14:00:00") + 1, "is", "2026-11-20T14:00", false],
		[at("2026-11-20T14:00:00"), "is", "2026-11-20T06:00:00Z", true],
		[at("2026-11-20T23:00:00"), "gt", "2026-11-20", false],
		[at("2026-11-21T00:00:00"), "gt", "2026-11-20", true],
		[at("2026-11-20T00:00:00"), "gte", "2026-11-20", true],
		[at("2026-11-20T23:59:59"), "lte", "2026-11-20", true],
		[at("2026-11-19T23:59:59"), "lt", "2026-11-20", true],
		[at("2026-11-20T14:00:00"), "gt", "2026-11-20T14:00", false],
		[at("2026-11-20T14:00:00"), "between", ["2026-11-19", "2026-11-20"], true],
	],
	owner: [
		[users("u1"), "contains", "Ann", true],
		[users("u1"), "contains", "u1", true],
		[users("u7"), "contains", "name of u7", true],
		[users("u2"), "contains", "Ann", false],
		[users("u3"), "contains", "Bo", true],
		[users("u2"), "is", "Bo", true],
		[users("u1", "u2"), "is", "Ann", false],
		[users("u1", "u2"), "is", "Ann, Bo", true],
		[users("u1", "u2"), "has_all", ["Ann", "Bo"], true],
		[users("u1"), "has_all", ["Ann", "Bo"], false],
		[null, "not_contains", "Ann", true],
		[users("u9"), "contains", "@me", true],
		[null, "is_not", "Ann", true],
	],
	parent: [
		[records("r1"), "contains", "Report", true],
		[records("r1"), "contains", "Report [r1]", true],
		[records("r3"), "contains", "Twice", true],
		[records("r7"), "contains", "title of r7", true],
		[records("r1", "r7"), "is", "r1, r7", true],
		[null, "none_of", ["r1"], true],
		[null, "is_empty", undefined, true],
	],
	files: [
		[attached("a.txt"), "contains", "a.txt", true],
		[attached("a.txt"), "contains", "tok-a.txt", true],
		[attached("a.txt"), "contains", "a", false],
		[attached("a.txt", "b.txt"), "has_all", ["a.txt", "b.txt"], true],
		[null, "not_contains", "a.txt", true],
		[attached("a.txt"), "search", "A.T", true],
	],
	url: [
		[
			{ text: "Home", link: "https://a.example/" },
			"is",
			"https://a.example/",
			true,
		],
		[{ text: "Home", link: "https://a.example/" }, "is", "Home", true],
		[{ text: "Home", link: "https://a.example/" }, "contains", "a.ex", true],
		[
			{ text: "Home", link: "https://a.example/" },
			"starts_with",
			"https:",
			true,
		],
		[null, "not_contains", "x", true],
	],
	place: [
		[{ lnglat: "1,2", address: "Beijing" }, "contains", "jing", true],
		[{ lnglat: "1,2", address: "Beijing" }, "not_contains", "jing", false],
		[null, "not_contains", "jing", true],
	],
	number: [
		[12, "is", "12", true],
		[9, "gt", "10", false],
		[11, "gt", 9, true],
		[9, "between", ["8", "10"], true],
		[100, "lt", "20", false],
		["REC-0012", "is", "REC-0012", true],
		["REC-0012", "contains", "12", true],
		["REC-0012", "gt", "REC-0009", true],
	],
	sum: [
		[3, "gt", 2, true],
		[null, "gt", 2, false],
		[3, "is", "3", true],
	],
	names: [
		[["a", "b"], "contains", "a", true],
		[["a", "b"], "contains", "c", false],
		[["a", "b"], "has_all", ["a", "b"], true],
		[null, "none_of", ["a"], true],
	],
	days: [
		[[day("2026-11-20"), day("2026-11-25")], "contains", "2026-11-25", true],
		[[day("2026-11-20")], "contains", "2026-11-25", false],
		[[day("2026-11-20")], "any_of", ["2026-11-20", "2026-11-25"], true],
		[[day("2026-11-20")], "has_all", ["2026-11-20", "2026-11-25"], false],
		[[day("2026-11-20")], "is", "2026-11-20", true],
		[[day("2026-11-20")], "none_of", ["2026-11-20"], false],
		[null, "not_contains", "2026-11-25", true],
	],
	odd: [
		[{ raw: { a: 1 } }, "is_not_empty", undefined, true],
		[{ raw: { a: "Text" } }, "search", "text", true],
	],
};

describe.each(Object.entries(MEANINGS))("%s", (name, cases) => {
	test.each(cases.map((one) => [JSON.stringify(one), ...one] as const))(
		"%s",
		async (_, cell, op, operand, expected) => {
			const condition: ConditionInput = {
				field: name,
				op,
				...(Array.isArray(operand)
					? { values: operand as string[] }
					: operand === undefined
						? {}
						: { value: operand as string }),
			};
			expect(await holds(condition, { [name]: cell })).toBe(expected);
		},
	);
});

const SEEN = at("2026-11-20T14:00:00");

test.each([
	["title", "is", "note", { title: "a", note: "a" }, true],
	["title", "is", "note", { title: "a", note: "b" }, false],
	["title", "is", "note", {}, true],
	["title", "is_not", "note", { title: "a" }, true],
	["title", "is", "status", { title: "Done", status: "Done" }, true],
	["count", "gt", "sum", { count: 2, sum: 1 }, true],
	["count", "gt", "sum", { count: 2 }, false],
	["count", "lte", "sum", { count: 2, sum: 2 }, true],
	["due", "is", "seen", { due: day("2026-11-20"), seen: SEEN }, true],
	["due", "lt", "seen", { due: day("2026-11-20"), seen: SEEN }, true],
	["seen", "gte", "$created_at", { seen: SEEN, $created_at: SEEN }, true],
	["tags", "is", "tags", { tags: ["red"] }, true],
	["done", "is", "done", {}, true],
] as const)(
	"%s %s the column %s",
	async (name, op, other_field, cells, expected) => {
		expect(
			await holds(
				{ field: name, op, other_field },
				cells as unknown as Readonly<Record<string, Cell>>,
			),
		).toBe(expected);
	},
);

test("all and any, groups inside, empty groups count for nothing", async () => {
	const red: ConditionInput = { field: "tags", op: "contains", value: "red" };
	const big: ConditionInput = { field: "count", op: "gt", value: 5 };
	const titled: ConditionInput = { field: "title", op: "is_not_empty" };
	const cells = { tags: ["red"], count: 1 } as const;
	const cases: [FilterInput, boolean][] = [
		[{ match: "all", conditions: [red, big] }, false],
		[{ match: "any", conditions: [red, big] }, true],
		[{ match: "all", conditions: [] }, true],
		[{ match: "any", conditions: [] }, true],
		[
			{
				match: "any",
				conditions: [big],
				groups: [{ match: "all", conditions: [] }],
			},
			false,
		],
		[
			{
				match: "all",
				conditions: [red],
				groups: [{ match: "any", conditions: [big, titled] }],
			},
			false,
		],
		[
			{
				match: "any",
				conditions: [big],
				groups: [{ match: "all", conditions: [red] }],
			},
			true,
		],
		[
			{
				match: "any",
				conditions: [],
				groups: [
					{ match: "all", conditions: [red, big] },
					{ match: "any", conditions: [red, big] },
				],
			},
			true,
		],
	];
	for (const [input, expected] of cases)
		expect([JSON.stringify(input), await selects(input, cells)]).toEqual([
			JSON.stringify(input),
			expected,
		]);
});

test("a search of everything looks at what is shown, not at system columns", async () => {
	const everywhere = (value: string) => ({
		field: "*",
		op: "search" as const,
		value,
	});
	const cells = {
		owner: users("u1"),
		due: day("2026-11-20"),
		$created_by: users("secret"),
	};
	expect(await holds(everywhere("NAME OF U1"), cells)).toBe(true);
	expect(await holds(everywhere("2026-11-20"), cells)).toBe(true);
	expect(await holds(everywhere("secret"), cells)).toBe(false);
});

test("the fields that a filter needs are known", async () => {
	const { filter } = await resolveFilter(
		{
			match: "all",
			conditions: [{ field: "due", op: "is", other_field: "seen" }],
			groups: [
				{
					match: "any",
					conditions: [
						{ field: "$created_at", op: "within", value: "today" },
						{ field: "*", op: "search", value: "x" },
					],
				},
			],
		},
		table,
		context,
	);
	const { fields, system, all } = fieldsOf(filter);
	expect([fields.map((one: Field) => one.name), system, all]).toEqual([
		["due", "seen"],
		["$created_at"],
		true,
	]);
});

/** A condition that is wrong, and words of the refusal. */
const WRONG: readonly (readonly [ConditionInput, RegExp])[] = [
	[
		{ field: "titel", op: "is", value: "x" },
		/there is no field "titel".*"title"/,
	],
	[{ field: "$updated_at", op: "is_empty" }, /this vendor has no \$updated_at/],
	[{ field: "*", op: "is", value: "x" }, /goes with the operator search only/],
	[
		{ field: "count", op: "contains", value: "1" },
		/contains does not fit "count" \(number\); it takes is, is_not/,
	],
	[{ field: "sum", op: "contains", value: "1" }, /formula of number/],
	[{ field: "title", op: "gt", value: "a" }, /does not fit/],
	[{ field: "title", op: "is" }, /needs `value`/],
	[
		{ field: "title", op: "is", values: ["a", "b"] },
		/is takes one value, and 2 were given: for any of several there is any_of with `values`/,
	],
	[
		{ field: "title", op: "not_contains", value: ["a", "b"] as never },
		/there is none_of/,
	],
	[{ field: "title", op: "is", value: [] as never }, /use is_empty/],
	[
		{ field: "due", op: "contains", value: "-12-" },
		/it takes is, .*; for a month or another period: within, or between with two days; .* search/,
	],
	[{ field: "due", op: "gt", value: "6 moons ago" }, /30 days ago/],
	[{ field: "title", op: "any_of", value: "a" }, /needs `values`, a list/],
	[{ field: "title", op: "any_of", values: [] }, /needs `values`, a list/],
	[{ field: "count", op: "between", values: [1] }, /two entries/],
	[
		{ field: "due", op: "within", value: "someday" },
		/within does not know "someday"; it knows today/,
	],
	[{ field: "due", op: "is", value: "03.04.2026" }, /is ambiguous/],
	[{ field: "days", op: "contains", value: "this_week" }, /is not a date/],
	[
		{ field: "days", op: "within", value: "this_week" },
		/does not fit "days" \(lookup of date\)/,
	],
	[{ field: "count", op: "is", value: "many" }, /takes a number/],
	[{ field: "share", op: "is", value: 12 }, /ambiguous/],
	[{ field: "done", op: "is", value: "perhaps" }, /takes true or false/],
	[
		{ field: "status", op: "is", value: "Dong" },
		/has no option "Dong"; nearest: "Done"|"Doing"/,
	],
	[
		{ field: "title", op: "is", value: "" },
		/use is_empty in place of an empty value/,
	],
	[{ field: "title", op: "is_not", value: "" }, /use is_not_empty/],
	[{ field: "owner", op: "is", value: "" }, /use is_empty/],
	[{ field: "tags", op: "is", value: ", " }, /use is_empty/],
	[
		{ field: "title", op: "is", other_field: "count" },
		/cannot be compared with "count" \(number\)/,
	],
	[
		{ field: "title", op: "is", other_field: "nowhere" },
		/there is no field "nowhere"/,
	],
	[{ field: "title", op: "is", other_field: "note", value: "x" }, /not both/],
	[
		{ field: "count", op: "between", other_field: "sum" },
		/cannot compare two columns/,
	],
	[
		{ field: "count", op: "is", value: 2 ** 60 },
		/larger than can be kept exactly/,
	],
];

test.each(WRONG)("%o is refused", async (condition, words) => {
	const failure = await failureOf(
		resolveFilter({ match: "all", conditions: [condition] }, table, context),
	);
	expect(failure.code).toBe("bad_argument");
	expect(failure.message).toMatch(words);
});

test("every wrong condition is named with its place", async () => {
	const failure = await failureOf(
		resolveFilter(
			{
				match: "all",
				conditions: [
					{ field: "title", op: "is", value: "fine" },
					{ field: "nope", op: "is_empty" },
				],
				groups: [
					{
						match: "any",
						conditions: [{ field: "count", op: "is", value: "x" }],
					},
				],
			},
			table,
			context,
		),
	);
	expect(failure.message).toMatch(
		/conditions\[1\]: there is no field "nope".*; groups\[0\]\.conditions\[0\]: "count" takes a number/,
	);
});

test.each([
	["within", "next_14_days", "next_14_days: 2026-11-20 to 2026-12-03"],
	["within", "today", "today: 2026-11-20"],
	["within", "last_3_months", "last_3_months: 2026-08-21 to 2026-11-20"],
	["within", "next_2_weeks", "next_2_weeks: 2026-11-20 to 2026-12-03"],
	["lt", "6 months ago", "6 months ago: 2026-05-20"],
	["gte", "-30d", "-30d: 2026-10-21"],
	["lte", "in 2 weeks", "in 2 weeks: 2026-12-04"],
	["is", "tomorrow", "tomorrow: 2026-11-21"],
	["lt", "1 year from now", "1 year from now: 2027-11-20"],
] as const)("%s %s says which days these are", async (op, value, note) => {
	const { notes } = await resolveFilter(
		{ match: "all", conditions: [{ field: "due", op, value }] },
		table,
		context,
	);
	expect(notes).toEqual([note]);
});

test("a day that is counted is compared like any other", async () => {
	const due = (text: string) => ({ due: day(text) });
	const before = { field: "due", op: "lt", value: "6 months ago" } as const;
	expect(await holds(before, due("2026-05-19"))).toBe(true);
	expect(await holds(before, due("2026-05-20"))).toBe(false);
});

test("a list of one is that one, where one value is taken and where several are", async () => {
	for (const condition of [
		{ field: "status", op: "is", value: ["Done"] },
		{ field: "status", op: "is", values: ["Done"] },
		{ field: "status", op: "any_of", value: ["Done", "Doing"] },
	])
		expect(
			await holds(condition as unknown as ConditionInput, { status: "Done" }),
		).toBe(true);
});

test("a part of a name that cannot be read is refused, never none", async () => {
	const hidden: FilterContext = {
		...context,
		lookups: {
			...context.lookups,
			shownIn: async () => ({
				texts: new Map([["u1", null]]),
				why: "the app may not read contacts",
			}),
		},
	};
	for (const op of ["contains", "not_contains", "starts_with"] as const) {
		const failure = await failureOf(
			resolveFilter(
				{ match: "all", conditions: [{ field: "owner", op, value: "Zed" }] },
				table,
				hidden,
			),
		);
		expect(failure.message).toContain("the app may not read contacts");
	}
});

test("a filter that was kept is taken as it is, whoever has gone since", async () => {
	const { filter } = await resolveFilter(
		{
			match: "all",
			conditions: [
				{ field: "owner", op: "is", value: "Gone" },
				{ field: "owner", op: "contains", value: "Gon" },
			],
		},
		table,
		{ ...context, purpose: "kept" },
	);
	expect(filter.conditions.map(({ values }) => values)).toEqual([
		["Gone"],
		["Gon"],
	]);
});

test("@me is refused where it is not configured", async () => {
	const failure = await failureOf(
		resolveFilter(
			{
				match: "all",
				conditions: [{ field: "owner", op: "contains", value: "@me" }],
			},
			table,
			{ ...context, lookups: knows() },
		),
	);
	expect(failure.message).toContain("a person sets `me`");
});

test("a condition keeps what was given, with ids in place of names", async () => {
	const { filter } = await resolveFilter(
		{
			match: "any",
			conditions: [
				{ field: "due", op: "within", value: "this_week" },
				{ field: "*", op: "search", value: "x" },
			],
			groups: [
				{
					match: "all",
					conditions: [{ field: "count", op: "gt", other_field: "count" }],
				},
				{ match: "any", conditions: [] },
			],
		},
		table,
		context,
	);
	expect(givenFilter(filter)).toEqual({
		match: "any",
		conditions: [
			{ field: "f_due", op: "within", value: "this_week" },
			{ field: "*", op: "search", value: "x" },
		],
		groups: [
			{
				match: "all",
				conditions: [{ field: "f_count", op: "gt", other_field: "f_count" }],
			},
		],
	});
});
