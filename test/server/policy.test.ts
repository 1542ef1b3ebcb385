import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { type RawServer, startServer } from "../stdio.js";
import { type ClientOptions, connected, type TestClient } from "./client.js";

/** Tables "People" (with a hidden salary) and "Vault" (forbidden), linked to each other, in a folder that a second client opens under a policy. */
async function prepared() {
	const open = await connected();
	const vault = await open.ok("create_table", {
		name: "Vault",
		fields: [{ name: "Key", type: "text" }],
	});
	const people = await open.ok("create_table", {
		name: "People",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Salary", type: "number" },
			{
				name: "Key of vault",
				type: "link",
				settings: { link_table: vault.structured.table },
			},
			{ name: "Team", type: "text" },
		],
	});
	const keys = await open.ok("create_records", {
		table: vault.structured.table,
		records: [{ fields: { Key: "sesame" } }],
	});
	const table = people.structured.table as string;
	const made = await open.ok("create_records", {
		table,
		records: [
			{
				fields: {
					Name: "Ann",
					Salary: 70_001,
					Team: "A",
					"Key of vault": [keys.structured.ids[0]],
				},
			},
			{ fields: { Name: "Bo", Salary: 50_002, Team: "B" } },
		],
	});
	await open.ok("create_view", {
		table,
		name: "Well paid",
		filter: {
			conditions: [{ field: "Salary", op: "gt", value: 60_000 }],
		},
		sort: [{ field: "Salary", direction: "desc" }],
	});
	return {
		open,
		table,
		vault: vault.structured.table as string,
		ids: made.structured.ids as string[],
		change: made.structured.change_id as string,
		vaultChange: keys.structured.change_id as string,
	};
}

const POLICY = {
	connections: {
		local: {
			vendor: "local",
			policy: { tables: ["People"], hidden_fields: ["People/Salary"] },
		},
	},
};

const under = (folder: string, options: ClientOptions = {}) =>
	connected({ folder, config: POLICY, ...options });

test("a view that is closed is described as closed, with the reason and what is left out", async () => {
	const folder = temporaryFolder();
	const open = await connected({ folder });
	const { structured } = await open.ok("create_table", {
		name: "People",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Salary", type: "number" },
		],
	});
	const { table } = structured;
	for (const [name, field] of [
		["Rich", "Salary"],
		["Named", "Name"],
	])
		await open.ok("create_view", {
			table,
			name,
			type: "grid",
			filter: { conditions: [{ field, op: "is_not_empty" }] },
		});
	const closed = await connected({
		folder,
		config: {
			connections: {
				local: { vendor: "local", policy: { hidden_fields: ["Salary"] } },
			},
		},
	});
	const rich = await closed.ok("describe_fields", { table, view: "Rich" });
	expect(rich.structured.view.closed).toContain(
		"it may filter or sort by a field that this connection does not show",
	);
	expect(rich.text).toContain("no rows can be read through this view");
	expect(rich.text).not.toContain("Salary");
	const named = await closed.ok("describe_fields", { table, view: "Named" });
	expect(named.structured.view).not.toHaveProperty("closed");
});

