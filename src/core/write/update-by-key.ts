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
import { isEmpty, kindOf, matchKeyOf } from "../values/values.js";
import { loneNames } from "./create-records.js";
import { asShown, planKnown } from "./known-updates.js";
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

/** Finds the record of each key, and plans what is to be changed and created. */
export async function planByKey(
	session: Session,
	located: Located,
	keyed: Keyed,
	running: Running,
): Promise<Omit<Plan, "total">> {
	const { records, failed } = byKey(located, keyed);
	const matched = await rowsWithKeys(located, keyed, records, running);
	const settled: Settled[] = [...failed];
	const fail = (index: number, message: string) =>
		settled.push({ index, outcome: "failed", message });
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	const updates: ValidRecord[] = [];
	const creates: Op[] = [];
	for (const [key, record] of records) {
		const rows = matched.get(key) ?? [];
		const [row] = rows;
		if (rows.length > 1)
			fail(
				record.index,
				`its key matches ${rows.length} records: ${rows
					.slice(0, 5)
					.map(({ id }) => id)
					.join(", ")}`,
			);
		else if (row !== undefined) {
			before.set(row.id, row.cells);
			updates.push({ ...record, id: row.id });
		} else if (keyed.upsert) creates.push(createOf(record));
		else fail(record.index, "no record has its key; `upsert` would create it");
	}
	const plan = planKnown(
		located,
		updates,
		await asShown(session, located, updates, before, running),
	);
	const lone = loneNames(
		creates.map((op) => ({ ...op, edits: {}, readOnly: {} })),
		located,
	);
	const refusedCreates = new Set(lone.map(({ record }) => record));
	for (const problem of lone) fail(problem.record as number, problem.message);
	return {
		ops: [
			...plan.ops,
			...creates.filter(({ index }) => !refusedCreates.has(index)),
		].sort((a, b) => a.index - b.index),
		settled: [...settled, ...plan.settled],
		notes: plan.notes,
		before,
	};
}

function byKey(located: Located, { records, keys }: Keyed): ByKey {
	const found = new Map<string, ValidRecord>();
	const failed: Settled[] = [];
	const fail = (index: number, message: string) =>
		failed.push({ index, outcome: "failed", message });
	for (const record of records) {
		const empty = keys.filter((field) => isEmpty(record.cells[field.id]));
		if (empty.length > 0) {
			fail(
				record.index,
				`its key ${empty.map(({ name }) => `"${name}"`).join(", ")} is empty`,
			);
			continue;
		}
		const key = keyOfCells(located, keys, record.cells);
		const same = found.get(key);
		if (same !== undefined)
			fail(record.index, `has the same key as record ${same.index}`);
		else found.set(key, record);
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

/** What a record is found by: the values of its key fields, in their order. */
export function keyOfCells(
	{ table }: Located,
	keys: readonly Field[],
	cells: Readonly<Record<string, Cell>>,
): string {
	return keys
		.map((field) => matchKeyOf(cells[field.id], field, table.zone))
		.join("\u0000");
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
