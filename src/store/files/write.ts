import { randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import type { RowWriter } from "../../core/contract/files.js";
import { jsonLine } from "../../core/values/json-line.js";

const FLUSH_CHARACTERS = 65_536;

/** A name that no other writer and no link has. */
export function partOf(path: string): string {
	return `${path}.${randomUUID()}.part`;
}

/** Writes to a file beside the target that takes its name at the end, so that a half-written file is never seen. */
async function partFile(path: string): Promise<{
	readonly handle: FileHandle;
	finish(): Promise<number>;
	abandon(): Promise<void>;
}> {
	const part = partOf(path);
	const handle = await open(part, "wx", 0o600);
	return {
		handle,
		async finish() {
			await handle.sync();
			await handle.close();
			await rename(part, path);
			return (await stat(path)).size;
		},
		async abandon() {
			await handle.close().catch(() => {});
			await rm(part, { force: true });
		},
	};
}

async function textWriter(
	path: string,
	head: string,
	line: (row: readonly unknown[]) => string,
): Promise<RowWriter> {
	const file = await partFile(path);
	let pending = head;
	const flush = async () => {
		await file.handle.appendFile(pending);
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
): Promise<RowWriter> {
	const line = (row: readonly unknown[]) => `${row.map(csvCell).join(",")}\r\n`;
	return textWriter(path, `\ufeff${line(columns)}`, line);
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
): Promise<RowWriter> {
	return textWriter(
		path,
		"",
		(row) =>
			`${jsonLine(Object.fromEntries(columns.flatMap((name, index) => (row[index] === null || row[index] === undefined ? [] : [[name, row[index]]]))))}\n`,
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
): Promise<RowWriter> {
	const { writeXlsxStream } = await import("hucre/xlsx");
	const file = await partFile(path);
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
			await file.handle.write(chunk);
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
