import { holdBack, tablePlace } from "../contract/consent.js";
import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { FileRow, RowFile } from "../contract/files.js";
import {
	type Change,
	type ChangeWriter,
	KEPT_MS,
	type Settled,
} from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { alone } from "../delivery/alone.js";
import {
	cutProblems,
	summarize,
	type WriteAnswer,
} from "../delivery/answer.js";
import { carryOut, type Work } from "../delivery/carry-out.js";
import { enter, type Ledger, newLedger } from "../delivery/ledger.js";
import { runOps } from "../delivery/run.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { nameList } from "../values/names.js";
import { settleOpen, takeOver } from "../write/resume.js";
import { finalAnswer, makeOptions, startOf } from "../write/write.js";
import {
	byLine,
	chunks,
	type ImportOptions,
	type ImportSource,
	type MappedColumn,
} from "./import-columns.js";
import { asTaken, mapColumns } from "./import-mapping.js";
import {
	checkChunk,
	isOpenRow,
	type KeyIndex,
	keyIn,
	markKeys,
	planChunk,
	readKeys,
} from "./import-plan.js";

export interface ImportAnswer extends WriteAnswer {
	/** Every problem, for the problems file. */
	readonly allProblems: readonly Problem[];
	readonly columns: readonly MappedColumn[];
	/** Did anything fail beyond rows that were to be skipped? */
	readonly broken: boolean;
}

/** What a call needs to answer after it has stopped checking a file. */
const CHECK_MARGIN_MS = 8_000;

/** What an import would do: the columns, and the counts over the whole file. */
export async function dryImport(
	session: Session,
	given: Located,
	file: RowFile,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const notes = new Set([
		"dry run: nothing was written",
		...given.notes,
		...file.notes,
	]);
	const mapped = await mapColumns(session, given, file, options, running);
	const { located, columns } = mapped;
	for (const note of mapped.notes) notes.add(note);
	const keys = await readKeys(session, located, options.matchOn, running);
	const results = new Map<number, Settled>();
	/** A file may have millions of rows, and of most only the outcome is told: they share it. */
	const shared = (outcome: Settled["outcome"]): Settled => {
		const known = same.get(outcome) ?? { index: -1, outcome };
		same.set(outcome, known);
		return known;
	};
	const same = new Map<Settled["outcome"], Settled>();
	const problems: Problem[] = [];
	let total = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS) {
			notes.add(
				`only the first ${total} rows were checked: one call may take no longer; the import itself checks them all`,
			);
			break;
		}
		const checked = await checkChunk(
			session,
			located,
			rows,
			columns,
			options,
			running,
			notes,
		);
		const plan = await planChunk(located, checked.records, keys, running);
		problems.push(...byLine([...checked.problems, ...plan.problems]));
		for (const result of plan.settled)
			results.set(
				result.index,
				result.message === undefined ? shared(result.outcome) : result,
			);
		for (const op of plan.ops)
			results.set(
				op.index,
				shared(op.kind === "create" ? "created" : "updated"),
			);
		total += rows.length;
		tellProgress({ session, running }, total, undefined, "rows checked");
	}
	for (const { record } of problems)
		if (record !== undefined) results.set(record, shared("failed"));
	const answer = summarize(null, total, results, [...notes], problems);
	const calls =
		Math.ceil(answer.counts.created / located.adapter.limits.batch.create) +
		Math.ceil(answer.counts.updated / located.adapter.limits.batch.update);
	const slowest = Math.max(
		0,
		...located.adapter.limits.rates
			.filter(({ kind }) => kind !== "read")
			.map(({ calls: allowed, perMs }) => (calls / allowed) * perMs),
	);
	return {
		...answer,
		ids: [],
		would_take: { calls, seconds: Math.ceil(slowest / 1000) },
		allProblems: problems,
		columns,
		broken: false,
	};
}

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
		return importRows(session, located, path, options, running);
	need(located, "updateBatch");
	await holdBack(session, tablePlace(located), "import_records");
	return alone(session, located, running, () =>
		importRows(session, located, path, options, running),
	);
}

/** The columns of a file with their fields, as they are at hand while it is imported. */
interface Opened {
	readonly located: Located;
	readonly file: RowFile;
	readonly columns: readonly MappedColumn[];
	readonly keys: KeyIndex | undefined;
}

