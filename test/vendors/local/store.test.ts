import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import { plainValue } from "../../conformance/world.js";
import {
	type LocalWorld,
	localWorld,
	makeTable,
} from "../../core/local-world.js";

interface Field {
	readonly name: string;
	readonly id: string;
	readonly type: string;
	readonly settings: Readonly<Record<string, unknown>>;
}

/** The tools of one world, in short. */
function toolsOf({ session }: Pick<LocalWorld, "session">, table: string) {
	const call = async (tool: string, args: object = {}) =>
		(await callTool(session, tool, { table, ...args })).structured;
	const cells = async (field: string): Promise<unknown[]> =>
		(
			(await call("query_records", { fields: [field] })).rows as unknown[][]
		).map(([, cell]) => cell);
	const create = async (...records: readonly object[]): Promise<string[]> =>
		(
			await call("create_records", {
				records: records.map((fields) => ({ fields })),
			})
		).ids as string[];
	const fields = async (): Promise<readonly Field[]> =>
		(await call("describe_fields")).fields as readonly Field[];
	const fieldNamed = async (name: string) =>
		(await fields()).find((field) => field.name === name);
	const refusal = (tool: string, args: object = {}) =>
		failureOf(callTool(session, tool, { table, ...args }));
	return { call, cells, create, fields, fieldNamed, refusal };
}

async function tableWith(...fields: readonly object[]) {
	const world = localWorld("Asia/Shanghai");
	const table = await makeTable(world.session, "Tasks", [
		{ name: "Title", type: "text" },
		...fields,
	]);
	return { world, table, ...toolsOf(world, table) };
}

