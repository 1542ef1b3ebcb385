import type { Adapter } from "../contract/adapter.js";
import { foreignCursor, type PagePosition, type Position } from "./cursor.js";
import type { ReadPage } from "./read.js";

/** A page that is being read, and how far. */
export interface PagePlace {
	readonly page: ReadPage;
	readonly cursor: string | undefined;
	readonly number: number;
	/** Rows up to this index are done. */
	readonly done: number;
	readonly note?: string;
}

type ReadAt = (cursor: string | undefined) => Promise<ReadPage>;

const FOUND_AGAIN =
	"rows were added or removed while paging; the place was found again by the last rows shown";
const LOST =
	"rows were added or removed while paging and the last rows shown are gone: this page begins again, rows may repeat or be missed; export_records has each row once";

/**
 * The page where a cursor stands. Where pages go by position and rows were added or removed before it,
 * the last rows shown are looked for on this page, the one before and the one after.
 */
export async function openPlace(
	adapter: Adapter,
	position: Position | undefined,
	read: ReadAt,
): Promise<PagePlace> {
	if (position?.at !== "page") {
		if (position !== undefined && position.at !== "key") throw foreignCursor();
		const cursor = position?.cursor;
		return { page: await read(cursor), cursor, number: 0, done: -1 };
	}
	const cursor = position.cursor ?? undefined;
	const here: PagePlace = {
		page: await read(cursor),
		cursor,
		number: position.page,
		done: position.index,
	};
	if (position.index < 0 || !adapter.pagesShift) return here;
	const found = anchorIn(here.page, position);
	if (found === position.index) return here;
	if (found !== undefined) return { ...here, done: found, note: FOUND_AGAIN };
	return (
		(await placeNearby(adapter, here, position, read)) ?? {
			...here,
			done: -1,
			note: LOST,
		}
	);
}

/** The place on the page before or after, if the last rows shown are there now. */
async function placeNearby(
	adapter: Adapter,
	here: PagePlace,
	position: PagePosition,
	read: ReadAt,
): Promise<PagePlace | undefined> {
	for (const { cursor, number } of neighboursOf(adapter, here)) {
		const page = await read(cursor);
		const done = anchorIn(page, position);
		if (done !== undefined)
			return { page, cursor, number, done, note: FOUND_AGAIN };
	}
	return undefined;
}

function neighboursOf(
	adapter: Adapter,
	{ page, number }: PagePlace,
): readonly Pick<PagePlace, "cursor" | "number">[] {
	const before =
		adapter.pageCursor !== undefined && number > 0
			? [{ cursor: adapter.pageCursor(number - 1), number: number - 1 }]
			: [];
	const after =
		page.next !== undefined ? [{ cursor: page.next, number: number + 1 }] : [];
	return [...before, ...after];
}

function anchorIn(page: ReadPage, position: PagePosition): number | undefined {
	for (const id of [...position.anchors].reverse()) {
		const at = page.rows.find(({ row }) => row.id === id);
		if (at !== undefined) return at.index;
	}
	return undefined;
}
