import { describe, expect, test } from "vitest";
import { connected } from "../server/client.js";

const bytes = (value: unknown) =>
	Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));

async function numbered(count = 6) {
	const client = await connected();
	await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Number", type: "number" },
			{ name: "Tags", type: "multi_select" },
			{ name: "Site", type: "url" },
		],
	});
	const made = await client.ok("create_records", {
		table: "Rows",
		records: Array.from({ length: count }, (_, index) => ({
			fields: { Title: `row ${index}`, Number: index },
		})),
	});
	return { client, ids: made.structured.ids as string[] };
}

describe("record_ids hold in every form of a query", () => {
	test("counting", async () => {
		const { client, ids } = await numbered();
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			record_ids: [...ids.slice(0, 3), "recNowhere"],
			filter: { conditions: [{ field: "Number", op: "gte", value: 1 }] },
			limit: 0,
		});
		expect(structured).toMatchObject({ total: 2, rows: [] });
		expect(structured.notes.join()).toContain("no such record: recNowhere");
	});

	test("grouping and summing", async () => {
		const { client, ids } = await numbered();
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			record_ids: ids.slice(0, 3),
			aggregate: [{ function: "sum", field: "Number" }],
		});
		expect(structured.rows).toEqual([[3]]);
	});

	test("sorting, page by page", async () => {
		const { client, ids } = await numbered();
		const asked = {
			table: "Rows",
			fields: ["Number"],
			record_ids: [ids[2], ids[0], ids[4], ids[1]],
			sort: [{ field: "Number", direction: "desc" }],
			limit: 3,
		};
		const first = await client.ok("query_records", asked);
		const second = await client.ok("query_records", {
			...asked,
			cursor: first.structured.next_cursor,
		});
		expect(
			[...first.structured.rows, ...second.structured.rows].map(
				([, number]) => number,
			),
		).toEqual([4, 2, 1, 0]);
		expect(second.structured.next_cursor).toBeNull();
	});
});

test("limit 0 says how many records match, and not that there are none", async () => {
	const { client } = await numbered();
	const { text, structured } = await client.ok("query_records", {
		table: "Rows",
		limit: 0,
	});
	expect(text).toMatch(/^6 records match in Rows \(/);
	expect(structured).toMatchObject({ total: 6, returned: 0 });
	const one = await client.ok("query_records", {
		table: "Rows",
		limit: 0,
		filter: { conditions: [{ field: "Number", op: "is", value: 1 }] },
	});
	expect(one.text).toMatch(/^1 record matches in Rows/);
});

test("describe_fields says today's date, in text and in structure", async () => {
	const { client } = await numbered(0);
	const { text, structured } = await client.ok("describe_fields", {
		table: "Rows",
	});
	expect(structured.today).toMatch(/^\d{4}-\d{2}-\d{2}$/);
	expect(text).toContain(`today is ${structured.today}`);
});

test("what is not found is not found in the connection that was asked", async () => {
	const { client } = await numbered(0);
	const { text } = await client.ok("list_tables", {
		connection: "local",
		search: "nowhere to be found",
	});
	expect(text).toContain("nothing found in local");
});

describe("groups", () => {
	test("limit 0 answers how many there are", async () => {
		const { client } = await numbered();
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			group_by: [{ field: "Number" }],
			limit: 0,
		});
		expect(structured).toMatchObject({
			rows: [],
			total: 6,
			next_cursor: null,
		});
	});

	test("an empty list of aggregates counts", async () => {
		const { client } = await numbered();
		const { structured } = await client.ok("query_records", {
			table: "Rows",
			aggregate: [],
		});
		expect(structured).toMatchObject({ columns: ["count"], rows: [[6]] });
	});

	test("detail has no meaning there and is refused", async () => {
		const { client } = await numbered();
		const { text } = await client.refused("query_records", {
			table: "Rows",
			group_by: [{ field: "Number" }],
			detail: "raw",
		});
		expect(text).toContain("`detail` raw does not go with");
	});
});

