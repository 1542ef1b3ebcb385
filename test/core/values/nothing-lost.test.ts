import { describe, expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import { coerceCell } from "../../../src/core/values/coerce.js";
import { parseCell } from "../../../src/core/values/parse.js";
import { field } from "../fields.js";

/* A text is right as a value, or refused: never a value that says less, or something else. */

const number = field("n", "number");
const percent = field("p", "percent");
const day = field("Due", "date");
const moment = field("At", "date", { showsTime: true });
const links = field("links", "link");
const money = (currency: string) => field("Price", "currency", { currency });

function parsed(given: unknown, of: Field, notes: string[] = []) {
	const read = parseCell(given, of, {
		zone: "Europe/Berlin",
		allowNewOptions: false,
		linked: new Map(
			["a, b", "a", "c"].map((text) => [text, [{ id: text, text }]]),
		),
		people: new Map(),
		isId: () => false,
		newOption: () => {},
		note: (text) => notes.push(text),
	});
	return "cell" in read ? read.cell : read.problem;
}

describe("a number", () => {
	test.each(["1.500", "1.000", "12.340", "-2.500", "+1.500"])(
		"%s may be a thousand",
		(text) => {
			expect(parsed(text, number)).toMatch(
				/^is ambiguous: .*give it as a number$/,
			);
		},
	);

	test.each([
		["1.234", 1.234],
		["0.500", 0.5],
		["1.50", 1.5],
		["1500.000", 1500],
		[1.5, 1.5],
	])("%s is one", (given, value) => {
		expect(parsed(given, number)).toBe(value);
	});

	test("in percent as well", () => {
		expect(parsed("12.500%", percent)).toContain("is ambiguous");
	});

	test("a column that has proved its point needs no more", () => {
		const { value } = coerceCell("1.500", number, {
			reading: { decimal: "." },
		}) as { value: unknown };
		expect(parsed(value, number)).toBe(1.5);
	});

	test.each(["10⁶", "5²", "H₂", "½", "①", "1½"])(
		"%s has digits that mean something else",
		(text) => {
			expect(parsed(text, number)).toBe("takes a number");
			expect(parsed(text, field("c", "checkbox"))).toBe("takes true or false");
		},
	);

	test.each(["TOP 5", "ALL 5", "5 PEN", "TRY 9", "18+"])(
		"%s is not an amount",
		(text) => {
			expect(parsed(text, number)).toBe("takes a number");
		},
	);

	test.each(["1e-400", "123e-326", "0.1234567890123456789"])(
		"%s would lose digits",
		(text) => {
			expect(parsed(text, number)).toContain(
				`has more digits than a number keeps: "${text}"`,
			);
		},
	);
});

describe("an amount", () => {
	test.each([
		["€8.02", "USD"],
		["CHF 9.00", "USD"],
		["HK$5", "USD"],
		["$5", "EUR"],
		["$5", "€"],
		["5 元", "JPY"],
	])("%s is not in %s", (text, currency) => {
		const said = `is not in the currency of the field: "Price" is in ${currency}`;
		expect(parsed(text, money(currency))).toContain(said);
		expect(coerceCell(text, money(currency))).toMatchObject({
			problem: expect.stringContaining(said),
		});
	});

	test.each([
		["$8.02", "USD"],
		["$8.02", "CAD"],
		["US$8.02", "USD"],
		["$US 8.02", "USD"],
		["USD 8.02", "USD"],
		["USD 8.02", "$"],
		["US$8.02", "$"],
		["¥8.02", "CNY"],
		["￥8.02", "JPY"],
		["8.02 元", "CNY"],
		["8.02 RMB", "¥"],
		["8.02 kr", "SEK"],
		["8.02 zł", "PLN"],
		["8.02", "EUR"],
	])("%s is in %s", (text, currency) => {
		expect(parsed(text, money(currency))).toBe(8.02);
		expect(coerceCell(text, money(currency))).toEqual({ value: "8.02" });
	});

	test("where the currency of the field is not known, any is taken", () => {
		expect(parsed("€8.02", field("Price", "currency"))).toBe(8.02);
	});
});

describe("a moment", () => {
	test.each(["2026-11-20T14:00:00.1234", "2026-11-20T14:00:00.000000001Z"])(
		"%s is finer than what is kept",
		(text) => {
			expect(parsed(text, moment)).toContain("finer than a millisecond");
		},
	);

	test("each thousandth of a second is kept", () => {
		for (let ms = 0; ms < 1000; ms++) {
			const text = new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
			expect(parsed(text.replace("Z", "000Z"), moment)).toBe(Date.parse(text));
		}
	});

	test("a day that an offset moves is noted", () => {
		const notes: string[] = [];
		parsed("2025-03-30T23:30:00-05:00", day, notes);
		parsed("2025-03-30T12:30:00-05:00", day, notes);
		const said = '"Due" shows days only: the time of day was left out';
		expect(notes).toEqual([
			`${said}; where it was given with an offset, the day is the one in Europe/Berlin, which is another than the one written`,
			said,
		]);
	});
});

test("a title with a comma is one before it is a list", () => {
	expect(parsed("a, b", links)).toEqual([{ id: "a, b", text: "a, b" }]);
	expect(parsed("a, c", links)).toHaveLength(2);
});
