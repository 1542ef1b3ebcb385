import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { SqlFault, SqlStatement, SqlValue } from "../contract/sql.js";
import type { FilterInput, Row } from "../contract/table.js";
import { secondsFor } from "../delivery/estimate.js";
import type { Located } from "../places/locate.js";
import { READ_MARGIN_MS, readInTime } from "../read/deadline.js";
import { type ReadPage, readRows } from "../read/read.js";
import type { Query } from "../read/read-plan.js";
import { defined } from "../values/defined.js";
import { mapInTurns } from "../values/in-turns.js";
import { zone as zoneNamed } from "../values/zone.js";
import { UNREAD, type Zones } from "./cells.js";
import { type TimesRead, timesIn } from "./clock-notes.js";
import type { SourceColumn, SourceTable } from "./columns.js";
import type { FormLook } from "./form-notes.js";
import { itemTexts } from "./item-texts.js";
import {
	type Keeping,
	keeperOf,
	keptTable,
	type LoadedTable,
} from "./kept-tables.js";
import { listTexts } from "./list-notes.js";

/** Values of all tables together that one statement may read. */
const MOST_CELLS = 1_000_000;

const NARROW =
	"Narrow the tables with `filter`, or select fewer columns; export_records writes any number of rows to a file.";

/** A table of a statement, found, with the rows of it that are wanted. */
export interface WantedTable {
	readonly located: Located;
	readonly source: SourceTable;
	/** How much had been written through its connection before anything of it was looked at. */
	readonly writes: number;
	/** The filter as it was given. */
	readonly asked: FilterInput | undefined;
	readonly rows: Pick<Query, "filter" | "also" | "view">;
}

/** What was read into a statement's tables. */
export interface Filled {
	/** Rows of each table; undefined: the statement does not use it. */
	readonly rows: readonly (number | undefined)[];
	/** The oldest moment at which reading one of them began. */
	readonly atMs: number;
	readonly times: readonly { readonly as: string; readonly times: TimesRead }[];
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
	/** The same rows with all texts that the statement sees, and their values in it. */
	saw(
		statement: SqlStatement,
		seen: SeenRows,
		values: readonly (readonly SqlValue[])[],
	): Promise<void>;
}

/** Rows of a table as a statement sees them. */
export interface SeenRows {
	readonly table: WantedTable;
	/** Of the tables of the statement that show them. */
	readonly places: readonly number[];
	/** What is read of each. */
	readonly columns: readonly SourceColumn[];
	readonly rows: readonly Row[];
}

/** One statement that is being filled. */
interface Filling {
	readonly session: Session;
	readonly running: Running;
	readonly statement: SqlStatement;
	readonly zone: string;
	/** Sees what is read. Absent: nobody does. */
	readonly watching?: Watching | undefined;
	/** Sees all values. */
	readonly forms: Pick<FormLook, "look">;
	/** Tables that were read within a minute are taken as they are. */
	readonly mayBeKept: boolean;
	/** Values so far, of all tables. */
	cells: number;
}

/**
 * Reads all used columns of the matching rows of all tables, side by side: each of another connection, mostly. The same
 * rows under several names are read once.
 * @throws TablesError too_large or busy where it is too much, before reading where the vendor tells how much.
 */
