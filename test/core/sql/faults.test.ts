import { expect, test } from "vitest";
import { type Answer, connected } from "../../server/client.js";

/** As other dialects have it; what the error must name; the same as SQLite has it. */
const HABITS: readonly (readonly [elsewhere: string, here: string])[] = [
	["select top 10 K from t", "select K from t limit 10"],
	["select K from t fetch first 10 rows only", "select K from t limit 10"],
	[
		"select extract(year from D) from t",
		"select cast(strftime('%Y', D) as integer) from t",
	],
	["select year(D) from t", "select cast(strftime('%Y', D) as integer) from t"],
	[
		"select date_trunc('month', D) from t",
		"select date(D, 'start of month') from t",
	],
	["select datediff(day, D, D) from t", "select days_between(D, D) from t"],
	["select datediff(D, D) from t", "select days_between(D, D) from t"],
	[
		"select K from t where D > now() - interval '7 days'",
		"select K from t where D > date(today(), '-7 days')",
	],
	["select dateadd(day, 7, D) from t", "select date(D, '+7 days') from t"],
	["select getdate() from t", "select now() from t"],
	["select to_char(D, 'YYYY-MM') from t", "select strftime('%Y-%m', D) from t"],
	["select to_date('2026-11-20') from t", "select '2026-11-20' from t"],
	[
		"select last_day(D) from t",
		"select date(D, 'start of month', '+1 month', '-1 day') from t",
	],
	["select K::int from t", "select cast(K as integer) from t"],
	["select convert(int, K) from t", "select cast(K as integer) from t"],
	["select T from t where T ilike '%a%'", "select T from t where T like '%a%'"],
	[
		"select T from t where T rlike 'a'",
		"select T from t where regexp('(?i)a', T)",
	],
	["select isnull(K, 0) from t", "select ifnull(K, 0) from t"],
	["select nvl(K, 0) from t", "select ifnull(K, 0) from t"],
	[
		"select percentile_cont(0.9) within group (order by K) from t",
		"select percentile_cont(K, 0.9), median(K) from t",
	],
	[
		"select listagg(T, ',') from t",
		"select string_agg(T, ', ' order by T) from t",
	],
	[
		"select group_concat(T separator ',') from t",
		"select string_agg(T, ', ' order by T) from t",
	],
	["select array_agg(T) from t", "select json_group_array(T) from t"],
	["select * from t, unnest(T)", "select e.value from t, json_each('[1]') e"],
	["select left(T, 2) from t", "select substr(T, 1, 2), substr(T, -2) from t"],
	["select len(T) from t", "select length(T) from t"],
	["select charindex('a', T) from t", "select instr(T, 'a') from t"],
	["select greatest(K, 2) from t", "select max(K, 2), min(K, 2) from t"],
	["select stdev(K) from t", "select stddev(K) from t"],
	[
		"select distinct on (T) K from t",
		"select * from (select *, row_number() over (partition by T order by D desc) n from t) where n = 1",
	],
	[
		"select * from t pivot (sum(K) for T in ('a'))",
		"select sum(K) filter (where T = 'a') from t",
	],
	[
		"select T, sum(K) from t group by rollup (T)",
		"select T, sum(K) from t group by 1 union all select null, sum(K) from t",
	],
	[
		"select * from t cross join lateral (select 1) x",
		"select *, (select 1) x from t",
	],
];

async function world() {
	const client = await connected();
	const make = async (name: string, fields: readonly object[]) =>
		(await client.ok("create_table", { name, fields })).structured
			.table as string;
	const clients = await make("Clients", [{ name: "Name", type: "text" }]);
	const table = await make("Things", [
		{ name: "T", type: "text" },
		{ name: "K", type: "number" },
		{ name: "D", type: "date" },
		{ name: "Client", type: "link", settings: { link_table: clients } },
	]);
	const tables = [
		{ as: "t", table },
		{ as: "c", table: clients },
	];
	return {
		client,
		table,
		ask: (sql: string, more: object = { tables }): Promise<Answer> =>
			client.call("query_sql", { sql, ...more }),
	};
}

test("a way of another dialect is answered with SQLite's", async () => {
	const { ask } = await world();
	for (const [elsewhere, here] of HABITS) {
		const { isError, text } = await ask(elsewhere);
		expect(isError, `${elsewhere}: ${text}`).toBe(true);
		expect(text, elsewhere).toContain("In SQLite, in place of ");
		const right = await ask(here);
		expect(right.isError, `${here}: ${right.text}`).toBe(false);
	}
});

test("words in texts and names are no ways of another dialect", async () => {
	const { ask } = await world();
	const { text } = await ask(
		"select 'top 10 ilike ::' x, \"Kx\" from t -- interval",
	);
	expect(text).not.toContain("in place of");
	expect(text).toContain('Nearest: "K" of t');
});

test("the missing id of a link that may hold several is answered with its list", async () => {
	const { ask } = await world();
	for (const sql of [
		'select 1 from t join c on c._id = t."Client_id"',
		"select Client_id from t",
	]) {
		const { isError, text } = await ask(sql);
		expect(isError).toBe(true);
		expect(text).toContain('has(t."Client_ids", ');
		expect(text).toContain("may hold several");
	}
});

test("a statement without tables is told how they are given", async () => {
	const { ask, table } = await world();
	const { isError, text } = await ask("select * from t", { tables: [] });
	expect(isError).toBe(true);
	expect(text).toContain("`tables` is empty");
	expect(text).toContain('[{"as": "t", "table": "');
	expect(
		(await ask("select * from t", { tables: [{ as: "t", table }] })).isError,
	).toBe(false);
});

test("an aggregate that query_records does not have is found in query_sql", async () => {
	const { client, table } = await world();
	for (const name of ["median", "stddev", "percentile"]) {
		const { text } = await client.refused("query_records", {
			table,
			aggregate: [{ function: name, field: "K" }],
		});
		expect(text).toContain("query_sql has median(x)");
	}
});
