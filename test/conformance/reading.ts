import { expect } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import type { Field, SystemColumn } from "../../src/core/contract/field.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
} from "../../src/core/contract/table.js";
import { resolveFilter } from "../../src/core/filter/filter.js";
import { matches } from "../../src/core/filter/matches.js";
import { lookupsOf } from "../../src/core/read/lookups.js";
import {
	isEmpty,
	isList,
	type Kind,
	kindOf,
} from "../../src/core/values/values.js";
import { failureOf, runningOf } from "./session.js";
import {
	allRows,
	fieldIn,
	idsFrom,
	plainValue,
	query,
	TITLE,
	type World,
} from "./world.js";

/** One case of the suite: named, run against a world that it leaves as it found it. */
export type Case = (world: World) => Promise<void>;

/** Filters and the rows of the evaluator alone, over all rows of the table. */
export async function expectSameRows(
	world: World,
	filters: readonly FilterInput[],
): Promise<readonly number[]> {
	const located = await world.located();
	const rows = await allRows(world, located);
	expect(rows.length).toBe(world.rows.length);
	const running = runningOf(world.session);
	const wrong: unknown[] = [];
	const counts: number[] = [];
	for (const filter of filters) {
		const resolved = await resolveFilter(filter, located.table, {
			zone: located.table.zone,
			nowMs: world.session.clock.now(),
			lookups: lookupsOf(world.session, located, running),
			systemColumns: located.adapter.systemColumns,
		});
		const expected = rows
			.filter((row) => matches(resolved.filter, row, located.table))
			.map(({ id }) => id)
			.sort();
		const found = (await idsFrom(world, { table: world.table, filter })).sort();
		counts.push(expected.length);
		if (JSON.stringify(found) !== JSON.stringify(expected))
			wrong.push({ filter, found: found.length, expected: expected.length });
	}
	expect(wrong).toEqual([]);
	return counts;
}

const one = (condition: ConditionInput): FilterInput => ({
	match: "all",
	conditions: [condition],
});

const WORDS = [
	"today",
	"yesterday",
	"tomorrow",
	"this_week",
	"last_week",
	"next_week",
	"this_month",
	"last_month",
	"next_month",
	"this_quarter",
	"last_quarter",
	"this_year",
	"last_year",
	"last_7_days",
	"last_30_days",
	"next_7_days",
	"next_30_days",
] as const;

type Operand = string | number | boolean;
type Ask = Omit<ConditionInput, "field">;

const EMPTINESS: readonly Ask[] = [{ op: "is_empty" }, { op: "is_not_empty" }];

/** A piece of the text; the whole where the piece would be empty. */
function part(text: string, start: number, end: number): string {
	return text.slice(start, end) || text;
}

function textAsks(values: readonly string[]): Ask[] {
	const [first = "", second = first] = values;
	return [
		...values.flatMap((value): Ask[] => [
			{ op: "is", value },
			{ op: "is_not", value },
		]),
		{ op: "contains", value: part(first, 1, 3) },
		{ op: "contains", value: second },
		{ op: "not_contains", value: part(first, 0, 2) },
		{ op: "starts_with", value: part(first, 0, 2) },
		{ op: "starts_with", value: part(second, 1, 3) },
		{ op: "search", value: first.toUpperCase() },
		{ op: "any_of", values: [first, second] },
		{ op: "none_of", values: [first] },
		...EMPTINESS,
	];
}

