import { expect, test } from "vitest";
import { virtualClock } from "../clock.js";
import { connected } from "./client.js";

/** Two servers on one folder, the second of which changes what the first has read. */
async function pair() {
	const clock = virtualClock();
	const one = await connected({ clock });
	const other = await connected({ clock, folder: one.folder });
	await one.ok("create_table", {
		name: "Rows",
		fields: [{ name: "Title", type: "text" }],
	});
	await one.ok("create_records", {
		table: "Rows",
		records: [{ fields: { Title: "a" } }],
	});
	await one.ok("query_records", { table: "Rows" });
	await clock.sleep(2_000);
	return { one, other };
}

test("a field that another process made is found by reads and writes at once", async () => {
	const { one, other } = await pair();
	await other.ok("create_field", {
		table: "Rows",
		name: "More",
		type: "number",
	});
	const read = await one.ok("query_records", {
		table: "Rows",
		fields: ["More"],
		filter: { conditions: [{ field: "More", op: "is_empty" }] },
	});
	expect(read.structured.rows).toHaveLength(1);
	await other.ok("create_field", { table: "Rows", name: "Most", type: "text" });
	await one.session.clock.sleep(2_000);
	await one.ok("create_records", {
		table: "Rows",
		records: [{ fields: { Title: "b", Most: "x" } }],
	});
});

test("a table that another process made or renamed is found at once", async () => {
	const { one, other } = await pair();
	await other.ok("update_table", { table: "Rows", name: "Lines" });
	const { structured } = await one.ok("query_records", { table: "Lines" });
	expect(structured.returned).toBe(1);
	await one.session.clock.sleep(2_000);
	await other.ok("create_table", {
		name: "Others",
		fields: [{ name: "Title", type: "text" }],
	});
	await one.ok("create_records", {
		table: "Others",
		records: [{ fields: { Title: "b" } }],
	});
});

test("a file named for an edit of a cell must be there", async () => {
	const { one } = await pair();
	await one.ok("create_field", {
		table: "Rows",
		name: "Files",
		type: "attachment",
	});
	one.put("a.txt", "a");
	const rows = await one.ok("query_records", { table: "Rows" });
	const id = rows.structured.rows[0][0];
	await one.ok("upload_attachment", {
		table: "Rows",
		field: "Files",
		files: [{ file: "a.txt", record_id: id }],
	});
	const edit = (Files: object) => ({
		table: "Rows",
		records: [{ id, fields: { Files } }],
	});
	const { text } = await one.refused(
		"update_records",
		edit({ add: ["b.txt"] }),
	);
	expect(text).toContain('has no attachment ""b.txt""');
	const same = await one.ok("update_records", edit({ add: ["a.txt"] }));
	expect(same.structured.counts).toMatchObject({ failed: 0 });
	const gone = await one.ok("update_records", edit({ remove: ["a.txt"] }));
	expect(gone.structured.counts).toMatchObject({ updated: 1 });
	const { structured } = await one.ok("list_changes");
	expect(JSON.stringify(structured)).not.toContain("unfinished");
});
