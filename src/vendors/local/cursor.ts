import { TablesError } from "../../core/contract/errors.js";
import type { Fragment } from "./filter.js";
import type { SqlValue } from "./sqlite.js";

/** A key of the order; `sql` is its column. */
export interface SortColumn {
	readonly sql: string;
	readonly descending: boolean;
}

/** Where a row stands in the order of a query: its number, then its sort keys. */
export type Place = readonly SqlValue[];

/** A place in an ordered list as a text. */
export function cursorOf(place: Place): string {
	return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** @throws TablesError bad_argument for a cursor that is not ours. */
export function readCursor(cursor: string): Place {
	try {
		const place = JSON.parse(
			Buffer.from(cursor, "base64url").toString("utf8"),
		) as unknown;
		if (Array.isArray(place) && typeof place[0] === "number")
			return place as SqlValue[];
	} catch {
		// Told below.
	}
	throw new TablesError("bad_argument", "the cursor is damaged", {
		next: "Query again without it.",
	});
}

/** Rows after a place: by each sort key in turn, then by row number. Empty cells come first ascending. */
export function beyond(
	order: readonly SortColumn[],
	[n = 0, ...keys]: Place,
): Fragment {
	const parts: string[] = [];
	const values: SqlValue[] = [];
	const same: string[] = [];
	const sameValues: SqlValue[] = [];
	for (const [index, { sql, descending }] of order.entries()) {
		const key = keys[index] ?? null;
		const after = afterKey(sql, descending, key);
		parts.push(`(${[...same, after.sql].join(" AND ")})`);
		values.push(...sameValues, ...after.values);
		same.push(`${sql} IS ?`);
		sameValues.push(key);
	}
	parts.push(`(${[...same, "n > ?"].join(" AND ")})`);
	return {
		sql: `(${parts.join(" OR ")})`,
		values: [...values, ...sameValues, n],
	};
}

function afterKey(sql: string, descending: boolean, key: SqlValue): Fragment {
	if (key === null)
		return { sql: descending ? "0" : `${sql} IS NOT NULL`, values: [] };
	return {
		sql: descending ? `(${sql} < ? OR ${sql} IS NULL)` : `${sql} > ?`,
		values: [key],
	};
}
