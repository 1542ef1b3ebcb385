import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Message, type RawServer, startServer } from "../stdio.js";

/** One process takes all of it: each wrong message must leave it as good as new for the next. */
let server: RawServer;
let folder: string;

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "tables-mcp-malformed-"));
	server = startServer({ TABLES_MCP_DATA_DIR: folder });
	await server.initialize();
});

afterAll(async () => {
	expect(await server.end()).toBe(0);
	rmSync(folder, { recursive: true, force: true });
});

const CALLS: readonly [string, unknown, RegExp][] = [
	[
		"arguments that are a text",
		"hello",
		/must be an object, not the text "hello"/,
	],
	["arguments that are a list", [1, 2], /must be an object, not a list of 2/],
	["arguments that are a number", 7, /must be an object, not the number 7/],
	[
		"a misspelled argument",
		{ serch: "x" },
		/no argument "serch"; nearest: search/,
	],
	[
		"an argument of the wrong type",
		{ limit: "many" },
		/limit: the text "many" was given; wanted: /,
	],
	[
		"a number out of bounds",
		{ limit: 0 },
		/limit: the number 0 was given; wanted: at least 1/,
	],
	[
		"a value out of a list",
		{ kinds: ["tables"] },
		/kinds\[0\]: the text "tables" was given; wanted: one of table, form/,
	],
];

test.each(CALLS)("%s are refused in words", async (_, args, message) => {
	const answer = await server.call("list_tables", args);
	expect(answer.isError).toBe(true);
	expect(answer.text).toMatch(message);
});

test("null and missing arguments count as none, and JSON text is decoded", async () => {
	for (const args of [
		null,
		undefined,
		"{}",
		'"{}"',
		{ limit: null },
		{ kinds: '["table"]' },
	])
		expect((await server.call("list_tables", args)).isError).toBe(false);
});

test("a __proto__ key is refused and pollutes nothing", async () => {
	server.sendRaw(
		'{"jsonrpc":"2.0","id":"p","method":"tools/call","params":{"name":"list_tables","arguments":{"__proto__":{"limit":1}}}}',
	);
	const { result } = await server.receive(({ id }) => id === "p");
	expect(JSON.stringify(result)).toMatch(/no argument \\"__proto__\\"/);
});

test("an unknown tool is answered with the nearest", async () => {
	const answer = await server.call("query_record", {});
	expect(answer.isError).toBe(true);
	expect(answer.text).toMatch(/no tool "query_record"\nNearest: query_records/);
});

const LINES: readonly [string, string, number, unknown][] = [
	["bad JSON", '{"jsonrpc":"2.0",', -32700, null],
	["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
	["a bare number", "42", -32600, null],
	["a missing version", '{"id":905,"method":"ping"}', -32600, 905],
	[
		"a method that is not a text",
		'{"jsonrpc":"2.0","id":906,"method":7}',
		-32600,
		906,
	],
	[
		"an id that is an object",
		'{"jsonrpc":"2.0","id":{},"method":"ping"}',
		-32600,
		null,
	],
	[
		"an id that is a fraction",
		'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
		-32600,
		null,
	],
	[
		"an id that is null",
		'{"jsonrpc":"2.0","id":null,"method":"ping"}',
		-32600,
		null,
	],
	[
		"params that are a list",
		'{"jsonrpc":"2.0","id":908,"method":"tools/list","params":[]}',
		-32602,
		908,
	],
	[
		"an unknown method",
		'{"jsonrpc":"2.0","id":909,"method":"tools/run"}',
		-32601,
		909,
	],
];

test.each(LINES)(
	"%s gets an error, and the server goes on",
	async (_, line, code, id) => {
		const before = server.lines.length;
		server.sendRaw(line);
		const pong = await server.request("ping");
		const answer = JSON.parse(server.lines[before] ?? "null") as Message;
		expect(answer.error?.code).toBe(code);
		expect(answer.id).toBe(id);
		expect(pong.result).toEqual({});
	},
);

test("a call without parameters is answered", async () => {
	server.sendRaw('{"jsonrpc":"2.0","id":"q","method":"tools/call"}');
	const { result } = await server.receive(({ id }) => id === "q");
	expect(result?.isError).toBe(true);
});
