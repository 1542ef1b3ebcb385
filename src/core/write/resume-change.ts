import { act, asksLately } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Change, ChangeWriter, Op } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize, type WriteAnswer } from "../delivery/answer.js";
import { closeWriter, LiveChange } from "../delivery/live-change.js";
import { settleEarlier } from "../delivery/send-batches.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { filterOf } from "../read/resolve-filter.js";
import { defined } from "../values/defined.js";
import { type Agreement, askForLoss, type Losing } from "./ask-for-loss.js";
import { lastAtWorkMs } from "./journalled.js";
import { lookAgain } from "./look-again.js";
import { placesOfOps } from "./loss.js";
import { isOwn } from "./own-changes.js";
import { sendWithProgress } from "./write-plan.js";

/** What was given beside the id of a change that is to be resumed. */
interface Beside {
	/** Absent: the one of the change. */
	readonly table?: string | undefined;
	/** Of the records. Absent: none were given. */
	readonly hash?: string;
	readonly dryRun?: boolean;
}

/** What a resume works on. */
export interface Resumable {
	readonly change: Change;
	readonly located: Located;
}

/**
 * A change with its table. One whose table is gone, or closed to the agent, is not there.
 * @throws TablesError not_found
 */
export async function findChange(
	session: Session,
	id: string,
	running: Running,
): Promise<Resumable> {
	const missing = (cause?: unknown) =>
		new TablesError("not_found", `there is no change ${id}`, {
			next: "Call list_changes; changes are kept for 24 hours, and as long as their table is there.",
			cause,
		});
	const change = await session.journal.read(id);
	if (change === undefined || !isOwn(session, change.start)) throw missing();
	const located = await locate(
		session,
		formatReference(change.start),
		running,
		{ maxAgeMs: 0 },
	).catch((error: unknown) => {
		throw error instanceof TablesError && error.code === "not_found"
			? missing(error)
			: error;
	});
	return { change, located };
}

/** @throws TablesError not_found, bad_argument: no such change, another tool's, another table's, or other records than before. */
export async function openChange(
	session: Session,
	id: string,
	tools: readonly string[],
	running: Running,
	given: Beside,
): Promise<Resumable> {
	if (given.dryRun)
		throw new TablesError(
			"bad_argument",
			"`dry_run` and `resume` do not go together: a resume writes what is left",
			{ next: "Call list_changes to see what that is." },
		);
	const found = await findChange(session, id, running);
	const { change } = found;
	if (!tools.includes(change.start.tool))
		throw new TablesError(
			"bad_argument",
			`change ${id} was begun by ${change.start.tool}`,
			{ next: `Call ${change.start.tool} with resume: "${id}".` },
		);
	await checkTable(session, given.table, found, running);
	if (given.hash !== undefined && given.hash !== change.start.hash)
		throw new TablesError(
			"bad_argument",
			"the records given differ from those of the change that `resume` names",
			{
				next: "Leave the records out: `resume` alone goes on with the journalled ones.",
			},
		);
	return found;
}

/** @throws TablesError bad_argument: what is resumed writes into its own table, and another one was named. */
async function checkTable(
	session: Session,
	named: string | undefined,
	{ change: { start }, located }: Resumable,
	running: Running,
): Promise<void> {
	if (named === undefined) return;
	const own = formatReference(start);
	if ([own, start.tableName, located.table.name].includes(named)) return;
	const { connection, table } = await locate(session, named, running);
	const { base, table: id } = table.ref;
	if (
		connection.name === start.connection &&
		base === start.base &&
		id === start.table
	)
		return;
	throw new TablesError(
		"bad_argument",
		`change ${start.change} writes into ${located.table.name}, and \`table\` names ${table.name}`,
		{ next: `Call again with table: "${own}", or without \`resume\`.` },
	);
}

/** Goes on with a change: settles what was sent and never answered, then sends what was not attempted. */
export async function resumeChange(
	session: Session,
	{ change, located }: Resumable,
	running: Running,
	given: { readonly confirm?: string } = {},
): Promise<WriteAnswer> {
	const { start, plan } = change;
	if (plan === undefined)
		throw new TablesError(
			"not_found",
			`change ${start.change} ended before anything was planned: nothing was written`,
			{ next: "Call the tool again with the records." },
		);
	const total = start.total ?? plan.ops.length + plan.settled.length;
	const own = await takeOver(session, change);
	if (own.writer === undefined)
		return summarize(start.change, total, own.change.results, [
			...located.notes,
			"this change was complete already",
		]);
	const { writer } = own;
	const live = new LiveChange({
		session,
		located,
		running,
		writer,
		earlier: own.change,
	});
	let settle: Agreement["settle"] | undefined;
	await live.carryOut(async () => {
		await settleOpen(live, own.change, plan.ops);
		const rest = plan.ops.filter(({ index }) => live.isOpen(index));
		if (live.stopped !== undefined || rest.length === 0) return;
		const agreed = await agreeToRest(live, own.change, rest, given.confirm);
		if (agreed === undefined) return;
		settle = agreed.settle;
		const { ops, changed, before } = agreed;
		for (const note of agreed.notes ?? []) live.notes.add(note);
		if (changed.length > 0) await live.recordUnsent(changed);
		const { keys, compares } = plan;
		const { seen } = own.change;
		await sendWithProgress(live, {
			...{ ops, total, own: plan.ops, seen },
			...defined({ before, keys, compares }),
		});
	});
	await settle?.(live.results, start.change);
	return live.answer(total, located.notes, start.undoes);
}

