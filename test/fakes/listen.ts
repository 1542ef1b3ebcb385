import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fake } from "./fake.js";

/** A fake as a real HTTP server on a free port of the loopback address. */
export interface Listening {
	readonly origin: string;
	close(): Promise<void>;
}

/** Binds to 127.0.0.1. `delayMs` is real time here. */
export async function listen(fake: Fake, port = 0): Promise<Listening> {
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const [path = "", query = ""] = split(request.url ?? "/");
		const headers: Record<string, string> = {};
		for (const [name, value] of Object.entries(request.headers))
			if (value !== undefined)
				headers[name] = Array.isArray(value) ? value.join(", ") : value;
		const answer = fake.handle({
			method: request.method ?? "GET",
			origin: `http://${request.headers.host ?? "127.0.0.1"}`,
			path,
			query,
			headers,
			body: Buffer.concat(chunks),
		});
		if (answer.delayMs)
			await new Promise((resolve) => setTimeout(resolve, answer.delayMs));
		if (answer.broken === "no-answer") {
			request.socket.destroy();
			return;
		}
		const body = Buffer.from(answer.body ?? "");
		response.writeHead(answer.status, {
			...answer.headers,
			"content-length": body.length,
		});
		if (answer.broken === "mid-body") {
			response.write(body.subarray(0, Math.floor(body.length / 2)));
			setImmediate(() => request.socket.destroy());
			return;
		}
		response.end(body);
	});
	await new Promise<void>((resolve) =>
		server.listen(port, "127.0.0.1", resolve),
	);
	const { port: bound } = server.address() as AddressInfo;
	return {
		origin: `http://127.0.0.1:${bound}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function split(url: string): [string, string] {
	const mark = url.indexOf("?");
	return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}
