import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connected, type TestClient } from "../server/client.js";
import { unzip, workbook } from "./workbook.js";

/** A table with one field of each type that a file can carry, and two rows that use every corner of it. */
const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Notes", type: "long_text" },
	{ name: "Email", type: "email" },
	{ name: "Phone", type: "phone" },
	{ name: "Code", type: "barcode" },
	{ name: "Site", type: "url" },
	{ name: "Count", type: "number" },
	{ name: "Price", type: "currency" },
	{ name: "Share", type: "percent" },
	{ name: "Stars", type: "rating" },
	{ name: "Progress", type: "progress" },
	{ name: "Paid", type: "checkbox" },
	{
		name: "Stage",
		type: "single_select",
		settings: { options: [{ name: "Open" }, { name: "=Won, lost" }] },
	},
	{
		name: "Tags",
		type: "multi_select",
		settings: { options: [{ name: "a" }, { name: 'b, "c"' }, { name: " d" }] },
	},
	{ name: "Due", type: "date" },
	{ name: "Meeting", type: "date", settings: { format: "yyyy-MM-dd HH:mm" } },
	{ name: "Owner", type: "user" },
	{ name: "Place", type: "location" },
] as const;

const RECORDS = [
	{
		Name: "=SUM(A1:A9)",
		Notes: 'line one\nline two, with "quotes"\r\n\tand a tab',
		Email: "ann@example.com",
		Phone: "+49 30 1234",
		Code: "00123456789012345678",
		Site: { text: "our site", link: "https://example.com/?a=1,2" },
		Count: -1234.5678,
		Price: 0.1,
		Share: 0.125,
		Stars: 3,
		Progress: 0.5,
		Paid: true,
		Stage: "=Won, lost",
		Tags: ["a", 'b, "c"', " d"],
		Due: "2026-02-28",
		Meeting: "2026-11-20T14:05:06+08:00",
		Owner: ["Ann", "Bo, the second"],
		Place: { lnglat: "116.4,39.9", address: 'Some "road", 5' },
	},
	{ Name: "'=already guarded", Notes: "-5", Count: 0, Share: 3 / 7 },
	{ Name: "'", Notes: "'plain apostrophe", Email: "@at", Count: 1e15 + 0.5 },
	{ Name: " spaced ", Notes: "=", Code: "1e5", Phone: "001", Paid: false },
	{ Name: "0012", Notes: "true", Email: "null", Code: "2026-01-01" },
	{
		Name: "ends\n",
		Notes: "\u00e9\u{1f600}中\u2028\u2029\u0085",
		Due: "1900-01-01",
	},
	{ Name: "\ttab first", Notes: "+1", Due: "9999-12-31" },
];

async function filled(client: TestClient): Promise<string> {
	const { structured } = await client.ok("create_table", {
		name: "Source",
		fields: FIELDS,
	});
	await client.ok("create_records", {
		table: structured.table,
		records: RECORDS.map((fields) => ({ fields })),
	});
	return structured.table;
}

async function rowsOf(client: TestClient, table: string) {
	const { structured } = await client.ok("query_records", {
		table,
		detail: "full",
		sort: [{ field: "Name" }],
	});
	return {
		columns: structured.columns.slice(1),
		rows: structured.rows.map((row: unknown[]) => row.slice(1)),
	};
}

describe.each(["csv", "ndjson", "xlsx"])("%s", (format) => {
	test("what is exported and imported again is equal, cell by cell", async () => {
		const client = await connected();
		const source = await filled(client);
		const exported = await client.ok("export_records", {
			table: source,
			file: `out.${format}`,
			ids: true,
		});
		expect(exported.structured).toMatchObject({ rows: RECORDS.length });
		const { structured } = await client.ok("create_table", {
			name: "Copy",
			fields: FIELDS,
		});
		const imported = await client.ok("import_records", {
			table: structured.table,
			file: `out.${format}`,
		});
		expect(imported.structured.counts.created).toBe(RECORDS.length);
		const before = await rowsOf(client, source);
		expect(before.rows).toHaveLength(RECORDS.length);
		expect(await rowsOf(client, structured.table)).toEqual(before);

		// And once more with keys: nothing is to be changed.
		const again = await client.ok("import_records", {
			table: source,
			file: `out.${format}`,
			match_on: ["Name"],
		});
		expect(again.structured.counts).toMatchObject({
			unchanged: RECORDS.length,
			updated: 0,
			created: 0,
		});
	});

	test("the file is the same bytes for the same rows", async () => {
		const client = await connected();
		const source = await filled(client);
		const hash = async (file: string) => {
			await client.ok("export_records", {
				table: source,
				file,
				sort: [{ field: "Name" }],
			});
			const bytes = readFileSync(join(client.files, file));
			return format === "xlsx"
				? unzip(bytes).get("xl/worksheets/sheet1.xml")
				: createHash("sha256").update(bytes).digest("hex");
		};
		expect(await hash(`one.${format}`)).toBe(await hash(`two.${format}`));
	});
});

