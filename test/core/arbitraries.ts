import fc from "fast-check";
import type { Cell, FieldType } from "../../src/core/contract/field.js";
import type {
	ConditionInput,
	FilterInput,
} from "../../src/core/contract/table.js";
import { percentText } from "../../src/core/values/show-item.js";
import { zone } from "../../src/core/values/zone.js";

/*
 * Random cells of every type that the local store keeps. Values come from small pools as well, so that rows and
 * filters meet; the pools hold what has been trouble elsewhere.
 */

const TEXTS = [
	"a",
	"A",
	"ä",
	"Ä",
	"a\u0308",
	"İ",
	"ß",
	"ſ",
	"%",
	"_",
	"a%",
	"50%",
	"\\",
	"'",
	'"',
	" a ",
	"a,b",
	"\n",
	"\u{10FFFF}",
	"\uE000",
	"李雷",
	"null",
	"0",
	"-0",
	"1e3",
	"=1+1",
	"true",
	"[]",
	"2026-11-20",
] as const;

const NUMBERS = [
	0,
	1,
	-1,
	2,
	0.1,
	0.2,
	0.30000000000000004,
	-0.5,
	100,
	1e-7,
	5e-324,
	1e15,
	Number.MAX_SAFE_INTEGER,
	Number.MIN_SAFE_INTEGER,
] as const;

const OPTIONS = ["To do", "Doing", "Done", "50%", "a, b"] as const;
const PEOPLE = ["Ann", "ann", "Bo", "李雷", "a, b"] as const;

const text = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
	{
		weight: 1,
		arbitrary: fc
			.string({ unit: "grapheme", minLength: 1, maxLength: 8 })
			.filter((value) => !value.includes("\u0000")),
	},
);
const number = fc.oneof(
	{ weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
	{
		weight: 1,
		arbitrary: fc.double({
			min: -1e9,
			max: 1e9,
			noNaN: true,
		}),
	},
);

/** Moments close to where Santiago, a zone that skips midnights, changes its clocks, and around now. */
const MOMENTS = [
	Date.UTC(2026, 3, 5, 3, 0),
	Date.UTC(2026, 8, 6, 4, 0),
	Date.UTC(2026, 8, 5, 12, 0),
	Date.UTC(2026, 10, 20, 4, 0),
	Date.UTC(2026, 10, 19, 2, 59, 59, 999),
	Date.UTC(2024, 1, 29, 3, 0),
	0,
	-1,
] as const;

const moment = fc
	.tuple(
		fc.constantFrom(...MOMENTS),
		fc.constantFrom(
			0,
			0,
			1,
			-1,
			3_600_000,
			-3_600_000,
			86_400_000,
			-86_400_000,
		),
	)
	.map(([ms, shift]) => ms + shift);

const some = <T>(items: readonly T[], most = 3) =>
	fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength: most });

export interface RandomColumn {
	readonly name: string;
	readonly type: FieldType;
	readonly settings?: Readonly<Record<string, unknown>>;
	/** Never empty. */
	readonly cell: fc.Arbitrary<Cell>;
	/** Operands of filters, as an agent writes them. */
	readonly operand: fc.Arbitrary<string | number | boolean>;
}

/** Ids and tokens that exist, for the columns that need some. */
export interface Existing {
	readonly records: readonly string[];
	readonly files: readonly {
		readonly token: string;
		readonly name: string;
		readonly size: number;
		readonly type: string;
	}[];
	/** Reference of the table that links point to. */
	readonly target: string;
}

const OPTION_SETTINGS = { options: OPTIONS.map((name) => ({ name })) };

