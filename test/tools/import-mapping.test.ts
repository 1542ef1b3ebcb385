import { describe, expect, test } from "vitest";
import { type Answer, connected, type TestClient } from "../server/client.js";
import { workbook } from "../store/workbook.js";

/*
 * Which columns of a file go where. A person who names two columns has said what may change, and an old file is full
 * of columns that happen to have a field's name.
 */

type Rows = readonly (readonly (string | number)[])[];

const cellOf = (cell: string | number, place: string) =>
	typeof cell === "number"
		? `<c r="${place}"><v>${cell}</v></c>`
		: `<c r="${place}" t="inlineStr"><is><t>${cell}</t></is></c>`;

/** The same rows, the first with the names, as a file of each format. */
const FORMATS: Readonly<Record<string, (rows: Rows) => string | Uint8Array>> = {
	csv: (rows) => `${rows.map((row) => row.join(",")).join("\n")}\n`,
	ndjson: ([names = [], ...rows]) =>
		rows
			.map((row) =>
				JSON.stringify(
					Object.fromEntries(names.map((name, index) => [name, row[index]])),
				),
			)
			.join("\n"),
	xlsx: (rows) =>
		workbook({
			Rows: rows
				.map(
					(row, line) =>
						`<row r="${line + 1}">${row.map((cell, column) => cellOf(cell, `${String.fromCharCode(65 + column)}${line + 1}`)).join("")}</row>`,
				)
				.join(""),
		}),
};

const STAFF = [
	{ name: "Name", type: "text" },
	{ name: "Email", type: "email" },
	{ name: "Salary", type: "number" },
	{ name: "City", type: "text" },
	{ name: "No", type: "auto_number" },
] as const;

const OLD_FILE: Rows = [
	["Name", "Email", "Salary", "City", "No"],
	["Ann (old)", "ann@example.com", 10, "Ulm", 7],
	["Bo (old)", "bo@example.com", 20, "Bonn", 8],
	["Cy", "cy@example.com", 30, "Jena", 9],
];

interface Staff {
	readonly client: TestClient;
	readonly table: string;
	rows(): Promise<unknown[][]>;
	call(args: object): Promise<Answer>;
}

async function staff(file = "in.csv", content?: string): Promise<Staff> {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Staff",
		fields: STAFF,
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [
			{ Name: "Ann", Email: "ann@example.com", Salary: 100, City: "Kiel" },
			{ Name: "Bo", Email: "bo@example.com", Salary: 200, City: "Kiel" },
		].map((fields) => ({ fields })),
	});
	const format = file.split(".").at(-1) as string;
	client.put(file, content ?? FORMATS[format]?.(OLD_FILE) ?? "");
	return {
		client,
		table,
		rows: async () =>
			(
				await client.ok("query_records", {
					table,
					fields: ["Name", "Email", "Salary", "City"],
				})
			).structured.rows.map((row: unknown[]) => row.slice(1)),
		call: (args) => client.call("import_records", { table, file, ...args }),
	};
}

const BEFORE = [
	["Ann", "ann@example.com", 100, "Kiel"],
	["Bo", "bo@example.com", 200, "Kiel"],
];

const TWO = [
	{ column: "Email", field: "Email" },
	{ column: "City", field: "City" },
];

