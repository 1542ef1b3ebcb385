import type { Attachment, Cell, Field, Person } from "../contract/field.js";
import type { Change, ChangeStart, Op, Settled } from "../contract/journal.js";
import { remembered, type Session } from "../contract/session.js";
import type { Row, Table } from "../contract/table.js";
import { isWritable } from "../delivery/verify-answer.js";
import type { Located } from "../places/locate.js";
import { addTo } from "../values/add-to.js";
import { inTurns, mapOfInTurns } from "../values/in-turns.js";
import { equalCells, isEmpty, isRaw } from "../values/values.js";
import { formerValues, lastAtWorkMs, opsOf } from "./journalled.js";
import { isTwoWay } from "./other-sides.js";
import { isWritten, linkedTable, type PresentId } from "./present-ids.js";

/*
 * Was a record changed since a change wrote it? Told by its cells, as far as this server has seen them, and by who
 * changed it last, where the vendor says so.
 */

/** Two clocks that are taken to agree may differ by so much, ms. */
const CLOCK_SLACK_MS = 5_000;

/** A record that a change has made or changed, and that is still there. */
export interface WrittenRecord {
	readonly id: string;
	/** What was sent of it, without the cells that the vendor did not keep. */
	readonly op: Op;
	readonly result: Settled;
	/** As it is now, with its system columns. */
	readonly row: Row;
}

/** In what a record differs from how the change left it. */
export interface Difference {
	/** Fields whose cells differ. Empty: the vendor says that somebody else has changed it, and no cell shows it. */
	readonly fields: readonly Field[];
	/** A later change of the same person that wrote the record. Absent: none did. */
	readonly later?: LaterWrite;
}

/** A later change, as far as words about it need. */
export type LaterWrite = Pick<ChangeStart, "change" | "undoes">;

/** The change whose records are looked at. */
export interface Since {
	readonly located: Located;
	readonly change: Change;
	/** The same person's later changes of the table, and of those whose links show in it; newest first. */
	readonly later: readonly Change[];
	/** The ids that records have today. */
	readonly present: PresentId;
}

/** How each record differs, by id; those that nobody has changed are not in it. */
export async function differences(
	since: Since,
	records: readonly WrittenRecord[],
): Promise<ReadonlyMap<string, Difference>> {
	const own = new Set<string>();
	await inTurns(records, ({ id }) => void own.add(id));
	const later: LaterChange[] = [];
	for (const change of since.later)
		later.push(await laterChange(since, change));
	const byOther = await lastChangedByOther(since, later, records);
	return mapOfInTurns(records, (record) => {
		const fields = since.located.table.fields.filter((field) =>
			differs(since.located, record, field, own),
		);
		if (fields.length === 0 && !byOther(record)) return undefined;
		const writer = later.find((one) => hasWritten(one, record.id, fields));
		const named = writer === undefined ? {} : { later: writer.change.start };
		return [record.id, { fields, ...named }] as const;
	});
}

/** Of a record that was changed only the cells that were sent are known; of a new one all are. */
function differs(
	located: Located,
	{ op, result, row }: WrittenRecord,
	field: Field,
	own: ReadonlySet<string>,
): boolean {
	const now = row.cells[field.id];
	const { zone } = located.table;
	if (field.id in op.cells)
		return field.type === "attachment"
			? !sameFiles(now, op.cells[field.id])
			: !equalCells(now, op.cells[field.id], field, zone);
	if (op.kind !== "create" || result.lost?.includes(field.id)) return false;
	if (!isWritable(located, field) || isEmpty(now) || now === false)
		return false;
	if (isRaw(now)) return true;
	const given = result.filled?.[field.id] ?? field.settings.default;
	if (given !== undefined && equalCells(now, given, field, zone)) return false;
	// The other side of links between records of this change, and the moment at which a record was made.
	const isOwnLink =
		field.type === "link" &&
		(now as readonly { readonly id: string }[]).every(({ id }) => own.has(id));
	return !isOwnLink && field.settings.autoFill !== true;
}

/** The same files in the same order. What cannot be read may hold any: it is the same only as itself. */
function sameFiles(now: Cell | undefined, sent: Cell | undefined): boolean {
	if (isRaw(now) || isRaw(sent))
		return JSON.stringify(now) === JSON.stringify(sent);
	const files = (cell: Cell | undefined) =>
		Array.isArray(cell) ? (cell as readonly Attachment[]) : [];
	const [left, right] = [files(now), files(sent)];
	return (
		left.length === right.length &&
		left.every((file, index) => isSameFile(file, right[index] as Attachment))
	);
}

/** By its token; where the vendor shows none when it is read, by its name and size, as far as they are known. */
function isSameFile(now: Attachment, sent: Attachment): boolean {
	if (now.token !== null && sent.token !== null)
		return now.token === sent.token;
	const isOther = (one: string | number | null, other: typeof one) =>
		one !== null &&
		other !== null &&
		one !== "" &&
		other !== "" &&
		one !== other;
	return !isOther(now.name, sent.name) && !isOther(now.size, sent.size);
}

/**
 * Was a record last changed later than by this change, and not by the account that made it? Who that is, the records
 * tell that nobody has touched since.
 */
