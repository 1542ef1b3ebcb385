import { expect, test } from "vitest";
import { connected } from "../server/client.js";

/* What an import says of a file that is not what it seems: nothing is dropped, and nothing is silent. */

const BILL = [
	{ name: "Item", type: "text" },
	{ name: "Pieces", type: "number" },
	{ name: "Price", type: "currency" },
];

async function withTable() {
	const client = await connected();
	const made = await client.ok("create_table", { name: "Bill", fields: BILL });
	const table = made.structured.table as string;
	const run = (content: string, more: object = {}) => {
		client.put("bill.csv", content);
		return client.ok("import_records", { table, file: "bill.csv", ...more });
	};
	return { client, table, run };
}

const rows = (last: string) =>
	`Item,Pieces,Price\nNut,2,1.10\nBolt,3,2.25\nPin,4,0.30\n${last}\n`;

test.each(["Summe", "Total", "TOTAL:", "Gesamt", "合计", "总计", "Sum"])(
	"a last row %s that adds up the others is named, and imported like the others",
	async (word) => {
		const { run } = await withTable();
		const file = rows(`${word},9,3.65`);
		for (const dry_run of [true, false]) {
			const { text, structured } = await run(file, { dry_run });
			expect(structured.counts.created).toBe(4);
			expect(text).toMatch(/note: line 5 looks like a row of sums/);
			expect(structured.notes.join("\n")).toContain('"Pieces", "Price"');
		}
	},
);

test.each([
	["whose numbers are not the sums", "Total,8,3.60"],
	["that only holds the sums", "Washer,9,3.65"],
	["without numbers", "Total,,"],
])("a last row %s is one like the others", async (_, last) => {
	const { run } = await withTable();
	const { text } = await run(rows(last));
	expect(text).not.toContain("row of sums");
});

test("a row of sums is found at the end of a long file", async () => {
	const { run } = await withTable();
	const many = Array.from({ length: 1_200 }, (_, at) => `i${at},1,0.10`);
	const { text } = await run(
		["Item,Pieces,Price", ...many, "Summe,1200,120.00", ""].join("\n"),
	);
	expect(text).toContain("line 1202 looks like a row of sums");
});

test("the same file once more: the earlier change is named with its time, until it is undone", async () => {
	const { client, table, run } = await withTable();
	const file = rows("Cap,1,9");
	const first = await run(file);
	expect(first.text).not.toContain("equal bytes");
	const id = first.structured.change_id as string;
	const again = new RegExp(
		`the same file \\(equal bytes\\) was imported into this table at 2026-.*${id}`,
	);
	expect((await run(file, { dry_run: true })).text).toMatch(again);
	const keyed = await run(file, { match_on: ["Item"], dry_run: true });
	expect(keyed.text).not.toContain("equal bytes");
	const other = rows("Cap,1,8");
	expect((await run(other, { dry_run: true })).text).not.toContain(
		"equal bytes",
	);
	const second = await run(file);
	expect(second.text).toMatch(again);
	expect(second.structured.counts.created).toBe(4);
	for (const change of [second.structured.change_id, id])
		await client.ok("undo_change", { change_id: change });
	expect((await run(file, { dry_run: true })).text).not.toContain(
		"equal bytes",
	);
	const copy = await client.ok("create_table", { name: "Copy", fields: BILL });
	const elsewhere = await client.ok("import_records", {
		table: copy.structured.table,
		file: "bill.csv",
	});
	expect(elsewhere.text).not.toContain("equal bytes");
	expect(table).not.toBe(copy.structured.table);
});

test("rows that `match_on` finds no record for are said to be new, with their number", async () => {
	const { run } = await withTable();
	await run(rows("Cap,1,9"));
	const file = "Item,Pieces\nNut,5\nRing,1\nHook,2\n";
	const dry = await run(file, { match_on: ["Item"], dry_run: true });
	expect(dry.text).toContain(
		'would create: 2 rows that match no record by "Item"',
	);
	const { text, structured } = await run(file, { match_on: ["Item"] });
	expect(structured.counts).toMatchObject({ updated: 1, created: 2 });
	expect(text).toContain('created: 2 rows that match no record by "Item"');
	const none = await run(file, { match_on: ["Item"] });
	expect(none.text).not.toContain("match no record");
});

test("a dry run says that the new table's name is taken, and by which", async () => {
	const { client, table } = await withTable();
	client.put("bill.csv", rows("Cap,1,9"));
	const args = { file: "bill.csv", dry_run: true };
	for (const new_table of ["Bill", " bill"]) {
		const { text } = await client.ok("import_records", { ...args, new_table });
		expect(text).toContain(`the name is taken: ${table} is called "Bill"`);
	}
	const free = await client.ok("import_records", { ...args, new_table: "Bil" });
	expect(free.text).not.toContain("taken");
});

test("list_changes names the table and its reference in both blocks", async () => {
	const { client, table, run } = await withTable();
	await run(rows("Cap,1,9"));
	const { text, structured } = await client.ok("list_changes");
	expect(structured.changes).toHaveLength(2);
	const lines = text.split("\n");
	const columns = (lines[1] ?? "").split(",");
	for (const [at, change] of structured.changes.entries()) {
		expect(change).toMatchObject({ table: "Bill", reference: table });
		const cells = (lines[at + 2] ?? "").split(",");
		expect(cells[columns.indexOf("table")]).toBe("Bill");
		expect(cells[columns.indexOf("reference")]).toBe(table);
		// Each block is complete alone.
		for (const value of [change.change_id, change.status, change.undo])
			expect(lines[at + 2]).toContain(value);
	}
});
