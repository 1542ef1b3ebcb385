import pLimit from "p-limit";
import type { CallContext } from "../contract/call-context.js";
import { idOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Field, SystemColumn } from "../contract/field.js";
import { nextAfter } from "../contract/pages.js";
import type { WireQuery } from "../contract/records.js";
import type { Page, Row, WireRow } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { compareCells } from "../values/compare-cells.js";
import { defined } from "../values/defined.js";
import {
	asStep,
	inTurns,
	mapInTurns,
	sortInTurns,
} from "../values/in-turns.js";
import { decodeRow } from "../values/values.js";
import {
	holds,
	planRead,
	type Query,
	type ReadPlan,
	type SortKey,
} from "./read-plan.js";

/** Pages of a vendor that are read at the same time; its rate is kept below. */
const PARALLEL_PAGES = 4;

/** The largest number of rows that the core sorts itself, or keeps for paging through them. */
const SORT_CAP = 100_000;

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
	return asStep(() => readPageNow(located, query, plan, cursor, call));
}

async function readPageNow(
	located: Located,
	query: Query,
	plan: ReadPlan,
	cursor: string | undefined,
	call: CallContext,
): Promise<ReadPage> {
	call.signal?.throwIfAborted();
	const { adapter, table } = located;
	const page = plan.viewByIds
		? await readPageById(located, plan.wire, cursor, call)
		: await adapter.readPage(table, plan.wire, cursor, call);
	const decoded = await mapInTurns(page.items, (wire, index) => {
		const row = decodeRow(adapter, table, wire, plan.wire.fields, {
			raw: query.raw ?? false,
		});
		return { row, wire, index, holds: holds(located, query, row) };
	});
	return {
		rows: decoded.filter((row) => row.holds),
		scanned: page.items.length,
		...defined({ next: page.next, total: page.total, notes: page.notes }),
	};
}

/** The ids of a view's page, and their rows by id: with the columns that the view hides. */
async function readPageById(
	located: Located,
	query: WireQuery,
	cursor: string | undefined,
	call: CallContext,
): Promise<Page<WireRow>> {
	const page = await located.adapter.readPage(
		located.table,
		{ ...query, fields: [], system: [] },
		cursor,
		call,
	);
	const ids = page.items.map(({ id }) => id);
	const whole = await readWireById(located, ids, query, call);
	return { ...page, items: ids.flatMap((id) => whole.get(id) ?? []) };
}

/**
 * All matching rows, page by page, each id once; in the order asked for.
 * Where the vendor cannot sort, all rows are read first and sorted here.
 * @param watch sees each page before the next is asked for, and may throw to end the reading.
 * @throws TablesError too_large when the core would have to sort more than SORT_CAP rows.
 */
export async function* readRows(
	located: Located,
	query: Query,
	call: CallContext,
	watch?: (page: ReadPage) => void,
): AsyncIterable<readonly Row[]> {
	const plan = planRead(located, query);
	if (plan.sorted) {
		yield* readUnsorted(located, query, plan, { call, watch });
		return;
	}
	const all: Row[] = [];
	for await (const rows of readUnsorted(located, query, plan, {
		call,
		watch,
	})) {
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
	yield await inOrder(all, query, call);
}

/** The rows in the order of the query, by the titles of links where cells hold ids. */
export async function inOrder(
	rows: readonly Row[],
	{ sort = [], titled }: Query,
	call: CallContext,
): Promise<readonly Row[]> {
	const whole = titled === undefined ? rows : await titled(rows, call);
	return sortInTurns([...whole], bySort(sort));
}

/** Each row once, in the vendor's order. */
async function* readUnsorted(
	located: Located,
	query: Query,
	plan: ReadPlan,
	{
		call,
		watch,
	}: {
		readonly call: CallContext;
		readonly watch: ((page: ReadPage) => void) | undefined;
	},
): AsyncIterable<readonly Row[]> {
	const seen = new Set<string>();
	const read = async (cursor: string | undefined) => {
		const page = await readOnePage(located, query, plan, cursor, call);
		watch?.(page);
		return page;
	};
	for await (const page of pagesOf(located, plan, read))
		yield page.rows.flatMap(({ row }) => {
			if (seen.has(row.id)) return [];
			seen.add(row.id);
			return [row];
		});
}

type ReadAt = (cursor: string | undefined) => Promise<ReadPage>;

/** All pages in their order; several are read at the same time where their number and cursors are known. */
async function* pagesOf(
	{ adapter: { pageCursor } }: Located,
	{ wire }: ReadPlan,
	read: ReadAt,
): AsyncIterable<ReadPage> {
	let last = await read(undefined);
	yield last;
	if (last.next === undefined) return;
	if (pageCursor !== undefined && last.total !== undefined) {
		const count = Math.ceil(last.total / wire.pageSize);
		for await (const page of numberedPages(count, pageCursor, read)) {
			yield page;
			last = page;
		}
	}
	// One after the other: all of them, or those that came to be while the others were read.
	for (let cursor = last.next; cursor !== undefined; ) {
		last = await read(cursor);
		yield last;
		cursor = nextAfter(last, cursor);
	}
}

/** The pages from the second on, in waves. */
async function* numberedPages(
	count: number,
	pageCursor: (index: number) => string,
	read: ReadAt,
): AsyncIterable<ReadPage> {
	const limit = pLimit(PARALLEL_PAGES);
	for (let start = 1; start < count; start += PARALLEL_PAGES) {
		const wave = Array.from(
			{ length: Math.min(PARALLEL_PAGES, count - start) },
			(_, offset) => limit(() => read(pageCursor(start + offset))),
		);
		yield* await Promise.all(wave);
	}
}

function bySort(sort: readonly SortKey[]): (a: Row, b: Row) => number {
	return (a, b) => {
		for (const { by, descending } of sort) {
			const key = idOfColumn(by);
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
	await inTurns(wires, ([id, wire]) => {
		rows.set(
			id,
			decodeRow(located.adapter, located.table, wire, query.fields, {
				raw: query.raw ?? false,
			}),
		);
	});
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
	const wanted = new Set<string>();
	await inTurns(ids, (id) => void wanted.add(id));
	const callsFor = (count: number) => Math.ceil(count / adapter.limits.ids);
	if (callsFor(wanted.size) >= SCAN_FROM_CALLS)
		for await (const { page, pagesLeft } of readPages(located, query, call)) {
			for (const row of page) if (wanted.has(row.id)) found.set(row.id, row);
			if (pagesLeft >= callsFor(wanted.size - found.size)) break;
		}
	const rest: string[] = [];
	await inTurns(wanted, (id) => {
		if (!found.has(id)) rest.push(id);
	});
	await inTurns(await readChunks(located, rest, query, call), (row) => {
		found.set(row.id, row);
	});
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
				return asStep(() => adapter.readByIds(table, chunk, query, call));
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
	/** All of them; grows less. */
	wanted: Set<string>,
	query: Pick<Query, "fields"> & { readonly removing: boolean },
	call: CallContext,
): (part: readonly string[]) => Promise<ReadonlyMap<string, Row>> {
	const { adapter, table } = located;
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
		const page: Page<WireRow> = await asStep(() =>
			adapter.readPage(table, { ...query, pageSize }, cursor, call),
		);
		total ??= page.total;
		cursor = nextAfter(page, cursor);
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
