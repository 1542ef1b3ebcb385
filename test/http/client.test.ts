import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Dispatcher, getGlobalDispatcher } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import { openSecrets } from "../../src/core/values/secrets.js";
import { type Answer, clip, type Judged } from "../../src/http/answer.js";
import { memoryStore, openBuckets } from "../../src/http/buckets.js";
import { type Client, createClient } from "../../src/http/client.js";
import type { Endpoint } from "../../src/http/endpoint.js";
import { checkedOrigin } from "../../src/http/url.js";
import { virtualClock } from "../clock.js";
import { failureOf, seededRandom } from "../conformance/session.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import {
	type FakeRequest,
	type FakeResponse,
	jsonResponse,
} from "../fakes/fake.js";

const ORIGIN = "https://api.example.com";

const read = {
	name: "list rows",
	method: "GET",
	path: "/rows/{table}",
	kind: "read",
	repeatable: true,
} as const satisfies Endpoint;
const write = {
	name: "make rows",
	method: "POST",
	path: "/rows/{table}",
	kind: "write",
	repeatable: false,
} as const satisfies Endpoint;

type Script = (request: FakeRequest, nth: number) => FakeResponse;

/** What the vendor of these tests says: `{ok: …}` or `{error: code, wait?}`. */
function judge({ json }: Answer): Judged {
	const { ok, error, wait } = json as {
		ok?: unknown;
		error?: string;
		wait?: number;
	};
	if (error === undefined) return { ok };
	const failure = new TablesError(
		error === "token" ? "auth" : (error as "busy"),
		`the vendor says ${error}`,
		wait === undefined ? {} : { retryAfterMs: wait },
	);
	return error === "token" ? { failure, token: true } : { failure };
}

/** A client whose vendor answers by a script. */
function scripted(
	script: Script,
	more: Partial<Parameters<typeof createClient>[0]> = {},
) {
	const clock = virtualClock();
	const requests: (FakeRequest & { readonly atMs: number })[] = [];
	const start = clock.now();
	const dispatcher = new FakeDispatcher(
		{
			[ORIGIN]: {
				log: [],
				handle(request) {
					requests.push({ ...request, atMs: clock.now() - start });
					return script(request, requests.length);
				},
			},
		},
		clock,
	);
	const logged: string[] = [];
	const client = createClient({
		title: "Example",
		origin: ORIGIN,
		dispatcher,
		timing: clock,
		random: seededRandom(),
		buckets: openBuckets(memoryStore(), clock),
		account: "account",
		rates: [{ calls: 50, perMs: 1_000, per: "account", kind: "any" }],
		timeoutMs: 20_000,
		authorize: async () => ({ authorization: "Bearer secret-token" }),
		judge,
		secrets: openSecrets([]),
		log: (level, message) => logged.push(`${level} ${message}`),
		...more,
	});
	return {
		client,
		clock,
		requests,
		logged,
		elapsed: () => clock.now() - start,
	};
}

const at = { params: { table: "t1" }, table: "t1" };
const now = { priority: "interactive" } as const;
const ok = (value: unknown) => jsonResponse(200, { ok: value });
const error = (code: string, wait?: number) =>
	jsonResponse(200, { error: code, ...(wait === undefined ? {} : { wait }) });
const send = (client: Client, endpoint: Endpoint) =>
	client.call(endpoint, at, now);

