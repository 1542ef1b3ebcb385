import { asksLately, linkedPlaces } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { RowFile } from "../contract/files.js";
import type { Change } from "../contract/journal.js";
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
import { claimSent } from "./earlier-claims.js";
import { unreadable } from "./file-copy.js";
import { hasRefused, type ImportAnswer } from "./import-answer.js";
import type { ImportSource } from "./import-columns.js";
import { type KeyIndex, readKeys } from "./import-plan.js";
import {
	importRows,
	inBulk,
	type LiveImport,
	type Opened,
} from "./import-rows.js";
import { targetOf } from "./import-target.js";
import { withRefused } from "./refused-rows.js";
import { fileLinks, isSelfLink } from "./self-links.js";

/** Goes on with an import where it stopped, also one of a process that was killed. */
export async function resumeImport(
	session: Session,
	found: Resumable,
	running: Running,
	given: { readonly confirm?: string | undefined } = {},
): Promise<ImportAnswer> {
	const { located } = found;
	const begun = found.change.start.source as ImportSource;
	const source = { ...begun, file: session.files.keptAt(begun.file) };
	const { change, writer } = await takeOver(session, found.change);
	if (writer === undefined) return completeAlready(change, source);
	const live = new LiveChange({
		session,
		located,
		running: inBulk(running),
		writer,
		earlier: change,
	});
	const notes = new Set([
		...located.notes,
		change.offset < source.total
			? `resumed at row ${change.offset + 1} of the file`
			: `resumed at the links of row ${change.offset - source.total + 1} of the file`,
	]);
	// A no that came later holds for what was agreed to before it.
	const refused = await asksLately(
		session,
		linkedPlaces(located, located.table.fields),
	);
	const agreement = {
		consent: refused ? undefined : change.start.consent,
		seen: !refused && change.seen.size > 0 ? change.seen : undefined,
		given: given.confirm,
		...{ ends: [], counted: new Set<number>() },
	};
	const second = new Map(
		change.sent
			.flatMap(({ ops = [] }) => ops)
			.filter(({ index }) => index >= source.total)
			.map((op) => [op.index, op]),
	);
	const work: LiveImport = {
		...{ change: live, running, source, notes, agreement, second },
	};
	return importRows(work, change, async () => {
		await settleOpen(live, change, []);
		return live.stopped !== undefined || isReadOut(change, source, located)
			? undefined
			: reopen(work, located, change);
	});
}

async function completeAlready(
	change: Change,
	source: ImportSource,
): Promise<ImportAnswer> {
	return {
		...(await summarize(change.start.change, source.total, change.results, [
			"this change was complete already",
		])),
		...(await cutProblems(change.problems)),
		ids: [],
		allProblems: change.problems,
		columns: [],
		broken: hasRefused(change.results),
	};
}

/** Have all rows been read, and once more where links of theirs may name rows of the file? */
function isReadOut(
	{ offset }: Change,
	{ mapping = [], total }: ImportSource,
	{ table }: Located,
): boolean {
	const links = mapping.some(({ field: id }) => {
		const field = table.byId.get(id);
		return field !== undefined && isSelfLink(table, field);
	});
	return offset >= (links ? 2 * total : total);
}

/** The copy of the file, with the columns that the import began with; undefined: it stopped. */
async function reopen(
	work: LiveImport,
	located: Located,
	earlier: Pick<Change, "offset" | "sent">,
): Promise<Opened | undefined> {
	const { change, running, source } = work;
	const { session } = change;
	const file = await openCopy(work);
	if (file === undefined) return undefined;
	const gone = columnsWithoutField(source, located);
	if (gone.length > 0) {
		change.stop(
			`fields that the import began with are not there any more: those of the columns ${nameList(gone)}`,
			"resume can only help once they are back. Else put the rows that `outcomes` shows as not_attempted into a file of their own",
		);
		return undefined;
	}
	// Else only links of rows are left to be made.
	const hasRows = earlier.offset < source.total;
	const found = await targetOf(session, located, file, source, running);
	if (hasRows) claimSent(found.target, earlier.sent, change.results);
	const keys = await readKeysAgain(work, found.target.located);
	const named = await fileLinks(found.target, file, keys, change.results);
	const target = { ...found.target, links: named };
	const links =
		hasRows && source.onError === "skip"
			? await withRefused(target, file, keys, change.results)
			: named;
	return { target: { ...target, links }, file, keys };
}

async function openCopy({
	change,
	source,
}: LiveImport): Promise<RowFile | undefined> {
	try {
		return await change.session.files.openRows(source.file, source);
	} catch (error) {
		const { why, advice } = await unreadable(change.session, {
			doing: "the server's copy of the file cannot be opened",
			error,
			source,
		});
		change.stop(why, advice);
		return undefined;
	}
}

function columnsWithoutField(
	{ mapping = [] }: ImportSource,
	{ table }: Located,
): readonly string[] {
	return mapping
		.filter(
			({ field }) =>
				!table.fields.some(({ id, name }) => id === field || name === field),
		)
		.map(({ column }) => column);
}

async function readKeysAgain(
	{ change, running, source }: LiveImport,
	located: Located,
): Promise<KeyIndex | undefined> {
	try {
		return await readKeys(change.session, located, source.matchOn, running);
	} catch (error) {
		if (!(error instanceof TablesError) || error.code !== "busy") throw error;
		// What was open when the call before ended has been settled by now, so that "nothing" could be wrong.
		throw new TablesError(
			"busy",
			"reading the table for the keys took longer than one call may take",
		);
	}
}
