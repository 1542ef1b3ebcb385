import type { FieldCodec } from "../contract/codec.js";
import type { Cell, Field, FieldType } from "../contract/field.js";
import type { Change, Op, Outcome, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { equalCells } from "../values/values.js";

/** What undoing a change takes, and what it cannot bring back. */
export interface UndoPlan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	/** Reported before anything is written. */
	readonly cannot: readonly string[];
}

type Cells = Readonly<Record<string, Cell>>;

/** A record that the change has written. */
interface Written {
	readonly id: string;
	readonly outcome: Outcome;
	/** What was sent of it, without the cells that the vendor did not keep. */
	readonly op: Op | undefined;
	readonly lost: readonly string[] | undefined;
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
}

/** What takes one record back, or why it is left alone. */
type Step = Pick<Op, "kind" | "id" | "cells"> | { readonly left: string };

const STEPS: Partial<
	Record<Outcome, (undoing: Undoing, record: Written) => Step>
> = {
	created: deleteCreated,
	updated: restoreUpdated,
	deleted: createDeleted,
};

/** Reads the records that a change has written, and plans what takes them back. Indexes are in the order of `ops`, then `settled`. */
export async function planUndo(
	located: Located,
	change: Change,
	running: Running,
): Promise<UndoPlan> {
	const written = writtenRecords(change);
	const current = await readRowsById(
		located,
		written.flatMap(({ outcome, id }) =>
			outcome === "created" || outcome === "updated" ? [id] : [],
		),
		{ fields: located.table.fields },
		running.call,
	);
	const before = valuesBefore(change);
	const undoing = { located, before, current, cannot: new Set<string>() };
	if (change.damaged > 0)
		undoing.cannot.add(
			`what stood in ${change.damaged} damaged lines of the change's journal: records that only they name are left as they are`,
		);
	const ops: Op[] = [];
	const left: Pick<Settled, "id" | "message">[] = [];
	for (const record of written) {
		const step = STEPS[record.outcome]?.(undoing, record);
		if (step === undefined) continue;
		if ("left" in step) left.push({ id: record.id, message: step.left });
		else ops.push({ index: ops.length, ...step });
	}
	return {
		ops,
		settled: left.map((one, position) => ({
			index: ops.length + position,
			outcome: "failed",
			...one,
		})),
		cannot: [...undoing.cannot],
	};
}

function writtenRecords(change: Change): readonly Written[] {
	const sent = new Map(
		[
			...(change.plan?.ops ?? []),
			...change.sent.flatMap(({ ops }) => ops ?? []),
		].map((op) => [op.index, op]),
	);
	return [...change.results.values()].flatMap((result): Written[] => {
		const { id, lost } = result;
		if (id === undefined) return [];
		const op = sent.get(result.index);
		return [
			{
				id,
				outcome: writtenOutcome(result, op),
				op: op && { ...op, cells: without(op.cells, lost) },
				lost,
			},
		];
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

/** Of a record that was sent more than once the first values count. */
function valuesBefore(change: Change): ReadonlyMap<string, Cells> {
	const before = new Map<string, Cells>();
	for (const batch of change.sent)
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			if (!before.has(id)) before.set(id, cells);
	return before;
}

function deleteCreated(undoing: Undoing, record: Written): Step {
	const { id } = record;
	if (!undoing.current.has(id)) return { left: `record ${id} is gone already` };
	if (isChangedSince(undoing, record)) return changedSince(id);
	return { kind: "delete", id, cells: {} };
}

function restoreUpdated(undoing: Undoing, record: Written): Step {
	const { id, lost } = record;
	const cells = undoing.before.get(id);
	if (cells === undefined)
		return { left: `no former values of record ${id} were kept` };
	if (!undoing.current.has(id)) return { left: `record ${id} is gone` };
	if (isChangedSince(undoing, record)) return changedSince(id);
	return {
		kind: "update",
		id,
		cells: writable(undoing, without(cells, lost)),
	};
}

const AUTOMATIC: ReadonlySet<string> = new Set([
	"auto_number",
	"created_time",
	"updated_time",
	"created_by",
	"updated_by",
]);

function createDeleted(undoing: Undoing, { id }: Written): Step {
	const { located, before, cannot } = undoing;
	const cells = before.get(id);
	if (cells === undefined)
		return { left: `no values of the deleted record ${id} were kept` };
	const kept = writable(undoing, cells);
	cannot.add(
		"record ids: records made again get new ones, and links from other records to the old ones are lost",
	);
	if (located.connection.policy.hiddenFields.length > 0)
		cannot.add("values of deleted records that this connection does not show");
	if (located.table.fields.some((field) => AUTOMATIC.has(field.type)))
		cannot.add(
			"automatic values: numbers, times and authors of records made again are new",
		);
	return { kind: "create", cells: kept };
}

function changedSince(id: string): Step {
	return { left: `record ${id} was changed since and is left alone` };
}

/** Does the record hold something else than the change wrote? */
function isChangedSince(
	{ located, current }: Undoing,
	{ id, op }: Written,
): boolean {
	const { table } = located;
	const row = current.get(id);
	if (row === undefined || op === undefined) return false;
	return Object.entries(op.cells).some(([fieldId, cell]) => {
		const field = table.byId.get(fieldId);
		return (
			field !== undefined &&
			field.type !== "attachment" &&
			!equalCells(row.cells[fieldId], cell, field, table.zone)
		);
	});
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

function isWritable({ adapter }: Located, field: Field): boolean {
	const codec = adapter.codecs[field.type] as Partial<FieldCodec<FieldType>>;
	return field.readOnly === undefined && codec.encode !== undefined;
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