/** Which operators a kind of value takes, and operands that are worth asking for. Written from the documents, not from the code. */
const ASKS: Readonly<Record<Kind, (values: readonly Operand[]) => Ask[]>> = {
	text: (values) => [
		...textAsks(values.map(String)),
		{ op: "is", value: String(values[0]).toUpperCase() },
		{ op: "contains", value: String(values[0]).toUpperCase() },
		{ op: "contains", value: "%" },
		{ op: "contains", value: "_" },
		{ op: "search", value: "nowhere to be found" },
	],
	url: (values) => textAsks(values.map(String)),
	none: (values) => textAsks(values.map(String)),
	option: (values) => textAsks(values.map(String)),
	number: ([first = 0, second = first, third = second]) => [
		{ op: "is", value: first },
		{ op: "is", value: String(second) },
		{ op: "is_not", value: first },
		{ op: "any_of", values: [first as number, second as number] },
		{ op: "none_of", values: [first as number, third as number] },
		...(["gt", "gte", "lt", "lte"] as const).flatMap((op): Ask[] => [
			{ op, value: first },
			{ op, value: second },
		]),
		{ op: "between", values: [first as number, second as number] },
		{ op: "between", values: [third as number, first as number] },
		{ op: "search", value: String(second) },
		...EMPTINESS,
	],
	checkbox: () => [
		{ op: "is", value: true },
		{ op: "is", value: false },
		{ op: "is_not", value: true },
		{ op: "is_not", value: "false" },
		...EMPTINESS,
	],
	options: listAsks,
	people: memberAsks,
	links: memberAsks,
	files: listAsks,
	date: (values) => [
		...values.slice(0, 3).flatMap((value): Ask[] => [
			{ op: "is", value },
			{ op: "is_not", value },
			{ op: "is", value: String(value).slice(0, 10) },
			...(["gt", "gte", "lt", "lte"] as const).flatMap((op): Ask[] => [
				{ op, value },
				{ op, value: String(value).slice(0, 10) },
			]),
		]),
		{
			op: "between",
			values: [values[1] ?? values[0], values[0]].map((value) =>
				String(value).slice(0, 10),
			),
		},
		...WORDS.map((value): Ask => ({ op: "within", value })),
		{ op: "search", value: String(values[0]).slice(0, 7) },
		...EMPTINESS,
	],
	location: (values) => [
		{ op: "contains", value: String(values[0]).slice(0, 3) },
		{ op: "not_contains", value: String(values[0]).slice(0, 3) },
		{ op: "search", value: String(values[0]).toUpperCase() },
		...EMPTINESS,
	],
};

function listAsks(values: readonly Operand[]): Ask[] {
	const [first = "", second = first] = values.map(String);
	return [
		{ op: "is", value: first },
		{ op: "is_not", value: first },
		{ op: "is", value: `"${first}", "${second}"` },
		{ op: "contains", value: first },
		{ op: "contains", value: second },
		{ op: "not_contains", value: first },
		{ op: "any_of", values: [first, second] },
		{ op: "none_of", values: [second] },
		{ op: "has_all", values: [first, second] },
		{ op: "has_all", values: [first] },
		{ op: "search", value: first.toUpperCase() },
		...EMPTINESS,
	];
}

/** As lists, and by parts of the name or title. */
function memberAsks(values: readonly Operand[]): Ask[] {
	const title = String(values[0]).replace(/ \[[^\]]*\]$/, "");
	return [
		...listAsks(values),
		{ op: "contains", value: title.slice(1, 3) },
		{ op: "not_contains", value: title.slice(1, 3) },
		{ op: "contains", value: title.slice(-1) },
		{ op: "starts_with", value: title.slice(0, 2) },
	];
}

/** What a column's cells can be asked for: the items of lists, the links of addresses, the address of places. */
function operandsOf(shown: readonly unknown[], kind: Kind): Operand[] {
	const values = shown.flatMap((value): unknown[] =>
		Array.isArray(value) ? value : [value],
	);
	const texts = values.flatMap((value): Operand[] => {
		if (typeof value === "object" && value !== null) {
			const { link, address, name } = value as Record<string, unknown>;
			const text = kind === "url" ? link : kind === "location" ? address : name;
			return typeof text === "string" ? [text] : [];
		}
		if (value === null || value === undefined) return [];
		return [value as Operand];
	});
	return [...new Set(texts)];
}

