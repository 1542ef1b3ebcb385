import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import {
	type FilterInput,
	OPERATORS,
	type Table,
} from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import { pushDown } from "../../../src/core/filter/push-down.js";
import { locate } from "../../../src/core/places/locate.js";
import { lookupsOf } from "../../../src/core/read/lookups.js";
import { encodeCells } from "../../../src/core/values/values.js";
import { fieldOf } from "../../../src/vendors/dingtalk/fields.js";
import { dialect } from "../../../src/vendors/dingtalk/filter.js";
import { virtualClock } from "../../clock.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { allRows, fileOf } from "../../conformance/world.js";
import {
	randomColumns,
	randomFilter,
	randomRow,
} from "../../core/arbitraries.js";
import { SEED } from "../../core/local-world.js";
import {
	createDingtalkFake,
	type DingtalkSwitches,
} from "../../fakes/dingtalk/index.js";
import { temporaryFolder } from "../../folder.js";
import { dingtalkSession } from "./dingtalk-session.js";

const choices = (...names: string[]) => ({
	choices: names.map((name) => ({ id: `id of ${name}`, name })),
});
const WIRES = [
	{ id: "t", name: "title", type: "text" },
	{ id: "c", name: "card", type: "idCard" },
	{ id: "p", name: "phone", type: "telephone" },
	{ id: "n", name: "number", type: "number" },
	{
		id: "%",
		name: "percent",
		type: "number",
		property: { formatter: "PERCENT" },
	},
	{ id: "m", name: "money", type: "currency" },
	{ id: "s", name: "state", type: "singleSelect", property: choices("A", "B") },
	{
		id: "g",
		name: "tags",
		type: "multipleSelect",
		property: choices("A", "B", "B"),
	},
	{ id: "d", name: "day", type: "date" },
	{ id: "u", name: "who", type: "user" },
	{ id: "x", name: "check", type: "checkbox" },
] as const;
const fields = WIRES.map(fieldOf);
const table: Table = {
	ref: { base: "b", table: "t" },
	name: "T",
	fields,
	byId: new Map(fields.map((field) => [field.id, field])),
	views: [],
	zone: "Asia/Shanghai",
	readAtMs: 0,
};

const DAY_MS = 86_400_000;
/** Midnight of 2026-11-20 in Shanghai. */
const DAY = Date.UTC(2026, 10, 19, 16);

async function pushedOf(input: FilterInput) {
	const { filter } = await resolveFilter(input, table, {
		zone: table.zone,
		nowMs: DAY + 12 * 3_600_000,
		lookups: {
			linkedByText: async () => new Map(),
			people: async () => new Map(),
			shownIn: async () => ({ texts: new Map() }),
			isId: () => true,
		},
		systemColumns: ["$created_at"],
	});
	return pushDown(filter, dialect, { zone: table.zone });
}

type Condition = FilterInput["conditions"][number];
type Wire = readonly [field: string, operator: string, value?: unknown[]];

const filterOf = (combination: string, wires: readonly Wire[]) => ({
	combination,
	conditions: wires.map(([field, operator, value]) => ({
		field,
		operator,
		...(value === undefined ? {} : { value }),
	})),
});

