import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { expect, test } from "vitest";
import { FIELD_TYPES } from "../../src/core/contract/field.js";
import { OPERATORS } from "../../src/core/contract/table.js";
import { tools as every } from "../../src/tools/index.js";
import { makeListing } from "../../src/tools/listing.js";
import { temporaryFolder } from "../folder.js";
import { BUILT, startServer } from "../stdio.js";
import { withTables } from "./readme-tables.js";

const ROOT = new URL("../..", import.meta.url).pathname;
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const pkg = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
	version: string;
	scripts: Record<string, string>;
};

/** Code blocks of one language. */
function blocks(language: string): string[] {
	return [
		...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms")),
	].map(([, text = ""]) => text);
}

interface StdioServer {
	readonly type?: "stdio";
	readonly command: string;
	readonly args: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
}

// biome-ignore lint/suspicious/noExplicitAny: blocks of several shapes
const objects: readonly any[] = blocks("json").map((text) => JSON.parse(text));
const servers: readonly StdioServer[] = objects.flatMap((object) =>
	Object.values<StdioServer>(object.mcpServers ?? object.servers ?? {}),
);
const configurations = objects.filter((object) => "connections" in object);
const queries = objects.filter((object) => "filter" in object);
const lines = blocks("sh").flatMap((block) => block.trimEnd().split("\n"));

const here = (text: string) => text.replaceAll("/path/to/tables-mcp/", ROOT);
const withNode = (text: string) =>
	text.replace(/^node /, `'${process.execPath}' `);

test("every JSON block is one that is tried here", () => {
	expect(objects.length).toBe(
		servers.length + configurations.length + queries.length,
	);
	expect(servers.length).toBe(4);
	expect(configurations.length).toBe(1);
	expect(queries.length).toBe(1);
});

test("the tables are as the code makes them", () => {
	expect(
		withTables(readme) === readme,
		"README.md is behind the code: npm run readme",
	).toBe(true);
});

test("every field type and operator is explained", () => {
	for (const word of [...FIELD_TYPES, ...OPERATORS])
		expect(readme).toContain(`\`${word}\``);
});

test("the bundle is named as npm run pack names it", () => {
	expect(
		[...readme.matchAll(/tables-mcp-[\w.-]+\.mcpb/g)].map(([name]) => name),
	).toEqual([`tables-mcp-${pkg.version}.mcpb`]);
});

test.each(servers.map((server, index) => [index, server] as const))(
	"client configuration %i starts a server that lists its tools",
	async (_, { type = "stdio", command, args, env = {} }) => {
		expect(type).toBe("stdio");
		expect(command).toBe("node");
		const client = new Client({ name: "readme", version: "1" });
		await client.connect(
			new StdioClientTransport({
				command: process.execPath,
				args: args.map(here),
				env: {
					PATH: process.env.PATH ?? "",
					TABLES_MCP_DATA_DIR: temporaryFolder(),
					...env,
				},
			}),
		);
		const { tools } = await client.listTools();
		const reading = makeListing(every).filter((tool) => tool.onlyReads);
		const writes = tools.filter(
			({ name }) => !reading.some((tool) => tool.name === name),
		);
		expect(tools.map(({ name }) => name)).toContain("query_records");
		expect(writes.length > 0).toBe(env.TABLES_MCP_READ_ONLY !== "1");
		if (env.TABLES_MCP_TOOLSETS === "records,files")
			expect(tools.map(({ name }) => name)).not.toContain("create_view");
		for (const name of Object.keys(env))
			if (name.endsWith("_TOKEN"))
				expect(client.getInstructions()).toContain("AITable");
		await client.close();
	},
);

test("the configuration file makes its connections", async () => {
	const [file] = configurations;
	const folder = temporaryFolder();
	const path = join(folder, "tables.json");
	const text = JSON.stringify(file);
	writeFileSync(path, text);
	const secrets = [...text.matchAll(/\{"env":"(\w+)"\}/g)].map(
		([, name = ""]) => [name, "usk-not-a-real-token"],
	);
	const server = startServer({
		TABLES_MCP_DATA_DIR: folder,
		TABLES_MCP_CONFIG: path,
		...Object.fromEntries(secrets),
	});
	const { result } = await server.initialize();
	for (const name of Object.keys(file.connections))
		expect(result?.instructions).toContain(`${name} (`);
	expect(result?.instructions).toContain("archive (Vika, read-only)");
	expect(await server.end()).toBe(0);
});