/** Every operator that fits the column's type, with operands taken from its own cells. */
export async function filtersColumn(world: World, name: string): Promise<void> {
	const located = await world.located();
	const field = fieldIn(located, name);
	const kind = kindOf(field);
	const { rows } = await query(world, {
		table: world.table,
		fields: [name],
		limit: 100,
	});
	const shown = rows.map(([, value]) => value);
	const operands = operandsOf(shown, kind);
	const asks =
		kind === "people" || kind === "links"
			? memberAsks(operands)
			: isList(field)
				? listAsks(operands)
				: ASKS[kind](operands);
	const counts = await expectSameRows(
		world,
		asks.map((ask) => one({ field: name, ...ask })),
	);
	expect(Math.max(...counts)).toBeGreaterThan(0);
	if (kind !== "checkbox" && world.columns.get(name)?.given.length !== 0) {
		const filled = world.rows.filter(({ given }) => name in given).length;
		const notEmpty = asks.findIndex(({ op }) => op === "is_not_empty");
		expect(counts[notEmpty]).toBe(filled);
		expect(counts[notEmpty - 1]).toBe(world.rows.length - filled);
	}
	const misfits = (["starts_with", "within", "has_all", "gt"] as const).filter(
		(op: Operator) => !asks.some((ask) => ask.op === op),
	);
	for (const op of field.type === "auto_number" ? [] : misfits.slice(0, 1)) {
		const failure = await failureOf(
			query(world, {
				table: world.table,
				filter: one({ field: name, op, value: "today", values: ["1"] }),
			}),
		);
		expect(failure.message).toContain(`operator ${op} does not fit`);
	}
}

/** Order as far as every vendor keeps it: all rows, empties together at one end, values in order, the other way round when descending. */
async function sortsBy(
	world: World,
	name: string,
	keyOf: (cell: unknown) => string | number,
	exact: boolean,
): Promise<void> {
	const read = async (direction: "asc" | "desc") => {
		const { rows } = await query(world, {
			table: world.table,
			fields: [name],
			sort: [{ field: name, direction }],
			limit: 100,
		});
		expect(rows.map(([id]) => id).sort()).toEqual(
			world.rows.map(({ id }) => id).sort(),
		);
		const cells = rows.map(([, cell]) => plainValue(cell));
		const filled = cells.filter((cell) => cell !== null).map(keyOf);
		const gaps = cells.map((cell) => cell === null);
		const changes = gaps.filter(
			(gap, index) => index > 0 && gap !== gaps[index - 1],
		).length;
		expect(changes).toBeLessThanOrEqual(1);
		return filled;
	};
	const up = await read("asc");
	const down = await read("desc");
	if (exact) {
		const sorted = [...up].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
		expect(up).toEqual(sorted);
		expect(down).toEqual([...sorted].reverse());
		return;
	}
	expect([...down].reverse()).toEqual(up);
	const runs = up.filter((key, index) => index === 0 || key !== up[index - 1]);
	expect(new Set(runs).size).toBe(runs.length);
}

