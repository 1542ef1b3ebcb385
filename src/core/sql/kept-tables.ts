import { LRUCache } from "lru-cache";
import { remembered, type Session } from "../contract/session.js";
import type { SqlValue } from "../contract/sql.js";
import type { TimesRead } from "./clock-notes.js";

/** Rows of a table as statements have them, with what was noted while they were read. */
export interface LoadedTable {
	/** Names of the columns that were read, in the order of the values. */
	readonly columns: readonly string[];
	readonly rows: readonly (readonly SqlValue[])[];
	readonly notes: readonly string[];
	readonly times: TimesRead;
	/** When reading began. */
	readonly atMs: number;
}

/** What was read is used again for so long: a person who looks at it asks the next question. */
const KEPT_MS = 60_000;

/** Characters of all tables that are kept; one that has more is not. */
const KEPT_CHARACTERS = 20_000_000;

interface Kept extends LoadedTable {
	/** `writes` of its connection as it was before. */
	readonly writes: number;
	readonly size: number;
}

const TABLES = Symbol("tables of statements");

function keptTables(session: Session): LRUCache<string, Kept> {
	const kept = remembered(
		session,
		TABLES,
		() =>
			new LRUCache<string, Kept>({
				maxSize: KEPT_CHARACTERS,
				sizeCalculation: ({ size }) => size,
			}),
	);
	for (const [key, { atMs }] of [...kept.entries()])
		if (session.clock.now() - atMs > KEPT_MS) kept.delete(key);
	return kept;
}

/** A table that may be kept: what makes it the same one, and the connection that it is read through. */
export interface Keeping {
	readonly session: Session;
	readonly connection: string;
	/** Whatever decides which values its rows have. */
	readonly key: string;
}

/** What was read within a minute, if it has all of these columns and nothing was written through its connection since. */
export function keptTable(
	keeping: Keeping,
	columns: readonly string[],
): LoadedTable | undefined {
	const { session } = keeping;
	const key = keyOf(keeping);
	const kept = keptTables(session).get(key);
	if (kept === undefined) return undefined;
	if (kept.writes !== writesOf(keeping)) {
		keptTables(session).delete(key);
		return undefined;
	}
	const there = new Set(kept.columns);
	return columns.every((name) => there.has(name)) ? kept : undefined;
}

/** Collects the rows of a table as they are read, and keeps them at the end. */
export interface Keeper {
	add(rows: readonly (readonly SqlValue[])[]): void;
	keep(about: Omit<LoadedTable, "rows" | "atMs">): void;
}

/** `writes` of its connection, before anything was looked at: what is written from then on makes it old. */
export function keeperOf(
	keeping: Keeping,
	{ atMs, writes }: Pick<Kept, "atMs" | "writes">,
): Keeper {
	let rows: (readonly SqlValue[])[] | undefined = [];
	let size = 1;
	return {
		add(more) {
			if (rows === undefined) return;
			for (const row of more) {
				rows.push(row);
				for (const value of row)
					size += typeof value === "string" ? value.length + 8 : 8;
			}
			if (size > KEPT_CHARACTERS) rows = undefined;
		},
		keep(about) {
			if (rows === undefined || writes !== writesOf(keeping)) return;
			keptTables(keeping.session).set(keyOf(keeping), {
				...about,
				...{ rows, atMs, writes, size },
			});
		},
	};
}

/** Never what another person has read. */
function keyOf({ session, connection, key }: Keeping): string {
	return JSON.stringify([session.person, connection, key]);
}

function writesOf({ session, connection }: Keeping): number {
	return session.connections.get(connection)?.writes() ?? Number.NaN;
}
