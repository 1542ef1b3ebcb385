import { act, andSo } from "../contract/consent.js";
import type { Op } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { mapOfInTurns } from "../values/in-turns.js";
import { type Agreement, type Losing, wouldAsk } from "./ask-for-loss.js";
import { dryConsent } from "./dry-consent.js";
import { linkEnds } from "./link-ends.js";
import { countLinks, lookInto, oneWayLost } from "./links-to-deleted.js";
import { sortedIds } from "./named-for.js";
import type { UndoPlan } from "./plan-undo.js";
import type { Resumable } from "./resume-change.js";

/** What an undo takes, and how a person would be asked about it. */
type UndoLosing = Losing & {
	/** What is said of links to the records that it deletes. */
	readonly notes: readonly string[];
};

/**
 * Of records that nobody has changed since, what the change itself wrote is taken back unasked. What other records lose
 * by that counts as with any write, and what was changed since is always asked about.
 */
export async function losingOf(
	session: Session,
	{
		found: { change, located },
		plan,
		ops,
		takesAll,
		confirm,
	}: {
		readonly found: Resumable;
		readonly plan: UndoPlan;
		/** What is taken back: what nobody has changed since comes first. */
		readonly ops: readonly Op[];
		/** Is what was changed since taken back as well? */
		readonly takesAll: boolean;
		readonly confirm: string | undefined;
	},
	running: Running,
): Promise<UndoLosing> {
	const { changed, current: before } = plan;
	const { name } = located.table;
	const links = countLinks(located);
	const deleted = await mapOfInTurns(ops, ({ kind, id, index }) => {
		if (kind !== "delete" || id === undefined) return undefined;
		links.add(before.get(id) ?? {});
		return [id, index];
	});
	const looking = lookInto(session, located, running);
	const linked = await links.told(session, deleted, running, looking);
	const many = { count: changed.length, noun: "record" };
	const ids = changed.map(({ op }) => op.id ?? "");
	const verb = changed.some(({ op }) => op.kind === "delete")
		? act`overwrite or delete`
		: act`overwrite`;
	// Every one of them by a later change of the same person: nobody else loses anything.
	const whose = changed.every(({ difference }) => difference.later)
		? act`that later changes of your own have written`
		: act`that somebody has changed since`;
	const what = takesAll
		? andSo(
				act`take back a change of ${name} and with it `,
				verb,
				act` ${many} `,
				whose,
				act`: ${ids}`,
			)
		: act`take back a change of ${{ count: ops.length, noun: "record" }} of ${name}`;
	const unchanged = new Set(ops.slice(0, plan.ops.length));
	return {
		...{ located, ops, before, kind: "undo_records", given: confirm },
		action: andSo(what, linked.question),
		count: takesAll ? changed.length : ops.length,
		asks: takesAll,
		about: [change.start.change, takesAll && (await sortedIds(ids))],
		spares: (op) => unchanged.has(op),
		ends: [
			...(await linkEnds(session, located, ops, { before }, running)).ends,
			...linked.ends,
		],
		notes: [
			...linked.notes,
			...(ops.some(({ kind }) => kind === "create")
				? await oneWayLost(looking)
				: []),
		],
	};
}

/** The same of what is not sent. */
export async function wouldTake(
	session: Session,
	losing: UndoLosing,
	running: Running,
): Promise<Pick<Agreement, "ops" | "changed" | "notes"> & Partial<Agreement>> {
	const { ops } = losing;
	if (ops.length === 0) return { ops, changed: [], notes: [] };
	const { confirm, notes } = await wouldAsk(session, losing, running);
	const asks = dryConsent(session, confirm);
	return { ops, changed: [], notes: [...notes, ...asks.notes] };
}