describe("a call", () => {
	test("is sent as it is said", async () => {
		const { client, requests, logged } = scripted(() => ok([1]), {
			headers: { "x-own": "yes", authorization: "never" },
		});
		const answer = await client.call(
			write,
			{
				params: { table: "a/b ü?" },
				query: [
					["fields[]", "名称, x"],
					["absent", undefined],
					["empty", ""],
				],
				json: { cell: "very private" },
			},
			now,
		);
		expect(answer).toEqual([1]);
		const [request] = requests;
		expect(request?.path).toBe("/rows/a%2Fb%20%C3%BC%3F");
		expect(request?.query).toBe(
			"fields%5B%5D=%E5%90%8D%E7%A7%B0%2C%20x&empty=",
		);
		expect(request?.headers).toMatchObject({
			"x-own": "yes",
			authorization: "Bearer secret-token",
			"content-type": expect.stringContaining("application/json"),
		});
		expect(String(request?.body)).toBe('{"cell":"very private"}');
		expect(logged.join()).toContain("POST /rows/{table} 200");
		expect(logged.join()).not.toMatch(/private|secret|名称/);
	});

	test("names the vendor's clock", async () => {
		const { client, clock } = scripted(() => ({
			...ok(1),
			headers: {
				"content-type": "application/json",
				date: new Date(clock.now() + 90_000).toUTCString(),
			},
		}));
		expect(client.clockOffsetMs()).toBeUndefined();
		await send(client, read);
		expect(client.clockOffsetMs()).toBe(90_000);
	});

	test("cannot leave its place", async () => {
		const { client, requests } = scripted(() => ok(1));
		for (const table of [".", ".."])
			expect(
				(await failureOf(client.call(read, { params: { table } }, now))).code,
			).toBe("not_found");
		expect((await failureOf(client.call(read, {}, now))).code).toBe("internal");
		expect(requests).toEqual([]);
	});

	test("waits for its turn in the bucket of its table, base or account", async () => {
		const rate = { calls: 1, perMs: 10_000, kind: "any" } as const;
		const { client, elapsed } = scripted(() => ok(1), {
			rates: [
				{ ...rate, per: "table" },
				{ calls: 3, perMs: 10_000, per: "account", kind: "write" },
			],
		});
		await client.call(read, at, now);
		await client.call(read, { ...at, table: "t2" }, now);
		expect(elapsed()).toBe(0);
		await client.call(read, at, now);
		expect(elapsed()).toBeGreaterThanOrEqual(10_000);
		for (const table of ["t3", "t4", "t5"])
			await client.call(write, { ...at, table }, now);
		const before = elapsed();
		await client.call(write, { ...at, table: "t6" }, now);
		expect(elapsed() - before).toBeGreaterThanOrEqual(10_000);
	});
});

describe("what was not done", () => {
	test("a refused connection is tried again, then told: nothing was sent", async () => {
		const { client, elapsed } = scripted(() => ok(1), {
			origin: "https://nobody.example.com",
		});
		const failure = await failureOf(send(client, write));
		expect(failure.code).toBe("unreachable");
		expect(failure.message).toContain("nothing was sent");
		expect(failure.message).toContain("ECONNREFUSED");
		expect(failure.next).toContain("base URL");
		expect(elapsed()).toBeGreaterThan(4_000);
	});

	test.each(["throttled", "busy"])(
		"%s is repeated, also a write",
		async (code) => {
			const { client, requests } = scripted((_, nth) =>
				nth < 3 ? error(code, 2_000) : ok("done"),
			);
			expect(await send(client, write)).toBe("done");
			const gaps = requests.map(({ atMs }) => atMs);
			expect(gaps).toHaveLength(3);
			expect((gaps[1] ?? 0) - (gaps[0] ?? 0)).toBeGreaterThanOrEqual(2_000);
		},
	);

	test("a wait that nobody has the patience for is reported at once", async () => {
		const { client, requests, elapsed } = scripted(() =>
			error("throttled", 60_000),
		);
		const failure = await failureOf(send(client, write));
		expect(failure).toMatchObject({ code: "throttled", retryAfterMs: 60_000 });
		expect(requests).toHaveLength(1);
		expect(elapsed()).toBe(0);
	});

	test("a throttled call pauses others of its bucket", async () => {
		const { client, requests } = scripted((_, nth) =>
			nth === 1 ? error("throttled", 5_000) : ok(1),
		);
		const first = send(client, read);
		while (requests.length === 0) await new Promise(setImmediate);
		await new Promise(setImmediate);
		await new Promise(setImmediate);
		await Promise.all([first, send(client, read)]);
		expect(requests[1]?.atMs).toBeGreaterThanOrEqual(5_000);
	});

	test.each(["bad_value", "not_allowed", "quota_spent", "not_found"])(
		"%s is not repeated",
		async (code) => {
			const { client, requests } = scripted(() => error(code));
			expect((await failureOf(send(client, read))).code).toBe(code);
			expect(requests).toHaveLength(1);
		},
	);
});

