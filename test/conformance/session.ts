import { join } from "node:path";
import type { Dispatcher } from "undici";
import type { Config } from "../../src/config.js";
import type { Clock } from "../../src/core/contract/clock.js";
import { TablesError } from "../../src/core/contract/errors.js";
import { OPEN_POLICY, type Policy } from "../../src/core/contract/policy.js";
import type { Running } from "../../src/core/contract/running.js";
import type { Session } from "../../src/core/contract/session.js";
import { openSecrets } from "../../src/core/values/secrets.js";
import { type OpenSession, openSession } from "../../src/session.js";
import { parseArguments } from "../../src/tools/arguments.js";
import { tools } from "../../src/tools/index.js";
import { TOOLSETS, type ToolAnswer } from "../../src/tools/tool.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { virtualClock } from "../clock.js";
import { SQL_WORKER } from "../sql-worker.js";

/** A seeded generator: the same numbers in every run. */
export function seededRandom(seed = 1): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

/** UUIDs in the right form, made from a seeded generator. */
function seededUuid(random: () => number): () => string {
	const hex = (length: number) =>
		Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join(
			"",
		);
	return () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}

/**
 * A session with one connection, everything else real: journal, locks and files in `folder`.
 * The connection has the vendor's id as its name.
 */
export function sessionOf(options: {
	readonly vendor: Vendor;
	readonly folder: string;
	/** Input of the vendor's own schema. */
	readonly config?: unknown;
	readonly clock?: Clock;
	readonly dispatcher?: () => Promise<Dispatcher>;
	readonly policy?: Partial<Policy>;
	readonly undo?: boolean;
	readonly zone?: string;
	readonly me?: string;
	/** Of its random numbers; two sessions over one folder need two. */
	readonly seed?: number;
	/** When a person is asked; absent = by default. */
	readonly consent?: Session["consent"];
	/** Takes the log's lines. */
	readonly log?: (line: string) => void;
}): OpenSession {
	const { vendor, folder } = options;
	const random = seededRandom(options.seed);
	const config: Config = {
		connections: [
			{
				name: vendor.id,
				vendor,
				config: vendor.config.parse(options.config ?? {}),
				policy: { ...OPEN_POLICY, ...options.policy },
				toolsets: new Set(TOOLSETS),
				undo: options.undo ?? true,
				...(options.me === undefined ? {} : { me: options.me }),
			},
		],
		toolsets: new Set(TOOLSETS),
		zone: () => options.zone ?? "Asia/Shanghai",
		dataDir: folder,
		filesDir: join(folder, "files"),
		logLevel: "error",
		consent: options.consent ?? "ask",
		secrets: [],
	};
	const dispatcher =
		options.dispatcher ??
		(async () => {
			throw new Error("this vendor has no network in tests");
		});
	const runtime = {
		clock: options.clock ?? virtualClock(),
		random,
		uuid: seededUuid(random),
		owner: {
			pid: process.pid,
			isAlive: (pid: number) => pid === process.pid,
		},
		log: (level: string, message: string) =>
			options.log?.(`${level}: ${message}`),
		dispatcher,
		secrets: openSecrets([]),
		guardedDispatcher: dispatcher,
		join,
		sqlWorker: SQL_WORKER,
	};
	return openSession(config, runtime);
}

/** A call as the server makes it: 45 s to answer, and a fence that wants the exact word. */
export function runningOf(
	session: Pick<Session, "clock">,
	more: {
		readonly signal?: AbortSignal;
		readonly progress?: Running["progress"];
	} = {},
): Running {
	const deadlineMs = session.clock.now() + 45_000;
	return {
		call: {
			priority: "interactive",
			...(more.signal === undefined ? {} : { signal: more.signal }),
		},
		deadlineMs: () => deadlineMs,
		progress: more.progress ?? (() => {}),
		async confirm({ action, expected, given }) {
			if (given !== expected)
				throw new TablesError("declined", action, {
					next: `confirm: "${expected}"`,
				});
			return { answer: "confirm" };
		},
	};
}

/** Calls a tool as the server does, arguments checked against its schema. */
export async function callTool(
	session: Session,
	name: string,
	args: Readonly<Record<string, unknown>>,
	running: Running = runningOf(session),
): Promise<ToolAnswer> {
	const tool = tools.find((candidate) => candidate.name === name);
	if (tool === undefined) throw new Error(`no tool ${name}`);
	return tool.run(parseArguments(tool.input, args, name), session, running);
}

/** The failure of a call. */
export async function failureOf(work: Promise<unknown>): Promise<TablesError> {
	const outcome = await work.then(
		(value) => ({ value }),
		(error: unknown) => ({ error }),
	);
	if ("value" in outcome)
		throw new Error(
			`a failure was expected, and it answered ${JSON.stringify(outcome.value)}`,
		);
	if (outcome.error instanceof TablesError) return outcome.error;
	throw outcome.error;
}
