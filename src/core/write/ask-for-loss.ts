import {
	type Act,
	act,
	andSo,
	asksLately,
	type Consent,
	type Question,
	tablePlace,
	withSums,
} from "../contract/consent.js";
import type { Op, Settled } from "../contract/journal.js";
import {
	LOSS_KINDS,
	LOSS_WINDOW_MS,
	type Loss,
	type LossEntry,
	type LossKind,
	NO_LOSS,
} from "../contract/losses.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Turn } from "../delivery/write-locks.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { pickInTurns } from "../values/in-turns.js";
import { hashInTurns } from "../values/json-pieces.js";
import {
	type Counted,
	type Counting,
	type CountingEnds,
	countLoss,
	isTooMuch,
	type Losses,
	othersIn,
	type Reserved,
	release,
	reserveAll,
	settling,
} from "./count-loss.js";
import {
	endActs,
	endNotes,
	type LinkEnd,
	linkEnds,
	linksGiven,
	lossesOf,
} from "./link-ends.js";
import {
	type Chosen,
	lookAgain,
	lookAtRest,
	type Seen,
	seenIn,
} from "./look-again.js";
import { placesOfOps, type Rows } from "./loss.js";
import {
	checkSameRecords,
	forgetNamed,
	nameFor,
	sortedIds,
} from "./named-for.js";
import {
	confirmStanding,
	type Standing,
	type Subject,
	tableSubject,
} from "./standing.js";

/** A write that may lose something, and how a person would be asked about it. */
export interface Losing extends Chosen, Counting {
	/** Links that it takes from records which it does not name. Absent: they are looked for. */
	readonly ends?: readonly LinkEnd[] | undefined;
	/** A person is asked however little it is. Absent: where it is too much. */
	readonly asks?: boolean | undefined;
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
	/** What other records lose by it, in words. */
	readonly notes: readonly string[];
	/** Counts what was really lost, once it is known how the records ended. */
	settle(results: ReadonlyMap<number, Settled>, change?: string): Promise<void>;
}

const nothingToCount = async () => {};

/**
 * Counts what a write would take away, together with what each table lost lately, and asks a person where that is too
 * much, or where one has just said no there. Nothing may have been sent before.
 * @throws TablesError declined
 */
export async function askForLoss(
	session: Session,
	given: Losing,
	running: Running,
): Promise<Agreement> {
	const losing = await withEnds(session, given, running);
	const { located, ops, before, ends } = losing;
	const readAtMs = session.clock.now();
	const raw = await rawLosses(losing);
	const must =
		losing.asks === true ||
		// A call is asked about by its arguments, which do not tell what goes with them.
		(session.consent === "always" && raw.size > 0) ||
		(await asksAnyway(session, losing));
	const notes = endNotes(ends);
	if (raw.size === 0 && !must)
		return {
			...defined({ before }),
			...{ ops, changed: [], notes, settle: nothingToCount },
		};
	const reserved = await reserveAll(session, withOwn(located, raw));
	const count = await orRelease(reserved, () =>
		countLoss(session, losing, othersIn(reserved), running),
	);
	const { known } = count;
	const isFresh = () => session.clock.now() - readAtMs <= BEFORE_FRESH_MS;
	if (must || isTooMuch(count)) {
		await release(reserved);
		const agreed = await ask(session, { losing, count, isFresh }, running);
		return { ...agreed, notes, settle: nothingToCount };
	}
	const settle = settling(session, losing, known, reserved);
	const { before: rows } = known;
	if (isFresh() || rows === undefined)
		return { ...defined({ before: rows }), ops, changed: [], notes, settle };
	return orRelease(reserved, async () => {
		const here = { ...losing, before: rows };
		const seen = await seenIn(located, here, rows);
		const looked = await look(session, { ...here, seen }, running);
		return { ...looked, notes, settle };
	});
}

/** A write with what it takes at the other ends of links. */
type LosingEnds = Losing & CountingEnds;

async function withEnds(
	session: Session,
	losing: Losing,
	running: Running,
): Promise<LosingEnds> {
	const { located, ops, ends } = losing;
	return {
		...losing,
		ends: ends ?? (await linkEnds(session, located, ops, losing, running)).ends,
	};
}

/** All that it could lose, whosever it is. */
function rawLosses({
	located,
	ops,
	ends,
	before,
	linked,
	spares,
}: LosingEnds): Promise<Losses> {
	return lossesOf(located, ops, { before, linked, spares }, ends);
}

/** The table that is written is always looked at. */
function withOwn(located: Located, losses: Losses): Losses {
	const place = tablePlace(located);
	return losses.has(place) ? losses : new Map([...losses, [place, NO_LOSS]]);
}

/** Puts the question, and looks at the records again after a yes. */
async function ask(
	session: Session,
	{
		losing,
		count,
		isFresh,
	}: {
		readonly losing: LosingEnds;
		readonly count: Counted;
		readonly isFresh: () => boolean;
	},
	running: Running,
): Promise<Omit<Agreement, "settle" | "notes">> {
	const { located, ops } = losing;
	const { known, losses } = count;
	const here = { ...losing, before: known.before };
	await checkSameRecords(session, losing);
	let seen = await seenIn(located, here, known.before);
	const consent = await confirmStanding(
		running,
		{
			...(await questionOf(losing, count)),
			async beforeAsking() {
				seen = await lookAtRest(session, located, { ...here, seen }, running);
				await losing.turn?.pause();
			},
		},
		endsSubject(session, losing, running),
	);
	await forgetNamed(session, losing);
	const others = (await losing.turn?.takeAgain()) ?? false;
	for (const [place, loss] of losses)
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
	return { consent, ...asked, seen };
}

