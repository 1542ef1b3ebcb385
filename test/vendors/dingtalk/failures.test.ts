import { describe, expect, test } from "vitest";
import type {
	ErrorCode,
	TablesError,
} from "../../../src/core/contract/errors.js";
import { judge, judgeText } from "../../../src/vendors/dingtalk/failures.js";

const answer = (status: number, json: unknown, text = "") => ({
	status,
	headers: {},
	json,
	text,
});

function failure(status: number, json: unknown) {
	const judged = judge("DingTalk", answer(status, json));
	if ("ok" in judged) throw new Error("it was taken for success");
	return judged;
}

const body = (code: string, message = "words of the vendor") => ({
	code,
	message,
	requestid: "9C2F0E4A",
});

/** Every code of the documents: its status, what it means here, and how long to wait. */
const CODES: readonly [
	status: number,
	code: string,
	means: ErrorCode,
	waitMs?: number,
][] = [
	[400, "InvalidAuthentication", "auth"],
	[400, "AuthenticationFailed.MissingParameter", "auth"],
	[400, "accesstoken.expired", "auth"],
	[401, "unauthorized.client", "auth"],
	[400, "invalidClientIdOrSecret", "auth"],
	[400, "apiPermissionDenied", "auth"],
	[400, "MissingoperatorId", "auth"],
	[400, "paramError-operatorId", "auth"],
	[403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "auth"],
	[403, "Forbidden.AccessDenied.IpNotInWhiteList", "not_allowed"],
	[403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "throttled", 1_000],
	[403, "Forbidden.AccessDenied.QpsLimitForApi", "throttled", 1_000],
	[
		403,
		"Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi",
		"throttled",
		1_000,
	],
	[403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "throttled", 15_000],
	[
		403,
		"Forbidden.AccessDenied.QpmLimitForSuitekeyAndOrgAndApi",
		"throttled",
		15_000,
	],
	[403, "Forbidden.AccessDenied.ApiCountLimitForOrg", "quota_spent"],
	[429, "system.busy", "throttled", 1_000],
	[429, "systemBusy", "throttled", 1_000],
	[404, "InvalidAction.NotFound", "unsupported"],
	[503, "ServiceUnavailable", "outcome_unknown"],
	[400, "invalidRequest.inputArgs.invalid", "bad_value"],
	[400, "invalidRequest.inputArgs.overLimit", "too_large"],
	[400, "invalidRequest.document.stillInitializing", "busy"],
	[400, "invalidRequest.document.broken", "broken"],
	[400, "invalidRequest.dataNotReady", "busy"],
	[403, "forbidden.operationIllegal", "not_allowed"],
	[500, "forbidden.operationIllegal", "not_allowed"],
	[403, "invalidRequest.document.typeIllegal", "not_found"],
	[404, "invalidRequest.document.notFound", "not_found"],
	[404, "invalidRequest.resource.notFound", "not_found"],
	[409, "invalidRequest.duplicateClientToken", "duplicate_token"],
	[500, "internalError", "outcome_unknown"],
	[400, "internalError", "outcome_unknown"],
	[500, "unknownError", "outcome_unknown"],
	[500, "systemError", "outcome_unknown"],
	[504, "service.timeout", "outcome_unknown"],
	[503, "operationTimeout", "outcome_unknown"],
	[403, "forbidden.document.sizeOverLimit", "limit_reached"],
	[403, "forbidden.acrossOrg", "not_allowed"],
	[403, "forbidden.user.notInOrg", "not_allowed"],
	[404, "nodeNotExist", "not_found"],
	[404, "docNotExist", "not_found"],
	[403, "permissionDenied", "not_allowed"],
	[400, "paramError", "bad_argument"],
	// Codes that no document names, by their status.
	[400, "Missingname", "bad_argument"],
	[401, "x", "auth"],
	[403, "constructor", "not_allowed"],
	[404, "x", "not_found"],
	[418, "x", "broken"],
	[429, "x", "throttled", 1_000],
	[502, "x", "outcome_unknown"],
];

