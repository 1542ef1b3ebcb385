import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { readCommand } from "../../src/cli-arguments.js";
import { serveHttp } from "../../src/server/index.js";
import { handClock } from "../clock.js";
import { folderOfTests, temporaryFolder } from "../folder.js";
import { BUILT } from "../stdio.js";
import { openServer } from "./client.js";

/** What a bundle host passes on for a setting that nobody filled in. */
const UNFILLED = ["$", "{user_config.http_token}"].join("");

interface Served {
	readonly process: ChildProcess;
	readonly url: URL;
}

async function start(
	args: readonly string[],
	environment: Record<string, string> = {},
	atEnd: (end: () => Promise<void>) => void = onTestFinished,
): Promise<{ readonly process: ChildProcess; said(): Promise<string> }> {
	const child = spawn(process.execPath, [BUILT, "serve", "--http", ...args], {
		env: {
			PATH: process.env.PATH,
			TABLES_MCP_DATA_DIR: environment.TABLES_MCP_DATA_DIR ?? temporaryFolder(),
			...environment,
		},
		stdio: ["ignore", "pipe", "pipe"],
	});
	atEnd(async () => {
		if (child.exitCode !== null || child.signalCode !== null) return;
		const exit = once(child, "exit");
		child.kill("SIGKILL");
		await exit;
	});
	let text = "";
	let printed = "";
	child.stdout?.on("data", (chunk) => {
		printed += chunk;
	});
	child.stderr?.setEncoding("utf8");
	return {
		process: child,
		async said() {
			while (!text.includes("\n"))
				text += (await once(child.stderr as NodeJS.ReadableStream, "data"))[0];
			expect(printed).toBe("");
			return text;
		},
	};
}

async function served(
	environment: Record<string, string> = {},
	args: readonly string[] = ["0"],
): Promise<Served> {
	return servedBy(await start(args, environment));
}

async function servedBy(
	started: Awaited<ReturnType<typeof start>>,
): Promise<Served> {
	const text = await started.said();
	const port = /:(\d+)\/mcp/.exec(text)?.[1];
	if (port === undefined) throw new Error(text);
	return {
		process: started.process,
		url: new URL(`http://127.0.0.1:${port}/mcp`),
	};
}

const sharedFolder = folderOfTests();
const ends: (() => Promise<void>)[] = [];
afterAll(async () => {
	for (const end of ends) await end();
});
let shared: Promise<Served> | undefined;

/** One process for all cases that are not about how it starts or ends; each makes what it works on. */
function anyServer(): Promise<Served> {
	shared ??= start(["0"], { TABLES_MCP_DATA_DIR: sharedFolder }, (end) =>
		ends.push(end),
	).then(servedBy);
	return shared;
}

/** As the program does it, without a process: the command line and the environment are read, and HTTP is served. */
async function servedHere(
	environment: Record<string, string>,
	args: readonly string[] = ["0"],
): Promise<{ readonly url: URL }> {
	const command = readCommand(["serve", "--http", ...args]);
	if (command.name !== "http") throw new Error(`it is ${command.name}`);
	const { config, make, secrets } = openServer({ environment });
	const http = await serveHttp(make, {
		host: command.host,
		port: command.port,
		token: config.httpToken,
		log: () => {},
		clock: handClock(),
		redact: secrets.redact,
	});
	onTestFinished(() => http.close());
	return { url: new URL(`http://127.0.0.1:${http.port}/mcp`) };
}

async function connect(
	url: URL,
	headers: Record<string, string> = {},
	agree?: boolean,
) {
	const client = new Client(
		{ name: "test", version: "1" },
		{ capabilities: agree === undefined ? {} : { elicitation: {} } },
	);
	if (agree !== undefined)
		client.setRequestHandler(ElicitRequestSchema, () => ({
			action: agree ? "accept" : "decline",
		}));
	const transport = new StreamableHTTPClientTransport(url, {
		requestInit: { headers },
	});
	await client.connect(transport as never);
	onTestFinished(() => client.close());
	return { client, transport };
}

const call = async (client: Client, name: string, args: object) =>
	(await client.callTool({ name, arguments: { ...args } })) as {
		isError?: boolean;
		content: { text: string }[];
		// biome-ignore lint/suspicious/noExplicitAny: answers are looked into
		structuredContent: any;
	};

