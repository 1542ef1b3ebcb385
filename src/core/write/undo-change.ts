import { holdBack, tablePlace } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field } from "../contract/field.js";
import type { Change, Op, Outcome, Settled } from "../contract/journal.js";
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
import { readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { equalCells } from "../values/values.js";
import { findChange, type Resumable, resumeChange } from "./resume-change.js";
import { writePlan } from "./write-plan.js";

/** What undoing a change takes, and what it cannot bring back. */
interface UndoPlan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	/** Reported before anything is written. */
	readonly cannot: readonly string[];
}

/**
 * Takes a change back: created records are deleted, updated cells get their former values, deleted records are
 * made again. A record that was changed by someone since is left alone and named.
 * @throws TablesError not_found, unsupported, conflict.
 */
export async function undoChange(
	session: Session,
	id: string,
	options: { readonly dryRun: boolean },
	running: Running,
): Promise<WriteAnswer> {
	const { change, located } = await findChange(session, id, running);
	if (!options.dryRun)
		await holdBack(session, tablePlace(located), "undo_change");
	if (change.status === "running" && change.owned)
		throw new TablesError("conflict", `change ${id} is still being written`, {
			next: "Wait until it has answered.",
		});
	const undone = (await session.journal.list()).find(
		({ start }) => start.undoes === id,
	);
	if (undone !== undefined && undone.status !== "complete") {
		const begun = { change: undone, located };
		return options.dryRun
			? dryResume(begun)
			: resumeChange(session, begun, running);
	}
	if (undone !== undefined)
		throw new TablesError(
			"bad_argument",
			`change ${id} was undone already by ${undone.start.change}`,
			{ next: "Undo that one to bring it back." },
		);
	if (!located.connection.undo)
		throw new TablesError(
			"unsupported",
			`undo is off for the connection ${located.connection.name}`,
			{
				next: "A person sets `undo` in the configuration; it counts for later changes.",
			},
		);
	const open =
		[...change.results.values()].some(({ outcome }) => outcome === "unknown") ||
		change.sent.some(({ batch }) => !change.answered.has(batch));
	if (open && change.damaged === 0)
		throw new TablesError(
			"conflict",
			`part of change ${id} has an outcome that is not known yet`,
			{
				next: `Finish it first: call ${change.start.tool} with resume: "${id}".`,
			},
		);
	const plan = await readInTime(
		session,
		running,
		"the records that were written",
		(call) => planUndo(located, change, { ...running, call }),
		"Call again when the vendor is faster.",
	);
	const notes = plan.cannot.map((text) => `cannot come back: ${text}`);
	if (plan.ops.length === 0)
		return emptyAnswer([
			`change ${id} wrote nothing that can be undone`,
			...notes,
		]);
	return writePlan(
		session,
		{
			located,
			tool: "undo_change",
			given: id,
			plan: {
				ops: plan.ops.map((op, index) => ({ ...op, index })),
				settled: plan.settled.map((result, index) => ({
					...result,
					index: plan.ops.length + index,
				})),
				total: plan.ops.length + plan.settled.length,
				notes,
			},
			dryRun: options.dryRun,
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

async function planUndo(
	located: Located,
	change: Change,
	running: Running,
): Promise<UndoPlan> {
	const { table } = located;
	const cannot = new Set<string>();
	if (change.damaged > 0)
		cannot.add(
			`what stood in ${change.damaged} damaged lines of the change's journal: records that only they name are left as they are`,
		);
	const written = new Map<string, Op>();
	for (const op of [
		...(change.plan?.ops ?? []),
		...change.sent.flatMap(({ ops }) => ops ?? []),
	])
		written.set(String(op.index), op);
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	for (const batch of change.sent)
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			if (!before.has(id)) before.set(id, cells);
	const results = [...change.results.values()].map((result) => {
		const op = written.get(String(result.index));
		return { ...result, op, outcome: writtenOutcome(result, op) };
	});
	const ids = results.flatMap(({ outcome, id }) =>
		id !== undefined && (outcome === "created" || outcome === "updated")
			? [id]
			: [],
	);
	const current = await readRowsById(
		located,
		ids,
		{ fields: table.fields },
		running.call,
	);
	const ops: Op[] = [];
	const settled: Settled[] = [];
	const left = (id: string, message: string) =>
		settled.push({ index: 0, outcome: "failed", id, message });
	const changed = (id: string, cells: Readonly<Record<string, Cell>>) => {
		const row = current.get(id);
		return (
			row !== undefined &&
			Object.entries(cells).some(([fieldId, cell]) => {
				const field = table.byId.get(fieldId);
				return (
					field !== undefined &&
					field.type !== "attachment" &&
					!equalCells(row.cells[fieldId], cell, field, table.zone)
				);
			})
		);
	};
	for (const { outcome, id, op: given, lost } of results) {
		if (id === undefined) continue;
		const op = given && { ...given, cells: without(given.cells, lost) };
		if (outcome === "created") {
			if (!current.has(id)) left(id, `record ${id} is gone already`);
			else if (op !== undefined && changed(id, op.cells))
				left(id, `record ${id} was changed since and is left alone`);
			else ops.push({ index: 0, kind: "delete", id, cells: {} });
		} else if (outcome === "updated") {
			const cells = before.get(id);
			if (cells === undefined)
				left(id, `no former values of record ${id} were kept`);
			else if (!current.has(id)) left(id, `record ${id} is gone`);
			else if (op !== undefined && changed(id, op.cells))
				left(id, `record ${id} was changed since and is left alone`);
			else
				ops.push({
					index: 0,
					kind: "update",
					id,
					cells: writable(located, without(cells, lost), cannot),
				});
		} else if (outcome === "deleted") {
			const cells = before.get(id);
			if (cells === undefined)
				left(id, `no values of the deleted record ${id} were kept`);
			else {
				ops.push({
					index: 0,
					kind: "create",
					cells: writable(located, cells, cannot),
				});
				cannot.add(
					"record ids: records made again get new ones, and links from other records to the old ones are lost",
				);
				if (located.connection.policy.hiddenFields.length > 0)
					cannot.add(
						"values of deleted records that this connection does not show",
					);
				if (table.fields.some((field) => AUTOMATIC.has(field.type)))
					cannot.add(
						"automatic values: numbers, times and authors of records made again are new",
					);
			}
		}
	}
	return { ops, settled, cannot: [...cannot] };
}

/** A record that was made or changed in part has failed, and was written all the same. */
function writtenOutcome(
	{ outcome, lost }: Settled,
	op: Op | undefined,
): Outcome {
	if (lost === undefined || op === undefined) return outcome;
	return op.kind === "create" ? "created" : "updated";
}

function without(
	cells: Readonly<Record<string, Cell>>,
	lost: readonly string[] = [],
): Readonly<Record<string, Cell>> {
	return Object.fromEntries(
		Object.entries(cells).filter(([id]) => !lost.includes(id)),
	);
}

const AUTOMATIC: ReadonlySet<string> = new Set([
	"auto_number",
	"created_time",
	"updated_time",
	"created_by",
	"updated_by",
]);

/** Former cells as far as they can be written. */
function writable(
	located: Located,
	cells: Readonly<Record<string, Cell>>,
	cannot: Set<string>,
): Record<string, Cell> {
	const kept: Record<string, Cell> = {};
	for (const [id, cell] of Object.entries(cells)) {
		const field = located.table.byId.get(id) as Field | undefined;
		if (field === undefined) {
			cannot.add("cells of fields that were deleted since");
			continue;
		}
		const codec = located.adapter.codecs[field.type];
		if (
			field.readOnly !== undefined ||
			!("encode" in codec) ||
			codec.encode === undefined
		)
			continue;
		if (
			field.type === "attachment" &&
			Array.isArray(cell) &&
			cell.some(
				(file) =>
					typeof file === "object" && "token" in file && file.token === null,
			)
		) {
			cannot.add(
				`attachments in "${field.name}": the vendor gives no token to write them back with`,
			);
			continue;
		}
		kept[id] = cell;
	}
	return kept;
}
