import type { Adapter } from "../../core/contract/adapter.js";
import type { SystemColumn } from "../../core/contract/field.js";
import type { WireQuery } from "../../core/contract/records.js";
import type { Table, WireRow } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import {
	beyond,
	cursorOf,
	type Place,
	readCursor,
	type SortColumn,
} from "./cursor.js";
import type { Fragment } from "./filter.js";
import { ROW_COLUMNS, recordsOf } from "./layout.js";
import { linkedRecords, linkTitles } from "./links.js";
import type { SqlRow, SqlValue } from "./sqlite.js";
import { columnSql } from "./storage.js";
import type { Store } from "./store.js";

/** What of a query says which columns come back. */
type Wanted = Pick<WireQuery, "fields" | "system">;

/** Records are read here; `records.ts` writes them. */
export function pageMethods(
	store: Store,
): Required<Pick<Adapter, "readPage" | "cursorAfter" | "readByIds">> {
	/** Of each row that was read, so that a page can end at it. */
	const places = new WeakMap<WireRow, Place>();
	const cursorAfter = (row: WireRow) => cursorOf(places.get(row) ?? []);
	const read = (
		table: Table,
		wanted: Wanted,
		found: readonly SqlRow[],
		order: readonly SortColumn[],
	) => {
		const titles = linkTitles(store, table, wanted.fields, found);
		return found.map((sqlRow) => {
			const row = rowOf(wanted, sqlRow, titles);
			places.set(row, placeOf(sqlRow, order));
			return row;
		});
	};
	return {
		async readPage(table, query, cursor) {
			const total =
				cursor === undefined ? count(store, table, query) : undefined;
			const order = sortColumns(query);
			const found = select(store, table, query, order, cursor);
			const items = read(table, query, found.slice(0, query.pageSize), order);
			const last = items.at(-1);
			return {
				items,
				...(found.length > query.pageSize && last !== undefined
					? { next: cursorAfter(last) }
					: {}),
				...defined({ total }),
			};
		},
		cursorAfter,
		async readByIds(table, ids, wanted) {
			const found = store.db.all(
				`SELECT ${columnsOf(wanted)} FROM ${recordsOf(table.ref.table)} WHERE id IN (SELECT value FROM json_each(?))`,
				[JSON.stringify(ids)],
			);
			const rows = new Map(
				read(table, wanted, found, []).map((row) => [row.id, row]),
			);
			return ids.flatMap((id) => rows.get(id) ?? []);
		},
	};
}

function count({ db }: Store, table: Table, query: WireQuery): number {
	const { sql, values } = where(matching(query));
	const [row] = db.all(
		`SELECT count(*) AS total FROM ${recordsOf(table.ref.table)}${sql}`,
		values,
	);
	return Number(row?.total);
}

/** Rows of a page and one more, by which the reader knows that there are more. */
function select(
	{ db }: Store,
	table: Table,
	query: WireQuery,
	order: readonly SortColumn[],
	cursor: string | undefined,
): readonly SqlRow[] {
	const { sql, values } = where([
		...matching(query),
		...(cursor === undefined ? [] : [beyond(order, readCursor(cursor))]),
	]);
	const keys = order.map((key, index) => `${key.sql} AS k${index}`);
	const sorted = order.map(
		(key) => `${key.sql} ${key.descending ? "DESC" : "ASC"}`,
	);
	return db.all(
		`SELECT ${[columnsOf(query), ...keys].join(", ")} FROM ${recordsOf(table.ref.table)}${sql} ORDER BY ${[...sorted, "n ASC"].join(", ")} LIMIT ?`,
		[...values, query.pageSize + 1],
	);
}

function matching(query: WireQuery): readonly Fragment[] {
	const filter = query.filter as Fragment | undefined;
	return filter === undefined
		? []
		: [{ sql: `coalesce(${filter.sql}, 0)`, values: filter.values }];
}

function where(parts: readonly Fragment[]): Fragment {
	return {
		sql:
			parts.length === 0
				? ""
				: ` WHERE ${parts.map(({ sql }) => sql).join(" AND ")}`,
		values: parts.flatMap(({ values }) => values),
	};
}

/** Cells come as `f<index of the field>`. */
function columnsOf({ fields }: Wanted): string {
	return [
		...ROW_COLUMNS,
		...fields.map((field, index) => `${columnSql(field)} AS f${index}`),
	].join(", ");
}

const SYSTEM = {
	$created_at: { sql: "created_at", cell: (row) => row.created_at },
	$updated_at: { sql: "updated_at", cell: (row) => row.updated_at },
	$created_by: { sql: "created_by", cell: (row) => person(row.created_by) },
	$updated_by: { sql: "updated_by", cell: (row) => person(row.updated_by) },
	// No page opens a record.
	$url: { sql: "NULL", cell: () => null },
} as const satisfies Record<
	SystemColumn,
	{ readonly sql: string; cell(row: SqlRow): unknown }
>;

function person(name: SqlValue | undefined) {
	return [{ id: name, name }];
}

function sortColumns({ sort = [] }: WireQuery): readonly SortColumn[] {
	return sort.map(({ field, descending }) => ({
		sql: typeof field === "string" ? SYSTEM[field].sql : columnSql(field),
		descending,
	}));
}

/** Sort keys come as `k<index in the order>`. */
function placeOf(row: SqlRow, order: readonly SortColumn[]): Place {
	return [
		row.n as number,
		...order.map((_, index) => row[`k${index}`] ?? null),
	];
}

/** `titles` by link field, then by record. */
function rowOf(
	{ fields, system }: Wanted,
	row: SqlRow,
	titles: ReturnType<typeof linkTitles>,
): WireRow {
	const cells: Record<string, unknown> = {};
	for (const [index, field] of fields.entries()) {
		const wire = row[`f${index}`];
		if (wire === null || wire === undefined) continue;
		cells[field.id] =
			field.type === "link" ? linkedRecords(wire, titles.get(field.id)) : wire;
	}
	const made: Partial<Record<SystemColumn, unknown>> = {};
	for (const column of system) made[column] = SYSTEM[column].cell(row);
	return { id: row.id as string, cells, system: made } as WireRow;
}
