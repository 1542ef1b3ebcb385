import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { parse } from "csv-parse/sync";

/*
 * A tour for a person to read: a real MCP client, the built server, a year of orders of a small shop. What the
 * server answers is held against what the CSV file says; anything else ends the demo with exit code 1.
 */

const SERVER = fileURLToPath(
	new URL("../../dist/tables-mcp.cjs", import.meta.url),
);
const LINES_SHOWN = 12;
const CHARACTERS_SHOWN = 150;

interface Answer {
	readonly text: string;
	readonly isError: boolean;
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structured: any;
}

type Call = (tool: string, args: object) => Promise<Answer>;

interface Order {
	readonly Order: string;
	readonly Status: string;
	readonly Tags: string;
	readonly Amount: string;
	readonly Paid: string;
	readonly "Ordered on": string;
}

const folderOfDemo = new URL(".", import.meta.url);

/** Lines 154 and 238 of the file are wrong on purpose: a status with a typo, and a 30th of February. */
const WRONG = new Set(["SO-1140", "SO-1211"]);

function must(condition: unknown, what: string): asserts condition {
	if (!condition) throw new Error(`expected: ${what}`);
}

function heading(text: string): void {
	console.log(`\n== ${text}`);
}

function clip(text: string): string {
	const lines = text.trimEnd().split("\n");
	const shown = lines
		.slice(0, LINES_SHOWN)
		.map((line) =>
			line.length > CHARACTERS_SHOWN
				? `${line.slice(0, CHARACTERS_SHOWN)} …`
				: line,
		);
	if (lines.length > LINES_SHOWN)
		shown.push(`… ${lines.length - LINES_SHOWN} more lines`);
	return shown.map((line) => `   ${line}`).join("\n");
}

const cents = (amount: number) => Math.round(amount * 100);
const sum = (orders: readonly Order[]) =>
	orders.reduce((total, { Amount }) => total + Number(Amount), 0);

async function main(): Promise<void> {
	const startedMs = performance.now();
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-demo-"));
	const client = new Client(
		{ name: "demo", version: "1" },
		{ capabilities: { elicitation: {} } },
	);
	client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
		console.log(`   the server asks the person: ${params.message}`);
		console.log("   the person answers: yes");
		return { action: "accept" };
	});
	try {
		const files = join(folder, "files");
		await mkdir(files);
		for (const name of ["customers.csv", "orders.csv"])
			await cp(new URL(name, folderOfDemo), join(files, name));
		await client.connect(
			new StdioClientTransport({
				command: process.execPath,
				args: [SERVER],
				env: {
					PATH: process.env.PATH ?? "",
					TABLES_MCP_DATA_DIR: folder,
					TABLES_MCP_FILES_DIR: files,
					TABLES_MCP_TIME_ZONE: "UTC",
				},
				stderr: "inherit",
			}),
		);
		let calls = 0;
		const call: Call = async (name, args) => {
			calls++;
			console.log(`\n> ${name} ${JSON.stringify(args)}`);
			const { content, structuredContent, isError } = await client.callTool({
				name,
				arguments: args as Record<string, unknown>,
			});
			const [block] = content as { text?: string }[];
			const text = block?.text ?? "";
			console.log(clip(text));
			return {
				text,
				isError: isError === true,
				structured: structuredContent,
			};
		};
		await tour(client, call, files);
		console.log(
			`\ndemo passed: ${calls} calls, ${((performance.now() - startedMs) / 1000).toFixed(1)} s, Node ${process.versions.node}`,
		);
	} finally {
		await client.close();
		await rm(folder, { recursive: true, force: true });
	}
}

