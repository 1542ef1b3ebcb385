import { expect, test } from "vitest";
import { connected } from "../../server/client.js";

async function notesOf(sqls: readonly string[]) {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Sales",
		fields: [
			{ name: "Price", type: "text" },
			{ name: "Count", type: "text" },
			{ name: "N", type: "number" },
			{ name: "C", type: "checkbox" },
			{ name: "P", type: "percent" },
			{ name: "D", type: "date" },
			{
				name: "At",
				type: "date",
				settings: { format: "yyyy-MM-dd HH:mm" },
			},
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [
			{ fields: { Price: "12.5", Count: "3", N: 1, D: "2024-01-31" } },
			{ fields: { Price: "$1,234.56", Count: "-4e2", C: true, P: 0.125 } },
			{ fields: { Price: "7 000", At: "2024-01-31T14:00" } },
		],
	});
	const answers = new Map<string, readonly string[]>();
	for (const sql of sqls) {
		const answer = await client.ok("query_sql", {
			...{ sql, tables: [{ as: "t", table }] },
		});
		answers.set(sql, answer.structured.notes as readonly string[]);
	}
	return answers;
}

test("numbers made of texts that are not plain ones are said, with the first such text", async () => {
	const answers = await notesOf([
		"select sum(Price) from t",
		"select avg(distinct t.Price) from t",
		'select N * "Price" from t',
		"select [price] + 1 from t",
		"select cast(Price as real) from t",
	]);
	for (const [sql, notes] of answers)
		expect(notes, sql).toEqual([
			expect.stringMatching(/^"Price" is text, .*"\$1,234\.56"/),
		]);
	const dates = await notesOf(["select At - D from t"]);
	expect([...dates.values()].flat().join()).toContain("days_between(from, to)");
});

test("a literal that no value of its column can equal is said with the form that would", async () => {
	const answers = await notesOf([
		"select 1 from t where C = 'true'",
		"select 1 from t where P='12.5%'",
		"select 1 from t where t.D = '2024-1-31'",
		"select 1 from t where D > '1/31/2024'",
		"select 1 from t where '2024-01-31' = At",
		"select 1 from t where N in ('1', 'many')",
	]);
	const said = [
		`'true' never fits "C", which is 1 or 0`,
		`'12.5%' never fits "P", which is a number, a fraction: 0.125 is 12.5%`,
		`'2024-1-31' never fits "D", which is a text like '2024-01-31'`,
		`'1/31/2024' never fits "D", which is a text like '2024-01-31'`,
		`'2024-01-31' never fits "At", which is a text like '2024-01-31 14:00:00'; date(x) is its day`,
		`'many' never fits "N", which is a number`,
	];
	expect([...answers.values()]).toEqual(said.map((one) => [one]));
});

test("what may well be meant is not remarked upon", async () => {
	const answers = await notesOf([
		"select sum(Count), Count * 2 from t",
		"select sum(N), count(*), min(Price), N - 1 from t",
		"select Price || '+', '- Price', /* Price + */ Price from t",
		"select sum(Price) from (select replace(N, 1, 2) as Price from t)",
		"select 1 from t where C = '1' and P = '0.125' and D = '2024-01-31'",
		"select 1 from t where D >= '2024-01' and At < '2024-02-01'",
		"select 1 from t where At = '2024-01-31 14:00:00' and date(At) = '2024-1'",
		"select 1 from t where Price = 'true' and D like '2024%'",
	]);
	for (const [sql, notes] of answers) expect(notes, sql).toEqual([]);
});
