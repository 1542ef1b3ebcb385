import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { BatchSent, Op, Settled } from "../contract/journal.js";
import type { WrittenRow } from "../contract/records.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { BLAMES_RECORD, HOPELESS } from "./failures.js";
import { LAG_MS } from "./just-made.js";
import type { LiveChange } from "./live-change.js";
import { logUnexpected } from "./log-unexpected.js";
import { readBack } from "./read-back.js";
import { MISCOUNTED, sendOnce } from "./send-once.js";
import { verifyAnswer } from "./verify-answer.js";

const ROUNDS = 5;

const FIRST_WAIT_MS = 1_000;

/** What is known of a batch whose outcome is not. */
interface Known {
	/** The failure of its call, or of the proof. Absent: its answer was never seen. */
	readonly cause?: TablesError;
	/** The vendor answered, and only the proof is lacking: nothing is sent again. */
	readonly written?: readonly WrittenRow[] | undefined;
}

/** The search for the outcome of a batch, as far as it has come. */
interface Search extends Known {
	readonly change: LiveChange;
	readonly sent: BatchSent;
	readonly ops: readonly Op[];
	readonly settled: Settled[];
	/** Of `ops`; the same list where nothing is proven yet. */
	open: readonly Op[];
	/** Why the outcome is not known. */
	reason: string;
	/** The vendor has seen the key: an earlier attempt was accepted, and another one would show nothing. */
	isKeyTaken: boolean;
	/** Ids that other changes made; undefined = not read yet. */
	others: readonly string[] | undefined;
}

/** Answers whether it found the outcome; what it cannot do it leaves to the next one. */
type Strategy = (search: Search) => Promise<boolean>;

/** From what costs least and proves most to what only reading can show. */
const STRATEGIES: readonly Strategy[] = [
	provenByTheAnswer,
	reportedByTheVendor,
	sentAgainUnderItsKey,
	readBackAndCompleted,
];

/**
 * Finds out what became of a batch that was sent, and sends what is missing of it; a few rounds, as far as the time
 * reaches. What stays unknown stops the change.
 */
export async function findOutcome(
	change: LiveChange,
	sent: BatchSent,
	ops: readonly Op[],
	known: Known = {},
): Promise<void> {
	const { cause } = known;
	const search: Search = {
		...known,
		change,
		sent,
		ops,
		settled: [],
		open: ops,
		reason: cause === undefined ? "its answer was never seen" : wordsOf(cause),
		isKeyTaken: cause !== undefined && takesKey(cause),
		others: undefined,
	};
	for (let round = 0; round < ROUNDS && search.open.length > 0; round++) {
		if (change.isCancelled || !change.hasTime()) break;
		try {
			await pause(search, round);
			for (const strategy of STRATEGIES) if (await strategy(search)) break;
		} catch (error) {
			if (!noteFailure(search, error)) break;
		}
	}
	await conclude(search);
}

/** Waits until the vendor can be expected to know. */
async function pause(
	{ change, sent, cause }: Search,
	round: number,
): Promise<void> {
	const { session, located, running } = change;
	const lagMs = located.adapter.idempotent[sent.kind] ? 0 : LAG_MS;
	const waitMs = Math.max(
		round > 0 || cause !== undefined ? FIRST_WAIT_MS * 2 ** round : 0,
		sent.atMs + lagMs - session.clock.now(),
	);
	if (waitMs > 0) await session.clock.sleep(waitMs, running.call.signal);
}

/** The vendor answered: what it says has only to be proven. */
async function provenByTheAnswer(search: Search): Promise<boolean> {
	const { change, sent, ops, written } = search;
	if (written === undefined) return false;
	return found(
		search,
		await verifyAnswer(change, { kind: sent.kind, ops }, written),
	);
}

/** Some vendors can be asked what a key has made. */
async function reportedByTheVendor(search: Search): Promise<boolean> {
	const { change, sent, ops } = search;
	if (sent.kind !== "create") return false;
	const { adapter, table } = change.located;
	const made = await adapter.readCreated?.(
		table,
		sent.key,
		change.running.call,
	);
	if (made === undefined || made.length !== ops.length) return false;
	return found(
		search,
		ops.map(({ index }, position) => ({
			index,
			outcome: "created",
			id: made[position] as string,
		})),
	);
}

