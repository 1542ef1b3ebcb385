import { TablesError } from "../contract/errors.js";
import type { FileRow, RowFile } from "../contract/files.js";
import {
	type Change,
	type ChangeWriter,
	KEPT_MS,
	type Settled,
} from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { alone } from "../delivery/alone.js";
import {
	cutProblems,
	summarize,
	type WriteAnswer,
} from "../delivery/answer.js";
import { type Ledger, newLedger } from "../delivery/ledger.js";
import { runOps } from "../delivery/run.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { settleOpen, takeOver } from "../write/resume.js";
import { finalAnswer, makeOptions, startOf } from "../write/write.js";
import {
	byLine,
	chunks,
	type ImportOptions,
	type ImportSource,
	type MappedColumn,
	mapColumns,
} from "./import-columns.js";
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
	located: Located,
	file: RowFile,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const notes = new Set([
		"dry run: nothing was written",
		...located.notes,
		...file.notes,
	]);
	const mapNotes: string[] = [];
	const columns = await mapColumns(located, file, options.mapping, mapNotes);
	for (const note of mapNotes) notes.add(note);
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
		running.progress(total, undefined, "rows checked");
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
	return alone(session, located, running, () =>
		importRows(session, located, path, options, running),
	);
}

async function importRows(
	session: Session,
	located: Located,
	path: string,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const notes = new Set(located.notes);
	const start = startOf(session, located, "import_records", "");
	const kept = await session.files.keep(
		path,
		start.change,
		session.clock.now() - KEPT_MS,
	);
	let finished = false;
	try {
		const file = await session.files.openRows(kept.file, options);
		for (const note of file.notes) notes.add(note);
		const mapNotes: string[] = [];
		const columns = await mapColumns(located, file, options.mapping, mapNotes);
		for (const note of mapNotes) notes.add(note);
		const { total, problems } = await firstPass(
			session,
			located,
			file,
			columns,
			options,
			running,
		);
		if (problems.length > 0) {
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
		const source: ImportSource = {
			...options,
			file: kept.file,
			name: path,
			total,
		};
		const writer = await session.journal.begin({
			...start,
			hash: kept.hash,
			total,
			source,
		});
		const ledger = newLedger();
		const answer = await runImport(
			session,
			located,
			writer,
			ledger,
			file,
			columns,
			source,
			{ offset: 0, problems: [] },
			notes,
			running,
		);
		finished = ledger.stopped === undefined;
		return answer;
	} finally {
		if (finished || (await session.journal.read(start.change)) === undefined)
			await session.files.drop(kept.file);
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

async function runImport(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	file: RowFile,
	columns: readonly MappedColumn[],
	source: ImportSource,
	from: Pick<Change, "offset" | "problems">,
	notes: Set<string>,
	running: Running,
): Promise<ImportAnswer> {
	const problems: Problem[] = [...from.problems];
	let broken = false;
	const change = writer.change;
	const tell = (done: number) =>
		running.progress(
			done,
			source.total,
			`${done} of ${source.total} rows of ${source.name}`,
		);
	try {
		const keys = await readKeys(session, located, source.matchOn, running);
		const takeKeys = async (rows: readonly FileRow[]) => {
			if (keys !== undefined && rows.length > 0)
				markKeys(
					keys,
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
		};
		if (keys !== undefined && from.offset > 0)
			for await (const rows of chunks(file, 0)) {
				await takeKeys(rows.filter(({ record }) => record < from.offset));
				if ((rows.at(-1) as FileRow).record >= from.offset) break;
			}
		if (ledger.stopped === undefined)
			for await (const rows of chunks(file, from.offset)) {
				const done = (rows.at(-1) as FileRow).record + 1;
				await takeKeys(rows.filter((row) => !isOpenRow(ledger, row)));
				const failed = await importChunk(
					session,
					located,
					writer,
					ledger,
					rows,
					columns,
					source,
					keys,
					notes,
					problems,
					running,
					(open) => tell(done - open),
				);
				broken ||= failed;
				if (ledger.stopped !== undefined) break;
				tell(done);
			}
		await writer.append({
			type: "end",
			change,
			atMs: session.clock.now(),
			status: ledger.stopped === undefined ? "complete" : "stopped",
		});
	} finally {
		await writer.close();
	}
	const answer = finalAnswer(change, source.total, ledger, [...notes]);
	const told = new Set(problems.map(({ record }) => record));
	const all = [
		...problems,
		...answer.problems.filter(({ record }) => !told.has(record)),
	];
	return {
		...answer,
		...cutProblems(all),
		ids: [],
		allProblems: all,
		columns,
		broken: broken || answer.counts.unknown + answer.counts.not_attempted > 0,
	};
}

/** Answers whether the vendor refused a row that was good by our checks. */
async function importChunk(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	rows: readonly FileRow[],
	columns: readonly MappedColumn[],
	source: ImportSource,
	keys: KeyIndex | undefined,
	notes: Set<string>,
	problems: Problem[],
	running: Running,
	/** Told after each batch how many rows of the chunk are still to be written. */
	left: (count: number) => void,
): Promise<boolean> {
	const open = rows.filter((row) => isOpenRow(ledger, row));
	const checked = await checkChunk(
		session,
		located,
		open,
		columns,
		source,
		running,
		notes,
	);
	const plan = await planChunk(checked.located, checked.records, keys, running);
	const bad = [...checked.problems, ...plan.problems];
	const failed: Settled[] = [
		...new Set(bad.map(({ record }) => record as number)),
	].map((index) => ({ index, outcome: "failed" }));
	for (const result of [...failed, ...plan.settled])
		ledger.results.set(result.index, result);
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
	if (keys !== undefined)
		for (const op of plan.ops) {
			const result = ledger.results.get(op.index);
			if (result?.outcome === "created" && result.id !== undefined)
				keys.ids.set(keyIn(keys.fields, op.cells, located), [result.id]);
		}
	// Also what was refused before this process went on with the chunk.
	const blamed = new Set(bad.map(({ record }) => record));
	const refused = rows.flatMap(({ record, line }): Problem[] => {
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
	const found = byLine([...bad, ...refused]);
	problems.push(...found);
	if (ledger.stopped === undefined)
		await writer.append({
			type: "offset",
			change: writer.change,
			offset: (rows.at(-1) as FileRow).record + 1,
			results: [...failed, ...plan.settled],
			problems: found,
		});
	return refused.length > 0;
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
			broken: false,
		};
	const ledger = newLedger(change);
	try {
		const file = await session.files
			.openRows(source.file, source)
			.catch((cause: unknown) => {
				throw new TablesError(
					"not_found",
					"the copy of the imported file is gone: the change is too old to be resumed",
					{
						next: "Import the file again with `match_on`, so that rows that are there already are not doubled.",
						cause,
					},
				);
			});
		const notes = new Set([
			...located.notes,
			`resumed at row ${change.offset + 1} of the file`,
		]);
		const columns = await mapColumns(located, file, source.mapping, []);
		await settleOpen(session, located, writer, ledger, change, [], running);
		const answer = await runImport(
			session,
			located,
			writer,
			ledger,
			file,
			columns,
			source,
			change,
			notes,
			running,
		);
		if (ledger.stopped === undefined) await session.files.drop(source.file);
		return answer;
	} finally {
		await writer.close();
	}
}
