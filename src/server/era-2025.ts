import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
	ListToolsRequestSchema,
	McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Log } from "../core/contract/session.js";
import { defined } from "../core/values/defined.js";
import type { Said } from "./ask.js";
import { type CallsOptions, createCalls } from "./calls.js";
import type { WrappedCall } from "./check-message.js";
import { checkedWire } from "./checked-wire.js";
import { choseNo, formFor } from "./elicitation.js";
import { openRequests } from "./in-flight.js";
import type { RequestId, Wire } from "./json-rpc.js";
import type { Progress } from "./running-call.js";

/** The SDK's own limit to a question; how long it is open is decided by the clock that was passed in. */
const NEVER_MS = 2 ** 31 - 1;

export interface ServerOptions extends CallsOptions {
	readonly version: string;
}

/** One MCP server for one client that begins with `initialize`: protocols 2024-10-07 to 2025-11-25. */
export interface TablesServer {
	connect(wire: Wire): Promise<void>;
	/** Is a call under way? */
	isBusy(): boolean;
	/** Resolves when every call that is under way has been answered. */
	idle(): Promise<void>;
	/** The client says no more: nobody will answer a question. */
	endInput(): void;
	/**
	 * For messages that come by several ways at once: keeps these ids for the requests that are to arrive.
	 * @returns the ids that cannot be kept, because a request with them has not been answered; then none is kept.
	 */
	expect(ids: readonly RequestId[]): readonly RequestId[];
	/** The requests that were expected have arrived, or never will. */
	expectNoMore(ids: readonly RequestId[]): void;
	/** The stream on which these are answered broke: they go on, and nobody can be asked. */
	lose(ids: readonly RequestId[]): void;
	close(): Promise<void>;
	onClose(listener: () => void): void;
}

/** Takes any call, however malformed; what is wrong with it is said by the handler. */
const lenientCall = z.looseObject({
	method: z.literal("tools/call"),
	params: z.looseObject({}),
});

/** Takes any answer to a question: with a yes comes whatever the client likes to send. */
const anyAnswer = z.looseObject({
	action: z.unknown().optional(),
	content: z.unknown().optional(),
});

/** The calls of one client behind the SDK. */
export function createServer(options: ServerOptions): TablesServer {
	const calls = createCalls(options);
	const server = sdkServer(options.version, calls.instructions);
	const underWay = new Set<Promise<unknown>>();
	const input = new AbortController();
	const requests = openRequests();
	const tokens = progressTokens(options.session.log);

	server.setRequestHandler(ListToolsRequestSchema, () => ({
		tools: calls.listing as never[],
	}));
	server.setRequestHandler(lenientCall, async (request, extra) => {
		const params = request.params as unknown as WrappedCall;
		const { requestId: id, signal } = extra;
		const lost = requests.lostSignal(id);
		const token = tokens.take(params._meta?.progressToken, params.name);
		const work = calls.call(params.name, params.arguments.given, {
			signal,
			asker: () => ({
				able: server.getClientCapabilities()?.elicitation !== undefined,
				gone: AbortSignal.any([signal, lost, input.signal]),
				put: (message, until) => ask(server, { message, id, until }),
			}),
			...(token === undefined
				? {}
				: {
						report: (progress) =>
							void extra
								.sendNotification(
									progressNotification(token, progress) as never,
								)
								.catch(() => {}),
					}),
		});
		underWay.add(work);
		try {
			return (await work) as never;
		} finally {
			underWay.delete(work);
			tokens.free(token);
			requests.ended(id);
		}
	});

	return {
		connect: (wire) =>
			server.connect(
				checkedWire(wire, requests, options.redact) as unknown as Transport,
			),
		isBusy: () => underWay.size > 0,
		async idle() {
			while (underWay.size > 0) await Promise.allSettled([...underWay]);
		},
		endInput: () => input.abort(),
		expect: requests.expect,
		expectNoMore: requests.expectNoMore,
		lose: requests.lose,
		close: () => server.close(),
		onClose(listener) {
			server.onclose = listener;
		},
	};
}

function sdkServer(version: string, instructions: string): Server {
	return new Server(
		{ name: "tables-mcp", title: "Tables", version },
		{
			capabilities: { tools: {} },
			instructions,
			// Nothing is checked by a schema: a consent is read by `ask` itself.
			jsonSchemaValidator: {
				getValidator: () => (input) => ({
					valid: true,
					data: input as never,
					errorMessage: undefined,
				}),
			},
		},
	);
}

/** Two calls under way cannot share a token: whose progress it is would not be known. The first has it. */
function progressTokens(log: Log) {
	const taken = new Set<RequestId>();
	return {
		take(token: RequestId | undefined, tool: string): RequestId | undefined {
			if (token === undefined) return undefined;
			if (taken.has(token)) {
				log(
					"debug",
					`${tool}: its progress token belongs to another call under way; no progress is sent`,
				);
				return undefined;
			}
			taken.add(token);
			return token;
		},
		free(token: RequestId | undefined): void {
			if (token !== undefined) taken.delete(token);
		},
	};
}

function progressNotification(
	progressToken: RequestId,
	{ progress, total, message }: Progress,
): object {
	return {
		method: "notifications/progress",
		params: {
			progressToken,
			progress,
			...defined({ total }),
			message,
		},
	};
}

/**
 * Puts a question to the person, on the stream of the call that asks.
 * @throws where no answer of the client can come.
 */
async function ask(
	server: Server,
	question: {
		readonly message: string;
		/** Of the call. */
		readonly id: RequestId;
		/** Aborted when nobody waits for the answer any more. */
		readonly until: AbortSignal;
	},
): Promise<Said> {
	const { message, id, until } = question;
	try {
		const { action, content } = await server.request(
			{
				method: "elicitation/create",
				params: {
					mode: "form",
					message,
					requestedSchema: formFor(server.getClientVersion()?.name ?? ""),
				},
			},
			anyAnswer,
			{ relatedRequestId: id, signal: until, timeout: NEVER_MS },
		);
		if (action === "accept") return choseNo(content) ? "decline" : "accept";
		return action === "decline" || action === "cancel" ? action : "error";
	} catch (error) {
		// An error of the client's; anything else never came from it.
		if (!until.aborted && error instanceof McpError) return "error";
		throw error;
	}
}

/** The wire of one session over Streamable HTTP. */
export interface HttpWire extends Wire {
	/** One HTTP request of the session, whose body has been read. */
	handleRequest(
		request: IncomingMessage,
		response: ServerResponse,
		body: unknown,
	): Promise<void>;
}

/** What is heard of a session. */
export interface HttpSessionEvents {
	opened(session: string): void;
	closed(session: string): void;
}

/** Makes wires of new sessions; the SDK's part for it is loaded only where HTTP is served. */
export async function loadHttpWire(): Promise<
	(events: HttpSessionEvents) => HttpWire
> {
	const { StreamableHTTPServerTransport } = await import(
		"@modelcontextprotocol/sdk/server/streamableHttp.js"
	);
	return ({ opened, closed }) =>
		new StreamableHTTPServerTransport({
			sessionIdGenerator: () => randomUUID(),
			onsessioninitialized: opened,
			onsessionclosed: closed,
		}) as unknown as HttpWire;
}