describe.each(Object.keys(FORMATS))("with a mapping, of a %s", (format) => {
	test("only the columns that it names change anything, and the others are named", async () => {
		const { call, rows } = await staff(`in.${format}`);
		const answer = await call({ mapping: TWO, match_on: ["Email"] });
		expect(answer.isError, answer.text).toBe(false);
		expect(answer.structured.counts).toMatchObject({ updated: 2, created: 1 });
		expect(await rows()).toEqual([
			["Ann", "ann@example.com", 100, "Ulm"],
			["Bo", "bo@example.com", 200, "Bonn"],
			[null, "cy@example.com", null, "Jena"],
		]);
		expect(answer.structured.notes).toContainEqual(
			'left out, because `mapping` does not name them: "Name", "Salary", "No"',
		);
	});

	test("a dry run shows the columns that the run takes", async () => {
		const { call, rows } = await staff(`in.${format}`);
		const dry = await call({
			mapping: TWO,
			match_on: ["Email"],
			dry_run: true,
		});
		expect(
			dry.structured.columns.map(
				({ column, field }: { column: string; field: string | null }) => [
					column,
					field,
				],
			),
		).toEqual([
			["Name", null],
			["Email", "Email"],
			["Salary", null],
			["City", "City"],
			["No", null],
		]);
		expect(dry.structured.counts).toMatchObject({ updated: 2, created: 1 });
		expect(dry.text).toContain('"Name", "Salary", "No"');
		expect(await rows()).toEqual(BEFORE);
	});

	test("without one all columns of a field's name are taken", async () => {
		const { call, rows } = await staff(`in.${format}`);
		const answer = await call({ match_on: ["Email"] });
		expect(answer.structured.counts).toMatchObject({ updated: 2, created: 1 });
		expect((await rows())[0]).toEqual([
			"Ann (old)",
			"ann@example.com",
			10,
			"Ulm",
		]);
		expect(answer.text).toMatch(/"No" is read only.*left out/);
	});
});

test("the key must be among the columns that are taken", async () => {
	const { call, rows } = await staff();
	const mapping = [{ column: "City", field: "City" }];
	const missed = await call({ mapping, match_on: ["Email"] });
	expect(missed.isError).toBe(true);
	expect(missed.text).toMatch(
		/"Email" of `match_on` gets no column[\s\S]*\{"column":"Email","field":"Email"\}/,
	);
	expect(missed.text).toContain("nothing was sent");
	const unmapped = await call({ match_on: ["Email", "Name"] });
	expect(unmapped.isError, unmapped.text).toBe(false);
	const column = await call({
		mapping: [{ column: "Name", field: "City" }, ...TWO.slice(0, 1)],
		match_on: ["Name"],
	});
	expect(column.text).toMatch(/"Name" of `match_on` gets no column/);
	const readOnly = await call({ match_on: ["No"] });
	expect(readOnly.text).toMatch(/"No" of `match_on` is read only/);
	expect((await rows()).length).toBe(5);
});

test("a key without a column is refused once, not row by row", async () => {
	const { call, rows } = await staff("in.csv", "Name,Town\nAnn,Ulm\nBo,Bonn\n");
	for (const on_error of ["skip", "refuse"]) {
		const answer = await call({ match_on: ["Email"], on_error });
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(/"Email" of `match_on` gets no column/);
		expect(answer.text).toContain('"Town"');
	}
	expect(await rows()).toEqual(BEFORE);
});

