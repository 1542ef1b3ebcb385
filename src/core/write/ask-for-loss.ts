import {
	type Act,
	act,
	asksLately,
	type Consent,
	type Question,
	tablePlace,
	withSums,
} from "../contract/consent.js";
import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import {
	isNothing,
	LOSS_KINDS,
	LOSS_WINDOW_MS,
	LOST_UNASKED,
	type Loss,
	type LossEntry,
	type LossKind,
	leastOf,
	NO_LOSS,
	type Reservation,
	sumOf,
} from "../contract/losses.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Turn } from "../delivery/write-locks.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { inTurns, mapOfInTurns, pickInTurns } from "../values/in-turns.js";
import { hashInTurns } from "../values/json-pieces.js";
import { LOOKED_UP } from "./input-checks.js";
import {
	type Chosen,
	lookAgain,
	lookAtRest,
	type Seen,
	seenIn,
} from "./look-again.js";
import {
	type Known,
	lossOf,
	lostLinks,
	placesOfOps,
	type Rows,
} from "./loss.js";
import {
	checkSameRecords,
	forgetNamed,
	nameFor,
	sortedIds,
} from "./named-for.js";
import { locatedAt } from "./other-sides.js";
import { type OwnWrites, ownWrites } from "./own-writes.js";
import { confirmStanding, tableSubject } from "./standing.js";

/** A write that may lose something, and how a person would be asked about it. */
export interface Losing extends Chosen {
	readonly located: Located;
	/** What the records hold, as far as it was read. */
	readonly before?: Rows | undefined;
	/** What link cells of records hold that `before` lacks. Absent: nothing is known of them. */
	readonly linked?: Rows | undefined;
	readonly kind: Question["kind"];
	readonly action: Act;
	/** The call's own number of records, for `confirm`. */
	readonly count: number;
	readonly given?: string | undefined;
	/** Are the records compared with what was seen of them as they are sent? Absent: they are looked at here, after the question. */
	readonly comparedLater?: true;
	/** The call's turn, which is let go while a person is asked. Absent: it has none, or keeps it. */
	readonly turn?: Turn | undefined;
	/** What exactly is done, beside the ids of the records. */
	readonly about?: unknown;
}

/** A write that may be sent. */
export interface Agreement {
	/** How a person agreed. Absent: nobody had to be asked. */
	readonly consent?: Consent;
	/** What the records hold: more may have been read. */
	readonly before?: Rows;
	/** What may be sent: all of it, but for what somebody has changed while a person was asked. */
	readonly ops: readonly Op[];
	/** The rest of it: it is left alone. */
	readonly changed: readonly Settled[];
	/** What was seen of the records when a person was asked. Absent: nobody was. */
	readonly seen?: Seen;
	/** Counts what was really lost, once it is known how the records ended. */
	settle(results: ReadonlyMap<number, Settled>, change?: string): Promise<void>;
}

const nothingToCount = async () => {};

/**
 * Counts what a write would take away, together with what the table lost lately, and asks a person where that is too
 * much, or where one has just said no there. Nothing may have been sent before.
 * @throws TablesError declined
 */
