import { holdBack, tablePlace } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { RowFile } from "../contract/files.js";
import { type ChangeWriter, KEPT_MS } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize } from "../delivery/answer.js";
import { LiveChange } from "../delivery/live-change.js";
import { oneAtATime } from "../delivery/write-locks.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { startOf } from "../write/write-plan.js";
import { dropCopy } from "./file-copy.js";
import type { ImportAnswer } from "./import-answer.js";
import {
	byLine,
	chunks,
	type ImportOptions,
	type ImportSource,
	type MappedColumn,
} from "./import-columns.js";
import { asTaken, mapColumns } from "./import-mapping.js";
import {
	CHECK_MARGIN_MS,
	checkChunk,
	planChunk,
	readKeys,
	type Target,
} from "./import-plan.js";
import { importRows, inBulk } from "./import-rows.js";

/** Imports a file. `refuse`: every row is checked first, and one bad row means that nothing is sent. */
export async function importFile(
	session: Session,
	located: Located,
	path: string,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	need(located, "createBatch");
	if (options.matchOn === undefined)
		return keepAndImport(session, located, path, options, running);
	need(located, "updateBatch");
	await holdBack(session, tablePlace(located), "import_records");
	return oneAtATime(session, located, running, () =>
		keepAndImport(session, located, path, options, running),
	);
}

/** Imports the server's own copy, so that a resume reads the same rows. */
async function keepAndImport(
	session: Session,
	given: Located,
	path: string,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const start = startOf(session, given, { tool: "import_records", hash: "" });
	const kept = await session.files.keep(
		path,
		start.change,
		session.clock.now() - KEPT_MS,
	);
	const notes = new Set(given.notes);
	let writer: ChangeWriter | undefined;
	try {
		const file = await session.files.openRows(kept.file, options);
		for (const note of file.notes) notes.add(note);
		const mapped = await mapColumns(session, given, file, options, running);
		for (const note of mapped.notes) notes.add(note);
		const { located, columns } = mapped;
		const target = { session, located, columns, options, running };
		const { total, problems } = await firstPass(target, file, options);
		if (problems.length > 0) {
			for (const note of await dropCopy(session, kept.file)) notes.add(note);
			return refusedImport(total, problems, columns, notes);
		}
		const keys = await readKeys(session, located, options.matchOn, running);
		const source: ImportSource = {
			...options,
			...asTaken(mapped, options),
			file: kept.file,
			name: path,
			total,
		};
		writer = await session.journal.begin({
			...start,
			hash: kept.hash,
			total,
			source,
		});
		const change = new LiveChange({
			session,
			located,
			running: inBulk(running),
			writer,
		});
		return await importRows(
			{ change, running, source, notes },
			{ offset: 0, problems: [] },
			async () => ({ target, file, keys }),
		);
	} catch (error) {
		// From its beginning in the journal on the change has the copy.
		if (writer === undefined) await dropCopy(session, kept.file);
		throw error;
	}
}

function refusedImport(
	total: number,
	problems: readonly Problem[],
	columns: readonly MappedColumn[],
	notes: ReadonlySet<string>,
): ImportAnswer {
	const results = new Map(
		problems.flatMap(({ record }) =>
			record === undefined
				? []
				: [[record, { index: record, outcome: "failed" as const }]],
		),
	);
	return {
		...summarize(
			null,
			total,
			results,
			["nothing was sent", ...notes],
			problems,
		),
		ids: [],
		allProblems: problems,
		columns,
		broken: true,
	};
}

/** Counts the rows; for `refuse` also checks them all. */
async function firstPass(
	target: Target,
	file: RowFile,
	options: ImportOptions,
): Promise<{ readonly total: number; readonly problems: readonly Problem[] }> {
	const { session, located, running } = target;
	const problems: Problem[] = [];
	const keys =
		options.onError === "refuse"
			? await readKeys(session, located, options.matchOn, running)
			: undefined;
	let total = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		total += rows.length;
		if (options.onError === "skip") continue;
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS)
			throw new TablesError(
				"busy",
				`checking the file took longer than one call may: ${total} rows were checked, nothing was sent`,
				{
					next: 'Pass on_error: "skip", which checks while it sends and can be resumed, or split the file.',
				},
			);
		const checked = await checkChunk(target, rows);
		const plan = await planChunk(located, checked.records, keys, running);
		problems.push(...byLine([...checked.problems, ...plan.problems]));
	}
	return { total, problems };
}
