import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	type FileRow,
	type ReadOptions,
	SheetCell,
} from "../../../src/core/contract/files.js";
import { folderFiles } from "../../../src/store/files/index.js";
import { openXlsx } from "../../../src/store/files/xlsx.js";
import { temporaryFolder } from "../../folder.js";
import { unzip, workbook, zip } from "../workbook.js";

async function read(content: Uint8Array, options: ReadOptions = {}) {
	const path = join(temporaryFolder(), "file.xlsx");
	writeFileSync(path, content);
	const file = await openXlsx(path, options);
	const all: FileRow[] = [];
	for await (const row of file.rows(0)) all.push(row);
	return { ...file, all };
}

const text = (ref: string, content: string) =>
	`<c r="${ref}" t="inlineStr"><is><t>${content}</t></is></c>`;
const HEADER = `<row r="1">${text("A1", "Name")}${text("B1", "Amount")}</row>`;
const rows = (count: number) =>
	Array.from(
		{ length: count },
		(_, at) =>
			`<row r="${at + 2}">${text(`A${at + 2}`, "one")}<c r="B${at + 2}"><v>${at}</v></c></row>`,
	).join("");

const SHEET = "xl/worksheets/sheet1.xml";

/** The same workbook with one part changed, or left out. */
function changed(
	book: Buffer,
	part: string,
	change: (text: string) => string | undefined,
): Buffer {
	const files = Object.fromEntries(unzip(book));
	const { [part]: old = "", ...others } = files;
	const made = change(old);
	return zip(made === undefined ? others : { ...others, [part]: made });
}

const GOOD = workbook({ Orders: `${HEADER}${rows(5)}` });

test("a sheet whose XML ends early is refused with its name and the last row", async () => {
	const cut = (xml: string) => xml.slice(0, xml.indexOf('<row r="5">'));
	await expect(read(changed(GOOD, SHEET, cut))).rejects.toMatchObject({
		code: "bad_argument",
		message:
			'the sheet "Orders" is damaged and cannot be read: it ends inside of <sheetData> (xl/worksheets/sheet1.xml); the last row that could be read is row 4',
		next: expect.stringContaining("Get the file again"),
	});
});

test("wherever a sheet's XML is cut, not one row of it is given", async () => {
	const { length } = unzip(GOOD).get(SHEET) ?? "";
	await fc.assert(
		fc.asyncProperty(fc.integer({ min: 0, max: length - 1 }), async (end) => {
			const book = changed(GOOD, SHEET, (xml) => xml.slice(0, end));
			await expect(read(book)).rejects.toMatchObject({ code: "bad_argument" });
		}),
		{ numRuns: 200 },
	);
});

test.each<[string, (xml: string) => string]>([
	["a row that is not closed", (xml) => xml.replace("</row>", "")],
	["an end that nothing began", (xml) => xml.replace("</row>", "</v></row>")],
	["content behind the end", (xml) => `${xml}<row r="9"></row>`],
	["nothing at all", () => ""],
])("%s is refused", async (_, change) => {
	await expect(read(changed(GOOD, SHEET, change))).rejects.toMatchObject({
		message: expect.stringMatching(/^the sheet "Orders" is damaged/),
	});
});

test("what is legal XML is read: quotes with a bracket, comments, CDATA, prefixes", async () => {
	const book = changed(GOOD, SHEET, (xml) =>
		xml
			.replace(
				"<sheetData>",
				'<!-- a > b --><sheetPr codeName="a > b"/><sheetData>',
			)
			.replace("<t>one</t>", "<t><![CDATA[<one>]]></t>")
			.replace(
				"</worksheet>",
				"<x:ext xmlns:x='urn:x'><x:a/></x:ext></worksheet>\n",
			),
	);
	const { all } = await read(book);
	expect(all).toHaveLength(5);
	expect(all[0]?.cells.Name).toBe("<one>");
});

test("a part of the zip that is not what was packed is refused", async () => {
	const at = GOOD.indexOf("<v>3</v>");
	const other = Buffer.from(GOOD);
	other.write("<v>7</v>", at);
	await expect(read(other)).rejects.toMatchObject({
		message: expect.stringMatching(/checksum.*last row .* is row 6/),
	});
	// The directory's own numbers: that of the sheet comes after its name in the local header.
	const size = Buffer.from(GOOD);
	const entry = GOOD.lastIndexOf(SHEET) - 46;
	size.writeUInt32LE(size.readUInt32LE(entry + 24) + 1, entry + 24);
	await expect(read(size)).rejects.toMatchObject({
		message: expect.stringMatching(/ends after \d+ of \d+ bytes/),
	});
});

test("bytes that are not UTF-8 are refused", async () => {
	const at = GOOD.indexOf("<t>one") + 3;
	const other = Buffer.from(GOOD);
	other[at] = 0xff;
	await expect(read(other)).rejects.toMatchObject({
		message: expect.stringMatching(/not UTF-8/),
	});
});

