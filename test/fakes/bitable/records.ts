import {
	type Call,
	idKind,
	isJson,
	type Json,
	listOf,
	pageSize,
	queryFlag,
} from "./call.js";
import { Refusal } from "./codes.js";
import type { Cell, Row, View } from "./model.js";
import {
	legacyQuery,
	matching,
	offsetOf,
	type Query,
	searchQuery,
	stringList,
	tokenAt,
} from "./query.js";
import {
	automaticFields,
	type Encoder,
	legacyEncoder,
	newEncoder,
	type Sight,
} from "./reading.js";
import { type Rights, rightsIn } from "./roles-in-force.js";
import { changeRow, checkRowCount, newRow, removeRow } from "./rows.js";
import { sightOf } from "./sight.js";
import {
	changed,
	FIXED_LIMITS,
	fieldNamed,
	isVisible,
	rowAt,
	viewAt,
} from "./store.js";
import {
	echoed,
	type Plan,
	planValues,
	type Target,
	writerOf,
} from "./writing.js";

interface Reading {
	readonly sight: Sight;
	readonly rights: Rights;
}

function readingOf(call: Call, kind = call.idKind): Reading {
	const sight = { ...sightOf(call), idKind: kind };
	const rights = rightsIn(
		call.store,
		call.base,
		call.table,
		call.caller,
		sight,
	);
	return { sight, rights };
}

/** Encoders of the fields that are asked for and may be seen. */
function encoders(
	{ sight, rights }: Reading,
	names: readonly string[] | undefined,
	encoder: (field: Parameters<typeof newEncoder>[1]) => Encoder,
): (readonly [string, Encoder])[] {
	const all = [...sight.table.fields.values()].filter(
		(field) =>
			rights.mayReadField(field.name) &&
			isVisible(sight.store, field.createdAtMs),
	);
	const wanted = names === undefined ? undefined : new Set(names);
	return all
		.filter((field) => wanted?.has(field.name) ?? true)
		.map((field) => [field.name, encoder(field)] as const);
}

function encoded(
	row: Row,
	list: readonly (readonly [string, Encoder])[],
	empty: "absent" | "null" = "absent",
): Json {
	const fields: Record<string, unknown> = {};
	for (const [name, encode] of list) {
		const value = encode(row);
		if (value !== undefined) fields[name] = value;
		else if (empty === "null") fields[name] = null;
	}
	return fields;
}

const MOST_NAMES = 200;

/** @throws Refusal 1254024 */
function checkedNames(
	sight: Sight,
	names: readonly string[],
): readonly string[] | undefined {
	if (names.length === 0) return undefined;
	for (const name of names)
		if (fieldNamed(sight.table, name) === undefined)
			throw new Refusal(1254024, `The field '${name}' does not exist.`);
	return names;
}

function viewOf(call: Call, id: unknown): View | undefined {
	if (id === undefined || id === null || id === "") return undefined;
	if (typeof id !== "string" || id.length > 50) throw new Refusal(1254005);
	return viewAt(call.store, call.table, id);
}

interface Page {
	readonly rows: readonly Row[];
	readonly total: number;
	readonly next: string | undefined;
}

/** Positions count from the start, so that rows that come or go shift the pages. */
function pageOf(call: Call, { sight, rights }: Reading, query: Query): Page {
	const size = pageSize(call, 20, 500);
	const token = call.query.get("page_token") ?? "";
	const offset = offsetOf(token, query.key);
	const all = matching(sight, query, rights);
	const end = offset + size;
	const rows = all.slice(offset, end);
	checkSize(call, rows.length);
	return {
		rows,
		total: all.length,
		next: end < all.length ? tokenAt(end, query.key) : undefined,
	};
}

/** @throws Refusal 1254030 */
function checkSize({ store }: Call, rows: number): void {
	if (rows > store.switches.mostRows)
		throw new Refusal(1254030, undefined, { text: "TooLargeResponse" });
}

export function searchRecords(call: Call): Json {
	const reading = readingOf(call);
	const { sight, rights } = reading;
	const { body, store } = call;
	const names = body.field_names ?? [];
	if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
		throw new Refusal(1254024);
	if (names.length > MOST_NAMES)
		throw new Refusal(
			store.switches.tooLongSearch,
			`At most ${MOST_NAMES} field names.`,
		);
	const view = viewOf(call, body.view_id);
	const query = searchQuery(call, sight, view);
	const list = encoders(reading, checkedNames(sight, names), (field) =>
		newEncoder(sight, field),
	);
	const page = pageOf(call, reading, query);
	if (!rights.any) return { has_more: false, total: 0, items: [] };
	return {
		has_more: page.next !== undefined,
		...(page.next === undefined ? {} : { page_token: page.next }),
		total: page.total,
		items: page.rows.map((row) => ({
			record_id: row.id,
			fields: encoded(row, list),
			...(body.automatic_fields === true ? automaticFields(sight, row) : {}),
		})),
	};
}

