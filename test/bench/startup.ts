import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { BUILT } from "../stdio.js";
import { type Measurement, median } from "./measurement.js";

const ROUNDS = 11;
const ALLOWED_TIMES = 1.25;
const ALLOWED_EXTRA_KB = 8 * 1024;

const BARE_SERVER = `
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
const server = new McpServer({ name: "bare", version: "1" });
server.registerTool(
	"echo",
	{ description: "Answers the text", inputSchema: { text: z.string() } },
	({ text }) => ({ content: [{ type: "text", text }] }),
);
await server.connect(new StdioServerTransport());
`;

/**
 * Spawn to `tools/list` and peak memory, of the built server and of a bare SDK server with one tool in one
 * file, compile cache off for both, in shuffled rounds; medians. Memory is 0 where /proc does not exist.
 */
export async function measureStartup(): Promise<readonly Measurement[]> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-startup-"));
	try {
		const bare = join(folder, "bare.mjs");
		await build({
			stdin: {
				contents: BARE_SERVER,
				resolveDir: new URL(".", import.meta.url).pathname,
			},
			bundle: true,
			minify: true,
			platform: "node",
			format: "esm",
			banner: {
				js: "import{createRequire as __require}from'node:module';const require=__require(import.meta.url);",
			},
			outfile: bare,
			logLevel: "error",
		});
		const files = { ours: BUILT, bare } as const;
		const runs = {
			ours: [] as Start[],
			bare: [] as Start[],
		} satisfies Record<keyof typeof files, Start[]>;
		for (let round = 0; round < ROUNDS; round++)
			for (const name of round % 2 === 0
				? (["ours", "bare"] as const)
				: (["bare", "ours"] as const)) {
				const start = await startOnce(files[name], join(folder, "state"));
				// The first round warms the file cache.
				if (round > 0) runs[name].push(start);
			}
		const middle = (name: keyof typeof runs, key: keyof Start) =>
			median(runs[name].map((start) => start[key]));
		return [
			{
				what: "spawn to tools/list",
				unit: "ms",
				measured: middle("ours", "listedMs"),
				reference: middle("bare", "listedMs"),
				against: "bare SDK server",
				budget: middle("bare", "listedMs") * ALLOWED_TIMES,
			},
			{
				what: "peak memory after tools/list",
				unit: "KB",
				measured: middle("ours", "peakKb"),
				reference: middle("bare", "peakKb"),
				against: "bare SDK server",
				budget: middle("bare", "peakKb") + ALLOWED_EXTRA_KB,
			},
		];
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

interface Start {
	readonly listedMs: number;
	readonly peakKb: number;
}

function startOnce(file: string, dataDir: string): Promise<Start> {
	const startedMs = performance.now();
	const child = spawn(process.execPath, [file], {
		env: {
			PATH: process.env.PATH,
			NODE_DISABLE_COMPILE_CACHE: "1",
			TABLES_MCP_DATA_DIR: dataDir,
		},
		stdio: ["pipe", "pipe", "inherit"],
	});
	const send = (message: object) =>
		child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
	send({
		id: 1,
		method: "initialize",
		params: {
			protocolVersion: "2025-06-18",
			capabilities: {},
			clientInfo: { name: "bench", version: "1" },
		},
	});
	return new Promise((resolve, reject) => {
		let start: Start | undefined;
		child.on("error", reject);
		child.on("exit", () =>
			start === undefined
				? reject(new Error(`${file} ended without a listing`))
				: resolve(start),
		);
		createInterface({ input: child.stdout }).on("line", async (line) => {
			const { id } = JSON.parse(line) as { id: number };
			if (id === 1) {
				send({ method: "notifications/initialized" });
				send({ id: 2, method: "tools/list" });
			}
			if (id !== 2) return;
			const listedMs = performance.now() - startedMs;
			const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(
				() => "",
			);
			start = {
				listedMs,
				peakKb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0),
			};
			child.stdin.end();
			child.kill();
		});
	});
}
