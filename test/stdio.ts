import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server process spoken to in raw JSON lines: no client library stands between. */
export interface RawServer {
	readonly process: ChildProcess;
	/** Everything the process wrote on stdout, line by line. */
	readonly lines: readonly string[];
	sendRaw(line: string): void;
	send(message: object): void;
	/** The next message for which `wanted` is true, those already received included. */
	receive(wanted: (message: Message) => boolean): Promise<Message>;
	request(method: string, params?: object): Promise<Message>;
	call(tool: string, args: unknown): Promise<CallAnswer>;
	initialize(capabilities?: object): Promise<Message>;
	/** Closes stdin and waits for the exit code. */
	end(): Promise<number | null>;
}

export interface Message {
	readonly id?: string | number | null;
	readonly method?: string;
	readonly params?: Record<string, unknown>;
	readonly result?: Record<string, unknown>;
	readonly error?: { readonly code: number; readonly message: string };
}

export interface CallAnswer {
	readonly text: string;
	readonly isError: boolean;
	// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
	readonly structured: any;
}

export const BUILT = new URL("../dist/tables-mcp.cjs", import.meta.url)
	.pathname;

/** Starts the built server with only the given environment besides PATH. */
export function startServer(
	environment: Record<string, string>,
	args: readonly string[] = [],
	node = process.execPath,
): RawServer {
	const child = spawn(node, [BUILT, ...args], {
		env: { PATH: process.env.PATH, ...environment },
		stdio: ["pipe", "pipe", "inherit"],
	});
	const lines: string[] = [];
	const messages: Message[] = [];
	const waiting = new Set<() => void>();
	createInterface({ input: child.stdout as NodeJS.ReadableStream }).on(
		"line",
		(line) => {
			lines.push(line);
			messages.push(JSON.parse(line) as Message);
			for (const wake of waiting) wake();
		},
	);
	child.on("exit", () => {
		for (const wake of waiting) wake();
	});
	let nextId = 1;
	const server: RawServer = {
		process: child,
		lines,
		sendRaw: (line) => void child.stdin?.write(`${line}\n`),
		send: (message) => server.sendRaw(JSON.stringify(message)),
		async receive(wanted) {
			for (;;) {
				const found = messages.find(wanted);
				if (found !== undefined) return found;
				if (child.exitCode !== null || child.signalCode !== null)
					throw new Error("the server has ended without this answer");
				await new Promise<void>((resolve) => {
					const wake = () => {
						waiting.delete(wake);
						resolve();
					};
					waiting.add(wake);
				});
			}
		},
		request(method, params = {}) {
			const id = nextId++;
			server.send({ jsonrpc: "2.0", id, method, params });
			return server.receive(
				(message) => message.id === id && message.method === undefined,
			);
		},
		async call(name, args) {
			const { result, error } = await server.request("tools/call", {
				name,
				arguments: args,
			});
			if (error !== undefined) throw new Error(error.message);
			const { content, structuredContent, isError } = result as {
				content: { text: string }[];
				structuredContent: unknown;
				isError?: boolean;
			};
			return {
				text: content[0]?.text ?? "",
				isError: isError === true,
				structured: structuredContent,
			};
		},
		async initialize(capabilities = {}) {
			const answer = await server.request("initialize", {
				protocolVersion: "2025-06-18",
				capabilities,
				clientInfo: { name: "test", version: "1" },
			});
			server.send({ jsonrpc: "2.0", method: "notifications/initialized" });
			return answer;
		},
		async end() {
			child.stdin?.end();
			if (child.exitCode === null && child.signalCode === null)
				await once(child, "exit");
			return child.exitCode;
		},
	};
	return server;
}
