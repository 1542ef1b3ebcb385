import { expect, test } from "vitest";
import { connected } from "../../server/client.js";

/** Berlin goes forward on 29 March 2026 at 2:00, back on 25 October at 3:00. */
const TIMES = {
	spring: ["2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00"],
	autumn: ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"],
	winter: ["2026-01-10T12:00+01:00", "2026-01-11T12:00+01:00"],
	years: ["2026-01-10T12:00+01:00", "2026-07-10T12:00+02:00"],
} as const;

async function world(zone = "Europe/Berlin") {
	const client = await connected({
		environment: { TABLES_MCP_TIME_ZONE: zone },
	});
	let count = 0;
	const ask = async (times: readonly [string, string], sql: string) => {
		const { structured } = await client.ok("create_table", {
			name: `Spans ${++count}`,
			fields: [
				{ name: "Title", type: "text" },
				...["A", "B"].map((name) => ({
					name,
					type: "date",
					settings: { format: "yyyy-MM-dd HH:mm" },
				})),
				{ name: "Day", type: "date" },
			],
		});
		await client.ok("create_records", {
			table: structured.table,
			records: [
				{
					fields: {
						Title: "a",
						A: times[0],
						B: times[1],
						Day: times[0].slice(0, 10),
					},
				},
			],
		});
		const answer = await client.ok("query_sql", {
			sql,
			tables: [{ as: "t", table: structured.table }],
		});
		return {
			row: answer.structured.rows[0] as readonly unknown[],
			notes: answer.structured.notes as readonly string[],
		};
	};
	return ask;
}

test("seconds between two times are those that went by, days those of the calendar", async () => {
	const ask = await world();
	const between =
		"select seconds_between(A, B) / 3600, days_between(A, B) from t";
	expect((await ask(TIMES.spring, between)).row).toEqual([23, 1]);
	expect((await ask(TIMES.winter, between)).row).toEqual([24, 1]);
	expect((await ask(TIMES.years, between)).row).toEqual([181 * 24 - 1, 181]);
	expect(
		(
			await ask(
				TIMES.winter,
				"select seconds_between(Day, '2026-01-11'), seconds_between(null, A), seconds_between('x', A) from t",
			)
		).row,
	).toEqual([86_400, null, null]);
});

test("a span over a change of clocks that goes by the wall is said to do so", async () => {
	const ask = await world();
	for (const span of [
		"julianday(B) - julianday(A)",
		"unixepoch(B) - unixepoch(A)",
		"timediff(B, A)",
		"strftime('%s', B) - strftime('%s', A)",
		"strftime('%J', B) - strftime('%J', A)",
	]) {
		const sql = `select ${span} from t`;
		const said = expect.stringContaining("seconds_between(from, to)");
		expect((await ask(TIMES.spring, sql)).notes, span).toContainEqual(said);
		expect((await ask(TIMES.winter, sql)).notes, span).not.toContainEqual(said);
	}
	for (const plain of [
		"A, B",
		"date(A)",
		"strftime('%Y', B)",
		"Day",
		"seconds_between(A, B)",
		"days_between(A, B)",
	])
		expect((await ask(TIMES.spring, `select ${plain} from t`)).notes).toEqual(
			[],
		);
	expect(
		(await ask(TIMES.spring, "select julianday(Day) from t")).notes,
	).toEqual([]);
});

test("seconds since 1970 are those of the wall, and how they are had is said", async () => {
	const ask = await world("Asia/Shanghai");
	const { notes } = await ask(TIMES.winter, "select unixepoch(A) from t");
	const [, way] = /seconds since 1970: (seconds_between\('[^']*', )x\)/.exec(
		notes.join("\n"),
	) ?? ["", ""];
	expect((await ask(TIMES.winter, `select ${way}A) from t`)).row).toEqual([
		Date.parse(TIMES.winter[0]) / 1000,
	]);
	const inUtc = await world("UTC");
	expect(
		(await inUtc(TIMES.winter, "select unixepoch(A) from t")).notes,
	).toEqual([]);
});

test("an hour that the clock shows twice is said to be two", async () => {
	const ask = await world();
	const { notes } = await ask(TIMES.autumn, "select A, B, A = B from t");
	expect(notes).toEqual([
		expect.stringContaining('"A" of t lies in an hour'),
		expect.stringContaining('"B" of t lies in an hour'),
	]);
	expect((await ask(TIMES.spring, "select A, B from t")).notes).toEqual([]);
});
