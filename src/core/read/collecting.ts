import type { Field, SystemColumn } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import type { Position } from "./cursor.js";
import type { Query } from "./read-plan.js";

/** Bytes of rows in one answer; at least one row is always given. */
export const PAGE_BYTES = 60_000;

/** Rows that one call looks through for the few that match. */
export const SCAN_CAP = 50_000;
/** A scan ends this long before the call must answer. */
export const SCAN_MARGIN_MS = 10_000;

/** What a call asks for, and how its answer is measured. */
export interface RowsQuery {
	readonly query: Query;
	/** Columns that are shown, in order. */
	readonly shown: readonly (Field | SystemColumn)[];
	readonly ids?: readonly string[];
	readonly limit: number;
	readonly cursor?: string;
	/** Fill in titles and names that the vendor did not send. */
	readonly texts: boolean;
	/** Bytes that a row takes in the answer. */
	size(row: Row): number;
	/** All that makes one query differ from another. */
	readonly shape: unknown;
}

/** One call that collects rows: where, what, and from which place on. */
export interface Collecting {
	readonly session: Session;
	readonly located: Located;
	readonly asked: RowsQuery;
	/** Where its cursor stands; undefined at the beginning. */
	readonly position: Position | undefined;
	readonly running: Running;
}

/** Rows of one answer, before they are cut to its bytes. */
export interface Collected {
	readonly rows: readonly Row[];
	/** Where to go on after each row. */
	readonly positions: readonly Position[];
	/** Where to go on after the last; undefined at the end. */
	readonly rest: Position | undefined;
	readonly total: number | null;
	readonly notes: readonly string[];
}

/** The note of a scan to its end: the answer is as right as any other. */
export function lookedThrough(scanned: number): string {
	return `the server itself checked ${scanned} rows in full`;
}