describe("a field changes its type", () => {
	/** From, values, to, and what they become. */
	const CHANGES: readonly (readonly [
		string,
		readonly unknown[],
		object,
		readonly unknown[],
	])[] = [
		[
			"text",
			["1", "-2.5", " 3 ", null],
			{ type: "number" },
			[1, -2.5, 3, null],
		],
		["number", [1, -2.5, null], { type: "text" }, ["1", "-2.5", null]],
		["number", [0.5, 1], { type: "percent" }, ["50%", "100%"]],
		["percent", [0.5, "1200%"], { type: "number" }, [0.5, 12]],
		[
			"text",
			["red", "green", "red", null],
			{ type: "single_select" },
			["red", "green", "red", null],
		],
		[
			"single_select",
			["a, b", "c", null],
			{ type: "multi_select" },
			[["a, b"], ["c"], null],
		],
		["multi_select", [["a"], null], { type: "single_select" }, ["a", null]],
		[
			"multi_select",
			[["a", "b, c"], null],
			{ type: "user" },
			[["a", "b, c"], null],
		],
		[
			"text",
			["2026-11-20", "2026/1/2", null],
			{ type: "date" },
			["2026-11-20", "2026-01-02", null],
		],
		["date", ["2026-11-20", null], { type: "text" }, ["2026-11-20", null]],
		[
			"date",
			["2026-11-20", null],
			{ settings: { format: "yyyy-MM-dd HH:mm" } },
			["2026-11-20T00:00:00+08:00", null],
		],
		["text", ["true", "false", null], { type: "checkbox" }, [true, null, null]],
		[
			"text",
			["https://a.example", null],
			{ type: "url" },
			["https://a.example", null],
		],
		[
			"text",
			["Ann", "Bo, Cy", null],
			{ type: "user" },
			[["Ann"], ["Bo", "Cy"], null],
		],
		["user", [["Ann", "Bo"], null], { type: "text" }, ["Ann, Bo", null]],
	];

	test.each(CHANGES)(
		"%s %j becomes %j",
		async (type, values, change, after) => {
			const names = values
				.flat()
				.filter((value) => typeof value === "string") as string[];
			const settings = type.endsWith("select")
				? {
						settings: {
							options: [...new Set(names)].map((name) => ({ name })),
						},
					}
				: {};
			const { create, cells, call } = await tableWith({
				name: "Value",
				type,
				...settings,
			});
			await create(...values.map((Value) => ({ Value })));
			await call("update_field", {
				field: "Value",
				confirm: `to ${(change as { type: string }).type}: Value`,
				...change,
			});
			expect((await cells("Value")).map(plainValue)).toEqual(after);
		},
	);

	test("the options of a new select are the values that were there", async () => {
		const { create, call, fieldNamed } = await tableWith({
			name: "Value",
			type: "text",
		});
		await create({ Value: "red" }, { Value: "green" }, { Value: "red" });
		await call("update_field", {
			field: "Value",
			type: "single_select",
			confirm: "to single_select: Value",
		});
		expect((await fieldNamed("Value"))?.settings.options).toEqual([
			"red",
			"green",
		]);
	});

	test("cells that would be lost stop it, by record, and nothing changes", async () => {
		const { create, cells, refusal, fieldNamed } = await tableWith({
			name: "Value",
			type: "text",
		});
		const ids = await create(
			{ Value: "1" },
			{ Value: "one" },
			{ Value: "two" },
		);
		const failure = await refusal("update_field", {
			field: "Value",
			type: "number",
			confirm: "to number: Value",
		});
		expect(failure.code).toBe("bad_value");
		expect(failure.message).toContain(`${ids[1]}: takes a number`);
		expect(failure.message).toContain(`${ids[2]}: takes a number`);
		expect(await cells("Value")).toEqual(["1", "one", "two"]);
		expect((await fieldNamed("Value"))?.type).toBe("text");
	});

	test.each([
		["text", "0171555", "number"],
		["phone", "0171555", "number"],
		["phone", "+49171555", "number"],
		["text", "-007", "currency"],
		["text", "00", "rating"],
		["url", { text: "Home", link: "https://example.com" }, "text"],
		["url", { text: "Home", link: "https://example.com" }, "single_select"],
	] as const)(
		"%s %j does not become %s: what it says would be lost",
		async (from, value, type) => {
			const { create, cells, refusal } = await tableWith({
				name: "Value",
				type: from,
			});
			await create({ Value: value });
			const failure = await refusal("update_field", {
				field: "Value",
				type,
				confirm: `to ${type}: Value`,
			});
			expect(failure.message).toMatch(/would lose|has no place for that/);
			expect(await cells("Value")).toEqual([value]);
		},
	);

	test("two entries are not pressed into one option", async () => {
		const { create, cells, refusal, call, fieldNamed } = await tableWith({
			name: "Value",
			type: "multi_select",
			settings: { options: [{ name: "a" }, { name: "b" }, { name: "unused" }] },
		});
		const [id] = await create({ Value: ["a", "b"] });
		const change = {
			field: "Value",
			type: "single_select",
			confirm: "to single_select: Value",
		};
		const failure = await refusal("update_field", change);
		expect(failure.message).toContain(`${id}: takes the name of an option`);
		expect(await cells("Value")).toEqual([["a", "b"]]);
		await call("update_records", {
			records: [{ id, fields: { Value: ["b"] } }],
		});
		await call("update_field", change);
		expect(await cells("Value")).toEqual(["b"]);
		expect((await fieldNamed("Value"))?.settings.options).toEqual([
			"a",
			"b",
			"unused",
		]);
	});

	test("it needs consent, and some changes cannot be", async () => {
		const { call, refusal } = await tableWith(
			{ name: "Value", type: "text" },
			{ name: "Number", type: "auto_number" },
		);
		expect(
			(await refusal("update_field", { field: "Value", type: "number" })).code,
		).toBe("declined");
		for (const [field, type] of [
			["Value", "attachment"],
			["Value", "created_time"],
			["Number", "text"],
			["Value", "formula"],
		])
			expect(
				(
					await refusal("update_field", {
						field,
						type,
						confirm: `to ${type}: ${field}`,
					})
				).code,
				`${field} ${type}`,
			).toBe("unsupported");
		await call("create_field", { name: "Files", type: "attachment" });
		expect(
			(
				await refusal("update_field", {
					field: "Files",
					type: "text",
					confirm: "to text: Files",
				})
			).message,
		).toContain("cannot become text");
		expect(
			(
				await refusal("update_field", {
					field: "Title",
					type: "checkbox",
					confirm: "to checkbox: Title",
				})
			).message,
		).toContain("is the primary one and cannot be checkbox");
	});
});