/** One condition, and what the vendor is asked; undefined: nothing, all rows are looked over. */
const CONDITIONS: readonly [
	Condition,
	["and" | "or", ...Wire[]] | undefined,
][] = [
	[{ field: "title", op: "is", value: "a b" }, ["or", ["t", "equal", ["a b"]]]],
	[{ field: "title", op: "is", value: " a" }, undefined],
	[{ field: "title", op: "is_not", value: "a" }, undefined],
	[
		{ field: "title", op: "any_of", values: ["a", "b"] },
		["or", ["t", "equal", ["a"]], ["t", "equal", ["b"]]],
	],
	[{ field: "title", op: "none_of", values: ["a"] }, undefined],
	[
		{ field: "title", op: "contains", value: "a" },
		["and", ["t", "contain", ["a"]]],
	],
	[{ field: "title", op: "not_contains", value: "a" }, undefined],
	[
		{ field: "title", op: "starts_with", value: "a" },
		["and", ["t", "contain", ["a"]]],
	],
	[{ field: "title", op: "search", value: "a" }, undefined],
	[
		{ field: "title", op: "search", value: "138-1" },
		["and", ["t", "contain", ["138-1"]]],
	],
	[{ field: "title", op: "is_empty" }, ["and", ["t", "empty"]]],
	[{ field: "title", op: "is_not_empty" }, undefined],
	[{ field: "title", op: "is", other_field: "phone" }, undefined],
	[{ field: "card", op: "is", value: "a" }, undefined],
	[{ field: "card", op: "is_empty" }, undefined],
	[{ field: "phone", op: "is", value: "138" }, undefined],
	[{ field: "phone", op: "is_empty" }, undefined],
	[
		{ field: "number", op: "is", value: 5 },
		["and", ["n", "greaterEqual", [5]], ["n", "lessEqual", [5]]],
	],
	[{ field: "number", op: "is_not", value: 5 }, undefined],
	[{ field: "number", op: "any_of", values: [1, 2] }, undefined],
	[{ field: "number", op: "gt", value: 5 }, ["and", ["n", "greater", [5]]]],
	[
		{ field: "number", op: "gte", value: "5" },
		["and", ["n", "greaterEqual", [5]]],
	],
	[{ field: "number", op: "lt", value: 5 }, ["and", ["n", "less", [5]]]],
	[{ field: "number", op: "lte", value: 5 }, ["and", ["n", "lessEqual", [5]]]],
	[
		{ field: "number", op: "between", values: [1, 2] },
		["and", ["n", "greaterEqual", [1]], ["n", "lessEqual", [2]]],
	],
	[{ field: "number", op: "is_empty" }, ["and", ["n", "empty"]]],
	[{ field: "number", op: "is_not_empty" }, ["and", ["n", "notEmpty"]]],
	[
		{ field: "percent", op: "gt", value: "10%" },
		["and", ["%", "greater", [0.1]]],
	],
	[{ field: "money", op: "gt", value: 5 }, undefined],
	[{ field: "state", op: "is", value: "A" }, ["and", ["s", "contain", ["A"]]]],
	[
		{ field: "state", op: "is", value: "id of B" },
		["and", ["s", "contain", ["B"]]],
	],
	[
		{ field: "state", op: "is_not", value: "A" },
		["or", ["s", "notContain", ["A"]], ["s", "empty"]],
	],
	[
		{ field: "state", op: "any_of", values: ["A", "B"] },
		["and", ["s", "contain", ["A", "B"]]],
	],
	[
		{ field: "state", op: "none_of", values: ["A"] },
		["or", ["s", "notContain", ["A"]], ["s", "empty"]],
	],
	[{ field: "state", op: "contains", value: "A" }, undefined],
	[{ field: "state", op: "is_not_empty" }, ["and", ["s", "notEmpty"]]],
	[{ field: "tags", op: "is", value: "A" }, ["and", ["g", "contain", ["A"]]]],
	[
		{ field: "tags", op: "contains", value: "A" },
		["and", ["g", "contain", ["A"]]],
	],
	[
		{ field: "tags", op: "not_contains", value: "A" },
		["or", ["g", "notContain", ["A"]], ["g", "empty"]],
	],
	[
		{ field: "tags", op: "has_all", values: ["A"] },
		["and", ["g", "contain", ["A"]]],
	],
	// Two options of one name.
	[{ field: "tags", op: "contains", value: "B" }, undefined],
	[{ field: "tags", op: "is_not", value: "A" }, undefined],
	// Days of an unknown zone: two to either side.
	[
		{ field: "day", op: "is", value: "2026-11-20" },
		[
			"and",
			["d", "greater", [DAY - 2 * DAY_MS]],
			["d", "less", [DAY + 3 * DAY_MS]],
		],
	],
	[
		{ field: "day", op: "within", value: "today" },
		[
			"and",
			["d", "greater", [DAY - 2 * DAY_MS]],
			["d", "less", [DAY + 3 * DAY_MS]],
		],
	],
	[{ field: "day", op: "is_not", value: "2026-11-20" }, undefined],
	[
		{ field: "day", op: "gt", value: "2026-11-20" },
		["and", ["d", "greater", [DAY - DAY_MS]]],
	],
	[
		{ field: "day", op: "gte", value: "2026-11-20" },
		["and", ["d", "greater", [DAY - 2 * DAY_MS]]],
	],
	[
		{ field: "day", op: "lt", value: "2026-11-20" },
		["and", ["d", "less", [DAY + 2 * DAY_MS]]],
	],
	[
		{ field: "day", op: "lte", value: "2026-11-20" },
		["and", ["d", "less", [DAY + 3 * DAY_MS]]],
	],
	[{ field: "day", op: "is_empty" }, ["and", ["d", "empty"]]],
	// The key of people is reported in two ways.
	[{ field: "who", op: "contains", value: "u1" }, undefined],
	[{ field: "who", op: "is_not_empty" }, ["and", ["u", "notEmpty"]]],
	[{ field: "check", op: "is", value: true }, undefined],
	[{ field: "$created_at", op: "gt", value: "2026-11-20" }, undefined],
	[{ field: "*", op: "search", value: "1" }, undefined],
];

