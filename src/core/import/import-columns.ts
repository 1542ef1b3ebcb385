import type { Field } from "../contract/field.js";
import { type FileRow, type RowFile, SheetCell } from "../contract/files.js";
import type { Problem } from "../contract/problem.js";

import { type Coerced, coerceCell } from "../values/coerce.js";
import { longCell, MOST_CELL_CHARACTERS } from "../values/parse.js";
import { KINDS } from "../values/values.js";

/** What an import is asked; kept in the journal, so that a resume does the same. */
export interface ImportOptions {
	readonly mapping?: readonly {
		readonly column: string;
		readonly field: string;
	}[];
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
}

/** A column of the file and where it goes. */
export interface MappedColumn {
	readonly column: string;
	/** undefined: the column is left out. */
	readonly field: Field | undefined;
	readonly samples: readonly unknown[];
	/** The type that it looks like. */
	readonly looksLike: string;
	/** Texts may carry the apostrophe of an export: not in NDJSON, which no program runs. */
	readonly guarded: boolean;
}

/** Rows that are checked and sent together. */
const CHUNK = 500;

/** A row of the file as a record for validation, or what is wrong with it. */
export function recordOf(
	row: FileRow,
	columns: readonly MappedColumn[],
	empty: ImportOptions["empty"],
):
	| { readonly fields: Record<string, unknown> }
	| { readonly problems: readonly Problem[] } {
	const place = { record: row.record, line: row.line };
	if (row.problem !== undefined)
		return { problems: [{ ...place, message: row.problem }] };
	const fields: Record<string, unknown> = {};
	const problems: Problem[] = [];
	for (const { column, field, guarded } of columns) {
		if (field === undefined) continue;
		// A record of JSON lines may lack the column, and every object has a "toString".
		const cell = Object.hasOwn(row.cells, column)
			? row.cells[column]
			: undefined;
		const coerced = coerceFileCell(cell, field, guarded);
		if ("problem" in coerced)
			problems.push({
				...place,
				field: field.name,
				given: cell instanceof SheetCell ? cell.shown : cell,
				message: `"${field.name}" ${coerced.problem}`,
			});
		else if (coerced.value !== null) fields[field.id] = coerced.value;
		else if (empty === "clear") fields[field.id] = null;
	}
	return problems.length > 0 ? { problems } : { fields };
}

function coerceFileCell(
	cell: unknown,
	field: Field,
	guarded: boolean,
): Coerced {
	if (cell instanceof SheetCell)
		return cell.problem === undefined
			? coerceFileCell(valueFor(cell, field), field, guarded)
			: { problem: cell.problem };
	return typeof cell === "string" && cell.length > MOST_CELL_CHARACTERS
		? { problem: longCell(cell.length) }
		: coerceCell(cell, field, guarded);
}

/** Numbers have the value of a cell, links its target, and all else what a person sees. */
function valueFor({ value, shown, link }: SheetCell, field: Field): unknown {
	const kind = KINDS[field.type];
	if (kind === "url" && link !== undefined)
		return shown === link || shown === "" ? link : { text: shown, link };
	if (typeof value !== "number") return value;
	if (kind === "number") {
		// A percentage says itself that it is one: 2 may be shown as 200 %.
		const isPercent =
			(field.type === "percent" || field.type === "progress") &&
			shown.endsWith("%");
		return isPercent ? `${Number((value * 100).toPrecision(15))}%` : value;
	}
	// The file has rounded it, which is said of the number.
	const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
	return kind === "checkbox" || isRounded ? value : shown;
}

export function byLine(problems: readonly Problem[]): readonly Problem[] {
	return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
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
