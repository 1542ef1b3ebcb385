import fc from "fast-check";
import { expect, test } from "vitest";
import { forgetWrites } from "../../folder.js";
import { type ClientOptions, connected } from "../../server/client.js";
import { SEED } from "../local-world.js";

/** A few products of which nothing counts as this person's own. */
async function products(count = 3, options: ClientOptions = {}) {
	const client = await connected(options);
	const made = await client.ok("create_table", {
		name: "Products",
		fields: [
			{ name: "SKU", type: "text" },
			{ name: "Price", type: "number" },
			{ name: "Note", type: "text" },
			{
				name: "Kind",
				type: "single_select",
				settings: { options: [{ name: "Kitchen" }, { name: "Garden" }] },
			},
			{ name: "Double", type: "formula", settings: { formula: "{Price} * 2" } },
		].slice(0, 4),
	});
	const table = made.structured.table as string;
	const { structured } = await client.ok("create_records", {
		table,
		records: Array.from({ length: count }, (_, index) => ({
			fields: {
				SKU: `P${index}`,
				Price: 10 * (index + 1),
				Note: `note ${index}`,
				Kind: index % 2 === 0 ? "Kitchen" : "Garden",
			},
		})),
	});
	const ids = structured.ids as string[];
	forgetWrites(client.folder);
	const tables = [{ as: "p", table }];
	const rows = async (...fields: string[]) =>
		(
			await client.ok("query_records", {
				table,
				fields,
				ids: false,
				limit: 1_000,
			})
		).structured.rows as unknown[][];
	const from = (sql: string) => ({ table, from: { sql, tables } });
	return { client, table, ids, rows, from, tables };
}

test("an update takes the rows of a statement by their ids, and a dry run shows them before and after", async () => {
	const { client, rows, from, ids } = await products();
	const raise = from(
		"select _id, Price * 1.05 as Price from p where Kind = 'Kitchen'",
	);
	const dry = await client.ok("update_records", { ...raise, dry_run: true });
	expect(dry.structured).toMatchObject({
		counts: { updated: 2 },
		change_id: null,
		preview: [
			{ id: ids[0], before: { Price: 10 }, after: { Price: 10.5 } },
			{ id: ids[2], before: { Price: 30 }, after: { Price: 31.5 } },
		],
		cells_cleared: 0,
	});
	expect(dry.text).toContain("Price: 10 → 10.5");
	expect((await rows("Price")).flat()).toEqual([10, 20, 30]);
	const done = await client.ok("update_records", raise);
	expect(done.structured.counts).toMatchObject({ updated: 2, failed: 0 });
	expect((await rows("Price")).flat()).toEqual([10.5, 20, 31.5]);
	await client.ok("undo_change", { change_id: done.structured.change_id });
	expect((await rows("Price")).flat()).toEqual([10, 20, 30]);
});

test("new records are the rows of a statement; a NULL leaves its cell empty", async () => {
	const { client, rows, from } = await products();
	const done = await client.ok(
		"create_records",
		from("select SKU || '-b' as SKU, Price, null as Note, Kind from p"),
	);
	expect(done.structured.counts).toMatchObject({ created: 3 });
	expect(done.text).toMatch(/note: 3 rows of the statement as of .*p 3 rows/);
	expect((await rows("SKU", "Price", "Note", "Kind")).slice(3)).toEqual([
		["P0-b", 10, null, "Kitchen"],
		["P1-b", 20, null, "Garden"],
		["P2-b", 30, null, "Kitchen"],
	]);
});

test("records are deleted by a column _id", async () => {
	const { client, rows, from } = await products();
	const dry = await client.ok("delete_records", {
		...from("select _id from p where Price > 10"),
		dry_run: true,
	});
	expect(dry.structured.preview).toEqual([
		{
			id: expect.any(String),
			before: { SKU: "P1", Price: 20, Note: "note 1", Kind: "Garden" },
			after: null,
		},
		{
			id: expect.any(String),
			before: { SKU: "P2", Price: 30, Note: "note 2", Kind: "Kitchen" },
			after: null,
		},
	]);
	const done = await client.ok(
		"delete_records",
		from("select _id from p where Price > 10"),
	);
	expect(done.structured.counts).toMatchObject({ deleted: 2 });
	expect((await rows("SKU")).flat()).toEqual(["P0"]);
	await client.ok("undo_change", { change_id: done.structured.change_id });
	expect((await rows("SKU")).flat().sort()).toEqual(["P0", "P1", "P2"]);
});