export function batchGetRecords(call: Call): Json {
	const { body, store, table } = call;
	const reading = readingOf(call, idKind(body.user_id_type));
	const { sight, rights } = reading;
	const ids = listOf(body, "record_ids");
	if (ids.length === 0 || ids.length > FIXED_LIMITS.batchGet)
		throw new Refusal(1254104);
	if (!rights.any) throw new Refusal(1254302);
	checkSize(call, ids.length);
	const list = encoders(reading, undefined, (field) =>
		newEncoder(sight, field),
	);
	const records: Json[] = [];
	const forbidden: string[] = [];
	const absent: string[] = [];
	for (const id of ids) {
		if (typeof id !== "string") throw new Refusal(1254006);
		const row = table.rows.get(id);
		if (row === undefined || !isVisible(store, row.createdAtMs))
			absent.push(id);
		else if (!rights.mayRead(row)) forbidden.push(id);
		else
			records.push({
				record_id: row.id,
				fields: encoded(row, list),
				...(body.with_shared_url === true
					? { shared_url: sharedUrl(call, row) }
					: {}),
				...(body.automatic_fields === true ? automaticFields(sight, row) : {}),
			});
	}
	return {
		records,
		forbidden_record_ids: forbidden,
		absent_record_ids: absent,
	};
}

function sharedUrl({ store, base, table }: Call, row: Row): string {
	const name = Buffer.from(`${base.token}${table.id}${row.id}`).toString(
		"base64url",
	);
	return `${store.site}/record/${name}`;
}

function legacyReading(call: Call, numbersAsText: boolean) {
	const reading = readingOf(call);
	const options = {
		textAsArray: queryFlag(call, "text_field_as_array"),
		formulaRef: queryFlag(call, "display_formula_ref"),
		numbersAsText,
	};
	return {
		...reading,
		reading,
		automatic: queryFlag(call, "automatic_fields"),
		encoder: (field: Parameters<typeof newEncoder>[1]) =>
			legacyEncoder(reading.sight, field, options),
	};
}

export function listRecords(call: Call): Json {
	const { reading, sight, rights, automatic, encoder } = legacyReading(
		call,
		true,
	);
	const asked = call.query.get("field_names") ?? "";
	const names = asked === "" ? [] : stringList(asked, 1254024);
	const view = viewOf(call, call.query.get("view_id"));
	const query = legacyQuery(call, sight, view);
	const list = encoders(reading, checkedNames(sight, names), encoder);
	if (!rights.any) throw new Refusal(1254302);
	const page = pageOf(call, reading, query);
	return {
		has_more: page.next !== undefined,
		...(page.next === undefined ? {} : { page_token: page.next }),
		total: page.total,
		items: page.rows.map((row) => ({
			record_id: row.id,
			id: row.id,
			fields: encoded(row, list, call.store.switches.legacyEmpty),
			...(automatic ? automaticFields(sight, row) : {}),
		})),
	};
}

export function getRecord(call: Call): Json {
	const { reading, sight, rights, automatic, encoder } = legacyReading(
		call,
		call.store.switches.legacyGetNumbers === "text",
	);
	if (!rights.any) throw new Refusal(1254302);
	const row = rowAt(call.store, call.table, call.at.record_id);
	if (!rights.mayRead(row)) throw new Refusal(1254302);
	return {
		record: {
			record_id: row.id,
			id: row.id,
			fields: encoded(
				row,
				encoders(reading, undefined, encoder),
				call.store.switches.legacyEmpty,
			),
			...(queryFlag(call, "with_shared_url")
				? { record_url: sharedUrl(call, row) }
				: {}),
			...(automatic ? automaticFields(sight, row) : {}),
		},
	};
}

/** Everything that the writes share, checked before any value. @throws Refusal */
function writingOf(call: Call) {
	const { rights } = readingOf(call);
	if (call.table.synced) throw new Refusal(1254302);
	const relaxed = queryFlag(call, "ignore_consistency_check");
	const target: Target = {
		store: call.store,
		base: call.base,
		table: call.table,
		idKind: call.idKind,
	};
	return { rights, target, writer: writerOf(call.caller, relaxed) };
}