describe("a mapping that cannot be meant", () => {
	test.each<[string, readonly object[], RegExp]>([
		[
			"names a column twice",
			[
				{ column: "City", field: "City" },
				{ column: "City", field: "Name" },
			],
			/column "City" is named twice, for "City" and "Name"/,
		],
		[
			"names a column twice, once in another spelling",
			[
				{ column: "City", field: "City" },
				{ column: " city", field: "Name" },
			],
			/column "City" is named twice, for "City" and "Name"/,
		],
		[
			"sends two columns to one field",
			[
				{ column: "City", field: "City" },
				{ column: "Name", field: "city " },
			],
			/columns "City" and "Name" both go to "City"/,
		],
		[
			"names a column that is not there",
			[{ column: "Ctiy", field: "City" }],
			/the file has no column "Ctiy"; nearest: "City"/,
		],
		[
			"names a field that is not there",
			[{ column: "City", field: "Citty" }],
			/column "City": there is no field "Citty".*"City"/,
		],
		[
			"names a field that is read only",
			[{ column: "No", field: "No" }],
			/column "No": "No" is read only: it is numbered by the store/,
		],
		[
			"names no field",
			[...TWO, { column: "Salary", field: "" }],
			/column "Salary" names no field; .*leave the entry out/,
		],
		["names nothing", [], /`mapping` is empty.*[\s\S]*leave `mapping` out/i],
	])("%s: refused by name, and nothing is sent", async (_, mapping, reason) => {
		const { call, rows, client, table } = await staff();
		for (const dry_run of [true, false]) {
			const answer = await call({ mapping, dry_run });
			expect(answer.isError).toBe(true);
			expect(answer.text).toMatch(reason);
			expect(answer.text).toMatch(/^bad_argument: /);
		}
		expect(await rows()).toEqual(BEFORE);
		const { structured } = await client.ok("list_changes", { table });
		expect(
			structured.changes.map(({ tool }: { tool: string }) => tool),
		).toEqual(["create_records", "create_table"]);
	});

	test("every fault of it is named at once", async () => {
		const { call } = await staff();
		const { text } = await call({
			mapping: [
				{ column: "Ctiy", field: "City" },
				{ column: "Name", field: "Nmae" },
				{ column: "No", field: "No" },
				{ column: "Salary", field: "" },
			],
		});
		for (const part of ["Ctiy", "Nmae", '"No" is read only', '"Salary"'])
			expect(text).toContain(part);
	});
});

describe("names of columns", () => {
	test("that differ in case, width or spaces are the same, and it is said", async () => {
		const { call, rows } = await staff(
			"in.csv",
			"ＥＭＡＩＬ,CITY\nann@example.com,Ulm\n",
		);
		const answer = await call({
			mapping: [
				{ column: "email", field: "e-mail" },
				{ column: "city ", field: "CITY" },
			],
			match_on: ["email"],
		});
		expect(answer.text).toMatch(/no field "e-mail"/);
		const done = await call({
			mapping: [
				{ column: "email", field: "email" },
				{ column: "city ", field: "CITY" },
			],
			match_on: ["email"],
		});
		expect(done.isError, done.text).toBe(false);
		expect((await rows())[0]?.[3]).toBe("Ulm");
		expect(done.text).toContain('"ＥＭＡＩＬ" as "Email"');
		expect(done.text).toContain('"CITY" as "City"');
	});

	test("that could be two are refused with both, and the exact one is taken", async () => {
		const { call, rows } = await staff("in.csv", "city,CITY\nUlm,Bonn\n");
		const args = (column: string) => ({
			mapping: [{ column, field: "City" }],
		});
		const both = await call(args("City"));
		expect(both.text).toMatch(/"City" may be each of "city", "CITY"/);
		expect((await call(args("CITY"))).isError).toBe(false);
		expect((await rows()).at(-1)?.[3]).toBe("Bonn");
		expect((await call({})).text).toMatch(
			/columns "city" and "CITY" both go to "City"/,
		);
	});

	test("that every object has are columns like others", async () => {
		const { call, rows } = await staff(
			"in.ndjson",
			'{"Name":"x","toString":"Ulm"}\n{"Name":"y"}\n',
		);
		const answer = await call({
			mapping: [
				{ column: "Name", field: "Name" },
				{ column: "toString", field: "City" },
			],
		});
		expect(answer.isError, answer.text).toBe(false);
		expect((await rows()).slice(2).map((row) => row[3])).toEqual(["Ulm", null]);
	});

	test("that come late in a file of JSON lines are not lost", async () => {
		const { client, table, call } = await staff(
			"in.ndjson",
			[
				...Array.from({ length: 1_200 }, () => '{"Name":"x"}'),
				'{"Name":"late","City":"Ulm","Extra":1}',
			].join("\n"),
		);
		const answer = await call({});
		expect(answer.text).toMatch(/left out.*"Extra"/);
		const mapped = await call({ mapping: [{ column: "City", field: "City" }] });
		expect(mapped.isError, mapped.text).toBe(false);
		const { structured } = await client.ok("query_records", {
			table,
			fields: ["Name", "City"],
			filter: { conditions: [{ field: "City", op: "is", value: "Ulm" }] },
		});
		expect(structured.rows.map((row: unknown[]) => row.slice(1))).toEqual([
			["late", "Ulm"],
			[null, "Ulm"],
		]);
	});

	test("left out by the hundred are counted, not listed", async () => {
		const many = Array.from({ length: 300 }, (_, index) => `extra ${index}`);
		const long = "long ".repeat(2_000).trim();
		const header = ["Name", long, ...many];
		const { call } = await staff(
			"in.csv",
			`${header.join(",")}\n${header.map((_, index) => index).join(",")}\n`,
		);
		for (const mapping of [undefined, [{ column: "Name", field: "Name" }]]) {
			const { structured } = await call({ mapping });
			const [note] = structured.notes.filter((text: string) =>
				text.startsWith("left out"),
			);
			expect(note).toContain('"extra 3"');
			expect(note).toContain("and 281 more");
			expect(note.length).toBeLessThan(1_000);
		}
	});
});

