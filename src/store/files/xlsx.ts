import { readFile } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { defined } from "../../core/values/defined.js";
import { columnNames } from "./header.js";
import type { CellProblems } from "./xlsx-sheet.js";
import { checkSheet } from "./xlsx-workbook.js";

/** The first sheet, or the one named. Formulas give their kept value; dates wall-clock text; the line is the row. */
export async function openXlsx(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const { streamXlsxRows } = await import("hucre/xlsx");
	// Programs write the texts of a sheet behind it, so that the library needs the whole file each time.
	const bytes = await readFile(path);
	checkIsZip(bytes);
	const problems = await checkSheet(bytes, options.sheet);
	const read = async function* (): AsyncIterable<{
		readonly index: number;
		readonly values: readonly unknown[];
	}> {
		try {
			yield* streamXlsxRows(bytes, defined({ sheet: options.sheet }));
		} catch (cause) {
			throw new TablesError(
				"bad_argument",
				`the spreadsheet cannot be read: ${(cause as Error).message}`,
				{
					next:
						options.sheet === undefined
							? "Save it as .xlsx (not .xls) or as CSV."
							: "Look at the name in `sheet`, or save the sheet as CSV.",
					cause,
				},
			);
		}
	};
	const notes: string[] = [];
	let columns: readonly string[] | undefined;
	let headerRow = 0;
	for await (const { index, values } of read()) {
		if (
			values.every(
				(value) => value === null || value === undefined || value === "",
			)
		)
			continue;
		columns = columnNames(
			values.map((value) => String(cellOf(value) ?? "")),
			notes,
		);
		headerRow = index;
		break;
	}
	if (columns === undefined && options.sheet !== undefined)
		await needSheet(bytes, options.sheet);
	if (columns === undefined)
		throw new TablesError(
			"bad_argument",
			"the sheet is empty: its first row must name the columns",
		);
	const names = columns;
	return {
		format: "xlsx",
		columns: names,
		notes,
		async *rows(fromRecord) {
			let record = -1;
			for await (const { index, values } of read()) {
				if (index <= headerRow) continue;
				const cells = values.map(cellOf);
				const ofCells = problemsOf(problems, index, values);
				if (cells.every((cell) => cell === "") && ofCells.size === 0) continue;
				record++;
				if (record < fromRecord) continue;
				const row: FileRow = {
					record,
					line: index + 1,
					cells: Object.fromEntries(
						names.map((name, column) => [
							name,
							ofCells.has(column) ? "" : (cells[column] ?? ""),
						]),
					),
					...(ofCells.size === 0
						? {}
						: {
								cellProblems: new Map(
									[...ofCells].map(([column, problem]) => [
										names[column] ?? "",
										problem,
									]),
								),
							}),
				};
				const extra = cells.slice(names.length).some((cell) => cell !== "");
				yield extra
					? {
							...row,
							problem: `has cells beyond the ${names.length} columns of the header`,
						}
					: row;
			}
		},
	};
}

/** The library's own word for both is that the file is encrypted. @throws TablesError bad_argument */
function checkIsZip(bytes: Buffer): void {
	if (!bytes.subarray(0, OLE.length).equals(OLE)) return;
	const isLocked = bytes.includes(Buffer.from("EncryptedPackage", "utf16le"));
	throw new TablesError(
		"bad_argument",
		isLocked
			? "the spreadsheet is protected by a password, which cannot be given here"
			: "the file is named .xlsx, and its content is of the old form .xls (or of another program of that time)",
		{
			next: isLocked
				? "Open it in a spreadsheet program and save it without a password, as .xlsx or CSV."
				: "Open it in a spreadsheet program and save it as .xlsx or CSV; another ending does not change what is in it.",
		},
	);
}

/** Files of Office before 2007, and those with a password. */
const OLE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);

const NO_PROBLEMS: ReadonlyMap<number, string> = new Map();

/** What is wrong with the cells of a row, by column from 0. */
function problemsOf(
	problems: CellProblems,
	index: number,
	values: readonly unknown[],
): ReadonlyMap<number, string> {
	const known = problems.get(index + 1) ?? NO_PROBLEMS;
	const noDates = values.flatMap((value, column) =>
		isNoDate(value)
			? [[column, "holds a date beyond the calendar"] as const]
			: [],
	);
	return noDates.length === 0 ? known : new Map([...known, ...noDates]);
}

function isNoDate(value: unknown): boolean {
	return value instanceof Date && Number.isNaN(value.getTime());
}

/** The reader gives no rows for a sheet that does not exist. @throws TablesError bad_argument with those that do */
async function needSheet(bytes: Buffer, wanted: string): Promise<void> {
	const { readXlsx } = await import("hucre/xlsx");
	const names: string[] = [];
	await readXlsx(bytes, {
		sheets: ({ name }) => {
			names.push(name);
			return false;
		},
	});
	if (names.includes(wanted)) return;
	throw new TablesError("bad_argument", `there is no sheet "${wanted}"`, {
		next: `Sheets: ${names.map((name) => `"${name}"`).join(", ")}.`,
	});
}

function cellOf(value: unknown): unknown {
	if (value === null || value === undefined || isNoDate(value)) return "";
	if (value instanceof Date) {
		const text = value.toISOString();
		return text.endsWith("T00:00:00.000Z")
			? text.slice(0, 10)
			: text.slice(0, 19);
	}
	if (typeof value === "object" && "richText" in value)
		return (value as { richText: { text: string }[] }).richText
			.map(({ text }) => text)
			.join("");
	if (typeof value === "object" && "text" in value)
		return String((value as { text: unknown }).text);
	return value;
}
