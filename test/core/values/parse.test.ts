import { describe, expect, test } from "vitest";
import type { Cell, Field } from "../../../src/core/contract/field.js";
import { parseCell } from "../../../src/core/values/parse.js";
import type { ParseContext } from "../../../src/core/values/parsed.js";
import { CUT_MARK } from "../../../src/core/values/values.js";
import { field, options } from "../fields.js";

const person = (id: string, name: string | null = null) => ({ id, name });
const linked = (id: string, text: string | null = null) => ({ id, text });

function context(notes: string[] = [], made: string[] = []): ParseContext {
	return {
		zone: "Asia/Shanghai",
		allowNewOptions: false,
		linked: new Map([
			["Report", [linked("rec1", "Report")]],
			["Twice", [linked("rec2", "Twice"), linked("rec3", "Twice")]],
			["Ends [x]", [linked("rec4", "Ends [x]")]],
		]),
		people: new Map([
			["Ann", [person("u1", "Ann")]],
			["Bo", [person("u2", "Bo"), person("u3", "Bo")]],
			["ann@example.com", [person("u1", "Ann")]],
		]),
		me: "u9",
		isId: (text) => /^(u\d+|rec\d+)$/.test(text),
		newOption: (name) => made.push(name),
		note: (text) => notes.push(text),
	};
}

const file = (name: string, token: string | null) => ({
	name,
	token,
	size: null,
	type: null,
	url: null,
});

const SHANGHAI_MIDNIGHT = Date.UTC(2026, 10, 19, 16);

const text = field("text", "text");
const number = field("number", "number");
const percent = field("percent", "percent");
const rating = field("rating", "rating", { min: 0, max: 5 });
const checkbox = field("done", "checkbox");
const select = field(
	"status",
	"single_select",
	options("To do", "Doing", "a, b", "Ｗide"),
);
const selects = field("tags", "multi_select", options("red", "green", "a, b"));
const day = field("day", "date");
const moment = field("moment", "date", { showsTime: true });
const people = field("owner", "user");
const lone = field("lone", "user", { multiple: false });
const links = field("links", "link");
const files = field("files", "attachment");
const url = field("url", "url");
const place = field("place", "location");

