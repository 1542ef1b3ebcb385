import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { stdioWire } from "../../src/server/index.js";
import type { Message } from "../stdio.js";
import { openServer } from "./client.js";
import { overHttp, overPipe, toolCall } from "./raw.js";

/** The server behind real lines, in this process. */
async function overLines() {
	const stdin = new PassThrough();
	const stdout = new PassThrough();
	const server = openServer().make();
	await server.connect(stdioWire(stdin, stdout));
	onTestFinished(() => server.close());
	const told: Message[] = [];
	let rest = "";
	let wake = () => {};
	stdout.on("data", (chunk) => {
		const lines = `${rest}${chunk}`.split("\n");
		rest = lines.pop() ?? "";
		told.push(...lines.map((line) => JSON.parse(line) as Message));
		wake();
	});
	let count = 0;
	return {
		/** What is said to a text until the answer to a request sent after it. */
		async said(text: string): Promise<readonly Message[]> {
			const last = `last ${count++}`;
			const from = told.length;
			stdin.write(`${text}\n${ping(JSON.stringify(last))}\n`);
			// A call takes longer than the ping behind it.
			const wanted = expectsAnswer(text) ? 2 : 1;
			while (told.length - from < wanted)
				await new Promise<void>((resolve) => {
					wake = resolve;
				});
			return told.slice(from).filter(({ id }) => id !== last);
		},
	};
}

/** Does JSON-RPC promise an answer to this? */
function expectsAnswer(text: string): boolean {
	let given: unknown;
	try {
		given = JSON.parse(text);
	} catch {
		return true;
	}
	if (typeof given !== "object" || given === null || Array.isArray(given))
		return true;
	const { id, method, jsonrpc } = given as Record<string, unknown>;
	if (jsonrpc !== "2.0") return true;
	if (method === undefined) return !("result" in given || "error" in given);
	return typeof method !== "string" || id !== undefined;
}

async function overPosts(protocol?: string) {
	const http = await overHttp(openServer().make);
	const session = (await http.client({}, "raw", protocol)).session();
	return async (text: string) => {
		const response = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				connection: "close",
				accept: "application/json, text/event-stream",
				"mcp-session-id": session,
			},
			body: text,
		});
		return { status: response.status, text: await response.text() };
	};
}

const RAW =
	/\n|invalid_type|"path"|"expected"|\binternal\b|-32603|\[object|ZodError|at .*\.js/i;

function isInWords(message: string | undefined): void {
	expect(message).toBeTypeOf("string");
	expect(message).not.toMatch(RAW);
	expect((message ?? "").length).toBeLessThan(600);
}

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const ping = (id: string) => `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
const long = "x".repeat(10_000);

/** A message, the id under which it is answered, and the code of its error (0: no error). */
const MESSAGES: readonly (readonly [string, string, unknown, number])[] = [
	["the largest whole number", ping("9007199254740991"), 9007199254740991, 0],
	["the smallest", ping("-9007199254740991"), -9007199254740991, 0],
	["2^53", ping("9007199254740992"), null, -32600],
	["2^53 + 1", ping("9007199254740993"), null, -32600],
	["-2^53 - 1", ping("-9007199254740993"), null, -32600],
	["1e400", ping("1e400"), null, -32600],
	["1e2", ping("1e2"), 100, 0],
	["a fraction", ping("1.5"), null, -32600],
	["true", ping("true"), null, -32600],
	["an object", ping('{"a":1}'), null, -32600],
	["a list", ping("[1]"), null, -32600],
	["null", ping("null"), null, -32600],
	["an empty text", ping('""'), "", 0],
	["a long text", ping(`"${long}"`), long, 0],
	["a text with a number", ping('"9007199254740993"'), "9007199254740993", 0],
	[
		"initialize without params",
		'{"jsonrpc":"2.0","id":1,"method":"initialize"}',
		1,
		-32602,
	],
	[
		"initialize with a list",
		'{"jsonrpc":"2.0","id":1,"method":"initialize","params":[]}',
		1,
		-32602,
	],
	[
		"initialize with a number as the version",
		'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":3}}',
		1,
		-32602,
	],
	[
		"params that are a text",
		'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":"x"}',
		1,
		-32602,
	],
	[
		"params that are null",
		'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}',
		1,
		-32602,
	],
	[
		"a forged cursor of tools/list",
		'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"abc"}}',
		1,
		-32602,
	],
	[
		"a cursor that is a number",
		'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":7}}',
		1,
		-32602,
	],
	[
		"an odd _meta",
		'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":5}}',
		1,
		0,
	],
	[
		"an odd progress token",
		'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":{}}}}',
		1,
		0,
	],
	[
		"a method that there is not",
		'{"jsonrpc":"2.0","id":1,"method":"tools/lst"}',
		1,
		-32601,
	],
	[
		"a method of the prototype",
		'{"jsonrpc":"2.0","id":1,"method":"constructor"}',
		1,
		-32601,
	],
	["no method", '{"jsonrpc":"2.0","id":1}', 1, -32600],
	["no version", '{"id":1,"method":"ping"}', 1, -32600],
	["bad JSON", '{"jsonrpc":', null, -32700],
	["nothing but a number", "42", null, -32600],
	[
		"a message 5,000 deep",
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_tables","arguments":{"search":${deep(5_000)}}}}`,
		1,
		-32600,
	],
	[
		"a message 100,000 deep",
		`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${deep(100_000)}}}`,
		1,
		-32600,
	],
];

