import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { request } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeDispatcher } from "../../src/http/dispatcher.js";

const VARIABLES = [
	"http_proxy",
	"https_proxy",
	"no_proxy",
	"HTTP_PROXY",
	"HTTPS_PROXY",
	"NO_PROXY",
];

/** A server, and a proxy that leads to any address by CONNECT. */
async function network() {
	const asked: string[] = [];
	const server = createServer((_: IncomingMessage, response) =>
		response.end("here"),
	);
	const proxy = createServer((incoming, response) => {
		asked.push(incoming.url ?? "");
		response.end("here");
	});
	proxy.on("connect", (incoming, socket) => {
		asked.push(incoming.url ?? "");
		const [host = "", port = ""] = (incoming.url ?? "").split(":");
		const onward = connect(Number(port), host, () => {
			socket.write("HTTP/1.1 200 OK\r\n\r\n");
			onward.pipe(socket).pipe(onward);
		});
		onward.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
		socket.on("error", () => onward.destroy());
	});
	const origins = await Promise.all(
		[server, proxy].map(async (each) => {
			await new Promise<void>((resolve) =>
				each.listen(0, "127.0.0.1", resolve),
			);
			onTestFinished(() => {
				each.closeAllConnections();
				each.close();
			});
			return `http://127.0.0.1:${(each.address() as AddressInfo).port}`;
		}),
	);
	for (const name of VARIABLES) vi.stubEnv(name, undefined);
	onTestFinished(() => void vi.unstubAllEnvs());
	return { origin: origins[0] ?? "", proxy: origins[1] ?? "", asked };
}

async function ask(origin: string): Promise<string> {
	const dispatcher = makeDispatcher("vendor");
	onTestFinished(() => dispatcher.destroy());
	return (await request(origin, { dispatcher })).body.text();
}

describe("connections", () => {
	test("go straight without variables", async () => {
		const { origin, asked } = await network();
		expect(await ask(origin)).toBe("here");
		expect(asked).toEqual([]);
	});

	test("go through the proxy of HTTP_PROXY and HTTPS_PROXY", async () => {
		const { origin, proxy, asked } = await network();
		vi.stubEnv("HTTP_PROXY", proxy);
		expect(await ask(origin)).toBe("here");
		expect(asked).toHaveLength(1);
		expect(asked[0]).toContain(new URL(origin).host);
		vi.stubEnv("HTTP_PROXY", undefined);
		vi.stubEnv("HTTPS_PROXY", proxy);
		// The name resolves nowhere: only the proxy was ever asked for it.
		await expect(ask("https://tables.invalid")).rejects.toThrow();
		expect(asked).toContain("tables.invalid:443");
	});

	test("go round the proxy where NO_PROXY says so", async () => {
		const { origin, proxy, asked } = await network();
		vi.stubEnv("HTTP_PROXY", proxy);
		vi.stubEnv("NO_PROXY", "example.com,127.0.0.1");
		expect(await ask(origin)).toBe("here");
		expect(asked).toEqual([]);
	});
});
