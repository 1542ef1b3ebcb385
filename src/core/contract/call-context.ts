import type { BaseInfo } from "./table.js";

/**
 * Goes with every call to an adapter.
 *
 * What such a call may throw, besides what its own `@throws` names, is always a `TablesError`. Any read: `auth`,
 * `not_allowed`, `not_found`, `throttled`, `busy`, `quota_spent`, `unreachable`, `broken`, `too_large`, `unsupported`,
 * `cancelled`. Any write: these, and `bad_argument`, `bad_value`, `limit_reached`, `outcome_unknown` where it was sent
 * and nobody knows whether it was done. Below the adapter, what may be repeated has been repeated already. Only a
 * method that reads or writes a file of this machine lets the file system's own errors through; the server words them.
 */
export interface CallContext {
	/**
	 * Ends the call when the client cancels or its time is over; nothing new is sent after it. A batch of a write gets
	 * one that only the deadline aborts, so that what became of it is known.
	 * Absent: the call runs until the vendor answers or the HTTP layer gives up.
	 */
	readonly signal?: AbortSignal;
	/** `bulk` yields to `interactive` where calls wait for the vendor's rate. */
	readonly priority: "interactive" | "bulk";
	/**
	 * May this base be looked into, where a method of the whole account goes through bases by itself?
	 * Absent: all may; no policy names bases.
	 */
	readonly within?: (base: BaseInfo) => boolean;
	/**
	 * Answers of reads that are to be of one moment: an adapter may answer from it what was read with it before.
	 * Absent: every read is made.
	 */
	readonly snapshot?: Map<string, Promise<unknown>>;
	/**
	 * A UUID v4, the same for every attempt at one batch; sent where `Adapter.idempotent` says so.
	 * Absent: a read, or a write that is never sent a second time.
	 */
	readonly idempotencyKey?: string;
}
