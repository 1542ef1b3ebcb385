import type { Adapter } from "../contract/adapter.js";
import { TablesError } from "../contract/errors.js";
import type { Table } from "../contract/table.js";

/**
 * An adapter whose pages are halved where the vendor finds its answer too large, until it answers. How many rows
 * were not too many is remembered for the table. Pages that are found by their number keep their size: with another
 * one a number would mean other rows.
 */
export function withHalvedPages(adapter: Adapter): Adapter {
	if (adapter.pageCursor !== undefined) return adapter;
	const most = new Map<string, number>();
	return {
		...adapter,
		readPage: (table, query, cursor, call) =>
			halving(most, table, query.pageSize, (pageSize) =>
				adapter.readPage(table, { ...query, pageSize }, cursor, call),
			),
		readByIds: (table, ids, query, call) =>
			halving(most, table, ids.length, async (size) => {
				const found = [];
				for (let from = 0; from < ids.length; from += size)
					found.push(
						...(await adapter.readByIds(
							table,
							ids.slice(from, from + size),
							query,
							call,
						)),
					);
				return found;
			}),
	};
}

async function halving<Value>(
	most: Map<string, number>,
	{ ref }: Table,
	wanted: number,
	read: (size: number) => Promise<Value>,
): Promise<Value> {
	const place = `${ref.base}/${ref.table}`;
	let size = Math.min(wanted, most.get(place) ?? wanted);
	for (;;) {
		try {
			const value = await read(size);
			if (size < wanted) most.set(place, size);
			return value;
		} catch (error) {
			if (!(error instanceof TablesError) || error.code !== "too_large")
				throw error;
			if (size <= 1) throw error;
			size = Math.ceil(size / 2);
		}
	}
}
