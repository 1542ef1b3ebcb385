import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { FileRow, RowFile } from "../contract/files.js";
import type { Problem } from "../contract/problem.js";
import type { Located } from "../places/locate.js";
import { type Coerced, coerceCell, guessType } from "../values/coerce.js";
import { fieldNamed, nearest } from "../values/names.js";

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
	readonly delimiter?: string;
	readonly encoding?: string;
}

/** Kept with the change. */
export interface ImportSource extends ImportOptions {
	/** The journal's own copy of the file. */
	readonly file: string;
	readonly name: string;
	readonly total: number;
}

/** A column of the file and where it goes. */
export interface MappedColumn {
	readonly column: string;
	/** undefined: the table has no such field, the column is left out. */
	readonly field: Field | undefined;
	readonly samples: readonly unknown[];
	/** The type that it looks like. */
	readonly looksLike: string;
	/** Texts may carry the apostrophe of an export: not in NDJSON, which no program runs. */
	readonly guarded: boolean;
}

/** Rows that are checked and sent together. */
const CHUNK = 500;

const SAMPLES = 1000;

const SAMPLES_SHOWN = 3;

/** Finds a field for each column: as told, else by name. */
export async function mapColumns(
	located: Located,
	file: RowFile,
	mapping: ImportOptions["mapping"],
	notes: string[],
): Promise<readonly MappedColumn[]> {
	const { table } = located;
	const told = new Map(
		(mapping ?? []).map(({ column, field }) => [column, field]),
	);
	const problems: string[] = [];
	for (const column of told.keys())
		if (!file.columns.includes(column))
			problems.push(
				`the file has no column "${column}"; nearest: ${nearest(file.columns, column).join(", ") || file.columns.slice(0, 20).join(", ")}`,
			);
	const samples = new Map<string, unknown[]>(
		file.columns.map((column) => [column, []]),
	);
	for await (const { cells, record } of file.rows(0)) {
		for (const [column, cell] of Object.entries(cells))
			if (cell !== "") samples.get(column)?.push(cell);
		if (record + 1 >= SAMPLES) break;
	}
	const taken = new Map<string, string>();
	const columns = file.columns.map((column): MappedColumn => {
		const name = told.get(column);
		let field: Field | undefined;
		try {
			field = name === "" ? undefined : fieldNamed(table, name ?? column).item;
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			if (name !== undefined)
				problems.push(
					`column "${column}": ${error.message}${error.next === undefined ? "" : `. ${error.next}`}`,
				);
		}
		if (field !== undefined) {
			const other = taken.get(field.id);
			if (other !== undefined)
				problems.push(
					`columns "${other}" and "${column}" both go to "${field.name}"`,
				);
			taken.set(field.id, column);
		}
		const seen = samples.get(column) ?? [];
		return {
			column,
			field,
			samples: [...new Set(seen)].slice(0, SAMPLES_SHOWN),
			looksLike: guessType(seen),
			guarded: file.format !== "ndjson",
		};
	});
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Mend `mapping` and call again; nothing was sent.",
		});
	const left = columns.filter(({ field }) => field === undefined);
	if (left.length > 0)
		notes.push(
			`left out, because the table has no such field: ${left.map(({ column }) => `"${column}"`).join(", ")}; name them in \`mapping\` or add the fields`,
		);
	if (left.length === columns.length)
		throw new TablesError(
			"bad_argument",
			`none of the columns ${file.columns.slice(0, 20).join(", ")} is a field of ${table.name}`,
			{
				next: `Fields: ${table.fields
					.slice(0, 30)
					.map(({ name }) => name)
					.join(", ")}. Map them with \`mapping\`.`,
			},
		);
	return columns;
}

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
		const cell = row.cells[column];
		const coerced: Coerced = coerceCell(cell, field, guarded);
		if ("problem" in coerced)
			problems.push({
				...place,
				field: field.name,
				given: cell,
				message: `"${field.name}" ${coerced.problem}`,
			});
		else if (coerced.value !== null) fields[field.id] = coerced.value;
		else if (empty === "clear") fields[field.id] = null;
	}
	return problems.length > 0 ? { problems } : { fields };
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