describe("options", () => {
	test("renamed and removed in every cell of a list", async () => {
		const { create, cells, call, refusal } = await tableWith({
			name: "Tags",
			type: "multi_select",
			settings: { options: [{ name: "a" }, { name: "b" }, { name: "c" }] },
		});
		await create({ Tags: ["a", "b"] }, { Tags: ["c"] }, {});
		await call("update_field", {
			field: "Tags",
			settings: {
				options: [{ name: "a", new_name: "A" }],
				remove_options: ["c"],
			},
			confirm: "without c: Tags",
		});
		expect(await cells("Tags")).toEqual([["A", "b"], null, null]);
		const twice = await refusal("update_field", {
			field: "Tags",
			settings: { options: [{ name: "A", new_name: "b" }] },
		});
		expect(twice.code).toBe("bad_argument");
		expect(await cells("Tags")).toEqual([["A", "b"], null, null]);
	});
});

describe("what the store fills in", () => {
	test("defaults and today's date in new rows, never over a given value", async () => {
		const { create, cells } = await tableWith(
			{ name: "Count", type: "number", settings: { default: 7 } },
			{ name: "Day", type: "date", settings: { auto_fill: true } },
			{ name: "Done", type: "checkbox", settings: { default: true } },
		);
		await create(
			{ Title: "a" },
			{ Count: 0, Day: "2001-01-01", Done: false },
			{ Count: null },
		);
		expect(await cells("Count")).toEqual([7, 0, null]);
		expect(await cells("Day")).toEqual([
			"2026-11-20",
			"2001-01-01",
			"2026-11-20",
		]);
		expect((await cells("Done")).map(Boolean)).toEqual([true, false, true]);
	});

	test("numbers go on, are never given twice, and number old rows in order", async () => {
		const { create, cells, call } = await tableWith({
			name: "Number",
			type: "auto_number",
		});
		const ids = await create({}, {}, {});
		await call("delete_records", { record_ids: [ids[2]] });
		await create({});
		expect(await cells("Number")).toEqual([1, 2, 4]);
		await call("create_field", {
			name: "Code",
			type: "auto_number",
			settings: { number_pattern: "REC-{yyyy}-{MM}-{0000}" },
		});
		expect(await cells("Code")).toEqual([
			"REC-2026-11-0001",
			"REC-2026-11-0002",
			"REC-2026-11-0003",
		]);
		await create({});
		const codes = await cells("Code");
		expect(new Set(codes).size).toBe(codes.length);
	});

	test("a pattern without a place for the number is refused", async () => {
		const { refusal } = await tableWith();
		const failure = await refusal("create_field", {
			name: "Code",
			type: "auto_number",
			settings: { number_pattern: "REC" },
		});
		expect(failure.message).toContain("no place for the number");
	});

	test("times and authors follow the writes", async () => {
		const { world, create, cells, call } = await tableWith(
			{ name: "Made", type: "created_time" },
			{ name: "Changed", type: "updated_time" },
			{ name: "By", type: "created_by" },
		);
		const [id] = await create({ Title: "a" });
		world.clock.advance(3_600_000);
		await call("update_records", { records: [{ id, fields: { Title: "b" } }] });
		expect(await cells("Made")).toEqual(["2026-11-20T12:00:00+08:00"]);
		expect(await cells("Changed")).toEqual(["2026-11-20T13:00:00+08:00"]);
		expect(await cells("By")).toEqual([["local"]]);
		expect(await cells("$updated_at")).toEqual(["2026-11-20T13:00:00+08:00"]);
	});
});

