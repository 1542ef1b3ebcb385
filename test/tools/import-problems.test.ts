import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { filesUnder } from "../every-vendor/world.js";
import { connected, type TestClient } from "../server/client.js";

/* What an import says is wrong with a file, and where it puts it. */

const NAME = "in.csv.problems.csv";

async function prepared(bad = 3): Promise<{
	readonly client: TestClient;
	readonly args: { readonly table: string; readonly file: string };
}> {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		],
	});
	client.put(
		"in.csv",
		`Name,Count\ngood,1\n${Array.from({ length: bad }, (_, index) => `n${index},x${index}`).join("\n")}\n`,
	);
	return { client, args: { table: structured.table, file: "in.csv" } };
}

const LINES = (count: number) =>
	Array.from({ length: count }, (_, index) => [
		String(index + 3),
		String(index + 1),
		"Count",
		`x${index}`,
	]);

const linesOf = (client: TestClient, name: string) =>
	client
		.read(name)
		.trim()
		.split("\r\n")
		.slice(1)
		.map((line) => line.split(",").slice(0, 4));

test.each(["refuse", "skip"])(
	"a dry run (%s) writes nothing at all, and reports the problems itself",
	async (on_error) => {
		const { client, args } = await prepared(250);
		// What any read of the table leaves behind is there by then.
		await client.ok("query_records", { table: args.table });
		const state = () =>
			filesUnder(client.folder).map((path) => [path, statSync(path).size]);
		const before = state();
		const answer = await client.ok("import_records", {
			...args,
			on_error,
			dry_run: true,
		});
		expect(state()).toEqual(before);
		expect(answer.structured.problems).toHaveLength(20);
		expect(answer.structured.problems_total).toBe(250);
		expect(answer.structured.counts).toMatchObject({ created: 1, failed: 250 });
		expect(answer.text).toMatch(/250 problems, the first 20 kinds of them:/);
		expect(answer.text).not.toContain("problems.csv");
	},
);

test("a problems file that holds other things is left alone, and the new one is named", async () => {
	const { client, args } = await prepared();
	client.put(NAME, "my notes");
	const refused = await client.refused("import_records", args);
	expect(refused.text).toContain(
		`all 3 problems by line: ${join(client.files, "in.csv.problems-2.csv")}`,
	);
	expect(client.read(NAME)).toBe("my notes");
	expect(linesOf(client, "in.csv.problems-2.csv")).toEqual(LINES(3));
	const skipped = await client.ok("import_records", {
		...args,
		on_error: "skip",
	});
	expect(skipped.structured.counts).toMatchObject({ created: 1, failed: 3 });
	// The same problems are the same file.
	expect(skipped.text).toContain("in.csv.problems-2.csv");
	expect(readdirSync(client.files).sort()).toEqual([
		"in.csv",
		"in.csv.problems-2.csv",
		NAME,
	]);
});

test("one that a person has worked on is left alone", async () => {
	const { client, args } = await prepared();
	await client.refused("import_records", args);
	client.put(NAME, `${client.read(NAME)}asked Ann about these\r\n`);
	const edited = client.read(NAME);
	await client.refused("import_records", args);
	expect(client.read(NAME)).toBe(edited);
	expect(linesOf(client, "in.csv.problems-2.csv")).toEqual(LINES(3));
});

test("a folder of that name is stepped around", async () => {
	const { client, args } = await prepared();
	mkdirSync(join(client.files, NAME));
	const answer = await client.ok("import_records", {
		...args,
		on_error: "skip",
	});
	expect(answer.structured.counts).toMatchObject({ created: 1, failed: 3 });
	expect(answer.structured.change_id).not.toBeNull();
	expect(answer.text).toContain("in.csv.problems-2.csv");
	expect(linesOf(client, "in.csv.problems-2.csv")).toEqual(LINES(3));
});

test("a file in a folder has its problems beside it", async () => {
	const { client, args } = await prepared();
	mkdirSync(join(client.files, "deep"));
	client.put("deep/in.csv", "Name,Count\nx,y\n");
	for (const file of ["deep/in.csv", join(client.files, "deep", "in.csv")]) {
		const answer = await client.refused("import_records", { ...args, file });
		expect(answer.text).toContain(join(client.files, "deep", NAME));
	}
	expect(existsSync(join(client.files, NAME))).toBe(false);
});

