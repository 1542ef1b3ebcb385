import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileRow } from "../../../src/core/contract/files.js";
import { openJson } from "../../../src/store/files/json.js";
import {
	type JsonValue,
	jsonValues,
	newShape,
	type Where,
} from "../../../src/store/files/json-values.js";
import { openNdjson } from "../../../src/store/files/ndjson.js";
import { temporaryFolder } from "../../folder.js";

async function read(content: string, open = openJson) {
	const path = join(temporaryFolder(), "file.json");
	writeFileSync(path, content);
	const file = await open(path, {});
	const all: FileRow[] = [];
	for await (const row of file.rows(0)) all.push(row);
	return { ...file, all, cells: all.map(({ cells }) => cells) };
}

const A_AND_B = [
	{ Name: "a", N: 1 },
	{ Name: "b", N: [2, { x: "]}" }] },
];

test.each([
	["a list on one line", JSON.stringify(A_AND_B)],
	["a list over many lines", JSON.stringify(A_AND_B, null, 2)],
	[
		"objects one after another",
		A_AND_B.map((one) => JSON.stringify(one)).join("\n"),
	],
	[
		"objects over many lines",
		A_AND_B.map((one) => JSON.stringify(one, null, "\t")).join("\n"),
	],
])("%s, in .json and in .ndjson", async (_, text) => {
	for (const open of [openJson, openNdjson]) {
		const { columns, cells } = await read(text, open);
		expect(columns).toEqual(["Name", "N"]);
		expect(cells).toEqual(A_AND_B);
	}
});

test("records and lines are numbered, and reading goes on from one", async () => {
	const file = await read('[\n{"a":1},\n\n{"a":2}, {"a":3}\n]\n');
	expect(file.all.map(({ record, line }) => [record, line])).toEqual([
		[0, 2],
		[1, 4],
		[2, 4],
	]);
	const later: FileRow[] = [];
	for await (const row of file.rows(1)) later.push(row);
	expect(later).toEqual(file.all.slice(1));
});

test("an object that holds one list of objects: its records, and what is beside them is said", async () => {
	const { cells, notes } = await read(
		'{"offset":"x","records":[{"id":"r1","createdTime":"2026-01-01T00:00:00.000Z","fields":{"Name":"a"}}],"tags":["t"]}',
	);
	expect(cells).toEqual([
		{ $id: "r1", $created_at: "2026-01-01T00:00:00.000Z", Name: "a" },
	]);
	expect(notes.join()).toContain(
		'those of the list "records"; not taken, because it is beside it: "offset", "tags"',
	);
});

test("an object without a list of objects is one record", async () => {
	const { cells } = await read('{"Name":"a","Tags":["x","y"]}');
	expect(cells).toEqual([{ Name: "a", Tags: ["x", "y"] }]);
});

test.each([
	[
		"several lists",
		'{"a":[{"x":1}],"b":[{"y":1}]}',
		/several lists of objects: "a", "b"/,
	],
	["a list that is cut off", '[{"a":1},{"a":2', /damaged or cut off/],
	["two lists", '[{"a":1}]\n[{"a":2}]', /2 values .* first is a list/],
	["a list of lists", '[["a","b"],[1,2]]', /line 1 is not a JSON object/],
	["a number", "12", /line 1 is not a JSON object/],
	["nothing", " \n", /the file is empty/],
	["no columns", "[{},{}]", /no line of the file has a column/],
])("%s is refused with words", async (_, text, words) => {
	await expect(read(text)).rejects.toMatchObject({
		code: "bad_argument",
		message: expect.stringMatching(words),
	});
});

test("a damaged record is a bad row, and those around it are read", async () => {
	const { all } = await read('[{"a":1},{"a":},\n"text",{"a":2}]');
	expect(all.map(({ line, problem }) => [line, problem])).toEqual([
		[1, undefined],
		[1, expect.stringMatching(/^is not JSON/)],
		[2, "is not a JSON object"],
		[2, undefined],
	]);
});

test("empty objects make no records, and that is said", async () => {
	for (const open of [openJson, openNdjson]) {
		const { all, notes } = await read('{"a":1}\n{}\n{"a":2}\n{ }\n', open);
		expect(all.map(({ record, line }) => [record, line])).toEqual([
			[0, 1],
			[1, 3],
		]);
		expect(notes).toEqual(["2 empty objects make no record"]);
	}
});

test("objects of nothing but empty values make no records, as empty rows of a CSV do", async () => {
	for (const open of [openJson, openNdjson]) {
		const text =
			'{"K":"a","L":1}\n{"K":null}\n{"K":" ","L":[]}\n{"K":null,"L":0}\n{"K":null,"L":false}\n';
		const { all, columns, notes, blankRows } = await read(text, open);
		expect(columns).toEqual(["K", "L"]);
		expect(all.map(({ record, line }) => [record, line])).toEqual([
			[0, 1],
			[1, 4],
			[2, 5],
		]);
		expect([notes, blankRows?.()]).toEqual([[], 2]);
	}
});

test("how many records have a value in a column is counted over the whole file", async () => {
	const rows = Array.from({ length: 2_000 }, (_, index) =>
		JSON.stringify(index < 1_990 ? { a: 1, c: null } : { a: 1, b: 2 }),
	);
	const { columns, filled } = await read(rows.join("\n"), openNdjson);
	expect(columns).toEqual(["a", "c", "b"]);
	expect(Object.fromEntries(filled ?? [])).toEqual({ a: 2_000, b: 10, c: 0 });
});

async function values(parts: readonly string[], where: Where) {
	const source = async function* () {
		yield* parts;
	};
	const shape = newShape();
	const all: JsonValue[] = [];
	for await (const found of jsonValues(source(), where, shape))
		all.push(...found);
	return { all, shape };
}

test("any list of values is taken apart as a parser does, wherever the parts of the text end", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.jsonValue(), { minLength: 1, maxLength: 5 }),
			fc.constantFrom(0, 2),
			fc.integer({ min: 1, max: 9 }),
			async (given, indent, size) => {
				const text = JSON.stringify({ "k\n": given }, null, indent);
				const parts = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
				const list = await values(parts, { depth: 2, key: "k\n" });
				expect(list.all.map(({ text: one }) => JSON.parse(one ?? ""))).toEqual(
					JSON.parse(JSON.stringify(given)),
				);
				const whole = await values(parts, { depth: 0 });
				expect(whole.all).toEqual([{ line: 1, text }]);
				expect(whole.shape).toMatchObject({ values: 1, first: "{", open: 0 });
				expect([...whole.shape.keys]).toEqual(["k\n"]);
			},
		),
		{ numRuns: 300 },
	);
});
