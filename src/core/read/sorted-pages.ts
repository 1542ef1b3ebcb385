import { LRUCache } from "lru-cache";
import { inMemory, type Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Collected, Collecting } from "./collecting.js";
import { foreignCursor, type Position } from "./cursor.js";
import { READ_LESS, readInTime } from "./deadline.js";
import { readRows } from "./read.js";

const KEPT_LISTS = 20;
const KEPT_ROWS = 200_000;

/** Rows that the vendor cannot sort: all are read once, sorted here and kept for the next pages. */
export async function collectSorted(
	collecting: Collecting,
): Promise<Collected> {
	const { session, asked, position } = collecting;
	if (position !== undefined && position.at !== "list") throw foreignCursor();
	const lists = keptLists(session);
	const notes: string[] = [];
	const key = position?.list ?? session.uuid();
	let list = lists.get(key);
	if (list === undefined) {
		if (position !== undefined)
			notes.push(
				"the rows were sorted again; rows that changed meanwhile may repeat or be missed",
			);
		list = await sortedRows(collecting);
		lists.set(key, list);
	}
	notes.push(
		"sorted here, empty cells first when ascending: the vendor cannot sort by these fields",
	);
	const start = position?.offset ?? 0;
	const rows = list.slice(start, start + asked.limit);
	const after = (offset: number): Position => ({
		at: "list",
		list: key,
		offset,
	});
	const end = start + rows.length;
	return {
		rows,
		positions: rows.map((_, index) => after(start + index + 1)),
		rest: end < list.length ? after(end) : undefined,
		total: list.length,
		notes,
	};
}

/** All of them: `readRows` sorts where the vendor cannot. */
function sortedRows({
	session,
	located,
	asked,
	running,
}: Collecting): Promise<readonly Row[]> {
	return readInTime(
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
}

const LISTS = Symbol("sorted lists");

function keptLists(session: Session): LRUCache<string, readonly Row[]> {
	return inMemory(
		session,
		LISTS,
		() =>
			new LRUCache({
				max: KEPT_LISTS,
				maxSize: KEPT_ROWS,
				sizeCalculation: (rows) => rows.length + 1,
			}),
	);
}
