import { expect, test } from "vitest";
import type { SqlFaultCode } from "../../../src/core/contract/sql.js";
import { engineOf } from "./ask.js";
import { TABLES } from "./statements.js";

const repeated = (text: string, count: number) => text.repeat(count);

/** What no statement may do, and how it is refused: before anything runs. */
const REFUSED: Readonly<Record<string, readonly SqlFaultCode[]>> = {
	"attach 'x.db' as x": ["forbidden"],
	"attach ':memory:' as x": ["forbidden"],
	"detach main": ["forbidden"],
	"vacuum into 'x.db'": ["forbidden"],
	vacuum: ["forbidden"],
	"pragma database_list": ["forbidden"],
	"pragma hard_heap_limit=0": ["forbidden"],
	"pragma query_only=0": ["forbidden"],
	"pragma writable_schema=1": ["forbidden"],
	"pragma temp_store_directory='/tmp'": ["forbidden"],
	"select * from pragma_database_list": ["no_table", "forbidden"],
	"select * from pragma_table_info('orders')": ["no_table", "forbidden"],
	"select count(*) from pragma_table_list": ["no_table", "forbidden"],
	"select count(*) from pragma_function_list": ["no_table", "forbidden"],
	"select sql from sqlite_master": ["no_table"],
	"select count(*) from sqlite_schema": ["no_table"],
	"select * from sqlite_temp_master": ["no_table"],
	"select * from temp.sqlite_schema": ["no_table"],
	"select * from dbstat": ["no_table", "forbidden"],
	"select * from sqlite_dbpage": ["no_table", "forbidden"],
	"select * from sqlite_stmt": ["no_table", "forbidden"],
	"select * from bytecode('select 1')": ["no_table", "forbidden"],
	"select * from tables_used('select 1')": ["no_table", "forbidden"],
	"select load_extension('x')": ["no_function"],
	"select readfile('/etc/passwd')": ["no_function"],
	"select writefile('x', 'y')": ["no_function"],
	"select edit('x')": ["no_function"],
	"select * from fsdir('/')": ["no_table"],
	"select sqlite_version()": ["no_function"],
	"select sqlite_source_id()": ["no_function"],
	"select sqlite_compileoption_get(1)": ["no_function"],
	"select sqlite_log(1, 'x')": ["no_function"],
	"select last_insert_rowid()": ["no_function"],
	"select fts5_source_id()": ["no_function"],
	"select randomblob(10)": ["no_function"],
	"insert into orders(_id) values ('x')": ["forbidden"],
	"update orders set Amount = 0": ["forbidden"],
	"delete from orders": ["forbidden"],
	"insert into orders(_id) values ('x') returning _id": ["forbidden"],
	"with x as (select 1) delete from orders returning _id": ["forbidden"],
	"replace into orders(_id) values ('x')": ["forbidden"],
	"create table x(a)": ["forbidden"],
	"create temp table x as select * from orders": ["forbidden"],
	"create view x as select 1": ["forbidden"],
	"create virtual table x using fts5(a)": ["forbidden"],
	"create trigger x after insert on orders begin select 1; end": ["forbidden"],
	"drop table orders": ["forbidden"],
	"alter table orders rename to x": ["forbidden"],
	"create index x on orders(_id)": ["forbidden"],
	"begin exclusive": ["forbidden"],
	commit: ["forbidden"],
	"savepoint x": ["forbidden"],
	reindex: ["forbidden"],
	analyze: ["forbidden"],
	"explain select * from orders": ["forbidden"],
	"explain query plan select * from orders": ["forbidden"],
	"select 1; select 2": ["forbidden"],
	"select 1; drop table orders": ["forbidden"],
	"select 1; -- a comment\n; pragma query_only=0": ["forbidden"],
	"select ?": ["forbidden"],
	"select :name from orders": ["forbidden"],
	"": ["forbidden"],
	"-- nothing": ["forbidden"],
	".tables": ["syntax"],
	".read /etc/passwd": ["syntax"],
};

