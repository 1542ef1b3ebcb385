import { describe, expect, test } from "vitest";
import type { TablesServer } from "../../src/server/index.js";
import { handClock } from "../clock.js";
import type { Message } from "../stdio.js";
import { prepared } from "./asked.js";
import { openServer } from "./client.js";
import { type HttpClient, overHttp, overPipe, toolCall } from "./raw.js";

/** The prepared table served over HTTP, to clients that keep no GET stream. */
async function served() {
	const { client, table } = await prepared();
	const clock = handClock();
	const { make } = openServer({ folder: client.folder, clock });
	const servers: TablesServer[] = [];
	const http = await overHttp(() => {
		const server = make();
		servers.push(server);
		return server;
	});
	return {
		clock,
		table,
		client: http.client,
		idle: () => Promise.all(servers.map((server) => server.idle())),
	};
}

const asks = ({ method }: Message) => method === "elicitation/create";
const remove = (id: unknown, table: string, confirm?: string) =>
	toolCall(id, "delete_table", {
		table,
		...(confirm === undefined ? {} : { confirm }),
	});

/** The question that is the next after `before` ones. */
async function question(client: HttpClient, before = 0): Promise<Message> {
	await client.receive(() => client.received.filter(asks).length > before);
	return client.received.filter(asks)[before] as Message;
}

const answer = (client: HttpClient, { id }: Message, action: string) =>
	client.post({ jsonrpc: "2.0", id, result: { action } });

const textOf = (messages: readonly Message[]) =>
	JSON.stringify(messages.at(-1)?.result);

test("the question comes on the stream of the call itself", async () => {
	const { client: connect, table, clock } = await served();
	const client = await connect({ elicitation: {} });
	const call = client.post(remove(1, table));
	const asked = await question(client);
	expect(asked.params?.message).toMatch(/^May I delete the table "Tasks"/);
	clock.advance(4_000);
	expect((await answer(client, asked, "accept")).status).toBe(202);
	const { messages } = await call;
	expect(messages.map(({ method, id }) => method ?? id)).toEqual([
		"elicitation/create",
		1,
	]);
	expect(textOf(messages)).toContain("the client said yes after 4.0 s");
});

test("two sessions are asked each on its own stream, whatever their ids", async () => {
	const { client: connect, table, clock } = await served();
	const one = await connect({ elicitation: {} });
	const two = await connect({ elicitation: {} });
	const first = one.post(toolCall(1, "delete_view", { table, view: "Board" }));
	const second = two.post(remove(1, table));
	const [view, whole] = [await question(one), await question(two)];
	expect(view.params?.message).toContain("the view");
	expect(whole.params?.message).toContain("the table");
	clock.advance(4_000);
	await answer(two, whole, "decline");
	expect(textOf((await second).messages)).toContain("the person said no");
	await answer(one, view, "accept");
	expect(textOf((await first).messages)).toContain("deleted view");
});

test("a client that declines by itself is asked twice, then `confirm` counts in its session alone", async () => {
	const { client: connect, table } = await served();
	const client = await connect({ elicitation: {} });
	for (const [turn, confirm, said] of [
		[0, undefined, "nobody was asked"],
		[1, "Wrong", 'confirm: \\"Tasks\\" (given was \\"Wrong\\")'],
	] as const) {
		const call = client.post(remove(turn, table, confirm));
		await answer(client, await question(client, turn), "decline");
		expect(textOf((await call).messages)).toContain(said);
	}
	const other = await connect({ elicitation: {} });
	const elsewhere = other.post(remove(2, table, "Tasks"));
	await answer(other, await question(other), "decline");
	expect(textOf((await elsewhere).messages)).toContain("nobody was asked");
	const call = client.post(remove(2, table, "Tasks"));
	await answer(client, await question(client, 2), "decline");
	expect(textOf((await call).messages)).toContain("deleted table");
});

test("a person's no holds for a session that cannot ask", async () => {
	const { client: connect, table, clock } = await served();
	const client = await connect({ elicitation: {} });
	const call = client.post(remove(1, table));
	const asked = await question(client);
	clock.advance(5_000);
	await answer(client, asked, "decline");
	expect(textOf((await call).messages)).toContain("the person said no");
	const other = await connect();
	const refused = await other.post(remove(1, table, "Tasks"));
	expect(textOf(refused.messages)).toContain(
		"a person said no to delete_table",
	);
	clock.advance(600_000);
	const done = await other.post(remove(2, table, "Tasks"));
	expect(textOf(done.messages)).toContain("deleted table");
});

test("a client that answers an error counts as one that cannot ask", async () => {
	const { client: connect, table } = await served();
	const client = await connect({ elicitation: {} });
	for (const [turn, said] of [
		[0, "nobody was asked: the client answered an error"],
		[1, "deleted table"],
	] as const) {
		const call = client.post(remove(turn, table, "Tasks"));
		const { id } = await question(client, turn);
		await client.post({
			jsonrpc: "2.0",
			id,
			error: { code: -32601, message: "Method not found" },
		});
		expect(textOf((await call).messages)).toContain(said);
	}
});

describe("a stream that breaks", () => {
	test("while the question is open is not an answer: nothing is sent, and the next call asks again", async () => {
		const { client: connect, table, idle, clock } = await served();
		const client = await connect({ elicitation: {} });
		const call = remove(1, table);
		client.send(call);
		const asked = await question(client);
		clock.advance(3_000);
		client.breakOff(call);
		// The call ends by itself, long before the ten minutes of its question.
		await idle();
		await answer(client, asked, "accept");
		const left = await client.post(
			toolCall(2, "query_records", { table, limit: 0 }),
		);
		expect(textOf(left.messages)).toContain('"total":12');
		const again = client.post(remove(3, table));
		await answer(client, await question(client, 1), "accept");
		expect(textOf((await again).messages)).toContain("deleted table");
	});

	test("before there is a question leaves nobody to ask", async () => {
		const { client: prepares, table } = await prepared();
		const { make } = openServer({
			folder: prepares.folder,
			clock: handClock(),
		});
		const server = make();
		const client = await overPipe(() => server, { elicitation: {} });
		expect(server.expect([1])).toEqual([]);
		server.lose([1]);
		client.send(remove(1, table));
		const { result } = await client.receive(({ id }) => id === 1);
		expect(JSON.stringify(result)).toContain("the person did not answer");
		expect(client.received.filter(asks)).toEqual([]);
	});
});
