import {
	type Body,
	baseOf,
	bodyOf,
	type Call,
	type Handler,
	missing,
	requiredText,
	sheetOf,
	wholeNumber,
} from "./call.js";
import { isComputed } from "./fields.js";
import { filterTest, type Test } from "./filter.js";
import type { Field, Row, Sheet } from "./model.js";
import { Refusal, refusals } from "./refusal.js";
import { newRow, removeRows, resolved, type Store, setCell } from "./store.js";
import { type Pending, pending, settled, shownFields } from "./values.js";

const MOST_ROWS = 100;
const MOST_NAMES = 100;
const UUID_V4 =
	/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A record as list and get answer it. */
function shownRecord(
	call: Call,
	sheet: Sheet,
	row: Row,
	fields: readonly Field[],
): Record<string, unknown> {
	return {
		id: row.id,
		fields: shownFields(row, fields, call.store, sheet, call.request.origin),
		createdBy: { unionId: row.createdBy },
		createdTime: row.createdMs,
		lastModifiedBy: { unionId: row.modifiedBy },
		lastModifiedTime: row.modifiedMs,
	};
}

/** The list of a batch. @throws Refusal 400 on no list, an empty or a too long one */
function batchOf(call: Call, body: Body, name: string): readonly unknown[] {
	const { switches } = call.store;
	const batch = body[name];
	if (batch === undefined || batch === null) throw missing(call.store, name);
	if (!Array.isArray(batch))
		throw refusals.badInput(`${name} must be an array`);
	if (batch.length === 0 && switches.emptyBatch === "reject")
		throw refusals.badInput(`${name} must not be empty`);
	if (batch.length > switches.recordsPerCall) {
		const message = `${name} holds ${batch.length}, at most ${switches.recordsPerCall} are accepted`;
		throw switches.tooManyRecords === "invalidRequest.inputArgs.overLimit"
			? refusals.overLimit(message)
			: refusals.badInput(message);
	}
	return batch;
}

type Changes = readonly (readonly [Field, Pending])[];

/** Checks the `fields` of one record; nothing is changed. @throws Refusal */
function changesOf(call: Call, sheet: Sheet, fields: unknown): Changes {
	if (typeof fields !== "object" || fields === null || Array.isArray(fields))
		throw refusals.badInput("fields of a record must be an object");
	const { store, request } = call;
	const changes: (readonly [Field, Pending])[] = [];
	for (const [key, value] of Object.entries(fields)) {
		const field = columnOf(store, sheet, key);
		if (field === undefined) {
			if (store.switches.unknownField === "ignore") continue;
			throw store.switches.unknownField === "reject"
				? refusals.badInput(`the field '${key}' does not exist`)
				: refusals.internalError();
		}
		const context = { store, sheet, field, origin: request.origin };
		changes.push([field, pending(value, context)]);
	}
	return changes;
}

function columnOf(store: Store, sheet: Sheet, key: string): Field | undefined {
	if (store.switches.writeByFieldId) return resolved(store, sheet.fields, key);
	for (const field of sheet.fields.values())
		if (field.name === key) return field;
	return undefined;
}

function apply(call: Call, sheet: Sheet, row: Row, changes: Changes): void {
	const { store, request } = call;
	for (const [field, change] of changes) {
		if (change.action === "keep") continue;
		const context = { store, sheet, field, origin: request.origin };
		const cell = change.action === "store" ? settled(change, context) : null;
		setCell(store, sheet, row, field, cell);
	}
}

function tokenKey(call: Call, sheet: Sheet, token: string): string {
	const { tokenScope } = call.store.switches;
	if (tokenScope === "app") return `${call.appKey} ${token}`;
	return tokenScope === "base"
		? `${sheet.base.id} ${token}`
		: `${sheet.base.id} ${call.operator} ${token}`;
}

export const insertRecords: Handler = (call) => {
	const { store } = call;
	const sheet = sheetOf(call, "write");
	const token = call.query.get("clientToken") ?? "";
	if (token === "")
		return { value: inserted(call, sheet).map((id) => ({ id })) };
	if (store.switches.tokenFormat === "uuid" && !UUID_V4.test(token))
		throw refusals.badInput(`clientToken '${token}' is not a UUID v4`);
	const key = tokenKey(call, sheet, token);
	const earlier = store.accepted.get(key);
	const { tokenRetentionMs, repeatedToken } = store.switches;
	if (
		earlier !== undefined &&
		store.clock.now() - earlier.atMs < tokenRetentionMs
	) {
		if (repeatedToken === "conflict") throw refusals.duplicateToken();
		return { value: earlier.recordIds.map((id) => ({ id })) };
	}
	const keep = (recordIds: readonly string[]) =>
		store.accepted.set(key, {
			baseId: sheet.base.id,
			sheetId: sheet.id,
			recordIds,
			atMs: store.clock.now(),
		});
	if (store.switches.tokenKeptOnFailure) keep([]);
	const recordIds = inserted(call, sheet);
	keep(recordIds);
	return { value: recordIds.map((id) => ({ id })) };
};

