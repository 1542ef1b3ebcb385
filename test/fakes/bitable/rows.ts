import { Refusal } from "./codes.js";
import type { Base, Cell, Field, Row, Table } from "./model.js";
import { FIXED_LIMITS, type Store } from "./store.js";

/** The cells that a read at that time sees. */
export function cellsSeen(row: Row, nowMs: number): Map<string, Cell> {
	return row.before !== undefined && nowMs < row.before.untilMs
		? row.before.cells
		: row.cells;
}

/** The rows that a read at this time sees, in order of creation. */
export function* rowsSeen(store: Store, table: Table): Iterable<Row> {
	if (store.switches.replicaLagMs === 0) {
		yield* table.rows.values();
		return;
	}
	const now = store.clock.now();
	for (const row of table.rows.values())
		if (now >= row.visibleFromMs) yield row;
	for (const { row, atMs } of table.deleted)
		if (now < atMs + store.switches.replicaLagMs) yield row;
}

function lagging(store: Store, relaxed: boolean): boolean {
	const { replicaLagMs, laggingReads } = store.switches;
	return replicaLagMs > 0 && (relaxed || laggingReads === "all");
}

export interface Writer {
	/** Open id of the person or bot. */
	readonly by: string;
	/** ignore_consistency_check. */
	readonly relaxed: boolean;
}

/** Puts a value into a cell, or empties it, and keeps mirrors and incoming links right. */
export function setCell(
	base: Base,
	row: Row,
	field: Field,
	cell: Cell | undefined,
): void {
	if (field.linkTable !== undefined) {
		const before = (row.cells.get(field.id) ?? []) as readonly string[];
		const after = (cell ?? []) as readonly string[];
		relink(base, field, row.id, before, after);
	}
	if (cell === undefined) row.cells.delete(field.id);
	else row.cells.set(field.id, cell);
}

function relink(
	base: Base,
	field: Field,
	rowId: string,
	before: readonly string[],
	after: readonly string[],
): void {
	const removed = before.filter((id) => !after.includes(id));
	const added = after.filter((id) => !before.includes(id));
	if (field.mirrorId === undefined) {
		for (const id of removed) field.incoming.get(id)?.delete(rowId);
		for (const id of added) {
			const known = field.incoming.get(id);
			if (known === undefined) field.incoming.set(id, new Set([rowId]));
			else known.add(rowId);
		}
		return;
	}
	const other = base.tables.get(field.linkTable ?? "");
	const mirror = other?.fields.get(field.mirrorId);
	if (other === undefined || mirror === undefined) return;
	for (const id of removed) {
		const row = other.rows.get(id);
		const links = row?.cells.get(mirror.id) as readonly string[] | undefined;
		const left = links?.filter((each) => each !== rowId);
		if (left !== undefined && left.length > 0) row?.cells.set(mirror.id, left);
		else row?.cells.delete(mirror.id);
	}
	for (const id of added) {
		const row = other.rows.get(id);
		const links = (row?.cells.get(mirror.id) ?? []) as readonly string[];
		if (!links.includes(rowId)) row?.cells.set(mirror.id, [...links, rowId]);
	}
}

/** @throws Refusal 1254103 */
export function checkRowCount(store: Store, table: Table, more: number): void {
	if (table.rows.size + more > store.limits().records)
		throw new Refusal(1254103);
}

/** A new row with these cells; dates that fill themselves and numbers are added. */
export function newRow(
	store: Store,
	base: Base,
	table: Table,
	cells: ReadonlyMap<string, Cell>,
	writer: Writer,
	given: { readonly id?: string; readonly atMs?: number } = {},
): Row {
	const now = store.clock.now();
	const atMs = given.atMs ?? now;
	const row: Row = {
		id: given.id ?? store.identifiers.next("rec"),
		cells: new Map(),
		createdAtMs: atMs,
		createdBy: writer.by,
		modifiedAtMs: atMs,
		modifiedBy: writer.by,
		visibleFromMs: lagging(store, writer.relaxed)
			? now + store.switches.replicaLagMs
			: 0,
	};
	table.rows.set(row.id, row);
	for (const field of table.fields.values()) {
		const cell = cells.get(field.id);
		if (cell !== undefined) setCell(base, row, field, cell);
		else if (field.type === 1005) row.cells.set(field.id, field.serial++);
		else if (field.type === 5 && field.property?.auto_fill === true)
			row.cells.set(field.id, atMs);
	}
	return row;
}

/** Changes some cells of a row; `undefined` empties. */
export function changeRow(
	store: Store,
	base: Base,
	table: Table,
	row: Row,
	cells: ReadonlyMap<string, Cell | undefined>,
	writer: Writer,
): void {
	const now = store.clock.now();
	if (lagging(store, writer.relaxed))
		row.before = {
			cells: new Map(cellsSeen(row, now)),
			untilMs: now + store.switches.replicaLagMs,
		};
	for (const [id, cell] of cells) {
		const field = table.fields.get(id);
		if (field !== undefined) setCell(base, row, field, cell);
	}
	row.modifiedAtMs = now;
	row.modifiedBy = writer.by;
}

/** Deletes a row; links to it go with it. */
export function removeRow(
	store: Store,
	base: Base,
	table: Table,
	row: Row,
	writer: Writer,
): void {
	if (lagging(store, writer.relaxed))
		table.deleted.push({
			row: { ...row, cells: new Map(row.cells) },
			atMs: store.clock.now(),
		});
	for (const field of table.fields.values())
		if (field.linkTable !== undefined && row.cells.has(field.id))
			setCell(base, row, field, undefined);
	for (const other of base.tables.values())
		for (const field of other.fields.values()) {
			if (field.type !== 18 || field.linkTable !== table.id) continue;
			const pointing = field.incoming.get(row.id);
			if (pointing === undefined) continue;
			for (const id of pointing) {
				const from = other.rows.get(id);
				const left = (
					(from?.cells.get(field.id) ?? []) as readonly string[]
				).filter((each) => each !== row.id);
				if (left.length > 0) from?.cells.set(field.id, left);
				else from?.cells.delete(field.id);
			}
			field.incoming.delete(row.id);
		}
	table.rows.delete(row.id);
}

/** The text of a location, as the fake knows no map. */
export function placeAt(location: string): Cell {
	return {
		location,
		pname: "",
		cityname: "",
		adname: "",
		address: `Place at ${location}`,
		name: `Place at ${location}`,
		full_address: `Place at ${location}`,
	};
}

export const tooLarge = (text: string): boolean =>
	text.length > FIXED_LIMITS.cellCharacters;
