import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cell, Field } from "../../../src/core/contract/field.js";
import { aggregateRows } from "../../../src/core/read/aggregate.js";
import type { GroupKey } from "../../../src/core/read/group-keys.js";
import type { Aggregate } from "../../../src/core/read/tally.js";
import { failureOf } from "../../conformance/session.js";
import { field, tableOf } from "../fields.js";

const day = (text: string) => Date.parse(`${text}T00:00:00+08:00`);
const team = field("team", "single_select");
const tags = field("tags", "multi_select");
const amount = field("amount", "currency");
const due = field("due", "date");
const owner = field("owner", "user");
const done = field("done", "checkbox");
const number = field("number", "auto_number");
const sums = field(
	"sums",
	"lookup",
	{},
	{ value: { type: "number", list: true } },
);
const url = field("url", "url");
const fields = [team, tags, amount, due, owner, done, number, sums, url];
const table = tableOf(fields);

const ROWS: readonly Readonly<Record<string, Cell>>[] = [
	{
		team: "A",
		tags: ["red", "green"],
		amount: 0.1,
		due: day("2026-11-20"),
		owner: [{ id: "u1", name: "Cy" }],
		done: true,
		number: 1,
		sums: [1, 2],
	},
	{
		team: "A",
		tags: ["red"],
		amount: 0.2,
		due: day("2026-11-22"),
		owner: [{ id: "u2", name: "Ann" }],
		number: 2,
		sums: [3],
	},
	{
		team: "B",
		amount: 0.7,
		due: day("2026-11-23"),
		owner: [{ id: "u3", name: "Bo" }],
		number: 10,
	},
	{
		tags: ["red", "red"],
		due: day("2027-01-01"),
		done: false,
		number: 3,
		url: { text: "Z", link: "https://z.example" },
	},
	{ url: { text: "A", link: "https://a.example" } },
];

async function groups(
	keys: readonly GroupKey[],
	aggregates: readonly Aggregate[],
	sort?: readonly {
		readonly field: string;
		readonly direction?: "asc" | "desc";
	}[],
) {
	async function* pages() {
		yield ROWS.slice(0, 2).map(row);
		yield [];
		yield ROWS.slice(2).map(row);
	}
	const row = (cells: Readonly<Record<string, Cell>>, index: number) => ({
		id: `r${index}`,
		cells: Object.fromEntries(
			Object.entries(cells).map(([name, cell]) => [`f_${name}`, cell]),
		),
	});
	return aggregateRows(pages(), table, {
		keys,
		aggregates,
		...(sort === undefined ? {} : { sort }),
	});
}

const count: Aggregate = { function: "count" };
const of = (name: Aggregate["function"], column: Field): Aggregate => ({
	function: name,
	column,
});

test("groups come largest first, the empty one among them", async () => {
	const { columns, rows, scanned } = await groups([{ column: team }], [count]);
	expect(columns).toEqual(["team", "count"]);
	expect(rows).toEqual([
		[null, 2],
		["A", 2],
		["B", 1],
	]);
	expect(scanned).toBe(5);
});

test("a list counts once for each different entry", async () => {
	const { rows, notes } = await groups([{ column: tags }], [count]);
	expect(rows).toEqual([
		["red", 3],
		[null, 2],
		["green", 1],
	]);
	expect(notes).toEqual([expect.stringContaining("tags counts once for each")]);
});

test("checkboxes have two groups: unset is false", async () => {
	expect((await groups([{ column: done }], [count])).rows).toEqual([
		[false, 4],
		[true, 1],
	]);
});

test.each([
	[
		"day",
		[
			["2026-11-20", 1],
			["2026-11-22", 1],
			["2026-11-23", 1],
			["2027-01-01", 1],
			[null, 1],
		],
	],
	[
		"week",
		[
			["2026-W47", 2],
			[null, 1],
			["2026-W48", 1],
			["2026-W53", 1],
		],
	],
	[
		"month",
		[
			["2026-11", 3],
			[null, 1],
			["2027-01", 1],
		],
	],
	[
		"quarter",
		[
			["2026-Q4", 3],
			[null, 1],
			["2027-Q1", 1],
		],
	],
	[
		"year",
		[
			["2026", 3],
			[null, 1],
			["2027", 1],
		],
	],
] as const)("dates are grouped per %s", async (per, expected) => {
	const { columns, rows } = await groups([{ column: due, per }], [count]);
	expect(columns[0]).toBe(`due per ${per}`);
	expect(new Map(rows as [string, number][])).toEqual(
		new Map(expected as unknown as [string, number][]),
	);
});

test("sums of decimals look like what was added; empty cells do not count", async () => {
	const { columns, rows } = await groups(
		[],
		[
			count,
			of("count", amount),
			of("sum", amount),
			of("avg", amount),
			of("min", amount),
			of("max", amount),
			of("distinct", amount),
		],
	);
	expect(columns).toEqual([
		"count",
		"count amount",
		"sum amount",
		"avg amount",
		"min amount",
		"max amount",
		"distinct amount",
	]);
	expect(rows).toEqual([[5, 3, 1, 1 / 3, 0.1, 0.7, 3]]);
});

