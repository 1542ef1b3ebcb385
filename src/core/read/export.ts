import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import {
	type FileFormat,
	type RowWriter,
	SPREADSHEET,
} from "../contract/files.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { guardText } from "../values/coerce.js";
import { ownNumber } from "../values/number-text.js";
import { idsIn } from "../values/show-item.js";
import { cellOf, kindOf, showCell, shownText } from "../values/values.js";
import { CHUNK, matchingRows, namedRowsToExport } from "./export-rows.js";
import {
	type ExportedColumn,
	type SheetExport,
	sheetCell,
	sheetNotes,
} from "./export-sheet.js";
import type { Query } from "./read-plan.js";
import { orderedByTitles, withTexts } from "./shown-texts.js";

/** What is exported, and into which file. */
export interface Export {
	readonly query: Query;
	/** In the order of the file, behind the id. */
	readonly columns: readonly ExportedColumn[];
	readonly format: FileFormat;
	/** With the id of each record, and of those that links name. */
	readonly ids: boolean;
	/** So many rows at most. undefined: all. */
	readonly limit: number | undefined;
	/** These records alone, as far as they match. undefined: all that match. */
	readonly recordIds: readonly string[] | undefined;
	readonly writer: RowWriter;
}

/** Writes the rows, and says what of them is not in the file. */
export async function exportRows(
	session: Session,
	located: Located,
	given: Export,
	running: Running,
): Promise<{ readonly rows: number; readonly notes: readonly string[] }> {
	const asked = {
		...given,
		query: orderedByTitles(session, located, given.query),
	};
	const call: CallContext = { ...running.call, priority: "bulk" };
	const most = asked.limit ?? Number.POSITIVE_INFINITY;
	const source =
		asked.recordIds === undefined
			? matchingRows(located, asked.query, most + 1, call)
			: namedRowsToExport(located, asked.query, asked.recordIds, call);
	const texts = new Set<string>();
	const line = lineOf(located, asked);
	let count = 0;
	const write = async (rows: readonly Row[]) => {
		running.call.signal?.throwIfAborted();
		if (asked.format === "xlsx") checkRows(count + rows.length);
		const named = await withTexts(
			session,
			located,
			rows,
			asked.columns.flatMap(({ column, asIds }) =>
				typeof column === "string" || asIds ? [] : [column],
			),
			call,
		);
		for (const note of named.notes) texts.add(note);
		for (const row of named.rows) await asked.writer.write(line.cells(row));
		count += rows.length;
		tellProgress({ session, running }, count, undefined, `${count} rows`);
	};
	let isCut = false;
	for await (const rows of source.rows) {
		const fitting = rows.slice(0, most - count);
		isCut = fitting.length < rows.length;
		for (let start = 0; start < fitting.length; start += CHUNK)
			await write(fitting.slice(start, start + CHUNK));
		if (isCut) break;
	}
	const cut = isCut ? [cutNote(asked, count)] : [];
	return {
		rows: count,
		notes: [...source.notes, ...texts, ...cut, ...line.notes()],
	};
}

function cutNote({ recordIds }: Export, count: number): string {
	return recordIds === undefined
		? `more records match: the file ends at \`limit\`, ${count}`
		: `\`limit\` is ${count}: the other records that were named are not in the file`;
}

/** @throws TablesError too_large */
function checkRows(count: number): void {
	if (count < SPREADSHEET.rows) return;
	throw new TablesError(
		"too_large",
		`there are more rows than the ${SPREADSHEET.rows} of a sheet, of which one is the header; nothing was written`,
		{ next: "Export as CSV or NDJSON, or narrow the filter, or pass `limit`." },
	);
}

/** How rows become lines of the file; `notes` is whole after the last. */
function lineOf(
	located: Located,
	{ columns, format, ids }: Export,
): { cells(row: Row): readonly unknown[]; notes(): readonly string[] } {
	const { zone } = located.table;
	const sheet: SheetExport = {
		...{ zone, ids, links: 0, hasTimes: false },
		unlinked: { form: 0, length: 0, count: 0 },
	};
	const cellIn =
		format === "xlsx"
			? (row: Row, column: ExportedColumn) => sheetCell(row, column, sheet)
			: (row: Row, column: ExportedColumn) =>
					textCell(row, column, { zone, format, ids });
	return {
		cells: (row) => [
			...(ids ? [row.id] : []),
			...columns.map((column) => cellIn(row, column)),
		],
		notes: () => (format === "xlsx" ? sheetNotes(sheet) : []),
	};
}

/** NDJSON keeps lists and objects; CSV has one text a cell, guarded where a spreadsheet would run it. */
function textCell(
	row: Row,
	{ column, asIds }: ExportedColumn,
	{
		zone,
		format,
		ids,
	}: {
		readonly zone: string;
		readonly format: FileFormat;
		readonly ids: boolean;
	},
): unknown {
	const cell = cellOf(row, column);
	// A file is read back as a whole: a title that two records have must still tell them apart.
	const shown = asIds
		? idsIn(cell)
		: showCell(cell, column, zone, "compact", ids ? "all" : undefined);
	if (format === "ndjson" || shown === null) return shown;
	if (typeof shown === "boolean") return shown;
	if (typeof shown === "number") return ownNumber(String(shown));
	const text = shownText(shown, column);
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
