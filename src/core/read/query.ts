import { LRUCache } from "lru-cache";
import type { Field, SystemColumn } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import {
	fingerprint,
	type PagePosition,
	type Position,
	readCursor,
	writeCursor,
} from "./cursor.js";
import { readInTime } from "./deadline.js";
import { withTexts } from "./lookups.js";
import type { Query, ReadPage, ReadPlan } from "./read.js";
import {
	bySort,
	holds,
	planRead,
	readOnePage,
	readRows,
	readRowsById,
} from "./read.js";

/** Bytes of rows in one answer; at least one row is always given. */
export const PAGE_BYTES = 60_000;
/** Rows that one call looks through for the few that match. */
export const SCAN_CAP = 50_000;
/** A scan ends this long before the call must answer. */
const SCAN_MARGIN_MS = 10_000;
const ANCHORS = 5;
const KEPT_LISTS = 20;
const KEPT_ROWS = 200_000;

export interface RowsQuery {
	readonly query: Query;
	/** Columns that are shown, in order. */
	readonly shown: readonly (Field | SystemColumn)[];
	readonly ids?: readonly string[];
	readonly limit: number;
	readonly cursor?: string;
	/** Fill in titles and names that the vendor did not send. */
	readonly texts: boolean;
	/** Bytes that a row takes in the answer. */
	size(row: Row): number;
	/** All that makes one query differ from another. */
	readonly shape: unknown;
}

export interface RowsAnswer {
	readonly rows: readonly Row[];
	/** Known when the vendor's count is exact or everything was looked through. */
	readonly total: number | null;
	readonly next: string | null;
	readonly notes: readonly string[];
}

interface Collected {
	readonly rows: readonly Row[];
	/** Where to go on after each row. */
	readonly positions: readonly Position[];
	/** Where to go on after the last; undefined at the end. */
	readonly rest: Position | undefined;
	readonly total: number | null;
	readonly notes: readonly string[];
}

/** Rows up to `limit` and the byte budget, from where `cursor` stands. */
export async function queryRows(
	session: Session,
	located: Located,
	asked: RowsQuery,
	running: Running,
): Promise<RowsAnswer> {
	const hash = fingerprint([located.reference, asked.shape]);
	const position =
		asked.cursor === undefined ? undefined : readCursor(asked.cursor, hash);
	const found = await collect(session, located, asked, position, running);
	const texts = asked.texts
		? await withTexts(
				session,
				located,
				found.rows,
				asked.shown.filter((column) => typeof column !== "string"),
				running.call,
			)
		: { rows: found.rows, notes: [] };
	const rows = fitting(texts.rows, asked);
	const rest =
		rows.length < found.rows.length
			? found.positions[rows.length - 1]
			: found.rest;
	return {
		rows,
		total: found.total,
		next: rest === undefined ? null : writeCursor(hash, rest),
		notes: [...found.notes, ...texts.notes],
	};
}

function fitting(rows: readonly Row[], asked: RowsQuery): readonly Row[] {
	let bytes = 0;
	const end = rows.findIndex((row, index) => {
		bytes += asked.size(row);
		return bytes > PAGE_BYTES && index > 0;
	});
	return end < 0 ? rows : rows.slice(0, end);
}

async function collect(
	session: Session,
	located: Located,
	asked: RowsQuery,
	position: Position | undefined,
	running: Running,
): Promise<Collected> {
	if (asked.ids !== undefined) {
		const ids = [...new Set(asked.ids)];
		return asked.query.view === undefined && !asked.query.sort?.length
			? collectByIds(located, asked, ids, position, running)
			: collectNamed(session, located, asked, ids, position, running);
	}
	const plan = planRead(located, asked.query);
	return plan.sorted
		? collectPages(session, located, asked, plan, position, running)
		: collectSorted(session, located, asked, position, running);
}

