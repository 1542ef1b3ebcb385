import { expect, test } from "vitest";
import { engineOf, type Filled, NOW, TODAY } from "./ask.js";

const ORDERS: Filled = {
	as: "orders",
	columns: [
		{ name: "Order no", type: "TEXT" },
		{ name: "Amount", type: "REAL" },
		{ name: "Paid", type: "INTEGER" },
		{ name: "_id", type: "TEXT" },
	],
	rows: [
		["A", 10, 1, "r1"],
		["B", 2.5, 0, "r2"],
		["Ä€😀", null, 1, "r3"],
	],
};

test("a statement answers its columns and rows", async () => {
	const { ask } = engineOf();
	expect(
		await ask('select "Order no", Amount/4 q, Paid from orders', [ORDERS]),
	).toEqual({
		columns: ["Order no", "q", "Paid"],
		rows: [
			["A", 2.5, 1],
			["B", 0.625, 0],
			["Ä€😀", null, 1],
		],
		isCut: false,
	});
});

test("the columns that a statement can use are told, and those alone are loaded", async () => {
	const { engine, clock } = engineOf();
	const used = async (sql: string) => {
		const opened = await engine.open(
			{
				sql,
				tables: [ORDERS, { ...ORDERS, as: "o2" }],
				today: "",
				now: "",
				zone: "UTC",
			},
			{ untilMs: clock.now() + 1_000 },
		);
		if ("fault" in opened) return opened;
		opened.close();
		return opened.used;
	};
	expect(await used("select count(*) from orders")).toEqual([[], undefined]);
	expect(await used('select "order NO" from Orders')).toEqual([[0], undefined]);
	expect(
		await used("select a.Paid from orders a join o2 b using (_id)"),
	).toEqual([
		[2, 3],
		[2, 3],
	]);
	expect(await used("select * from orders natural join o2")).toEqual([
		[0, 1, 2, 3],
		[0, 1, 2, 3],
	]);
	expect(
		await used(
			"with orders as (select Paid from o2) select count(*) from orders",
		),
	).toEqual([undefined, [2]]);
});

test("rows are counted where no column is used", async () => {
	const { ask } = engineOf();
	expect(await ask("select count(*) n from orders", [ORDERS])).toMatchObject({
		rows: [[3]],
	});
});

test("a fault has its kind, its name and its place in characters", async () => {
	const { ask } = engineOf();
	expect(await ask("select 'Ä€😀', \"Amout\" from orders", [ORDERS])).toEqual({
		fault: "no_column",
		message: expect.stringContaining("no such column"),
		subject: "Amout",
		at: 15,
	});
	expect(await ask("select o.Amout from orders o", [ORDERS])).toMatchObject({
		fault: "no_column",
		subject: "o.Amout",
	});
	expect(await ask("select 1 from order_s", [ORDERS])).toMatchObject({
		fault: "no_table",
		subject: "order_s",
	});
	expect(await ask("select medain(1)")).toMatchObject({
		fault: "no_function",
		subject: "medain",
	});
	expect(await ask("select from")).toMatchObject({ fault: "syntax" });
	expect(await ask("selec 1")).toMatchObject({ fault: "syntax", at: 0 });
});

test("the time is that of the question, and no other", async () => {
	const { ask } = engineOf();
	expect(await ask("select today(), now()")).toMatchObject({
		rows: [[TODAY, NOW]],
	});
	for (const sql of [
		"select date('now')",
		"select datetime('NOW', '+1 day')",
		"select julianday()",
		"select current_date",
		"select strftime('%Y', x) from (select 'now' x)",
		"select CURRENT_TIMESTAMP",
		"select datetime(0, 'unixepoch', 'localtime')",
		"select datetime('2026-01-01 12:00', 'utc')",
		"select strftime('%H', 0, 'unixepoch', 'local' || 'time')",
		"select unixepoch('now')",
	])
		expect(await ask(sql), sql).toMatchObject({ fault: "now" });
	expect(await ask("select date('2026-11-27', '+1 month')")).toMatchObject({
		rows: [["2026-12-27"]],
	});
});

