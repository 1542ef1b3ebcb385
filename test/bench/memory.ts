import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RawServer, startServer } from "../stdio.js";
import { openInProcess } from "./in-process.js";
import type { Measurement } from "./measurement.js";
import { MIXED_FIELDS, mixedRows } from "./rows.js";

const ROWS = 50_000;
const BATCH = 5_000;
const ALLOWED_EXTRA_KB = 60 * 1024;
const FORMATS = ["csv", "ndjson", "xlsx"] as const;

/**
 * The most memory that a server has held after an export, a full read and an import of 50,000 records, beside the
 * same server right after `tools/list`. Empty where /proc does not exist.
 */
export async function measureMemory(): Promise<readonly Measurement[]> {
	if (process.platform !== "linux") return [];
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	try {
		await fill(folder);
		const figures: Measurement[] = [];
		for (const format of FORMATS)
			figures.push(
				await measure(folder, `export of ${COUNT} rows, ${format}`, (server) =>
					exportAll(server, format),
				),
			);
		figures.push(await measure(folder, `full read of ${COUNT} rows`, readAll));
		for (const format of FORMATS)
			figures.push(
				await measure(folder, `import of ${COUNT} rows, ${format}`, (server) =>
					importAll(server, format),
				),
			);
		return figures;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

const COUNT = ROWS.toLocaleString("en");

async function fill(folder: string): Promise<void> {
	const server = await openInProcess({ folder });
	try {
		const names = ["Tasks", ...FORMATS.map((format) => `From ${format}`)];
		for (const name of names)
			await server.call("create_table", { name, fields: MIXED_FIELDS });
		for (let from = 0; from < ROWS; from += BATCH) {
			const { structuredContent } = await server.call("create_records", {
				table: "Tasks",
				records: mixedRows(BATCH, from).map((fields) => ({ fields })),
			});
			if (structuredContent.counts?.created !== BATCH)
				throw new Error(JSON.stringify(structuredContent).slice(0, 500));
		}
	} finally {
		await server.close();
	}
}

async function exportAll(server: RawServer, format: string): Promise<void> {
	const { structured, text } = await server.call("export_records", {
		table: "Tasks",
		file: `tasks.${format}`,
	});
	if (structured.rows !== ROWS) throw new Error(text);
}

async function readAll(server: RawServer): Promise<void> {
	const { structured, text } = await server.call("query_records", {
		table: "Tasks",
		group_by: [{ field: "Status" }],
		aggregate: [{ function: "count" }, { function: "sum", field: "Amount" }],
	});
	const [most] = structured.rows as [unknown, number][];
	if (most?.[1] !== Math.ceil(ROWS / 3)) throw new Error(text);
}

async function importAll(server: RawServer, format: string): Promise<void> {
	const table = `From ${format}`;
	let { structured, text } = await server.call("import_records", {
		table,
		file: `tasks.${format}`,
	});
	while ((structured.counts as { not_attempted: number }).not_attempted > 0)
		({ structured, text } = await server.call("import_records", {
			table,
			resume: structured.change_id,
		}));
	if ((structured.counts as { created: number }).created !== ROWS)
		throw new Error(text);
}

async function measure(
	folder: string,
	what: string,
	work: (server: RawServer) => Promise<void>,
): Promise<Measurement> {
	const server = startServer({ TABLES_MCP_DATA_DIR: folder });
	await server.initialize();
	await server.request("tools/list");
	const idle = await peakKb(server);
	await work(server);
	const measured = await peakKb(server);
	await server.end();
	return {
		what: `peak memory, ${what}`,
		unit: "KB",
		measured,
		reference: idle,
		against: "the same server after tools/list",
		budget: idle + ALLOWED_EXTRA_KB,
	};
}

async function peakKb({ process: { pid } }: RawServer): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
}