describe("links", () => {
	async function linked(two_way: boolean) {
		const { world, table, ...tools } = await tableWith();
		const people = await makeTable(world.session, "People", [
			{ name: "Name", type: "text" },
		]);
		const other = toolsOf(world, people);
		await tools.call("create_field", {
			name: "Owner",
			type: "link",
			settings: {
				link_table: people,
				...(two_way ? { two_way, reverse_name: "Tasks" } : {}),
			},
		});
		const [ann, bo] = await other.create({ Name: "Ann" }, { Name: "Bo" });
		const [first, second] = await tools.create(
			{ Title: "1", Owner: [ann] },
			{ Title: "2", Owner: ["Ann", "Bo"] },
		);
		return { world, table, people, ...tools, other, ann, bo, first, second };
	}

	test("both sides stay in step through updates, clears and deletes", async () => {
		const { call, other, cells, ann, bo, second } = await linked(true);
		expect(await other.cells("Tasks")).toEqual([["1", "2"], ["2"]]);
		await call("update_records", {
			records: [{ id: second, fields: { Owner: { remove: [ann] } } }],
		});
		expect(await other.cells("Tasks")).toEqual([["1"], ["2"]]);
		await other.call("update_records", {
			records: [{ id: bo, fields: { Tasks: null } }],
		});
		expect(await cells("Owner")).toEqual([["Ann"], null]);
		await other.call("delete_records", { record_ids: [ann] });
		expect(await cells("Owner")).toEqual([null, null]);
	});

	test("a record that does not exist is refused, and nothing of the batch is written", async () => {
		const { call, cells } = await linked(false);
		const answer = await call("create_records", {
			records: [
				{ fields: { Title: "ok" } },
				{ fields: { Title: "bad", Owner: ["rec00000000000000"] } },
			],
		});
		expect(answer.counts).toMatchObject({ created: 1, failed: 1 });
		expect(JSON.stringify(answer.problems)).toContain(
			"records that do not exist: rec00000000000000",
		);
		expect(await cells("Title")).toEqual(["1", "2", "ok"]);
	});

	test("deleting the table or the field takes the other side with it", async () => {
		const one = await linked(true);
		await one.call("delete_field", { field: "Owner", confirm: "Owner" });
		expect((await one.other.fields()).map(({ name }) => name)).toEqual([
			"Name",
		]);
		const two = await linked(true);
		await two.other.call("delete_table", { confirm: "People" });
		expect((await two.fields()).map(({ name }) => name)).toEqual(["Title"]);
		expect(await two.cells("Title")).toEqual(["1", "2"]);
	});

	test("a link cannot point elsewhere later, and not to another base", async () => {
		const { world, refusal } = await linked(false);
		const elsewhere = await makeTable(world.session, "Elsewhere", [
			{ name: "Name", type: "text" },
		]);
		expect(
			(
				await refusal("update_field", {
					field: "Owner",
					settings: { link_table: elsewhere },
				})
			).code,
		).toBe("unsupported");
		await callTool(world.session, "create_base", {
			connection: "local",
			name: "Second",
		});
		const { structured } = await callTool(world.session, "create_table", {
			base: "Second",
			name: "Far",
			fields: [{ name: "Name", type: "text" }],
		});
		expect(
			(
				await refusal("create_field", {
					name: "Far",
					type: "link",
					settings: { link_table: structured.table },
				})
			).message,
		).toContain("a link stays in its base");
	});
});

