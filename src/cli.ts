import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { access, constants, mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type Command, readCommand, UsageError } from "./cli-arguments.js";
import { type Config, loadConfig, type Machine } from "./config.js";
import type { Clock } from "./core/contract/clock.js";
import { TablesError } from "./core/contract/errors.js";
import type { Connection } from "./core/contract/session.js";
import { isRedactable, wordsOf } from "./core/values/redact.js";
import { openSecrets } from "./core/values/secrets.js";
import type { ServerOptions, TablesServer } from "./server/index.js";
import { makeLog, openSession, type Runtime } from "./session.js";
import { loadListing } from "./tools/listing.js";
import { vendors } from "./vendors/index.js";
import type { StoreBackup } from "./vendors/vendor.js";

declare const BUILT_VERSION: string | undefined;
const VERSION = typeof BUILT_VERSION === "undefined" ? "0.0.0" : BUILT_VERSION;

const HELP = `tables-mcp ${VERSION}: an MCP server for tables of several vendors

tables-mcp                          serve over stdio
tables-mcp serve --http <port>      serve Streamable HTTP at /mcp on 127.0.0.1 (--host <address> needs TABLES_MCP_HTTP_TOKEN)
tables-mcp call <tool> '<json>'     call one tool and print its answer
tables-mcp tools                    list the tools
tables-mcp doctor                   check each connection
tables-mcp backup <file>            copy the local store, whole, also while it is written (backup <file> <connection> where there are several)
tables-mcp --help | --version
`;

/** How long a call that is under way may go on after a signal. */
const LAST_MOMENT_MS = 2_000;
/** And after stdin has closed: as long as any call takes that moves no file and asks nobody. */
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
		home: homedir(),
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

async function open(config: Config) {
	const listing = await loadListing();
	const own = wordsOf(() => JSON.stringify(listing));
	const secrets = openSecrets(config.secrets, own);
	const { redact } = secrets;
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
		secrets,
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
		// Beside this program, wherever it was unpacked.
		sqlWorker: new URL("./sql-worker.mjs", import.meta.url),
	};
	const plain = config.secrets.filter((secret) => !isRedactable(secret, own));
	if (plain.length > 0)
		log(
			"warning",
			`${plain.length} of the configured secrets cannot be taken out of answers, because answers would not be readable without it: fewer than 4 characters, fewer than 8 digits, or a word that this server uses itself. Choose longer ones.`,
		);
	return { ...openSession(config, runtime), listing, log, redact };
}

function serverOptions(
	config: Config,
	opened: Awaited<ReturnType<typeof open>>,
): ServerOptions {
	return {
		session: opened.session,
		version: VERSION,
		listing: opened.listing,
		loadTools: async () => (await import("./tools/index.js")).tools,
		toolsets: new Map(
			config.connections.map(({ name, toolsets }) => [name, toolsets]),
		),
		redact: opened.redact,
	};
}

async function serveStdio(config: Config): Promise<void> {
	const [{ createServer, stdioWire }, opened] = await Promise.all([
		import("./server/index.js"),
		open(config),
	]);
	const server = createServer(serverOptions(config, opened));
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
	await server.connect(
		stdioWire(process.stdin, process.stdout, () =>
			setImmediate(() => void end(LAST_CALL_MS)),
		),
	);
}

async function serveHttpOn(
	config: Config,
	{ host, port }: Extract<Command, { readonly name: "http" }>,
): Promise<void> {
	const [{ createServer, serveHttp }, opened] = await Promise.all([
		import("./server/index.js"),
		open(config),
	]);
	const options = serverOptions(config, opened);
	const http = await serveHttp(() => createServer(options), {
		host,
		port,
		token: config.httpToken,
		log: opened.log,
		clock: opened.session.clock,
		redact: opened.redact,
	});
	process.stderr.write(`tables-mcp serves http://${host}:${http.port}/mcp\n`);
	for (const signal of ["SIGINT", "SIGTERM"] as const)
		process.on(signal, async () => {
			await http.close();
			await opened.close();
			process.exit(0);
		});
}

/** One call without a client: through the same server, in memory. */
async function callOnce(
	config: Config,
	{ tool, json }: Extract<Command, { readonly name: "call" }>,
): Promise<number> {
	const [{ createServer }, opened] = await Promise.all([
		import("./server/index.js"),
		open(config),
	]);
	const server = createServer(serverOptions(config, opened));
	const answer = await answerOf(server, tool, json);
	for (const block of answer.result?.content ?? [])
		process.stdout.write(
			`${block.type === "text" ? block.text : `[${block.type}]`}\n`,
		);
	if (answer.error !== undefined)
		process.stderr.write(`${answer.error.message}\n`);
	await opened.close();
	return answer.error !== undefined || answer.result?.isError ? 1 : 0;
}

interface OneAnswer {
	readonly result?: {
		readonly content?: readonly { readonly type: string; text?: string }[];
		readonly isError?: boolean;
	};
	readonly error?: { readonly message: string };
}

/** What the server answers to a client that initializes, makes one call and waits. */
function answerOf(
	server: TablesServer,
	name: string,
	json: string,
): Promise<OneAnswer> {
	return new Promise((done) => {
		const request = (id: number, method: string, params: object) =>
			wire.onmessage?.({ jsonrpc: "2.0", id, method, params } as never);
		const wire: Parameters<TablesServer["connect"]>[0] = {
			async start() {},
			async close() {},
			async send(message) {
				const { id } = message as { id?: unknown };
				if (id === 1) request(2, "tools/call", { name, arguments: json });
				if (id === 2) done(message as OneAnswer);
			},
		};
		void server.connect(wire).then(() =>
			request(1, "initialize", {
				protocolVersion: "2025-06-18",
				capabilities: {},
				clientInfo: { name: "tables-mcp call", version: VERSION },
			}),
		);
	});
}

