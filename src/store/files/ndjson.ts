import type { ReadOptions, RowFile } from "../../core/contract/files.js";
import { decoded, jsonEncoding } from "./encoding.js";
import { openJson } from "./json.js";
import { type JsonRecord, objectFile, recordOfText } from "./json-records.js";
import { MOST_LINE_CHARACTERS } from "./limits.js";

/** One JSON object a line; what is written as a list, or over several lines, is read as such and noted. */
export async function openNdjson(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await jsonEncoding(path, options.encoding);
	if (await isOneText(path, encoding.name)) {
		const file = await openJson(path, options);
		const note =
			"read as one JSON text, because its first line is not an object";
		return { ...file, notes: [...file.notes, note] };
	}
	return objectFile(
		"ndjson",
		encoding.note === undefined ? [] : [encoding.note],
		() => parseNdjson(path, encoding.name),
	);
}

/** Does the file begin with a list, or with an object that its first line does not end? */
async function isOneText(path: string, encoding: string): Promise<boolean> {
	for await (const part of decoded(path, encoding)) {
		const start = part.trimStart();
		if (start !== "") return /^(?:\[|\{[ \t]*\r?\n)/.test(start);
	}
	return false;
}

async function* parseNdjson(
	path: string,
	encoding: string,
): AsyncIterable<JsonRecord> {
	let line = 0;
	for await (const text of linesOf(decoded(path, encoding))) {
		line++;
		if (text?.trim() === "") continue;
		yield recordOfText(text, line);
	}
}

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