/** So long after a change was last at work a `confirm` holds for records that were not looked at when it was given. */
const UNSEEN_HOLDS_MS = 600_000;

/**
 * What a person agreed to, and what takes back a change, is not asked about again as far as it is as it was seen then;
 * after a no that came later, and where nothing was seen and some time has gone by, it is. The rest counts like any loss.
 * @returns undefined: it was not agreed to, and the change has stopped.
 */
async function agreeToRest(
	live: LiveChange,
	change: Change,
	ops: readonly Op[],
	given: string | undefined,
): Promise<
	(Omit<Agreement, "settle" | "notes"> & Partial<Agreement>) | undefined
> {
	const { session, located, running } = live;
	const { start, plan, seen } = change;
	const { tool, consent, undoes } = start;
	const writes = ops.some(({ kind }) => kind !== "create");
	const isRecent =
		session.clock.now() - lastAtWorkMs(change) <= UNSEEN_HOLDS_MS;
	const isKnown =
		(consent !== undefined && (seen.size > 0 || !writes || isRecent)) ||
		undoes !== undefined;
	const filter =
		plan?.filter === undefined
			? undefined
			: await filterOf(session, located, plan.filter, running, {
					nowMs: start.atMs,
					purpose: "kept",
				});
	const chosen = {
		...{ ops, own: plan?.ops, seen, keys: plan?.keys },
		...defined({ filter: filter?.filter }),
	};
	if (isKnown && !(await asksLately(session, await placesOfOps(located, ops))))
		return lookAgain(
			session,
			located,
			{ ...chosen, when: "since this change was begun" },
			running,
		);
	const losing = {
		located,
		...chosen,
		...restQuestion(tool, located.table.name, ops),
		given,
		about: start.change,
	};
	return stopUnlessAgreed(live, () => askForLoss(session, losing, running));
}

function restQuestion(
	tool: string,
	table: string,
	ops: readonly Op[],
): Pick<Losing, "kind" | "action" | "count"> {
	const { length: count } = ops.filter(({ kind }) => kind !== "create");
	const records = { count, noun: "record" };
	if (tool === "undo_change")
		return {
			kind: "undo_records",
			action: act`take back a change of ${records} of ${table}`,
			count,
		};
	if (tool === "create_records")
		return { kind: "create_over", ...addQuestion(table, ops.length) };
	return tool === "delete_records"
		? {
				kind: "delete_records",
				action: act`delete ${records} of ${table}`,
				count,
			}
		: {
				kind: "change_records",
				action: act`change ${records} of ${table}`,
				count,
			};
}

/** How a person is asked about new records, which take links from others. */
export function addQuestion(
	table: string,
	count: number,
): Pick<Losing, "action" | "count"> {
	return { action: act`add ${{ count, noun: "record" }} to ${table}`, count };
}

/** How it ends where a person did not agree, or to something that is not as it was when they were asked. */
const UNAGREED: ReadonlySet<string> = new Set(["declined", "conflict"]);

/**
 * Asks in the middle of a change: a no stops it there, and what was done before is reported.
 * @returns undefined: it has stopped.
 */
export async function stopUnlessAgreed(
	change: LiveChange,
	ask: () => Promise<Agreement>,
): Promise<Agreement | undefined> {
	try {
		const agreed = await ask();
		if (agreed.consent !== undefined)
			await change.enter({
				type: "agreed",
				change: change.writer.change,
				consent: agreed.consent,
				...(agreed.seen === undefined
					? {}
					: { seen: Object.fromEntries(agreed.seen) }),
			});
		return agreed;
	} catch (error) {
		if (!(error instanceof TablesError) || !UNAGREED.has(error.code))
			throw error;
		const next = (error.next ?? "").replace(/^Nothing was sent\. /, "");
		change.stop(
			error.message,
			`${next} To go on once that is settled, pass resume: "${change.writer.change}"`,
		);
		return undefined;
	}
}

/**
 * Makes an unfinished change this process's own, as it is by then: its former owner may have gone on with it since
 * it was found. A complete one has no writer.
 * @throws TablesError conflict while another process works on it.
 */
export async function takeOver(
	session: Session,
	found: Change,
): Promise<{
	readonly change: Change;
	readonly writer: ChangeWriter | undefined;
}> {
	const id = found.start.change;
	if (found.status === "complete") return { change: found, writer: undefined };
	const writer = await session.journal.adopt(id);
	const change = await session.journal.read(id);
	if (change?.status !== "complete") return { change: change ?? found, writer };
	await closeWriter(session, writer);
	return { change, writer: undefined };
}

/**
 * Batches that an earlier call sent and whose answer nobody wrote down.
 * @param ops those of the plan; an import has its own with each batch.
 */
export async function settleOpen(
	live: LiveChange,
	earlier: Change,
	ops: readonly Op[],
): Promise<void> {
	const byIndex = new Map(ops.map((op) => [op.index, op]));
	for (const sent of earlier.sent) {
		if (earlier.answered.has(sent.batch) || live.stopped !== undefined)
			continue;
		const open = (
			sent.ops ?? sent.indexes.map((index) => byIndex.get(index))
		).filter((op) => op !== undefined);
		await settleEarlier(live, sent, open);
	}
}
