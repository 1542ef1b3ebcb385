import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { foreignCursor, type PagePosition, type Position } from "./cursor.js";
import type { ReadPage, ReadPlan } from "./read.js";
import { readOnePage } from "./read.js";
import {
	type Collected,
	type Collecting,
	PAGE_BYTES,
	SCAN_CAP,
	SCAN_MARGIN_MS,
} from "./rows-query.js";

/** Rows shown last by which a cursor's place is found again. */
const ANCHORS = 5;

/** A page under the reader's finger. */
interface Place {
	readonly page: ReadPage;
	readonly cursor: string | undefined;
	readonly number: number;
	/** Rows up to this index are done. */
	readonly done: number;
	readonly note?: string;
}

/** Rows page by page, in the vendor's order, until there are enough or the call must answer. */
export async function collectPages(
	{ session, located, asked, position, running }: Collecting,
	plan: ReadPlan,
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
	if (position.at !== "page") throw foreignCursor();
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
		note: "rows were added or removed while paging and the last rows shown are gone: this page begins again, rows may repeat or be missed; export_records is exact",
	};
}

function anchorIn(page: ReadPage, position: PagePosition): number | undefined {
	for (const id of [...position.anchors].reverse()) {
		const at = page.rows.find(({ row }) => row.id === id);
		if (at !== undefined) return at.index;
	}
	return undefined;
}
