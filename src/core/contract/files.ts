import type { FileSource } from "./attachments.js";
import type { Running } from "./running.js";

/** The column of an export that holds the ids of records; as with `$created_at`, no field is called so. */
export const ID_COLUMN = "$id";

/** A form in which records lie in a file. */
export type FileFormat = "csv" | "ndjson" | "xlsx";

/** What a sheet of a spreadsheet holds at most; programs call a file with more damaged. */
export const SPREADSHEET = {
	/** The header is one of them. */
	rows: 1_048_576,
	/** Of a cell. */
	characters: 32_767,
	/** Cells that lead to an address. */
	links: 65_530,
	/** Of an address. */
	linkCharacters: 2_079,
} as const;

/** How people are to see a column of a spreadsheet. Texts stay texts in each of them. */
export type ColumnLook =
	/** Each value as it is; of `day` and `moment` wall-clock text becomes a date, of `percent` numbers are fractions. */
	| { readonly as: "general" | "percent" | "day" | "moment" }
	/** Numbers in this format, such as `#,##0.00`. */
	| { readonly as: "number"; readonly format: string }
	/** Money; `currency` is a code or a sign, undefined where it is not known. */
	| { readonly as: "currency"; readonly currency: string | undefined };

/** A sheet of a spreadsheet that is to be written. */
export interface SheetLook {
	/** As `sheetName` makes it. */
	readonly name: string;
	/** In the order of the columns. */
	readonly looks: readonly ColumnLook[];
}

/** What a person knows about a file of records that its bytes do not show. */
export interface ReadOptions {
	/**
	 * Of a spreadsheet, hidden or not. Absent: the first sheet that is not hidden. Where there are several, the notes
	 * name the one that was read and the others.
	 */
	readonly sheet?: string;
	/** From 1: the row of a CSV or spreadsheet that names the columns. Absent: the first that is not blank. */
	readonly headerRow?: number;
	/** What the person calls the file, for messages. Absent: as in its path. */
	readonly name?: string;
	/** One character, of a CSV. Absent: guessed from the first lines, and noted where it is not a comma. */
	readonly delimiter?: string;
	/** Of a CSV. Absent: found out by its bytes, and noted where it is not UTF-8. */
	readonly encoding?: string;
}

/** One record of a file: its cells by column name, or what is wrong with its form. */
export interface FileRow {
	/** From 0, over all records of the file, bad ones included. */
	readonly record: number;
	/** Physical line of its beginning, from 1; in a spreadsheet the row. */
	readonly line: number;
	/** By the column's name as the header has it; a column that the record lacks has no key. */
	readonly cells: Readonly<Record<string, SourceCell>>;
	/** Why the record cannot be read; its cells are not to be used. Absent: it can. */
	readonly problem?: string;
}

/** What a cell of a spreadsheet is besides its value. */
interface Seen {
	/** What a person sees; asked for only where it is needed. Absent: the value as text. */
	readonly shown?: () => string;
	/** The same without the units and words that stand beside its number. Absent: there are none. */
	readonly bare?: () => string;
	/** The unit or currency of its number. Absent: it has none. */
	readonly unit?: string | undefined;
	/** What it holds, if that is more than a person sees: more digits, or a day. Absent: it holds no more than that. */
	readonly whole?: () => string | undefined;
	/** Its number is shown in percent: 2 as 200 %. Absent: it is not. */
	readonly inPercent?: boolean;
	/** Texts among or right beside its digits make of them another number, or none: 12345 as 123.45. Absent: none do. */
	readonly masked?: boolean;
	/** Where it leads to. Absent: it is not a link. */
	readonly link?: string;
	/** Why it holds nothing that can be taken, such as an error: a sentence that names the cell. Absent: it does. */
	readonly problem?: string;
}

/**
 * A cell of a spreadsheet in which a person sees something else than its value, or nothing that can be taken; also a
 * number of JSON that is written in another way than its value, such as 1.10. A number field takes the value, so does a
 * date field, a url field the link, and all others what is shown.
 */
export class SheetCell {
	/** A number or a text. */
	readonly value: unknown;
	readonly #seen: Seen;

	/** @param seen what is more than the value as text. */
	constructor(value: unknown, seen: Seen) {
		this.value = value;
		this.#seen = seen;
	}

	/** What a person sees. */
	get shown(): string {
		return this.#seen.shown?.() ?? String(this.value);
	}

	/** The same without the units and words that stand beside its number. */
	get bare(): string {
		return this.#seen.bare?.() ?? this.shown;
	}

	/** The unit or currency of its number, by its format. undefined: it has none. */
	get unit(): string | undefined {
		return this.#seen.unit;
	}