describe("views", () => {
	test("a deleted field leaves every definition", async () => {
		const { call } = await tableWith({ name: "Count", type: "number" });
		await call("create_view", {
			name: "Big",
			filter: {
				match: "all",
				conditions: [
					{ field: "Count", op: "gt", value: 5 },
					{ field: "Title", op: "is_not_empty" },
				],
				groups: [
					{ match: "any", conditions: [{ field: "Count", op: "is_empty" }] },
				],
			},
			sort: [{ field: "Count" }, { field: "Title", direction: "desc" }],
			hidden_fields: ["Count"],
		});
		await call("delete_field", { field: "Count", confirm: "Count" });
		expect((await call("describe_fields", { view: "Big" })).view).toMatchObject(
			{
				filter: {
					match: "all",
					conditions: [{ field: "Title", op: "is_not_empty" }],
				},
				sort: [{ field: "Title", direction: "desc" }],
				hidden_fields: [],
			},
		);
	});

	test("a name is there once", async () => {
		const { call, refusal } = await tableWith();
		await call("create_view", { name: "Mine" });
		expect((await refusal("create_view", { name: "Mine" })).message).toContain(
			'a view "Mine" already',
		);
	});
});

describe("what the store cannot keep", () => {
	test.each([
		["Title", "a\u0000b", /NUL/],
		["Title", "\ud800", /half of a character pair/],
		["Day", "0000-12-30", /outside the years/],
		["Stars", 6, /above the greatest value 5/],
		["Stars", 2.5, /whole number/],
		["Limited", 11, /above the greatest value 10/],
	])("%s: %j is refused", async (name, value, words) => {
		const { call, cells } = await tableWith(
			{ name: "Day", type: "date" },
			{ name: "Stars", type: "rating" },
			{ name: "Limited", type: "number", settings: { min: 0, max: 10 } },
		);
		const answer = await call("create_records", {
			records: [{ fields: { [name]: value } }],
		});
		expect(answer.change_id).toBeNull();
		expect(JSON.stringify(answer.problems)).toMatch(words);
		expect(await cells("Title")).toEqual([]);
	});

	test.each([
		[{ name: "Title", type: "text" }, /a field "Title" already/],
		[
			{ name: "Sum", type: "formula", settings: { formula: "{Title}" } },
			/computes no formulas/,
		],
		[{ name: "Team", type: "group" }, /keeps no groups/],
		[
			{ name: "Stars", type: "rating", settings: { min: 5, max: 1 } },
			/min 5 is above max 1/,
		],
		[{ name: "Link", type: "link" }, /link_table/],
		[
			{ name: "Text", type: "text", settings: { options: [{ name: "a" }] } },
			/setting "options" does not fit type text/,
		],
	])("a field %j is refused", async (field, words) => {
		const { refusal, fields } = await tableWith();
		expect((await refusal("create_field", field)).message).toMatch(words);
		expect((await fields()).length).toBe(1);
	});

	test("odd text is kept to the letter", async () => {
		const { create, cells } = await tableWith();
		const odd = [
			"😀 \u202e abc",
			"a\r\nb",
			"'; DROP TABLE records; --",
			"\u0301",
			"𝒳",
			" ",
			"\t",
			"x".repeat(3_900),
		];
		await create(...odd.map((Title) => ({ Title })));
		expect(await cells("Title")).toEqual(odd);
	});
});

describe("bases", () => {
	test("a copy is whole, or only the structure, and lives apart", async () => {
		const { world, table, create, call } = await tableWith({
			name: "Count",
			type: "number",
		});
		await call("create_field", {
			name: "Parent",
			type: "link",
			settings: { link_table: table },
		});
		const [first] = await create({ Title: "a", Count: 1 });
		await create({ Title: "b", Parent: [first] });
		await call("create_view", {
			name: "Big",
			filter: { conditions: [{ field: "Count", op: "gt", value: 0 }] },
		});
		for (const [name, structure_only, rows] of [
			["Copy", false, 2],
			["Empty", true, 0],
		] as const) {
			const { structured } = await callTool(world.session, "copy_base", {
				base: "main",
				name,
				structure_only,
			});
			const base = structured.base as string;
			const listed = (
				await callTool(world.session, "list_tables", { base: name })
			).structured.tables as { reference: string }[];
			expect(listed).toHaveLength(1);
			expect(base).not.toBe("main");
			const copy = toolsOf(world, listed[0]?.reference as string);
			expect((await copy.call("query_records", { limit: 0 })).total).toBe(rows);
			expect((await copy.fields()).map(({ name: field }) => field)).toEqual([
				"Title",
				"Count",
				"Parent",
			]);
			expect((await copy.call("query_records", { view: "Big" })).total).toBe(
				rows === 0 ? 0 : 1,
			);
			if (rows > 0) expect(await copy.cells("Parent")).toEqual([null, ["a"]]);
			await copy.create({ Title: "only here" });
		}
		expect((await call("query_records", { limit: 0 })).total).toBe(2);
	});
});

