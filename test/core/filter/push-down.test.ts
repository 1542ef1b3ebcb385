import { expect, test } from "vitest";
import type {
	Condition,
	Filter,
} from "../../../src/core/contract/condition.js";
import type { FilterDialect } from "../../../src/core/contract/dialect.js";
import { OPERATORS } from "../../../src/core/contract/table.js";
import { matches } from "../../../src/core/filter/matches.js";
import { pushDown } from "../../../src/core/filter/push-down.js";
import { joinFilters } from "../../../src/core/read/view.js";
import { field, tableOf } from "../fields.js";

const a = field("a", "text");
const table = tableOf([a]);

/** `is` is exact, `contains` lets too much through, everything else cannot be asked. */
function dialect(
	more: Partial<FilterDialect<string>> = {},
): FilterDialect<string> {
	return {
		operators: {
			...(Object.fromEntries(
				OPERATORS.map((operator) => [operator, { unsupported: "not here" }]),
			) as unknown as FilterDialect<string>["operators"]),
			is: ({ value }) => ({ expr: `=${value}`, exact: true }),
			contains: ({ value }) => ({ expr: `~${value}`, exact: false }),
			starts_with: ({ value }) =>
				value === "odd" ? undefined : { expr: `^${value}`, exact: true },
		},
		all: (parts) => `(${parts.join(" & ")})`,
		any: (parts) => `(${parts.join(" | ")})`,
		nests: true,
		...more,
	};
}

const on = (op: Condition["op"], value: string): Condition => ({
	operand: { kind: "field", field: a },
	op,
	value,
});
const is = (value: string) => on("is", value);
const rough = (value: string) => on("contains", value);
const never = (value: string) => on("search", value);

const filter = (
	match: "all" | "any",
	conditions: readonly Condition[],
	groups: readonly (readonly ["all" | "any", ...Condition[]])[] = [],
): Filter => ({
	match,
	conditions,
	groups: groups.map(([kind, ...parts]) => ({
		match: kind,
		conditions: parts,
	})),
});

const flat = { nests: false };
const { any: _any, ...withoutAny } = dialect();

const CASES: readonly (readonly [
	string,
	Filter,
	FilterDialect<string>,
	unknown,
])[] = [
	["one", filter("all", [is("x")]), dialect(), { expr: "=x", exact: true }],
	[
		"all",
		filter("all", [is("x"), is("y")]),
		dialect(),
		{ expr: "(=x & =y)", exact: true },
	],
	[
		"any",
		filter("any", [is("x"), is("y")]),
		dialect(),
		{ expr: "(=x | =y)", exact: true },
	],
	[
		"a rough part makes the whole rough",
		filter("all", [is("x"), rough("y")]),
		dialect(),
		{ expr: "(=x & ~y)", exact: false },
	],
	[
		"what cannot be asked is true in an all",
		filter("all", [is("x"), never("y")]),
		dialect(),
		{ expr: "=x", exact: false },
	],
	[
		"and drops an any whole",
		filter("any", [is("x"), never("y")]),
		dialect(),
		{ exact: false },
	],
	[
		"a value that the dialect declines",
		filter("all", [on("starts_with", "odd"), is("x")]),
		dialect(),
		{ expr: "=x", exact: false },
	],
	[
		"nothing can be asked",
		filter("all", [never("x")]),
		dialect(),
		{ exact: false },
	],
	[
		"a group inside",
		filter("all", [is("x")], [["any", is("y"), is("z")]]),
		dialect(),
		{ expr: "(=x & (=y | =z))", exact: true },
	],
	[
		"a dropped group inside an all",
		filter("all", [is("x")], [["any", is("y"), never("z")]]),
		dialect(),
		{ expr: "=x", exact: false },
	],
	[
		"a weakened group inside an any stays a superset",
		filter("any", [is("x")], [["all", is("y"), never("z")]]),
		dialect(),
		{ expr: "(=x | =y)", exact: false },
	],
	[
		"a dropped group drops the any around it",
		filter("any", [is("x")], [["any", is("y"), never("z")]]),
		dialect(),
		{ exact: false },
	],
	[
		"no nesting: a group of another kind is left out of an all",
		filter("all", [is("x")], [["any", is("y"), is("z")]]),
		dialect(flat),
		{ expr: "=x", exact: false },
	],
	[
		"no nesting: and drops an any",
		filter("any", [is("x")], [["all", is("y"), is("z")]]),
		dialect(flat),
		{ exact: false },
	],
	[
		"no nesting: a group of one is not a nesting",
		filter("all", [is("x")], [["any", is("y")]]),
		dialect(flat),
		{ expr: "(=x & =y)", exact: true },
	],
	[
		"without any: only all is asked",
		filter("any", [is("x"), is("y")]),
		withoutAny,
		{ exact: false },
	],
	[
		"without any: an any of one is asked",
		filter("any", [is("x")]),
		withoutAny,
		{ expr: "=x", exact: true },
	],
	[
		"too many conditions: nothing is asked",
		filter("all", [is("x"), is("y")], [["all", is("z")]]),
		dialect({ maxConditions: 2 }),
		{ exact: false },
	],
	[
		"as many as allowed",
		filter("all", [is("x"), is("y")]),
		dialect({ maxConditions: 2 }),
		{ expr: "(=x & =y)", exact: true },
	],
];

