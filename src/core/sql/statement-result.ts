import { LRUCache } from "lru-cache";
import { TablesError } from "../contract/errors.js";
import { remembered, type Session } from "../contract/session.js";
import type { SqlResult } from "../contract/sql.js";
import {
	fingerprint,
	foreignCursor,
	readCursor,
	writeCursor,
} from "../read/cursor.js";

/** All rows of a statement, and what is said of them on every page. */
export interface StatementResult extends SqlResult {
	/** When its tables were read, as a clock in its zone shows it. */
	readonly asOf: string;
	readonly zone: string;
	/** Rows that were read, by the table's name in the statement. */
	readonly read: Readonly<Record<string, number>>;
	/** Columns that are called otherwise than their fields. */
	readonly renamed: readonly string[];
	/** Has anything been written through its connections since its tables were looked at? */
	isOld(): boolean;
	readonly notes: readonly string[];
}

/** A result is kept so long for its next pages. */
const KEPT_MS = 600_000;

/** Characters of all results that are kept. */
export const KEPT_CHARACTERS = 20_000_000;

interface Kept {
	readonly result: StatementResult;
	readonly atMs: number;
}

const RESULTS = Symbol("results of statements");

function keptResults(session: Session): LRUCache<string, Kept> {
	return remembered(
		session,
		RESULTS,
		() =>
			new LRUCache({
				maxSize: KEPT_CHARACTERS,
				sizeCalculation: ({ result }) => sizeOf(result),
			}),
	);
}

function sizeOf({ rows }: SqlResult): number {
	let size = 1;
	for (const row of rows)
		for (const value of row)
			size += typeof value === "string" ? value.length + 8 : 8;
	return size;
}

/** A result, from which row on it is to be shown, and the cursor of what comes later. */
export interface ShownResult {
	readonly result: StatementResult;
	readonly offset: number;
	/** The cursor of the rows from this one on; null: there are none. */
	next(offset: number): string | null;
}

/** Keeps a result under a cursor of its own, if there is more of it than its first page. */
export async function keepResult(
	session: Session,
	asked: unknown,
	result: StatementResult,
): Promise<ShownResult> {
	return shown(session, session.uuid(), await fingerprint(asked), {
		result,
		offset: 0,
	});
}

/**
 * What a cursor of an earlier answer stands for.
 * @throws TablesError bad_argument where it belongs to another statement, or the result is gone.
 */
export async function keptResult(
	session: Session,
	asked: unknown,
	cursor: string,
): Promise<ShownResult> {
	const hash = await fingerprint(asked);
	const position = readCursor(cursor, hash);
	if (position.at !== "list") throw foreignCursor();
	const { list, offset } = position;
	const kept = keptResults(session).get(list);
	if (kept === undefined || session.clock.now() - kept.atMs > KEPT_MS)
		throw new TablesError(
			"bad_argument",
			"the result that `cursor` belongs to is gone: it is kept for 10 minutes",
			{
				next: "Run it again, without `cursor`, or write all rows to a file: export_records with `from`.",
			},
		);
	const { result } = kept;
	const old = result.isOld()
		? [
				`records were written through this server after these rows were read at ${result.asOf}: for those of now run the statement again without \`cursor\``,
			]
		: [];
	const told = { ...result, notes: [...result.notes, ...old] };
	return { ...shown(session, list, hash, { result, offset }), result: told };
}

function shown(
	session: Session,
	list: string,
	hash: string,
	{ result, offset }: Pick<ShownResult, "result" | "offset">,
): ShownResult {
	return {
		result,
		offset,
		next(from) {
			if (from >= result.rows.length) return null;
			keptResults(session).set(list, { result, atMs: session.clock.now() });
			return writeCursor(hash, { at: "list", list, offset: from });
		},
	};
}