test("the filter reads", async () => {
	const server = startServer({
		TABLES_MCP_DATA_DIR: temporaryFolder(),
		TABLES_MCP_TIME_ZONE: "UTC",
	});
	await server.initialize();
	await server.call("create_table", {
		name: "Orders",
		fields: [
			{ name: "Order", type: "text" },
			{ name: "Paid", type: "checkbox" },
			{ name: "Ordered on", type: "date" },
			{ name: "Amount", type: "currency" },
			{
				name: "Tags",
				type: "multi_select",
				settings: { options: [{ name: "express" }] },
			},
		],
	});
	const today = new Date().toISOString().slice(0, 10);
	const wrote = await server.call("create_records", {
		table: "Orders",
		records: [
			{ Order: "large", "Ordered on": today, Amount: 500 },
			{ Order: "urgent", "Ordered on": today, Amount: 1, Tags: ["express"] },
			{ Order: "paid", "Ordered on": today, Amount: 900, Paid: true },
			{ Order: "old", "Ordered on": "2001-01-01", Amount: 900 },
		],
	});
	expect(wrote.structured.counts.created).toBe(4);
	const found = await server.call("query_records", queries[0]);
	expect(found.structured.rows.map(([, order]: string[]) => order)).toEqual([
		"large",
		"urgent",
	]);
	expect(await server.end()).toBe(0);
});

test("every command line is one that is tried here", () => {
	for (const line of lines)
		expect(line).toMatch(
			/^(npm (ci|test|run \w+)( && npm (test|run \w+))?|node dist\/tables-mcp\.cjs .*|claude mcp add .*|\.ci\/run)$/,
		);
	for (const [, name = ""] of readme.matchAll(/npm run (\w+)/g))
		expect(pkg.scripts).toHaveProperty(name);
});

test("the commands work one after the other", { timeout: 60_000 }, () => {
	const folder = temporaryFolder();
	const commands = lines.filter(
		(line) => line.startsWith("node ") && !line.includes(" serve "),
	);
	expect(commands.length).toBeGreaterThan(5);
	for (const command of commands) {
		const { status, stdout, stderr } = spawnSync(
			"sh",
			["-c", withNode(command)],
			{
				cwd: ROOT,
				encoding: "utf8",
				env: {
					PATH: process.env.PATH,
					HOME: folder,
					TABLES_MCP_DATA_DIR: folder,
				},
			},
		);
		expect([command, status, stderr]).toEqual([command, 0, ""]);
		expect(stdout).not.toBe("");
	}
});

test("serve --http serves, and Claude Code is given its address", async () => {
	const command = lines.find((line) => line.includes(" serve --http ")) ?? "";
	const [, port = ""] = /--http (\d+)$/.exec(command) ?? [];
	expect(lines).toContain(
		`claude mcp add --transport http tables http://127.0.0.1:${port}/mcp`,
	);
	const child = spawn(process.execPath, [BUILT, "serve", "--http", "0"], {
		env: {
			PATH: process.env.PATH,
			TABLES_MCP_DATA_DIR: temporaryFolder(),
		},
		stdio: ["ignore", "ignore", "pipe"],
	});
	const said = createInterface({ input: child.stderr });
	const [line] = (await once(said, "line")) as [string];
	const [address = ""] = /http:\S+/.exec(line) ?? [];
	const client = new Client({ name: "readme", version: "1" });
	await client.connect(
		new StreamableHTTPClientTransport(new URL(address)) as never,
	);
	expect((await client.listTools()).tools.length).toBeGreaterThan(10);
	await client.close();
	child.kill();
	expect(await once(child, "exit")).toEqual([0, null]);
});

test("Claude Code is given the command of the JSON blocks", () => {
	const [{ command, args } = { command: "", args: [] }] = servers;
	expect(lines).toContain(
		`claude mcp add tables -- ${[command, ...args].join(" ")}`,
	);
	expect(here(args[0] ?? "")).toBe(BUILT);
});