test("a sum is rounded once, from what the numbers show, and an average lies between the least and the greatest", async () => {
	const amounts = (name: Aggregate["function"]) => of(name, amount);
	const came = async (values: readonly number[]) => {
		async function* rows() {
			yield values.map((value, index) => ({
				id: String(index),
				cells: { f_amount: value },
			}));
		}
		const found = await aggregateRows(rows(), table, {
			keys: [],
			aggregates: [
				amounts("sum"),
				amounts("avg"),
				amounts("min"),
				amounts("max"),
			],
		});
		return found.rows[0] as [number, number, number, number];
	};
	expect(await came([0.1, 0.2])).toEqual([0.3, 0.15, 0.1, 0.2]);
	expect((await came([1234567890123456.5, 1]))[0]).toBe(1234567890123457.5);
	expect((await came([1e300, 1, -1e300, 5e-324]))[0]).toBe(1);
	expect((await came([2 ** 53 - 1, 2, -2]))[0]).toBe(2 ** 53 - 1);
	expect(await came([-0.3, -0.4])).toEqual([-0.7, -0.35, -0.4, -0.3]);
	const long = 0.12345678901234568;
	expect(await came([long, long, long])).toEqual([
		0.370370367037037,
		long,
		long,
		long,
	]);
	await fc.assert(
		fc.asyncProperty(
			fc.array(
				fc.oneof(
					fc.double({
						...{ noNaN: true, noDefaultInfinity: true },
						...{ min: -1e300, max: 1e300 },
					}),
					fc.maxSafeInteger(),
					fc.integer({ min: -9999, max: 9999 }).map((cents) => cents / 100),
				),
				{ minLength: 1, maxLength: 8 },
			),
			async (values) => {
				const [sum, avg, min, max] = await came(values);
				expect(avg).toBeGreaterThanOrEqual(min);
				expect(avg).toBeLessThanOrEqual(max);
				expect(Math.min(...values)).toBe(min);
				const reversed = await came([...values].reverse());
				expect(reversed[0]).toBe(sum);
				expect((await came([...values, ...values.map((v) => -v)]))[0]).toBe(0);
				if (values.length === 1) expect(sum).toBe(values[0]);
			},
		),
		{ numRuns: 300, seed: 20_261_128 },
	);
});

test("a checkbox is never empty: a box that was never set counts as one that is not ticked", async () => {
	async function* boxes() {
		yield [true, false, undefined].map((box, index) => ({
			id: String(index),
			cells: box === undefined ? {} : { f_done: box },
		}));
	}
	const { rows } = await aggregateRows(boxes(), table, {
		keys: [],
		aggregates: [of("count", done), of("distinct", done)],
	});
	expect(rows).toEqual([[3, 2]]);
});

test("whole numbers are summed exactly", async () => {
	async function* large() {
		yield Array.from({ length: 1001 }, (_, index) => ({
			id: String(index),
			cells: { f_amount: index === 0 ? 2 ** 52 : 1 },
		}));
	}
	const { rows } = await aggregateRows(large(), table, {
		keys: [],
		aggregates: [of("sum", amount)],
	});
	expect(rows).toEqual([[2 ** 52 + 1000]]);
});

test("lists are aggregated by entry, dates and people as shown", async () => {
	const { rows } = await groups(
		[],
		[
			of("sum", sums),
			of("count", sums),
			of("min", due),
			of("max", due),
			of("distinct", tags),
			of("min", owner),
			of("max", owner),
			of("min", url),
			of("max", number),
		],
	);
	expect(rows).toEqual([
		[
			6,
			3,
			"2026-11-20",
			"2027-01-01",
			2,
			"Ann",
			"Cy",
			{ text: "A", link: "https://a.example" },
			10,
		],
	]);
});

test("nothing to group gives one row without keys, none with keys", async () => {
	async function* nothing() {
		yield [];
	}
	const aggregates = [
		count,
		of("sum", amount),
		of("avg", amount),
		of("min", amount),
	];
	expect(
		(await aggregateRows(nothing(), table, { keys: [], aggregates })).rows,
	).toEqual([[0, 0, null, null]]);
	expect(
		(
			await aggregateRows(nothing(), table, {
				keys: [{ column: team }],
				aggregates,
			})
		).rows,
	).toEqual([]);
});

