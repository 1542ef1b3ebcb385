import { readFile } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import {
	type FileRow,
	type ReadOptions,
	type RowFile,
	SheetCell,
} from "../../core/contract/files.js";
import { defined } from "../../core/values/defined.js";
import { digitsAtEnd } from "../../core/values/ends.js";
import { cutList, nameList, quoted } from "../../core/values/names.js";
import {
	cellsByName,
	columnNames,
	LOOKED_AT,
	noHeader,
	recordNote,
	titleHint,
} from "./header.js";
import { Around } from "./xlsx-around.js";
import {
	type Book,
	bookOf,
	countElements,
	type Parts,
	partsOf,
	type Relation,
	relationsOf,
	type Shared,
	type SheetPart,
	sharedOf,
} from "./xlsx-parts.js";
import { type Sheet, type SheetRow, sheetRows } from "./xlsx-sheet.js";

/**
 * The first sheet that is not hidden, or the one named. A cell is what a person sees in it; what cannot be seen so
 * is a problem of its row. The line is the row.
 */
export async function openXlsx(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	// Programs write the texts of a sheet behind it, so that the whole file is needed each time.
	const bytes = await readFile(path);
	const parts = partsOf(bytes);
	const book = await bookOf(parts);
	const first = sheetNamed(book.sheets, options.sheet);
	const shared = await sharedOf(parts, book, first.name);
	const chosen =
		options.sheet === undefined
			? await filledSheet({ parts, book, shared }, first)
			: first;
	const relations = await relationsOf(parts, chosen.part);
	const sheet: Sheet = {
		part: chosen.part,
		shared: { ...shared, sheet: chosen.name },
		around: new Around(relations),
	};
	const rounded = new RoundedNumbers();
	let holdsMore = false;
	const { header, behind } = await beginning(
		sheetRows(parts, sheet, true),
		options.headerRow,
		(row) => {
			rounded.see(row);
			holdsMore ||= row.cells.some(
				(cell) =>
					cell instanceof SheetCell &&
					(cell.link !== undefined ||
						cell.unit !== undefined ||
						cell.isMasked ||
						cell.whole !== undefined),
			);
		},
	);
	if (header === undefined)
		throw noHeader(
			options.headerRow,
			`the sheet ${quoted(chosen.name)}`,
			otherSheets(book.sheets, chosen),
		);
	const notes = sheetNotes(book.sheets, chosen);
	if (chosen !== first)
		notes.push(
			`the sheet ${quoted(first.name)}, which comes first, is empty, and only ${quoted(chosen.name)} is not`,
		);
	const shown = (row: SheetRow) => ({
		line: row.line,
		cells: Array.from(row.cells, textOf),
	});
	const columns = columnNames(shown(header).cells, notes);
	const hint = titleHint(shown(header), behind.map(shown));
	notes.push(...aroundNotes(sheet.around, header.line, columns));
	notes.push(...rounded.notes(columns));
	notes.push(...(await droppedNotes(parts, relations)));
	const asRecord = recordNote(shown(header), behind.map(shown));
	if (asRecord !== undefined) notes.push(asRecord);
	let blankRows = 0;
	return {
		format: "xlsx",
		columns,
		holdsMore: holdsMore || sheet.around.links.size > 0,
		notes: hint === undefined ? notes : [...notes, hint],
		...defined({ hint }),
		blankRows: () => blankRows,
		async *rows(fromRecord) {
			// Sheets often end with rows that have a format and nothing else.
			let [record, blank, between] = [0, 0, 0];
			for await (const found of sheetRows(parts, sheet, false))
				for (const row of found) {
					if (row.line <= header.line) continue;
					if (isBlank(row)) {
						blank++;
						continue;
					}
					between = blank;
					if (record >= fromRecord) yield sheetRow(record, row, columns);
					record++;
				}
			blankRows = between;
		},
	};
}