/** What would take all room or the thread itself down with it. */
const TOO_LARGE: readonly string[] = [
	"select zeroblob(2000000000)",
	"select length(hex(zeroblob(3000000)))",
	"select printf('%2000000000d', 1)",
	"select printf('%.*c', 2000000000, 'x')",
	"select format('%99999999s', 'x')",
	"select replace(hex(zeroblob(10000)), '0', hex(zeroblob(10000)))",
	"select group_concat(hex(zeroblob(1000000))) from (values (1), (2), (3), (4), (5))",
	"select json_group_array(hex(zeroblob(1000000))) from (values (1), (2), (3), (4), (5))",
	"select regexp_replace(hex(zeroblob(20000)), '0', hex(zeroblob(200)))",
	`select ${repeated("(", 20_000)}1${repeated(")", 20_000)}`,
	`select ${repeated("1+", 5_000)}1`,
	`select ${repeated("not ", 5_000)}1`,
	`select ${repeated("- ", 5_000)}1`,
	Array.from({ length: 600 }, () => "select 1").join(" union all "),
	`select ${repeated("(select ", 400)}1${repeated(")", 400)}`,
	`select coalesce(${repeated("1,", 5_000)}1)`,
	`select '${repeated("x", 200_000)}'`,
	`select ${repeated("1,", 5_000)}1`,
	`select 1 from ${Array.from({ length: 70 }, (_, index) => `orders o${index}`).join(", ")}`,
	`select json_extract('${repeated("[", 5_000)}${repeated("]", 5_000)}', '$')`,
	`with recursive t(x) as (select 'x' union all select x || x from t) select max(length(x)) from t`,
];

test("what is not one SELECT over the tables is refused", async () => {
	const { ask } = engineOf();
	expect(Object.keys(REFUSED).length).toBeGreaterThanOrEqual(60);
	for (const [sql, faults] of Object.entries(REFUSED)) {
		const answer = await ask(sql, TABLES);
		expect("fault" in answer ? answer.fault : answer, sql).toBeOneOf([
			...faults,
		]);
	}
	// The engine is as it was.
	expect(await ask("select count(*) from orders", TABLES)).toMatchObject({
		rows: [[60]],
	});
});

test("what is too large is refused, and the engine goes on", async () => {
	const { ask } = engineOf();
	for (const sql of TOO_LARGE) {
		const answer = await ask(sql, TABLES);
		expect(
			"fault" in answer,
			`${sql.slice(0, 80)}: ${JSON.stringify(answer).slice(0, 200)}`,
		).toBe(true);
	}
	expect(await ask("select count(*) from orders", TABLES)).toMatchObject({
		rows: [[60]],
	});
});

/** What runs until it is ended; each inside one operation of the engine, or in many. */
const ENDLESS: readonly string[] = [
	"with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
	"with recursive t(n) as (select 1 union all select 1 from t) select max(n) from t",
	`select count(*) from ${Array.from({ length: 12 }, (_, index) => `orders o${index}`).join(", ")}`,
	`select regexp('^(a|a)*$', '${repeated("a", 60)}!')`,
	`select regexp_replace('${repeated("a", 60)}!', '^(a+)+$', 'b')`,
	`select '${repeated("a", 900)}' glob '${repeated("*a", 400)}b'`,
];

test("what never ends is ended at its time, and the engine goes on", async () => {
	const { engine, clock, ask } = engineOf();
	for (const sql of ENDLESS) {
		const opened = await engine.open(
			{ sql, tables: TABLES, today: "", now: "", zone: "UTC" },
			{ untilMs: clock.now() + 1_000 },
		);
		if ("fault" in opened) throw new Error(`${sql}: ${opened.message}`);
		for (const [index, { rows }] of TABLES.entries()) {
			const used = opened.used[index];
			if (used !== undefined)
				await opened.load(
					index,
					rows.map((row) => used.map((place) => row[place] ?? null)),
				);
		}
		const running = opened.run({ rows: 1, characters: 1_000 });
		let answer: unknown;
		running.then((given) => {
			answer = given;
		});
		for (let turn = 0; turn < 20; turn++)
			await new Promise((resolve) => setImmediate(resolve));
		expect(answer, sql).toBeUndefined();
		clock.advance(1_000);
		await new Promise((resolve) => setImmediate(resolve));
		clock.advance(300);
		expect(await running, sql).toMatchObject({ fault: "late" });
		opened.close();
	}
	expect(await ask("select 1 a")).toMatchObject({ rows: [[1]] });
});
