// Speaks raw JSON-RPC to a built server: starts, lists, writes, reads, ends.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [file] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "tables-mcp-smoke-"));
const child = spawn(process.execPath, [file], {
	env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: folder },
	stdio: ["pipe", "pipe", "inherit"],
});
const answers = new Map();
const waiting = new Map();
createInterface({ input: child.stdout }).on("line", (line) => {
	const message = JSON.parse(line);
	answers.set(message.id, message);
	waiting.get(message.id)?.(message);
});
let next = 0;
const ask = (method, params) => {
	const id = ++next;
	child.stdin.write(
		`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`,
	);
	return answers.get(id) ?? new Promise((resolve) => waiting.set(id, resolve));
};
const must = (condition, what) => {
	if (!condition) {
		console.error(`smoke test: ${what}`);
		child.kill();
		process.exit(1);
	}
};
const call = async (name, args) =>
	(await ask("tools/call", { name, arguments: args })).result;

await ask("initialize", {
	protocolVersion: "2025-06-18",
	capabilities: {},
	clientInfo: { name: "smoke", version: "1" },
});
const { result } = await ask("tools/list", {});
must(result.tools.length > 10, "tools are missing");
const made = await call("create_table", {
	name: "Smoke",
	fields: [
		{ name: "Name", type: "text" },
		{ name: "Count", type: "number" },
	],
});
must(!made.isError, made.content?.[0]?.text);
const { table } = made.structuredContent;
const wrote = await call("create_records", {
	table,
	records: [
		{ fields: { Name: "a", Count: 1 } },
		{ fields: { Name: "b", Count: 2 } },
	],
});
must(wrote.structuredContent.counts.created === 2, wrote.content?.[0]?.text);
const read = await call("query_records", {
	table,
	filter: { conditions: [{ field: "Count", op: "gt", value: "1" }] },
});
must(read.structuredContent.returned === 1, read.content?.[0]?.text);
const ended = new Promise((resolve) => child.on("exit", resolve));
child.stdin.end();
must((await ended) === 0, "the server did not end cleanly");
rmSync(folder, { recursive: true, force: true });
console.log(`smoke test passed: ${result.tools.length} tools`);