async function lastChangedByOther(
	{ located, change }: Since,
	later: readonly LaterChange[],
	records: readonly WrittenRecord[],
): Promise<(record: WrittenRecord) => boolean> {
	const { adapter, connection } = located;
	if (!UPDATED.every((column) => adapter.systemColumns.includes(column)))
		return () => false;
	const ahead = (adapter.clockOffsetMs?.() ?? 0) + CLOCK_SLACK_MS;
	const isLate = (row: Row, atMs: number) =>
		Number(row.cells.$updated_at ?? 0) > atMs + ahead;
	const endMs = lastAtWorkMs(change);
	const account = new Set(connection.me === undefined ? [] : [connection.me]);
	await inTurns(records, ({ op, row }) => {
		if (op.kind === "create")
			for (const id of idsOf(row.cells.$created_by)) account.add(id);
		if (!isLate(row, endMs))
			for (const id of idsOf(row.cells.$updated_by)) account.add(id);
	});
	return ({ id, row }) => {
		if (!isLate(row, endMs)) return false;
		if (idsOf(row.cells.$updated_by).some((person) => account.has(person)))
			return false;
		return !later.some(
			(other) => hasWritten(other, id, []) && !isLate(row, other.lastMs),
		);
	};
}

const UPDATED = ["$updated_at", "$updated_by"] as const;

function idsOf(cell: Cell | undefined): readonly string[] {
	return Array.isArray(cell)
		? (cell as readonly Person[]).map(({ id }) => id)
		: [];
}

/** A later change, gone through once for all the records that are asked about. */
interface LaterChange {
	readonly change: Change;
	readonly lastMs: number;
	/** What it has set, by the ids that the records have today. */
	readonly written: ReadonlyMap<string, readonly Cells[]>;
}

type Cells = Readonly<Record<string, Cell>>;

async function laterChange(
	{ located: { table }, present }: Since,
	change: Change,
): Promise<LaterChange> {
	const { start, results } = change;
	const written = new Map<string, Cells[]>();
	const isHere = start.table === table.ref.table;
	const seenHere = linksShownIn(table, start.table);
	if (isHere || seenHere !== undefined) {
		const ops = await opsOf(change);
		const before = await formerValues(change);
		await inTurns(results.values(), (result) => {
			const op = ops.get(result.index);
			const { id = op?.id } = result;
			if (op === undefined || !mayHaveWritten(result)) return;
			if (isHere && id !== undefined)
				for (const cells of setBy(start, op, result))
					addTo(written, present(start.table, id), cells);
			if (seenHere !== undefined)
				for (const one of idsIn(op.cells, before.get(id ?? "")))
					addTo(written, present(table.ref.table, one), seenHere);
		});
	}
	return { change, lastMs: lastAtWorkMs(change), written };
}

/** What an op has set in a record that was there before. One that an undo made again was, and holds what it held. */
function setBy(
	{ undoes }: ChangeStart,
	{ kind, cells }: Op,
	{ lost }: Settled,
): readonly Cells[] {
	if (kind === "update" || (kind === "create" && lost !== undefined))
		return [cells];
	return kind === "create" && undoes !== undefined ? [{}] : [];
}

/** Of what was sent and not proved nobody knows; it is not taken for somebody else's. */
function mayHaveWritten(result: Settled): boolean {
	return isWritten(result) || result.outcome === "unknown";
}

/** The columns of a table that show links which are written in another one, or in itself; undefined: none does. */
function linksShownIn(table: Table, writtenIn: string): Cells | undefined {
	const shown = table.fields.filter(
		(field) => isTwoWay(field) && linkedTable(table, field) === writtenIn,
	);
	return shown.length === 0
		? undefined
		: Object.fromEntries(shown.map(({ id }) => [id, null]));
}

/** Ids of all that cells hold, or held, and that has one. */
function idsIn(...rows: readonly (Cells | undefined)[]): ReadonlySet<string> {
	const ids = new Set<string>();
	for (const row of rows)
		for (const cell of Object.values(row ?? {}))
			if (Array.isArray(cell))
				for (const item of cell as readonly unknown[]) {
					const { id } = (item ?? {}) as { readonly id?: unknown };
					if (typeof id === "string") ids.add(id);
				}
	return ids;
}

/** Which of these changes has deleted a record last, by the id that the record had then. */
export async function deletedBy(
	{ located, present }: Pick<Since, "located" | "present">,
	later: readonly Change[],
): Promise<ReadonlyMap<string, LaterWrite>> {
	const { table } = located.table.ref;
	const by = new Map<string, LaterWrite>();
	for (const { start, results } of later)
		if (start.table === table)
			await inTurns(results.values(), ({ outcome, id }) => {
				if (outcome !== "deleted" || id === undefined) return;
				const now = present(table, id);
				if (!by.has(now)) by.set(now, start);
			});
	return by;
}

/** A later change as an answer names it: what takes it back first is the same for an undo. */
export function laterName({ change, undoes }: LaterWrite): string {
	return undoes === undefined
		? `change ${change}`
		: `change ${change}, itself an undo of ${undoes},`;
}

/** Has the change written the record, in one of these fields if there are some? */
function hasWritten(
	{ written }: LaterChange,
	id: string,
	fields: readonly Field[],
): boolean {
	return (written.get(id) ?? []).some(
		(cells) => fields.length === 0 || fields.some((field) => field.id in cells),
	);
}

/** Changes of which this process has said that some of their records were changed since. */
export function toldOf(session: Session): Set<string> {
	return remembered(session, TOLD, () => new Set());
}

const TOLD = Symbol("undo: what was changed since");
