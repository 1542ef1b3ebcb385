import { LRUCache } from "lru-cache";
import type { CallContext } from "../../core/contract/call-context.js";
import type { Clock } from "../../core/contract/clock.js";
import type { WireQuery } from "../../core/contract/records.js";
import type { Table, TableRef } from "../../core/contract/table.js";
import { type Loose, text } from "../kit/answer.js";

/* There is no call for several ids: they are looked for page by page, as far as that costs less than one call each. */

/** Pages that are looked through before the rest is read one by one: a quarter of a call per id. */
const PAGES_PER_ID = 1 / 4;
/** Of a table known to be longer: so many, and as many more as the found ids pay for. */
const TRIED_PAGES = 2;
/** How long a look goes on where the one before has ended: who asks part by part mostly does so in order. */
const PLACE_MAX_AGE_MS = 60_000;
/** How long a table is known to be too long to be looked through. */
const LENGTH_MAX_AGE_MS = 600_000;
/** Tables whose length and place are known. */
const KEPT = 200;

export interface FoundRecords {
	readonly records: readonly Loose[];
	/** Records that are not among them do not exist. */
	readonly whole: boolean;
}

/** Those of the wanted records that the pages of a table show. */
export type RecordSearch = (
	table: Table,
	wanted: ReadonlySet<string>,
	query: Pick<WireQuery, "fields">,
	context: CallContext,
) => Promise<FoundRecords>;

/** One page of a table's records. */
export type ReadList = (
	table: Table,
	query: Pick<WireQuery, "fields" | "filter" | "pageSize">,
	cursor: string | undefined,
	context: CallContext,
) => Promise<{
	readonly records: readonly Loose[];
	readonly next: string | undefined;
}>;

/** Looks for records page by page; looks through the same table take turns. */
export function openRecordSearch(
	clock: Clock,
	pageSize: number,
	readList: ReadList,
): RecordSearch {
	/** Pages that a table has at least. */
	const lengths = new LRUCache<string, number>({
		max: KEPT,
		ttl: LENGTH_MAX_AGE_MS,
		perf: clock,
	});
	/** Where the last look through a table has ended; looks take turns. */
	const places = new LRUCache<string, string>({
		max: KEPT,
		ttl: PLACE_MAX_AGE_MS,
		perf: clock,
	});
	const looks = new Map<string, Promise<unknown>>();

	/** Records among those wanted that the pages show; `whole`: those that they do not show do not exist. */
	const search: RecordSearch = async (table, wanted, { fields }, context) => {
		const key = keyOfTable(table.ref);
		const found = new Map<string, Loose>();
		const most = Math.ceil(wanted.size * PAGES_PER_ID);
		const isLong = (lengths.get(key) ?? 0) > most;
		const isPart = wanted.size > pageSize;
		const tried = isPart ? TRIED_PAGES : 0;
		let cursor = isPart ? places.get(key) : undefined;
		places.delete(key);
		let begins = cursor === undefined;
		for (
			let page = 1;
			page <= (isLong ? tried + found.size * PAGES_PER_ID : most);
			page++
		) {
			const { records, next } = await readList(
				table,
				{ fields, pageSize },
				cursor,
				context,
			);
			for (const record of records) {
				const id = text(record.id) ?? "";
				if (wanted.has(id)) found.set(id, record);
			}
			cursor = next;
			if (cursor !== undefined) {
				places.set(key, cursor);
				if (begins && page + 1 > (lengths.get(key) ?? 0))
					lengths.set(key, page + 1);
			} else places.delete(key);
			const whole = cursor === undefined && begins;
			if (whole || found.size === wanted.size)
				return { records: [...found.values()], whole: true };
			// From the beginning, for what stands before the place where this look began.
			if (cursor === undefined) begins = true;
		}
		return { records: [...found.values()], whole: false };
	};

	return (table, wanted, query, context) =>
		inTurn(looks, keyOfTable(table.ref), () =>
			search(table, wanted, query, context),
		);
}

/** After what has the same key. */
async function inTurn<T>(
	turns: Map<string, Promise<unknown>>,
	key: string,
	work: () => Promise<T>,
): Promise<T> {
	const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
	turns.set(key, mine);
	try {
		return await mine;
	} finally {
		if (turns.get(key) === mine) turns.delete(key);
	}
}

/** A table as a key of a map. */
export function keyOfTable({ base, table }: TableRef): string {
	return `${base}\n${table}`;
}
