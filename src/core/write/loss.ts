import { linkedPlaces } from "../contract/consent.js";
import type {
	Attachment,
	Cell,
	Field,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import { type Loss, type LossKind, NO_LOSS } from "../contract/losses.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { inTurns, mapOfInTurns } from "../values/in-turns.js";
import { itemKey, keyOf } from "../values/values.js";
import type { OwnWrites } from "./own-writes.js";

/** What records hold, by id. */
export type Rows = ReadonlyMap<string, Readonly<Record<string, Cell>>>;

/** What rows hold, by their ids. */
export function cellsById(
	rows: Iterable<readonly [string, Row]>,
): Promise<Rows> {
	return mapOfInTurns(rows, ([id, { cells }]) => [id, cells]);
}

/** What is known of the records of a write when its loss is counted. */
export interface Known {
	/** What they hold; of those that were not read every cell counts. */
	readonly before?: Rows | undefined;
	/** What link cells held of records that `before` lacks. */
	readonly linked?: Rows | undefined;
	/** What does not count. Absent: all counts. */
	readonly own?: OwnWrites;
}

/** Every place that these ops may take something from: their table, and those at the other end of the links that they touch. */
export async function placesOfOps(
	located: Located,
	ops: Iterable<Op>,
): Promise<readonly string[]> {
	const { table } = located;
	const touched = new Set<Field>();
	await inTurns(ops, ({ kind, cells }) => {
		if (kind === "delete") for (const field of table.fields) touched.add(field);
		for (const id in cells) {
			const field = table.byId.get(id);
			if (field !== undefined) touched.add(field);
		}
	});
	return linkedPlaces(located, touched);
}

/** Ids in a link cell. */
export function linkedIds(cell: Cell | undefined): readonly string[] {
	return Array.isArray(cell)
		? (cell as readonly LinkedRecord[]).map(({ id }) => id)
		: [];
}

/** How many records of their own table these ops delete, and of how many they overwrite what was there. */
export async function lossOf(
	located: Located,
	ops: Iterable<Op>,
	known: Known,
): Promise<Loss> {
	const loss = { ...NO_LOSS };
	await inTurns(ops, (op) => {
		const kind = lossOfOp(located, op, known);
		if (kind !== undefined) loss[kind]++;
	});
	return loss;
}

/** What a record loses by an op; undefined: nothing. */
export function lossOfOp(
	{ table }: Located,
	{ kind, id, cells }: Op,
	{ before, own }: Known,
): LossKind | undefined {
	if (kind === "create" || id === undefined) return undefined;
	const now = before?.get(id);
	if (kind === "delete")
		return own?.ownsRecord(id, now) === true ? undefined : "deleted";
	const loses = Object.entries(cells).some(([fieldId, cell]) => {
		if (now === undefined) return true;
		const field = table.byId.get(fieldId);
		return (
			field !== undefined &&
			isLost(now[fieldId], cell, field, table.zone) &&
			own?.ownsCell(id, fieldId, now[fieldId]) !== true
		);
	});
	return loses ? "overwritten" : undefined;
}

/** Is anything of a cell gone once it holds something else? A list that only grows loses nothing. */
function isLost(
	now: Cell | undefined,
	next: Cell,
	field: Field,
	zone: string,
): boolean {
	const key = keyOf(now, field, zone);
	if (key === "" || key === keyOf(next, field, zone)) return false;
	if (!Array.isArray(now) || !Array.isArray(next)) return true;
	const kept = new Set((next as readonly Item[]).map(itemKey));
	return (now as readonly Item[]).some((item) => !kept.has(itemKey(item)));
}

type Item = string | Person | LinkedRecord | Attachment;
