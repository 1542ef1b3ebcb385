import type { Cell } from "../contract/field.js";
import type { Change, Op } from "../contract/journal.js";
import { rowOf, withSecondCells } from "../contract/second-writes.js";
import { isWritten } from "./present-ids.js";

/*
 * What the journal has of a change, by record.
 */

/** The ops of a change by their indexes: those of its plan, or of an import those of its batches, one a row. */
export function opsOf({ start, plan, sent }: Change): ReadonlyMap<number, Op> {
	const ops = [...(plan?.ops ?? []), ...sent.flatMap((one) => one.ops ?? [])];
	const byIndex = new Map(ops.map((op) => [op.index, op]));
	const { source, total = Number.POSITIVE_INFINITY } = start;
	if (source === undefined) return byIndex;
	for (const op of ops) {
		if (op.index < total) continue;
		const index = rowOf(op.index, total);
		byIndex.delete(op.index);
		byIndex.set(index, {
			...withSecondCells(byIndex.get(index), op),
			index,
		});
	}
	return byIndex;
}

/** The values from before a change, by record. Of a cell that was sent more than once the first value counts. */
export function formerValues({
	sent,
}: Change): ReadonlyMap<string, Readonly<Record<string, Cell>>> {
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	for (const batch of sent)
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			before.set(id, { ...cells, ...before.get(id) });
	return before;
}

/** When a change was last at work: clock time, ms. */
export function lastAtWorkMs({ start, sent, endedAtMs }: Change): number {
	return Math.max(start.atMs, endedAtMs ?? 0, ...sent.map(({ atMs }) => atMs));
}

/** Did its process end before it had planned anything? Then no record was sent, and nothing can be resumed. An import has no plan. */
export function endedUnplanned(change: Change): boolean {
	return (
		change.plan === undefined &&
		change.start.source === undefined &&
		change.sent.length === 0 &&
		change.results.size === 0 &&
		change.damaged === 0 &&
		!(change.status === "running" && change.owned)
	);
}

/** What an undo of a change lacks, and whether that leaves it nothing to do; undefined: it lacks nothing. */
export function lackOf(
	change: Change,
): { readonly words: string; readonly isAll: boolean } | undefined {
	const { damaged, options } = change;
	const before = formerValues(change);
	const ops = opsOf(change);
	const written = [...change.results.values()].filter(isWritten);
	const lacking = written.filter(
		({ index, outcome, id = "" }) =>
			outcome !== "created" &&
			ops.get(index)?.kind !== "create" &&
			!before.has(id),
	);
	if (lacking.length === 0 && damaged === 0) return undefined;
	const parts = [
		...(lacking.length === 0
			? []
			: [
					`no former values of ${lacking.length} of its ${written.length} records are kept`,
				]),
		...(damaged === 0
			? []
			: [
					`${damaged === 1 ? "1 line" : `${damaged} lines`} of its journal cannot be read`,
				]),
	];
	return {
		words: parts.join("; "),
		isAll: lacking.length === written.length && options.size === 0,
	};
}
