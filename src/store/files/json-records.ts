import { TablesError } from "../../core/contract/errors.js";
import {
	type FileRow,
	type RowFile,
	SheetCell,
} from "../../core/contract/files.js";
import { isObject } from "../../core/values/json-object.js";
import { quoted } from "../../core/values/names.js";
import {
	endOfText,
	nameGivenTwice,
	spelledNumbers,
	withExactNumbers,
} from "./json-exact.js";
import { checkColumns, MOST_LINE_CHARACTERS, MOST_NAMES } from "./limits.js";

/** A record of JSON as it stands in the file. */
export interface JsonRecord extends Pick<FileRow, "cells" | "problem"> {
	readonly line: number;
}

/** A file of objects: its columns are the names of all of them, also of the last. */
export async function objectFile(
	format: RowFile["format"],
	notes: readonly string[],
	read: () => AsyncIterable<JsonRecord>,
): Promise<RowFile> {
	const counts = new Map<string, { filled: number }>();
	let [empty, nothing, records] = [0, 0, 0];
	let first: string | undefined;
	for await (const { cells, problem, line } of read()) {
		const names = Object.keys(cells);
		if (problem !== undefined) first ??= `line ${line} ${problem}`;
		else if (names.length === 0) empty++;
		else if (isEmptyRecord({ cells })) nothing++;
		records++;
		for (const name of names) {
			let count = counts.get(name);
			if (count === undefined) {
				count = { filled: 0 };
				counts.set(name, count);
			}
			if (!isNothing(cells[name])) count.filled++;
		}
		checkColumns(counts.size);
	}
	if (records === 0)
		throw new TablesError(
			"bad_argument",
			"the file is empty: it must hold one JSON object a line, or a list of objects",
		);
	if (counts.size === 0)
		throw new TablesError(
			"bad_argument",
			`no line of the file has a column${first === undefined ? "" : `: ${first}`}`,
			{
				next: 'Write one JSON object a line, such as {"Title": "One"}, or a list of such objects.',
			},
		);
	return {
		format,
		columns: [...counts.keys()],
		filled: new Map([...counts].map(([name, { filled }]) => [name, filled])),
		notes:
			empty === 0
				? notes
				: [
						...notes,
						`${empty} empty ${empty === 1 ? "object makes" : "objects make"} no record`,
					],
		blankRows: () => nothing,
		async *rows(fromRecord) {
			let record = 0;
			for await (const found of read()) {
				if (isEmptyRecord(found)) continue;
				if (record >= fromRecord) yield rowOf(record, found);
				record++;
			}
		},
	};
}

/** Not by a spread, which is slow where there are many. */
function rowOf(record: number, { line, cells, problem }: JsonRecord): FileRow {
	return problem === undefined
		? { record, line, cells }
		: { record, line, cells, problem };
}

function isNothing(cell: unknown): boolean {
	return cell === null || cell === undefined || cell === "";
}

/** As of a CSV: a row of nothing but empty cells is not a record. */
function isEmptyRecord({
	cells,
	problem,
}: Pick<FileRow, "cells" | "problem">): boolean {
	if (problem !== undefined) return false;
	for (const name in cells) if (!isBlank(cells[name])) return false;
	return true;
}

function isBlank(cell: unknown): boolean {
	return (
		isNothing(cell) ||
		(typeof cell === "string" && cell.trim() === "") ||
		(Array.isArray(cell) && cell.length === 0)
	);
}

/** Shorter lines cannot be nested or named in a way that takes long to parse. */
const LONG_LINE = 10_000;
/** Of lists and objects in each other: what is deeper is not a value of any cell. */
const MOST_DEPTH = 1_000;

const QUOTE = 0x22;

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

const TOO_LONG = `is longer than ${MOST_LINE_CHARACTERS} characters, which is the most that a line may have`;

/** What programs put beside the `fields` of a record, and the column that it is here. */
const BESIDE_FIELDS: ReadonlyMap<string, string> = new Map([
	["id", "$id"],
	["recordId", "$id"],
	["record_id", "$id"],
	["createdTime", "$created_at"],
	["createdAt", "$created_at"],
	["created_time", "$created_at"],
	["updatedAt", "$updated_at"],
	["last_modified_time", "$updated_at"],
]);

/** The object that a text is, or why it is none; undefined: a text that is too long. */
export function recordOfText(
	text: string | undefined,
	line: number,
): JsonRecord {
	if (text === undefined) return bad(line, TOO_LONG);
	const problem = text.length > LONG_LINE ? whyNotParsed(text) : undefined;
	if (problem !== undefined) return bad(line, problem);
	try {
		const parsed: unknown = JSON.parse(withExactNumbers(text));
		if (!isObject(parsed)) return bad(line, "is not a JSON object");
		const twice = nameGivenTwice(text, parsed);
		if (twice !== undefined)
			return bad(
				line,
				`has the name ${quoted(twice)} twice in one object, and only one of the values would be kept; leave one out, or give it another name`,
			);
		return { line, cells: unwrapped(spelled(parsed, text)) };
	} catch (error) {
		return bad(line, `is not JSON: ${(error as Error).message}`);
	}
}

/** The same record, with the numbers that become cells as they are written, for fields of text. */
function spelled(
	record: Record<string, unknown>,
	text: string,
): Record<string, unknown> {
	for (const { path, digits } of spelledNumbers(text)) {
		const [outer, inner] = path;
		const within = inner === undefined ? record : record[outer];
		const name = inner ?? outer;
		if (inner !== undefined && outer !== "fields") continue;
		if (!isObject(within) || typeof within[name] !== "number") continue;
		Object.assign(within, {
			[name]: new SheetCell(within[name], { shown: () => digits }),
		});
	}
	return record;
}

function bad(line: number, problem: string): JsonRecord {
	return { line, cells: {}, problem };
}

/** A record as tools and vendors write it, with its values under `fields`, as its values. */
function unwrapped(record: Record<string, unknown>): Record<string, unknown> {
	const { fields } = record;
	if (!isObject(fields)) return record;
	const beside: Record<string, unknown> = {};
	for (const key of Object.keys(record)) {
		if (key === "fields") continue;
		const column = BESIDE_FIELDS.get(key);
		if (column === undefined) return record;
		beside[column] = record[key];
	}
	// A spread takes three times as long, and only it makes a column of that name.
	return Object.hasOwn(fields, "__proto__")
		? { ...beside, ...fields }
		: Object.assign(beside, fields);
}
