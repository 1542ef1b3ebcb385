import { expect, test } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import { handClock } from "../../clock.js";
import {
	type ClientOptions,
	connected,
	type TestClient,
} from "../../server/client.js";

const FIELDS = [
	{ name: "Title", type: "text" },
	{ name: "K", type: "number" },
	{
		name: "At",
		type: "date",
		settings: { format: "yyyy-MM-dd HH:mm" },
	},
] as const;

interface World {
	readonly client: TestClient;
	readonly clock: ReturnType<typeof handClock>;
	/** Under the name that it was made with. */
	make(name: string, records?: readonly object[]): Promise<string>;
	/** Pages that were read of it, ever. */
	reads(table?: string): number;
	ask(
		sql: string,
		tables: Readonly<Record<string, string>>,
		more?: object,
	): ReturnType<TestClient["ok"]>;
}

/** A local store whose reads are counted; time stands still. */
async function world(options: ClientOptions = {}): Promise<World> {
	const clock = handClock();
	const client = await connected({ clock, ...options });
	const adapter = (await client.session.connections
		.get("local")
		?.adapter()) as { -readonly [Key in keyof Adapter]: Adapter[Key] };
	const read: string[] = [];
	const { readPage } = adapter;
	adapter.readPage = (table, ...rest) => {
		read.push(table.name);
		return readPage(table, ...rest);
	};
	return {
		client,
		clock,
		async make(name, records = []) {
			const { structured } = await client.ok("create_table", {
				name,
				fields: FIELDS,
			});
			if (records.length > 0)
				await client.ok("create_records", {
					table: structured.table,
					records: records.map((fields) => ({ fields })),
				});
			return structured.table;
		},
		reads: (table) =>
			read.filter((name) => table === undefined || name === table).length,
		ask: (sql, tables, more = {}) =>
			client.ok("query_sql", {
				sql,
				tables: Object.entries(tables).map(([as, table]) => ({ as, table })),
				...more,
			}),
	};
}

const ROWS = [
	{ Title: "a", K: 1 },
	{ Title: "b", K: 2 },
];

test("names of tables are the same as SQLite has them: by letters of ASCII", async () => {
	const { make, ask, client } = await world();
	const [a, b] = [await make("A", ROWS), await make("B")];
	const { structured } = await ask(
		'select (select count(*) from "Ä"), (select count(*) from "ä")',
		{ Ä: a, ä: b },
	);
	expect(structured.rows).toEqual([[2, 0]]);
	const { text } = await client.refused("query_sql", {
		sql: "select 1 from t",
		tables: [
			{ as: "t", table: a },
			{ as: "T", table: b },
		],
	});
	expect(text).toContain("two of `tables` are called");
});

test("one table under two names is read once, with all that either uses", async () => {
	const { make, ask, reads } = await world();
	const table = await make("A", ROWS);
	const { structured } = await ask(
		"select x.Title, y.K from x join y on x.K = y.K + 1",
		{ x: table, y: table },
	);
	expect(structured.rows).toEqual([["b", 1]]);
	expect(structured.read).toEqual({ x: 2, y: 2 });
	expect(reads()).toBe(1);
});

test("the same table with two filters is read for each", async () => {
	const { make, client } = await world();
	const table = await make("A", ROWS);
	const of = (as: string, value: number) => ({
		...{ as, table },
		filter: { conditions: [{ field: "K", op: "is", value }] },
	});
	const { structured } = await client.ok("query_sql", {
		sql: "select x.Title, y.Title from x, y",
		tables: [of("x", 1), of("y", 2)],
	});
	expect(structured.rows).toEqual([["a", "b"]]);
});

test("a second statement within a minute reads nothing, and tells when it was read", async () => {
	const { make, ask, reads, clock } = await world();
	const t = await make("A", ROWS);
	const first = await ask("select * from t", { t });
	clock.advance(40_000);
	const second = await ask("select sum(o.K) s from t o", { t });
	expect(second.structured.rows).toEqual([[3]]);
	expect(second.structured.as_of).toBe(first.structured.as_of);
	expect(reads()).toBe(1);
	// Under another name they are the same rows, another filter makes them others.
	expect(
		(await ask("select count(*) from u", { u: t })).structured.rows,
	).toEqual([[2]]);
	expect(reads()).toBe(1);
	clock.advance(20_001);
	const third = await ask("select * from t", { t });
	expect(third.structured.as_of).not.toBe(first.structured.as_of);
	expect(reads()).toBe(2);
});

