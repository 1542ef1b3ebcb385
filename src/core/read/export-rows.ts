import type { CallContext } from "../contract/call-context.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { inTurns } from "../values/in-turns.js";
import { cutList } from "../values/names.js";
import { inOrder, readRows, readRowsById } from "./read.js";
import { columnsNeeded, holds, type Query } from "./read-plan.js";

/** Rows that are read by id, and written, together. */
export const CHUNK = 500;

const MAY_SHIFT =
	"this vendor counts its pages by position: rows may be missed if others delete or move records during the export";

/** The rows of an export as a stream; `notes` is whole once it has ended. */
export interface RowsToExport {
	readonly rows: AsyncIterable<readonly Row[]>;
	readonly notes: readonly string[];
}

/**
 * All matching rows, each once. Where a vendor's pages shift, the ids are collected first and the rows then read by
 * id: the pages that others may move are small and soon read. They can still move, and that is noted.
 * @param most more rows than these are not needed.
 */
export function matchingRows(
	located: Located,
	query: Query,
	most: number,
	call: CallContext,
): RowsToExport {
	return located.adapter.pagesShift
		? { rows: rowsByIds(located, query, most, call), notes: [MAY_SHIFT] }
		: { rows: readRows(located, query, call), notes: [] };
}

async function* rowsByIds(
	located: Located,
	query: Query,
	most: number,
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	const ids: string[] = [];
	for await (const rows of readRows(
		located,
		{ ...query, fields: [], system: [] },
		call,
	)) {
		ids.push(...rows.map(({ id }) => id));
		if (ids.length >= most) break;
	}
	const columns = columnsNeeded(located, query);
	for (let start = 0; start < Math.min(ids.length, most); start += CHUNK) {
		const chunk = ids.slice(start, Math.min(start + CHUNK, most));
		const rows = await readRowsById(located, chunk, columns, call);
		yield chunk.flatMap((id) => rows.get(id) ?? []);
	}
}

/** The rows named that match, in the order of the names unless the query has one; what is left out is noted. */
export function namedRowsToExport(
	located: Located,
	query: Query,
	ids: readonly string[],
	call: CallContext,
): RowsToExport {
	const notes: string[] = [];
	const rows = async function* () {
		const left: LeftOut = { missing: [], unmatched: [] };
		const unique = new Set<string>();
		await inTurns(ids, (id) => void unique.add(id));
		const found = namedParts(located, query, [...unique], left, call);
		if (query.sort?.length) yield await sorted(found, query, call);
		else yield* found;
		notes.push(...leftOutNotes(left));
	};
	return { rows: rows(), notes };
}

/** Ids of records that are not in the file. */
interface LeftOut {
	readonly missing: string[];
	/** They are there, and the filter or the view does not have them. */
	readonly unmatched: string[];
}

async function* namedParts(
	located: Located,
	query: Query,
	ids: readonly string[],
	left: LeftOut,
	call: CallContext,
): AsyncIterable<readonly Row[]> {
	const inView = await idsInView(located, query, call);
	const columns = columnsNeeded(located, query);
	for (let start = 0; start < ids.length; start += CHUNK) {
		const chunk = ids.slice(start, start + CHUNK);
		const found = await readRowsById(located, chunk, columns, call);
		const rows: Row[] = [];
		for (const id of chunk) {
			const row = found.get(id);
			if (row === undefined) left.missing.push(id);
			else if ((inView?.has(id) ?? true) && holds(located, query, row))
				rows.push(row);
			else left.unmatched.push(id);
		}
		yield rows;
	}
}

/** undefined: all rows, as far as the vendor is to say. */
async function idsInView(
	located: Located,
	{ view }: Query,
	call: CallContext,
): Promise<ReadonlySet<string> | undefined> {
	if (view === undefined) return undefined;
	const ids = new Set<string>();
	for await (const rows of readRows(located, { view, fields: [] }, call))
		for (const { id } of rows) ids.add(id);
	return ids;
}

async function sorted(
	parts: AsyncIterable<readonly Row[]>,
	query: Query,
	call: CallContext,
): Promise<readonly Row[]> {
	const all: Row[] = [];
	for await (const rows of parts) all.push(...rows);
	return inOrder(all, query, call);
}

function leftOutNotes({ missing, unmatched }: LeftOut): readonly string[] {
	return [
		...(missing.length === 0 ? [] : [`no such record: ${cutList(missing)}`]),
		...(unmatched.length === 0
			? []
			: [
					`not in the file, because the filter or view does not have them: ${cutList(unmatched)}`,
				]),
	];
}