export const READING = {
	"every row is read once, whatever the size of a page": async (world) => {
		const ids = world.rows.map(({ id }) => id).sort();
		for (const limit of [1, 7, 10, 22, 23, 100]) {
			const found = await idsFrom(world, { table: world.table }, limit);
			expect(found.length).toBe(ids.length);
			expect([...found].sort()).toEqual(ids);
		}
		const whole = await query(world, { table: world.table, limit: 100 });
		expect(whole).toMatchObject({
			returned: ids.length,
			total: ids.length,
			truncated: false,
			next_cursor: null,
		});
	},

	"pages of a filtered and sorted query hold every row once": async (world) => {
		const args = {
			table: world.table,
			filter: one({ field: TITLE, op: "is_not", value: "Row 03" }),
			sort: [
				...(world.columns.has("single_select")
					? [{ field: "single_select" }]
					: []),
				{ field: TITLE, direction: "desc" },
			],
		};
		const whole = await idsFrom(world, args);
		expect(whole.length).toBe(world.rows.length - 1);
		for (const limit of [1, 5, 8])
			expect(await idsFrom(world, args, limit)).toEqual(whole);
	},

	"a cursor goes with its own query only": async (world) => {
		const { next_cursor: cursor } = await query(world, {
			table: world.table,
			limit: 5,
		});
		expect(cursor).toEqual(expect.any(String));
		const other = query(world, {
			table: world.table,
			limit: 5,
			cursor,
			filter: one({ field: TITLE, op: "is_not_empty" }),
		});
		expect((await failureOf(other)).message).toContain("another query");
		const damaged = query(world, {
			table: world.table,
			cursor: `x${cursor}`,
		});
		expect((await failureOf(damaged)).code).toBe("bad_argument");
	},

	"limit 0 counts": async (world) => {
		const all = await query(world, { table: world.table, limit: 0 });
		expect(all).toMatchObject({ rows: [], total: world.rows.length });
		const some = await query(world, {
			table: world.table,
			limit: 0,
			filter: one({ field: TITLE, op: "any_of", values: ["Row 01", "Row 20"] }),
		});
		expect(some.total).toBe(2);
	},

	"records are read by id in the order asked for": async (world) => {
		const [a, b, c] = [20, 0, 11].map((index) => world.rows[index]?.id);
		const located = await world.located();
		const gone = "rec00000000000000";
		const { rows, notes } = await query(world, {
			table: world.table,
			fields: [TITLE],
			record_ids: [a, b, gone, c, a],
		});
		expect(rows).toEqual([
			[a, "Row 20"],
			[b, "Row 00"],
			[c, "Row 11"],
		]);
		expect(notes.join()).toContain(gone);
		expect(
			await idsFrom(
				world,
				{ table: located.reference, record_ids: [c, b, a] },
				1,
			),
		).toEqual([c, b, a]);
		const filtered = await idsFrom(world, {
			table: world.table,
			record_ids: [a, b, c],
			filter: one({ field: TITLE, op: "is_not", value: "Row 00" }),
		});
		expect(filtered).toEqual([a, c]);
	},

	"cells come in compact, full and raw detail": async (world) => {
		const ids = world.rows.slice(0, 3).map(({ id }) => id);
		for (const detail of ["compact", "full", "raw"] as const) {
			const { columns, rows } = await query(world, {
				table: world.table,
				record_ids: ids,
				detail,
			});
			expect(columns[0]).toBe("id");
			expect(columns).toContain(TITLE);
			expect(rows.map(([id]) => id)).toEqual(ids);
			const title = columns.indexOf(TITLE);
			const text = JSON.stringify(rows.map((row) => row[title]));
			expect(text).toContain("Row 00");
		}
		if (world.columns.has("attachment")) {
			const filled = world.rows.find(({ given }) => "attachment" in given);
			const { rows } = await query(world, {
				table: world.table,
				fields: ["attachment"],
				record_ids: [filled?.id],
				detail: "full",
			});
			const cell = rows[0]?.[1] as readonly Record<string, unknown>[];
			expect(cell[0]).toEqual(
				expect.objectContaining({ name: expect.stringContaining(".txt") }),
			);
		}
	},

	"groups nest, and each picks the same rows as the evaluator": async (
		world,
	) => {
		const condition = (
			name: string,
			ask: Ask,
			otherwise: Ask = { op: "is_not_empty" },
		): ConditionInput =>
			world.columns.has(name)
				? { field: name, ...ask }
				: { field: TITLE, ...otherwise };
		const number = condition("number", { op: "gt", value: 1 });
		const option = condition("single_select", { op: "is", value: "Doing" });
		const list = condition("multi_select", {
			op: "not_contains",
			value: "green",
		});
		const date = condition("date", { op: "within", value: "this_month" });
		const title: ConditionInput = { field: TITLE, op: "contains", value: "1" };
		const unsure = condition(
			"text",
			{ op: "search", value: "ANN" },
			{ op: "search", value: "ROW" },
		);
		const counts = await expectSameRows(world, [
			{ match: "all", conditions: [number, title] },
			{ match: "any", conditions: [number, option] },
			{ match: "any", conditions: [number, unsure] },
			{
				match: "all",
				conditions: [title],
				groups: [{ match: "any", conditions: [number, option] }],
			},
			{
				match: "any",
				conditions: [option],
				groups: [
					{ match: "all", conditions: [number, title] },
					{ match: "all", conditions: [list, date] },
				],
			},
			{
				match: "all",
				conditions: [],
				groups: [
					{ match: "any", conditions: [unsure, date] },
					{ match: "any", conditions: [number, list] },
				],
			},
			{
				match: "any",
				conditions: [title, date],
				groups: [{ match: "any", conditions: [option, unsure] }],
			},
		]);
		expect(Math.max(...counts)).toBeGreaterThan(0);
	},

	"two columns are compared": async (world) => {
		const pairs = (
			[
				["number", "other_number"],
				["date", "moment"],
				["text", "single_select"],
				["created_time", "updated_time"],
			] as const
		).filter((pair) => pair.every((name) => world.columns.has(name)));
		expect(pairs.length).toBeGreaterThan(0);
		const filters = pairs.flatMap(([field, other_field]) =>
			(field === "text"
				? (["is", "is_not"] as const)
				: (["is", "is_not", "gt", "gte", "lt", "lte"] as const)
			).map((op) => one({ field, op, other_field })),
		);
		const counts = await expectSameRows(world, filters);
		expect(Math.max(...counts)).toBeGreaterThan(0);
		const failure = await failureOf(
			query(world, {
				table: world.table,
				filter: one({ field: TITLE, op: "contains", other_field: TITLE }),
			}),
		);
		expect(failure.message).toContain("cannot compare two columns");
	},

	"a search of every column finds text anywhere": async (world) => {
		const counts = await expectSameRows(world, [
			one({ field: "*", op: "search", value: "ROW 0" }),
			one({ field: "*", op: "search", value: "1" }),
			one({ field: "*", op: "search", value: "nowhere to be found" }),
		]);
		expect(counts[0]).toBe(10);
		expect(counts[2]).toBe(0);
	},

	"system columns are read, filtered and sorted by": async (world) => {
		const { adapter } = await world.located();
		const columns = adapter.systemColumns;
		if (columns.length === 0) {
			const failure = await failureOf(
				query(world, { table: world.table, fields: ["$created_at"] }),
			);
			expect(failure.message).toContain("this vendor has no $created_at");
			return;
		}
		const { rows } = await query(world, {
			table: world.table,
			fields: [...columns],
			limit: 100,
		});
		expect(rows.length).toBe(world.rows.length);
		const asks: Record<SystemColumn, (cell: unknown) => ConditionInput[]> = {
			$created_at: () => times("$created_at"),
			$updated_at: () => times("$updated_at"),
			$created_by: (cell) => people("$created_by", cell),
			$updated_by: (cell) => people("$updated_by", cell),
			$url: (cell) => [
				{ field: "$url", op: "contains", value: String(cell).slice(0, 12) },
				{ field: "$url", op: "is", value: String(cell) },
			],
		};
		for (const [index, column] of columns.entries()) {
			const cell = rows[0]?.[index + 1];
			expect(cell).not.toBeNull();
			const counts = await expectSameRows(
				world,
				asks[column](cell).map((condition) => one(condition)),
			);
			expect(counts[0]).toBeGreaterThan(0);
			if (column.endsWith("_at"))
				await sortsBy(
					world,
					column,
					(value) => Date.parse(String(value)),
					true,
				);
		}
		function times(field: string): ConditionInput[] {
			return [
				{ field, op: "within", value: "today" },
				{ field, op: "gte", value: "2020-01-01" },
				{ field, op: "lt", value: "2020-01-01T08:00" },
			];
		}
		function people(field: string, cell: unknown): ConditionInput[] {
			const [name] = cell as readonly string[];
			return [
				{ field, op: "contains", value: String(name) },
				{ field, op: "none_of", values: [String(name)] },
			];
		}
	},

	"groups and sums are those of all rows": async (world) => {
		const has = (name: string) => world.columns.has(name);
		const numbers = world.rows.map(({ given }) => given.number as number);
		const filled = numbers.filter((value) => value !== undefined);
		if (has("number")) {
			const { rows, columns } = await query(world, {
				table: world.table,
				aggregate: [
					{ function: "count" },
					...(["count", "sum", "avg", "min", "max", "distinct"] as const).map(
						(name) => ({ function: name, field: "number" }),
					),
				],
			});
			const sum = filled.reduce((total, value) => total + value, 0);
			expect(columns[2]).toBe("sum number");
			expect(rows).toEqual([
				[
					world.rows.length,
					filled.length,
					sum,
					sum / filled.length,
					Math.min(...filled),
					Math.max(...filled),
					new Set(filled).size,
				],
			]);
		}
		for (const [name, items] of [
			["single_select", (value: unknown) => [value ?? null]],
			[
				"multi_select",
				(value: unknown) => (value as unknown[] | undefined) ?? [null],
			],
			["date", (value: unknown) => [value ?? null]],
			["checkbox", (value: unknown) => [value === true]],
		] as const) {
			if (!has(name)) continue;
			const counts = new Map<unknown, number>();
			for (const { given } of world.rows)
				for (const item of items(given[name]))
					counts.set(item, (counts.get(item) ?? 0) + 1);
			const { rows } = await query(world, {
				table: world.table,
				group_by: [{ field: name }],
			});
			expect(new Map(rows.map(([key, count]) => [key, count]))).toEqual(counts);
			if (name === "date") {
				const days = rows.map(([key]) => (key ?? "") as string);
				expect(days).toEqual([...days].sort());
				continue;
			}
			const sizes = rows.map(([, count]) => count as number);
			expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
		}
		if (has("date")) {
			const { rows } = await query(world, {
				table: world.table,
				group_by: [{ field: "date", per: "year" }],
				filter: one({ field: "date", op: "is_not_empty" }),
			});
			const years = new Map<string, number>();
			for (const { given } of world.rows)
				if (given.date !== undefined) {
					const year = String(given.date).slice(0, 4);
					years.set(year, (years.get(year) ?? 0) + 1);
				}
			expect(new Map(rows as [string, number][])).toEqual(years);
		}
	},

	"names that do not exist are answered with the nearest": async (world) => {
		const asked = [
			{ fields: ["Titel"] },
			{ sort: [{ field: "Titel" }] },
			{ filter: one({ field: "Titel", op: "is_empty" }) },
			{ group_by: [{ field: "Titel" }] },
		];
		for (const args of asked) {
			const failure = await failureOf(
				query(world, { table: world.table, ...args }),
			);
			expect(`${failure.message} ${failure.next}`).toContain(`"${TITLE}"`);
		}
		const { rows, notes } = await query(world, {
			table: world.table,
			fields: [" title "],
			limit: 1,
		});
		expect(rows.length).toBe(1);
		expect(notes.join()).toContain(`understood as "${TITLE}"`);
		const table = await failureOf(query(world, { table: "no such table" }));
		expect(table).toBeInstanceOf(TablesError);
		expect(["not_found", "bad_argument"]).toContain(table.code);
	},
} as const satisfies Record<string, Case>;

/** Sorts by the column both ways; by several kinds of keys the order itself is known. */
export async function sortsColumn(world: World, name: string): Promise<void> {
	const field: Field = fieldIn(await world.located(), name);
	const kind = kindOf(field);
	const byValue = kind === "number" || kind === "date";
	const scalar =
		byValue ||
		kind === "checkbox" ||
		((kind === "text" || kind === "option") && !world.options.collates);
	await sortsBy(
		world,
		name,
		(cell) =>
			kind === "number"
				? parseShown(cell)
				: kind === "date"
					? Date.parse(String(cell))
					: typeof cell === "number"
						? cell
						: isEmpty(cell as never)
							? ""
							: typeof cell === "string"
								? cell
								: JSON.stringify(cell),
		scalar && kind !== "option",
	);
}

function parseShown(cell: unknown): number {
	const text = String(cell);
	return text.endsWith("%") ? Number(text.slice(0, -1)) / 100 : Number(text);
}
