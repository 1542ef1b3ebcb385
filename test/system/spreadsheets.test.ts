import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderFiles } from "../../src/store/files/index.js";
import { temporaryFolder } from "../folder.js";
import { connected } from "../server/client.js";
import { isThere, output } from "./program.js";

/** UTF-8, with commas, cells as they are shown, each sheet into a file of its own. */
const CSV_OF_EACH_SHEET =
	"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1";

/** The sheets of a workbook as LibreOffice shows them, by name. */
function shownByLibreOffice(
	file: string,
	sheets: readonly string[],
): readonly (readonly string[][])[] {
	const folder = temporaryFolder();
	output("soffice", [
		`-env:UserInstallation=${pathToFileURL(join(folder, "profile"))}`,
		"--headless",
		"--convert-to",
		CSV_OF_EACH_SHEET,
		"--outdir",
		folder,
		file,
	]);
	return sheets.map((sheet) =>
		parse(
			readFileSync(
				join(folder, `${basename(file, ".xlsx")}-${sheet}.csv`),
				"utf8",
			),
			{ relax_column_count: true, bom: true },
		),
	);
}

const PYTHON = `
import datetime, json, sys, openpyxl
def plain(cell):
    value = cell.value
    if isinstance(value, (datetime.datetime, datetime.date)):
        value = {"date": value.isoformat()}
    link = cell.hyperlink.target if cell.hyperlink else None
    return {"value": value, "type": cell.data_type, "format": cell.number_format, "link": link, "bold": cell.font.b}
book = openpyxl.load_workbook(sys.argv[1])
print(json.dumps({s.title: {"frozen": s.freeze_panes, "cells": [[plain(c) for c in row] for row in s.iter_rows()], "widths": {k: v.width for k, v in s.column_dimensions.items()}} for s in book.worksheets}))
`;

interface ReadCell {
	readonly value: unknown;
	readonly type: string;
	readonly format: string;
	readonly link: string | null;
	readonly bold: boolean;
}

function readByOpenpyxl(file: string): Readonly<
	Record<
		string,
		{
			readonly frozen: string;
			readonly cells: readonly (readonly ReadCell[])[];
			readonly widths: Readonly<Record<string, number>>;
		}
	>
> {
	return JSON.parse(output("python3", ["-c", PYTHON, file]));
}

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Count", type: "number" },
	{
		name: "Price",
		type: "currency",
		settings: { currency: "USD" },
	},
	{ name: "Share", type: "percent" },
	{ name: "Paid", type: "checkbox" },
	{ name: "Due", type: "date" },
	{ name: "Meeting", type: "date", settings: { format: "yyyy-MM-dd HH:mm" } },
	{ name: "Site", type: "url" },
	{ name: "Mail", type: "email" },
	{ name: "Owner", type: "user" },
	{ name: "Notes", type: "long_text" },
] as const;

const RECORDS = [
	{
		Name: "=1+1",
		Count: -1234.5678,
		Price: 1234.5,
		Share: 0.125,
		Paid: true,
		Due: "2026-02-28",
		Meeting: "2026-11-20T14:05:06+08:00",
		Site: { text: "our site", link: "https://example.com/?a=1,2&b=3" },
		Mail: "ann@example.com",
		Owner: ["Ann", "Bo"],
		Notes: "one\ntwo",
	},
	{
		Name: "00123",
		Count: 12.345,
		Price: -0.5,
		Share: "150%",
		Due: "1900-01-01",
		Meeting: "2026-11-20T14:05:00+08:00",
		Site: "https://example.com/plain",
		Notes: '"quoted", and <b>&amp;</b> _x000D_',
	},
	{ Name: "中文 \u{1f600}", Count: 0, Share: 0, Due: "9999-12-31" },
];

