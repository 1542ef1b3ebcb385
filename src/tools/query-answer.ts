import type { Located } from "../core/places/locate.js";
import { oneLine } from "../core/values/one-line.js";
import { CUT_MARK } from "../core/values/values.js";
import { CELL_CHARACTERS } from "./cut-cell.js";
import { tableWords } from "./table-call.js";
import { csvLine, nameLine, noteLines, plural } from "./text.js";
import type { ToolAnswer } from "./tool.js";

/** What a query found, whether rows, groups or a count. */
export interface Found {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly unknown[])[];
	/** The rows as CSV, where they are at hand. */
	readonly lines?: readonly string[];
	/** Null: not known. */
	readonly total: number | null;
	readonly next: string | null;
	readonly notes: readonly string[];
	/** Of groups: the rows that are in them. */
	readonly counted?: number;
}

/** The answer of `query_records`; `what` is one of the rows in words. */
export function rowsAnswer(
	located: Located,
	found: Found,
	what = "row",
): ToolAnswer {
	const notes = [...new Set(found.notes)];
	return {
		text: [
			oneLine(headline(located, found, what)),
			...(found.columns.length === 0 ? [] : csvLines(found)),
			...noteLines(notes),
		].join("\n"),
		structured: {
			columns: found.columns,
			rows: found.rows,
			returned: found.rows.length,
			total: found.total,
			truncated: found.next !== null,
			next_cursor: found.next,
			notes:
				found.counted === undefined
					? notes
					: [
							...notes,
							`${plural(found.counted, "row was", "rows were")} counted`,
						],
		},
	};
}

function headline(
	located: Located,
	{ columns, rows, total, next, counted }: Found,
	what: string,
): string {
	const over = counted === undefined ? "" : `, ${plural(counted, "row")}`;
	const from = `${tableWords(located)}${over}`;
	if (columns.length === 0 && rows.length === 0)
		return total === null
			? `how many ${what}s match in ${from} is not known`
			: `${plural(total, what)} ${total === 1 ? "matches" : "match"} in ${from}`;
	const of = total === null ? "" : ` of ${total}`;
	const unknown = total === null ? "; the total is not known" : "";
	const more = next === null ? "" : `; more with cursor: ${next}`;
	return `${plural(rows.length, what)}${of} from ${from}${unknown}${more}`;
}

function csvLines({ columns, rows, lines }: Found): readonly string[] {
	return [nameLine(columns), ...(lines ?? rows.map(csvLine))];
}

/** The note about cells that were too long for an answer. */
export function cutNotes(cuts: number): string[] {
	return cuts === 0
		? []
		: [
				`${plural(cuts, "cell was", "cells were")} cut at ${CELL_CHARACTERS} characters and ${cuts === 1 ? "ends" : "end"} with "${CUT_MARK}"; export_records has the whole`,
			];
}