describe("conditions beside what the vendor is asked", () => {
	test.each(CONDITIONS)("%j", async (condition, wires) => {
		const compiled = await pushedOf({ match: "all", conditions: [condition] });
		expect(compiled.exact).toBe(false);
		expect(compiled.expr).toEqual(
			wires === undefined
				? undefined
				: filterOf(wires[0], wires.slice(1) as Wire[]),
		);
	});

	test("every operator is in the table", () => {
		const asked = new Set(CONDITIONS.map(([{ op }]) => op));
		expect(OPERATORS.filter((operator) => !asked.has(operator))).toEqual([]);
	});
});

const A: Condition = { field: "number", op: "gt", value: 1 };
const B: Condition = { field: "title", op: "contains", value: "b" };
const TWO: Condition = { field: "number", op: "between", values: [1, 2] };
const EITHER: Condition = { field: "state", op: "is_not", value: "A" };
const NONE: Condition = { field: "check", op: "is", value: true };
const a: Wire = ["n", "greater", [1]];
const b: Wire = ["t", "contain", ["b"]];
const two: Wire[] = [
	["n", "greaterEqual", [1]],
	["n", "lessEqual", [2]],
];
const either: Wire[] = [
	["s", "notContain", ["A"]],
	["s", "empty"],
];

/** A flat list holds what it can; what is left out lets more rows through, never fewer. */
const JOINED: readonly [
	string,
	FilterInput,
	readonly ["and" | "or", ...Wire[]] | undefined,
][] = [
	["all", { match: "all", conditions: [A, B] }, ["and", a, b]],
	["any", { match: "any", conditions: [A, B] }, ["or", a, b]],
	["all with two", { match: "all", conditions: [TWO, B] }, ["and", ...two, b]],
	[
		"any with two: the first of them",
		{ match: "any", conditions: [TWO, B] },
		["or", two[0] as Wire, b],
	],
	[
		"all with either: left to the core",
		{ match: "all", conditions: [EITHER, B] },
		["and", b],
	],
	[
		"all with either alone",
		{ match: "all", conditions: [EITHER] },
		["or", ...either],
	],
	[
		"any with either",
		{ match: "any", conditions: [EITHER, B] },
		["or", ...either, b],
	],
	["all with one unknown", { match: "all", conditions: [A, NONE] }, ["and", a]],
	["any with one unknown", { match: "any", conditions: [A, NONE] }, undefined],
	[
		"all over any",
		{
			match: "all",
			conditions: [A],
			groups: [{ match: "any", conditions: [B, A] }],
		},
		["and", a],
	],
	[
		"any over all",
		{
			match: "any",
			conditions: [A],
			groups: [{ match: "all", conditions: [B, TWO] }],
		},
		["or", a, b],
	],
	[
		"all over all",
		{
			match: "all",
			conditions: [A],
			groups: [{ match: "all", conditions: [B] }],
		},
		["and", a, b],
	],
];

describe("conditions joined", () => {
	test.each(JOINED)("%s", async (_, input, wires) => {
		const compiled = await pushedOf(input);
		expect(compiled.exact).toBe(false);
		expect(compiled.expr).toEqual(
			wires && filterOf(wires[0], wires.slice(1) as Wire[]),
		);
	});
});

