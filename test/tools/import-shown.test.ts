import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Answer, connected } from "../server/client.js";
import { linkedWorkbook, workbook } from "../store/workbook.js";

/* What a person sees in a sheet and what its cells hold: what a field does not keep of either is said. */

const BOOK = readFileSync(
	fileURLToPath(
		new URL("../fixtures/files/openpyxl-units.xlsx", import.meta.url),
	),
);

interface FieldOf {
	readonly name: string;
	readonly type: string;
	readonly settings?: object;
}

async function world(fields: readonly FieldOf[]) {
	const client = await connected();
	const made = await client.ok("create_table", {
		name: "T",
		fields: [{ name: "Row", type: "text" }, ...fields],
	});
	const table = made.structured.table as string;
	return {
		load: (file: string, content: string | Uint8Array, args: object = {}) => {
			client.put(file, content);
			return client.call("import_records", { table, file, ...args });
		},
		async values(field: string) {
			const read = await client.ok("query_records", {
				...{ table, fields: [field], ids: false },
			});
			return read.structured.rows.map((row: unknown[]) => row[0]);
		},
	};
}

const notes = ({ structured }: Answer) => structured.notes.join("\n");

/** Takes one column of the book into a field of this type. */
async function intoField(code: string, type: string, dry_run = false) {
	const { load, values } = await world([{ name: "V", type }]);
	const answer = await load("in.xlsx", BOOK, {
		mapping: [
			{ column: "Row", field: "Row" },
			{ column: code, field: "V" },
		],
		dry_run,
	});
	return { answer, values: await values("V") };
}

describe("a number that its format rounds or dresses", () => {
	test.each([
		['0" kg"', ["12 kg", "7 kg"], "1 cell holds more", '"12.44" as "12 kg"'],
		['0,"k"', ["12k", "12k"], "1 cell holds more", '"12440" as "12k"'],
		['0.0,,"M"', ["2.5M", "2.5M"], "1 cell holds more", '"2512345" as "2.5M"'],
		["h:mm", ["02:30", "12:00"], "1 cell holds more", '"26:30" as "02:30"'],
	])(
		"%s is in a text field what is seen, and what is left out is said",
		async (code, texts, count, first) => {
			for (const dry of [true, false]) {
				const { answer, values } = await intoField(code, "text", dry);
				expect(notes(answer)).toContain(`column "${code}": ${count}`);
				expect(notes(answer)).toContain(`the first on row 2: ${first}`);
				expect(values).toEqual(dry ? [] : texts);
			}
		},
	);

	test.each([
		['0" kg"', [12.44, 7]],
		['"$"0', [12.44, 7]],
		['0,"k"', [12440, 12000]],
		['0.0,,"M"', [2512345, 2500000]],
		['"No "0', [12.44, 7]],
		["# ?/?", [0.5, 0.51]],
	])(
		"%s is in a number field its value, of which no digit is left out",
		async (code, numbers) => {
			const { answer, values } = await intoField(code, "number");
			expect(values).toEqual(numbers);
			expect(notes(answer)).not.toContain("holds more");
		},
	);

	test.each([
		['0" kg"', 2, '"12 kg" as 12.44'],
		['"No "0', 2, '"No 12" as 12.44'],
		['"$"0', 2, '"$12" as 12.44'],
	])(
		"%s in a number field: its unit is not kept, which is said",
		async (code, count, first) => {
			for (const dry of [true, false]) {
				const { answer } = await intoField(code, "number", dry);
				expect(notes(answer)).toContain(
					`column "${code}": ${count} cells show a unit or signs beside the number, and "V" (number) takes the number alone; the first on row 2: ${first}`,
				);
			}
		},
	);

	test.each(['0.00" kg"', 'General" kg"', "00000", "0.00", '0.0" l"'])(
		"%s leaves nothing out, and nothing is said",
		async (code) => {
			const { answer } = await intoField(code, "text");
			expect(notes(answer)).not.toContain("holds more");
		},
	);

	test("more hours than a day has are not a day of the year 1900", async () => {
		const { answer } = await intoField("h:mm", "date");
		expect(answer.structured.problems[0].message).toContain(
			'is not a date: "26:30"',
		);
		expect(answer.text).not.toContain("1900");
	});
});

