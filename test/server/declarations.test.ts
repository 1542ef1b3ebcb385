import { describe, expect, test } from "vitest";
import { handClock } from "../clock.js";
import type { Message } from "../stdio.js";
import { prepared } from "./asked.js";
import { overHttp, overPipe, type RawClient, toolCall } from "./raw.js";

/** What clients have been seen to declare, or could; and whether they are asked. */
const DECLARED: readonly (readonly [object, boolean])[] = [
	[{}, false],
	[{ elicitation: {} }, true],
	[{ elicitation: { form: {} } }, true],
	[{ elicitation: { form: {}, url: {} } }, true],
	[{ elicitation: { form: { applyDefaults: true } } }, true],
	[{ elicitation: true }, true],
	[{ elicitation: [] }, true],
	[{ elicitation: { form: null } }, true],
	[{ elicitation: { form: null, url: null } }, true],
	[{ elicitation: { form: true } }, true],
	[{ elicitation: { form: [] } }, true],
	[{ elicitation: { schemaValidation: true } }, true],
	[{ elicitation: null }, false],
	[{ elicitation: false }, false],
	[{ elicitation: "yes" }, false],
	[{ elicitation: 1 }, false],
	[{ elicitation: { url: {} } }, false],
	[{ elicitation: { form: null, url: {} } }, false],
	[{ elicitation: { form: false } }, false],
	[{ roots: null, sampling: true, experimental: [], tasks: 3 }, false],
	[{ roots: 5, elicitation: {}, extensions: { "a/b": null } }, true],
];

const asks = ({ method }: Message) => method === "elicitation/create";
const textOf = ({ result }: Message) => JSON.stringify(result);
const answers =
	(id: unknown) =>
	({ id: its, method }: Message) =>
		its === id && method === undefined;

/** One question, and what the client says to it. */
async function deleted(
	client: RawClient,
	table: string,
	given: object,
	clock = handClock(),
): Promise<string> {
	const before = client.received.filter(asks).length;
	client.send(toolCall(`ask ${before}`, "delete_table", { table }));
	await client.receive(() => client.received.filter(asks).length > before);
	clock.advance(4_000);
	client.send({
		jsonrpc: "2.0",
		id: client.received.filter(asks)[before]?.id,
		...given,
	});
	return textOf(await client.receive(answers(`ask ${before}`)));
}

describe("what a client declares", () => {
	test.each(DECLARED)("%j: asked is %s", async (capabilities, asked) => {
		const { server, table } = await prepared();
		const clients = [
			await overPipe(server.make, capabilities),
			await (await overHttp(server.make)).client(capabilities),
		];
		for (const client of clients) {
			client.send(toolCall(1, "delete_table", { table }));
			await client.receive((message) => asks(message) || message.id === 1);
			expect(client.received.some(asks)).toBe(asked);
			if (!asked) {
				const refused = textOf(await client.receive(answers(1)));
				expect(refused).toContain('confirm: \\"Tasks\\"');
				continue;
			}
			client.send({
				jsonrpc: "2.0",
				id: client.received.find(asks)?.id,
				error: { code: -32601, message: "Method not found" },
			});
			const refused = textOf(await client.receive(answers(1)));
			expect(refused).toContain("nobody was asked");
			expect(refused).toContain('confirm: \\"Tasks\\"');
		}
	});
});

/** Answers to a question, as they are on the wire. */
const YES: readonly object[] = [
	{ result: { action: "accept" } },
	{ result: { action: "accept", content: {} } },
	{ result: { action: "accept", content: null } },
	{ result: { action: "accept", content: [] } },
	{ result: { action: "accept", content: { anything: { deep: [1] } } } },
	{ result: { action: "accept", _meta: null }, error: null },
];
const NOBODY: readonly object[] = [
	{ error: { code: -32601, message: "Method not found" } },
	{ error: { code: "odd", message: 7 } },
	{ error: null },
	{ error: "no" },
	{ result: null },
	{ result: "accept" },
	{ result: [] },
	{ result: true },
	{ result: {} },
	{ result: { action: "ACCEPT" } },
	{ result: { action: null } },
	{ result: { action: "accept" }, error: { code: 1, message: "both" } },
];

