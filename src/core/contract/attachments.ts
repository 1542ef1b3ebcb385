import type { CallContext } from "./call-context.js";
import type { Attachment, Field } from "./field.js";
import type { Table } from "./table.js";

export interface FileMethods {
	/** Largest file in bytes that the vendor takes. */
	readonly maxFileBytes: number;
	/** Sends one file; the answer's `token` goes into a cell. */
	uploadFile(
		table: Table,
		field: Field,
		file: FileSource,
		context: CallContext,
		progress: (bytes: number) => void,
	): Promise<Attachment & { readonly token: string }>;
	/** A link that opens without a credential, where the vendor has one. */
	readFileLink?(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<string | undefined>;
	/** The bytes, streamed. */
	downloadFile(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<AsyncIterable<Uint8Array>>;
}

/** A file to send: read as often as a repeat needs it. */
export interface FileSource {
	readonly name: string;
	readonly size: number;
	readonly type: string;
	/** Bytes from `start` up to but without `end`. */
	read(start: number, end: number): Promise<Uint8Array>;
}

export interface FileCell {
	readonly field: Field;
	readonly record: string;
	readonly attachment: Attachment;
}