test("a name for which there is no room is cut, and says what it is", async () => {
	const { client, args } = await prepared();
	const file = `${"長".repeat(80)}.csv`;
	client.put(file, "Name,Count\ngood,1\nbad,x\n");
	const answer = await client.ok("import_records", {
		...args,
		file,
		on_error: "skip",
	});
	expect(answer.text).toMatch(/^DONE: 1 created, 1 failed \(change_id /);
	const name = `${"長".repeat(80)}.c.problems.csv`;
	expect(answer.text).toContain(
		`all 1 problems by line: ${join(client.files, name)}`,
	);
	expect(client.read(name)).toContain("3,1,Count,x");
	expect(answer.structured.problems).toMatchObject([{ line: 3 }]);
});

test.each([
	{ dry_run: true },
	{},
	{ on_error: "skip" },
	{ match_on: ["Name"] },
])(
	"a row that names a file which is in no cell yet is a bad row (%j)",
	async (more) => {
		const client = await connected();
		const { structured } = await client.ok("create_table", {
			name: "Papers",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Files", type: "attachment" },
			],
		});
		client.put("out.csv", "Name,Files\nM-1,\nM-2,b.txt\n");
		const answer = await client.call("import_records", {
			table: structured.table,
			file: "out.csv",
			...more,
		});
		expect(answer.structured.counts).toMatchObject({
			unknown: 0,
			created: "on_error" in more || "dry_run" in more ? 1 : 0,
		});
		expect(answer.structured.problems).toMatchObject([
			{ line: 3, field: "Files", given: "b.txt" },
		]);
		expect(answer.text).toContain("upload_attachment gives a token");
	},
);

test.each([{}, { dry_run: true }, { on_error: "skip" }])(
	"what is wrong with a row is said at once, of cells that cannot be read and of names that lead nowhere (%j)",
	async (more) => {
		const client = await connected();
		const { structured: people } = await client.ok("create_table", {
			name: "People",
			fields: [{ name: "Name", type: "text" }],
		});
		await client.ok("create_records", {
			table: people.table,
			records: [{ fields: { Name: "Ada" } }],
		});
		const { structured } = await client.ok("create_table", {
			name: "Bills",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Paid", type: "checkbox" },
				{
					name: "Client",
					type: "link",
					settings: { link_table: people.table },
				},
				{ name: "Kind", type: "single_select" },
			],
		});
		client.put(
			"bills.csv",
			"Name,Paid,Client,Kind\nA,perhaps,Nobody,odd\nB,yes,Ada,even\nC,perhaps,Ada,odd\n",
		);
		const answer = await client.call("import_records", {
			...{ table: structured.table, file: "bills.csv" },
			...{ allow_new_options: true, ...more },
		});
		expect(
			answer.structured.problems.map(
				({ field, line, lines = `${line}` }: Record<string, unknown>) =>
					`${field} ${lines}`,
			),
		).toEqual(["Paid 2, 4", "Client 2"]);
		// An option that only rows have which are left out is not made.
		const { text } = await client.ok("describe_fields", {
			table: structured.table,
		});
		expect(text).not.toContain("odd");
	},
);

test.each(["refuse", "skip"])(
	"a dry run (%s) names the options that the import would make",
	async (on_error) => {
		const client = await connected();
		const { structured } = await client.ok("create_table", {
			name: "Bills",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Paid", type: "checkbox" },
				{ name: "Kind", type: "multi_select" },
			],
		});
		client.put(
			"bills.csv",
			'Name,Paid,Kind\nA,no,"new, newer"\nB,yes,new\nC,perhaps,bad\n',
		);
		const answer = await client.ok("import_records", {
			...{ table: structured.table, file: "bills.csv", on_error },
			...{ allow_new_options: true, dry_run: true },
		});
		expect(answer.text).toContain(
			'"Kind" would get the options "new", "newer"\n',
		);
	},
);
