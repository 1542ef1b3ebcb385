import { LRUCache } from "lru-cache";
import type { Adapter } from "../contract/adapter.js";
import type { TablesError } from "../contract/errors.js";
import { remembered, type Session } from "../contract/session.js";
import type { BaseInfo, Table, TableRef } from "../contract/table.js";
import type { Listed } from "./listing.js";
import { formatReference } from "./reference.js";

/** A schema older than this is read again. */
export const SCHEMA_MAX_AGE_MS = 300_000;
/** Writes to select fields need one at most this old, because vendors create unknown options silently. */
export const SCHEMA_FRESH_MS = 10_000;
/** A listing older than this is read again. */
export const LISTING_MAX_AGE_MS = 60_000;

interface Caches {
	/** By reference. */
	readonly tables: LRUCache<string, Table>;
	/** By connection, base and what was asked. */
	readonly listings: LRUCache<
		string,
		{ readonly atMs: number; readonly nodes: readonly Listed[] }
	>;
	/** By connection: the bases that the vendor lists. */
	readonly bases: LRUCache<
		string,
		{ readonly atMs: number; readonly bases: readonly BaseInfo[] }
	>;
	/** By connection: why it could not be asked, so that a name is not looked for there again at once. */
	readonly failures: LRUCache<
		string,
		{ readonly atMs: number; readonly failure: TablesError }
	>;
}

const CACHES = Symbol("schema cache");

/** The session's caches, made when they are first asked for. */
export function caches(session: Session): Caches {
	return remembered(session, CACHES, () => ({
		tables: new LRUCache({ max: 500 }),
		listings: new LRUCache({ max: 100 }),
		bases: new LRUCache({ max: 100 }),
		failures: new LRUCache({ max: 100 }),
	}));
}

/** Forgets what is known of a connection's tables, or of one of them, after a change of schema. */
export function forget(
	session: Session,
	connection: string,
	ref?: TableRef,
): void {
	const { tables, listings, bases, failures } = caches(session);
	listings.clear();
	bases.delete(connection);
	failures.delete(connection);
	if (ref !== undefined) tables.delete(formatReference({ connection, ...ref }));
	else
		for (const key of [...tables.keys()])
			if (key.startsWith(`${connection}:`)) tables.delete(key);
}

/** What was read within this time is not read again because of a refusal, nor to be told. */
export const JUST_READ_MS = 1_000;

/**
 * Does asking cost nothing, as with a store on this machine, which has no rate? Then nothing of it is kept: other
 * processes change the same file, and a name that means another column by now must not lead a write into it.
 */
export function isFree({ limits }: Pick<Adapter, "limits">): boolean {
	return limits.rates.length === 0;
}

/**
 * Forgets what was not read just now: a refusal that rests on it may be wrong, because people and other processes
 * change tables too.
 * @param sinceMs when the work began that was refused: what it has read itself is not read again, however long it took.
 * @returns whether there was any, so that it is worth trying again.
 */
export function forgetOld(session: Session, sinceMs: number): boolean {
	const { tables, listings, bases } = caches(session);
	const limit = Math.min(sinceMs, session.clock.now() - JUST_READ_MS);
	let forgotten = false;
	for (const [key, { readAtMs }] of [...tables.entries()])
		if (readAtMs < limit) forgotten = tables.delete(key) || forgotten;
	for (const kept of [listings, bases])
		for (const [key, { atMs }] of [...kept.entries()])
			if (atMs < limit) forgotten = kept.delete(key) || forgotten;
	return forgotten;
}

/** Was the table's schema read in this call, or as good as? */
export function justRead(
	session: Session,
	{ table }: { readonly table: Table },
): boolean {
	return session.clock.now() - table.readAtMs <= JUST_READ_MS;
}
