import type { Page } from "./table.js";

/**
 * Everything of a listing that comes in pages; for lists that are small by the vendor's own limits.
 * @throws whatever `read` throws; what was read before is dropped.
 */
export async function allPages<T>(
	read: (cursor: string | undefined) => Promise<Page<T>>,
): Promise<readonly T[]> {
	const items: T[] = [];
	let cursor: string | undefined;
	do {
		const page = await read(cursor);
		items.push(...page.items);
		cursor = page.next;
	} while (cursor !== undefined);
	return items;
}
