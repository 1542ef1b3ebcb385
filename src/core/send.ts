import type { CallContext, FieldCodec, WrittenRow } from "./adapter.js";
import { need } from "./capability.js";
import type { Located } from "./catalog.js";
import { TablesError } from "./errors.js";
import type { Field, FieldType } from "./field.js";
import type { Op, OpKind, Outcome, Settled } from "./journal.js";
import { readRowsById } from "./read.js";
import type { Running } from "./running.js";
import type { Session } from "./session.js";
import { decodeRow, encodeCells, equalCells } from "./values.js";

/** A batch under way is waited for until this long before the answer. */
const ANSWER_MARGIN_MS = 1_500;

const DONE: Readonly<Record<OpKind, Outcome>> = {
	create: "created",
	update: "updated",
	delete: "deleted",
};

/**
 * Sends one batch. It is waited for until the call must answer: a person's cancellation stops the batch after it,
 * so that what became of this one is known.
 */
export async function call(
	session: Session,
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	running: Running,
	idempotencyKey: string,
): Promise<readonly WrittenRow[]> {
	const waiting = new AbortController();
	const late = new AbortController();
	session.clock
		.sleep(
			running.deadlineMs() - ANSWER_MARGIN_MS - session.clock.now(),
			waiting.signal,
		)
		.then(
			() =>
				late.abort(
					new TablesError("busy", "the time of one call was over", {
						next: "Call again with `resume`.",
					}),
				),
			() => {},
		);
	try {
		return await send(located, kind, ops, {
			priority: running.call.priority,
			signal: late.signal,
			idempotencyKey,
		});
	} finally {
		waiting.abort();
	}
}

async function send(
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	context: CallContext,
): Promise<readonly WrittenRow[]> {
	const { adapter, table } = located;
	if (kind === "delete") {
		const ids = ops.map(({ id }) => id as string);
		await need(located, "deleteBatch")(table, ids, context);
		return ids.map((id) => ({ id }));
	}
	const rows = ops.map((op) => ({
		id: op.id as string,
		cells: encodeCells(adapter, table, op.cells),
	}));
	const written =
		kind === "create"
			? await need(located, "createBatch")(
					table,
					rows.map(({ cells }) => cells),
					context,
				)
			: await need(located, "updateBatch")(table, rows, context);
	if (written.length !== ops.length)
		throw new TablesError(
			"outcome_unknown",
			`${ops.length} records were sent and ${written.length} answered`,
			{ cause: MISCOUNTED },
		);
	return written;
}

/** The vendor answered, and not for every record: sending the same again would be answered the same. */
export const MISCOUNTED = Symbol("miscounted");

/** "Success" is believed as far as it is proven: what the vendor shows as stored, and types that are proved by reading. */
export async function judge(
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	written: readonly WrittenRow[],
	context: CallContext,
): Promise<readonly Settled[]> {
	const { adapter, table } = located;
	const proved = table.fields.filter((field) => {
		const { prove } = adapter.codecs[field.type] as Partial<
			FieldCodec<FieldType>
		>;
		return (
			prove !== undefined &&
			ops.some(
				({ cells }) =>
					field.id in cells &&
					(prove === true || prove(field, (cells[field.id] ?? null) as never)),
			)
		);
	});
	const stored =
		proved.length > 0 && kind !== "delete"
			? await readRowsById(
					located,
					written.map(({ id }) => id),
					{ fields: proved },
					context,
				)
			: undefined;
	return ops.map((op, position) => {
		const row = written[position] as WrittenRow;
		const id = kind === "create" ? row.id : (op.id as string);
		const shown =
			row.stored === undefined
				? undefined
				: decodeRow(adapter, table, { id, cells: row.stored }, table.fields)
						.cells;
		const lost = Object.entries(op.cells).flatMap(([fieldId, cell]) => {
			const field = table.byId.get(fieldId) as Field;
			const seen = proved.includes(field) ? stored?.get(id)?.cells : shown;
			if (seen === undefined || !comparable(located, field)) return [];
			return equalCells(seen[fieldId], cell, field, table.zone)
				? []
				: [field.name];
		});
		if (lost.length === 0) return { index: op.index, outcome: DONE[kind], id };
		return {
			index: op.index,
			outcome: "failed",
			id,
			message: `the vendor answered success, but ${lost.map((name) => `"${name}"`).join(", ")} ${lost.length === 1 ? "does" : "do"} not hold what was sent${kind === "create" ? "; the record was made" : ""}: the account may lack the right to edit`,
		};
	});
}

/** Fields whose stored form can be compared: people and files may come back with more or less than was sent. */
function comparable(located: Located, field: Field): boolean {
	const codec = located.adapter.codecs[field.type] as Partial<
		FieldCodec<FieldType>
	>;
	return (
		codec.encode !== undefined &&
		!["user", "group", "department", "attachment", "url"].includes(field.type)
	);
}
