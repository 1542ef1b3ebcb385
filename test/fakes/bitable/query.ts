import { type Call, isJson } from "./call.js";
import { Refusal } from "./codes.js";
import {
	compileExpression,
	ExpressionError,
	Moment,
	numberOf,
	textOfValue,
	truth,
	type Value,
} from "./expression.js";
import {
	compileFilter,
	compileViewFilter,
	isEmptyFilter,
	type Matching,
	type Test,
} from "./filter.js";
import type { Field, Row, Table, View } from "./model.js";
import { plainReader, referred, type Sight } from "./reading.js";
import type { Rights } from "./roles-in-force.js";
import { rowsSeen } from "./rows.js";
import { fieldNamed } from "./store.js";

export interface SortKey {
	readonly field: Field;
	readonly desc: boolean;
}

export interface Query {
	/** Names the query among those of the table. */
	readonly key: string;
	readonly test: Test | undefined;
	readonly sort: readonly SortKey[];
}

const MOST_QUERIES = 8;

/** The matching rows in order; kept until the base changes. */
export function matching(
	sight: Sight,
	query: Query,
	rights: Rights,
): readonly Row[] {
	const { table, store, base } = sight;
	const key = `${query.key} ${rights.key} ${base.zone.dayOf(sight.nowMs)}`;
	const cached = store.switches.replicaLagMs === 0;
	if (table.cachedAt !== base.revision) {
		table.cache.clear();
		table.cachedAt = base.revision;
	}
	const known = cached ? table.cache.get(key) : undefined;
	if (known !== undefined) return known;
	const rows: Row[] = [];
	for (const row of rowsSeen(store, table))
		if (rights.mayRead(row) && (query.test === undefined || query.test(row)))
			rows.push(row);
	const sorted =
		query.sort.length === 0 ? rows : sortedRows(sight, rows, query.sort);
	if (cached) {
		if (table.cache.size >= MOST_QUERIES)
			table.cache.delete(table.cache.keys().next().value ?? "");
		table.cache.set(key, sorted);
	}
	return sorted;
}

/** Empty cells first; options in their order; stable. */
function sortedRows(
	sight: Sight,
	rows: readonly Row[],
	sort: readonly SortKey[],
): Row[] {
	const readers = sort.map(({ field, desc }) => ({
		read: sortValue(sight, field),
		factor: desc ? -1 : 1,
	}));
	return rows
		.map((row) => ({ row, values: readers.map(({ read }) => read(row)) }))
		.sort((one, two) => {
			for (const [index, { factor }] of readers.entries()) {
				const a = one.values[index] ?? null;
				const b = two.values[index] ?? null;
				if (a === b) continue;
				if (a === null) return -factor;
				if (b === null) return factor;
				return a < b ? -factor : factor;
			}
			return 0;
		})
		.map(({ row }) => row);
}

function sortValue(
	sight: Sight,
	field: Field,
): (row: Row) => number | string | null {
	if (field.type === 3) {
		const place = new Map(field.options.map(({ id }, index) => [id, index]));
		return (row) => place.get(row.cells.get(field.id) as string) ?? null;
	}
	if (field.type === 1005)
		return (row) => (row.cells.get(field.id) as number | undefined) ?? null;
	const read = plainReader(sight, field);
	return (row) => {
		const value: Value = read(row);
		if (value === null || value === "") return null;
		if (value instanceof Moment || typeof value !== "string")
			return Array.isArray(value)
				? value.length === 0
					? null
					: textOfValue(value)
				: numberOf(value);
		return value;
	};
}

/** What a search asks for. The view counts only when there is neither filter nor sort. @throws Refusal */
export function searchQuery(
	call: Call,
	sight: Sight,
	view: View | undefined,
): Query {
	const { filter, sort } = call.body;
	const at: Matching = { sight, idKind: call.idKind, optionsBy: "name" };
	const test = compileFilter(at, filter);
	const keys = searchSort(sight, sort);
	const usesView = isEmptyFilter(filter) && keys.length === 0;
	const key = JSON.stringify([
		usesView ? null : filter,
		usesView ? null : sort,
		usesView ? view?.id : null,
		call.idKind,
	]);
	return usesView ? { key, ...viewQuery(at, view) } : { key, test, sort: keys };
}

function viewQuery(at: Matching, view: View | undefined): Omit<Query, "key"> {
	if (view === undefined) return { test: undefined, sort: [] };
	return {
		test: compileViewFilter(at, view.filter),
		sort: view.sort.flatMap(({ fieldId, desc }) => {
			const field = at.sight.table.fields.get(fieldId);
			return field === undefined ? [] : [{ field, desc }];
		}),
	};
}

