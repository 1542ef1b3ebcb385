import { TablesError } from "../contract/errors.js";
import { hashInTurns } from "../values/json-pieces.js";

/** Where the next call goes on. */
export type Position =
	/** By key: the vendor's cursor right after the last row. */
	| { readonly at: "key"; readonly cursor: string }
	| PagePosition
	/** Rows sorted here: `offset` into a kept list. */
	| { readonly at: "list"; readonly list: string; readonly offset: number }
	/** Groups, given ids, listings: made again each time. */
	| { readonly at: "offset"; readonly offset: number };

/** By page: the rows up to and including `index` of the page at `cursor` are done. */
export interface PagePosition {
	readonly at: "page";
	/** null = the first page. */
	readonly cursor: string | null;
	/** Number of the page, from 0. */
	readonly page: number;
	/** Rows of a page when it was read. */
	readonly size: number;
	/** -1 = nothing of this page is done. */
	readonly index: number;
	/** The last ids shown, to find the place again when rows were added or removed before it. */
	readonly anchors: readonly string[];
}

/** Short fingerprint of what is asked, so that a cursor of another query is refused. */
export async function fingerprint(query: unknown): Promise<string> {
	return (await hashInTurns(query, "base64url")).slice(0, 8);
}

export function writeCursor(hash: string, position: Position): string {
	return Buffer.from(JSON.stringify([hash, position])).toString("base64url");
}

/** @throws TablesError bad_argument when the text is not a cursor or belongs to another query. */
export function readCursor(text: string, hash: string): Position {
	let parsed: unknown;
	try {
		parsed = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
	} catch {
		parsed = undefined;
	}
	if (!Array.isArray(parsed) || parsed.length !== 2 || !isPosition(parsed[1]))
		throw foreignCursor();
	if (parsed[0] !== hash)
		throw new TablesError("bad_argument", "`cursor` belongs to another query", {
			next: "Repeat the call with the same arguments as before and only `cursor` added, or leave `cursor` out.",
		});
	return parsed[1];
}

/** Why a cursor is refused that no answer can have held: it must not be taken for the beginning. */
export function foreignCursor(): TablesError {
	return new TablesError(
		"bad_argument",
		"`cursor` is not one that this server gave",
		{
			next: "Pass next_cursor of the last answer unchanged, or leave `cursor` out to begin again.",
		},
	);
}

/**
 * Where a list that is made again each time goes on; 0 without a cursor.
 * @throws TablesError bad_argument where the cursor is of another kind.
 */
export function offsetOf(position: Position | undefined): number {
	if (position === undefined) return 0;
	if (position.at !== "offset") throw foreignCursor();
	return position.offset;
}

/**
 * Where the cursor of a call stands in a list that is made again each time; 0 without one.
 * @throws TablesError bad_argument where it is not one of this list.
 */
export function offsetIn(cursor: string | undefined, hash: string): number {
	return offsetOf(cursor === undefined ? undefined : readCursor(cursor, hash));
}

/** The cursor for what such a list of `total` holds from `offset` on; null: nothing. */
export function cursorAt(
	hash: string,
	offset: number,
	total: number,
): string | null {
	return offset < total ? writeCursor(hash, { at: "offset", offset }) : null;
}

/** A cursor that was made up must not be taken for the beginning, or for a place before it. */
function isPosition(value: unknown): value is Position {
	if (typeof value !== "object" || value === null) return false;
	const { at, cursor, page, size, index, anchors, list, offset } =
		value as Readonly<Record<string, unknown>>;
	switch (at) {
		case "key":
			return typeof cursor === "string";
		case "page":
			return (
				(cursor === null || typeof cursor === "string") &&
				isCount(page) &&
				isCount(size) &&
				(isCount(index) || index === -1) &&
				Array.isArray(anchors) &&
				anchors.every((anchor) => typeof anchor === "string")
			);
		case "list":
			return typeof list === "string" && isCount(offset);
		case "offset":
			return isCount(offset);
		default:
			return false;
	}
}

function isCount(value: unknown): boolean {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}