/** Names of options of which lists have other options as their text. */
const OPTION_SETS: readonly (readonly string[])[] = [
	["a", "b", "a, b"],
	["a", "b", "a, b", '"a","b"', '"a", "b"', '"a, b"', '"a, b",'],
	["x", "x, x", "x,x", " x", "x ", '"x"', '""x""', 'x"', ","],
	["=1", "'=1", "a,=1", "=1, a", "a"],
];

describe.each(["csv", "xlsx"])("lists of options in %s", (format) => {
	test.each(OPTION_SETS)(
		"a list of options is read back, whatever another option is called: %s",
		async (...names) => {
			const client = await connected();
			const cells = [
				...names.map((name) => [name]),
				...names.flatMap((one) =>
					names.flatMap((two) => (one === two ? [] : [[one, two]])),
				),
				[...names],
			];
			const { structured } = await client.ok("create_table", {
				name: "Lists",
				fields: [
					{ name: "Name", type: "text" },
					{
						name: "Tags",
						type: "multi_select",
						settings: { options: names.map((name) => ({ name })) },
					},
				],
			});
			const { table } = structured;
			await client.ok("create_records", {
				table,
				records: cells.map((Tags, index) => ({
					fields: { Name: `r${index}`, Tags },
				})),
			});
			const file = `lists.${format}`;
			await client.ok("export_records", { table, file, ids: true });
			const again = await client.ok("import_records", {
				...{ table, file, match_on: ["$id"] },
			});
			expect(again.structured.counts, again.text).toMatchObject({
				...{ unchanged: cells.length, updated: 0, created: 0, failed: 0 },
			});
			// What the text of a query shows is accepted on write.
			const shown = await client.ok("query_records", { table, limit: 500 });
			const { columns, rows } = parsedCsv(shown.text);
			expect(columns).toEqual(["id", "Name", "Tags"]);
			const sent = await client.ok("update_records", {
				table,
				records: rows.map(([id, , Tags]) => ({ id, fields: { Tags } })),
			});
			expect(sent.structured.counts).toMatchObject({
				unchanged: cells.length,
			});
		},
	);
});

