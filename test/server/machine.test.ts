import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { startServer } from "../stdio.js";
import { connected } from "./client.js";

test("a data folder that cannot be made is reported as what it is", async () => {
	const folder = temporaryFolder();
	const client = await connected({ folder });
	rmSync(folder, { recursive: true });
	writeFileSync(folder, "a file in place of the folder");
	const { text } = await client.refused("list_tables");
	rmSync(folder);
	mkdirSync(join(folder, "files"), { recursive: true });
	expect(text).toContain("EEXIST");
	expect(text).toContain("TABLES_MCP_DATA_DIR");
	expect(text).not.toContain("defect");
	expect(text).not.toContain("    at ");
});

test("a client that can only open addresses is not asked: `confirm` counts", async () => {
	const server = startServer({ TABLES_MCP_DATA_DIR: temporaryFolder() });
	await server.initialize({ elicitation: { url: {} } });
	await server.call("create_table", {
		name: "Rows",
		fields: [{ name: "Title", type: "text" }],
	});
	const asked = await server.call("delete_table", { table: "Rows" });
	expect(asked.text).toContain('confirm: "Rows"');
	const done = await server.call("delete_table", {
		table: "Rows",
		confirm: "Rows",
	});
	expect(done.isError).toBe(false);
	await server.end();
});
