import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { Fault } from "../fake.js";
import { type Listening, listen } from "../listen.js";
import { createDingtalkFake, type DingtalkFake, faults } from "./index.js";

interface Capture {
	readonly call: string;
	readonly requests: readonly {
		/** The text on the wire; `chunkSizes` says that it is cut. */
		readonly raw: string;
		readonly chunkSizes?: readonly number[];
	}[];
	readonly result?: { readonly statusCode: number; readonly body?: object };
}

/** What the official client 2.2.27 sent, recorded from the socket. */
const { captures } = JSON.parse(
	readFileSync(
		new URL("../../fixtures/dingtalk/official-client.json", import.meta.url),
		"utf8",
	),
) as { captures: readonly Capture[] };

/** Everything that the recorded requests name, by the same ids. */
function recordedFake(fault?: Fault): DingtalkFake {
	const fake = createDingtalkFake({
		clock: { now: () => Date.UTC(2026, 10, 20) },
		app: { key: "ak", secret: "as" },
		...(fault === undefined ? {} : { fault: () => fault }),
	});
	fake.addUser({ name: "Recorder", unionId: "union+Id/=1" });
	fake.addUser({ name: "Named", unionId: "u1" });
	fake.addBase({ name: "Recorded", id: "qnYBase", everyone: "edit" });
	fake.addSheet("qnYBase", {
		id: "s1",
		name: "Sheet1",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Num", type: "number" },
			{ name: "Price", type: "currency" },
			{ name: "S", type: "singleSelect" },
			{ name: "M", type: "multipleSelect" },
			{ name: "D", type: "date" },
			{ name: "U", type: "user" },
			{ name: "Dep", type: "department" },
			{ name: "Null", type: "text" },
			{ name: "Url", type: "url" },
		],
	});
	fake.addField("qnYBase", "s1", {
		name: "L",
		type: "unidirectionalLink",
		property: { linkedSheetId: "s1" },
	});
	fake.addSheet("qnYBase", {
		name: "数据表 1/a?b",
		fields: [{ name: "Title", type: "text" }],
	});
	fake.addRecords("qnYBase", "s1", [{}, { Title: "second" }, { Num: 3 }], {
		ids: ["r1", "rec1", "rec2"],
	});
	return fake;
}

/** Writes text to the server as it was recorded and reads one answer. */
async function replay(
	listening: Listening,
	raw: string,
): Promise<{ status: number; body: string }> {
	const socket = connect(Number(new URL(listening.origin).port), "127.0.0.1");
	socket.write(raw.replace(/^connection: keep-alive/im, "Connection: close"));
	const chunks: Buffer[] = [];
	for await (const chunk of socket) chunks.push(chunk as Buffer);
	const answer = Buffer.concat(chunks).toString("utf8");
	const gap = answer.indexOf("\r\n\r\n");
	return {
		status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]),
		body: answer.slice(gap + 4),
	};
}

interface Expected {
	readonly status: number;
	readonly code?: string;
	readonly fault?: Fault;
}

const badInput = { status: 400, code: "invalidRequest.inputArgs.invalid" };
const noScope = {
	status: 403,
	code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
};

