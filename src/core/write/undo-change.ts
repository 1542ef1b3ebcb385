import { TablesError } from "../contract/errors.js";
import type { Change, Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import {
	emptyAnswer,
	summarize,
	type WriteAnswer,
} from "../delivery/answer.js";
import { DONE } from "../delivery/batches.js";
import { isOpen } from "../delivery/live-change.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { defined } from "../values/defined.js";
import {
	inTurns,
	mapInTurns,
	mapOfInTurns,
	pickInTurns,
} from "../values/in-turns.js";
import { cutList } from "../values/names.js";
import { askForLoss } from "./ask-for-loss.js";
import { laterName, toldOf } from "./changed-since.js";
import { endedUnplanned, lackOf } from "./journalled.js";
import { seenIn } from "./look-again.js";
import { isTwoWay } from "./other-sides.js";
import { ownChange, ownUndos } from "./own-changes.js";
import {
	type ChangedOp,
	GONE_ALREADY,
	linksOf,
	planUndo,
	type UndoPlan,
} from "./plan-undo.js";
import {
	cellsNow,
	isWritten,
	linkedTable,
	presentIds,
	takenBack,
	undosIn,
} from "./present-ids.js";
import { findChange, type Resumable, resumeChange } from "./resume-change.js";
import { losingOf, wouldTake } from "./undo-loss.js";
import { removeMadeOptions, vanishedOptions } from "./undo-options.js";
import { cannot, undoneAlready, undoOff } from "./undo-step.js";
import { writePlan } from "./write-plan.js";

/** How an undo is called. */
export interface UndoInput {
	readonly dryRun: boolean;
	/** The number of records changed since that may be taken back too. */
	readonly confirm?: string | undefined;
}

/**
 * Takes a change of records back: created ones are deleted, updated cells get their former values, deleted ones are
 * made again. A record that was changed since is left whole and named; the same undo once more asks a person for those.
 * @throws TablesError not_found, unsupported, conflict, declined.
 */
export async function undoRecords(
	session: Session,
	id: string,
	input: UndoInput,
	running: Running,
): Promise<WriteAnswer> {
	const found = await findChange(session, id, running);
	const { change, located } = found;
	if (change.status === "running" && change.owned)
		throw new TablesError("conflict", `change ${id} is still being written`, {
			next: "Wait until it has answered.",
		});
	const { start } = change;
	const tables = tablesShownIn(located);
	const isLater = (other: Change["start"]) =>
		other.connection === start.connection &&
		other.base === start.base &&
		tables.has(other.table) &&
		other.change !== id &&
		other.atMs >= start.atMs;
	const others: Change[] = [];
	const parts = await ownUndos(
		session,
		(other) => other.undoes === id || isLater(other),
		(other) => others.push(other),
	);
	others.sort((a, b) => b.start.atMs - a.start.atMs);
	const earlier = others.filter(({ start }) => start.undoes === id);
	const begun = earlier.find(
		(undo) => undo.status !== "complete" && !endedUnplanned(undo),
	);
	if (begun !== undefined)
		return input.dryRun
			? dryResume(begun)
			: resumeChange(session, { change: begun, located }, running);
	checkUndoable(found);
	const later = others.filter((other) => isLater(other.start));
	const done = await takenBack(id, undosIn(parts));
	const read = (one: string) => ownChange(session, one);
	const present = await presentIds(start.connection, parts, read);
	const plan = await readInTime(
		session,
		running,
		"the records that were written",
		(call) =>
			planUndo(
				session,
				{ located, change, later, done, present },
				{ ...running, call },
			),
		"Call again later: less may be asked of the vendor then.",
	);
	const isOld = earlier.some(({ plan }) =>
		plan?.ops.some(({ undoes }) => undoes === undefined),
	);
	const isEmpty = plan.ops.length + plan.changed.length === 0;
	if (isOld || (done.size > 0 && isEmpty))
		throw undoneAlready(
			id,
			done.size > 0
				? [...done.values()]
				: earlier.map(({ start }) => start.change),
			leftNotes(plan),
		);
	const lack = isEmpty ? await lackOf(change) : undefined;
	if (lack?.isAll) throw cannot(change, lack.words);
	return carryOutUndo(
		session,
		{ found, plan, again: earlier.some((undo) => !endedUnplanned(undo)) },
		input,
		running,
	);
}

/** The table, and those whose links it shows: what is written there changes its records as well. */
function tablesShownIn({ table }: Located): ReadonlySet<string> {
	return new Set([
		table.ref.table,
		...table.fields.filter(isTwoWay).map((field) => linkedTable(table, field)),
	]);
}

/** @throws TablesError unsupported, conflict: undo is off, or it is not known yet what the change has written. */
function checkUndoable({ change, located }: Resumable): void {
	const { start, results, second, sent, answered, damaged } = change;
	if (!located.connection.undo) throw undoOff(located.connection.name);
	const isOpen =
		[...results.values(), ...second.values()].some(
			({ outcome }) => outcome === "unknown",
		) || sent.some(({ batch }) => !answered.has(batch));
	if (isOpen && damaged === 0)
		throw new TablesError(
			"conflict",
			`part of change ${start.change} has an outcome that is not known yet`,
			{
				next: `Finish it first: call ${start.tool} with resume: "${start.change}".`,
			},
		);
}

/** The ops of an undo, and the change that they take back. */
interface Planned {
	readonly found: Resumable;
	readonly plan: UndoPlan;
	/** Was the same undo called before, so that what was changed since is asked for now? */
	readonly again: boolean;
}

async function carryOutUndo(
	session: Session,
	{ found, plan, again }: Planned,
	{ dryRun, confirm }: UndoInput,
	running: Running,
): Promise<WriteAnswer> {
	const { change, located } = found;
	const id = change.start.change;
	const { changed } = plan;
	const told = toldOf(session);
	const takesAll =
		changed.length > 0 &&
		!dryRun &&
		(again || told.has(id) || confirm !== undefined);
	const ops = await numbered([
		...plan.ops,
		...(takesAll ? changed.map(({ op }) => op) : []),
	]);
	const lost = plan.cannot.map((text) => `cannot come back: ${text}`);
	if (ops.length + changed.length === 0)
		return nothingTaken(plan, [
			plan.left.some(({ message }) => message !== GONE_ALREADY)
				? `nothing of change ${id} can be taken back as it is now`
				: `change ${id} wrote nothing that can be undone`,
			...leftNotes(plan),
			...lost,
			...(await removeMadeOptions(session, found, { dryRun }, running)),
		]);
	const asking = { found, plan, ops, takesAll, confirm };
	const losing = await losingOf(session, asking, running);
	const agreed =
		dryRun || ops.length === 0
			? await wouldTake(session, losing, running)
			: await askForLoss(session, losing, running);
	if (!takesAll && !dryRun && changed.length > 0) told.add(id);
	const settled = [
		...(await leftAlone(plan, ops.length, takesAll)),
		...agreed.changed,
	];
	const notes = [
		...(takesAll ? [] : changedNotes(session, plan.changed)),
		...lost,
		...losing.notes,
		...agreed.notes,
	];
	const { consent, settle } = agreed;
	const seen = agreed.seen ?? (await seenIn(located, { ops }, plan.current));
	const newOptions = await vanishedOptions(located.table, ops);
	const answer = await writePlan(
		session,
		{
			located,
			tool: "undo_change",
			given: id,
			plan: {
				...{ ops: agreed.ops, settled, notes },
				seen,
				total: agreed.ops.length + settled.length,
			},
			dryRun,
			undoes: id,
			...defined({ consent, settle }),
			...(newOptions.size > 0 ? { newOptions } : {}),
		},
		running,
	);
	const linked = await linkAgain(
		session,
		{ located, undo: answer.change_id, linked: plan.linked },
		running,
	);
	const said = { ...answer, notes: [...answer.notes, ...linked] };
	const isWhole =
		answer.counts.failed +
			answer.counts.unknown +
			answer.counts.not_attempted ===
		0;
	if (!isWhole) return said;
	const made = await removeMadeOptions(session, found, { dryRun }, running);
	return { ...said, notes: [...said.notes, ...made] };
}

/** Writes links between records that an undo has made again, now that they have ids: a change of its own. */
async function linkAgain(
	session: Session,
	{
		located,
		undo,
		linked,
	}: {
		readonly located: Located;
		readonly undo: string | null;
		readonly linked: UndoPlan["linked"];
	},
	running: Running,
): Promise<readonly string[]> {
	if (undo === null || linked.length === 0) return [];
	const read = (change: string) => ownChange(session, change);
	const done = await read(undo);
	const present = await presentIds(
		located.connection.name,
		await ownUndos(session),
		read,
	);
	const { table } = located;
	const made = await mapOfInTurns(done?.plan?.ops ?? [], (op) => [
		op.undoes,
		done?.results.get(op.index),
	]);
	const ops = await pickInTurns(linked, ({ cells, undoes }, index) => {
		const result = made.get(undoes);
		if (result?.id === undefined || !isWritten(result)) return undefined;
		return {
			...{ index, kind: "update", id: result.id },
			cells: cellsNow(table, cells, present),
		} satisfies Op;
	});
	if (ops.length === 0) return [];
	const { counts, change_id: change } = await writePlan(
		session,
		{
			located,
			tool: "update_records",
			given: linksOf(undo),
			plan: {
				ops: await numbered(ops),
				settled: [],
				total: ops.length,
				notes: [],
			},
		},
		running,
	);
	const failed = ops.length - counts.updated - counts.unchanged;
	return [
		`links of ${ops.length - failed} records to records that were made again lead to their new ids (change_id ${change})`,
		...(failed === 0
			? []
			: [
					`cannot come back: links of ${failed} records to records that were made again: their write did not end well`,
				]),
	];
}

function numbered(ops: readonly Op[]): Promise<readonly Op[]> {
	return mapInTurns(ops, (op, index) => ({ ...op, index }));
}

/** Where nothing is taken back: records that should have been, and could not be, have failed. */
async function nothingTaken(
	plan: UndoPlan,
	notes: readonly string[],
): Promise<WriteAnswer> {
	const left = plan.left.filter(({ message }) => message !== GONE_ALREADY);
	if (left.length === 0) return emptyAnswer(notes);
	const failed = await leftAlone({ ...plan, left }, 0, true);
	const results = await mapOfInTurns(failed, (one) => [one.index, one]);
	return summarize(null, failed.length, results, notes);
}

/** Outcomes of the records that stay as they are. Those changed since are told in a note, not one by one. */
function leftAlone(
	{ left, changed }: UndoPlan,
	from: number,
	takesAll: boolean,
): Promise<readonly Settled[]> {
	const bare = takesAll
		? []
		: changed.map(({ op: { id } }) => ({ ...defined({ id }) }));
	return mapInTurns(
		[...bare, ...left],
		(one, position): Settled => ({
			...{ index: from + position, outcome: "failed" },
			...one,
		}),
	);
}

/** What several records share is said once, with their ids. */
function leftNotes({ left }: UndoPlan): readonly string[] {
	return alike(left, ({ message = "it cannot be taken back" }) => message).map(
		([message, records]) =>
			`${message}: ${cutList(records.map(({ id = "?" }) => id))}`,
	);
}

/** In the order in which each kind comes first. */
function alike<T>(
	items: readonly T[],
	wordsOf: (item: T) => string,
): readonly (readonly [words: string, items: readonly T[]])[] {
	const groups = new Map<string, T[]>();
	for (const item of items) {
		const words = wordsOf(item);
		groups.set(words, [...(groups.get(words) ?? []), item]);
	}
	return [...groups];
}

function changedNotes(
	{ consent }: Pick<Session, "consent">,
	changed: readonly ChangedOp[],
): readonly string[] {
	if (changed.length === 0) return [];
	const shown = alike(changed, howChanged).map(
		([how, records]) =>
			`${cutList(records.map(({ op }) => op.id ?? "?"))} (${how})`,
	);
	const count =
		changed.length === 1
			? "1 record was changed since and is"
			: `${changed.length} records were changed since and are`;
	// Only where `confirm` may be the person's answer is it named.
	const answer = consent === "ask" ? ` with confirm: "${changed.length}"` : "";
	return [
		`${count} left alone: ${cutList(shown, "; ")}. To take ${changed.length === 1 ? "it" : "them"} back as well, call undo_change again${answer} if the person wants that`,
	];
}

/** `"Notes"; change … wrote it later: undo that one first` */
function howChanged({ difference }: ChangedOp): string {
	const { fields, later } = difference;
	return [
		fields.length === 0
			? "by somebody else"
			: cutList(fields.map(({ name }) => `"${name}"`)),
		...(later === undefined
			? []
			: [`${laterName(later)} wrote it later: undo that one first`]),
	].join("; ");
}

/** What is left of an undo that was begun. */
async function dryResume(change: Change): Promise<WriteAnswer> {
	const results = await mapOfInTurns(change.results, (entry) => entry);
	await inTurns(change.plan?.ops ?? [], ({ index, kind, id }) => {
		if (isOpen(results.get(index)))
			results.set(index, { index, outcome: DONE[kind], ...defined({ id }) });
	});
	return summarize(null, change.start.total ?? results.size, results, [
		"dry run: nothing was written",
		`this undo was begun as change ${change.start.change} and goes on where it stopped`,
	]);
}