describe("addresses of a sheet", () => {
	const text = (shown: string) =>
		`<c t="inlineStr"><is><t>${shown}</t></is></c>`;
	const row = (at: number, ...cells: string[]) =>
		`<row r="${at}">${cells.map(text).join("")}</row>`;
	const book = linkedWorkbook(
		[
			row(1, "Row", "Site"),
			...Array.from({ length: 1_200 }, (_, at) =>
				row(at + 2, `r${at}`, `site ${at}`),
			),
		].join(""),
		'<hyperlink ref="B5" r:id="rId1"/><hyperlink ref="B1201" r:id="rId1"/>',
		{ rId1: "https://example.com/" },
	);

	test("that a text field does not keep are counted, wherever they stand", async () => {
		const { load } = await world([{ name: "Site", type: "text" }]);
		for (const dry_run of [true, false])
			expect(notes(await load("in.xlsx", book, { dry_run }))).toContain(
				'column "Site": 2 cells lead to an address that "Site" (text) does not keep, the first on row 5; a url field does',
			);
	});

	test("that a url field keeps are not mentioned", async () => {
		const { load } = await world([{ name: "Site", type: "text" }]);
		const plain = workbook({ S: row(1, "Row", "Site") + row(2, "a", "b") });
		expect(notes(await load("in.xlsx", plain))).not.toContain("address");
	});
});

describe("currencies of a column", () => {
	const csv = (...cells: string[]) =>
		`Row,Price\n${cells.map((cell, at) => `r${at},"${cell}"`).join("\n")}\n`;
	const number = [{ name: "Price", type: "number" }];

	test.each([
		[
			["$5", "€7"],
			"currencies",
			'1 like "$5" on line 2, 1 like "€7" on line 3',
		],
		[
			["5 USD", "6", "7 EUR", "8 EUR"],
			"currencies",
			'2 like "7 EUR" on line 4',
		],
		[["¥5", "7 €"], "currencies", '1 like "¥5" on line 2'],
		[["US$ 5", "CA$ 7"], "currencies", '1 like "CA$ 7" on line 3'],
	])("%j cannot go into one number field", async (cells, what, places) => {
		const { load, values } = await world(number);
		for (const args of [{}, { on_error: "skip" }, { decimal: "." }]) {
			const { isError, text } = await load("in.csv", csv(...cells), args);
			expect(isError).toBe(true);
			expect(text).toContain(`column "Price" has numbers in 2 ${what}`);
			expect(text).toContain(places);
			expect(text).toContain("text field");
		}
		expect(await values("Price")).toEqual([]);
	});

	test.each([
		[["$5", "6", "$7"]],
		[["$5", "USD 6", "US$ 7"]],
		[["5 元", "¥6", "7 CNY"]],
	])("%j are in one currency", async (cells) => {
		const { load, values } = await world(number);
		expect((await load("in.csv", csv(...cells))).isError).toBe(false);
		expect(await values("Price")).toEqual([5, 6, 7]);
	});

	/** A sheet of two rows, each number with a format of its own. */
	const sheet = (first: string, second: string) => {
		const cell = (text: string) =>
			`<c t="inlineStr"><is><t>${text}</t></is></c>`;
		const rows = [5, 7].map(
			(value, at) =>
				`<row r="${at + 2}">${cell(`r${at}`)}<c s="${at + 1}"><v>${value}</v></c></row>`,
		);
		const head = `<row r="1">${["Row", "Price"].map(cell).join("")}</row>`;
		const codes = [first, second].map((code) => code.replaceAll('"', "&quot;"));
		return workbook(
			{ S: head + rows.join("") },
			[],
			false,
			codes as [string, string],
		);
	};

	test.each([
		["[$$-409]#,##0.00", "#,##0.00\\ [$€-407]", "currencies"],
		["[$¥-804]0", "[$¥-411]0", "currencies"],
		["[$$-409]0", "[$$-1009]0", "currencies"],
		['0" kg"', '0" lb"', "units"],
	])(
		"formats %s and %s cannot go into one number field",
		async (a, b, what) => {
			const { load } = await world(number);
			const { isError, text } = await load("in.xlsx", sheet(a, b));
			expect(isError).toBe(true);
			expect(text).toContain(`column "Price" has numbers in 2 ${what}`);
		},
	);

	test.each([
		["[$$-409]#,##0.00", "0.00"],
		["[$$-409]#,##0.00", '"USD" 0'],
		["[$$-409]#,##0.00", '"$"0'],
		["[$¥-804]0", '"¥"0'],
		['0,"k"', "0"],
	])("formats %s and %s can", async (a, b) => {
		const { load, values } = await world(number);
		expect((await load("in.xlsx", sheet(a, b))).isError).toBe(false);
		expect(await values("Price")).toEqual([5, 7]);
	});

	test("an amount of another currency than the field's is refused from a sheet as from a text", async () => {
		const euro = [
			{ name: "Price", type: "currency", settings: { currency: "EUR" } },
		];
		for (const [file, content] of [
			["in.csv", csv("$5", "€7")],
			["in.xlsx", sheet("[$$-409]0", "0\\ [$€-407]")],
		] as const) {
			const { load, values } = await world(euro);
			const answer = await load(file, content, { on_error: "skip" });
			expect(answer.structured.problems[0].message).toContain(
				'"Price" is in EUR',
			);
			expect(await values("Price")).toEqual([7]);
		}
	});
});

