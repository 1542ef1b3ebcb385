import { randomUUID } from "node:crypto";
import {
	appendFileSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Dispatcher } from "undici";
import { expect } from "vitest";
import { loadConfig } from "../../src/config.js";
import type { Clock } from "../../src/core/contract/clock.js";
import { messageLine } from "../../src/core/values/json-line.js";
import { redactor } from "../../src/core/values/redact.js";
import { openSecrets } from "../../src/core/values/secrets.js";
import type { CallResult } from "../../src/server/call-result.js";
import { createServer, type TablesServer } from "../../src/server/era-2025.js";
import type { Wire } from "../../src/server/json-rpc.js";
import { openSession } from "../../src/session.js";
import { tools } from "../../src/tools/index.js";
import { makeListing } from "../../src/tools/listing.js";
import { vendors } from "../../src/vendors/index.js";
import { SQL_WORKER } from "../sql-worker.js";
import { type Cost, measured } from "./meter.js";
import { type Content, piecesOf } from "./zip.js";

/** What any call may cost: nothing else runs for so long, and so much is held beyond what the caller holds. */
const MOST_BLOCKED_MS = 200;
const MOST_MEGABYTES = 200;

/** The longest answer to a call that is refused: a given text is shown by its beginning. */
const REFUSAL_CHARACTERS = 20_000;

export interface Answer {
	readonly text: string;
	readonly isError: boolean;
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structured: any;
}

/** A whole server: from a message that is read to its answer as a line. */
export interface Place {
	readonly folder: string;
	readonly files: string;
	call(tool: string, args: unknown): Promise<Answer>;
	ok(tool: string, args: unknown): Promise<Answer>;
	put(file: string, content: Content): void;
	/** Another server on the same store, that speaks on no wire yet. */
	make(): TablesServer;
	close(): Promise<void>;
}

export interface PlaceOptions {
	readonly environment?: Readonly<Record<string, string>>;
	readonly clock?: Clock;
	readonly dispatcher?: Dispatcher;
	/** The client puts questions to a person, who says yes. Absent: it cannot ask. */
	readonly accepts?: boolean;
}

const LISTING = makeListing(tools);

