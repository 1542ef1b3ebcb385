import { cutProblems, summarize, type WriteAnswer } from "./answer.js";
import { need } from "./capability.js";
import type { Located } from "./catalog.js";
import { type Coerced, coerceCell, guessType } from "./coerce.js";
import { readInTime } from "./deadline.js";
import { TablesError } from "./errors.js";
import type { Cell, Field } from "./field.js";
import type { FileRow, RowFile } from "./files.js";
import {
	type Change,
	type ChangeWriter,
	KEPT_MS,
	type Op,
	type Settled,
} from "./journal.js";
import { fieldNamed, nearest } from "./names.js";
import { readRows, readRowsById } from "./read.js";
import { type Ledger, newLedger, runOps } from "./run.js";
import type { Running, Session } from "./session.js";
import type { Problem, ValidRecord } from "./validate.js";
import { isEmpty, keyOf } from "./values.js";
import {
	finalAnswer,
	isOpen,
	makeOptions,
	planKnown,
	settleOpen,
	startOf,
	takeOver,
	validate,
} from "./write.js";

/** What an import is asked; kept in the journal, so that a resume does the same. */
export interface ImportOptions {
	readonly mapping?: readonly {
		readonly column: string;
		readonly field: string;
	}[];
	readonly matchOn?: readonly string[];
	readonly onError: "skip" | "refuse";
	readonly empty: "keep" | "clear";
	readonly allowNewOptions: boolean;
	readonly sheet?: string;
	readonly delimiter?: string;
	readonly encoding?: string;
}

/** Kept with the change. */
export interface ImportSource extends ImportOptions {
	/** The journal's own copy of the file. */
	readonly file: string;
	readonly name: string;
	readonly total: number;
}

/** A column of the file and where it goes. */
export interface MappedColumn {
	readonly column: string;
	/** undefined: the table has no such field, the column is left out. */
	readonly field: Field | undefined;
	readonly samples: readonly unknown[];
	/** The type that it looks like. */
	readonly looksLike: string;
	/** Texts may carry the apostrophe of an export: not in NDJSON, which no program runs. */
	readonly guarded: boolean;
}

/** Rows that are checked and sent together. */
const CHUNK = 500;
const SAMPLES = 1000;
const SAMPLES_SHOWN = 3;

/** Finds a field for each column: as told, else by name. */
export async function mapColumns(
	located: Located,
	file: RowFile,
	mapping: ImportOptions["mapping"],
	notes: string[],
): Promise<readonly MappedColumn[]> {
	const { table } = located;
	const told = new Map(
		(mapping ?? []).map(({ column, field }) => [column, field]),
	);
	const problems: string[] = [];
	for (const column of told.keys())
		if (!file.columns.includes(column))
			problems.push(
				`the file has no column "${column}"; nearest: ${nearest(file.columns, column).join(", ") || file.columns.slice(0, 20).join(", ")}`,
			);
	const samples = new Map<string, unknown[]>(
		file.columns.map((column) => [column, []]),
	);
	for await (const { cells, record } of file.rows(0)) {
		for (const [column, cell] of Object.entries(cells))
			if (cell !== "") samples.get(column)?.push(cell);
		if (record + 1 >= SAMPLES) break;
	}
	const taken = new Map<string, string>();
	const columns = file.columns.map((column): MappedColumn => {
		const name = told.get(column);
		let field: Field | undefined;
		try {
			field = name === "" ? undefined : fieldNamed(table, name ?? column).item;
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			if (name !== undefined)
				problems.push(
					`column "${column}": ${error.message}${error.next === undefined ? "" : `. ${error.next}`}`,
				);
		}
		if (field !== undefined) {
			const other = taken.get(field.id);
			if (other !== undefined)
				problems.push(
					`columns "${other}" and "${column}" both go to "${field.name}"`,
				);
			taken.set(field.id, column);
		}
		const seen = samples.get(column) ?? [];
		return {
			column,
			field,
			samples: [...new Set(seen)].slice(0, SAMPLES_SHOWN),
			looksLike: guessType(seen),
			guarded: file.format !== "ndjson",
		};
	});
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Mend `mapping` and call again; nothing was sent.",
		});
	const left = columns.filter(({ field }) => field === undefined);
	if (left.length > 0)
		notes.push(
			`left out, because the table has no such field: ${left.map(({ column }) => `"${column}"`).join(", ")}; name them in \`mapping\` or add the fields`,
		);
	if (left.length === columns.length)
		throw new TablesError(
			"bad_argument",
			`none of the columns ${file.columns.slice(0, 20).join(", ")} is a field of ${table.name}`,
			{
				next: `Fields: ${table.fields
					.slice(0, 30)
					.map(({ name }) => name)
					.join(", ")}. Map them with \`mapping\`.`,
			},
		);
	return columns;
}

