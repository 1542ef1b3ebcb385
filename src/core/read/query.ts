import { nextAfter } from "../contract/pages.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";
import { cutList } from "../values/names.js";
import {
	type Collected,
	type Collecting,
	lookedThrough,
	PAGE_BYTES,
	type RowsQuery,
	SCAN_MARGIN_MS,
} from "./collecting.js";
import {
	fingerprint,
	offsetOf,
	type Position,
	readCursor,
	writeCursor,
} from "./cursor.js";
import { READ_LESS, readInTime } from "./deadline.js";
import {
	inOrder,
	type ReadPage,
	readOnePage,
	readRows,
	readRowsById,
} from "./read.js";
import { columnsNeeded, holds, planRead, type Query } from "./read-plan.js";
import { orderedByTitles, withTexts } from "./shown-texts.js";
import { collectSorted } from "./sorted-pages.js";
import { collectPages } from "./vendor-pages.js";

/** Rows of one call, and where the next one goes on. */
export interface RowsAnswer {
	readonly rows: readonly Row[];
	/** Known when the vendor's count is exact or everything was looked through. */
	readonly total: number | null;
	readonly next: string | null;
	readonly notes: readonly string[];
}

/** Rows up to `limit` and the byte budget, from where `cursor` stands. */
export async function queryRows(
	session: Session,
	located: Located,
	given: RowsQuery,
	running: Running,
): Promise<RowsAnswer> {
	const asked = {
		...given,
		query: orderedByTitles(session, located, given.query),
	};
	const hash = await fingerprint([located.reference, asked.shape]);
	const position =
		asked.cursor === undefined ? undefined : readCursor(asked.cursor, hash);
	const found = await collect({ session, located, asked, position, running });
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
	const isCut = rows.length < found.rows.length;
	const rest = isCut ? found.positions[rows.length - 1] : found.rest;
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

async function collect(collecting: Collecting): Promise<Collected> {
	const { located, asked } = collecting;
	if (asked.ids !== undefined) {
		const unique = new Set<string>();
		await inTurns(asked.ids, (id) => void unique.add(id));
		const ids = [...unique];
		return asked.query.view === undefined && !asked.query.sort?.length
			? collectByIds(collecting, ids)
			: collectNamed(collecting, ids);
	}
	const plan = planRead(located, asked.query);
	return plan.sorted
		? collectPages(collecting, plan)
		: collectSorted(collecting);
}

async function collectByIds(
	{ located, asked, position, running }: Collecting,
	ids: readonly string[],
): Promise<Collected> {
	const start = offsetOf(position);
	const wanted = ids.slice(start, start + asked.limit);
	const found = await readRowsById(
		located,
		wanted,
		{
			...columnsNeeded(located, asked.query),
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
	{ session, located, asked, position, running }: Collecting,
	ids: readonly string[],
): Promise<Collected> {
	const { rows, missing } = await namedRows(
		session,
		located,
		asked.query,
		ids,
		running,
	);
	const start = offsetOf(position);
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
	return readInTime(
		session,
		running,
		"the rows named",
		async (call) => {
			const found = await readRowsById(
				located,
				ids,
				{ ...columnsNeeded(located, query), raw: query.raw ?? false },
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
			const rows = await pickInTurns(ids, (id) => {
				const row = found.get(id);
				return row !== undefined &&
					(query.view === undefined || inView.has(id)) &&
					holds(located, query, row)
					? row
					: undefined;
			});
			return {
				rows: query.sort?.length ? await inOrder(rows, query, call) : rows,
				missing: ids.filter((id) => !found.has(id)),
			};
		},
		READ_LESS,
	);
}

function missingNotes(missing: readonly string[]): string[] {
	return missing.length === 0 ? [] : [`no such record: ${cutList(missing)}`];
}

/** How many rows match; null where not all of them could be looked through. */
interface RowCount {
	readonly total: number | null;
	readonly notes: readonly string[];
}

/** How many rows match: the vendor's exact count, else a scan until the call must answer. */
export async function countRows(
	session: Session,
	located: Located,
	query: Query,
	running: Running,
): Promise<RowCount> {
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
	const { pageSize } = plan.wire;
	const first = await read(undefined, plan.exact ? 1 : pageSize);
	if (plan.exact && first.total !== undefined)
		return { total: first.total, notes: [] };
	return countByScan({
		first: plan.exact ? await read(undefined, pageSize) : first,
		exact: plan.exact,
		read: (cursor) => read(cursor, pageSize),
		isLate: () => session.clock.now() > running.deadlineMs() - SCAN_MARGIN_MS,
	});
}

async function countByScan({
	first,
	exact,
	read,
	isLate,
}: {
	readonly first: ReadPage;
	/** The vendor filters exactly. */
	readonly exact: boolean;
	readonly read: (cursor: string) => Promise<ReadPage>;
	readonly isLate: () => boolean;
}): Promise<RowCount> {
	let scanned = 0;
	const seen = new Set<string>();
	for (let page = first; ; ) {
		scanned += page.scanned;
		for (const { row } of page.rows) seen.add(row.id);
		if (page.next === undefined)
			return { total: seen.size, notes: exact ? [] : [lookedThrough(scanned)] };
		if (isLate())
			return {
				total: null,
				notes: [
					`at least ${seen.size} records match: there was time to check ${scanned} rows only; narrow the filter`,
				],
			};
		const cursor: string = page.next;
		page = await read(cursor);
		nextAfter(page, cursor);
	}
}