export function openPlace(options: PlaceOptions = {}): Place {
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-bounds-"));
	const files = join(folder, "files");
	mkdirSync(files);
	const config = loadConfig(
		{
			environment: {
				TABLES_MCP_DATA_DIR: folder,
				TABLES_MCP_TOOLSETS: "all",
				...options.environment,
			},
			defaultDataDir: folder,
			home: folder,
			zone: () => "Asia/Shanghai",
			join,
			resolve,
			readFile: () => "",
		},
		vendors,
	);
	const { session, close } = openSession(config, {
		clock: options.clock ?? fastClock(1),
		random: Math.random,
		uuid: randomUUID,
		owner: { pid: process.pid, isAlive: () => true },
		log: () => {},
		secrets: openSecrets([]),
		dispatcher: () =>
			options.dispatcher === undefined
				? Promise.reject(new Error("no network in this test"))
				: Promise.resolve(options.dispatcher),
		join,
		sqlWorker: SQL_WORKER,
	});
	const made: TablesServer[] = [];
	const make = () => {
		const server = serverOf();
		made.push(server);
		return server;
	};
	const serverOf = () =>
		createServer({
			version: "0",
			session,
			listing: LISTING,
			loadTools: async () => tools,
			toolsets: new Map(
				config.connections.map(({ name, toolsets }) => [name, toolsets]),
			),
			redact: redactor(["a-secret-of-this-world"]),
		});
	const client = clientOf(make(), options.accepts ?? false);
	const call = async (tool: string, args: unknown): Promise<Answer> =>
		answerOf(await (await client).call(tool, args));
	return {
		folder,
		files,
		make,
		call,
		async ok(tool, args) {
			const answer = await call(tool, args);
			if (answer.isError) throw new Error(`${tool} failed: ${answer.text}`);
			return answer;
		},
		put: (file, content) => {
			writeFileSync(join(files, file), "");
			for (const piece of piecesOf(content))
				appendFileSync(join(files, file), piece);
		},
		async close() {
			for (const server of made) await server.close();
			await close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

type Message = Readonly<Record<string, unknown>>;

/** A client on a wire of objects, which makes lines of the answers as others do. */
async function clientOf(server: TablesServer, accepts: boolean) {
	const open = new Map<unknown, (message: Message) => void>();
	const wire: Wire = {
		async start() {},
		async close() {},
		async send(message) {
			const line = messageLine(message);
			const { id, method } = message as Message;
			if (method === "elicitation/create")
				receive({ id, result: { action: "accept", content: {} } });
			else if (method === undefined) {
				open.get(id)?.(JSON.parse(line));
				open.delete(id);
			}
		},
	};
	const receive = (message: Message) =>
		wire.onmessage?.({ jsonrpc: "2.0", ...message } as never);
	let count = 0;
	const request = (method: string, params: object) =>
		new Promise<Message>((resolve) => {
			const id = ++count;
			open.set(id, resolve);
			receive({ id, method, params });
		});
	await server.connect(wire);
	await request("initialize", {
		protocolVersion: "2025-06-18",
		capabilities: accepts ? { elicitation: {} } : {},
		clientInfo: { name: "bounds", version: "0" },
	});
	receive({ method: "notifications/initialized" });
	return {
		async call(name: string, args: unknown): Promise<CallResult> {
			const params = { name, arguments: args };
			const { result, error } = await request("tools/call", params);
			return (result ?? refusedAtTheDoor(error)) as CallResult;
		},
	};
}

function refusedAtTheDoor(error: unknown): CallResult {
	const { message } = error as { readonly message: string };
	return {
		content: [{ type: "text", text: message }],
		structuredContent: {},
		isError: true,
	};
}

function answerOf({ content, structuredContent, isError }: CallResult): Answer {
	const [block] = content as readonly { readonly text?: string }[];
	return {
		text: block?.text ?? "",
		isError: isError === true,
		structured: structuredContent,
	};
}

/** Time that goes so many times as fast as on the wall: a deadline comes soon, and real work still takes time. */
export function fastClock(times: number): Clock {
	const began = performance.now();
	const now = () =>
		Date.UTC(2026, 10, 20, 4) + (performance.now() - began) * times;
	return {
		now,
		sleep: (ms, signal) =>
			new Promise((wake, reject) => {
				if (signal?.aborted) return reject(signal.reason);
				const abort = () => {
					clearTimeout(timer);
					reject(signal?.reason);
				};
				const timer = setTimeout(() => {
					signal?.removeEventListener("abort", abort);
					wake();
				}, Math.max(0, ms) / times);
				timer.unref();
				signal?.addEventListener("abort", abort, { once: true });
			}),
	};
}

/** Does the work and holds it to the bounds; a table of all costs is written where `BOUNDS_TABLE` names a file. */
export async function bounded<T>(
	title: string,
	work: () => Promise<T>,
): Promise<T> {
	const { cost, value } = await measured(work, MOST_MEGABYTES);
	report(title, cost);
	expect
		.soft(cost.blockedMs, "ms blocked")
		.toBeLessThanOrEqual(MOST_BLOCKED_MS);
	expect
		.soft(cost.megabytes, "megabytes held")
		.toBeLessThanOrEqual(MOST_MEGABYTES);
	return value;
}

function report(title: string, { blockedMs, megabytes, tookMs }: Cost): void {
	const file = process.env.BOUNDS_TABLE;
	if (file !== undefined)
		appendFileSync(
			file,
			`${title} | ${Math.round(blockedMs)} ms | ${Math.round(megabytes)} MB | ${Math.round(tookMs)} ms\n`,
		);
}

/** A call within the bounds that is refused in words, and not with all that was given. */
export async function refused(
	title: string,
	{ call }: Pick<Place, "call">,
	[tool, args]: readonly [string, unknown],
	words: RegExp,
): Promise<Answer> {
	const answer = await bounded(title, () => call(tool, args));
	expect(answer.text.slice(0, 500)).toMatch(words);
	expect(answer.isError).toBe(true);
	expect(answer.text.length).toBeLessThanOrEqual(REFUSAL_CHARACTERS);
	expect(JSON.stringify(answer.structured).length).toBeLessThanOrEqual(
		2 * REFUSAL_CHARACTERS,
	);
	return answer;
}
