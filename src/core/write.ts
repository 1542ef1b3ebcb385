import { createHash } from "node:crypto";
import type { FieldCodec } from "./adapter.js";
import { refused, summarize, type WriteAnswer } from "./answer.js";
import { need } from "./capability.js";
import {
	forget,
	justRead,
	type Located,
	locate,
	reload,
	SCHEMA_FRESH_MS,
} from "./catalog.js";
import { readInTime } from "./deadline.js";
import { TablesError } from "./errors.js";
import type {
	Attachment,
	Cell,
	Field,
	FieldType,
	LinkedRecord,
	Person,
} from "./field.js";
import type { Filter } from "./filter.js";
import { resolveFilter } from "./filter.js";
import type {
	Change,
	ChangeStart,
	ChangeWriter,
	Op,
	Settled,
} from "./journal.js";
import { lookupsOf, withTexts } from "./lookups.js";
import { fieldNamed } from "./names.js";
import { readRows, readRowsById } from "./read.js";
import { formatReference } from "./reference.js";
import {
	type Ledger,
	newLedger,
	planBatches,
	runOps,
	settleBatch,
} from "./run.js";
import type { Running, Session } from "./session.js";
import type { FilterInput } from "./table.js";
import {
	type Problem,
	type Validated,
	type ValidRecord,
	validateRecords,
} from "./validate.js";
import { equalCells, isEmpty, isShown, keyOf, kindOf } from "./values.js";

/** More records than this are deleted, or changed by a filter, only after asking. */
export const ASK_ABOVE = 10;
/** So many records are looked up before any is written; of more, those of a batch are just before it is sent. */
const LOOKED_UP = 1_000;
const BEFORE_FRESH_MS = 5_000;
const MATCHING = "the records that match the filter";
const NAMED = "the records that were named";
/** Keys up to this many are looked up by a filter; more by reading the table once. */
const KEYS_BY_FILTER = 50;

export interface WriteOptions {
	readonly allowNewOptions?: boolean;
	readonly dryRun?: boolean;
}

/** Ops ready to be sent, and what is settled without a call. */
interface Plan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly total: number;
	readonly notes: readonly string[];
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

export async function createRecords(
	session: Session,
	located: Located,
	given: readonly unknown[],
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "createBatch");
	const checked = await validate(
		session,
		located,
		given,
		"create",
		options,
		running,
	);
	const notes = [...checked.located.notes, ...checked.notes];
	const problems = [
		...checked.problems,
		...loneNames(checked.records, checked.located),
	];
	if (problems.length > 0)
		return refused(
			given.length,
			problems.sort((one, other) => (one.record ?? 0) - (other.record ?? 0)),
			notes,
		);
	const ops = checked.records.map(
		(record): Op => ({
			index: record.index,
			kind: "create",
			cells: record.cells,
		}),
	);
	const ignored = checked.records.filter(({ id }) => id !== undefined).length;
	if (ignored > 0)
		notes.push(
			`${ignored} records have an id: they were taken as new ones; update_records changes existing records`,
		);
	return write(
		session,
		checked.located,
		"create_records",
		given,
		{ ops, settled: [], total: given.length, notes },
		{ ...options, newOptions: checked.newOptions },
		running,
	);
}

export interface UpdateInput {
	readonly records?: readonly unknown[] | undefined;
	readonly matchOn?: readonly string[] | undefined;
	readonly upsert?: boolean | undefined;
	readonly filter?: FilterInput | undefined;
	readonly set?: Readonly<Record<string, unknown>> | undefined;
	readonly confirm?: string | undefined;
}

