import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { RowFile } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { cutProblems, summarize } from "../delivery/answer.js";
import { LiveChange } from "../delivery/live-change.js";
import type { Located } from "../places/locate.js";
import { nameList } from "../values/names.js";
import {
	type Resumable,
	settleOpen,
	takeOver,
} from "../write/resume-change.js";
import { WITHOUT_COPY } from "./file-copy.js";
import { hasRefused, type ImportAnswer } from "./import-answer.js";
import type { ImportSource } from "./import-columns.js";
import { mapColumns } from "./import-mapping.js";
import { readKeys } from "./import-plan.js";
import {
	importRows,
	inBulk,
	type LiveImport,
	type Opened,
} from "./import-rows.js";

/** Goes on with an import where it stopped, also one of a process that was killed. */
export async function resumeImport(
	session: Session,
	found: Resumable,
	running: Running,
): Promise<ImportAnswer> {
	const { located } = found;
	const source = found.change.start.source as ImportSource;
	const { change, writer } = await takeOver(session, found.change);
	if (writer === undefined)
		return {
			...summarize(change.start.change, source.total, change.results, [
				"this change was complete already",
			]),
			...cutProblems(change.problems),
			ids: [],
			allProblems: change.problems,
			columns: [],
			broken: hasRefused(change.results),
		};
	const live = new LiveChange({
		session,
		located,
		running: inBulk(running),
		writer,
		earlier: change,
	});
	const notes = new Set([
		...located.notes,
		`resumed at row ${change.offset + 1} of the file`,
	]);
	const work: LiveImport = { change: live, running, source, notes };
	return importRows(work, change, async () => {
		await settleOpen(live, change, []);
		return live.stopped !== undefined || change.offset >= source.total
			? undefined
			: reopen(work, located);
	});
}

/** The copy of the file, with the columns that the import began with. */
async function reopen(
	{ change, running, source }: LiveImport,
	located: Located,
): Promise<Opened | undefined> {
	const { session } = change;
	let file: RowFile;
	try {
		file = await session.files.openRows(source.file, source);
	} catch (error) {
		change.stop(
			`the server's copy of the file cannot be opened: ${wordsOf(error)}`,
			WITHOUT_COPY,
		);
		return undefined;
	}
	const gone = (source.mapping ?? []).filter(
		({ field }) =>
			!located.table.fields.some(
				({ id, name }) => id === field || name === field,
			),
	);
	if (gone.length > 0) {
		change.stop(
			`fields that the import began with are not there any more: those of the columns ${nameList(gone.map(({ column }) => column))}`,
			"resume can only help once they are back. Else put the rows that `outcomes` shows as not_attempted into a file of their own",
		);
		return undefined;
	}
	const mapped = await mapColumns(session, located, file, source, running);
	const keys = await readKeys(
		session,
		mapped.located,
		source.matchOn,
		running,
	).catch((error: unknown) => {
		// What was open when the call before ended has been settled by now, so that "nothing" could be wrong.
		throw error instanceof TablesError && error.code === "busy"
			? new TablesError(
					"busy",
					"reading the table for the keys took longer than one call may",
				)
			: error;
	});
	const { columns } = mapped;
	return {
		target: {
			session,
			located: mapped.located,
			columns,
			options: source,
			running,
		},
		file,
		keys,
	};
}