/** What no document tells about filters, as a vendor may have it. */
const switches: fc.Arbitrary<Partial<DingtalkSwitches>> = fc.record({
	combination: fc.constantFrom("and", "or"),
	textCase: fc.constantFrom("sensitive", "insensitive"),
	numberEqual: fc.constantFrom("value", "text"),
	severalValues: fc.constantFrom("any", "first"),
	unfitOperator: fc.constantFrom("none", "all", "reject"),
	userFilterKey: fc.constantFrom("uid", "unionId", "both"),
	weekStart: fc.constantFrom("monday", "sunday"),
	filterZone: fc.constantFrom(-12, -4, 0, 8, 14),
	rollingWithToday: fc.boolean(),
	negativeMatchesEmpty: fc.boolean(),
	numbersAs: fc.constantFrom("string", "number"),
	emptyCells: fc.constantFrom("omit", "null"),
	rowOrder: fc.constantFrom("oldest-first", "newest-first"),
});

test(`a filter selects the rows that the evaluator selects, whatever the vendor does (seed ${SEED})`, async () => {
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		switches: {
			monthlyCalls: Number.POSITIVE_INFINITY,
			callsPerSecond: Number.POSITIVE_INFINITY,
			callsPerAddress: Number.POSITIVE_INFINITY,
		},
	});
	for (const name of ["Ann", "ann", "Bo", "李雷", "a, b"])
		fake.addUser({ name, unionId: name });
	const base = fake.addBase({ name: "Random" });
	const { session, close } = dingtalkSession({
		fake,
		clock,
		folder: temporaryFolder(),
		bases: [base],
		config: { qps: 1000 },
		zone: "America/Santiago",
	});
	onTestFinished(close);
	const running = runningOf(session);
	const make = async (name: string, given: readonly object[]) => {
		const { structured } = await callTool(session, "create_table", {
			connection: "dingtalk",
			base,
			name,
			fields: [{ name: "Title", type: "text" }, ...given],
		});
		return locate(session, structured.table as string, running);
	};
	const targets = await make("Targets", []);
	const { structured } = await callTool(session, "create_records", {
		table: targets.reference,
		records: ["T0", "T1", "twice", "twice"].map((Title) => ({
			fields: { Title },
		})),
	});
	const holder = await make("Files", [{ name: "files", type: "attachment" }]);
	const files = [];
	for (const name of ["a.txt", "b, c.txt"]) {
		const sent = await holder.adapter.uploadFile?.(
			holder.table,
			holder.table.fields[1] as Field,
			fileOf(name, name),
			running.call,
			() => {},
		);
		files.push({
			token: sent?.token ?? "",
			name,
			size: name.length,
			type: "text/plain",
		});
	}
	const columns = randomColumns("America/Santiago", {
		records: structured.ids as string[],
		files,
		target: targets.reference,
	});
	const located = await make(
		"Random",
		columns.map(({ name, type, settings }) => ({
			name,
			type,
			...(settings === undefined ? {} : { settings }),
		})),
	);
	const { adapter, table: random } = located;
	const byName = new Map(random.fields.map((field) => [field.name, field.id]));
	const rows = fc.sample(randomRow(columns), { seed: SEED, numRuns: 60 });
	await adapter.createBatch?.(
		random,
		rows.map((row) =>
			encodeCells(
				adapter,
				random,
				Object.fromEntries(
					Object.entries(row).map(([name, cell]) => [
						byName.get(name) as string,
						cell,
					]),
				),
			),
		),
		running.call,
	);
	const seen = { pushed: 0, whole: 0, fewer: 0, some: 0 };
	await fc.assert(
		fc.asyncProperty(
			randomFilter(columns),
			switches,
			async (input, changed) => {
				fake.set(changed);
				const all = await allRows({ session }, located);
				const { filter } = await resolveFilter(input, random, {
					zone: random.zone,
					nowMs: clock.now(),
					lookups: lookupsOf(session, located, running),
					systemColumns: adapter.systemColumns,
				});
				const wanted = all
					.filter((row) => matches(filter, row, random))
					.map(({ id }) => id);
				const { expr } = pushDown(filter, dialect, { zone: random.zone });
				const { items } = await adapter.readPage(
					random,
					{
						fields: random.fields,
						system: [],
						pageSize: 100,
						...(expr === undefined ? {} : { filter: expr }),
					},
					undefined,
					running.call,
				);
				const sent = new Set(items.map(({ id }) => id));
				expect(wanted.filter((id) => !sent.has(id))).toEqual([]);
				seen[expr === undefined ? "whole" : "pushed"]++;
				if (items.length < all.length) seen.fewer++;
				if (wanted.length > 0 && wanted.length < all.length) seen.some++;
			},
		),
		{ seed: SEED, numRuns: 150, endOnFailure: true },
	);
	for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
}, 60_000);
