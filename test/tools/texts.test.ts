import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { messageLine } from "../../src/core/values/json-line.js";
import { connected } from "../server/client.js";

describe("a message line", () => {
	test.each([
		["half a pair \ud83d here", "half a pair \ufffd here"],
		["\udc00", "\ufffd"],
		["a whole 😀", "a whole 😀"],
		["the letters \\ud83d", "the letters \\ud83d"],
		["a backslash before it \\\ud83d", "a backslash before it \\\ufffd"],
	])("%j", (text, read) => {
		const line = messageLine({ text });
		expect(line).not.toMatch(/(?<!\\)(?:\\\\)*\\ud[89a-f]/);
		expect(JSON.parse(line)).toEqual({ text: read });
	});
});

describe("groups by a list name its entries as a filter takes them", () => {
	test.each(["Tags", "People"])("%s", async (field) => {
		const client = await connected();
		await client.ok("create_table", {
			name: "Rows",
			fields: [
				{ name: "Title", type: "text" },
				{
					name: "Tags",
					type: "multi_select",
					settings: { options: [{ name: 'Bo, "Jr"' }, { name: "Ann" }] },
				},
				{ name: "People", type: "user" },
			],
		});
		await client.ok("create_records", {
			table: "Rows",
			records: [
				{ fields: { [field]: ['Bo, "Jr"', "Ann"] } },
				{ fields: { [field]: ['Bo, "Jr"'] } },
			],
		});
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			group_by: [{ field }],
		});
		expect(structured.rows).toEqual([
			['Bo, "Jr"', 2],
			["Ann", 1],
		]);
		for (const [value, count] of structured.rows) {
			const found = await client.ok("query_records", {
				table: "Rows",
				filter: { conditions: [{ field, op: "contains", value }] },
				limit: 0,
			});
			expect(found.structured.total).toBe(count);
		}
	});
});

describe("a dry import", () => {
	test("shows samples that are short", async () => {
		const client = await connected();
		await client.ok("create_table", {
			name: "Rows",
			fields: [{ name: "Title", type: "text" }],
		});
		client.put("long.csv", `Title\n${"x".repeat(300_000)}\n`);
		const { text, structured } = await client.ok("import_records", {
			table: "Rows",
			file: "long.csv",
			dry_run: true,
		});
		expect(text.length).toBeLessThan(2_000);
		expect(JSON.stringify(structured).length).toBeLessThan(2_000);
	});

	test("says that a folder is one", async () => {
		const client = await connected();
		await client.ok("create_table", {
			name: "Rows",
			fields: [{ name: "Title", type: "text" }],
		});
		mkdirSync(join(client.files, "more.csv"));
		const { text } = await client.refused("import_records", {
			table: "Rows",
			file: "more.csv",
			dry_run: true,
		});
		expect(text).toMatch(/"more\.csv" in .* is a folder/);
	});
});
