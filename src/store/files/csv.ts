import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { defined } from "../../core/values/defined.js";
import { quoted } from "../../core/values/names.js";
import { type CsvRecord, csvRecords } from "./csv-records.js";
import { decoded, findEncoding } from "./encoding.js";
import {
	cellsByName,
	columnNames,
	isCommentRow,
	LOOKED_AT,
	noHeader,
	recordNote,
	titleHint,
} from "./header.js";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const SAMPLE_CHARACTERS = 65_536;

/**
 * A CSV file with a header, as spreadsheet programs read and write it: a first line such as `sep=;` names the
 * delimiter, blank lines and lines of nothing but delimiters are left out, and so are empty cells beyond the header.
 */
export async function openCsv(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await findEncoding(path, options.encoding);
	const notes = encoding.note === undefined ? [] : [encoding.note];
	const sample = await sampleOf(path, encoding.name);
	const named = SEPARATOR_LINE.exec(sample);
	const delimiter =
		options.delimiter ??
		named?.[1] ??
		guessDelimiter(sample, options.headerRow ?? 1);
	if (delimiter.length !== 1)
		throw new TablesError(
			"bad_argument",
			`\`delimiter\` must be one character, not ${JSON.stringify(delimiter)}`,
		);
	if (options.delimiter === undefined && named === null)
		notes.push(...tieNotes(sample, delimiter, options.headerRow ?? 1));
	if (options.delimiter === undefined && delimiter !== ",")
		notes.push(`read with the delimiter ${JSON.stringify(delimiter)}`);
	const skipped = named?.[0] ?? "";
	const records = (by = delimiter, onBlank?: (line: number) => void) =>
		readable(
			csvRecords(
				withoutFirst(decoded(path, encoding.name), skipped.length),
				by,
				named === null ? 1 : 2,
				onBlank,
			),
		);
	const { header, behind } = await beginning(records(), options.headerRow);
	if (header === undefined) throw noHeader(options.headerRow, "the file");
	if (header.problem !== undefined)
		throw new TablesError(
			"bad_argument",
			`line ${header.line} must name the columns, and it ${header.problem}`,
			{ next: "Correct its quotes, or pass `header_row` or `delimiter`." },
		);
	const columns = columnNames(header.cells, notes);
	// A title or a comment does not show the delimiter of the file.
	const isShown = columns.length > 1 && !isCommentRow(header);
	const other =
		isShown || options.delimiter !== undefined || named !== null
			? delimiter
			: guessDelimiter(withoutComments(sample, header.line), 1);
	const hint = titleHint(
		header,
		other === delimiter
			? behind
			: (await beginning(records(other), header.line)).behind,
	);
	const record = recordNote(header, behind);
	if (record !== undefined) notes.push(record);
	const names = { columns, cells: header.cells.length };
	let blankRows = 0;
	let found = new ShortenedNumbers();
	return {
		format: "csv",
		columns,
		notes: hint === undefined ? notes : [...notes, hint],
		...defined({ hint }),
		blankRows: () => blankRows,
		cellNotes: () => found.notes(columns),
		async *rows(fromRecord) {
			let [record, blank] = [0, 0];
			const shortened = new ShortenedNumbers();
			const read = records(delimiter, (line) => {
				if (line > header.line) blank++;
			});
			for await (const some of read)
				for (const one of some) {
					if (one.line <= header.line) continue;
					shortened.see(one);
					if (record >= fromRecord) yield csvRow(record, one, names);
					record++;
				}
			blankRows = blank;
			found = shortened;
		},
	};
}

/** As spreadsheet programs show whole numbers of 12 digits and more in a narrow column, and save them in a CSV. */
const SHORTENED = /^-?[1-9](?:[.,]\d{1,9})?E\+(\d{2,3})$/;

/** Numbers of which a spreadsheet program has saved the first digits only. */
class ShortenedNumbers {
	readonly #found = new Map<
		number,
		{ count: number; readonly line: number; readonly first: string }
	>();

	see({ line, cells }: CsvRecord): void {
		for (let column = 0; column < cells.length; column++) {
			const cell = cells[column] as string;
			if (cell.length > 20 || !cell.includes("E+")) continue;
			const match = SHORTENED.exec(cell.trim());
			if (match === null || Number(match[1]) < 11) continue;
			const found = this.#found.get(column);
			if (found === undefined)
				this.#found.set(column, { count: 1, line, first: cell.trim() });
			else found.count++;
		}
	}

	notes(columns: readonly string[]): readonly string[] {
		return [...this.#found].flatMap(([column, { count, line, first }]) => {
			const name = columns[column];
			return name === undefined
				? []
				: [
						`column ${quoted(name)}: ${count === 1 ? "1 number" : `${count} numbers`} of 12 digits and more in short form, the first on line ${line} (${first}): spreadsheet programs save what they show, so that the other digits are lost; where they are ids, take them from their source as text`,
					];
		});
	}
}

/** Rows that begin with # among which the first that does not is looked for. */
const MOST_COMMENTS = 500;

/** The header and what comes right behind it; of comments, also what comes behind these. */
async function beginning(
	records: AsyncIterable<readonly CsvRecord[]>,
	headerRow: number | undefined,
): Promise<{
	readonly header: CsvRecord | undefined;
	readonly behind: readonly CsvRecord[];
}> {
	const behind: CsvRecord[] = [];
	let header: CsvRecord | undefined;
	for await (const found of records) {
		for (const record of found) {
			if (record.line < (headerRow ?? 1)) continue;
			if (header !== undefined) behind.push(record);
			else if (headerRow === undefined || record.line === headerRow)
				header = record;
			else return { header, behind };
		}
		const most = behind.every(isCommentRow) ? MOST_COMMENTS : LOOKED_AT;
		if (behind.length >= most) break;
	}
	const comments = behind.findIndex((row) => !isCommentRow(row));
	return { header, behind: behind.slice(0, LOOKED_AT + Math.max(0, comments)) };
}

