import { placeOf, tablePlace } from "../contract/consent.js";
import type { Cell, Field } from "../contract/field.js";
import type { Change, Op } from "../contract/journal.js";
import { type Loss, NO_LOSS } from "../contract/losses.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { whyReadOnly } from "../values/validate.js";
import { keyOf } from "../values/values.js";
import { lossOf } from "./loss.js";

type Cells = Readonly<Record<string, Cell>>;

/** A cell of a record as this person's changes have left it. */
interface OwnCell {
	/** What they wrote last; undefined where it is somebody else's all the same. */
	key: string | undefined;
	/** What others had there before: writing that again does not make it one's own. */
	readonly others: Set<string>;
}

interface OwnRecord {
	/** It is theirs as a whole. */
	made: boolean;
	readonly cells: Map<string, OwnCell>;
}

/** What this person's own changes of the undo window wrote into a table, and nobody has to be asked about. */
export interface OwnWrites {
	/** Did they make the record, and is all that it holds theirs? */
	ownsRecord(id: string, now: Cells | undefined): boolean;
	/** Did they write this value? */
	ownsCell(id: string, fieldId: string, now: Cell | undefined): boolean;
	/** Have they written anything of the record? */
	touched(id: string): boolean;
}

/**
 * Goes through the journal from its beginning.
 * @param asked changes whose loss is wanted as it was counted at their time, by id; filled.
 */
export async function ownWrites(
	session: Pick<Session, "journal" | "connections">,
	located: Located,
	asked: Map<string, Loss>,
): Promise<OwnWrites> {
	const place = tablePlace(located);
	const changes = (await session.journal.list())
		.filter(({ start }) => {
			const vendor = session.connections.get(start.connection)?.vendor;
			return vendor !== undefined && placeOf(vendor, start.table) === place;
		})
		.reverse();
	const records = new Map<string, OwnRecord>();
	const own = reading(located, records);
	for (const change of changes) {
		if (asked.has(change.start.change))
			asked.set(change.start.change, lossOfChange(located, change, own));
		take(located, records, change);
	}
	return own;
}

function reading(
	{ connection, adapter, table }: Located,
	records: ReadonlyMap<string, OwnRecord>,
): OwnWrites {
	const ownsCell = (id: string, fieldId: string, now: Cell | undefined) => {
		const field = table.byId.get(fieldId);
		const known = records.get(id)?.cells.get(fieldId)?.key;
		return (
			field !== undefined &&
			known !== undefined &&
			known === keyOf(now, field, table.zone)
		);
	};
	const isWritten = (fieldId: string) => {
		const field = table.byId.get(fieldId);
		return (
			field !== undefined && whyReadOnly(field, adapter.codecs) === undefined
		);
	};
	const blank = (fieldId: string, cell: Cell) =>
		keyOf(cell, table.byId.get(fieldId) as Field, table.zone) === "";
	return {
		ownsCell,
		touched: (id) => records.has(id),
		ownsRecord: (id, now) =>
			now !== undefined &&
			records.get(id)?.made === true &&
			// What is hidden may be anybody's.
			connection.policy.hiddenFields.length === 0 &&
			Object.entries(now).every(
				([fieldId, cell]) =>
					!isWritten(fieldId) ||
					blank(fieldId, cell) ||
					ownsCell(id, fieldId, cell),
			),
	};
}

/** What a change wrote becomes this person's own. */
function take(
	{ table }: Located,
	records: Map<string, OwnRecord>,
	change: Change,
): void {
	const before = valuesBefore(change);
	for (const { op, id, lost } of doneOps(change)) {
		if (op.kind === "delete") {
			records.delete(id);
			continue;
		}
		const record = records.get(id) ?? { made: false, cells: new Map() };
		records.set(id, record);
		// What an undo makes again was there before, and may have been anybody's.
		if (op.kind === "create") record.made = change.start.undoes === undefined;
		for (const [fieldId, cell] of Object.entries(op.cells)) {
			const field = table.byId.get(fieldId);
			if (field === undefined || lost.includes(fieldId)) continue;
			const key = (value: Cell | undefined) => keyOf(value, field, table.zone);
			const known = record.cells.get(fieldId) ?? {
				key: undefined,
				others: new Set<string>(),
			};
			record.cells.set(fieldId, known);
			const there = key(before.get(id)?.[fieldId]);
			if (there !== "" && there !== known.key) known.others.add(there);
			const isOthers =
				known.others.has(key(cell)) || (op.kind === "create" && !record.made);
			known.key = isOthers ? undefined : key(cell);
		}
	}
}

/** What a change has done, with the ids of its records. */
function doneOps(change: Change): readonly {
	readonly op: Op;
	readonly id: string;
	readonly lost: readonly string[];
}[] {
	const ops = [
		...(change.plan?.ops ?? []),
		...change.sent.flatMap(({ ops: sent }) => sent ?? []),
	];
	const byIndex = new Map(ops.map((op) => [op.index, op]));
	return [...change.results.values()].flatMap((result) => {
		const op = byIndex.get(result.index);
		const id = result.id ?? op?.id;
		const isDone =
			["created", "updated", "deleted"].includes(result.outcome) ||
			result.lost !== undefined;
		return op === undefined || id === undefined || !isDone
			? []
			: [{ op, id, lost: result.lost ?? [] }];
	});
}

function lossOfChange(located: Located, change: Change, own: OwnWrites): Loss {
	const ops = doneOps(change).map(({ op, id }) => ({ ...op, id }));
	return ops.length === 0
		? NO_LOSS
		: lossOf(located, ops, { before: valuesBefore(change), own });
}

/** Of a record that was sent more than once the first values count. */
function valuesBefore(change: Change): ReadonlyMap<string, Cells> {
	const before = new Map<string, Cells>();
	for (const batch of change.sent)
		for (const [id, cells] of Object.entries(batch.before ?? {}))
			if (!before.has(id)) before.set(id, cells);
	return before;
}
