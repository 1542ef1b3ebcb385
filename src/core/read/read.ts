import pLimit from "p-limit";
import type { CallContext } from "../contract/call-context.js";
import type { CodecContext } from "../contract/codec.js";
import type { Filter } from "../contract/condition.js";
import { fieldsOf } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Field, SystemColumn } from "../contract/field.js";
import type { WireQuery, WireSort } from "../contract/records.js";
import type { Page, Row, View, WireRow } from "../contract/table.js";
import { pushDown } from "../filter/dialect.js";
import { matches } from "../filter/matches.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { compareCells, decodeRow } from "../values/values.js";

export interface SortKey {
	readonly by: Field | SystemColumn;
	readonly descending: boolean;
}

/** Rows of one table, in neutral terms. */
export interface Query {
	/** Fields whose cells are wanted. */
	readonly fields: readonly Field[];
	readonly system?: readonly SystemColumn[];
	/** Already joined with the definition of a view where the core applies it: see `applyView`. */
	readonly filter?: Filter;
	/** A second filter that must hold as well; evaluated here, never sent. */
	readonly also?: Filter;
	readonly sort?: readonly SortKey[];
	/** Only where the vendor applies it. */
	readonly view?: View;
	readonly raw?: boolean;
	/** Rows of a page; default and maximum: the vendor's. */
	readonly pageSize?: number;
}

/** A query as it is sent, and what is left for the core to do. */
export interface ReadPlan {
	readonly wire: WireQuery;
	/** Cells that must come back: the wanted ones, and those that filter and order need. */
	readonly fields: readonly Field[];
	/** The vendor's answer needs no filtering. */
	readonly exact: boolean;
	/** The vendor orders as asked. */
	readonly sorted: boolean;
	/** The view's rows are asked for by id first, because the view hides a column that is needed. */
	readonly viewByIds: boolean;
}

/** Pages of a vendor that are read at the same time; its rate is kept below. */
const PARALLEL_PAGES = 4;

/** The largest number of rows that the core sorts itself, or keeps for paging through them. */
const SORT_CAP = 100_000;

export function planRead(located: Located, query: Query): ReadPlan {
	const { adapter, table } = located;
	const needs = [query.filter, query.also].flatMap((filter) =>
		filter === undefined ? [] : [fieldsOf(filter)],
	);
	const sort = query.sort ?? [];
	const sorted = sort.every(({ by }) => adapter.sortable(by));
	const fields = unique([
		...query.fields,
		...(needs.some(({ all }) => all) ? table.fields : []),
		...needs.flatMap(({ fields }) => fields),
		...sort.flatMap(({ by }) => (typeof by === "string" ? [] : [by])),
	]);
	const system = unique([
		...(query.system ?? []),
		...needs.flatMap(({ system }) => system),
		...sort.flatMap(({ by }) => (typeof by === "string" ? [by] : [])),
	]);
	const pushed = query.filter
		? pushDown(query.filter, adapter.dialect, codecContext(located))
		: { exact: true };
	const wireSort: readonly WireSort[] = sort.map(({ by, descending }) => ({
		field: by,
		descending,
	}));
	const viewAlone =
		query.view !== undefined && adapter.viewRule === "vendor-alone";
	const hidden = new Set(query.view?.hiddenFields ?? []);
	const wire: WireQuery = {
		fields,
		system,
		pageSize: Math.max(
			1,
			Math.min(query.pageSize ?? adapter.limits.page, adapter.limits.page),
		),
		...("expr" in pushed && pushed.expr !== undefined && !viewAlone
			? { filter: pushed.expr }
			: {}),
		...(sorted && sort.length > 0 && !viewAlone ? { sort: wireSort } : {}),
		...defined({ view: query.view?.id }),
	};
	return {
		wire,
		fields,
		exact:
			query.also === undefined &&
			(query.filter === undefined || (pushed.exact && !viewAlone)),
		sorted: sort.length === 0 || (sorted && !viewAlone),
		viewByIds:
			query.view !== undefined &&
			adapter.viewRule !== "definition" &&
			fields.some((field) => hidden.has(field.id)),
	};
}

/** Does the row pass both filters? */
export function holds(
	{ table }: Pick<Located, "table">,
	{ filter, also }: Pick<Query, "filter" | "also">,
	row: Row,
): boolean {
	return (
		(filter === undefined || matches(filter, row, table)) &&
		(also === undefined || matches(also, row, table))
	);
}

/** One page, decoded and filtered. `wire` keeps the vendor's rows for cursors by key. */
export interface ReadPage {
	readonly rows: readonly {
		readonly row: Row;
		readonly wire: WireRow;
		readonly index: number;
	}[];
	/** Rows before filtering. */
	readonly scanned: number;
	readonly next?: string;
	readonly total?: number;
	readonly notes?: readonly string[];
}

