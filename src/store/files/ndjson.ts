import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { isObject } from "../../core/values/json-object.js";
import { decoded, jsonEncoding } from "./encoding.js";
import { checkColumns, MOST_LINE_CHARACTERS, MOST_NAMES } from "./limits.js";

/** One JSON object a line. Its columns are the names of all records, also of the last. */
export async function openNdjson(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await jsonEncoding(path, options.encoding);
	const read = () => parseNdjson(path, encoding.name);
	const columns = new Set<string>();
	let empty = true;
	let first: string | undefined;
	for await (const { cells, problem, line } of read()) {
		if (problem !== undefined) first ??= `line ${line} ${problem}`;
		for (const name of Object.keys(cells)) columns.add(name);
		checkColumns(columns.size);
		empty = false;
	}
	if (empty)
		throw new TablesError(
			"bad_argument",
			"the file is empty: it must hold one JSON object a line",
		);
	if (columns.size === 0)
		throw new TablesError(
			"bad_argument",
			`no line of the file has a column${first === undefined ? "" : `: ${first}`}`,
			{ next: 'Write one JSON object a line, such as {"Title": "One"}.' },
		);
	return {
		format: "ndjson",
		columns: [...columns],
		notes: encoding.note === undefined ? [] : [encoding.note],
		async *rows(fromRecord) {
			for await (const row of read()) if (row.record >= fromRecord) yield row;
		},
	};
}

async function* parseNdjson(
	path: string,
	encoding: string,
): AsyncIterable<FileRow> {
	let line = 0;
	let record = 0;
	for await (const text of linesOf(decoded(path, encoding))) {
		line++;
		if (text?.trim() === "") continue;
		const read = text === undefined ? TOO_LONG : objectOf(text);
		yield { record: record++, line, ...read };
	}
}

/** Shorter lines cannot be nested or named in a way that takes long to parse. */
const LONG_LINE = 10_000;
/** Of lists and objects in each other: what is deeper is not a value of any cell. */
const MOST_DEPTH = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What makes a long line not worth parsing; each character is looked at once. */
function whyNotParsed(text: string): string | undefined {
	let [depth, names] = [0, 0];
	for (let at = 0; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (code === QUOTE) at = endOfText(text, at);
		else if (code === 0x7b || code === 0x5b) depth++;
		else if (code === 0x7d || code === 0x5d) depth--;
		else if (code === 0x3a) names++;
		if (depth > MOST_DEPTH) return `is nested more than ${MOST_DEPTH} deep`;
		if (names > MOST_NAMES) return `has more than ${MOST_NAMES} names`;
	}
	return undefined;
}

/** The place of the quote that ends the text which begins at `start`. */
function endOfText(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text.charCodeAt(at) !== QUOTE)
		at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
	return at;
}

const TOO_LONG: Pick<FileRow, "cells" | "problem"> = {
	cells: {},
	problem: `is longer than ${MOST_LINE_CHARACTERS} characters, which is the most that a line may have`,
};

/** The lines of a text; undefined for one that is too long, of which no more is kept. */
async function* linesOf(
	parts: AsyncIterable<string>,
): AsyncIterable<string | undefined> {
	let pieces: string[] = [];
	let length = 0;
	const take = (piece: string) => {
		length += piece.length;
		if (length > MOST_LINE_CHARACTERS) pieces = [];
		else if (piece !== "") pieces.push(piece);
	};
	const whole = () => {
		const text = length > MOST_LINE_CHARACTERS ? undefined : pieces.join("");
		pieces = [];
		length = 0;
		return text;
	};
	for await (const part of parts) {
		let start = 0;
		for (;;) {
			const end = part.indexOf("\n", start);
			if (end < 0) break;
			take(part.slice(start, end));
			yield whole();
			start = end + 1;
		}
		take(part.slice(start));
	}
	if (length > 0) yield whole();
}

function objectOf(text: string): Pick<FileRow, "cells" | "problem"> {
	const problem = text.length > LONG_LINE ? whyNotParsed(text) : undefined;
	if (problem !== undefined) return { cells: {}, problem };
	try {
		const parsed: unknown = JSON.parse(text);
		if (!isObject(parsed))
			return { cells: {}, problem: "is not a JSON object" };
		const { fields } = parsed;
		const isWrapped =
			isObject(fields) &&
			Object.keys(parsed).every((key) => key === "fields" || key === "id");
		return { cells: isWrapped ? fields : parsed };
	} catch (error) {
		return { cells: {}, problem: `is not JSON: ${(error as Error).message}` };
	}
}