test("columns that were not read before are read", async () => {
	const { make, ask, reads } = await world();
	const t = await make("A", ROWS);
	await ask("select K from t", { t });
	expect((await ask("select K, Title from t", { t })).structured.rows).toEqual([
		[1, "a"],
		[2, "b"],
	]);
	expect(reads()).toBe(2);
});

test("what this server writes is read at once", async () => {
	const { make, ask, client } = await world();
	const t = await make("A", ROWS);
	const other = await make("B");
	const sum = async () =>
		(await ask("select sum(K), count(*) from t", { t })).structured.rows[0];
	expect(await sum()).toEqual([3, 2]);
	const made = await client.ok("create_records", {
		table: t,
		records: [{ fields: { Title: "c", K: 10 } }],
	});
	expect(await sum()).toEqual([13, 3]);
	const [id] = made.structured.ids;
	await client.ok("update_records", {
		table: t,
		records: [{ id, fields: { K: 20 } }],
	});
	expect(await sum()).toEqual([23, 3]);
	const deleted = await client.ok("delete_records", {
		table: t,
		record_ids: [id],
	});
	expect(await sum()).toEqual([3, 2]);
	await client.ok("undo_change", { change_id: deleted.structured.change_id });
	expect(await sum()).toEqual([23, 3]);
	client.put("more.csv", "Title,K\nd,100\n");
	await client.ok("import_records", { table: t, file: "more.csv" });
	expect(await sum()).toEqual([123, 4]);
	await client.ok("update_field", { table: t, field: "K", name: "N" });
	expect((await ask("select sum(N) from t", { t })).structured.rows[0]).toEqual(
		[123],
	);
	await client.ok("delete_table", { table: other, confirm: "B" });
	expect((await ask("select sum(N) from t", { t })).structured.rows).toEqual([
		[123],
	]);
});

test("a write while a table is read leaves nothing that is kept", async () => {
	const { make, ask, client } = await world();
	const t = await make("A", ROWS);
	const adapter = (await client.session.connections
		.get("local")
		?.adapter()) as { readPage: Adapter["readPage"] };
	const { readPage } = adapter;
	adapter.readPage = async (...given) => {
		const page = await readPage(...given);
		adapter.readPage = readPage;
		await client.ok("create_records", {
			table: t,
			records: [{ fields: { Title: "c", K: 10 } }],
		});
		return page;
	};
	expect((await ask("select sum(K) from t", { t })).structured.rows).toEqual([
		[3],
	]);
	expect((await ask("select sum(K) from t", { t })).structured.rows).toEqual([
		[13],
	]);
});

test("what one session has read is nothing to another one", async () => {
	const { make, ask, client, clock } = await world();
	const t = await make("A", ROWS);
	await ask("select Title, K from t", { t });
	const closed = await connected({
		clock,
		folder: client.folder,
		config: {
			connections: {
				local: { vendor: "local", policy: { hidden_fields: ["K"] } },
			},
		},
	});
	const args = { sql: "select K from t", tables: [{ as: "t", table: t }] };
	expect((await closed.refused("query_sql", args)).text).toContain(
		'there is no column "K"',
	);
});

test("more than a million values are refused before they are read", async () => {
	const { make, client, reads } = await world();
	const t = await make(
		"A",
		Array.from({ length: 2_000 }, (_, K) => ({ Title: "x", K })),
	);
	const names = (count: number) =>
		Array.from({ length: count }, (_, at) => `t${at}`);
	const args = (count: number) => ({
		sql: names(count)
			.map((as) => `select * from ${as}`)
			.join(" union all "),
		tables: names(count).map((as) => ({
			as,
			table: t,
			// Rows of their own each.
			filter: {
				conditions: [{ field: "K", op: "gte", value: -Number(as.slice(1)) }],
			},
		})),
		limit: 1,
	});
	// 2,000 rows of 6 columns, 20 times, are 240,000 values.
	expect((await client.ok("query_sql", args(20))).structured.total).toBe(
		40_000,
	);
	const wide = await client.ok("create_table", {
		name: "Wide",
		fields: Array.from({ length: 300 }, (_, at) => ({
			name: `F${at}`,
			type: "text",
		})),
	});
	const before = reads("Wide");
	await client.ok("create_records", {
		table: wide.structured.table,
		records: Array.from({ length: 3_500 }, () => ({ fields: { F0: "x" } })),
	});
	const { text } = await client.refused("query_sql", {
		sql: "select * from w",
		tables: [{ as: "w", table: wide.structured.table }],
	});
	expect(text).toContain("would read 3500 rows of 303 columns");
	expect(text).toContain("`filter`");
	expect(reads("Wide") - before).toBe(1);
	expect(
		(
			await client.ok("query_sql", {
				sql: "select count(*), max(F0) from w",
				tables: [{ as: "w", table: wide.structured.table }],
			})
		).structured.rows,
	).toEqual([[3_500, "x"]]);
}, 120_000);

