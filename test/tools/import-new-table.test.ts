import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
	atRequest,
	eachCloudPeer,
	eachPeer,
	openWorld,
} from "../every-vendor/world.js";
import { connected } from "../server/client.js";

/* A table that is made from a file in one call. */

const COLUMNS = [
	["Name", ["Ann", "Bob"], "text"],
	["Amount", ["1.5", "20"], "number"],
	["Day", ["2026-11-20", "2026-11-21"], "date"],
	["At", ["2026-11-20 14:00", "2026-11-21"], "date"],
	["Paid", ["yes", "no"], "checkbox"],
	["Mail", ["ann@example.com", "bob@example.com"], "email"],
	["Site", ["https://example.com/a", "https://example.com/b"], "url"],
	["Zip", ["01067", "80331"], "text"],
	["Code", ["1234567890123456", "1"], "text"],
	["Phone", ["+49 170 1234567", "+49 170 1234568"], "text"],
	["Mixed", ["5", "five"], "text"],
	["Never", ["2026-11-20", "2026-02-30"], "text"],
	["Empty", ["", ""], "text"],
] as const;

const CSV = [0, 1]
	.map((row) => COLUMNS.map(([, cells]) => cells[row]).join(","))
	.reduce(
		(text, line) => `${text}\n${line}`,
		COLUMNS.map(([name]) => name).join(","),
	);

async function withFile(text: string, options = {}) {
	const client = await connected(options);
	writeFileSync(join(client.files, "in.csv"), text);
	return client;
}

const asked = { file: "in.csv", new_table: "People" };

test("a column is what all of its cells prove, and else text", async () => {
	const client = await withFile(CSV);
	const dry = await client.ok("import_records", { ...asked, dry_run: true });
	const types = COLUMNS.map(([column, , type]) => [column, type]);
	const shown = dry.structured.columns as { column: string; type: string }[];
	expect(shown.map(({ column, type }) => [column, type])).toEqual(types);
	expect(dry.structured.counts.created).toBe(2);
	expect(dry.text).toContain('would make the table "People"');
	expect((await client.ok("list_tables", {})).structured.tables).toEqual([]);

	const answer = await client.ok("import_records", asked);
	expect(answer.structured.counts.created).toBe(2);
	const { table } = answer.structured;
	expect(answer.text).toContain(`made the table "People": ${table}`);
	const read = await client.ok("query_records", { table, ids: false });
	const at = (name: string) =>
		read.structured.columns.findIndex((one: string) => one === name);
	expect(read.structured.rows[0][at("Amount")]).toBe(1.5);
	expect(read.structured.rows[0][at("Zip")]).toBe("01067");
	expect(read.structured.rows[0][at("At")]).toMatch(/^2026-11-20T14:00/);
	expect(read.structured.rows[1][at("Never")]).toBe("2026-02-30");
});

test("the last row of a long file counts as much as the first", async () => {
	const rows = Array.from(
		{ length: 3_000 },
		(_, index) => `n${index},${index}`,
	);
	const client = await withFile(["Name,N", ...rows, "last,none"].join("\n"));
	const dry = await client.ok("import_records", { ...asked, dry_run: true });
	expect(dry.structured.columns[1]).toMatchObject({
		column: "N",
		type: "text",
	});
});

test("a bad row means that no table is made", async () => {
	const client = await withFile("Name,Note\na,b\nc,d,e\n");
	const refused = await client.refused("import_records", asked);
	expect(refused.text).toContain("the table was not made");
	expect((await client.ok("list_tables", {})).structured.tables).toEqual([]);
});

test("where every row is bad no table is made, and leaving out bad rows is not offered", async () => {
	const client = await withFile("Name\na,b\nc,d\n");
	const skip = { ...asked, on_error: "skip" };
	const told: string[] = [];
	for (const more of [{}, { dry_run: true }]) {
		told.push(
			(await client.call("import_records", { ...asked, ...more })).text,
		);
		told.push((await client.call("import_records", { ...skip, ...more })).text);
	}
	for (const text of told) {
		expect(text).toContain("no row can be written as the file is read");
		expect(text).not.toContain('pass on_error: "skip"');
	}
	expect(told[0]).toContain("the table was not made");
	expect(told[1]).toContain("the table was not made");
	expect((await client.ok("list_tables", {})).structured.tables).toEqual([]);
});

test("where only the last row of many is good, the table is made for it", async () => {
	const bad = Array.from({ length: 1_200 }, () => "a,b");
	const client = await withFile(["Name", ...bad, "good"].join("\n"));
	const answer = await client.ok("import_records", {
		...{ ...asked, on_error: "skip" },
	});
	expect(answer.structured.counts).toMatchObject({ created: 1, failed: 1_200 });
});

test("a name that is taken is refused with the table that has it", async () => {
	const client = await withFile("Name\na\n");
	const { table } = (await client.ok("import_records", asked)).structured;
	const refused = await client.refused("import_records", asked);
	expect(refused.text).toContain(`${table} is called "People"`);
	expect(refused.text).toContain("pass its reference as `table`");
});

test("a date that may be two is asked about before anything is made", async () => {
	const client = await withFile("Name,Day\na,03/04/2026\n");
	const refused = await client.refused("import_records", asked);
	expect(refused.text).toContain("pass `dates`");
	expect((await client.ok("list_tables", {})).structured.tables).toEqual([]);
	const answer = await client.ok("import_records", { ...asked, dates: "dmy" });
	const read = await client.ok("query_records", {
		table: answer.structured.table,
		fields: ["Day"],
	});
	expect(read.text).toContain("2026-04-03");
});