export async function updateRecords(
	session: Session,
	located: Located,
	input: UpdateInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "updateBatch");
	if (input.filter !== undefined || input.set !== undefined)
		return updateByFilter(session, located, input, options, running);
	const given = input.records;
	if (given === undefined)
		throw new TablesError("bad_argument", "nothing to update was named", {
			next: "Pass `records` with ids, `records` with `match_on`, or `filter` with `set`.",
		});
	const checked = await validate(
		session,
		located,
		given,
		"update",
		options,
		running,
	);
	const problems = [...checked.problems];
	if (input.matchOn === undefined)
		for (const record of checked.records)
			if (record.id === undefined)
				problems.push({
					record: record.index,
					message: "has no `id`; pass it, or name key fields in `match_on`",
				});
	if (input.upsert && input.matchOn === undefined)
		problems.push({ message: "`upsert` needs `match_on`" });
	const keys = (input.matchOn ?? []).map(
		(name) => fieldNamed(checked.located.table, name).item,
	);
	problems.push(
		...twice(
			checked.records.flatMap(({ index, id }) =>
				id === undefined ? [] : [{ index, key: id }],
			),
			(id) => `record ${id} is named twice`,
		),
	);
	if (problems.length > 0)
		return refused(given.length, problems, checked.notes);
	const plan = await readInTime(
		session,
		running,
		keys.length > 0 ? "the table for the keys" : NAMED,
		(call) =>
			planUpdate(
				session,
				checked.located,
				checked.records,
				keys,
				input.upsert ?? false,
				options,
				{ ...running, call },
			),
	);
	return write(
		session,
		checked.located,
		"update_records",
		[given, input.matchOn, input.upsert],
		{
			...plan,
			total: given.length,
			notes: [...checked.located.notes, ...checked.notes, ...plan.notes],
		},
		{ ...options, newOptions: checked.newOptions },
		running,
	);
}

async function updateByFilter(
	session: Session,
	located: Located,
	input: UpdateInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	if (
		input.filter === undefined ||
		input.set === undefined ||
		input.records !== undefined
	)
		throw new TablesError(
			"bad_argument",
			"`filter` and `set` go together, without `records`",
			{
				next: "Pass `filter` with `set`, or `records`. To change every record, pass a filter that is true for all, such as is_not_empty on the primary field.",
			},
		);
	if (input.matchOn !== undefined || input.upsert)
		throw new TablesError(
			"bad_argument",
			"`match_on` and `upsert` go with `records`, not with `filter` and `set`",
			{ next: "Leave them out, or pass `records`." },
		);
	if (Object.keys(input.set).length === 0)
		throw new TablesError("bad_argument", "`set` names no field", {
			next: "Pass {name: value}; null clears a cell.",
		});
	const checked = await validate(
		session,
		located,
		[{ fields: input.set }],
		"update",
		options,
		running,
	);
	const [record] = checked.records;
	if (checked.problems.length > 0 || record === undefined)
		return refused(
			1,
			checked.problems.map(({ record: _, ...problem }) => ({ ...problem })),
			checked.notes,
		);
	const { filter, notes } = await filterOf(
		session,
		checked.located,
		input.filter,
		running,
	);
	const { table } = checked.located;
	const touched = table.fields.filter(
		({ id }) => id in record.cells || id in record.edits,
	);
	const rows = new Map<string, Readonly<Record<string, Cell>>>();
	await readInTime(session, running, MATCHING, async (call) => {
		for await (const some of readRows(
			checked.located,
			{ fields: touched, filter },
			call,
		))
			for (const row of some) rows.set(row.id, row.cells);
	});
	const records = [...rows.keys()].map(
		(id, index): ValidRecord => ({ ...record, index, id }),
	);
	const plan = planKnown(checked.located, records, rows);
	const readAtMs = session.clock.now();
	if (!options.dryRun && plan.ops.length > ASK_ABOVE)
		await running.confirm({
			action: `change ${plan.ops.length} records of "${table.name}" that match the filter: ${Object.keys(input.set).join(", ")}`,
			expected: String(plan.ops.length),
			...(input.confirm === undefined ? {} : { given: input.confirm }),
		});
	return write(
		session,
		checked.located,
		"update_records",
		[input.filter, input.set],
		{
			...plan,
			total: records.length,
			...keptSince(session, readAtMs, rows),
			notes: [
				...checked.located.notes,
				...checked.notes,
				...notes,
				`${records.length} records match`,
			],
		},
		{ ...options, newOptions: checked.newOptions },
		running,
	);
}