/** The table, and whose links give way: others than those were not asked about. */
function endsSubject(
	session: Session,
	losing: LosingEnds,
	running: Running,
): Subject {
	const { located, ops, ends } = losing;
	const isWhole = ops.some(({ kind }) => kind === "delete");
	const subject = tableSubject(session, located, { isWhole }, running);
	// A file is not held as a whole, and is gone through again as it is sent.
	if (losing.comparedLater || linksGiven(ends).length === 0) return subject;
	const standing = (now: Standing, of: readonly LinkEnd[]): Standing => ({
		...now,
		same: { ...now.same, "links of other records": linksGiven(of) },
	});
	return {
		...subject,
		seen: standing(subject.seen, ends),
		async look() {
			const now = await linkEnds(session, located, ops, losing, running);
			return standing(await subject.look(), now.ends);
		},
	};
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

/** What `confirm` would have to hold, if the write asked just now, and what other records would lose; nothing is reserved. */
export async function wouldAsk(
	session: Session,
	given: Losing,
	running: Running,
): Promise<{
	readonly confirm: string | undefined;
	readonly notes: readonly string[];
}> {
	const losing = await withEnds(session, given, running);
	const { ends } = losing;
	const others = new Map<string, readonly LossEntry[]>();
	const raw = await rawLosses(losing);
	for (const place of raw.keys())
		others.set(place, await session.losses.of(place));
	const count = await countLoss(session, losing, others, running);
	await nameFor(session, losing);
	const asks =
		losing.asks === true ||
		isTooMuch(count) ||
		(await asksAnyway(session, losing));
	return {
		confirm: asks ? String(losing.count) : undefined,
		notes: endNotes(ends),
	};
}

/** After a no, or beside an open question, whatever changes or deletes asks as well. */
async function asksAnyway(
	session: Session,
	{ located, ops, ends, asks }: LosingEnds,
): Promise<boolean> {
	const takes =
		asks !== undefined ||
		ends.length > 0 ||
		ops.some(({ kind }) => kind !== "create");
	return takes && (await asksLately(session, await placesOfOps(located, ops)));
}

/** @throws whatever stops what has to be done before the write is sent; then nothing is reserved any more. */
async function orRelease<T>(
	reserved: Reserved,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		await release(reserved);
		throw error;
	}
}

async function questionOf(
	losing: LosingEnds,
	{ losses, sums, unread }: Counted,
): Promise<Question> {
	const { located, ops, kind, action, count: own, given, ends } = losing;
	const ids = await pickInTurns(ops, (op) =>
		op.kind === "create" ? undefined : op.id,
	);
	const place = tablePlace(located);
	const loss = losses.get(place) ?? NO_LOSS;
	const elsewhere = [...sums].flatMap(([other, sum]) =>
		other === place ||
		unread.has(other) ||
		sum.overwritten === losses.get(other)?.overwritten
			? []
			: [
					act`values of ${sum.overwritten} of ${tableOf(ends, other)} overwritten in ${WINDOW_MINUTES} minutes`,
				],
	);
	return {
		kind,
		place,
		also: [
			...new Set([...(await placesOfOps(located, ops)), ...losses.keys()]),
		],
		action: withSums(andSo(action, ...endActs(ends)), [
			...sumsOf(own, loss, (!unread.has(place) && sums.get(place)) || loss),
			...elsewhere,
			...(unread.size === 0
				? []
				: [
						act`what was lost in the last ${WINDOW_MINUTES} minutes cannot be read: a file of it is damaged or gone`,
					]),
		]),
		expected: String(own),
		given,
		about: await hashInTurns([
			await sortedIds(ids),
			losing.about,
			...(ends.length === 0 ? [] : [linksGiven(ends)]),
		]),
	};
}

/** What a table is called that loses links. */
function tableOf(ends: readonly LinkEnd[], place: string): string {
	const end = ends.find((one) => one.place === place);
	return end?.where?.table.name ?? "another table";
}

const WINDOW_MINUTES = LOSS_WINDOW_MS / 60_000;

const LOST_WORDS: Readonly<Record<LossKind, (count: number) => Act>> = {
	deleted: (count) => act`${count} deleted`,
	overwritten: (count) => act`values of ${count} overwritten`,
};

/** What one was asked about because of, where the rest of the call's records are one's own work. */
const OTHERS_WORDS: typeof LOST_WORDS = {
	deleted: (count) => act`${count} of them not your own work of late`,
	overwritten: (count) => act`${count} of them not your own work of late`,
};

/** How much it comes to, as far as that is another number than the call's own. */
function sumsOf(own: number, loss: Loss, sum: Loss): readonly Act[] {
	const both = LOSS_KINDS.every((kind) => loss[kind] > 0);
	return LOSS_KINDS.flatMap((kind): Act[] => {
		if (loss[kind] === 0) return [];
		const ofCall = loss[kind] === own && !both;
		return [
			...(ofCall ? [] : [(both ? LOST_WORDS : OTHERS_WORDS)[kind](loss[kind])]),
			...(sum[kind] === loss[kind]
				? []
				: [act`${sum[kind]} in ${WINDOW_MINUTES} minutes`]),
		];
	});
}