export async function askForLoss(
	session: Session,
	losing: Losing,
	running: Running,
): Promise<Agreement> {
	const { located, ops, before, linked } = losing;
	const place = tablePlace(located);
	const readAtMs = session.clock.now();
	const raw = await lossOf(located, ops, { before, linked });
	const lately = await asksAnyway(session, losing);
	if (isNothing(raw) && !lately)
		return {
			...defined({ before }),
			ops,
			changed: [],
			settle: nothingToCount,
		};
	const reservation = await session.losses.reserve(place, raw);
	const counted = await orRelease(reservation, () =>
		count(session, losing, reservation.others, running),
	);
	const { known, loss, sum } = counted;
	const isFresh = () => session.clock.now() - readAtMs <= BEFORE_FRESH_MS;
	const here = { ...losing, before: known.before };
	if (!lately && !isTooMuch(loss, sum)) {
		const settle = settling(session, losing, known, reservation);
		const { before: rows } = known;
		if (isFresh() || rows === undefined)
			return { ...defined({ before: rows }), ops, changed: [], settle };
		return orRelease(reservation, async () => {
			const seen = await seenIn(located, here, rows);
			return { ...(await look(session, { ...here, seen }, running)), settle };
		});
	}
	await reservation.settle({ loss: NO_LOSS });
	await checkSameRecords(session, losing);
	let seen = await seenIn(located, here, known.before);
	const consent = await confirmStanding(
		running,
		{
			...(await questionOf(losing, loss, sum)),
			async beforeAsking() {
				seen = await lookAtRest(session, located, { ...here, seen }, running);
				await losing.turn?.pause();
			},
		},
		tableSubject(
			session,
			located,
			{ isWhole: ops.some(({ kind }) => kind === "delete") },
			running,
		),
	);
	await forgetNamed(session, losing);
	const others = (await losing.turn?.takeAgain()) ?? false;
	await session.losses.clear(
		place,
		LOSS_KINDS.filter((kind) => loss[kind] > 0),
	);
	// However fast the answer came, others may have written while the question was open.
	const asked =
		losing.comparedLater ||
		consent.answer === "never" ||
		(consent.answer === "confirm" && isFresh() && !others)
			? { ...defined({ before: known.before }), ops, changed: [] }
			: await look(session, { ...here, seen }, running);
	return { consent, ...asked, seen, settle: nothingToCount };
}

const BEFORE_FRESH_MS = 5_000;

async function look(
	session: Session,
	losing: Losing,
	running: Running,
): Promise<Pick<Agreement, "ops" | "changed" | "before">> {
	const { located } = losing;
	const when = "while a person was asked";
	return lookAgain(session, located, { ...losing, when }, running);
}

/** What `confirm` would have to hold, if the write asked just now; nothing is reserved. */
export async function wouldAsk(
	session: Session,
	losing: Losing,
	running: Running,
): Promise<string | undefined> {
	const others = await session.losses.of(tablePlace(losing.located));
	const { loss, sum } = await count(session, losing, others, running);
	await nameFor(session, losing);
	return isTooMuch(loss, sum) || (await asksAnyway(session, losing))
		? String(losing.count)
		: undefined;
}

/** After a no, or beside an open question, whatever changes or deletes asks as well. */
async function asksAnyway(
	session: Session,
	{ located, ops }: Losing,
): Promise<boolean> {
	return (
		ops.some(({ kind }) => kind !== "create") &&
		(await asksLately(session, await placesOfOps(located, ops)))
	);
}

interface Counted {
	readonly known: Known;
	/** Of this write. */
	readonly loss: Loss;
	/** With that of others. */
	readonly sum: Loss;
}

/** @throws whatever stops what has to be done before the write is sent; then nothing is reserved any more. */
async function orRelease<T>(
	reservation: Reservation,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		await reservation.settle({ loss: NO_LOSS });
		throw error;
	}
}

/** The journal is looked at only where it decides whether a person is asked. */
async function count(
	session: Session,
	losing: Losing,
	others: readonly LossEntry[],
	running: Running,
): Promise<Counted> {
	const { located, ops, before, linked } = losing;
	const loss = await lossOf(located, ops, { before, linked });
	const sum = sumOf([loss, ...others.map((entry) => entry.loss)]);
	if (!isTooMuch(loss, sum)) return { known: { before, linked }, loss, sum };
	const asked = new Map(
		others.flatMap(({ change, loss: counted }) =>
			change === undefined || isNothing(counted) ? [] : [[change, counted]],
		),
	);
	const ids = new Set<string>();
	await inTurns(ops, ({ id }) => {
		if (id !== undefined) ids.add(id);
	});
	const own = await ownWrites(session, located, { ids, asked });
	await session.losses.lower(tablePlace(located), asked);
	const rows = await readRest(session, losing, own, running);
	const read = { before: rows, linked };
	const lost = await lostLinks(located, ops, { ...read, own });
	const atOther = await ownAtOtherEnd(session, located, lost, running);
	const known = {
		...read,
		own: {
			...own,
			ownsLink: (id: string, fieldId: string, to: string) =>
				own.ownsLink(id, fieldId, to) || atOther(id, fieldId, to),
		},
	};
	const exact = await lossOf(located, ops, known);
	const exactOthers = others.map((entry) => atMost(entry, asked));
	return { known, loss: exact, sum: sumOf([exact, ...exactOthers]) };
}

