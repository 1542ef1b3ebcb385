import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { Change, Settled } from "../contract/journal.js";
import type { Table } from "../contract/table.js";
import { DONE } from "../delivery/batches.js";

/*
 * Which changes are taken back by others, and which id a record has today: one that was deleted and made again by an
 * undo is the same record to who takes an older change back.
 */

/** The undos of each change, newest first. */
export type Undos = ReadonlyMap<string, readonly Change[]>;

/** The undos among these changes, by what they undo. */
export function undosIn(changes: readonly Change[]): Undos {
	const undos = new Map<string, Change[]>();
	for (const change of changes) {
		const { undoes } = change.start;
		if (undoes === undefined) continue;
		undos.set(undoes, [...(undos.get(undoes) ?? []), change]);
	}
	return undos;
}

/**
 * What undos of a change have taken back, and no undo of theirs has brought again: the indexes of its ops, each with
 * the undo that holds for it.
 */
export function takenBack(
	id: string,
	undos: Undos,
): ReadonlyMap<number, string> {
	const by = new Map<number, string>();
	for (const undo of undos.get(id) ?? []) {
		const again = takenBack(undo.start.change, undos);
		for (const { index, kind, undoes } of undo.plan?.ops ?? [])
			if (
				undoes !== undefined &&
				!again.has(index) &&
				undo.results.get(index)?.outcome === DONE[kind]
			)
				by.set(undoes, undo.start.change);
	}
	return by;
}

/** Has a record been written, be it in part? */
export function isWritten({ outcome, lost }: Settled): boolean {
	return (
		outcome === "created" ||
		outcome === "updated" ||
		outcome === "deleted" ||
		lost !== undefined
	);
}

/** How much of a change its undos have taken back, and which of them; undefined: nothing. */
export function undoneOf(
	change: Change,
	undos: Undos,
): { readonly by: readonly string[]; readonly isWhole: boolean } | undefined {
	const by = takenBack(change.start.change, undos);
	if (by.size === 0) return undefined;
	return {
		by: [...new Set(by.values())],
		isWhole: [...change.results.values()].every(
			(result) => !isWritten(result) || by.has(result.index),
		),
	};
}

/** The id that a record of a table has today. */
export type PresentId = (table: string, id: string) => string;

/** Follows records of a connection through deletions and the undos that made them again. */
export function presentIds(
	connection: string,
	changes: readonly Change[],
): PresentId {
	const byId = new Map(changes.map((change) => [change.start.change, change]));
	const next = new Map<string, string>();
	const place = (table: string, id: string) => JSON.stringify([table, id]);
	// Newest first: of two undos that made a record again, the later one counts.
	for (const { start, plan, results } of [...changes].reverse()) {
		const undone = byId.get(start.undoes ?? "");
		if (undone === undefined || start.connection !== connection) continue;
		for (const { index, kind, undoes = -1 } of plan?.ops ?? []) {
			const [was, is] = [undone.results.get(undoes)?.id, results.get(index)];
			if (kind !== "create" || was === undefined || is?.id === undefined)
				continue;
			if (isWritten(is)) next.set(place(start.table, was), is.id);
		}
	}
	return (table, id) => {
		let now = id;
		// Ids are not given twice, so that no chain comes back to its beginning.
		for (let steps = 0; steps <= next.size; steps++) {
			const later = next.get(place(table, now));
			if (later === undefined) return now;
			now = later;
		}
		return now;
	};
}

/** A link cell with its records as they are called today. */
export function presentLinks(
	cell: Cell,
	table: string,
	present: PresentId,
): Cell {
	return Array.isArray(cell)
		? (cell as readonly LinkedRecord[]).map((item) => ({
				...item,
				id: present(table, item.id),
			}))
		: cell;
}

/** Id of the table that a link field leads to. */
export function linkedTable({ ref }: Table, { settings }: Field): string {
	return settings.linkTable ?? ref.table;
}

/** Cells with the records in their links as they are called today. */
export function cellsNow(
	table: Table,
	cells: Readonly<Record<string, Cell>>,
	present: PresentId,
): Readonly<Record<string, Cell>> {
	return Object.fromEntries(
		Object.entries(cells).map(([id, cell]) => {
			const field = table.byId.get(id);
			return [
				id,
				field?.type === "link"
					? presentLinks(cell, linkedTable(table, field), present)
					: cell,
			];
		}),
	);
}
