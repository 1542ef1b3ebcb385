import { describe, expect, test } from "vitest";
import { type Answer, connected, type TestClient } from "../server/client.js";
import { workbook } from "../store/workbook.js";

/*
 * How the texts of a file become values: by what the whole column proves, and never by a guess.
 */

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Price", type: "number" },
	{ name: "Due", type: "date" },
	{ name: "Share", type: "percent" },
	{ name: "Done", type: "checkbox" },
	{
		name: "Tags",
		type: "multi_select",
		settings: {
			options: ["A", "B", "a, b", "Red", "red"].map((name) => ({ name })),
		},
	},
] as const;

async function world() {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "T",
		fields: FIELDS,
	});
	const table = structured.table as string;
	return {
		client,
		table,
		rows: (...fields: string[]) => rowsOf(client, table, fields),
		load: (file: string, args: object = {}) =>
			client.call("import_records", { table, file, ...args }),
	};
}

async function rowsOf(
	client: TestClient,
	table: string,
	fields: readonly string[],
): Promise<unknown[][]> {
	const { structured } = await client.ok("query_records", {
		table,
		fields,
		limit: 200,
	});
	return structured.rows.map((row: unknown[]) => row.slice(1));
}

const messageOf = ({ structured }: Answer) => structured.problems[0].message;

const csv = (column: string, cells: readonly string[]) =>
	`Name,${column}\n${cells.map((cell, index) => `${index},"${cell}"`).join("\n")}\n`;

describe("a column of a file is read as a whole", () => {
	test("a cell far behind the first thousand decides for all", async () => {
		const { client, rows, load } = await world();
		const cells = [...Array(2_500).fill("1,234"), "0,5"];
		client.put("in.csv", csv("Price", cells));
		const answer = await load("in.csv");
		expect(answer.structured.counts.created).toBe(2_501);
		expect((await rows("Price"))[0]).toEqual([1.234]);
	});

	test("all that a person has to say is asked at once, before anything is sent", async () => {
		const { client, rows, load } = await world();
		client.put(
			"in.csv",
			'Name,Price,Due,Share\nx,"1,234",03/04/2026,37\ny,7,,"0,5"\n',
		);
		for (const args of [{}, { dry_run: true }, { on_error: "skip" }] as const) {
			const { isError, text } = await load("in.csv", args);
			expect(isError).toBe(true);
			expect(text).toContain('"1,234" is 1234 where a point');
			expect(text).toContain("2026-04-03 where the day stands first");
			expect(text).toContain("37 may be 37 % or 3700 %");
		}
		expect(await rows("Name")).toEqual([]);
		const said = await load("in.csv", {
			decimal: ",",
			dates: "mdy",
			mapping: [
				{ column: "Price", field: "Price" },
				{ column: "Due", field: "Due" },
				{ column: "Share", field: "Share", as: "percent" },
			],
		});
		expect(said.isError).toBe(false);
		expect(await rows("Price", "Due", "Share")).toEqual([
			[1.234, "2026-03-04", "37%"],
			[7, null, "0.5%"],
		]);
	});

	test("a cell against the column is a bad row that names the proof", async () => {
		const { client, rows, load } = await world();
		client.put(
			"in.csv",
			csv("Due", [...Array(19).fill("13.01.2026"), "01.13.2026", "03.04.2026"]),
		);
		const answer = await load("in.csv", { on_error: "skip" });
		expect(answer.structured.counts).toMatchObject({ created: 20, failed: 1 });
		expect(answer.structured.problems).toEqual([
			expect.objectContaining({
				line: 21,
				given: "01.13.2026",
				message: expect.stringContaining(
					'as line 2 of this column proves ("13.01.2026")',
				),
			}),
		]);
		expect((await rows("Due")).at(-1)).toEqual(["2026-04-03"]);
	});

	test.each([undefined, "percent", "fraction"] as const)(
		"a number that a spreadsheet shows in percent is a fraction, also where others are read as %s",
		async (as) => {
			const { client, rows, load } = await world();
			// Of the styles, 3 is percent.
			const sheet = [
				["Name", "Share"].map(
					(name, at) =>
						`<c r="${"AB"[at]}1" t="inlineStr"><is><t>${name}</t></is></c>`,
				),
				...[2, 0.125, -3].map((share, at) => [
					`<c r="A${at + 2}" t="inlineStr"><is><t>${at}</t></is></c>`,
					`<c r="B${at + 2}" s="3"><v>${share}</v></c>`,
				]),
			].map((cells, at) => `<row r="${at + 1}">${cells.join("")}</row>`);
			client.put("in.xlsx", workbook({ S: sheet.join("") }));
			const answer = await load("in.xlsx", {
				decimal: ",",
				...(as && {
					mapping: [
						{ column: "Name", field: "Name" },
						{ column: "Share", field: "Share", as },
					],
				}),
			});
			expect(answer.text).not.toContain("may be");
			expect(answer.structured.counts.created).toBe(3);
			expect(await rows("Name", "Share")).toEqual([
				["0", "200%"],
				["1", "12.5%"],
				["2", "-300%"],
			]);
		},
	);

	test("an error of a spreadsheet is a problem of its cell, and only where its column is used", async () => {
		const { client, rows, load } = await world();
		const text = (ref: string, content: string) =>
			`<c r="${ref}" t="inlineStr"><is><t>${content}</t></is></c>`;
		client.put(
			"in.xlsx",
			workbook({
				S: `<row r="1">${text("A1", "Name")}${text("B1", "Price")}</row><row r="2">${text("A2", "a")}<c r="B2" t="e"><v>#N/A</v></c></row>`,
			}),
		);
		const refused = await load("in.xlsx");
		expect(refused.isError).toBe(true);
		expect(messageOf(refused)).toBe(
			'"Price" cannot be taken: cell B2 holds the error #N/A',
		);
		await load("in.xlsx", { mapping: [{ column: "Name", field: "Name" }] });
		expect(await rows("Name", "Price")).toEqual([["a", null]]);
	});

	test("`as` is for fields of percent", async () => {
		const { client, load } = await world();
		client.put("in.csv", csv("Price", ["1"]));
		const { isError, text } = await load("in.csv", {
			mapping: [{ column: "Price", field: "Price", as: "percent" }],
		});
		expect(isError).toBe(true);
		expect(text).toContain(
			'`as` is for fields of percent, and "Price" is number',
		);
	});
});