/** @throws TablesError bad_argument with the sheets there are */
function sheetNamed(
	sheets: readonly SheetPart[],
	wanted: string | undefined,
): SheetPart {
	const found =
		wanted === undefined
			? (sheets.find(({ hidden }) => !hidden) ?? sheets[0])
			: sheets.find(({ name }) => name === wanted);
	if (found !== undefined) return found;
	throw new TablesError("bad_argument", `there is no sheet "${wanted}"`, {
		next: `Sheets: ${nameList(sheets.map(({ name }) => name))}.`,
	});
}

/** A workbook with what its sheets share. */
interface OpenBook {
	readonly parts: Parts;
	readonly book: Book;
	readonly shared: Shared;
}

/**
 * The first sheet, or where that is empty the only one that is not; hidden ones are not looked at.
 * @throws TablesError bad_argument where there are several.
 */
async function filledSheet(
	file: OpenBook,
	first: SheetPart,
): Promise<SheetPart> {
	const others = file.book.sheets.filter((sheet) => sheet !== first);
	if (others.length === 0 || (await hasRows(file, first))) return first;
	const filled: SheetPart[] = [];
	for (const sheet of others)
		if (!sheet.hidden && (await hasRows(file, sheet))) filled.push(sheet);
	const [only, ...more] = filled;
	if (more.length === 0) return only ?? first;
	throw new TablesError(
		"bad_argument",
		`the sheet ${quoted(first.name)}, which comes first, is empty, and several others are not`,
		{
			next: `Name one of them with \`sheet\`: ${nameList(filled.map(({ name }) => name))}.`,
		},
	);
}

async function hasRows(
	{ parts, shared }: OpenBook,
	{ part, name }: SheetPart,
): Promise<boolean> {
	const sheet: Sheet = {
		part,
		shared: { ...shared, sheet: name },
		around: new Around(new Map()),
	};
	for await (const rows of sheetRows(parts, sheet, false))
		if (rows.some((row) => !isBlank(row))) return true;
	return false;
}

/** What to do where a sheet has no header; undefined: there is no other. */
function otherSheets(
	sheets: readonly SheetPart[],
	sheet: SheetPart,
): string | undefined {
	const others = sheets.filter((other) => other !== sheet);
	return others.length === 0
		? undefined
		: `Other sheets, which \`sheet\` takes: ${nameList(others.map(({ name, hidden }) => `${name}${hidden ? " (hidden)" : ""}`))}.`;
}

function sheetNotes(sheets: readonly SheetPart[], sheet: SheetPart): string[] {
	const others = sheets.filter((other) => other !== sheet);
	if (others.length === 0 && !sheet.hidden) return [];
	const named = others.map(
		({ name, hidden }) => `"${name}"${hidden ? " (hidden)" : ""}`,
	);
	return [
		`read the sheet "${sheet.name}"${sheet.hidden ? ", which is hidden" : ""}${named.length === 0 ? "" : `; not read: ${cutList(named)}`}`,
	];
}

function isNothing(cell: unknown): boolean {
	return (
		cell === undefined ||
		cell === "" ||
		(typeof cell === "string" && cell.trim() === "")
	);
}

function isBlank({ cells }: SheetRow): boolean {
	return !cells.some((cell) => !isNothing(cell));
}

function textOf(cell: unknown): string {
	if (cell === undefined) return "";
	return cell instanceof SheetCell ? cell.shown : String(cell);
}

/** The header and what comes right behind it; the rest is gone through for whether it can be read. */
async function beginning(
	rows: AsyncIterable<readonly SheetRow[]>,
	headerRow: number | undefined,
	onRow: (row: SheetRow) => void,
): Promise<{
	readonly header: SheetRow | undefined;
	readonly behind: readonly SheetRow[];
}> {
	const behind: SheetRow[] = [];
	let header: SheetRow | undefined;
	const see = (row: SheetRow) => {
		if (row.line < (headerRow ?? 1) || isBlank(row)) return;
		if (header !== undefined) {
			onRow(row);
			if (behind.length < LOOKED_AT) behind.push(row);
		} else if (headerRow === undefined || row.line === headerRow) header = row;
	};
	for await (const found of rows) for (const row of found) see(row);
	return { header, behind };
}

