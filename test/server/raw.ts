import { onTestFinished } from "vitest";
import type { Clock } from "../../src/core/contract/clock.js";
import { serveHttp, type TablesServer } from "../../src/server/index.js";
import { handClock } from "../clock.js";
import type { Message } from "../stdio.js";

/** A client without a library: messages as they are, so that it can do what no library would. */
export interface RawClient {
	/** All that the server sent, in order. */
	readonly received: readonly Message[];
	send(message: object): void;
	/** The next message for which `wanted` is true, those already received included. */
	receive(wanted: (message: Message) => boolean): Promise<Message>;
	/** All messages with this id that answer, not ask. */
	answersTo(id: unknown): readonly Message[];
}

interface Inbox extends RawClient {
	take(message: Message): void;
}

function inbox(send: (message: object) => void): Inbox {
	const received: Message[] = [];
	const waiting = new Set<() => void>();
	return {
		received,
		send,
		take(message) {
			received.push(message);
			for (const wake of [...waiting]) wake();
		},
		async receive(wanted) {
			for (;;) {
				const found = received.find(wanted);
				if (found !== undefined) return found;
				await new Promise<void>((resolve) => {
					const wake = () => {
						waiting.delete(wake);
						resolve();
					};
					waiting.add(wake);
				});
			}
		},
		answersTo: (id) =>
			received.filter(
				(message) => message.id === id && message.method === undefined,
			),
	};
}

export const initialize = (
	capabilities: object = {},
	name = "raw",
	protocolVersion = "2025-06-18",
) => ({
	jsonrpc: "2.0",
	id: "initialize",
	method: "initialize",
	params: {
		protocolVersion,
		capabilities,
		clientInfo: { name, version: "1" },
	},
});

export const toolCall = (
	id: unknown,
	name: string,
	args: unknown,
	meta?: object,
) => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: {
		name,
		arguments: args,
		...(meta === undefined ? {} : { _meta: meta }),
	},
});

/** Over a pipe in memory, as stdio is one: messages sent in one go are taken up in one go. */
export async function overPipe(
	make: () => TablesServer,
	capabilities: object = {},
	name?: string,
): Promise<RawClient> {
	const server = make();
	const transport = {
		onmessage: undefined as ((message: unknown) => void) | undefined,
		async start() {},
		async close() {},
		async send(message: unknown) {
			// As a wire does: later, and a copy.
			const copy = JSON.parse(JSON.stringify(message)) as Message;
			queueMicrotask(() => client.take(copy));
		},
	};
	const client = inbox((message) =>
		transport.onmessage?.(JSON.parse(JSON.stringify(message))),
	);
	await server.connect(transport as never);
	client.send(initialize(capabilities, name));
	await client.receive(({ id }) => id === "initialize");
	client.send({ jsonrpc: "2.0", method: "notifications/initialized" });
	onTestFinished(() => server.close());
	return client;
}

export interface HttpClient extends RawClient {
	/** A message of its own: the status, and its whole answer, read to the end of the stream. */
	post(message: object): Promise<{ status: number; messages: Message[] }>;
	session(): string;
	/** Breaks off the stream on which a message is being answered. */
	breakOff(message: object): void;
}

/** The server over HTTP in this process; each client that is made has a session of its own and keeps no GET stream. */
export async function overHttp(
	make: () => TablesServer,
	clock: Pick<Clock, "now"> = handClock(),
): Promise<{
	readonly port: number;
	client(
		capabilities?: object,
		name?: string,
		protocol?: string,
	): Promise<HttpClient>;
}> {
	const http = await serveHttp(make, {
		host: "127.0.0.1",
		port: 0,
		token: undefined,
		log: () => {},
		clock,
		redact: (text) => text,
	});
	onTestFinished(() => http.close());
	return {
		port: http.port,
		async client(capabilities = {}, name, protocol) {
			let session: string | undefined;
			const open = new Map<object, AbortController>();
			const post = async (message: object) => {
				const leaving = new AbortController();
				open.set(message, leaving);
				const response = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
					method: "POST",
					signal: leaving.signal,
					headers: {
						"content-type": "application/json",
						// Kept open, it would be closed by the server after 5 s of real time, which a loaded machine takes.
						connection: "close",
						accept: "application/json, text/event-stream",
						...(session === undefined ? {} : { "mcp-session-id": session }),
					},
					body: JSON.stringify(message),
				});
				session ??= response.headers.get("mcp-session-id") ?? undefined;
				const messages: Message[] = [];
				const take = (text: string) => {
					const told = JSON.parse(text) as Message;
					messages.push(told);
					client.take(told);
				};
				let rest = "";
				const decoder = new TextDecoder();
				for await (const chunk of response.body ?? []) {
					rest += decoder.decode(chunk as Uint8Array, { stream: true });
					const events = rest.split("\n\n");
					rest = events.pop() ?? "";
					for (const event of events) {
						const data = /^data: (.*)$/m.exec(event)?.[1];
						if (data !== undefined) take(data);
					}
				}
				if (rest.trim().startsWith("{")) take(rest);
				open.delete(message);
				return { status: response.status, messages };
			};
			const client = {
				...inbox((message) => void post(message).catch(() => {})),
				post,
				session: () => session ?? "",
				breakOff: (message: object) => open.get(message)?.abort(),
			};
			await post(initialize(capabilities, name, protocol));
			await post({ jsonrpc: "2.0", method: "notifications/initialized" });
			return client;
		},
	};
}
