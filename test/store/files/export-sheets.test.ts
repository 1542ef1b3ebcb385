import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connected, type TestClient } from "../../server/client.js";
import { unzip } from "../workbook.js";

let client: TestClient;
let table: string;
let ids: readonly string[];

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Amount", type: "currency", settings: { currency: "EUR" } },
	{ name: "At", type: "date", settings: { format: "yyyy-MM-dd HH:mm" } },
];

async function world(): Promise<void> {
	client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Orders [2026]",
		fields: FIELDS,
	});
	table = structured.table;
	const made = await client.ok("create_records", {
		table,
		records: ["a", "b", "c"].map((Name, index) => ({
			fields: { Name, Amount: index + 0.5, At: `2026-0${index + 1}-01 10:00` },
		})),
	});
	ids = made.structured.ids;
}

const toBook = (sheet?: string, more: object = {}) => ({
	table,
	file: "book.xlsx",
	...(sheet === undefined ? {} : { sheet }),
	...more,
});

const partsOf = (file = "book.xlsx") =>
	unzip(readFileSync(join(client.files, file)));

/** Names and rows as an import of the sheet sees them. */
async function rowsOf(sheet: string): Promise<unknown> {
	const made = await client.ok("create_table", {
		name: `Copy of ${sheet}`,
		fields: FIELDS,
	});
	const copy = made.structured.table;
	await client.ok("import_records", { table: copy, file: "book.xlsx", sheet });
	const { structured } = await client.ok("query_records", {
		table: copy,
		ids: false,
	});
	return structured.rows;
}

test("a sheet is named after the table, and a name that no sheet can have is refused with one that it can", async () => {
	await world();
	await client.ok("export_records", toBook());
	expect(partsOf().get("xl/workbook.xml")).toContain('name="Orders _2026_"');
	const { text } = await client.refused("export_records", toBook("a/b"));
	expect(text).toContain('Call it "a_b"');
	const csv = { ...toBook("S"), file: "out.csv" };
	expect((await client.refused("export_records", csv)).text).toContain(
		"the format is csv",
	);
});

test("a second sheet is added, unasked, and each is read back", async () => {
	await world();
	await client.ok("export_records", toBook("All"));
	await client.ok("export_records", toBook("Two", { limit: 2 }));
	await client.ok("export_records", toBook("One", { record_ids: [ids[2]] }));
	const { structured } = await client.ok("query_records", {
		table,
		ids: false,
	});
	expect(await rowsOf("All")).toEqual(structured.rows);
	expect(await rowsOf("Two")).toEqual(structured.rows.slice(0, 2));
	expect(await rowsOf("One")).toEqual(structured.rows.slice(2));
});

test("a sheet of the same name goes only with consent, whatever its case, and the others stay", async () => {
	await world();
	await client.ok("export_records", toBook("All"));
	await client.ok("export_records", toBook("Other"));
	const before = readFileSync(join(client.files, "book.xlsx"));
	const asked = await client.refused(
		"export_records",
		toBook("ALL", { limit: 1 }),
	);
	expect(asked.text).toMatch(/overwrite the sheet "All".*confirm: "All"/s);
	expect(readFileSync(join(client.files, "book.xlsx"))).toEqual(before);
	await client.ok(
		"export_records",
		toBook("ALL", { limit: 1, confirm: "All" }),
	);
	expect(partsOf().get("xl/workbook.xml")).toMatch(/name="ALL".*name="Other"/s);
	expect(await rowsOf("ALL")).toHaveLength(1);
	expect(await rowsOf("Other")).toHaveLength(3);
});

test("nothing is added to a file that this server did not write, or that was saved since", async () => {
	await world();
	await client.ok("export_records", toBook("All"));
	const own = readFileSync(join(client.files, "book.xlsx"));
	const foreign = [
		Buffer.from("not a workbook"),
		Buffer.from(
			own.toString("latin1").replaceAll("docProps", "docprops"),
			"latin1",
		),
	];
	for (const bytes of foreign) {
		writeFileSync(join(client.files, "book.xlsx"), bytes);
		const { text } = await client.refused(
			"export_records",
			toBook("More", { confirm: "book.xlsx" }),
		);
		expect(text).toContain("this server did not write it");
		expect(readFileSync(join(client.files, "book.xlsx"))).toEqual(bytes);
	}
});

test("of exports at once that add a sheet each none is lost silently", async () => {
	await world();
	await client.ok("export_records", toBook("All"));
	const answers = await Promise.all(
		["One", "Two", "Three"].map((sheet) =>
			client.call("export_records", toBook(sheet)),
		),
	);
	const book = partsOf().get("xl/workbook.xml") ?? "";
	for (const [index, sheet] of ["One", "Two", "Three"].entries())
		expect(book.includes(`name="${sheet}"`)).toBe(!answers[index]?.isError);
	expect(answers.some(({ isError }) => !isError)).toBe(true);
});

test.each(["csv", "ndjson", "xlsx"])(
	"%s: what limit and record_ids leave out is said",
	async (format) => {
		await world();
		const file = `out.${format}`;
		const first = await client.ok("export_records", { table, file, limit: 2 });
		expect(first.structured.rows).toBe(2);
		expect(first.text).toMatch(/more records match/);
		const all = await client.ok("export_records", {
			table,
			file: `all.${format}`,
			limit: 3,
		});
		expect(all.text).not.toMatch(/more records/);
		const named = await client.ok("export_records", {
			table,
			file: `named.${format}`,
			record_ids: [ids[2], "recNothing", ids[0], ids[2], ids[1]],
			filter: { conditions: [{ field: "Name", op: "is_not", value: "b" }] },
		});
		expect(named.structured.rows).toBe(2);
		expect(named.text).toMatch(/no such record: .*recNothing/);
		expect(named.text).toMatch(
			new RegExp(`filter or view does not have them: .*${ids[1]}`),
		);
	},
);

test("ids are in a CSV unless they are not wanted, and in a spreadsheet if they are", async () => {
	await world();
	const columns = async (file: string, more: object = {}) =>
		(await client.ok("export_records", { table, file, ...more })).structured
			.columns[0];
	expect(await columns("a.csv")).toBe("$id");
	expect(await columns("b.csv", { ids: false })).toBe("Name");
	expect(await columns("a.xlsx")).toBe("Name");
	expect(await columns("b.xlsx", { ids: true })).toBe("$id");
});

test("a cell that no spreadsheet holds is named before a file is there", async () => {
	await world();
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "x".repeat(32_768) } }],
	});
	const { text } = await client.refused("export_records", toBook());
	expect(text).toMatch(
		/"Name" of record \S+ has 32768 characters.*nothing was written/,
	);
	expect(readdirSync(client.files)).toEqual([]);
});
