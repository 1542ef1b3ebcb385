import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { type RawServer, startServer } from "../stdio.js";
import { makeRoster } from "./roster.js";

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Count", type: "number" },
];

async function running(
	folder = temporaryFolder(),
	environment: Record<string, string> = {},
	capabilities = {},
): Promise<RawServer & { readonly folder: string }> {
	const server = startServer({ TABLES_MCP_DATA_DIR: folder, ...environment });
	onTestFinished(async () => void (await server.end()));
	await server.initialize(capabilities);
	return { ...server, folder };
}

const made = async (server: RawServer) =>
	(await server.call("create_table", { name: "T", fields: FIELDS })).structured
		.table as string;

test("stdout carries whole messages and nothing else, whatever happens", async () => {
	const server = await running(undefined, { TABLES_MCP_LOG_LEVEL: "debug" });
	const table = await made(server);
	await server.call("create_records", {
		table,
		records: [{ fields: { Name: "line\nbreak \u2028 and \u0000 NUL" } }],
	});
	await server.call("create_records", {
		table,
		records: [{ fields: { Name: "line\nbreak \u2028 \u0085 \r\n end" } }],
	});
	const { structured } = await server.call("query_records", { table });
	expect(structured.rows[0][1]).toBe("line\nbreak \u2028 \u0085 \r\n end");
	await server.call("nothing", {});
	server.sendRaw("not json");
	await server.receive(({ error }) => error !== undefined);
	expect(await server.end()).toBe(0);
	// Some readers break lines at these as well.
	expect(server.lines.join("")).not.toMatch(/[\u0085\u2028\u2029]/);
	for (const line of server.lines) {
		const message = JSON.parse(line) as Record<string, unknown>;
		expect(message.jsonrpc).toBe("2.0");
		expect("id" in message || "method" in message).toBe(true);
	}
});

test("a message that arrives in pieces, between the bytes of a character, is whole", async () => {
	const server = await running();
	const bytes = Buffer.from(
		`${JSON.stringify({ jsonrpc: "2.0", id: "pieces", method: "tools/call", params: { name: "list_tables", arguments: { search: "表格名" } } })}\n`,
	);
	for (const byte of bytes) server.process.stdin?.write(Buffer.of(byte));
	const { result } = await server.receive(({ id }) => id === "pieces");
	expect(result?.isError).toBeUndefined();
});

test("control and direction marks from tables do not reach the reader", async () => {
	const server = await running();
	const table = await made(server);
	await server.call("create_records", {
		table,
		records: [{ fields: { Name: "a\u202egpj.exe\u0007b\u001b[31m" } }],
	});
	const { text } = await server.call("query_records", { table });
	expect(text).toContain("agpj.exeb[31m");
});

describe("the end", () => {
	test("a call under way when stdin closes is answered, and the exit is clean", async () => {
		const server = await running();
		const table = await made(server);
		server.send({
			jsonrpc: "2.0",
			id: "last",
			method: "tools/call",
			params: {
				name: "create_records",
				arguments: {
					table,
					records: Array.from({ length: 200 }, (_, index) => ({
						fields: { Name: `n${index}`, Count: index },
					})),
				},
			},
		});
		expect(await server.end()).toBe(0);
		const { result } = await server.receive(({ id }) => id === "last");
		expect(result?.structuredContent).toMatchObject({
			counts: { created: 200 },
		});
	});

	test.each(["SIGTERM", "SIGINT"] as const)(
		"%s ends it with 0",
		async (signal) => {
			const server = await running();
			await made(server);
			const exit = once(server.process, "exit");
			server.process.kill(signal);
			expect((await exit)[0]).toBe(0);
		},
	);

	test("a client that no longer reads ends it", async () => {
		const server = await running();
		const exit = once(server.process, "exit");
		server.process.stdout?.destroy();
		server.send({ jsonrpc: "2.0", id: 1, method: "ping" });
		server.send({ jsonrpc: "2.0", id: 2, method: "ping" });
		expect((await exit)[0]).toBe(0);
	});

	test("stdin that ends before anything was said ends it with 0", async () => {
		const server = startServer({ TABLES_MCP_DATA_DIR: temporaryFolder() });
		expect(await server.end()).toBe(0);
	});
});