/** Whole numbers from here on have more digits than spreadsheet programs keep of what is typed. */
const ROUNDED_FROM = 1e15;

/** Numbers of which a spreadsheet program has made zeros of the last digits. */
class RoundedNumbers {
	readonly #found = new Map<
		number,
		{ count: number; readonly line: number; readonly first: number }
	>();

	see({ line, cells }: SheetRow): void {
		cells.forEach((cell, column) => {
			const value = cell instanceof SheetCell ? cell.value : cell;
			if (typeof value !== "number" || !isRounded(value)) return;
			const found = this.#found.get(column);
			if (found === undefined)
				this.#found.set(column, { count: 1, line, first: value });
			else found.count++;
		});
	}

	notes(columns: readonly string[]): readonly string[] {
		return [...this.#found].flatMap(([column, { count, line, first }]) =>
			columns[column] === undefined
				? []
				: [
						`column ${quoted(columns[column])}: ${counted(count, "number")} of 16 digits and more, the first on row ${line} (${first}): spreadsheet programs keep 15 digits and make zeros of the others, so that the last digits may be lost; where they are ids, take them from their source as text`,
					],
		);
	}
}

/** Does a number that has more than 15 digits have none but zeros behind them? */
function isRounded(value: number): boolean {
	if (!Number.isInteger(value) || Math.abs(value) < ROUNDED_FROM) return false;
	if (!Number.isSafeInteger(value)) return true;
	return value % 10 === 0;
}

function sheetRow(
	record: number,
	{ line, cells }: SheetRow,
	columns: readonly string[],
): FileRow {
	const row = { record, line, cells: cellsByName(columns, cells) };
	return cells.slice(columns.length).some((cell) => !isNothing(cell))
		? {
				...row,
				problem: `has cells beyond the ${columns.length} columns of the header`,
			}
		: row;
}

function counted(count: number, noun: string): string {
	return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function aroundNotes(
	{ merged, hiddenRows, hiddenColumns }: Around,
	headerLine: number,
	columns: readonly string[],
): readonly string[] {
	const areas = merged.filter((area) => Number(digitsAtEnd(area)) > headerLine);
	const hidden = hiddenColumns.flatMap((index) => columns[index] ?? []);
	return [
		...(areas.length === 0
			? []
			: [
					`${counted(areas.length, "merged area")} (${areas.slice(0, 5).join(", ")}${areas.length > 5 ? ", …" : ""}): the first cell of each has its value, the others are empty`,
				]),
		...(hiddenRows === 0
			? []
			: [
					`${counted(hiddenRows, "row")} of the sheet ${hiddenRows === 1 ? "is" : "are"} hidden, by hand or by a filter, and read like the others`,
				]),
		...(hidden.length === 0
			? []
			: [`hidden columns are read like the others: ${nameList(hidden)}`]),
	];
}

/** What lies on a sheet and is not in its cells, by the type of its part. */
const DROPPED: Readonly<Record<string, readonly [RegExp, string]>> = {
	comments: [/^comment$/, "comment"],
	threadedComment: [/^threadedComment$/, "threaded comment"],
	drawing: [/^(?:pic|graphicFrame)$/, "picture or chart"],
};

async function droppedNotes(
	parts: Parts,
	relations: ReadonlyMap<string, Relation>,
): Promise<readonly string[]> {
	const dropped: string[] = [];
	for (const { type, target } of relations.values()) {
		const [element, noun] = DROPPED[type] ?? [];
		if (element === undefined || noun === undefined) continue;
		const count = await countElements(parts, target, element);
		if (count > 0)
			dropped.push(
				type === "drawing"
					? `${count} ${count === 1 ? noun : "pictures or charts"}`
					: counted(count, noun),
			);
	}
	return dropped.length === 0 ? [] : [`not taken: ${dropped.join(", ")}`];
}
