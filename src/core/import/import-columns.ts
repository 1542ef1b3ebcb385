import type { Field } from "../contract/field.js";
import { type FileRow, type RowFile, SheetCell } from "../contract/files.js";
import type { Problem } from "../contract/problem.js";
import { type Coerced, coerceCell } from "../values/coerce.js";
import type { ColumnReading } from "../values/column-reading.js";
import type { DateOrder } from "../values/date-text.js";
import { defined } from "../values/defined.js";
import { sortInTurns } from "../values/in-turns.js";
import type { DecimalSign } from "../values/number-text.js";
import { isClear, longCell, MOST_CELL_CHARACTERS } from "../values/parse.js";
import { percentText } from "../values/show-item.js";
import { KINDS } from "../values/values.js";

/** What bare numbers of a column are, or that it is text whatever it looks like. */
export type ColumnAs = "percent" | "fraction" | "text";

/** What an import is asked; kept in the journal, so that a resume does the same. */
export interface ImportOptions {
	readonly mapping?: readonly {
		readonly column: string;
		readonly field: string;
		readonly as?: ColumnAs | undefined;
	}[];
	/** What stands before the decimals, in all columns. Absent: each column tells. */
	readonly decimal?: DecimalSign;
	/** Of three numbers that are a date, in all columns. Absent: each column tells. */
	readonly dates?: DateOrder;
	readonly matchOn?: readonly string[];
	readonly onError: "skip" | "refuse";
	readonly empty: "keep" | "clear";
	readonly allowNewOptions: boolean;
	readonly sheet?: string;
	readonly headerRow?: number;
	readonly delimiter?: string;
	readonly encoding?: string;
}

/** Kept with the change. */
export interface ImportSource extends ImportOptions {
	/** Name of the copy of the file in the journal's folder. */
	readonly file: string;
	/** The file that it was made of, as the person named it. */
	readonly name: string;
	readonly total: number;
	/** How the texts of each column are read. Absent in those of an older version: each by itself. */
	readonly readings?: ColumnReadings;
}

/** By the column's name. */
export type ColumnReadings = Readonly<Record<string, ColumnReading>>;

/** A column of the file and where it goes. */
export interface MappedColumn {
	readonly column: string;
	/** undefined: the column is left out. */
	readonly field: Field | undefined;
	readonly samples: readonly unknown[];
	/** The type that it looks like. */
	readonly looksLike: string;
	/** Texts may carry the apostrophe of an export: in CSV alone, where a program may run a text. */
	readonly guarded: boolean;
	/** How its texts are read. */
	readonly reading: ColumnReading;
}

/** Rows that are checked and sent together. */
const CHUNK = 500;

/** A row of the file as a record for validation: those of its cells that can be read, and what is wrong with the others. */
export interface RowRecord {
	readonly fields: Readonly<Record<string, unknown>>;
	readonly problems: readonly Problem[];
}

export function recordOf(
	row: FileRow,
	columns: readonly MappedColumn[],
	empty: ImportOptions["empty"],
): RowRecord {
	const place = { record: row.record, line: row.line };
	if (row.problem !== undefined)
		return { fields: {}, problems: [{ ...place, message: row.problem }] };
	const fields: Record<string, unknown> = {};
	const problems: Problem[] = [];
	for (const { column, field, guarded, reading } of columns) {
		if (field === undefined) continue;
		// A record of JSON lines may lack the column, and every object has a "toString".
		const cell = Object.hasOwn(row.cells, column)
			? row.cells[column]
			: undefined;
		const coerced = coerceFileCell(cell, field, { guarded, reading });
		if ("problem" in coerced)
			problems.push({
				...place,
				field: field.name,
				given: cell instanceof SheetCell ? cell.shown : cell,
				message: `"${field.name}" ${coerced.problem}`,
			});
		else if (!isClear(coerced.value)) fields[field.id] = coerced.value;
		else if (empty === "clear") fields[field.id] = null;
	}
	return { fields, problems };
}

function coerceFileCell(
	given: unknown,
	field: Field,
	reading: Pick<MappedColumn, "guarded" | "reading">,
): Coerced {
	const { cell, percentShown, unit, problem } = cellFor(given, field);
	if (problem !== undefined) return { problem: `cannot be taken: ${problem}` };
	return typeof cell === "string" && cell.length > MOST_CELL_CHARACTERS
		? { problem: longCell(cell.length) }
		: coerceCell(cell, field, {
				...reading,
				percentShown,
				...defined({ unit }),
			});
}

/** What of a file's cell a field takes. */
interface CellFor {
	readonly cell: unknown;
	/** A number that the file shows in percent. */
	readonly percentShown: boolean;
	/** The unit or currency that the file shows beside a number, and the whole of what it shows. undefined: none. */
	readonly unit?: { readonly text: string; readonly shown: string } | undefined;
	/** Why there is nothing to take. undefined: there is. */
	readonly problem?: string | undefined;
}

/** Of a spreadsheet, numbers take the value of a cell, links its target, and all else what a person sees. */
export function cellFor(given: unknown, field: Field): CellFor {
	return given instanceof SheetCell
		? {
				cell: valueFor(given, field),
				percentShown: given.inPercent,
				unit:
					given.unit === undefined
						? undefined
						: { text: given.unit, shown: given.shown },
				problem: given.problem,
			}
		: { cell: given, percentShown: false };
}

function valueFor(given: SheetCell, field: Field): unknown {
	const kind = KINDS[field.type];
	const { value, link } = given;
	if (kind === "url" && link !== undefined)
		return given.shown === link || given.shown === ""
			? link
			: { text: given.shown, link };
	if (typeof value !== "number") return kind === "date" ? value : given.shown;
	// The file has rounded it, which is said of the number.
	const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
	if (kind === "number" || kind === "checkbox" || isRounded) return value;
	return given.isMasked ? given.shown : wholeText(given, value);
}

/** A number as text: as it is shown, but with all its digits where the format leaves some out. */
function wholeText({ shown, inPercent }: SheetCell, value: number): string {
	if (!PLAIN_NUMBER.test(shown)) return shown;
	const digits = (text: string) => Number(text.replace(/[,%\s]/g, ""));
	if (digits(shown) === value) return shown;
	// Behind its fifteenth digit is what calculating has left there.
	const kept = Number(value.toPrecision(15));
	const whole = inPercent ? percentText(kept) : String(kept);
	return digits(shown) === digits(whole) ? shown : whole;
}

/** Of number and percent formats; what any other format shows is more than a number. */
const PLAIN_NUMBER = /^-?[\d,]*(?:\.\d*)?(?:e[+-]?\d+)?\s?%?$/i;

export function byLine(problems: readonly Problem[]): Promise<Problem[]> {
	return sortInTurns(problems, (a, b) => (a.line ?? 0) - (b.line ?? 0));
}

export async function* chunks(
	file: RowFile,
	fromRecord: number,
): AsyncIterable<readonly FileRow[]> {
	let rows: FileRow[] = [];
	for await (const row of file.rows(fromRecord)) {
		rows.push(row);
		if (rows.length < CHUNK) continue;
		yield rows;
		rows = [];
	}
	if (rows.length > 0) yield rows;
}