test("a sheet that is not read may be damaged", async () => {
	const book = workbook({ Good: `${HEADER}${rows(1)}`, Bad: HEADER });
	const broken = changed(book, "xl/worksheets/sheet2.xml", (xml) =>
		xml.slice(0, -20),
	);
	expect((await read(broken)).all).toHaveLength(1);
	await expect(read(broken, { sheet: "Bad" })).rejects.toMatchObject({
		message: expect.stringContaining('the sheet "Bad" is damaged'),
	});
});

const sharing = (cell: string) =>
	workbook({ S: `${HEADER}<row r="2">${cell}</row>` }, ["shared"]);

test.each([
	["one beyond the last", '<c r="B2" t="s"><v>1</v></c>'],
	["a negative one", '<c r="B2" t="s"><v>-1</v></c>'],
	["none", '<c r="B2" t="s"/>'],
	["an empty one", '<c r="B2" t="s"><v></v></c>'],
	["no number", '<c r="B2" t="s"><v>x</v></c>'],
])(
	"a cell with the shared text %s is refused by its place",
	async (_, cell) => {
		await expect(read(sharing(cell))).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringMatching(/^the sheet "S" is damaged.* at B2 /),
		});
	},
);

test("shared texts that are missing or damaged are refused", async () => {
	const book = sharing('<c r="A2" t="s"><v>0</v></c>');
	const part = "xl/sharedStrings.xml";
	await expect(
		read(changed(book, part, () => undefined)),
	).rejects.toMatchObject({
		message: expect.stringMatching(/at A2 .*the workbook has none/),
	});
	await expect(
		read(changed(book, part, (xml) => xml.replace("</sst>", ""))),
	).rejects.toMatchObject({
		message: expect.stringMatching(/sharedStrings\.xml, which ends inside/),
	});
	expect((await read(book)).all[0]?.cells.Name).toBe("shared");
});

test("a number whose style is not there could be a date, and is refused by its place", async () => {
	await expect(
		read(sharing('<c r="B2" s="9"><v>46346</v></c>')),
	).rejects.toMatchObject({
		message: expect.stringMatching(/at B2 the style number 9.*from 0 to 4/),
	});
	const book = sharing('<c r="B2" s="1"><v>46346</v></c>');
	await expect(
		read(changed(book, "xl/styles.xml", () => undefined)),
	).rejects.toMatchObject({
		message: expect.stringMatching(/at B2 the style number 1.*has none/),
	});
});

test.each([
	[
		"an error",
		'<c r="B2" t="e"><v>#N/A</v></c>',
		"cell B2 holds the error #N/A",
	],
	[
		"an error of a formula",
		'<c r="B2" t="e"><f>A9</f><v>#REF!</v></c>',
		"cell B2 holds the error #REF!",
	],
	[
		"a formula without a value",
		'<c r="B2"><f>1+1</f></c>',
		"cell B2 holds a formula whose value is not in the file",
	],
	[
		"a formula with an empty value",
		'<c r="B2"><f>1+1</f><v></v></c>',
		"cell B2 holds a formula whose value is not in the file",
	],
	[
		"a part of a shared formula without a value",
		'<c><f t="shared" si="0"/></c><c><f t="shared" si="0"/></c>',
		"cell B2 holds a formula whose value is not in the file",
	],
	[
		"a day that no calendar has",
		'<c r="B2" s="1"><v>1e300</v></c>',
		"cell B2 holds a date beyond the calendar",
	],
	...["0", "0.5", "-1", "60", "60.25", "2958466"].map(
		(serial): [string, string, string] => [
			`the day ${serial}, which spreadsheets show and no calendar has,`,
			`<c r="B2" s="1"><v>${serial}</v></c>`,
			"cell B2 holds a date beyond the calendar",
		],
	),
])("%s is a problem of its cell", async (_, cell, problem) => {
	const { all } = await read(sharing(cell));
	expect(all).toHaveLength(1);
	expect(all[0]?.problem).toBeUndefined();
	expect(all[0]?.cells.Amount).toBeInstanceOf(SheetCell);
	expect(all[0]?.cells.Amount).toMatchObject({
		problem: expect.stringContaining(problem),
	});
});

test("a formula that gives an empty text has a value", async () => {
	const { all } = await read(
		sharing(`${text("A2", "x")}<c r="B2" t="str"><f>""</f><v></v></c>`),
	);
	expect(all[0]?.cells).toEqual({ Name: "x", Amount: "" });
});

/** By the folder, which looks at what is in a file before its format does. */
async function opened(content: Uint8Array) {
	const folder = temporaryFolder();
	const path = join(folder, "file.xlsx");
	writeFileSync(path, content);
	return folderFiles(folder, join(folder, "kept")).openRows(path, {});
}

test("old workbooks and those with a password are told apart from damaged ones", async () => {
	const ole = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
	const old = Buffer.concat([ole, Buffer.alloc(2048)]);
	await expect(opened(old)).rejects.toMatchObject({
		message: expect.stringContaining("old Excel workbook (.xls)"),
		next: expect.stringContaining("save it as .xlsx"),
	});
	const locked = Buffer.concat([
		old,
		Buffer.from("EncryptedPackage", "utf16le"),
	]);
	await expect(opened(locked)).rejects.toMatchObject({
		message: expect.stringContaining("password"),
	});
});
