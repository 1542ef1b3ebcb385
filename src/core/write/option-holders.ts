import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { attempt } from "../delivery/attempt.js";
import type { Located } from "../places/locate.js";
import { filterOf } from "../read/resolve-filter.js";
import { readMatching } from "./matching-records.js";
import { holdersOf } from "./undo-options.js";

/** Counting leaves the call time for what it is to do. */
const COUNTING_MS = 20_000;

/**
 * How many records hold one of the options that a field is to lose: 0 where it loses none, undefined where counting
 * took longer than the call has.
 */
export async function optionHolders(
	session: Session,
	located: Located,
	{
		field,
		removed,
	}: { readonly field: Field; readonly removed: readonly string[] },
	running: Running,
): Promise<number | undefined> {
	if (removed.length === 0) return 0;
	const holding = holdersOf(field, removed);
	const { filter } = await filterOf(session, located, holding, running);
	const endMs = session.clock.now() + COUNTING_MS;
	const hurried: Running = {
		...running,
		deadlineMs: () => Math.min(running.deadlineMs(), endMs),
	};
	const found = await attempt(() =>
		readMatching(
			session,
			located,
			{ fields: [], filter, take: () => undefined },
			hurried,
		),
	);
	if ("value" in found) return found.value.length;
	const { error } = found;
	if (error instanceof TablesError && error.code === "busy") return undefined;
	throw error;
}