test("a field that another process made just now is found, by name and by mapping", async () => {
	for (const mapping of [
		undefined,
		[
			{ column: "Name", field: "Name" },
			{ column: "Team", field: "Team" },
		],
	]) {
		const { client, table, call } = await staff(
			"in.csv",
			"Name,Team\nDi,blue\n",
		);
		await call({ dry_run: true });
		const other = await connected({
			clock: client.session.clock,
			folder: client.folder,
		});
		await other.ok("create_field", { table, name: "Team", type: "text" });
		await client.session.clock.sleep(2_000);
		const answer = await call({ mapping });
		expect(answer.isError, answer.text).toBe(false);
		expect(answer.text).not.toContain("left out");
		const { structured } = await client.ok("query_records", {
			table,
			fields: ["Team"],
			filter: { conditions: [{ field: "Name", op: "is", value: "Di" }] },
		});
		expect(structured.rows[0][1]).toBe("blue");
	}
});

describe("an export that is imported again", () => {
	test.each(Object.keys(FORMATS))(
		"%s: its id column is left out where another key is named, and that is said",
		async (format) => {
			const { client, table, rows } = await staff();
			await client.ok("export_records", {
				table,
				file: `out.${format}`,
				ids: true,
			});
			await client.ok("update_records", {
				table,
				match_on: ["Email"],
				records: [
					{ fields: { Email: "ann@example.com", Salary: 150, City: "Ulm" } },
				],
			});
			const back = await client.ok("import_records", {
				table,
				file: `out.${format}`,
				mapping: TWO,
				match_on: ["Email"],
			});
			expect(back.structured.counts).toMatchObject({
				updated: 1,
				unchanged: 1,
				created: 0,
			});
			expect(await rows()).toEqual([
				["Ann", "ann@example.com", 150, "Kiel"],
				BEFORE[1],
			]);
			expect(back.text).toMatch(/does not name them: "Name"/);
			expect(back.text).toMatch(/"\$id" holds record ids and is left out/);
			const byId = await client.refused("import_records", {
				table,
				file: `out.${format}`,
				mapping: [...TWO, { column: "$id", field: "id" }],
			});
			expect(byId.text).toMatch(/column "\$id": there is no field "id"/);
		},
	);

	test("nothing but columns that cannot be written is refused, not made into empty records", async () => {
		const { call, rows } = await staff("in.csv", "id,No\nrec1,4\nrec2,5\n");
		const answer = await call({});
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(
			/none of the columns "id", "No" can be written/,
		);
		expect(await rows()).toEqual(BEFORE);
	});
});

