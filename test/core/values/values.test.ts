import { describe, expect, test } from "vitest";
import type { Cell, Field } from "../../../src/core/contract/field.js";
import { compareCells } from "../../../src/core/values/compare-cells.js";
import { joinList, splitList } from "../../../src/core/values/list-text.js";
import {
	cellText,
	equalCells,
	isShown,
	showCell,
	shownText,
} from "../../../src/core/values/values.js";
import { field, options } from "../fields.js";

const ZONE = "Asia/Shanghai";
const MIDNIGHT = Date.UTC(2026, 10, 19, 16);

const person = (id: string, name: string | null) => ({ id, name });
const record = (id: string, text: string | null) => ({ id, text });
const file = (name: string, token: string | null) => ({
	name,
	token,
	size: 1,
	type: "text/plain",
	url: null,
});

const text = field("text", "text");
const day = field("day", "date");
const moment = field("moment", "date", { showsTime: true });
const people = field("people", "user");
const links = field("links", "link");
const files = field("files", "attachment");
const url = field("url", "url");
const tags = field("tags", "multi_select", options("a", "b"));
const percent = field("percent", "percent");
const lookup = (type: Field["type"], settings = {}) =>
	field("lookup", "lookup", settings, { value: { type, list: true } });

/** Field, cell, what compact shows, and the same as one text. */
const SHOWN: readonly (readonly [Field, Cell, unknown, string])[] = [
	[text, "a", "a", "a"],
	[text, null, null, ""],
	[text, "", null, ""],
	[day, MIDNIGHT, "2026-11-20", "2026-11-20"],
	[day, MIDNIGHT + 86_399_999, "2026-11-20", "2026-11-20"],
	[moment, MIDNIGHT, "2026-11-20T00:00:00+08:00", "2026-11-20T00:00:00+08:00"],
	[
		moment,
		MIDNIGHT + 5,
		"2026-11-20T00:00:00.005+08:00",
		"2026-11-20T00:00:00.005+08:00",
	],
	[people, [person("u1", "Ann"), person("u2", null)], ["Ann", "u2"], "Ann, u2"],
	[
		links,
		[record("r1", "Report"), record("r2", null), record("r3", "")],
		["Report", "[r2]", "[r3]"],
		"Report, [r2], [r3]",
	],
	[files, [file("a, b.txt", "t1")], ["a, b.txt"], '"a, b.txt"'],
	[url, { text: "https://a", link: "https://a" }, "https://a", "https://a"],
	[
		url,
		{ text: "A", link: "https://a" },
		{ text: "A", link: "https://a" },
		'{"text":"A","link":"https://a"}',
	],
	[tags, ["a", 'b "c"'], ["a", 'b "c"'], 'a, "b ""c"""'],
	[percent, 0.12, "12%", "12%"],
	[percent, 1, "100%", "100%"],
	[percent, 0.373, "37.3%", "37.3%"],
	[percent, 0.1 + 0.2, "30.000000000000004%", "30.000000000000004%"],
	[percent, 0.00001, "0.001%", "0.001%"],
	[percent, -1e-7, "-1e-5%", "-1e-5%"],
	[percent, 0, "0%", "0%"],
	[percent, 12, "1200%", "1200%"],
	[percent, -3, "-300%", "-300%"],
	[field("n", "number"), 12, 12, "12"],
	[field("done", "checkbox"), true, true, "true"],
	[
		field("place", "location"),
		{ lnglat: "1,2", address: "x" },
		{ lnglat: "1,2", address: "x" },
		'{"lnglat":"1,2","address":"x"}',
	],
	[field("odd", "unknown"), { raw: { a: [1] } }, { a: [1] }, '{"a":[1]}'],
	[
		lookup("date"),
		[MIDNIGHT, MIDNIGHT],
		["2026-11-20", "2026-11-20"],
		"2026-11-20, 2026-11-20",
	],
	[
		lookup("user"),
		[[person("u1", "Ann")], [person("u2", "Bo")]] as unknown as Cell,
		["Ann", "Bo"],
		"Ann, Bo",
	],
	[lookup("number"), [1, 2], [1, 2], "1, 2"],
];

test.each(
	SHOWN.map((row) => [row[0].type, JSON.stringify(row[1]), ...row] as const),
)("%s %s is shown", (_, __, one, cell, shown, line) => {
	expect(showCell(cell, one, ZONE, "compact")).toEqual(shown);
	expect(cellText(cell, one, ZONE)).toBe(line);
});

test("full shows whole objects", () => {
	const cell = [person("u1", "Ann")];
	expect(showCell(cell, people, ZONE, "full")).toEqual(cell);
	expect(showCell([record("r1", null)], links, ZONE, "full")).toEqual([
		record("r1", null),
	]);
	expect(
		showCell({ text: "https://a", link: "https://a" }, url, ZONE, "full"),
	).toEqual({ text: "https://a", link: "https://a" });
});

