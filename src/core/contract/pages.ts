import { TablesError } from "./errors.js";
import type { Page } from "./table.js";

/**
 * Everything of a listing that comes in pages; for lists that are small by the vendor's own limits.
 * @throws whatever `read` throws; what was read before is dropped.
 */
export async function allPages<T>(
	read: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
	const items: T[] = [];
	const seen = new Set<string>();
	let cursor: string | undefined;
	for (;;) {
		const page = await read(cursor);
		for (const item of page.items) items.push(item);
		cursor = page.next;
		if (cursor === undefined) return items;
		if (seen.has(cursor) || seen.size >= MOST_PAGES) throw endless();
		seen.add(cursor);
	}
}

/** The largest listing of a vendor has some hundred pages. */
const MOST_PAGES = 10_000;

/**
 * The cursor of the page after the one at `cursor`.
 * @throws TablesError broken where a vendor answers the same one again: its pages would never end.
 */
export function nextAfter(
	{ next }: Pick<Page<unknown>, "next">,
	cursor: string | undefined,
): string | undefined {
	if (next !== undefined && next === cursor) throw endless();
	return next;
}

function endless(): TablesError {
	return new TablesError(
		"broken",
		"the vendor's pages do not end: it names the same page again and again",
		{ next: "Call again later; if it happens again, tell the vendor." },
	);
}