describe("an answer to a question", () => {
	test.each(YES)("%j is a yes", async (given) => {
		const clock = handClock();
		const { server, table } = await prepared({ clock });
		const client = await overPipe(server.make, { elicitation: {} });
		expect(await deleted(client, table, given, clock)).toContain(
			"deleted table",
		);
	});

	test.each(NOBODY)(
		"%j is an error: nobody was asked, and twice is enough for `confirm`",
		async (given) => {
			const clock = handClock();
			const { server, table } = await prepared({ clock });
			const http = await (await overHttp(server.make)).client({
				elicitation: {},
			});
			expect(await deleted(http, table, given, clock)).toContain(
				"nobody was asked: the client answered an error",
			);
			const client = await overPipe(server.make, { elicitation: {} });
			expect(await deleted(client, table, given, clock)).toContain(
				'confirm: \\"Tasks\\"',
			);
			client.send(
				toolCall("again", "delete_table", { table, confirm: "Tasks" }),
			);
			await client.receive(() => client.received.filter(asks).length > 1);
			client.send({
				jsonrpc: "2.0",
				id: client.received.filter(asks)[1]?.id,
				...given,
			});
			expect(textOf(await client.receive(answers("again")))).toContain(
				"deleted table",
			);
		},
	);
});

describe("a client that gives its calls up while the question is open", () => {
	test.each([1_000, 29_000])(
		"after %i ms: it is asked again each time",
		async (afterMs) => {
			const { client, table, clock } = await givingUp(afterMs, 3);
			client.send(
				toolCall("last", "delete_table", { table, confirm: "Tasks" }),
			);
			await client.receive(() => client.received.filter(asks).length > 3);
			clock.advance(3_000);
			client.send({
				jsonrpc: "2.0",
				id: client.received.filter(asks)[3]?.id,
				result: { action: "accept" },
			});
			expect(textOf(await client.receive(answers("last")))).toContain(
				"deleted table",
			);
		},
	);

	test("after 60 s, twice: it shows its person nothing, and counts as one that cannot ask", async () => {
		const { client, table } = await givingUp(60_000, 2);
		client.send(toolCall("bare", "delete_table", { table }));
		expect(textOf(await client.receive(answers("bare")))).toContain(
			'confirm: \\"Tasks\\"',
		);
		client.send(toolCall("last", "delete_table", { table, confirm: "Tasks" }));
		expect(textOf(await client.receive(answers("last")))).toContain(
			"deleted table",
		);
		expect(client.received.filter(asks)).toHaveLength(2);
	});

	async function givingUp(afterMs: number, times: number) {
		const clock = handClock();
		const { server, table } = await prepared({ clock });
		const client = await overPipe(server.make, { elicitation: {} });
		for (let time = 0; time < times; time++) {
			client.send(toolCall(`cut ${time}`, "delete_table", { table }));
			await client.receive(() => client.received.filter(asks).length > time);
			clock.advance(afterMs);
			client.send({
				jsonrpc: "2.0",
				method: "notifications/cancelled",
				params: { requestId: `cut ${time}` },
			});
			const withdrawn = client.received.filter(asks)[time]?.id;
			await client.receive(
				({ method, params }) =>
					method === "notifications/cancelled" &&
					params?.requestId === withdrawn,
			);
		}
		return { client, table, clock };
	}
});

test("a broken stream over HTTP takes its question with it: the next is asked alone", async () => {
	const clock = handClock();
	const { server, table } = await prepared({ clock });
	const client = await (await overHttp(server.make)).client({
		elicitation: {},
	});
	const call = toolCall(1, "delete_table", { table });
	client.send(call);
	await client.receive(asks);
	clock.advance(3_000);
	client.breakOff(call);
	const refused = async (): Promise<string> => {
		const before = client.received.filter(asks).length;
		const next = client.post(
			toolCall(`next ${before}`, "delete_table", { table, confirm: "Tasks" }),
		);
		await Promise.race([
			next,
			client.receive(() => client.received.filter(asks).length > before),
		]);
		const asked = client.received.filter(asks)[before];
		if (asked !== undefined)
			await client.post({
				jsonrpc: "2.0",
				id: asked.id,
				result: { action: "decline" },
			});
		return JSON.stringify((await next).messages.at(-1)?.result);
	};
	// The server hears of it when the connection is closed, which takes its time.
	await expect.poll(refused).toContain("nobody was asked");
});

test("`confirm` agrees only to the very question that was named", async () => {
	const { client, table } = await prepared();
	const type = { table, field: "Stage", type: "text" };
	const options = {
		table,
		field: "Stage",
		settings: { remove_options: ["Done"] },
	};
	const confirms = new Map<object, string>();
	for (const args of [type, options]) {
		const { text } = await client.refused("update_field", args);
		confirms.set(args, JSON.parse(/confirm: ("[^"]*")/.exec(text)?.[1] ?? ""));
	}
	expect([...confirms.values()]).toEqual([
		"to text: Stage",
		"without Done: Stage",
	]);
	for (const args of [type, options])
		for (const confirm of [
			"Stage",
			confirms.get(args === type ? options : type),
		])
			await client.refused("update_field", { ...args, confirm });
	const both = await client.refused("update_field", {
		...options,
		type: "multi_select",
		confirm: "Stage",
	});
	expect(both.text).toContain("two questions, and two calls");
	for (const args of [options, type])
		await client.ok("update_field", { ...args, confirm: confirms.get(args) });
});
