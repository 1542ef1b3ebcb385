import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import {
	type ElicitRequestFormParams,
	ElicitRequestSchema,
	type ElicitResult,
} from "@modelcontextprotocol/sdk/types.js";
import type {
	JsonSchemaType,
	JsonSchemaValidator,
} from "@modelcontextprotocol/sdk/validation";
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv";
import type { Dispatcher } from "undici";
import { onTestFinished } from "vitest";
import { type Config, loadConfig } from "../../src/config.js";
import type { Clock } from "../../src/core/contract/clock.js";
import type { Session } from "../../src/core/contract/session.js";
import { wordsOf } from "../../src/core/values/redact.js";
import { openSecrets, type Secrets } from "../../src/core/values/secrets.js";
import { createServer, type TablesServer } from "../../src/server/index.js";
import { openSession } from "../../src/session.js";
import { tools } from "../../src/tools/index.js";
import { makeListing } from "../../src/tools/listing.js";
import { vendors } from "../../src/vendors/index.js";
import { virtualClock } from "../clock.js";
import { temporaryFolder } from "../folder.js";
import { SQL_WORKER } from "../sql-worker.js";

const LISTING = makeListing(tools);
const OWN_WORDS = wordsOf(() => JSON.stringify(LISTING));

/** The client's own check of answers; compiling a schema takes longer than a call, so each is compiled once. */
const VALIDATORS = new Map<string, JsonSchemaValidator<unknown>>();
const checking = {
	getValidator<T>(schema: JsonSchemaType): JsonSchemaValidator<T> {
		const key = JSON.stringify(schema);
		const known =
			VALIDATORS.get(key) ?? new AjvJsonSchemaValidator().getValidator(schema);
		VALIDATORS.set(key, known);
		return known as JsonSchemaValidator<T>;
	},
};

/** By the name of the tool. */
const OUTPUTS = new Map<string, JsonSchemaValidator<unknown>>();

function outputOf(tool: string): JsonSchemaValidator<unknown> | undefined {
	const schema = LISTING.find(({ name }) => name === tool)?.outputSchema;
	if (schema !== undefined && !OUTPUTS.has(tool))
		OUTPUTS.set(tool, checking.getValidator(schema as JsonSchemaType));
	return OUTPUTS.get(tool);
}

/**
 * Checks every structured answer against the schema that the listing has for it, as the SDK's client does once it has
 * read the listing: reading it takes longer than most calls, and it is the same for every client here.
 */
class CheckingClient extends Client {
	override async callTool(
		...[params, ...more]: Parameters<Client["callTool"]>
	): ReturnType<Client["callTool"]> {
		const result = await super.callTool(params, ...more);
		const { structuredContent, isError } = result;
		const check = outputOf(params.name);
		if (check === undefined) return result;
		if (structuredContent === undefined && isError !== true)
			throw new Error(`${params.name} did not answer structured content`);
		const checked =
			structuredContent === undefined ? undefined : check(structuredContent);
		if (checked?.valid === false)
			throw new Error(
				`${params.name} does not answer by its schema: ${checked.errorMessage}`,
			);
		return result;
	}
}

export interface Answer {
	readonly text: string;
	readonly isError: boolean;
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structured: any;
	readonly content: readonly { readonly type: string }[];
}

/** The whole server in this process, spoken to by the SDK's own client, which checks answers against output schemas. */
export interface TestClient {
	readonly client: Client;
	readonly session: Session;
	readonly folder: string;
	readonly files: string;
	/** Questions that were put to the person, in order. */
	readonly asked: readonly string[];
	call(name: string, args?: object): Promise<Answer>;
	/** A call that must succeed. */
	ok(name: string, args?: object): Promise<Answer>;
	/** A call that must be refused. */
	refused(name: string, args?: object): Promise<Answer>;
	put(file: string, content: string | Uint8Array): void;
	read(file: string): string;
}

export interface ClientOptions {
	readonly environment?: Readonly<Record<string, string>>;
	/** The configuration file. */
	readonly config?: object;
	/** The person's answer to each question; absent = a client that cannot ask. */
	readonly person?: (
		message: string,
		form: ElicitRequestFormParams["requestedSchema"],
	) => ElicitResult | Promise<ElicitResult>;
	readonly folder?: string;
	readonly clock?: Clock;
	/** In place of the network; absent = a test without one. */
	readonly dispatcher?: Dispatcher;
	/** What the client calls itself. */
	readonly name?: string;
	/** Hears every line of the log, before its level is looked at. */
	readonly log?: Session["log"];
}

