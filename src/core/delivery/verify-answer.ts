import type { FieldCodec } from "../contract/codec.js";
import type { Field, FieldType } from "../contract/field.js";
import type { Op, OpKind, Settled } from "../contract/journal.js";
import type { WrittenRow } from "../contract/records.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { whyReadOnly } from "../values/validate.js";
import { decodeRow, equalCells, isEmpty } from "../values/values.js";
import { type Batch, DONE } from "./batches.js";
import type { LiveChange } from "./live-change.js";
import { fieldsToProve, noteProven, rememberProven } from "./proof.js";

/** "Success" is believed as far as it is proven: what the vendor shows as stored, and types that are proven by reading. */
export async function verifyAnswer(
	change: LiveChange,
	{ kind, ops }: Batch,
	written: readonly WrittenRow[],
): Promise<readonly Settled[]> {
	const { session, located, running } = change;
	const proven = await change.proven();
	const proved = fieldsToProve(located, kind, ops, proven);
	const read =
		proved.length > 0
			? await readRowsById(
					located,
					written.map(({ id }) => id),
					{ fields: proved },
					running.call,
				)
			: undefined;
	const seen = ops.map((op, position): Seen => {
		const row = written[position] as WrittenRow;
		const id = kind === "create" ? row.id : (op.id as string);
		return {
			op,
			id,
			shown: shownCells(located, row),
			read: read?.get(id)?.cells,
		};
	});
	const fresh = noteProven(
		located,
		proved.flatMap((field) =>
			seen.map(({ op, read: cells }) => ({
				field,
				op,
				isKept: cells !== undefined && holds(located, cells, op, field),
			})),
		),
		proven,
	);
	await rememberProven(session, located, fresh);
	return seen.map((one) => verdict(located, kind, proved, one));
}

type Cells = Row["cells"];

/** A written record, with its cells as the answer shows them and as they were read back; undefined = not shown. */
interface Seen {
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
	{ op, id, shown, read }: Seen,
): Settled {
	const lost = Object.keys(op.cells)
		.map((fieldId) => located.table.byId.get(fieldId) as Field)
		.filter((field) => {
			const cells = (proved.includes(field) ? read : undefined) ?? shown;
			return (
				cells !== undefined &&
				isComparable(located, field) &&
				!holds(located, cells, op, field)
			);
		});
	const filled =
		kind === "create" ? filledBeside(located, op, shown) : undefined;
	if (lost.length === 0)
		return { index: op.index, outcome: DONE[kind], id, ...defined({ filled }) };
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
		...defined({ filled }),
	};
}

/** Cells that a new record was given besides those that were sent, such as defaults: undo must know them. */
function filledBeside(
	located: Located,
	op: Op,
	shown: Cells | undefined,
): Settled["filled"] {
	const beside = Object.entries(shown ?? {}).filter(([id, cell]) => {
		const field = located.table.byId.get(id);
		return (
			field !== undefined &&
			!(id in op.cells) &&
			!isEmpty(cell) &&
			isWritable(located, field)
		);
	});
	return beside.length === 0 ? undefined : Object.fromEntries(beside);
}

/** Can a write set the field's cells at all? */
export function isWritable({ adapter }: Located, field: Field): boolean {
	return whyReadOnly(field, adapter.codecs) === undefined;
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
function isComparable(located: Located, field: Field): boolean {
	const codec = located.adapter.codecs[field.type] as Partial<
		FieldCodec<FieldType>
	>;
	return (
		codec.encode !== undefined &&
		!["user", "group", "department"].includes(field.type)
	);
}