describe("what nobody knows", () => {
	const LOST: readonly (readonly [string, FakeResponse, RegExp])[] = [
		[
			"reset after sending",
			{ status: 0, broken: "no-answer" },
			/UND_ERR_SOCKET/,
		],
		[
			"reset inside the answer",
			{ ...ok("x".repeat(100)), broken: "mid-body" },
			/UND_ERR_SOCKET/,
		],
		[
			"no answer in time",
			{ ...ok(1), delayMs: 90_000 },
			/no answer within 20 s/,
		],
		[
			"502 in HTML",
			{ status: 502, body: "<html><h1>Bad   gateway</h1></html>" },
			/HTTP 502 Bad gateway/,
		],
		[
			"done, in words that are not JSON",
			{ status: 200, body: '{"ok":' },
			/HTTP 200 \{"ok":/,
		],
	];

	test.each(LOST)("a write: %s", async (_, response, says) => {
		const { client, requests } = scripted(() => response);
		const failure = await failureOf(send(client, write));
		expect(failure.code).toBe("outcome_unknown");
		expect(failure.message).toMatch(says);
		expect(failure.message).toContain('"make rows"');
		expect(failure.next).toContain("Look whether it was done");
		expect(requests).toHaveLength(1);
	});

	test.each(LOST)(
		"an idempotent write is sent again: %s",
		async (_, response) => {
			const { client, requests } = scripted((_request, nth) =>
				nth === 1 ? response : ok("done"),
			);
			expect(await send(client, { ...write, repeatable: true })).toBe("done");
			expect(requests).toHaveLength(2);
		},
	);

	test.each(LOST.slice(0, 4))(
		"a read is repeated: %s",
		async (_, response, says) => {
			const { client, requests } = scripted((_request, nth) =>
				nth < 2 ? response : ok("rows"),
			);
			expect(await send(client, read)).toBe("rows");
			expect(requests).toHaveLength(2);
			const never = scripted(() => response);
			const failure = await failureOf(send(never.client, read));
			expect(failure.code).toBe("unreachable");
			expect(failure.message).toMatch(says);
			expect(never.requests.length).toBeGreaterThan(1);
			expect(never.elapsed()).toBeLessThan(60_000);
		},
	);

	test("a read answered by something that is not JSON is broken", async () => {
		const { client, requests } = scripted(() => ({
			status: 200,
			body: "<title>Please log in</title>",
		}));
		const failure = await failureOf(send(client, read));
		expect(failure.code).toBe("broken");
		expect(failure.message).toContain("Please log in");
		expect(failure.message).not.toContain("<title>");
		expect(failure.next).toContain("proxy");
		expect(requests).toHaveLength(1);
	});

	test.each([302, 403, 404])(
		"a page of %i proves nothing of a write: anybody between may have sent it",
		async (status) => {
			const { client, requests } = scripted(() => ({
				status,
				headers: { location: "https://elsewhere.example.com/" },
				body: "not here",
			}));
			const failure = await failureOf(send(client, write));
			expect(failure.code).toBe("outcome_unknown");
			expect(failure.message).toContain(`HTTP ${status}`);
			expect(requests).toHaveLength(1);
		},
	);
});

test("a redirect is not followed: the credential stays", async () => {
	const { client, requests } = scripted(() => ({
		status: 302,
		headers: { location: "https://elsewhere.example.com/rows" },
		body: "",
	}));
	const failure = await failureOf(send(client, read));
	expect(failure.code).toBe("broken");
	expect(failure.message).toContain("redirect");
	expect(requests).toHaveLength(1);
});

describe("a token", () => {
	const renewing = (script: Script) => {
		const refused: unknown[] = [];
		let token = 1;
		return {
			refused,
			...scripted(script, {
				authorize: async () => ({ authorization: `Bearer ${token}` }),
				refuseToken(headers) {
					refused.push(headers);
					token++;
				},
			}),
		};
	};

	test("that was refused is fetched again once, also for a write", async () => {
		const { client, refused, requests } = renewing((request) =>
			request.headers.authorization === "Bearer 2" ? ok(1) : error("token"),
		);
		expect(await send(client, write)).toBe(1);
		expect(refused).toEqual([{ authorization: "Bearer 1" }]);
		expect(requests).toHaveLength(2);
	});

	test("that is refused twice is reported", async () => {
		const { client, refused, requests } = renewing(() => error("token"));
		expect((await failureOf(send(client, read))).code).toBe("auth");
		expect(refused).toHaveLength(2);
		expect(requests).toHaveLength(2);
	});

	test("may travel in the query", async () => {
		const { client, requests } = scripted(() => ok(1));
		await send(client, { ...read, tokenParameter: "access_token" });
		expect(requests[0]?.query).toBe("access_token=Bearer%20secret-token");
		expect(requests[0]?.headers.authorization).toBeUndefined();
	});
});

describe("cancelled", () => {
	const stopping = () => {
		const stop = new AbortController();
		return { stop, options: { ...now, signal: stop.signal } };
	};

	test("while it waits for its turn: nothing is sent", async () => {
		const { client, requests } = scripted(() => ok(1), {
			rates: [{ calls: 1, perMs: 1_000, per: "account", kind: "any" }],
		});
		const { stop, options } = stopping();
		await send(client, read);
		const waiting = client.call(write, at, options);
		stop.abort();
		expect((await failureOf(waiting)).code).toBe("cancelled");
		expect(requests).toHaveLength(1);
	});

	test("before it began", async () => {
		const { client, requests } = scripted(() => ok(1));
		const options = { ...now, signal: AbortSignal.abort() };
		expect((await failureOf(client.call(write, at, options))).code).toBe(
			"cancelled",
		);
		expect(requests).toEqual([]);
	});

	test("while it is under way: a read ends, of a write nobody knows", async () => {
		for (const [endpoint, code] of [
			[read, "cancelled"],
			[write, "outcome_unknown"],
		] as const) {
			const { stop, options } = stopping();
			const { client, requests } = scripted(() => {
				stop.abort();
				return { ...ok(1), delayMs: 5_000 };
			});
			const failure = await failureOf(client.call(endpoint, at, options));
			expect(failure.code).toBe(code);
			expect(requests).toHaveLength(1);
		}
	});

	test("while it waits to be repeated", async () => {
		const { stop, options } = stopping();
		const { client, requests, clock } = scripted(() => {
			void clock.sleep(100).then(() => stop.abort());
			return error("busy", 10_000);
		});
		expect((await failureOf(client.call(write, at, options))).code).toBe(
			"cancelled",
		);
		expect(requests).toHaveLength(1);
	});

	test("with a reason of our own, that is what is reported", async () => {
		const reason = new TablesError(
			"busy",
			"the time that one call may take was over",
		);
		const { client } = scripted(() => ok(1));
		const options = { ...now, signal: AbortSignal.abort(reason) };
		expect(await failureOf(client.call(read, at, options))).toBe(reason);
	});
});

describe("over real sockets", () => {
	/** Time-outs never come, waits are over at once. */
	const timing = {
		now: () => 0,
		sleep: (ms: number) =>
			ms >= 20_000 ? new Promise<void>(() => {}) : Promise.resolve(),
	};
	const client = (origin: string, dispatcher?: Dispatcher) =>
		createClient({
			title: "Example",
			origin,
			dispatcher: dispatcher ?? getGlobalDispatcher(),
			timing,
			random: () => 0,
			buckets: openBuckets(memoryStore(), timing),
			account: "account",
			rates: [],
			timeoutMs: 20_000,
			authorize: async () => ({ authorization: "Bearer secret-token" }),
			judge,
			secrets: openSecrets([]),
			log: () => {},
		});
	const served = async (
		answer: Parameters<typeof createServer>[1],
	): Promise<string> => {
		const server = createServer(answer as never);
		await new Promise<void>((resolve) =>
			server.listen(0, "127.0.0.1", resolve),
		);
		onTestFinished(() => {
			server.closeAllConnections();
			server.close();
		});
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	};

	test("a closed port: nothing was sent", async () => {
		const server = createServer();
		await new Promise<void>((resolve) =>
			server.listen(0, "127.0.0.1", resolve),
		);
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		const failure = await failureOf(
			send(client(`http://127.0.0.1:${port}`), write),
		);
		expect(failure.code).toBe("unreachable");
		expect(failure.message).toContain("nothing was sent");
	});

	test("a connection that breaks after sending, or inside the answer", async () => {
		let calls = 0;
		const origin = await served((request, response) => {
			calls++;
			request.resume();
			request.on("end", () => {
				if (request.url?.endsWith("t1")) request.socket.destroy();
				else {
					response.writeHead(200, { "content-length": "100" });
					response.write('{"ok":');
					setImmediate(() => request.socket.destroy());
				}
			});
		});
		for (const table of ["t1", "t2"]) {
			const failure = await failureOf(
				client(origin).call(write, { params: { table }, json: { a: 1 } }, now),
			);
			expect(failure.code).toBe("outcome_unknown");
		}
		expect(calls).toBe(2);
	});

	test("a body that is streamed arrives whole, and again for a repeat", async () => {
		const bodies: string[] = [];
		const origin = await served(async (request, response) => {
			let text = "";
			for await (const chunk of request) text += chunk;
			bodies.push(text);
			const first = bodies.length === 1;
			response.writeHead(200, { "content-type": "application/json" });
			response.end(JSON.stringify(first ? { error: "busy" } : { ok: 1 }));
		});
		await client(origin).call(
			write,
			{
				...at,
				body: {
					type: "text/plain",
					length: 6,
					async *stream() {
						yield Buffer.from("abc");
						yield Buffer.from("def");
					},
				},
			},
			now,
		);
		expect(bodies).toEqual(["abcdef", "abcdef"]);
	});
});

describe("origins", () => {
	test.each([
		["https://aitable.ai", "https://aitable.ai"],
		["https://tables.example.com/prefix/", "https://tables.example.com/prefix"],
		["http://127.0.0.1:8080/", "http://127.0.0.1:8080"],
		["http://localhost:1", "http://localhost:1"],
		["http://[::1]:1", "http://[::1]:1"],
	])("%s is one", (text, origin) => {
		expect(checkedOrigin(text)).toBe(origin);
	});

	test.each([
		"http://aitable.ai",
		"http://127.0.0.1.example.com",
		"http://10.0.0.1",
		"ftp://aitable.ai",
		"https://user:secret@aitable.ai",
		"https://aitable.ai?x=1",
		"https://aitable.ai#x",
		"aitable.ai",
		"",
	])("%s is not one", (text) => {
		expect(() => checkedOrigin(text)).toThrow("is not a base URL");
	});
});

test.each([
	[{ "retry-after": "3" }, 3_000],
	[{ "retry-after": "0.5" }, 500],
	[
		{
			"retry-after": "Fri, 20 Nov 2026 04:00:30 GMT",
			date: "Fri, 20 Nov 2026 04:00:10 GMT",
		},
		20_000,
	],
	// The clock of these tests begins at four.
	[{ "retry-after": "Fri, 20 Nov 2026 04:00:30 GMT" }, 30_000],
	[{ "retry-after": "soon" }, 1_000],
	[{ "retry-after": "" }, 1_000],
	[{}, 1_000],
])(
	"429 with %o is repeated after %i ms, beside JSON as well",
	async (headers, ms) => {
		for (const body of ["slow down", '{"error":"throttled"}']) {
			const { client, requests } = scripted((_, nth) =>
				nth === 1 ? { status: 429, headers, body } : ok(1),
			);
			await send(client, write);
			expect(requests[1]?.atMs).toBeGreaterThanOrEqual(ms);
			expect(requests[1]?.atMs).toBeLessThan(ms * 1.1 + 1_100);
		}
	},
);

test("a text for a message is short and without markup", () => {
	expect(clip("<p>one\n\n two</p>")).toBe("one two");
	expect(clip("x".repeat(500))).toHaveLength(201);
});
