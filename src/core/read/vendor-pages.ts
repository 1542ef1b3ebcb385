import { nextAfter } from "../contract/pages.js";
import type { Row, WireRow } from "../contract/table.js";
import { leftOpen } from "../filter/undecided.js";
import {
	type Collected,
	type Collecting,
	lookedThrough,
	PAGE_BYTES,
	type RowsQuery,
	SCAN_CAP,
	SCAN_MARGIN_MS,
} from "./collecting.js";
import type { Position } from "./cursor.js";
import { openPlace, type PagePlace } from "./page-place.js";
import { type ReadPage, readOnePage } from "./read.js";
import type { ReadPlan } from "./read-plan.js";

/** Rows shown last by which a cursor's place is found again. */
const ANCHORS = 5;

/** How the pages of one answer are read. */
interface Paging {
	readonly asked: RowsQuery;
	/** Rows of a page. */
	readonly size: number;
	/** The vendor's cursor right after a row, where its pages go by key. */
	readonly cursorAfter: ((wire: WireRow) => string) | undefined;
	readonly read: (cursor: string | undefined) => Promise<ReadPage>;
}

/** The rows of one answer so far. */
interface Gathered {
	readonly rows: Row[];
	/** Where to go on after each row. */
	readonly positions: Position[];
	readonly notes: string[];
	/** Ids of rows that are not shown again. */
	readonly seen: Set<string>;
	bytes: number;
	/** Rows before filtering. */
	scanned: number;
}

/** Rows page by page, in the vendor's order, until there are enough or the call must answer. */
export async function collectPages(
	{ session, located, asked, position, running }: Collecting,
	plan: ReadPlan,
): Promise<Collected> {
	const paging = pagingOf({ located, asked, position, running }, plan);
	const gathered = nothingYet(position);
	let place = await openPlace(located.adapter, position, paging.read);
	if (place.note !== undefined) gathered.notes.push(place.note);
	const vendorTotal = place.page.total;
	const isLate = () =>
		gathered.scanned >= SCAN_CAP ||
		session.clock.now() > running.deadlineMs() - SCAN_MARGIN_MS;
	for (;;) {
		const stop = takePage(gathered, place, paging, isLate);
		if (stop !== undefined)
			return answer(gathered, {
				rest: stop.rest,
				began: position === undefined,
				exact: plan.exact,
				open: leftOpen(asked.query.filter, asked.query.also),
				vendorTotal,
			});
		const cursor = nextAfter(place.page, place.cursor);
		place = {
			page: await paging.read(cursor),
			cursor,
			number: place.number + 1,
			done: -1,
		};
	}
}

function pagingOf(
	{ located, asked, position, running }: Omit<Collecting, "session">,
	plan: ReadPlan,
): Paging {
	const { cursorAfter } = located.adapter;
	const size = pageSize(asked, position, plan);
	const wire = { ...plan.wire, pageSize: size };
	return {
		asked,
		size,
		cursorAfter:
			cursorAfter === undefined || plan.viewByIds
				? undefined
				: (row) => cursorAfter(row, wire),
		read: (cursor) =>
			readOnePage(
				located,
				asked.query,
				{ ...plan, wire },
				cursor,
				running.call,
			),
	};
}

/** As when the cursor was made; a page need not hold more rows than are asked for where each of them is shown. */
function pageSize(
	asked: RowsQuery,
	position: Position | undefined,
	{ wire, exact }: ReadPlan,
): number {
	if (position?.at === "page") return position.size;
	return exact
		? Math.min(wire.pageSize, Math.max(asked.limit, 1))
		: wire.pageSize;
}

function nothingYet(position: Position | undefined): Gathered {
	return {
		rows: [],
		positions: [],
		notes: [],
		seen: new Set(position?.at === "page" ? position.anchors : []),
		bytes: 0,
		scanned: 0,
	};
}

/** Takes a page's rows; answers where the next call goes on when this one ends here, undefined when it reads on. */
function takePage(
	gathered: Gathered,
	place: PagePlace,
	paging: Paging,
	isLate: () => boolean,
): { readonly rest: Position | undefined } | undefined {
	gathered.scanned += place.page.scanned;
	gathered.notes.push(...(place.page.notes ?? []));
	const tookAll = takeRows(gathered, place, paging);
	const { positions, notes, scanned } = gathered;
	if (!tookAll) return { rest: positions.at(-1) };
	if (place.page.next === undefined) return { rest: undefined };
	const next = nextPage(gathered, place.page.next, place.number, paging);
	if (isFull(gathered, paging)) return { rest: positions.at(-1) ?? next };
	if (!isLate()) return undefined;
	notes.push(
		`there was time to check ${scanned} rows only: call again with \`cursor\` to go on, or narrow the filter`,
	);
	return { rest: next };
}

/** Takes rows as long as the answer has room; at least one. Answers whether it took all of the page. */
function takeRows(
	gathered: Gathered,
	place: PagePlace,
	paging: Paging,
): boolean {
	const { rows, positions, seen } = gathered;
	for (const { row, wire, index } of place.page.rows) {
		if (index <= place.done || seen.has(row.id)) continue;
		if (rows.length > 0 && isFull(gathered, paging)) return false;
		seen.add(row.id);
		rows.push(row);
		gathered.bytes += paging.asked.size(row);
		positions.push(
			paging.cursorAfter
				? positionByKey(paging.cursorAfter, wire)
				: positionOnPage(rows, { place, size: paging.size, index }),
		);
	}
	return true;
}

function isFull({ rows, bytes }: Gathered, { asked }: Paging): boolean {
	return rows.length >= asked.limit || bytes > PAGE_BYTES;
}

// Of all positions one is written down: its cursor or anchors are worked out only then.

function positionByKey(
	cursorAfter: (wire: WireRow) => string,
	wire: WireRow,
): Position {
	return {
		at: "key",
		get cursor() {
			return cursorAfter(wire);
		},
	};
}

function positionOnPage(
	rows: readonly Row[],
	at: {
		readonly place: PagePlace;
		readonly size: number;
		readonly index: number;
	},
): Position {
	const count = rows.length;
	return {
		at: "page",
		cursor: at.place.cursor ?? null,
		page: at.place.number,
		size: at.size,
		index: at.index,
		get anchors() {
			return anchorsOf(rows.slice(0, count));
		},
	};
}

function nextPage(
	{ rows }: Gathered,
	cursor: string,
	number: number,
	{ cursorAfter, size }: Paging,
): Position {
	return cursorAfter
		? { at: "key", cursor }
		: {
				at: "page",
				cursor,
				page: number + 1,
				size,
				index: -1,
				anchors: anchorsOf(rows),
			};
}

function anchorsOf(rows: readonly Row[]): readonly string[] {
	return rows.slice(-ANCHORS).map(({ id }) => id);
}

function answer(
	{ rows, positions, notes, scanned }: Gathered,
	end: {
		readonly rest: Position | undefined;
		/** The first page was read by this call. */
		readonly began: boolean;
		readonly exact: boolean;
		/** Of rows that it has left out: whether they match is not known here. */
		readonly open: boolean;
		readonly vendorTotal: number | undefined;
	},
): Collected {
	const { rest, exact } = end;
	if (!exact && scanned > rows.length) notes.push(lookedThrough(scanned));
	const whole = end.began && rest === undefined ? rows.length : undefined;
	return {
		rows,
		positions,
		rest,
		notes,
		total: whole ?? (exact && !end.open ? end.vendorTotal : undefined) ?? null,
	};
}
