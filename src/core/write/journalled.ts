import type { Cell } from "../contract/field.js";
import type { Change, Op } from "../contract/journal.js";
import { rowOf, withSecondCells } from "../contract/second-writes.js";
import { inTurns, mapOfInTurns } from "../values/in-turns.js";
import { isWritten } from "./present-ids.js";

/*
 * What the journal has of a change, by record.
 */

/** The ops of a change by their indexes: those of its plan, or of an import those of its batches, one a row. */
export async function opsOf({
	start,
	plan,
	sent,
}: Change): Promise<ReadonlyMap<number, Op>> {
	const { source, total = Number.POSITIVE_INFINITY } = start;
	const byIndex = await mapOfInTurns(plan?.ops ?? [], (op) => [op.index, op]);
	await inTurns(sent, (one) => {
		for (const op of one.ops ?? []) {
			const isSecond = source !== undefined && op.index >= total;
			const index = isSecond ? rowOf(op.index, total) : op.index;
			byIndex.set(
				index,
				isSecond ? { ...withSecondCells(byIndex.get(index), op), index } : op,
			);
		}
	});
	return byIndex;
}

/** The values from before a change, by record. Of a cell that was sent more than once the first value counts. */
export async function formerValues({
	sent,
}: Change): Promise<ReadonlyMap<string, Readonly<Record<string, Cell>>>> {
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	await inTurns(sent, (batch) => {
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			before.set(id, { ...cells, ...before.get(id) });
	});
	return before;
}

/** When a change was last at work: clock time, ms. */
export function lastAtWorkMs({ start, sent, endedAtMs }: Change): number {
	return sent.reduce(
		(last, { atMs }) => Math.max(last, atMs),
		Math.max(start.atMs, endedAtMs ?? 0),
	);
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
export async function lackOf(
	change: Change,
): Promise<{ readonly words: string; readonly isAll: boolean } | undefined> {
	const { damaged, options } = change;
	const before = await formerValues(change);
	const ops = await opsOf(change);
	let [written, lacking] = [0, 0];
	await inTurns(change.results.values(), (result) => {
		if (!isWritten(result)) return;
		const { index, outcome, id = "" } = result;
		written++;
		if (
			outcome !== "created" &&
			ops.get(index)?.kind !== "create" &&
			!before.has(id)
		)
			lacking++;
	});
	if (lacking === 0 && damaged === 0) return undefined;
	const parts = [
		...(lacking === 0
			? []
			: [`no former values of ${lacking} of its ${written} records are kept`]),
		...(damaged === 0
			? []
			: [
					`${damaged === 1 ? "1 line" : `${damaged} lines`} of its journal cannot be read`,
				]),
	];
	return {
		words: parts.join("; "),
		isAll: lacking === written && options.size === 0,
	};
}
