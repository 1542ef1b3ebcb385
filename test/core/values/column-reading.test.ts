import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import { coerceCell } from "../../../src/core/values/coerce.js";
import { columnJudge } from "../../../src/core/values/column-reading.js";
import { parseCell } from "../../../src/core/values/parse.js";
import { zone } from "../../../src/core/values/zone.js";
import { field } from "../fields.js";

const SEED = 20_261_120;

const number = field("n", "number");
const percent = field("p", "percent");
const date = field("d", "date");

/** The cells of a column as the import reads them: a value, or what is wrong. */
function readColumn(cells: readonly unknown[], of: Field, known = {}) {
	const judge = columnJudge("C", of, known);
	for (const [index, cell] of cells.entries()) judge?.see(cell, index + 2);
	const verdict = judge?.verdict() ?? {
		reading: known,
		questions: [],
		notes: [],
	};
	return {
		...verdict,
		read: (cell: unknown) => {
			const coerced = coerceCell(cell, of, { reading: verdict.reading });
			if ("problem" in coerced) return coerced;
			return parseCell(coerced.value, of, {
				zone: "UTC",
				allowNewOptions: false,
				linked: new Map(),
				people: new Map(),
				isId: () => false,
				newOption: () => {},
				note: () => {},
			});
		},
	};
}

const cellOf = (read: ReturnType<ReturnType<typeof readColumn>["read"]>) =>
	"cell" in read ? read.cell : read.problem;

describe("a column of numbers", () => {
	test("one cell that can be one number only decides for all", () => {
		const { questions, read } = readColumn(["1,234", "0,5", "7"], number);
		expect(questions).toEqual([]);
		expect(cellOf(read("1,234"))).toBe(1.234);
		const other = readColumn(["1,234", "1.5", "7"], number);
		expect(cellOf(other.read("1,234"))).toBe(1234);
	});

	test("without one it asks, naming both readings", () => {
		const { questions } = readColumn(["7", "1,234", "5,678"], number);
		expect(questions).toEqual([
			'column "C", line 3, is ambiguous: "1,234" is 1234 where a point stands before the decimals, and 1.234 where a comma does; 2 cells are so, and none of the column proves either: pass `decimal` ("." or ",")',
		]);
		const known = readColumn(["1,234"], number, { decimal: "," });
		expect(known.questions).toEqual([]);
		expect(cellOf(known.read("1,234"))).toBe(1.234);
		expect(cellOf(known.read("1,234.5"))).toContain(
			'is not a number where "," stands before the decimals: "1,234.5"',
		);
	});

	test.each([
		[["1.5", "2.25"], ",", ".", 1.5],
		[["1.5", "1.234"], ",", ".", 1.5],
		[["0,5", "1,234"], ".", ",", 0.5],
		[["1,234", "2,345"], ".", undefined, 1234],
		[["1,234", "0,5"], ",", undefined, 1.234],
		[[...Array(100).fill("1,234"), "1,234.5"], ",", undefined, 1.234],
		[["1.5", "2,5"], ".", undefined, 1.5],
	])(
		"what is said of all columns decides what %j leaves open: %s",
		(cells, decimal, against, first) => {
			const { questions, notes, reading, read } = readColumn(cells, number, {
				decimal,
			});
			expect(questions).toEqual([]);
			expect(reading).toMatchObject({ decimal: against ?? decimal });
			expect(cellOf(read(cells[0]))).toBe(first);
			expect(notes).toEqual(
				against === undefined
					? []
					: [
							`column "C" is read with decimal: "${against}", as line 2 of it proves ("${cells[0]}"), and not with "${decimal}"`,
						],
			);
		},
	);

	test("so it is with the order of dates", () => {
		const said = { dates: "dmy" };
		const { notes, read } = readColumn(
			["11/20/2026", "03/04/2026"],
			date,
			said,
		);
		expect(cellOf(read("03/04/2026"))).toBe(Date.parse("2026-03-04"));
		expect(notes[0]).toContain('read with dates: "mdy", as line 2');
		const open = readColumn(["03/04/2026"], date, said);
		expect(cellOf(open.read("03/04/2026"))).toBe(Date.parse("2026-04-03"));
		expect(open.notes).toEqual([]);
	});

	test("cells against 95 of 100 are bad, with the cell that proves the others", () => {
		const cells = [...Array(19).fill("2.5"), "0,5", "1,234"];
		const { questions, read } = readColumn(cells, number);
		expect(questions).toEqual([]);
		expect(cellOf(read("1,234"))).toBe(1234);
		expect(cellOf(read("0,5"))).toContain(
			'is not a number where "." stands before the decimals: "0,5", as line 2 of this column proves ("2.5")',
		);
	});

	test("cells that contradict each other ask where another needs them to agree", () => {
		const cells = [...Array(18).fill("2.5"), "0,5", "1,234"];
		expect(readColumn(cells, number).questions[0]).toContain(
			'the others contradict each other (18 like "2.5" on line 2, 1 like "0,5" on line 20)',
		);
	});

	test.each([
		[["2.5", "0,5"], '1 like "2.5" on line 2, 1 like "0,5" on line 3'],
		[["1,234.5", "1.234,5"], '1 like "1,234.5" on line 2'],
		[["1.200.300", "0.5"], '1 like "0.5" on line 3'],
		[["€2.50", "7", "0,5 €"], '1 like "0,5 €" on line 4'],
	])(
		"cells that contradict each other ask, though each is one number: %j",
		(cells, words) => {
			const { questions } = readColumn(cells, number);
			expect(questions).toHaveLength(1);
			expect(questions[0]).toContain(words);
			expect(questions[0]).toContain('pass `decimal` ("." or ",")');
		},
	);

	test("beside codes with points a number in groups is a code as well", () => {
		const { questions, read } = readColumn(
			["192.168.100.200", "192.168.1.1", "10.0.0.1", "7"],
			number,
		);
		expect(questions).toEqual([]);
		expect(cellOf(read("192.168.100.200"))).toContain(
			'is not a number but a code, as "192.168.1.1" on line 3 of this column is',
		);
		expect(cellOf(read("7"))).toBe(7);
	});

	test("a single code is a bad cell among many numbers in groups", () => {
		const { read } = readColumn(
			[...Array(20).fill("1.200.300"), "20.11.2026"],
			number,
		);
		expect(cellOf(read("1.200.300"))).toBe(1_200_300);
		expect(cellOf(read("20.11.2026"))).toContain("is not a number");
	});
});

