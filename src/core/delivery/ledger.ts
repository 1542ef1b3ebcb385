import type { TablesError } from "../contract/errors.js";
import type { Cell } from "../contract/field.js";
import type {
	BatchSent,
	Change,
	ChangeWriter,
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
	/** A cancelled call gets no answer; the journal tells. */
	cancelled: boolean;
}

export function newLedger(change?: Change): Ledger {
	return {
		results: new Map(change?.results),
		notes: new Set(),
		proven: new Set(),
		batches:
			1 + Math.max(-1, ...(change?.sent ?? []).map(({ batch }) => batch)),
		stopped: undefined,
		cancelled: false,
	};
}

export async function finish(
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	results: readonly Settled[],
): Promise<void> {
	await writer.append({
		type: "done",
		change: sent.change,
		batch: sent.batch,
		results,
	});
	for (const result of results) ledger.results.set(result.index, result);
}

export function sentence(error: TablesError): string {
	const { vendor } = error;
	const said =
		vendor === undefined
			? ""
			: ` (vendor code ${vendor.code ?? vendor.status ?? "?"}${vendor.logId === undefined ? "" : `, log id ${vendor.logId}`})`;
	return `${error.message}${said}`;
}
