import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connected } from "../server/client.js";
import { linkedWorkbook, workbook } from "../store/workbook.js";

/*
 * A table that is made from a file loses nothing of it: a column is text unless its texts come back from the values.
 */

const SEED = 20_261_120;

type Columns = Readonly<Record<string, readonly string[]>>;

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

function csvOf(columns: Columns): string {
	const names = Object.keys(columns);
	const rows = Math.max(...Object.values(columns).map(({ length }) => length));
	const lines = Array.from({ length: rows }, (_, row) => [
		`r${row}`,
		...names.map((name) => columns[name]?.[row] ?? ""),
	]);
	return [["Row", ...names], ...lines]
		.map((cells) => cells.map(quoted).join(","))
		.join("\n");
}

interface Guessed {
	readonly types: Readonly<Record<string, string>>;
	readonly values: Readonly<Record<string, readonly unknown[]>>;
	readonly text: string;
}

/** The types that the columns of a file get, and the values of its rows in a table that is made so. */
async function guess(
	content: string | Uint8Array,
	file = "in.csv",
	args: object = {},
): Promise<Guessed> {
	const client = await connected();
	client.put(file, content);
	const asked = { file, new_table: "T", ...args };
	const dry = await client.ok("import_records", { ...asked, dry_run: true });
	const made = await client.ok("import_records", asked);
	const read = await client.ok("query_records", {
		table: made.structured.table,
		ids: false,
		limit: 200,
	});
	const names = read.structured.columns as string[];
	return {
		types: Object.fromEntries(
			dry.structured.columns.map((one: { column: string; type: string }) => [
				one.column,
				one.type,
			]),
		),
		values: Object.fromEntries(
			names.map((name, at) => [
				name,
				read.structured.rows.map((row: unknown[]) => row[at]),
			]),
		),
		text: made.text,
	};
}

const typeOf = async (cells: readonly string[]) =>
	(await guess(csvOf({ C: cells }))).types.C;

test("what new_table guesses loses nothing: cells that differ in the file differ in the table", async () => {
	const words = [
		..."100.200.300 1.200.300 100200300 192.168.1.1 2023.1.2 2023.01.02".split(
			" ",
		),
		..."1 1.0 1.1 1.10 10 100 7 07 0 0.0 -5 12.5 1.25".split(" "),
		..."10⁶ 106 5² 52 ½ ① €5 $5 5 5.5 TOP5 12e5 1200000 1E3 1000".split(" "),
		"TOP 5",
		"CHF 5",
		"1 000",
		"1'000",
		"(415)",
		"2-",
		"5+",
		"5.",
		"1.0e-400",
		..."y n x t f - yes no Yes on off ON NO true false ja nein".split(" "),
		..."是 否 ✓ ✗ ☑ ☐ checked".split(" "),
		..."2026-11-20 2026-11-21 2022-02-30 a@b.example".split(" "),
		"2026-11-20T14:00:00.1234",
		"2026-11-20T14:00:00.1239",
		"https://example.com/a",
		"",
	];
	const column = fc
		.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 4 })
		.map((cells) => [...cells, ...cells].slice(0, 4));
	await fc.assert(
		fc.asyncProperty(
			fc.array(column, { minLength: 30, maxLength: 30 }),
			async (columns) => {
				const named = Object.fromEntries(
					columns.map((cells, index) => [`C${index}`, cells]),
				);
				const { types, values } = await guess(csvOf(named));
				for (const [name, cells] of Object.entries(named)) {
					const shown = cells.map((_, row) =>
						JSON.stringify(values[name]?.[row]),
					);
					expect(
						new Set(shown).size,
						`${types[name]}: ${JSON.stringify(cells)} as ${shown.join()}`,
					).toBe(new Set(cells).size);
				}
			},
		),
		{ seed: SEED, numRuns: 12 },
	);
});

