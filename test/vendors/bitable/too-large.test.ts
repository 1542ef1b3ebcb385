import { expect, test } from "vitest";
import { openWorld } from "./world.js";

const ROWS = 700;

async function full(mostRows: number) {
	const world = await openWorld({ switches: { mostRows } });
	const ids = world.fake.addRecords(
		world.table,
		Array.from({ length: ROWS }, (_, index) => ({
			Title: `t${index}`,
			Amount: index,
		})),
	);
	const refusals = () =>
		world.fake.log.filter(({ response }) =>
			String(response.body).includes("TooLargeResponse"),
		).length;
	return { ...world, ids, refusals };
}

test("a page that is too large for the vendor is halved, the read goes on, and the table is remembered", async () => {
	const { tool, reference, refusals } = await full(150);
	const sum = () =>
		tool("query_records", {
			table: reference,
			aggregate: [{ function: "sum", field: "Amount" }, { function: "count" }],
		});
	expect((await sum()).structured.rows).toEqual([
		[(ROWS * (ROWS - 1)) / 2, ROWS],
	]);
	// 500 and 250 are too many, 125 are not.
	expect(refusals()).toBe(2);
	await sum();
	expect(refusals()).toBe(2);
	const exported = await tool("export_records", {
		table: reference,
		file: "all.csv",
	});
	expect(exported.structured).toMatchObject({ rows: ROWS });
	expect(refusals()).toBe(2);
});

test("a query goes on by its cursor with pages that are not too large", async () => {
	const { tool, reference } = await full(40);
	const seen: unknown[] = [];
	let cursor: unknown;
	do {
		const { structured } = await tool("query_records", {
			table: reference,
			limit: 300,
			...(cursor === undefined ? {} : { cursor }),
		});
		seen.push(...(structured.rows as unknown[][]).map(([, title]) => title));
		cursor = structured.next_cursor ?? undefined;
	} while (cursor !== undefined);
	expect(seen).toEqual(Array.from({ length: ROWS }, (_, index) => `t${index}`));
});

test("records that are read by their ids are fewer in a call too", async () => {
	const { tool, reference, ids, refusals } = await full(30);
	const { structured } = await tool("query_records", {
		table: reference,
		record_ids: ids.slice(0, 90),
		limit: 90,
	});
	expect(structured.rows).toHaveLength(90);
	expect(refusals()).toBeGreaterThan(0);
});

test("a single row that is too large is refused with the way round", async () => {
	const { refused, reference } = await full(0);
	const error = await refused("query_records", { table: reference });
	expect([error.code, error.next]).toEqual([
		"too_large",
		"Name fewer fields, or fewer rows with `limit`.",
	]);
});