/** The whole server in this process before anybody is connected: each `make` serves one more client. */
export interface TestServer {
	readonly session: Session;
	readonly folder: string;
	readonly files: string;
	readonly secrets: Secrets;
	/** What the environment and the configuration file came to. */
	readonly config: Config;
	make(): TablesServer;
}

export function openServer(
	options: Omit<ClientOptions, "person"> = {},
): TestServer {
	const folder = options.folder ?? temporaryFolder();
	const files = join(folder, "files");
	mkdirSync(files, { recursive: true });
	if (options.config !== undefined)
		writeFileSync(join(folder, "config.json"), JSON.stringify(options.config));
	const config = loadConfig(
		{
			environment: {
				TABLES_MCP_DATA_DIR: folder,
				...(options.config === undefined
					? {}
					: { TABLES_MCP_CONFIG: join(folder, "config.json") }),
				...options.environment,
			},
			defaultDataDir: folder,
			home: folder,
			zone: () => "Asia/Shanghai",
			join,
			resolve,
			readFile: (path) => readFileSync(path, "utf8"),
		},
		vendors,
	);
	const secrets = openSecrets(config.secrets, OWN_WORDS);
	const { session, close } = openSession(config, {
		secrets,
		clock: options.clock ?? virtualClock(),
		random: Math.random,
		uuid: randomUUID,
		owner: { pid: process.pid, isAlive: () => true },
		log: options.log ?? (() => {}),
		dispatcher: () =>
			options.dispatcher === undefined
				? Promise.reject(new Error("no network in this test"))
				: Promise.resolve(options.dispatcher),
		join,
		sqlWorker: SQL_WORKER,
	});
	onTestFinished(close);
	return {
		session,
		folder,
		files,
		secrets,
		config,
		make: () =>
			createServer({
				session,
				version: "0.0.0",
				listing: LISTING,
				loadTools: async () => tools,
				toolsets: new Map(
					config.connections.map(({ name, toolsets }) => [name, toolsets]),
				),
				redact: secrets.redact,
			}),
	};
}

export async function connected(
	options: ClientOptions = {},
): Promise<TestClient> {
	return joined(openServer(options), options);
}

/** One more client of a server: a session of its own in the same process. */
export async function joined(
	{ session, folder, files, make }: TestServer,
	options: Pick<ClientOptions, "person" | "name"> = {},
): Promise<TestClient> {
	const server = make();
	const asked: string[] = [];
	const client = new CheckingClient(
		{ name: options.name ?? "test", version: "1" },
		{
			capabilities: options.person === undefined ? {} : { elicitation: {} },
			jsonSchemaValidator: checking,
		},
	);
	const { person } = options;
	if (person !== undefined)
		client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
			asked.push(params.message);
			return person(
				params.message,
				(params as ElicitRequestFormParams).requestedSchema,
			);
		});
	const [near, far] = InMemoryTransport.createLinkedPair();
	await Promise.all([server.connect(far), client.connect(near)]);
	onTestFinished(() => client.close());
	const call = async (name: string, args: object = {}): Promise<Answer> => {
		const { content, structuredContent, isError } = (await client.callTool({
			name,
			arguments: args as Record<string, unknown>,
		})) as {
			content: { type: string; text?: string }[];
			structuredContent: unknown;
			isError?: boolean;
		};
		return {
			text: content[0]?.text ?? "",
			isError: isError === true,
			structured: structuredContent,
			content,
		};
	};
	const wanted = (isError: boolean) => async (name: string, args?: object) => {
		const answer = await call(name, args);
		if (answer.isError !== isError)
			throw new Error(
				`${name} ${isError ? "was not refused" : "failed"}: ${answer.text}`,
			);
		return answer;
	};
	return {
		client,
		session,
		folder,
		files,
		asked,
		call,
		ok: wanted(false),
		refused: wanted(true),
		put: (file, content) => writeFileSync(join(files, file), content),
		read: (file) => readFileSync(join(files, file), "utf8"),
	};
}
