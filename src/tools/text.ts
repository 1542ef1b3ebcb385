import { joinList } from "../core/values/list-text.js";
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
	return /[",\r\n]|^\s|\s$/.test(text)
		? `"${text.replaceAll('"', '""')}"`
		: text;
}

export function csvBlock(
	columns: readonly string[],
	rows: readonly (readonly unknown[])[],
): string {
	return [csvLine(columns), ...rows.map(csvLine)].join("\n");
}

/** Notes as the last lines of a text; nothing when there are none. */
export function noteLines(notes: readonly string[]): string[] {
	return [...new Set(notes)].map((note) => `note: ${note}`);
}

/** A short answer: one sentence, facts and notes. */
export function say(
	sentence: string,
	structured: Readonly<Record<string, unknown>>,
	notes: readonly string[] = [],
): ToolAnswer {
	return {
		text: [sentence, ...noteLines(notes)].join("\n"),
		structured: { ...structured, notes: [...new Set(notes)] },
	};
}

/** What was changed besides records: the same, with the change's id at the end of the first line. */
export function sayDone(
	{
		change,
		notes: own,
	}: { readonly change: string; readonly notes: readonly string[] },
	sentence: string,
	structured: Readonly<Record<string, unknown>>,
	notes: readonly string[] = [],
): ToolAnswer {
	const [first, ...rest] = sentence.split("\n");
	return say(
		[`${first} (change_id ${change})`, ...rest].join("\n"),
		{ ...structured, change_id: change },
		[...notes, ...own],
	);
}

export function plural(count: number, one: string, many = `${one}s`): string {
	return `${count} ${count === 1 ? one : many}`;
}
