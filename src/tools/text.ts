import { joinList } from "../core/values/list-text.js";
import { oneLine } from "../core/values/one-line.js";
import type { ToolAnswer } from "./tool.js";

/** One line of CSV; `undefined` and null are empty, objects JSON. */
export function csvLine(cells: readonly unknown[]): string {
	return cells.map(csvCell).join(",");
}

function csvCell(cell: unknown): string {
	if (cell === null || cell === undefined) return "";
	if (typeof cell === "number" || typeof cell === "boolean")
		return String(cell);
	const text =
		typeof cell === "string"
			? cell
			: Array.isArray(cell) && cell.every((item) => typeof item !== "object")
				? joinList(cell.map(String))
				: JSON.stringify(cell);
	return /[",\r\n\v\f\x85\u2028\u2029]|^\s|\s$/.test(text)
		? `"${text.replaceAll('"', '""')}"`
		: text;
}

/** A line of CSV that is one line to every reader: of names and other short texts, not of what a table holds. */
export function nameLine(cells: readonly unknown[]): string {
	return oneLine(csvLine(cells));
}

/** A list with a head, each entry on one line. */
export function csvBlock(
	columns: readonly string[],
	rows: readonly (readonly unknown[])[],
): string {
	return [columns, ...rows].map(nameLine).join("\n");
}

/** The same without the columns that are empty in every row. */
export function filledBlock(
	columns: readonly string[],
	rows: readonly (readonly unknown[])[],
): string {
	const filled = columns.map((_, index) =>
		rows.some((row) => csvCell(row[index]) !== ""),
	);
	const kept = (row: readonly unknown[]) =>
		row.filter((_, index) => filled[index]);
	return csvBlock(kept(columns) as readonly string[], rows.map(kept));
}

/** What was changed, by the names of the arguments: `hiddenFields` is given as `hidden_fields`. */
export function argumentNames(change: object): readonly string[] {
	return Object.keys(change).map((key) =>
		key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
	);
}

/** Notes as the last lines of a text; nothing when there are none. */
export function noteLines(notes: readonly string[]): string[] {
	return [...new Set(notes)].map((note) => `note: ${oneLine(note)}`);
}

/** A short answer: a sentence, or several, each on its line; facts and notes. */
export function say(
	sentence: string | readonly string[],
	structured: Readonly<Record<string, unknown>>,
	notes: readonly string[] = [],
): ToolAnswer {
	return {
		text: [...[sentence].flat().map(oneLine), ...noteLines(notes)].join("\n"),
		structured: { ...structured, notes: [...new Set(notes)] },
	};
}

/** What was changed besides records: the same, with the change's id at the end of the first line. */
export function sayDone(
	{
		change,
		notes: own,
	}: { readonly change: string; readonly notes: readonly string[] },
	sentence: string | readonly string[],
	structured: Readonly<Record<string, unknown>>,
	notes: readonly string[] = [],
): ToolAnswer {
	const [first, ...rest] = [sentence].flat();
	return say(
		[`${first} (change_id ${change})`, ...rest],
		{ ...structured, change_id: change },
		[...notes, ...own],
	);
}

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${count} ${count === 1 ? one : many}`;
}
