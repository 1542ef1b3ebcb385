import { request } from "node:http";
import { describe, expect, test } from "vitest";
import type { Session } from "../../src/core/contract/session.js";
import type { Message } from "../stdio.js";
import { connected, openServer } from "./client.js";
import { overHttp, overPipe, toolCall } from "./raw.js";

const NONE = { conditions: [{ field: "Name", op: "is", value: "nobody" }] };
const ALL = { conditions: [{ field: "Name", op: "is_not_empty" }] };

/** Eight records of which a deletion that asks nobody can take all. */
async function prepared(log?: Session["log"]) {
	const client = await connected();
	await client.ok("create_table", {
		name: "People",
		fields: [{ name: "Name", type: "text" }],
	});
	await client.ok("create_records", {
		table: "People",
		records: Array.from({ length: 8 }, (_, index) => ({
			fields: { Name: `n${index}` },
		})),
	});
	return openServer({
		folder: client.folder,
		...(log === undefined ? {} : { log }),
	});
}

const deleteNone = (id: unknown, meta?: object) =>
	toolCall(id, "delete_records", { table: "People", filter: NONE }, meta);
const queryAll = (id: unknown, meta?: object) =>
	toolCall(id, "query_records", { table: "People", filter: ALL }, meta);

const structured = ({ result }: Message) =>
	result?.structuredContent as { counts?: object; total?: number } | undefined;
const counts = (message: Message) => structured(message)?.counts;
const total = (message: Message) => structured(message)?.total;

describe("one id, two requests in flight", () => {
	test("over a pipe the second is refused in words, and the first is done with its own arguments", async () => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send(deleteNone(7));
		client.send(queryAll(7));
		await client.receive(({ id, result }) => id === 7 && result !== undefined);
		const [answered, ...more] = client.answersTo(7) as [Message];
		expect(more).toEqual([]);
		// Under the id itself it would end the first.
		const [refused] = client.answersTo(null) as [Message];
		expect(refused.error).toMatchObject({
			code: -32600,
			message: expect.stringMatching(/id 7 .*in flight/),
		});
		expect(counts(answered)).toMatchObject({ deleted: 0 });
		client.send(queryAll(8));
		expect(total(await client.receive(({ id }) => id === 8))).toBe(8);
	});

	test("over HTTP the second is refused on its own request, and the first is answered on its own", async () => {
		const { make } = await prepared();
		const client = await (await overHttp(make)).client();
		const [first, second] = await Promise.all([
			client.post(deleteNone(7)),
			client.post(queryAll(7)),
		]);
		// Which of two requests arrives first is for the network to say: one is answered, the other refused.
		const [answered, refused] =
			first.status === 200 ? [first, second] : [second, first];
		expect(refused.status).toBe(400);
		expect(refused.messages).toEqual([
			{
				jsonrpc: "2.0",
				id: null,
				error: {
					code: -32600,
					message: expect.stringMatching(/id 7 .*in flight/),
				},
			},
		]);
		expect(answered.status).toBe(200);
		expect(answered.messages.map(({ id }) => id)).toEqual([7]);
		const left = await client.post(queryAll(8));
		expect(total(left.messages[0] as Message)).toBe(8);
	});

	test("a request of another kind is refused as well, and an id that was answered may come again", async () => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send(deleteNone(7));
		client.send({ jsonrpc: "2.0", id: 7, method: "tools/list" });
		await client.receive(({ id, error }) => id === null && error !== undefined);
		await client.receive(({ id, result }) => id === 7 && result !== undefined);
		for (const method of ["ping", "tools/list"]) {
			client.send({ jsonrpc: "2.0", id: 7, method });
			const before = client.answersTo(7).length;
			await client.receive(() => client.answersTo(7).length > before);
			expect(client.answersTo(7).at(-1)?.error).toBeUndefined();
		}
	});

	test("over HTTP a message that is refused for another reason does not keep its id", async () => {
		const { make } = await prepared();
		const client = await (await overHttp(make)).client();
		const bad = await client.post({ ...queryAll(9), jsonrpc: "1.0" });
		expect(bad.status).toBe(400);
		expect((await client.post(queryAll(9))).status).toBe(200);
	});

	test("over HTTP a body that is not JSON is refused in words", async () => {
		const { make } = await prepared();
		const http = await overHttp(make);
		for (const session of [false, true]) {
			const response = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
				method: "POST",
				headers: {
					"content-type": "application/json",
					accept: "application/json, text/event-stream",
					...(session
						? { "mcp-session-id": (await http.client()).session() }
						: {}),
				},
				body: '{"jsonrpc":',
			});
			expect(response.status).toBe(400);
			expect(await response.json()).toMatchObject({
				id: null,
				error: {
					code: -32700,
					message: expect.stringMatching(/^the body is not JSON: /),
				},
			});
		}
	});

	test("over HTTP a batch whose ids collide is refused whole", async () => {
		const { make } = await prepared();
		const client = await (await overHttp(make)).client({}, "raw", "2025-03-26");
		const { status, messages } = await client.post([
			deleteNone(1),
			queryAll(1),
		]);
		expect(status).toBe(400);
		expect(messages[0]?.error?.code).toBe(-32600);
	});
});

test("the text 1 and the number 1 are two ids", async () => {
	const { make } = await prepared();
	const client = await overPipe(make);
	client.send(deleteNone("1"));
	client.send(queryAll(1));
	expect(counts(await client.receive(({ id }) => id === "1"))).toMatchObject({
		deleted: 0,
	});
	expect(total(await client.receive(({ id }) => id === 1))).toBe(8);
});

