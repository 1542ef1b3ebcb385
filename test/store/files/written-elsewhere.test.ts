import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
	type FileRow,
	type ReadOptions,
	SheetCell,
} from "../../../src/core/contract/files.js";
import { folderFiles } from "../../../src/store/files/index.js";
import { temporaryFolder } from "../../folder.js";

const FIXTURES = fileURLToPath(
	new URL("../../fixtures/files/", import.meta.url),
);

async function read(name: string, options: ReadOptions = {}) {
	const folder = temporaryFolder();
	const files = folderFiles(folder, join(folder, "kept"));
	const file = await files.openRows(join(FIXTURES, name), options);
	const all: FileRow[] = [];
	for await (const row of file.rows(0)) all.push(row);
	return { ...file, all, cells: all.map(({ cells }) => seen(cells)) };
}

/** What a cell is, in the words of the tables below. */
function seen(cells: FileRow["cells"]): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(cells).map(([name, cell]) => [
			name,
			cell instanceof SheetCell
				? [cell.problem ?? cell.shown, cell.link ?? cell.value]
				: cell,
		]),
	);
}

const NOT_KEPT = expect.stringMatching(
	/^cell [A-Z][23] holds a formula whose value is not in the file/,
);

/** Meant by `make-books.py`; a program that calculates keeps the results of formulas. */
const MEANT = {
	Name: "first",
	Percent: ["12.5%", 0.125],
	Code: ["00123", 123],
	Price: ["1,234.50 €", 1234.5],
	Large: ["1.50E+10", 1.5e10],
	Fraction: ["1/2", 0.5],
	Day: "2026-11-20",
	Moment: "2026-11-20T14:30:00",
	Time: "12:05",
	Span: "26:30",
	Yes: true,
	Link: ["Our site", "https://example.com/p?a=1&b=2"],
	Sum: [NOT_KEPT, "=SUM(1,2)"],
	Error: [
		expect.stringMatching(/^cell [A-Z][23] holds the error #N\/A$/),
		"#N/A",
	],
	Text: [NOT_KEPT, '=HYPERLINK("https://example.com/h","there")'],
};

test.each([
	["openpyxl-cells.xlsx", {}],
	["openpyxl-1904.xlsx", {}],
	[
		"libreoffice-cells.xlsx",
		{ Sum: 3, Text: ["there", "https://example.com/h"] },
	],
])("%s: a cell is what a person sees in it", async (name, calculated) => {
	const { cells, notes } = await read(name);
	expect(cells).toEqual([{ ...MEANT, ...calculated }]);
	expect(notes).toEqual([]);
});

test("openpyxl-units.xlsx: a number is what its format shows, and what that leaves out is known", async () => {
	const { all, holdsMore } = await read("openpyxl-units.xlsx");
	const parts = all.map(({ cells }) =>
		Object.fromEntries(
			Object.entries(cells).map(([code, cell]) => [
				code,
				cell instanceof SheetCell
					? [cell.shown, cell.unit, cell.whole].filter((one) => one)
					: [cell],
			]),
		),
	);
	expect(holdsMore).toBe(true);
	expect(parts).toEqual([
		{
			Row: ["r0"],
			'0" kg"': ["12 kg", "kg", "12.44"],
			'"$"0': ["$12", "$", "12.44"],
			'0,"k"': ["12k", "12440"],
			'0.0,,"M"': ["2.5M", "2512345"],
			'"No "0': ["No 12", "No", "12.44"],
			'0.00" kg"': ["12.44 kg", "kg"],
			'General" kg"': ["12.44 kg", "kg"],
			"#,##0.00\\ [$€-407]": ["12.44 €", "€"],
			"# ?/?": ["1/2"],
			'"yes";;"no"': ["yes"],
			"000-000-0000": ["415-555-0123"],
			"00000": ["00123"],
			"0.00": ["0.30"],
			'0.0" l"': ["0.3 l", "l"],
			"[h]:mm": ["26:30"],
			"h:mm": ["02:30", "26:30"],
			"yyyy-mm-dd": ["2026-11-20"],
			"yyyy-mm-dd hh:mm:ss": ["2026-11-21T00:00:00"],
		},
		{
			Row: ["r1"],
			'0" kg"': ["7 kg", "kg"],
			'"$"0': ["$7", "$"],
			'0,"k"': ["12k"],
			'0.0,,"M"': ["2.5M"],
			'"No "0': ["No 7", "No"],
			'0.00" kg"': ["7.00 kg", "kg"],
			'General" kg"': ["7 kg", "kg"],
			"#,##0.00\\ [$€-407]": ["7.00 €", "€"],
			"# ?/?": ["1/2", "0.51"],
			'"yes";;"no"': ["no"],
			"000-000-0000": ["415-555-0124"],
			"00000": ["00007"],
			"0.00": ["2.50"],
			'0.0" l"': ["2.5 l", "l"],
			"[h]:mm": ["12:00"],
			"h:mm": ["12:00"],
			"yyyy-mm-dd": ["2026-11-20T23:59:59.999"],
			"yyyy-mm-dd hh:mm:ss": ["2026-11-20T14:30:00"],
		},
	]);
});

test("exceljs.xlsx: rich text, links, brackets for negative, formulas with and without results", async () => {
	const { cells } = await read("exceljs.xlsx");
	expect(cells).toEqual([
		{
			Name: "rich text",
			Link: ["Our site", "https://example.com/x?a=1&b=2"],
			Due: "2026-11-20",
			Done: false,
			Total: 2,
			Amount: ["(1,234.50)", -1234.5],
		},
		{
			Name: "plain",
			Link: "https://example.com/",
			Due: "",
			Done: "",
			Total: [NOT_KEPT, "=A1"],
			Amount: ["200%", 2],
		},
	]);
});

test("openpyxl-sheets.xlsx: a hidden sheet, a title, and what is said of a sheet", async () => {
	const titled = await read("openpyxl-sheets.xlsx");
	expect(titled.hint).toContain("pass `header_row`: 3");
	const { columns, cells, notes, all } = await read("openpyxl-sheets.xlsx", {
		headerRow: 3,
	});
	expect(columns).toEqual(["Name", "N", "Team"]);
	expect(cells).toEqual([
		{ Name: "a", N: 1, Team: "red" },
		{ Name: "b", N: 2, Team: "" },
		{ Name: "c", N: 3, Team: "blue" },
	]);
	expect(all.map(({ record, line }) => [record, line])).toEqual([
		[0, 4],
		[1, 5],
		[2, 6],
	]);
	expect(notes).toEqual([
		'read the sheet "Data"; not read: "_meta" (hidden), "Other"',
		"1 merged area (C4:C5): the first cell of each has its value, the others are empty",
		"1 row of the sheet is hidden, by hand or by a filter, and read like the others",
		'hidden columns are read like the others: "N"',
		"not taken: 1 comment",
	]);
	const hidden = await read("openpyxl-sheets.xlsx", { sheet: "_meta" });
	expect(hidden.cells).toEqual([{ Name: "SECRET", N: 99 }]);
	expect(hidden.notes[0]).toBe(
		'read the sheet "_meta", which is hidden; not read: "Data", "Other"',
	);
});

/** The frame of `make-books.py` in the words of each format. */
const FRAMES: readonly [string, readonly Record<string, unknown>[]][] = [
	[
		"pandas.xlsx",
		[
			{ Name: "a", N: 1.5, Day: "2026-11-20T00:00:00", Yes: true },
			{ Name: "b", N: "", Day: "2026-11-21T08:15:00", Yes: false },
			{ Name: "", N: 3, Day: "", Yes: "" },
		],
	],
	...["pandas.csv", "pandas-quoted.csv"].map(
		(name): [string, readonly Record<string, unknown>[]] => [
			name,
			[
				{ Name: "a", N: "1.5", Day: "2026-11-20 00:00:00", Yes: "True" },
				{ Name: "b", N: "", Day: "2026-11-21 08:15:00", Yes: "False" },
				{ Name: "", N: "3.0", Day: "", Yes: "" },
			],
		],
	),
	...["pandas-records.json", "pandas-lines.ndjson"].map(
		(name): [string, readonly Record<string, unknown>[]] => [
			name,
			[
				{ Name: "a", N: 1.5, Day: "2026-11-20T00:00:00.000", Yes: true },
				{ Name: "b", N: null, Day: "2026-11-21T08:15:00.000", Yes: false },
				{ Name: null, N: ["3.0", 3], Day: null, Yes: null },
			],
		],
	),
];

test.each(FRAMES)("%s", async (name, meant) => {
	expect((await read(name)).cells).toEqual(meant);
});

test.each([
	["libreoffice.xls", "prices.xls", /it is an old Excel workbook/],
	["libreoffice.xls", "prices.xlsx", /it is an old Excel workbook/],
	["libreoffice.ods", "prices.ods", /it is an OpenDocument spreadsheet/],
	["libreoffice.ods", "prices.xlsx", /it is an OpenDocument spreadsheet/],
	["pandas.xlsx", "prices.csv", /it is an Excel workbook/],
])(
	"%s as %s is refused by the name that a person gave it",
	async (made, name, what) => {
		const folder = temporaryFolder();
		const path = join(folder, `copy${/\.\w+$/.exec(name)?.[0]}`);
		copyFileSync(join(FIXTURES, made), path);
		const files = folderFiles(folder, join(folder, "kept"));
		await expect(
			files.openRows(path, { name: `/somewhere/${name}` }),
		).rejects.toMatchObject({
			code: "bad_argument",
			message: expect.stringMatching(
				new RegExp(`^"${name}" is not read: ${what.source}`),
			),
			next: expect.stringMatching(/\.xlsx/),
		});
	},
);

test("a workbook with a password is said to be one", async () => {
	const folder = temporaryFolder();
	const path = join(folder, "secret.xlsx");
	writeFileSync(
		path,
		Buffer.concat([
			Buffer.from("d0cf11e0a1b11ae1", "hex"),
			Buffer.alloc(504),
			Buffer.from("EncryptedPackage", "utf16le"),
			Buffer.alloc(2048),
		]),
	);
	const files = folderFiles(folder, join(folder, "kept"));
	await expect(files.openRows(path, {})).rejects.toMatchObject({
		message: expect.stringContaining("protected by a password"),
		next: expect.stringContaining("without a password"),
	});
});
