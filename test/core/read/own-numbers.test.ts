import fc from "fast-check";
import { expect, test } from "vitest";
import { numberOf, ownNumber } from "../../../src/core/values/number-text.js";
import { connected } from "../../server/client.js";

const numbers = fc.oneof(
	fc.double({ noNaN: true, noDefaultInfinity: true }),
	fc.integer({ min: -999_999, max: 999_999 }).map((whole) => whole / 1_000),
	fc.constantFrom(
		12.345,
		-1.234,
		999.999,
		1.234e-7,
		1.234e21,
		0.125,
		1_234.567,
	),
);

test("the text of a number has one reading, which is the number", () => {
	fc.assert(
		fc.property(numbers, (number) => {
			const read = numberOf(ownNumber(String(number)));
			expect(read).toMatchObject({ percent: false });
			expect("digits" in read && Number(read.digits)).toBe(number + 0);
			expect(numberOf(ownNumber(`${String(number)}%`))).toHaveProperty(
				"digits",
			);
		}),
	);
});

test("a CSV of this server is imported without a question", async () => {
	const client = await connected();
	const fields = [
		{ name: "Name", type: "text" },
		{ name: "Weight", type: "number" },
		{ name: "Share", type: "percent" },
		{ name: "Price", type: "currency" },
	];
	const { structured } = await client.ok("create_table", {
		name: "Source",
		fields,
	});
	const records = [12.345, -1.234, 1.234e-7].map((number, index) => ({
		fields: {
			Name: `r${index}`,
			Weight: number,
			Share: number / 100,
			Price: number,
		},
	}));
	await client.ok("create_records", { table: structured.table, records });
	await client.ok("export_records", {
		table: structured.table,
		file: "out.csv",
	});
	const copy = await client.ok("create_table", { name: "Copy", fields });
	await client.ok("import_records", {
		table: copy.structured.table,
		file: "out.csv",
	});
	const rows = async (table: string) =>
		(await client.ok("query_records", { table, detail: "full", ids: false }))
			.structured.rows;
	expect(await rows(copy.structured.table)).toEqual(
		await rows(structured.table),
	);
});
