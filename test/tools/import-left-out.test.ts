import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	nameGivenTwice,
	withExactNumbers,
} from "../../src/store/files/json-exact.js";
import { connected } from "../server/client.js";

/* What a file holds and an import would leave out, or take for something else, is said. */

const SEED = 20_261_120;

async function world() {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "T",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "N", type: "number" },
			{ name: "Note", type: "text" },
		],
	});
	const table = structured.table as string;
	return {
		client,
		load: (file: string, content: string, args: object = {}) => {
			client.put(file, content);
			return client.call("import_records", { table, file, ...args });
		},
		rows: async () => {
			const read = await client.ok("query_records", { table, ids: false });
			return read.structured.rows as unknown[][];
		},
	};
}

describe("JSON", () => {
	test.each([
		["ndjson", '{"Name":"a","N":0.1234567890123456789}'],
		["ndjson", '{"Name":"a","N":1e-400}'],
		["json", '[{"Name":"a","N":12345678901234567890}]'],
	])(
		"a number that loses digits is refused as the file has it: %s %s",
		async (ending, content) => {
			const { load, rows } = await world();
			const { isError, structured } = await load(`in.${ending}`, content);
			expect(isError).toBe(true);
			const [problem] = structured.problems;
			expect(content).toContain(`:${problem.given}}`);
			expect(problem.message).not.toContain("rounded");
			expect(await rows()).toEqual([]);
		},
	);

	test("a text field keeps all of its digits", async () => {
		const { load, rows } = await world();
		const digits = "12345678901234567890.5";
		await load("in.ndjson", `{"Name":"a","Note":${digits}}`);
		expect((await rows())[0]).toContain(digits);
	});

	test.each(["null", '""', "[]"])(
		"nothing, written %s, is kept out of a cell unless it is to clear it",
		async (nothing) => {
			const { load, rows } = await world();
			await load("a.ndjson", '{"Name":"a","N":1,"Note":"kept"}');
			const line = `{"Name":"a","N":2,"Note":${nothing}}`;
			const by = { match_on: ["Name"] };
			await load("b.ndjson", line, { ...by, empty: "keep" });
			expect(await rows()).toEqual([["a", 2, "kept"]]);
			await load("b.ndjson", line, { ...by, empty: "clear" });
			expect(await rows()).toEqual([["a", 2, null]]);
		},
	);

	const spelled = fc
		.tuple(
			fc.constantFrom("", "-"),
			fc.constantFrom("0", "1", "12", "100", "2026", "12345678901234567890"),
			fc.constantFrom("", ".0", ".5", ".10", ".100", ".000000", ".0000001"),
			fc.constantFrom("", "e0", "E5", "e+3", "e-7", "e400", "e-400"),
		)
		.map((parts) => parts.join(""));

	test.each(["ndjson", "json"])(
		"a text field keeps how a number is written: %s",
		async (ending) => {
			await fc.assert(
				fc.asyncProperty(
					fc.array(spelled, { minLength: 1, maxLength: 50 }),
					fc.boolean(),
					fc.constantFrom("", " ", "\t"),
					async (numbers, inFields, space) => {
						const { load, rows } = await world();
						const lines = numbers.map((digits, at) => {
							const cells = `{"Name":"n\\"1.10${at}","Note":${space}${digits}${space},"x":[1.10,{"Note":1e3}]}`;
							return inFields ? `{"fields":${cells}}` : cells;
						});
						const content =
							ending === "json" ? `[${lines.join(",")}]` : lines.join("\n");
						await load(`in.${ending}`, content);
						expect((await rows()).map((row) => row[2])).toEqual(numbers);
					},
				),
				{ seed: SEED, numRuns: 8 },
			);
		},
	);

	test.each(["1.10", "1e3", "-0", "5.0", "0.0000001"])(
		"a number field takes the value of %s, and a new table has a number or its text",
		async (digits) => {
			const { load, rows, client } = await world();
			await load("in.ndjson", `{"Name":"a","N":${digits}}`);
			expect((await rows())[0]?.[1]).toBe(Number(digits) + 0);
			const asked = { file: "in.ndjson", new_table: "New" };
			const typed = await client.ok("import_records", asked);
			const text = await client.ok("import_records", {
				...asked,
				new_table: "Text",
				mapping: [
					{ column: "Name", field: "Name" },
					{ column: "N", field: "N", as: "text" },
				],
			});
			const cellIn = async ({ structured }: typeof typed) =>
				(await client.ok("query_records", { table: structured.table }))
					.structured.rows[0][2];
			expect(await cellIn(typed)).toBe(Number(digits) + 0);
			expect(await cellIn(text)).toBe(digits);
		},
	);

	test.each([
		'{"Name":"a","Name":"b"}',
		'{"Name":{"x":1,"x":2}}',
		'{"Name":"a","Na\\u006de":"b"}',
	])("a name that stands twice is refused: %s", async (line) => {
		const { load } = await world();
		const { structured } = await load("in.ndjson", `{"Name":"x"}\n${line}\n`);
		expect(structured.problems).toEqual([
			expect.objectContaining({
				line: 2,
				message: expect.stringContaining("twice in one object"),
			}),
		]);
	});

	test("what loses nothing is as it was", () => {
		fc.assert(
			fc.property(
				fc.jsonValue(),
				fc.constantFrom(undefined, 2),
				(value, indent) => {
					const text = JSON.stringify(value, null, indent);
					const parsed = JSON.parse(text);
					expect(nameGivenTwice(text, parsed)).toBeUndefined();
					const exact = JSON.parse(withExactNumbers(text), (_, one) =>
						typeof one === "number" ? String(one) : one,
					);
					const plain = JSON.parse(text, (_, one) =>
						typeof one === "number" ? String(one) : one,
					);
					expect(exact).toEqual(plain);
				},
			),
			{ seed: SEED, numRuns: 500 },
		);
	});
});

