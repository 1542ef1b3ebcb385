import { describe, expect, test } from "vitest";
import {
	ERROR_CODES,
	type TablesError,
} from "../../../src/core/contract/errors.js";
import { FAILURES } from "../../../src/vendors/bitable/failure-rows.js";
import {
	type JudgeOptions,
	judge,
} from "../../../src/vendors/bitable/failures.js";
import { CODES } from "../../fakes/bitable/codes.js";

const OPTIONS: JudgeOptions = {
	title: "Feishu Base",
	renews: true,
	fresh: false,
};

function failure(
	code: number,
	given: {
		readonly status?: number;
		readonly msg?: string;
		readonly error?: unknown;
		readonly headers?: Record<string, string>;
		readonly options?: Partial<JudgeOptions>;
	} = {},
): { failure: TablesError; token?: true } {
	const judged = judge(
		{ ...OPTIONS, ...given.options },
		{
			status: given.status ?? 200,
			headers: given.headers ?? {},
			json: {
				code,
				msg: given.msg ?? "no",
				...(given.error === undefined ? {} : { error: given.error }),
			},
			text: "",
		},
	);
	if ("ok" in judged) throw new Error(`${code} is not a failure`);
	return judged;
}

test("success is code 0 whatever the status, and a field that is as wanted already", () => {
	for (const [code, status] of [
		[0, 200],
		[0, 500],
		[1254606, 200],
		[1254606, 400],
	])
		expect(
			judge(OPTIONS, {
				status: status as number,
				headers: {},
				json: { code, msg: "", data: { a: 1 } },
				text: "",
			}),
		).toEqual({ ok: { a: 1 } });
});

test("a member that is nobody is told otherwise when adding and when removing", () => {
	const adding = failure(1254048, { options: { adds: true } }).failure;
	expect(adding.code).toBe("bad_argument");
	expect(adding.message).toContain("there is no such person, group");
	expect(adding.next).toContain("ou_");
	const removing = failure(1254048).failure;
	expect(removing.message).toContain("the role has no such member");
});

describe("rows of the table", () => {
	test.each(Object.entries(FAILURES))("%s", (code, row) => {
		for (const status of [200, 400, 403, 404, 500]) {
			const { failure: error } = failure(Number(code), {
				status,
				msg: "Words",
				headers: { "x-tt-logid": "log1" },
			});
			expect(Object.keys(ERROR_CODES)).toContain(error.code);
			expect(error.code).toBe(row.code);
			expect(error.message).toContain(row.what);
			expect(error.message).toContain(`code ${code}`);
			expect(error.message).toContain("Words");
			expect(error.message).toContain("log id log1");
			expect(error.vendor).toMatchObject({ code: Number(code), status });
		}
	});

	test("every code that the vendor's endpoints answer here has a row", () => {
		const unused = /^(106960|206|200|123|12541(14|15|16|17|18|19|2\d))/;
		const missing = Object.keys(CODES).filter(
			(code) => !(code in FAILURES) && code !== "1254606" && !unused.test(code),
		);
		expect(missing).toEqual([]);
	});
});

test.each([
	[200, "throttled"],
	[429, "throttled"],
] as const)(
	"throttled with HTTP %i waits as long as the header says",
	(status, code) => {
		const { failure: error } = failure(99991400, {
			status,
			headers: { "x-ogw-ratelimit-reset": "7" },
		});
		expect([error.code, error.retryAfterMs]).toEqual([code, 7_000]);
		expect(failure(1254290, { status }).failure.retryAfterMs).toBe(1_000);
	},
);

test.each([
	[1254041, "not_found", "busy"],
	[1254044, "not_found", "busy"],
	[1254301, "unsupported", "busy"],
	[1254060, "bad_value", "bad_value"],
] as const)(
	"%i is waited for where something was made a moment ago",
	(code, usual, fresh) => {
		expect(failure(code).failure.code).toBe(usual);
		const { failure: error } = failure(code, { options: { fresh: true } });
		expect(error.code).toBe(fresh);
		expect((error.retryAfterMs ?? 0) > 0).toBe(fresh === "busy");
	},
);

test("one code has two meanings, which its words tell", () => {
	expect(failure(1254030, { msg: "TooLargeResponse" }).failure.code).toBe(
		"too_large",
	);
	expect(failure(1254030, { msg: "InvalidPageToken" }).failure.code).toBe(
		"bad_argument",
	);
});

test("another token is asked for only where one can be had", () => {
	for (const code of [99991663, 99991668, 99991671, 99991677]) {
		expect(failure(code).token).toBe(true);
		expect(failure(code, { options: { renews: false } }).token).toBeUndefined();
	}
	expect(failure(10015).token).toBeUndefined();
});

test("a missing scope is named with the vendor's own link", () => {
	const { failure: error } = failure(99991672, {
		status: 400,
		msg: "Access denied. One of the following scopes is required: [bitable:app, base:record:create].",
		error: {
			permission_violations: [
				{ type: "action_scope_required", subject: "bitable:app" },
			],
			helps: [
				{
					url: "https://open.feishu.cn/app/cli_1/auth?q=bitable:app",
					description: "apply",
				},
			],
		},
	});
	expect(error.code).toBe("auth");
	expect(error.next).toMatch(
		/bitable:app, base:record:create.*https:\/\/open\.feishu\.cn\/app\/cli_1\/auth/,
	);
});

test("the detailed words and the log id of the body are printed", () => {
	const { failure: error } = failure(1254045, {
		msg: "FieldNameNotFound",
		error: {
			log_id: "log2",
			message: "Invalid request parameter: 'fields.X'.",
		},
	});
	expect(error.message).toMatch(
		/FieldNameNotFound: Invalid request parameter: 'fields\.X'/,
	);
	expect(error.vendor?.logId).toBe("log2");
});

test.each([
	[200, "broken"],
	[403, "not_allowed"],
	[404, "not_found"],
	[429, "throttled"],
	[504, "outcome_unknown"],
] as const)("an unknown code with HTTP %i is %s", (status, code) => {
	expect(failure(4_711_000, { status }).failure.code).toBe(code);
});