/** Inserts the records of the body; returns their ids. @throws Refusal, then without any effect */
function inserted(call: Call, sheet: Sheet): string[] {
	const { store } = call;
	const batch = batchOf(call, bodyOf(call), "records");
	const room = store.switches.recordsPerSheet - sheet.rows.size;
	if (batch.length > room)
		throw refusals.badInput(
			`a sheet holds at most ${store.switches.recordsPerSheet} records`,
		);
	const good: Changes[] = [];
	let firstProblem: Refusal | undefined;
	for (const record of batch) {
		try {
			const { fields } = (record ?? {}) as { fields?: unknown };
			if (fields === undefined) throw missing(store, "fields");
			good.push(changesOf(call, sheet, fields));
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			if (store.switches.insertAtomicity === "all") throw error;
			firstProblem ??= error;
		}
	}
	if (good.length === 0 && firstProblem !== undefined) throw firstProblem;
	const ids = good.map((changes) => {
		const row = newRow(store, sheet, call.operator);
		apply(call, sheet, row, changes);
		return row.id;
	});
	return store.switches.insertedOrder === "request" ? ids : ids.reverse();
}

export const updateRecords: Handler = (call) => {
	const { store } = call;
	const sheet = sheetOf(call, "write");
	const batch = batchOf(call, bodyOf(call), "records");
	const plan: (readonly [Row, Changes])[] = [];
	for (const record of batch) {
		const { id, fields } = (record ?? {}) as { id?: unknown; fields?: unknown };
		if (typeof id !== "string") throw missing(store, "id");
		if (fields === undefined) throw missing(store, "fields");
		const row = sheet.rows.get(id);
		if (row !== undefined) plan.push([row, changesOf(call, sheet, fields)]);
		else if (store.switches.updateUnknownRecord === "notFound")
			throw refusals.noResource(`the record '${id}' does not exist`);
	}
	for (const [row, changes] of plan) {
		apply(call, sheet, row, changes);
		row.modifiedBy = call.operator;
		row.modifiedMs = store.clock.now();
	}
	return { value: plan.map(([{ id }]) => ({ id })) };
};

export const deleteRecords: Handler = (call) => {
	const { store } = call;
	const sheet = sheetOf(call, "write");
	const ids = batchOf(call, bodyOf(call), "recordIds").map((id) => {
		if (typeof id !== "string")
			throw refusals.badInput("recordIds must hold texts");
		if (
			!sheet.rows.has(id) &&
			store.switches.deleteUnknownRecord === "notFound"
		)
			throw refusals.noResource(`the record '${id}' does not exist`);
		return id;
	});
	removeRows(store, sheet, ids);
	return { success: true };
};

export const getRecord: Handler = (call) => {
	const sheet = sheetOf(call, "read");
	const row = sheet.rows.get(call.at.record ?? "");
	if (row === undefined)
		throw refusals.noResource(`the record '${call.at.record}' does not exist`);
	return shownRecord(call, sheet, row, [...sheet.fields.values()]);
};

/** The undocumented lookup of what an insert under a token made. */
export const changedRecordIds: Handler = (call) => {
	const { store } = call;
	const { id: baseId } = baseOf(call, "read");
	const token = requiredText(call, bodyOf(call), "clientToken");
	const since = store.clock.now() - store.switches.tokenRetentionMs;
	const found = [...store.accepted].find(
		([key, { baseId: madeIn, atMs }]) =>
			madeIn === baseId && atMs > since && key.endsWith(` ${token}`),
	)?.[1];
	const ids = found?.recordIds ?? [];
	return {
		changedRecordIds:
			store.switches.changedRecordIds === "list"
				? ids
				: found === undefined
					? {}
					: { [found.sheetId]: ids },
	};
};

export const listRecords: Handler = (call) => {
	const sheet = sheetOf(call, "read");
	if (call.store.clock.now() < sheet.base.listReadyAtMs)
		throw refusals.dataNotReady();
	const body = bodyOf(call);
	return page(call, sheet, {
		maxResults: body.maxResults,
		nextToken: body.nextToken,
		test: filterTest(call.store, sheet, body.filter),
		fields: listedFields(call, sheet, body),
	});
};

/** The older GET variant without filter. */
export const getRecords: Handler = (call) => {
	const sheet = sheetOf(call, "read");
	return page(call, sheet, {
		maxResults: call.query.get("maxResults") ?? undefined,
		nextToken: call.query.get("nextToken") ?? undefined,
		test: () => true,
		fields: [...sheet.fields.values()],
	});
};