async function tour(client: Client, call: Call, files: string): Promise<void> {
	const all = parse<Order>(
		await readFile(new URL("orders.csv", folderOfDemo), "utf8"),
		{ columns: true },
	);
	const good = all.filter(({ Order }) => !WRONG.has(Order));
	const { tools } = await client.listTools();
	console.log(
		`${client.getServerVersion()?.title} ${client.getServerVersion()?.version}, ${tools.length} tools, no account, an empty data folder`,
	);
	must(
		tools.some(({ name }) => name === "query_records"),
		"query_records in the listing",
	);

	heading("Make two tables");
	const customers = await call("create_table", {
		name: "Customers",
		fields: [
			{ name: "Customer", type: "text" },
			{ name: "City", type: "text" },
			{ name: "Email", type: "email" },
			options("Segment", "single_select", ["retail", "wholesale", "public"]),
		],
	});
	must(!customers.isError, "a table");
	const orders = await call("create_table", {
		name: "Orders",
		fields: [
			{ name: "Order", type: "text" },
			{
				name: "Customer",
				type: "link",
				settings: { link_table: "Customers" },
			},
			{ name: "Handled by", type: "user" },
			options("Status", "single_select", [
				"new",
				"packed",
				"shipped",
				"delivered",
				"cancelled",
			]),
			options("Tags", "multi_select", [
				"fragile",
				"gift",
				"express",
				"pickup",
				"backorder",
			]),
			{ name: "Ordered on", type: "date" },
			{ name: "Due on", type: "date" },
			{ name: "Quantity", type: "number" },
			{ name: "Amount", type: "currency", settings: { currency: "EUR" } },
			{ name: "Paid", type: "checkbox" },
			{ name: "Note", type: "long_text" },
		],
	});
	must(!orders.isError, "a table");

	heading("Import: first dry, then for good without the two wrong lines");
	const imported = await call("import_records", {
		table: "Customers",
		file: "customers.csv",
	});
	must(imported.structured.counts.created === 40, "40 customers");
	const dry = await call("import_records", {
		table: "Orders",
		file: "orders.csv",
		dry_run: true,
	});
	must(dry.structured.counts.created === good.length, "298 orders would fit");
	must(
		dry.structured.problems.map(({ line }: { line: number }) => line).join() ===
			"154,238",
		"lines 154 and 238 are wrong",
	);
	const empty = await call("query_records", { table: "Orders", limit: 0 });
	must(empty.structured.total === 0, "a dry run writes nothing");
	const written = await call("import_records", {
		table: "Orders",
		file: "orders.csv",
		on_error: "skip",
	});
	must(written.structured.counts.created === good.length, "298 orders");
	must(written.structured.counts.failed === 2, "2 lines left out");

	heading("What is in the table?");
	const described = await call("describe_fields", { table: "Orders" });
	must(described.structured.fields.length === 11, "11 fields");

	heading("Count and sum, over all rows");
	const byStatus = await call("query_records", {
		table: "Orders",
		group_by: [{ field: "Status" }],
		aggregate: [{ function: "count" }, { function: "sum", field: "Amount" }],
	});
	const delivered = good.filter(({ Status }) => Status === "delivered");
	const [first] = byStatus.structured.rows as [string, number, number][];
	must(
		first?.[0] === "delivered" &&
			first[1] === delivered.length &&
			cents(first[2]) === cents(sum(delivered)),
		`${delivered.length} delivered, ${sum(delivered).toFixed(2)} EUR`,
	);
	const byQuarter = await call("query_records", {
		table: "Orders",
		group_by: [{ field: "Ordered on", per: "quarter" }],
		aggregate: [{ function: "sum", field: "Amount" }],
		sort: [{ field: "Ordered on", direction: "asc" }],
	});
	must(
		cents(
			(byQuarter.structured.rows as [string, number][]).reduce(
				(total, [, amount]) => total + amount,
				0,
			),
		) === cents(sum(good)),
		"quarters that add up to the file's total",
	);

	heading("A nested filter, page by page");
	const wanted = good
		.filter(
			({ Paid, Status, Amount, Tags }) =>
				Paid === "no" &&
				Status !== "cancelled" &&
				(Number(Amount) >= 500 || Tags.split(", ").includes("express")),
		)
		.map(({ Order }) => Order);
	const unpaid = {
		match: "all",
		conditions: [
			{ field: "Paid", op: "is", value: "false" },
			{ field: "Status", op: "is_not", value: "cancelled" },
		],
		groups: [
			{
				match: "any",
				conditions: [
					{ field: "Amount", op: "gte", value: "500" },
					{ field: "Tags", op: "contains", value: "express" },
				],
			},
		],
	};
	const page = {
		table: "Orders",
		fields: ["Order", "Customer", "Status", "Amount"],
		filter: unpaid,
		sort: [{ field: "Amount", direction: "desc" }],
		limit: 6,
	};
	const found: string[] = [];
	let cursor: string | undefined;
	do {
		const answer = await call("query_records", {
			...page,
			...(cursor === undefined ? {} : { cursor }),
		});
		must(
			cursor !== undefined || answer.structured.total === wanted.length,
			`${wanted.length} in all`,
		);
		for (const row of answer.structured.rows as string[][])
			found.push(row[1] ?? "");
		cursor = answer.structured.next_cursor ?? undefined;
	} while (cursor !== undefined);
	must(
		found.toSorted().join() === wanted.toSorted().join(),
		"each matching order exactly once",
	);

	heading("A typo is refused, with what was meant");
	const typo = await call("query_records", {
		table: "Ordres",
		filter: { conditions: [{ field: "Status", op: "is", value: "shipped" }] },
	});
	must(typo.isError && typo.text.includes("Orders"), "the nearest table");
	const wrong = await call("create_records", {
		table: "Orders",
		records: [
			{ fields: { Order: "SO-2000", Status: "delivred", Quantity: "a dozen" } },
			{ fields: { Order: "SO-2001", Stauts: "new" } },
		],
	});
	must(
		wrong.isError &&
			wrong.structured.problems.length === 3 &&
			wrong.structured.counts.created === 0 &&
			/nearest: ""delivered""/.test(wrong.text) &&
			/""Status""/.test(wrong.text),
		"three problems, three hints, nothing written",
	);

	heading("Update by key: no ids needed");
	const updated = await call("update_records", {
		table: "Orders",
		match_on: ["Order"],
		records: [
			{
				fields: {
					Order: "SO-1299",
					Status: "packed",
					Tags: { add: ["express"] },
				},
			},
			{ fields: { Order: "SO-1298", Paid: true } },
			{ fields: { Order: "SO-1297", "Due on": "2026-11-27" } },
		],
	});
	must(
		!updated.isError &&
			updated.structured.counts.updated +
				updated.structured.counts.unchanged ===
				3 &&
			updated.structured.counts.updated >= 2,
		"three orders, none failed",
	);

	heading("A saved view, and reading through it");
	const view = await call("create_view", {
		table: "Orders",
		name: "Unpaid, urgent",
		filter: unpaid,
		sort: [{ field: "Due on" }],
		visible_fields: ["Order", "Customer", "Due on", "Amount"],
	});
	must(!view.isError, "a view");
	const through = await call("query_records", {
		table: "Orders",
		view: "Unpaid, urgent",
		limit: 5,
	});
	must(
		through.structured.columns.join() === "id,Order,Customer,Due on,Amount",
		"the view's columns",
	);

	heading("A view is deleted only after a person was asked");
	const unviewed = await call("delete_view", {
		table: "Orders",
		view: "Unpaid, urgent",
	});
	must(/the client said yes/.test(unviewed.text), "one question");
	must(!unviewed.isError, "the view is gone");

	heading("Rows of one's own can be deleted unasked, and come back");
	const cancelled = good.filter(({ Status }) => Status === "cancelled");
	const gone = await call("delete_records", {
		table: "Orders",
		filter: { conditions: [{ field: "Status", op: "is", value: "cancelled" }] },
	});
	must(
		gone.structured.counts.deleted === cancelled.length,
		`${cancelled.length} deleted`,
	);
	const back = await call("undo_change", {
		change_id: gone.structured.change_id,
	});
	must(!back.isError, "an undo");
	const again = await call("query_records", { table: "Orders", limit: 0 });
	must(again.structured.total === good.length, "all orders are back");

	heading("Export");
	const exported = await call("export_records", {
		table: "Orders",
		file: "paid.csv",
		fields: ["Order", "Customer", "Ordered on", "Amount", "Note"],
		filter: { conditions: [{ field: "Paid", op: "is", value: "true" }] },
		sort: [{ field: "Ordered on" }],
	});
	const text = await readFile(join(files, "paid.csv"), "utf8");
	const rows = parse<Order>(text, { columns: true, bom: true });
	must(rows.length === exported.structured.rows, "the rows that it said");
	must(
		good
			.filter(({ Paid }) => Paid === "yes")
			.every(({ Order }) => rows.some((row) => row.Order === Order)),
		"every paid order in the file",
	);
	console.log("   the file begins:");
	console.log(clip(text.split("\n").slice(0, 4).join("\n")));

	heading("What did this server change?");
	const changes = await call("list_changes", { limit: 5 });
	must(!changes.isError, "a list of changes");
}

function options(name: string, type: string, names: readonly string[]) {
	return {
		name,
		type,
		settings: { options: names.map((option) => ({ name: option })) },
	};
}

await main().catch((error: unknown) => {
	console.error(
		`\ndemo failed: ${error instanceof Error ? error.message : error}`,
	);
	process.exitCode = 1;
});
