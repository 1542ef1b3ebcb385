import { describe, expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import type { FaultPlan } from "../fake.js";
import { calling, legacyCalling, ORIGIN } from "./calling.js";
import {
	createDingtalkFake,
	type DingtalkSwitches,
	faultAt,
	faults,
} from "./index.js";

function setup(switches: Partial<DingtalkSwitches> = {}, fault?: FaultPlan) {
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		switches,
		...(fault === undefined ? {} : { fault }),
	});
	const base = fake.addBase({ name: "Base" });
	fake.addSheet(base, { name: "S", fields: [{ name: "T", type: "text" }] });
	const path = `/v1.0/notable/bases/${base}`;
	const call = calling(fake);
	return { clock, fake, base, path, call, legacy: legacyCalling(fake) };
}

const refusal = (status: number, code: string) => ({ status, body: { code } });

describe("tokens", () => {
	const ask = (
		fake: ReturnType<typeof setup>["fake"],
		body: Record<string, unknown>,
	) =>
		calling(fake)("POST", "/v1.0/oauth2/accessToken", {
			body,
			token: null,
			operator: null,
		});

	test("the same token inside its validity, extended; a new one after it", () => {
		const { clock, fake, path, call } = setup();
		const secret = { appKey: fake.app.key, appSecret: fake.app.secret };
		const first = ask(fake, secret).body;
		expect(first).toEqual({
			accessToken: expect.stringMatching(/^[0-9a-f]{32}$/),
			expireIn: 7200,
		});
		clock.advance(7_199_000);
		expect(ask(fake, secret).body.accessToken).toBe(first.accessToken);
		clock.advance(7_199_000);
		const token = first.accessToken;
		expect(call("GET", `${path}/sheets`, { token }).status).toBe(200);
		clock.advance(1000);
		expect(call("GET", `${path}/sheets`, { token })).toMatchObject(
			refusal(400, "InvalidAuthentication"),
		);
		expect(ask(fake, secret).body.accessToken).not.toBe(token);
	});

	test("a wrong secret, an unknown key, a missing argument", () => {
		const { fake } = setup();
		const bad = refusal(400, "invalidClientIdOrSecret");
		expect(ask(fake, { appKey: fake.app.key, appSecret: "x" })).toMatchObject(
			bad,
		);
		expect(ask(fake, { appKey: "x", appSecret: "x" })).toMatchObject(bad);
		expect(ask(fake, { appKey: fake.app.key })).toMatchObject(
			refusal(400, "MissingappSecret"),
		);
	});

	test("revoked early; in the query or as Bearer it is missing", () => {
		const { fake, path, call } = setup();
		const token = fake.token();
		fake.revoke(token);
		expect(call("GET", `${path}/sheets`, { token })).toMatchObject(
			refusal(400, "InvalidAuthentication"),
		);
		const answer = fake.handle({
			method: "GET",
			origin: ORIGIN,
			path: `${path}/sheets`,
			query: `operatorId=${fake.operatorId}&access_token=${fake.token()}`,
			headers: { authorization: `Bearer ${fake.token()}` },
			body: Buffer.alloc(0),
		});
		expect(JSON.parse(String(answer.body))).toEqual({
			code: "AuthenticationFailed.MissingParameter",
			message: "缺少参数：x-acs-dingtalk-access-token",
			requestid: expect.stringMatching(/^[0-9A-F]{8}-/),
		});
	});

	test.each([
		[false, 400],
		[true, 200],
	])(
		"the token of /gettoken on the new host (legacyTokens %s)",
		(on, status) => {
			const { fake, path, call, legacy } = setup({ legacyTokens: on });
			const { access_token: token } = legacy(
				"/gettoken",
				{ appkey: fake.app.key, appsecret: fake.app.secret },
				null,
			);
			expect(call("GET", `${path}/sheets`, { token }).status).toBe(status);
			expect(
				legacy("/gettoken", { appkey: fake.app.key, appsecret: "x" }, null),
			).toMatchObject({ errcode: 40089 });
		},
	);
});