/** Links that this person has written from the other end are theirs as well. */
async function ownAtOtherEnd(
	session: Session,
	located: Located,
	lost: ReadonlyMap<Field, ReadonlySet<string>>,
	running: Running,
): Promise<OwnWrites["ownsLink"]> {
	const ends = new Map<string, (id: string, to: string) => boolean>();
	for (const [{ id: fieldId, settings }, ids] of lost) {
		const { linkTable, reverseField } = settings;
		if (linkTable === undefined || reverseField === undefined) continue;
		const other = await locatedAt(session, located, linkTable, running);
		if (other === undefined) continue;
		const own = await ownWrites(session, other, { ids, asked: new Map() });
		ends.set(fieldId, (id, to) => own.ownsLink(to, reverseField, id));
	}
	return (id, fieldId, to) => ends.get(fieldId)?.(id, to) === true;
}

/** A yes may have cleared a part of what a change lost. */
function atMost(
	{ change, loss }: LossEntry,
	exact: ReadonlyMap<string, Loss>,
): Loss {
	const found = change === undefined ? undefined : exact.get(change);
	return found === undefined ? loss : leastOf(loss, found);
}

/** Reads what undo will need anyway, where that decides: whether cells are empty, and whether records are still as they were made. */
async function readRest(
	session: Session,
	{ located, ops, before }: Losing,
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

function isTooMuch(loss: Loss, sum: Loss): boolean {
	return LOSS_KINDS.some(
		(kind) => loss[kind] > 0 && sum[kind] > LOST_UNASKED[kind],
	);
}

/** Outcomes after which a record may have lost what it held. */
const LOST: ReadonlySet<Settled["outcome"]> = new Set([
	"deleted",
	"updated",
	"unknown",
]);

function settling(
	session: Pick<Session, "log">,
	{ located, ops }: Losing,
	known: Known,
	reservation: Reservation,
): Agreement["settle"] {
	return async (results, change) => {
		const done = await pickInTurns(ops, (op) => {
			const result = results.get(op.index);
			const isDone =
				result !== undefined &&
				(LOST.has(result.outcome) || result.lost !== undefined);
			return isDone ? op : undefined;
		});
		try {
			await reservation.settle({
				loss: await lossOf(located, done, known),
				// Counted without the journal: it can be told from the change's own entries there, if that ever decides.
				...defined({ change: known.own === undefined ? change : undefined }),
			});
		} catch (error) {
			session.log("warning", `what was lost counts in full: ${wordsOf(error)}`);
		}
	};
}

async function questionOf(
	losing: Losing,
	loss: Loss,
	sum: Loss,
): Promise<Question> {
	const { located, ops, kind, action, count: own, given } = losing;
	const ids = await pickInTurns(ops, (op) =>
		op.kind === "create" ? undefined : op.id,
	);
	return {
		kind,
		place: tablePlace(located),
		also: await placesOfOps(located, ops),
		action: withSums(action, sumsOf(own, loss, sum)),
		expected: String(own),
		given,
		about: await hashInTurns([await sortedIds(ids), losing.about]),
	};
}

const LOST_WORDS: Readonly<Record<LossKind, (count: number) => Act>> = {
	deleted: (count) => act`${count} deleted`,
	overwritten: (count) => act`values of ${count} overwritten`,
};

/** How much it comes to, as far as that is another number than the call's own. */
function sumsOf(own: number, loss: Loss, sum: Loss): readonly Act[] {
	const both = LOSS_KINDS.every((kind) => loss[kind] > 0);
	return LOSS_KINDS.flatMap((kind): Act[] => {
		if (loss[kind] === 0) return [];
		const ofCall = loss[kind] === own && !both;
		return [
			...(ofCall ? [] : [LOST_WORDS[kind](loss[kind])]),
			...(sum[kind] === loss[kind]
				? []
				: [act`${sum[kind]} in ${LOSS_WINDOW_MS / 60_000} minutes`]),
		];
	});
}
