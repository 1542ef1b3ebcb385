import { randomUUID } from "node:crypto";
import { type FileHandle, lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TablesError } from "../../core/contract/errors.js";
import type { RowWriter } from "../../core/contract/files.js";
import { jsonLine } from "../../core/values/json-line.js";
import { failingAs, hasCode } from "../disk.js";
import { numberedName } from "./names.js";

const FLUSH_CHARACTERS = 65_536;

/** A name in the same folder that no other writer and no link has, and that is not longer than a name may be. */
function partOf(path: string): string {
	return join(dirname(path), `.${randomUUID()}.part`);
}

/** Puts a finished part under its name. */
type Place = (part: string) => Promise<void>;

/** Writes to a file beside the target that takes its name at the end, so that a half-written file is never seen. */
async function partFile(
	path: string,
	place: Place = (part) => rename(part, path),
): Promise<{
	write(bytes: string | Uint8Array): Promise<void>;
	finish(): Promise<number>;
	abandon(): Promise<void>;
}> {
	const part = partOf(path);
	const named = <T>(work: Promise<T>) => failingAs({ aside: part, path }, work);
	const handle = await named(open(part, "wx", 0o600));
	return {
		write: (bytes) => named(handle.appendFile(bytes)),
		async finish() {
			await named(handle.sync());
			// Once it has its name nothing may fail any more: the file is there.
			const { size } = await handle.stat();
			await handle.close();
			await named(place(part));
			return size;
		},
		async abandon() {
			await handle.close().catch(() => {});
			// The reason for giving up is reported; a partial file that stays is hidden and does no harm.
			await rm(part, { force: true }).catch(() => {});
		},
	};
}

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

/**
 * Bytes as a file at `path`, or at the first name after it that is free or has the same bytes and is not `taken`.
 * Answers where, and how many they are.
 */
export async function bytesAside(
	path: string,
	bytes: AsyncIterable<Uint8Array>,
	isTaken: (candidate: string) => boolean,
): Promise<{ readonly path: string; readonly size: number }> {
	let placed = path;
	const file = await partFile(path, async (part) => {
		placed = await placeFree(
			part,
			path,
			async (candidate) =>
				!isTaken(candidate) && (await isSame(candidate, part)),
		);
	});
	try {
		for await (const chunk of bytes) await file.write(chunk);
		const size = await file.finish();
		return { path: placed, size };
	} catch (error) {
		await file.abandon();
		throw error;
	}
}

/** Names that are tried for one file. */
const MAX_NUMBER = 1_000;

/**
 * Gives a part its name, or the first one like it that is free. `mayReplace`: is nothing lost where what has that name
 * goes?
 */
async function placeFree(
	part: string,
	path: string,
	mayReplace: (candidate: string) => Promise<boolean>,
): Promise<string> {
	for (let number = 1; number <= MAX_NUMBER; number++) {
		const candidate = join(dirname(path), numberedName(basename(path), number));
		if (await mayReplace(candidate)) {
			await rename(part, candidate);
			return candidate;
		}
		if (await placeAt(part, candidate)) return candidate;
	}
	throw new TablesError(
		"limit_reached",
		`there are ${MAX_NUMBER} files named like ${basename(path)} already`,
		{ next: "Choose another name." },
	);
}

/**
 * Gives a part a name that nothing had when it was begun.
 * @throws TablesError conflict where something has it now: nobody was asked whether that may go.
 */
export async function placeNew(part: string, path: string): Promise<void> {
	if (await placeAt(part, path)) return;
	throw new TablesError(
		"conflict",
		`another program or call made the file "${basename(path)}" meanwhile; it was left as it is`,
		{
			next: "Call again with another name, or with this one: then a person is asked whether it may be overwritten.",
		},
	);
}

/** Gives a part a name, unless something has it. */
async function placeAt(part: string, path: string): Promise<boolean> {
	if (!(await reserve(path))) return false;
	try {
		await rename(part, path);
		return true;
	} catch (error) {
		await rm(path, { force: true }).catch(() => {});
		throw error;
	}
}

