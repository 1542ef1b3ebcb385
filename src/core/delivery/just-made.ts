import type { Settled } from "../contract/journal.js";
import { remembered, type Session } from "../contract/session.js";

/** How long a vendor's servers may take to agree on what exists. */
export const LAG_MS = 2_500;

/** Kept of one session; a call that makes more in so short a time is over before they are named again. */
const MOST_KEPT = 20_000;

type Known = Pick<Session, "memory" | "clock">;

/** Notes records that a batch made, and those that it deleted again. */
export function noteMade(session: Known, results: readonly Settled[]): void {
	const made = madeAt(session);
	const now = session.clock.now();
	for (const { outcome, id } of results) {
		if (id === undefined) continue;
		if (outcome === "created") made.set(id, now);
		else if (outcome === "deleted") made.delete(id);
	}
	for (const [id, atMs] of made) {
		if (now - atMs < LAG_MS && made.size <= MOST_KEPT) break;
		made.delete(id);
	}
}

/** Was the record made here so short a time ago that the vendor may not show it yet? */
export function isJustMade(session: Known, id: string): boolean {
	const atMs = madeAt(session).get(id);
	return atMs !== undefined && session.clock.now() - atMs < LAG_MS;
}

function madeAt(session: Known): Map<string, number> {
	return remembered(session, MADE, () => new Map());
}

const MADE = Symbol("records that were made a moment ago");
