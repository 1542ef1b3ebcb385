import type { Field } from "../contract/field.js";
import type { Settled } from "../contract/journal.js";
import type { Row } from "../contract/table.js";
import { changedSinceRead } from "../delivery/values-before.js";
import type { Turn } from "../delivery/write-locks.js";
import type { Located } from "../places/locate.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";
import { seenIn } from "./look-again.js";
import type { Plan } from "./write-plan.js";

/** What is known of a write whose rows a statement made, in place of the call. */
export interface StatementRows {
	/** The statement and its tables: what a repeat is known by. */
	readonly asked: unknown;
	/** Fields of the table that it read. Empty: it did not read the table, or only counted its rows. */
	readonly read: readonly Field[];
	/** Did it read this record? */
	hasRead(id: string): boolean;
	/** Are these the cells that it read of the record? True of one that it did not read. */
	isAsRead(id: string, cells: Row["cells"]): boolean;
	/** The call's turn, which it has from before the statement was run. Absent: a dry run takes none. */
	readonly turn?: Turn | undefined;
}

/**
 * A plan for rows that a statement made: what somebody has changed since it was read is left alone and reported, the
 * rest is compared once more before each batch. Records that the statement did not read and that are not there stay
 * what they are: a mistake of the statement.
 */
export async function leaveChanged(
	located: Located,
	plan: Omit<Plan, "total">,
	{ read, hasRead, isAsRead }: StatementRows,
): Promise<Omit<Plan, "total">> {
	const { before = new Map<string, Row["cells"]>() } = plan;
	const left: Settled[] = [];
	const ops = await pickInTurns(plan.ops, (op) => {
		const { index, id } = op;
		const cells = id === undefined ? undefined : before.get(id);
		if (id === undefined || cells === undefined || isAsRead(id, cells))
			return op;
		left.push({ index, outcome: "failed", id, message: changedSinceRead(id) });
		return undefined;
	});
	const settled: Settled[] = [];
	await inTurns(plan.settled, (result) => {
		const { id, outcome } = result;
		const isGone =
			outcome === "failed" &&
			id !== undefined &&
			hasRead(id) &&
			!before.has(id);
		(isGone ? left : settled).push(result);
	});
	const keys = [
		...new Set([...(plan.keys ?? []), ...read.map(({ id }) => id)]),
	];
	const seen = await seenIn(located, { ops, keys }, before);
	return { ...plan, ops, settled, left, keys, seen, compares: true };
}
