import type { RowWriter } from "../../core/contract/files.js";
import { jsonLine } from "../../core/values/json-line.js";
import { isPartOf, type Place, partFile, placeFree } from "./part-file.js";

const FLUSH_CHARACTERS = 65_536;

async function textWriter(
	path: string,
	head: string,
	line: (row: readonly unknown[]) => string,
	place?: Place,
): Promise<RowWriter> {
	const file = await partFile(path, place);
	let pending = head;
	const flush = async () => {
		await file.write(pending);
		pending = "";
	};
	return {
		async write(row) {
			pending += line(row);
			if (pending.length >= FLUSH_CHARACTERS) await flush();
		},
		async finish() {
			await flush();
			return file.finish();
		},
		abandon: file.abandon,
	};
}

/** UTF-8 with a byte order mark, because Excel reads it right only then; lines end with CRLF (RFC 4180). */
export function csvWriter(
	path: string,
	columns: readonly string[],
	place?: Place,
): Promise<RowWriter> {
	const line = (row: readonly unknown[]) => `${row.map(csvCell).join(",")}\r\n`;
	return textWriter(path, `\ufeff${line(columns)}`, line, place);
}

/** A CSV at `path`, or at the first name after it that is free. Answers where. */
export async function csvAside(
	path: string,
	columns: readonly string[],
	rows: Iterable<readonly unknown[]>,
): Promise<string> {
	let placed = path;
	const writer = await csvWriter(path, columns, async (part) => {
		placed = await placeFree(part, path, (candidate) =>
			isPartOf(candidate, part),
		);
	});
	try {
		for (const row of rows) await writer.write(row);
		await writer.finish();
		return placed;
	} catch (error) {
		await writer.abandon();
		throw error;
	}
}

function csvCell(cell: unknown): string {
	if (cell === null || cell === undefined) return "";
	const text = typeof cell === "string" ? cell : String(cell);
	return /[",\r\n]|^\s|\s$/.test(text)
		? `"${text.replaceAll('"', '""')}"`
		: text;
}

export function ndjsonWriter(
	path: string,
	columns: readonly string[],
	place?: Place,
): Promise<RowWriter> {
	return textWriter(
		path,
		"",
		(row) =>
			`${jsonLine(Object.fromEntries(columns.flatMap((name, index) => (row[index] === null || row[index] === undefined ? [] : [[name, row[index]]]))))}\n`,
		place,
	);
}
