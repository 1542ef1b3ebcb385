import { spawn } from "node:child_process";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveHttp, stdioWire } from "../../src/server/index.js";
import { bounded, fastClock, openPlace, type Place } from "./world.js";

/*
 * Tens of megabytes of values that are short, or of one that is long, as another process sends them: through a pipe,
 * as a line of stdin, and through HTTP.
 */

/** What is sent: a part so many times between two others. In the part `#` stands for its number. */
interface Sent {
	readonly head?: string;
	readonly part: string;
	readonly count: number;
	readonly tail?: string;
	/** Stands for `@` in the part, so many times. */
	readonly inner?: readonly [string, number];
}

/** Sends what its argument says to its stdout or to a URL, and prints what is answered there. */
const SENDER = `
const { head = "", part: given, count, inner = ["@", 1], tail = "", url, headers } = JSON.parse(process.argv[1]);
const part = given.replace("@", inner[0].repeat(inner[1]));
function* pieces() {
	let piece = head;
	for (let n = 0; n < count; n++) {
		piece += part.replace("#", n);
		if (piece.length < 60000) continue;
		yield piece;
		piece = "";
	}
	yield piece + tail;
}
const { Readable } = require("node:stream");
const body = Readable.from(pieces());
if (url === undefined) body.pipe(process.stdout);
else
	body.pipe(require("node:http").request(url, { method: "POST", headers }, (response) => response.pipe(process.stdout)));
`;

function send(sent: Sent & { url?: string; headers?: object }) {
	return spawn(process.execPath, ["-e", SENDER, JSON.stringify(sent)], {
		stdio: ["ignore", "pipe", "inherit"],
	});
}

let place: Place;
let http: Awaited<ReturnType<typeof serveHttp>>;
beforeAll(async () => {
	place = openPlace();
	await place.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
		],
	});
	http = await serveHttp(place.make, {
		host: "127.0.0.1",
		port: 0,
		token: undefined,
		log: () => {},
		clock: fastClock(1),
		redact: (text) => text,
	});
});
afterAll(async () => {
	await http.close();
	await place.close();
});

const ID = '"jsonrpc":"2.0","id":1,"method":"tools/call"';
/** A call of `create_records` whose records begin so, end so, and hold a part so many times. */
const records = (
	part: string,
	count: number,
	[begin, end]: readonly [string, string] = ["[", "1]"],
): Sent => ({
	head: `{${ID},"params":{"name":"create_records","arguments":{"table":"Orders","dry_run":true,"records":${begin}`,
	part,
	count,
	tail: `${end}}}}\n`,
});
const TOO_MANY = /more than 300000 values.*import_records/;

