import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../core/contract/clock.js";
import type { Log } from "../core/contract/session.js";
import { messageLine } from "../core/values/json-line.js";
import { type HttpWire, loadHttpWire, type TablesServer } from "./era-2025.js";
import { type Access, checkAccess, deniedAccess } from "./http-access.js";
import { type Body, NO_BODY, readBody } from "./http-body.js";
import { inFlight } from "./in-flight.js";
import { REFUSED, type RequestId, refusal } from "./json-rpc.js";

/** Clients leave without a word: beyond so many sessions one that nobody uses ends. */
const MAX_SESSIONS = 256;
/** A session is in use for so long after its last request. */
const IN_USE_MS = 60_000;

const ALL_IN_USE = `there are ${MAX_SESSIONS} sessions, and all are in use: initialize again in a minute`;

export interface HttpOptions extends Access {
	readonly port: number;
	readonly log: Log;
	readonly clock: Pick<Clock, "now">;
	/** Takes secrets out of a text. */
	redact(text: string): string;
}

/** One client, from its `initialize` on. */
interface HttpSession {
	readonly wire: HttpWire;
	readonly server: TablesServer;
	/** Absent: its `initialize` named none. */
	readonly protocol?: string | undefined;
	/** POST requests that are not answered yet. */
	open: number;
	/** When a request last came or was answered. Absent: none came since its `initialize`. */
	usedAtMs?: number;
}

/** All sessions, the one used last at the end, and the time by which they are in use. */
interface Sessions {
	readonly byId: Map<string, HttpSession>;
	nowMs(): number;
}

/** The only protocol of this transport that has them: 2025-06-18 took them out again. */
const WITH_BATCHES = "2025-03-26";

const NO_BATCHES = `a batch of messages is of the protocol ${WITH_BATCHES} alone; send each message by itself`;

/** A request of HTTP with the response that answers it. */
interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	/** Takes secrets out of a text. */
	redact(text: string): string;
}

/**
 * Streamable HTTP on `host:port`. Each client session has a server of its own; Host and Origin must be this
 * address, and a bearer token is needed wherever others could reach it.
 */
export async function serveHttp(
	make: () => TablesServer,
	options: HttpOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
	const [{ createServer: createHttpServer }, makeWire] = await Promise.all([
		import("node:http"),
		loadHttpWire(),
	]);
	checkAccess(options);
	const byId = new Map<string, HttpSession>();
	const sessions: Sessions = { byId, nowMs: () => options.clock.now() };
	const open = async (protocol?: string): Promise<HttpSession> => {
		const server = make();
		const wire = makeWire({
			opened: (id) => void byId.set(id, session),
			closed: (id) => void byId.delete(id),
		});
		const session: HttpSession = { wire, server, protocol, open: 0 };
		await server.connect(wire);
		return session;
	};
	let { port } = options;
	const http = createHttpServer(async (request, response) => {
		const exchange = { request, response, redact: options.redact };
		const denied = deniedAccess(request, { ...options, port });
		if (denied !== undefined)
			return refuse(exchange, denied.status, { message: denied.message });
		try {
			await serve(exchange, sessions, open);
		} catch (error) {
			options.log("error", `http: ${(error as Error).message}`);
			if (!response.headersSent)
				refuse(exchange, 500, { message: "the request failed" });
		}
	});
	await new Promise<void>((resolve, reject) => {
		http.once("error", reject);
		http.listen(options.port, options.host, resolve);
	});
	const address = http.address();
	if (typeof address === "object" && address !== null) port = address.port;
	return {
		port,
		async close() {
			await Promise.allSettled(
				[...byId.values()].map(({ server }) => server.close()),
			);
			http.closeAllConnections();
			await new Promise((resolve) => http.close(resolve));
		},
	};
}

/**
 * Makes room for one more session: one that was never used ends before one whose last use is long ago, and none that
 * is in use, however many others come. Answers whether there is room.
 */