describe("a column of percent", () => {
	test.each([
		[["0.5", "37"], "37 may be 37 % or 3700 %"],
		[["0.5", "-1.5"], "-1.5 may be -1.5 % or -150 %"],
		[[0.5, 37.3], "37.3 may be 37.3 % or 3730 %"],
		[["0,5", "37,3"], "37,3 may be 37,3 % or 3730 %"],
	])("%j asks once", (cells, words) => {
		const { questions } = readColumn(cells, percent);
		expect(questions).toHaveLength(1);
		expect(questions[0]).toContain(words);
	});

	test.each([
		[["12%", "0.5", "7%"], 'line 3: 0.5 may be 0.5 % or 50 %, beside "12%"'],
		[["0,5", "7 %"], "line 2: 0,5 may be"],
		[[0.5, "7%"], "line 2: 0.5 may be"],
	])("with bare numbers beside percentages asks (%j)", (cells, question) => {
		const { questions } = readColumn(cells as string[], percent);
		expect(questions).toHaveLength(1);
		expect(questions[0]).toContain(question);
		expect(questions[0]).toContain('add as: "percent"');
		expect(
			readColumn(cells as string[], percent, { percent: "percent" }).questions,
		).toEqual([]);
	});

	test("with a bare 0 beside percentages asks nothing", () => {
		expect(readColumn(["12%", "0", "0.0"], percent).questions).toEqual([]);
		expect(readColumn(["0.5", "1"], percent).questions).toEqual([]);
	});

	test("is read in percent, or as fractions, where that is said", () => {
		const units = readColumn(["37", "0.5"], percent, { percent: "percent" });
		expect(units.questions).toEqual([]);
		expect(
			["37", "0.5", 37, "12%"].map((cell) => cellOf(units.read(cell))),
		).toEqual([0.37, 0.005, 0.37, 0.12]);
		const fractions = readColumn(["2", "0.5"], percent, {
			percent: "fraction",
		});
		expect(
			["2", "0.5", 2, "12%"].map((cell) => cellOf(fractions.read(cell))),
		).toEqual([2, 0.5, 2, 0.12]);
	});

	test("a number that the file shows in percent is a fraction, and asks nothing", () => {
		const judge = columnJudge("C", percent, {});
		judge?.see(2, 2, { percentShown: true });
		expect(judge?.verdict().questions).toEqual([]);
		expect(coerceCell(2, percent, { percentShown: true })).toEqual({
			value: "200%",
		});
		expect(coerceCell(0.125, percent, { percentShown: true })).toEqual({
			value: 0.125,
		});
		expect(coerceCell(2, number, { percentShown: true })).toEqual({ value: 2 });
	});
});