async function listTools(config: Config): Promise<number> {
	const opened = await open(config);
	const options = serverOptions(config, opened);
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

/** Prints one line of the doctor's report, and what to do about it. */
type Report = (level: string, what: string, next?: string) => void;

async function doctor(config: Config): Promise<number> {
	const opened = await open(config);
	let failed = 0;
	const report: Report = (level, what, next) => {
		if (level === "error") failed++;
		process.stdout.write(
			`${level.padEnd(8)}${opened.redact(what)}${next === undefined ? "" : `\n        ${opened.redact(next)}`}\n`,
		);
	};
	report("ok", `tables-mcp ${VERSION} on Node ${process.versions.node}`);
	await checkFolder("data folder", config.dataDir, report);
	await checkFolder("files folder", config.filesDir, report);
	if (config.consent === "never")
		report(
			"warning",
			"TABLES_MCP_CONSENT is never: nothing that is deleted or overwritten is asked about",
			"Set it to ask, or leave it out, to be asked again.",
		);
	for (const connection of opened.session.connections.values())
		await checkConnection(connection, report);
	await opened.close();
	return failed === 0 ? 0 : 1;
}

async function checkFolder(
	what: string,
	folder: string,
	report: Report,
): Promise<void> {
	try {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		await access(folder, constants.W_OK);
		report("ok", `${what} ${folder}`);
	} catch (error) {
		report(
			"error",
			`${what} ${folder}: ${(error as Error).message}`,
			"Set TABLES_MCP_DATA_DIR or TABLES_MCP_FILES_DIR to a folder that can be written.",
		);
	}
}

async function checkConnection(
	connection: Connection,
	report: Report,
): Promise<void> {
	report(
		"ok",
		`connection ${connection.name}: ${connection.title}${connection.policy.readOnly ? ", read-only" : ""}`,
	);
	try {
		const adapter = await connection.adapter();
		for (const finding of await adapter.check({ priority: "interactive" }))
			report(finding.level, `  ${finding.what}`, finding.next);
	} catch (error) {
		const known = error instanceof TablesError ? error : undefined;
		report("error", `  ${(error as Error).message}`, known?.next);
	}
}

/** A whole copy of the store on this machine, and what is in it. */
async function backup(
	config: Config,
	{ file, connection: name }: Extract<Command, { readonly name: "backup" }>,
): Promise<void> {
	const stores = config.connections.flatMap(({ name, vendor, config }) =>
		vendor.backup === undefined
			? []
			: [{ name, make: vendor.backup.bind(vendor, config) }],
	);
	const chosen = stores.filter((store) => (name ?? store.name) === store.name);
	const [store] = chosen;
	if (store === undefined || chosen.length > 1)
		throw new TablesError(
			"bad_argument",
			stores.length === 0
				? "this configuration has no store on this machine"
				: chosen.length > 1
					? "there are several stores on this machine"
					: `"${name}" is not a store on this machine`,
			{
				next:
					stores.length === 0
						? "TABLES_MCP_LOCAL=1 keeps it beside configured vendors."
						: `Name one: tables-mcp backup <file> ${stores.map(({ name }) => name).join(" | ")}`,
			},
		);
	const { dataDir } = config;
	const made = await store.make({ clock, dataDir }, resolve(file));
	process.stdout.write(backupText(made));
}

function backupText({
	from,
	file,
	bytes,
	bases,
	tables,
	records,
	attachments,
}: StoreBackup): string {
	const { folder, count, missing } = attachments;
	return [
		`${file} (${bytes} bytes): a copy of ${from}`,
		`in it: bases ${bases}, tables ${tables}, records ${records}`,
		...(folder === undefined
			? []
			: [`attachments ${count} (${attachments.bytes} bytes): ${folder}`]),
		...(missing > 0
			? [
					`attachments ${missing}: their files are gone from ${attachments.from}`,
				]
			: []),
		"not in it: the journal (what undo_change and resume need, 24 hours), what policies have hidden, the files folder",
		`to restore: end every tables-mcp, put the file in place of ${from}, remove ${from}-wal and ${from}-shm${
			folder === undefined
				? ""
				: `, put the folder in place of ${attachments.from}`
		}`,
		"",
	].join("\n");
}

async function main(args: readonly string[]): Promise<void> {
	const command = readCommand(args);
	if (command.name === "help") return void process.stdout.write(HELP);
	if (command.name === "version")
		return void process.stdout.write(`${VERSION}\n`);
	const config = loadConfig(machine(), vendors);
	const finish = (code: number) => {
		process.exitCode = code;
	};
	switch (command.name) {
		case "stdio":
			return serveStdio(config);
		case "http":
			return serveHttpOn(config, command);
		case "call":
			return finish(await callOnce(config, command));
		case "tools":
			return finish(await listTools(config));
		case "doctor":
			return finish(await doctor(config));
		case "backup":
			return backup(config, command);
	}
}

/** A reader that leaves early (`| head`, a client that was closed) is not a failure; what is under way still ends in order. */
for (const stream of [process.stdout, process.stderr])
	stream.on("error", (error: Error & { readonly code?: string }) => {
		if (error.code !== "EPIPE") throw error;
	});

main(process.argv.slice(2)).catch((error: unknown) => {
	const known = error instanceof TablesError ? error : undefined;
	process.stderr.write(
		`tables-mcp: ${(error as Error).message}${known?.next === undefined ? "" : `\n${known.next}`}\n`,
	);
	process.exitCode = error instanceof UsageError ? 2 : 1;
});