describe("a column is text where a value would say less, or what it is is not evident", () => {
	test.each([
		[["20.11.1", "17.1.2", "12.4.3"]],
		[["10/1/2", "11/1/3"]],
		[["y", "n"]],
		[["x", "x"]],
		[["t", "f"]],
		[["NO", "NO"]],
		[["ON", "ON"]],
		[["yes", "yes"]],
		[["yes", "y", "no"]],
		[["no", "yes", ""]],
		[["1.10", "1.1"]],
		[["1.0", "2"]],
		[["1.10", "2", "1.9"]],
		[["12%", "5"]],
		[["12.5%", "$5"]],
		[["12e5", "713752e1"]],
		[["1E3"]],
		[["10⁶", "5"]],
		[["5²"]],
		[["½"]],
		[["€5", "$5"]],
		[["€5", "5"]],
		[["TOP 5", "TOP 6"]],
		[["12 345", "67 890"]],
		[["(415)", "(416)"]],
		[["2-", "3-"]],
		[["18+", "21+"]],
		[["1.", "2."]],
		[["1.0e-400"]],
		[["$007"]],
		[["100.200.300", "1.200.301"]],
		[["123.456.789"]],
		[["192.168.100.200", "192.168.100.201"]],
		[["192.168.100.200", "192.168.1.1"]],
		[["100.200.300", "100.200.300a"]],
		[["100.200.300", "1.0"]],
		[["2023.1.2", "2023.1"]],
		[["2023.1.2", "1.2.3"]],
		[["2023.1.2", "2023.14.1"]],
	])("%j", async (cells) => {
		expect(await typeOf(cells)).toBe("text");
	});

	test.each([
		[["1 234.5", "(415)", "2-"], "number"],
		[["(415)", "2-", "1 234.5"], "number"],
		[["€1,234.50", "€(2.25)"], "number"],
		[["CHF 9.00", "CHF 12.50"], "number"],
		[["125.50", "50"], "number"],
		[["1.10", "2"], "number"],
		[["$7.5", "$12.50", "$3"], "number"],
		[["$1,234.56", "($987.65)"], "number"],
		[["7 000", "950", "12 500"], "number"],
		[["12.5%", "7%", "-3 %"], "percent"],
		[["12,5%", "100,25%"], "percent"],
		[["1.5e3", "2.5"], "number"],
		[["1.200.300", "950"], "number"],
		[["1.200.300", "1.200.300,55"], "number"],
		[["€1.200.300", "€2.200.300"], "number"],
		[["-1.200.300", "2.200.300"], "number"],
		[["2023.1.2", "2023.10.12"], "date"],
		[["true", ""], "checkbox"],
		[["Yes", "NO"], "checkbox"],
		[["ja", "nein"], "checkbox"],
		[["oui", "non"], "checkbox"],
		[["Sí", "No"], "checkbox"],
		[["si\u0301", "no"], "checkbox"],
		[["да", "нет"], "checkbox"],
		[["Evet", "HAYIR"], "checkbox"],
		[["sim", "não"], "checkbox"],
		[["SI", "NO"], "text"],
		[["oui", "oui"], "text"],
		[["oui", "no"], "text"],
		[["是", "否"], "checkbox"],
		[["checked", "checked"], "checkbox"],
		[["on", "off"], "checkbox"],
	])("%j is %s", async (cells, type) => {
		expect(await typeOf(cells)).toBe(type);
	});

	test.each([
		[
			["12 345", "67 890"],
			'telephone numbers or codes as well as numbers, the first on line 2: "12 345"',
		],
		[
			["3", "(415)", "(416)"],
			'telephone numbers or codes as well as numbers, the first on line 3: "(415)"',
		],
		[
			["1.9", "1.10"],
			'versions as well as numbers, because decimals of several lengths end in 0, the first on line 3: "1.10"',
		],
		[["€5", "5"], 'its numbers have several currencies or units: "€", none'],
		[["€5", "$5"], 'its numbers have several currencies or units: "€", "$"'],
		[
			["1", "2", "n/a", "3"],
			'1 of its 4 cells is not a plain number on line 4: "n/a"',
		],
		[
			["1", "2", "3", "n/a", "?"],
			'2 of its 5 cells are not plain numbers, the first on line 5: "n/a"',
		],
		[
			["1%", "2%", "3%", "4"],
			'1 of its 4 cells is not a percentage on line 5: "4"',
		],
	])("why numbers stay text is said: %j", async (cells, why) => {
		const { types, text } = await guess(csvOf({ C: cells }));
		expect(types.C).toBe("text");
		expect(text).toContain('column "C" is text: ');
		expect(text).toContain(why);
	});

	test("texts of which few are numbers are not said to be numbers with errors", async () => {
		const { text } = await guess(csvOf({ C: ["1", "a", "b", "2", "c"] }));
		expect(text).not.toContain('"C" is text');
	});

	test("decimals of some cells that end in 0 are kept as the numbers that they are, which is said", async () => {
		const { types, values, text } = await guess(
			csvOf({ Amount: ["125.50", "50"], Rate: ["12.5%", "7.25%"] }),
		);
		expect(types).toMatchObject({ Amount: "number", Rate: "percent" });
		expect(values.Amount).toEqual([125.5, 50]);
		expect(values.Rate).toEqual(["12.5%", "7.25%"]);
		expect(text).toContain(
			'column "Amount" is number: zeros at the end of decimals, as in "125.50" on line 2, are not kept',
		);
	});

	test("ids that a spreadsheet program has shortened are said, in a new table and in one that is there", async () => {
		const client = await connected();
		client.put("in.csv", "Name,Id\na,4.00638E+12\nb,4.00639E+12\n");
		const made = await client.ok("import_records", {
			file: "in.csv",
			new_table: "T",
		});
		const { table } = made.structured;
		const asked = { file: "in.csv", table, dry_run: true };
		const again = await client.ok("import_records", asked);
		for (const { text } of [made, again])
			expect(text).toContain(
				'column "Id": 2 numbers of 12 digits and more in short form, the first on line 2 (4.00638E+12)',
			);
	});

	test("a sign of money that a number leaves out is noted", async () => {
		const { text } = await guess(csvOf({ Price: ["€1.50", "€2.25"] }));
		expect(text).toContain('column "Price" is number: "€" beside its numbers');
	});

	test("numbers in groups that may be codes are noted, and are numbers where that is said", async () => {
		const content = csvOf({ Id: ["100.200.300", "100.200.301"] });
		const { text, values } = await guess(content);
		expect(text).toContain(
			'column "Id" is text: its cells may be codes as well as numbers',
		);
		expect(values.Id).toEqual(["100.200.300", "100.200.301"]);
		const said = await guess(content, "in.csv", { decimal: "," });
		expect(said.types.Id).toBe("number");
		expect(said.values.Id).toEqual([100200300, 100200301]);
	});

	test("no beside nothing is noted", async () => {
		const { text } = await guess(csvOf({ Paid: ["no", "yes", ""] }));
		expect(text).toContain(
			'column "Paid" is text: some cells say no and others are empty',
		);
	});

	test.each([
		["2022-02-30", Array(9).fill("2026-11-20")],
		["31.02.2026", Array(9).fill("20.11.2026")],
		["n/a", Array(4).fill("20.11.2026")],
	])("a date that is not one among many is named: %s", async (bad, dates) => {
		const { text, types } = await guess(csvOf({ Due: [...dates, bad] }));
		expect(types.Due).toBe("text");
		expect(text).toContain(
			`column "Due" is text: 1 of its ${dates.length + 1} cells is not a date on line ${dates.length + 2}: "${bad}"`,
		);
	});

	test("a note on cells that are not dates is true, whatever the column holds", async () => {
		const column = fc
			.tuple(fc.integer({ min: 0, max: 320 }), fc.integer({ min: 0, max: 80 }))
			.chain(([dates, texts]) =>
				fc.shuffledSubarray(
					[
						...Array(dates).fill("2026-11-20"),
						...Array.from({ length: texts }, (_, at) => `text ${at}`),
						"end",
					],
					{ minLength: dates + texts + 1 },
				),
			);
		await fc.assert(
			fc.asyncProperty(column, async (cells) => {
				const { text } = await guess(csvOf({ Due: cells }));
				const said = /(\d+) of its (\d+) cells (?:is|are) not/.exec(text);
				const bad = cells.filter((cell) => cell !== "2026-11-20").length;
				if (said !== null)
					expect([said[1], said[2]].map(Number)).toEqual([bad, cells.length]);
				if (bad > cells.length * 0.2) expect(said).toBeNull();
				if (bad <= 50 && bad <= cells.length * 0.2) expect(said).not.toBeNull();
			}),
			{ seed: SEED, numRuns: 25 },
		);
	});

	test("texts of which none is a date are not said to have errors in dates", async () => {
		const cells = Array.from({ length: 400 }, (_, at) => `Street ${at}`);
		expect((await guess(csvOf({ Street: cells }))).text).not.toContain("date");
	});

	test.each([
		[["1", "2", "3"], "numbers"],
		[["2026-11-20", "2026-11-21"], "dates"],
		[["yes", "no"], "yes and no"],
		[["a1", "a2"], undefined],
		[["007", "008"], undefined],
	])("a first column of %j is text, which is said", async (cells, what) => {
		const content = ["No,Name", ...cells.map((cell) => `${cell},x`)].join("\n");
		const { types, text } = await guess(content);
		expect(types.No).toBe("text");
		if (what === undefined) expect(text).not.toContain('"No" is text');
		else
			expect(text).toContain(
				`column "No" is text, though its cells are ${what}: the first field of a table is text`,
			);
	});

	test("a few dates in a column of texts are not noted", async () => {
		const { text } = await guess(
			csvOf({ Due: ["2026-11-20", "soon", "later"] }),
		);
		expect(text).not.toContain("not a date");
	});
});