test("a result ends at 20 million characters, and says so", async () => {
	const { make, ask } = await world();
	const t = await make("A", ROWS);
	const { structured } = await ask(
		"with recursive n(i) as (select 1 union all select i + 1 from n where i < 30) select i, printf('%.*c', 1000000, 'x') from n",
		{ t },
		{ limit: 1 },
	);
	expect(structured.total).toBeNull();
	expect(structured.notes.join("\n")).toMatch(
		/the result was ended after (1[89]|20) rows: it has more/,
	);
});

test("a statement that is not done in its time is ended with what to do", async () => {
	const { make, client, clock } = await world();
	const t = await make("A", ROWS);
	const running = client.refused("query_sql", {
		sql: "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n",
		tables: [{ as: "t", table: t }],
	});
	for (let second = 0; second < 46; second++) {
		for (let turn = 0; turn < 50; turn++)
			await new Promise((resolve) => setImmediate(resolve));
		clock.advance(1_000);
	}
	const { text } = await running;
	expect(text).toContain("still running when its time was over");
	expect(text).toContain("Narrow the tables with `filter`");
});

test("a cursor goes on for ten minutes, then says that the statement is to be run again", async () => {
	const { make, client, clock } = await world();
	const t = await make("A", ROWS);
	const args = {
		sql: "select Title from t order by 1",
		tables: [{ as: "t", table: t }],
		limit: 1,
	};
	const first = await client.ok("query_sql", args);
	const cursor = first.structured.next_cursor;
	const old = expect.stringContaining("were written through this server after");
	expect(
		(await client.ok("query_sql", { ...args, cursor })).structured.notes,
	).not.toContainEqual(old);
	await client.ok("create_records", {
		table: t,
		records: [{ fields: { Title: "A" } }],
	});
	clock.advance(599_000);
	const second = await client.ok("query_sql", { ...args, cursor });
	expect(second.structured.rows).toEqual([["b"]]);
	expect(second.structured.notes).toContainEqual(old);
	expect(second.structured.as_of).toBe(first.structured.as_of);
	clock.advance(600_001);
	const { text } = await client.refused("query_sql", { ...args, cursor });
	expect(text).toMatch(/Run it again, .*export_records with `from`/);
	await client.refused("query_sql", {
		...args,
		sql: "select K from t",
		cursor,
	});
});

test("tables of other zones are told on the clock of the first one", async () => {
	const { make, ask, client } = await world({
		environment: { TABLES_MCP_TIME_ZONE: "Europe/Berlin" },
	});
	const adapter = (await client.session.connections
		.get("local")
		?.adapter()) as { readTable: Adapter["readTable"] };
	const { readTable } = adapter;
	adapter.readTable = async (...given) => {
		const table = await readTable(...given);
		return table.name === "Far" ? { ...table, zone: "Asia/Tokyo" } : table;
	};
	const at = [{ Title: "x", At: "2026-11-20T12:00:00Z" }];
	const near = await make("Near", at);
	const far = await make("Far", at);
	for (const [tables, wall, zone] of [
		[{ n: near, f: far }, "2026-11-20 13:00:00", "Europe/Berlin"],
		[{ f: far, n: near }, "2026-11-20 21:00:00", "Asia/Tokyo"],
	] as const) {
		const { structured, text } = await ask(
			"select n.At, f.At from n join f on n.At = f.At",
			tables,
		);
		expect(structured.rows).toEqual([[wall, wall]]);
		expect(structured.as_of.endsWith(zone)).toBe(true);
		expect(text.split("\n")[0]).toContain(zone);
	}
});

test("columns that are called otherwise than their fields are named in the first line", async () => {
	const { client, ask } = await world();
	const { structured: made } = await client.ok("create_table", {
		name: "Names",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "title", type: "text" },
			{ name: "_id", type: "text" },
		],
	});
	await client.ok("create_records", {
		table: made.table,
		records: [{ fields: { Title: "a", title: "b", _id: "c" } }],
	});
	const { structured, text } = await ask(
		'select Title, "title (2)", "_id", length("_id_2") > 3 from t',
		{ t: made.table },
	);
	expect(structured.rows).toEqual([["a", "b", "c", 1]]);
	expect(structured.renamed).toEqual([
		'"title" is "title (2)" in t',
		'"_id" is "_id_2" in t',
	]);
	for (const said of structured.renamed)
		expect(text.split("\n")[0]).toContain(said);
});