describe("an import that is resumed", () => {
	const LONG: Rows = [
		["Name", "Town", "Salary", "Extra"],
		...Array.from({ length: 1_200 }, (_, index) => [
			`n${index}`,
			`t${index}`,
			index,
			"x",
		]),
	];

	/** Ends an import after its first batch. */
	async function brokenOff(world: Staff, args: object): Promise<string> {
		const { client, table } = world;
		const stop = new AbortController();
		await expect(
			client.client.callTool(
				{
					name: "import_records",
					arguments: { table, file: "long.csv", ...args },
				},
				undefined,
				{ signal: stop.signal, onprogress: () => stop.abort("enough") },
			),
		).rejects.toThrow("enough");
		for (;;) {
			const { structured } = await client.ok("list_changes", { table });
			const change = structured.changes.find(
				({ tool }: { tool: string }) => tool === "import_records",
			);
			if (change?.status !== "running") {
				expect(change.status).toMatch(/^unfinished/);
				return change.change_id;
			}
		}
	}

	const MAPPED = [
		{ column: "Name", field: "Name" },
		{ column: "Town", field: "City" },
	];

	test("takes the columns that it began with, whatever the fields are called by then", async () => {
		const world = await staff();
		const { client, table, rows } = world;
		client.put("long.csv", FORMATS.csv?.(LONG) as string);
		const resume = await brokenOff(world, { mapping: MAPPED });
		await client.ok("update_field", { table, field: "City", name: "Place" });
		await client.ok("create_field", { table, name: "Town", type: "text" });
		const done = await client.ok("import_records", {
			table,
			resume,
			mapping: [{ column: "Salary", field: "Salary" }],
		});
		expect(done.structured.counts).toMatchObject({ created: 1_200, failed: 0 });
		expect(done.text).toMatch(
			/note: .*goes on with the file and the options.*`mapping`/,
		);
		await client.ok("update_field", { table, field: "Place", name: "City" });
		const made = await client.ok("query_records", {
			table,
			fields: ["Name", "City", "Salary", "Town"],
			limit: 0,
			filter: {
				conditions: [{ field: "Salary", op: "is_empty" }],
			},
		});
		expect(made.structured.total).toBe(1_200);
		expect((await rows()).length).toBeGreaterThan(0);
		const last = await client.ok("query_records", {
			table,
			fields: ["City", "Town"],
			filter: { conditions: [{ field: "Name", op: "is", value: "n1199" }] },
		});
		expect(last.structured.rows[0].slice(1)).toEqual(["t1199", null]);
	});

	test("names its keys as they are called by then", async () => {
		const world = await staff();
		const { client, table } = world;
		client.put("long.csv", FORMATS.csv?.(LONG) as string);
		const resume = await brokenOff(world, {
			...{ mapping: MAPPED, match_on: ["Name"] },
		});
		await client.ok("update_field", { table, field: "Name", name: "Person" });
		const { text } = await client.ok("import_records", { table, resume });
		expect(text).toMatch(/rows that match no record by "Person"/);
	});

	test("takes no field by its name that came later", async () => {
		const world = await staff();
		const { client, table } = world;
		client.put("long.csv", FORMATS.csv?.(LONG) as string);
		const resume = await brokenOff(world, {});
		await client.ok("create_field", { table, name: "Extra", type: "text" });
		await client.ok("import_records", { table, resume });
		const found = await client.ok("query_records", {
			table,
			limit: 0,
			filter: { conditions: [{ field: "Extra", op: "is_not_empty" }] },
		});
		expect(found.structured.total).toBe(0);
	});

	test("does not run when only asked what it would do", async () => {
		const world = await staff();
		const { client, table } = world;
		client.put("long.csv", FORMATS.csv?.(LONG) as string);
		const resume = await brokenOff(world, { mapping: MAPPED });
		const count = async () =>
			(await client.ok("query_records", { table, limit: 0 })).structured.total;
		const before = await count();
		const dry = await client.refused("import_records", {
			table,
			resume,
			dry_run: true,
		});
		expect(dry.text).toMatch(/`dry_run`.*`resume`[\s\S]*list_changes/);
		expect(await count()).toBe(before);
	});
});