/** A workbook of two sheets, one of them with every kind of cell. */
async function exported(): Promise<string> {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Source",
		fields: FIELDS,
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: RECORDS.map((fields) => ({ fields })),
	});
	for (const sheet of ["All", "Some"])
		await client.ok("export_records", {
			table,
			file: "out.xlsx",
			sheet,
			...(sheet === "Some" ? { fields: ["Name", "Price"], limit: 2 } : {}),
		});
	return join(client.files, "out.xlsx");
}

describe.runIf(isThere("soffice", ["--version"]))("LibreOffice", () => {
	test("shows each cell as a person expects it", async () => {
		const [all, some] = shownByLibreOffice(await exported(), ["All", "Some"]);
		expect(all).toEqual([
			FIELDS.map(({ name }) => name),
			[
				"=1+1",
				"-1234.5678",
				"$1,234.50",
				"12.5%",
				"TRUE",
				"2026-02-28",
				"2026-11-20 14:05:06",
				"our site",
				"ann@example.com",
				"Ann, Bo",
				"one\ntwo",
			],
			[
				"00123",
				"12.345",
				"-$0.50",
				"150.0%",
				"FALSE",
				"1900-01-01",
				"2026-11-20 14:05",
				"https://example.com/plain",
				"",
				"",
				'"quoted", and <b>&amp;</b> _x000D_',
			],
			[
				"中文 \u{1f600}",
				"0",
				"",
				"0.0%",
				"FALSE",
				"9999-12-31",
				"",
				"",
				"",
				"",
				"",
			],
		]);
		expect(some).toEqual([
			["Name", "Price"],
			["=1+1", "$1,234.50"],
			["00123", "-$0.50"],
		]);
	});

	test("reads any text to the letter", async () => {
		const folder = temporaryFolder();
		const path = join(folder, "texts.xlsx");
		const files = folderFiles(folder, join(folder, "kept"));
		const texts = fc
			.sample(
				fc.oneof(
					fc.string({ unit: "grapheme" }),
					fc.constantFrom("'=1", "_x0041_", "a\tb", " a ", "1e5", "TRUE", "'"),
				),
				{ numRuns: 300, seed: 7 },
			)
			.map((text) => `|${text}`);
		const writer = await files.writeRows({ path, isNew: true }, "xlsx", ["t"], {
			name: "S",
			looks: [{ as: "general" }],
		});
		for (const text of texts) await writer.write([text]);
		await writer.finish();
		const [rows] = shownByLibreOffice(path, ["S"]);
		expect(rows?.slice(1).map(([text]) => text)).toEqual(texts);
	});
});

describe.runIf(isThere("python3", ["-c", "import openpyxl"]))(
	"openpyxl",
	() => {
		test("reads types, formats, links, widths and the frozen header", async () => {
			const { All, Some } = readByOpenpyxl(await exported());
			expect(All?.frozen).toBe("A2");
			expect(All?.cells[0]?.every(({ bold }) => bold)).toBe(true);
			const [name, count, price, share, paid, due, meeting, site, mail] =
				All?.cells[1] ?? [];
			expect(name).toMatchObject({ value: "=1+1", format: "@" });
			expect(count).toMatchObject({ value: -1234.5678, type: "n" });
			expect(price).toMatchObject({ value: 1234.5, format: '"$"#,##0.00' });
			expect(share).toMatchObject({ value: 0.125, format: "0.0%" });
			expect(paid).toMatchObject({ value: true, type: "b" });
			expect(due?.value).toEqual({ date: "2026-02-28T00:00:00" });
			expect(meeting?.value).toEqual({ date: "2026-11-20T14:05:06" });
			expect(site).toMatchObject({
				value: "our site",
				link: "https://example.com/?a=1,2&b=3",
			});
			expect(mail?.link).toBe("mailto:ann@example.com");
			expect(All?.cells[2]?.[7]?.link).toBe("https://example.com/plain");
			expect(All?.widths.A).toBeLessThan(All?.widths.H ?? 0);
			expect(Some?.cells).toHaveLength(3);
		});
	},
);