describe("one value by itself", () => {
	test("a day that is named from today is that day, and is said", async () => {
		const { client, table, rows } = await world();
		const today = (await client.ok("list_tables", {})).text.match(
			/\d{4}-\d{2}-\d{2}/,
		);
		const answer = await client.ok("create_records", {
			table,
			records: [
				{ fields: { Name: "a", Due: "today" } },
				{ fields: { Name: "b", Due: "-1d" } },
				{ fields: { Name: "c", Due: "yesterday" } },
			],
		});
		const days = (await rows("Due")).flat() as string[];
		expect(days[1]).toBe(days[2]);
		expect(Date.parse(days[0] as string) - Date.parse(days[1] as string)).toBe(
			86_400_000,
		);
		expect(answer.structured.notes).toContain(`"today" in "Due" is ${days[0]}`);
		if (today !== null) expect(days[0]).toBe(today[0]);
		client.put("in.csv", csv("Due", ["today"]));
		const file = await client.refused("import_records", {
			table,
			file: "in.csv",
		});
		expect(messageOf(file)).toContain('is not a date: "today"');
	});

	test("a bare percent beyond 1 is refused, unless the cell holds it", async () => {
		const { client, table, rows } = await world();
		const refused = await client.refused("create_records", {
			table,
			records: [{ fields: { Share: 37.3 } }],
		});
		expect(refused.text).toContain("37.3 could be 37.3 % or 3730 %");
		const { structured } = await client.ok("create_records", {
			table,
			records: [{ fields: { Name: "x", Share: "250%" } }],
		});
		const [id] = structured.ids as string[];
		const update = (Share: unknown) =>
			client.call("update_records", {
				table,
				records: [{ id, fields: { Name: "y", Share } }],
			});
		expect((await update(2.5)).structured.counts.updated).toBe(1);
		const other = await update(3.5);
		expect(other.isError).toBe(true);
		expect(other.text).toContain("3.5 could be 3.5 % or 350 %");
		const whole = await client.ok("query_records", {
			table,
			fields: ["Share"],
			detail: "full",
		});
		expect(whole.structured.rows).toEqual([[id, 2.5]]);
		expect(await rows("Name", "Share")).toEqual([["y", "250%"]]);
		const upsert = await client.call("update_records", {
			table,
			match_on: ["Name"],
			upsert: true,
			records: [{ fields: { Name: "new", Share: 12 } }],
		});
		expect(upsert.text).toContain("12 could be 12 % or 1200 %");
		const sum = await client.ok("query_records", {
			table,
			aggregate: [
				{ function: "sum", field: "Share" },
				{ function: "max", field: "Share" },
			],
		});
		expect(sum.structured.rows).toEqual([[2.5, 2.5]]);
	});

	test("the name of an option to the letter is that option, in lists as well", async () => {
		const { client, table, rows } = await world();
		await client.ok("create_records", {
			table,
			records: [
				{ fields: { Name: "1", Tags: "a, b" } },
				{ fields: { Name: "2", Tags: "A, B" } },
				{ fields: { Name: "3", Tags: ["red", "Red"] } },
			],
		});
		expect((await rows("Tags")).flat()).toEqual([
			["a, b"],
			["A", "B"],
			["red", "Red"],
		]);
		for (const allow_new_options of [false, true]) {
			const alike = await client.refused("create_records", {
				table,
				allow_new_options,
				records: [{ fields: { Tags: "RED" } }],
			});
			expect(messageOf(alike)).toContain(
				'may be each of the options "Red", "red"',
			);
			const both = await client.refused("create_records", {
				table,
				allow_new_options,
				records: [{ fields: { Tags: "A, b" } }],
			});
			expect(messageOf(both)).toContain(
				'may be the option "a, b" or the list "A", "b"',
			);
		}
		const found = await client.ok("query_records", {
			table,
			fields: ["Name"],
			filter: { conditions: [{ field: "Tags", op: "is", value: "A, B" }] },
		});
		expect(found.structured.rows).toEqual([[expect.any(String), "2"]]);
	});
});