test("a statement that runs on is ended at its time, and the engine goes on", async () => {
	const { engine, clock, ask } = engineOf();
	const opened = await engine.open(
		{ sql: ENDLESS, tables: [], today: "", now: "", zone: "UTC" },
		{ untilMs: clock.now() + 1_000 },
	);
	if ("fault" in opened) throw new Error(opened.message);
	const running = opened.run({ rows: 1, characters: 1_000 });
	await turns();
	clock.advance(1_000);
	expect(await running).toMatchObject({ fault: "late" });
	opened.close();
	expect(await ask("select 1 a")).toMatchObject({ rows: [[1]] });
});

test("a regular expression that never ends takes its thread with it, and no other", async () => {
	const { engine, clock, ask } = engineOf();
	const opened = await engine.open(
		{
			sql: `select regexp('^(a+)+$', '${"a".repeat(60)}!')`,
			tables: [],
			today: "",
			now: "",
			zone: "UTC",
		},
		{ untilMs: clock.now() + 1_000 },
	);
	if ("fault" in opened) throw new Error(opened.message);
	const running = opened.run({ rows: 1, characters: 1_000 });
	await turns();
	clock.advance(1_000);
	await turns();
	clock.advance(300);
	expect(await running).toMatchObject({ fault: "late" });
	opened.close();
	expect(await ask("select 1 a")).toMatchObject({ rows: [[1]] });
});

test("who cancels is answered with the reason at once", async () => {
	const { engine, clock } = engineOf();
	const controller = new AbortController();
	const opened = await engine.open(
		{ sql: ENDLESS, tables: [], today: "", now: "", zone: "UTC" },
		{ untilMs: clock.now() + 1_000, signal: controller.signal },
	);
	if ("fault" in opened) throw new Error(opened.message);
	const running = opened.run({ rows: 1, characters: 1_000 });
	await turns();
	controller.abort(new Error("cancelled by the client"));
	await expect(running).rejects.toThrow("cancelled by the client");
	opened.close();
});

test("more statements than threads wait for their turn", async () => {
	const { ask } = engineOf();
	const answers = await Promise.all(
		Array.from({ length: 12 }, (_, index) => ask(`select ${index} n`)),
	);
	expect(answers.map((answer) => "rows" in answer && answer.rows)).toEqual(
		Array.from({ length: 12 }, (_, index) => [[index]]),
	);
});

test("a result ends where it would be too long, and says so", async () => {
	const { engine, clock } = engineOf();
	const opened = await engine.open(
		{
			sql: "with recursive t(n) as (select 1 union all select n+1 from t) select n from t",
			tables: [],
			today: "",
			now: "",
			zone: "UTC",
		},
		{ untilMs: clock.now() + 1_000 },
	);
	if ("fault" in opened) throw new Error(opened.message);
	const result = await opened.run({ rows: 5, characters: 1_000 });
	expect(result).toMatchObject({
		rows: [[1], [2], [3], [4], [5]],
		isCut: true,
	});
	opened.close();
});

test("integers beyond a double, bytes, and numbers that are none come as texts", async () => {
	const { ask } = engineOf();
	expect(
		await ask(
			"select 9007199254740993, -9223372036854775808, x'00ff', 1e999, 9007199254740991",
		),
	).toMatchObject({
		rows: [
			[
				"9007199254740993",
				"-9223372036854775808",
				"x'00ff'",
				"Infinity",
				9007199254740991,
			],
		],
	});
});

const ENDLESS =
	"with recursive t(n) as (select 1 union all select n+1 from t) select count(*) from t";

/** The thread gets what it was sent. */
async function turns(): Promise<void> {
	for (let turn = 0; turn < 50; turn++)
		await new Promise((resolve) => setImmediate(resolve));
}