describe("a file that knows texts from other values is believed", () => {
	const TEXTS = ["1", "20.11.2026", "true", "1.5"];

	test("texts of JSON lines stay texts", async () => {
		const lines = [0, 1].map((row) =>
			JSON.stringify({
				Row: `r${row}`,
				...Object.fromEntries(TEXTS.map((text, at) => [`C${at}`, text])),
				N: row + 0.5,
				Done: row === 0,
				Day: `2026-11-2${row}`,
			}),
		);
		const { types, values } = await guess(lines.join("\n"), "in.ndjson");
		expect(TEXTS.map((_, at) => types[`C${at}`])).toEqual(
			TEXTS.map(() => "text"),
		);
		expect(TEXTS.map((_, at) => values[`C${at}`]?.[0])).toEqual(TEXTS);
		expect([types.N, types.Done, types.Day]).toEqual([
			"number",
			"checkbox",
			"date",
		]);
	});

	test.each([
		["ndjson", TEXTS],
		["xlsx", TEXTS.filter((text) => text !== "20.11.2026")],
	] as const)(
		"a table of texts that was exported as %s comes back as texts",
		async (format, texts) => {
			const client = await connected();
			const { structured } = await client.ok("create_table", {
				name: "Texts",
				fields: [
					{ name: "Row", type: "text" },
					...texts.map((_, at) => ({ name: `C${at}`, type: "text" })),
				],
			});
			const fields = Object.fromEntries(
				texts.map((text, at) => [`C${at}`, text]),
			);
			await client.ok("create_records", {
				table: structured.table,
				records: [{ fields: { Row: "r", ...fields } }],
			});
			const file = `out.${format}`;
			await client.ok("export_records", { table: structured.table, file });
			const dry = await client.ok("import_records", {
				file,
				new_table: "Back",
				dry_run: true,
			});
			for (const one of dry.structured.columns)
				if (one.type !== null)
					expect([one.column, one.type]).toEqual([one.column, "text"]);
		},
	);

	test("a date that was typed into a sheet is one, as in a CSV", async () => {
		const cells = ["20.11.2026", "21.11.2026 14:30", "2026-11-22"];
		const cell = (text: string) =>
			`<c t="inlineStr"><is><t>${text}</t></is></c>`;
		const rows = ["Due", ...cells].map(
			(text, at) =>
				`<row r="${at + 1}">${cell(at === 0 ? "Row" : `r${at}`)}${cell(text)}</row>`,
		);
		const sheet = await guess(workbook({ S: rows.join("") }), "in.xlsx");
		const text = await guess(csvOf({ Due: cells }));
		expect(sheet.types.Due).toBe("date");
		expect(sheet.values.Due).toEqual(text.values.Due);
	});

	const formatted = (code: string, numbers: readonly number[]) => {
		const cell = (text: string) =>
			`<c t="inlineStr"><is><t>${text}</t></is></c>`;
		const rows = numbers.map(
			(number, at) =>
				`<row r="${at + 2}">${cell(`r${at}`)}<c s="2"><v>${number}</v></c></row>`,
		);
		const head = `<row r="1">${["Row", "N"].map(cell).join("")}</row>`;
		return workbook(
			{ S: head + rows.join("") },
			[],
			false,
			code.replaceAll('"', "&quot;"),
		);
	};

	test.each([
		['0" kg"', "kg"],
		['0.0" kg"', "kg"],
		['"$"0', "$"],
		["$0", "$"],
		['"No "0', "No"],
		['0,"k"', undefined],
		['0.0,,"M"', undefined],
		['General" kg"', "kg"],
		['[>=1000]0.0,"K";0', undefined],
		['#,##0.00\\ "€"_-', "€"],
	])(
		"a format %s decorates a number, whose digits are all kept",
		async (code, unit) => {
			const numbers = [12.44, 2512345.25];
			const { types, values, text } = await guess(
				formatted(code, numbers),
				"in.xlsx",
			);
			expect(types.N).toBe("number");
			expect(values.N).toEqual(numbers);
			if (unit !== undefined)
				expect(text).toContain(
					`column "N" is number: "${unit}" beside its numbers is left out`,
				);
		},
	);

	test.each(["0%", "0.00%", "0.0000000\\ %"])(
		"a format %s is of percentages, whose digits are all kept",
		async (code) => {
			const numbers = [0.122345678, 1.5, 0, -0.07];
			const { types, values } = await guess(
				formatted(code, numbers),
				"in.xlsx",
			);
			expect(types.N).toBe("percent");
			expect(values.N).toEqual(["12.2345678%", "150%", "0%", "-7%"]);
		},
	);

	test.each([
		['"yes";;"no"', ["yes", "no"]],
		["000-000-0000", ["000-000-0001", "000-000-0000"]],
	])("a format %s shows more than a number", async (code, texts) => {
		const { types, values } = await guess(formatted(code, [1, 0]), "in.xlsx");
		expect(types.N).toBe("text");
		expect(values.N).toEqual(texts);
	});

	test("no beside nothing is more than a checkbox keeps", async () => {
		const lines = [{ v: false }, {}, { v: true }, { v: null }].map((one, at) =>
			JSON.stringify({ Row: `r${at}`, ...one }),
		);
		const { types, values, text } = await guess(lines.join("\n"), "in.ndjson");
		expect(types.v).toBe("text");
		expect(values.v).toEqual(["false", null, "true", null]);
		expect(text).toContain("a checkbox keeps both as one");
		const ticked = [{ v: true }, {}].map((one, at) =>
			JSON.stringify({ Row: `r${at}`, ...one }),
		);
		expect((await guess(ticked.join("\n"), "in.ndjson")).types.v).toBe(
			"checkbox",
		);
	});

	test("texts of a sheet stay texts, and its numbers are numbers", async () => {
		const cell = (text: string) =>
			`<c t="inlineStr"><is><t>${text}</t></is></c>`;
		const sheet = workbook({
			S: `<row r="1">${["Row", "T", "N"].map(cell).join("")}</row><row r="2">${cell("r")}${cell("5")}<c><v>5</v></c></row>`,
		});
		const { types } = await guess(sheet, "in.xlsx");
		expect([types.T, types.N]).toEqual(["text", "number"]);
	});
});

