import type { FileSource } from "./attachments.js";
import type { Running } from "./running.js";

export type FileFormat = "csv" | "ndjson" | "xlsx";

export interface ReadOptions {
	readonly sheet?: string;
	/** One character; absent = guessed. */
	readonly delimiter?: string;
	/** Absent = found out. */
	readonly encoding?: string;
}

/** One record of a file: its cells by column name, or what is wrong with its form. */
export interface FileRow {
	/** From 0, over all records of the file, bad ones included. */
	readonly record: number;
	/** Physical line of its beginning, from 1; in a spreadsheet the row. */
	readonly line: number;
	readonly cells: Readonly<Record<string, FileCell>>;
	readonly problem?: string;
}

/** Text of a CSV; of the other formats also numbers, booleans, lists, objects. A spreadsheet's date is wall-clock text. */
export type FileCell = unknown;

/** A file of records, opened: can be read again from any record. */
export interface RowFile {
	readonly format: FileFormat;
	readonly columns: readonly string[];
	/** Encoding, delimiter, sheet: what was found out. */
	readonly notes: readonly string[];
	rows(fromRecord: number): AsyncIterable<FileRow>;
}

/** A file that is being written; it appears under its name only when finished. */
export interface RowWriter {
	write(row: readonly unknown[]): Promise<void>;
	/** Bytes of the finished file. */
	finish(): Promise<number>;
	abandon(): Promise<void>;
}

/** Files of the one allowed folder. Every path is checked against it, links resolved. */
export interface Files {
	/** Absolute path inside the folder. @throws TablesError not_found, not_allowed */
	existing(path: string): Promise<string>;
	/** Absolute path for a new file; asks before an existing one is overwritten. */
	target(path: string, running: Running, confirm?: string): Promise<string>;
	/** Absolute path for a file that the server itself names; an older one of that name is replaced. */
	ownFile(path: string): Promise<string>;
	openRows(path: string, options: ReadOptions): Promise<RowFile>;
	/** A copy that stays the same while an import may be resumed; `name` of the copy and the hash of its bytes. */
	keep(
		path: string,
		change: string,
		/** Copies that were made before this time go. */
		oldestMs?: number,
	): Promise<{ readonly file: string; readonly hash: string }>;
	drop(kept: string): Promise<void>;
	writeRows(
		path: string,
		format: FileFormat,
		columns: readonly string[],
	): Promise<RowWriter>;
	source(path: string): Promise<FileSource>;
	/** Writes a download; answers its bytes. */
	save(path: string, bytes: AsyncIterable<Uint8Array>): Promise<number>;
	readonly folder: string;
}

/** The format that a name's ending says. */
export function formatOf(path: string): FileFormat | undefined {
	const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
	if (ending === "csv" || ending === "tsv" || ending === "txt") return "csv";
	if (ending === "ndjson" || ending === "jsonl") return "ndjson";
	return ending === "xlsx" ? "xlsx" : undefined;
}
