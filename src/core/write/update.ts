import type { Filter } from "../contract/condition.js";
import {
	ASK_ABOVE,
	act,
	refusedLately,
	tablePlace,
} from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
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
import type { FilterInput } from "../contract/table.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { oneAtATime } from "../delivery/write-locks.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { withTexts } from "../read/lookups.js";
import { readRows, readRowsById } from "../read/read.js";
import { fieldNamed } from "../values/names.js";
import type { ValidRecord } from "../values/validate.js";
import { whyReadOnly } from "../values/validate.js";
import {
	equalCells,
	isEmpty,
	isShown,
	keyOf,
	kindOf,
} from "../values/values.js";
import {
	filterOf,
	keptSince,
	LOOKED_UP,
	MATCHING,
	NAMED,
	twice,
	validate,
} from "./check.js";
import { filesWithoutToken, loneNames } from "./create.js";
import { type Plan, type WriteOptions, writePlan } from "./write.js";

/** Keys up to this many are looked up by a filter; more by reading the table once. */
const KEYS_BY_FILTER = 50;

export interface UpdateInput {
	readonly records?: readonly unknown[] | undefined;
	readonly matchOn?: readonly string[] | undefined;
	readonly upsert?: boolean | undefined;
	readonly filter?: FilterInput | undefined;
	readonly set?: Readonly<Record<string, unknown>> | undefined;
	readonly confirm?: string | undefined;
	/** By a tool that can ask: records that are named are asked about too where a person has just said no. */
	readonly asks?: boolean;
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
		{ given, mode: "update", allowNewOptions: options.allowNewOptions },
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
	const asked = changesOf(checked.located);
	const consent =
		input.asks && !options.dryRun && (await refusedLately(session, asked))
			? await running.confirm({
					...asked,
					action: act`change ${{ count: given.length, noun: "record" }} of ${located.table.name}`,
					expected: String(given.length),
					given: input.confirm,
					about: [given, input.matchOn, input.upsert],
				})
			: undefined;
	const planned = async () => {
		const plan = await readInTime(
			session,
			running,
			keys.length > 0 ? "the table for the keys" : NAMED,
			(call) =>
				planUpdate(
					session,
					checked.located,
					{
						records: checked.records,
						keys,
						upsert: input.upsert ?? false,
						dryRun: options.dryRun ?? false,
					},
					{ ...running, call },
				),
		);
		return writePlan(
			session,
			{
				...options,
				located: checked.located,
				tool: "update_records",
				given: [given, input.matchOn, input.upsert],
				plan: {
					...plan,
					total: given.length,
					notes: [...checked.located.notes, ...checked.notes, ...plan.notes],
				},
				newOptions: checked.newOptions,
				consent,
			},
			running,
		);
	};
	const restsOnCells =
		keys.length > 0 ||
		checked.records.some(({ edits }) => Object.keys(edits).length > 0);
	return restsOnCells && !options.dryRun
		? oneAtATime(session, checked.located, running, planned)
		: planned();
}

/** What a person is asked about when records change. */
function changesOf(located: Located) {
	return { kind: "change_records", place: tablePlace(located) } as const;
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
		{
			given: [{ fields: input.set }],
			mode: "update",
			allowNewOptions: options.allowNewOptions,
		},
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
	const count = plan.ops.length;
	const asked = changesOf(checked.located);
	const consent =
		!options.dryRun &&
		count > 0 &&
		(count > ASK_ABOVE || (await refusedLately(session, asked)))
			? await running.confirm({
					...asked,
					action: act`change ${{ count, noun: "record" }} of ${table.name} that match the filter: ${Object.keys(input.set)}`,
					expected: String(count),
					given: input.confirm,
					about: [plan.ops.map(({ id }) => id).sort(), input.set],
				})
			: undefined;
	return writePlan(
		session,
		{
			...options,
			located: checked.located,
			tool: "update_records",
			given: [input.filter, input.set],
			plan: {
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
			newOptions: checked.newOptions,
			consent,
		},
		running,
	);
}

/** Updates whose values are checked, and whose records are still to be found. */
interface Wanted {
	readonly records: readonly ValidRecord[];
	/** Empty: the records have ids. */
	readonly keys: readonly Field[];
	readonly upsert: boolean;
	readonly dryRun: boolean;
}

/** Finds the records by id or key, merges list edits, drops what is as it should be. */
async function planUpdate(
	session: Session,
	located: Located,
	wanted: Wanted,
	running: Running,
): Promise<Omit<Plan, "total">> {
	const { records, keys } = wanted;
	const touched = located.table.fields.filter(({ id }) =>
		records.some(
			({ cells, edits, readOnly }) =>
				id in cells || id in edits || id in readOnly,
		),
	);
	if (keys.length > 0)
		return planByKey(session, located, { ...wanted, touched }, running);
	const needed =
		wanted.dryRun ||
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
	{
		records,
		keys,
		touched,
		upsert,
	}: Wanted & { readonly touched: readonly Field[] },
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
					`"${field.name}" is read only and would change: ${whyReadOnly(field, located.adapter.codecs) ?? "the vendor computes it"}; leave it out`,
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