/** Given, field, and the cell that it becomes. */
const ACCEPTED: readonly (readonly [unknown, Field, Cell])[] = [
	...[
		text,
		number,
		checkbox,
		select,
		selects,
		day,
		people,
		links,
		files,
		url,
		place,
	].flatMap((one) =>
		[null, "", []].map((given) => [given, one, null] as const),
	),
	[" kept as it is ", text, " kept as it is "],
	["0", text, "0"],
	[12, number, 12],
	["12.50", number, 12.5],
	[" -1e3 ", number, -1000],
	["1.234,5", number, 1234.5],
	["1.200.300,5", number, 1200300.5],
	["€1.200.300", number, 1200300],
	["1,200,300", number, 1200300],
	["1.234", number, 1.234],
	[".5", number, 0.5],
	[0, number, 0],
	[Number.MAX_SAFE_INTEGER, number, Number.MAX_SAFE_INTEGER],
	["9007199254740991", number, Number.MAX_SAFE_INTEGER],
	[0.12, percent, 0.12],
	["12%", percent, 0.12],
	["12.5 %", percent, 0.125],
	["100%", percent, 1],
	["1200%", percent, 12],
	["0.1%", percent, 0.001],
	[1, percent, 1],
	[-1, percent, -1],
	["150%", percent, 1.5],
	[0, percent, 0],
	["33%", field("progress", "progress"), 0.33],
	[3, rating, 3],
	[true, checkbox, true],
	["false", checkbox, false],
	["yes", checkbox, true],
	[0, checkbox, false],
	["Doing", select, "Doing"],
	["o1", select, "Doing"],
	[" doing ", select, "Doing"],
	["wide", select, "Ｗide"],
	[["Doing"], select, "Doing"],
	[{ name: "Doing" }, select, "Doing"],
	["a, b", select, "a, b"],
	[["red", "green", "red"], selects, ["red", "green"]],
	["red, green", selects, ["red", "green"]],
	["a, b", selects, ["a, b"]],
	['red, "a, b"', selects, ["red", "a, b"]],
	["2026-11-20", day, SHANGHAI_MIDNIGHT],
	["2026/11/20", day, SHANGHAI_MIDNIGHT],
	["2026-11-20T23:59", day, SHANGHAI_MIDNIGHT],
	["20.11.2026", day, SHANGHAI_MIDNIGHT],
	["11/20/2026", day, SHANGHAI_MIDNIGHT],
	["2026-11-20T23:00:00Z", day, SHANGHAI_MIDNIGHT + 86_400_000],
	[SHANGHAI_MIDNIGHT + 5_000, day, SHANGHAI_MIDNIGHT],
	["2026-11-20T14:00", moment, Date.UTC(2026, 10, 20, 6)],
	["2026-11-20T14:00:00+01:00", moment, Date.UTC(2026, 10, 20, 13)],
	["2026-11-20", moment, SHANGHAI_MIDNIGHT],
	[1_700_000_000_000, moment, 1_700_000_000_000],
	["u7", people, [person("u7")]],
	[["u7", "Ann"], people, [person("u7"), person("u1", "Ann")]],
	["@me", people, [person("u9")]],
	["ann@example.com", people, [person("u1", "Ann")]],
	[[{ id: "ou_x", name: "X" }], people, [person("ou_x", "X")]],
	[[{ name: "Ann" }], people, [person("u1", "Ann")]],
	[{ id: "u7" }, lone, [person("u7")]],
	["rec9", links, [linked("rec9")]],
	[["Report"], links, [linked("rec1", "Report")]],
	["Report, rec9", links, [linked("rec1", "Report"), linked("rec9")]],
	["Some title [rec7]", links, [linked("rec7")]],
	["Ends [x]", links, [linked("rec4", "Ends [x]")]],
	[[{ id: "any", text: "old" }], links, [linked("any")]],
	[[{ token: "tok" }], files, [file("", "tok")]],
	[[{ token: "tok", name: "a.txt" }], files, [file("a.txt", "tok")]],
	["a.txt", files, [file("a.txt", null)]],
	[
		"https://example.com",
		url,
		{ text: "https://example.com", link: "https://example.com" },
	],
	[
		{ text: "Home", link: "https://example.com" },
		url,
		{ text: "Home", link: "https://example.com" },
	],
	[
		{ text: "", link: "https://example.com" },
		url,
		{ text: "https://example.com", link: "https://example.com" },
	],
	[
		{ lnglat: "116.4, 39.9", address: "Beijing" },
		place,
		{ lnglat: "116.4,39.9", address: "Beijing" },
	],
	["-0.1,51.5", place, { lnglat: "-0.1,51.5", address: "" }],
];

test.each(
	ACCEPTED.map(
		([given, one, cell]) =>
			[JSON.stringify(given), one.type, given, one, cell] as const,
	),
)("%s is accepted for %s", (_, __, given, one, cell) => {
	expect(parseCell(given, one, context())).toEqual({ cell });
});