test("NULL keeps a cell and '' clears it, which a dry run counts", async () => {
	const { client, rows, from } = await products();
	const sql =
		"select _id, case SKU when 'P0' then '' when 'P1' then null else 'new' end as Note from p";
	const dry = await client.ok("update_records", {
		...from(sql),
		dry_run: true,
	});
	expect(dry.structured.cells_cleared).toBe(1);
	expect(dry.text).toContain("1 cell would be cleared");
	await client.ok("update_records", from(sql));
	expect((await rows("Note")).flat()).toEqual([null, "note 1", "new"]);
});

test("key fields find the records, and upsert makes the others", async () => {
	const { client, rows, from } = await products();
	const sql = "select SKU, Price + 1 as Price from p union all select 'X', 5";
	const missing = await client.refused("update_records", {
		...from(sql),
		match_on: ["SKU"],
	});
	expect(missing.structured.problems).toEqual([
		expect.objectContaining({
			record: 3,
			message: expect.stringContaining('no record has SKU = "X"'),
		}),
	]);
	const done = await client.ok("update_records", {
		...from(sql),
		match_on: ["SKU"],
		upsert: true,
	});
	expect(done.structured.counts).toMatchObject({ updated: 3, created: 1 });
	expect(await rows("SKU", "Price")).toEqual([
		["P0", 11],
		["P1", 21],
		["P2", 31],
		["X", 5],
	]);
});

test("rows that a join has doubled count once where they are equal, and are refused where they differ", async () => {
	const { client, rows, from } = await products(8);
	const equal = await client.ok(
		"update_records",
		from("select a._id, a.Price + 1 as Price from p a, p b where b.Price < 40"),
	);
	expect(equal.structured.counts).toMatchObject({ updated: 8 });
	expect(equal.text).toContain("16 rows are equal to an earlier one");
	const differing = await client.refused(
		"update_records",
		from("select a._id, b.Price as Price from p a, p b"),
	);
	expect(differing.text).toContain(
		"comes more than once with different values",
	);
	expect(differing.text).toContain("and 3 more");
	expect((await rows("Price")).flat()[0]).toBe(11);
});

test.each([
	["select Price from p", "has no column _id"],
	["select null as _id, 1 as Price from p", "_id is NULL in rows 0, 1, 2"],
	["select _id, 1 as Cost from p", 'there is no field "Cost"'],
	["select _id, Price, Price * 2 as price from p", "two columns"],
	["select _id, _created_at from p", '"_created_at"'],
	["select _id from p", "no column that is a field"],
	["select _id, Price from q", 'no table "q"'],
	["select _id, 'much' as Price from p", '"Price"'],
])("%s is refused as a whole: %s", async (sql, said) => {
	const { client, rows, from } = await products();
	const refused = await client.refused("update_records", from(sql));
	expect(refused.text).toContain(said);
	expect((await rows("Price")).flat()).toEqual([10, 20, 30]);
});

test("exactly one way to say which rows are meant is taken", async () => {
	const { client, table, from } = await products();
	const both = from("select _id, 1 as Price from p");
	for (const [tool, more] of [
		["create_records", { records: [{ fields: {} }] }],
		["update_records", { records: [{ fields: {} }] }],
		["update_records", { set: { Price: 1 } }],
		["delete_records", { record_ids: ["a"] }],
		["export_records", { file: "a.csv" }],
		["export_records", { file: "a.csv", table: undefined, fields: ["SKU"] }],
	] as const) {
		const refused = await client.refused(tool, { ...both, ...more });
		expect(refused.text, tool).toContain("makes the rows by itself");
	}
	await client.refused("update_records", { table });
	const wrong = await client.refused("update_records", {
		table,
		from: { sql: "select 1", tabels: [] },
	});
	expect(wrong.text).toContain("tables");
});

test("a bad cell is told by its row, and nothing is written", async () => {
	const { client, rows, from } = await products();
	const refused = await client.refused(
		"update_records",
		from("select _id, iif(SKU = 'P1', 'Roof', 'Garden') as Kind from p"),
	);
	expect(refused.structured.problems).toEqual([
		expect.objectContaining({ record: 1, field: "Kind", given: "Roof" }),
	]);
	expect((await rows("Kind")).flat()).toEqual(["Kitchen", "Garden", "Kitchen"]);
});

