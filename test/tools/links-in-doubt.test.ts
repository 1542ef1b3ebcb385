import { describe, expect, test } from "vitest";
import { connected } from "../server/client.js";

/* Titles with commas in a text of several: what can be divided in two ways is asked, and what was exported comes back. */

async function world(titles: readonly string[]) {
	const client = await connected();
	const people = await client.ok("create_table", {
		...{ name: "People", fields: [{ name: "Name", type: "text" }] },
	});
	await client.ok("create_records", {
		table: people.structured.table,
		records: titles.map((Name) => ({ fields: { Name } })),
	});
	const tasks = await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Task", type: "text" },
			{ name: "Who", type: "link", settings: { link_table: "People" } },
			{
				name: "Tags",
				type: "multi_select",
				settings: { options: ["[]", "[1]", "a"] },
			},
		],
	});
	const table = tasks.structured.table as string;
	return {
		client,
		table,
		async who(of = table) {
			const read = await client.ok("query_records", {
				...{ table: of, fields: ["Who", "Tags"], ids: false },
			});
			return read.structured.rows;
		},
		create: (Who: unknown) =>
			client.call("create_records", {
				...{ table, records: [{ fields: { Task: "t", Who } }] },
			}),
	};
}

describe("a text that is a title and a list of titles", () => {
	test.each([
		[["Smith, John", "Smith", "John"], "Smith, John"],
		[["Smith, John", "Smith", "John", "Anna"], "Smith, John, Anna"],
		[["Smith, John", "John, Anna", "Smith", "Anna"], "Smith, John, Anna"],
	])("of %j is ambiguous: %s", async (titles, text) => {
		const { client, table, create, who } = await world(titles);
		const typed = await create(text);
		expect(typed.isError).toBe(true);
		expect(typed.text).toContain("is ambiguous");
		expect(typed.structured.problems[0].message).toContain('["Smith, John"');
		client.put("in.csv", `Task,Who\nt,"${text}"\n`);
		const loaded = await client.call("import_records", {
			...{ table, file: "in.csv" },
		});
		expect(loaded.text).toContain("is ambiguous");
		expect(await who()).toEqual([]);
	});

	test("is taken as a list, in quotes, and where it can be divided in one way", async () => {
		const { create, who } = await world([
			...["Smith, John", "Smith", "John", "Anna"],
		]);
		for (const given of [
			["Smith", "John"],
			'"Smith","John"',
			["Smith, John", "Anna"],
			"John, Anna",
		])
			expect((await create(given)).isError).toBe(false);
		expect((await who()).map((row: unknown[]) => row[0])).toEqual([
			["Smith", "John"],
			["Smith", "John"],
			["Smith, John", "Anna"],
			["John", "Anna"],
		]);
	});
});

test.each(["csv", "xlsx"])(
	"entries that look like a list come back from %s",
	async (ending) => {
		const { client, table, who } = await world(["[]", "[1", "2]", "x"]);
		await client.ok("create_records", {
			table,
			records: [
				{ fields: { Task: "a", Who: ["[]"], Tags: ["[]"] } },
				{ fields: { Task: "b", Who: ["[1", "2]"], Tags: ["[1]"] } },
				{ fields: { Task: "c", Who: ["x"], Tags: ["[]", "a"] } },
			],
		});
		const before = await who();
		const file = `out.${ending}`;
		await client.ok("export_records", { table, file, ids: false });
		await client.ok("import_records", { table, file });
		expect(await who()).toEqual([...before, ...before]);
	},
);

test("an option that looks like a list is taken by its name", async () => {
	const { client, table, who } = await world(["x"]);
	client.put("in.csv", "Task,Tags\na,[]\nb,[1]\n");
	await client.ok("import_records", { table, file: "in.csv" });
	expect((await who()).map((row: unknown[]) => row[1])).toEqual([
		["[]"],
		["[1]"],
	]);
});