/** Takes a name that nothing has, not even a link. */
async function reserve(path: string): Promise<boolean> {
	try {
		await (await open(path, "wx", 0o600)).close();
		return true;
	} catch (error) {
		if (hasCode(error, "EEXIST")) return false;
		throw error;
	}
}

/** Do two files hold the same, of which one is finished and not a link? */
async function isSame(path: string, other: string): Promise<boolean> {
	const [one, two] = await Promise.all(
		[path, other].map((file) => lstat(file).catch(() => undefined)),
	);
	return (
		one?.isFile() === true &&
		one.size === two?.size &&
		(await isPartOf(path, other))
	);
}

/** Does `whole` begin with all that the file of that name holds, so that nothing is lost with it? */
async function isPartOf(path: string, whole: string): Promise<boolean> {
	const info = await lstat(path).catch(() => undefined);
	// An empty one is a name that another has taken just now.
	if (info === undefined || !info.isFile() || info.size === 0) return false;
	const handles: FileHandle[] = [];
	try {
		for (const file of [path, whole]) handles.push(await open(file, "r"));
		for (let at = 0; at < info.size; at += COMPARED_BYTES) {
			const length = Math.min(COMPARED_BYTES, info.size - at);
			const [one, other] = await Promise.all(
				handles.map(async (handle) => {
					const { buffer, bytesRead } = await handle.read(
						Buffer.alloc(length),
						0,
						length,
						at,
					);
					return buffer.subarray(0, bytesRead);
				}),
			);
			if (one?.length !== length || !other?.equals(one)) return false;
		}
		return true;
	} catch {
		// What cannot be read is not known to be ours.
		return false;
	} finally {
		await Promise.allSettled(handles.map((handle) => handle.close()));
	}
}

const COMPARED_BYTES = 65_536;

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

/** Programs call a file with longer texts damaged. */
const XLSX_CHARACTERS = 32_767;

/** In a workbook `_x000D_` stands for a character; a text that happens to look so has its first mark escaped. */
function xlsxCell(cell: unknown): unknown {
	if (typeof cell === "string") {
		if (cell.length > XLSX_CHARACTERS)
			throw new TablesError(
				"too_large",
				`a cell has ${cell.length} characters, and a spreadsheet's holds ${XLSX_CHARACTERS}`,
				{ next: "Export as CSV or NDJSON, or leave that field out." },
			);
		return cell.replace(/_(?=x[0-9a-f]{4}_)/gi, "_x005F_");
	}
	return cell === undefined ? null : cell;
}

/** Rows are pulled by the library while they are pushed here: one waits for the other. */
export async function xlsxWriter(
	path: string,
	columns: readonly string[],
	place?: Place,
): Promise<RowWriter> {
	const { writeXlsxStream } = await import("hucre/xlsx");
	const file = await partFile(path, place);
	let give: ((row: readonly unknown[] | undefined) => void) | undefined;
	let taken: (() => void) | undefined;
	let next = new Promise<readonly unknown[] | undefined>((resolve) => {
		give = resolve;
	});
	const rows = async function* () {
		for (;;) {
			const row = await next;
			if (row === undefined) return;
			next = new Promise((resolve) => {
				give = resolve;
			});
			taken?.();
			yield row as (string | number | boolean | null)[];
		}
	};
	const stream = writeXlsxStream(rows(), {
		name: "Records",
		columns: columns.map((header) => ({ header: String(xlsxCell(header)) })),
		freezePane: { rows: 1 },
	});
	let failure: unknown;
	const written = (async () => {
		for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>)
			await file.write(chunk);
	})().catch((error: unknown) => {
		failure = error;
		taken?.();
	});
	return {
		async write(row) {
			if (failure !== undefined) throw failure;
			const cells = row.map(xlsxCell);
			const ready = new Promise<void>((resolve) => {
				taken = resolve;
			});
			give?.(cells);
			await ready;
			if (failure !== undefined) throw failure;
		},
		async finish() {
			give?.(undefined);
			await written;
			if (failure !== undefined) throw failure;
			return file.finish();
		},
		async abandon() {
			give?.(undefined);
			await written;
			await file.abandon();
		},
	};
}