/** Two columns of most kinds, so that columns can be compared with each other. */
export function randomColumns(
	zoneName: string,
	{ records, files, target }: Existing,
): readonly RandomColumn[] {
	const where = zone(zoneName);
	const day = moment.map((ms) => where.startOfDay(ms));
	const dayText = moment.map((ms) => where.day(ms));
	const timeText = moment.map((ms) => where.moment(ms));
	const numeric = (name: string, type: FieldType): RandomColumn => ({
		name,
		type,
		cell: number,
		operand: fc.oneof(number, number.map(String)),
	});
	const textual = (name: string, type: FieldType): RandomColumn => ({
		name,
		type,
		cell: text,
		operand: text,
	});
	return [
		textual("text", "text"),
		textual("other text", "long_text"),
		numeric("number", "number"),
		numeric("other number", "currency"),
		{
			...numeric("percent", "percent"),
			operand: number.map((value) =>
				Math.abs(value) > 1 ? percentText(value) : value,
			),
		},
		{
			name: "checkbox",
			type: "checkbox",
			cell: fc.constant(true),
			operand: fc.boolean(),
		},
		{
			name: "other checkbox",
			type: "checkbox",
			cell: fc.constant(true),
			operand: fc.constantFrom("true", "false"),
		},
		{
			name: "option",
			type: "single_select",
			settings: OPTION_SETTINGS,
			cell: fc.constantFrom(...OPTIONS),
			operand: fc.constantFrom(...OPTIONS),
		},
		{
			name: "options",
			type: "multi_select",
			settings: OPTION_SETTINGS,
			cell: some(OPTIONS),
			operand: fc.constantFrom(...OPTIONS),
		},
		{ name: "date", type: "date", cell: day, operand: dayText },
		{
			name: "other date",
			type: "date",
			cell: day,
			operand: fc.oneof(dayText, timeText),
		},
		...["moment", "other moment"].map(
			(name): RandomColumn => ({
				name,
				type: "date",
				settings: { format: "yyyy-MM-dd HH:mm" },
				cell: moment,
				operand: fc.oneof(dayText, timeText),
			}),
		),
		{
			name: "people",
			type: "user",
			cell: some(PEOPLE).map((ids) => ids.map((id) => ({ id, name: id }))),
			operand: fc.constantFrom(...PEOPLE),
		},
		{
			name: "link",
			type: "link",
			settings: { link_table: target },
			cell: some(records).map((ids) => ids.map((id) => ({ id, text: null }))),
			operand: fc.oneof(
				fc.constantFrom(...records),
				fc.constantFrom("T0", "T1", "twice"),
			),
		},
		{
			name: "files",
			type: "attachment",
			cell: some(files).map((list) =>
				list.map((file) => ({ ...file, url: null })),
			),
			operand: fc.constantFrom(
				...files.flatMap(({ name, token }) => [name, token]),
			),
		},
		{
			name: "url",
			type: "url",
			cell: fc
				.tuple(
					text,
					fc.constantFrom("https://a.example/", "https://b.example/%"),
				)
				.map(([label, link]) => ({ text: label, link })),
			operand: fc.oneof(text, fc.constant("https://a.example/")),
		},
		{
			name: "location",
			type: "location",
			cell: fc
				.tuple(fc.integer({ min: -90, max: 90 }), text)
				.map(([degrees, address]) => ({
					lnglat: `${degrees},${degrees}`,
					address,
				})),
			operand: text,
		},
	];
}

const WORDS = [
	"today",
	"yesterday",
	"this_week",
	"last_week",
	"this_month",
	"last_quarter",
	"this_year",
	"last_3_days",
	"next_30_days",
] as const;

const one = (
	field: string,
	ops: readonly ConditionInput["op"][],
	value: fc.Arbitrary<string | number | boolean>,
): fc.Arbitrary<ConditionInput> =>
	fc
		.tuple(fc.constantFrom(...ops), value)
		.map(([op, given]) => ({ field, op, value: given }));

const many = (
	field: string,
	ops: readonly ConditionInput["op"][],
	value: fc.Arbitrary<string | number | boolean>,
	count: { readonly minLength: number; readonly maxLength: number } = {
		minLength: 1,
		maxLength: 3,
	},
): fc.Arbitrary<ConditionInput> =>
	fc
		.tuple(fc.constantFrom(...ops), fc.array(value, count))
		.map(([op, values]) => ({
			field,
			op,
			values: values as (string | number)[],
		}));

