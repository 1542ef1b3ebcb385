import { holdBack, tablePlace } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import {
	emptyAnswer,
	summarize,
	type WriteAnswer,
} from "../delivery/answer.js";
import { DONE } from "../delivery/batches.js";
import { isOpen } from "../delivery/live-change.js";
import { readInTime } from "../read/deadline.js";
import { defined } from "../values/defined.js";
import { planUndo, type UndoPlan } from "./plan-undo.js";
import { findChange, type Resumable, resumeChange } from "./resume-change.js";
import { writePlan } from "./write-plan.js";

/**
 * Takes a change back: created records are deleted, updated cells get their former values, deleted records are
 * made again. A record that was changed by someone since is left alone and named.
 * @throws TablesError not_found, unsupported, conflict.
 */
export async function undoChange(
	session: Session,
	id: string,
	{ dryRun }: { readonly dryRun: boolean },
	running: Running,
): Promise<WriteAnswer> {
	const found = await findChange(session, id, running);
	const { change, located } = found;
	if (!dryRun) await holdBack(session, tablePlace(located), "undo_change");
	if (change.status === "running" && change.owned)
		throw new TablesError("conflict", `change ${id} is still being written`, {
			next: "Wait until it has answered.",
		});
	const earlier = (await session.journal.list()).find(
		({ start }) => start.undoes === id,
	);
	if (earlier !== undefined) {
		const begun = openUndo({ change: earlier, located });
		return dryRun ? dryResume(begun) : resumeChange(session, begun, running);
	}
	checkUndoable(found);
	const plan = await readInTime(
		session,
		running,
		"the records that were written",
		(call) => planUndo(located, change, { ...running, call }),
		"Call again later: less may be asked of the vendor then.",
	);
	return writeUndo(session, found, { ...plan, dryRun }, running);
}

/** @throws TablesError bad_argument: an undo that is complete has nothing left to do. */
function openUndo(begun: Resumable): Resumable {
	const { start, status } = begun.change;
	if (status === "complete")
		throw new TablesError(
			"bad_argument",
			`change ${start.undoes} was undone already by ${start.change}`,
			{ next: "Undo that one to bring it back." },
		);
	return begun;
}

/** @throws TablesError unsupported, conflict: undo is off, or it is not known yet what the change has written. */
function checkUndoable({ change, located }: Resumable): void {
	const { start, results, sent, answered } = change;
	if (!located.connection.undo)
		throw new TablesError(
			"unsupported",
			`undo is off for the connection ${located.connection.name}`,
			{
				next: "A person sets `undo` in the configuration; it counts for later changes.",
			},
		);
	const isOpen =
		[...results.values()].some(({ outcome }) => outcome === "unknown") ||
		sent.some(({ batch }) => !answered.has(batch));
	if (isOpen)
		throw new TablesError(
			"conflict",
			`part of change ${start.change} has an outcome that is not known yet`,
			{
				next: `Finish it first: call ${start.tool} with resume: "${start.change}".`,
			},
		);
}

async function writeUndo(
	session: Session,
	{ change, located }: Resumable,
	{ ops, settled, cannot, dryRun }: UndoPlan & { readonly dryRun: boolean },
	running: Running,
): Promise<WriteAnswer> {
	const id = change.start.change;
	const notes = cannot.map((text) => `cannot come back: ${text}`);
	if (ops.length === 0)
		return emptyAnswer([
			`change ${id} wrote nothing that can be undone`,
			...notes,
		]);
	const total = ops.length + settled.length;
	return writePlan(
		session,
		{
			located,
			tool: "undo_change",
			given: id,
			plan: { ops, settled, total, notes },
			dryRun,
			undoes: id,
		},
		running,
	);
}

/** What is left of an undo that was begun. */
function dryResume({ change }: Resumable): WriteAnswer {
	const results = new Map(change.results);
	for (const { index, kind, id } of change.plan?.ops ?? [])
		if (isOpen(results.get(index)))
			results.set(index, { index, outcome: DONE[kind], ...defined({ id }) });
	return summarize(null, change.start.total ?? results.size, results, [
		"dry run: nothing was written",
		`this undo was begun as change ${change.start.change} and goes on where it stopped`,
	]);
}
