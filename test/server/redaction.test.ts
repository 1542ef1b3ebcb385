import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactIn, redactor, wordsOf } from "../../src/core/values/redact.js";
import { makeLog } from "../../src/session.js";
import { virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { Fake } from "../fakes/fake.js";
import { AITABLE } from "../vendors/fusion/fusion-session.js";
import { connected, joined, openServer } from "./client.js";
import { overHttp, overPipe, toolCall } from "./raw.js";

const TOKEN = 'usk"7/Zq+é x\\9=tok';
const BEARER = "open-sesame-2026";
const SECRETS = [TOKEN, BEARER];

/** Every way in which texts carry a secret. */
const FORMS: readonly ((secret: string) => string)[] = [
	(secret) => secret,
	(secret) => JSON.stringify(secret),
	(secret) => JSON.stringify(JSON.stringify(secret)),
	(secret) =>
		[...secret]
			.map(
				(character) =>
					`\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
			)
			.join(""),
	encodeURIComponent,
	(secret) => encodeURIComponent(encodeURIComponent(secret)),
	(secret) => new URLSearchParams({ token: secret }).toString(),
	(secret) =>
		`https://vendor.example/a?key=${encodeURIComponent(secret).replace(/%../g, (hex) => hex.toLowerCase())}`,
	(secret) => Buffer.from(secret).toString("hex").replace(/../g, "%$&"),
	...[0, 1, 2, 3].flatMap((before) =>
		(["base64", "base64url"] as const).map(
			(alphabet) => (secret: string) =>
				Buffer.from(`${"u".repeat(before)}${secret}:rest`).toString(alphabet),
		),
	),
	(secret) =>
		encodeURIComponent(Buffer.from(`id:${secret}`).toString("base64")),
];

/** Is a secret in this text, in whatever form? By decoding, not by the patterns that are tested. */
function holds(text: string, secret: string): boolean {
	const seen = new Set<string>();
	const look = (given: string, depth: number): boolean => {
		if (given.includes(secret)) return true;
		if (depth === 0 || seen.has(given)) return false;
		seen.add(given);
		const decoded = [
			given.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
				String.fromCharCode(Number.parseInt(hex, 16)),
			),
			given.replace(/\\u([0-9a-f]{4})/gi, (_, hex) =>
				String.fromCharCode(Number.parseInt(hex, 16)),
			),
			given.replace(/\\(["\\/])/g, "$1"),
			given.replaceAll("+", " "),
			Buffer.from(given, "latin1").toString("utf8"),
		];
		if (decoded.some((next) => next !== given && look(next, depth - 1)))
			return true;
		return [...given.matchAll(/[A-Za-z0-9+/_-]{8,}/g)].some(([run]) =>
			[0, 1, 2, 3].some((skip) =>
				Buffer.from(run.slice(skip), "base64").includes(secret),
			),
		);
	};
	return look(text, 4);
}

describe("a redactor", () => {
	const redact = redactor(SECRETS);

	test("leaves no form of a secret in a text", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...SECRETS),
				fc.constantFrom(...FORMS),
				fc.string(),
				fc.string(),
				(secret, form, before, after) => {
					const carried = form(secret);
					// The measure itself must see what is to be taken out.
					if (!/^%/.test(carried))
						expect(holds(carried, secret) || carried.includes("%")).toBe(true);
					const text = redact(`${before} ${carried} ${after}`);
					expect(text).toContain("[secret]");
					expect(holds(text, secret)).toBe(false);
				},
			),
			{ numRuns: 500 },
		);
	});

	test("takes it out of every place of a value, names included, and loses none of them", () => {
		const value = { [TOKEN]: 1, [BEARER]: [{ deep: { a: `x ${TOKEN}` } }] };
		expect(redactIn(value, redact)).toEqual({
			"[secret]": 1,
			"[secret] 2": [{ deep: { a: "x [secret]" } }],
		});
	});

	test("takes out the start of one before the mark of a cut", () => {
		for (const mark of ["…", "…[cut]"])
			expect(redact(`name ${BEARER.slice(0, 9)}${mark} end`)).toBe(
				`name [secret]${mark} end`,
			);
		expect(redact("so open…")).toBe("so open…");
	});

	test("leaves answers readable whatever the secrets are", () => {
		const own = wordsOf(() => "query_records table Done connection");
		const text =
			"connection table 1 of 2026-11-20: records done, abcdefg, a1, 1234 abcd";
		for (const secret of [
			"a",
			"a1",
			"e",
			"2026",
			"1234",
			"table",
			"Connection",
			"data",
			"",
		])
			expect(redactor([secret], own)(text)).toBe(text);
		expect(redactor(["abcd"], own)(text)).toBe(
			"connection table 1 of 2026-11-20: records done, abcdefg, a1, 1234 [secret]",
		);
		expect(redactor(["abcdefgh"], own)("xxabcdefghxx")).toBe("xx[secret]xx");
	});

	test("of a very long secret and a very long text takes no time", () => {
		const secret = "aB3_".repeat(600);
		const started = performance.now();
		expect(
			redactor([secret])(`${"aB3_".repeat(100_000)}x${secret}`),
		).not.toContain(secret);
		expect(performance.now() - started).toBeLessThan(2_000);
	});
});