describe("CSV", () => {
	test.each([{}, { dry_run: true }, { on_error: "skip" }])(
		"rows of empty cells are counted: %j",
		async (args) => {
			const { load } = await world();
			const content = "Name,N\na,1\n,\n , \nb,2\n\n";
			const { text } = await load("in.csv", content, args);
			expect(text).toContain("2 rows of empty cells make no record");
		},
	);

	test("none are not", async () => {
		const { load } = await world();
		const { text } = await load("in.csv", "Name,N\n\na,1\n");
		expect(text).not.toContain("empty cells");
	});

	test.each(["1,10,2020-01-01\n2,11,2020-01-02\n", "20.11.2026\nx\n"])(
		"a first row of values is noted: %j",
		async (content) => {
			const { client } = await world();
			client.put("in.csv", content);
			const { text } = await client.ok("import_records", {
				file: "in.csv",
				new_table: "New",
			});
			expect(text).toContain(
				"row 1 names the columns, and holds nothing but numbers and dates",
			);
		},
	);

	test("a header with a name is not", async () => {
		const { load } = await world();
		const { text } = await load("in.csv", "Name,2026\na,1\n");
		expect(text).not.toContain("nothing but numbers");
	});

	test("one row with a comma makes no title of the header", async () => {
		const { load } = await world();
		const { text } = await load("in.csv", "name\nBob\nAnn, Dr.\n");
		expect(text).toContain("has 2 cells, the header has 1");
		expect(text).not.toContain("header_row");
	});

	test.each([
		["3,4,5", "has a value in cell 3, and the header has no name for that"],
		["3,4,,,6", "has 5 cells, the header has 3"],
		["3", "has 1 cell, the header names 2 columns"],
	])(
		"a row that does not fit the header is said plainly: %s",
		async (row, words) => {
			const { load } = await world();
			const { structured } = await load("in.csv", `Name,N,\n1,2,\n${row}`);
			expect(structured.problems[0]).toMatchObject({
				line: 3,
				message: expect.stringContaining(words),
			});
		},
	);
});

test("a link by a title with a comma in it", async () => {
	const client = await connected();
	const people = await client.ok("create_table", {
		name: "People",
		fields: [{ name: "Name", type: "text" }],
	});
	await client.ok("create_records", {
		table: people.structured.table,
		records: ["a, b", "a", "c"].map((Name) => ({ fields: { Name } })),
	});
	const { structured } = await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Task", type: "text" },
			{
				name: "Who",
				type: "link",
				settings: { link_table: people.structured.table },
			},
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Task: "one", Who: "a, b" } }],
	});
	client.put("in.csv", 'Task,Who\ntwo,"a, b"\nthree,"a, c"\n');
	await client.ok("import_records", { table, file: "in.csv" });
	const read = await client.ok("query_records", {
		table,
		ids: false,
		detail: "full",
	});
	const titles = read.structured.rows.map(
		([, who]: [string, { text: string }[]]) => who.map(({ text }) => text),
	);
	expect(titles).toEqual([["a, b"], ["a, b"], ["a", "c"]]);
});

test.each([true, false])(
	"of a new table nothing is said twice (dry run: %s)",
	async (dry_run) => {
		const { client } = await world();
		client.put("in.csv", "$id,Name,N,Other\nrec1,a,1,x\n");
		const { structured } = await client.ok("import_records", {
			file: "in.csv",
			new_table: "New",
			mapping: [
				{ column: "Name", field: "Name" },
				{ column: "N", field: "N" },
			],
			dry_run,
		});
		const notes = structured.notes as string[];
		const about = (words: string) =>
			notes.filter((note) => note.includes(words));
		expect(about("$id")).toHaveLength(1);
		expect(about("left out, because")).toHaveLength(1);
		expect(new Set(notes).size).toBe(notes.length);
	},
);
