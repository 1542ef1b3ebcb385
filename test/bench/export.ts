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
 * The most memory that a server has held after an export of 50,000 records, beside the same server before it, idle
 * after its first call. Empty where /proc does not exist.
 */
export async function measureExport(): Promise<readonly Measurement[]> {
	if (process.platform !== "linux") return [];
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	try {
		await fill(folder);
		const figures: Measurement[] = [];
		for (const format of FORMATS)
			figures.push(await exportOnce(folder, format));
		return figures;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function fill(folder: string): Promise<void> {
	const server = await openInProcess({ folder });
	try {
		await server.call("create_table", { name: "Tasks", fields: MIXED_FIELDS });
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

async function exportOnce(
	folder: string,
	format: (typeof FORMATS)[number],
): Promise<Measurement> {
	const server = startServer({ TABLES_MCP_DATA_DIR: folder });
	await server.initialize();
	await server.request("tools/list");
	await server.call("list_tables", {});
	const idle = await peakKb(server);
	const { structured, text } = await server.call("export_records", {
		table: "Tasks",
		file: `tasks.${format}`,
	});
	if (structured.rows !== ROWS) throw new Error(text);
	const measured = await peakKb(server);
	await server.end();
	return {
		what: `peak memory, export of ${ROWS.toLocaleString("en")} rows, ${format}`,
		unit: "KB",
		measured,
		reference: idle,
		against: "the same server, idle after a call",
		budget: idle + ALLOWED_EXTRA_KB,
	};
}

async function peakKb({ process: { pid } }: RawServer): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]);
}
