import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/core/contract/errors.js";
import type { Answer } from "../../../src/http/answer.js";
import { judge } from "../../../src/vendors/fusion/failures.js";

function answered(
	code: number,
	status = 200,
	message = "Words of the vendor",
): Answer {
	return {
		status,
		headers: { "request-id": "log-1" },
		json: { success: false, code, message },
		text: "",
	};
}

function failureOf(answer: Answer) {
	const judged = judge("AITable", answer);
	if ("ok" in judged) throw new Error("a failure was expected");
	return judged.failure;
}

/** Business code, HTTP status as measured or documented, and what it means to us. */
const CATALOGUE: readonly (readonly [number, number, ErrorCode])[] = [
	[211, 200, "outcome_unknown"],
	[212, 200, "outcome_unknown"],
	[214, 200, "outcome_unknown"],
	[301, 200, "not_found"],
	[302, 200, "not_found"],
	[304, 500, "limit_reached"],
	[304, 200, "limit_reached"],
	[305, 200, "limit_reached"],
	[309, 200, "limit_reached"],
	[400, 200, "bad_value"],
	[400, 400, "bad_value"],
	[401, 401, "auth"],
	[403, 403, "quota_spent"],
	[404, 404, "unsupported"],
	// A relayed "no such space"; the route is there.
	[404, 200, "not_found"],
	[426, 200, "limit_reached"],
	[428, 200, "too_large"],
	[429, 429, "throttled"],
	[500, 500, "outcome_unknown"],
	[600, 200, "not_found"],
	[601, 200, "not_allowed"],
	[602, 200, "not_allowed"],
	[1501, 200, "not_found"],
	[1502, 200, "unsupported"],
	[1503, 200, "unsupported"],
	[1504, 200, "not_allowed"],
	[1505, 200, "not_allowed"],
	[1506, 200, "bad_argument"],
	[1507, 200, "bad_argument"],
	[1508, 200, "not_allowed"],
	[1509, 200, "bad_argument"],
	[1520, 200, "bad_argument"],
	[1521, 200, "not_found"],
	[1522, 200, "unsupported"],
	[1523, 200, "not_found"],
	[1524, 200, "not_allowed"],
	[9999, 200, "broken"],
	[9999, 503, "outcome_unknown"],
];

describe("a failure", () => {
	test.each(CATALOGUE)(
		"code %i with HTTP %i is %s",
		(code, status, expected) => {
			const failure = failureOf(answered(code, status));
			expect(failure.code).toBe(expected);
			expect(failure.message).toContain("AITable: ");
			expect(failure.message).toContain(`code ${code}`);
			expect(failure.message).toContain("Words of the vendor");
			expect(failure.message).toContain("log id log-1");
			expect(failure.vendor).toEqual({
				code,
				status,
				message: "Words of the vendor",
				logId: "log-1",
			});
		},
	);

	test.each([
		[401, "user centre"],
		[602, "manager"],
		[304, "Delete"],
		[404, "higher plan"],
	])("code %i says what to do next", (code, next) => {
		expect(failureOf(answered(code, code === 404 ? 404 : 200)).next).toContain(
			next,
		);
	});

	test("a throttled call waits for the vendor's window", () => {
		expect(failureOf(answered(429, 429)).retryAfterMs).toBe(1_000);
	});

	test.each([
		"Your API usage exceeds the monthly rate",
		"本月 API 用量已超出上限",
		"当前空间站的 API 调用次数已达上限",
		"今月のAPI使用量の上限を超過しました",
	])("a spent quota is not a lack of rights: %s", (message) => {
		expect(failureOf(answered(403, 403, message)).code).toBe("quota_spent");
	});

	test.each(["Prohibit access", "禁止访问", ""])(
		"a refusal that names no cause has the documented ones: %j",
		(message) => {
			const { code, next } = failureOf(answered(403, 403, message));
			expect(code).toBe("quota_spent");
			expect(next).toContain("API usage");
		},
	);

	test.each([
		"Access forbidden",
		"The API token user does not belong to the space, please adjust spaceId or API token and try again",
	])("a lack of rights is no spent quota: %s", (message) => {
		expect(failureOf(answered(403, 403, message)).code).toBe("not_allowed");
	});

	test("an empty message leaves no gap, and none is made up", () => {
		const failure = failureOf({
			status: 200,
			headers: {},
			json: { success: false, code: 400, message: "" },
			text: "",
		});
		expect(failure.message).toBe(
			"AITable: the server refused a value (code 400)",
		);
	});

	test("success is what says so", () => {
		expect(
			judge("AITable", {
				status: 201,
				headers: {},
				json: { success: true, code: 200, data: { records: [] } },
				text: "",
			}),
		).toEqual({ ok: { records: [] } });
		expect(
			judge("AITable", {
				status: 200,
				headers: {},
				json: { success: true, code: 200 },
				text: "",
			}),
		).toEqual({ ok: {} });
		for (const json of [{ code: 200 }, [], null, "ok", {}])
			expect(
				judge("AITable", { status: 200, headers: {}, json, text: "" }),
			).toHaveProperty("failure");
	});
});
