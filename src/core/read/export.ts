import type { CallContext } from "../contract/call-context.js";
import type { Field, SystemColumn } from "../contract/field.js";
import type { FileFormat, RowWriter } from "../contract/files.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { guardText } from "../values/coerce.js";
import { ownNumber } from "../values/number-text.js";
import { idsIn } from "../values/show-item.js";
import { cellOf, kindOf, showCell, shownText } from "../values/values.js";
import { withTexts } from "./lookups.js";
import { readRows, readRowsById } from "./read.js";
import { columnsNeeded, type Query } from "./read-plan.js";

const CHUNK = 500;

const MAY_SHIFT =
	"this vendor counts its pages by position: rows may be missed if others delete or move records during the export";

/** A column of the file; `asIds`: of people and links the ids alone. */
interface ExportedColumn {
	readonly column: Field | SystemColumn;
	readonly asIds: boolean;
}

/** What is exported, and into which file. */
export interface Export {
	readonly query: Query;
	/** In the order of the file, behind the id. */
	readonly columns: readonly ExportedColumn[];
	readonly format: FileFormat;
	readonly writer: RowWriter;
}

/**
 * Writes all matching rows, each once. Where a vendor's pages shift, the ids are collected first and the rows then
 * read by id: the pages that others may move are small and soon read. They can still move, and that is noted.
 */
export async function exportRows(
	session: Session,
	located: Located,
	{ query, columns, format, writer }: Export,
	running: Running,
): Promise<{ readonly rows: number; readonly notes: readonly string[] }> {
	const call: CallContext = { ...running.call, priority: "bulk" };
	const notes = new Set<string>(located.adapter.pagesShift ? [MAY_SHIFT] : []);
	let count = 0;
	const write = async (rows: readonly Row[]) => {
		running.call.signal?.throwIfAborted();
		const named = await withTexts(
			session,
			located,
			rows,
			columns.flatMap(({ column, asIds }) =>
				typeof column === "string" || asIds ? [] : [column],
			),
			call,
		);
		for (const note of named.notes) notes.add(note);
		for (const row of named.rows)
			await writer.write([
				row.id,
				...columns.map((column) => exported(row, column, located, format)),
			]);
		count += rows.length;
		tellProgress({ session, running }, count, undefined, `${count} rows`);
	};
	for await (const rows of exportedRows(located, query, call))
		for (let start = 0; start < rows.length; start += CHUNK)
			await write(rows.slice(start, start + CHUNK));
	return { rows: count, notes: [...notes] };
}

async function* exportedRows(
	located: Located,
	query: Query,
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	if (!located.adapter.pagesShift) {
		yield* readRows(located, query, call);
		return;
	}
	const ids: string[] = [];
	for await (const rows of readRows(
		located,
		{ ...query, fields: [], system: [] },
		call,
	))
		ids.push(...rows.map(({ id }) => id));
	const columns = columnsNeeded(located, query);
	for (let start = 0; start < ids.length; start += CHUNK) {
		const chunk = ids.slice(start, start + CHUNK);
		const rows = await readRowsById(located, chunk, columns, call);
		yield chunk.flatMap((id) => rows.get(id) ?? []);
	}
}

/** NDJSON keeps lists and objects; CSV and spreadsheets have one text or number a cell, guarded where it is text. */
function exported(
	row: Row,
	{ column, asIds }: ExportedColumn,
	located: Located,
	format: FileFormat,
): unknown {
	const cell = cellOf(row, column);
	// A file is read back as a whole: a title that two records have must still tell them apart.
	const shown = asIds
		? idsIn(cell)
		: showCell(cell, column, located.table.zone, "compact", "all");
	if (format === "ndjson" || shown === null) return shown;
	if (typeof shown === "boolean") return shown;
	if (typeof shown === "number")
		return format === "csv" ? ownNumber(String(shown)) : shown;
	const text = shownText(shown);
	if (kindOf(column) === "number") return ownNumber(text);
	return TEXTUAL.has(kindOf(column)) ? guardText(text) : text;
}

const TEXTUAL: ReadonlySet<string> = new Set([
	"text",
	"option",
	"options",
	"people",
	"links",
	"files",
	"url",
	"none",
]);
