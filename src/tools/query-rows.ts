import { nameOfColumn } from "../core/contract/condition.js";
import type { Row } from "../core/contract/table.js";
import type { RowsQuery } from "../core/read/collecting.js";
import { countRows, namedRows, queryRows } from "../core/read/query.js";
import type { Query } from "../core/read/read-plan.js";
import { defined } from "../core/values/defined.js";
import { cutList } from "../core/values/names.js";
import { cellOf, type Detail, showCell } from "../core/values/values.js";
import { cutCell } from "./cut-cell.js";
import { cutNotes, rowsAnswer } from "./query-answer.js";
import { DEFAULT_LIMIT, type QueryArguments } from "./query-arguments.js";
import type { Column, ResolvedRows } from "./query-scope.js";
import type { TableCall } from "./table-call.js";
import { csvLine } from "./text.js";
import type { ToolAnswer } from "./tool.js";

/** Rows as the agent sees them, up to the limit. */
export async function answerRows(
	call: TableCall,
	args: QueryArguments,
	{ query, shown }: ResolvedRows,
): Promise<ToolAnswer> {
	const { session, located, running, notes } = call;
	const { fields, filter, sort, view, record_ids: ids, cursor } = args;
	const { detail = "compact", limit = DEFAULT_LIMIT } = args;
	const show = shownOnce((row) => showRow(call, row, shown, detail));
	const asked: RowsQuery = {
		query,
		shown,
		limit,
		texts: detail !== "raw",
		size: (row) => Buffer.byteLength(show(row).line),
		shape: [fields, filter, sort, view, ids, detail],
		...defined({ ids, cursor }),
	};
	const found = await queryRows(session, located, asked, running);
	const rows = found.rows.map(show);
	const cuts = rows.reduce((sum, { cut }) => sum + cut, 0);
	return rowsAnswer(located, {
		columns: ["id", ...shown.map(nameOfColumn)],
		rows: rows.map(({ cells }) => cells),
		lines: rows.map(({ line }) => line),
		total: found.total,
		next: found.next,
		notes: [...notes, ...cutNotes(cuts), ...found.notes],
	});
}

/** How many rows match, or how many of the named records there are. */
export async function answerCount(
	call: TableCall,
	{ record_ids: ids }: QueryArguments,
	query: Query,
): Promise<ToolAnswer> {
	const { session, located, running, notes } = call;
	const counted =
		ids === undefined
			? await countRows(session, located, query, running)
			: { total: (await rowsNamed(call, query, ids)).length, notes: [] };
	return rowsAnswer(
		located,
		{
			columns: [],
			rows: [],
			total: counted.total,
			next: null,
			notes: [...notes, ...counted.notes],
		},
		"record",
	);
}

/** The rows that were asked for by id; those that are not there are noted. */
export async function rowsNamed(
	{ session, located, running, notes }: TableCall,
	query: Query,
	ids: readonly string[],
): Promise<readonly Row[]> {
	const { rows, missing } = await namedRows(
		session,
		located,
		query,
		[...new Set(ids)],
		running,
	);
	if (missing.length > 0) notes.push(`no such record: ${cutList(missing)}`);
	return rows;
}

/** A row as the agent sees it. */
interface ShownRow {
	readonly cells: readonly unknown[];
	/** The same as CSV. */
	readonly line: string;
	/** Cells that were too long. */
	readonly cut: number;
}

/** A row is measured, fitted and answered: its text is made once. */
function shownOnce(show: (row: Row) => ShownRow): (row: Row) => ShownRow {
	const texts = new WeakMap<Row, ShownRow>();
	return (row) => {
		const known = texts.get(row) ?? show(row);
		texts.set(row, known);
		return known;
	};
}

function showRow(
	{ located }: TableCall,
	row: Row,
	shown: readonly Column[],
	detail: Detail,
): ShownRow {
	let cut = 0;
	const cells = shown.map((column) => {
		const value =
			detail === "raw" && typeof column !== "string"
				? (row.raw?.[column.id] ?? null)
				: showCell(
						cellOf(row, column),
						column,
						located.table.zone,
						detail === "full" ? "full" : "compact",
					);
		const fitting = cutCell(value);
		if (fitting !== value) cut++;
		return fitting;
	});
	const all = [row.id, ...cells];
	return { cells: all, line: csvLine(all), cut };
}
