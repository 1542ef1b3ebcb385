import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FileRow, ReadOptions } from "../../../src/core/contract/files.js";
import { openXlsx } from "../../../src/store/files/xlsx.js";
import { numberFormat } from "../../../src/store/files/xlsx-format.js";
import { xlsxWriter } from "../../../src/store/files/xlsx-write.js";
import { temporaryFolder } from "../../folder.js";
import { unzip, workbook } from "../workbook.js";

async function read(content: Uint8Array, options: ReadOptions = {}) {
	const path = join(temporaryFolder(), "file.xlsx");
	writeFileSync(path, content);
	const file = await openXlsx(path, options);
	const all: FileRow[] = [];
	for await (const row of file.rows(0)) all.push(row);
	return { ...file, all };
}

/** 2026-11-20 is day 46346 since the end of 1899. */
const DAY = 46_346;

const SHEET = `
<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c><c r="C2" t="inlineStr"><is><t>Done</t></is></c><c r="D2" t="s"><v>2</v></c><c r="E2" t="s"><v>3</v></c></row>
<row r="3"><c r="A3" t="s"><v>4</v></c><c r="B3"><v>1234.5</v></c><c r="C3" t="b"><v>1</v></c><c r="D3" s="1"><v>${DAY}</v></c><c r="E3" s="2"><v>${DAY + 0.75}</v></c></row>
<row r="5"><c r="A5" t="str"><f>CONCATENATE("a","b")</f><v>ab</v></c><c r="B5" s="3"><v>0.12</v></c><c r="C5" t="b"><v>0</v></c><c r="E5" s="2"><v>${DAY + 0.5}</v></c></row>
<row r="6"><c r="A6" s="4" t="s"><v>5</v></c><c r="B6"><f>1/0</f><v>2</v></c></row>
<row r="7"><c r="A7" t="s"><v>6</v></c></row>
<row r="8"><c r="A8" t="s"><v>4</v></c><c r="H8"><v>9</v></c></row>`;

const STRINGS = [
	"Name",
	"Amount",
	"Day",
	"Moment",
	" spaced &amp; &lt;kept&gt; ",
	"12345678901234567890",
	"<r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r>",
];

test("cells of every kind come out as what they are, at the row where they stand", async () => {
	const { columns, all } = await read(workbook({ Sheet1: SHEET }, STRINGS));
	expect(columns).toEqual(["Name", "Amount", "Done", "Day", "Moment"]);
	expect(all.map(({ line, record }) => [record, line])).toEqual([
		[0, 3],
		[1, 5],
		[2, 6],
		[3, 7],
		[4, 8],
	]);
	expect(all[0]?.cells).toEqual({
		Name: " spaced & <kept> ",
		Amount: 1234.5,
		Done: true,
		Day: "2026-11-20",
		Moment: "2026-11-20T18:00:00",
	});
	expect(all[1]?.cells).toEqual({
		Name: "ab",
		Amount: expect.objectContaining({ value: 0.12, shown: "12.00%" }),
		Done: false,
		Day: "",
		Moment: "2026-11-20T12:00:00",
	});
	expect(all[2]?.cells).toMatchObject({
		Name: "12345678901234567890",
		Amount: 2,
	});
	expect(all[3]?.cells.Name).toBe("rich text");
	expect(all[4]?.problem).toMatch(/beyond the 5 columns/);
});

test("the Mac's calendar of 1904 is heeded", async () => {
	const { all } = await read(
		workbook(
			{
				S: `<row r="1"><c r="A1" t="inlineStr"><is><t>Day</t></is></c></row><row r="2"><c r="A2" s="1"><v>${DAY - 1462}</v></c></row>`,
			},
			[],
			true,
		),
	);
	expect(all[0]?.cells.Day).toBe("2026-11-20");
});

test("the first sheet is read unless another is named", async () => {
	const row = (text: string) =>
		`<row r="1"><c r="A1" t="inlineStr"><is><t>${text}</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`;
	const book = workbook({ First: row("one"), 第二: row("two") });
	expect((await read(book)).columns).toEqual(["one"]);
	expect((await read(book, { sheet: "第二" })).columns).toEqual(["two"]);
	await expect(read(book, { sheet: "Frist" })).rejects.toMatchObject({
		code: "bad_argument",
		message: 'there is no sheet "Frist"',
		next: 'Sheets: "First", "第二".',
	});
});