function makeRoom(sessions: Sessions): boolean {
	const { byId } = sessions;
	const inUse = isInUse(sessions);
	while (byId.size >= MAX_SESSIONS) {
		const unused = [...byId].filter(([, session]) => !inUse(session));
		const [id, session] =
			unused.find(([, { usedAtMs }]) => usedAtMs === undefined) ??
			unused[0] ??
			[];
		if (id === undefined) return false;
		byId.delete(id);
		void session?.server.close();
	}
	return true;
}

/** Whoever waits for an answer, or for a person, is there. */
function isInUse({ nowMs }: Sessions): (session: HttpSession) => boolean {
	const sinceMs = nowMs() - IN_USE_MS;
	return ({ open, usedAtMs, server }) =>
		open > 0 ||
		server.isBusy() ||
		(usedAtMs !== undefined && usedAtMs >= sinceMs);
}

/** One request: of a session, or the first of a new one. */
async function serve(
	exchange: Exchange,
	sessions: Sessions,
	open: (protocol?: string) => Promise<HttpSession>,
): Promise<void> {
	const { request, response } = exchange;
	const id = request.headers["mcp-session-id"];
	const session = typeof id === "string" ? sessions.byId.get(id) : undefined;
	if (session !== undefined && request.method === "POST")
		underWay(session, response);
	if (typeof id === "string" && session === undefined)
		return refuse(exchange, 404, {
			message: "this session has ended: initialize again",
		});
	const read = request.method === "POST" ? await readBody(request) : NO_BODY;
	if ("status" in read) return refuse(exchange, read.status, read);
	if (read.refusal !== undefined) {
		session?.wire.onmessage?.(read.body as never);
		const { id: refusedId, reason: message } = read.refusal;
		return refuse(exchange, 400, { message, id: refusedId });
	}
	if (typeof id !== "string" || session === undefined) {
		if (!read.isInitialize)
			return refuse(exchange, 400, {
				message:
					"there is no session: send `initialize` first, and the Mcp-Session-Id of its answer with every request",
				id: read.ids.length === 1 ? (read.ids[0] ?? null) : null,
			});
		if (read.isBatch)
			return refuse(exchange, 400, {
				message: "`initialize` comes by itself, not in a batch",
			});
		if (!makeRoom(sessions))
			return refuse(exchange, 503, {
				message: ALL_IN_USE,
				id: read.ids[0] ?? null,
			});
		const { wire } = await open(read.protocol);
		return wire.handleRequest(request, response, read.body);
	}
	if (read.isBatch && session.protocol !== WITH_BATCHES)
		return refuse(exchange, 400, { message: NO_BATCHES });
	// What brings no request, as word that a client is ready, is not use.
	if (read.ids.length > 0) {
		used(sessions, id, session);
		// A call is use of its session until it is answered.
		response.once("close", () => used(sessions, id, session));
	}
	return serveInSession(exchange, session, read);
}

/** Its session is in use until a request is answered, also while its body arrives. */
function underWay(session: HttpSession, response: ServerResponse): void {
	session.open++;
	response.once("close", () => void session.open--);
}

/** The last one in order is the one used last. */
function used({ byId, nowMs }: Sessions, id: string, session: HttpSession) {
	session.usedAtMs = nowMs();
	if (byId.delete(id)) byId.set(id, session);
}

async function serveInSession(
	exchange: Exchange,
	{ wire, server }: HttpSession,
	{ body, ids }: Body,
): Promise<void> {
	const { request, response } = exchange;
	const [taken] = server.expect(ids);
	if (taken !== undefined)
		return refuse(exchange, 400, {
			message: inFlight(taken),
			// Under the id itself the answer of the first is awaited.
			id: null,
		});
	response.once("close", () => {
		if (!response.writableFinished) server.lose(ids);
	});
	try {
		await wire.handleRequest(request, response, body);
	} finally {
		server.expectNoMore(ids);
	}
}

function refuse(
	{ response, redact }: Exchange,
	status: number,
	{
		message,
		code = REFUSED.notARequest,
		id = null,
	}: {
		readonly message: string;
		readonly code?: number;
		readonly id?: RequestId | null;
	},
): void {
	response.writeHead(status, { "content-type": "application/json" });
	response.end(messageLine(refusal(id, code, redact(message))));
}