export async function deleteRecords(
	session: Session,
	located: Located,
	input: {
		readonly recordIds?: readonly string[] | undefined;
		readonly filter?: FilterInput | undefined;
		readonly confirm?: string | undefined;
	},
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "deleteBatch");
	if ((input.recordIds === undefined) === (input.filter === undefined))
		throw new TablesError(
			"bad_argument",
			"pass `record_ids` or `filter`, one of them",
			{
				next: "record_ids come from query_records; a filter needs at least one condition.",
			},
		);
	const notes = [...located.notes];
	let ids: readonly string[];
	/** The look whether they exist also keeps their values for undo. */
	const keeps = located.connection.undo && !options.dryRun;
	let before: Map<string, Readonly<Record<string, Cell>>> | undefined;
	const settled: Settled[] = [];
	if (input.filter !== undefined) {
		const resolved = await filterOf(session, located, input.filter, running);
		notes.push(...resolved.notes);
		const found: string[] = [];
		await readInTime(session, running, MATCHING, async (call) => {
			for await (const rows of readRows(
				located,
				{ fields: [], filter: resolved.filter },
				call,
			))
				found.push(...rows.map(({ id }) => id));
		});
		ids = found;
		notes.push(`${ids.length} records match`);
	} else {
		ids = input.recordIds ?? [];
		const problems = twice(
			ids.map((key, index) => ({ index, key })),
			(id) => `record ${id} is named twice`,
		);
		if (problems.length > 0) return refused(ids.length, problems, notes);
		if (!keeps || ids.length <= LOOKED_UP) {
			const there = await readInTime(session, running, NAMED, (call) =>
				readRowsById(
					located,
					ids,
					{ fields: keeps ? located.table.fields : [] },
					call,
				),
			);
			if (keeps)
				before = new Map([...there].map(([id, { cells }]) => [id, cells]));
			for (const [index, id] of ids.entries())
				if (!there.has(id))
					settled.push({
						index,
						outcome: "failed",
						id,
						message: `there is no record ${id}`,
					});
		}
	}
	const gone = new Set(settled.map(({ index }) => index));
	const ops = ids.flatMap((id, index): Op[] =>
		gone.has(index) ? [] : [{ index, kind: "delete", id, cells: {} }],
	);
	const readAtMs = session.clock.now();
	if (!options.dryRun && ops.length > ASK_ABOVE)
		await running.confirm({
			action: `delete ${ops.length} records of "${located.table.name}"`,
			expected: String(ops.length),
			...(input.confirm === undefined ? {} : { given: input.confirm }),
		});
	return write(
		session,
		located,
		"delete_records",
		[input.recordIds, input.filter],
		{
			ops,
			settled,
			total: ids.length,
			notes,
			...keptSince(session, readAtMs, before),
		},
		options,
		running,
	);
}

/** Values from before a person was asked are too old for undo once the answer took a while: they are read anew. */
function keptSince(
	session: Session,
	readAtMs: number,
	before: Plan["before"],
): Pick<Plan, "before"> {
	return before === undefined ||
		session.clock.now() - readAtMs > BEFORE_FRESH_MS
		? {}
		: { before };
}

async function filterOf(
	session: Session,
	located: Located,
	input: FilterInput,
	running: Running,
): Promise<{ readonly filter: Filter; readonly notes: readonly string[] }> {
	return resolveFilter(input, located.table, {
		zone: located.table.zone,
		nowMs: session.clock.now(),
		lookups: lookupsOf(session, located, running),
		systemColumns: located.adapter.systemColumns,
	});
}

/** Checks against the schema; a refusal that rests on a cached one is checked again against a fresh one. */
export async function validate(
	session: Session,
	located: Located,
	given: readonly unknown[],
	mode: "create" | "update",
	options: WriteOptions,
	running: Running,
	place: {
		readonly firstIndex?: number;
		readonly lines?: readonly number[];
	} = {},
): Promise<Validated & { readonly located: Located }> {
	const check = async (against: Located) => ({
		...(await validateRecords(
			against.table,
			given,
			{
				mode,
				allowNewOptions: options.allowNewOptions ?? false,
				codecs: against.adapter.codecs,
				...place,
			},
			lookupsOf(session, against, running),
		)),
		located: against,
	});
	const fresh = (at: Located) =>
		session.clock.now() - at.table.readAtMs <= SCHEMA_FRESH_MS;
	const first = await check(located);
	const selects = first.records.some(({ cells, edits }) =>
		[...Object.keys(cells), ...Object.keys(edits)].some((id) =>
			["option", "options"].includes(
				kindOf(located.table.byId.get(id) as Field),
			),
		),
	);
	const refused = first.problems.length > 0;
	// A file comes in many parts, and each with bad rows would read the schema again.
	const certain =
		refused && place.lines === undefined
			? justRead(session, located)
			: fresh(located);
	if (certain || !(refused || (selects && located.adapter.createsOptions)))
		return first;
	return check(await reload(session, located, running));
}

