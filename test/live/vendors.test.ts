import { describe, expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { NETWORKED, vendorOf } from "../harness/vendors.js";
import { type RawServer, startServer } from "../stdio.js";

/*
 * A short session against the vendors themselves: makes a table in a base that a person has named for it, writes,
 * reads, and takes everything away again. Runs for those whose `…_LIVE_BASE` (id or URL) is set, beside their own
 * variables; it is read here alone.
 */

const CONNECTIONS = NETWORKED.flatMap(({ id, environments }) =>
	Object.keys(environments).map((name) => [name, vendorOf(id)] as const),
);

/** The variables of the program's environment that have these names. */
function given(names: readonly string[]): Readonly<Record<string, string>> {
	return Object.fromEntries(
		names.flatMap((name) => {
			const value = process.env[name];
			return value ? [[name, value]] : [];
		}),
	);
}

describe.each(CONNECTIONS)("%s", (name, vendor) => {
	const prefix = `${name.toUpperCase()}_`;

	test("makes a table, writes, reads, and leaves nothing behind", {
		timeout: 300_000,
	}, async (context) => {
		const base = process.env[`${prefix}LIVE_BASE`];
		if (!base) {
			const reason = `not run against ${name}: ${prefix}LIVE_BASE not set`;
			console.info(reason);
			context.skip(reason);
			return;
		}
		const names = vendor.variables
			.map((variable) => variable.name)
			.filter((variable) => variable.startsWith(prefix));
		const environment = given(names);
		expect(
			Object.keys(vendor.fromEnvironment(environment)),
			`${prefix}LIVE_BASE is set, and none of ${names.join(", ")}`,
		).toContain(name);
		const server = startServer({
			TABLES_MCP_DATA_DIR: temporaryFolder(),
			...environment,
			...given(["HTTPS_PROXY", "NO_PROXY"]),
		});
		onTestFinished(async () => void (await server.end()));
		await server.initialize();
		await session(server, name, base);
	});
});

test("the session is one that the local store passes", async () => {
	const server = startServer({ TABLES_MCP_DATA_DIR: temporaryFolder() });
	onTestFinished(async () => void (await server.end()));
	await server.initialize();
	await session(server, "local", "main");
	const { text } = await server.call("list_tables", {});
	expect(text).not.toContain("tables-mcp live");
});

async function session(
	server: RawServer,
	connection: string,
	base: string,
): Promise<void> {
	const ok = async (tool: string, args: object) => {
		const answer = await server.call(tool, args);
		expect(answer.isError, `${tool}: ${answer.text}`).toBe(false);
		return answer.structured;
	};
	const name = `tables-mcp live ${new Date().toISOString()}`;
	const { table } = await ok("create_table", {
		connection,
		base,
		name,
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
			{
				name: "Stage",
				type: "single_select",
				settings: { options: [{ name: "Open" }, { name: "Done" }] },
			},
			{ name: "Due", type: "date" },
			{ name: "Paid", type: "checkbox" },
			{ name: "Page", type: "url" },
		],
	});
	try {
		expect((await ok("query_records", { table, limit: 0 })).total).toBe(0);
		const records = Array.from({ length: 25 }, (_, index) => ({
			fields: {
				Name: `row ${index}`,
				Count: index,
				Stage: index % 2 === 0 ? "Open" : "Done",
				Due: `2026-11-${String(1 + index).padStart(2, "0")}`,
				Paid: index % 3 === 0,
				Page:
					index % 4 === 0
						? { text: `Page ${index}`, link: `https://example.com/${index}` }
						: `https://example.com/${index}`,
			},
		}));
		const made = await ok("create_records", { table, records });
		expect(made.counts).toMatchObject({ created: 25, failed: 0, unknown: 0 });
		expect(new Set(made.ids).size).toBe(25);
		const found = await ok("query_records", {
			table,
			fields: ["Name", "Count", "Stage", "Due", "Paid", "Page"],
			filter: {
				match: "all",
				conditions: [
					{ field: "Stage", op: "is", value: "Open" },
					{ field: "Due", op: "gte", value: "2026-11-11" },
				],
			},
			sort: [{ field: "Count" }],
		});
		expect(found.rows.map((row: unknown[]) => row.slice(1))).toEqual(
			records
				.map(({ fields }) => fields)
				.filter(({ Stage, Due }) => Stage === "Open" && Due >= "2026-11-11")
				.map(({ Name, Count, Stage, Due, Paid, Page }) => [
					Name,
					Count,
					Stage,
					Due,
					Paid,
					Page,
				]),
		);
		const changed = await ok("update_records", {
			table,
			match_on: ["Name"],
			upsert: true,
			records: [
				{ fields: { Name: "row 0", Count: 0 } },
				{ fields: { Name: "row 1", Count: 100 } },
				{ fields: { Name: "row 25", Count: 25 } },
			],
		});
		expect(changed.counts).toMatchObject({
			unchanged: 1,
			updated: 1,
			created: 1,
		});
		const sums = await ok("query_records", {
			table,
			aggregate: [{ function: "count" }, { function: "sum", field: "Count" }],
		});
		expect(sums.rows).toEqual([[26, 300 - 1 + 100 + 25]]);
		const removed = await ok("delete_records", {
			table,
			record_ids: [...made.ids, changed.ids[2]],
			confirm: "26",
		});
		expect(removed.counts).toMatchObject({ deleted: 26 });
	} finally {
		const gone = await server.call("delete_table", { table, confirm: name });
		if (gone.isError)
			console.info(
				`the table "${name}" stays, delete it by hand: ${gone.text}`,
			);
	}
}
