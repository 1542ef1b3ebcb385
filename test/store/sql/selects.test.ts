import { expect, test } from "vitest";
import { engineOf, type Filled } from "./ask.js";
import { SELECTS, TABLES } from "./statements.js";

test("every kind of SELECT is answered", async () => {
	const { ask } = engineOf();
	expect(SELECTS.length).toBeGreaterThanOrEqual(200);
	const wrong: string[] = [];
	for (const sql of SELECTS) {
		const answer = await ask(sql, TABLES);
		if ("fault" in answer) wrong.push(`${sql}: ${answer.message}`);
	}
	expect(wrong).toEqual([]);
});

const one = async (sql: string, tables: readonly Filled[] = []) => {
	const answer = await engineOf().ask(sql, tables);
	if ("fault" in answer) throw new Error(`${sql}: ${answer.message}`);
	return answer.rows[0];
};

test("functions beside SQLite's own", async () => {
	expect(
		await one(
			"select lower('ÄÖ'), upper('straße'), 'ÄB' like 'äb', 'x%y' like 'x\\%y' escape '\\', 'abc' like 'a_c', 'abc' not like '%d%', null like 'a'",
		),
	).toEqual(["äö", "STRASSE", 1, 1, 1, 1, null]);
	expect(
		await one(
			"select norm('  ＡＢＣ é '), norm(null), norm('a') = norm(' A ')",
		),
	).toEqual(["abc é", null, 1]);
	expect(
		await one(
			"select regexp('^b', 'abc'), 'abc' regexp 'B|c', regexp('(?i)^A', 'abc'), regexp_replace('2026-11-20', '(\\d+)-(\\d+)-(\\d+)', '$3.\\2.$1'), regexp('a', null)",
		),
	).toEqual([0, 1, 1, "20.11.2026", null]);
	expect(
		await one(
			"select days_between('2026-02-27', '2026-03-02'), days_between('2026-01-01 12:00:00', '2026-01-02'), days_between('0099-01-01', '0100-01-01'), days_between('a', '2026-01-01'), days_between(null, '2026-01-01')",
		),
	).toEqual([3, 0.5, 365, null, null]);
	expect(
		await one(
			`select has('["a","b"]', 'b'), has('["a\\"b"]', 'b'), has('["a"]', 'A'), has(null, 'a'), has('["a"]', null), has('no', 'no')`,
		),
	).toEqual([1, 0, 0, 0, 0, 0]);
});

test("median, percentile and stddev over rows, groups and windows", async () => {
	const { ask } = engineOf();
	expect(
		await one(
			"select median(Amount), percentile(Amount, 90), stddev(Qty) from orders",
			TABLES,
		),
	).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
	const values =
		"(select 2 x union all select 4 union all select 9 union all select null)";
	expect(
		await one(
			`select median(x), stddev(x), percentile_cont(x, 0.5) from ${values}`,
		),
	).toEqual([4, expect.closeTo(Math.sqrt(13), 12), 4]);
	expect(await one("select stddev(1), stddev(null)")).toEqual([null, null]);
	const moving = await ask(
		`select stddev(x) over (order by x rows 1 preceding), median(x) over (order by x rows 1 preceding) from ${values} where x is not null`,
	);
	expect(moving).toMatchObject({
		rows: [
			[null, 2],
			[expect.closeTo(Math.SQRT2, 12), 3],
			[expect.closeTo(Math.sqrt(12.5), 12), 6.5],
		],
	});
});

test("a misspelled name in double quotes is not a text", async () => {
	const { ask } = engineOf();
	expect(await ask('select "Amout" from orders', TABLES)).toMatchObject({
		fault: "no_column",
	});
	expect(
		await ask('select * from orders where Customer = "Customer 1"', TABLES),
	).toMatchObject({ fault: "no_column", subject: "Customer 1" });
});