/** Given, field, and words of the refusal. */
const REFUSED: readonly (readonly [unknown, Field, RegExp])[] = [
	[12, text, /takes a text: give "12"/],
	[{ a: 1 }, text, /takes a text/],
	[`much${CUT_MARK}`, text, /was cut for the answer/],
	["twelve", number, /takes a number/],
	[
		"100.200.300",
		number,
		/is ambiguous: "100.200.300" may be a code, or 100200300 with points/,
	],
	["1.200.300", number, /give it as the number 1200300/],
	["192.168.1.1", number, /takes a number/],
	[
		"1,200",
		number,
		/ambiguous: "1,200" is 1200 where a point .* 1\.2 where a comma/,
	],
	["1,2,3", number, /takes a number/],
	["0.12345678901234567890", number, /more digits than a number keeps/],
	["0x10", number, /takes a number/],
	["12%", number, /takes a number/],
	[true, number, /takes a number/],
	[Number.MAX_SAFE_INTEGER + 1, number, /larger than can be kept exactly/],
	["9007199254740993", number, /larger than can be kept exactly/],
	["1e400", number, /not a finite number/],
	[12, percent, /ambiguous: 12 could be 12 % or 1200 %; give "12%" or "1200%"/],
	[37.3, percent, /ambiguous: 37\.3 could be 37\.3 % or 3730 %/],
	[-1.5, percent, /ambiguous: -1\.5 could be -1\.5 % or -150 %/],
	["12", percent, /ambiguous/],
	["a lot", percent, /fraction such as 0\.12, or "12%"/],
	[2.5, rating, /whole number/],
	[6, rating, /above the greatest value 5/],
	[-1, rating, /below the least value 0/],
	["perhaps", checkbox, /true or false/],
	[2, checkbox, /true or false/],
	["Dong", select, /has no option "Dong"; nearest: "Doing"/],
	[["To do", "Doing"], select, /takes the name of an option/],
	[["red", "grene"], selects, /has no option "grene"; nearest: "green"/],
	[7, selects, /takes a list of option names/],
	[
		"03/04/2026",
		day,
		/ambiguous: "03\/04\/2026" is 2026-04-03 where the day .* 2026-03-04/,
	],
	["today", day, /is not a date/],
	["2026-02-30", day, /does not exist/],
	[20_261_120, day, /could be seconds/],
	[1_700_000_000, day, /could be seconds/],
	[1.5, moment, /could be seconds/],
	[{}, day, /takes a date/],
	["Bo", people, /"Bo" names 2 people: Bo \[u2\], Bo \[u3\]; use the id/],
	["Cy", people, /found no person "Cy"/],
	[["u1", "u2"], lone, /holds one entry only, 2 were given/],
	[7, people, /takes a list of people/],
	[
		"Twice",
		links,
		/names 2 records of the table that "links" links to: Twice \[rec2\], Twice \[rec3\]/,
	],
	[
		"Nothing",
		links,
		/found no record of the table that "links" links to "Nothing"/,
	],
	[[{}], files, /takes a list of attachments by token/],
	[{ text: "Home" }, url, /takes a link/],
	[{ text: 1, link: "https://example.com" }, url, /takes a link/],
	[
		{ lnglat: "39.9,116.4" },
		place,
		/latitude beyond 90: the longitude comes first/,
	],
	[{ lnglat: "here" }, place, /takes \{lnglat/],
	["anything", field("sum", "formula"), /read only/],
];

test.each(
	REFUSED.map(
		([given, one, words]) =>
			[JSON.stringify(given), one.type, given, one, words] as const,
	),
)("%s is refused for %s", (_, __, given, one, words) => {
	const parsed = parseCell(given, one, context());
	expect("problem" in parsed && parsed.problem).toMatch(words);
});

describe("what parsing says besides", () => {
	test("a name that is not to the letter is noted", () => {
		const notes: string[] = [];
		parseCell("doing", select, context(notes));
		expect(notes).toEqual([
			'option "doing" of "status" was understood as "Doing"',
		]);
	});

	test("a time that the field does not show is noted", () => {
		const notes: string[] = [];
		parseCell("2026-11-20T14:00", day, context(notes));
		expect(notes).toEqual([
			'"day" shows days only: the time of day was left out',
		]);
	});

	test("a new option is reported, not made", () => {
		const made: string[] = [];
		const allowed = { ...context([], made), allowNewOptions: true };
		expect(parseCell(["red", "blue"], selects, allowed)).toEqual({
			cell: ["red", "blue"],
		});
		expect(made).toEqual(["blue"]);
	});

	test("two options that fold to the same name are not guessed between", () => {
		const same = field("status", "single_select", options("Done", "DONE"));
		const parsed = parseCell("done", same, context());
		expect("problem" in parsed && parsed.problem).toContain(
			'may be each of the options "Done", "DONE": "done" is none of them to the letter',
		);
		expect(parseCell("DONE", same, context())).toEqual({ cell: "DONE" });
	});

	test("every wrong entry of a list is named", () => {
		const parsed = parseCell(["Cy", "Di", "u1"], people, context());
		expect("problem" in parsed && parsed.problem).toBe(
			'found no person "Cy"; found no person "Di"',
		);
	});

	test("@me needs to be configured", () => {
		const { me: _, ...nobody } = context();
		const parsed = parseCell("@me", people, nobody);
		expect("problem" in parsed && parsed.problem).toContain(
			"a person sets `me`",
		);
	});
});

test.each([
	["2026-11-01T01:30", true],
	["2026-11-01T01:30-05:00", false],
	["2026-11-01T03:30", false],
])("a local time that comes twice is said: %s", (given, isSaid) => {
	const notes: string[] = [];
	const at = { ...context(notes), zone: "America/New_York" };
	parseCell(given, field("seen", "date", { showsTime: true }), at);
	parseCell(given, field("due", "date", { showsTime: false }), at);
	expect(notes.filter((note) => note.includes("show twice"))).toEqual(
		isSaid
			? [
					expect.stringContaining(
						"for the later one give the offset, as 2026-11-01T01:30:00-05:00",
					),
				]
			: [],
	);
});