describe("order of checks", () => {
	test("route, token, rate, scope, operator, base, sheet, arguments", () => {
		const { fake, base, path, call } = setup();
		const insert = `${path}/sheets/none/records`;
		fake.withhold("Notable.Base.Write.All");
		expect(call("POST", `${path}/none`, { token: null })).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
		expect(call("PATCH", insert, { token: null })).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
		const steps = [
			[
				{ token: null, operator: null },
				"AuthenticationFailed.MissingParameter",
			],
			[{ token: "x", operator: null }, "InvalidAuthentication"],
		] as const;
		for (const [sent, code] of steps)
			expect(call("POST", insert, sent)).toMatchObject(refusal(400, code));
		fake.set({ callsPerSecond: 0 });
		expect(call("POST", insert, { operator: null })).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
		);
		fake.set({ callsPerSecond: 20 });
		expect(call("POST", insert, { operator: null })).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
		);
		fake.grant("Notable.Base.Write.All");
		expect(call("POST", insert, { operator: null })).toMatchObject(
			refusal(400, "MissingoperatorId"),
		);
		expect(call("POST", insert, { operator: "1000000000" })).toMatchObject(
			refusal(400, "paramError-operatorId"),
		);
		const wrongBase = insert.replace(base, "nosuchbase");
		expect(call("POST", wrongBase)).toMatchObject(
			refusal(404, "invalidRequest.document.notFound"),
		);
		expect(call("POST", insert)).toMatchObject(
			refusal(404, "invalidRequest.resource.notFound"),
		);
		expect(call("POST", `${path}/sheets/S/records`)).toMatchObject(
			refusal(400, "Missingrecords"),
		);
		expect(
			call("POST", `${path}/sheets/S/records`, { body: { records: 1 } }),
		).toMatchObject(refusal(400, "invalidRequest.inputArgs.invalid"));
		expect(fake.rows(base, "S")).toEqual([]);
	});

	test("access to a base: none, read, edit; other documents; states", () => {
		const { clock, fake, base, path, call } = setup();
		const { unionId } = fake.addUser({ name: "Guest" });
		const read = () => call("GET", `${path}/sheets`, { operator: unionId });
		const write = () =>
			call("POST", `${path}/sheets`, { operator: unionId, body: {} });
		expect(read()).toMatchObject(
			refusal(404, "invalidRequest.document.notFound"),
		);
		fake.setAccess(base, unionId, "read");
		expect(read().status).toBe(200);
		expect(write()).toMatchObject(refusal(403, "forbidden.operationIllegal"));
		fake.set({ readOnlyWrite: "notFound" });
		expect(write()).toMatchObject(
			refusal(404, "invalidRequest.document.notFound"),
		);
		fake.setAccess(base, unionId, "edit");
		expect(write().status).toBe(200);
		fake.setBase(base, { initializingMs: 5000 });
		expect(read()).toMatchObject(
			refusal(400, "invalidRequest.document.stillInitializing"),
		);
		clock.advance(5000);
		expect(read().status).toBe(200);
		fake.setBase(base, { broken: true });
		expect(read()).toMatchObject(
			refusal(400, "invalidRequest.document.broken"),
		);
		const document = fake.addNode({ name: "Text", extension: "adoc" });
		expect(
			call("GET", `/v1.0/notable/bases/${document.id}/sheets`),
		).toMatchObject(refusal(403, "invalidRequest.document.typeIllegal"));
		fake.set({ wrongBase: "permissionDenied" });
		expect(call("GET", "/v1.0/notable/bases/x/sheets")).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
		);
	});

	test("language, capitalised keys, detail, other code of a bad operator", () => {
		const { fake, path, call } = setup({
			language: "en",
			errorKeys: "capitalised",
			accessDeniedDetail: true,
			badOperator: "invalidRequest.inputArgs.invalid",
		});
		fake.withhold("Notable.Base.Read.All");
		expect(call("GET", `${path}/sheets`).body).toEqual({
			Code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
			Message: "The app lacks the required permission: Notable.Base.Read.All",
			RequestId: expect.any(String),
			AccessDeniedDetail: { requiredScopes: ["Notable.Base.Read.All"] },
		});
		fake.grant("Notable.Base.Read.All");
		expect(call("GET", `${path}/sheets`, { operator: "x" }).body.Code).toBe(
			"invalidRequest.inputArgs.invalid",
		);
	});

	test("a cached token keeps its old grant behind a switch", () => {
		const { fake, path, call } = setup({ tokensKeepGrants: true });
		fake.withhold("Notable.Base.Read.All");
		const denied = call("GET", `${path}/sheets`);
		fake.grant("Notable.Base.Read.All");
		expect([denied.status, call("GET", `${path}/sheets`).status]).toEqual([
			403, 403,
		]);
		fake.revoke();
		expect(call("GET", `${path}/sheets`).status).toBe(200);
	});
});