export async function fillTables(
	filling: Omit<Filling, "cells">,
	tables: readonly WantedTable[],
): Promise<Filled> {
	const { session, running } = filling;
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
				const sources = sourcesOf(shared, tables);
				const all = await Promise.all(
					sources.map((source) => fillSource(shared, source, call)),
				);
				const rows = tables.map((_, place) => {
					const at = sources.findIndex(({ used }) =>
						used.some((one) => one.place === place),
					);
					return all[at]?.rows;
				});
				const fault = all.flatMap((one) => one.fault ?? [])[0];
				return {
					rows,
					atMs: Math.min(session.clock.now(), ...all.map(({ atMs }) => atMs)),
					times: timesOf(sources, all),
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

/** Rows that are read once, and the tables of the statement that they go into. */
interface ReadOnce {
	readonly table: WantedTable;
	readonly key: string;
	/** All that one of the tables uses. */
	readonly columns: readonly SourceColumn[];
	readonly used: readonly {
		/** Of the table in the statement. */
		readonly place: number;
		readonly as: string;
		readonly names: readonly string[];
	}[];
}

function sourcesOf(
	{ statement, zone }: Filling,
	tables: readonly WantedTable[],
): readonly ReadOnce[] {
	const sources = new Map<string, ReadOnce>();
	for (const [place, table] of tables.entries()) {
		const wanted = statement.used[place];
		if (wanted === undefined) continue;
		const key = keyOf(table, zone);
		const known = sources.get(key);
		const columns = wanted.flatMap((at) => table.source.columns[at] ?? []);
		const there = new Set(known?.columns.map(({ name }) => name));
		sources.set(key, {
			...{ table, key },
			columns: [
				...(known?.columns ?? []),
				...columns.filter(({ name }) => !there.has(name)),
			],
			used: [
				...(known?.used ?? []),
				{
					...{ place, as: table.source.as },
					names: columns.map(({ name }) => name),
				},
			],
		});
	}
	return [...sources.values()];
}

/** All that decides which values the rows have: the table, its schema, the filter as it was given, and the clock. */
function keyOf({ located, asked }: WantedTable, zone: string): string {
	const { ref, fields, zone: own } = located.table;
	return JSON.stringify([
		...[located.connection.name, ref, fields, own, zone],
		asked,
	]);
}

function timesOf(
	sources: readonly ReadOnce[],
	all: readonly FilledTable[],
): Filled["times"] {
	return sources.flatMap(({ used }, at) =>
		used.map(({ as, names }) => ({
			as,
			times: Object.fromEntries(
				Object.entries(all[at]?.times ?? {}).filter(([name]) =>
					names.includes(name),
				),
			),
		})),
	);
}

interface FilledTable extends Pick<LoadedTable, "notes" | "times" | "atMs"> {
	readonly rows: number;
	readonly fault?: SqlFault;
}

/** Rows of a kept table that are handed to the engine at once. */
const PIECE_ROWS = 1_000;

async function fillSource(
	filling: Filling,
	source: ReadOnce,
	call: CallContext,
): Promise<FilledTable> {
	const { session } = filling;
	const keeping: Keeping = {
		session,
		connection: source.table.located.connection.name,
		key: JSON.stringify([
			source.key,
			// What a filter calls today.
			zoneNamed(source.table.located.table.zone).day(session.clock.now()),
		]),
	};
	const kept = filling.mayBeKept
		? keptTable(
				keeping,
				source.columns.map(({ name }) => name),
			)
		: undefined;
	if (kept === undefined) return readSource(filling, source, keeping, call);
	for (let at = 0; at < kept.rows.length; at += PIECE_ROWS) {
		const rows = kept.rows.slice(at, at + PIECE_ROWS);
		const fault = await load(filling, source, kept.columns, rows);
		if (fault !== undefined) return { ...kept, rows: at, fault };
	}
	return { ...kept, rows: kept.rows.length };
}

async function readSource(
	filling: Filling,
	source: ReadOnce,
	keeping: Keeping,
	call: CallContext,
): Promise<FilledTable> {
	const { session, running, statement, zone, watching } = filling;
	const { columns } = source;
	const { located, rows: wanted } = source.table;
	const names = columns.map(({ name }) => name);
	const used = columnsOf(columns);
	const fields = [
		...new Set([
			...used.fields,
			...(watching?.fieldsFor(source.table, statement.columns) ?? []),
		]),
	];
	const query: Query = { ...wanted, ...used, fields };
	const texts = itemTexts(session, located, fieldsWithTexts(columns));
	const lists = listTexts(columns);
	const times = timesIn(zone, columns);
	const unread = new Map<string, number>();
	const zones: Zones = { table: located.table.zone, statement: zone };
	const atMs = session.clock.now();
	const keeper = filling.mayBeKept
		? keeperOf(keeping, { atMs, writes: source.table.writes })
		: undefined;
	const watch = watcher(filling, located, valuesIn(source));
	let count = 0;
	for await (const rows of readRows(located, query, call, watch)) {
		await watching?.take(source.table, fields, rows);
		count += rows.length;
		const filled = await texts.filled(rows, call);
		for (const row of filled) {
			lists.look(row);
			times.look(row);
		}
		const values = await mapInTurns(filled, (row) =>
			valuesOf(row, columns, zones, unread),
		);
		await watching?.saw(
			statement,
			{
				...{ table: source.table, columns, rows: filled },
				places: source.used.map(({ place }) => place),
			},
			values,
		);
		const fault = await load(filling, source, names, values);
		if (fault !== undefined)
			return { rows: count, atMs, notes: [], times: {}, fault };
		keeper?.add(values);
		tellProgress({ session, running }, count, undefined, `${count} rows read`);
	}
	const about = {
		notes: [...texts.notes, ...lists.notes(), ...unreadNotes(unread)],
		times: times.read(),
	};
	keeper?.keep({ columns: names, ...about });
	return { rows: count, atMs, ...about };
}

/** Values of one row in all tables that it goes into. */
function valuesIn({ used }: ReadOnce): number {
	return used.reduce((sum, { names }) => sum + names.length, 0);
}

/**
 * Puts rows into each table of the statement that shows them.
 * @throws TablesError too_large where all tables together hold too much.
 */
async function load(
	filling: Filling,
	source: ReadOnce,
	columns: readonly string[],
	rows: readonly (readonly SqlValue[])[],
): Promise<SqlFault | undefined> {
	filling.cells += rows.length * valuesIn(source);
	if (filling.cells > MOST_CELLS)
		throw tooMuch(source.table.located, filling.cells);
	filling.forms.look(columns, rows);
	for (const { place, names } of source.used) {
		const places = names.map((name) => columns.indexOf(name));
		const fault = await filling.statement.load(
			place,
			rows.map((row) => places.map((at) => row[at] ?? null)),
		);
		if (fault !== undefined) return fault;
	}
	return undefined;
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
