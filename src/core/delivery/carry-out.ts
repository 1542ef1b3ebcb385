import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { ChangeWriter } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { enter, type Ledger } from "./ledger.js";

/** A change under way. */
export interface Work {
	readonly session: Session;
	readonly running: Running;
	readonly writer: ChangeWriter;
	readonly ledger: Ledger;
}

/**
 * Does the part of a change that sends, and ends it in the journal. Nothing is thrown: whatever fails stops what is
 * left, and what was done until then is in the ledger, to be told.
 */
export async function carryOut(
	work: Work,
	send: () => Promise<void>,
): Promise<void> {
	const { session, writer, ledger } = work;
	try {
		await send();
	} catch (error) {
		stop(work, error);
	}
	try {
		await enter(writer, {
			type: "end",
			change: writer.change,
			atMs: session.clock.now(),
			status: ledger.stopped === undefined ? "complete" : "stopped",
		});
	} catch (error) {
		// Without an end the journal takes it for unfinished: where it is, nothing has to be told.
		session.log("error", wordsOf(error));
		if (ledger.stopped === undefined) ledger.unended = wordsOf(error);
	}
	await closed(session, writer);
}

/** Something failed that none of the vendor's failures is. */
export function stop(
	{ session, running, ledger }: Omit<Work, "writer">,
	error: unknown,
): void {
	if (running.call.signal?.aborted) {
		ledger.cancelled = true;
		ledger.stopped ??= "the call was cancelled";
		return;
	}
	logUnexpected(session, error);
	ledger.stopped ??= wordsOf(error);
}

/** A defect that is told in an answer instead of ending the call: the log has where it came from. */
export function logUnexpected(
	session: Pick<Session, "log">,
	error: unknown,
): void {
	if (error instanceof TablesError && error.code !== "internal") return;
	session.log(
		"error",
		error instanceof Error ? (error.stack ?? error.message) : String(error),
	);
}

/** What a writer leaves open is of no consequence to what was written. */
export async function closed(
	session: Pick<Session, "log">,
	writer: ChangeWriter,
): Promise<void> {
	try {
		await writer.close();
	} catch (error) {
		session.log("warning", `the journal's file: ${wordsOf(error)}`);
	}
}

/** Lets go of a lock. That it stays behind is told, and takes nothing away from what was done under it. */
export async function released(
	session: Pick<Session, "log">,
	release: () => Promise<void>,
	tell: (note: string) => void,
): Promise<void> {
	try {
		await release();
	} catch (error) {
		session.log("warning", `a lock was left behind: ${wordsOf(error)}`);
		tell(
			`the lock of the table could not be removed (${wordsOf(error)}): the next write may have to wait until it counts as abandoned`,
		);
	}
}
