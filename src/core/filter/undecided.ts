import {
	type Column,
	type Filter,
	idOfColumn,
	nameOfColumn,
} from "../contract/condition.js";
import { quoted } from "../values/names.js";

/*
 * Rows of which a filter cannot tell whether they match, because a cell holds what the vendor's own form did not let
 * us read: an error in place of a number, or a form that is not known. They are left out, and the answer says so.
 */

/** What was left open, by the column's id. */
type Undecided = Map<
	string,
	{ readonly column: Column; readonly rows: Set<string> }
>;

/** By the filter, which is made anew for each call. */
const UNDECIDED = new WeakMap<Filter, Undecided>();

/** Takes down that a row's cells in these columns leave it open whether it matches. */
export function noteUndecided(
	filter: Filter,
	row: string,
	columns: readonly Column[],
): void {
	const known = UNDECIDED.get(filter) ?? new Map();
	UNDECIDED.set(filter, known);
	for (const column of columns) {
		const id = idOfColumn(column);
		const one = known.get(id) ?? { column, rows: new Set() };
		known.set(id, one);
		one.rows.add(row);
	}
}

/** Was there a row of which these filters could not tell? */
export function leftOpen(...filters: readonly (Filter | undefined)[]): boolean {
	return filters.some(
		(filter) => filter !== undefined && UNDECIDED.has(filter),
	);
}

/** Records that are named in a note. */
const NAMED = 3;

/** What an answer has to say of the rows that these filters left open so far. */
export function undecidedNotes(
	...filters: readonly (Filter | undefined)[]
): readonly string[] {
	return filters.flatMap((filter) =>
		[...((filter && UNDECIDED.get(filter)) ?? [])].map(
			([, { column, rows }]) => {
				const [first, ...others] = rows;
				const named = [first, ...others].slice(0, NAMED).join(", ");
				const some = rows.size === 1 ? "1 record" : `${rows.size} records`;
				return `${quoted(nameOfColumn(column))} of ${some} (${named}${rows.size > NAMED ? ", …" : ""}) holds a value that could not be read: whether they match could not be decided, and they are left out; detail: "raw" shows it`;
			},
		),
	);
}