/** A row of the file as a record for validation, or what is wrong with it. */
function recordOf(
	row: FileRow,
	columns: readonly MappedColumn[],
	empty: ImportOptions["empty"],
):
	| { readonly fields: Record<string, unknown> }
	| { readonly problems: readonly Problem[] } {
	const place = { record: row.record, line: row.line };
	if (row.problem !== undefined)
		return { problems: [{ ...place, message: row.problem }] };
	const fields: Record<string, unknown> = {};
	const problems: Problem[] = [];
	for (const { column, field, guarded } of columns) {
		if (field === undefined) continue;
		const cell = row.cells[column];
		const coerced: Coerced = coerceCell(cell, field, guarded);
		if ("problem" in coerced)
			problems.push({
				...place,
				field: field.name,
				given: cell,
				message: `"${field.name}" ${coerced.problem}`,
			});
		else if (coerced.value !== null) fields[field.id] = coerced.value;
		else if (empty === "clear") fields[field.id] = null;
	}
	return problems.length > 0 ? { problems } : { fields };
}

interface Checked {
	readonly records: readonly ValidRecord[];
	readonly problems: readonly Problem[];
	readonly newOptions: ReadonlyMap<string, readonly string[]>;
	readonly located: Located;
}

async function checkChunk(
	session: Session,
	located: Located,
	rows: readonly FileRow[],
	columns: readonly MappedColumn[],
	options: ImportOptions,
	running: Running,
	notes: Set<string>,
): Promise<Checked> {
	const problems: Problem[] = [];
	const good: {
		readonly row: FileRow;
		readonly fields: Record<string, unknown>;
	}[] = [];
	for (const row of rows) {
		const record = recordOf(row, columns, options.empty);
		if ("problems" in record) problems.push(...record.problems);
		else good.push({ row, fields: record.fields });
	}
	const checked = await validate(
		session,
		located,
		good.map(({ fields }) => ({ fields })),
		"create",
		{ allowNewOptions: options.allowNewOptions },
		running,
		{ lines: good.map(({ row }) => row.line) },
	);
	for (const note of checked.notes) notes.add(note);
	const wrong = new Set<number>();
	for (const problem of checked.problems) {
		const position = problem.record as number;
		wrong.add(position);
		problems.push({ ...problem, record: good[position]?.row.record as number });
	}
	return {
		located: checked.located,
		newOptions: checked.newOptions,
		problems,
		records: checked.records.flatMap((record) => {
			const row = good[record.index]?.row;
			return row === undefined || wrong.has(record.index)
				? []
				: [{ ...record, index: row.record, line: row.line }];
		}),
	};
}

/** Which records have which key; grows with what the import makes. */
interface KeyIndex {
	readonly fields: readonly Field[];
	readonly ids: Map<string, string[]>;
	/** Key → line of the file that had it first. */
	readonly lines: Map<string, number>;
}

async function readKeys(
	session: Session,
	located: Located,
	matchOn: readonly string[] | undefined,
	running: Running,
): Promise<KeyIndex | undefined> {
	if (matchOn === undefined) return undefined;
	const fields = matchOn.map((name) => fieldNamed(located.table, name).item);
	const ids = new Map<string, string[]>();
	await readInTime(
		session,
		running,
		"the table for the keys",
		async (call) => {
			for await (const rows of readRows(
				located,
				{ fields },
				{ ...call, priority: "bulk" },
			))
				for (const row of rows) {
					const key = keyIn(fields, row.cells, located);
					ids.set(key, [...(ids.get(key) ?? []), row.id]);
				}
		},
		"Call again when the vendor is faster, or import without `match_on` if the rows are new.",
	);
	return { fields, ids, lines: new Map() };
}