/** One request by hand: status and text. */
function ask(
	url: URL,
	headers: Record<string, string>,
	options: { path?: string; method?: string; body?: unknown } = {},
): Promise<{ readonly status: number; readonly text: string }> {
	return new Promise((resolve, reject) => {
		const asked = request(
			{
				host: url.hostname,
				port: url.port,
				path: options.path ?? "/mcp",
				method: options.method ?? "POST",
				headers: {
					"content-type": "application/json",
					accept: "application/json, text/event-stream",
					...headers,
				},
			},
			async (response) => {
				let text = "";
				for await (const chunk of response) text += chunk;
				resolve({ status: response.statusCode ?? 0, text });
			},
		);
		asked.on("error", reject);
		asked.end(
			options.method === "GET"
				? undefined
				: JSON.stringify(options.body ?? INITIALIZE),
		);
	});
}

const INITIALIZE = {
	jsonrpc: "2.0",
	id: 1,
	method: "initialize",
	params: {
		protocolVersion: "2025-06-18",
		capabilities: {},
		clientInfo: { name: "test", version: "1" },
	},
};

test("the SDK's client lists, writes, reads, is asked, and ends its session", async () => {
	const { url } = await anyServer();
	const { client, transport } = await connect(url, {}, true);
	expect((await client.listTools()).tools.length).toBeGreaterThan(15);
	const made = await call(client, "create_table", {
		name: "T",
		fields: [{ name: "Name", type: "text" }],
	});
	const { table } = made.structuredContent;
	const written = await call(client, "create_records", {
		table,
		records: Array.from({ length: 12 }, (_, index) => ({
			fields: { Name: `n${index}` },
		})),
	});
	const told: number[] = [];
	const removed = (await client.callTool(
		{
			name: "delete_records",
			arguments: { table, record_ids: written.structuredContent.ids },
		},
		undefined,
		{ onprogress: ({ progress }) => told.push(progress) },
	)) as unknown as { structuredContent: { counts: object } };
	expect(removed.structuredContent.counts).toMatchObject({ deleted: 12 });
	expect(told.at(-1)).toBe(12);
	const id = transport.sessionId as string;
	await transport.terminateSession();
	const after = await ask(
		url,
		{ "mcp-session-id": id },
		{ body: { jsonrpc: "2.0", id: 9, method: "ping" } },
	);
	expect(after).toMatchObject({
		status: 404,
		text: expect.stringContaining("initialize again"),
	});
});

test("two clients have sessions of their own over one store", async () => {
	const { url } = await anyServer();
	const [one, two] = await Promise.all([connect(url), connect(url, {}, false)]);
	expect(one.transport.sessionId).not.toBe(two.transport.sessionId);
	const made = await call(one.client, "create_table", {
		name: "Shared",
		fields: [{ name: "Name", type: "text" }],
	});
	const { table } = made.structuredContent;
	const declined = await call(two.client, "delete_table", {
		table,
		confirm: "Shared",
	});
	expect(declined.isError).toBe(true);
	expect(declined.content[0]?.text).toMatch(/nobody was asked/);
	const removed = await call(one.client, "delete_table", {
		table,
		confirm: "Shared",
	});
	expect(removed.isError).toBeUndefined();
});

test("malformed calls are answered in words here too", async () => {
	const { url } = await anyServer();
	const { client } = await connect(url);
	const answer = await call(client, "query_record", {});
	expect(answer.content[0]?.text).toMatch(/Nearest: query_records/);
	const { transport } = await connect(url);
	const text = await ask(
		url,
		{ "mcp-session-id": transport.sessionId as string },
		{
			body: {
				jsonrpc: "2.0",
				id: 5,
				method: "tools/call",
				params: { name: "list_tables", arguments: "hello" },
			},
		},
	);
	expect(text.text).toContain("must be an object");
});

