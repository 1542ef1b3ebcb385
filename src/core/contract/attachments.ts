import type { CallContext } from "./call-context.js";
import type { Attachment, Field } from "./field.js";
import type { Table } from "./table.js";

/** Files in cells. Writing the cell is `updateBatch`'s: these move the bytes. */
export interface FileMethods {
	/** Largest file in bytes that the vendor takes; the core refuses larger ones before anything is sent. */
	readonly maxFileBytes: number;
	/**
	 * Sends one file; the answer's `token` is what a cell of `field` names it by. `progress` is called with the bytes
	 * sent so far.
	 * @throws TablesError too_large where the vendor refuses the size, limit_reached where its store is full; else as any
	 * write.
	 */
	uploadFile(
		table: Table,
		field: Field,
		file: FileSource,
		context: CallContext,
		progress: (bytes: number) => void,
	): Promise<Attachment & { readonly token: string }>;
	/**
	 * A link that opens without a credential, for a while; undefined = the vendor has none for this file.
	 * Absent: no file has such a link; its bytes can be downloaded.
	 * @throws TablesError not_found for a file that is gone; else as any read.
	 */
	readFileLink?(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<string | undefined>;
	/**
	 * The bytes, in chunks as they arrive; the stream throws where the connection breaks.
	 * @throws TablesError not_found for a file that is gone, not_allowed where its link leads to a place that is not
	 * followed; else as any read.
	 */
	downloadFile(
		table: Table,
		cell: FileCell,
		context: CallContext,
	): Promise<AsyncIterable<Uint8Array>>;
}

/** A file to send: read as often as a repeat needs it. */
export interface FileSource {
	/** Without its folder. */
	readonly name: string;
	/** Bytes. */
	readonly size: number;
	/** MIME type by the name's ending; `application/octet-stream` where that is not known. */
	readonly type: string;
	/**
	 * Bytes from `start` up to but without `end`, never past the end of the file.
	 * @throws what the file system throws, such as ENOENT for a file that is gone: the server reports it as a failure of this machine.
	 */
	read(start: number, end: number): Promise<Uint8Array>;
}

/** A file where it lies. */
export interface FileCell {
	/** The attachment field. */
	readonly field: Field;
	/** Record id. */
	readonly record: string;
	/** As the cell was read a moment ago: its `token` and `url` may be short-lived. */
	readonly attachment: Attachment;
}
