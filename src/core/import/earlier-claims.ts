import type { Cell } from "../contract/field.js";
import type { BatchSent, Op, Settled } from "../contract/journal.js";
import { defined } from "../values/defined.js";
import { type Claimed, claimKey } from "../write/link-ends.js";
import { linkedIds } from "../write/loss.js";
import { isTwoWay } from "../write/other-sides.js";
import type { Checked } from "./import-plan.js";
import type { Target } from "./import-target.js";

/*
 * Which records the rows before have linked, where an import goes on: a later row that links one of those is a double,
 * as it would have been then.
 */

type Results = Pick<ReadonlyMap<number, Settled>, "get">;

/** Takes up what was sent for rows. */
export function claimSent(
	{ located, claimed }: Target,
	sent: readonly Pick<BatchSent, "ops">[],
	results: Results,
): void {
	const fields = located.table.fields.filter(isTwoWay);
	for (const op of sent.flatMap(({ ops = [] }) => ops))
		if (!hasFailed(op, results))
			for (const { id } of fields) claim(claimed, op, [id, op.cells[id]]);
}

/** Takes up the links of rows to rows of their file, which are written when all of these are records. */
export function claimLater(
	{ located, links, claimed }: Target,
	{ records }: Pick<Checked, "records">,
	results: Results,
): void {
	if (links === undefined) return;
	const fields = located.table.fields.filter(isTwoWay);
	for (const record of records) {
		if (hasFailed(record, results)) continue;
		for (const { id } of fields) {
			const cell = record.cells[id];
			if (linkedIds(cell).some((one) => links.places.has(one)))
				claim(claimed, record, [id, cell]);
		}
	}
}

function hasFailed({ index }: Pick<Op, "index">, results: Results): boolean {
	return results.get(index)?.outcome === "failed";
}

function claim(
	claimed: Claimed,
	{ index, id }: Pick<Op, "index" | "id">,
	[field, cell]: readonly [field: string, cell: Cell | undefined],
): void {
	for (const linked of linkedIds(cell)) {
		const key = claimKey(field, linked);
		if (!claimed.has(key)) claimed.set(key, { index, ...defined({ id }) });
	}
}
