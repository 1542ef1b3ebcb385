import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput } from "../contract/table.js";
import { attempt } from "../delivery/attempt.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { countRows } from "../read/query.js";
import { filterOf } from "../read/resolve-filter.js";
import { defined } from "../values/defined.js";

/** A number in a question is worth so much time, and no more. */
const COUNTING_MS = 10_000;

/** How many records match, or without a filter are there; undefined: it cannot be told, or not in time. */
export async function countInTime(
	session: Session,
	located: Located,
	input: FilterInput | undefined,
	running: Running,
): Promise<number | undefined> {
	const endMs = session.clock.now() + COUNTING_MS;
	const hurried: Running = {
		...running,
		deadlineMs: () => Math.min(running.deadlineMs(), endMs),
	};
	const counted = await attempt(async () => {
		const filter =
			input && (await filterOf(session, located, input, running)).filter;
		return readInTime(session, hurried, "the records", (call) =>
			countRows(
				session,
				located,
				{ fields: [], ...defined({ filter }) },
				{ ...running, call },
			),
		);
	});
	if ("value" in counted) return counted.value.total ?? undefined;
	const { error } = counted;
	// A number is a help: without one the person is asked all the same.
	if (error instanceof TablesError && error.code !== "cancelled")
		return undefined;
	throw error;
}

/** How many records hold something in a field; undefined: it cannot be told, or not in time. */
export function filledCells(
	session: Session,
	located: Located,
	{ id }: Field,
	running: Running,
): Promise<number | undefined> {
	const filled: FilterInput = {
		match: "all",
		conditions: [{ field: id, op: "is_not_empty" }],
	};
	return countInTime(session, located, filled, running);
}