describe("a hidden field", () => {
	/** Arguments in which NAME stands for a field that the agent has no business to know. */
	const WAYS: readonly [string, string, (field: string) => object][] = [
		["shown", "query_records", (field) => ({ fields: [field] })],
		[
			"filtered by",
			"query_records",
			(field) => ({
				filter: { conditions: [{ field, op: "gt", value: 1 }] },
			}),
		],
		[
			"compared with",
			"query_records",
			(field) => ({
				filter: {
					conditions: [{ field: "Name", op: "is", other_field: field }],
				},
			}),
		],
		["sorted by", "query_records", (field) => ({ sort: [{ field }] })],
		["grouped by", "query_records", (field) => ({ group_by: [{ field }] })],
		[
			"summed",
			"query_records",
			(field) => ({ aggregate: [{ function: "sum", field }] }),
		],
		["described", "describe_fields", (field) => ({ fields: [field] })],
		[
			"written",
			"create_records",
			(field) => ({ records: [{ fields: { Name: "x", [field]: 1 } }] }),
		],
		[
			"used as a key",
			"update_records",
			(field) => ({
				match_on: [field],
				records: [{ fields: { Name: "Ann" } }],
			}),
		],
		[
			"set",
			"update_records",
			(field) => ({
				filter: {
					conditions: [{ field: "Name", op: "is", value: "Ann" }],
				},
				set: { [field]: 1 },
			}),
		],
		["deleted", "delete_field", (field) => ({ field, confirm: field })],
		["renamed", "update_field", (field) => ({ field, name: "Mine" })],
		[
			"exported",
			"export_records",
			(field) => ({ file: `${field}.csv`, fields: [field] }),
		],
		[
			"part of a view",
			"create_view",
			(field) => ({ name: "v", sort: [{ field }] }),
		],
	];
	test.each(WAYS)(
		"cannot be %s, and the answer is that of a misspelling",
		async (_, tool, args) => {
			const { open, table } = await prepared();
			const client = await under(open.folder);
			const hidden = await client.refused(tool, { table, ...args("Salary") });
			const misspelled = await client.refused(tool, {
				table,
				...args("Xqzwvy"),
			});
			expect(hidden.text.replaceAll("Salary", "Xqzwvy")).toBe(misspelled.text);
		},
	);

	test("is in no hint, answer, view, export or change, by any name", async () => {
		const { open, table, ids, change } = await prepared();
		const { id } = (
			await open.ok("describe_fields", { table })
		).structured.fields.find(({ name }: { name: string }) => name === "Salary");
		const client = await under(open.folder);
		// What was asked for is repeated, and nothing more.
		for (const field of ["Salaryy", "salary", id]) {
			const { text } = await client.refused("query_records", {
				table,
				fields: [field],
			});
			expect(text.replace(field, "")).not.toMatch(/salary|fld/i);
		}
		const answers = [
			await client.ok("query_records", { table }),
			await client.ok("query_records", { table, detail: "raw" }),
			await client.ok("query_records", { table, record_ids: ids }),
			await client.ok("query_records", {
				table,
				filter: { conditions: [{ field: "*", op: "search", value: "70001" }] },
			}),
			await client.ok("describe_fields", { table, json_schema: true }),
			await client.ok("describe_fields", { table, view: "Well paid" }),
			await client.ok("list_tables"),
			await client.ok("list_changes"),
			await client.ok("undo_change", { change_id: change, dry_run: true }),
		];
		await client.ok("export_records", { table, file: "out.csv" });
		for (const { text, structured } of answers)
			expect(`${text}${JSON.stringify(structured)}`).not.toMatch(
				new RegExp(`salary|70001|50002|${id}`, "i"),
			);
		expect(client.read("out.csv")).not.toMatch(/salary|70001/i);
		expect(answers[3]?.structured.rows).toEqual([]);
	});

	test("closes a view whose filter names it: what it selects says something of the hidden cells", async () => {
		const { open, table } = await prepared();
		const client = await under(open.folder);
		const { text } = await client.refused("query_records", {
			table,
			view: "Well paid",
			fields: ["Name"],
		});
		expect(text).toMatch(/^not_allowed: .*that this connection does not show/);
		expect(text).not.toMatch(/Salary|Ann|Bo/);
	});

	test("is not a column of a file that is imported", async () => {
		const { open, table } = await prepared();
		const client = await under(open.folder);
		client.put("in.csv", "Name,Salary\nCy,9\n");
		const answer = await client.ok("import_records", { table, file: "in.csv" });
		expect(answer.text).toMatch(/the table has no such field: "Salary"/);
		const { structured } = await open.ok("query_records", {
			table,
			filter: { conditions: [{ field: "Name", op: "is", value: "Cy" }] },
			fields: ["Salary"],
		});
		expect(structured.rows[0][1]).toBeNull();
	});

	test("stays as it is when its record is changed, and goes unseen when it is undone", async () => {
		const { open, table, ids } = await prepared();
		const client = await under(open.folder);
		const updated = await client.ok("update_records", {
			table,
			records: [{ id: ids[0], fields: { Team: "C" } }],
		});
		const undone = await client.ok("undo_change", {
			change_id: updated.structured.change_id,
		});
		expect(undone.text).not.toContain("Salary");
		const { structured } = await open.ok("query_records", {
			table,
			record_ids: [ids[0]],
			fields: ["Salary", "Team"],
		});
		expect(structured.rows[0].slice(1)).toEqual([70_001, "A"]);
	});
});

