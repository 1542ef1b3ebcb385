import type { FieldCodec } from "../contract/codec.js";
import { wordsOf } from "../contract/error-words.js";
import type { Field, FieldType } from "../contract/field.js";
import type { Op, OpKind } from "../contract/journal.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { encodeCells } from "../values/values.js";
import type { Batch } from "./batches.js";

/**
 * What a vendor was seen to store: its answers about more of the same are believed. Each is a type of field, a kind of
 * write, and the form of the cell.
 */
export type Proven = Set<string>;

/** What the vendor of a connection was seen to store of late, to be added to. */
export async function provenOf(
	{ provenForms }: Pick<Session, "provenForms">,
	{ connection }: Pick<Located, "connection">,
): Promise<Proven> {
	return new Set(await provenForms.of(connection.name));
}

/** Remembers what has become proven since; where that cannot be written, it is proven again the next time. */
export async function rememberProven(
	session: Pick<Session, "provenForms" | "log">,
	{ connection }: Pick<Located, "connection">,
	forms: readonly string[],
): Promise<void> {
	if (forms.length === 0) return;
	try {
		await session.provenForms.add(connection.name, forms);
	} catch (error) {
		session.log("warning", `what was proven is not kept: ${wordsOf(error)}`);
	}
}

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

/** A cell that was sent, and whether reading it back has shown it. */
export interface ReadBack {
	readonly field: Field;
	readonly op: Op;
	readonly isKept: boolean;
}

/**
 * Notes what reading a batch back has shown; a form that one cell did not keep is not proven.
 * @returns what has become proven by it.
 */
export function noteProven(
	located: Located,
	read: readonly ReadBack[],
	proven: Proven,
): readonly string[] {
	const kept = new Set<string>();
	const lost = new Set<string>();
	for (const { field, op, isKept } of read)
		if (field.id in op.cells && proveOf(located, field) === "first")
			(isKept ? kept : lost).add(keyOf(located, field, op));
	const fresh = [...kept].filter((key) => !lost.has(key) && !proven.has(key));
	for (const key of fresh) proven.add(key);
	return fresh;
}

/** Calls that reading a batch back takes, if everything is kept; notes it as proven. */
export function proofCalls(
	located: Located,
	{ kind, ops }: Batch,
	proven: Proven,
): number {
	const fields = fieldsToProve(located, kind, ops, proven);
	if (fields.length === 0) return 0;
	noteProven(
		located,
		fields.flatMap((field) => ops.map((op) => ({ field, op, isKept: true }))),
		proven,
	);
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
	return [field.wireType, op.kind, formOf(wire[field.id])].join(" ");
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