describe("the file", () => {
	test("two processes write at once, and nothing is lost", async () => {
		const { world, table } = await tableWith();
		const second = toolsOf({ session: world.another() }, table);
		const first = toolsOf(world, table);
		await Promise.all(
			[first, second].flatMap((tools, process) =>
				Array.from({ length: 10 }, (_, index) =>
					tools.create(
						{ Title: `${process}-${index}` },
						{ Title: `${process}-${index}b` },
					),
				),
			),
		);
		const titles = await first.cells("Title");
		expect(new Set(titles).size).toBe(40);
		expect(await second.cells("Title")).toEqual(titles);
	});

	test("a schema that another process changed is seen before a refusal", async () => {
		const { world, table, fields } = await tableWith();
		expect(await fields()).toHaveLength(1);
		await toolsOf({ session: world.another() }, table).call("create_field", {
			name: "New",
			type: "text",
		});
		world.clock.advance(60_000);
		const answer = await toolsOf(world, table).call("create_records", {
			records: [{ fields: { New: "x" } }],
		});
		expect(answer.counts).toMatchObject({ created: 1 });
	});

	test("a batch with a key that was seen is not written again", async () => {
		const { world, table, cells } = await tableWith();
		const located = await world.locate(table);
		const title = located.table.fields[0]?.id as string;
		const context = {
			...runningOf(world.session).call,
			idempotencyKey: "key-1",
		};
		const first = await located.adapter.createBatch?.(
			located.table,
			[{ [title]: "a" }],
			context,
		);
		const again = await located.adapter.createBatch?.(
			located.table,
			[{ [title]: "a" }],
			context,
		);
		expect(again).toEqual(first);
		expect(await cells("Title")).toEqual(["a"]);
		expect(
			await located.adapter.readCreated?.(located.table, "key-1", context),
		).toEqual([first?.[0]?.id]);
		expect(
			await located.adapter.readCreated?.(located.table, "key-2", context),
		).toBeUndefined();
	});

	test("a store of a newer program is refused, not misread", async () => {
		const world = localWorld();
		await makeTable(world.session, "Tasks", [{ name: "Title", type: "text" }]);
		const { openSqlite } = await import("../../../src/vendors/local/sqlite.js");
		const db = await openSqlite(`${world.folder}/local.db`, world.clock);
		db.run("PRAGMA user_version = 99");
		db.close();
		const failure = await failureOf(
			callTool(world.another(), "list_tables", { connection: "local" }),
		);
		expect(failure.message).toContain("newer tables-mcp (layout 99");
		expect(failure.next).toBe("Update tables-mcp.");
	});

	test("doctor finds a sound file", async () => {
		const world = localWorld();
		const adapter = await world.session.connections.get("local")?.adapter();
		expect(await adapter?.check(runningOf(world.session).call)).toEqual([
			{ level: "ok", what: expect.stringContaining("local.db") },
		]);
	});
});

test("a store that is made here is its owner's alone", async () => {
	const { world } = await tableWith();
	const { mode } = statSync(join(world.session.dataDir, "local.db"));
	expect(mode & 0o077).toBe(0);
});