test.each(CASES)("%s", (_, input, vendor, expected) => {
	expect(pushDown(input, vendor, { zone: "UTC" })).toEqual(expected);
});

test("a dialect that cannot nest never gets a part inside a part", () => {
	const depth = (text: string) => {
		let open = 0;
		let most = 0;
		for (const letter of text) {
			if (letter === "(") most = Math.max(most, ++open);
			if (letter === ")") open--;
		}
		return most;
	};
	const both = ["all", "any"] as const;
	for (const outer of both)
		for (const inner of both)
			for (const conditions of [[], [is("w")], [is("w"), is("x")]]) {
				const pushed = pushDown(
					filter(outer, conditions, [[inner, is("y"), is("z")]]),
					dialect(flat),
					{ zone: "UTC" },
				);
				expect(
					depth(String(pushed.expr ?? "")),
					`${outer} ${inner} ${conditions.length}: ${pushed.expr}`,
				).toBeLessThanOrEqual(1);
			}
});

test("two filters joined select what both select", () => {
	const filters = [
		filter("all", [is("x")]),
		filter("any", [is("x"), is("y")]),
		filter("any", [is("x")], [["all", rough("y"), rough("x")]]),
		filter("any", [], [["any", is("x"), is("z")]]),
		filter("all", [rough("x")], [["any", rough("y"), rough("z")]]),
		filter("all", []),
	];
	const rows = ["x", "y", "z", "xy", "xz", "yz", ""].map((text, index) => ({
		id: String(index),
		cells: text === "" ? {} : { f_a: text },
	}));
	for (const first of filters)
		for (const second of filters) {
			const joined = joinFilters(first, second);
			expect(joined.filter).toBeDefined();
			for (const row of rows) {
				const both = matches(first, row, table) && matches(second, row, table);
				const one =
					matches(joined.filter as Filter, row, table) &&
					(joined.also === undefined || matches(joined.also, row, table));
				expect(one).toBe(both);
			}
			for (const group of joined.filter?.groups ?? [])
				expect("groups" in group ? group.groups : []).toEqual([]);
		}
	expect(joinFilters(undefined, undefined)).toEqual({});
	expect(joinFilters(filters[0], undefined)).toEqual({ filter: filters[0] });
});

test.each([
	[2, { expr: "=2", exact: true }],
	[2.5, { exact: false }],
])("a rating is asked for by whole numbers alone: %d", (value, compiled) => {
	const condition: Condition = {
		operand: { kind: "field", field: field("stars", "rating") },
		op: "is",
		value,
	};
	expect(
		pushDown(filter("all", [condition]), dialect(), { zone: "UTC" }),
	).toEqual(compiled);
});
