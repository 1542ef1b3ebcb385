import type { Cell, Field } from "../contract/field.js";
import type { FileRow } from "../contract/files.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows, readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { fieldNamed, quoted } from "../values/names.js";
import type { ValidRecord } from "../values/validate.js";
import { isEmpty } from "../values/values.js";
import { validate } from "../write/input-checks.js";
import { planKnown } from "../write/known-updates.js";
import { endsDone, type LinkEnd, linkEnds } from "../write/link-ends.js";
import { loneNames } from "../write/lone-names.js";
import { emptyKey, keyOfCells, matchesMany } from "../write/record-key.js";
import {
	type ImportOptions,
	type MappedColumn,
	type RowRecord,
	recordOf,
} from "./import-columns.js";
import type { Target } from "./import-target.js";
import { idOf, matchesById } from "./record-ids.js";

/** What a call needs to answer after it has stopped checking a file. */
export const CHECK_MARGIN_MS = 8_000;

/** Rows of a file that were checked: those that can be written, and what is wrong with the others. */
export interface Checked {
	readonly records: readonly ValidRecord[];
	readonly problems: readonly Problem[];
	readonly notes: readonly string[];
	readonly newOptions: ReadonlyMap<string, readonly string[]>;
	readonly located: Located;
}

/** Rows of a file as records, checked against the table. Problems and records go by their place in the file. */
export async function checkChunk(
	{ session, located, columns, options, running, idColumn, links }: Target,
	rows: readonly FileRow[],
): Promise<Checked> {
	const { read, problems } = coerceRows(rows, columns, options.empty);
	const checked = await validate(
		session,
		located,
		{
			given: read.map(({ fields }) => ({ fields })),
			mode: "create",
			allowNewOptions: options.allowNewOptions,
			lines: read.map(({ row }) => row.line),
			beside: links?.beside,
		},
		running,
	);
	const rowAt = (position: number) => (read[position] as ReadRow).row;
	const all = [
		...problems,
		...checked.problems.map((problem) => ({
			...problem,
			record: rowAt(problem.record as number).record,
		})),
	];
	const wrong = new Set(all.map(({ record }) => record));
	return {
		...checked,
		problems: all,
		records: checked.records.flatMap((record) => {
			const row = rowAt(record.index);
			return wrong.has(row.record)
				? []
				: [
						{
							...record,
							index: row.record,
							line: row.line,
							...(idColumn === undefined
								? {}
								: defined({ id: idOf(row.cells[idColumn]) })),
						},
					];
		}),
	};
}

/** A row with those of its cells that fit the types of their fields. */
interface ReadRow extends Pick<RowRecord, "fields"> {
	readonly row: FileRow;
}

/** A row with a cell that does not fit is checked as well: all that is wrong with it is said at once. */
function coerceRows(
	rows: readonly FileRow[],
	columns: readonly MappedColumn[],
	empty: ImportOptions["empty"],
): { readonly read: readonly ReadRow[]; readonly problems: Problem[] } {
	const problems: Problem[] = [];
	const read: ReadRow[] = [];
	for (const row of rows) {
		const record = recordOf(row, columns, empty);
		problems.push(...record.problems);
		if (row.problem === undefined) read.push({ row, fields: record.fields });
	}
	return { read, problems };
}

/** Of new options those that are in what is written. */
export function optionsNamed(
	newOptions: Checked["newOptions"],
	ops: readonly Op[],
): Checked["newOptions"] {
	return new Map(
		[...newOptions].flatMap(([id, names]) => {
			const named = new Set(ops.flatMap(({ cells }) => cells[id] as string));
			const kept = names.filter((name) => named.has(name));
			return kept.length === 0 ? [] : [[id, kept]];
		}),
	);
}

