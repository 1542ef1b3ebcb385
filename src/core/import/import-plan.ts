import type { Cell, Field } from "../contract/field.js";
import type { FileRow } from "../contract/files.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows, readRowsById } from "../read/read.js";
import { fieldNamed } from "../values/names.js";
import type { ValidRecord } from "../values/validate.js";
import { isEmpty } from "../values/values.js";
import { validate } from "../write/input-checks.js";
import { planKnown } from "../write/known-updates.js";
import { keyOfCells } from "../write/record-key.js";
import {
	type ImportOptions,
	type MappedColumn,
	recordOf,
} from "./import-columns.js";

/** What a call needs to answer after it has stopped checking a file. */
export const CHECK_MARGIN_MS = 8_000;

/** Where the rows of a file go, and how they are read. */
export interface Target {
	readonly session: Session;
	readonly located: Located;
	readonly columns: readonly MappedColumn[];
	readonly options: Pick<ImportOptions, "empty" | "allowNewOptions">;
	readonly running: Running;
}

interface Checked {
	readonly records: readonly ValidRecord[];
	readonly problems: readonly Problem[];
	readonly notes: readonly string[];
	readonly newOptions: ReadonlyMap<string, readonly string[]>;
	readonly located: Located;
}

export async function checkChunk(
	{ session, located, columns, options, running }: Target,
	rows: readonly FileRow[],
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
		{
			given: good.map(({ fields }) => ({ fields })),
			mode: "create",
			allowNewOptions: options.allowNewOptions,
			lines: good.map(({ row }) => row.line),
		},
		running,
	);
	const wrong = new Set<number>();
	for (const problem of checked.problems) {
		const position = problem.record as number;
		wrong.add(position);
		problems.push({ ...problem, record: good[position]?.row.record as number });
	}
	return {
		located: checked.located,
		newOptions: checked.newOptions,
		notes: checked.notes,
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
export interface KeyIndex {
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
		"Call again when the vendor is faster, or import without `match_on` if the rows are new.",
	);
	return { fields, ids, lines: new Map() };
}

/** Keys of rows that an earlier call has seen to: a later row with one of them is a double, as it would have been then. */
export function markKeys(keys: KeyIndex, { records, located }: Checked): void {
	for (const { cells, line = 0 } of records) {
		if (keys.fields.some((field) => isEmpty(cells[field.id]))) continue;
		const key = keyOfCells(located, keys.fields, cells);
		if (!keys.lines.has(key)) keys.lines.set(key, line);
	}
}

interface ChunkPlan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly problems: readonly Problem[];
	readonly before: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

export async function planChunk(
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
		const key = keyOfCells(located, keys.fields, record.cells);
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
