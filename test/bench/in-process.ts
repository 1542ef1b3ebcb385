import { join, resolve } from "node:path";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { Dispatcher } from "undici";
import { loadConfig } from "../../src/config.js";
import type { Clock } from "../../src/core/contract/clock.js";
import { openSecrets } from "../../src/core/values/secrets.js";
import { createServer } from "../../src/server/index.js";
import { openSession } from "../../src/session.js";
import { tools } from "../../src/tools/index.js";
import { makeListing } from "../../src/tools/listing.js";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { SQL_WORKER } from "../sql-worker.js";

export interface CallResult {
	readonly content: readonly { readonly type: string; readonly text: string }[];
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structuredContent: any;
	readonly isError?: boolean;
}

/** A server without a process: one message in, one answer out, nothing of a client between. */
export interface InProcess {
	call(name: string, args: object): Promise<CallResult>;
	close(): Promise<void>;
}

/**
 * The whole server over one vendor, of which `connection` is its entry in a configuration file, or over several, which
 * `environment` names.
 */
export async function openInProcess(options: {
	readonly vendor?: Vendor;
	readonly vendors?: readonly Vendor[];
	readonly environment?: Readonly<Record<string, string>>;
	readonly folder: string;
	readonly connection?: Readonly<Record<string, unknown>>;
	readonly clock?: Clock;
	readonly dispatcher?: () => Promise<Dispatcher>;
}): Promise<InProcess> {
	const { folder, clock = realClock } = options;
	const config = loadConfig(
		{
			environment: {
				TABLES_MCP_DATA_DIR: folder,
				TABLES_MCP_TIME_ZONE: "Asia/Shanghai",
				TABLES_MCP_TOOLSETS: "all",
				...(options.connection === undefined
					? {}
					: { TABLES_MCP_CONFIG: "bench.json" }),
				...options.environment,
			},
			defaultDataDir: folder,
			home: folder,
			zone: () => "UTC",
			join,
			resolve,
			readFile: () =>
				JSON.stringify({ connections: { bench: options.connection } }),
		},
		options.vendors ?? [options.vendor ?? (localVendor as Vendor)],
	);
	let next = 0;
	const { session, close } = openSession(config, {
		clock,
		random: Math.random,
		uuid: () => `00000000-0000-4000-8000-${String(++next).padStart(12, "0")}`,
		owner: { pid: process.pid, isAlive: (pid) => pid === process.pid },
		log: () => {},
		secrets: openSecrets([]),
		dispatcher:
			options.dispatcher ??
			(async () => {
				throw new Error("this vendor has no network here");
			}),
		join,
		sqlWorker: SQL_WORKER,
	});
	const server = createServer({
		session,
		version: "0",
		listing: makeListing(tools),
		loadTools: async () => tools,
		toolsets: new Map(
			config.connections.map(({ name, toolsets }) => [name, toolsets]),
		),
		redact: (text) => text,
	});
	const wire = await connect((transport) => server.connect(transport as never));
	return { call: wire, close };
}

/** The same for a server made with the SDK alone. */
export async function connectBare(server: McpServer): Promise<InProcess> {
	const call = await connect((transport) => server.connect(transport as never));
	return { call, close: () => server.close() };
}

async function connect(
	attach: (transport: object) => Promise<void>,
): Promise<InProcess["call"]> {
	const waiting = new Map<unknown, (result: unknown) => void>();
	let id = 0;
	const transport = {
		onmessage: undefined as ((message: unknown) => void) | undefined,
		async start() {},
		async close() {},
		async send(message: unknown) {
			// As on a wire: an answer counts once it is text.
			const text = JSON.stringify(message);
			const answer = JSON.parse(text) as { id?: number; result?: unknown };
			waiting.get(answer.id)?.(answer.result);
			waiting.delete(answer.id);
		},
	};
	const request = (method: string, params: object) =>
		new Promise((resolve) => {
			waiting.set(++id, resolve);
			transport.onmessage?.({ jsonrpc: "2.0", id, method, params });
		});
	await attach(transport);
	await request("initialize", {
		protocolVersion: "2025-06-18",
		capabilities: {},
		clientInfo: { name: "bench", version: "1" },
	});
	return async (name, args) =>
		(await request("tools/call", { name, arguments: args })) as CallResult;
}

const realClock: Clock = {
	now: () => Date.now(),
	sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