/** Which records have which key; grows with what the import makes. */
export interface KeyIndex {
	/** The records are found by the ids that the file has, and `fields` is empty. */
	readonly byId: boolean;
	readonly fields: readonly Field[];
	readonly ids: Map<string, string[]>;
	/** Key → line of the file that had it first. */
	readonly lines: Map<string, number>;
}

export async function readKeys(
	session: Session,
	located: Located,
	matchOn: readonly string[] | undefined,
	running: Running,
): Promise<KeyIndex | undefined> {
	if (matchOn === undefined) return undefined;
	if (matchesById(matchOn, located.table))
		return { byId: true, fields: [], ids: new Map(), lines: new Map() };
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
					const key = keyOfCells(located, fields, row.cells);
					ids.set(key, [...(ids.get(key) ?? []), row.id]);
				}
		},
		"Call again later, or import without `match_on` if the rows are new.",
	);
	return { byId: false, fields, ids, lines: new Map() };
}

/** Keys of rows that an earlier call has seen to: a later row with one of them is a double, as it would have been then. */
export function markKeys(keys: KeyIndex, { records, located }: Checked): void {
	for (const { id, cells, line = 0 } of records) {
		if (keys.byId) {
			if (id !== undefined && !keys.lines.has(id)) keys.lines.set(id, line);
			continue;
		}
		if (keys.fields.some((field) => isEmpty(cells[field.id]))) continue;
		const key = keyOfCells(located, keys.fields, cells);
		if (!keys.lines.has(key)) keys.lines.set(key, line);
	}
}

export interface ChunkPlan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly problems: readonly Problem[];
	readonly before: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
	/** Links that its rows take from records which they do not name. */
	readonly ends: readonly LinkEnd[];
}

/** The same before links at other ends were looked at. */
type RowPlan = Omit<ChunkPlan, "ends">;

/** What the records of a chunk become: those whose key is there are changed, the others are made. */
export async function planChunk(
	{ session, running, links, claimed }: Target,
	{ located, records }: Pick<Checked, "located" | "records">,
	keys: KeyIndex | undefined,
): Promise<ChunkPlan> {
	const plan = await planRows(located, records, keys, running);
	const { before } = plan;
	const isNew = (id: string) => links?.places.has(id) === true;
	const known = { before, isNew, claimed };
	const { ends, problems } = await linkEnds(
		session,
		located,
		plan.ops,
		known,
		running,
	);
	return {
		...withoutBad(plan, problems, records),
		ends: endsDone(ends, (by) => !problems.some(({ record }) => record === by)),
	};
}

async function planRows(
	located: Located,
	records: readonly ValidRecord[],
	keys: KeyIndex | undefined,
	running: Running,
): Promise<RowPlan> {
	if (keys === undefined) return unlessLone(located, allNew(records), records);
	const { creates, updates, problems } = keys.byId
		? matchIds(records, keys)
		: matchKeys(located, records, keys);
	const named = new Set(updates.flatMap(({ cells }) => Object.keys(cells)));
	const found = await readRowsById(
		located,
		updates.map(({ id }) => id as string),
		{ fields: located.table.fields.filter(({ id }) => named.has(id)) },
		running.call,
	);
	const before = new Map([...found].map(([id, row]) => [id, row.cells]));
	const there = updates.filter(({ id }) => found.has(id as string));
	if (keys.byId) problems.push(...missingIds(updates, found));
	const known = await planKnown(located, keys.byId ? there : updates, before);
	const plan = {
		ops: [...creates, ...known.ops].sort((a, b) => a.index - b.index),
		settled: known.settled,
		problems,
		before,
	};
	return unlessLone(located, plan, records);
}

/** Files that a row names and that are in no cell yet cannot be written by their names: such a row is a bad one. */
function unlessLone(
	located: Located,
	plan: RowPlan,
	records: readonly ValidRecord[],
): RowPlan {
	const lone = plan.ops.flatMap((op) =>
		op.kind === "create" ? loneNames(op, located) : [],
	);
	return withoutBad(plan, lone, records);
}

