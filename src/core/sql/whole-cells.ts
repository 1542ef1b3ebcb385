import type { Cell, Field, SystemColumn, UrlValue } from "../contract/field.js";
import type { SqlStatement, SqlValue } from "../contract/sql.js";
import type { Located } from "../places/locate.js";
import { inTurns } from "../values/in-turns.js";
import { findNamed } from "../values/names.js";
import {
	equalCells,
	isEmpty,
	isRaw,
	keyOf,
	kindOf,
	showCell,
	showsTime,
} from "../values/values.js";
import { partsOf, type Zones } from "./cells.js";
import type { SourceColumn } from "./columns.js";
import type { SeenRows, WantedTable } from "./fill-tables.js";
import type { RowsFor } from "./from-records.js";
import { joinsSelects } from "./tokens.js";
import { isSame } from "./what-was-read.js";

/*
 * A value of SQL often says less than its cell: a link without its text, people by their names, a time without its
 * offset. What a statement hands on as it is stands for the whole cell.
 */

/** The record's cell holds this already: it is left alone. */
export const KEPT = Symbol("kept");

/** What a value of a statement stands for; undefined: for what it says. */
export type Whole = { readonly given: unknown } | typeof KEPT | undefined;

/** The cells that a statement sees. */
export interface WholeCells {
	/** As of `Watching`. */
	saw(
		statement: SqlStatement,
		seen: SeenRows,
		values: readonly (readonly SqlValue[])[],
	): Promise<void>;
	/** Of a row of its result, which sets cells of the record with this id, the value at a place that is for a field. */
	rowOf(
		row: readonly SqlValue[],
		id: string | undefined,
		zones: Zones,
	): (at: number, field: Field) => Whole;
	/** May a link that is written have had a text of its own? */
	hasTexts(): boolean;
}

/** Several cells that differ have this value. */
const DIFFERENT = Symbol("different");
type Held = Cell | typeof DIFFERENT;

/** Columns of one table that the statement hands on, with their places in its result. */
interface Passed {
	readonly table: WantedTable;
	readonly columns: readonly {
		readonly at: number;
		/** In its table. */
		readonly name: string;
		readonly source: Field | SystemColumn | undefined;
		/** The cells that have a value, by the value. */
		readonly cells: Map<SqlValue, Held>;
	}[];
	/** Cells of these columns, in their order, by the values of all of them. */
	readonly rows: Map<string, Held[]>;
}

/** Kinds of values whose form in SQL may say less than the cell. */
const SAY_LESS: ReadonlySet<string> = new Set([
	...["date", "url", "people", "links", "files", "location", "options"],
]);

/** Keeps what is needed of the cells that a statement over `sql` sees, for rows that are written to a table. */
export function wholeCells(
	located: Located,
	sql: string,
	{ byId, sets, matchOn }: RowsFor,
): WholeCells {
	// The engine tells of the first one only where a column's values are from.
	const isKnown = sets && !joinsSelects(sql);
	const all = new Map<number, Passed>();
	const own = new Map<string, Readonly<Record<string, Cell>>>();
	let hasTexts = matchOn.length > 0;
	const lookAtTexts = ({ columns, rows }: SeenRows) => {
		for (const { from } of columns)
			if (typeof from === "object" && kindOf(from) === "url")
				hasTexts ||= rows.some(({ cells }) => hasText(cells[from.id]));
	};
	return {
		async saw(statement, seen, values) {
			if (!sets) return;
			const { table, places, columns, rows } = seen;
			lookAtTexts(seen);
			if (byId && isSame(table.located, located)) {
				const fields = statement.columns.flatMap(
					(name) => findNamed(located.table.fields, name).items,
				);
				await inTurns(rows, ({ id, cells }) => {
					own.set(
						id,
						Object.fromEntries(
							fields.map((field) => [field.id, cells[field.id] ?? null]),
						),
					);
				});
			}
			if (!isKnown) return;
			for (const place of places) {
				const passed =
					all.get(place) ?? passedBy(statement, { table, place, located });
				all.set(place, passed);
				await keep(passed, columns, { rows, values });
			}
		},
		rowOf(row, id, zones) {
			const found = new Map<number, { cell: Held; from: Passed }>();
			for (const from of all.values())
				for (const [at, cell] of cellsIn(from, row))
					found.set(at, { cell, from });
			const known = id === undefined ? undefined : own.get(id);
			if (byId && known === undefined) hasTexts = true;
			return (at, field) => {
				const value = row[at] ?? null;
				const mine = known?.[field.id];
				const there = found.get(at);
				const source = there?.from.columns.find((one) => one.at === at)?.source;
				if (
					there !== undefined &&
					source !== undefined &&
					there.cell !== DIFFERENT &&
					!isEmpty(there.cell) &&
					// Of a record that is there NULL keeps the cell.
					(value !== null || (!byId && matchOn.length === 0))
				) {
					const whole = wholeOf(there.cell, source, {
						...{ field, located, table: there.from.table },
					});
					if (whole !== undefined)
						return mine !== undefined &&
							isSame(there.from.table.located, located) &&
							equalCells(mine, there.cell, field, zones.table)
							? KEPT
							: whole;
				}
				return value === null || value === "" || mine === undefined
					? undefined
					: besideOwn(value, field, mine, zones);
			};
		},
		hasTexts: () => hasTexts,
	};
}

