import {
	badInput,
	type Call,
	type Handler,
	mayRead,
	mayWrite,
	permissionAt,
	sightOf,
	tableOf,
} from "./call.js";
import {
	comparator,
	compileFilter,
	type Echo,
	type Sight,
	shownFields,
} from "./cells.js";
import { FormulaFault } from "./formula/lexer.js";
import type { Field, Row, SortKey, Table, View } from "./model.js";
import { listParameter, type QueryValue, textParameter } from "./query.js";
import { badShape, crash, refusals, tip } from "./refusal.js";
import { fieldNamed, orderedRows } from "./store.js";
import { checkRoom, newRow, removeRows } from "./tables.js";
import {
	type Pending,
	pending,
	sameCell,
	settled,
	unknownOptions,
	writeCell,
} from "./writes.js";

type Key = "name" | "id";

const seconds = (ms: number) => Math.floor(ms / 1000) * 1000;

function fieldKey(call: Call, given: unknown): Key {
	if (given === undefined || given === null) return "name";
	if (given === "name" || given === "id") return given;
	throw badInput(call, tip('Invalid fieldKey (only supports "id" or "name")'));
}

function fieldAt(table: Table, name: string, key: Key): Field | undefined {
	return key === "id" ? table.fields.get(name) : fieldNamed(table, name);
}

/** A number within bounds, refused in the vendor's words; -1 as a page size means everything. */
function bounded(
	call: Call,
	name: string,
	label: string,
	most: number | undefined,
): number | undefined {
	const given = textParameter(call.query[name]);
	if (given === undefined) return undefined;
	const value = Number(given);
	if (most !== undefined && value === -1) return -1;
	if (most !== undefined && !(value <= most))
		throw badInput(call, tip(`${label} value can't be greater than ${most}`));
	if (!(value >= 1))
		throw badInput(call, tip(`${label} value can't be smaller than 1`));
	return value;
}

interface SortRequest {
	readonly field: string;
	readonly descending: boolean;
}

/** The sort parameter in all forms that the server takes, with its own ways of failing. */
function sortRequests(call: Call): SortRequest[] | undefined {
	const given = call.query.sort;
	if (given === undefined || given === "") return undefined;
	if (typeof given === "object" && !Array.isArray(given))
		throw crash("sorts.map is not a function");
	const list = Array.isArray(given) ? given : [given];
	if (list.every((item) => typeof item === "string"))
		return jsonSorts(call, list);
	return list.map((item) => {
		const { field, order } = (
			typeof item === "object" && !Array.isArray(item) ? item : {}
		) as Record<string, QueryValue>;
		if (field !== undefined && order === undefined)
			throw crash(
				"Cannot read properties of undefined (reading 'toLowerCase')",
			);
		return {
			field: String(field),
			descending: String(order).toLowerCase() === "desc",
		};
	});
}

function jsonSorts(call: Call, texts: readonly string[]): SortRequest[] {
	let parsed: unknown;
	try {
		parsed = JSON.parse(`[${texts.join(",")}]`);
	} catch {
		throw badInput(call, tip("sort value can't be null"));
	}
	let list = parsed as unknown[];
	if (call.store.switches.jsonArraySort) list = list.flat();
	return list.map((item) => {
		if (Array.isArray(item)) return { field: "undefined", descending: false };
		const { field, order } = (item ?? {}) as Record<string, unknown>;
		if (order !== "asc" && order !== "desc")
			throw badInput(
				call,
				tip('Sort value invalid (only supports "desc" or "asc")'),
			);
		return { field: String(field), descending: order === "desc" };
	});
}

function sortKeys(
	table: Table,
	requests: readonly SortRequest[],
	key: Key,
): SortKey[] {
	return requests.map(({ field: name, descending }) => {
		const field = fieldAt(table, name, key);
		if (field === undefined)
			throw tip(`The sorted field "${name}" does not exist`);
		return { fieldId: field.id, descending };
	});
}

function sorted(
	rows: readonly Row[],
	keys: readonly SortKey[],
	sight: Sight,
): readonly Row[] {
	const compares = keys.flatMap(({ fieldId, descending }) => {
		const field = sight.table.fields.get(fieldId);
		if (field === undefined) return [];
		const compare = comparator(field, sight);
		return [descending ? (a: Row, b: Row) => compare(b, a) : compare];
	});
	if (compares.length === 0) return rows;
	return [...rows].sort((a, b) => {
		for (const compare of compares) {
			const order = compare(a, b);
			if (order !== 0) return order;
		}
		return 0;
	});
}

/** Columns in the order of a view, without those it hides. */
export function visibleFields(table: Table, view: View | undefined): Field[] {
	const first = view ?? table.views.values().next().value;
	const ordered = new Set<Field>();
	for (const id of first?.order ?? []) {
		const field = table.fields.get(id);
		if (field !== undefined) ordered.add(field);
	}
	for (const field of table.fields.values()) ordered.add(field);
	return [...ordered].filter((field) => view?.hidden.has(field.id) !== true);
}

