import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eachProblem } from "../each-problem.js";
import { type RawServer, startServer } from "../stdio.js";
import { makeRoster, type Person, STAGES, TAGS } from "./roster.js";

/*
 * One long session as a client has it: raw lines of JSON to the built file. What is expected is worked out here from
 * the rows as they were made, never with the code under test.
 */

/** Seconds are enough where nothing else runs. */
const BUSY_MS = 180_000;

const BAD = 37;
const ROWS = 10_000;
const options = (names: readonly string[]) => ({
	options: names.map((name) => ({ name })),
});

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Notes", type: "long_text" },
	{ name: "Email", type: "email" },
	{ name: "Phone", type: "phone" },
	{ name: "Code", type: "barcode" },
	{ name: "Site", type: "url" },
	{ name: "Count", type: "number" },
	{ name: "Price", type: "currency", settings: { currency: "EUR" } },
	{ name: "Share", type: "percent" },
	{ name: "Stars", type: "rating", settings: { max: 5 } },
	{ name: "Progress", type: "progress" },
	{ name: "Paid", type: "checkbox" },
	{ name: "Stage", type: "single_select", settings: options(STAGES) },
	{ name: "Tags", type: "multi_select", settings: options(TAGS) },
	{ name: "Due", type: "date" },
	{ name: "Meeting", type: "date", settings: { format: "yyyy-MM-dd HH:mm" } },
	{ name: "Owner", type: "user" },
	{ name: "Files", type: "attachment" },
	{ name: "Place", type: "location" },
	{
		name: "No",
		type: "auto_number",
		settings: { number_pattern: "R-{00000}" },
	},
	{ name: "Made", type: "created_time" },
	{ name: "Changed", type: "updated_time" },
	{ name: "Maker", type: "created_by" },
	{ name: "Changer", type: "updated_by" },
] as const;

const roster = makeRoster(ROWS, BAD);
const good = roster.people.filter(({ wrong }) => wrong === null);
const bad = roster.people.filter(({ wrong }) => wrong !== null);

let data: string;
let server: RawServer;
let table: string;

const start = async (folder = data) => {
	const started = startServer({
		TABLES_MCP_DATA_DIR: folder,
		TABLES_MCP_TIME_ZONE: "Asia/Shanghai",
	});
	await started.initialize();
	return started;
};

beforeAll(async () => {
	data = mkdtempSync(join(tmpdir(), "tables-mcp-acceptance-"));
	putRoster(data);
	server = await start();
});

afterAll(async () => {
	await server.end();
	rmSync(data, { recursive: true, force: true });
});

/** An import is reported once it is whole: a machine that is busy may need more calls of 45 seconds. */
async function importWhole(asked: RawServer, args: object) {
	let answer = await asked.call("import_records", args);
	while (answer.structured.counts.not_attempted > 0)
		answer = await asked.call("import_records", {
			...args,
			resume: answer.structured.change_id,
		});
	return answer;
}

/** A person puts a file where the server may read it. */
function putRoster(folder: string): void {
	mkdirSync(join(folder, "files"));
	writeFileSync(join(folder, "files", "roster.csv"), roster.csv);
}

async function count(asked: RawServer, filter?: object): Promise<number> {
	const { structured } = await asked.call("query_records", {
		table,
		limit: 0,
		...(filter === undefined ? {} : { filter }),
	});
	return structured.total as number;
}

/** All rows of a query, page by page, as objects by column name. */
async function readAll(args: object) {
	const rows: Record<string, unknown>[] = [];
	let cursor: string | null = null;
	let pages = 0;
	do {
		const answer = await server.call("query_records", {
			...args,
			...(cursor === null ? {} : { cursor }),
		});
		expect(answer.isError, answer.text).toBe(false);
		const { columns, rows: page, returned } = answer.structured;
		expect(returned).toBe(page.length);
		for (const row of page)
			rows.push(
				Object.fromEntries(
					(columns as string[]).map((name, index) => [name, row[index]]),
				),
			);
		cursor = answer.structured.next_cursor;
		expect(answer.structured.truncated).toBe(cursor !== null);
		pages++;
	} while (cursor !== null);
	return { rows, pages };
}