export async function readOnePage(
	located: Located,
	query: Query,
	plan: ReadPlan,
	cursor: string | undefined,
	call: CallContext,
): Promise<ReadPage> {
	call.signal?.throwIfAborted();
	const { adapter, table } = located;
	let page: Page<WireRow>;
	if (plan.viewByIds) {
		const ids = await adapter.readPage(
			table,
			{ ...plan.wire, fields: [], system: [] },
			cursor,
			call,
		);
		const whole = await readWireById(
			located,
			ids.items.map(({ id }) => id),
			plan.wire,
			call,
		);
		page = {
			...ids,
			items: ids.items.flatMap(({ id }) => whole.get(id) ?? []),
		};
	} else page = await adapter.readPage(table, plan.wire, cursor, call);
	const rows = page.items
		.map((wire, index) => ({
			row: decodeRow(adapter, table, wire, plan.fields, {
				raw: query.raw ?? false,
			}),
			wire,
			index,
		}))
		.filter(({ row }) => holds(located, query, row));
	return {
		rows,
		scanned: page.items.length,
		...defined({ next: page.next, total: page.total, notes: page.notes }),
	};
}

/**
 * All matching rows, page by page, each id once; in the order asked for.
 * Where the vendor cannot sort, all rows are read first and sorted here.
 * @throws TablesError too_large when the core would have to sort more than SORT_CAP rows.
 */
export async function* readRows(
	located: Located,
	query: Query,
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	const plan = planRead(located, query);
	if (plan.sorted) {
		yield* readUnsorted(located, query, plan, call);
		return;
	}
	const all: Row[] = [];
	for await (const rows of readUnsorted(located, query, plan, call)) {
		all.push(...rows);
		if (all.length > SORT_CAP)
			throw new TablesError(
				"too_large",
				`more than ${SORT_CAP} rows match, and this vendor cannot sort by these fields`,
				{
					next: "Narrow the filter, or leave `sort` out.",
				},
			);
	}
	yield all.sort(bySort(query.sort ?? []));
}

async function* readUnsorted(
	located: Located,
	query: Query,
	plan: ReadPlan,
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	const { adapter } = located;
	const seen = new Set<string>();
	const fresh = (page: ReadPage) =>
		page.rows.flatMap(({ row }) => {
			if (seen.has(row.id)) return [];
			seen.add(row.id);
			return [row];
		});
	const first = await readOnePage(located, query, plan, undefined, call);
	yield fresh(first);
	if (first.next === undefined) return;
	const pages =
		adapter.pageCursor !== undefined && first.total !== undefined
			? Math.ceil(first.total / plan.wire.pageSize)
			: undefined;
	if (pages === undefined) {
		let cursor: string | undefined = first.next;
		while (cursor !== undefined) {
			const page: ReadPage = await readOnePage(
				located,
				query,
				plan,
				cursor,
				call,
			);
			yield fresh(page);
			cursor = page.next;
		}
		return;
	}
	const limit = pLimit(PARALLEL_PAGES);
	const pageCursor = adapter.pageCursor as (index: number) => string;
	let last: ReadPage = first;
	for (let start = 1; start < pages; start += PARALLEL_PAGES) {
		const wave = Array.from(
			{ length: Math.min(PARALLEL_PAGES, pages - start) },
			(_, offset) =>
				limit(() =>
					readOnePage(located, query, plan, pageCursor(start + offset), call),
				),
		);
		for (const page of await Promise.all(wave)) {
			yield fresh(page);
			last = page;
		}
	}
	let beyond = last.next;
	while (beyond !== undefined) {
		const page: ReadPage = await readOnePage(
			located,
			query,
			plan,
			beyond,
			call,
		);
		yield fresh(page);
		beyond = page.next;
	}
}

export function bySort(sort: readonly SortKey[]): (a: Row, b: Row) => number {
	return (a, b) => {
		for (const { by, descending } of sort) {
			const key = typeof by === "string" ? by : by.id;
			const order = compareCells(
				a.cells[key] ?? null,
				b.cells[key] ?? null,
				by,
			);
			if (order !== 0) return descending ? -order : order;
		}
		return 0;
	};
}

/** Rows by id, in chunks of the vendor's maximum; ids that do not exist are left out. */
export async function readRowsById(
	located: Located,
	ids: readonly string[],
	query: {
		readonly fields: readonly Field[];
		readonly system?: readonly SystemColumn[];
		readonly raw?: boolean;
	},
	call: CallContext,
): Promise<ReadonlyMap<string, Row>> {
	const wires = await readWireById(
		located,
		ids,
		{ fields: query.fields, system: query.system ?? [] },
		call,
	);
	const rows = new Map<string, Row>();
	for (const [id, wire] of wires)
		rows.set(
			id,
			decodeRow(located.adapter, located.table, wire, query.fields, {
				raw: query.raw ?? false,
			}),
		);
	return rows;
}

