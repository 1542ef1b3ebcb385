import type { Op } from "../contract/journal.js";
import type { Located } from "../places/locate.js";
import type { WriteAnswer } from "./answer.js";
import { planBatches } from "./batches.js";
import { type Proven, proofCalls } from "./proof.js";
import type { KeptValues } from "./values-before.js";

/** Calls that sending these ops takes, if nothing fails. `proven` grows: it is that of the whole change. */
export function callsToSend(
	located: Located,
	ops: readonly Op[],
	{ undo, before }: KeptValues,
	proven: Proven,
): number {
	const batches = planBatches(located, ops);
	const changed = ops.filter(({ kind }) => kind !== "create").length;
	const reads =
		undo && before === undefined
			? Math.ceil(changed / located.adapter.limits.ids)
			: 0;
	return batches.length + reads + proofCalls(located, batches, proven);
}

/** What a dry run says of so many calls: the vendor's slowest limit decides how long they take. */
export function wouldTake(
	located: Located,
	calls: number,
): NonNullable<WriteAnswer["would_take"]> {
	const slowestMs = Math.max(
		0,
		...located.adapter.limits.rates
			.filter(({ kind }) => kind !== "read")
			.map(({ calls: allowed, perMs }) => (calls / allowed) * perMs),
	);
	return { calls, seconds: Math.ceil(slowestMs / 1000) };
}
