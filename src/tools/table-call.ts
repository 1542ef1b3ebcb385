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

/** What an answer calls a table: with the reference, unless the call named it so. */
export function tableWords({ table, reference, byReference }: Located): string {
	return byReference ? table.name : `${table.name} (${reference})`;
}