/** The lines of a text behind this one, but for the comments right behind it. */
function withoutComments(sample: string, line: number): string {
	const lines = sample.split(/\r\n|\r|\n/).slice(line);
	const first = lines.findIndex(
		(text) => text.trim() !== "" && !text.trimStart().startsWith("#"),
	);
	return lines.slice(Math.max(0, first)).join("\n");
}

/** The columns, and the cells of the row that names them: the last may have no name. */
interface HeaderOf {
	readonly columns: readonly string[];
	readonly cells: number;
}

function csvRow(
	record: number,
	{ line, cells, problem }: CsvRecord,
	{ columns, cells: inHeader }: HeaderOf,
): FileRow {
	if (problem !== undefined) return { record, line, cells: {}, problem };
	const row = { record, line, cells: cellsByName(columns, cells) };
	const wrong = wrongCells(cells, columns.length, inHeader);
	return wrong === undefined ? row : { ...row, problem: wrong };
}

/** What is wrong with the number of cells of a row; undefined: nothing, or what is too much is empty. */
function wrongCells(
	cells: readonly string[],
	named: number,
	inHeader: number,
): string | undefined {
	if (cells.length < named)
		return `has ${cellCount(cells)}, the header names ${named === 1 ? "1 column" : `${named} columns`}`;
	const surplus = cells.findIndex(
		(cell, index) => index >= named && cell.trim() !== "",
	);
	if (surplus < 0) return undefined;
	return surplus < inHeader
		? `has a value in cell ${surplus + 1}, and the header has no name for that column: name it there, or empty the cell`
		: `has ${cellCount(cells)}, the header has ${inHeader}`;
}

function cellCount({ length }: readonly string[]): string {
	return length === 1 ? "1 cell" : `${length} cells`;
}

/** How spreadsheet programs say which delimiter follows. */
const SEPARATOR_LINE = /^"?sep=([^\r\n])"?(?:\r\n|\r|\n)/i;

/** @throws TablesError where the file cannot be read on, which the person who named it can see to. */
async function* readable(
	records: AsyncIterable<readonly CsvRecord[]>,
): AsyncIterable<readonly CsvRecord[]> {
	try {
		yield* records;
	} catch (cause) {
		if (cause instanceof TablesError) throw cause;
		throw new TablesError(
			"bad_argument",
			`the CSV cannot be read: ${(cause as Error).message}`,
			{ cause },
		);
	}
}

/** The text without its first characters. */
async function* withoutFirst(
	parts: AsyncIterable<string>,
	count: number,
): AsyncIterable<string> {
	let left = count;
	for await (const part of parts) {
		yield left < part.length ? part.slice(left) : "";
		left = Math.max(0, left - part.length);
	}
}

async function sampleOf(path: string, encoding: string): Promise<string> {
	let sample = "";
	for await (const part of decoded(path, encoding)) {
		sample += part;
		if (sample.length >= SAMPLE_CHARACTERS) break;
	}
	return sample;
}

/**
 * The delimiter that splits the first lines evenly into the most columns; where none does so evenly, the one that
 * splits the first line into the most; a comma where none splits it.
 */
function guessDelimiter(sample: string, headerRow: number): string {
	const lines = linesToSplit(sample, headerRow);
	let best: Split = { delimiter: ",", count: 0, even: false };
	for (const delimiter of DELIMITERS) {
		const split = splitBy(delimiter, lines);
		if (
			split.count > 0 &&
			((split.even && !best.even) ||
				(split.even === best.even && split.count > best.count))
		)
			best = split;
	}
	return best.delimiter;
}

/** Which others would have split the file as well as the delimiter that was taken. */
function tieNotes(
	sample: string,
	delimiter: string,
	headerRow: number,
): readonly string[] {
	const lines = linesToSplit(sample, headerRow);
	const taken = splitBy(delimiter, lines);
	const equal = DELIMITERS.filter((other) => {
		const split = splitBy(other, lines);
		return (
			other !== delimiter &&
			split.count > 0 &&
			split.count === taken.count &&
			split.even === taken.even
		);
	});
	return equal.length === 0
		? []
		: [
				`the columns were split at ${JSON.stringify(delimiter)}; ${equal.map((one) => JSON.stringify(one)).join(" and ")} would give as many: if that is meant, pass \`delimiter\``,
			];
}

/** How a delimiter splits some lines. */
interface Split {
	readonly delimiter: string;
	/** How often it is in the first line. */
	readonly count: number;
	/** Is it in all lines but the last as often? */
	readonly even: boolean;
}

function splitBy(delimiter: string, lines: readonly string[]): Split {
	const counts = lines.map((line) => line.split(delimiter).length - 1);
	const [count = 0] = counts;
	const even = counts.slice(0, -1).every((one) => one === count);
	return { delimiter, count, even };
}

/** The first lines, without what is quoted. */
function linesToSplit(sample: string, headerRow: number): readonly string[] {
	return sample
		.split(/\r\n|\r|\n/)
		.slice(headerRow - 1)
		.join("\n")
		.replace(/(?<![^,;\t|\n])"(?:[^"]|"")*"/g, "")
		.split("\n")
		.filter((line) => line !== "")
		.slice(0, 20);
}
