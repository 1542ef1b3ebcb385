import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Config, loadConfig, type Machine } from "./config.js";
import type { Clock } from "./core/contract/clock.js";
import { TablesError } from "./core/contract/errors.js";
import type { ServerOptions, TablesServer } from "./server/index.js";
import { makeLog, openSession, type Runtime, redactor } from "./session.js";
import { loadListing } from "./tools/listing.js";
import { vendors } from "./vendors/index.js";

declare const BUILT_VERSION: string | undefined;
const VERSION = typeof BUILT_VERSION === "undefined" ? "0.0.0" : BUILT_VERSION;

const HELP = `tables-mcp ${VERSION}: an MCP server for tables of several vendors

tables-mcp                          serve over stdio
tables-mcp serve --http <port>      serve Streamable HTTP at /mcp on 127.0.0.1 (--host <address> needs TABLES_MCP_HTTP_TOKEN)
tables-mcp call <tool> '<json>'     call one tool and print its answer
tables-mcp tools                    list the tools
tables-mcp doctor                   check each connection
tables-mcp --help | --version
`;

/** How long a call that is under way may go on after a signal. */
const LAST_MOMENT_MS = 2_000;
/** And after stdin has closed: as long as any call may take. */
const LAST_CALL_MS = 45_000;

const clock: Clock = {
	now: () => Date.now(),
	sleep: (ms, signal) =>
		new Promise((done, fail) => {
			if (signal?.aborted) return fail(signal.reason);
			const timer = setTimeout(() => {
				signal?.removeEventListener("abort", stop);
				done();
			}, ms);
			const stop = () => {
				clearTimeout(timer);
				fail(signal?.reason);
			};
			signal?.addEventListener("abort", stop, { once: true });
		}),
};

function machine(): Machine {
	return {
		environment: process.env,
		defaultDataDir: dataFolder(),
		zone: () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
		join,
		resolve,
		readFile: (path) => readFileSync(path, "utf8"),
	};
}

function dataFolder(): string {
	const { APPDATA, XDG_DATA_HOME } = process.env;
	if (process.platform === "win32")
		return join(APPDATA || join(homedir(), "AppData", "Roaming"), "tables-mcp");
	if (process.platform === "darwin")
		return join(homedir(), "Library", "Application Support", "tables-mcp");
	return join(
		XDG_DATA_HOME || join(homedir(), ".local", "share"),
		"tables-mcp",
	);
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as { code?: string }).code === "EPERM";
	}
}

function open(config: Config) {
	const redact = redactor(config.secrets);
	const log = makeLog(config.logLevel, redact, (line) =>
		process.stderr.write(line),
	);
	const dispatchers = new Map<string, ReturnType<Runtime["dispatcher"]>>();
	const runtime: Runtime = {
		clock,
		random: Math.random,
		uuid: randomUUID,
		owner: { pid: process.pid, isAlive },
		log,
		dispatcher(to = "vendor") {
			const made =
				dispatchers.get(to) ??
				import("./http/dispatcher.js").then(({ makeDispatcher }) =>
					makeDispatcher(to),
				);
			dispatchers.set(to, made);
			return made;
		},
		join,
	};
	return { ...openSession(config, runtime), log, redact };
}

async function serverOptions(
	config: Config,
	opened: ReturnType<typeof open>,
): Promise<ServerOptions> {
	return {
		session: opened.session,
		version: VERSION,
		listing: await loadListing(),
		loadTools: async () => (await import("./tools/index.js")).tools,
		toolsets: new Map(
			config.connections.map(({ name, toolsets }) => [name, toolsets]),
		),
		redact: opened.redact,
	};
}

async function serveStdio(config: Config): Promise<void> {
	const opened = open(config);
	const [{ createServer, stdioWire }, options] = await Promise.all([
		import("./server/index.js"),
		serverOptions(config, opened),
	]);
	const server = createServer(options);
	let ending = false;
	const exit = async () => {
		if (ending) return;
		ending = true;
		await opened.close();
		process.exit(0);
	};
	const end = async (graceMs: number) => {
		server.endInput();
		await Promise.race([server.idle(), clock.sleep(graceMs)]);
		await exit();
	};
	process.stdout.on("error", () => void exit());
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, () => void end(LAST_MOMENT_MS));
	server.onClose(() => void end(LAST_MOMENT_MS));
	// After the last line has been taken up.
	process.stdin.on("end", () => setImmediate(() => void end(LAST_CALL_MS)));
	await server.connect(stdioWire(process.stdin, process.stdout));
}

async function serveHttpOn(
	config: Config,
	args: readonly string[],
): Promise<void> {
	const value = (name: string) =>
		args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
	const given = value("--http") ?? "";
	const port = Number(given);
	if (!/^\d+$/.test(given) || port > 65_535)
		throw usage("serve --http needs a port from 0 to 65535");
	const opened = open(config);
	const [{ createServer, serveHttp }, options] = await Promise.all([
		import("./server/index.js"),
		serverOptions(config, opened),
	]);
	const token = process.env.TABLES_MCP_HTTP_TOKEN || undefined;
	const host = value("--host") ?? "127.0.0.1";
	const running = await serveHttp((): TablesServer => createServer(options), {
		host,
		port,
		token,
		log: opened.log,
	});
	process.stderr.write(
		`tables-mcp serves http://${host}:${running.port}/mcp\n`,
	);
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, async () => {
			await running.close();
			await opened.close();
			process.exit(0);
		});
}

