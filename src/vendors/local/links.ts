import { TablesError } from "../../core/contract/errors.js";
import type { Field, LinkedRecord } from "../../core/contract/field.js";
import type { Table, TableRef } from "../../core/contract/table.js";
import { cutList } from "../../core/values/names.js";
import { showCell, shownText } from "../../core/values/values.js";
import { codecs } from "./cells.js";
import { readFields, recordsOf } from "./layout.js";
import type { SqlRow, SqlValue } from "./sqlite.js";
import { columnSql } from "./storage.js";
import type { Store } from "./store.js";

/** A row by its number and its id. */
export interface RowKey {
	readonly n: number;
	readonly id: string;
}

/** Ids in the cell of a link. */
function idsIn(wire: unknown): string[] {
	return typeof wire === "string" && wire !== ""
		? (JSON.parse(wire) as string[])
		: [];
}

/** The cell of a link; an empty one is null. */
function wireOf(ids: readonly string[]): SqlValue {
	return ids.length === 0 ? null : JSON.stringify(ids);
}

/** The cell of a link with the titles of its records; null where one is gone. */
export function linkedRecords(
	wire: SqlValue,
	titles: ReadonlyMap<string, string> | undefined,
): readonly LinkedRecord[] {
	return idsIn(wire).map((id) => ({ id, text: titles?.get(id) ?? null }));
}

/** Titles of the records that these rows link to by link field, one query each. The cell of the field at `index` is `f<index>`. */
export function linkTitles(
	store: Store,
	table: Table,
	fields: readonly Field[],
	rows: readonly SqlRow[],
): ReadonlyMap<string, ReadonlyMap<string, string>> {
	const found = new Map<string, ReadonlyMap<string, string>>();
	for (const [index, field] of fields.entries()) {
		const { linkTable } = field.settings;
		if (field.type !== "link" || linkTable === undefined) continue;
		const ids = new Set(rows.flatMap((row) => idsIn(row[`f${index}`])));
		found.set(field.id, titlesOf(store, linkTable, [...ids], table.zone));
	}
	return found;
}

function titlesOf(
	{ db }: Store,
	table: string,
	ids: readonly string[],
	zone: string,
): ReadonlyMap<string, string> {
	const titles = new Map<string, string>();
	if (ids.length === 0) return titles;
	const primary = readFields(db, table).find((field) => field.primary);
	if (primary === undefined) return titles;
	const codec = codecs[primary.type];
	for (const { id, title } of db.all(
		`SELECT id, ${columnSql(primary)} AS title FROM ${recordsOf(table)} WHERE id IN (SELECT value FROM json_each(?))`,
		[JSON.stringify(ids)],
	)) {
		const cell =
			title === null || !("decode" in codec)
				? null
				: codec.decode(title as never, primary, { zone });
		titles.set(
			id as string,
			shownText(showCell(cell as never, primary, zone, "compact")),
		);
	}
	return titles;
}

/**
 * Before a row's link gets new records: that they exist, and the other side of a two-way link.
 * @throws TablesError bad_value
 */
export function relink(
	store: Store,
	table: Table,
	field: Field,
	{
		row,
		wire,
		nowMs,
	}: {
		readonly row: RowKey;
		/** Ids of the records that the cell gets. */
		readonly wire: unknown;
		readonly nowMs: number;
	},
): void {
	const { linkTable, reverseField } = field.settings;
	if (linkTable === undefined) return;
	const { db } = store;
	const after = idsIn(wire);
	checkExist(store, linkTable, field, after);
	if (reverseField === undefined) return;
	const before = idsIn(
		db.all(
			`SELECT "${field.id}" AS wire FROM ${recordsOf(table.ref.table)} WHERE n = ?`,
			[row.n],
		)[0]?.wire,
	);
	const single = holdsOne(store, linkTable, reverseField);
	for (const id of new Set([...before, ...after])) {
		const adds = after.includes(id);
		if (adds === before.includes(id)) continue;
		const other = db.all(
			`SELECT n, "${reverseField}" AS wire FROM ${recordsOf(linkTable)} WHERE id = ?`,
			[id],
		)[0];
		if (other === undefined) continue;
		const held = idsIn(other.wire).filter((value) => value !== row.id);
		if (adds && single) leaveLinks(store, { table, field, nowMs }, held, id);
		const kept = adds && single ? [] : held;
		db.run(
			`UPDATE ${recordsOf(linkTable)} SET "${reverseField}" = ?, updated_at = ?, updated_by = ? WHERE n = ?`,
			[
				wireOf(adds ? [...kept, row.id] : kept),
				...[nowMs, store.user, other.n as number],
			],
		);
	}
}