describe("a long import", { timeout: 120_000 }, () => {
	const roster = makeRoster(6_000, 3);

	async function importing() {
		const folder = temporaryFolder();
		mkdirSync(join(folder, "files"));
		writeFileSync(
			join(folder, "files", "in.csv"),
			`Name,Count\n${roster.people.map(({ name, count }) => `${name},${count}`).join("\n")}\n`,
		);
		const server = await running(folder);
		const table = await made(server);
		server.send({
			jsonrpc: "2.0",
			id: "import",
			method: "tools/call",
			params: {
				name: "import_records",
				arguments: { table, file: "in.csv" },
				_meta: { progressToken: 0 },
			},
		});
		return { server, table };
	}
	const progress = (server: RawServer) =>
		server.lines
			.map((line) => JSON.parse(line))
			.filter(({ method }) => method === "notifications/progress")
			.map(({ params }) => params);

	test("tells how far it is, rising, with its own token", async () => {
		const { server } = await importing();
		const { result } = await server.receive(({ id }) => id === "import");
		expect(result?.isError).toBeUndefined();
		const told = progress(server);
		expect(told.length).toBeGreaterThan(0);
		for (const { progressToken, total, message } of told) {
			expect(progressToken).toBe(0);
			expect(total).toBe(6_000);
			expect(message).toMatch(/^\d+ of 6000 rows of .*in\.csv$/);
		}
		const done = told.map(({ progress: value }) => value);
		expect(done).toEqual([...new Set(done)].sort((a, b) => a - b));
		expect(done.at(-1)).toBe(6_000);
	});

	test("stops when it is cancelled; the journal tells what was done, and resume does the rest", async () => {
		const { server, table } = await importing();
		await server.receive(({ method }) => method === "notifications/progress");
		server.send({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: "import", reason: "enough" },
		});
		// The journal shows the end of the change; the cancelled request itself gets no answer.
		let change: {
			change_id: string;
			status: string;
			counts: Record<string, number>;
		};
		do {
			const { structured } = await server.call("list_changes", { table });
			change = structured.changes[0];
		} while (change.status === "running");
		expect(change.status).toMatch(
			/unfinished: call import_records with resume/,
		);
		const created = change.counts.created ?? 0;
		expect(created).toBeGreaterThan(0);
		expect(change.counts.not_attempted).toBe(6_000 - created);
		const { structured } = await server.call("query_records", {
			table,
			limit: 0,
		});
		expect(structured.total).toBe(created);
		const resumed = await server.call("import_records", {
			table,
			resume: change.change_id,
		});
		expect(resumed.structured.counts).toMatchObject({ created: 6_000 });
		expect(server.lines.some((line) => JSON.parse(line).id === "import")).toBe(
			false,
		);
	});

	test("another process may look at it and not take it over", async () => {
		const { server, table } = await importing();
		await server.receive(({ method }) => method === "notifications/progress");
		const other = await running(server.folder);
		const { structured } = await other.call("list_changes", { table });
		const [{ change_id }] = structured.changes;
		// The first may be done by the time that the second asks: then there is nothing left to do.
		const resumed = await other.call("import_records", {
			table,
			resume: change_id,
		});
		expect(resumed.text).toMatch(
			resumed.isError
				? /conflict: .*still being written/
				: /note: this change was complete already/,
		);
		await server.receive(({ id }) => id === "import");
		const { structured: counted } = await other.call("query_records", {
			table,
			limit: 0,
		});
		expect(counted.total).toBe(6_000);
	});
});

test("nothing that is kept on disk is open to others, and no secret is in it", async () => {
	const secret = "tok-very-secret-value";
	const folder = temporaryFolder();
	const config = join(folder, "config.json");
	writeFileSync(
		config,
		JSON.stringify({
			connections: { local: { vendor: "local", user: { env: "MY_SECRET" } } },
		}),
	);
	const server = await running(folder, {
		TABLES_MCP_CONFIG: config,
		MY_SECRET: secret,
	});
	const table = await made(server);
	const written = await server.call("create_records", {
		table,
		records: [{ fields: { Name: "x" } }],
	});
	expect(written.isError).toBe(false);
	const shown = await server.call("query_records", {
		table,
		fields: ["$created_by"],
	});
	expect(shown.text).toContain("[secret]");
	expect(await server.end()).toBe(0);
	const journal = join(folder, "journal");
	const files = readdirSync(journal).filter((name) => name.endsWith(".jsonl"));
	expect(files.length).toBeGreaterThan(0);
	for (const file of files)
		expect(readFileSync(join(journal, file), "utf8")).not.toContain(secret);
});

test("everything that was asked before stdin closed is answered, as of a pipe", async () => {
	const server = startServer({ TABLES_MCP_DATA_DIR: temporaryFolder() });
	const call = (id: number, name: string, args: object) => ({
		jsonrpc: "2.0",
		id,
		method: "tools/call",
		params: { name, arguments: args },
	});
	server.process.stdin?.end(
		[
			{
				jsonrpc: "2.0",
				id: 1,
				method: "initialize",
				params: {
					protocolVersion: "2025-06-18",
					capabilities: { elicitation: {} },
					clientInfo: { name: "pipe", version: "1" },
				},
			},
			{ jsonrpc: "2.0", method: "notifications/initialized" },
			call(2, "create_table", { name: "T", fields: FIELDS }),
			call(3, "list_tables", {}),
			call(4, "delete_table", { table: "none" }),
		]
			.map((message) => JSON.stringify(message))
			.join("\n"),
	);
	expect(await server.end()).toBe(0);
	for (const id of [1, 2, 3, 4])
		expect(
			(await server.receive((message) => message.id === id)).result,
		).toBeDefined();
});

test("a question that nobody can answer any more counts as no, and does not hold up the end", async () => {
	const server = await running(undefined, {}, { elicitation: {} });
	const table = await made(server);
	server.send({
		jsonrpc: "2.0",
		id: "asks",
		method: "tools/call",
		params: { name: "delete_table", arguments: { table } },
	});
	await server.receive(({ method }) => method === "elicitation/create");
	expect(await server.end()).toBe(0);
	const { result } = await server.receive(({ id }) => id === "asks");
	expect(JSON.stringify(result)).toContain("the person did not answer");
});
