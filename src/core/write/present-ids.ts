import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { Change, Settled } from "../contract/journal.js";
import type { Table } from "../contract/table.js";
import { DONE } from "../delivery/batches.js";
import { addTo } from "../values/add-to.js";
import { inTurns } from "../values/in-turns.js";

/*
 * Which changes are taken back by others, and which id a record has today: one that was deleted and made again by an
 * undo is the same record to who takes an older change back.
 */

/** What is known of an undo. */
export interface UndoPart {
	/** Id of its change. */
	readonly change: string;
	/** Id of the change that it undoes. */
	readonly undoes: string;
	/** Of its start: the one who asks for it knows the others. */
	readonly connection: string;
	readonly table: string;
	readonly atMs: number;
	/** Indexes of what it has taken back, by the indexes of its own ops. */
	readonly done: ReadonlyMap<number, number>;
	/** Ids of the records that it made again, by the indexes of what it has taken back. */
	readonly made: ReadonlyMap<number, string>;
}

/** What an undo has done; undefined for any other change. */
export async function undoPart({
	start,
	plan,
	results,
}: Change): Promise<UndoPart | undefined> {
	const { change, undoes: undone, connection, table, atMs } = start;
	if (undone === undefined) return undefined;
	const done = new Map<number, number>();
	const made = new Map<number, string>();
	await inTurns(plan?.ops ?? [], ({ index, kind, undoes }) => {
		const result = results.get(index);
		if (undoes === undefined || result === undefined) return;
		if (result.outcome === DONE[kind]) done.set(index, undoes);
		if (kind === "create" && result.id !== undefined && isWritten(result))
			made.set(undoes, result.id);
	});
	return { change, undoes: undone, connection, table, atMs, done, made };
}

/** The undos of each change, newest first. */
export type Undos = ReadonlyMap<string, readonly UndoPart[]>;

/** Undos by what they undo. */
export function undosIn(parts: readonly UndoPart[]): Undos {
	const undos = new Map<string, UndoPart[]>();
	for (const part of newestFirst(parts)) addTo(undos, part.undoes, part);
	return undos;
}

function newestFirst(parts: readonly UndoPart[]): readonly UndoPart[] {
	return [...parts].sort((a, b) => b.atMs - a.atMs);
}

/**
 * What undos of a change have taken back, and no undo of theirs has brought again: the indexes of its ops, each with
 * the undo that holds for it.
 */
export async function takenBack(
	id: string,
	undos: Undos,
): Promise<ReadonlyMap<number, string>> {
	const by = new Map<number, string>();
	for (const { change, done } of undos.get(id) ?? []) {
		const again = await takenBack(change, undos);
		await inTurns(done, ([index, undoes]) => {
			if (!again.has(index)) by.set(undoes, change);
		});
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
export async function undoneOf(
	change: Change,
	undos: Undos,
): Promise<
	{ readonly by: readonly string[]; readonly isWhole: boolean } | undefined
> {
	const by = await takenBack(change.start.change, undos);
	if (by.size === 0) return undefined;
	const names = new Set<string>();
	await inTurns(by.values(), (undo) => void names.add(undo));
	let isWhole = true;
	await inTurns(change.results.values(), (result) => {
		if (isWritten(result) && !by.has(result.index)) isWhole = false;
	});
	return { by: [...names], isWhole };
}

/** The id that a record of a table has today. */
export type PresentId = (table: string, id: string) => string;

/**
 * Follows records of a connection through deletions and the undos that made them again.
 * @param read Reads a change that was undone; undefined: it is not there for who asks.
 */
export async function presentIds(
	connection: string,
	parts: readonly UndoPart[],
	read: (change: string) => Promise<Change | undefined>,
): Promise<PresentId> {
	const next = new Map<string, string>();
	const place = (table: string, id: string) => JSON.stringify([table, id]);
	// Newest first: of two undos that made a record again, the later one counts.
	for (const part of [...newestFirst(parts)].reverse()) {
		if (part.made.size === 0 || part.connection !== connection) continue;
		const undone = await read(part.undoes);
		await inTurns(undone === undefined ? [] : part.made, ([index, is]) => {
			const was = undone?.results.get(index)?.id;
			if (was !== undefined) next.set(place(part.table, was), is);
		});
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
export function linkedTable(
	{ ref }: Table,
	{ settings, leadsTo }: Field,
): string {
	return settings.linkTable ?? leadsTo ?? ref.table;
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
