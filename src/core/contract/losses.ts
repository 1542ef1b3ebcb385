/*
 * What was lost in a table lately, so that a loss in pieces asks a person as one in a single call does: whatever tool,
 * argument, call or process took the pieces.
 */

/** How a record can lose what it held: as a whole, or values that were there. */
export type LossKind = "deleted" | "overwritten";

/** So many records were deleted, and of so many non-empty values were overwritten. */
export type Loss = Readonly<Record<LossKind, number>>;

/** Nothing is lost. */
export const NO_LOSS: Loss = { deleted: 0, overwritten: 0 };

/** Losses of a table are summed over so long. */
export const LOSS_WINDOW_MS = 600_000;

/** More than this, in sum, is lost only after a person was asked. */
export const LOST_UNASKED: Loss = { deleted: 10, overwritten: 50 };

/** Every kind. */
export const LOSS_KINDS = [
	"deleted",
	"overwritten",
] as const satisfies readonly LossKind[];

/** What one call has lost, or may lose. */
export interface LossEntry {
	/** How much it is. */
	readonly loss: Loss;
	/** Id of the change, once it is over and where values that this person wrote themselves may be counted in. Absent: count it as it is. */
	readonly change?: string;
	/** It stands for a record of losses that is damaged or gone, and is as much as may be lost unasked. Absent: it was read. */
	readonly unread?: true;
}

/** What a call may lose, counted before it sends anything. */
export interface Reservation {
	/** All that counts for the table, this one left out, as it was once this one was counted. */
	readonly others: readonly LossEntry[];
	/**
	 * What was really lost by then; may be called again. The ten minutes begin with the last time.
	 * @throws Error where its folder cannot be written: then what was reserved goes on counting.
	 */
	settle(entry: LossEntry): Promise<void>;
}

/** Losses of the last minutes, over all processes of one data folder. */
export interface Losses {
	/**
	 * Counts a loss before it comes about: of two calls at once at least one sees the other.
	 * @throws Error where its folder cannot be read or written: nothing may be sent then.
	 */
	reserve(place: string, loss: Loss): Promise<Reservation>;
	/**
	 * What counts just now.
	 * @throws Error where its folder is there and cannot be read.
	 */
	of(place: string): Promise<readonly LossEntry[]>;
	/**
	 * So much at most was lost by these changes, as their entries in the journal show: what this process keeps of them
	 * is lowered to it, so that it has to be counted only once. A change that it does not know is left out.
	 * @throws Error where its folder cannot be written.
	 */
	lower(place: string, exact: ReadonlyMap<string, Loss>): Promise<void>;
	/**
	 * A person has agreed: what counted until now does not count any more.
	 * @throws Error where its folder cannot be read or written.
	 */
	clear(place: string, kinds: readonly LossKind[]): Promise<void>;
}

/** Is nothing lost? */
export function isNothing(loss: Loss): boolean {
	return LOSS_KINDS.every((kind) => loss[kind] === 0);
}

/** Of each kind the smaller number. */
export function leastOf(a: Loss, b: Loss): Loss {
	return {
		deleted: Math.min(a.deleted, b.deleted),
		overwritten: Math.min(a.overwritten, b.overwritten),
	};
}

/** Losses added up. */
export function sumOf(losses: readonly Loss[]): Loss {
	return losses.reduce(
		(sum, { deleted, overwritten }) => ({
			deleted: sum.deleted + deleted,
			overwritten: sum.overwritten + overwritten,
		}),
		NO_LOSS,
	);
}