describe("rates", () => {
	const burst = (count: number, send: () => { status: number }) =>
		Array.from({ length: count }, () => send().status).filter(
			(status) => status === 200,
		).length;

	test("20 calls a second, app and API; refused ones do nothing", () => {
		const { clock, fake, base, path, call } = setup();
		const insert = () =>
			call("POST", `${path}/sheets/S/records`, {
				body: { records: [{ fields: { T: "x" } }] },
			});
		expect(burst(25, insert)).toBe(20);
		expect(insert()).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
		);
		expect(fake.rows(base, "S")).toHaveLength(20);
		expect(call("GET", `${path}/sheets`).status).toBe(200);
		expect(fake.throttled).toBe(6);
		clock.advance(999);
		expect(insert().status).toBe(403);
		clock.advance(1);
		expect(burst(25, insert)).toBe(20);
		expect([...fake.throttledBy.values()]).toEqual([12]);
		expect(fake.monthlyCalls).toBe(41);
	});

	test("a sliding window, a minute's limit, the platform's limit", () => {
		const { clock, fake, path, call } = setup({
			window: "sliding",
			callsPerMinute: 30,
		});
		const list = () => call("GET", `${path}/sheets`);
		expect(burst(10, list)).toBe(10);
		clock.advance(600);
		expect(burst(15, list)).toBe(10);
		clock.advance(500);
		expect(burst(15, list)).toBe(10);
		clock.advance(5000);
		expect(list()).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"),
		);
		clock.advance(60_000);
		fake.set({ platformCallsPerSecond: 0 });
		expect(list()).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.QpsLimitForApi"),
		);
	});

	test("the quota of a month; tokens and contacts are exempt", () => {
		const { clock, fake, path, call, legacy } = setup({ monthlyCalls: 3 });
		const list = () => call("GET", `${path}/sheets`);
		expect(burst(5, list)).toBe(3);
		expect(list()).toMatchObject({
			status: 403,
			body: {
				code: "Forbidden.AccessDenied.ApiCountLimitForOrg",
				message: expect.stringContaining("quota: 3"),
			},
		});
		expect(legacy("/topapi/user/listid", { dept_id: "1" }).errcode).toBe(0);
		clock.advance(31 * 86_400_000);
		expect(list().status).toBe(200);
		fake.set({ graceDays: 1, monthlyCalls: 0 });
		expect(list().status).toBe(200);
		clock.advance(86_400_000);
		expect(list().status).toBe(403);
	});

	test("an address that calls too often is blocked for 5 minutes", () => {
		const { clock, fake, path, call, legacy } = setup({
			callsPerAddress: 3,
			callsPerSecond: Number.POSITIVE_INFINITY,
		});
		const list = () => call("GET", `${path}/sheets`);
		expect(burst(3, list)).toBe(3);
		const block = { status: 1111, wait: 5, source: "x5", punish: "deny" };
		expect(list().body).toMatchObject(block);
		expect(legacy("/topapi/user/listid")).toMatchObject(block);
		fake.set({ blockedBody: "html" });
		const page = fake.handle({
			method: "GET",
			origin: ORIGIN,
			path: `${path}/sheets`,
			query: "",
			headers: {},
			body: Buffer.alloc(0),
		});
		expect(page.body).toContain("<html>");
		fake.set({ blockedBody: "json" });
		clock.advance(299_999);
		expect(list().body).toMatchObject(block);
		clock.advance(1);
		expect(list().body).toHaveProperty("value");
		expect(fake.throttledBy.get("address")).toBe(4);
	});
});

