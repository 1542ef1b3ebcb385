import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { WireCells, WrittenRow } from "../../core/contract/records.js";
import type { Table } from "../../core/contract/table.js";
import { zone } from "../../core/values/zone.js";
import { defaultWire, sqlValue } from "./cells.js";
import { describedFiles } from "./files.js";
import { recordsOf } from "./layout.js";
import { type RowKey, relink, unlink } from "./links.js";
import { autoNumber } from "./numbering.js";
import { loadTable, needTable, type Store } from "./store.js";

/** How long the ids of a write are kept for a repeat of it. */
const KEY_LIFE_MS = 86_400_000;

/** Records are written here, each batch in one transaction; `pages.ts` reads them. */
export function recordMethods(
	store: Store,
): Required<
	Pick<Adapter, "createBatch" | "updateBatch" | "deleteBatch" | "readCreated">
> {
	const { db } = store;
	return {
		createBatch: (table, rows, { idempotencyKey }) =>
			once(store, table, idempotencyKey, (fresh) =>
				createRows(store, fresh, rows),
			),
		updateBatch: (table, rows, { idempotencyKey }) =>
			once(store, table, idempotencyKey, (fresh) => {
				const nowMs = store.clock.now();
				for (const { id, cells } of rows)
					updateRow(store, fresh, id, cells, nowMs);
				return rows.map(({ id }) => id);
			}),
		async deleteBatch({ ref }, ids) {
			await db.write(() => {
				needTable(store, ref);
				unlink(store, ref, ids, store.clock.now());
				db.run(
					`DELETE FROM ${recordsOf(ref.table)} WHERE id IN (SELECT value FROM json_each(?))`,
					[JSON.stringify(ids)],
				);
			});
		},
		readCreated: async (_table, key) => writtenBefore(store, key),
	};
}

/** Writes a batch in one transaction, unless one with this key has been written; answers its rows' ids. */
function once(
	store: Store,
	{ ref }: Table,
	key: string | undefined,
	write: (fresh: Table) => readonly string[],
): Promise<readonly WrittenRow[]> {
	return store.db.write(() => {
		needTable(store, ref);
		let ids = key === undefined ? undefined : writtenBefore(store, key);
		if (ids === undefined) {
			ids = write(loadTable(store, ref));
			if (key !== undefined) remember(store, key, ids);
		}
		return ids.map((id) => ({ id }));
	});
}

function writtenBefore(
	{ db }: Store,
	key: string,
): readonly string[] | undefined {
	const row = db.all("SELECT ids FROM write_keys WHERE key = ?", [key])[0];
	return row === undefined
		? undefined
		: (JSON.parse(row.ids as string) as string[]);
}

function remember(
	{ db, clock }: Store,
	key: string,
	ids: readonly string[],
): void {
	const nowMs = clock.now();
	db.run("INSERT INTO write_keys (key, ids, at_ms) VALUES (?, ?, ?)", [
		key,
		JSON.stringify(ids),
		nowMs,
	]);
	db.run("DELETE FROM write_keys WHERE at_ms < ?", [nowMs - KEY_LIFE_MS]);
}

function createRows(
	store: Store,
	table: Table,
	rows: readonly WireCells[],
): readonly string[] {
	const { db } = store;
	const nowMs = store.clock.now();
	const fill = filler(table, nowMs);
	let numbered = Number(needTable(store, table.ref).numbered);
	const ids = rows.map((cells) => {
		const row = insertRow(store, table, nowMs);
		numbered++;
		setCells(store, table, row, { ...fill(numbered), ...cells }, nowMs);
		return row.id;
	});
	db.run("UPDATE tables SET numbered = ? WHERE id = ?", [
		numbered,
		table.ref.table,
	]);
	return ids;
}

/** What a new row holds before it is given anything: defaults and its automatic numbers. */
function filler(table: Table, nowMs: number): (number: number) => WireCells {
	const { fields, zone: name } = table;
	const day = zone(name).day(nowMs);
	const defaults: Record<string, unknown> = {};
	for (const field of fields) {
		const wire = defaultWire(field, nowMs, { zone: name });
		if (wire !== undefined && wire !== null) defaults[field.id] = wire;
	}
	const numbers = fields.filter((field) => field.type === "auto_number");
	return (number) => {
		const cells = { ...defaults };
		for (const { id, settings } of numbers)
			cells[id] = autoNumber(settings.numberPattern, number, day);
		return cells;
	};
}

function insertRow(
	{ db, newId, user }: Store,
	table: Table,
	nowMs: number,
): RowKey {
	const id = newId("rec");
	db.run(
		`INSERT INTO ${recordsOf(table.ref.table)} (id, created_at, updated_at, created_by, updated_by) VALUES (?, ?, ?, ?, ?)`,
		[id, nowMs, nowMs, user, user],
	);
	return { n: Number(db.all("SELECT last_insert_rowid() AS n")[0]?.n), id };
}

/** @throws TablesError not_found */
function updateRow(
	store: Store,
	table: Table,
	id: string,
	cells: WireCells,
	nowMs: number,
): void {
	const { db, user } = store;
	const records = recordsOf(table.ref.table);
	const row = db.all(`SELECT n FROM ${records} WHERE id = ?`, [id])[0];
	if (row === undefined)
		throw new TablesError("not_found", `there is no record ${id}`, {
			next: "Nothing of this batch was written; query the table for the ids.",
		});
	const n = row.n as number;
	setCells(store, table, { n, id }, cells, nowMs);
	db.run(`UPDATE ${records} SET updated_at = ?, updated_by = ? WHERE n = ?`, [
		nowMs,
		user,
		n,
	]);
}

/** Writes cells of one row and keeps the other side of two-way links in step. */
function setCells(
	store: Store,
	table: Table,
	row: RowKey,
	cells: WireCells,
	nowMs: number,
): void {
	const entries = Object.entries(cells).map(([id, wire]): [string, unknown] => {
		const field = table.byId.get(id);
		if (field?.type === "link")
			relink(store, table, field, { row, wire, nowMs });
		return [
			id,
			field?.type === "attachment" ? describedFiles(store, field, wire) : wire,
		];
	});
	if (entries.length === 0) return;
	store.db.run(
		`UPDATE ${recordsOf(table.ref.table)} SET ${entries.map(([id]) => `"${id}" = ?`).join(", ")} WHERE n = ?`,
		[...entries.map(([, wire]) => sqlValue(wire)), row.n],
	);
}
