import type { FieldCodec } from "../contract/codec.js";
import type { Field, FieldType } from "../contract/field.js";
import type { Op, OpKind } from "../contract/journal.js";
import type { Located } from "../places/locate.js";
import { encodeCells } from "../values/values.js";
import type { Batch } from "./batches.js";

/**
 * What a call has seen a vendor store: its answers about more of the same are believed. Keys are a field, a kind of
 * write, and the form of the cell.
 */
export type Proven = Set<string>;

/** Fields of a batch that are to be read back, because the vendor's answer alone does not prove them. */
export function fieldsToProve(
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	proven: Proven,
): readonly Field[] {
	if (kind === "delete") return [];
	return located.table.fields.filter((field) => {
		const prove = proveOf(located, field);
		return (
			prove !== undefined &&
			ops.some((op) => {
				if (!(field.id in op.cells)) return false;
				if (prove === "first") return !proven.has(keyOf(located, field, op));
				return (
					prove === true || prove(field, (op.cells[field.id] ?? null) as never)
				);
			})
		);
	});
}

/** Notes what reading a field of a batch back has shown; a form that one record did not keep is not proven. */
export function noteProven(
	located: Located,
	field: Field,
	read: readonly { readonly op: Op; readonly isKept: boolean }[],
	proven: Proven,
): void {
	if (proveOf(located, field) !== "first") return;
	const kept = new Set<string>();
	const lost = new Set<string>();
	for (const { op, isKept } of read)
		if (field.id in op.cells)
			(isKept ? kept : lost).add(keyOf(located, field, op));
	for (const key of kept) if (!lost.has(key)) proven.add(key);
}

/** Calls that reading a batch back takes, if everything is kept; notes it as proven. */
export function proofCalls(
	located: Located,
	{ kind, ops }: Batch,
	proven: Proven,
): number {
	const fields = fieldsToProve(located, kind, ops, proven);
	if (fields.length === 0) return 0;
	const kept = ops.map((op) => ({ op, isKept: true }));
	for (const field of fields) noteProven(located, field, kept, proven);
	return Math.ceil(ops.length / located.adapter.limits.ids);
}

function proveOf(
	{ adapter }: Pick<Located, "adapter">,
	field: Field,
): FieldCodec<FieldType>["prove"] {
	return (adapter.codecs[field.type] as Partial<FieldCodec<FieldType>>).prove;
}

function keyOf({ adapter, table }: Located, field: Field, op: Op): string {
	const wire = encodeCells(adapter, table, {
		[field.id]: op.cells[field.id] ?? null,
	});
	return [field.id, op.kind, formOf(wire[field.id])].join(" ");
}

/** What a vendor's rules about cells tell apart: kinds, keys and emptiness, not the values. */
function formOf(wire: unknown): string {
	if (wire === null || wire === undefined) return "null";
	if (wire === "") return "empty";
	if (Array.isArray(wire))
		return `[${[...new Set(wire.map(formOf))].sort().join(",")}]`;
	if (typeof wire !== "object") return typeof wire;
	return `{${Object.entries(wire)
		.map(([key, value]) => `${key}:${formOf(value)}`)
		.sort()
		.join(",")}}`;
}
