import { expect, test } from "vitest";
import { connected } from "../../server/client.js";

/** A table of links and one of times in Berlin, where 2:30 of 27 October 2024 comes twice. */
async function world() {
	const client = await connected({
		environment: { TABLES_MCP_TIME_ZONE: "Europe/Berlin" },
	});
	const make = async (name: string) =>
		(
			await client.ok("create_table", {
				name,
				fields: [
					{ name: "T", type: "text" },
					{ name: "U", type: "url" },
					{
						name: "DT",
						type: "date",
						settings: { format: "yyyy-MM-dd HH:mm" },
					},
				],
			})
		).structured.table as string;
	const table = await make("Links");
	const { structured } = await client.ok("create_records", {
		table,
		records: [
			{
				fields: {
					T: "a",
					U: { text: "Spec", link: "http://a.example/x" },
					DT: "2024-10-27T02:30:00+01:00",
				},
			},
			{ fields: { T: "b", U: "http://b.example/x" } },
			{
				fields: {
					T: "c",
					U: { text: "Other", link: "http://a.example/x" },
					DT: "2024-10-27T02:30:00+02:00",
				},
			},
		],
	});
	const tables = [{ as: "l", table }];
	return {
		client,
		table,
		tables,
		make,
		ids: structured.ids as string[],
		from: (sql: string, into = table) => ({
			...{ table: into, from: { sql, tables } },
		}),
		async cells(field: string, of = table) {
			const { structured: read } = await client.ok("query_records", {
				...{ table: of, fields: [field], ids: false, detail: "full" },
			});
			return (read.rows as unknown[][]).flat();
		},
	};
}

const SPEC = { text: "Spec", link: "http://a.example/x" };
const OTHER = { text: "Other", link: "http://a.example/x" };
const PLAIN = { text: "http://b.example/x", link: "http://b.example/x" };

test("a link that a statement changes keeps the text of the record's cell; one that was its own text changes with it", async () => {
	const { client, from, cells } = await world();
	const { structured, text } = await client.ok(
		"update_records",
		from("select _id, replace(U, 'http:', 'https:') as U from l"),
	);
	expect(structured.counts).toMatchObject({ updated: 3 });
	expect(text).not.toContain("without the texts");
	expect(await cells("U")).toEqual([
		{ text: "Spec", link: "https://a.example/x" },
		{ text: "https://b.example/x", link: "https://b.example/x" },
		{ text: "Other", link: "https://a.example/x" },
	]);
});

test("a link with the text that the statement gives it has that text", async () => {
	const { client, from, cells } = await world();
	await client.ok(
		"update_records",
		from(
			"select _id, json_object('text', U_text || '!', 'link', U) as U from l where T = 'a'",
		),
	);
	expect((await cells("U"))[0]).toEqual({ ...SPEC, text: "Spec!" });
});

test("new records have whole cells where all columns of a row, or its link alone, tell which they are", async () => {
	const { client, from, cells, make } = await world();
	const copy = await make("Copy");
	const all = await client.ok(
		"create_records",
		from("select T, U, DT from l order by T", copy),
	);
	expect(all.text).not.toContain("without the texts");
	expect(await cells("U", copy)).toEqual([SPEC, PLAIN, OTHER]);
	expect(await cells("DT", copy)).toEqual(await cells("DT"));
	const alone = await make("Alone");
	const { text } = await client.ok(
		"create_records",
		from("select U from l where T in ('a', 'b') order by T", alone),
	);
	// Two cells have this link: which one is meant is not known.
	expect(await cells("U", alone)).toEqual([
		{ text: SPEC.link, link: SPEC.link },
		PLAIN,
	]);
	expect(text).toContain(
		'"U" was given links without the texts that people read in row 0',
	);
	expect(text).toContain("json_object('text', …, 'link', …)");
});

test.each([
	["select T, U || '' as U from l", true],
	["select T, U from l where T = 'x' union all select T, U from l", true],
	["select T, 'http://c.example' as U from l", false],
	["select T, U from l where T = 'b'", false],
])("%s: lost texts are said: %s", async (sql, isSaid) => {
	const { client, from, make } = await world();
	const { text } = await client.ok(
		"create_records",
		from(sql, await make("Copy")),
	);
	expect(text.includes("without the texts")).toBe(isSaid);
});

test("records that the statement does not read may lose the texts of their links: it is said", async () => {
	const { client, from, ids, make } = await world();
	const { text } = await client.ok("update_records", {
		table: from("").table,
		from: {
			sql: `select '${ids[0]}' as _id, 'http://c.example' as U`,
			tables: [{ as: "o", table: await make("Others") }],
		},
	});
	expect(text).toContain(
		`without the texts that people read in record ${ids[0]}`,
	);
});

test("a time in the hour that comes twice stays where it is; one that is moved into it is said, by its record", async () => {
	const { client, from, cells, ids } = await world();
	const before = await cells("DT");
	for (const value of ["DT", "coalesce(DT, null) as DT"]) {
		const same = await client.ok(
			"update_records",
			from(`select _id, ${value} from l`),
		);
		expect(same.structured.counts).toMatchObject({ updated: 0, unchanged: 3 });
	}
	expect(await cells("DT")).toEqual(before);
	const moved = await client.ok(
		"update_records",
		from(
			"select _id, datetime(DT, '-1 day', '+1 day', '+1 minute') as DT from l where T = 'a'",
		),
	);
	expect(moved.text).toContain(
		`show twice on that day, such as 2024-10-27 02:31:00: the earlier one is taken in record ${ids[0]}`,
	);
	expect((await cells("DT"))[0]).toBe("2024-10-27T02:31:00+02:00");
});

test("a file says on which clock its times are", async () => {
	const { client, tables } = await world();
	const { text } = await client.ok("export_records", {
		...{ from: { sql: "select T, DT from l", tables }, file: "a.csv" },
	});
	expect(text).toContain(
		'"DT" holds times of day on the clock of Europe/Berlin, without offset',
	);
	const none = await client.ok("export_records", {
		...{ from: { sql: "select T from l", tables }, file: "b.csv" },
	});
	expect(none.text).not.toContain("without offset");
});
