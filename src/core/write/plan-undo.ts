import type { Cell, SystemColumn } from "../contract/field.js";
import type { Change, Op, Outcome, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import { isWritable } from "../delivery/verify-answer.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";
import { hashInTurns } from "../values/json-pieces.js";
import { cutList, quoted } from "../values/names.js";
import {
	type Difference,
	deletedBy,
	differences,
	type LaterWrite,
	laterName,
	type WrittenRecord,
} from "./changed-since.js";
import { formerValues, opsOf } from "./journalled.js";
import { cellsById } from "./loss.js";
import { cellsNow, type PresentId } from "./present-ids.js";
import { linksIn } from "./undo-links.js";

/** What undoing a change takes, and what it cannot bring back. */
export interface UndoPlan {
	/** What nobody has changed since: taken back at once. */
	readonly ops: readonly Op[];
	/** What was changed since: taken back only if a person agrees. */
	readonly changed: readonly ChangedOp[];
	/** Records that cannot be taken back, and why. */
	readonly left: readonly Pick<Settled, "id" | "message">[];
	/** Reported before anything is written. */
	readonly cannot: readonly string[];
	/** Links between records that it makes again: written once they have ids. */
	readonly linked: readonly LinkedAgain[];
	/** What the records hold that were read for it. */
	readonly current: ReadonlyMap<string, Cells>;
}

/** A record whose links lead to records that the same undo makes again. */
export interface LinkedAgain {
	/** The link cells as a whole; records that are made again by the ids that they had. */
	readonly cells: Cells;
	/** Of the op that is taken back. */
	readonly undoes: number;
}

/** An op that would overwrite or delete what was changed since. */
export interface ChangedOp {
	readonly op: Op;
	/** The record as the change left it and as it is. */
	readonly difference: Difference;
}

type Cells = Readonly<Record<string, Cell>>;

/** A record that the change has written. */
interface Written {
	/** As it is called today: what was deleted and made again has another one. */
	readonly id: string;
	/** As it was called then. */
	readonly was: string;
	readonly outcome: Outcome;
	readonly result: Settled;
	/** What was sent of it, without the cells that the vendor did not keep. */
	readonly op: Op | undefined;
}

/** What is known when the records of a change are gone through. */
interface Undoing {
	readonly located: Located;
	/** Values from before the change, by record. */
	readonly before: ReadonlyMap<string, Cells>;
	/** The records as they are now. */
	readonly current: ReadonlyMap<string, Row>;
	/** What cannot come back; grows. */
	readonly cannot: Set<string>;
	/** Which later change deleted a record that is gone. */
	readonly deletedBy: ReadonlyMap<string, LaterWrite>;
}

/** What takes one record back, or why it is left alone: in words that are the same for all of its kind, so that they are said once. */
type Step = Pick<Op, "kind" | "id" | "cells"> | { readonly left: string };

const STEPS: Partial<
	Record<Outcome, (undoing: Undoing, record: Written) => Step>
> = {
	created: deleteCreated,
	updated: restoreUpdated,
	deleted: createDeleted,
};

const WHO: readonly SystemColumn[] = [
	"$updated_at",
	"$updated_by",
	"$created_by",
];

/** What an undo rests on. */
export interface Undone {
	readonly located: Located;
	readonly change: Change;
	/** The same person's later changes of the table, and of those whose links show in it; newest first. */
	readonly later: readonly Change[];
	/** Indexes of what an earlier undo has taken back. */
	readonly done: Pick<ReadonlyMap<number, unknown>, "has">;
	/** The ids that records have today. */
	readonly present: PresentId;
}

/** Reads the records that a change has written, and plans what takes them back. */
export async function planUndo(
	session: Session,
	{ located, change, later, done, present }: Undone,
	running: Running,
): Promise<UndoPlan> {
	const written = await writtenRecords(located, change, present, done);
	const { systemColumns } = located.adapter;
	const current = await readRowsById(
		located,
		await pickInTurns(written, ({ outcome, id }) =>
			outcome === "created" || outcome === "updated" ? id : undefined,
		),
		{
			fields: located.table.fields,
			system: WHO.filter((column) => systemColumns.includes(column)),
		},
		running.call,
	);
	const linkedLater = await linksWritten(located, change, later, present);
	const differing = await differences(
		{ located, change, later, present },
		await pickInTurns(written, ({ id, op, result }) => {
			const row = current.get(id);
			if (row === undefined || op === undefined) return undefined;
			const linked = linkedLater.get(id);
			const whole =
				linked === undefined
					? op
					: { ...op, cells: { ...op.cells, ...linked } };
			return { id, op: whole, result, row } satisfies WrittenRecord;
		}),
	);
	const before = await formerValues(change);
	const cannot = new Set<string>();
	const again = new Set<string>();
	await inTurns(written, ({ outcome, id, was }) => {
		if (outcome === "deleted" && before.has(was)) again.add(id);
	});
	const rows = await pickInTurns(written, ({ was }) => before.get(was));
	const links = await linksIn(
		session,
		located,
		{ rows, again, present },
		running,
	);
	const undoing = {
		...{ located, before, current, cannot },
		deletedBy: await deletedBy({ located, present }, later),
	};
	if (change.damaged > 0)
		undoing.cannot.add(
			`what stood in ${change.damaged} damaged lines of the change's journal: records that only they name are left as they are`,
		);
	const ops: Op[] = [];
	const changed: ChangedOp[] = [];
	const left: Pick<Settled, "id" | "message">[] = [];
	const linked: LinkedAgain[] = [];
	await inTurns(written, (record) => {
		const step = STEPS[record.outcome]?.(undoing, record);
		if (step === undefined) return;
		if ("left" in step) {
			left.push({ id: record.id, message: step.left });
			return;
		}
		const undoes = record.result.index;
		const { cells, whole } = links.part(step.cells);
		const op: Op = { index: 0, ...step, cells, undoes };
		if (whole !== undefined) linked.push({ cells: whole, undoes });
		const difference = differing.get(record.id);
		if (difference === undefined) ops.push(op);
		else changed.push({ op, difference });
	});
	return {
		...{ ops, changed, left, linked, cannot: [...cannot, ...links.gone()] },
		current: await cellsById(current),
	};
}

/** What the change is known by that writes the links between records which an undo made again. */
export function linksOf(undo: string): readonly string[] {
	return [undo, "links"];
}

/** The links that this undo has written once its records had ids, by id of the record. */
async function linksWritten(
	located: Located,
	{ start }: Change,
	later: readonly Change[],
	present: PresentId,
): Promise<ReadonlyMap<string, Cells>> {
	const hash = await hashInTurns(linksOf(start.change));
	const links = new Map<string, Cells>();
	for (const other of later)
		if (other.start.hash === hash)
			for (const { id, op, outcome } of await writtenRecords(
				located,
				other,
				present,
			))
				if (op !== undefined && outcome === "updated") links.set(id, op.cells);
	return links;
}

/** @param done Indexes of those that are left out. */
async function writtenRecords(
	located: Located,
	change: Change,
	present: PresentId,
	done: Undone["done"] = new Set(),
): Promise<readonly Written[]> {
	const sent = await opsOf(change);
	return pickInTurns(change.results.values(), (result) => {
		const { id: was, index, lost } = result;
		if (was === undefined || done.has(index)) return undefined;
		const id = present(located.table.ref.table, was);
		const op = sent.get(index);
		return {
			...{ id, was, result },
			outcome: writtenOutcome(result, op),
			op: op && {
				...op,
				cells: cellsNow(located.table, without(op.cells, lost), present),
			},
		} satisfies Written;
	});
}

/** A record that was made or changed in part has failed, and was written all the same. */
function writtenOutcome(
	{ outcome, lost }: Settled,
	op: Op | undefined,
): Outcome {
	if (lost === undefined || op === undefined) return outcome;
	return op.kind === "create" ? "created" : "updated";
}

/** Said of what an undo would have deleted: nothing is left to be done. */
export const GONE_ALREADY = "the record is gone already";

function deleteCreated(
	{ located, current, cannot }: Undoing,
	{ id }: Written,
): Step {
	if (!current.has(id)) return { left: GONE_ALREADY };
	if (located.connection.policy.hiddenFields.length > 0)
		cannot.add(HIDDEN_CELLS);
	return { kind: "delete", id, cells: {} };
}

function restoreUpdated(undoing: Undoing, { id, was, result }: Written): Step {
	const cells = undoing.before.get(was);
	if (cells === undefined)
		return { left: "no former values of the record were kept" };
	if (!undoing.current.has(id)) {
		const by = undoing.deletedBy.get(id);
		if (by !== undefined)
			return {
				left: `the record was deleted by ${laterName(by)} later: undo that one first`,
			};
		const { byId } = undoing.located.table;
		const names = Object.keys(without(cells, result.lost)).map((field) =>
			quoted(byId.get(field)?.name ?? field),
		);
		undoing.cannot.add(
			`what records that are gone held before, in ${cutList(names)}`,
		);
		return { left: "the record is gone" };
	}
	return {
		kind: "update",
		id,
		cells: writable(undoing, without(cells, result.lost)),
	};
}

/** Said wherever a policy hides fields, whether or not anything stands in them here. */
export const HIDDEN_CELLS =
	"cells of deleted records that this connection does not show, if there are any: they were never read";

const AUTOMATIC: ReadonlySet<string> = new Set([
	"auto_number",
	"created_time",
	"updated_time",
	"created_by",
	"updated_by",
]);

function createDeleted(undoing: Undoing, { was }: Written): Step {
	const { located, before, cannot } = undoing;
	const cells = before.get(was);
	if (cells === undefined)
		return { left: "no values of the deleted record were kept" };
	const kept = writable(undoing, cells);
	cannot.add(
		"record ids: records made again get new ones, and links from other records to the old ones are lost where no two-way column shows them",
	);
	if (located.connection.policy.hiddenFields.length > 0)
		cannot.add(HIDDEN_CELLS);
	if (located.table.fields.some((field) => AUTOMATIC.has(field.type)))
		cannot.add(
			"automatic values: numbers, times and authors of records made again are new",
		);
	return { kind: "create", cells: kept };
}

function without(cells: Cells, lost: readonly string[] = []): Cells {
	return Object.fromEntries(
		Object.entries(cells).filter(([id]) => !lost.includes(id)),
	);
}

/** Former cells as far as they can be written. */
function writable({ located, cannot }: Undoing, cells: Cells): Cells {
	const kept: Record<string, Cell> = {};
	for (const [id, cell] of Object.entries(cells)) {
		const field = located.table.byId.get(id);
		if (field === undefined)
			cannot.add("cells of fields that were deleted since");
		else if (!isWritable(located, field)) continue;
		else if (field.type === "attachment" && lacksToken(cell))
			cannot.add(
				`attachments in "${field.name}": the vendor gives no token to write them back with`,
			);
		else kept[id] = cell;
	}
	return kept;
}

function lacksToken(cell: Cell): boolean {
	return (
		Array.isArray(cell) &&
		cell.some(
			(file) =>
				typeof file === "object" && "token" in file && file.token === null,
		)
	);
}
