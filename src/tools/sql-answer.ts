import { PAGE_BYTES } from "../core/read/collecting.js";
import type {
	ShownResult,
	StatementResult,
} from "../core/sql/statement-result.js";
import { oneLine } from "../core/values/one-line.js";
import { cutCell } from "./cut-cell.js";
import { cutNotes } from "./query-answer.js";
import { csvLine, nameLine, noteLines, plural } from "./text.js";
import type { ToolAnswer } from "./tool.js";

/** The answer of `query_sql`: as many rows as are wanted and fit, at least one. */
export function sqlAnswer(
	{ result, offset, next }: ShownResult,
	limit: number,
): ToolAnswer {
	const { columns, notes, isCut } = result;
	const page = pageOf(result.rows.slice(offset, offset + limit));
	const shown: Shown = {
		count: page.rows.length,
		total: isCut ? null : result.rows.length,
		cursor: next(offset + page.rows.length),
		notes: [
			...new Set([...notes, ...cutNotes(page.cuts), ...endNotes(result)]),
		],
	};
	return {
		text: [
			oneLine(headOf(result, shown)),
			nameLine(columns),
			...page.lines,
			...noteLines(shown.notes),
		].join("\n"),
		structured: structuredOf(result, page, shown),
	};
}

/** What is said of the rows of one answer. */
interface Shown {
	readonly count: number;
	readonly total: number | null;
	readonly cursor: string | null;
	readonly notes: readonly string[];
}

function structuredOf(
	{ columns, asOf, zone, read, renamed }: StatementResult,
	{ rows }: Page,
	{ total, cursor, notes }: Shown,
): ToolAnswer["structured"] {
	return {
		columns,
		rows,
		returned: rows.length,
		total,
		truncated: cursor !== null,
		next_cursor: cursor,
		as_of: `${asOf} ${zone}`,
		read,
		...(renamed.length === 0 ? {} : { renamed }),
		notes,
	};
}

/** Rows of one answer, as they are shown. */
interface Page {
	readonly rows: readonly (readonly unknown[])[];
	/** The same as CSV. */
	readonly lines: readonly string[];
	/** Cells that were too long. */
	readonly cuts: number;
}

function pageOf(wanted: StatementResult["rows"]): Page {
	const rows: (readonly unknown[])[] = [];
	const lines: string[] = [];
	let [bytes, cuts] = [0, 0];
	for (const row of wanted) {
		const fitting = row.map(cutCell);
		const line = csvLine(fitting);
		bytes += Buffer.byteLength(line) + 1;
		if (bytes > PAGE_BYTES && rows.length > 0) break;
		cuts += fitting.filter((cell, at) => cell !== row[at]).length;
		rows.push(fitting);
		lines.push(line);
	}
	return { rows, lines, cuts };
}

function headOf(
	{ asOf, zone, read, renamed }: StatementResult,
	{ count, total, cursor }: Shown,
): string {
	const tables = Object.entries(read).map(
		([as, rows]) => `${as} ${plural(rows, "row")}`,
	);
	return [
		`${plural(count, "row")}${total === null ? "" : ` of ${total}`}`,
		...(cursor === null ? [] : [`more with cursor: ${cursor}`]),
		`as of ${asOf} ${zone}`,
		`read: ${tables.join(", ") || "nothing"}`,
		...renamed,
	].join("; ");
}

function endNotes({ isCut, rows }: StatementResult): readonly string[] {
	return isCut
		? [
				`the result was ended after ${rows.length} rows: it has more; select less of it`,
			]
		: [];
}