describe("a forbidden table", () => {
	const WAYS: readonly [string, object][] = [
		["query_records", {}],
		["describe_fields", {}],
		["create_records", { records: [{ fields: { Key: "x" } }] }],
		["delete_records", { record_ids: ["recxxxxxxxxxxxxxx"] }],
		["delete_table", { confirm: "Vault" }],
		["update_table", { name: "Mine" }],
		["create_field", { name: "f", type: "text" }],
		["create_view", { name: "v" }],
		["export_records", { file: "out.csv" }],
		["import_records", { file: "in.csv" }],
		["list_changes", {}],
	];
	test.each(WAYS)("is not there for %s", async (tool, args) => {
		const { open, vault } = await prepared();
		const client = await under(open.folder);
		client.put("in.csv", "Key\nx\n");
		for (const [forbidden, missing] of [
			["Vault", "Xqzwvy"],
			[vault, vault.replace(/[^/]*$/, "tblXqzwvyAAAAAAA")],
		] as const) {
			const hidden = await client.refused(tool, { table: forbidden, ...args });
			const none = await client.refused(tool, { table: missing, ...args });
			const [id, other] = [forbidden, missing].map(
				(reference) => reference.split("/").at(-1) as string,
			) as [string, string];
			expect(
				hidden.text.replaceAll(forbidden, missing).replaceAll(id, other),
			).toBe(none.text);
		}
		const { structured } = await open.ok("query_records", { table: vault });
		expect(structured.rows.map(([, key]: string[]) => key)).toEqual(["sesame"]);
	});

	test("is in no list, link, hint or change", async () => {
		const { open, table, vault, vaultChange } = await prepared();
		const client = await under(open.folder);
		const id = vault.split("/")[1] as string;
		const answers = [
			await client.ok("list_tables"),
			await client.ok("list_tables", { search: "vau" }),
			await client.refused("query_records", { table: "Vaul" }),
			await client.ok("query_records", { table, detail: "full" }),
			await client.ok("query_records", { table }),
			await client.ok("describe_fields", { table }),
			await client.ok("list_changes"),
			await client.refused("undo_change", { change_id: vaultChange }),
		];
		for (const { text, structured } of answers) {
			const all = `${text}${JSON.stringify(structured)}`.replaceAll(
				"Key of vault",
				"",
			);
			expect(all).not.toMatch(/vault/i);
			expect(all).not.toContain("sesame");
			expect(all).not.toContain(id);
		}
		const seen = answers[6]?.structured.changes as { tool: string }[];
		expect(seen.map(({ tool }) => tool)).toEqual(
			expect.arrayContaining(["create_records", "create_table"]),
		);
		expect(seen).toHaveLength(3);
	});

	test("no new table, and no copy of the base, goes round it", async () => {
		const { open } = await prepared();
		const client = await under(open.folder, {
			environment: { TABLES_MCP_TOOLSETS: "all" },
		});
		for (const [tool, args] of [
			["create_table", { name: "T", fields: [{ name: "a", type: "text" }] }],
			["copy_base", { base: "main", name: "copy" }],
			["create_base", { connection: "local", name: "new" }],
		] as const)
			expect((await client.refused(tool, args)).text).toContain("not_allowed");
	});
});

describe("read-only", () => {
	const names = async ({ client }: TestClient) =>
		(await client.listTools()).tools.map(({ name }) => name);

	test("leaves the tools that read, and says why another is not on", async () => {
		const { open, table } = await prepared();
		const client = await connected({
			folder: open.folder,
			environment: { TABLES_MCP_READ_ONLY: "1" },
		});
		expect(await names(client)).toEqual([
			"list_tables",
			"describe_fields",
			"query_records",
			"query_sql",
			"download_attachment",
			"export_records",
			"list_changes",
		]);
		const answer = await client.refused("create_records", {
			table,
			records: [{ fields: { Name: "x" } }],
		});
		expect(answer.text).toMatch(/read-only/);
		expect(client.client.getInstructions()).toMatch(/local \(.*read-only\)/);
	});

	test("of one connection does not bind another", async () => {
		const folder = temporaryFolder();
		const client = await connected({
			folder,
			config: {
				connections: {
					open: { vendor: "local", file: join(folder, "open.db") },
					shut: {
						vendor: "local",
						file: join(folder, "shut.db"),
						policy: { read_only: true },
					},
				},
			},
		});
		const make = (connection: string) => ({
			connection,
			name: "T",
			fields: [{ name: "a", type: "text" }],
		});
		await client.ok("create_table", make("open"));
		expect((await client.refused("create_table", make("shut"))).text).toMatch(
			/not_allowed: .*read-only[\s\S]*Nothing was sent/,
		);
	});
});