describe("a column of dates", () => {
	test("one cell decides for all", () => {
		const { questions, read } = readColumn(
			["03/04/2026", "13/04/2026", "2026-01-02"],
			date,
		);
		expect(questions).toEqual([]);
		expect(cellOf(read("03/04/2026"))).toBe(Date.UTC(2026, 3, 3));
		expect(cellOf(read("2026-01-02"))).toBe(Date.UTC(2026, 0, 2));
	});

	test("a day of the week decides as well", () => {
		const { questions, read } = readColumn(
			["03/04/2026", "Tue 03/03/2026", "Fri 06/03/2026"],
			date,
		);
		expect(questions).toEqual([]);
		expect(cellOf(read("03/04/2026"))).toBe(Date.UTC(2026, 3, 3));
	});

	test("two-digit years are read once the order is known", () => {
		expect(readColumn(["20/11/26"], date).questions).toHaveLength(1);
		const { read } = readColumn(["20/11/26", "31/12/99"], date);
		expect(cellOf(read("20/11/26"))).toBe(Date.UTC(2026, 10, 20));
		const known = readColumn(["20/11/26"], date, { dates: "ymd" });
		expect(cellOf(known.read("20/11/26"))).toBe(Date.UTC(2020, 10, 26));
	});

	test("contradicting cells ask, also where each is one day", () => {
		const { questions } = readColumn(["13/01/2026", "01/13/2026"], date);
		expect(questions).toHaveLength(1);
		expect(questions[0]).toContain(
			'its cells contradict each other (1 like "13/01/2026" on line 2, 1 like "01/13/2026" on line 3): pass `dates`',
		);
	});

	test("contradicting cells ask, and one against many is bad", () => {
		const split = readColumn(["13/01/2026", "01/13/2026", "03/04/2026"], date);
		expect(split.questions[0]).toContain("pass `dates` (dmy, mdy or ymd)");
		const many = readColumn(
			[...Array(19).fill("13/01/2026"), "01/13/2026"],
			date,
		);
		expect(many.questions).toEqual([]);
		expect(cellOf(many.read("01/13/2026"))).toContain(
			'is not a day where the day stands first: "01/13/2026", as line 2 of this column proves ("13/01/2026")',
		);
	});
});

/** Ways of writing numbers that these locales differ in: both signs, all kinds of groups, digits in pairs. */
const NUMBER_LOCALES =
	"en-US de-DE fr-FR es-ES pt-BR pt-PT it-IT nl-NL sv-SE pl-PL ru-RU cs-CZ de-CH de-AT en-IN hi-IN-u-nu-latn ja-JP zh-CN ko-KR he-IL en-ZA fi-FI nb-NO tr-TR".split(
		" ",
	);
const amount = fc
	.tuple(
		fc.integer({ min: -99_999_999_999, max: 99_999_999_999 }),
		fc.integer({ min: 0, max: 4 }),
	)
	.map(([digits, places]) => Number(`${digits}e-${places}`));