describe("links of a sheet", () => {
	const text = (shown: string, formula = "") =>
		formula === ""
			? `<c t="inlineStr"><is><t>${shown}</t></is></c>`
			: `<c t="str"><f>${formula}</f><v>${shown}</v></c>`;
	const row = (number: number, cells: readonly string[]) =>
		`<row r="${number}">${cells.join("")}</row>`;
	const sheet = linkedWorkbook(
		[
			row(
				1,
				["Row", "All", "Year", "Some", "Inside"].map((one) => text(one)),
			),
			row(2, [
				text("r1"),
				text("Our site"),
				"<c><v>2025</v></c>",
				text("Site"),
				text("There"),
			]),
			row(3, [
				text("r2"),
				text("Docs", "HYPERLINK(&quot;https://example.com/d&quot;)"),
				"<c><v>2026</v></c>",
				text("none"),
				text("Also", "HYPERLINK(&quot;#S!A1&quot;)"),
			]),
			row(4, [text("r3"), text(""), "<c/>", text(""), text("")]),
		].join(""),
		'<hyperlink ref="B2" r:id="rId1" location="top"/><hyperlink ref="C2:C3" r:id="rId2"/><hyperlink ref="D2" r:id="rId2"/><hyperlink ref="E2" location="S!A1" display="There"/>',
		{ rId1: "https://example.com/", rId2: "https://example.com/y" },
	);

	test("make a url of a column in which every cell that is not empty has one", async () => {
		const { types, values } = await guess(sheet, "in.xlsx");
		expect(types).toMatchObject({ All: "url", Year: "url" });
		expect(values.All).toEqual([
			{ text: "Our site", link: "https://example.com/#top" },
			{ text: "Docs", link: "https://example.com/d" },
			null,
		]);
		expect(values.Year).toEqual([
			{ text: "2025", link: "https://example.com/y" },
			{ text: "2026", link: "https://example.com/y" },
			null,
		]);
	});

	test("are told where a column does not take them", async () => {
		const { types, values, text: said } = await guess(sheet, "in.xlsx");
		expect(types.Some).toBe("text");
		expect(values.Some).toEqual(["Site", "none", null]);
		expect(said).toContain(
			'column "Some" is text: 1 of its 2 cells leads to an address, which is left out',
		);
	});

	test("within the workbook are text, and nothing is left out", async () => {
		const { types, values, text: said } = await guess(sheet, "in.xlsx");
		expect(types.Inside).toBe("text");
		expect(values.Inside).toEqual(["There", "Also", null]);
		expect(said).not.toContain('column "Inside"');
	});
});