function listedFields(call: Call, sheet: Sheet, body: Body): Field[] {
	const { switches } = call.store;
	const shows = (field: Field) =>
		switches.calcFields === "ignored" ||
		body.calcFields === true ||
		!isComputed(field);
	const all = [...sheet.fields.values()].filter(shows);
	const names = body.fieldIdOrNames;
	if (names === undefined || names === null) return all;
	if (!Array.isArray(names))
		throw refusals.badInput("fieldIdOrNames must be an array");
	if (names.length > MOST_NAMES)
		throw refusals.badInput(
			`fieldIdOrNames holds ${names.length}, at most ${MOST_NAMES} are accepted`,
		);
	return names.flatMap((name) => {
		const field = resolved(call.store, sheet.fields, String(name));
		if (field !== undefined) return shows(field) ? [field] : [];
		if (switches.unknownListField === "ignore") return [];
		throw refusals.noResource(`the field '${String(name)}' does not exist`);
	});
}

interface PageQuery {
	readonly maxResults: unknown;
	readonly nextToken: unknown;
	readonly test: Test;
	readonly fields: readonly Field[];
}

/** What a page token remembers: a sequence or a count of rows, and when it was made. */
interface Position {
	readonly at: number;
	readonly madeMs: number;
}

const encoded = (position: Position) =>
	Buffer.from(`${position.at}.${position.madeMs}`).toString("base64url");

function decoded(call: Call, token: unknown): Position | undefined {
	if (token === undefined || token === null || token === "") return undefined;
	const match = /^(\d+)\.(\d+)$/.exec(
		Buffer.from(String(token), "base64url").toString("utf8"),
	);
	const position = { at: Number(match?.[1]), madeMs: Number(match?.[2]) };
	const { clock, switches } = call.store;
	if (
		match === null ||
		clock.now() - position.madeMs >= switches.pageTokenLifetimeMs
	)
		throw refusals.badInput(`nextToken '${String(token)}' is invalid`);
	return position;
}

function pageSize(call: Call, given: unknown): number {
	const { switches } = call.store;
	const size = wholeNumber(given, "maxResults", MOST_ROWS);
	if (size >= 1 && size <= MOST_ROWS) return Math.min(size, switches.pageRows);
	if (switches.maxResultsOutOfRange === "reject")
		throw refusals.badInput(`maxResults ${size} is out of 1 to ${MOST_ROWS}`);
	return Math.min(Math.max(size, 1), MOST_ROWS, switches.pageRows);
}

function page(
	call: Call,
	sheet: Sheet,
	query: PageQuery,
): Record<string, unknown> {
	const { switches, clock } = call.store;
	const size = pageSize(call, query.maxResults);
	const from = decoded(call, query.nextToken);
	const isAnchored = switches.pagePosition === "anchor";
	const rows: Row[] = [];
	let skipped = 0;
	let hasMore = false;
	for (const row of rowsFrom(
		sheet,
		switches.rowOrder,
		isAnchored ? from?.at : undefined,
	)) {
		if (!query.test(row)) continue;
		if (!isAnchored && skipped < (from?.at ?? 0)) {
			skipped++;
			continue;
		}
		if (rows.length === size) {
			hasMore = true;
			break;
		}
		rows.push(row);
	}
	const at = isAnchored ? (rows.at(-1)?.sequence ?? 0) : skipped + rows.length;
	return {
		hasMore,
		nextToken: hasMore ? encoded({ at, madeMs: clock.now() }) : "",
		records: rows.map((row) => shownRecord(call, sheet, row, query.fields)),
	};
}

/** Live rows after the row with the sequence `after`, in either order. */
function* rowsFrom(
	sheet: Sheet,
	order: "oldest-first" | "newest-first",
	after: number | undefined,
): Generator<Row> {
	const { order: rows } = sheet;
	if (order === "oldest-first")
		for (
			let index = after === undefined ? 0 : firstAbove(rows, after);
			index < rows.length;
			index++
		) {
			const row = rows[index];
			if (row !== undefined && !row.gone) yield row;
		}
	else
		for (
			let index =
				after === undefined ? rows.length - 1 : firstAbove(rows, after - 1) - 1;
			index >= 0;
			index--
		) {
			const row = rows[index];
			if (row !== undefined && !row.gone) yield row;
		}
}

/** Index of the first row with a sequence above the given one. */
function firstAbove(rows: readonly Row[], sequence: number): number {
	let low = 0;
	let high = rows.length;
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((rows[middle] as Row).sequence > sequence) high = middle;
		else low = middle + 1;
	}
	return low;
}
