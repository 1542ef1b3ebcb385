import { expect, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import {
	formatReference,
	parseReference,
} from "../../../src/core/places/reference.js";
import {
	fingerprint,
	type Position,
	readCursor,
	writeCursor,
} from "../../../src/core/read/cursor.js";
import { columnNamed, resolveName } from "../../../src/core/values/names.js";
import { nearest } from "../../../src/core/values/near-names.js";
import { field, tableOf } from "../fields.js";

const NAMES = ["Title", "Status", "Due date", "Amount", "Betrag", "负责人"];

test.each([
	["titel", ["Title"]],
	["Titl", ["Title"]],
	["STATUS", ["Status"]],
	["Statsu", ["Status"]],
	["due", ["Due date"]],
	["Amout", ["Amount"]],
	["负责", ["负责人"]],
	["Ｔｉｔｌｅ", ["Title"]],
	["quarterly revenue", []],
	["", []],
] as const)("the nearest of %j", (given, expected) => {
	expect(nearest(NAMES, given)).toEqual(expected);
});

test("at most three are near, the best first", () => {
	const many = ["Amount", "Amounts", "Amount 2", "Amount 3", "Mount"];
	const found = nearest(many, "Amount");
	expect(found).toHaveLength(3);
	expect(found[0]).toBe("Amount");
});

const ITEMS = [
	{ id: "f1", name: "Name" },
	{ id: "f2", name: "NAME" },
	{ id: "f3", name: "Größe " },
	{ id: "Name", name: "f1" },
	{ id: "f5", name: "Ｗide" },
	{ id: "f6", name: "same" },
	{ id: "f7", name: "same" },
];

test("an id wins over a name, a name over a folded one", () => {
	expect(resolveName(ITEMS, "f1", "field").item.id).toBe("f1");
	expect(resolveName(ITEMS, "Name", "field").item.id).toBe("Name");
	expect(resolveName(ITEMS, "NAME", "field").item.id).toBe("f2");
	expect(resolveName(ITEMS, "wide", "field")).toEqual({
		item: ITEMS[4],
		note: '"wide" was understood as "Ｗide"',
	});
	expect(resolveName(ITEMS, "größe", "field").item.id).toBe("f3");
});

test("an ambiguous name is answered with the candidates", () => {
	for (const text of ["name", "same"])
		expect(() => resolveName(ITEMS, text, "field")).toThrow(
			/names \d fields: .*\[f\d\]/,
		);
	try {
		resolveName(ITEMS, "same", "field");
	} catch (error) {
		expect(error).toMatchObject({ code: "bad_argument", next: "Use the id." });
	}
});

test("an unknown name is answered with the nearest, else with what there is", () => {
	const refusal = (items: typeof ITEMS, text: string) => {
		try {
			resolveName(items, text, "view");
		} catch (error) {
			return error as TablesError;
		}
		throw new Error("it was found");
	};
	expect(refusal(ITEMS, "Nmae")).toMatchObject({
		code: "not_found",
		message: 'there is no view "Nmae"',
		next: expect.stringContaining('"Name"'),
	});
	expect(refusal(ITEMS, "zzzzzzzz").next).toContain('There are: "Name"');
	expect(refusal([], "x").next).toBe("There are none at all.");
	expect(refusal([], "x")).toBeInstanceOf(TablesError);
});

test("system columns are found where the vendor has them, and a field of that name wins", () => {
	const table = tableOf([field("Title", "text"), field("$url", "text")]);
	expect(columnNamed(table, "$created_at", ["$created_at"]).item).toBe(
		"$created_at",
	);
	expect(columnNamed(table, "$CREATED_AT", ["$created_at"]).item).toBe(
		"$created_at",
	);
	expect(columnNamed(table, "$url", ["$url"]).item).toMatchObject({
		id: "f_$url",
	});
	expect(() => columnNamed(table, "$updated_by", ["$created_at"])).toThrow(
		"this vendor has no $updated_by",
	);
	expect(() => columnNamed(table, "$nothing", ["$created_at"])).toThrow(
		'there is no column "$nothing"',
	);
});

test.each([
	{ connection: "local", base: "main", table: "tbl1" },
	{ connection: "a-1", base: "a/b:c", table: "é %" },
	{ connection: "x", base: "中文", table: "a b" },
])("a reference comes back as it was: %o", (reference) => {
	expect(parseReference(formatReference(reference))).toEqual(reference);
});

test.each([
	"tbl1",
	"local:main",
	"Local:main/t",
	"local:main/t/x",
	":main/t",
	"local:main/%zz",
	"https://example.com/a",
])("%j is not a reference", (text) => {
	expect(parseReference(text)).toBeUndefined();
});

const POSITIONS: readonly Position[] = [
	{ at: "key", cursor: "abc" },
	{ at: "offset", offset: 7 },
	{ at: "list", list: "x", offset: 3 },
	{
		at: "page",
		cursor: null,
		page: 2,
		size: 100,
		index: 5,
		anchors: ["r1", "é"],
	},
];

test("a cursor holds its place and its query", async () => {
	const hash = await fingerprint(["local:main/t", { fields: ["a"] }]);
	expect(await fingerprint(["local:main/t", { fields: ["b"] }])).not.toBe(hash);
	for (const position of POSITIONS) {
		const text = writeCursor(hash, position);
		expect(text).toMatch(/^[\w-]+$/);
		expect(readCursor(text, hash)).toEqual(position);
		expect(() => readCursor(text, "other")).toThrow("belongs to another query");
	}
	for (const text of [
		"",
		"x",
		"bnVsbA",
		Buffer.from("[1,null]").toString("base64url"),
		"🙂",
	])
		expect(() => readCursor(text, hash)).toThrow(
			"not one that this server gave",
		);
});
