import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { decoded, findEncoding } from "./encoding.js";
import { checkColumns, MOST_LINE_CHARACTERS } from "./limits.js";

const DELIMITERS = [",", ";", "\t", "|"] as const;
const SAMPLE_CHARACTERS = 65_536;

interface Parsed {
	readonly info: { readonly lines: number };
	readonly record: readonly string[];
	readonly raw: string;
}

/** A CSV file with a header. Quoted line breaks, CRLF, LF and CR; blank lines are left out; ragged rows are problems. */
export async function openCsv(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await findEncoding(path, options.encoding);
	const notes = encoding.note === undefined ? [] : [encoding.note];
	const delimiter =
		options.delimiter ?? (await guessDelimiter(path, encoding.name));
	if (delimiter.length !== 1)
		throw new TablesError(
			"bad_argument",
			`\`delimiter\` must be one character, not ${JSON.stringify(delimiter)}`,
		);
	if (options.delimiter === undefined && delimiter !== ",")
		notes.push(`read with the delimiter ${JSON.stringify(delimiter)}`);
	const records = () => parseCsv(path, encoding.name, delimiter);
	let header: readonly string[] | undefined;
	for await (const { record } of records()) {
		header = record;
		break;
	}
	if (header === undefined)
		throw new TablesError(
			"bad_argument",
			"the file is empty: its first line must name the columns",
		);
	const columns = columnNames(header, notes);
	return {
		format: "csv",
		columns,
		notes,
		async *rows(fromRecord) {
			let record = -2;
			let pairs = 0;
			for await (const { record: cells, info, raw } of records()) {
				record++;
				const inside = breaksInside(raw);
				const line = info.lines - inside.characters - pairs;
				pairs += inside.pairs;
				if (record < Math.max(0, fromRecord)) continue;
				yield csvRow(record, line, cells, columns);
			}
		},
	};
}

function csvRow(
	record: number,
	line: number,
	cells: readonly string[],
	columns: readonly string[],
): FileRow {
	const row = {
		record,
		line,
		cells: Object.fromEntries(
			columns.map((name, index) => [name, cells[index] ?? ""]),
		),
	};
	return cells.length === columns.length
		? row
		: {
				...row,
				problem: `has ${cells.length} cells, the header has ${columns.length}`,
			};
}

/**
 * Line breaks in the quotes of a record. The parser counts a CRLF there as two lines, and gives blank lines before
 * a record as part of it; the line meant here is the one on which the record begins.
 */
function breaksInside(raw: string): {
	readonly characters: number;
	readonly pairs: number;
} {
	const isBreak = (at: number) => {
		const code = raw.charCodeAt(at);
		return code === 13 || code === 10;
	};
	let [from, to] = [0, raw.length];
	while (from < to && isBreak(from)) from++;
	while (to > from && isBreak(to - 1)) to--;
	let [characters, pairs] = [0, 0];
	for (let at = from; at < to; at++) {
		if (!isBreak(at)) continue;
		characters++;
		if (raw[at] === "\n" && at > from && raw[at - 1] === "\r") pairs++;
	}
	return { characters, pairs };
}

/** Names of the columns; blank and repeated ones are given a name of their own and noted. */
export function columnNames(
	header: readonly string[],
	notes: string[],
): readonly string[] {
	checkColumns(header.length);
	const seen = new Set<string>();
	return header.map((cell, index) => {
		let name = cell.trim();
		if (name === "") {
			name = `column ${index + 1}`;
			notes.push(
				`column ${index + 1} has no name in the header: it is called "${name}"`,
			);
		}
		if (seen.has(name)) {
			const first = name;
			for (let number = 2; seen.has(name); number++)
				name = `${first} (${number})`;
			notes.push(
				`the header names "${first}" twice: the later one is called "${name}"`,
			);
		}
		seen.add(name);
		return name;
	});
}

async function* parseCsv(
	path: string,
	encoding: string,
	delimiter: string,
): AsyncIterable<Parsed> {
	const source = Readable.from(decoded(path, encoding));
	const parser = source.pipe(
		parse({
			delimiter,
			bom: true,
			info: true,
			raw: true,
			relax_column_count: true,
			skip_empty_lines: true,
			max_record_size: MOST_LINE_CHARACTERS,
			record_delimiter: ["\r\n", "\n", "\r"],
		}),
	);
	// A pipe passes on what is read, not why it broke off.
	source.once("error", (error) => parser.destroy(error));
	try {
		for await (const parsed of parser) yield parsed as Parsed;
	} catch (cause) {
		if (cause instanceof TablesError) throw cause;
		const { lines } = cause as { lines?: number };
		throw new TablesError(
			"bad_argument",
			`the CSV cannot be read${lines === undefined ? "" : ` at line ${lines}`}: ${(cause as Error).message}`,
			{
				next: "Look at the quotes there, or pass `delimiter` and `encoding`.",
				cause,
			},
		);
	} finally {
		source.destroy();
	}
}

/**
 * The delimiter that splits the first lines evenly into the most columns; where none does so evenly, the one that
 * splits the first line into the most; a comma where none splits it.
 */
async function guessDelimiter(path: string, encoding: string): Promise<string> {
	let sample = "";
	for await (const part of decoded(path, encoding)) {
		sample += part;
		if (sample.length >= SAMPLE_CHARACTERS) break;
	}
	const lines = sample
		.replace(/"(?:[^"]|"")*"/g, "")
		.split(/\r\n|\r|\n/)
		.filter((line) => line !== "")
		.slice(0, 20);
	let best = { delimiter: ",", count: 0, even: false };
	for (const delimiter of DELIMITERS) {
		const counts = lines.map((line) => line.split(delimiter).length - 1);
		const [first = 0] = counts;
		const even = counts.slice(0, -1).every((count) => count === first);
		if (
			first > 0 &&
			((even && !best.even) || (even === best.even && first > best.count))
		)
			best = { delimiter, count: first, even };
	}
	return best.delimiter;
}