describe("a session on the local store", { timeout: BUSY_MS }, () => {
	test("makes a table of every type that the store has", async () => {
		const made = await server.call("create_table", {
			name: "Roster",
			fields: FIELDS,
		});
		expect(made.isError, made.text).toBe(false);
		table = made.structured.table;
		const other = await server.call("create_field", {
			table,
			name: "Parent",
			type: "link",
			settings: { link_table: table, two_way: true, reverse_name: "Children" },
		});
		expect(other.isError, other.text).toBe(false);
		const described = await server.call("describe_fields", { table });
		expect(
			described.structured.fields.map(
				({ name, type }: { name: string; type: string }) => [name, type],
			),
		).toEqual([
			...FIELDS.map(({ name, type }) => [name, type]),
			["Parent", "link"],
			["Children", "link"],
		]);
	});

	test("refuses a file with wrong rows whole, and names each by its line", async () => {
		const answer = await server.call("import_records", {
			table,
			file: "roster.csv",
		});
		expect(answer.isError).toBe(true);
		expect(answer.structured.change_id).toBeNull();
		expect(answer.text).toMatch(/^REFUSED: nothing was written/);
		expectProblems(answer.structured.problems);
		expect(await count(server)).toBe(0);
	});

	test("imports the others when bad rows are to be skipped", async () => {
		const answer = await importWhole(server, {
			table,
			file: "roster.csv",
			on_error: "skip",
		});
		expect(answer.isError, answer.text.slice(0, 500)).toBe(false);
		expect(answer.structured.counts).toMatchObject({
			created: ROWS - BAD,
			failed: BAD,
			not_attempted: 0,
			unknown: 0,
		});
		expectProblems(answer.structured.problems);
		const kept = await readFile(
			join(data, "files", "roster.csv.problems.csv"),
			"utf8",
		);
		expect(
			kept
				.split("\r\n")
				.slice(1, -1)
				.map((line) => Number(line.split(",")[0])),
		).toEqual(bad.map(({ line }) => line));
		expect(await count(server)).toBe(ROWS - BAD);
	});

	function expectProblems(
		groups: readonly {
			readonly line: number;
			readonly record: number;
			readonly message: string;
		}[],
	) {
		const problems = eachProblem(groups).toSorted((a, b) => a.line - b.line);
		expect(problems.map(({ line }) => line)).toEqual(
			bad.map(({ line }) => line),
		);
		for (const [index, { wrong, name }] of bad.entries()) {
			expect(problems[index]?.message).toMatch(wrong as RegExp);
			expect(problems[index]?.record).toBe(Number(name.slice(1)));
		}
	}

	test("reads back in pages what a nested filter selects, cell by cell", async () => {
		const { rows, pages } = await readAll({
			table,
			limit: 1_000,
			fields: [
				"Name",
				"Notes",
				"Count",
				"Price",
				"Stage",
				"Tags",
				"Due",
				"Paid",
				"Email",
				"Meeting",
			],
			filter: {
				match: "all",
				conditions: [
					{ field: "Count", op: "between", values: ["150", "900"] },
					{ field: "Name", op: "is_not", value: "K00501" },
				],
				groups: [
					{
						match: "any",
						conditions: [
							{ field: "Stage", op: "is", value: "Open" },
							{
								field: "Tags",
								op: "has_all",
								values: ["red", "blue, pale"],
							},
							{ field: "Due", op: "gte", value: "2026-09-15" },
						],
					},
					{
						match: "any",
						conditions: [
							{ field: "Paid", op: "is", value: "true" },
							{ field: "Notes", op: "contains", value: "second" },
							{ field: "Email", op: "is_empty" },
						],
					},
				],
			},
			sort: [
				{ field: "Count", direction: "desc" },
				{ field: "Name", direction: "asc" },
			],
		});
		const selected = good
			.filter(
				({ count, name, stage, tags, due, paid, notes, email }) =>
					count >= 150 &&
					count <= 900 &&
					name !== "K00501" &&
					(stage === "Open" ||
						(tags.includes("red") && tags.includes("blue, pale")) ||
						(due !== null && due >= "2026-09-15")) &&
					(paid || notes?.includes("second") || email === null),
			)
			.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
		expect(selected.length).toBeGreaterThan(2_000);
		expect(pages).toBeGreaterThan(2);
		expect(rows.map(({ Name }) => Name)).toEqual(
			selected.map(({ name }) => name),
		);
		for (const [index, person] of selected.entries())
			expect(rows[index]).toEqual(
				expect.objectContaining(shownOf(person, rows[index]?.id)),
			);
	});

	function shownOf(person: Person, id: unknown) {
		const index = Number(person.name.slice(1));
		return {
			id,
			Name: person.name,
			Notes: person.notes,
			Count: person.count,
			Price: person.priceCents === null ? null : person.priceCents / 100,
			Stage: person.stage,
			Tags: person.tags.length === 0 ? null : person.tags,
			Due: person.due,
			Paid: person.paid,
			Email: person.email,
			...(index % 4 === 0
				? { Meeting: null }
				: {
						Meeting: expect.stringMatching(
							`T16:${String(index % 60).padStart(2, "0")}(:00)?\\+08:00$`,
						),
					}),
		};
	}

	test("groups and sums over all rows, to the cent", async () => {
		const { structured } = await server.call("query_records", {
			table,
			group_by: [{ field: "Stage" }],
			aggregate: [
				{ function: "count" },
				{ function: "sum", field: "Price" },
				{ function: "max", field: "Due" },
				{ function: "distinct", field: "Tags" },
			],
		});
		const expected = [null, ...STAGES]
			.map((stage) => {
				const group = good.filter((person) => person.stage === stage);
				const days = group.flatMap(({ due }) => due ?? []).sort();
				return [
					stage,
					group.length,
					group.reduce((sum, { priceCents }) => sum + (priceCents ?? 0), 0) /
						100,
					days.at(-1),
					TAGS.length,
				];
			})
			.sort((a, b) => (b[1] as number) - (a[1] as number));
		expect(structured.rows).toEqual(expected);
		const byMonth = await server.call("query_records", {
			table,
			group_by: [{ field: "Due", per: "month" }],
			sort: [{ field: "Due per month" }],
		});
		const months = new Map<string, number>();
		for (const { due } of good)
			if (due !== null)
				months.set(due.slice(0, 7), (months.get(due.slice(0, 7)) ?? 0) + 1);
		expect(
			byMonth.structured.rows.filter(([month]: unknown[]) => month !== null),
		).toEqual([...months].sort(([a], [b]) => (a < b ? -1 : 1)));
	});

	test("updates and adds by key, counting what was equal", async () => {
		const [first, second, third] = [good[10], good[20], good[30]] as [
			Person,
			Person,
			Person,
		];
		const before = await count(server);
		const answer = await server.call("update_records", {
			table,
			match_on: ["Name"],
			upsert: true,
			records: [
				{ fields: { Name: first.name, Count: first.count } },
				{ fields: { Name: second.name, Count: second.count + 1 } },
				{ fields: { Name: "new one", Count: 5, Stage: "Won" } },
				{ fields: { Name: third.name, Tags: { add: ["black"] }, Paid: true } },
				{ fields: { Name: "new two" } },
			],
		});
		expect(answer.isError, answer.text).toBe(false);
		const { counts, ids, outcomes } = answer.structured;
		const thirdSame = third.tags.includes("black") && third.paid;
		expect(counts).toMatchObject({
			created: 2,
			updated: thirdSame ? 1 : 2,
			unchanged: thirdSame ? 2 : 1,
			failed: 0,
		});
		expect(outcomes[0]).toBe("unchanged:0");
		expect(await count(server)).toBe(before + 2);
		const { rows } = await readAll({
			table,
			record_ids: ids,
			fields: ["Name", "Count", "Tags", "Paid"],
		});
		expect(rows.map(({ Name }) => Name)).toEqual([
			first.name,
			second.name,
			"new one",
			third.name,
			"new two",
		]);
		expect(rows[1]?.Count).toBe(second.count + 1);
		expect(rows[3]).toMatchObject({
			Paid: true,
			Tags: TAGS.filter((tag) => tag === "black" || third.tags.includes(tag)),
		});
		const undone = await server.call("undo_change", {
			change_id: answer.structured.change_id,
		});
		expect(undone.isError, undone.text).toBe(false);
		expect(await count(server)).toBe(before);
	});

	const WRONG: readonly [string, string, object, RegExp][] = [
		[
			"a misspelled field",
			"query_records",
			{ fields: ["Nmae"] },
			/no field "Nmae"\nNearest: "Name"/,
		],
		[
			"a misspelled option",
			"create_records",
			{ records: [{ fields: { Name: "x", Stage: "Opne" } }] },
			/nearest: ""?Open/,
		],
		[
			"a misspelled operator",
			"query_records",
			{ filter: { conditions: [{ field: "Name", op: "equals", value: "x" }] } },
			/filter\.conditions\[0\]\.op: the text "equals" was given; wanted: one of is/,
		],
		[
			"an operator that does not fit",
			"query_records",
			{ filter: { conditions: [{ field: "Paid", op: "gt", value: "1" }] } },
			/"Paid".*gt|gt.*"Paid"/,
		],
		[
			"a misspelled field in a filter",
			"query_records",
			{ filter: { conditions: [{ field: "Stagee", op: "is", value: "x" }] } },
			/Nearest: "Stage"/,
		],
		[
			"a sort that is not a list",
			"query_records",
			{ sort: { field: "Name" } },
			/sort: an object was given; wanted: a list \[/,
		],
		[
			"several wrong values at once",
			"create_records",
			{
				records: [
					{ fields: { Name: "a", Count: "many" } },
					{ fields: { Nmae: "b", Due: "tomorrow-ish" } },
				],
			},
			/"Count".*number[\s\S]*"Nmae".*nearest: "+Name[\s\S]*"Due"/,
		],
		[
			"a delete without its confirmation",
			"delete_field",
			{ field: "Paid" },
			/needs a person's consent[\s\S]*confirm: "Paid"/,
		],
	];

	test.each(WRONG)(
		"%s gets a refusal that helps",
		async (_, tool, args, says) => {
			const before = await count(server);
			const answer = await server.call(tool, { table, ...args });
			expect(answer.isError).toBe(true);
			expect(answer.text).toMatch(says);
			expect(await count(server)).toBe(before);
		},
	);
});

describe("an import whose process is killed", { timeout: BUSY_MS }, () => {
	test("leaves whole batches, is listed, and is completed with no row twice", async () => {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-killed-"));
		putRoster(folder);
		const first = await start(folder);
		const made = await first.call("create_table", {
			name: "Roster",
			fields: FIELDS,
		});
		const killedTable = made.structured.table as string;
		first.send({
			jsonrpc: "2.0",
			id: "import",
			method: "tools/call",
			params: {
				name: "import_records",
				arguments: { table: killedTable, file: "roster.csv", on_error: "skip" },
				_meta: { progressToken: "p" },
			},
		});
		await first.receive(
			({ method, params }) =>
				method === "notifications/progress" && Number(params?.progress) >= 500,
		);
		first.process.kill("SIGKILL");
		await expect(first.receive(({ id }) => id === "import")).rejects.toThrow(
			"the server has ended",
		);

		const second = await start(folder);
		const countNow = async () =>
			(await second.call("query_records", { table: killedTable, limit: 0 }))
				.structured.total as number;
		const arrived = await countNow();
		expect(arrived).toBeGreaterThan(0);
		expect(arrived).toBeLessThan(good.length);
		expect(wholeBatches()).toContain(arrived);

		const listed = await second.call("list_changes", { table: killedTable });
		const [change] = listed.structured.changes;
		expect(change.status).toMatch(
			/^unfinished: call import_records with resume/,
		);
		expect(change.counts.not_attempted).toBeGreaterThan(0);

		const resumed = await importWhole(second, {
			table: killedTable,
			resume: change.change_id,
		});
		expect(resumed.isError, resumed.text.slice(0, 500)).toBe(false);
		expect(resumed.structured.counts).toMatchObject({
			created: good.length,
			failed: BAD,
			not_attempted: 0,
			unknown: 0,
		});
		// Also the rows that were found wrong before the process died.
		expect(
			eachProblem<{ readonly line: number }>(resumed.structured.problems)
				.map(({ line }) => line)
				.toSorted((a, b) => a - b),
		).toEqual(bad.map(({ line }) => line));
		expect(await countNow()).toBe(good.length);
		const distinct = await second.call("query_records", {
			table: killedTable,
			aggregate: [{ function: "distinct", field: "Name" }],
		});
		expect(distinct.structured.rows).toEqual([[good.length]]);
		const after = await second.call("list_changes", { table: killedTable });
		expect(after.structured.changes[0].status).toBe("complete");
		expect(await second.end()).toBe(0);
		rmSync(folder, { recursive: true, force: true });
	});

	/** Sums of the good rows of the first 500, 1,000, … records. */
	function wholeBatches(): readonly number[] {
		return Array.from(
			{ length: ROWS / 500 },
			(_, index) =>
				roster.people
					.slice(0, (index + 1) * 500)
					.filter(({ wrong }) => wrong === null).length,
		);
	}
});

describe("three servers on one file", { timeout: BUSY_MS }, () => {
	test("write at once, and nothing is lost or locked out", async () => {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-three-"));
		const servers = await Promise.all([
			start(folder),
			start(folder),
			start(folder),
		]);
		const made = await (servers[0] as RawServer).call("create_table", {
			name: "Shared",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Turn", type: "number" },
			],
		});
		const shared = made.structured.table as string;
		const answers = await Promise.all(
			servers.flatMap((each, number) =>
				Array.from({ length: 8 }, async (_, turn) => {
					const created = await each.call("create_records", {
						table: shared,
						records: Array.from({ length: 60 }, (_, row) => ({
							fields: { Name: `${number}-${turn}-${row}`, Turn: turn },
						})),
					});
					const updated = await each.call("update_records", {
						table: shared,
						records: (created.structured.ids as string[])
							.slice(0, 20)
							.map((id) => ({ id, fields: { Turn: turn + 100 } })),
					});
					return [created, updated];
				}),
			),
		);
		for (const answer of answers.flat())
			expect(answer.isError, answer.text).toBe(false);
		const [all, raised] = await Promise.all(
			[[], [{ field: "Turn", op: "gte", value: 100 }]].map((conditions) =>
				(servers[1] as RawServer).call("query_records", {
					table: shared,
					filter: { conditions },
					aggregate: [
						{ function: "count" },
						{ function: "distinct", field: "Name" },
					],
				}),
			),
		);
		expect(all?.structured.rows).toEqual([[1_440, 1_440]]);
		expect(raised?.structured.rows).toEqual([[480, 480]]);
		for (const each of servers) expect(await each.end()).toBe(0);
		rmSync(folder, { recursive: true, force: true });
	});
});