describe("who may speak to it", () => {
	test("on loopback only pages and hosts of this machine", async () => {
		const { url } = await anyServer();
		const { port } = url;
		const STATUS: readonly [Record<string, string>, number][] = [
			[{ host: `127.0.0.1:${port}` }, 200],
			[{ host: `localhost:${port}` }, 200],
			[{ host: `[::1]:${port}` }, 200],
			[{ host: "evil.example" }, 403],
			[{ host: `localhost.evil.example:${port}` }, 403],
			[{ origin: `http://localhost:${port}` }, 200],
			[{ origin: `http://127.0.0.1:${port}` }, 200],
			[{ origin: `http://[::1]:${port}` }, 200],
			[{ origin: "http://127.0.0.1:3000" }, 403],
			[{ origin: "http://127.0.0.1" }, 403],
			[{ origin: `https://localhost:${port}` }, 403],
			[{ origin: `ftp://localhost:${port}` }, 403],
			[{ origin: `http://127.0.0.2:${port}` }, 403],
			[{ origin: `http://user@localhost:${port}` }, 403],
			[{ origin: `http://localhost:${port}/` }, 403],
			[{ origin: `http://localhost:${port}, http://evil.example` }, 403],
			[{ origin: "file://" }, 403],
			[{ origin: "" }, 403],
			[{ origin: "https://evil.example" }, 403],
			[{ origin: "http://localhost.evil.example" }, 403],
			[{ origin: "null" }, 403],
			[{ "mcp-session-id": "made-up" }, 404],
		];
		for (const [headers, status] of STATUS)
			expect([headers, (await ask(url, headers)).status]).toEqual([
				headers,
				status,
			]);
		expect((await ask(url, {}, { path: "/" })).status).toBe(404);
		expect((await ask(url, {}, { method: "GET" })).status).toBeGreaterThan(399);
		expect(
			(await ask(url, {}, { body: [INITIALIZE, INITIALIZE] })).status,
		).toBe(400);
	});

	test("beyond loopback a token is needed to start, and to speak", async () => {
		const refused = await start(["0", "--host", "0.0.0.0"]);
		expect(await refused.said()).toMatch(/needs a bearer token/);
		if (refused.process.exitCode === null) await once(refused.process, "exit");
		expect(refused.process.exitCode).toBe(1);
		for (const unset of ["", "  ", UNFILLED])
			await expect(
				servedHere({ TABLES_MCP_HTTP_TOKEN: unset }, [
					"0",
					"--host",
					"0.0.0.0",
				]),
			).rejects.toThrow(/needs a bearer token/);

		const { url } = await served({ TABLES_MCP_HTTP_TOKEN: "open-sesame" }, [
			"0",
			"--host",
			"0.0.0.0",
		]);
		const bearer = { authorization: "Bearer open-sesame" };
		expect((await ask(url, {})).status).toBe(401);
		expect((await ask(url, { authorization: "Bearer open" })).status).toBe(401);
		for (const scheme of ["bearer", "BEARER", "Bearer "])
			expect(
				(await ask(url, { authorization: `${scheme} open-sesame` })).status,
			).toBe((await ask(url, bearer)).status);
		for (const wrong of ["open-sesame", "Basic open-sesame", "Bearer"])
			expect((await ask(url, { authorization: wrong })).status).toBe(401);
		expect((await ask(url, { authorization: "open-sesame" })).status).toBe(401);
		expect((await ask(url, bearer)).status).toBe(200);
		expect(
			(await ask(url, { ...bearer, origin: "https://evil.example" })).status,
		).toBe(403);
		const { client } = await connect(url, bearer);
		expect((await client.listTools()).tools.length).toBeGreaterThan(15);
	});

	test.each(["", " ", "\t", UNFILLED])(
		"a token of %j is none",
		async (token) => {
			const { url } = await servedHere({ TABLES_MCP_HTTP_TOKEN: token });
			expect((await ask(url, {})).status).toBe(200);
		},
	);

	test("spaces around a token do not count, and one that no header can hold is refused", async () => {
		const { url } = await servedHere({
			TABLES_MCP_HTTP_TOKEN: " open-sesame\n",
		});
		const bearer = { authorization: "Bearer open-sesame" };
		expect((await ask(url, bearer)).status).toBe(200);
		await expect(
			servedHere({ TABLES_MCP_HTTP_TOKEN: "open sesame" }),
		).rejects.toThrow(/no Authorization header can hold/);
	});

	test("a token that is set is needed on loopback as well", async () => {
		const { url } = await servedHere({ TABLES_MCP_HTTP_TOKEN: "open-sesame" });
		expect((await ask(url, {})).status).toBe(401);
		expect(
			(await ask(url, { authorization: "Bearer open-sesame" })).status,
		).toBe(200);
	});

	test.each(["", "http", "70000", "1.5"])(
		"a port of %j is refused",
		async (port) => {
			await expect(servedHere({}, [port])).rejects.toThrow(
				/port from 0 to 65535/,
			);
		},
	);
});

test("a signal ends it with 0 while a client is connected", async () => {
	const { url, process: child } = await served();
	await connect(url);
	const exit = once(child, "exit");
	child.kill("SIGTERM");
	expect((await exit)[0]).toBe(0);
});