function twice(
	entries: readonly { readonly index: number; readonly key: string }[],
	message: (key: string) => string,
): Problem[] {
	const seen = new Set<string>();
	return entries.flatMap(({ index, key }) => {
		if (!seen.has(key)) {
			seen.add(key);
			return [];
		}
		return [{ record: index, message: message(key) }];
	});
}

/** Attachments named without a token are fine only where the cell has them already: never in a new record. */
function loneNames(
	records: readonly ValidRecord[],
	located: Located,
): Problem[] {
	if (!located.table.fields.some(({ type }) => type === "attachment"))
		return [];
	return records.flatMap((record) =>
		filesWithoutToken(record.cells, located).map(({ field, name }) => ({
			record: record.index,
			field: field.name,
			given: name,
			message: `"${field.name}" has no attachment "${name}" yet: upload_attachment gives a token`,
		})),
	);
}

function filesWithoutToken(
	cells: Readonly<Record<string, Cell>>,
	located: Located,
): { readonly field: Field; readonly name: string }[] {
	return Object.entries(cells).flatMap(([id, cell]) => {
		const field = located.table.byId.get(id) as Field;
		if (field.type !== "attachment" || !Array.isArray(cell)) return [];
		return (cell as readonly Attachment[])
			.filter(({ token }) => token === null)
			.map(({ name }) => ({ field, name }));
	});
}

/** Finds the records by id or key, merges list edits, drops what is as it should be. */
async function planUpdate(
	session: Session,
	located: Located,
	records: readonly ValidRecord[],
	keys: readonly Field[],
	upsert: boolean,
	options: WriteOptions,
	running: Running,
): Promise<Omit<Plan, "total">> {
	const touched = located.table.fields.filter(({ id }) =>
		records.some(
			({ cells, edits, readOnly }) =>
				id in cells || id in edits || id in readOnly,
		),
	);
	if (keys.length > 0)
		return planByKey(session, located, records, keys, touched, upsert, running);
	const needed =
		options.dryRun ||
		(located.connection.undo && records.length <= LOOKED_UP) ||
		records.some(
			({ edits, readOnly, cells }) =>
				Object.keys(edits).length + Object.keys(readOnly).length > 0 ||
				filesWithoutToken(cells, located).length > 0,
		);
	if (!needed)
		return {
			ops: records.map(({ index, id, cells }) => ({
				index,
				kind: "update",
				id: id as string,
				cells,
			})),
			settled: [],
			notes: [],
		};
	const found = await readRowsById(
		located,
		records.map(({ id }) => id as string),
		{ fields: touched },
		running.call,
	);
	const before = new Map([...found].map(([id, row]) => [id, row.cells]));
	const shown = await asShown(session, located, records, before, running);
	return { ...planKnown(located, records, shown), before };
}

