import type { Cell } from "../contract/field.js";
import type { Change, Op } from "../contract/journal.js";

/*
 * What the journal has of a change, by record.
 */

/** The ops of a change by their indexes: those of its plan, or of an import those of its batches. */
export function opsOf({ plan, sent }: Change): ReadonlyMap<number, Op> {
	const ops = [...(plan?.ops ?? []), ...sent.flatMap((one) => one.ops ?? [])];
	return new Map(ops.map((op) => [op.index, op]));
}

/** The values from before a change, by record. Of a record that was sent more than once the first values count. */
export function formerValues({
	sent,
}: Change): ReadonlyMap<string, Readonly<Record<string, Cell>>> {
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	for (const batch of sent)
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			if (!before.has(id)) before.set(id, cells);
	return before;
}

/** When a change was last at work: clock time, ms. */
export function lastAtWorkMs({ start, sent, endedAtMs }: Change): number {
	return Math.max(start.atMs, endedAtMs ?? 0, ...sent.map(({ atMs }) => atMs));
}