test("more than a person's measure is asked about, once, with the number; a no writes nothing", async () => {
	let action: "accept" | "decline" = "decline";
	const { client, rows, from } = await products(60, {
		person: () => ({ action }),
	});
	const raise = from("select _id, Price + 1 as Price from p");
	await client.refused("update_records", raise);
	expect(client.asked).toEqual(['May I change 60 records of "Products"?']);
	expect((await rows("Price"))[0]).toEqual([10]);
	await client.refused("delete_records", from("select _id from p"));
	expect(client.asked[1]).toMatch(/delete 60 records of "Products"/);
	action = "accept";
	await client.ok("update_records", raise);
	expect((await rows("Price"))[0]).toEqual([11]);
});

test("without a person it needs `confirm` with the number that the dry run names", async () => {
	const { client, rows, from } = await products(60);
	const raise = from("select _id, Price + 1 as Price from p");
	const dry = await client.ok("update_records", { ...raise, dry_run: true });
	expect(dry.structured.confirm).toBe("60");
	await client.refused("update_records", raise);
	const done = await client.ok("update_records", { ...raise, confirm: "60" });
	expect(done.structured.counts).toMatchObject({ updated: 60 });
	expect((await rows("Price"))[0]).toEqual([11]);
});

test("a statement is written to a file under the names of its columns", async () => {
	const { client, tables } = await products();
	const sql =
		"select SKU as \"Our code\", Price * 2 as twice, '=1+1' as f, '2026-11-20' as d from p";
	for (const [file, first] of [
		["a.csv", "Our code,twice,f,d\r\nP0,20,'=1+1,2026-11-20\r\n"],
		["a.ndjson", '{"Our code":"P0","twice":20,"f":"=1+1","d":"2026-11-20"}\n'],
	] as const) {
		const done = await client.ok("export_records", {
			from: { sql, tables },
			file,
		});
		expect(done.structured).toMatchObject({
			rows: 3,
			columns: ["Our code", "twice", "f", "d"],
		});
		expect(client.read(file).replace("\ufeff", "")).toMatch(
			new RegExp(`^${first.replace(/[+{}*]/g, "\\$&")}`),
		);
	}
	const sheet = await client.ok("export_records", {
		from: { sql, tables },
		file: "a.xlsx",
		sheet: "Prices",
	});
	expect(sheet.structured.rows).toBe(3);
	const twice = await client.refused("export_records", {
		from: { sql: "select SKU, SKU from p", tables },
		file: "b.csv",
	});
	expect(twice.text).toContain("two columns");
});

/** What a cell becomes by a value of SQL: NULL keeps it, an empty text clears it. */
const written = (held: unknown, value: unknown) =>
	value === null ? held : value === "" ? null : value;

test(`rows that a statement makes are those that query_sql shows, and updates what the evaluator says (seed ${SEED})`, async () => {
	const { client, table, tables, rows, from } = await products(0, {
		environment: { TABLES_MCP_CONSENT: "never" },
	});
	const cell = fc.record({
		Price: fc.option(fc.integer({ min: -9, max: 99 })),
		Note: fc.option(fc.constantFrom("a", "B b", "'q'", "[1]", "1,5", " ")),
		Kind: fc.option(fc.constantFrom("Kitchen", "Garden")),
	});
	await fc.assert(
		fc.asyncProperty(
			fc.array(cell, { minLength: 1, maxLength: 8 }),
			fc.integer({ min: -9, max: 99 }),
			fc.constantFrom(null, "", "new", "x, y"),
			async (cells, limit, note) => {
				await client.ok("delete_records", from("select _id from p"));
				await client.ok("create_records", {
					table,
					records: cells.map((fields) => ({ fields })),
				});
				const sql = `select Price * 2 as Price, Note, Kind, row_number() over () as SKU from p where Price >= ${limit}`;
				const shown = await client.ok("query_sql", { sql, tables });
				const want = shown.structured.rows as unknown[][];
				await client.ok("create_records", from(sql));
				const all = await rows("Price", "Note", "Kind", "SKU");
				expect(all.slice(cells.length)).toEqual(
					want.map((row) => [...row.slice(0, 3), String(row[3])]),
				);
				const literal = note === null ? "null" : `'${note}'`;
				await client.ok("update_records", {
					...from(
						`select _id, Price + 1 as Price, iif(Price < ${limit}, ${literal}, null) as Note from p`,
					),
				});
				expect(await rows("Price", "Note")).toEqual(
					all.map(([price, held]) => [
						price === null ? null : Number(price) + 1,
						written(
							held,
							price !== null && Number(price) < limit ? note : null,
						),
					]),
				);
			},
		),
		{ seed: SEED, numRuns: 15, endOnFailure: true },
	);
}, 120_000);
