import type { BaseInfo } from "./table.js";

/** Goes with every call to an adapter. */
export interface CallContext {
	readonly signal?: AbortSignal;
	/** `bulk` yields to `interactive` in the rate buckets. */
	readonly priority: "interactive" | "bulk";
	/** Bases that may be looked into where a call does not name one; absent = all. */
	readonly within?: (base: BaseInfo) => boolean;
	/** A UUID v4; the same for a repeat of the same batch. Used where `idempotent` says so. */
	readonly idempotencyKey?: string;
}
