import { idOfColumn } from "../core/contract/condition.js";
import type { Row } from "../core/contract/table.js";
import type { RowsQuery } from "../core/read/collecting.js";
import { countRows, namedRows, queryRows } from "../core/read/query.js";
import type { Query } from "../core/read/read-plan.js";
import { defined } from "../core/values/defined.js";
import { cutList } from "../core/values/names.js";
import { idsIn, sharedIds } from "../core/values/show-item.js";
import {
	cellOf,
	type Detail,
	kindOf,
	showCell,
	shownText,
} from "../core/values/values.js";
import { cutCell } from "./cut-cell.js";
import { filterNotes } from "./filter-notes.js";
import { cutNotes, rowsAnswer } from "./query-answer.js";
import { DEFAULT_LIMIT, type QueryArguments } from "./query-arguments.js";
import type { ResolvedRows, ShownColumn } from "./query-scope.js";
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
	const { fields, filter, sort, view, record_ids, cursor } = args;
	const { detail = "compact", limit = DEFAULT_LIMIT, ids = true } = args;
	const show = shownOnce((row) => showRow(call, row, { shown, detail, ids }));
	const asked: RowsQuery = {
		query,
		shown: shown.flatMap(({ column, asIds }) => (asIds ? [] : [column])),
		limit,
		texts: detail !== "raw",
		size: (row) => Buffer.byteLength(show(row).line),
		shape: [fields, filter, sort, view, record_ids, detail],
		...defined({ ids: record_ids, cursor }),
	};
	const found = await queryRows(session, located, asked, running);
	const shared = sharedIn(found.rows, shown);
	const rows =
		shared.size === 0 || detail !== "compact"
			? found.rows.map(show)
			: found.rows.map((row) =>
					showRow(call, row, { shown, detail, ids, shared }),
				);
	const cuts = rows.reduce((sum, { cut }) => sum + cut, 0);
	return rowsAnswer(located, {
		columns: [...(ids ? ["id"] : []), ...shown.map(({ label }) => label)],
		rows: rows.map(({ cells }) => cells),
		lines: rows.map(({ line }) => line),
		total: found.total,
		next: found.next,
		notes: [
			...notes,
			...filterNotes(query.filter, found.total ?? rows.length, query.also),
			...cutNotes(cuts),
			...found.notes,
		],
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
			notes: [
				...notes,
				...filterNotes(query.filter, counted.total, query.also),
				...counted.notes,
			],
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

/** How the rows of an answer are shown. */
interface Showing {
	readonly shown: readonly ShownColumn[];
	readonly detail: Detail;
	/** With the id of each row. */
	readonly ids: boolean;
	/** People and records that another one of the same name is beside. */
	readonly shared?: ReadonlySet<string>;
}

/** People and records in these rows that share their name with another one of the same column. */
function sharedIn(
	rows: readonly Row[],
	shown: readonly ShownColumn[],
): ReadonlySet<string> {
	const shared = new Set<string>();
	for (const { column } of shown)
		if (["people", "links"].includes(kindOf(column)))
			for (const id of sharedIds(
				rows.map(({ cells }) => cells[idOfColumn(column)]),
			))
				shared.add(id);
	return shared;
}

function showRow(
	{ located }: TableCall,
	row: Row,
	{ shown, detail, ids, shared }: Showing,
): ShownRow {
	let cut = 0;
	const cells = shown.map(({ column, asIds }) => {
		const value = asIds
			? idsIn(cellOf(row, column))
			: detail === "raw" && typeof column !== "string"
				? (row.raw?.[column.id] ?? null)
				: showCell(
						cellOf(row, column),
						column,
						located.table.zone,
						detail === "full" ? "full" : "compact",
						shared,
					);
		const fitting = cutCell(value);
		if (fitting !== value) cut++;
		return fitting;
	});
	// A text must say of several options that they are several.
	const texts = cells.map((cell, place) => {
		const column = shown[place]?.column;
		return Array.isArray(cell) &&
			column !== undefined &&
			kindOf(column) === "options"
			? shownText(cell, column)
			: cell;
	});
	const id = ids ? [row.id] : [];
	return { cells: [...id, ...cells], line: csvLine([...id, ...texts]), cut };
}
