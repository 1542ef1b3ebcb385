import { TablesError } from "../../core/contract/errors.js";
import { MOST_COLUMNS, MOST_LINE_CHARACTERS } from "./limits.js";
import { type Around, columnLetters, columnOf } from "./xlsx-around.js";
import { cellOf, withLink } from "./xlsx-cell.js";
import { MOST_SHEET_BYTES, tooLarge } from "./xlsx-members.js";
import {
	damagedSheet,
	faultOf,
	type Parts,
	partText,
	type Shared,
} from "./xlsx-parts.js";
import { attribute, type XmlHandlers, xmlWalk } from "./xml.js";

/** A row of a sheet that has cells. */
export interface SheetRow {
	/** From 1. */
	readonly line: number;
	/** By column; what is not there is a hole. */
	readonly cells: readonly unknown[];
}

/** A sheet, and what is needed to read it. */
export interface Sheet {
	readonly part: string;
	readonly shared: Shared;
	readonly around: Around;
}

/**
 * The rows of a sheet as a stream. They are whole once the last has come: only then is it known that the sheet is.
 * @param looking also at what is around the rows; what comes behind them, as links do, is known by the end.
 * @throws TablesError bad_argument naming the sheet, and the cell or the last row; too_large.
 */
export async function* sheetRows(
	parts: Parts,
	{ part, shared, around }: Sheet,
	looking: boolean,
): AsyncIterable<readonly SheetRow[]> {
	const reader = rowReader({ part, shared, around }, looking);
	const walk = xmlWalk(reader.handlers);
	try {
		for await (const text of partText(parts, part, MOST_SHEET_BYTES)) {
			walk.take(text);
			const rows = reader.taken();
			if (rows.length > 0) yield rows;
		}
		walk.end();
	} catch (error) {
		if (error instanceof TablesError) throw error;
		const last = reader.lastRow();
		throw damagedSheet(
			shared.sheet,
			`${faultOf(error)} (${part}); ${last === 0 ? "no row of it could be read" : `the last row that could be read is row ${last}`}`,
		);
	}
}

/** A cell that is being put together. */
interface OpenCell {
	readonly column: number;
	readonly place: string;
	readonly type: string;
	readonly style: number;
	value: string | undefined;
	formula: string | undefined;
	inline: string;
	/** Of all its texts. */
	length: number;
}

/** Where a text of a cell goes. */
type Into = "value" | "formula" | "inline";

/** Puts tags together to rows. */
function rowReader(
	{ part, shared, around }: Sheet,
	looking: boolean,
): {
	readonly handlers: XmlHandlers;
	taken(): readonly SheetRow[];
	/** From 1; 0 before the first row has ended. */
	lastRow(): number;
} {
	let rows: SheetRow[] = [];
	let cells: unknown[] = [];
	let [line, column, lastRow] = [0, -1, 0];
	let cell: OpenCell | undefined;
	let into: Into | undefined;
	let [inRows, isSpoken] = [false, false];
	const openInCell = (open: OpenCell, name: string) => {
		if (name === "v") {
			into = "value";
			open.value ??= "";
		} else if (name === "f") {
			into = "formula";
			open.formula ??= "";
		} else if (name === "t" && !isSpoken) into = "inline";
		else if (name === "rPh") isSpoken = true;
	};
	const closeCell = (closed: OpenCell) => {
		const held = cellOf(shared, closed);
		const { links } = around;
		const link = links.size === 0 ? undefined : links.at(line, column);
		cells[column] = link === undefined ? held : withLink(held, link);
	};
	return {
		handlers: {
			open(name, attributes) {
				if (cell !== undefined) openInCell(cell, name);
				else if (inRows && name === "c") {
					cell = openCell(attributes, { line, column, shared });
					column = cell.column;
				} else if (inRows && name === "row") {
					line = rowNumber(attributes, line, shared);
					[cells, column] = [[], -1];
					if (looking) around.see(name, attributes);
				} else if (name === "sheetData") inRows = true;
				else if (looking && !inRows) around.see(name, attributes);
			},
			close(name) {
				if (cell !== undefined) {
					if (name === "v" || name === "f" || name === "t") into = undefined;
					else if (name === "rPh") isSpoken = false;
					else if (name === "c") {
						closeCell(cell);
						cell = undefined;
					}
				} else if (inRows && name === "row") {
					lastRow = line;
					rows.push({ line, cells });
				} else if (name === "sheetData") inRows = false;
			},
			text(text) {
				if (cell === undefined || into === undefined) return;
				cell.length += text.length;
				if (cell.length > MOST_LINE_CHARACTERS) throw tooLong(part);
				cell[into] = (cell[into] ?? "") + text;
			},
		},
		taken() {
			const found = rows;
			rows = [];
			return found;
		},
		lastRow: () => lastRow,
	};
}

function tooLong(part: string): TablesError {
	const most = MOST_LINE_CHARACTERS / 1024 / 1024;
	return tooLarge(part, `holds a cell of more than ${most} MB`);
}

/** @throws TablesError bad_argument */
function rowNumber(attributes: string, before: number, shared: Shared): number {
	const given = attribute(attributes, "r");
	if (given === undefined) return before + 1;
	const line = Number(given);
	if (Number.isSafeInteger(line) && line > 0) return line;
	throw damagedSheet(
		shared.sheet,
		`has behind row ${before} a row with the number "${given}"`,
	);
}

/** @throws TablesError bad_argument */
function openCell(
	attributes: string,
	before: {
		readonly line: number;
		readonly column: number;
		readonly shared: Shared;
	},
): OpenCell {
	const given = attribute(attributes, "r");
	const column = given === undefined ? before.column + 1 : columnOf(given);
	if (column < 0 || column >= MOST_COLUMNS)
		throw damagedSheet(
			before.shared.sheet,
			`has in row ${before.line} a cell at "${given ?? columnLetters(column)}", which is not one of its ${MOST_COLUMNS} columns`,
		);
	const type = attribute(attributes, "t") ?? "";
	return {
		column,
		place: given ?? `${columnLetters(column)}${before.line}`,
		type: type === "n" ? "" : type,
		style: Number(attribute(attributes, "s") ?? 0),
		value: undefined,
		formula: undefined,
		inline: "",
		length: 0,
	};
}
