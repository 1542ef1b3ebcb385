import type { Filter } from "../contract/condition.js";
import type { Cell, Field } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readRows } from "../read/read.js";
import { defined } from "../values/defined.js";
import type { ValidRecord } from "../values/validate.js";
import { kindOf } from "../values/values.js";
import { asShown, planKnown } from "./known-updates.js";
import { loneNames } from "./lone-names.js";
import { emptyKey, keyOfCells, matchesMany } from "./record-key.js";
import type { Plan } from "./write-plan.js";

/** Keys up to this many are looked up by a filter; more by reading the table once. */
const KEYS_BY_FILTER = 50;

/** Updates whose values are checked, and whose records are to be found by key fields. */
interface Keyed {
	readonly records: readonly ValidRecord[];
	readonly keys: readonly Field[];
	/** Fields that the records name. */
	readonly touched: readonly Field[];
	/** A record without a match is created. */
	readonly upsert: boolean;
}

/** Records of the input by their key; those whose key is empty or doubled have failed. */
interface ByKey {
	readonly records: ReadonlyMap<string, ValidRecord>;
	readonly failed: readonly Settled[];
}

/** What becomes of the records of the input once the rows with their keys are read. */
interface Matched {
	readonly updates: readonly ValidRecord[];
	readonly creates: readonly Op[];
	readonly failed: readonly Settled[];
	/** The rows that are to be changed, by id. */
	readonly before: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

/** Finds the record of each key, and plans what is to be changed and created. */
export async function planByKey(
	session: Session,
	located: Located,
	keyed: Keyed,
	running: Running,
): Promise<Omit<Plan, "total">> {
	const { records, failed } = byKey(located, keyed);
	const rows = await rowsWithKeys(located, keyed, records, running);
	const matched = match(records, rows, keyed.upsert);
	const { updates, before } = matched;
	const plan = planKnown(
		located,
		updates,
		await asShown(session, located, updates, before, running),
	);
	const lone = loneNames(matched.creates, located);
	const refused = new Set(lone.map(({ record }) => record));
	const creates = matched.creates.filter(({ index }) => !refused.has(index));
	return {
		ops: [...plan.ops, ...creates].sort((a, b) => a.index - b.index),
		settled: [
			...failed,
			...matched.failed,
			...lone.map(({ record, message }) => failure(record as number, message)),
			...plan.settled,
		],
		notes: plan.notes,
		before,
		keys: keyed.keys.map(({ id }) => id),
	};
}

function match(
	records: ReadonlyMap<string, ValidRecord>,
	matched: ReadonlyMap<string, readonly Row[]>,
	upsert: boolean,
): Matched {
	const updates: ValidRecord[] = [];
	const creates: Op[] = [];
	const failed: Settled[] = [];
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	for (const [key, record] of records) {
		const { index } = record;
		const rows = matched.get(key) ?? [];
		const [row] = rows;
		if (rows.length > 1)
			failed.push(failure(index, matchesMany(rows.map(({ id }) => id))));
		else if (row !== undefined) {
			before.set(row.id, row.cells);
			updates.push({ ...record, id: row.id });
		} else if (upsert && record.unlessHeld !== undefined)
			failed.push(failure(index, Object.values(record.unlessHeld).join("; ")));
		else if (upsert) creates.push(createOf(record));
		else
			failed.push(
				failure(index, "no record has its key; `upsert` would create it"),
			);
	}
	return { updates, creates, failed, before };
}

function failure(index: number, message: string): Settled {
	return { index, outcome: "failed", message };
}

function byKey(located: Located, { records, keys }: Keyed): ByKey {
	const found = new Map<string, ValidRecord>();
	const failed: Settled[] = [];
	for (const record of records) {
		const empty = emptyKey(keys, record.cells);
		if (empty !== undefined) {
			failed.push(failure(record.index, empty));
			continue;
		}
		const key = keyOfCells(located, keys, record.cells);
		const same = found.get(key);
		if (same === undefined) found.set(key, record);
		else
			failed.push(
				failure(record.index, `has the same key as record ${same.index}`),
			);
	}
	return { records: found, failed };
}

async function rowsWithKeys(
	located: Located,
	{ keys, touched }: Keyed,
	records: ReadonlyMap<string, ValidRecord>,
	running: Running,
): Promise<ReadonlyMap<string, readonly Row[]>> {
	const matched = new Map<string, Row[]>();
	for await (const rows of readRows(
		located,
		{
			fields: [...new Set([...keys, ...touched])],
			...defined({ filter: filterForKeys(keys, records) }),
		},
		{ ...running.call, priority: "bulk" },
	))
		for (const row of rows) {
			const key = keyOfCells(located, keys, row.cells);
			if (records.has(key))
				matched.set(key, [...(matched.get(key) ?? []), row]);
		}
	return matched;
}

/** undefined: reading the whole table is better, or all that is possible. */
function filterForKeys(
	keys: readonly Field[],
	records: ReadonlyMap<string, ValidRecord>,
): Filter | undefined {
	const [field] = keys;
	if (
		field === undefined ||
		keys.length > 1 ||
		records.size > KEYS_BY_FILTER ||
		!["text", "number", "option"].includes(kindOf(field))
	)
		return undefined;
	const values = [...records.values()].map(
		({ cells }) => cells[field.id] ?? null,
	);
	return {
		match: "all",
		conditions: [{ operand: { kind: "field", field }, op: "any_of", values }],
		groups: [],
	};
}

/** In a new record a list edit is what it adds. */
function createOf({ index, cells, edits }: ValidRecord): Op {
	const added = Object.entries(edits).map(([id, { add }]) => [id, add]);
	return {
		index,
		kind: "create",
		cells: { ...cells, ...Object.fromEntries(added) },
	};
}
