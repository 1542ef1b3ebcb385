import type { Op } from "../contract/journal.js";
import type { Located } from "../places/locate.js";
import { inTurns } from "../values/in-turns.js";
import type { WriteAnswer } from "./answer.js";
import { planBatches } from "./batches.js";
import { type Proven, proofCalls } from "./proof.js";
import type { KeptValues } from "./values-before.js";

/** Calls that sending these ops takes, if nothing fails. `proven` grows: it is that of the whole change. */
export async function callsToSend(
	located: Located,
	ops: readonly Op[],
	{ undo, before, compared }: KeptValues,
	proven: Proven,
): Promise<number> {
	const { ids } = located.adapter.limits;
	let [sends, proofs, changed, compares] = [0, 0, 0, 0];
	await inTurns(planBatches(located, ops), (batch) => {
		sends++;
		if (batch.kind !== "create") {
			changed += batch.ops.length;
			compares += Math.ceil(batch.ops.length / ids);
		}
		proofs += proofCalls(located, batch, proven);
	});
	const kept = undo && before === undefined ? Math.ceil(changed / ids) : 0;
	const reads = compared === undefined ? kept : compares;
	return sends + reads + proofs;
}

/** What a dry run says of so many calls: the vendor's slowest limit decides how long they take. */
export function wouldTake(
	located: Located,
	calls: number,
): NonNullable<WriteAnswer["would_take"]> {
	return { calls, seconds: secondsFor(located, calls, "write") };
}

/** What so many calls of a kind take at least, by the vendor's slowest limit of them. */
export function secondsFor(
	{ adapter }: Pick<Located, "adapter">,
	calls: number,
	of: "read" | "write",
): number {
	const slowestMs = Math.max(
		0,
		...adapter.limits.rates
			.filter(({ kind }) => kind === "any" || kind === of)
			.map(({ calls: allowed, perMs }) => (calls / allowed) * perMs),
	);
	return Math.ceil(slowestMs / 1000);
}
