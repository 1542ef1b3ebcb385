import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type {
	FileMethods,
	FileSource,
} from "../../core/contract/attachments.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Attachment, Field } from "../../core/contract/field.js";
import type { Store } from "./store.js";

const MAX_FILE_BYTES = 1_073_741_824;
/** Read and written at once. */
const PART_BYTES = 1_048_576;

/** A file lies in the folder beside the store under its token; the store knows its name, size and type. */
export function fileMethods({ db, filesDir, newId }: Store): FileMethods {
	return {
		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile(_table, _field, source, { signal }, progress) {
			await mkdir(filesDir, { recursive: true, mode: 0o700 });
			const token = newId("fil");
			await copyFile(source, join(filesDir, token), signal, progress);
			const { name, size, type } = source;
			await db.write(() =>
				db.run(
					"INSERT INTO files (token, name, size, type) VALUES (?, ?, ?, ?)",
					[token, name, size, type],
				),
			);
			return { token, name, size, type, url: null };
		},
		async downloadFile(_table, { attachment: { token, name } }) {
			if (token === null || !/^fil[0-9A-Za-z]{20}$/.test(token))
				throw new TablesError(
					"not_found",
					`the attachment "${name}" has no file in the local store`,
				);
			const path = join(filesDir, token);
			const handle = await open(path, "r").catch((cause: unknown) => {
				throw new TablesError(
					"not_found",
					`the file of "${name}" is gone from the local store`,
					{ cause },
				);
			});
			await handle.close();
			return createReadStream(path);
		},
	};
}

/** All of it under its name, or nothing. */
async function copyFile(
	source: FileSource,
	path: string,
	signal: CallContext["signal"],
	progress: (bytes: number) => void,
): Promise<void> {
	const part = `${path}.part`;
	const target = await open(part, "wx", 0o600);
	try {
		for (let start = 0; start < source.size; start += PART_BYTES) {
			signal?.throwIfAborted();
			const end = Math.min(start + PART_BYTES, source.size);
			await target.write(await source.read(start, end));
			progress(end);
		}
		await target.sync();
	} catch (error) {
		await target.close();
		await rm(part, { force: true });
		throw error;
	}
	await target.close();
	await rename(part, path);
}

/**
 * Files of a cell as they were uploaded: a write may name them by their token alone.
 * @throws TablesError bad_value for a token that no upload gave.
 */
export function describedFiles(
	{ db }: Store,
	field: Field,
	wire: unknown,
): unknown {
	if (typeof wire !== "string" || wire === "") return wire;
	const files = JSON.parse(wire) as Attachment[];
	return JSON.stringify(
		files.map(({ token, name, size, type }) => {
			const known = db.all(
				"SELECT name, size, type FROM files WHERE token = ?",
				[token],
			)[0];
			if (known === undefined)
				throw new TablesError(
					"bad_value",
					`"${field.name}": no uploaded file has the token ${token}`,
					{
						next: "upload_attachment gives a token; nothing of this batch was written.",
					},
				);
			return {
				token,
				name: name === "" ? known.name : name,
				size: size ?? known.size,
				type: type ?? known.type,
			};
		}),
	);
}