describe("faults", () => {
	const insert = {
		body: { records: [{ fields: { T: "x" } }] },
		query: { clientToken: "550e8400-e29b-41d4-a716-446655440000" },
	};

	test("504 after the commit; the same token is then a conflict", () => {
		const { fake, base, path, call } = setup(
			{},
			faultAt(faults.afterTimeout, [1], (method) => method === "POST"),
		);
		expect(call("POST", `${path}/sheets/S/records`, insert)).toMatchObject(
			refusal(504, "service.timeout"),
		);
		expect(fake.rows(base, "S")).toHaveLength(1);
		const again = call("POST", `${path}/sheets/S/records`, insert);
		expect(again).toEqual({
			status: 409,
			body: {
				code: "invalidRequest.duplicateClientToken",
				message:
					"Duplicate ClientToken detected. Please generate a new client token and retry.",
				requestid: expect.any(String),
			},
		});
		const { clientToken } = insert.query;
		const found = call("POST", `${path}/changedRecordIds/query`, {
			body: { clientToken },
		});
		expect(found.body.changedRecordIds).toEqual([fake.rows(base, "S")[0]?.id]);
	});

	test.each([
		["qps", 403, 0],
		["internalError", 500, 0],
		["afterInternalError", 500, 1],
		["unknownError", 500, 0],
		["afterUnknownError", 500, 1],
		["timeout", 504, 0],
		["unavailable", 503, 0],
		["systemBusy", 429, 0],
		["html", 502, 0],
		["afterHtml", 502, 1],
		["blocked", 200, 0],
		["stillInitializing", 400, 0],
		["dataNotReady", 400, 0],
		["quotaSpent", 403, 0],
		["tokenRevoked", 400, 0],
	] as const)("%s", (name, status, stored) => {
		const { fake, base, path } = setup({}, () => faults[name]);
		const answer = fake.handle({
			method: "POST",
			origin: ORIGIN,
			path: `${path}/sheets/S/records`,
			query: `operatorId=${fake.operatorId}`,
			headers: { "x-acs-dingtalk-access-token": fake.token() },
			body: Buffer.from(JSON.stringify(insert.body)),
		});
		expect(answer.status).toBe(status);
		expect(fake.rows(base, "S")).toHaveLength(stored);
	});

	test("the connection breaks after the commit", () => {
		const { fake, base, path } = setup({}, () => faults.afterNoAnswer);
		const answer = fake.handle({
			method: "POST",
			origin: ORIGIN,
			path: `${path}/sheets/S/records`,
			query: `operatorId=${fake.operatorId}`,
			headers: { "x-acs-dingtalk-access-token": fake.token() },
			body: Buffer.from(JSON.stringify(insert.body)),
		});
		expect(answer.broken).toBe("no-answer");
		expect(fake.rows(base, "S")).toHaveLength(1);
	});
});