async function importRows(
	session: Session,
	given: Located,
	path: string,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const start = startOf(session, given, "import_records", "");
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
		const { total, problems } = await firstPass(
			session,
			located,
			file,
			columns,
			options,
			running,
		);
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
		return await carryImport(
			{ session, running, writer, ledger: newLedger(), source, notes },
			{ offset: 0, problems: [] },
			async () => ({ located, file, columns, keys }),
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

/** Removes the copy of a file that is not needed any more; answers what to say where that fails. */
async function dropCopy(
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

/** Counts the rows; for `refuse` also checks them all. */
async function firstPass(
	session: Session,
	located: Located,
	file: RowFile,
	columns: readonly MappedColumn[],
	options: ImportOptions,
	running: Running,
): Promise<{ readonly total: number; readonly problems: readonly Problem[] }> {
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
		const checked = await checkChunk(
			session,
			located,
			rows,
			columns,
			options,
			running,
			new Set(),
		);
		const plan = await planChunk(located, checked.records, keys, running);
		problems.push(...byLine([...checked.problems, ...plan.problems]));
	}
	return { total, problems };
}

/** An import under way. */
interface ImportWork extends Work {
	readonly source: ImportSource;
	readonly notes: Set<string>;
}

/** With its file open. */
interface OpenImport extends ImportWork, Opened {
	readonly problems: Problem[];
}

/** Sends the rows from an offset on, and answers for the whole import, whatever fails meanwhile. */
async function carryImport(
	work: ImportWork,
	from: Pick<Change, "offset" | "problems">,
	/** undefined: no row is left to be read. */
	open: () => Promise<Opened | undefined>,
): Promise<ImportAnswer> {
	const { session, ledger, source, notes, writer } = work;
	const problems = [...from.problems];
	let columns: readonly MappedColumn[] = [];
	let read = from.offset;
	await carryOut(work, async () => {
		const opened = await open();
		if (opened === undefined) return;
		columns = opened.columns;
		const importing = { ...work, ...opened, problems };
		if (opened.keys !== undefined) await retakeKeys(importing, from.offset);
		await importFrom(importing, from.offset, (count) => {
			read = count;
		});
	});
	const left =
		ledger.stopped === undefined && ledger.unended === undefined
			? await dropCopy(session, source.file)
			: [];
	const answer = finalAnswer(
		writer.change,
		Math.max(source.total, read),
		ledger,
		[...notes, ...left],
	);
	const told = new Set(problems.map(({ record }) => record));
	const all = byLine([
		...problems,
		...answer.problems.filter(({ record }) => !told.has(record)),
	]);
	return {
		...answer,
		...cutProblems(all),
		ids: [],
		allProblems: all,
		columns,
		broken:
			hasRefused(ledger.results) ||
			answer.counts.unknown + answer.counts.not_attempted > 0,
	};
}

/** Was a row refused that was good by our checks? Those that were not have no message of their own. */
function hasRefused(results: ReadonlyMap<number, Settled>): boolean {
	return [...results.values()].some(
		({ outcome, message }) => outcome === "failed" && message !== undefined,
	);
}

/** Keys of the rows before, which an earlier call has seen to. */
async function retakeKeys(work: OpenImport, offset: number): Promise<void> {
	if (offset === 0) return;
	for await (const rows of readable(work, 0)) {
		await takeKeys(
			work,
			rows.filter(({ record }) => record < offset),
		);
		if ((rows.at(-1) as FileRow).record >= offset) return;
	}
}

async function takeKeys(
	work: OpenImport,
	rows: readonly FileRow[],
): Promise<void> {
	if (work.keys === undefined || rows.length === 0) return;
	const { session, located, columns, source, running } = work;
	markKeys(
		work.keys,
		await checkChunk(
			session,
			located,
			rows,
			columns,
			source,
			running,
			new Set(),
		),
	);
}

/** Chunk by chunk to the end of the file, or until something stops. */
async function importFrom(
	work: OpenImport,
	offset: number,
	/** Told how many rows of the file were read. */
	read: (count: number) => void,
): Promise<void> {
	const { ledger, source } = work;
	const tell = (done: number) =>
		tellProgress(
			work,
			done,
			source.total,
			`${done} of ${source.total} rows of ${source.name}`,
		);
	let done = offset;
	if (ledger.stopped !== undefined) return;
	for await (const rows of readable(work, offset)) {
		done = (rows.at(-1) as FileRow).record + 1;
		read(done);
		await takeKeys(
			work,
			rows.filter((row) => !isOpenRow(ledger, row)),
		);
		await importChunk(work, rows, (left) => tell(done - left));
		if (ledger.stopped !== undefined) return;
		tell(done);
	}
	if (ledger.stopped === undefined && done < source.total) {
		ledger.stopped = `the server's copy of the file ends after row ${done}, and it had ${source.total}`;
		ledger.next = WITHOUT_COPY;
	}
}

const WITHOUT_COPY =
	"resume cannot help, because those rows are gone. Put the rows that `outcomes` shows as not_attempted into a file of their own, or import the whole file again with `match_on`, so that no row is doubled";

/** The rows of the copy. Where it cannot be read on, the import stops: what was done is told. */
async function* readable(
	{ session, ledger, file, source }: OpenImport,
	fromRecord: number,
): AsyncIterable<readonly FileRow[]> {
	try {
		yield* chunks(file, fromRecord);
	} catch (error) {
		ledger.stopped = `the server's copy of the file could not be read on: ${wordsOf(error)}`;
		session.log("error", ledger.stopped);
		if (!(await canOpen(session, source))) ledger.next = WITHOUT_COPY;
	}
}

async function canOpen(
	session: Session,
	source: ImportSource,
): Promise<boolean> {
	return session.files.openRows(source.file, source).then(
		() => true,
		() => false,
	);
}

async function importChunk(
	work: OpenImport,
	rows: readonly FileRow[],
	/** Told after each batch how many rows of the chunk are still to be written. */
	left: (count: number) => void,
): Promise<void> {
	const { session, located, writer, ledger, keys, running, problems } = work;
	const open = rows.filter((row) => isOpenRow(ledger, row));
	const checked = await checkChunk(
		session,
		located,
		open,
		work.columns,
		work.source,
		running,
		work.notes,
	);
	const plan = await planChunk(checked.located, checked.records, keys, running);
	const bad = [...checked.problems, ...plan.problems];
	const blamed = new Set(bad.map(({ record }) => record as number));
	const settled: readonly Settled[] = [
		...[...blamed].map((index): Settled => ({ index, outcome: "failed" })),
		...plan.settled,
	];
	for (const result of settled) ledger.results.set(result.index, result);
	let found: readonly Problem[] = bad;
	try {
		await makeOptions(session, checked.located, checked.newOptions, running);
		let unsent = plan.ops.length;
		await runOps(
			session,
			checked.located,
			writer,
			ledger,
			plan.ops,
			{ ...running, call: { ...running.call, priority: "bulk" } },
			{
				undo: located.connection.undo,
				carriesOps: true,
				before: plan.before,
				settled(count) {
					unsent -= count;
					left(unsent);
				},
			},
		);
	} finally {
		found = byLine([...bad, ...refusedRows(ledger, rows, blamed)]);
		problems.push(...found);
	}
	if (keys !== undefined)
		for (const op of plan.ops) {
			const result = ledger.results.get(op.index);
			if (result?.outcome === "created" && result.id !== undefined)
				keys.ids.set(keyIn(keys.fields, op.cells, located), [result.id]);
		}
	if (ledger.stopped === undefined)
		await enter(writer, {
			type: "offset",
			change: writer.change,
			offset: (rows.at(-1) as FileRow).record + 1,
			results: settled,
			problems: found,
		});
}

/** Rows that were good by our checks, and failed; also those of a call before this one. */
function refusedRows(
	ledger: Ledger,
	rows: readonly FileRow[],
	blamed: ReadonlySet<number>,
): readonly Problem[] {
	return rows.flatMap(({ record, line }): Problem[] => {
		const result = ledger.results.get(record);
		return result?.outcome === "failed" && !blamed.has(record)
			? [
					{
						record,
						line,
						message: result.message ?? "the vendor refused it",
					},
				]
			: [];
	});
}

/** Goes on with an import where it stopped, also one of a process that was killed. */
export async function resumeImport(
	session: Session,
	found: { readonly change: Change; readonly located: Located },
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
	const ledger = newLedger(change);
	const notes = new Set([
		...located.notes,
		`resumed at row ${change.offset + 1} of the file`,
	]);
	const work = { session, running, writer, ledger, source, notes };
	return carryImport(work, change, async () => {
		await settleOpen(session, located, writer, ledger, change, [], running);
		return ledger.stopped !== undefined || change.offset >= source.total
			? undefined
			: reopen(work, located);
	});
}

/** The copy of the file, with the columns that the import began with. */
async function reopen(
	{ session, running, ledger, source }: ImportWork,
	located: Located,
): Promise<Opened | undefined> {
	let file: RowFile;
	try {
		file = await session.files.openRows(source.file, source);
	} catch (error) {
		ledger.stopped = `the server's copy of the file cannot be opened: ${wordsOf(error)}`;
		ledger.next = WITHOUT_COPY;
		return undefined;
	}
	const gone = (source.mapping ?? []).filter(
		({ field }) =>
			!located.table.fields.some(
				({ id, name }) => id === field || name === field,
			),
	);
	if (gone.length > 0) {
		ledger.stopped = `fields that the import began with are not there any more: those of the columns ${nameList(gone.map(({ column }) => column))}`;
		ledger.next =
			"resume can only help once they are back. Else put the rows that `outcomes` shows as not_attempted into a file of their own";
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
	return { ...mapped, file, keys };
}
