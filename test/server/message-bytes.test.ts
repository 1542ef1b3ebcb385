import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { messageBytes, tooLong } from "../../src/server/message-bytes.js";
import { stdioWire } from "../../src/server/stdio.js";

const MOST = 12;

function read(bytes: Buffer, size: number) {
	const message = messageBytes(MOST);
	for (let at = 0; at < bytes.length; at += size)
		message.add(bytes.subarray(at, at + size));
	return message.end();
}

/** The texts of a message, names too, in their order. */
function textsOf(value: unknown): string[] {
	if (typeof value === "string") return [value];
	if (Array.isArray(value)) return value.flatMap(textsOf);
	return typeof value === "object" && value !== null
		? Object.entries(value).flatMap(([name, part]) => [name, ...textsOf(part)])
		: [];
}

const text = fc.oneof(
	fc.string({ unit: "binary", maxLength: 40 }),
	fc.string({
		unit: fc.constantFrom('"', "\\", "a", "漢", "🙂"),
		maxLength: 40,
	}),
	fc.stringMatching(/^[ ,:{}[\]\d]{0,40}$/),
);
const value = fc.letrec((tie) => ({
	any: fc.oneof(text, fc.integer(), fc.array(tie("any"), { maxLength: 4 })),
})).any;

test("only the inside of texts that are too long is left out, wherever a message is cut", () => {
	fc.assert(
		fc.property(
			fc.array(value, { maxLength: 6 }),
			fc.integer({ min: 1, max: 8 }),
			fc.boolean(),
			(given, size, isEscaped) => {
				const json = JSON.stringify(given);
				const bytes = Buffer.from(
					isEscaped
						? json.replace(
								/[^ -~]/g,
								(one) =>
									`\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
							)
						: json,
				);
				const { bytes: left, long } = read(bytes, size);
				const was = textsOf(JSON.parse(bytes.toString("utf8")));
				const is = textsOf(JSON.parse(left.toString("utf8")));
				expect(is.length).toBe(was.length);
				for (const [index, one] of was.entries()) {
					// What ends within the piece in which it becomes too long may stay.
					if (one.length <= MOST) expect(is[index]).toBe(one);
					else if (one.length > MOST + size) expect(is[index]).toBe("");
					else expect(["", one]).toContain(is[index]);
				}
				const first = was.find((one, index) => one !== is[index]);
				expect(long?.characters).toBe(first?.length);
			},
		),
		{ numRuns: 500 },
	);
});

test("what is left out is said by its beginning and its length", () => {
	const given = `x"\\${"漢".repeat(200)}`;
	const { long } = read(Buffer.from(JSON.stringify({ table: given })), 400);
	expect(long && tooLong(long)).toContain(
		`"${given.slice(0, 100)}…" (${given.length} characters) was given`,
	);
});

test("a request with a text that nothing takes is answered under its id; what comes next is read", async () => {
	const stdin = new PassThrough();
	const stdout = new PassThrough();
	const wire = stdioWire(stdin, stdout);
	const heard: unknown[] = [];
	wire.onmessage = (message) => void heard.push(message);
	await wire.start();
	const request = (table: string) =>
		`${JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "describe_fields", arguments: { table } } })}\n`;
	stdin.write(request("a".repeat(1_000)));
	const long = Buffer.from(request("a".repeat(9_000_000)));
	for (let at = 0; at < long.length; at += 65_536)
		stdin.write(long.subarray(at, at + 65_536));
	stdin.end(request("Orders"));
	const [answer] = await stdout.take(1).toArray();
	expect(JSON.parse(String(answer))).toMatchObject({
		id: 7,
		error: {
			code: -32_602,
			message: expect.stringContaining("(9000000 characters)"),
		},
	});
	expect(heard.length).toBe(2);
});