test("a number that any of these locales writes is read back, once the column is decided", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...NUMBER_LOCALES),
			fc.array(amount, { minLength: 1, maxLength: 30 }),
			fc.constantFrom(undefined, "USD", "EUR", "CNY", "JPY", "INR"),
			fc.constantFrom("standard" as const, "accounting" as const),
			(locale, values, currency, currencySign) => {
				const format = new Intl.NumberFormat(locale, {
					maximumFractionDigits: 4,
					...(currency === undefined
						? {}
						: { style: "currency", currency, currencySign }),
				});
				const sign = format
					.formatToParts(1.5)
					.find(({ type }) => type === "decimal")?.value;
				const { read } = readColumn(values.map(format.format), number, {
					decimal: sign,
				});
				for (const value of values)
					expect([value, cellOf(read(format.format(value)))]).toEqual([
						value,
						value === 0 ? 0 : value,
					]);
			},
		),
		{ seed: SEED, numRuns: 400 },
	);
});

test("undecided, it is read back, asked about or refused, and never another number", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...NUMBER_LOCALES),
			fc.array(amount, { minLength: 1, maxLength: 12 }),
			(locale, values) => {
				const format = new Intl.NumberFormat(locale, {
					maximumFractionDigits: 4,
				});
				const { questions, read } = readColumn(
					values.map(format.format),
					number,
				);
				if (questions.length > 0) return;
				for (const value of values) {
					const found = read(format.format(value));
					if ("cell" in found) expect(found.cell).toBe(value === 0 ? 0 : value);
				}
			},
		),
		{ seed: SEED, numRuns: 400 },
	);
});

const DATE_LOCALES =
	"en-US en-GB de-DE fr-FR es-ES it-IT pt-BR nl-NL zh-CN zh-TW ja-JP ko-KR en-IN sv-SE pl-PL".split(
		" ",
	);
const STYLES = ["short", "medium", "long", "full"] as const;
const day = fc.date({
	min: new Date("1930-01-01"),
	max: new Date("2029-12-31T23:59:00"),
	noInvalidDate: true,
});

test("a date that any of these locales writes is read back, asked about or refused, and never another day", () => {
	let readBack = 0;
	fc.assert(
		fc.property(
			fc.constantFrom(...DATE_LOCALES),
			fc.constantFrom(...STYLES),
			fc.constantFrom(undefined, "short" as const, "medium" as const),
			fc.array(day, { minLength: 1, maxLength: 12 }),
			(locale, dateStyle, timeStyle, days) => {
				const format = new Intl.DateTimeFormat(locale, {
					dateStyle,
					...(timeStyle === undefined ? {} : { timeStyle }),
					timeZone: "UTC",
				});
				const shown = field("d", "date", { showsTime: true });
				const { questions, read } = readColumn(
					days.map((one) => format.format(one)),
					shown,
				);
				if (questions.length > 0) return;
				const unit =
					timeStyle === undefined
						? 86_400_000
						: timeStyle === "short"
							? 60_000
							: 1000;
				for (const one of days) {
					const found = read(format.format(one));
					if (!("cell" in found)) continue;
					readBack++;
					expect([format.format(one), found.cell]).toEqual([
						format.format(one),
						Math.floor(one.getTime() / unit) * unit,
					]);
				}
			},
		),
		{ seed: SEED, numRuns: 600 },
	);
	// Of a reader that refuses everything the property would hold too.
	expect(readBack).toBeGreaterThan(1500);
});

test("what this server writes of a moment it reads, in every zone and from year 1 on", () => {
	const zones = Intl.supportedValuesOf("timeZone");
	const first = new Date(0);
	first.setUTCFullYear(1, 0, 3);
	fc.assert(
		fc.property(
			fc.constantFrom(...zones, "UTC"),
			fc.integer({
				min: first.getTime(),
				max: Date.UTC(9999, 11, 30),
			}),
			(name, ms) => {
				const where = zone(name);
				const { read } = readColumn(
					[where.moment(ms)],
					field("d", "date", { showsTime: true }),
				);
				expect([where.moment(ms), cellOf(read(where.moment(ms)))]).toEqual([
					where.moment(ms),
					ms,
				]);
				const parsed = where.parse(where.day(ms));
				expect("ms" in parsed && where.day(parsed.ms)).toBe(where.day(ms));
			},
		),
		{ seed: SEED, numRuns: 1500 },
	);
});
