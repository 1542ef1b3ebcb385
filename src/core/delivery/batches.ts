import type { Op, OpKind, Outcome } from "../contract/journal.js";
import type { Located } from "../places/locate.js";

/** Ops of one kind that go out together. */
export interface Batch {
	readonly kind: OpKind;
	readonly ops: readonly Op[];
}

/** What becomes of a record where its op succeeds. */
export const DONE: Readonly<Record<OpKind, Outcome>> = {
	create: "created",
	update: "updated",
	delete: "deleted",
};

/** Splits by kind and by the vendor's maximum and body size, one batch after the other; order is kept. */
export function* planBatches(
	located: Located,
	ops: readonly Op[],
): Generator<Batch> {
	const { limits } = located.adapter;
	let last: { readonly kind: OpKind; readonly ops: Op[] } | undefined;
	let bytes = 0;
	for (const op of ops) {
		const size =
			limits.bodyBytes === undefined
				? 0
				: Buffer.byteLength(JSON.stringify(op.cells)) + 64;
		if (
			last !== undefined &&
			last.kind === op.kind &&
			last.ops.length < limits.batch[op.kind] &&
			bytes + size <= (limits.bodyBytes ?? Number.POSITIVE_INFINITY)
		) {
			last.ops.push(op);
			bytes += size;
		} else {
			if (last !== undefined) yield last;
			last = { kind: op.kind, ops: [op] };
			bytes = size;
		}
	}
	if (last !== undefined) yield last;
}