/** What is not a plain success: refusals by the rules, and the answers that the recording listener forced. */
const exceptions: Readonly<Record<string, Expected>> = {
	"oauth2.getAccessToken bad secret": {
		status: 400,
		code: "invalidClientIdOrSecret",
	},
	"notable1.getAllSheets (plain overload: no token header)": {
		status: 400,
		code: "AuthenticationFailed.MissingParameter",
	},
	"notable1.insertRecords with clientToken via Config.globalParameters.queries":
		badInput,
	// The page tokens of both lists were made up.
	"notable1.getRecords (GET list)": badInput,
	"notable1.listRecords": badInput,
	"notable2.getAllSheets": noScope,
	"notable2.insertRecords": noScope,
	"contact1.getUser(me)": badInput,
	"insertRecords without operatorId (SDK sends it anyway)": {
		status: 400,
		code: "MissingoperatorId",
	},
	"error 400 InvalidAuthentication": {
		status: 400,
		code: "InvalidAuthentication",
		fault: faults.tokenRevoked,
	},
	"error 409 duplicateClientToken": {
		status: 409,
		code: "invalidRequest.duplicateClientToken",
		fault: faults.duplicateToken,
	},
	"error 403 QPS": {
		status: 403,
		code: "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
		fault: faults.qps,
	},
	"error 500 internalError, autoretry true maxAttempts 3": {
		status: 500,
		code: "internalError",
		fault: faults.afterInternalError,
	},
	"error 504 service.timeout, autoretry true": {
		status: 504,
		code: "service.timeout",
		fault: faults.afterTimeout,
	},
	"error 502 with HTML body": { status: 502, fault: faults.html },
	"error 400 with empty body": {
		status: 400,
		fault: { when: "before", response: { status: 400 } },
	},
	"success 200 with empty body": {
		status: 200,
		fault: { when: "after", response: { status: 200 } },
	},
	"success 204": {
		status: 204,
		fault: { when: "after", response: { status: 204 } },
	},
};

/** Rebuilds the one request that the recording cut: a title of the recorded length. */
function whole({ raw, chunkSizes }: Capture["requests"][number]): string {
	if (chunkSizes === undefined) return raw;
	const [size = 0] = chunkSizes;
	const [head = ""] = raw.split("\r\n\r\n");
	const [before, after] = ['{"records":[{"fields":{"Title":"', '"}}]}'];
	const title = "x".repeat(size - before.length - after.length);
	return `${head}\r\n\r\n${size.toString(16)}\r\n${before}${title}${after}\r\n0\r\n\r\n`;
}

describe("recorded requests of the official client", () => {
	test.each(captures)("$call", async (capture) => {
		const expected = exceptions[capture.call] ?? { status: 200 };
		const fake = recordedFake(expected.fault);
		if (capture.call === "notable1.createField")
			fake.removeField("qnYBase", "s1", "Num");
		if (capture.call === "notable1.deleteField")
			fake.addField("qnYBase", "s1", { name: "Num2", type: "number" });
		const token = fake.token();
		const listening = await listen(fake);
		try {
			for (const request of capture.requests) {
				const raw = whole(request).replace("TOKEN123", token);
				const { status, body } = await replay(listening, raw);
				expect({ status, body: status < 300 ? "" : body }).toMatchObject({
					status: expected.status,
				});
				if (expected.code !== undefined)
					expect(JSON.parse(body)).toEqual({
						code: expected.code,
						message: expect.any(String),
						requestid: expect.any(String),
					});
				else if (expected.fault === undefined)
					expect(Object.keys(JSON.parse(body)).sort()).toEqual(
						Object.keys(capture.result?.body ?? {}).sort(),
					);
			}
		} finally {
			await listening.close();
		}
	});

	test("a duplicate client token is a conflict on the second replay only", async () => {
		const fake = recordedFake();
		const listening = await listen(fake);
		const capture = captures.find(({ call }) =>
			call.includes("runtime.extendsParameters"),
		);
		const raw = capture?.requests[0]?.raw.replace("TOKEN123", fake.token());
		const first = await replay(listening, raw ?? "");
		const second = await replay(listening, raw ?? "");
		await listening.close();
		expect([first.status, second.status]).toEqual([200, 409]);
		expect(JSON.parse(second.body)).toMatchObject({
			code: "invalidRequest.duplicateClientToken",
		});
		expect(fake.rows("qnYBase", "s1")).toHaveLength(4);
	});

	test("every exception names a recording", () => {
		const calls = captures.map(({ call }) => call);
		expect(calls).toEqual(expect.arrayContaining(Object.keys(exceptions)));
	});
});