describe('as: "text"', () => {
	test("keeps a column as it is", async () => {
		const content = "Row,Version,N\nr,12.1.30,1\n";
		const client = await connected();
		client.put("in.csv", content);
		const refused = await client.refused("import_records", {
			file: "in.csv",
			new_table: "T",
		});
		expect(refused.text).toContain('as: "text"');
		const { types, values } = await guess(content, "in.csv", {
			mapping: [
				{ column: "Row", field: "Row" },
				{ column: "Version", field: "Version", as: "text" },
				{ column: "N", field: "N" },
			],
		});
		expect(types).toMatchObject({ Version: "text", N: "number" });
		expect(values.Version).toEqual(["12.1.30"]);
	});

	test("is for fields of text where the table is there", async () => {
		const client = await connected();
		const { structured } = await client.ok("create_table", {
			name: "T",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "N", type: "number" },
			],
		});
		client.put("in.csv", "Name,N\na,1\n");
		const load = (field: string) => ({
			table: structured.table,
			file: "in.csv",
			mapping: [{ column: field, field, as: "text" }],
		});
		await client.ok("import_records", load("Name"));
		const refused = await client.refused("import_records", load("N"));
		expect(refused.text).toContain(
			'`as`: "text" is for fields of text, and "N" is number',
		);
	});
});
