import { TablesError } from "../../core/contract/errors.js";
import { readDateText } from "../../core/values/date-text.js";
import { defined } from "../../core/values/defined.js";
import { nameList } from "../../core/values/names.js";
import { readNumberText } from "../../core/values/number-text.js";
import { isYearFirst } from "../../core/values/parse-date.js";
import { checkColumns } from "./limits.js";

/** Rows behind the header that are looked at for whether it is one. */
export const LOOKED_AT = 20;

/**
 * Names of the columns; empty ones behind the last name are none, other blank and repeated ones are given a name of
 * their own and noted.
 */
export function columnNames(
	header: readonly string[],
	notes: string[],
): readonly string[] {
	const named = header.slice(0, header.findLastIndex(isFilled) + 1);
	checkColumns(named.length);
	const seen = new Set<string>();
	return named.map((cell, index) => {
		let name = cell.trim();
		if (name === "") {
			name = `column ${index + 1}`;
			notes.push(
				`column ${index + 1} has no name in the header: it is called "${name}"`,
			);
		}
		if (seen.has(name)) {
			const first = name;
			for (let number = 2; seen.has(name); number++)
				name = `${first} (${number})`;
			notes.push(
				`the header names "${first}" twice: the later one is called "${name}"`,
			);
		}
		seen.add(name);
		return name;
	});
}

/** A row as far as it matters for whether it is the header. */
export interface HeaderRow {
	readonly line: number;
	readonly cells: readonly string[];
}

const COMMENT = /^\s*#/;

/** Does a row begin as comments in files do? */
export function isCommentRow({ cells }: HeaderRow): boolean {
	return COMMENT.test(cells[0] ?? "");
}

/**
 * What to do where the first row is not the header but a title above it: it has one cell, and a row behind it has
 * more. undefined: it may well be the header.
 */
export function titleHint(
	header: HeaderRow,
	behind: readonly HeaderRow[],
): string | undefined {
	const isComment = COMMENT.test(header.cells[0] ?? "");
	const [next] = behind;
	const areComments = isComment && next !== undefined && isCommentRow(next);
	if (!areComments && header.cells.filter(isFilled).length > 1)
		return undefined;
	const others = areComments
		? behind.filter((row) => !isCommentRow(row))
		: behind;
	const filled = others.map(
		({ cells }) => cells.filter((cell) => isFilled(cell)).length,
	);
	const most = Math.max(0, ...filled);
	if (most < 2) return undefined;
	// A single row of two cells is one with a comma in it.
	if (filled.filter((count) => count > 1).length < 2) return undefined;
	const { line } = others[filled.indexOf(most)] as HeaderRow;
	if (areComments)
		return `row ${header.line} and others begin with #, as comments do: where the names of the columns are in row ${line}, pass \`header_row\`: ${line}`;
	return `row ${header.line} has one cell and looks like a title: where the names of the columns are in row ${line}, pass \`header_row\`: ${line}`;
}

/**
 * What to say where the first row looks like a record: all of it are values, or some are where the rows behind it have
 * the same, and none is a name above values. undefined: it may well be the header.
 */
export function recordNote(
	{ line, cells }: HeaderRow,
	behind: readonly HeaderRow[],
): string | undefined {
	const named = cells.map((cell) => cell.trim());
	const filled = named.filter(isFilled);
	if (filled.length > 0 && filled.every((cell) => kindOf(cell) !== undefined))
		return `row ${line} names the columns, and holds nothing but numbers and dates: ${AS_RECORD}`;
	const like: string[] = [];
	for (const [column, cell] of named.entries()) {
		const below = kindBelow(behind, column);
		if (below === undefined || !isFilled(cell)) continue;
		if (kindOf(cell) === undefined) return undefined;
		if (kindOf(cell) === below) like.push(cell);
	}
	return like.length === 0
		? undefined
		: `row ${line} names the columns, and looks like the rows behind it (${nameList(like)}): ${AS_RECORD}`;
}

const AS_RECORD =
	"where it is a record, put a row of names above it; where the names are in another row, pass `header_row`";

/** A value that seldom is the name of a column. */
type ValueKind = "number" | "year" | "date" | "address";

function kindOf(text: string): ValueKind | undefined {
	// A table that has a column a year names them so.
	if (/^(?:19|20)\d\d$/.test(text)) return "year";
	if (readNumberText(text) !== undefined) return "number";
	if (isYearFirst(text) || readDateText(text) !== undefined) return "date";
	return /^(?:https?:\/\/\S+|[^\s@]+@[^\s@]+\.[^\s@]+)$/i.test(text)
		? "address"
		: undefined;
}

/** What all cells of a column are; undefined: there are none, or they are not the same. */
function kindBelow(
	behind: readonly HeaderRow[],
	column: number,
): ValueKind | undefined {
	const kinds = new Set(
		behind.flatMap(({ cells }) => {
			const cell = cells[column]?.trim() ?? "";
			return cell === "" ? [] : [kindOf(cell)];
		}),
	);
	const [kind] = kinds;
	return kinds.size === 1 ? kind : undefined;
}

/** `of`: what has none, such as the file. */
export function noHeader(
	headerRow: number | undefined,
	of: string,
	next?: string,
): TablesError {
	return headerRow === undefined
		? new TablesError(
				"bad_argument",
				`${of} is empty: its first row must name the columns`,
				{ ...defined({ next }) },
			)
		: new TablesError(
				"bad_argument",
				`row ${headerRow} of ${of}, which \`header_row\` names, is empty or not there`,
				{
					next: "Count the rows from 1, blank ones and titles with them, as an editor or a spreadsheet program numbers them.",
				},
			);
}

/** Cells by column; also for a column called `__proto__`. */
export function cellsByName(
	columns: readonly string[],
	cells: readonly unknown[],
): Readonly<Record<string, unknown>> {
	if (columns.includes("__proto__"))
		return Object.fromEntries(
			columns.map((name, index) => [name, cells[index] ?? ""]),
		);
	const byName: Record<string, unknown> = {};
	for (let index = 0; index < columns.length; index++)
		byName[columns[index] as string] = cells[index] ?? "";
	return byName;
}

function isFilled(cell: string): boolean {
	return cell.trim() !== "";
}