describe("an answer stays within its bytes", () => {
	test("where a character takes three", async () => {
		const { client } = await numbered(0);
		await client.ok("create_records", {
			table: "Rows",
			records: Array.from({ length: 30 }, () => ({
				fields: { Title: "中".repeat(3_000) },
			})),
		});
		const { text, structured } = await client.ok("query_records", {
			table: "Rows",
		});
		expect(structured.returned).toBeGreaterThan(1);
		expect(bytes(text)).toBeLessThan(75_000);
	});

	test.each(["compact", "full", "raw"])(
		"where one cell is a long list or an object: %s",
		async (detail) => {
			const { client } = await numbered(0);
			const { structured } = await client.ok("create_records", {
				table: "Rows",
				allow_new_options: true,
				records: [
					{
						fields: {
							Title: "t".repeat(100_000),
							Tags: Array.from({ length: 900 }, (_, at) => `option ${at}`),
							Site: { text: "s".repeat(90_000), link: "https://example.com" },
						},
					},
				],
			});
			const answer = await client.ok("query_records", {
				table: "Rows",
				detail,
			});
			expect(bytes(answer.text)).toBeLessThan(20_000);
			expect(answer.structured.notes.join()).toContain("cells were cut");
			if (detail === "raw") return;
			const [, Title, , Tags, Site] = answer.structured.rows[0];
			for (const cell of [{ Title }, { Tags }, { Site }]) {
				const { text } = await client.refused("update_records", {
					table: "Rows",
					allow_new_options: true,
					records: [{ id: structured.ids[0], fields: cell }],
				});
				expect(text).toContain("was cut for the answer");
			}
		},
	);

	test("a cut falls between characters, never within a pair", async () => {
		const { client } = await numbered(0);
		await client.ok("create_records", {
			table: "Rows",
			records: [{ fields: { Title: `${"x".repeat(3_999)}😀😀` } }],
		});
		const { structured } = await client.ok("query_records", { table: "Rows" });
		expect(structured.rows[0][1]).toBe(`${"x".repeat(3_999)}…[cut]`);
	});

	test("group keys and extremes are cut too", async () => {
		const { client } = await numbered(0);
		await client.ok("create_records", {
			table: "Rows",
			records: [{ fields: { Title: "y".repeat(50_000) } }],
		});
		const { text, structured } = await client.ok("query_records", {
			table: "Rows",
			group_by: [{ field: "Title" }],
			aggregate: [{ function: "max", field: "Title" }],
		});
		expect(bytes(text)).toBeLessThan(10_000);
		expect(structured.notes.join()).toContain("2 cells were cut");
	});
});

test("a search that finds nothing says what it looked for, and where", async () => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Goods",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Town", type: "text" },
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "Öl", Town: "Köln" } }],
	});
	const search = async (value: string, more = {}) =>
		(
			await client.ok("query_records", {
				table,
				filter: {
					match: "all",
					conditions: [{ field: "*", op: "search", value }],
				},
				...more,
			})
		).text;
	for (const more of [{}, { limit: 0 }]) {
		expect(await search("öl köln", more)).toContain("as one phrase");
		expect(await search("gas", more)).toContain(
			"search looked for its value inside one cell",
		);
		expect(await search("gas", more)).not.toContain("phrase");
		expect(await search("köln", more)).not.toContain("looked for");
	}
});

test("limit 0 keeps what is asked of all rows together, and leaves out groups", async () => {
	const { client } = await numbered();
	const table = "Rows";
	const aggregate = [{ function: "count" }];
	const whole = await client.ok("query_records", {
		...{ table, aggregate, limit: 0 },
	});
	expect(whole.structured.rows).toEqual([[6]]);
	const groups = await client.ok("query_records", {
		...{ table, aggregate, limit: 0 },
		group_by: [{ field: "Title" }],
	});
	expect(groups.structured).toMatchObject({ rows: [], total: 6 });
});

test("an upsert says which new keys differ from those that are there in case, spaces or width alone", async () => {
	const { client } = await numbered();
	const upsert = async (...titles: readonly string[]) =>
		(
			await client.ok("update_records", {
				...{ table: "Rows", match_on: ["Title"], upsert: true },
				records: titles.map((Title) => ({ fields: { Title, Number: 9 } })),
			})
		).text;
	expect(await upsert("ROW 1", "other", "row 2")).toContain(
		'the key of 1 new record differs from existing ones only in case, spaces or width: "ROW 1" ("row 1" is there)',
	);
	expect(await upsert("quite other")).not.toContain("differ");
});