describe("legacy contacts", () => {
	test("people and departments", () => {
		const { fake, legacy } = setup();
		const team = fake.addDepartment({ name: "研发部" });
		const ann = fake.addUser({
			name: "Ann",
			userId: "ann01",
			email: "ann@example.com",
			mobile: "13800000000",
			departmentIds: [team],
		});
		expect(legacy("/topapi/v2/user/get", { userid: "ann01" })).toMatchObject({
			errcode: 0,
			errmsg: "ok",
			result: {
				userid: "ann01",
				unionid: ann.unionId,
				name: "Ann",
				email: "ann@example.com",
				mobile: "13800000000",
				dept_id_list: [team],
			},
		});
		const { unionId: unionid } = ann;
		expect(legacy("/topapi/user/getbyunionid", { unionid }).result).toEqual({
			contact_type: 0,
			userid: "ann01",
		});
		expect(
			legacy("/topapi/v2/user/getbymobile", { mobile: "13800000000" }).result,
		).toEqual({ userid: "ann01" });
		expect(
			legacy("/topapi/v2/department/get", { dept_id: String(team) }).result,
		).toMatchObject({ dept_id: team, name: "研发部", parent_id: 1 });
		expect(legacy("/topapi/v2/department/listsub").result).toMatchObject([
			{ dept_id: team },
		]);
		expect(
			legacy("/topapi/v2/department/listsubid", { dept_id: "1" }).result,
		).toEqual({ dept_id_list: [team] });
		const page = { dept_id: String(team), cursor: "0", size: "10" };
		expect(legacy("/topapi/user/listsimple", page).result).toEqual({
			has_more: false,
			list: [{ userid: "ann01", name: "Ann" }],
		});
		expect(legacy("/topapi/v2/user/list", page).result.list).toMatchObject([
			{ unionid },
		]);
		fake.withhold("fieldEmail");
		expect(
			legacy("/topapi/v2/user/get", { userid: "ann01" }).result,
		).not.toHaveProperty("email");
	});

	test("a login code is good once and for 5 minutes", () => {
		const { clock, fake, legacy } = setup();
		const path = "/topapi/v2/user/getuserinfo";
		const code = fake.loginCode(fake.operatorId);
		expect(legacy(path, { code }).result).toMatchObject({
			unionid: fake.operatorId,
			sys: true,
		});
		expect(legacy(path, { code })).toMatchObject({ errcode: 40078 });
		const late = fake.loginCode(fake.operatorId);
		clock.advance(300_000);
		expect(legacy(path, { code: late })).toMatchObject({ errcode: 40078 });
	});

	test("failures inside HTTP 200", () => {
		const { fake, legacy } = setup();
		const get = "/topapi/v2/user/get";
		expect(legacy(get, { userid: "x" })).toMatchObject({ errcode: 60121 });
		expect(legacy(get)).toMatchObject({ errcode: 400002 });
		expect(legacy("/topapi/v2/department/get", { dept_id: "9" })).toMatchObject(
			{ errcode: 60003 },
		);
		expect(legacy("/topapi/none")).toMatchObject({ errcode: 22 });
		expect(legacy(get, {}, "x")).toMatchObject({
			errcode: 88,
			sub_code: "40014",
			sub_msg: "不合法的access_token",
		});
		expect(legacy(get, {}, null)).toMatchObject({ sub_code: "40014" });
		fake.withhold("qyapi_get_member");
		expect(legacy(get, { userid: "x" })).toMatchObject({
			errcode: 88,
			sub_code: "60011",
			sub_msg: expect.stringContaining("qyapi_get_member"),
		});
		fake.set({ callsPerSecond: 0 });
		expect(legacy(get)).toMatchObject({ errcode: 88, sub_code: "90018" });
	});

	test("a JSON body and the searches of the new host", () => {
		const { fake, call } = setup();
		const ann = fake.addUser({ name: "Ann Lee", userId: "ann01" });
		fake.addUser({ name: "Ann" });
		const answer = fake.handle({
			method: "POST",
			origin: ORIGIN,
			path: "/topapi/v2/user/get",
			query: `access_token=${fake.token()}`,
			headers: { "content-type": "application/json" },
			body: Buffer.from('{"userid":"ann01"}'),
		});
		expect(JSON.parse(String(answer.body)).result.unionid).toBe(ann.unionId);
		const search = (path: string, body: object) =>
			call("POST", path, { body, operator: null }).body;
		const users = "/v1.0/contact/users/search";
		const whole = { queryWord: "ann lee", offset: 0, size: 10 };
		expect(search(users, whole)).toEqual({
			totalCount: 1,
			hasMore: false,
			list: ["ann01"],
		});
		expect(
			search(users, { queryWord: "ann", offset: 0, size: 1 }),
		).toMatchObject({ totalCount: 2, hasMore: true });
		const id = fake.addDepartment({ name: "研发部" });
		expect(
			search("/v1.0/contact/departments/search", {
				queryWord: "研发",
				offset: 0,
				size: 5,
			}).list,
		).toEqual([id]);
	});
});
