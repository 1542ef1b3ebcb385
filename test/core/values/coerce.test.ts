import { describe, expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import {
	coerceCell,
	guardText,
	guessType,
	unguardText,
} from "../../../src/core/values/coerce.js";
import { field } from "../fields.js";

const number = field("number", "number");
const percent = field("percent", "percent");
const checkbox = field("done", "checkbox");
const date = field("date", "date");
const text = field("text", "text");
const tags = field("tags", "multi_select");
const url = field("url", "url");

/** A cell of a file, the field, and the value that a tool would be given. */
const VALUES: readonly (readonly [unknown, Field, unknown])[] = [
	["", number, null],
	["  ", number, null],
	["12", number, "12"],
	["1,234,567", number, "1234567"],
	["1,234,567.5", number, "1234567.5"],
	["1.234,50", number, "1234.50"],
	["1 234,5", number, "1234.5"],
	["1 234", number, "1234"],
	["1’234.5", number, "1234.5"],
	["１２３．５", number, "123.5"],
	["１，２３４．５", number, "1234.5"],
	["¥1,200.00", number, "1200.00"],
	["0,125", number, "0.125"],
	["-0,500", number, "-0.500"],
	["1.234.567", number, "1234567"],
	["1,5", number, "1.5"],
	["1,23,456.78", number, "123456.78"],
	["1,23,456", number, "123456"],
	["€ 1.234,50", number, "1234.50"],
	["12 元", number, "12"],
	["(1,234.50)", number, "-1234.50"],
	["($5)", number, "-5"],
	["$(5)", number, "-5"],
	["12-", number, "-12"],
	["1\u00a0234,5", number, "1234.5"],
	["1\u202f234,5", number, "1234.5"],
	["1\u2009234", number, "1234"],
	["1'234.50", number, "1234.50"],
	["1,5E+03", number, "1.5E+03"],
	["$ 9.99", number, "9.99"],
	["12 €", number, "12"],
	["EUR 12", number, "12"],
	["100 USD", number, "100"],
	["- 5", number, "-5"],
	["-$5", number, "-5"],
	["−5", number, "-5"],
	["1e3", number, "1e3"],
	["9007199254740993", number, "9007199254740993"],
	["12 %", percent, "12%"],
	["１２％", percent, "12%"],
	["0.12", percent, "0.12"],
	["12,5 %", percent, "12.5%"],
	[12.5, number, 12.5],
	...[
		"yes",
		"checked",
		"✔️",
		"☑️",
		"✔",
		"✓",
		"√",
		"✅",
		"有",
		"已勾选",
		"ＴＲＵＥ",
	].map((word) => [word, checkbox, true] as const),
	...["unchecked", "✗", "✘", "☐", "无", "不是", "FALSE", "×"].map(
		(word) => [word, checkbox, false] as const,
	),
	...[
		"Oui",
		"sí",
		"Si",
		"sì",
		"ДА",
		"sim",
		"tak",
		"Evet",
		"có",
		"ya",
		"VRAI",
	].map((word) => [word, checkbox, true] as const),
	...[
		"non",
		"NÃO",
		"нет",
		"nee",
		"nie",
		"hayır",
		"HAYIR",
		"không",
		"tidak",
	].map((word) => [word, checkbox, false] as const),
	["TRUE", checkbox, true],
	["是", checkbox, true],
	["√", checkbox, true],
	["x", checkbox, true],
	["1", checkbox, true],
	["No", checkbox, false],
	["否", checkbox, false],
	["☐", checkbox, false],
	[1, checkbox, true],
	[0, checkbox, false],
	["2026-11-20", date, "2026-11-20"],
	["2026/1/2", date, "2026/1/2"],
	["2026年1月2日", date, "2026-01-02"],
	["20261120", date, "2026-11-20"],
	["20 Nov 2026", date, "2026-11-20"],
	["20-Nov-2026", date, "2026-11-20"],
	["November 20, 2026", date, "2026-11-20"],
	["Nov 2nd 2026", date, "2026-11-02"],
	["２０２６-１１-２０", date, "2026-11-20"],
	["2026-11-20 14:00", date, "2026-11-20 14:00"],
	["2026-11-20T14:00:00Z", date, "2026-11-20T14:00:00Z"],
	["2026-11-20 14:00 +08:00", date, "2026-11-20 14:00 +08:00"],
	["1900-06-01T12:00:00+08:05:43", date, "1900-06-01T12:00:00+08:05:43"],
	["20.11.2026", date, "2026-11-20"],
	["13/01/2026", date, "2026-01-13"],
	["11/20/2026", date, "2026-11-20"],
	["05/05/2026", date, "2026-05-05"],
	["31/12/99", date, "1999-12-31"],
	["11/20/29", date, "2029-11-20"],
	["11/20/30", date, "1930-11-20"],
	["2026-11-20 2:30 PM", date, "2026-11-20T14:30"],
	["2026-11-20 12:30 a.m.", date, "2026-11-20T00:30"],
	["2026/11/20 下午2:30", date, "2026-11-20T14:30"],
	["2026年11月20日 上午9点05分", date, "2026-11-20T09:05:00"],
	["2026年11月20日晚上8:15", date, "2026-11-20T20:15"],
	["2026年11月20日午後0:30", date, "2026-11-20T12:30"],
	["20-Nov-26", date, "2026-11-20"],
	["20 Nov 2026", date, "2026-11-20"],
	["Nov 20, 2026", date, "2026-11-20"],
	["2026年11月20日(金)", date, "2026-11-20"],
	["2026年11月20日星期五", date, "2026-11-20"],
	["周五 2026-11-20", date, "2026-11-20"],
	["Fri 20/11/2026", date, "2026-11-20"],
	["Fri 04/12/2026", date, "2026-12-04"],
	["20. März 2026", date, "2026-03-20"],
	["vendredi 20 février 2026", date, "2026-02-20"],
	["20 de agosto de 2026", date, "2026-08-20"],
	["1er août 2026", date, "2026-08-01"],
	["2026. 11. 20.", date, "2026-11-20"],
	[" a ", text, " a "],
	["'=1+1", text, "=1+1"],
	["''=x", text, "'=x"],
	["'tis", text, "'tis"],
	[12, text, "12"],
	[true, text, "true"],
	["a, b", tags, "a, b"],
	['["a, b","c"]', tags, ["a, b", "c"]],
	["[not json", tags, "[not json"],
	['{"text":"A","link":"https://a"}', url, { text: "A", link: "https://a" }],
	["https://a", url, "https://a"],
];

test.each(
	VALUES.map(
		([cell, one, value]) =>
			[JSON.stringify(cell), one.type, cell, one, value] as const,
	),
)("%s for %s", (_, __, cell, one, value) => {
	expect(coerceCell(cell, one)).toEqual({ value });
});

/** What is not unambiguous is refused with the reason. */
const REFUSED: readonly (readonly [unknown, Field, RegExp])[] = [
	[
		"1,234",
		number,
		/"1,234" is 1234 where a point stands .*, and 1\.234 where a comma does/,
	],
	[
		"1.234",
		number,
		/"1\.234" is 1\.234 where a point stands .*, and 1234 where a comma does/,
	],
	["¥1,200", number, /is ambiguous/],
	["1,2,3", number, /is not a number/],
	["(-5)", number, /is not a number/],
	["12 kg", number, /is not a number/],
	["12 PCS", number, /is not a number/],
	["$5 EUR", number, /is not a number/],
	["twelve", number, /is not a number: "twelve"/],
	["12 %", number, /is a percentage, and "number" is number/],
	["perhaps", checkbox, /neither yes nor no/],
	[
		"03/04/2026",
		date,
		/2026-04-03 where the day stands first, and 2026-03-04 where the month/,
	],
	[
		"20.11.26",
		date,
		/2026-11-20 where the day stands first, and 2020-11-26 where the year/,
	],
	["Thu 20/11/2026", date, /is not a date/],
	["2026年11月20日(木)", date, /is not a date/],
	["31/02/2026", date, /is not a date/],
	["2:30 PM", date, /is not a date/],
	["20 Nov", date, /is not a date/],
	["2026年11月20日晚上12:00", date, /is not a date/],
	["2026-11-20 14:30 AM", date, /is not a date/],
	["☒", checkbox, /neither yes nor no/],
	["soon", date, /is not a date: "soon"/],
	[2 ** 60, text, /has rounded/],
];

test.each(
	REFUSED.map(
		([cell, one, words]) =>
			[JSON.stringify(cell), one.type, cell, one, words] as const,
	),
)("%s is refused for %s", (_, __, cell, one, words) => {
	const found = coerceCell(cell, one);
	expect("problem" in found && found.problem).toMatch(words);
});

describe("the guard of formulas", () => {
	test.each(["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=x", "''=x"])(
		"%j is guarded and comes back",
		(given) => {
			expect(guardText(given)).toBe(`'${given}`);
			expect(unguardText(guardText(given))).toBe(given);
		},
	);
	test.each(["a", "'tis", "'", "", " =1", "1-1"])(
		"%j is left alone both ways",
		(given) => {
			expect(guardText(given)).toBe(given);
			expect(unguardText(given)).toBe(given);
		},
	);
});

test.each([
	[["1", "2,000", ""], "number"],
	[["12%", "5 %"], "percent"],
	[["yes", "no"], "checkbox"],
	[["2026-11-20", "2026/1/2"], "date"],
	[["007", "012"], "text"],
	[["12345678901234567"], "text"],
	[["1", "a"], "text"],
	[["1,5"], "number"],
	[["1,234", "x"], "text"],
	[["03/04/2026"], "date"],
	[["12%", "5"], "text"],
	[[], "text"],
	[[null, ""], "text"],
	[[1, 2.5], "number"],
	[[true, false], "checkbox"],
	[["0", "1"], "number"],
] as const)("%j looks like %s", (samples, type) => {
	expect(guessType(samples)).toBe(type);
});
