import { expect, test } from "vitest";
import { connected } from "./client.js";

/** Two servers on one folder, as two windows of one person. */
async function windows() {
	const one = await connected();
	const other = await connected({ folder: one.folder });
	const { structured } = await one.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Key", type: "text" },
			{ name: "Number", type: "number" },
			{ name: "People", type: "user" },
		],
	});
	return { servers: [one, other], one, table: structured.table as string };
}

test("the same key upserted by many calls at once is one record", async () => {
	const { servers, one, table } = await windows();
	one.put("rows.csv", "Key,Number\nsame,100\n");
	await Promise.all([
		...Array.from({ length: 12 }, (_, index) =>
			servers[index % 2]?.ok("update_records", {
				table,
				match_on: ["Key"],
				upsert: true,
				records: [{ fields: { Key: "same", Number: index } }],
			}),
		),
		servers[1]?.ok("import_records", {
			table,
			file: "rows.csv",
			match_on: ["Key"],
		}),
	]);
	const { structured } = await one.ok("query_records", { table, limit: 0 });
	expect(structured.total).toBe(1);
});

test("what many calls add to one list at once is all there", async () => {
	const { servers, one, table } = await windows();
	const made = await one.ok("create_records", {
		table,
		records: [{ fields: { Key: "a" } }],
	});
	const [id] = made.structured.ids;
	await Promise.all(
		Array.from({ length: 10 }, (_, index) =>
			servers[index % 2]?.ok("update_records", {
				table,
				records: [{ id, fields: { People: { add: [`Person ${index}`] } } }],
			}),
		),
	);
	const { structured } = await one.ok("query_records", { table });
	expect(structured.rows[0][3]).toHaveLength(10);
});