const MOST_SORT_KEYS = 100;

function searchSort(sight: Sight, sort: unknown): SortKey[] {
	if (sort === undefined || sort === null) return [];
	if (!Array.isArray(sort)) throw new Refusal(1254016);
	if (sort.length > MOST_SORT_KEYS)
		throw new Refusal(
			sight.store.switches.tooLongSearch,
			`At most ${MOST_SORT_KEYS} sort keys.`,
		);
	return sort.map((key) => {
		if (!isJson(key) || typeof key.field_name !== "string")
			throw new Refusal(1254016);
		const { field_name: name, desc = false } = key;
		if (typeof desc !== "boolean") throw new Refusal(1254016);
		const field = fieldNamed(sight.table, name);
		if (field === undefined)
			throw new Refusal(
				1254045,
				`Invalid request parameter: 'sort.field_name'. The field '${name}' does not exist.`,
			);
		return { field, desc };
	});
}

const MOST_FILTER_TEXT = 2_000;
const MOST_SORT_TEXT = 1_000;

/** What a legacy list asks for. @throws Refusal */
export function legacyQuery(
	call: Call,
	sight: Sight,
	view: View | undefined,
): Query {
	const filter = call.query.get("filter") ?? "";
	const sort = call.query.get("sort") ?? "";
	if (filter.length > MOST_FILTER_TEXT) throw new Refusal(1254107);
	if (sort.length > MOST_SORT_TEXT) throw new Refusal(1254108);
	const test = filter.trim() === "" ? undefined : legacyTest(sight, filter);
	const keys = legacySort(sight.table, sort);
	const usesView = test === undefined && keys.length === 0;
	const at: Matching = { sight, idKind: call.idKind, optionsBy: "name" };
	const key = JSON.stringify([
		"legacy",
		filter,
		sort,
		usesView ? view?.id : null,
	]);
	return usesView ? { key, ...viewQuery(at, view) } : { key, test, sort: keys };
}

function legacyTest(sight: Sight, source: string): Test {
	try {
		const read = compileExpression<Row>(source, {
			zone: sight.base.zone,
			nowMs: sight.nowMs,
			column: (reference) =>
				plainReader(sight, referred(sight.table, reference)),
		});
		return (row) => truth(read(row));
	} catch (error) {
		if (error instanceof ExpressionError)
			throw new Refusal(1254018, error.message);
		throw error;
	}
}

/** `["F1 DESC","F2 ASC"]`; formulas and links cannot be sorted by. */
function legacySort(table: Table, source: string): SortKey[] {
	if (source.trim() === "") return [];
	return stringList(source, 1254016).map((entry) => {
		const match = /^(.*)\s+(ASC|DESC)$/i.exec(entry.trim());
		if (match === null) throw new Refusal(1254016);
		const field = fieldNamed(table, match[1] ?? "");
		if (field === undefined || [18, 20, 21].includes(field.type))
			throw new Refusal(1254016);
		return { field, desc: (match[2] ?? "").toUpperCase() === "DESC" };
	});
}

/** A query parameter that holds a JSON array of texts. */
export function stringList(source: string, code: 1254016 | 1254024): string[] {
	let list: unknown;
	try {
		list = JSON.parse(source);
	} catch {
		throw new Refusal(code);
	}
	if (!Array.isArray(list) || list.some((each) => typeof each !== "string"))
		throw new Refusal(code);
	return list as string[];
}

const POSITION = /^(\d+)-([0-9a-z]+)$/;

/** A short mark of a query, so that a token of another query is refused. */
function markOf(key: string): string {
	let mark = 5381;
	for (let index = 0; index < key.length; index++)
		mark = (Math.imul(mark, 33) ^ key.charCodeAt(index)) >>> 0;
	return mark.toString(36);
}

/** An opaque token: where the next page begins. */
export function tokenAt(offset: number, key: string): string {
	return Buffer.from(`${offset}-${markOf(key)}`).toString("base64url");
}

/** @throws Refusal 1254030 */
export function offsetOf(token: string, key: string): number {
	if (token === "") return 0;
	const match = POSITION.exec(Buffer.from(token, "base64url").toString("utf8"));
	if (match === null || match[2] !== markOf(key)) throw new Refusal(1254030);
	return Number(match[1]);
}
