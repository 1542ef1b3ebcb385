import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { connectBare, type InProcess, openInProcess } from "./in-process.js";
import { type Measurement, steadyMs } from "./measurement.js";
import { MIXED_FIELDS, mixedRows } from "./rows.js";

const PAGE_ROWS = 100;
const CHECKED_ROWS = 1_000;
const PAGE_ROUNDS = 300;
const CHECK_ROUNDS = 100;
const PAGE_BUDGET_MS = 2;
/** With SQLite's own time. */
const LOCAL_PAGE_BUDGET_MS = 4;
const CELLS_BUDGET_MS = 1;
const TEXT_BUDGET_BYTES = 13_500;
const STRUCTURED_BUDGET_BYTES = 15_500;

/** Answers every page from memory, at once: what is left is our own work. */
const instantVendor: Vendor = {
	...(localVendor as Vendor),
	async connect(config, services) {
		const adapter = await (localVendor as Vendor).connect(config, services);
		const pages = new Map<string, ReturnType<typeof adapter.readPage>>();
		return {
			...adapter,
			readPage(table, query, cursor, context) {
				const key = JSON.stringify([
					table.ref,
					query.fields.map(({ id }) => id),
					query.filter,
					query.pageSize,
					cursor,
				]);
				const page =
					pages.get(key) ?? adapter.readPage(table, query, cursor, context);
				pages.set(key, page);
				return page;
			},
		};
	},
};

/**
 * Milliseconds of one call inside the process, from message to message: with an adapter that answers at once and
 * with the local store, beside an SDK server that sends the same answer ready made.
 */
export async function measureOwnTime(): Promise<readonly Measurement[]> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	const servers: InProcess[] = [];
	try {
		const instant = await openInProcess({
			vendor: instantVendor,
			folder: join(folder, "instant"),
		});
		const local = await openInProcess({ folder: join(folder, "local") });
		servers.push(instant, local);
		for (const server of servers) await fill(server, PAGE_ROWS);
		const page = { table: "Tasks", limit: PAGE_ROWS };
		const answer = await instant.call("query_records", page);
		must(answer.structuredContent.returned === PAGE_ROWS, answer);
		const bare = await bareServer(answer);
		servers.push(bare);

		const records = mixedRows(CHECKED_ROWS).map((fields) => ({ fields }));
		const cells = CHECKED_ROWS * MIXED_FIELDS.length;
		const check = { table: "Tasks", records, dry_run: true };
		const checked = await instant.call("create_records", check);
		must(checked.structuredContent.counts.created === CHECKED_ROWS, checked);
		const perThousand = (ms: number) => (ms / cells) * 1_000;

		const bareMs = await steadyMs(PAGE_ROUNDS, () => bare.call("page", {}));
		const bareCheckMs = await steadyMs(CHECK_ROUNDS, () =>
			bare.call("check", { records }),
		);
		const timeOf = (server: InProcess) =>
			steadyMs(PAGE_ROUNDS, () => server.call("query_records", page));
		const checkTimeOf = (server: InProcess) =>
			steadyMs(CHECK_ROUNDS, () => server.call("create_records", check));
		const ownPage = (
			name: string,
			measured: number,
			budget: number,
		): Measurement => ({
			what: `own time, page of ${PAGE_ROWS} rows, ${name}`,
			unit: "ms",
			measured,
			reference: bareMs,
			against: "SDK server with the answer ready made",
			budget,
		});
		const ownCheck = (name: string, measured: number): Measurement => ({
			what: `own time, 1,000 cells checked, ${name}`,
			unit: "ms",
			measured: perThousand(measured),
			reference: perThousand(bareCheckMs),
			against: "SDK server with a zod schema",
			budget: CELLS_BUDGET_MS,
		});
		return [
			ownPage("instant adapter", await timeOf(instant), PAGE_BUDGET_MS),
			ownPage("local store", await timeOf(local), LOCAL_PAGE_BUDGET_MS),
			ownCheck("instant adapter", await checkTimeOf(instant)),
			ownCheck("local store", await checkTimeOf(local)),
			...(await sizes(local)),
		];
	} finally {
		for (const server of servers) await server.close();
		await rm(folder, { recursive: true, force: true });
	}
}

/** Bytes of an answer of 100 rows, beside the same rows with everything that is known of each cell. */
async function sizes(server: InProcess): Promise<readonly Measurement[]> {
	const ask = async (detail: string) => {
		const { content, structuredContent } = await server.call("query_records", {
			table: "Tasks",
			limit: PAGE_ROWS,
			detail,
		});
		return {
			text: Buffer.byteLength(content[0]?.text ?? ""),
			structured: Buffer.byteLength(JSON.stringify(structuredContent)),
		};
	};
	const compact = await ask("compact");
	const full = await ask("full");
	return [
		{
			what: "100 records of 8 fields, text",
			unit: "bytes",
			measured: compact.text,
			reference: full.text,
			against: "detail: full",
			budget: TEXT_BUDGET_BYTES,
		},
		{
			what: "100 records of 8 fields, structured",
			unit: "bytes",
			measured: compact.structured,
			reference: full.structured,
			against: "detail: full",
			budget: STRUCTURED_BUDGET_BYTES,
		},
	];
}

async function fill(server: InProcess, count: number): Promise<void> {
	const made = await server.call("create_table", {
		name: "Tasks",
		fields: MIXED_FIELDS,
	});
	must(!made.isError, made);
	const wrote = await server.call("create_records", {
		table: "Tasks",
		records: mixedRows(count).map((fields) => ({ fields })),
	});
	must(wrote.structuredContent.counts.created === count, wrote);
}

function bareServer(answer: object): Promise<InProcess> {
	const server = new McpServer({ name: "bare", version: "1" });
	server.registerTool("page", { description: "A page" }, () => answer as never);
	server.registerTool(
		"check",
		{
			description: "Checks records",
			inputSchema: {
				records: z.array(
					z.object({
						fields: z.object({
							Title: z.string(),
							Amount: z.number(),
							Done: z.boolean(),
							Status: z.enum(["open", "doing", "done"]),
							Tags: z.array(z.enum(["red", "green", "blue"])),
							Due: z.iso.date(),
							Owner: z.array(z.string()),
							Note: z.string(),
						}),
					}),
				),
			},
		},
		({ records }) => ({
			content: [{ type: "text", text: `${records.length} records` }],
		}),
	);
	return connectBare(server);
}

function must(condition: boolean, answer: unknown): void {
	if (!condition)
		throw new Error(
			`an unexpected answer: ${JSON.stringify(answer).slice(0, 500)}`,
		);
}
