import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { SqlFault, SqlStatement, SqlValue } from "../contract/sql.js";
import type { Row } from "../contract/table.js";
import { secondsFor } from "../delivery/estimate.js";
import type { Located } from "../places/locate.js";
import { READ_MARGIN_MS, readInTime } from "../read/deadline.js";
import { type ReadPage, readRows } from "../read/read.js";
import type { Query } from "../read/read-plan.js";
import { defined } from "../values/defined.js";
import { mapInTurns } from "../values/in-turns.js";
import { UNREAD, type Zones } from "./cells.js";
import type { WallClock } from "./clock-notes.js";
import type { SourceColumn, SourceTable } from "./columns.js";
import { itemTexts } from "./item-texts.js";
import { listTexts } from "./list-notes.js";

/** Values of all tables together that one statement may read. */
const MOST_CELLS = 1_000_000;

const NARROW =
	"Narrow the tables with `filter`, or select fewer columns; export_records writes any number of rows to a file.";

/** A table of a statement, found, with the rows of it that are wanted. */
export interface WantedTable {
	readonly located: Located;
	readonly source: SourceTable;
	readonly rows: Pick<Query, "filter" | "also" | "view">;
}

/** What was read into a statement's tables. */
export interface Filled {
	/** Rows of each table; undefined: the statement does not use it. */
	readonly rows: readonly (number | undefined)[];
	readonly notes: readonly string[];
	/** It did not fit. Absent: it did. */
	readonly fault?: SqlFault;
}

/** Who must know what a statement read of a table. */
export interface Watching {
	/** Fields of a table that are read beside those that the statement uses; `columns`: what it answers. */
	fieldsFor(table: WantedTable, columns: readonly string[]): readonly Field[];
	/** Rows of the table at this place, with the cells of these fields. */
	take(
		table: WantedTable,
		fields: readonly Field[],
		rows: readonly Row[],
	): Promise<void>;
}

/** One statement that is being filled. */
interface Filling {
	readonly session: Session;
	readonly running: Running;
	readonly statement: SqlStatement;
	readonly zone: string;
	readonly clock: WallClock;
	/** Sees what is read. Absent: nobody does. */
	readonly watching?: Watching | undefined;
	/** Values so far, of all tables. */
	cells: number;
}

/**
 * Reads all used columns of the matching rows of all tables, side by side: each of another connection, mostly.
 * @throws TablesError too_large or busy where it is too much, before reading where the vendor tells how much.
 */
export async function fillTables(
	filling: Omit<Filling, "cells">,
	tables: readonly WantedTable[],
): Promise<Filled> {
	const { session, running, statement } = filling;
	const shared: Filling = { ...filling, cells: 0 };
	const failed = new AbortController();
	return readInTime(
		session,
		running,
		"the tables",
		async (given) => {
			const { signal } = given;
			const call: CallContext = {
				...given,
				priority: "bulk",
				signal:
					signal === undefined
						? failed.signal
						: AbortSignal.any([signal, failed.signal]),
			};
			try {
				const all = await Promise.all(
					tables.map(
						async (table, place): Promise<FilledTable> =>
							statement.used[place] === undefined
								? { notes: [] }
								: fillTable(shared, table, place, call),
					),
				);
				const fault = all.flatMap((one) => one.fault ?? [])[0];
				return {
					rows: all.map(({ rows }) => rows),
					notes: all.flatMap(({ notes }) => notes),
					...defined({ fault }),
				};
			} catch (error) {
				failed.abort(error);
				throw error;
			}
		},
		NARROW,
	);
}

interface FilledTable {
	readonly rows?: number;
	readonly notes: readonly string[];
	readonly fault?: SqlFault;
}