/** Where calls are idempotent, the same batch under the same key is written once. */
async function sentAgainUnderItsKey(search: Search): Promise<boolean> {
	const { change, sent, ops, open, isKeyTaken } = search;
	if (!change.located.adapter.idempotent[sent.kind]) return false;
	if (open !== ops || isKeyTaken) return false;
	const batch = { kind: sent.kind, ops };
	const again = await sendOnce(change, batch, sent.key);
	return found(search, await verifyAnswer(change, batch, again));
}

/** Reads the table, and sends only what is proven missing. */
async function readBackAndCompleted(search: Search): Promise<boolean> {
	const { change, sent, settled } = search;
	const { session, located, running } = change;
	const read = await readBack(
		located,
		sent,
		search.open,
		await ownIds(search),
		running.call,
	);
	settled.push(...read.settled, ...read.unsure);
	search.open = read.missing;
	if (search.open.length === 0) return true;
	const batch = { kind: sent.kind, ops: search.open };
	const written = await sendOnce(change, batch, session.uuid());
	return found(search, await verifyAnswer(change, batch, written));
}

function found(search: Search, results: readonly Settled[]): boolean {
	search.settled.push(...results);
	search.open = [];
	return true;
}

/** Records that are known to be another op's: no evidence for one of this batch. */
async function ownIds(search: Search): Promise<ReadonlySet<string>> {
	const { change, sent, settled } = search;
	search.others ??=
		sent.kind === "create"
			? await madeByOthers(change.session, change.located)
			: [];
	return new Set([
		...search.others,
		...createdIds([...change.results.values(), ...settled]),
	]);
}

/** Answers whether another round may find more. */
function noteFailure(search: Search, error: unknown): boolean {
	const { change, settled } = search;
	if (!(error instanceof TablesError)) {
		if (change.isCancelled) return false;
		logUnexpected(change.session, error);
		search.reason = wordsOf(error);
		return false;
	}
	search.reason = wordsOf(error);
	search.isKeyTaken ||= takesKey(error);
	if (BLAMES_RECORD.has(error.code) || HOPELESS.has(error.code)) {
		settled.push(
			...search.open.map(({ index, id }) => ({
				index,
				outcome: "failed" as const,
				message: search.reason,
				...defined({ id }),
			})),
		);
		search.open = [];
	}
	return true;
}

function takesKey({ code, cause }: TablesError): boolean {
	return code === "duplicate_token" || cause === MISCOUNTED;
}

/** A batch of which something stays unknown stays open in the journal. */
async function conclude(search: Search): Promise<void> {
	const { change, sent, ops, open, settled, written, reason } = search;
	const rest = unknownOnes(open, reason, open === ops ? written : undefined);
	if (rest.length === 0) {
		await change.record(sent.batch, settled);
		return;
	}
	change.know([...settled, ...rest]);
	change.stop(
		`the outcome of ${rest.length} records is not known yet: ${reason}`,
	);
}

/**
 * A batch that was sent, and then something failed that is not one of the vendor's failures: it stays open in the
 * journal, and `resume` settles it.
 */
export function leaveUnknown(
	change: LiveChange,
	ops: readonly Op[],
	error: unknown,
	written: readonly WrittenRow[] | undefined,
): void {
	const { isCancelled } = change;
	if (isCancelled)
		change.stop(
			"the call was cancelled while a batch was under way: resume finds out what became of it",
		);
	else change.stopUnexpected(error);
	const reason = isCancelled ? "the call was cancelled" : wordsOf(error);
	change.know(unknownOnes(ops, reason, written));
}

function unknownOnes(
	ops: readonly Op[],
	reason: string,
	written: readonly WrittenRow[] | undefined,
): readonly Settled[] {
	return ops.map((op, position) => ({
		index: op.index,
		outcome: "unknown",
		message: `it is not known whether it was written (${reason}); resume finds out`,
		...defined({ id: op.id ?? written?.[position]?.id }),
	}));
}

function createdIds(results: Iterable<Settled>): string[] {
	return [...results].flatMap(({ outcome, id }) =>
		outcome === "created" && id !== undefined ? [id] : [],
	);
}

/** Ids that the journal's other changes made in this table. */
async function madeByOthers(
	session: Session,
	{ connection, table }: Located,
): Promise<readonly string[]> {
	const made = await session.journal.each({
		start: (start) =>
			start.type === "start" &&
			start.connection === connection.name &&
			start.base === table.ref.base &&
			start.table === table.ref.table,
		change: ({ results }) => createdIds(results.values()),
	});
	return made.flat();
}