const TEXTUAL = [
	"is",
	"is_not",
	"contains",
	"not_contains",
	"starts_with",
	"search",
] as const;
const ORDERED = ["gt", "gte", "lt", "lte"] as const;

function conditionOn({
	name,
	type,
	operand,
}: RandomColumn): fc.Arbitrary<ConditionInput> {
	const empty = fc
		.constantFrom("is_empty", "is_not_empty")
		.map((op): ConditionInput => ({ field: name, op: op as "is_empty" }));
	const pair = { minLength: 2, maxLength: 2 };
	switch (type) {
		case "checkbox":
			return fc.oneof(one(name, ["is", "is_not"], operand), empty);
		case "number":
		case "percent":
		case "currency":
			return fc.oneof(
				one(name, ["is", "is_not", ...ORDERED, "search"], operand),
				many(name, ["any_of", "none_of"], operand),
				many(name, ["between"], operand, pair),
				empty,
			);
		case "date":
			return fc.oneof(
				one(name, ["is", "is_not", ...ORDERED, "search"], operand),
				one(name, ["within"], fc.constantFrom(...WORDS)),
				many(name, ["between"], operand, pair),
				empty,
			);
		case "multi_select":
		case "user":
		case "link":
		case "attachment":
			return fc.oneof(
				one(
					name,
					["is", "is_not", "contains", "not_contains", "search"],
					operand,
				),
				many(name, ["any_of", "none_of", "has_all"], operand),
				empty,
			);
		case "location":
			return fc.oneof(
				one(name, ["contains", "not_contains", "search"], operand),
				empty,
			);
		default:
			return fc.oneof(
				one(name, TEXTUAL, operand),
				many(name, ["any_of", "none_of"], operand),
				empty,
			);
	}
}

const COMPARED: readonly (readonly [string, string, boolean])[] = [
	["text", "other text", false],
	["text", "option", false],
	["number", "other number", true],
	["checkbox", "other checkbox", false],
	["date", "other date", true],
	["date", "moment", true],
	["moment", "other moment", true],
	["moment", "$created_at", true],
	["options", "options", false],
	["people", "people", false],
];

const compared: fc.Arbitrary<ConditionInput> = fc
	.constantFrom(...COMPARED)
	.chain(([field, other_field, ordered]) =>
		fc
			.constantFrom(...(["is", "is_not"] as const), ...(ordered ? ORDERED : []))
			.map((op) => ({ field, op, other_field })),
	);

const system: fc.Arbitrary<ConditionInput> = fc.oneof(
	one("$created_at", ["within"], fc.constantFrom(...WORDS)),
	one(
		"$updated_at",
		[...ORDERED],
		fc.constantFrom("2026-11-20", "2026-11-21T00:00"),
	),
	one(
		"$created_by",
		["contains", "not_contains"],
		fc.constantFrom("local", "Ann"),
	),
	one("*", ["search"], text),
);

/** Filters with one level of groups, empty groups and all. */
export function randomFilter(
	columns: readonly RandomColumn[],
): fc.Arbitrary<FilterInput> {
	const condition = fc.oneof(
		{ weight: 8, arbitrary: fc.oneof(...columns.map(conditionOn)) },
		{ weight: 1, arbitrary: compared },
		{ weight: 1, arbitrary: system },
	);
	const match = fc.constantFrom("all" as const, "any" as const);
	return fc.record({
		match,
		conditions: fc.array(condition, { maxLength: 3 }),
		groups: fc.array(
			fc.record({ match, conditions: fc.array(condition, { maxLength: 3 }) }),
			{ maxLength: 2 },
		),
	});
}

/** One row: each column filled or not. */
export function randomRow(
	columns: readonly RandomColumn[],
): fc.Arbitrary<Readonly<Record<string, Cell>>> {
	return fc
		.tuple(
			...columns.map(({ cell }) => fc.option(cell, { freq: 3, nil: null })),
		)
		.map((cells) =>
			Object.fromEntries(
				columns.map(({ name }, index) => [name, cells[index] ?? null]),
			),
		);
}