describe("a message", () => {
	test.each(MESSAGES)("%s: on a line", async (_, text, id, code) => {
		const { said } = await overLines();
		const [answer, ...more] = await said(text);
		expect(more).toEqual([]);
		expect([answer?.id, answer?.error?.code ?? 0]).toEqual([id, code]);
		if (code !== 0) isInWords(answer?.error?.message);
	});

	test.each(MESSAGES)("%s: over HTTP", async (_, text, id, code) => {
		const post = await overPosts();
		const { text: body } = await post(text);
		const answer = JSON.parse(/\{.*\}/s.exec(body)?.[0] ?? "") as Message;
		expect([answer.id, answer.error?.code ?? 0]).toEqual([id, code]);
		if (code !== 0) isInWords(answer.error?.message);
	});

	test.each([
		"a-secret-word",
		'{"a": a-secret-word}',
		`[1, ${"2, ".repeat(50)}a-secret-word, 3]`,
	])("that is not JSON is not told back: %s", async (text) => {
		const [answer] = await (await overLines()).said(text);
		const body = (await (await overPosts())(text)).text;
		for (const told of [JSON.stringify(answer), body]) {
			expect(told).toContain("not JSON");
			expect(told).not.toContain("a-secret");
		}
	});

	test("without a session is refused in words, and opens none", async () => {
		let made = 0;
		const { make } = openServer();
		const http = await overHttp(() => {
			made++;
			return make();
		});
		for (const method of ["POST", "GET", "DELETE", "PUT"]) {
			const response = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
				method,
				headers: {
					"content-type": "application/json",
					connection: "close",
					accept: "application/json, text/event-stream",
				},
				...(method === "GET" ? {} : { body: ping("5") }),
			});
			expect(response.status).toBe(400);
			expect(await response.text()).toContain("send `initialize` first");
		}
		expect(made).toBe(0);
	});

	test("in a batch over HTTP: one that is malformed is named, and nothing is done", async () => {
		const post = await overPosts("2025-03-26");
		for (const [text, said] of [
			["[]", "a batch holds at least one message"],
			[`[${ping("1")},${ping("1.5")}]`, "message 2 of 2: `id` must be"],
			[`[${ping("1")},[${ping("2")}]]`, "message 2 of 2: a message is"],
		] as const) {
			const answer = await post(text);
			expect(answer.status).toBe(400);
			expect(answer.text).toContain(said);
		}
		const both = await post(`[${ping("1")},${ping("2")}]`);
		expect(both.text.match(/"result":\{\}/g)).toHaveLength(2);
	});

	test.each(["2024-11-05", "2025-06-18", "2025-11-25", "2099-01-01"])(
		"a batch over HTTP is not of protocol %s",
		async (protocol) => {
			const post = await overPosts(protocol);
			const answer = await post(`[${ping("1")},${ping("2")}]`);
			expect(answer.status).toBe(400);
			expect(answer.text).toContain("of the protocol 2025-03-26 alone");
			expect((await post(ping("3"))).text).toContain('"result":{}');
		},
	);

	test("`initialize` in a batch opens no session", async () => {
		const http = await overHttp(openServer().make);
		const response = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				connection: "close",
				accept: "application/json, text/event-stream",
			},
			body: '[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}]',
		});
		expect(response.status).toBe(400);
		expect(await response.text()).toContain("comes by itself");
	});
});

/** JSON as it might come from anybody. */
const anything = fc.oneof(
	fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
	fc.constantFrom(
		null,
		1.5,
		2 ** 60,
		"",
		[],
		{},
		-0,
		JSON.parse('{"__proto__":{"polluted":true}}'),
		JSON.parse(deep(300)),
	),
);
const member = <Value>(value: fc.Arbitrary<Value>) =>
	fc.oneof({ weight: 3, arbitrary: value }, { weight: 2, arbitrary: anything });
