import { TablesError } from "../../core/contract/errors.js";
import { attribute, type XmlEvents } from "./xml-scan.js";

/** What a sheet's cells may point to. */
export interface SheetParts {
	readonly sheet: string;
	/** How many texts the workbook shares between cells. */
	readonly texts: number;
	/** How many styles its cells may have. */
	readonly styles: number;
}

/** Why a cell has no value that could be imported, by row from 1 and by column from 0. */
export type CellProblems = ReadonlyMap<number, ReadonlyMap<number, string>>;

/** More of them are not problems of cells, but of the way in which the file was written. */
const MOST_PROBLEMS = 50_000;
/** Of a value: a number, or the word of an error. What is longer is a text, which is not looked at. */
const VALUE_CHARACTERS = 64;

const reference = attribute("r");
const typeName = attribute("t");
const styleNumber = attribute("s");

interface Cell {
	ref: string;
	column: number;
	type: string;
	style: number;
	hasFormula: boolean;
	hasValue: boolean;
	value: string;
}

/**
 * Follows a sheet's tags and looks at what the reader of the library passes over without a word: a text or style that
 * is not in the workbook, a formula whose value was not kept, an error in place of a value.
 */
export function sheetCheck(parts: SheetParts): {
	readonly events: XmlEvents;
	readonly problems: CellProblems;
	/** From 1; 0 before the first row has ended. */
	lastRow(): number;
} {
	const problems = new Map<number, Map<number, string>>();
	let [row, lastRow, nextColumn, count] = [0, 0, 0, 0];
	let cell: Cell | undefined;
	let isInValue = false;
	const end = (ended: Cell) => {
		const problem = problemOf(ended, parts);
		if (problem === undefined) return;
		if (++count > MOST_PROBLEMS)
			throw damaged(
				parts.sheet,
				`has more than ${MOST_PROBLEMS} cells without a value, the last at ${ended.ref}: ${problem}`,
			);
		const ofRow = problems.get(row) ?? new Map<number, string>();
		problems.set(row, ofRow.set(ended.column, problem));
	};
	return {
		problems,
		lastRow: () => lastRow,
		events: {
			open(name, attributes) {
				if (name === "row") {
					row = Number(reference(attributes) ?? row + 1);
					nextColumn = 0;
				} else if (name === "c") {
					cell = cellOf(attributes, row, nextColumn);
					nextColumn = cell.column + 1;
				} else if (cell !== undefined) {
					if (name === "v") cell.hasValue = isInValue = true;
					if (name === "f") cell.hasFormula = true;
				}
			},
			close(name) {
				if (name === "v") isInValue = false;
				else if (name === "row") lastRow = row;
				else if (name === "c" && cell !== undefined) {
					end(cell);
					cell = undefined;
				}
			},
			text(text) {
				if (isInValue && cell !== undefined)
					cell.value += text.slice(0, VALUE_CHARACTERS - cell.value.length);
			},
		},
	};
}

function cellOf(attributes: string, row: number, next: number): Cell {
	const given = reference(attributes);
	const column = given === undefined ? next : columnNumber(given);
	return {
		ref: given ?? `${columnLetters(column)}${row}`,
		column,
		type: typeName(attributes) ?? "n",
		style: Number(styleNumber(attributes) ?? 0),
		hasFormula: false,
		hasValue: false,
		value: "",
	};
}

/** @throws TablesError bad_argument where the cell points to what is not in the workbook. */
function problemOf(cell: Cell, parts: SheetParts): string | undefined {
	const { ref, type, hasFormula, hasValue } = cell;
	const value = cell.value.trim();
	if (type === "s" && (hasValue || hasFormula)) needText(cell, parts);
	if (type === "s" && !hasValue && !hasFormula)
		throw damaged(
			parts.sheet,
			`has at ${ref} a cell of shared text that does not say which text`,
		);
	if (type === "e") return `cell ${ref} holds the error ${value || "#N/A"}`;
	if (
		hasFormula &&
		type !== "inlineStr" &&
		(type === "str" ? !hasValue : value === "")
	)
		return `cell ${ref} holds a formula whose value is not in the file (open the file in a spreadsheet program and save it there)`;
	if (type === "n" && value !== "") needStyle(cell, parts);
	return undefined;
}

function needText({ ref, value }: Cell, { sheet, texts }: SheetParts): void {
	const index = value.trim();
	if (/^\d+$/.test(index) && Number(index) < texts) return;
	throw damaged(
		sheet,
		`has at ${ref} the shared text number "${index}", and the workbook has ${texts === 0 ? "none" : `those from 0 to ${texts - 1}`}`,
	);
}

/** Without its style a date is a number like any other. */
function needStyle({ ref, style }: Cell, { sheet, styles }: SheetParts): void {
	if (style === 0 || (Number.isInteger(style) && style > 0 && style < styles))
		return;
	throw damaged(
		sheet,
		`has at ${ref} the style number ${style}, and the workbook has ${styles === 0 ? "none" : `those from 0 to ${styles - 1}`}: whether that cell is a date or a number is not known`,
	);
}

/** A sheet of which not everything can be read, so that nothing of it is. */
export function damaged(sheet: string, how: string): TablesError {
	return new TablesError(
		"bad_argument",
		`the sheet ${JSON.stringify(sheet)} is damaged and cannot be read: it ${how}`,
		{
			next: "Get the file again from where it came from, or open it in a spreadsheet program, look at what is there, and save it as .xlsx or CSV.",
		},
	);
}

function columnNumber(ref: string): number {
	let number = 0;
	for (const letter of /^[A-Za-z]+/.exec(ref)?.[0].toUpperCase() ?? "")
		number = number * 26 + letter.charCodeAt(0) - 64;
	return number - 1;
}

function columnLetters(column: number): string {
	const last = String.fromCharCode(65 + (column % 26));
	return column < 26
		? last
		: `${columnLetters(Math.floor(column / 26) - 1)}${last}`;
}