describe("toolsets", () => {
	test("those that are on are listed, the others named with how to turn them on", async () => {
		const client = await connected({
			environment: { TABLES_MCP_TOOLSETS: "records" },
		});
		const { tools } = await client.client.listTools();
		expect(tools.map(({ name }) => name)).toEqual([
			"list_tables",
			"describe_fields",
			"query_records",
			"query_sql",
			"create_records",
			"update_records",
			"delete_records",
		]);
		expect(client.client.getInstructions()).toMatch(
			/Off: views \(make, change, delete\), schema \(tables and fields\), files \(.*\), changes \(.*\), bases \(.*\)\..*TABLES_MCP_TOOLSETS=/,
		);
		expect((await client.refused("create_view", {})).text).toMatch(
			/create_view is not offered here[\s\S]*TABLES_MCP_TOOLSETS=.*views/,
		);
	});

	test("a connection's own toolsets keep its tables from the others' tools", async () => {
		const folder = temporaryFolder();
		const client = await connected({
			folder,
			config: {
				connections: {
					all: { vendor: "local", file: join(folder, "all.db") },
					reading: {
						vendor: "local",
						file: join(folder, "reading.db"),
						policy: { toolsets: ["records"] },
					},
				},
			},
		});
		const answer = await client.refused("create_table", {
			connection: "reading",
			name: "T",
			fields: [{ name: "a", type: "text" }],
		});
		expect(answer.text).toMatch(/no connection "reading"/);
		await client.ok("list_tables", { connection: "reading" });
	});
});

describe("over stdio", () => {
	test("a hidden field does not exist, and a policy that is misspelled stops the process", async () => {
		const { open, table } = await prepared();
		const file = join(open.folder, "config.json");
		const start = async (config: object): Promise<RawServer> => {
			writeFileSync(file, JSON.stringify(config));
			const server = startServer({
				TABLES_MCP_DATA_DIR: open.folder,
				TABLES_MCP_CONFIG: file,
			});
			await server.initialize();
			return server;
		};
		const server = await start(POLICY);
		await server.call("query_records", { table });
		await server.call("query_records", { table, fields: ["Salary"] });
		await server.call("describe_fields", { table });
		expect(await server.end()).toBe(0);
		expect(server.lines.join("\n").replaceAll('"Salary\\"', "")).not.toMatch(
			/70001/,
		);
		await expect(
			start({
				connections: {
					local: { vendor: "local", policy: { hiden_fields: ["Salary"] } },
				},
			}),
		).rejects.toThrow("the server has ended");
	});

	test("a bundle host's unfilled settings are not settings", async () => {
		const folder = temporaryFolder();
		mkdirSync(join(folder, "home"));
		const server = startServer({
			HOME: join(folder, "home"),
			XDG_DATA_HOME: join(folder, "home"),
			// biome-ignore lint/suspicious/noTemplateCurlyInString: as a host leaves it
			TABLES_MCP_DATA_DIR: "${user_config.tables_mcp_data_dir}",
			// biome-ignore lint/suspicious/noTemplateCurlyInString: as a host leaves it
			TABLES_MCP_READ_ONLY: "${user_config.tables_mcp_read_only}",
			TABLES_MCP_TOOLSETS: "",
		});
		await server.initialize();
		const made = await server.call("create_table", {
			name: "T",
			fields: [{ name: "a", type: "text" }],
		});
		expect(made.isError, made.text).toBe(false);
		expect(await server.end()).toBe(0);
	});
});