async function fillTable(
	filling: Filling,
	table: WantedTable,
	place: number,
	call: CallContext,
): Promise<FilledTable> {
	const { session, running, statement, zone, watching } = filling;
	const { located, source, rows: wanted } = table;
	const columns = (statement.used[place] ?? []).flatMap(
		(at) => source.columns[at] ?? [],
	);
	const used = columnsOf(columns);
	const fields = [
		...new Set([
			...used.fields,
			...(watching?.fieldsFor(table, statement.columns) ?? []),
		]),
	];
	const query: Query = { ...wanted, ...used, fields };
	const texts = itemTexts(session, located, fieldsWithTexts(columns));
	const lists = listTexts(columns);
	const lookAtTimes = filling.clock.watch(source.as, columns);
	const unread = new Map<string, number>();
	const zones: Zones = { table: located.table.zone, statement: zone };
	let count = 0;
	const watch = watcher(filling, located, columns.length);
	for await (const rows of readRows(located, query, call, watch)) {
		await watching?.take(table, fields, rows);
		count += rows.length;
		filling.cells += rows.length * columns.length;
		if (filling.cells > MOST_CELLS) throw tooMuch(located, filling.cells);
		const filled = await texts.filled(rows, call);
		for (const row of filled) {
			lists.look(row);
			lookAtTimes(row);
		}
		const fault = await statement.load(
			place,
			await mapInTurns(filled, (row) => valuesOf(row, columns, zones, unread)),
		);
		if (fault !== undefined) return { notes: [], fault };
		tellProgress({ session, running }, count, undefined, `${count} rows read`);
	}
	return {
		rows: count,
		notes: [...texts.notes, ...lists.notes(), ...unreadNotes(unread)],
	};
}

function columnsOf(
	columns: readonly SourceColumn[],
): Required<Pick<Query, "fields" | "system">> {
	const from = [...new Set(columns.flatMap((column) => column.from ?? []))];
	return {
		fields: from.filter((column) => typeof column !== "string"),
		system: from.filter((column) => typeof column === "string"),
	};
}

function fieldsWithTexts(columns: readonly SourceColumn[]) {
	return columns.flatMap(({ from, needsTexts }) =>
		needsTexts && typeof from === "object" ? [from] : [],
	);
}

function valuesOf(
	row: Row,
	columns: readonly SourceColumn[],
	zones: Zones,
	unread: Map<string, number>,
): readonly SqlValue[] {
	return columns.map((column) => {
		const value = column.read(row, zones);
		if (value !== UNREAD) return value;
		unread.set(column.name, (unread.get(column.name) ?? 0) + 1);
		return null;
	});
}

function unreadNotes(unread: ReadonlyMap<string, number>): readonly string[] {
	return [...unread].map(
		([name, count]) =>
			`"${name}" of ${count === 1 ? "1 row holds" : `${count} rows hold`} a value that could not be read, NULL here; query_records with detail: "raw" shows it`,
	);
}

/** Looks at the first page, where the vendor may say how many rows there are, before the others are asked for. */
function watcher(
	{ session, running }: Filling,
	located: Located,
	columns: number,
): (page: ReadPage) => void {
	let isFirst = true;
	return ({ total, next }) => {
		if (!isFirst) return;
		isFirst = false;
		if (total === undefined || next === undefined) return;
		const calls = Math.ceil(total / located.adapter.limits.page);
		const seconds = secondsFor(located, calls, "read");
		const left = running.deadlineMs() - READ_MARGIN_MS - session.clock.now();
		if (total * columns > MOST_CELLS || seconds * 1000 > left)
			throw new TablesError(
				"too_large",
				`"${located.table.name}" would read ${total} rows of ${columns} columns, ${seconds} s; ${MOST_CELLS} values and ${Math.floor(left / 1000)} s are left`,
				{ next: NARROW },
			);
	};
}

function tooMuch({ table }: Located, cells: number): TablesError {
	return new TablesError(
		"too_large",
		`the tables hold more than ${MOST_CELLS} values (${cells} so far, reading "${table.name}")`,
		{ next: NARROW },
	);
}