test("`mapping` takes only its columns, by the names of the fields", async () => {
	const client = await withFile(CSV);
	const answer = await client.ok("import_records", {
		...asked,
		mapping: [
			{ column: "Name", field: "Who" },
			{ column: "Amount", field: "Sum" },
		],
	});
	const { structured } = await client.ok("describe_fields", {
		table: answer.structured.table,
	});
	expect(structured.fields.map(({ name }: { name: string }) => name)).toEqual([
		"Who",
		"Sum",
	]);
	expect(answer.text).toContain("Who (text), Sum (number)");
	expect(answer.text).toContain("left out, because `mapping` does not name");
});

test.each([
	[{ file: "in.csv" }, /neither `table` nor `new_table`/],
	[{ ...asked, table: "Rows" }, /are both named/],
	[{ file: "in.csv", table: "Rows", base: "main" }, /`base` say/],
	[{ ...asked, match_on: ["Name"] }, /a new table has none/],
])("refused: %j", async (args, said) => {
	const client = await withFile(CSV);
	expect((await client.refused("import_records", args)).text).toMatch(said);
});

test.each([true, false])(
	"a policy of tables refuses it by its name: dry run %s",
	async (dry_run) => {
		const client = await withFile(CSV, {
			config: {
				connections: {
					local: { vendor: "local", policy: { tables: ["Others"] } },
				},
			},
		});
		const { text } = await client.refused("import_records", {
			...asked,
			dry_run,
		});
		expect(text).toMatch(/limits `tables`/);
	},
);

eachPeer("the table is made, filled, read back and undone", async (peer) => {
	const world = await openWorld(peer);
	writeFileSync(join(world.client.files, "in.csv"), CSV);
	const answer = await world.client.ok("import_records", {
		...asked,
		connection: peer.id,
		base: world.site.base,
	});
	const { table } = answer.structured;
	expect(answer.structured.counts.created).toBe(2);
	const { structured } = await world.client.ok("query_records", {
		table,
		fields: ["Name", "Amount", "Day", "Paid", "Zip"],
		ids: false,
	});
	expect(structured.rows).toEqual([
		["Ann", 1.5, "2026-11-20", true, "01067"],
		["Bob", 20, "2026-11-21", false, "80331"],
	]);
	const undone = await world.client.ok("undo_change", {
		change_id: answer.structured.change_id,
	});
	expect(undone.structured.counts.deleted).toBe(2);
});

eachCloudPeer(
	"an import that stops after the table was made names it, and resume goes on",
	async (peer) => {
		const world = await openWorld(peer);
		const { writeOf, failures } = peer.network;
		const count = 2_500;
		const rows = Array.from(
			{ length: count },
			(_, index) => `n${index},${index}`,
		);
		writeFileSync(
			join(world.client.files, "in.csv"),
			["Name,N", ...rows].join("\n"),
		);
		world.faulty(
			atRequest(
				2,
				(request) => writeOf(request) === "create",
				failures.quotaSpent,
				1_000,
			),
		);
		const cut = await world.client.refused("import_records", {
			...asked,
			connection: peer.id,
			base: world.site.base,
		});
		const { table, change_id, counts } = cut.structured;
		expect(cut.text).toContain(`made the table "People": ${table}`);
		expect(counts.created).toBeGreaterThan(0);
		expect(counts.created).toBeLessThan(count);
		world.faulty(undefined);
		let answer = cut;
		for (let call = 0; call < 20 && answer.isError; call++)
			answer = await world.client.call("import_records", { resume: change_id });
		expect(answer.structured.counts.created).toBe(count);
		const { structured } = await world.client.ok("query_records", {
			table,
			limit: 0,
		});
		expect(structured.total).toBe(count);
	},
);

eachCloudPeer(
	"a table that cannot be filled at all is named as well",
	async (peer) => {
		const world = await openWorld(peer);
		const { writeOf, failures } = peer.network;
		writeFileSync(join(world.client.files, "in.csv"), CSV);
		world.faulty((request) =>
			writeOf(request) === "create" ? failures.forbidden : undefined,
		);
		const cut = await world.client.refused("import_records", {
			...asked,
			connection: peer.id,
			base: world.site.base,
		});
		expect(cut.text).toContain('made the table "People"');
		expect(cut.structured.counts.created).toBe(0);
		await world.client.ok("describe_fields", { table: cut.structured.table });
	},
);

test.each([
	["in.csv", 'Name,"Unit\nprice"\na,1\nb,2\n'],
	["in.ndjson", '{"Name":"a","Unit\\nprice":1}\n'],
])(
	"a line break in the name of a column of %s goes, which is said",
	async (file, text) => {
		const client = await connected();
		client.put(file, text);
		const asked = { file, new_table: "People" };
		const dry = await client.ok("import_records", { ...asked, dry_run: true });
		const made = await client.ok("import_records", asked);
		const said = `column "Unit\\nprice" has a line break in its name: its field is called "Unit price"`;
		expect(dry.text).toContain(said);
		expect(made.text).toContain(said);
		const { structured } = await client.ok("query_records", {
			table: made.structured.table,
			ids: false,
		});
		expect(structured.columns).toEqual(["Name", "Unit price"]);
	},
);

test("percent for the first column is refused with why it is text", async () => {
	const client = await withFile("Name,Rate\na,5\n");
	const refused = await client.refused("import_records", {
		...asked,
		mapping: [{ column: "Rate", field: "Rate", as: "percent" }],
	});
	expect(refused.text).toContain(
		"because the first field of a table names its records: put another column first",
	);
});