test("two sessions over HTTP may use the same id at once, and each gets its own answer", async () => {
	const { make } = await prepared();
	const http = await overHttp(make);
	const one = await http.client();
	const two = await http.client();
	const [deleted, read] = await Promise.all([
		one.post(deleteNone(1)),
		two.post(queryAll(1)),
	]);
	expect(counts(deleted.messages[0] as Message)).toMatchObject({ deleted: 0 });
	expect(total(read.messages[0] as Message)).toBe(8);
});

describe("a cancellation", () => {
	const cancel = (requestId: unknown) => ({
		jsonrpc: "2.0",
		method: "notifications/cancelled",
		params: { requestId },
	});

	test.each([
		["1", 1],
		[1, "1"],
		[0, ""],
		["", 0],
	])("of %j ends that request alone, not %j", async (gone, kept) => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send(queryAll(gone));
		client.send(queryAll(kept));
		client.send(cancel(gone));
		expect(total(await client.receive(({ id }) => id === kept))).toBe(8);
		client.send({ jsonrpc: "2.0", id: "later", method: "ping" });
		await client.receive(({ id }) => id === "later");
		expect(client.answersTo(gone)).toEqual([]);
	});

	test("of an id that was refused because it was in flight ends the first", async () => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send(queryAll(5));
		client.send(queryAll(5));
		client.send(cancel(5));
		client.send(queryAll(6));
		await client.receive(({ id }) => id === 6);
		expect(client.answersTo(5)).toEqual([]);
		expect(client.answersTo(null).map(({ error }) => error?.code)).toEqual([
			-32600,
		]);
	});

	test("frees its id once the call has ended, and not before", async () => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send(queryAll(5));
		client.send(cancel(5));
		client.send(queryAll(5));
		await client.receive(({ id }) => id === null);
		expect(client.answersTo(null)[0]?.error?.code).toBe(-32600);
		// The cancelled call ends some time later, without a word.
		const answers = () => [...client.answersTo(null), ...client.answersTo(5)];
		let answered: Message | undefined;
		do {
			const before = answers().length;
			client.send(queryAll(5));
			await client.receive(() => answers().length > before);
			answered = answers().at(-1);
			await new Promise((resolve) => setImmediate(resolve));
		} while (answered?.error !== undefined);
		expect(total(answered as Message)).toBe(8);
	});

	test("of what is answered at once changes nothing", async () => {
		const { make } = await prepared();
		const client = await overPipe(make);
		client.send({ jsonrpc: "2.0", id: 5, method: "tools/list" });
		client.send(cancel(5));
		client.send(cancel("never asked"));
		expect((await client.receive(({ id }) => id === 5)).result).toBeDefined();
		client.send({ jsonrpc: "2.0", id: 5, method: "ping" });
		await client.receive(() => client.answersTo(5).length === 2);
		expect(client.answersTo(5)[1]?.result).toEqual({});
	});
});

test("of two calls with one progress token the first has it, and both are answered", async () => {
	const lines: string[] = [];
	const { make } = await prepared((level, message) =>
		lines.push(`${level} ${message}`),
	);
	const client = await overPipe(make);
	const records = (from: number) =>
		Array.from({ length: 200 }, (_, index) => ({
			fields: { Name: `more ${from + index}` },
		}));
	const create = (id: unknown, from: number, token: unknown) =>
		toolCall(
			id,
			"create_records",
			{ table: "People", records: records(from) },
			{ progressToken: token },
		);
	client.send(create(1, 0, "t"));
	client.send(create(2, 1_000, "t"));
	client.send(create(3, 2_000, "u"));
	for (const wanted of [1, 2, 3])
		expect(
			counts(await client.receive(({ id }) => id === wanted)),
		).toMatchObject({ created: 200 });
	const told = (token: unknown) =>
		client.received
			.filter(({ params }) => params?.progressToken === token)
			.map(({ params }) => params?.progress);
	for (const token of ["t", "u"]) {
		const steps = told(token) as number[];
		expect(steps.length).toBeGreaterThan(0);
		expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
	}
	expect(lines).toEqual([
		expect.stringMatching(/^debug create_records: its progress token/),
	]);
	// Free again with the answer.
	client.send(create(4, 3_000, "t"));
	await client.receive(({ id }) => id === 4);
	expect(told("t").filter((step) => step === 200)).toHaveLength(2);
});

test("a message over HTTP is as large as over stdio, and one that is larger is refused in words", async () => {
	const { make } = await prepared();
	const http = await overHttp(make);
	const client = await http.client();
	const { status, messages } = await client.post(
		toolCall(1, "query_records", {
			table: "People",
			filter: {
				conditions: [{ field: "Name", op: "is", value: "x".repeat(5_000_000) }],
			},
		}),
	);
	expect(status).toBe(200);
	expect(total(messages[0] as Message)).toBe(0);
	// By hand, in pieces and on a connection of its own: so much at once keeps a loaded machine busy for seconds.
	const [huge, body] = await new Promise<[number, string]>(
		(resolve, reject) => {
			const sent = request({
				host: "127.0.0.1",
				port: http.port,
				path: "/mcp",
				method: "POST",
				agent: false,
				headers: {
					"content-type": "application/json",
					accept: "application/json, text/event-stream",
					"mcp-session-id": client.session(),
				},
			});
			sent.on("error", reject);
			sent.on("response", async (response) => {
				let text = "";
				for await (const chunk of response) text += chunk;
				resolve([response.statusCode ?? 0, text]);
			});
			const piece = Buffer.alloc(1024 * 1024, "x");
			for (let count = 0; count < 65; count++) sent.write(piece);
			sent.end();
		},
	);
	expect(huge).toBe(413);
	expect(JSON.parse(body).error.message).toMatch(/larger than \d+ bytes/);
	// The session goes on.
	expect((await client.post(queryAll(3))).status).toBe(200);
});