/** By what is sent: how, and the words of the answer. */
const MESSAGES: Readonly<Record<string, readonly [Sent, RegExp]>> = {
	"20 MB of empty objects": [records("{},", 7_000_000), TOO_MANY],
	"20 MB of numbers": [records("1,", 10_000_000), TOO_MANY],
	"20 MB of lists in lists": [records("[[[[1]]]],", 2_000_000), TOO_MANY],
	"20 MB of objects of other names": [
		records('{"k#":1},', 1_500_000),
		TOO_MANY,
	],
	"20 MB of one object's names": [
		records('"k#":1,', 1_500_000, ['[{"fields":{', '"z":1}}]']),
		TOO_MANY,
	],
	"20 MB whose id comes last": [
		{
			head: '{"params":{"name":"list_tables","arguments":{"a":[',
			part: "{},",
			count: 7_000_000,
			tail: `1]}},${ID}}\n`,
		},
		TOO_MANY,
	],
	"299,000 empty objects": [
		records("{},", 299_000),
		/records\[299000\]: the number 1 was given/,
	],
	"299,000 numbers": [records("1,", 299_000), /was given/],
	"149,000 objects of other names": [
		records('{"k#":1},', 149_000),
		/records\[149000\]: the number 1 was given/,
	],
	"49,000 names of one record": [
		records('"k#":1,', 49_000, ['[{"fields":{', '"z":1}}]']),
		/REFUSED: nothing was written/,
	],
	"299,000 values of one cell": [
		records("1,", 299_000, ['[{"fields":{"Amount":[', "1]}}]"]),
		/REFUSED|bad_argument/,
	],
	"299,000 lists of one cell": [
		records("[],", 299_000, ['[{"fields":{"Title":[', "1]}}]"]),
		/REFUSED|bad_argument/,
	],
	"99,000 records of one cell": [
		records('{"fields":{"Amount":#}},', 99_000, ["[", '{"fields":{}}]']),
		/DRY RUN/,
	],
	"nested 50,000 deep, three times": [
		records(`${"[".repeat(50_000)}${"]".repeat(50_000)},`, 3),
		/nests deeper than/,
	],
	"60 MB of nothing but blanks": [records(" ", 60_000_000), /was given/],
	"a number of 60 million digits": [records("1", 60_000_000), /not JSON/],
	"8 MB of empty objects as JSON text": [
		records("{},", 2_500_000, ['"[', '1]"']),
		/JSON text of more than 300000 values/,
	],
	"900 KB of empty objects as JSON text": [
		records("{},", 299_000, ['"[', '1]"']),
		/is missing|was given/,
	],
	"100 records of 400 KB of JSON text": [
		{ ...records('"[@1]",', 100), inner: ["{},", 130_000] },
		/was given/,
	],
	"a filter of 500 KB of JSON texts in each of its parts": [
		{
			head: `{${ID},"params":{"name":"query_records","arguments":{"table":"Orders","filter":{"conditions":[`,
			part: '"{\\"a\\":[@1]}",',
			inner: ["{},", 130_000],
			count: 40,
			tail: '"x"]}}}}\n',
		},
		/500000 characters|was given/,
	],
};

const wordsOf = (answer: {
	readonly error?: { readonly message: string };
	readonly result?: { readonly content: readonly { readonly text: string }[] };
}): string => answer.error?.message ?? answer.result?.content[0]?.text ?? "";

test.each(Object.keys(MESSAGES))(
	"%s on stdin",
	async (title) => {
		const [sent, words] = MESSAGES[title] as (typeof MESSAGES)[string];
		const out = new PassThrough();
		const answers = out.take(2).toArray();
		const server = place.make();
		const said = await bounded(`${title} on stdin`, async () => {
			const child = send(sent);
			await server.connect(stdioWire(child.stdout, out));
			return once(out, "data");
		});
		void answers;
		const answer = JSON.parse(String(said[0]));
		expect(answer.id).toBe(title.startsWith("a number") ? null : 1);
		expect(wordsOf(answer).slice(0, 3_000)).toMatch(words);
		await server.close();
	},
	120_000,
);

test.each(Object.keys(MESSAGES))(
	"%s through HTTP",
	async (title) => {
		const [sent, words] = MESSAGES[title] as (typeof MESSAGES)[string];
		const url = `http://127.0.0.1:${http.port}/mcp`;
		const headers = {
			"content-type": "application/json",
			accept: "application/json, text/event-stream",
		};
		const opened = await fetch(url, {
			method: "POST",
			headers,
			body: JSON.stringify({
				jsonrpc: "2.0",
				id: 0,
				method: "initialize",
				params: {
					protocolVersion: "2025-06-18",
					capabilities: {},
					clientInfo: { name: "bounds", version: "0" },
				},
			}),
		});
		await opened.text();
		const session = { "mcp-session-id": opened.headers.get("mcp-session-id") };
		const said = await bounded(`${title} through HTTP`, async () => {
			const child = send({ ...sent, url, headers: { ...headers, ...session } });
			let text = "";
			for await (const piece of child.stdout) text += piece;
			return text;
		});
		const answer = JSON.parse(/^(?:data: )?(\{.*)$/m.exec(said)?.[1] ?? "{}");
		expect(answer.id).toBe(title.startsWith("a number") ? null : 1);
		expect(wordsOf(answer).slice(0, 3_000)).toMatch(words);
	},
	120_000,
);
