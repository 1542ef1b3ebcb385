import { tablePlace } from "../contract/consent.js";
import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { Op, Settled } from "../contract/journal.js";
import {
	LOSS_KINDS,
	LOST_UNASKED,
	type Loss,
	type LossEntry,
	leastOf,
	NO_LOSS,
	type Reservation,
	sumOf,
} from "../contract/losses.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { inTurns, mapOfInTurns, pickInTurns } from "../values/in-turns.js";
import { LOOKED_UP } from "./input-checks.js";
import {
	endsDone,
	type KnownLinks,
	type LinkEnd,
	lossesOf,
	type OwnsLink,
} from "./link-ends.js";
import type { Rows } from "./loss.js";
import { type OwnWrites, ownWrites } from "./own-writes.js";

/*
 * What a write loses, and what its tables lost lately: table by table, so that each is asked about by what it loses
 * itself, whichever table is written.
 */

/** A write whose loss is counted. */
export interface Counting {
	readonly located: Located;
	readonly ops: readonly Op[];
	/** What the records hold, as far as it was read. */
	readonly before?: Rows | undefined;
	/** What link cells of records hold that `before` lacks. Absent: nothing is known of them. */
	readonly linked?: Rows | undefined;
	/** Ops that take nothing from their own records which anybody has to be asked about. Absent: none. */
	readonly spares?: KnownLinks["spares"];
}

/** With the links that it takes from other records. */
export interface CountingEnds extends Counting {
	readonly ends: readonly LinkEnd[];
}

/** Losses by table. */
export type Losses = ReadonlyMap<string, Loss>;

/** What is kept for a write in each table, until it is known what it lost. */
export type Reserved = ReadonlyMap<string, Reservation>;

/** What a write loses. */
export interface Counted {
	readonly known: KnownLinks;
	/** Of this write; a table that is not in it loses nothing. */
	readonly losses: Losses;
	/** With what others lost lately. */
	readonly sums: Losses;
	/** Tables of which it cannot be read what was lost lately: their sums are what may be lost unasked, and this write. */
	readonly unread: ReadonlySet<string>;
}

/** What counts in each table beside a write. */
export type Others = ReadonlyMap<string, readonly LossEntry[]>;

/**
 * Reserves what each table may lose. Where one fails nothing is reserved.
 * @throws Error where the folder of the sums cannot be written: nothing may be sent then.
 */
export async function reserveAll(
	session: Pick<Session, "losses">,
	losses: Losses,
): Promise<Reserved> {
	const reserved = new Map<string, Reservation>();
	try {
		for (const [place, loss] of losses)
			reserved.set(place, await session.losses.reserve(place, loss));
	} catch (error) {
		await release(reserved).catch(() => {});
		throw error;
	}
	return reserved;
}

/** Nothing was lost after all. */
export async function release(reserved: Reserved): Promise<void> {
	for (const { settle } of reserved.values()) await settle({ loss: NO_LOSS });
}

/** What others have reserved or lost, by table. */
export function othersIn(reserved: Reserved): Others {
	return new Map([...reserved].map(([place, { others }]) => [place, others]));
}

/** Is it too much in any table to be done unasked? */
export function isTooMuch({ losses, sums }: Counted): boolean {
	return [...losses].some(([place, loss]) =>
		LOSS_KINDS.some(
			(kind) =>
				loss[kind] > 0 && (sums.get(place) ?? loss)[kind] > LOST_UNASKED[kind],
		),
	);
}

/** The journal is looked at only where it decides whether a person is asked. */
export async function countLoss(
	session: Session,
	counting: CountingEnds,
	others: Others,
	running: Running,
): Promise<Counted> {
	const { located, ops, before, linked, spares } = counting;
	const raw = await counted(counting, { before, linked, spares }, others);
	if (!isTooMuch(raw)) return raw;
	const { owns, exact } = await ownIn(session, counting, others);
	const own = owns.get(tablePlace(located)) as OwnWrites;
	const rows = await readRest(session, { located, ops, before }, own, running);
	const ownsLink: OwnsLink = ({ place, field, from }, { id, to }) =>
		(field !== undefined &&
			owns.get(place)?.ownsLink(id, field.id, to) === true) ||
		(from !== undefined && own.ownsLink(to, from, id));
	return counted(
		counting,
		{ before: rows, linked, spares, own, ownsLink },
		exact,
	);
}

async function counted(
	{ located, ops, ends }: CountingEnds,
	known: KnownLinks,
	others: Others,
): Promise<Counted> {
	const losses = await lossesOf(located, ops, known, ends);
	const sums = new Map(
		[...losses].map(([place, loss]) => [
			place,
			sumOf([loss, ...(others.get(place) ?? []).map((entry) => entry.loss)]),
		]),
	);
	const unread = new Set<string>();
	for (const [place, entries] of others)
		if (entries.some((entry) => entry.unread)) unread.add(place);
	return { known, losses, sums, unread };
}

