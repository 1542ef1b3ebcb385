import { wordsOf } from "../contract/error-words.js";
import type { FileRow, RowFile } from "../contract/files.js";
import type { Session } from "../contract/session.js";
import type { LiveChange } from "../delivery/live-change.js";
import { chunks, type ImportSource } from "./import-columns.js";

/** What to do where rows of the copy cannot be read. */
export const WITHOUT_COPY =
	"resume cannot help, because those rows are gone. Put the rows that `outcomes` shows as not_attempted into a file of their own, or import the whole file again with `match_on`, so that no row is doubled";

/** Removes the copy of a file that is not needed any more; answers what to say where that fails. */
export async function dropCopy(
	session: Session,
	copy: string,
): Promise<readonly string[]> {
	try {
		await session.files.drop(copy);
		return [];
	} catch (error) {
		session.log("warning", `a copy was left behind: ${wordsOf(error)}`);
		return [
			`the server's copy of the file could not be removed (${wordsOf(error)}); it is ${copy}, and a later import removes it after a day`,
		];
	}
}

/** Does the copy still open? */
async function canOpen(
	session: Session,
	source: ImportSource,
): Promise<boolean> {
	return session.files.openRows(source.file, source).then(
		() => true,
		() => false,
	);
}

/** The rows of the copy. Where it cannot be read on, the import stops: what was done is reported. */
export async function* readable(
	{
		change,
		file,
		source,
	}: {
		readonly change: LiveChange;
		readonly file: RowFile;
		readonly source: ImportSource;
	},
	fromRecord: number,
): AsyncIterable<readonly FileRow[]> {
	try {
		yield* chunks(file, fromRecord);
	} catch (error) {
		const why = `the server's copy of the file could not be read on: ${wordsOf(error)}`;
		change.session.log("error", why);
		const opens = await canOpen(change.session, source);
		change.stop(why, opens ? undefined : WITHOUT_COPY);
	}
}