/** Keys of rows that an earlier call has seen to: a later row with one of them is a double, as it would have been then. */
function markKeys(keys: KeyIndex, { records, located }: Checked): void {
	for (const { cells, line = 0 } of records) {
		if (keys.fields.some((field) => isEmpty(cells[field.id]))) continue;
		const key = keyIn(keys.fields, cells, located);
		if (!keys.lines.has(key)) keys.lines.set(key, line);
	}
}

function isOpenRow(ledger: Ledger, { record }: FileRow): boolean {
	return isOpen(ledger.results.get(record));
}

function keyIn(
	fields: readonly Field[],
	cells: Readonly<Record<string, Cell>>,
	located: Located,
): string {
	return fields
		.map((field) => keyOf(cells[field.id], field, located.table.zone))
		.join("\u0000");
}

interface ChunkPlan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly problems: readonly Problem[];
	readonly before: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

async function planChunk(
	located: Located,
	records: readonly ValidRecord[],
	keys: KeyIndex | undefined,
	running: Running,
): Promise<ChunkPlan> {
	if (keys === undefined)
		return {
			ops: records.map(({ index, cells }) => ({
				index,
				kind: "create",
				cells,
			})),
			settled: [],
			problems: [],
			before: new Map(),
		};
	const problems: Problem[] = [];
	const updates: ValidRecord[] = [];
	const creates: Op[] = [];
	for (const record of records) {
		const { index, line = 0 } = record;
		const fail = (message: string) =>
			problems.push({ record: index, line, message });
		const empty = keys.fields.filter((field) =>
			isEmpty(record.cells[field.id]),
		);
		if (empty.length > 0) {
			fail(
				`its key ${empty.map(({ name }) => `"${name}"`).join(", ")} is empty`,
			);
			continue;
		}
		const key = keyIn(keys.fields, record.cells, located);
		const before = keys.lines.get(key);
		if (before !== undefined && before !== line) {
			fail(`has the same key as line ${before}`);
			continue;
		}
		keys.lines.set(key, line);
		const [id, ...more] = keys.ids.get(key) ?? [];
		if (more.length > 0)
			fail(
				`its key matches ${more.length + 1} records: ${[id, ...more].slice(0, 5).join(", ")}`,
			);
		else if (id === undefined)
			creates.push({ index, kind: "create", cells: record.cells });
		else updates.push({ ...record, id });
	}
	const named = new Set(updates.flatMap(({ cells }) => Object.keys(cells)));
	const found = await readRowsById(
		located,
		updates.map(({ id }) => id as string),
		{ fields: located.table.fields.filter(({ id }) => named.has(id)) },
		running.call,
	);
	const before = new Map([...found].map(([id, row]) => [id, row.cells]));
	const known = planKnown(located, updates, before);
	return {
		ops: [...creates, ...known.ops].sort((a, b) => a.index - b.index),
		settled: known.settled,
		problems,
		before,
	};
}

export interface ImportAnswer extends WriteAnswer {
	/** Every problem, for the problems file. */
	readonly allProblems: readonly Problem[];
	readonly columns: readonly MappedColumn[];
	/** Did anything fail beyond rows that were to be skipped? */
	readonly broken: boolean;
}

/** What a dry run needs to answer after it has stopped checking. */
const DRY_MARGIN_MS = 8_000;

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
		if (session.clock.now() > running.deadlineMs() - DRY_MARGIN_MS) {
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
	if (options.matchOn !== undefined) need(located, "updateBatch");
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
		const { total, problems } = await readInTime(
			session,
			running,
			"and checking the whole file before anything is sent",
			(call) =>
				firstPass(session, located, file, columns, options, {
					...running,
					call,
				}),
			'Pass on_error: "skip", which checks while it sends, or split the file.',
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
		running.progress(0, undefined, `${total} rows read`);
		if (options.onError === "skip") continue;
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

function byLine(problems: readonly Problem[]): readonly Problem[] {
	return [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

async function* chunks(
	file: RowFile,
	fromRecord: number,
): AsyncIterable<readonly FileRow[]> {
	let rows: FileRow[] = [];
	for await (const row of file.rows(fromRecord)) {
		rows.push(row);
		if (rows.length < CHUNK) continue;
		yield rows;
		rows = [];
	}
	if (rows.length > 0) yield rows;
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