	/** What it holds, where a person sees less: fewer digits, or a time without its day. undefined: nothing is left out. */
	get whole(): string | undefined {
		return this.#seen.whole?.();
	}

	/** The same cell, which leads somewhere. */
	leadingTo(link: string): SheetCell {
		return new SheetCell(this.value, { ...this.#seen, link });
	}

	/** Is its number shown in percent? Then it is a fraction: 2 is 200 %, whatever else a 2 may mean. */
	get inPercent(): boolean {
		return this.#seen.inPercent ?? false;
	}

	/** Do texts among or right beside its digits make of them another number, or none, as 12345 is shown as 123.45? */
	get isMasked(): boolean {
		return this.#seen.masked ?? false;
	}

	/** Where it leads to. undefined: it is not a link. */
	get link(): string | undefined {
		return this.#seen.link;
	}

	/** Why it holds nothing that can be taken; only where its column is used does that count. undefined: it does. */
	get problem(): string | undefined {
		return this.#seen.problem;
	}
}

/** Text of a CSV; a `SheetCell` of a spreadsheet, or of a number of JSON; of the other formats also numbers, booleans, lists, objects. A spreadsheet's date is wall-clock text. */
type SourceCell = unknown;

/** A file of records, opened: can be read again from any record. */
export interface RowFile {
	/** By the name's ending, and by what is in it. */
	readonly format: FileFormat | "json";
	/** In the order of the file. */
	readonly columns: readonly string[];
	/** How many records have a value in a column. Absent: they were not counted. */
	readonly filled?: ReadonlyMap<string, number>;
	/** Are there cells that hold more than a person sees in them: an address, digits, a day? Absent: there are none. */
	readonly holdsMore?: boolean;
	/** Encoding, delimiter, sheet: what was found out. */
	readonly notes: readonly string[];
	/** Why its columns may not be what they seem, and what to do. Absent: they look well. */
	readonly hint?: string;
	/** Rows of nothing but empty cells, which are left out; counted when `rows` came to the end. Absent: there are none. */
	blankRows?(): number;
	/** What cells of it may have lost before, known when `rows` came to the end. Absent: nothing is looked for. */
	cellNotes?(): readonly string[];
	/**
	 * Records from this index on, as a stream. A record that is damaged comes with its `problem`.
	 * @throws TablesError bad_argument, while it is read, where the rest of the file cannot be taken apart.
	 */
	rows(fromRecord: number): AsyncIterable<FileRow>;
}

/** A file that is being written; it appears under its name only when finished. */
export interface RowWriter {
	/**
	 * One row, in the order of the columns.
	 * @throws what the file system throws, such as ENOSPC: the server reports it as a failure of this machine; call `abandon` then.
	 */
	write(row: readonly unknown[]): Promise<void>;
	/**
	 * Gives the file its name; answers its bytes.
	 * @throws what the file system throws, such as ENOSPC: the server reports it as a failure of this machine; call `abandon` then.
	 */
	finish(): Promise<number>;
	/** Removes what was written. @throws what the file system throws, such as EACCES. */
	abandon(): Promise<void>;
}

/** How a file is to be written that may be there already. */
export interface TargetOptions {
	/** The call's `confirm`. Absent: it had none. */
	readonly confirm?: string | undefined;
	/** Of a workbook that keeps its others. Absent: the whole file is written. */
	readonly sheet?: string | undefined;
	/**
	 * Nothing is replaced but what this server wrote and nobody changed since: a workbook tells that by itself, any other
	 * file only for as long as this process lives. Absent: whatever a person agrees to.
	 */
	readonly onlyOwn?: boolean;
}

/** Where a file is to be written, as `Files.target` answered it. */
export interface Target {
	/** Absolute. */
	readonly path: string;
	/** Nothing had the name, and nobody was asked: nothing may be overwritten. */
	readonly isNew: boolean;
	/** Sheets of the workbook that is overwritten whole. Absent: it is not one, or has only one. */
	readonly gone?: readonly string[];
	/** Tells whether the workbook changes whose other sheets are kept. Absent: the whole file is written anew. */
	readonly stamp?: string;
	/**
	 * Tells whether the file that goes as a whole is still the one a person agreed to lose. Absent: there was none when
	 * they were asked.
	 */
	readonly agreed?: string;
}

/** Files of the one allowed folder. Every path is checked against it, links resolved. */
export interface Files {
	/**
	 * Absolute path of a file in the folder.
	 * @throws TablesError not_found with the files there are, not_allowed outside of the folder, bad_argument.
	 */
	existing(path: string): Promise<string>;
	/**
	 * Where a file is to be written; asks before an existing one is overwritten, and before one that another call of
	 * this process is just writing under a new name. Folders on the way are made.
	 * With `sheet` an existing workbook keeps its other sheets, and only a sheet that is called so is asked about.
	 * @throws TablesError declined, not_allowed outside of the folder and for a file that `onlyOwn` spares, bad_argument
	 * for a folder, and for a file to which no sheet can be added because this server did not write it; conflict where
	 * another call is writing it.
	 */
	target(
		path: string,
		running: Running,
		options?: TargetOptions,
	): Promise<Target>;
	/**
	 * Writes a CSV that nobody has asked for by its name, and so replaces nothing: where `path` is taken by anything but
	 * a part of what is written, it becomes `name-2.csv` and so on. Answers its absolute path.
	 * @throws TablesError bad_argument outside of the folder; broken or not_allowed where the disk refuses.
	 */
	writeAside(
		path: string,
		columns: readonly string[],
		rows: Iterable<readonly unknown[]>,
	): Promise<string>;
	/**
	 * A file of records, by an absolute path from `existing` or `keep`.
	 * A sheet is gone through from end to end first: of one that is damaged nothing is given, so that no part of it is
	 * taken for the whole.
	 * @throws TablesError bad_argument for an ending, an encoding, a sheet or a header that cannot be read; of a damaged
	 * sheet it names the cell, or the last row that could be read.
	 * @throws TablesError too_large for a part or a cell of a spreadsheet that is.
	 */
	openRows(path: string, options: ReadOptions): Promise<RowFile>;
	/**
	 * A copy that stays the same while an import may be resumed; the path of the copy and the hash of its bytes.
	 * Copies that were made before `oldestMs` go.
	 * @throws what the file system throws, such as ENOSPC: the server reports it as a failure of this machine.
	 */
	keep(
		path: string,
		change: string,
		oldestMs?: number,
	): Promise<{ readonly file: string; readonly hash: string }>;
	/**
	 * The hash of a file's bytes, as `keep` answers it of its copy.
	 * @throws what the file system throws, such as EACCES: the server reports it as a failure of this machine.
	 */
	hashOf(path: string): Promise<string>;
	/** Where a copy that `keep` made is now: the folder of copies may have been moved since. */
	keptAt(kept: string): string;
	/**
	 * Is a copy that `keep` made still in the folder of copies?
	 * @throws what the file system throws where that cannot be told, such as EMFILE, or ENOENT of the whole folder.
	 */
	hasKept(kept: string): Promise<boolean>;
	/** Removes a copy that `keep` made; one that is gone already is fine. @throws what the file system throws, such as EACCES. */
	drop(kept: string): Promise<void>;
	/**
	 * Begins a file at a place from `target`. Where nothing had that name then and something has when the file is
	 * finished, or where the workbook that it is added to was changed, `finish` throws TablesError conflict, and what is
	 * there stays. A spreadsheet's cells are texts, numbers, booleans, and a `SheetCell` for a text that leads to an
	 * address. Absent `sheet`: it is called Records, and each value is as it is.
	 * @throws what the file system throws, such as EACCES: the server reports it as a failure of this machine.
	 */
	writeRows(
		target: Target,
		format: FileFormat,
		columns: readonly string[],
		sheet?: SheetLook,
	): Promise<RowWriter>;
	/**
	 * A file to upload, by an absolute path from `existing`.
	 * @throws what the file system throws for a file that is gone meanwhile: the server reports it as a failure of this machine.
	 */
	source(path: string): Promise<FileSource>;
	/**
	 * Writes a file under a name that comes from outside, whole or not at all, and replaces nothing: where the name is
	 * taken by anything but the same bytes, it becomes `name-2.png` and so on. The name is made one that every system
	 * takes. Adds the path to `taken`; what is in there is not shared, even for the same bytes. `bytes` is asked for once the place is known to be allowed.
	 * @throws TablesError not_allowed outside of the folder; what `bytes` throws, and what the file system throws.
	 */
	saveAside(
		wanted: {
			readonly folder: string;
			readonly name: string;
			readonly taken: Set<string>;
		},
		bytes: () => Promise<AsyncIterable<Uint8Array>>,
	): Promise<{ readonly path: string; readonly size: number }>;
	/** Absolute path, for messages. */
	readonly folder: string;
}

/**
 * The format that a name's ending says; undefined = none that holds records and can be written.
 * JSON that is not one object a line is read only, so that it is not among them.
 */
export function formatOf(path: string): FileFormat | undefined {
	const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
	if (ending === "csv" || ending === "tsv" || ending === "txt") return "csv";
	if (ending === "ndjson" || ending === "jsonl") return "ndjson";
	return ending === "xlsx" ? "xlsx" : undefined;
}