/** Does each cell of this link hold one record at most? */
function holdsOne({ db }: Store, table: string, field: string): boolean {
	return (
		readFields(db, table).find(({ id }) => id === field)?.settings.multiple ===
		false
	);
}

/** Takes a record out of the links of those rows that had it until now: it holds one of them only. */
function leaveLinks(
	{ db, user }: Store,
	{
		table: { ref },
		field,
		nowMs,
	}: {
		readonly table: Table;
		readonly field: Field;
		readonly nowMs: number;
	},
	rows: readonly string[],
	id: string,
): void {
	for (const { n, wire } of db.all(
		`SELECT n, "${field.id}" AS wire FROM ${recordsOf(ref.table)} WHERE id IN (SELECT value FROM json_each(?))`,
		[JSON.stringify(rows)],
	))
		db.run(
			`UPDATE ${recordsOf(ref.table)} SET "${field.id}" = ?, updated_at = ?, updated_by = ? WHERE n = ?`,
			[
				wireOf(idsIn(wire).filter((linked) => linked !== id)),
				...[nowMs, user, n as number],
			],
		);
}

function checkExist(
	{ db }: Store,
	table: string,
	field: Field,
	ids: readonly string[],
): void {
	const there = new Set(
		db
			.all(
				`SELECT id FROM ${recordsOf(table)} WHERE id IN (SELECT value FROM json_each(?))`,
				[JSON.stringify(ids)],
			)
			.map(({ id }) => id),
	);
	const missing = ids.filter((id) => !there.has(id));
	if (missing.length > 0)
		throw new TablesError(
			"bad_value",
			`"${field.name}" links to records that do not exist: ${cutList(missing)}`,
			{
				next: "Query the linked table for the ids; nothing of this batch was written.",
			},
		);
}

/** Columns of this base that link to a table. */
export function linksTo(
	{ db }: Store,
	ref: TableRef,
): readonly { readonly table: string; readonly field: Field }[] {
	return db
		.all("SELECT id FROM tables WHERE base = ?", [ref.base])
		.flatMap(({ id }) =>
			readFields(db, id as string)
				.filter(
					(field) =>
						field.type === "link" && field.settings.linkTable === ref.table,
				)
				.map((field) => ({ table: id as string, field })),
		);
}

/** Takes records that will be deleted out of every link to them. */
export function unlink(
	store: Store,
	ref: TableRef,
	ids: readonly string[],
	nowMs: number,
): void {
	const { db } = store;
	const gone = new Set(ids);
	for (const { table, field } of linksTo(store, ref))
		for (const { n, wire } of db.all(
			`SELECT n, "${field.id}" AS wire FROM ${recordsOf(table)} WHERE EXISTS(SELECT 1 FROM json_each("${field.id}") WHERE value IN (SELECT value FROM json_each(?)))`,
			[JSON.stringify(ids)],
		))
			db.run(
				`UPDATE ${recordsOf(table)} SET "${field.id}" = ?, updated_at = ? WHERE n = ?`,
				[wireOf(idsIn(wire).filter((id) => !gone.has(id))), nowMs, n as number],
			);
}