/** The lines of CSV in an answer. */
function parsedCsv(text: string): {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly string[])[];
} {
	const [columns = [], ...rows] = text
		.split("\n")
		.slice(1)
		.filter((line) => line !== "" && !line.startsWith("note: "))
		.map((line) =>
			[...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
				([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
			),
		);
	return { columns, rows };
}

test("texts that a spreadsheet would run are guarded in CSV, and nowhere else", async () => {
	const client = await connected();
	const source = await filled(client);
	for (const format of ["csv", "ndjson", "xlsx"])
		await client.ok("export_records", { table: source, file: `out.${format}` });
	const csv = client.read("out.csv");
	expect(csv).toContain("'=SUM(A1:A9)");
	expect(csv).toContain("''=already guarded");
	expect(csv).toContain(",'-5,");
	expect(csv).toContain(",'@at,");
	expect(csv).toContain(",-1234.5678,");
	expect(csv).not.toMatch(/(^|,)=/m);
	expect(client.read("out.ndjson")).toContain('"Name":"=SUM(A1:A9)"');
	const parts = unzip(readFileSync(join(client.files, "out.xlsx")));
	const text = [...parts.values()].join();
	expect(text).not.toContain("<f>");
	expect(text).toContain(">=SUM(A1:A9)<");
});

describe("imports", () => {
	async function table(client: TestClient, fields: readonly object[]) {
		const { structured } = await client.ok("create_table", {
			name: "Target",
			fields,
		});
		return structured.table as string;
	}
	const rows = async (client: TestClient, at: string) =>
		(await client.ok("query_records", { table: at })).structured.rows.map(
			(row: unknown[]) => row.slice(1),
		);

	test("a spreadsheet's numbers, dates and long digits go where they belong", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Code", type: "text" },
			{ name: "Amount", type: "number" },
			{ name: "Day", type: "date" },
			{ name: "Moment", type: "date", settings: { format: "yyyy HH:mm" } },
			{ name: "Done", type: "checkbox" },
			{ name: "Share", type: "percent" },
		]);
		client.put(
			"book.xlsx",
			workbook(
				{
					Other: "",
					Rows: `<row r="1">${["Code", "Amount", "Day", "Moment", "Done", "Share"].map((name, index) => `<c r="${"ABCDEF"[index]}1" t="inlineStr"><is><t>${name}</t></is></c>`).join("")}</row>
					<row r="2"><c r="A2"><v>123456789012</v></c><c r="B2" t="s"><v>0</v></c><c r="C2" s="1"><v>46346</v></c><c r="D2" s="2"><v>46346.75</v></c><c r="E2" t="b"><v>1</v></c><c r="F2" s="3"><v>0.25</v></c></row>
					<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>2.5</v></c><c r="C3" t="s"><v>2</v></c><c r="D3" s="1"><v>46346</v></c><c r="E3"><v>0</v></c><c r="F3" t="s"><v>3</v></c></row>`,
				},
				["1,234.50", "12345678901234567890", "2026年1月5日", "12.5%"],
			),
		);
		await client.ok("import_records", {
			table: at,
			file: "book.xlsx",
			sheet: "Rows",
		});
		expect(await rows(client, at)).toEqual([
			[
				"123456789012",
				1234.5,
				"2026-11-20",
				"2026-11-20T18:00:00+08:00",
				true,
				"25%",
			],
			[
				"12345678901234567890",
				2.5,
				"2026-01-05",
				"2026-11-20T00:00:00+08:00",
				false,
				"12.5%",
			],
		]);
	});

	test("digits that a number would round are kept by a text field and refused by a number field, never rounded", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Code", type: "text" },
			{ name: "Amount", type: "number" },
		]);
		client.put(
			"in.ndjson",
			'{"Code":12345678901234567890}\n{"Amount":9007199254740993}\n{"Code":"12345678901234567890"}\n',
		);
		const answer = await client.refused("import_records", {
			table: at,
			file: "in.ndjson",
		});
		expect(
			answer.structured.problems.map(({ line }: { line: number }) => line),
		).toEqual([2]);
		expect(await rows(client, at)).toEqual([]);
		await client.call("import_records", {
			table: at,
			file: "in.ndjson",
			on_error: "skip",
		});
		const digits = "12345678901234567890";
		expect((await rows(client, at)).map((row: unknown[]) => row[0])).toEqual([
			digits,
			digits,
		]);
	});

	test("columns are mapped by name, by width and case, or by hand; the rest is left out and said", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Größe", type: "number" },
			{ name: "Stadt", type: "text" },
		]);
		client.put("in.csv", "NAME , ｇröße,city,Extra\nx,1,Ulm,y\n");
		const named = await client.ok("import_records", {
			table: at,
			file: "in.csv",
		});
		expect(named.text).toMatch(/left out.*"city", "Extra"/);
		const told = await client.ok("import_records", {
			table: at,
			file: "in.csv",
			mapping: [
				{ column: "city", field: "Stadt" },
				{ column: "name", field: "Name" },
			],
		});
		expect(told.text).toMatch(/left out.*"ｇröße", "Extra"/);
		expect(await rows(client, at)).toEqual([
			["x", 1, null],
			["x", null, "Ulm"],
		]);
		const wrong = await client.refused("import_records", {
			table: at,
			file: "in.csv",
			mapping: [
				{ column: "ctiy", field: "Stadt" },
				{ column: "Extra", field: "Nmae" },
			],
		});
		expect(wrong.text).toMatch(/no column "ctiy"; nearest: "city"/);
		expect(wrong.text).toMatch(/no field "Nmae"/);
	});

	test("a dry run shows the columns with types and samples, counts, and writes nothing", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		]);
		client.put(
			"in.csv",
			"Name,Count,When\nx,1,2026-01-01\ny,zwei,2026-01-02\n",
		);
		const answer = await client.ok("import_records", {
			table: at,
			file: "in.csv",
			dry_run: true,
			on_error: "skip",
		});
		expect(answer.structured).toMatchObject({
			change_id: null,
			counts: { created: 1, failed: 1 },
			problems: [{ line: 3, record: 1, field: "Count", given: "zwei" }],
			would_take: { calls: 1 },
			columns: [
				{ column: "Name", field: "Name", type: "text", samples: ["x", "y"] },
				{ column: "Count", field: "Count", type: "number" },
				{ column: "When", field: null, type: null, looks_like: "date" },
			],
		});
		expect(await rows(client, at)).toEqual([]);
		expect((await client.ok("list_changes")).structured.changes).toMatchObject([
			{ tool: "create_table" },
		]);
	});

	test("empty cells keep or clear what is there, as asked", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Note", type: "text" },
		]);
		await client.ok("create_records", {
			table: at,
			records: [{ fields: { Name: "x", Note: "old" } }],
		});
		client.put("in.csv", "Name,Note\nx,\nnew,\n");
		const args = { table: at, file: "in.csv", match_on: ["Name"] };
		expect(
			(await client.ok("import_records", args)).structured.counts,
		).toMatchObject({ unchanged: 1, created: 1 });
		expect(await rows(client, at)).toEqual([
			["x", "old"],
			["new", null],
		]);
		await client.ok("import_records", { ...args, empty: "clear" });
		expect((await rows(client, at))[0]).toEqual(["x", null]);
	});

	test("keys that are empty, twice in the file or twice in the table are told by line", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		]);
		await client.ok("create_records", {
			table: at,
			records: ["a", "twin", "twin"].map((Name) => ({ fields: { Name } })),
		});
		client.put("in.csv", "Name,Count\na,1\n,2\na,3\ntwin,4\nb,5\n");
		const answer = await client.ok("import_records", {
			table: at,
			file: "in.csv",
			match_on: ["Name"],
			on_error: "skip",
		});
		expect(answer.structured.counts).toMatchObject({
			updated: 1,
			created: 1,
			failed: 3,
		});
		expect(
			answer.structured.problems.map(
				({ line, message }: { line: number; message: string }) => [
					line,
					message,
				],
			),
		).toEqual([
			[3, expect.stringContaining('key "Name" is empty')],
			[4, expect.stringContaining("same key as line 2")],
			[5, expect.stringContaining("matches 2 records")],
		]);
	});

	test("new options are refused unless allowed", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Stage", type: "single_select" },
		]);
		client.put("in.csv", "Name,Stage\nx,New\ny,New\nz,Newer\n");
		const args = { table: at, file: "in.csv" };
		expect((await client.refused("import_records", args)).text).toContain(
			"allow_new_options",
		);
		await client.ok("import_records", { ...args, allow_new_options: true });
		const described = await client.ok("describe_fields", { table: at });
		expect(described.structured.fields[1].settings.options).toEqual([
			"New",
			"Newer",
		]);
	});

	test("more problems than are shown are all in the file beside it, by line", async () => {
		const client = await connected();
		const at = await table(client, [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		]);
		client.put(
			"in.csv",
			`Name,Count\n${Array.from({ length: 250 }, (_, index) => `n${index},x${index}`).join("\n")}\n`,
		);
		const answer = await client.refused("import_records", {
			table: at,
			file: "in.csv",
		});
		expect(answer.structured.problems).toHaveLength(20);
		expect(answer.structured.problems_total).toBe(250);
		const lines = client.read("in.csv.problems.csv").trim().split("\r\n");
		expect(lines).toHaveLength(251);
		expect(lines.at(-1)).toMatch(/^251,249,Count,x249,/);
	});

	test("overwriting an export asks; nothing is written without consent", async () => {
		const client = await connected();
		const at = await table(client, [{ name: "Name", type: "text" }]);
		client.put("out.csv", "precious");
		const answer = await client.refused("export_records", {
			table: at,
			file: "out.csv",
		});
		expect(answer.text).toMatch(/confirm: "out.csv"/);
		expect(client.read("out.csv")).toBe("precious");
		await client.ok("export_records", {
			table: at,
			file: "out.csv",
			confirm: "out.csv",
		});
		expect(client.read("out.csv")).toBe("\ufeff$id,Name\r\n");
	});
});

