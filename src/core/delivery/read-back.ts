import type { CallContext } from "../contract/call-context.js";
import type { Filter } from "../contract/condition.js";
import type { Field } from "../contract/field.js";
import type { BatchSent, Op, Settled } from "../contract/journal.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readRows, readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { cutList } from "../values/names.js";
import { equalCells, keyOf } from "../values/values.js";

/** What reading back has proven about a batch whose answer was lost. */
export interface ReadBack {
	readonly settled: readonly Settled[];
	/** Proven not to have arrived: may be sent again. */
	readonly missing: readonly Op[];
	/** Neither is proven: the reason is in the message. */
	readonly unsure: readonly Settled[];
}

/** Where the vendor does not show its clock, it and this machine's may differ by this much. */
const UNKNOWN_SKEW_MS = 120_000;

/** Vendors give times and their clock in whole seconds. */
const KNOWN_SKEW_MS = 3_000;

/**
 * Reads the table to find out what of a batch arrived.
 * @param own ids that this change is known to have made: they are not evidence for another record.
 */
export async function readBack(
	located: Located,
	batch: BatchSent,
	ops: readonly Op[],
	own: ReadonlySet<string>,
	call: CallContext,
): Promise<ReadBack> {
	switch (batch.kind) {
		case "create":
			return readBackCreates(located, batch, ops, own, call);
		case "update":
			return readBackUpdates(located, ops, call);
		case "delete":
			return readBackDeletes(located, ops, call);
	}
}

async function readBackDeletes(
	located: Located,
	ops: readonly Op[],
	call: CallContext,
): Promise<ReadBack> {
	const there = await readRowsById(
		located,
		ops.map(({ id }) => id as string),
		{ fields: [] },
		call,
	);
	return {
		settled: ops
			.filter(({ id }) => !there.has(id as string))
			.map(({ index, id }) => ({
				index,
				outcome: "deleted",
				id: id as string,
			})),
		missing: ops.filter(({ id }) => there.has(id as string)),
		unsure: [],
	};
}

async function readBackUpdates(
	located: Located,
	ops: readonly Op[],
	call: CallContext,
): Promise<ReadBack> {
	const fields = fieldsOfOps(located, ops);
	const rows = await readRowsById(
		located,
		ops.map(({ id }) => id as string),
		{ fields },
		call,
	);
	const arrived = (op: Op) => {
		const row = rows.get(op.id as string);
		return (
			row !== undefined &&
			Object.entries(op.cells).every(([id, cell]) =>
				equalCells(
					row.cells[id],
					cell,
					located.table.byId.get(id) as Field,
					located.table.zone,
				),
			)
		);
	};
	return {
		settled: ops.filter(arrived).map(({ index, id }) => ({
			index,
			outcome: "updated",
			id: id as string,
		})),
		missing: ops.filter((op) => !arrived(op) && rows.has(op.id as string)),
		unsure: ops
			.filter((op) => !rows.has(op.id as string))
			.map(({ index, id }) => ({
				index,
				outcome: "failed",
				id: id as string,
				message: "the record does not exist any more",
			})),
	};
}

/**
 * Rows that are equal by value must not fool the search: they are counted. A row counts as arrived only if it is
 * not one of this change's other rows and was not there before the batch was sent.
 */
async function readBackCreates(
	located: Located,
	batch: BatchSent,
	ops: readonly Op[],
	own: ReadonlySet<string>,
	call: CallContext,
): Promise<ReadBack> {
	const fields = fieldsOfOps(located, ops);
	const signature = ({ cells }: Pick<Op, "cells">) =>
		fields
			.map((field) => keyOf(cells[field.id], field, located.table.zone))
			.join("\u0000");
	const wanted = new Map<string, Op[]>();
	for (const op of ops) {
		const key = signature(op);
		wanted.set(key, [...(wanted.get(key) ?? []), op]);
	}
	const found = new Map<string, string[]>();
	const query = { fields, filter: narrow(ops, fields) };
	for await (const rows of rowsSince(located, batch, query, call))
		for (const row of rows) {
			const key = signature(row);
			if (wanted.has(key) && !own.has(row.id))
				found.set(key, [...(found.get(key) ?? []), row.id]);
		}
	return assign(wanted, found);
}

/** Rows that may have been made by a batch: where the vendor shows when a row was made, none from before. */
async function* rowsSince(
	located: Located,
	batch: BatchSent,
	query: {
		readonly fields: readonly Field[];
		readonly filter: Filter | undefined;
	},
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	const { adapter } = located;
	const { fields, filter } = query;
	const isTimed = adapter.systemColumns.includes("$created_at");
	const system = isTimed ? (["$created_at"] as const) : [];
	const offsetMs = adapter.clockOffsetMs?.();
	const earliestMs =
		batch.atMs +
		(offsetMs ?? 0) -
		(offsetMs === undefined ? UNKNOWN_SKEW_MS : KNOWN_SKEW_MS);
	const wanted = { fields, system, ...defined({ filter }) };
	for await (const rows of readRows(located, wanted, call))
		yield rows.filter(({ cells: { $created_at: createdMs } }) => {
			const isKnown = isTimed && typeof createdMs === "number";
			return !isKnown || createdMs >= earliestMs;
		});
}

/** Which of the rows found is which op's; both are by the values that were sent. */
function assign(
	wanted: ReadonlyMap<string, readonly Op[]>,
	found: ReadonlyMap<string, readonly string[]>,
): ReadBack {
	const settled: Settled[] = [];
	const missing: Op[] = [];
	const unsure: Settled[] = [];
	for (const [key, same] of wanted) {
		const ids = found.get(key) ?? [];
		for (const [position, op] of same.entries()) {
			const id = ids[position];
			if (ids.length > same.length)
				unsure.push({
					index: op.index,
					outcome: "unknown",
					message: `${ids.length} records look like it (${cutList(ids)}), ${same.length} were sent: someone else writes the same; query them and decide`,
				});
			else if (id === undefined) missing.push(op);
			else settled.push({ index: op.index, outcome: "created", id });
		}
	}
	return { settled, missing, unsure };
}

function fieldsOfOps(located: Located, ops: readonly Op[]): Field[] {
	const ids = new Set(ops.flatMap(({ cells }) => Object.keys(cells)));
	return located.table.fields.filter(({ id }) => ids.has(id));
}

/** Asks the vendor only for rows that could be ours, by the text field that tells them apart best. */
function narrow(
	ops: readonly Op[],
	fields: readonly Field[],
): Filter | undefined {
	const field =
		fields.find(
			({ type, primary }) => primary && (type === "text" || type === "number"),
		) ??
		fields.find(
			({ type }) => type === "text" || type === "email" || type === "number",
		);
	if (field === undefined) return undefined;
	const values = [...new Set(ops.map(({ cells }) => cells[field.id] ?? null))];
	if (values.length > 20 || values.some((value) => value === null))
		return undefined;
	return {
		match: "all",
		conditions: [{ operand: { kind: "field", field }, op: "any_of", values }],
		groups: [],
	};
}