/** Of the older host, inside HTTP 200. */
const LEGACY: readonly (readonly [body: object, means: ErrorCode])[] = [
	[{ errcode: 88, sub_code: "40014", sub_msg: "不合法的access_token" }, "auth"],
	[{ errcode: 42001, errmsg: "expired" }, "auth"],
	[{ errcode: 88, sub_code: "60011", sub_msg: "qyapi_get_member" }, "auth"],
	[{ errcode: 88, sub_code: "90018", sub_msg: "" }, "throttled"],
	[{ errcode: 88, sub_code: "90002", sub_msg: "" }, "throttled"],
	[{ errcode: 60020, errmsg: "ip" }, "not_allowed"],
	[{ errcode: 50002, errmsg: "range" }, "not_allowed"],
	[{ errcode: 50004, errmsg: "range" }, "not_allowed"],
	[{ errcode: 60121, errmsg: "找不到该用户" }, "not_found"],
	[{ errcode: 33012, errmsg: "userid" }, "not_found"],
	[{ errcode: 60003, errmsg: "部门不存在" }, "not_found"],
	[{ errcode: -1, errmsg: "busy" }, "busy"],
	[{ errcode: 400002, errmsg: "无效的参数" }, "bad_argument"],
];

describe("failures", () => {
	test.each(CODES)("%d %s is %s", (status, code, means, waitMs) => {
		const { failure: error } = failure(status, body(code));
		expect(error.code).toBe(means);
		expect(error.retryAfterMs).toBe(waitMs);
		expect(error.vendor).toEqual({
			code,
			status,
			message: "words of the vendor",
			logId: "9C2F0E4A",
		});
		for (const part of [code, "words of the vendor", "9C2F0E4A"])
			expect(error.message).toContain(part);
	});

	test.each(LEGACY)("%j is %s", (json, means) => {
		const { failure: error } = failure(200, { ...json, request_id: "r1" });
		expect(error.code).toBe(means);
		expect(error.vendor?.logId).toBe("r1");
	});

	test("only a refused token asks for another one", () => {
		const renewed = CODES.filter(
			([status, code]) => failure(status, body(code)).token,
		).map(([, code]) => code);
		expect(renewed).toEqual([
			"InvalidAuthentication",
			"accesstoken.expired",
			"x",
		]);
		expect(failure(200, LEGACY[0]?.[0]).token).toBe(true);
		expect(failure(200, LEGACY[2]?.[0]).token).toBeUndefined();
	});

	test("keys may begin with a capital, and a missing permission may be named apart", () => {
		const { failure: error } = failure(403, {
			Code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
			Message: "no",
			RequestId: "R",
			AccessDeniedDetail: { requiredScopes: ["Notable.Base.Read.All"] },
		});
		expect(error.message).toContain("[Notable.Base.Read.All]");
		expect(error.vendor?.logId).toBe("R");
		expect(error.next).toContain("publish");
	});

	test("a blocked address is reported, and not asked again", () => {
		const block = {
			status: 1111,
			wait: 5,
			source: "x5",
			punish: "deny",
			uuid: "0a",
		};
		const { failure: error } = failure(200, block);
		expect(error.code).toBe("quota_spent");
		expect(error.retryAfterMs).toBe(300_000);
		expect(error.message).toContain("blocked for five minutes");
	});

	test("a page may be the block, and is not said to be", () => {
		const { failure: error } = judgeText(
			"DingTalk",
			answer(200, undefined, "<html><h1>denied</h1></html>"),
		) as { failure: TablesError };
		expect(error.code).toBe("broken");
		expect(error.message).not.toContain("blocked");
		expect(error.next).toContain("10,000 calls");
	});

	test("what is not in the vendor's form is marked as such", () => {
		for (const [status, json] of [
			[200, {}],
			[200, null],
			[200, []],
			[403, {}],
			[429, { message: "slow down" }],
			[404, { error: "x" }],
		] as const)
			expect(judge("DingTalk", answer(status, json))).toMatchObject({
				foreign: true,
			});
		expect(
			judge(
				"DingTalk",
				answer(403, { code: "permissionDenied", message: "no" }),
			),
		).not.toHaveProperty("foreign");
	});

	test("a page of a failed server is left to its status", () => {
		expect(
			judgeText("DingTalk", answer(502, undefined, "<html></html>")),
		).toBeUndefined();
		expect(judgeText("DingTalk", answer(200, undefined, ""))).toBeUndefined();
	});

	test("success is the bare object", () => {
		for (const [json, ok] of [
			[{ value: [] }, { value: [] }],
			[
				{ success: true, result: {} },
				{ success: true, result: {} },
			],
			[
				{ errcode: 0, errmsg: "ok", result: { name: "A" } },
				{ errcode: 0, errmsg: "ok", result: { name: "A" } },
			],
		])
			expect(judge("DingTalk", answer(200, json))).toEqual({ ok });
	});
});
