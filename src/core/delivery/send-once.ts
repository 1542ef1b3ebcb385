import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { WrittenRow } from "../contract/records.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { encodeCells } from "../values/values.js";
import type { Batch } from "./batches.js";
import type { LiveChange } from "./live-change.js";

/** A batch under way is waited for until this long before the answer. */
const BATCH_MARGIN_MS = 1_500;

/**
 * Sends one batch. It is waited for until the call must answer: a person's cancellation stops the batch after it,
 * so that what became of this one is known.
 */
export async function sendOnce(
	{ session, located, running }: LiveChange,
	batch: Batch,
	idempotencyKey: string,
): Promise<readonly WrittenRow[]> {
	const waiting = new AbortController();
	const late = new AbortController();
	session.clock
		.sleep(
			running.deadlineMs() - BATCH_MARGIN_MS - session.clock.now(),
			waiting.signal,
		)
		.then(
			() =>
				late.abort(
					new TablesError("busy", "the time that one call may take was over"),
				),
			() => {},
		);
	try {
		return await callAdapter(located, batch, {
			priority: running.call.priority,
			signal: late.signal,
			idempotencyKey,
		});
	} finally {
		waiting.abort();
	}
}

async function callAdapter(
	located: Located,
	{ kind, ops }: Batch,
	context: CallContext,
): Promise<readonly WrittenRow[]> {
	const { adapter, table } = located;
	if (kind === "delete") {
		const ids = ops.map(({ id }) => id as string);
		await need(located, "deleteBatch")(table, ids, context);
		return ids.map((id) => ({ id }));
	}
	const rows = ops.map((op) => ({
		id: op.id as string,
		cells: encodeCells(adapter, table, op.cells),
	}));
	const written =
		kind === "create"
			? await need(located, "createBatch")(
					table,
					rows.map(({ cells }) => cells),
					context,
				)
			: await need(located, "updateBatch")(table, rows, context);
	if (written.length !== ops.length)
		throw new TablesError(
			"outcome_unknown",
			`${ops.length} records were sent and ${written.length} answered`,
			{ cause: MISCOUNTED },
		);
	return written;
}

/** The vendor answered, and not for every record: sending the same again would be answered the same. */
export const MISCOUNTED = Symbol("miscounted");
