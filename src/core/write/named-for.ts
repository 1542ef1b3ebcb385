import { tablePlace } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import { remembered, type Session } from "../contract/session.js";
import { mapInTurns, sortInTurns } from "../values/in-turns.js";
import { hashInTurns } from "../values/json-pieces.js";
import type { Losing } from "./ask-for-loss.js";

/** A write that a person is asked about. */
type Asked = Losing;

const NAMED_FOR = Symbol("records that confirm was named for");

/** The records that matched a filter: how many, and a hash of their ids. */
interface Matching {
	readonly count: number;
	readonly ids: string;
}

/** What matched when `confirm` was named for it. */
function named(session: Session): Map<string, Matching> {
	return remembered(session, NAMED_FOR, () => new Map());
}

/**
 * A number can be that of other records: one that was named for some of them does not hold for as many others.
 * @throws TablesError conflict; then it is named for those that match now.
 */
export async function checkSameRecords(
	session: Session,
	losing: Asked,
): Promise<void> {
	if (losing.filter === undefined) return;
	const key = await filterKey(losing);
	const now = await matching(losing);
	const before = named(session).get(key);
	named(session).set(key, now);
	if (
		losing.given === undefined ||
		before === undefined ||
		before.count !== now.count ||
		before.ids === now.ids
	)
		return;
	throw new TablesError(
		"conflict",
		`other records match the filter than when \`confirm\` was named for it: ${losing.action}`,
		{
			next: `Nothing was sent. Look at what matches now; if the person agrees, call again with confirm: "${losing.count}".`,
		},
	);
}

function filterKey({ located, kind, filter, about }: Asked): Promise<string> {
	return hashInTurns([tablePlace(located), kind, filter, about]);
}

async function matching({ count, ops }: Asked): Promise<Matching> {
	const ids = await mapInTurns(ops, ({ id = "" }) => id);
	return { count, ids: await hashInTurns(await sortedIds(ids)) };
}

/** Ids in an order that does not depend on how they came. */
export function sortedIds(ids: readonly string[]): Promise<readonly string[]> {
	return sortInTurns(ids, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Notes what `confirm` is named for. */
export async function nameFor(session: Session, asked: Asked): Promise<void> {
	named(session).set(await filterKey(asked), await matching(asked));
}

/** A person has answered: the next call is another one. */
export async function forgetNamed(
	session: Session,
	asked: Asked,
): Promise<void> {
	named(session).delete(await filterKey(asked));
}
