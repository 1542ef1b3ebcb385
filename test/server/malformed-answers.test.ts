import { describe, expect, test } from "vitest";
import type { Message } from "../stdio.js";
import { prepared } from "./asked.js";
import { openServer } from "./client.js";
import { overHttp, overPipe, toolCall } from "./raw.js";

/* Whatever a client answers to a question, the call that asked ends: nobody has said yes, and nothing is sent. */

const asks = ({ method }: Message) => method === "elicitation/create";

type Answer = (id: unknown) => object;

const ANSWERS: Readonly<Record<string, Answer>> = {
	"neither a result nor an error": (id) => ({ jsonrpc: "2.0", id }),
	"a result that is null": (id) => ({ jsonrpc: "2.0", id, result: null }),
	"a result that is a text": (id) => ({ jsonrpc: "2.0", id, result: "accept" }),
	"a result that is a list": (id) => ({ jsonrpc: "2.0", id, result: [] }),
	"a result without an action": (id) => ({ jsonrpc: "2.0", id, result: {} }),
	"an action that is none": (id) => ({
		...{ jsonrpc: "2.0", id },
		result: { action: "yes" },
	}),
	"an action that is not a text": (id) => ({
		...{ jsonrpc: "2.0", id },
		result: { action: { accept: true } },
	}),
	"a result and an error": (id) => ({
		...{ jsonrpc: "2.0", id, result: { action: "accept" } },
		error: { code: 1, message: "x" },
	}),
	"an error that is a text": (id) => ({ jsonrpc: "2.0", id, error: "no" }),
	"an error that is null": (id) => ({ jsonrpc: "2.0", id, error: null }),
	"no version": (id) => ({ id, result: { action: "accept" } }),
	"another version": (id) => ({
		...{ jsonrpc: "1.0", id },
		result: { action: "accept" },
	}),
	"a method that is null": (id) => ({
		...{ jsonrpc: "2.0", id, method: null },
		result: { action: "accept" },
	}),
	"a method that is a number": (id) => ({
		...{ jsonrpc: "2.0", id, method: 7 },
		result: { action: "accept" },
	}),
	"far too deep a result": (id) => ({
		...{ jsonrpc: "2.0", id },
		result: { action: "accept", content: deep(1_000) },
	}),
};

function deep(levels: number): unknown {
	let value: unknown = {};
	for (let level = 0; level < levels; level++) value = { value };
	return value;
}

/** The call is over, nobody was heard to agree, and the table is there. */
function expectUnanswered(answer: Message | undefined) {
	const { result } = answer ?? {};
	expect(result).toMatchObject({ isError: true });
	const text = JSON.stringify(result);
	expect(text).toMatch(/declined: (nobody was asked|the person did not)/);
	expect(text).toContain("Nothing was sent.");
}

describe.each(Object.entries(ANSWERS))("%s", (_, answer) => {
	test("over a pipe the call ends, and the next one is answered", async () => {
		const { client: first, table } = await prepared();
		const { make } = openServer({ folder: first.folder });
		const client = await overPipe(make, { elicitation: {} });
		client.send(toolCall(1, "delete_table", { table }));
		const { id } = await client.receive(asks);
		client.send(answer(id));
		expectUnanswered(await client.receive((message) => message.id === 1));
		client.send(toolCall(2, "describe_fields", { table }));
		const next = await client.receive((message) => message.id === 2);
		expect(next.result).not.toHaveProperty("isError", true);
	});

	test("over HTTP the call ends", async () => {
		const { client: first, table } = await prepared();
		const { make } = openServer({ folder: first.folder });
		const http = await overHttp(make);
		const client = await http.client({ elicitation: {} });
		const call = client.post(toolCall(1, "delete_table", { table }));
		await client.receive(asks);
		const { id } = client.received.find(asks) as Message;
		await client.post(answer(id));
		const { messages } = await call;
		expectUnanswered(messages.at(-1));
	});
});

test("what may have been a request is answered as one, too", async () => {
	const client = await overPipe(openServer().make);
	client.send({ jsonrpc: "2.0", id: 5 });
	const { error } = await client.receive(({ id }) => id === 5);
	expect(error).toMatchObject({ code: -32600 });
});
