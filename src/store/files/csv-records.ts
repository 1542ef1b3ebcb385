import { TablesError } from "../../core/contract/errors.js";
import { MOST_COLUMNS, MOST_LINE_CHARACTERS } from "./limits.js";

/** A record as it stands in the file; blank lines are none. */
export interface CsvRecord {
	/** Physical line of its beginning, from 1. */
	readonly line: number;
	readonly cells: readonly string[];
	/** Why it cannot be taken apart; it has no cells then. Absent: it can. */
	readonly problem?: string;
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** What was found at a place: a record, or that more of the text is needed to tell. */
type Found =
	| {
			readonly cells: string[];
			readonly next: number;
			readonly lines: number;
			readonly problem?: string;
	  }
	| "unclosed"
	| "more";

const AFTER_QUOTE =
	"has characters behind a closing quote; inside a quoted cell a quote is written twice";

/**
 * The records of a CSV, as spreadsheet programs read them: a cell is quoted where a quote is its first character,
 * elsewhere a quote is a character like others; CRLF, LF and CR end a line, also mixed. A record with a quote that
 * is wrong is one bad record with all of the lines that the quote spans: nothing in them is read as another record.
 * @throws TablesError bad_argument naming where the record begins: longer than a line may be, or a quote without end.
 */
export async function* csvRecords(
	parts: AsyncIterable<string>,
	delimiter: string,
	firstLine: number,
	/** Called with the line of each record of several cells that are all empty; it is left out. */
	onBlank?: (line: number) => void,
): AsyncIterable<readonly CsvRecord[]> {
	const separator = delimiter.charCodeAt(0);
	let text = "";
	let line = firstLine;
	// A record that goes on beyond the text is tried again when there is twice as much of it.
	let enough = 0;
	const take = (ended: boolean): readonly CsvRecord[] => {
		const records: CsvRecord[] = [];
		let at = 0;
		while (at < text.length) {
			const found = recordAt({ text, separator, ended }, at);
			if (found === "more") break;
			if (found === "unclosed") throw unclosed(line);
			if (found.next - at > MOST_LINE_CHARACTERS) throw tooLong(line);
			const { cells, problem, lines } = found;
			if (problem !== undefined)
				records.push({
					line,
					cells: [],
					problem: spanning(problem, line, lines),
				});
			else if (!isBlank(cells)) records.push({ line, cells });
			else if (cells.length > 1) onBlank?.(line);
			line += found.lines;
			at = found.next;
		}
		text = text.slice(at);
		enough = Math.min(2 * text.length, MOST_LINE_CHARACTERS + 1);
		if (text.length > MOST_LINE_CHARACTERS) throw tooLong(line);
		return records;
	};
	for await (const part of parts) {
		text += part;
		if (text.length < enough) continue;
		const records = take(false);
		if (records.length > 0) yield records;
	}
	const last = take(true);
	if (last.length > 0) yield last;
}

function spanning(problem: string, line: number, lines: number): string {
	return lines === 1
		? problem
		: `${problem}; the quote spans the lines ${line} to ${line + lines - 1}`;
}

function unclosed(line: number): TablesError {
	return new TablesError(
		"bad_argument",
		`the CSV cannot be read from line ${line} on: a quote that opens in the record there is never closed`,
		{
			next: "Close it, or write it twice inside of a quoted cell; what stands behind it could be one cell or many records.",
		},
	);
}

function tooLong(line: number): TablesError {
	return new TablesError(
		"bad_argument",
		`the CSV cannot be read at line ${line}: the record that begins there is longer than ${MOST_LINE_CHARACTERS} characters, or opens a quote that is not closed`,
		{ next: "Look at the quotes there, or pass `delimiter` and `encoding`." },
	);
}

function isBlank(cells: readonly string[]): boolean {
	return cells.every((cell) => cell === "" || cell.trim() === "");
}

/** Behind the line break that ends the line of a place. */
function endOfLine(text: string, from: number): number {
	let at = from;
	while (at < text.length && !isBreak(text.charCodeAt(at))) at++;
	return at + breakAt(text, at);
}

/** Is the whole line of a place there? A CR at the end may be half of a line break. */
function endsLine(text: string, from: number): boolean {
	const end = endOfLine(text, from);
	return end < text.length || (end > from && text.charCodeAt(end - 1) === LF);
}

/** A bad record ends with the line in which its quote goes wrong. */
function badRecord(
	{ text, ended }: Window,
	start: number,
	{ problem, at }: { readonly problem: string; readonly at: number },
): Found {
	if (!ended && !endsLine(text, at)) return "more";
	const next = endOfLine(text, at);
	const lines = breaksIn(text.slice(start, at)) + 1;
	return { cells: [], next, lines, problem };
}

function isBreak(code: number): boolean {
	return code === LF || code === CR;
}

/** Characters of the line break at a place: CRLF is one. */
function breakAt(text: string, at: number): number {
	if (at >= text.length) return 0;
	return text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF ? 2 : 1;
}

/** The text as far as it was read. */
interface Window {
	readonly text: string;
	readonly separator: number;
	/** Nothing comes behind it. */
	readonly ended: boolean;
}

function recordAt(window: Window, start: number): Found {
	const { text, separator, ended } = window;
	const cells: string[] = [];
	let lines = 1;
	let at = start;
	for (;;) {
		if (text.charCodeAt(at) === QUOTE) {
			const quoted = quotedAt(window, at);
			if (typeof quoted === "string") return quoted;
			if ("problem" in quoted) return badRecord(window, start, quoted);
			keep(cells, quoted.cell);
			lines += breaksIn(quoted.cell);
			at = quoted.next;
		} else {
			const from = at;
			at = endOfCell(text, at, separator);
			keepSlice(cells, text, from, at);
		}
		if (at >= text.length) return ended ? { cells, next: at, lines } : "more";
		if (text.charCodeAt(at) === separator) {
			at++;
			continue;
		}
		// A CR may be half of a line break.
		if (!ended && at + 1 === text.length && text.charCodeAt(at) === CR)
			return "more";
		return { cells, next: at + breakAt(text, at), lines };
	}
}

/** Beyond as many columns as a file may have, the first that holds something stands for all. */
function keep(cells: string[], cell: string): void {
	if (cells.length <= MOST_COLUMNS) cells.push(cell);
	else cells[MOST_COLUMNS] ||= cell;
}

function keepSlice(cells: string[], text: string, from: number, to: number) {
	if (cells.length <= MOST_COLUMNS) cells.push(text.slice(from, to));
	else if (to > from) cells[MOST_COLUMNS] ||= text.slice(from, to);
}

function endOfCell(text: string, from: number, separator: number): number {
	let at = from;
	for (; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === separator || code === LF || code === CR) break;
	}
	return at;
}

function quotedAt(
	{ text, separator, ended }: Window,
	start: number,
):
	| { readonly cell: string; readonly next: number }
	| { readonly problem: string; readonly at: number }
	| "unclosed"
	| "more" {
	let isDoubled = false;
	let close = text.indexOf('"', start + 1);
	while (close >= 0 && text.charCodeAt(close + 1) === QUOTE) {
		isDoubled = true;
		close = text.indexOf('"', close + 2);
	}
	if (close < 0) return ended ? "unclosed" : "more";
	let next = close + 1;
	while (text.charCodeAt(next) === SPACE && separator !== SPACE) next++;
	if (next >= text.length && !ended) return "more";
	const code = text.charCodeAt(next);
	if (next < text.length && code !== separator && !isBreak(code))
		return { problem: AFTER_QUOTE, at: next };
	const cell = text.slice(start + 1, close);
	return { cell: isDoubled ? cell.replaceAll('""', '"') : cell, next };
}

function breaksIn(cell: string): number {
	let breaks = 0;
	for (let at = 0; at < cell.length; at++) {
		const code = cell.charCodeAt(at);
		if (!isBreak(code)) continue;
		breaks++;
		if (code === CR && cell.charCodeAt(at + 1) === LF) at++;
	}
	return breaks;
}
