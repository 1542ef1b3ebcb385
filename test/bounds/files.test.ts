import { afterAll, beforeAll, expect, test } from "vitest";
import { bounded, openPlace, type Place } from "./world.js";
import { type Content, fill, piecesOf, workbookOf } from "./zip.js";

/*
 * Files that are too large in one direction: a line, a cell, a header, a part of a workbook has a maximum.
 */

const MB = 1024 * 1024;

let place: Place;
beforeAll(async () => {
	place = openPlace();
	await place.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
			{ name: "Due", type: "date" },
			{ name: "Tags", type: "multi_select", settings: { options: [] } },
			{
				name: "State",
				type: "single_select",
				settings: {
					options: Array.from({ length: 300 }, (_, index) => ({
						name: `State ${index} of the order`,
					})),
				},
			},
		],
	});
});
afterAll(() => place.close());

/** A row that is as large as a sheet may be, and packs to nothing. */
const LARGE_ROW = piecesOf(
	'<row r="2"><c r="A2" t="str"><v>',
	fill(64 * MB, "a"),
	"</v></c></row>",
);
const row = (number: number, cell: string) =>
	`<row r="${number}"><c r="A${number}" t="inlineStr"><is><t>${cell}</t></is></c></row>`;

/** Files that are refused, whole or row by row, and the words. */
const REFUSED: Readonly<
	Record<string, readonly [string, () => Content, RegExp]>
> = {
	"NDJSON of one line of 40 MB": [
		"a.ndjson",
		() => piecesOf('{"Title":"', fill(40 * MB, "a"), '"}\n{"Title":"b"}\n'),
		/longer than 4194304 characters/,
	],
	"NDJSON of 2 million empty lines": [
		"a.ndjson",
		() => fill(2_000_000, "\n"),
		/the file is empty/,
	],
	"NDJSON nested 1,000,000 deep": [
		"a.ndjson",
		() =>
			piecesOf('{"Title":', fill(1_000_000, "["), fill(1_000_000, "]"), "}\n"),
		/line 1 is nested more than 1000 deep/,
	],
	"NDJSON with 200,000 names in a line": [
		"a.ndjson",
		() =>
			`{${Array.from({ length: 200_000 }, (_, n) => `"n${n}":1`).join(",")}}\n`,
		/line 1 has more than 32768 names/,
	],
	"CSV with one cell of 40 MB": [
		"a.csv",
		() => piecesOf("Title\n", fill(40 * MB, "a")),
		/cannot be read at line/,
	],
	"CSV with a quote that is open over 60 MB": [
		"a.csv",
		() => piecesOf('Title\n"', fill(60 * MB, "a,\n")),
		/cannot be read at line/,
	],
	"CSV with 1,000,000 columns": [
		"a.csv",
		() => piecesOf(fill(2_000_000, "a,"), "a\n1\n"),
		/columns; at most 16384/,
	],
	"CSV with a cell of a million line breaks": [
		"a.csv",
		() => piecesOf('Title,Amount\n"x', fill(1_000_000, "\n"), 'y",z\n'),
		/is not a number/,
	],
	"CSV with cells that are crafted against patterns": [
		"a.csv",
		() =>
			[
				"Title,Amount,Due,Tags",
				`a,"${"1".repeat(1_000_000)}x",,`,
				`a,"${" ".repeat(1_000_000)}1x",,`,
				`a,,"2026-11-20${" ".repeat(1_000_000)}x",`,
				`a,,"${"T ".repeat(500_000)}12:00x",`,
				`a,,,"x,${" ".repeat(1_000_000)}""y"`,
				`a,"${"1,111".repeat(200_000)}",,`,
			].join("\n"),
		/is not a number/,
	],
	"XLSX with a cell of 64 MB that shrinks to nothing": [
		"a.xlsx",
		() => workbookOf({ rows: LARGE_ROW }),
		/unpacks from 1 MB to 65 MB/,
	],
	"XLSX with a cell of 6 MB": [
		"a.xlsx",
		() => workbookOf({ rows: row(2, "abcdefghij".repeat(600_000)) }),
		/holds a cell of more than 4 MB/,
	],
	"XLSX with texts of 70 MB": [
		"a.xlsx",
		() =>
			workbookOf({
				rows: row(2, "b"),
				texts: piecesOf("<sst><si><t>", fill(70 * MB, "a"), "</t></si></sst>"),
			}),
		/unpacks to 71 MB; at most 64 MB/,
	],
	"XLSX that lies about the size of a sheet": [
		"a.xlsx",
		() => workbookOf({ rows: LARGE_ROW, says: 500 }),
		/cannot be read|too_large/,
	],
	"XLSX with a billion laughs": [
		"a.xlsx",
		() =>
			workbookOf({
				rows: row(2, "&lol9;"),
				before: `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, n) => `<!ENTITY lol${n + 1} "${`&lol${n === 0 ? "" : n};`.repeat(10)}">`).join("")}]>`,
			}),
		/./,
	],
	"XLSX with a row of the number 2^31": [
		"a.xlsx",
		() => workbookOf({ rows: row(2 ** 31, "b") }),
		/./,
	],
	"XLSX with 5,000 members": [
		"a.xlsx",
		() =>
			workbookOf({
				rows: row(2, "b"),
				more: Array.from({ length: 5_000 }, (_, n) => ({
					name: `xl/media/${n}.png`,
					content: "x",
				})),
			}),
		/./,
	],
	"XLSX that is no zip": ["a.xlsx", () => fill(5 * MB, "a"), /cannot be read/],
};