describe("a first sheet that is empty", () => {
	const row = (text: string) =>
		`<row r="1"><c r="A1" t="inlineStr"><is><t>${text}</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`;

	test("the only other one that is not is read, which is said", async () => {
		const { columns, notes } = await read(
			workbook({ Cover: "", Data: row("one"), Blank: '<row r="1"/>' }),
		);
		expect(columns).toEqual(["one"]);
		expect(notes).toEqual([
			'read the sheet "Data"; not read: "Cover", "Blank"',
			'the sheet "Cover", which comes first, is empty, and only "Data" is not',
		]);
	});

	test("of several others one has to be named", async () => {
		const book = workbook({ Cover: "", Data: row("one"), More: row("two") });
		await expect(read(book)).rejects.toMatchObject({
			message:
				'the sheet "Cover", which comes first, is empty, and several others are not',
			next: 'Name one of them with `sheet`: "Data", "More".',
		});
		expect((await read(book, { sheet: "More" })).columns).toEqual(["two"]);
	});

	test("an empty sheet that was named is not read for another", async () => {
		const book = workbook({ Cover: "", Data: row("one") });
		await expect(read(book, { sheet: "Cover" })).rejects.toMatchObject({
			message: expect.stringContaining('the sheet "Cover" is empty'),
			next: 'Other sheets, which `sheet` takes: "Data".',
		});
		await expect(
			read(workbook({ Cover: "", Empty: "" })),
		).rejects.toMatchObject({
			message: expect.stringContaining('the sheet "Cover" is empty'),
			next: 'Other sheets, which `sheet` takes: "Empty".',
		});
	});
});

test("the sign in a format that only shows it does not make a number a percentage", () => {
	expect(numberFormat(164, "0.0%")).toMatchObject({ percent: true });
	expect(numberFormat(164, '0.0"%"')).toMatchObject({ percent: false });
	expect(numberFormat(164, "0.0\\%")).toMatchObject({ percent: false });
});

test("an empty sheet and a file that is not a workbook are refused", async () => {
	await expect(read(workbook({ S: "" }))).rejects.toMatchObject({
		message: expect.stringContaining('the sheet "S" is empty'),
	});
	await expect(read(Buffer.from("a,b\n1,2\n"))).rejects.toMatchObject({
		code: "bad_argument",
		next: expect.stringContaining(".xlsx"),
	});
});

test("what is written is a workbook with typed cells, and reads back the same", async () => {
	const path = join(temporaryFolder(), "out.xlsx");
	const rows = [
		["text", 1.5, true, null],
		[" <&> \n\u00e9 ", -0.1, false, "1e5"],
		["=1+1", 9_007_199_254_740_991, true, "00123"],
	];
	const writer = await xlsxWriter(path, ["a", "b", "c", "d"]);
	for (const row of rows) await writer.write(row);
	const bytes = await writer.finish();
	const content = readFileSync(path);
	expect(content.length).toBe(bytes);
	const parts = unzip(content);
	const sheet = parts.get("xl/worksheets/sheet1.xml") ?? "";
	expect(sheet).toContain("<v>1.5</v>");
	expect(sheet).toMatch(/t="b"[^>]*><v>1<\/v>/);
	expect(sheet).not.toContain("<f>");
	const { all, columns } = await read(content);
	expect(columns).toEqual(["a", "b", "c", "d"]);
	expect(
		all.map(({ cells }) => [cells.a, cells.b, cells.c, cells.d || null]),
	).toEqual(rows);
});

test("a file that is abandoned or fails leaves nothing behind", async () => {
	const folder = temporaryFolder();
	const writer = await xlsxWriter(join(folder, "out.xlsx"), ["a"]);
	await writer.write(["x"]);
	await writer.abandon();
	expect(readdirSync(folder)).toEqual([]);
});

test("a text that no spreadsheet holds is refused, not cut", async () => {
	const folder = temporaryFolder();
	const writer = await xlsxWriter(join(folder, "out.xlsx"), ["a"]);
	await writer.write(["x".repeat(32_767)]);
	await expect(writer.write(["x".repeat(32_768)])).rejects.toMatchObject({
		code: "too_large",
		next: expect.stringContaining("CSV"),
	});
	await writer.abandon();
	expect(readdirSync(folder)).toEqual([]);
});

test("a workbook without rows has its header", async () => {
	const path = join(temporaryFolder(), "out.xlsx");
	const writer = await xlsxWriter(path, ["only", "header"]);
	await writer.finish();
	const { columns, all } = await read(readFileSync(path));
	expect(columns).toEqual(["only", "header"]);
	expect(all).toEqual([]);
});

test("numbers of which the program has lost digits are told, by column, with the first", async () => {
	const text = (shown: string) =>
		`<c t="inlineStr"><is><t>${shown}</t></is></c>`;
	const rows = (...numbers: readonly string[]) =>
		`<row r="1">${text("Id")}${text("N")}</row>${numbers
			.map(
				(number, at) =>
					`<row r="${at + 2}"><c><v>${number}</v></c><c><v>5</v></c></row>`,
			)
			.join("")}`;
	const told = async (...numbers: readonly string[]) =>
		(await read(workbook({ S: rows(...numbers) }))).notes.join();
	const few = Array.from({ length: 40 }, (_, at) => `${at}`);
	expect(await told(...few, "6.2220212345678E+17", "1234567890123450")).toMatch(
		/column "Id": 2 numbers of 16 digits and more, the first on row 42 \(622202123456780000\)/,
	);
	expect(
		await told("123456789012345", "1234567890123456", "0.5"),
	).not.toContain("16 digits");
});
