import { TablesError } from "../../core/contract/errors.js";
import type {
	FileRow,
	ReadOptions,
	RowFile,
} from "../../core/contract/files.js";
import { decoded, findEncoding } from "./encoding.js";

/** One JSON object a line. Its columns are the names of all records, also of the last. */
export async function openNdjson(
	path: string,
	options: ReadOptions,
): Promise<RowFile> {
	const encoding = await findEncoding(path, options.encoding);
	const read = () => parseNdjson(path, encoding.name);
	const columns = new Set<string>();
	let empty = true;
	for await (const { cells } of read()) {
		for (const name of Object.keys(cells)) columns.add(name);
		empty = false;
	}
	if (empty)
		throw new TablesError(
			"bad_argument",
			"the file is empty: it must hold one JSON object a line",
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
	let rest = "";
	let line = 0;
	let record = 0;
	const take = (text: string): FileRow | undefined => {
		line++;
		if (text.trim() === "") return undefined;
		return { record: record++, line, ...objectOf(text) };
	};
	for await (const part of decoded(path, encoding)) {
		const lines = (rest + part).split("\n");
		rest = lines.pop() ?? "";
		for (const text of lines) {
			const row = take(text);
			if (row !== undefined) yield row;
		}
	}
	const row = rest === "" ? undefined : take(rest);
	if (row !== undefined) yield row;
}

function objectOf(text: string): Pick<FileRow, "cells" | "problem"> {
	try {
		const parsed = JSON.parse(text) as unknown;
		if (
			typeof parsed === "object" &&
			parsed !== null &&
			!Array.isArray(parsed)
		) {
			const { fields } = parsed as { fields?: unknown };
			const cells =
				typeof fields === "object" &&
				fields !== null &&
				!Array.isArray(fields) &&
				Object.keys(parsed).every((key) => key === "fields" || key === "id")
					? fields
					: parsed;
			return { cells: cells as Record<string, unknown> };
		}
		return { cells: {}, problem: "is not a JSON object" };
	} catch (error) {
		return { cells: {}, problem: `is not JSON: ${(error as Error).message}` };
	}
}