function fieldsOf(given: unknown): Json {
	if (!isJson(given) || !isJson(given.fields))
		throw new Refusal(1254001, "Invalid request parameter: 'fields'");
	return given.fields;
}

function checkNames(call: Call, rights: Rights, fields: Json): void {
	for (const name of Object.keys(fields)) {
		if (fieldNamed(call.table, name) === undefined)
			throw new Refusal(
				1254045,
				`Invalid request parameter: 'fields.${name}'. The field does not exist.`,
			);
		if (!rights.mayEditField(name)) throw new Refusal(1254302);
	}
}

/** A batch of records, names first, then values; nothing is stored yet. */
function planned(
	call: Call,
	rights: Rights,
	target: Target,
	fields: readonly Json[],
): { plan: Plan; cells: Map<string, Cell | undefined>[] } {
	for (const each of fields) checkNames(call, rights, each);
	const plan = planValues(target);
	return { plan, cells: fields.map((each) => plan.cells(each)) };
}

function written(call: Call, row: Row, fields: Json): Json {
	return {
		fields: echoed(call.table, fields),
		id: row.id,
		record_id: row.id,
	};
}

const withoutEmpty = (
	cells: ReadonlyMap<string, Cell | undefined>,
): Map<string, Cell> => {
	const kept = new Map<string, Cell>();
	for (const [id, cell] of cells) if (cell !== undefined) kept.set(id, cell);
	return kept;
};

function created(call: Call, list: readonly Json[]): Json[] {
	const { store, base, table } = call;
	const { rights, target, writer } = writingOf(call);
	if (!rights.mayAdd) throw new Refusal(1254302);
	const { plan, cells } = planned(call, rights, target, list);
	checkRowCount(store, table, list.length);
	plan.commit();
	const answer = list.map((fields, index) => {
		const row = newRow(
			store,
			base,
			table,
			withoutEmpty(cells[index] ?? new Map()),
			writer,
		);
		return written(call, row, fields);
	});
	changed(base, table);
	return answer;
}

export function createRecord(call: Call): Json {
	const [record] = created(call, [fieldsOf(call.body)]);
	return { record };
}

function batch(call: Call, most: number): readonly unknown[] {
	const list = listOf(call.body, "records");
	if (list.length === 0)
		throw new Refusal(1254001, "Invalid request parameter: 'records'");
	if (list.length > most) throw new Refusal(1254104);
	return list;
}

export function createRecords(call: Call): Json {
	const list = batch(call, call.store.limits().batchWrite);
	return { records: created(call, list.map(fieldsOf)) };
}

function updated(
	call: Call,
	list: readonly { readonly id: unknown; readonly fields: Json }[],
): Json[] {
	const { store, base, table } = call;
	const { rights, target, writer } = writingOf(call);
	const rows = list.map(({ id }) => {
		const row = rowAt(store, table, id);
		if (!rights.mayEdit(row)) throw new Refusal(1254302);
		return row;
	});
	const { plan, cells } = planned(
		call,
		rights,
		target,
		list.map(({ fields }) => fields),
	);
	plan.commit();
	const answer = list.map(({ fields }, index) => {
		const row = rows[index] as Row;
		changeRow(store, base, table, row, cells[index] ?? new Map(), writer);
		return written(call, row, fields);
	});
	changed(base, table);
	return answer;
}

export function updateRecord(call: Call): Json {
	const [record] = updated(call, [
		{ id: call.at.record_id, fields: fieldsOf(call.body) },
	]);
	return { record };
}

export function updateRecords(call: Call): Json {
	const list = batch(call, call.store.limits().batchWrite);
	return {
		records: updated(
			call,
			list.map((given) => ({
				id: isJson(given) ? given.record_id : undefined,
				fields: fieldsOf(given),
			})),
		),
	};
}

function deleted(call: Call, ids: readonly unknown[]): Json[] {
	const { store, base, table } = call;
	const { rights, writer } = writingOf(call);
	if (!rights.mayDelete) throw new Refusal(1254302);
	const rows = new Set(
		ids.map((id) => {
			const row = rowAt(store, table, id);
			if (!rights.mayEdit(row)) throw new Refusal(1254302);
			return row;
		}),
	);
	for (const row of rows) removeRow(store, base, table, row, writer);
	changed(base, table);
	return ids.map((id) => ({ deleted: true, record_id: id }));
}

export function deleteRecord(call: Call): Json {
	const [answer] = deleted(call, [call.at.record_id]);
	return answer ?? {};
}

export function deleteRecords(call: Call): Json {
	return { records: deleted(call, batch(call, FIXED_LIMITS.batchDelete)) };
}