/** From so many calls by id on it is worth a call to see whether reading all pages takes fewer. */
const SCAN_FROM_CALLS = 4;

/** By the cheaper of ids and pages; what the pages do not show is read by id, so that none is missed. */
async function readWireById(
	located: Located,
	ids: readonly string[],
	query: Pick<WireQuery, "fields" | "system">,
	call: CallContext,
): Promise<Map<string, WireRow>> {
	const { adapter } = located;
	const found = new Map<string, WireRow>();
	const wanted = new Set(ids);
	const callsFor = (count: number) => Math.ceil(count / adapter.limits.ids);
	if (callsFor(wanted.size) >= SCAN_FROM_CALLS)
		for await (const { page, pagesLeft } of readPages(located, query, call)) {
			for (const row of page) if (wanted.has(row.id)) found.set(row.id, row);
			if (pagesLeft >= callsFor(wanted.size - found.size)) break;
		}
	const rest = [...wanted].filter((id) => !found.has(id));
	for (const row of await readChunks(located, rest, query, call))
		found.set(row.id, row);
	return found;
}

async function readChunks(
	{ adapter, table }: Located,
	ids: readonly string[],
	query: Pick<WireQuery, "fields" | "system">,
	call: CallContext,
): Promise<readonly WireRow[]> {
	const chunks: (readonly string[])[] = [];
	for (let start = 0; start < ids.length; start += adapter.limits.ids)
		chunks.push(ids.slice(start, start + adapter.limits.ids));
	const limit = pLimit(PARALLEL_PAGES);
	const answers = await Promise.all(
		chunks.map((chunk) =>
			limit(() => {
				call.signal?.throwIfAborted();
				return adapter.readByIds(table, chunk, query, call);
			}),
		),
	);
	return answers.flat();
}

/**
 * Rows by id for who asks part by part: page by page, as long as a page shows more of all that will be asked for than
 * a call by ids could; the others by id. Ids that do not exist are left out. `removing`: each part is deleted before
 * the next is asked for, so that what comes next stands at the beginning.
 */
export function rowsInParts(
	located: Located,
	ids: Iterable<string>,
	query: Pick<Query, "fields"> & { readonly removing: boolean },
	call: CallContext,
): (part: readonly string[]) => Promise<ReadonlyMap<string, Row>> {
	const { adapter, table } = located;
	const wanted = new Set(ids);
	const wire = { fields: query.fields, system: [] };
	const ahead = new Map<string, WireRow>();
	const begin = () => readPages(located, wire, call);
	let pages: ReturnType<typeof begin> | undefined = begin();
	const turnPage = async (from: NonNullable<typeof pages>) => {
		const { value, done } = await from.next();
		if (done) return undefined;
		const before = ahead.size;
		for (const row of value.page)
			if (wanted.has(row.id)) ahead.set(row.id, row);
		return ahead.size - before > adapter.limits.ids ? from : undefined;
	};
	return async (part) => {
		if (query.removing && pages !== undefined) pages = begin();
		const most = Math.ceil(part.length / adapter.limits.page) + 1;
		for (let turned = 0; turned < most; turned++)
			if (pages !== undefined && part.some((id) => !ahead.has(id)))
				pages = await turnPage(pages);
		const rest = part.filter((id) => !ahead.has(id));
		for (const row of await readChunks(located, rest, wire, call))
			ahead.set(row.id, row);
		const rows = new Map<string, Row>();
		for (const id of part) {
			const row = ahead.get(id);
			wanted.delete(id);
			ahead.delete(id);
			if (row !== undefined)
				rows.set(id, decodeRow(adapter, table, row, query.fields));
		}
		return rows;
	};
}

/** The table's pages in the vendor's order, each with how many are left; infinite where the vendor does not say. */
async function* readPages(
	{ adapter, table }: Located,
	query: Pick<WireQuery, "fields" | "system">,
	call: CallContext,
) {
	const pageSize = adapter.limits.page;
	let total: number | undefined;
	let cursor: string | undefined;
	for (let number = 1; ; number++) {
		call.signal?.throwIfAborted();
		const page: Page<WireRow> = await adapter.readPage(
			table,
			{ ...query, pageSize },
			cursor,
			call,
		);
		total ??= page.total;
		cursor = page.next;
		const pagesLeft =
			cursor === undefined
				? 0
				: total === undefined
					? Number.POSITIVE_INFINITY
					: Math.max(1, Math.ceil(total / pageSize) - number);
		yield { page: page.items, pagesLeft };
		if (cursor === undefined) return;
	}
}

function codecContext({ table }: Pick<Located, "table">): CodecContext {
	return { zone: table.zone };
}

function unique<T>(items: readonly T[]): T[] {
	return [...new Set(items)];
}
