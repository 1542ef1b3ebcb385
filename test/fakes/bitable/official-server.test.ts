import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "../listen.js";
import { createBitableFake } from "./index.js";

/** The vendor's own MCP server, as a process of its own, against the fake. */
const TOOLS = [
	"bitable.v1.appTable.list",
	"bitable.v1.appTableField.list",
	"bitable.v1.appTableRecord.search",
	"bitable.v1.appTableRecord.batchCreate",
	"bitable.v1.appTableRecord.batchUpdate",
];

const fake = createBitableFake({
	clock: { now: () => Date.UTC(2026, 10, 20, 4) },
	switches: { writeMs: 0 },
});
const appToken = fake.addBase({ name: "Base" });
const tableId = fake.addTable(appToken, {
	name: "Tasks",
	fields: [
		{ name: "Title", type: 1 },
		{ name: "State", type: 3 },
	],
});
fake.addRecords(tableId, [{ Title: "first", State: "open" }]);

let listening: Listening;
const client = new Client({ name: "test", version: "1" });

beforeAll(async () => {
	listening = await listen(fake);
	await client.connect(
		new StdioClientTransport({
			command: process.execPath,
			args: [
				fileURLToPath(
					new URL(
						"../../../node_modules/@larksuiteoapi/lark-mcp/dist/cli.js",
						import.meta.url,
					),
				),
				"mcp",
				...["-a", fake.app.id, "-s", fake.app.secret, "-d", listening.origin],
				...["-m", "stdio", "--token-mode", "tenant_access_token"],
				...["-t", TOOLS.join(",")],
			],
			stderr: "ignore",
		}),
	);
});
afterAll(async () => {
	await client.close();
	await listening.close();
});

/** The data of a tool's answer. */
async function called(name: string, given: Record<string, unknown>) {
	const result = await client.callTool({ name, arguments: given });
	const [content] = result.content as { type: string; text: string }[];
	expect(result.isError ?? false).toBe(false);
	return JSON.parse(content?.text ?? "");
}

const path = { app_token: appToken, table_id: tableId };

test("lists tables, fields and records", async () => {
	const names = (await client.listTools()).tools.map((tool) => tool.name);
	expect(names.sort()).toEqual(
		TOOLS.map((tool) => tool.replaceAll(".", "_")).sort(),
	);
	expect(
		await called("bitable_v1_appTable_list", { path: { app_token: appToken } }),
	).toMatchObject({ total: 1, items: [{ table_id: tableId, name: "Tasks" }] });
	expect(await called("bitable_v1_appTableField_list", { path })).toMatchObject(
		{ total: 2, items: [{ field_name: "Title" }, { type: 3 }] },
	);
	expect(
		await called("bitable_v1_appTableRecord_search", {
			path,
			data: {
				filter: {
					conjunction: "and",
					conditions: [
						{ field_name: "State", operator: "is", value: ["open"] },
					],
				},
			},
		}),
	).toMatchObject({
		total: 1,
		items: [{ fields: { Title: [{ type: "text", text: "first" }] } }],
	});
});

test("writes records", async () => {
	const created = await called("bitable_v1_appTableRecord_batchCreate", {
		path,
		data: { records: [{ fields: { Title: "second", State: "new" } }] },
	});
	const [record] = created.records;
	await called("bitable_v1_appTableRecord_batchUpdate", {
		path,
		data: {
			records: [{ record_id: record.record_id, fields: { Title: "changed" } }],
		},
	});
	expect(fake.rows(tableId).map((row) => row.fields)).toEqual([
		{ Title: [{ type: "text", text: "first" }], State: "open" },
		{ Title: [{ type: "text", text: "changed" }], State: "new" },
	]);
});
