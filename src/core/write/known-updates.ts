import type {
	Attachment,
	Cell,
	Field,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { withTexts } from "../read/shown-texts.js";
import { inTurns } from "../values/in-turns.js";
import { nameList } from "../values/names.js";
import { type ValidRecord, whyReadOnly } from "../values/validate.js";
import { equalCells, isRaw, isShown, kindOf } from "../values/values.js";
import type { Plan } from "./write-plan.js";

/** The rows with the names and titles that a reader was shown, where read-only cells that have some were sent back. */
export async function asShown(
	session: Session,
	located: Located,
	records: readonly ValidRecord[],
	before: ReadonlyMap<string, Readonly<Record<string, Cell>>>,
	running: Running,
): Promise<ReadonlyMap<string, Readonly<Record<string, Cell>>>> {
	const fields = located.table.fields.filter(
		(field) =>
			["people", "links"].includes(kindOf(field)) &&
			records.some(({ readOnly }) => field.id in readOnly),
	);
	if (fields.length === 0) return before;
	const { rows } = await withTexts(
		session,
		located,
		[...before].map(([id, cells]) => ({ id, cells })),
		fields,
		running.call,
	);
	return new Map(rows.map(({ id, cells }) => [id, cells]));
}

/** Updates of records whose cells are known: edits are merged, equal cells and unchanged records left out. */
export async function planKnown(
	located: Located,
	records: readonly ValidRecord[],
	before: ReadonlyMap<string, Readonly<Record<string, Cell>>>,
): Promise<Omit<Plan, "total">> {
	const ops: Op[] = [];
	const settled: Settled[] = [];
	await inTurns(records, (record) => {
		const end = changeOf(located, record, before.get(record.id as string));
		if ("kind" in end) ops.push(end);
		else settled.push(end);
	});
	return { ops, settled, notes: await leftOut(located, records) };
}

/** Says which read-only fields values were given for: they go to no vendor, though the records hold them already. */
export async function leftOut(
	{ table }: Located,
	records: readonly ValidRecord[],
): Promise<readonly string[]> {
	const ids = new Set<string>();
	await inTurns(records, ({ readOnly }) => {
		for (const id in readOnly) ids.add(id);
	});
	if (ids.size === 0) return [];
	const names = [...ids].map((id) => (table.byId.get(id) as Field).name);
	return [`read only, and left out: ${nameList(names)}`];
}

/** What is to be sent for a record, or how it ends without that. */
function changeOf(
	located: Located,
	record: ValidRecord,
	row: Cells | undefined,
): Op | Settled {
	const { index } = record;
	const id = record.id as string;
	const failed = (message: string): Settled => ({
		index,
		outcome: "failed",
		id,
		message,
	});
	if (row === undefined) return failed(`there is no record ${id}`);
	const { cells, problems } = changedCells(located, record, row);
	if (problems.length > 0) return failed(problems.join("; "));
	return Object.keys(cells).length === 0
		? { index, outcome: "unchanged", id }
		: { index, kind: "update", id, cells };
}

type Cells = Readonly<Record<string, Cell>>;

/** The cells of a record that do not hold yet what they should, and what forbids to write them. */
function changedCells(
	located: Located,
	record: ValidRecord,
	row: Cells,
): { readonly cells: Cells; readonly problems: readonly string[] } {
	const { byId, zone } = located.table;
	const problems = readOnlyChanges(located, record, row);
	const cells: Record<string, Cell> = {};
	const set = (field: Field, cell: Cell) => {
		const named =
			field.type === "attachment" ? withTokens(cell, row[field.id]) : { cell };
		if ("missing" in named)
			problems.push(
				`"${field.name}" has no attachment "${named.missing}"; upload_attachment gives a token`,
			);
		else if (!equalCells(named.cell, row[field.id], field, zone)) {
			const unheld = record.unlessHeld?.[field.id];
			if (unheld === undefined) cells[field.id] = named.cell;
			else problems.push(unheld);
		}
	};
	for (const [fieldId, cell] of Object.entries(record.cells))
		set(byId.get(fieldId) as Field, cell);
	for (const [fieldId, { add, remove }] of Object.entries(record.edits)) {
		const field = byId.get(fieldId) as Field;
		if (isRaw(row[fieldId])) {
			problems.push(notUnderstood(field));
			continue;
		}
		const merged = editList(row[fieldId], add, remove);
		if (
			field.settings.multiple === false &&
			Array.isArray(merged) &&
			merged.length > 1
		)
			problems.push(`"${field.name}" holds one entry only`);
		set(field, merged);
	}
	return { cells, problems };
}

/** What the cell holds is not known: an edit of it as of an empty one would replace all of it. */
function notUnderstood({ name }: Field): string {
	return `"${name}" holds a value that cannot be read as a list, so nothing can be added to or removed from it; query_records with detail: "raw" shows it, and the whole list in place of {add, remove} replaces it`;
}

/** Read-only fields may be sent back as they were shown, and not with another value. */
function readOnlyChanges(
	{ table, adapter }: Located,
	{ readOnly }: ValidRecord,
	row: Cells,
): string[] {
	return Object.entries(readOnly).flatMap(([fieldId, given]) => {
		const field = table.byId.get(fieldId) as Field;
		return isShown(given, row[fieldId], field, table.zone)
			? []
			: [
					`"${field.name}" is read only and would change: ${whyReadOnly(field, adapter.codecs) ?? "the vendor computes it"}; leave it out`,
				];
	});
}

function withTokens(
	cell: Cell,
	current: Cell | undefined,
): { readonly cell: Cell } | { readonly missing: string } {
	if (!Array.isArray(cell)) return { cell };
	const there = Array.isArray(current)
		? [...(current as readonly Attachment[])]
		: [];
	const files: Attachment[] = [];
	for (const file of cell as readonly Attachment[]) {
		const known = there.find(({ token, name }) =>
			file.token === null ? name === file.name : token === file.token,
		);
		if (file.token === null && known === undefined)
			return { missing: file.name };
		files.push(known ?? file);
	}
	return { cell: files };
}

type Item = string | Person | LinkedRecord | Attachment;

/** A list cell after an edit: what is removed is matched by id, token or name. */
function editList(current: Cell | undefined, add: Cell, remove: Cell): Cell {
	const items = (cell: Cell | undefined): readonly Item[] =>
		Array.isArray(cell) ? (cell as readonly Item[]) : [];
	const names = (item: Item): readonly string[] =>
		typeof item === "string"
			? [item]
			: "token" in item
				? [item.token, item.token === null ? item.name : null].filter(
						(name) => name !== null,
					)
				: [item.id];
	const removed = new Set(items(remove).flatMap(names));
	const gone = (item: Item) =>
		names(item).some((name) => removed.has(name)) ||
		(typeof item === "object" && "token" in item && removed.has(item.name));
	const kept = items(current).filter((item) => !gone(item));
	const there = new Set(kept.flatMap(names));
	const merged = [
		...kept,
		...items(add).filter(
			(item) => !names(item).some((name) => there.has(name)),
		),
	];
	return merged.length === 0 ? null : (merged as unknown as Cell);
}
