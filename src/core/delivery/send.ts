import type { CallContext } from "../contract/call-context.js";
import type { FieldCodec } from "../contract/codec.js";
import { TablesError } from "../contract/errors.js";
import type { Field, FieldType } from "../contract/field.js";
import type { Op, OpKind, Outcome, Settled } from "../contract/journal.js";
import type { WrittenRow } from "../contract/records.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { decodeRow, encodeCells, equalCells } from "../values/values.js";
import { fieldsToProve, noteProven, type Proven } from "./proof.js";

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

/** An answered batch, and what the call knows about answers of this vendor. */
interface Judging {
	readonly located: Located;
	readonly kind: OpKind;
	readonly proven: Proven;
	readonly context: CallContext;
}

/** "Success" is believed as far as it is proven: what the vendor shows as stored, and types that are proved by reading. */
export async function judge(
	{ located, kind, proven, context }: Judging,
	ops: readonly Op[],
	written: readonly WrittenRow[],
): Promise<readonly Settled[]> {
	const proved = fieldsToProve(located, kind, ops, proven);
	const read =
		proved.length > 0
			? await readRowsById(
					located,
					written.map(({ id }) => id),
					{ fields: proved },
					context,
				)
			: undefined;
	const judged = ops.map((op, position): Judged => {
		const row = written[position] as WrittenRow;
		const id = kind === "create" ? row.id : (op.id as string);
		return {
			op,
			id,
			shown: shownCells(located, row),
			read: read?.get(id)?.cells,
		};
	});
	for (const field of proved)
		noteProven(
			located,
			field,
			judged.map((one) => ({
				op: one.op,
				isKept:
					one.read !== undefined && holds(located, one.read, one.op, field),
			})),
			proven,
		);
	return judged.map((one) => verdict(located, kind, proved, one));
}

type Cells = Row["cells"];

/** A written record, with its cells as the answer shows them and as they were read back; undefined = not told. */
interface Judged {
	readonly op: Op;
	readonly id: string;
	readonly shown: Cells | undefined;
	readonly read: Cells | undefined;
}

function shownCells(
	{ adapter, table }: Located,
	{ id, stored }: WrittenRow,
): Cells | undefined {
	return stored === undefined
		? undefined
		: decodeRow(adapter, table, { id, cells: stored }, table.fields).cells;
}

function holds(
	{ table }: Located,
	cells: Cells,
	op: Op,
	field: Field,
): boolean {
	return equalCells(cells[field.id], op.cells[field.id], field, table.zone);
}

function verdict(
	located: Located,
	kind: OpKind,
	proved: readonly Field[],
	{ op, id, shown, read }: Judged,
): Settled {
	const lost = Object.keys(op.cells)
		.map((fieldId) => located.table.byId.get(fieldId) as Field)
		.filter((field) => {
			const seen = (proved.includes(field) ? read : undefined) ?? shown;
			return (
				seen !== undefined &&
				comparable(located, field) &&
				!holds(located, seen, op, field)
			);
		});
	if (lost.length === 0) return { index: op.index, outcome: DONE[kind], id };
	const isShown =
		shown !== undefined &&
		lost.every((field) => holds(located, shown, op, field));
	const isInPart =
		kind === "create" || lost.length < Object.keys(op.cells).length;
	return {
		index: op.index,
		outcome: "failed",
		id,
		message: lostMessage(lost, kind, isShown),
		...(isInPart ? { lost: lost.map((field) => field.id) } : {}),
	};
}

/** `isShown`: the vendor's answer shows the values as they were sent. */
function lostMessage(
	lost: readonly Field[],
	kind: OpKind,
	isShown: boolean,
): string {
	const names = lost.map(({ name }) => `"${name}"`).join(", ");
	const made = kind === "create" ? "; the record was made" : "";
	const cause = isShown
		? "its answer shows the value, and reading it back does not. Enter it in the app, or try another value"
		: "the account may lack the right to edit";
	return `the vendor answered success, but ${names} ${lost.length === 1 ? "does" : "do"} not hold what was sent${made}: ${cause}`;
}

/** Fields whose stored form can be compared: people may come back by another id, or not at once. */
function comparable(located: Located, field: Field): boolean {
	const codec = located.adapter.codecs[field.type] as Partial<
		FieldCodec<FieldType>
	>;
	return (
		codec.encode !== undefined &&
		!["user", "group", "department"].includes(field.type)
	);
}