/** A value for a record's cell that is known: the same one keeps it, another link keeps its text. */
function besideOwn(
	value: SqlValue,
	field: Field,
	mine: Cell,
	zones: Zones,
): Whole {
	const cell = mine === null && field.type === "checkbox" ? false : mine;
	if (partsOf(field)[0]?.read(cell, zones) === value) return KEPT;
	return isUrl(mine) && typeof value === "string" && !value.startsWith("{")
		? { given: { text: hasText(mine) ? mine.text : value, link: value } }
		: undefined;
}

function isUrl(cell: Cell | undefined): cell is UrlValue {
	return typeof cell === "object" && cell !== null && "link" in cell;
}

function hasText(cell: Cell | undefined): boolean {
	return isUrl(cell) && cell.text !== cell.link;
}

function passedBy(
	{ origins, columns }: SqlStatement,
	{
		table,
		place,
		located,
	}: {
		readonly table: WantedTable;
		readonly place: number;
		readonly located: Located;
	},
): Passed {
	const passed = origins.flatMap((origin, at) => {
		if (origin === undefined || origin.table !== place) return [];
		const column = table.source.columns[origin.column];
		return column === undefined
			? []
			: [
					{
						...{ at, source: column.from, name: column.name },
						cells: new Map<SqlValue, Held>(),
					},
				];
	});
	const isNeeded = passed.some(
		({ at, source }) =>
			source !== undefined &&
			SAY_LESS.has(kindOf(source)) &&
			findNamed(located.table.fields, columns[at] ?? "").items.length > 0,
	);
	return { table, columns: isNeeded ? passed : [], rows: new Map() };
}

async function keep(
	{ table, columns, rows: kept }: Passed,
	read: readonly SourceColumn[],
	{
		rows,
		values,
	}: Pick<SeenRows, "rows"> & {
		readonly values: readonly (readonly SqlValue[])[];
	},
): Promise<void> {
	if (columns.length === 0) return;
	const { zone } = table.located.table;
	const places = columns.map((column) =>
		read.findIndex(({ name }) => name === column.name),
	);
	await inTurns(rows, (row, index) => {
		const shown = places.map((place) => values[index]?.[place] ?? null);
		const held = columns.map(({ source }): Cell => {
			if (source === undefined) return row.id;
			return row.cells[typeof source === "string" ? source : source.id] ?? null;
		});
		const key = JSON.stringify(shown);
		const before = kept.get(key);
		const merged = held.map((cell, at): Held => {
			const { source, cells } = columns[at] ?? {};
			const value = shown[at] ?? null;
			cells?.set(value, same(cells.get(value), cell, source, zone));
			return same(before?.[at], cell, source, zone);
		});
		kept.set(key, merged);
	});
}

/** Undefined: nothing was there yet. */
function same(
	before: Held | undefined,
	cell: Cell,
	source: Field | SystemColumn | undefined,
	zone: string,
): Held {
	if (before === undefined) return cell;
	if (before === DIFFERENT || source === undefined) return before;
	return keyOf(before, source, zone) === keyOf(cell, source, zone)
		? before
		: DIFFERENT;
}

/** The cells of a row of the result: those of the record with all of its values, or where there is none, of each value. */
function* cellsIn(
	{ columns, rows }: Passed,
	row: readonly SqlValue[],
): Iterable<readonly [at: number, cell: Held]> {
	if (columns.length === 0) return;
	const values = columns.map(({ at }) => row[at] ?? null);
	// Where nothing was found to join, all are NULL: that is not a record.
	if (values.every((value) => value === null)) return;
	const whole = rows.get(JSON.stringify(values));
	for (const [index, { at, cells }] of columns.entries()) {
		const cell =
			whole === undefined ? cells.get(row[at] ?? null) : whole[index];
		if (cell !== undefined && (whole !== undefined || row[at] !== null))
			yield [at, cell];
	}
}

/** A cell of one table as it would be given for a field of another; undefined: its value says it all, or it is nothing there. */
function wholeOf(
	cell: Cell,
	source: Field | SystemColumn,
	{
		field,
		located,
		table,
	}: {
		readonly field: Field;
		readonly located: Located;
		readonly table: WantedTable;
	},
): { readonly given: unknown } | undefined {
	const kind = kindOf(source);
	if (kind !== kindOf(field) || !SAY_LESS.has(kind) || isRaw(cell))
		return undefined;
	if (typeof source === "object" && source.value?.list) return undefined;
	const isHere = table.located.connection.name === located.connection.name;
	const isInBase =
		isHere && table.located.table.ref.base === located.table.ref.base;
	const linkedBy = (one: Field | SystemColumn) =>
		typeof one === "object" ? one.settings.linkTable : undefined;
	if (kind === "date" && !(showsTime(source) && showsTime(field)))
		return undefined;
	if (kind === "people" && !isHere) return undefined;
	if (kind === "files" && !isInBase) return undefined;
	if (
		kind === "links" &&
		!(
			isInBase &&
			linkedBy(source) !== undefined &&
			linkedBy(source) === linkedBy(field)
		)
	)
		return undefined;
	return { given: showCell(cell, field, located.table.zone, "full") };
}
