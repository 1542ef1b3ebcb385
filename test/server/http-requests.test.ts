import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createServer, serveHttp } from "../../src/server/index.js";
import { handClock } from "../clock.js";
import { prepared } from "./asked.js";
import { connected } from "./client.js";
import { initialize, overHttp, toolCall } from "./raw.js";

async function served() {
	const { session } = await connected();
	const http = await serveHttp(
		() =>
			createServer({
				session,
				version: "0.0.0",
				listing: [],
				loadTools: async () => [],
				toolsets: new Map(),
				redact: (text) => text,
			}),
		{
			host: "127.0.0.1",
			port: 0,
			token: undefined,
			log: () => {},
			clock: handClock(),
			redact: (text) => text,
		},
	);
	onTestFinished(() => http.close());
	return http.port;
}

/** The status of the answer to a request line as no client library would send it. */
async function statusOf(port: number, line: string): Promise<string> {
	const socket = connect(port, "127.0.0.1");
	socket.end(
		`${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
	);
	let text = "";
	socket.on("data", (chunk) => {
		text += chunk;
	});
	await once(socket, "close");
	return text.split(" ")[1] ?? "";
}

test("a request line that is not a URL is answered, and the server lives on", async () => {
	const port = await served();
	for (const line of ["GET //", "GET //[", "POST http://[", "OPTIONS *"])
		expect(await statusOf(port, line), line).toBe("404");
});

test("a message that says beforehand that it is too large is refused without waiting for it", async () => {
	const port = await served();
	const socket = connect(port, "127.0.0.1");
	onTestFinished(() => void socket.destroy());
	socket.write(
		`POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${64 * 1024 * 1024 + 1}\r\n\r\n{`,
	);
	const [answer] = (await once(socket, "data")) as [Buffer];
	expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
	expect(answer.toString()).toContain("larger than");
});

test("clients that left without a word do not pile up", async () => {
	const port = await served();
	const post = (body: object, headers: Record<string, string> = {}) =>
		fetch(`http://127.0.0.1:${port}/mcp`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				accept: "application/json, text/event-stream",
				...headers,
			},
			body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...body }),
		});
	const initialize = async () => {
		const answer = await post({
			method: "initialize",
			params: {
				protocolVersion: "2025-06-18",
				capabilities: {},
				clientInfo: { name: "test", version: "1" },
			},
		});
		await answer.text();
		return answer.headers.get("mcp-session-id") ?? "";
	};
	const ping = async (session: string) => {
		const answer = await post(
			{ method: "ping" },
			{ "mcp-session-id": session },
		);
		await answer.text();
		return answer.status;
	};
	const used = await initialize();
	const unused = await initialize();
	for (let more = 0; more < 255; more++) {
		if (more === 200) expect(await ping(used)).toBe(200);
		await initialize();
	}
	expect(await ping(used)).toBe(200);
	expect(await ping(unused)).toBe(404);
});

test("a session in which a call waits for a person is in use, however many others come", async () => {
	const clock = handClock();
	const { server, table } = await prepared({ clock });
	const http = await overHttp(server.make);
	const waiting = await http.client({ elicitation: {} });
	const call = waiting.post(toolCall(1, "delete_table", { table }));
	const question = await waiting.receive(
		({ method }) => method === "elicitation/create",
	);
	for (let more = 0; more < 257; more++) await http.client();
	clock.advance(5_000);
	const said = await waiting.post({
		jsonrpc: "2.0",
		id: question.id,
		result: { action: "accept" },
	});
	expect(said.status).toBe(202);
	expect(JSON.stringify((await call).messages.at(-1)?.result)).toContain(
		"deleted table",
	);
	// The end of its call was use as well.
	await http.client();
	const ping = await waiting.post({ jsonrpc: "2.0", id: 2, method: "ping" });
	expect(ping.status).toBe(200);
});

const PING = { jsonrpc: "2.0", id: 2, method: "ping" };

test("a session that was used in the last minute is not ended by 300 that nobody uses", async () => {
	const clock = handClock();
	const { server } = await prepared({ clock });
	const http = await overHttp(server.make, clock);
	const used = await http.client();
	expect((await used.post(PING)).status).toBe(200);
	clock.advance(59_000);
	for (let more = 0; more < 300; more++) await http.client();
	expect((await used.post(PING)).status).toBe(200);
});

test("where all sessions are in use a new one is refused in words, and has room a minute later", async () => {
	const clock = handClock();
	const { server } = await prepared({ clock });
	const http = await overHttp(server.make, clock);
	const [first, ...others] = await Promise.all(
		Array.from({ length: 256 }, () => http.client()),
	);
	await first?.post(PING);
	for (const { status } of await Promise.all(
		others.map((client) => client.post(PING)),
	))
		expect(status).toBe(200);
	const refused = await fetch(`http://127.0.0.1:${http.port}/mcp`, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			connection: "close",
			accept: "application/json, text/event-stream",
		},
		body: JSON.stringify(initialize()),
	});
	expect(refused.status).toBe(503);
	expect(await refused.text()).toMatch(/all are in use: initialize again/);
	clock.advance(60_001);
	expect((await others.at(-1)?.post(PING))?.status).toBe(200);
	const late = await http.client();
	expect((await late.post(PING)).status).toBe(200);
	expect((await others.at(-1)?.post(PING))?.status).toBe(200);
	expect((await first?.post(PING))?.status).toBe(404);
});

test("a body that is not UTF-8, or says that it is not, is refused, and nothing of it is guessed", async () => {
	const port = await served();
	const call = (byte: Buffer, type: string) =>
		fetch(`http://127.0.0.1:${port}/mcp`, {
			method: "POST",
			headers: {
				"content-type": type,
				accept: "application/json, text/event-stream",
				connection: "close",
			},
			body: Buffer.concat([
				Buffer.from('{"jsonrpc":"2.0","id":6,"method":"ping","params":{"a":"M'),
				byte,
				Buffer.from('"}}'),
			]),
		});
	for (const byte of [[0xff], [0xfc], [0xc3], [0xed, 0xa0, 0x80]]) {
		const refused = await call(Buffer.from(byte), "application/json");
		expect(refused.status).toBe(400);
		expect(await refused.json()).toMatchObject({
			id: null,
			error: { code: -32_700, message: expect.stringContaining("not UTF-8") },
		});
	}
	for (const charset of ["iso-8859-1", '"latin1"', "utf-16"]) {
		const refused = await call(
			Buffer.from([0xfc]),
			`application/json; charset=${charset}`,
		);
		expect(refused.status, charset).toBe(415);
		expect(JSON.stringify(await refused.json())).toContain("charset");
	}
	for (const charset of ["utf-8", "UTF-8", '"utf-8"', "utf8"]) {
		// It is read: what is missing is a session.
		const read = await call(
			Buffer.from("ü"),
			`application/json; charset=${charset}`,
		);
		expect(JSON.stringify(await read.json()), charset).toContain("no session");
	}
});
