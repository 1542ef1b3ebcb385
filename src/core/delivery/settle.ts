import { sentence, wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type {
	BatchSent,
	ChangeWriter,
	Op,
	Settled,
} from "../contract/journal.js";
import type { WrittenRow } from "../contract/records.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { logUnexpected, stop, type Work } from "./carry-out.js";
import { finish, type Ledger } from "./ledger.js";
import { readBack } from "./read-back.js";
import { call, judge, MISCOUNTED } from "./send.js";

/** A batch is begun only when this much time is left to answer. */
export const BATCH_MARGIN_MS = 6_000;

/** How long a vendor's servers may take to agree on what exists. */
export const LAG_MS = 2_500;

const SETTLE_ROUNDS = 5;

const FIRST_WAIT_MS = 1_000;

/** Failures that one record of a batch may have caused. */
export const BLAMES_RECORD: ReadonlySet<string> = new Set([
	"bad_value",
	"bad_argument",
	"not_found",
	"too_large",
]);

/** Failures that every further batch would meet as well. */
export const HOPELESS: ReadonlySet<string> = new Set([
	"not_allowed",
	"limit_reached",
	"unsupported",
	"broken",
	"internal",
]);

/**
 * The outcome is unknown: with an idempotency key the same batch is sent again under the same key; without one
 * the table is read, and only what is proven missing is sent. Where the vendor answered (`written`) and only the
 * proof is lacking, nothing is sent again.
 */
export async function settle(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	ops: readonly Op[],
	running: Running,
	cause: TablesError | undefined,
	written?: readonly WrittenRow[],
): Promise<void> {
	const { adapter } = located;
	const judging = {
		located,
		kind: sent.kind,
		proven: ledger.proven,
		context: running.call,
	};
	let open = ops;
	let reason =
		cause === undefined ? "its answer was never seen" : sentence(cause);
	/** The vendor has seen the key: an earlier attempt was accepted, and another one would tell nothing. */
	let taken = cause?.code === "duplicate_token" || cause?.cause === MISCOUNTED;
	const settled: Settled[] = [];
	let others: readonly string[] | undefined;
	const own = async () => {
		others ??=
			sent.kind === "create" ? await madeByOthers(session, located) : [];
		return new Set([
			...others,
			...createdIds([...ledger.results.values(), ...settled]),
		]);
	};
	for (let round = 0; round < SETTLE_ROUNDS && open.length > 0; round++) {
		if (
			running.call.signal?.aborted ||
			session.clock.now() > running.deadlineMs() - BATCH_MARGIN_MS
		)
			break;
		const waitMs = Math.max(
			round > 0 || cause !== undefined ? FIRST_WAIT_MS * 2 ** round : 0,
			sent.atMs +
				(adapter.idempotent[sent.kind] ? 0 : LAG_MS) -
				session.clock.now(),
		);
		try {
			if (waitMs > 0) await session.clock.sleep(waitMs, running.call.signal);
			if (written !== undefined) {
				settled.push(...(await judge(judging, ops, written)));
				open = [];
				break;
			}
			const made =
				sent.kind === "create"
					? await adapter.readCreated?.(located.table, sent.key, running.call)
					: undefined;
			if (made !== undefined && made.length === ops.length) {
				settled.push(
					...ops.map(({ index }, position) => ({
						index,
						outcome: "created" as const,
						id: made[position] as string,
					})),
				);
				open = [];
				break;
			}
			if (adapter.idempotent[sent.kind] && open === ops && !taken) {
				const again = await call(
					session,
					located,
					sent.kind,
					ops,
					running,
					sent.key,
				);
				settled.push(...(await judge(judging, ops, again)));
				open = [];
				break;
			}
			const found = await readBack(
				located,
				sent,
				open,
				await own(),
				running.call,
			);
			settled.push(...found.settled, ...found.unsure);
			open = found.missing;
			if (open.length === 0) break;
			const rest = await call(
				session,
				located,
				sent.kind,
				open,
				running,
				session.uuid(),
			);
			settled.push(...(await judge(judging, open, rest)));
			open = [];
		} catch (error) {
			if (!(error instanceof TablesError)) {
				if (!running.call.signal?.aborted) {
					logUnexpected(session, error);
					reason = wordsOf(error);
				}
				break;
			}
			reason = sentence(error);
			taken ||= error.code === "duplicate_token" || error.cause === MISCOUNTED;
			if (BLAMES_RECORD.has(error.code) || HOPELESS.has(error.code)) {
				settled.push(
					...open.map(({ index, id }) => ({
						index,
						outcome: "failed" as const,
						message: reason,
						...(id === undefined ? {} : { id }),
					})),
				);
				open = [];
			}
		}
	}
	const rest = unknownOnes(open, reason, open === ops ? written : undefined);
	if (rest.length === 0) {
		await finish(writer, ledger, sent, settled);
		return;
	}
	for (const result of [...settled, ...rest])
		ledger.results.set(result.index, result);
	ledger.stopped = `the outcome of ${rest.length} records is not known yet: ${reason}`;
}

/**
 * A batch that was sent, and then something failed that no vendor's failure is: it stays open in the journal, and
 * `resume` settles it.
 */
export function leaveUnknown(
	{ session, running, ledger }: Omit<Work, "writer">,
	ops: readonly Op[],
	error: unknown,
	written: readonly WrittenRow[] | undefined,
): void {
	stop({ session, running, ledger }, error);
	if (ledger.cancelled)
		ledger.stopped =
			"the call was cancelled while a batch was under way: resume finds out what became of it";
	const reason = ledger.cancelled ? "the call was cancelled" : wordsOf(error);
	for (const result of unknownOnes(ops, reason, written))
		ledger.results.set(result.index, result);
}

function unknownOnes(
	ops: readonly Op[],
	reason: string,
	written: readonly WrittenRow[] | undefined,
): readonly Settled[] {
	return ops.map((op, position) => {
		const id = op.id ?? written?.[position]?.id;
		return {
			index: op.index,
			outcome: "unknown",
			message: `it is not known whether it was written (${reason}); resume finds out`,
			...(id === undefined ? {} : { id }),
		};
	});
}

function createdIds(results: Iterable<Settled>): string[] {
	return [...results].flatMap(({ outcome, id }) =>
		outcome === "created" && id !== undefined ? [id] : [],
	);
}

/** Ids that the journal's other changes made in this table: no evidence for a record of this one. */
async function madeByOthers(
	session: Session,
	{ connection, table }: Located,
): Promise<readonly string[]> {
	return (await session.journal.list())
		.filter(
			({ start }) =>
				start.connection === connection.name &&
				start.base === table.ref.base &&
				start.table === table.ref.table,
		)
		.flatMap(({ results }) => createdIds(results.values()));
}