test.each(Object.keys(REFUSED))("%s", async (title) => {
	const [file, make, words] = REFUSED[title] as (typeof REFUSED)[string];
	place.put(file, make());
	const answer = await bounded(title, () =>
		place.call("import_records", { table: "Orders", file }),
	);
	expect(answer.text.slice(0, 2_000)).toMatch(words);
	expect(answer.text.length).toBeLessThan(60_000);
});

test("10,000 free texts for a select of 300", async () => {
	place.put(
		"free.csv",
		`Title,State\n${Array.from({ length: 10_000 }, (_, n) => `a,Some text ${n} that somebody typed`).join("\n")}\n`,
	);
	const answer = await bounded("10,000 free texts for a select of 300", () =>
		place.call("import_records", { table: "Orders", file: "free.csv" }),
	);
	expect(answer.text).toMatch(/^REFUSED: .* 10000 failed/);
	expect(answer.text.length).toBeLessThan(100_000);
});

test("50,000 good rows", async () => {
	place.put(
		"good.csv",
		`Title,Amount,Due,State\n${Array.from({ length: 50_000 }, (_, n) => `Row ${n},${n},2026-11-20,State ${n % 300} of the order`).join("\n")}\n`,
	);
	await bounded("50,000 good rows checked", () =>
		place.ok("import_records", {
			table: "Orders",
			file: "good.csv",
			dry_run: true,
		}),
	);
});

test("16,384 columns of a spreadsheet", async () => {
	const name = (index: number): string =>
		index < 26
			? String.fromCharCode(65 + index)
			: name(Math.floor(index / 26) - 1) + name(index % 26);
	const cells = Array.from(
		{ length: 16_384 },
		(_, n) => `<c r="${name(n)}2"><v>${n}</v></c>`,
	).join("");
	place.put("wide.xlsx", workbookOf({ rows: `<row r="2">${cells}</row>` }));
	await bounded("16,384 columns of a spreadsheet", () =>
		place.call("import_records", { table: "Orders", file: "wide.xlsx" }),
	);
});

test("16,384 columns of a CSV", async () => {
	const columns = Array.from({ length: 16_384 }, (_, n) => `Column ${n}`);
	place.put("wide.csv", `${columns.join(",")}\n${columns.join(",")}\n`);
	const answer = await bounded("16,384 columns of a CSV", () =>
		place.call("import_records", { table: "Orders", file: "wide.csv" }),
	);
	expect(answer.text).toMatch(/REFUSED|Column 0/);
	expect(answer.text.length).toBeLessThan(60_000);
});

test("60 MB whose encoding is found only at the end", async () => {
	place.put(
		"late.csv",
		piecesOf(
			"Title\n",
			fill(60 * MB, `${"x".repeat(9_999)}\n`),
			// 你好中国, as few as are enough to tell by.
			Buffer.from([0xc4, 0xe3, 0xba, 0xc3, 0xd6, 0xd0, 0xb9, 0xfa, 0x0a]),
		),
	);
	const answer = await bounded("60 MB of late GB18030", () =>
		place.ok("import_records", {
			table: "Orders",
			file: "late.csv",
			dry_run: true,
		}),
	);
	expect(answer.text).toContain("GB18030");
});