test("groups are sorted by key or aggregate, by several, both ways", async () => {
	const by = async (...sort: { field: string; direction?: "asc" | "desc" }[]) =>
		(
			await groups(
				[{ column: team }, { column: done }],
				[count, of("sum", amount)],
				sort,
			)
		).rows.map((row) => row.slice(0, 2));
	expect(await by({ field: "team" }, { field: "done" })).toEqual([
		[null, false],
		["A", false],
		["A", true],
		["B", false],
	]);
	expect(
		await by(
			{ field: "team", direction: "desc" },
			{ field: "done", direction: "desc" },
		),
	).toEqual([
		["B", false],
		["A", true],
		["A", false],
		[null, false],
	]);
	expect((await by({ field: "sum amount", direction: "desc" }))[0]).toEqual([
		"B",
		false,
	]);
	const failure = await failureOf(by({ field: "sum amuont" }));
	expect(failure.message).toContain('cannot be sorted by "sum amuont"');
	expect(failure.next).toContain("sum amount");
});

test.each([
	[
		[{ column: team, per: "month" as const }],
		[count],
		/`per` month goes with dates, and "team" is single_select/,
	],
	[
		[{ column: amount, per: "text" as const }],
		[count],
		/`per` text goes with texts, selects, people and links, and "amount" is currency/,
	],
	[
		[],
		[of("sum", team)],
		/aggregate sum needs numbers, and "team" is single_select/,
	],
	[[], [{ function: "max" as const }], /aggregate max needs a `field`/],
])(
	"what does not fit is refused (case %#)",
	async (keys, aggregates, words) => {
		const failure = await failureOf(groups(keys, aggregates));
		expect(failure.code).toBe("bad_argument");
		expect(failure.message).toMatch(words);
	},
);

test("record numbers are summed where they are numbers", async () => {
	expect((await groups([], [of("sum", number)])).rows).toEqual([[16]]);
});

test("an order may be written as a call of the function", async () => {
	const by = async (field: string) =>
		(
			await groups(
				[{ column: team }],
				[of("sum", amount), count],
				[{ field, direction: "desc" }],
			)
		).rows.map(([name]) => name);
	expect(await by("sum(amount)")).toEqual(await by("sum amount"));
	expect(await by("sum(amount)")).toEqual(["B", "A", null]);
	expect(await by("count()")).toEqual(await by("count"));
	expect(await by("count(*)")).toEqual(await by("count"));
});

test("dates come in their order, within the group before them, of which the largest is first", async () => {
	expect(
		(await groups([{ column: due, per: "month" }], [count])).rows.map(
			([month]) => month,
		),
	).toEqual([null, "2026-11", "2027-01"]);
	expect(
		(await groups([{ column: team }, { column: due, per: "week" }], [count]))
			.rows,
	).toEqual([
		[null, null, 1],
		[null, "2026-W53", 1],
		["A", "2026-W47", 2],
		["B", "2026-W48", 1],
	]);
});

describe("grouped by text", () => {
	const mail = field("mail", "text");
	const rows = async (texts: readonly (string | null)[]) => {
		async function* pages() {
			yield texts.map((text, index) => ({
				id: `r${index}`,
				cells: text === null ? {} : { f_mail: text },
			}));
		}
		const { rows, notes } = await aggregateRows(pages(), tableOf([mail]), {
			keys: [{ column: mail, per: "text" }],
			aggregates: [count],
		});
		return { rows, notes };
	};

	test("what differs only in outer spaces, width and case is one group under its most frequent spelling", async () => {
		const { rows: found, notes } = await rows([
			"A@x.example",
			" a@x.example",
			"a@x.example",
			"a@x.example",
			"ａ@x.example",
			"b",
			"  ",
			null,
		]);
		expect(found).toEqual([
			["a@x.example", 5],
			[null, 2],
			["b", 1],
		]);
		expect(notes.join()).toContain(
			"4 spellings in mail were joined into 1: they differ only in outer spaces, width, case or the form of letters (ß as ss, ﬁ as fi); the most frequent is shown",
		);
	});

	test("letters that only have another form are the same letter", async () => {
		const { rows: found, notes } = await rows([
			"Hauptstraße 1",
			"HAUPTSTRASSE 1",
			"Hauptstraße 1",
			"ΟΔΟΣ",
			"ΟΔΟΣ",
			"οδος",
			"οδοσ",
			"kıl",
			"kil",
		]);
		expect(found).toEqual([
			["ΟΔΟΣ", 4],
			["Hauptstraße 1", 3],
			["kil", 1],
			["kıl", 1],
		]);
		expect(notes.join()).toContain("5 spellings in mail were joined into 2");
	});

	test("people by name, whatever their ids; exact groups keep them apart", async () => {
		async function* pages() {
			yield ["Ann", "ann ", "Bo"].map((name, index) => ({
				id: `r${index}`,
				cells: { f_owner: [{ id: `u${index}`, name }] },
			}));
		}
		const by = async (key: GroupKey) =>
			(
				await aggregateRows(pages(), table, {
					keys: [key],
					aggregates: [count],
				})
			).rows;
		expect(await by({ column: owner, per: "text" })).toEqual([
			["Ann", 2],
			["Bo", 1],
		]);
		expect(await by({ column: owner })).toHaveLength(3);
	});
});
