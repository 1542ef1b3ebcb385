import { expect, test } from "vitest";
import type { WireRow } from "../../../src/core/contract/table.js";
import type { Located } from "../../../src/core/places/locate.js";
import { readRowsById } from "../../../src/core/read/read.js";
import { tableOf } from "../fields.js";

const IDS = 10;
const PAGE = 40;

/** A vendor with `count` records that says which calls it got. */
function vendorOf(count: number, options: { readonly total?: boolean } = {}) {
	const rows = Array.from(
		{ length: count },
		(_, index): WireRow => ({ id: `r${index}`, cells: {} }),
	);
	const calls: string[] = [];
	const adapter = {
		limits: { ids: IDS, page: PAGE },
		codecs: {},
		async readPage(_table: unknown, _query: unknown, cursor = "0") {
			calls.push(`page ${cursor}`);
			const start = Number(cursor) * PAGE;
			return {
				items: rows.slice(start, start + PAGE),
				...(start + PAGE < count ? { next: String(Number(cursor) + 1) } : {}),
				...(options.total === false ? {} : { total: count }),
			};
		},
		async readByIds(_table: unknown, ids: readonly string[]) {
			calls.push(`${ids.length} ids`);
			return rows.filter(({ id }) => ids.includes(id));
		},
	};
	const located = {
		adapter,
		table: tableOf([]),
	} as unknown as Located;
	const read = async (ids: readonly string[]) => {
		const found = await readRowsById(
			located,
			ids,
			{ fields: [] },
			{ priority: "interactive" },
		);
		return [...found.keys()].sort();
	};
	return { read, calls };
}

const idsTo = (count: number, from = 0) =>
	Array.from({ length: count }, (_, index) => `r${from + index}`);

test("a few records are read by id", async () => {
	const { read, calls } = vendorOf(1_000);
	expect(await read(idsTo(30))).toEqual(idsTo(30).sort());
	expect(calls).toEqual(["10 ids", "10 ids", "10 ids"]);
});

test("most of a table is read page by page, each record once", async () => {
	const { read, calls } = vendorOf(100);
	expect(await read([...idsTo(90, 5), "r7"])).toEqual(idsTo(90, 5).sort());
	expect(calls).toEqual(["page 0", "page 1", "page 2"]);
});

test("records scattered over a large table are read by id after one page", async () => {
	const { read, calls } = vendorOf(10_000);
	const scattered = Array.from({ length: 50 }, (_, index) => `r${index * 150}`);
	expect(await read(scattered)).toEqual(scattered.toSorted());
	expect(calls[0]).toBe("page 0");
	expect(calls.slice(1)).toEqual([
		"10 ids",
		"10 ids",
		"10 ids",
		"10 ids",
		"9 ids",
	]);
});

test("without a total one page is looked at, no more", async () => {
	const { read, calls } = vendorOf(100, { total: false });
	expect(await read(idsTo(100))).toEqual(idsTo(100).sort());
	expect(calls.filter((call) => call.startsWith("page"))).toEqual(["page 0"]);
	expect(calls.length).toBe(1 + 6);
});

test("what no page shows is asked for by id, and is not there", async () => {
	const { read, calls } = vendorOf(60);
	expect(await read([...idsTo(60), "gone"])).toEqual(idsTo(60).sort());
	expect(calls).toEqual(["page 0", "page 1", "1 ids"]);
});