async function collectByIds(
	located: Located,
	asked: RowsQuery,
	ids: readonly string[],
	position: Position | undefined,
	running: Running,
): Promise<Collected> {
	const start = position?.at === "offset" ? position.offset : 0;
	const wanted = ids.slice(start, start + asked.limit);
	const plan = planRead(located, asked.query);
	const found = await readRowsById(
		located,
		wanted,
		{
			fields: plan.fields,
			system: plan.wire.system,
			raw: asked.query.raw ?? false,
		},
		running.call,
	);
	const missing = wanted.filter((id) => !found.has(id));
	const kept = wanted.flatMap((id, index) => {
		const row = found.get(id);
		return row !== undefined && holds(located, asked.query, row)
			? [{ row, after: start + index + 1 }]
			: [];
	});
	const end = start + wanted.length;
	return {
		rows: kept.map(({ row }) => row),
		positions: kept.map(({ after }) => ({ at: "offset", offset: after })),
		rest: end < ids.length ? { at: "offset", offset: end } : undefined,
		total: start === 0 && end >= ids.length ? kept.length : null,
		notes: missingNotes(missing),
	};
}

/** Named rows that are sorted, or that a view of the vendor's may not show: all are read for each page. */
async function collectNamed(
	session: Session,
	located: Located,
	asked: RowsQuery,
	ids: readonly string[],
	position: Position | undefined,
	running: Running,
): Promise<Collected> {
	const { rows, missing } = await namedRows(
		session,
		located,
		asked.query,
		ids,
		running,
	);
	const start = position?.at === "offset" ? position.offset : 0;
	const shown = rows.slice(start, start + asked.limit);
	const after = (offset: number): Position => ({ at: "offset", offset });
	const end = start + shown.length;
	return {
		rows: shown,
		positions: shown.map((_, index) => after(start + index + 1)),
		rest: end < rows.length ? after(end) : undefined,
		total: rows.length,
		notes: missingNotes(missing),
	};
}

/** The rows of these ids that pass the query's filters and view, in its order; without one as named. */
export async function namedRows(
	session: Session,
	located: Located,
	query: Query,
	ids: readonly string[],
	running: Running,
): Promise<{
	readonly rows: readonly Row[];
	readonly missing: readonly string[];
}> {
	const plan = planRead(located, query);
	return readInTime(
		session,
		running,
		"the rows named",
		async (call) => {
			const found = await readRowsById(
				located,
				ids,
				{
					fields: plan.fields,
					system: plan.wire.system,
					raw: query.raw ?? false,
				},
				call,
			);
			const inView = new Set<string>();
			if (query.view !== undefined)
				for await (const some of readRows(
					located,
					{ view: query.view, fields: [] },
					call,
				))
					for (const { id } of some) inView.add(id);
			const rows = ids.flatMap((id) => {
				const row = found.get(id);
				return row !== undefined &&
					(query.view === undefined || inView.has(id)) &&
					holds(located, query, row)
					? [row]
					: [];
			});
			return {
				rows: query.sort?.length ? rows.sort(bySort(query.sort)) : rows,
				missing: ids.filter((id) => !found.has(id)),
			};
		},
		READ_LESS,
	);
}

/** What to do when a read that must be whole takes too long. */
export const READ_LESS =
	"Narrow the filter, or name fewer rows; export_records writes any number of rows to a file.";

function missingNotes(missing: readonly string[]): string[] {
	return missing.length === 0 ? [] : [`no such record: ${missing.join(", ")}`];
}

async function collectSorted(
	session: Session,
	located: Located,
	asked: RowsQuery,
	position: Position | undefined,
	running: Running,
): Promise<Collected> {
	const lists = keptLists(session);
	const notes: string[] = [];
	const key = position?.at === "list" ? position.list : session.uuid();
	let list = lists.get(key);
	if (list === undefined) {
		if (position !== undefined)
			notes.push(
				"the rows were sorted anew; rows that changed meanwhile may repeat or be missed",
			);
		list = await readInTime(
			session,
			running,
			"all rows to sort them",
			async (call) => {
				const rows: Row[] = [];
				for await (const some of readRows(located, asked.query, call))
					rows.push(...some);
				return rows;
			},
			`${READ_LESS} Without \`sort\` rows come page by page.`,
		);
		lists.set(key, list);
	}
	notes.push(
		"sorted here, empty cells first when ascending: the vendor cannot sort by these fields",
	);
	const start = position?.at === "list" ? position.offset : 0;
	const rows = list.slice(start, start + asked.limit);
	const after = (offset: number): Position => ({
		at: "list",
		list: key,
		offset,
	});
	return {
		rows,
		positions: rows.map((_, index) => after(start + index + 1)),
		rest:
			start + rows.length < list.length
				? after(start + rows.length)
				: undefined,
		total: list.length,
		notes,
	};
}

