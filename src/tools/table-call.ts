import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { Located } from "../core/places/locate.js";

/** A call on one table that has been found. */
export interface TableCall {
	readonly session: Session;
	readonly located: Located;
	readonly running: Running;
	/** Grows: what the agent should know beside the answer. */
	readonly notes: string[];
}
