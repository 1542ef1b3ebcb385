import dns from "node:dns";
import {
	createServer,
	type IncomingMessage,
	type RequestListener,
} from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, isIP } from "node:net";
import { Agent } from "undici";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import { openSecrets } from "../../src/core/values/secrets.js";
import { makeDispatcher } from "../../src/http/dispatcher.js";
import {
	type Download,
	download,
	isPrivate,
	publicOnly,
	upload,
} from "../../src/http/download.js";
import { fileBody } from "../../src/http/multipart.js";
import { failureOf } from "../conformance/session.js";

interface Served {
	readonly origin: string;
	readonly port: number;
	readonly requests: readonly IncomingMessage[];
}

async function served(answer: RequestListener): Promise<Served> {
	const requests: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		requests.push(request);
		void answer(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	return { origin: `http://127.0.0.1:${port}`, port, requests };
}

function optionsFor(
	trusted: readonly string[],
	more: Partial<Download> = {},
): Download {
	const open = new Agent();
	const guarded = makeDispatcher("links");
	onTestFinished(async () => {
		await Promise.all([open.destroy(), guarded.destroy()]);
	});
	return {
		dispatcher: open,
		guarded,
		trusted,
		secrets: openSecrets([]),
		...more,
	};
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
	const pieces: Uint8Array[] = [];
	for await (const piece of bytes) pieces.push(piece);
	return Buffer.concat(pieces).toString();
}

describe("addresses", () => {
	test.each([
		"127.0.0.1",
		"127.255.255.254",
		"10.0.0.1",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"169.254.169.254",
		"100.64.0.1",
		"0.0.0.0",
		"198.18.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::1",
		"::",
		"::ffff:127.0.0.1",
		"::ffff:a00:1",
		"::ffff:192.168.0.1",
		"fe80::1",
		"fd00::1",
		"ff02::1",
		"64:ff9b::7f00:1",
		"2002:7f00:1::",
		"2001:db8::1",
	])("%s is private", (address) => {
		expect(isPrivate(address)).toBe(true);
	});

	test.each([
		"8.8.8.8",
		"172.15.0.1",
		"172.32.0.1",
		"100.128.0.1",
		"1.1.1.1",
		"::ffff:8.8.8.8",
		"2606:4700:4700::1111",
		"2a00:1450:4001::1",
	])("%s is public", (address) => {
		expect(isPrivate(address)).toBe(false);
	});
});

describe("a link", () => {
	test.each([
		["http://127.0.0.1/", "private address 127.0.0.1"],
		["http://2130706433/", "private address 127.0.0.1"],
		["http://0x7f.1/", "private address 127.0.0.1"],
		["http://0177.0.0.1/", "private address 127.0.0.1"],
		["https://[::1]/", "private address ::1"],
		["https://[::ffff:10.0.0.1]/", "private address ::ffff:a00:1"],
		["http://169.254.169.254/latest/meta-data", "169.254.169.254"],
		["http://localhost/", "to this machine"],
		["http://api.localhost:8080/", "to this machine"],
		["http://localhost./", "to this machine"],
		["file:///etc/passwd", "of the kind file:"],
		["ftp://example.com/a", "of the kind ftp:"],
		["data:text/plain,x", "of the kind data:"],
		["/relative", "that is not a URL"],
		["", "that is not a URL"],
	])("%s is not followed", async (link, why) => {
		const failure = await failureOf(download(link, optionsFor([])));
		expect(failure.code).toBe("not_allowed");
		expect(failure.message).toContain(why);
	});

	test("to a name that stands for a private address is not connected to", async () => {
		const { port, requests } = await served((_, response) => response.end("x"));
		named({ "inside.example.com": "127.0.0.1" });
		const failure = await failureOf(
			download(`http://inside.example.com:${port}/`, optionsFor([])),
		);
		expect(failure.code).toBe("not_allowed");
		expect(failure.message).toContain(
			"inside.example.com is not followed: it stands for the private address 127.0.0.1",
		);
		expect(requests).toEqual([]);
	});

	test("of the configured origin is followed, and its credential goes along", async () => {
		const own = await served((_, response) => response.end("bytes"));
		const found = await download(
			`${own.origin}/file`,
			optionsFor([own.origin], { headers: { authorization: "Bearer t" } }),
		);
		expect(await textOf(found)).toBe("bytes");
		expect(own.requests[0]?.headers.authorization).toBe("Bearer t");
	});

	test("that leads to a private address is not followed there", async () => {
		const inner = await served((_, response) => response.end("secret"));
		named({ "inside.example.com": "127.0.0.1" });
		for (const location of [
			`${inner.origin}/admin`,
			`http://localhost.:${inner.port}/admin`,
			`http://inside.example.com:${inner.port}/admin`,
			"file:///etc/passwd",
		]) {
			const own = await served((_, response) => {
				response.writeHead(302, { location });
				response.end();
			});
			const failure = await failureOf(
				download(own.origin, optionsFor([own.origin])),
			);
			expect(failure.code).toBe("not_allowed");
		}
		expect(inner.requests).toEqual([]);
	});

	test("that leads on takes no credential along", async () => {
		const storage = await served((_, response) => response.end("bytes"));
		const own = await served((request, response) => {
			const location =
				request.url === "/a" ? "/b" : `${storage.origin}/signed?x=1`;
			response.writeHead(307, { location });
			response.end();
		});
		const found = await download(
			`${own.origin}/a`,
			optionsFor([own.origin, storage.origin], {
				headers: { authorization: "Bearer t", "x-token": "t" },
			}),
		);
		expect(await textOf(found)).toBe("bytes");
		expect(own.requests.map(({ headers }) => headers.authorization)).toEqual([
			"Bearer t",
			undefined,
		]);
		expect(storage.requests[0]?.url).toBe("/signed?x=1");
		expect(storage.requests[0]?.headers).not.toHaveProperty("authorization");
		expect(storage.requests[0]?.headers).not.toHaveProperty("x-token");
	});

	test("that leads in a circle is given up", async () => {
		const own = await served((_, response) => {
			response.writeHead(302, { location: "/again" });
			response.end();
		});
		const failure = await failureOf(
			download(own.origin, optionsFor([own.origin])),
		);
		expect(failure.message).toContain("more than 5 redirects");
		expect(own.requests).toHaveLength(6);
	});

	test.each([
		[404, "not_found"],
		[410, "not_found"],
		[403, "not_found"],
		[500, "unreachable"],
		[304, "unreachable"],
	])("that answers %i is %s", async (status, code) => {
		const own = await served((_, response) => {
			response.writeHead(status);
			response.end(status === 304 ? undefined : "<b>no</b>");
		});
		const failure = await failureOf(
			download(own.origin, optionsFor([own.origin])),
		);
		expect(failure).toMatchObject({ code, vendor: { status } });
		expect(failure.next).toContain("Links expire");
	});

	test("is judged by the vendor where it is the vendor's own and answers JSON", async () => {
		const own = await served((request, response) => {
			response.writeHead(200, {
				"content-type": "application/json",
				...(request.url === "/file"
					? { "content-disposition": "attachment" }
					: {}),
			});
			response.end('{"code":7}');
		});
		const options = optionsFor([own.origin], {
			judge: ({ json }) =>
				new TablesError("not_allowed", `code ${(json as { code: 7 }).code}`),
		});
		expect(
			(await failureOf(download(`${own.origin}/link`, options))).message,
		).toBe("code 7");
		expect(await textOf(await download(`${own.origin}/file`, options))).toBe(
			'{"code":7}',
		);
	});

	test("ends when the call is cancelled", async () => {
		const stop = new AbortController();
		const own = await served(() => stop.abort());
		const failure = await failureOf(
			download(own.origin, optionsFor([own.origin], { signal: stop.signal })),
		);
		expect(failure.code).toBe("cancelled");
	});
});

describe("an upload", () => {
	const body = fileBody({
		name: "a.txt",
		type: "text/plain",
		size: 5,
		read: async () => Buffer.from("hello"),
	});

	test("puts the bytes to the link", async () => {
		const received: string[] = [];
		const storage = await served(async (request, response) => {
			let text = "";
			for await (const chunk of request) text += chunk;
			received.push(
				`${request.method} ${request.url} ${request.headers["content-type"]} ${request.headers["content-length"]} ${text}`,
			);
			response.end();
		});
		await upload(
			`${storage.origin}/put?signature=s`,
			body,
			optionsFor([storage.origin]),
		);
		expect(received).toEqual(["PUT /put?signature=s text/plain 5 hello"]);
	});

	test("goes to no private address, and tells a refusal", async () => {
		expect(
			(await failureOf(upload("http://10.0.0.1/", body, optionsFor([])))).code,
		).toBe("not_allowed");
		const storage = await served((_, response) => {
			response.writeHead(403);
			response.end("<Error><Code>Expired</Code></Error>");
		});
		const failure = await failureOf(
			upload(storage.origin, body, optionsFor([storage.origin])),
		);
		expect(failure.message).toContain("HTTP 403: Expired");
	});
});

describe("a looked up name", () => {
	const ask = (host: string, all: boolean) =>
		new Promise<readonly unknown[]>((resolve) =>
			publicOnly(host, { all }, (...answer) => resolve(answer)),
		);

	test("is answered as asked: one address, or all", async () => {
		named({ "files.example.com": "203.0.114.5" });
		expect(await ask("files.example.com", false)).toEqual([
			null,
			"203.0.114.5",
			4,
		]);
		expect(await ask("files.example.com", true)).toEqual([
			null,
			[{ address: "203.0.114.5", family: 4 }],
		]);
	});

	test("is refused where one of its addresses is private, and fails as it fails", async () => {
		named({ "mixed.example.com": "203.0.114.5 10.0.0.1" });
		expect((await ask("mixed.example.com", true))[0]).toMatchObject({
			code: "not_allowed",
		});
		expect((await ask("nobody.example.com", true))[0]).toMatchObject({
			code: "ENOTFOUND",
		});
	});
});

/** Names of this test only, in place of the machine's resolver. */
function named(hosts: Readonly<Record<string, string>>): void {
	const { lookup } = dns;
	const spy = vi.spyOn(dns, "lookup").mockImplementation(((
		host: string,
		...rest: [object, (error: Error | null, found: readonly object[]) => void]
	) => {
		if (isIP(host)) return lookup(host, ...(rest as unknown as [never]));
		const [, callback] = rest;
		const addresses = hosts[host];
		if (addresses === undefined)
			callback(
				Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), {
					code: "ENOTFOUND",
				}),
				[],
			);
		else
			callback(
				null,
				addresses.split(" ").map((address) => ({ address, family: 4 })),
			);
	}) as never);
	syncBuiltinESMExports();
	onTestFinished(() => {
		spy.mockRestore();
		syncBuiltinESMExports();
	});
}
