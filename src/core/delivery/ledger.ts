import { wordsOf } from "../contract/error-words.js";
import type { Cell } from "../contract/field.js";
import type {
	BatchSent,
	Change,
	ChangeWriter,
	JournalEvent,
	Settled,
} from "../contract/journal.js";
import type { Proven } from "./proof.js";

export interface RunOptions {
	/** Keeps values from before for undo. */
	readonly undo: boolean;
	/** Rows that were read before anyway, by id. */
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
	/** Imports: the ops go into the journal with their batch, and the offset behind it. */
	readonly carriesOps?: boolean;
	readonly offset?: number;
	/** Told after each batch how many ops it settled. */
	settled?(count: number): void;
	/** Records that were not found have been given time to appear. */
	readonly waited?: true;
}

/** How the records of a change ended, so far. */
export interface Ledger {
	readonly results: Map<number, Settled>;
	readonly notes: Set<string>;
	/** What the vendor was seen to store. */
	readonly proven: Proven;
	/** Number of the next batch. */
	batches: number;
	/** Why the rest was not attempted; absent = nothing stopped it. */
	stopped: string | undefined;
	/** What to do about the rest where a resume cannot help; absent = resume. */
	next: string | undefined;
	/** Why the journal does not know that the change is complete. */
	unended: string | undefined;
	/** A cancelled call gets no answer; the journal tells. */
	cancelled: boolean;
}

/** `change`: what an earlier call has done. What it sent without seeing an answer is unknown until that is settled. */
export function newLedger(change?: Change): Ledger {
	const results = new Map(change?.results);
	for (const { batch, indexes } of change?.sent ?? [])
		if (!change?.answered.has(batch))
			for (const index of indexes)
				if (isOpen(results.get(index)))
					results.set(index, {
						index,
						outcome: "unknown",
						message:
							"it is not known whether it was written (its answer was never seen); resume finds out",
					});
	return {
		results,
		notes: new Set(),
		proven: new Set(),
		batches:
			1 + Math.max(-1, ...(change?.sent ?? []).map(({ batch }) => batch)),
		stopped: undefined,
		next: undefined,
		unended: undefined,
		cancelled: false,
	};
}

export function isOpen(result: Settled | undefined): boolean {
	return result === undefined || result.outcome === "not_attempted";
}

/** What became of a batch is known here even where the journal cannot be told. */
export async function finish(
	writer: ChangeWriter,
	ledger: Ledger,
	sent: Pick<BatchSent, "change" | "batch">,
	results: readonly Settled[],
): Promise<void> {
	for (const result of results) ledger.results.set(result.index, result);
	await enter(writer, {
		type: "done",
		change: sent.change,
		batch: sent.batch,
		results,
	});
}

/**
 * An entry of the journal, without which nothing more may be sent.
 * @throws Error that names the journal.
 */
export async function enter(
	writer: ChangeWriter,
	event: JournalEvent,
): Promise<void> {
	try {
		await writer.append(event);
	} catch (cause) {
		throw new Error(
			`the journal in the data folder cannot be written (${wordsOf(cause)})`,
			{ cause },
		);
	}
}