/** One call without a client: through the same server, in memory. */
async function callOnce(
	config: Config,
	[name, json = "{}"]: readonly string[],
): Promise<number> {
	if (name === undefined) throw usage("call needs the name of a tool");
	const opened = open(config);
	const [{ createServer }, options] = await Promise.all([
		import("./server/index.js"),
		serverOptions(config, opened),
	]);
	const server = createServer(options);
	let answer: {
		result?: { content?: { type: string; text?: string }[]; isError?: boolean };
		error?: { message: string };
	} = {};
	await new Promise<void>((done) => {
		const transport = {
			onmessage: undefined as ((message: unknown) => void) | undefined,
			async start() {},
			async close() {},
			async send(message: unknown) {
				const { id } = message as { id?: unknown };
				if (id === 1)
					transport.onmessage?.({
						jsonrpc: "2.0",
						id: 2,
						method: "tools/call",
						params: { name, arguments: json },
					});
				if (id === 2) {
					answer = message as typeof answer;
					done();
				}
			},
		};
		void server.connect(transport as never).then(() =>
			transport.onmessage?.({
				jsonrpc: "2.0",
				id: 1,
				method: "initialize",
				params: {
					protocolVersion: "2025-06-18",
					capabilities: {},
					clientInfo: { name: "tables-mcp call", version: VERSION },
				},
			}),
		);
	});
	for (const block of answer.result?.content ?? [])
		process.stdout.write(
			`${block.type === "text" ? block.text : `[${block.type}]`}\n`,
		);
	if (answer.error !== undefined)
		process.stderr.write(`${answer.error.message}\n`);
	await opened.close();
	return answer.error !== undefined || answer.result?.isError ? 1 : 0;
}

async function listTools(config: Config): Promise<number> {
	const opened = open(config);
	const options = await serverOptions(config, opened);
	const { offeredTools } = await import("./tools/listing.js");
	const offered = [...opened.session.connections.values()].map(
		(connection) => ({
			connection,
			toolsets: options.toolsets.get(connection.name) ?? new Set<never>(),
		}),
	);
	for (const { name, toolset, title } of offeredTools(options.listing, offered))
		process.stdout.write(`${name.padEnd(24)} ${toolset.padEnd(12)} ${title}\n`);
	await opened.close();
	return 0;
}

async function doctor(config: Config): Promise<number> {
	const opened = open(config);
	let failed = 0;
	const say = (level: string, what: string, next?: string) => {
		if (level === "error") failed++;
		process.stdout.write(
			`${level.padEnd(8)}${opened.redact(what)}${next === undefined ? "" : `\n        ${opened.redact(next)}`}\n`,
		);
	};
	say("ok", `tables-mcp ${VERSION} on Node ${process.versions.node}`);
	for (const [what, folder] of [
		["data folder", config.dataDir],
		["files folder", config.filesDir],
	] as const)
		try {
			await mkdir(folder, { recursive: true, mode: 0o700 });
			await access(folder, constants.W_OK);
			say("ok", `${what} ${folder}`);
		} catch (error) {
			say(
				"error",
				`${what} ${folder}: ${(error as Error).message}`,
				"Set TABLES_MCP_DATA_DIR or TABLES_MCP_FILES_DIR to a folder that can be written.",
			);
		}
	for (const connection of opened.session.connections.values()) {
		say(
			"ok",
			`connection ${connection.name}: ${connection.title}${connection.policy.readOnly ? ", read-only" : ""}`,
		);
		try {
			const adapter = await connection.adapter();
			for (const finding of await adapter.check({ priority: "interactive" }))
				say(finding.level, `  ${finding.what}`, finding.next);
		} catch (error) {
			const known = error instanceof TablesError ? error : undefined;
			say("error", `  ${(error as Error).message}`, known?.next);
		}
	}
	await opened.close();
	return failed === 0 ? 0 : 1;
}

function usage(message: string): TablesError {
	return new TablesError("bad_argument", message, {
		next: "Try tables-mcp --help.",
	});
}

async function main(args: readonly string[]): Promise<void> {
	const [command, ...rest] = args;
	if (command === "--help" || command === "-h" || command === "help")
		return void process.stdout.write(HELP);
	if (command === "--version" || command === "-v")
		return void process.stdout.write(`${VERSION}\n`);
	const config = loadConfig(machine(), vendors);
	const finish = (code: number) => {
		process.exitCode = code;
	};
	switch (command) {
		case undefined:
			return serveStdio(config);
		case "serve":
			return rest.includes("--http")
				? serveHttpOn(config, rest)
				: serveStdio(config);
		case "call":
			return finish(await callOnce(config, rest));
		case "tools":
			return finish(await listTools(config));
		case "doctor":
			return finish(await doctor(config));
		default:
			throw usage(`there is no command "${command}"`);
	}
}

/** A reader that leaves early (`| head`, a client that was closed) is no failure; what is under way still ends in order. */
for (const stream of [process.stdout, process.stderr])
	stream.on("error", (error: Error & { readonly code?: string }) => {
		if (error.code !== "EPIPE") throw error;
	});

main(process.argv.slice(2)).catch((error: unknown) => {
	const known = error instanceof TablesError ? error : undefined;
	process.stderr.write(
		`tables-mcp: ${(error as Error).message}${known?.next === undefined ? "" : `\n${known.next}`}\n`,
	);
	process.exitCode = 1;
});