test("an import with keys that is broken off goes on as if it had not been", async () => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Target",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "k3" } }, { fields: { Name: "k900" } }],
	});
	client.put(
		"in.csv",
		`Name,Count\n${Array.from({ length: 1_200 }, (_, index) => (index === 1_100 ? "k1,-1" : index === 20 ? "k20,many" : `k${index},${index}`)).join("\n")}\n`,
	);
	const stop = new AbortController();
	await expect(
		client.client.callTool(
			{
				name: "import_records",
				arguments: {
					table,
					file: "in.csv",
					match_on: ["Name"],
					on_error: "skip",
				},
			},
			undefined,
			{ signal: stop.signal, onprogress: () => stop.abort("enough") },
		),
	).rejects.toThrow("enough");
	let change: { change_id: string; tool: string; status: string };
	do {
		const { structured: listed } = await client.ok("list_changes", { table });
		change = listed.changes.find(
			({ tool }: { tool: string }) => tool === "import_records",
		);
	} while (change.status === "running");
	expect(change.status).toMatch(/^unfinished/);
	const resumed = await client.ok("import_records", {
		table,
		resume: change.change_id,
	});
	expect(resumed.structured.counts).toMatchObject({
		created: 1_196,
		updated: 2,
		failed: 2,
		not_attempted: 0,
	});
	expect(resumed.structured.problems).toMatchObject([
		{ line: 22, field: "Count" },
		{ line: 1_102, message: "has the same key as line 3" },
	]);
	const { structured: found } = await client.ok("query_records", {
		table,
		filter: { conditions: [{ field: "Name", op: "is", value: "k1" }] },
	});
	expect(found.rows.map((row: unknown[]) => row.slice(1))).toEqual([["k1", 1]]);
});