describe("numbers that are shown as something else", () => {
	/** A sheet of two rows, the numbers in one format. */
	const sheet = (code: string, first: number, second: number) => {
		const cell = (text: string) =>
			`<c t="inlineStr"><is><t>${text}</t></is></c>`;
		const rows = [first, second].map(
			(value, at) =>
				`<row r="${at + 2}">${cell(`r${at}`)}<c s="1"><v>${value}</v></c></row>`,
		);
		const head = `<row r="1">${["Row", "V"].map(cell).join("")}</row>`;
		const escaped = code.replaceAll('"', "&quot;").replaceAll("<", "&lt;");
		return workbook({ S: head + rows.join("") }, [], false, [escaped, "0"]);
	};
	const made = async (code: string, first: number, second: number) => {
		const client = await connected();
		client.put("in.xlsx", sheet(code, first, second));
		const answer = await client.ok("import_records", {
			...{ new_table: "N", file: "in.xlsx" },
		});
		const read = await client.ok("query_records", {
			...{ table: answer.structured.table, fields: ["V"], ids: false },
		});
		return {
			notes: notes(answer),
			values: read.structured.rows.map((row: unknown[]) => row[0]),
		};
	};

	test.each([
		['0.0"万"', 3, '"3.0万" as 3'],
		['General" kg"', 5, '"5 kg" as 5'],
		['"<"0', 5, '"<5" as 5'],
		["0\\.00", 12345, '"123.45" as 12345'],
		["000-00-0000", 123456789, '"123-45-6789" as 123456789'],
	])(
		"%s in a number field that is there is said",
		async (code, value, first) => {
			const { load, values } = await world([{ name: "V", type: "number" }]);
			const answer = await load("in.xlsx", sheet(code, value, value));
			expect(notes(answer)).toContain(`the first on row 2: ${first}`);
			expect(await values("V")).toEqual([value, value]);
		},
	);

	test.each([
		["0\\.00", 12345, 678, ["123.45", "6.78"]],
		['0000"/"00"/"00', 20261128, 20261129, ["2026/11/28", "2026/11/29"]],
		['0"0"', 12, 13, ["120", "130"]],
		['"1"000', 12, 13, ["1012", "1013"]],
	])(
		"%s is in a new table the text that is seen",
		async (code, first, second, texts) => {
			expect((await made(code, first, second)).values).toEqual(texts);
		},
	);

	test("a zero that its format hides is a number of a new table, and is said", async () => {
		const found = await made("0;-0;;@", 5, 0);
		expect(found.values).toEqual([5, 0]);
		expect(found.notes).toContain(
			'column "V": 1 cell shows nothing, by its format, and "V" (number) takes the number that is there; the first on row 3: 0',
		);
	});

	test("a dash in place of a zero leaves the column one of numbers", async () => {
		const found = await made('_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', 5, 0);
		expect(found.values).toEqual([5, 0]);
	});

	test("a word in place of a number is a text of a new table", async () => {
		expect((await made('[=1]"yes";[=0]"no";General', 1, 0)).values).toEqual([
			"yes",
			"no",
		]);
	});

	test("both units of a format are named", async () => {
		const found = await made('0" DR";0" CR"', 5, -5);
		expect(found.values).toEqual([5, -5]);
		expect(found.notes).toContain('"DR / CR" beside its numbers');
	});

	test("a time without its hours is not said to be the whole time", async () => {
		const { load, values } = await world([{ name: "V", type: "text" }]);
		const answer = await load("in.xlsx", sheet("mm:ss", 0.5, 1.5));
		expect(notes(answer)).toContain('"12:00:00" as "00:00"');
		expect(await values("V")).toEqual(["00:00", "00:00"]);
	});
});