const LISTS = Symbol("sorted lists");

function keptLists(session: Session): LRUCache<string, readonly Row[]> {
	const known = session.memory.get(LISTS) as
		| LRUCache<string, readonly Row[]>
		| undefined;
	if (known !== undefined) return known;
	const made = new LRUCache<string, readonly Row[]>({
		max: KEPT_LISTS,
		maxSize: KEPT_ROWS,
		sizeCalculation: (rows) => rows.length + 1,
	});
	session.memory.set(LISTS, made);
	return made;
}

/** A page under the reader's finger. */
interface Place {
	readonly page: ReadPage;
	readonly cursor: string | undefined;
	readonly number: number;
	/** Rows up to this index are done. */
	readonly done: number;
	readonly note?: string;
}

async function collectPages(
	session: Session,
	located: Located,
	asked: RowsQuery,
	plan: ReadPlan,
	position: Position | undefined,
	running: Running,
): Promise<Collected> {
	const { adapter } = located;
	const cursorAfter = plan.viewByIds ? undefined : adapter.cursorAfter;
	const size =
		position?.at === "page"
			? position.size
			: plan.exact
				? Math.min(plan.wire.pageSize, Math.max(asked.limit, 1))
				: plan.wire.pageSize;
	const sized: ReadPlan = { ...plan, wire: { ...plan.wire, pageSize: size } };
	const read = (cursor: string | undefined) =>
		readOnePage(located, asked.query, sized, cursor, running.call);

	const rows: Row[] = [];
	const positions: Position[] = [];
	const notes: string[] = [];
	const seen = new Set<string>(position?.at === "page" ? position.anchors : []);
	let bytes = 0;
	let scanned = 0;
	let place = await openPlace(located, position, read);
	if (place.note !== undefined) notes.push(place.note);
	const vendorTotal = place.page.total;
	const answer = (rest: Position | undefined): Collected => {
		if (!plan.exact && scanned > rows.length)
			notes.push(
				`${scanned} rows were looked through: the vendor cannot do all of this filter`,
			);
		const whole =
			position === undefined && rest === undefined ? rows.length : undefined;
		return {
			rows,
			positions,
			rest,
			notes,
			total: whole ?? (plan.exact ? vendorTotal : undefined) ?? null,
		};
	};

	for (;;) {
		const { page, cursor, number, done } = place;
		scanned += page.scanned;
		notes.push(...(page.notes ?? []));
		for (const { row, wire, index } of page.rows) {
			if (index <= done || seen.has(row.id)) continue;
			if (rows.length > 0 && (rows.length >= asked.limit || bytes > PAGE_BYTES))
				return answer(positions.at(-1));
			seen.add(row.id);
			rows.push(row);
			bytes += asked.size(row);
			const count = rows.length;
			// Of all these places one is written down: it is worked out only then.
			positions.push(
				cursorAfter
					? {
							at: "key",
							get cursor() {
								return cursorAfter(wire, sized.wire);
							},
						}
					: {
							at: "page",
							cursor: cursor ?? null,
							page: number,
							size,
							index,
							get anchors() {
								return rows
									.slice(Math.max(0, count - ANCHORS), count)
									.map(({ id }) => id);
							},
						},
			);
		}
		if (page.next === undefined) return answer(undefined);
		const next: Position = cursorAfter
			? { at: "key", cursor: page.next }
			: {
					at: "page",
					cursor: page.next,
					page: number + 1,
					size,
					index: -1,
					anchors: rows.slice(-ANCHORS).map(({ id }) => id),
				};
		if (rows.length >= asked.limit || bytes > PAGE_BYTES)
			return answer(positions.at(-1) ?? next);
		if (
			scanned >= SCAN_CAP ||
			session.clock.now() > running.deadlineMs() - SCAN_MARGIN_MS
		) {
			notes.push(
				`stopped after looking through ${scanned} rows; call again with \`cursor\` to go on, or narrow the filter`,
			);
			return answer(next);
		}
		place = {
			page: await read(page.next),
			cursor: page.next,
			number: number + 1,
			done: -1,
		};
	}
}

