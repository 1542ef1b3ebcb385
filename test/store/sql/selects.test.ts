import fc from "fast-check";
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
			"select norm('Straße') = norm('STRASSE'), norm('ﬁsh'), norm('ΟΔΟΣ') = norm('οδος'), norm('kıl') = norm('kil')",
		),
	).toEqual([1, "fish", 1, 0]);
	expect(
		await one(
			"select regexp('^b', 'abc'), 'abc' regexp 'B|c', regexp('(?i)^A', 'abc'), regexp_replace('2026-11-20', '(\\d+)-(\\d+)-(\\d+)', '$3.\\2.$1'), regexp('a', null)",
		),
	).toEqual([0, 1, 1, "20.11.2026", null]);
	expect(
		await one(
			"select days_between('2026-02-27', '2026-03-02'), days_between('2026-01-01 23:00:00', '2026-01-02'), days_between('2026-01-02', '2026-01-01 23:59:59.999'), days_between('0099-01-01', '0100-01-01'), days_between('a', '2026-01-01'), days_between(null, '2026-01-01')",
		),
	).toEqual([3, 1, -1, 365, null, null]);
	expect(
		await one(
			`select has('["a","b"]', 'b'), has('["a\\"b"]', 'b'), has('["a"]', 'A'), has(null, 'a'), has('["a"]', null), has('[]', 'no')`,
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

const numbersOf = (rows: readonly number[]): Filled => ({
	as: "t",
	columns: [
		{ name: "K", type: "REAL" },
		{ name: "Code", type: "TEXT" },
	],
	rows: rows.map((number) => [number, String(number)]),
});

test("a number as text is what people write, wherever it becomes a text", async () => {
	const { ask } = engineOf();
	const only = async (sql: string) => {
		const answer = await ask(sql, [table]);
		return "rows" in answer ? answer.rows[0] : answer.message;
	};
	// Up to 15 digits, and whole numbers as far as a double counts.
	const plain = fc.sample(
		fc.oneof(
			fc.integer({ min: -1_000_000, max: 1_000_000 }),
			fc.maxSafeInteger(),
			// Decimals as tables hold them.
			fc
				.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(6))
				.map(([digits, places]) => Number(`${digits}e-${places}`)),
		),
		{ seed: 20_261_120, numRuns: 400 },
	);
	const numbers = [...new Set([7, -7, 10, 2.5, 0.1, 1e15, ...plain])].filter(
		(number) => number === 0 || Math.abs(number) >= 1e-4,
	);
	const table = numbersOf(numbers);
	for (const text of [
		"K || ''",
		"'' || K",
		"cast(K as text)",
		"concat(K)",
		"concat_ws('', K)",
		"printf('%s', K)",
		"substr(K, 1)",
		"trim(K)",
		"replace(K, 'x', '')",
		"lower(K)",
		"norm(K)",
		"coalesce(K || '', '')",
		"(select group_concat(t2.K) from t t2 where t2.rowid = t.rowid)",
		"regexp_replace(K, 'x', '')",
	]) {
		const answer = await ask(`select ${text}, Code from t`, [table]);
		if ("fault" in answer) throw new Error(answer.message);
		for (const [shown, code] of answer.rows) expect(shown, text).toBe(code);
		expect(answer.rows.length).toBe(numbers.length);
	}
	for (const where of [
		"t.Code = t.K || ''",
		"t.Code = cast(t.K as text)",
		"t.Code like t.K",
		"length(t.K) = length(t.Code)",
		"instr(t.K, t.Code) = 1",
		"t.K = t.Code",
	])
		expect(await only(`select count(*) from t where ${where}`), where).toEqual([
			numbers.length,
		]);
	const joined = await only(
		"select count(*) from t a join t b on a.Code = b.K || ''",
	);
	expect(joined).toEqual([numbers.length]);
});

test("a text of a number gives the same number back", async () => {
	const numbers = fc.sample(
		fc.double({ noNaN: true, noDefaultInfinity: true }),
		{ seed: 20_261_120, numRuns: 500 },
	);
	const answer = await engineOf().ask("select K || '', Code from t", [
		numbersOf(numbers),
	]);
	if ("fault" in answer) throw new Error(answer.message);
	expect(answer.rows.length).toBe(numbers.length);
	for (const [shown, code] of answer.rows)
		expect(Number(shown) + 0).toBe(Number(code) + 0);
});

test("a number column divides as numbers do, whatever is a text of it", async () => {
	expect(
		await one("select K / 4, typeof(K), sum(K) / 4, max(K) / 4 from t", [
			numbersOf([10]),
		]),
	).toEqual([2.5, "real", 2.5, 2.5]);
	expect(
		await one("select 'No ' || K, 'sum ' || sum(K) from t", [numbersOf([7])]),
	).toEqual(["No 7", "sum 7"]);
	expect(
		await one("select j.value / 4 from t, json_each(json_array(K)) j", [
			numbersOf([10]),
		]),
	).toEqual([2.5]);
});
