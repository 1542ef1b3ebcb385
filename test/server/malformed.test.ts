import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { startServer } from "../stdio.js";

async function running(capabilities = {}) {
	const server = startServer({ TABLES_MCP_DATA_DIR: temporaryFolder() });
	onTestFinished(async () => void (await server.end()));
	await server.initialize(capabilities);
	return server;
}

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
	const server = await running();
	const answer = await server.call("list_tables", args);
	expect(answer.isError).toBe(true);
	expect(answer.text).toMatch(message);
});

test("null and missing arguments count as none, and JSON text is decoded", async () => {
	const server = await running();
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
	const server = await running();
	server.sendRaw(
		'{"jsonrpc":"2.0","id":"p","method":"tools/call","params":{"name":"list_tables","arguments":{"__proto__":{"limit":1}}}}',
	);
	const { result } = await server.receive(({ id }) => id === "p");
	expect(JSON.stringify(result)).toMatch(/no argument \\"__proto__\\"/);
});

test("an unknown tool is answered with the nearest", async () => {
	const server = await running();
	const answer = await server.call("query_record", {});
	expect(answer.isError).toBe(true);
	expect(answer.text).toMatch(/no tool "query_record"\nNearest: query_records/);
});

const LINES: readonly [string, string, number, unknown][] = [
	["bad JSON", '{"jsonrpc":"2.0",', -32700, null],
	["a batch", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
	["a bare number", "42", -32600, null],
	["a missing version", '{"id":5,"method":"ping"}', -32600, 5],
	[
		"a method that is no text",
		'{"jsonrpc":"2.0","id":6,"method":7}',
		-32600,
		6,
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
		'{"jsonrpc":"2.0","id":8,"method":"tools/list","params":[]}',
		-32602,
		8,
	],
	[
		"an unknown method",
		'{"jsonrpc":"2.0","id":9,"method":"tools/run"}',
		-32601,
		9,
	],
];

test.each(LINES)(
	"%s gets an error, and the server goes on",
	async (_, line, code, id) => {
		const server = await running();
		server.sendRaw(line);
		const answer = await server.receive(({ error }) => error !== undefined);
		expect(answer.error?.code).toBe(code);
		expect(answer.id).toBe(id);
		expect((await server.request("ping")).result).toEqual({});
	},
);

test("a call without parameters is answered", async () => {
	const server = await running();
	server.sendRaw('{"jsonrpc":"2.0","id":"q","method":"tools/call"}');
	const { result } = await server.receive(({ id }) => id === "q");
	expect(result?.isError).toBe(true);
});

test("the process ends with 0 when stdin closes", async () => {
	const server = await running();
	expect(await server.end()).toBe(0);
});