/**
 * The page where a cursor stands. Where pages go by position and rows were added or removed before it,
 * the last rows shown are looked for on this page, the one before and the one after.
 */
async function openPlace(
	{ adapter }: Located,
	position: Position | undefined,
	read: (cursor: string | undefined) => Promise<ReadPage>,
): Promise<Place> {
	if (position === undefined)
		return {
			page: await read(undefined),
			cursor: undefined,
			number: 0,
			done: -1,
		};
	if (position.at === "key")
		return {
			page: await read(position.cursor),
			cursor: position.cursor,
			number: 0,
			done: -1,
		};
	if (position.at !== "page")
		return {
			page: await read(undefined),
			cursor: undefined,
			number: 0,
			done: -1,
		};
	const cursor = position.cursor ?? undefined;
	const page = await read(cursor);
	const here: Place = {
		page,
		cursor,
		number: position.page,
		done: position.index,
	};
	if (position.index < 0 || !adapter.pagesShift) return here;
	const found = anchorIn(page, position);
	if (found === position.index) return here;
	const shifted =
		"rows were added or removed while paging; the place was found again by the last rows shown";
	if (found !== undefined) return { ...here, done: found, note: shifted };
	if (adapter.pageCursor !== undefined && position.page > 0) {
		const before = adapter.pageCursor(position.page - 1);
		const previous = await read(before);
		const earlier = anchorIn(previous, position);
		if (earlier !== undefined)
			return {
				page: previous,
				cursor: before,
				number: position.page - 1,
				done: earlier,
				note: shifted,
			};
	}
	if (page.next !== undefined) {
		const following = await read(page.next);
		const later = anchorIn(following, position);
		if (later !== undefined)
			return {
				page: following,
				cursor: page.next,
				number: position.page + 1,
				done: later,
				note: shifted,
			};
	}
	return {
		...here,
		done: -1,
		note: "rows were added or removed while paging and the last rows shown are gone: this page begins anew, rows may repeat or be missed; export_records is exact",
	};
}

function anchorIn(page: ReadPage, position: PagePosition): number | undefined {
	for (const id of [...position.anchors].reverse()) {
		const at = page.rows.find(({ row }) => row.id === id);
		if (at !== undefined) return at.index;
	}
	return undefined;
}

/** How many rows match: the vendor's exact count, else a scan up to its cap. */
export async function countRows(
	session: Session,
	located: Located,
	query: Query,
	running: Running,
): Promise<{
	readonly total: number | null;
	readonly notes: readonly string[];
}> {
	const bare: Query = { ...query, fields: [], system: [], sort: [] };
	const plan = planRead(located, bare);
	const read = (cursor: string | undefined, pageSize: number) =>
		readOnePage(
			located,
			bare,
			{ ...plan, wire: { ...plan.wire, pageSize } },
			cursor,
			running.call,
		);
	const first = await read(undefined, plan.exact ? 1 : plan.wire.pageSize);
	if (plan.exact && first.total !== undefined)
		return { total: first.total, notes: [] };
	let scanned = 0;
	const seen = new Set<string>();
	let page = plan.exact ? await read(undefined, plan.wire.pageSize) : first;
	for (;;) {
		scanned += page.scanned;
		for (const { row } of page.rows) seen.add(row.id);
		if (page.next === undefined)
			return {
				total: seen.size,
				notes: plan.exact
					? []
					: [
							`${scanned} rows were looked through: the vendor cannot do all of this filter`,
						],
			};
		if (session.clock.now() > running.deadlineMs() - SCAN_MARGIN_MS)
			return {
				total: null,
				notes: [
					`at least ${seen.size}: stopped after looking through ${scanned} rows; narrow the filter`,
				],
			};
		page = await read(page.next, plan.wire.pageSize);
	}
}