function viewRows(
	rows: readonly Row[],
	view: View | undefined,
	sight: Sight,
): readonly Row[] {
	if (view?.filter === undefined) return rows;
	const formula = compileFilter(view.filter, sight);
	return rows.filter((row) => formula.keeps(row));
}

export const listRecords: Handler = (call) => {
	const table = tableOf(call);
	const viewId = textParameter(call.query.viewId);
	const view = viewId ? table.views.get(viewId) : undefined;
	if (viewId && view === undefined) throw refusals.noNode();

	const pageSize = bounded(call, "pageSize", "pagesize", 1000) ?? 100;
	const maxRecords = bounded(call, "maxRecords", "maxRecords", undefined);
	const pageNum = bounded(call, "pageNum", "pageNum", undefined) ?? 1;
	const requests = sortRequests(call) ?? [];
	const format = textParameter(call.query.cellFormat) ?? "json";
	if (format !== "json" && format !== "string")
		throw badInput(
			call,
			tip('cellFormat value only supports "string" or "id"'),
		);
	const key = fieldKey(call, textParameter(call.query.fieldKey));

	const wanted = listParameter(call.query.fields);
	const asked = wanted?.map((name) => {
		const field = fieldAt(table, name, key);
		if (field === undefined || !mayRead(call, field))
			throw tip("Invalid fields");
		return field;
	});
	const keys = sortKeys(table, requests, key);
	const sight = sightOf(call, table);

	const ids = listParameter(call.query.recordIds);
	let rows: readonly Row[] = orderedRows(table);
	if (ids !== undefined) rows = ids.flatMap((id) => table.rows.get(id) ?? []);
	rows = viewRows(rows, view, sight);
	const source = textParameter(call.query.filterByFormula);
	if (source !== undefined && source !== "")
		rows = filtered(rows, source, sight);
	const viewKeys =
		view === undefined || ids !== undefined
			? []
			: [...view.group, ...view.sort];
	rows = sorted(rows, [...keys, ...viewKeys], sight);

	const total = Math.min(rows.length, maxRecords ?? rows.length);
	const page =
		pageSize === -1
			? rows.slice(0, total)
			: rows
					.slice(0, total)
					.slice((pageNum - 1) * pageSize, pageNum * pageSize);
	const only = asked === undefined ? undefined : new Set(asked);
	const fields = visibleFields(table, view).filter(
		(field) => mayRead(call, field) && only?.has(field) !== false,
	);
	return {
		body: {
			total,
			records: page.map((row) => ({
				recordId: row.id,
				createdAt: seconds(row.createdMs),
				updatedAt: seconds(row.updatedMs),
				fields: shownFields(row, fields, sight, key, format),
			})),
			pageNum,
			pageSize: page.length,
		},
	};
};

/** @throws Refusal 400 with an empty text for any formula that does not compile */
function filtered(
	rows: readonly Row[],
	source: string,
	sight: Sight,
): readonly Row[] {
	try {
		const formula = compileFilter(source, sight);
		const unseen = sight.table.unseen.get(source);
		return rows.filter(
			(row) => formula.keeps(row) && unseen?.has(row.id) !== true,
		);
	} catch (error) {
		if (error instanceof FormulaFault) throw tip("");
		throw error;
	}
}

type Given = ReadonlyMap<Field, Pending>;

/** The values of one record of a write, each validated; unknown keys are dropped beside a known one. */
function givenFields(
	call: Call,
	table: Table,
	record: Readonly<Record<string, unknown>>,
	key: Key,
): Given {
	const wrong = () => tip("The format of the fields parameter value is wrong");
	const { fields } = record;
	if (typeof fields !== "object" || fields === null || Array.isArray(fields))
		throw wrong();
	const given = new Map<Field, Pending>();
	for (const [name, value] of Object.entries(fields)) {
		const field = fieldAt(table, name, key);
		if (field !== undefined)
			given.set(field, pending(value, field, call.store));
	}
	if (given.size === 0) throw wrong();
	return given;
}

function checkOptions(call: Call, table: Table, given: readonly Given[]): void {
	if (permissionAt(call, table.id) === 0) return;
	for (const record of given)
		for (const [field, value] of record)
			if (unknownOptions(value, field).length > 0) throw refusals.denied();
}

function writeView(call: Call, table: Table): View | undefined {
	const viewId = textParameter(call.query.viewId);
	if (!viewId) return undefined;
	const view = table.views.get(viewId);
	if (view === undefined) throw refusals.noView(viewId);
	return view;
}

/** The echo's sight: the server's copy knows the units of the sheet before the write, and those given by name. */
function echoSight(
	call: Call,
	table: Table,
	given: readonly Given[],
): Sight & { readonly echo: Echo } {
	const units = new Set(table.usedUnits);
	for (const record of given)
		for (const value of record.values())
			if ("named" in value) for (const id of value.named ?? []) units.add(id);
	return { ...sightOf(call, table), echo: { units, skipped: new Map() } };
}