/** A vendor that answers with secrets wherever it can. */
function loud(text: string): Fake {
	return {
		handle: () => ({
			status: 200,
			headers: { "content-type": "application/json", "x-log-id": text },
			body: JSON.stringify({
				success: false,
				code: 500,
				message: text,
				data: { [text]: text, spaces: [{ id: text, name: text }] },
			}),
		}),
	} as unknown as Fake;
}

test("nothing that leaves the server holds a secret, wherever the vendor puts it", async () => {
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(...SECRETS),
			fc.constantFrom(...FORMS),
			async (secret, form) => {
				const clock = virtualClock();
				const lines: string[] = [];
				const server = openServer({
					clock,
					environment: {
						AITABLE_TOKEN: TOKEN.trim(),
						TABLES_MCP_HTTP_TOKEN: BEARER,
					},
					dispatcher: new FakeDispatcher(
						{ [AITABLE]: loud(`before ${form(secret)} after`) },
						clock,
					),
					log: (level, message) =>
						makeLog("debug", redactor(SECRETS), (line) => lines.push(line))(
							level,
							message,
						),
				});
				const client = await overPipe(server.make);
				for (const [index, call] of [
					toolCall(0, "list_tables", {}),
					toolCall(1, "query_records", { table: form(secret) }),
					toolCall(2, secret, { [secret]: secret }),
				].entries()) {
					client.send(call);
					await client.receive(({ id }) => id === index);
				}
				// What the vendor said has come through.
				const listed = client.received.find(({ id }) => id === 0);
				expect(JSON.stringify(listed)).toContain("[secret]");
				const all = JSON.stringify(client.received) + lines.join("\n");
				for (const each of SECRETS) expect(holds(all, each)).toBe(false);
			},
		),
		{ numRuns: 25 },
	);
});

describe("names in tables that hold a secret", () => {
	const NAME = `Plan ${BEARER}`;

	test("are taken out of answers, both blocks, questions, progress and HTTP bodies", async () => {
		const clock = virtualClock();
		const server = openServer({
			clock,
			environment: { TABLES_MCP_HTTP_TOKEN: BEARER },
		});
		const client = await joined(server, {
			person: () => {
				clock.advance(5_000);
				return { action: "decline" };
			},
		});
		await client.ok("create_table", {
			name: NAME,
			fields: [
				{ name: "Name", type: "text" },
				{ name: `Field ${BEARER}`, type: "attachment" },
			],
		});
		const long = `${"x".repeat(72)} ${BEARER}`;
		await client.ok("create_table", {
			name: long,
			fields: [{ name: BEARER, type: "text" }],
		});
		for (const table of [NAME, long])
			await client.refused("delete_table", { table });
		const http = await (await overHttp(server.make)).client();
		for (const [index, table] of [NAME, long].entries()) {
			await http.post(
				toolCall(
					`fill ${index}`,
					"create_records",
					{
						table,
						records: [
							{
								fields: {
									[table === NAME ? "Name" : BEARER]:
										`${"y".repeat(3_995)}${BEARER}`,
								},
							},
						],
					},
					{ progressToken: index },
				),
			);
			await http.post(toolCall(`read ${index}`, "query_records", { table }));
			await http.post(
				toolCall(`fields ${index}`, "describe_fields", { table }),
			);
		}
		const all = JSON.stringify([client.asked, http.received]);
		expect(client.asked).toHaveLength(2);
		expect(all).toContain("[secret]");
		expect(all).not.toContain(BEARER.slice(0, 6));
	});

	test("are confirmed as they are shown", async () => {
		const client = await connected({
			environment: { TABLES_MCP_HTTP_TOKEN: BEARER },
		});
		await client.ok("create_table", {
			name: NAME,
			fields: [{ name: "Name", type: "text" }],
		});
		const { text } = await client.refused("delete_table", { table: NAME });
		expect(text).toContain('confirm: "Plan [secret]"');
		await client.ok("delete_table", { table: NAME, confirm: "Plan [secret]" });
	});
});

test("a client's own id and progress token are told back as they came", async () => {
	const server = openServer({ environment: { TABLES_MCP_HTTP_TOKEN: BEARER } });
	const client = await overPipe(server.make);
	client.send({ jsonrpc: "2.0", id: BEARER, method: "ping" });
	expect((await client.receive(({ id }) => id === BEARER)).result).toEqual({});
});