/** The plan without the rows that have these problems, which get their lines. */
function withoutBad(
	plan: RowPlan,
	found: readonly Problem[],
	records: readonly ValidRecord[],
): RowPlan {
	if (found.length === 0) return plan;
	const lines = new Map(records.map(({ index, line }) => [index, line]));
	const problems = found.map((problem) => ({
		...problem,
		...defined({ line: lines.get(problem.record as number) }),
	}));
	const bad = new Set(problems.map(({ record }) => record));
	return {
		...plan,
		ops: plan.ops.filter(({ index }) => !bad.has(index)),
		problems: [...plan.problems, ...problems],
	};
}

function allNew(records: readonly ValidRecord[]): RowPlan {
	return {
		ops: records.map(createOf),
		settled: [],
		problems: [],
		before: new Map(),
	};
}

function createOf({ index, cells }: ValidRecord): Op {
	return { index, kind: "create", cells };
}

/** Rows without an id are new records. */
function matchIds(records: readonly ValidRecord[], keys: KeyIndex): Matches {
	const matches: Matches = { creates: [], updates: [], problems: [] };
	for (const record of records) {
		const { id, index, line = 0 } = record;
		const before = id === undefined ? undefined : keys.lines.get(id);
		if (id === undefined) matches.creates.push(createOf(record));
		else if (before !== undefined && before !== line)
			matches.problems.push({
				record: index,
				line,
				message: `has the same record id as line ${before}`,
			});
		else {
			keys.lines.set(id, line);
			matches.updates.push(record);
		}
	}
	return matches;
}

function missingIds(
	updates: readonly ValidRecord[],
	found: ReadonlyMap<string, unknown>,
): readonly Problem[] {
	return updates.flatMap(({ id, index, line }) =>
		found.has(id as string)
			? []
			: [
					{
						record: index,
						...defined({ line }),
						given: id,
						message: `there is no record ${quoted(id as string)} in the table; a row without an id is added as a new record`,
					},
				],
	);
}

interface Matches {
	readonly creates: Op[];
	readonly updates: ValidRecord[];
	readonly problems: Problem[];
}

/** Looks the keys of records up, and marks them as had. */
function matchKeys(
	located: Located,
	records: readonly ValidRecord[],
	keys: KeyIndex,
): Matches {
	const creates: Op[] = [];
	const updates: ValidRecord[] = [];
	const problems: Problem[] = [];
	for (const record of records) {
		const { index, line = 0 } = record;
		const match = matchKey(located, record, keys);
		if ("problem" in match)
			problems.push({ record: index, line, message: match.problem });
		else if (match.id === undefined) creates.push(createOf(record));
		else updates.push({ ...record, id: match.id });
	}
	return { creates, updates, problems };
}

/** The record that has the key; no id: none has it. */
function matchKey(
	located: Located,
	{ cells, line = 0 }: ValidRecord,
	keys: KeyIndex,
): { readonly id: string | undefined } | { readonly problem: string } {
	const empty = emptyKey(keys.fields, cells);
	if (empty !== undefined) return { problem: empty };
	const key = keyOfCells(located, keys.fields, cells);
	const before = keys.lines.get(key);
	if (before !== undefined && before !== line)
		return { problem: `has the same key as line ${before}` };
	keys.lines.set(key, line);
	const ids = keys.ids.get(key) ?? [];
	return ids.length > 1 ? { problem: matchesMany(ids) } : { id: ids[0] };
}

/** Notes which records a chunk has made: a later row with one of their keys finds them. */
export function noteMade(
	keys: KeyIndex,
	located: Located,
	ops: readonly Op[],
	results: ReadonlyMap<number, Settled>,
): void {
	if (keys.byId) return;
	for (const op of ops) {
		const result = results.get(op.index);
		if (result?.outcome === "created" && result.id !== undefined)
			keys.ids.set(keyOfCells(located, keys.fields, op.cells), [result.id]);
	}
}
