import { writeFileSync } from "node:fs";
import { join } from "node:path";
import iconv from "iconv-lite";
import { expect, test } from "vitest";
import type { FileRow, ReadOptions } from "../../../src/core/contract/files.js";
import { openNdjson } from "../../../src/store/files/ndjson.js";
import { temporaryFolder } from "../../folder.js";

async function read(content: string | Uint8Array, options: ReadOptions = {}) {
	const path = join(temporaryFolder(), "file.ndjson");
	writeFileSync(path, content);
	const file = await openNdjson(path, options);
	const all: FileRow[] = [];
	for await (const row of file.rows(0)) all.push(row);
	return { ...file, all };
}

test("values keep their JSON types, and columns are those of all records", async () => {
	const { columns, all } = await read(
		'{"a":1,"b":null}\n{"a":"x","c":[1,{"d":true}]}\n',
	);
	expect(columns).toEqual(["a", "b", "c"]);
	expect(all.map(({ cells }) => cells)).toEqual([
		{ a: 1, b: null },
		{ a: "x", c: [1, { d: true }] },
	]);
});

test("records as the tools write them are taken by their fields", async () => {
	const { all, columns } = await read(
		'{"id":"rec1","fields":{"a":1}}\n{"fields":"just text","x":2}\n',
	);
	expect(all.map(({ cells }) => cells)).toEqual([
		{ $id: "rec1", a: 1 },
		{ fields: "just text", x: 2 },
	]);
	expect(columns).toEqual(["$id", "a", "fields", "x"]);
});

test("blank lines count as lines, CRLF is fine, and the last line needs no end", async () => {
	const { all } = await read('{"a":1}\r\n\r\n\n{"a":2}');
	expect(all.map(({ record, line }) => [record, line])).toEqual([
		[0, 1],
		[1, 4],
	]);
});

test("lines that are not objects are problems of their own", async () => {
	const { all } = await read('{"a":1}\n[1]\n{"a":\n"text"\n{"a":2}\n');
	expect(all.map(({ problem }) => problem)).toEqual([
		undefined,
		"is not a JSON object",
		expect.stringMatching(/^is not JSON/),
		"is not a JSON object",
		undefined,
	]);
});

test("a byte order mark is read; another encoding than UTF-8 only where it is named", async () => {
	expect((await read('\ufeff{"名":1}\n')).columns).toEqual(["名"]);
	const line = '{"a":"名称"}\n';
	const others = [
		["utf-16le", iconv.encode(line, "utf-16le", { addBOM: true })],
		["utf-16le", iconv.encode(line, "utf-16le")],
		["utf-16be", iconv.encode(line, "utf-16be")],
		["gb18030", iconv.encode(line.repeat(9), "gb18030")],
	] as const;
	for (const [encoding, bytes] of others) {
		await expect(read(bytes)).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringContaining("not UTF-8, as JSON must be"),
			next: expect.stringContaining("`encoding`"),
		});
		const { all } = await read(bytes, { encoding });
		expect(all[0]?.cells).toEqual({ a: "名称" });
	}
});

test("an empty file is refused", async () => {
	await expect(read("\n \n")).rejects.toMatchObject({
		message: expect.stringContaining("the file is empty"),
	});
});

test("keys of an object's inner workings are plain columns", async () => {
	const { all } = await read('{"constructor":1,"toString":"x"}\n');
	expect(all[0]?.cells).toEqual({ constructor: 1, toString: "x" });
});

test("a column called __proto__ is one, also under the fields of a record", async () => {
	const folder = temporaryFolder();
	const path = join(folder, "in.ndjson");
	writeFileSync(
		path,
		'{"__proto__":"a","x":1}\n{"id":"r1","fields":{"__proto__":"b","x":2}}\n',
	);
	const file = await openNdjson(path, {});
	expect(file.columns).toEqual(["__proto__", "x", "$id"]);
	const found: unknown[] = [];
	for await (const { cells } of file.rows(0)) found.push(Object.entries(cells));
	expect(found).toEqual([
		[
			["__proto__", "a"],
			["x", 1],
		],
		[
			["$id", "r1"],
			["__proto__", "b"],
			["x", 2],
		],
	]);
});
