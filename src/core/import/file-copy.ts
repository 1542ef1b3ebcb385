import { wordsOf } from "../contract/error-words.js";
import type { FileRow, RowFile } from "../contract/files.js";
import { machineFailure } from "../contract/machine-failures.js";
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

/** Why an import that reads its copy of the file has to stop, and what to do where `resume` cannot help. */
export interface Unreadable {
	readonly why: string;
	/** Absent: `resume` goes on once that is put right. */
	readonly advice?: string;
}

/**
 * What it means that the copy cannot be read. Only where the rows are gone is that said: a machine that has no file or
 * memory left, or whose folder was moved, still has them.
 */
export async function unreadable(
	session: Session,
	{
		doing,
		error,
		source,
	}: {
		/** `the server's copy of the file cannot be opened`. */
		readonly doing: string;
		readonly error: unknown;
		readonly source: ImportSource;
	},
): Promise<Unreadable> {
	const why = `${doing}: ${wordsOf(error)}`;
	try {
		if (!(await session.files.hasKept(source.file)))
			return { why, advice: WITHOUT_COPY };
	} catch (failure) {
		return { why: `${doing}: ${wordsOf(failure)}` };
	}
	const passes = machineFailure(error, doing) !== undefined;
	return passes || (await canOpen(session, source))
		? { why }
		: { why, advice: WITHOUT_COPY };
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
		const { why, advice } = await unreadable(change.session, {
			doing: "the server's copy of the file could not be read on",
			error,
			source,
		});
		change.session.log("error", why);
		change.stop(why, advice);
	}
}