/** This person's own writes in each table that loses something, and what others count once those are left out. */
async function ownIn(
	session: Session,
	{ located, ops, ends }: CountingEnds,
	others: Others,
): Promise<{
	readonly owns: ReadonlyMap<string, OwnWrites>;
	readonly exact: Others;
}> {
	const here = tablePlace(located);
	const ids = new Map<string, Set<string>>([[here, new Set()]]);
	const tables = new Map<string, Located>([[here, located]]);
	await inTurns(ops, ({ id }) => {
		if (id !== undefined) ids.get(here)?.add(id);
	});
	for (const { place, where, from, links } of ends) {
		if (where !== undefined) tables.set(place, where);
		const there = ids.get(place) ?? new Set();
		ids.set(place, there);
		await inTurns(links, ({ id, to }) => {
			there.add(id);
			if (from !== undefined) ids.get(here)?.add(to);
		});
	}
	const owns = new Map<string, OwnWrites>();
	const exact = new Map(others);
	for (const [place, where] of tables) {
		const entries = others.get(place) ?? [];
		const asked = new Map(
			entries.flatMap(({ change, loss }) =>
				change === undefined || LOSS_KINDS.every((kind) => loss[kind] === 0)
					? []
					: [[change, loss] as const],
			),
		);
		const wanted = { ids: ids.get(place) ?? new Set<string>(), asked };
		owns.set(place, await ownWrites(session, where, wanted));
		await session.losses.lower(place, asked);
		exact.set(
			place,
			entries.map((entry) => atMost(entry, asked)),
		);
	}
	return { owns, exact };
}

/** A yes may have cleared a part of what a change lost. */
function atMost(entry: LossEntry, exact: Losses): LossEntry {
	const found =
		entry.change === undefined ? undefined : exact.get(entry.change);
	return found === undefined
		? entry
		: { ...entry, loss: leastOf(entry.loss, found) };
}

/** Reads what undo will need anyway, where that decides: whether cells are empty, and whether records are still as they were made. */
async function readRest(
	session: Session,
	{ located, ops, before }: Counting,
	own: OwnWrites,
	running: Running,
): Promise<Rows | undefined> {
	if (!located.connection.undo) return before;
	const unread = await pickInTurns(ops, (op) => {
		const { kind, id } = op;
		const isWanted =
			id !== undefined &&
			!before?.has(id) &&
			(kind === "update" || (kind === "delete" && own.touched(id)));
		return isWanted ? op : undefined;
	});
	if (unread.length === 0 || unread.length > LOOKED_UP) return before;
	const named = new Set(unread.flatMap(({ cells }) => Object.keys(cells)));
	const { fields } = located.table;
	const needed = unread.some(({ kind }) => kind === "delete")
		? fields
		: fields.filter(({ id }) => named.has(id));
	try {
		const rows = await readInTime(
			session,
			running,
			"the records that would be overwritten",
			(call) =>
				readRowsById(
					located,
					unread.map(({ id }) => id as string),
					{ fields: needed },
					call,
				),
		);
		const all = await mapOfInTurns(before ?? [], (entry) => entry);
		for (const [id, { cells }] of rows) all.set(id, cells);
		return all;
	} catch (error) {
		// What could not be read counts.
		if (error instanceof TablesError && error.code !== "cancelled")
			return before;
		throw error;
	}
}

/** Outcomes after which a write may have taken something away. */
const LOST: ReadonlySet<Settled["outcome"]> = new Set([
	"created",
	"deleted",
	"updated",
	"unknown",
]);

/** Counts what each table really lost, once it is known how the ops ended. */
export function settling(
	session: Pick<Session, "log">,
	{ located, ops, ends }: CountingEnds,
	known: KnownLinks,
	reserved: Reserved,
): (results: ReadonlyMap<number, Settled>, change?: string) => Promise<void> {
	const here = tablePlace(located);
	const besides = ends.some(({ place }) => place === here);
	return async (results, change) => {
		const isDone = (index: number) => {
			const result = results.get(index);
			return (
				result !== undefined &&
				(LOST.has(result.outcome) || result.lost !== undefined)
			);
		};
		const done = await pickInTurns(ops, (op) =>
			isDone(op.index) ? op : undefined,
		);
		try {
			const lost = await lossesOf(located, done, known, endsDone(ends, isDone));
			for (const [place, { settle }] of reserved)
				await settle({
					loss: lost.get(place) ?? NO_LOSS,
					// Counted without the journal: it can be told from the change's own entries there, if that ever decides.
					...defined({
						change:
							place === here && !besides && known.own === undefined
								? change
								: undefined,
					}),
				});
		} catch (error) {
			session.log("warning", `what was lost counts in full: ${wordsOf(error)}`);
		}
	};
}
