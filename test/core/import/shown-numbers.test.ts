import { expect, test } from "vitest";
import { SheetCell } from "../../../src/core/contract/files.js";
import { cellFor } from "../../../src/core/import/import-columns.js";
import { connected } from "../../server/client.js";
import { field } from "../fields.js";

/* What a text field takes of a number that a spreadsheet shows. */

test.each([
	[0.000432, "0%", true, "0.0432%"],
	[0.123456, "12.3%", true, "12.3456%"],
	[0.12, "12.00%", true, "12.00%"],
	[0.5, "50 %", true, "50 %"],
	[1234.567, "1,234.6", false, "1234.567"],
	[1234.5, "1,234.50", false, "1,234.50"],
	[123456, "1.23E+05", false, "123456"],
	[-0.4, "-0", false, "-0.4"],
	[42, "00042", false, "00042"],
	[491234567, "49-123-4567", false, "49-123-4567"],
	[12.5, "12.50 €", false, "12.50 €"],
])(
	"%d shown as %s loses no digit (percent: %s)",
	(value, shown, inPercent, text) => {
		const cell = new SheetCell(value, { shown: () => shown, inPercent });
		expect(cellFor(cell, field("t", "text")).cell).toBe(text);
		expect(cellFor(cell, field("n", "number")).cell).toBe(value);
	},
);

test("an export of percent values makes a table that has all their digits", async () => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Shares",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Share", type: "percent" },
		],
	});
	await client.ok("create_records", {
		table: structured.table,
		records: [
			{ fields: { Name: "a", Share: 0.123456 } },
			{ fields: { Name: "b", Share: 0.000432 } },
		],
	});
	await client.ok("export_records", {
		...{ table: structured.table, file: "shares.xlsx", ids: false },
	});
	const made = await client.ok("import_records", {
		...{ new_table: "Copy", file: "shares.xlsx" },
	});
	const read = await client.ok("query_records", {
		...{ table: made.structured.table, ids: false },
	});
	expect(read.structured.rows).toEqual([
		["a", "12.3456%"],
		["b", "0.0432%"],
	]);
});
