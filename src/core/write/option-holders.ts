import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { attempt } from "../delivery/attempt.js";
import type { Located } from "../places/locate.js";
import { filterOf } from "../read/resolve-filter.js";
import { lostWithOptions } from "./look-again.js";
import { readMatching } from "./matching-records.js";
import type { Held, Most } from "./standing.js";
import { holdersOf } from "./undo-options.js";

/** Counting leaves the call time for what it is to do. */
const COUNTING_MS = 20_000;

/** What loses a value where records hold one of the options that a field is to lose. */
const NOUN = "records that lose a value";

/**
 * Which records hold one of the options that a field is to lose: none where it loses none; their count is undefined
 * where counting took longer than the call has.
 */
export async function optionHolders(
	session: Session,
	located: Located,
	{
		field,
		removed,
	}: { readonly field: Field; readonly removed: readonly string[] },
	running: Running,
): Promise<Most> {
	if (removed.length === 0) return mostOf(new Map());
	const lost = lostWithOptions(field, removed);
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
			{
				fields: lost.fields,
				filter,
				take: (row): readonly [string, string] => [row.id, lost.of(row)],
			},
			hurried,
		),
	);
	if ("value" in found) return mostOf(new Map(found.value));
	const { error } = found;
	if (error instanceof TablesError && error.code === "busy")
		return mostOf(undefined);
	throw error;
}

function mostOf(held: Held | undefined): Most {
	return { count: held?.size, noun: NOUN, held: async () => held };
}