const request = fc.record(
	{
		jsonrpc: member(fc.constant("2.0")),
		id: member(fc.oneof(fc.integer(), fc.string())),
		method: member(
			fc.constantFrom(
				"ping",
				"tools/list",
				"tools/call",
				"tools/lst",
				"initialize",
				"resources/read",
				"logging/setLevel",
				"notifications/cancelled",
				"notifications/initialized",
				"__proto__",
			),
		),
		params: member(
			fc.record(
				{
					name: member(fc.constantFrom("list_tables", "query_records")),
					arguments: member(
						fc.record(
							{ table: anything, search: anything, cursor: anything },
							{ requiredKeys: [] },
						),
					),
					cursor: anything,
					_meta: member(
						fc.record({ progressToken: anything }, { requiredKeys: [] }),
					),
					protocolVersion: member(fc.constant("2025-06-18")),
					capabilities: member(
						fc.record(
							{ elicitation: anything, roots: anything },
							{ requiredKeys: [] },
						),
					),
					clientInfo: anything,
					requestId: anything,
					reason: anything,
				},
				{ requiredKeys: [] },
			),
		),
		result: anything,
		error: anything,
	},
	{ requiredKeys: [] },
);
const broken = fc
	.tuple(fc.json(), fc.nat({ max: 40 }))
	.map(([text, at]) => text.slice(0, at).replaceAll("\n", " ").trim() || "{");
const sent = fc.oneof(
	{ weight: 8, arbitrary: request.map((value) => JSON.stringify(value)) },
	{ weight: 1, arbitrary: anything.map((value) => JSON.stringify(value)) },
	{ weight: 1, arbitrary: broken },
);

function isAnswer(message: Message): void {
	if (message.error !== undefined) {
		isInWords(message.error.message);
		return;
	}
	const result = message.result as {
		isError?: boolean;
		structuredContent?: { error?: { code: string } };
	};
	expect(result).toBeTypeOf("object");
	if (result.isError)
		expect(result.structuredContent?.error?.code).not.toBe("internal");
}

test("whatever is sent on a line is answered once, in words, where an answer is promised", async () => {
	const { said } = await overLines();
	await fc.assert(
		fc.asyncProperty(sent, async (text) => {
			const answers = await said(text);
			expect(answers).toHaveLength(expectsAnswer(text) ? 1 : 0);
			for (const answer of answers) isAnswer(answer);
		}),
		{ numRuns: 400 },
	);
	expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("whatever is sent over HTTP has a status, and its answers are in words", async () => {
	const post = await overPosts();
	await fc.assert(
		fc.asyncProperty(sent, async (text) => {
			const { status, text: body } = await post(text);
			expect([200, 202, 400, 404]).toContain(status);
			if (status === 202) {
				expect(body).toBe("");
				return;
			}
			const answers = body.startsWith("event:")
				? [...body.matchAll(/^data: (.*)$/gm)].map(
						([, data]) => JSON.parse(data ?? "") as Message,
					)
				: [JSON.parse(body) as Message];
			expect(answers.length).toBeGreaterThan(0);
			for (const answer of answers)
				if (answer.method === undefined) isAnswer(answer);
		}),
		{ numRuns: 150 },
	);
});

test("a cursor that was made up is refused in words, and nothing begins again", async () => {
	const client = await overPipe(openServer().make);
	const text = async (id: string, name: string, args: object) => {
		client.send(toolCall(id, name, args));
		const { result } = await client.receive((message) => message.id === id);
		return JSON.stringify(result);
	};
	await text("make", "create_table", {
		name: "Rows",
		fields: [{ name: "Name", type: "text" }],
	});
	await text("fill", "create_records", {
		table: "Rows",
		records: [1, 2, 3].map((number) => ({ fields: { Name: `row ${number}` } })),
	});
	const first = await text("first", "query_records", {
		table: "Rows",
		limit: 1,
	});
	const cursor = /"next_cursor":"([^"]+)"/.exec(first)?.[1] ?? "";
	const [hash] = JSON.parse(Buffer.from(cursor, "base64url").toString());
	const forged = (position: unknown) =>
		Buffer.from(JSON.stringify([hash, position])).toString("base64url");
	for (const [index, made] of [
		"abc",
		`${cursor.slice(0, -4)}`,
		forged(null),
		forged({}),
		forged([]),
		forged({ at: "nowhere" }),
		forged({ at: "offset", offset: 1 }),
		forged({ at: "offset", offset: -1 }),
		forged({ at: "list", list: "x", offset: 1 }),
		forged({ at: "key", cursor: 5 }),
		forged({ at: "page", cursor: null, page: -1, size: 1, index: 0 }),
		forged({ at: "key", cursor: "garbage" }),
	].entries()) {
		const said = await text(`forged ${index}`, "query_records", {
			table: "Rows",
			limit: 1,
			cursor: made,
		});
		expect([made, said]).toEqual([made, expect.stringMatching(/cursor/)]);
		expect(said).toContain('"isError":true');
		expect(said).not.toContain("internal");
	}
	expect(
		await text("next", "query_records", { table: "Rows", limit: 1, cursor }),
	).toContain("row 2");
});
