import { readFile } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { defined } from "../../core/values/defined.js";
import { columnNames } from "./header.js";
import { checkMembers } from "./xlsx-members.js";

/** The first sheet, or the one named. Formulas give their kept value; dates wall-clock text; the line is the row. */
export async function openXlsx(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const { streamXlsxRows } = await import("hucre/xlsx");
	// Programs write the texts of a sheet behind it, so that the library needs the whole file each time.
	const bytes = await readFile(path);
	await checkMembers(bytes);
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
				if (cells.every((cell) => cell === "")) continue;
				record++;
				if (record < fromRecord) continue;
				const row: FileRow = {
					record,
					line: index + 1,
					cells: Object.fromEntries(
						names.map((name, column) => [name, cells[column] ?? ""]),
					),
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
	if (value === null || value === undefined) return "";
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