/** The echo shows the last value of a call for a cell, kept or not. */
function echoValue(echo: Echo, row: Row, field: Field, value: Pending): void {
	const cells = echo.skipped.get(row) ?? new Map();
	if ("skipped" in value) cells.set(field.id, value.skipped);
	else cells.delete(field.id);
	echo.skipped.set(row, cells);
}

function asRecord(item: unknown): Readonly<Record<string, unknown>> {
	return typeof item === "object" && item !== null
		? (item as Record<string, unknown>)
		: {};
}

export const createRecords: Handler = (call) => {
	const table = tableOf(call);
	const { records } = call.body;
	if (!Array.isArray(records) || records.length === 0)
		throw badInput(call, tip("records value can't be empty array or null "));
	for (const item of records)
		if (asRecord(item).fields === undefined || asRecord(item).fields === null)
			throw badInput(call, tip("fields value can't be null"));
	const key = fieldKey(call, call.body.fieldKey);
	const view = writeView(call, table);
	const given = records.map((item) =>
		givenFields(call, table, asRecord(item), key),
	);
	const { store, user } = call;
	if (records.length > store.switches.recordsPerCall) throw refusals.tooMany();
	const permission = permissionAt(call, table.id);
	if (permission < 0 || permission > 1) throw refusals.denied();
	checkOptions(call, table, given);
	checkRoom(store, table, records.length);

	const sight = echoSight(call, table, given);
	const fields = visibleFields(table, view).filter((field) =>
		mayRead(call, field),
	);
	const rows = given.map((record) =>
		newRow(
			store,
			table,
			new Map(
				[...record].map(([field, value]) => [
					field.id,
					settled(value, field, store),
				]),
			),
			user,
		),
	);
	for (const [index, row] of rows.entries())
		for (const [field, value] of given[index] ?? [])
			echoValue(sight.echo, row, field, value);
	return {
		status: 201,
		body: {
			records: rows.map((row) => ({
				recordId: row.id,
				fields: shownFields(row, fields, sight, key, "json"),
			})),
		},
	};
};

export const updateRecords: Handler = (call) => {
	const table = tableOf(call);
	const { records } = call.body;
	if (!Array.isArray(records) || records.length === 0)
		throw badInput(call, tip("{property} should not be empty"));
	for (const item of records) {
		const { recordId, fields } = asRecord(item);
		if (recordId === undefined || recordId === null || recordId === "")
			throw badInput(call, tip("recordId value can't be null"));
		if (typeof recordId !== "string")
			throw badInput(call, badShape("recordId must be a string"));
		if (fields === undefined || fields === null)
			throw badInput(call, tip("fields value can't be null"));
	}
	const key = fieldKey(call, call.body.fieldKey);
	const view = writeView(call, table);
	const given = records.map((item) =>
		givenFields(call, table, asRecord(item), key),
	);
	const { store, user } = call;
	if (records.length > store.switches.recordsPerCall) throw refusals.tooMany();
	const rows = records.map((item) => {
		const row = table.rows.get(String(asRecord(item).recordId));
		if (row === undefined) throw refusals.noRecord();
		return row;
	});
	checkOptions(call, table, given);

	const sight = echoSight(call, table, given);
	const fields = visibleFields(table, view).filter((field) =>
		mayRead(call, field),
	);
	const before = new Map(rows.map((row) => [row, row.updatedMs]));
	// A value that equals the cell before the call is not a change, even after another value for it in the same call (measured).
	const stored = new Map(rows.map((row) => [row, new Map(row.cells)]));
	for (const [index, row] of rows.entries())
		for (const [field, value] of given[index] ?? []) {
			if (!mayWrite(call, field, table.id)) continue;
			echoValue(sight.echo, row, field, value);
			if ("skipped" in value) continue;
			const cell = settled(value, field, store);
			if (!sameCell(stored.get(row)?.get(field.id) ?? null, cell))
				writeCell(store, table, row, field, cell, user);
		}
	return {
		body: {
			records: [...before].map(([row, updatedMs]) => ({
				recordId: row.id,
				createdAt: seconds(row.createdMs),
				updatedAt: seconds(updatedMs),
				fields: shownFields(row, fields, sight, key, "json"),
			})),
		},
	};
};

export const deleteRecords: Handler = (call) => {
	const table = tableOf(call);
	const ids = listParameter(call.query.recordIds);
	if (ids === undefined)
		throw badInput(call, tip("recordIds should not be empty"));
	if (ids.length > call.store.switches.recordsPerCall) throw refusals.tooMany();
	for (const id of ids) if (!table.rows.has(id)) throw refusals.noRecord();
	const permission = permissionAt(call, table.id);
	if (permission < 0 || permission > 1) throw refusals.denied();
	removeRows(call.store, table, [...new Set(ids)], call.user);
	return {};
};

/** Ids of deleted records, newest first. */
export const timeMachine: Handler = (call) => ({
	body: [...tableOf(call).deleted].reverse(),
});