/** The rows with the names and titles that a reader was shown, where read-only cells that have some were sent back. */
async function asShown(
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

async function planByKey(
	session: Session,
	located: Located,
	records: readonly ValidRecord[],
	keys: readonly Field[],
	touched: readonly Field[],
	upsert: boolean,
	running: Running,
): Promise<Omit<Plan, "total">> {
	const { zone } = located.table;
	const keyOfCells = (cells: Readonly<Record<string, Cell>>) =>
		keys.map((field) => keyOf(cells[field.id], field, zone)).join("\u0000");
	const settled: Settled[] = [];
	const byKey = new Map<string, ValidRecord>();
	const fail = (index: number, message: string) =>
		settled.push({ index, outcome: "failed", message });
	for (const record of records) {
		const empty = keys.filter((field) => isEmpty(record.cells[field.id]));
		if (empty.length > 0) {
			fail(
				record.index,
				`its key ${empty.map(({ name }) => `"${name}"`).join(", ")} is empty`,
			);
			continue;
		}
		const key = keyOfCells(record.cells);
		const same = byKey.get(key);
		if (same !== undefined)
			fail(record.index, `has the same key as record ${same.index}`);
		else byKey.set(key, record);
	}
	const matched = new Map<
		string,
		{ readonly id: string; readonly cells: Readonly<Record<string, Cell>> }[]
	>();
	const [field] = keys;
	const values = [...byKey.values()].map(
		({ cells }) => cells[(field as Field).id] ?? null,
	);
	const filter: Filter | undefined =
		keys.length === 1 &&
		field !== undefined &&
		values.length <= KEYS_BY_FILTER &&
		["text", "number", "option"].includes(kindOf(field))
			? {
					match: "all",
					conditions: [
						{ operand: { kind: "field", field }, op: "any_of", values },
					],
					groups: [],
				}
			: undefined;
	for await (const rows of readRows(
		located,
		{
			fields: [...new Set([...keys, ...touched])],
			...(filter === undefined ? {} : { filter }),
		},
		{ ...running.call, priority: "bulk" },
	))
		for (const row of rows) {
			const key = keyOfCells(row.cells);
			if (byKey.has(key)) matched.set(key, [...(matched.get(key) ?? []), row]);
		}
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	const updates: ValidRecord[] = [];
	const creates: Op[] = [];
	for (const [key, record] of byKey) {
		const rows = matched.get(key) ?? [];
		const [row] = rows;
		if (rows.length > 1)
			fail(
				record.index,
				`its key matches ${rows.length} records: ${rows
					.slice(0, 5)
					.map(({ id }) => id)
					.join(", ")}`,
			);
		else if (row !== undefined) {
			before.set(row.id, row.cells);
			updates.push({ ...record, id: row.id });
		} else if (upsert)
			creates.push({
				index: record.index,
				kind: "create",
				cells: { ...record.cells, ...onlyAdded(record) },
			});
		else fail(record.index, "no record has its key; `upsert` would create it");
	}
	const plan = planKnown(
		located,
		updates,
		await asShown(session, located, updates, before, running),
	);
	const lone = loneNames(
		creates.map((op) => ({ ...op, edits: {}, readOnly: {} })),
		located,
	);
	const refusedCreates = new Set(lone.map(({ record }) => record));
	for (const problem of lone) fail(problem.record as number, problem.message);
	return {
		ops: [
			...plan.ops,
			...creates.filter(({ index }) => !refusedCreates.has(index)),
		].sort((a, b) => a.index - b.index),
		settled: [...settled, ...plan.settled],
		notes: plan.notes,
		before,
	};
}

function onlyAdded({ edits }: ValidRecord): Record<string, Cell> {
	return Object.fromEntries(
		Object.entries(edits).map(([id, { add }]) => [id, add]),
	);
}

/** Updates of records whose cells are known: edits are merged, equal cells and unchanged records left out. */
export function planKnown(
	located: Located,
	records: readonly ValidRecord[],
	before: ReadonlyMap<string, Readonly<Record<string, Cell>>>,
): Omit<Plan, "total"> {
	const { table } = located;
	const ops: Op[] = [];
	const settled: Settled[] = [];
	for (const record of records) {
		const { index } = record;
		const id = record.id as string;
		const row = before.get(id);
		if (row === undefined) {
			settled.push({
				index,
				outcome: "failed",
				id,
				message: `there is no record ${id}`,
			});
			continue;
		}
		const problems: string[] = [];
		for (const [fieldId, given] of Object.entries(record.readOnly)) {
			const field = table.byId.get(fieldId) as Field;
			if (!isShown(given, row[fieldId], field, table.zone))
				problems.push(
					`"${field.name}" is read only and would change: ${field.readOnly ?? readOnlyReason(located, field)}; leave it out`,
				);
		}
		const cells: Record<string, Cell> = {};
		for (const [fieldId, cell] of Object.entries(record.cells)) {
			const field = table.byId.get(fieldId) as Field;
			const named =
				field.type === "attachment" ? withTokens(cell, row[fieldId]) : { cell };
			if ("missing" in named)
				problems.push(
					`"${field.name}" has no attachment "${named.missing}"; upload_attachment gives a token`,
				);
			else if (!equalCells(named.cell, row[fieldId], field, table.zone))
				cells[fieldId] = named.cell;
		}
		for (const [fieldId, { add, remove }] of Object.entries(record.edits)) {
			const field = table.byId.get(fieldId) as Field;
			const merged = editList(row[fieldId], add, remove);
			if (
				field.settings.multiple === false &&
				Array.isArray(merged) &&
				merged.length > 1
			)
				problems.push(`"${field.name}" holds one entry only`);
			const named =
				field.type === "attachment"
					? withTokens(merged, row[fieldId])
					: { cell: merged };
			if ("missing" in named)
				problems.push(
					`"${field.name}" has no attachment "${named.missing}"; upload_attachment gives a token`,
				);
			else if (!equalCells(named.cell, row[fieldId], field, table.zone))
				cells[fieldId] = named.cell;
		}
		if (problems.length > 0)
			settled.push({
				index,
				outcome: "failed",
				id,
				message: problems.join("; "),
			});
		else if (Object.keys(cells).length === 0)
			settled.push({ index, outcome: "unchanged", id });
		else ops.push({ index, kind: "update", id, cells });
	}
	return { ops, settled, notes: [] };
}

function readOnlyReason(located: Located, field: Field): string {
	const codec = located.adapter.codecs[field.type] as Partial<
		FieldCodec<FieldType>
	> & { readonly unsupported?: string };
	return codec.unsupported ?? "the vendor computes it";
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
export function editList(
	current: Cell | undefined,
	add: Cell,
	remove: Cell,
): Cell {
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

interface WriteExtras extends WriteOptions {
	readonly newOptions?: ReadonlyMap<string, readonly string[]>;
	readonly undoes?: string;
}

/** The common end of every write: dry run, journal, send, sum up. `given`: what a repeat is known by. */
export async function write(
	session: Session,
	located: Located,
	tool: string,
	given: unknown,
	plan: Plan,
	extras: WriteExtras,
	running: Running,
): Promise<WriteAnswer> {
	if (extras.dryRun) return dryAnswer(located, plan, extras);
	const settled = new Map(plan.settled.map((result) => [result.index, result]));
	if (plan.ops.length === 0)
		return summarize(null, plan.total, settled, plan.notes);
	const start = startOf(session, located, tool, hashOf(given), {
		total: plan.total,
		...(extras.undoes === undefined ? {} : { undoes: extras.undoes }),
	});
	const writer = await session.journal.begin(start);
	const ledger = newLedger();
	for (const result of plan.settled) ledger.results.set(result.index, result);
	try {
		await writer.append({
			type: "plan",
			change: start.change,
			ops: plan.ops,
			settled: plan.settled,
		});
		await makeOptions(session, located, extras.newOptions, running);
		await runWithProgress(session, located, writer, ledger, plan, running);
		await writer.append({
			type: "end",
			change: start.change,
			atMs: session.clock.now(),
			status: ledger.stopped === undefined ? "complete" : "stopped",
		});
	} finally {
		await writer.close();
	}
	return finalAnswer(
		start.change,
		plan.total,
		ledger,
		plan.notes,
		extras.undoes,
	);
}

export function startOf(
	session: Session,
	located: Located,
	tool: string,
	hash: string,
	more: Partial<ChangeStart> = {},
): ChangeStart {
	return {
		type: "start",
		change: session.uuid(),
		tool,
		connection: located.connection.name,
		base: located.table.ref.base,
		table: located.table.ref.table,
		tableName: located.table.name,
		atMs: session.clock.now(),
		hash,
		...more,
	};
}

/** Options that the write may make, where the vendor does not make them by itself. */
export async function makeOptions(
	session: Session,
	located: Located,
	newOptions: ReadonlyMap<string, readonly string[]> | undefined,
	running: Running,
): Promise<void> {
	const { adapter, connection, table } = located;
	if (newOptions === undefined || newOptions.size === 0) return;
	if (adapter.addOptions !== undefined)
		for (const [id, names] of newOptions)
			await adapter.addOptions(
				table,
				table.byId.get(id) as Field,
				names,
				running.call,
			);
	forget(session, connection.name, table.ref);
}

async function runWithProgress(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	plan: Pick<Plan, "ops" | "total" | "before">,
	running: Running,
): Promise<void> {
	let done = plan.total - plan.ops.length;
	await runOps(session, located, writer, ledger, plan.ops, running, {
		undo: located.connection.undo,
		...(plan.before === undefined ? {} : { before: plan.before }),
		settled(count) {
			done += count;
			running.progress(done, plan.total, `${done} of ${plan.total} records`);
		},
	});
}

export function finalAnswer(
	change: string,
	total: number,
	ledger: Ledger,
	notes: readonly string[],
	undoes?: string,
): WriteAnswer {
	const all = [...notes, ...ledger.notes];
	if (ledger.stopped !== undefined)
		all.push(
			`stopped: ${ledger.stopped}; ${undoes === undefined ? `call again with resume: "${change}"` : `call undo_change with change_id: "${undoes}" again, and it goes on`}`,
		);
	return summarize(change, total, ledger.results, all);
}

function dryAnswer(
	located: Located,
	plan: Plan,
	extras: WriteExtras,
): WriteAnswer {
	const { limits } = located.adapter;
	const batches = planBatches(located, plan.ops);
	const results = new Map(plan.settled.map((result) => [result.index, result]));
	for (const op of plan.ops)
		results.set(op.index, {
			index: op.index,
			outcome:
				op.kind === "create"
					? "created"
					: op.kind === "update"
						? "updated"
						: "deleted",
			...(op.id === undefined ? {} : { id: op.id }),
		});
	const changed = plan.ops.filter(({ kind }) => kind !== "create").length;
	const reads =
		located.connection.undo && plan.before === undefined
			? Math.ceil(changed / limits.ids)
			: 0;
	const calls = batches.length + reads;
	const slowest = Math.max(
		0,
		...limits.rates
			.filter(({ kind }) => kind !== "read")
			.map(({ calls: allowed, perMs }) => (calls / allowed) * perMs),
	);
	const made = [...(extras.newOptions ?? [])].map(
		([id, names]) =>
			`"${located.table.byId.get(id)?.name}" would get the options ${names.map((name) => `"${name}"`).join(", ")}`,
	);
	return {
		...summarize(null, plan.total, results, [
			"dry run: nothing was written",
			...plan.notes,
			...made,
		]),
		would_take: { calls, seconds: Math.ceil(slowest / 1000) },
	};
}

export function hashOf(given: unknown): string {
	return createHash("sha256")
		.update(JSON.stringify(given) ?? "")
		.digest("hex");
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
	if (change === undefined) throw missing();
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

/** @throws TablesError not_found, bad_argument: no such change, another tool's, or other records than before. */
export async function openChange(
	session: Session,
	id: string,
	tools: readonly string[],
	running: Running,
	given?: { readonly hash: string },
): Promise<Resumable> {
	const found = await findChange(session, id, running);
	const { change } = found;
	if (!tools.includes(change.start.tool))
		throw new TablesError(
			"bad_argument",
			`change ${id} is one of ${change.start.tool}`,
			{ next: `Call ${change.start.tool} with resume: "${id}".` },
		);
	if (given !== undefined && given.hash !== change.start.hash)
		throw new TablesError(
			"bad_argument",
			"the records are not those of the change that is to be resumed",
			{
				next: "Leave the records out: `resume` alone goes on with the journalled ones.",
			},
		);
	return found;
}

/** Goes on with a change: settles what was sent and never answered, then sends what was not attempted. */
export async function resumeChange(
	session: Session,
	{ change, located }: Resumable,
	running: Running,
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
	const ledger = newLedger(own.change);
	try {
		await settleOpen(
			session,
			located,
			writer,
			ledger,
			own.change,
			plan.ops,
			running,
		);
		const rest = plan.ops.filter(({ index }) =>
			isOpen(ledger.results.get(index)),
		);
		if (ledger.stopped === undefined)
			await runWithProgress(
				session,
				located,
				writer,
				ledger,
				{ ops: rest, total },
				running,
			);
		await writer.append({
			type: "end",
			change: start.change,
			atMs: session.clock.now(),
			status: ledger.stopped === undefined ? "complete" : "stopped",
		});
	} finally {
		await writer.close();
	}
	return finalAnswer(start.change, total, ledger, located.notes, start.undoes);
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
	await writer.close();
	return { change, writer: undefined };
}

export function isOpen(result: Settled | undefined): boolean {
	return result === undefined || result.outcome === "not_attempted";
}

/** Batches that were sent and whose answer nobody wrote down. */
export async function settleOpen(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	change: Change,
	ops: readonly Op[],
	running: Running,
): Promise<void> {
	const byIndex = new Map(ops.map((op) => [op.index, op]));
	for (const batch of change.sent) {
		if (change.answered.has(batch.batch) || ledger.stopped !== undefined)
			continue;
		const open = (
			batch.ops ?? batch.indexes.map((index) => byIndex.get(index))
		).filter((op) => op !== undefined);
		await settleBatch(session, located, writer, ledger, batch, open, running);
	}
}