describe("equality", () => {
	const EQUAL: readonly (readonly [
		Field | "$created_at",
		Cell | undefined,
		Cell | undefined,
		boolean,
	])[] = [
		[text, null, undefined, true],
		[text, null, "", true],
		[tags, null, [], true],
		[text, "a", "a ", false],
		[text, "a", "A", false],
		[field("n", "number"), 0, null, false],
		[field("n", "number"), -0, 0, true],
		[field("n", "number"), 0.1 + 0.2, 0.3, false],
		[field("done", "checkbox"), false, null, true],
		[field("done", "checkbox"), true, null, false],
		[day, MIDNIGHT, MIDNIGHT + 3_600_000, true],
		[day, MIDNIGHT, MIDNIGHT - 1, false],
		[moment, MIDNIGHT, MIDNIGHT + 1, false],
		["$created_at", MIDNIGHT, MIDNIGHT + 1, false],
		[tags, ["a", "b"], ["b", "a"], true],
		[tags, ["a", "b"], ["b", "a", "a"], true],
		[tags, ["a"], ["a", "b"], false],
		[people, [person("u1", "Ann")], [person("u1", null)], true],
		[
			people,
			[person("u1", "Ann"), person("u2", "Bo")],
			[person("u2", "Bo"), person("u1", "Ann")],
			true,
		],
		[
			links,
			[record("r1", "a"), record("r2", "b")],
			[record("r1", null), record("r2", null)],
			true,
		],
		[
			links,
			[record("r1", "a"), record("r2", "b")],
			[record("r2", "b"), record("r1", "a")],
			false,
		],
		[files, [file("a", "t1")], [file("b", "t1")], true],
		[
			files,
			[file("a", "t1"), file("b", "t2")],
			[file("b", "t2"), file("a", "t1")],
			false,
		],
		[files, [file("a", null)], [file("a", null)], true],
		[url, { text: "A", link: "l" }, { text: "B", link: "l" }, false],
		[text, "1", 1, false],
	];

	test.each(EQUAL.map((row, index) => [index, ...row] as const))(
		"case %d",
		(_, column, a, b, expected) => {
			expect(equalCells(a, b, column, ZONE)).toBe(expected);
			expect(equalCells(b, a, column, ZONE)).toBe(expected);
		},
	);
});

test("order: empty first, numbers by value, texts by code unit, people by name", () => {
	const sorted = (one: Field, cells: readonly Cell[]) =>
		[...cells].sort((a, b) => compareCells(a, b, one));
	expect(sorted(field("n", "number"), [10, 9, null, -1, 0])).toEqual([
		null,
		-1,
		0,
		9,
		10,
	]);
	expect(sorted(text, ["b", "B", "a", null, "ä", "10", "9"])).toEqual([
		null,
		"10",
		"9",
		"B",
		"a",
		"b",
		"ä",
	]);
	expect(sorted(field("done", "checkbox"), [true, null, false]).at(-1)).toBe(
		true,
	);
	expect(sorted(people, [[person("u1", "Bo")], [person("u2", "Ann")]])).toEqual(
		[[person("u2", "Ann")], [person("u1", "Bo")]],
	);
});

test("lists are inner CSV, and come back as they were", () => {
	for (const items of [
		[],
		["a"],
		["a", "b"],
		["a, b", "c"],
		['say "x"'],
		[" a"],
		["a\nb"],
		[""],
		['"', ","],
	])
		expect(splitList(joinList(items))).toEqual(items);
	expect(splitList("a,b ,  c")).toEqual(["a", "b", "c"]);
	expect(splitList("a,,b,")).toEqual(["a", "b"]);
	expect(splitList('5" pipe, a "b"')).toEqual(['5" pipe', 'a "b"']);
	for (const open of ['a, "b', '"a" b', '"a', ' "'])
		expect(splitList(open)).toBeUndefined();
});

test("what was shown is known again, and nothing else", () => {
	const computed = lookup("date");
	expect(isShown(["2026-11-20"], [MIDNIGHT], computed, ZONE)).toBe(true);
	expect(isShown("2026-11-20", [MIDNIGHT], computed, ZONE)).toBe(true);
	expect(isShown("2026-11-21", [MIDNIGHT], computed, ZONE)).toBe(false);
	expect(isShown(["Ann"], [person("u1", "Ann")], people, ZONE)).toBe(true);
	expect(
		isShown([{ id: "u1", name: "Ann" }], [person("u1", "Ann")], people, ZONE),
	).toBe(true);
	expect(isShown(null, undefined, text, ZONE)).toBe(true);
	expect(isShown("", null, text, ZONE)).toBe(true);
	expect(isShown(null, "a", text, ZONE)).toBe(false);
	expect(isShown("12", 12, field("number", "auto_number"), ZONE)).toBe(true);
});

test("a shown value as text", () => {
	expect(
		[null, undefined, 0, false, "a", ["a", 1], { a: 1 }].map((shown) =>
			shownText(shown),
		),
	).toEqual(["", "", "0", "false", "a", "a, 1", '{"a":1}']);
});
