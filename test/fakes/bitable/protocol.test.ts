import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import type { FaultPlan } from "../fake.js";
import { fakeClient } from "./client.js";
import { type BitableSwitches, createBitableFake, failure } from "./index.js";

const APPS = "/open-apis/bitable/v1/apps";
const TOKEN = "/open-apis/auth/v3/tenant_access_token/internal";
const uuid = (digit: number) =>
	`fe599b60-450f-46ff-b2ef-9f667562${String(digit).padStart(4, "0")}`;

function set(
	switches: Partial<BitableSwitches> = {},
	given: { scopes?: readonly string[]; fault?: FaultPlan } = {},
) {
	const clock = virtualClock();
	const fake = createBitableFake({
		clock,
		switches,
		...(given.fault === undefined ? {} : { fault: given.fault }),
	});
	const app = fake.addApp({
		id: "cli_0000000000000001",
		secret: "s",
		...(given.scopes === undefined ? {} : { scopes: given.scopes }),
	});
	const base = fake.addBase({ name: "Base", owner: app.bot });
	const table = fake.addTable(base, {
		name: "Table",
		fields: [
			{ name: "Title", type: 1 },
			{ name: "Count", type: 2 },
		],
	});
	const call = fakeClient(fake, clock, fake.tenantToken(app.id));
	return {
		clock,
		fake,
		app,
		base,
		table,
		call,
		A: `${APPS}/${base}`,
		T: `${APPS}/${base}/tables/${table}`,
	};
}

test("a tenant token is the same until 30 minutes before its end; then old and new live side by side", () => {
	const { clock, fake, call, app, A } = set();
	fake.revokeAll();
	const get = () =>
		call("POST", TOKEN, { app_id: app.id, app_secret: "s" }, { token: "" })
			.body;
	const first = get();
	expect(first).toEqual({
		code: 0,
		msg: "ok",
		tenant_access_token: expect.stringMatching(/^t-/),
		expire: 7200,
	});
	clock.advance(5_399_000);
	const again = get();
	expect(again.tenant_access_token).toBe(first.tenant_access_token);
	expect(again.expire).toBe(1800);
	clock.advance(1_000);
	const second = get();
	expect(second.tenant_access_token).not.toBe(first.tenant_access_token);
	const status = (token: string) => call("GET", A, undefined, { token }).code;
	expect(status(first.tenant_access_token)).toBe(0);
	expect(status(second.tenant_access_token)).toBe(0);
	clock.advance(1_800_000);
	expect(status(first.tenant_access_token)).toBe(99991663);
	expect(status(second.tenant_access_token)).toBe(0);
	fake.revoke(second.tenant_access_token);
	expect(status(second.tenant_access_token)).toBe(99991663);
});

test("wrong credentials fail inside HTTP 200", () => {
	const { call, app } = set();
	const ask = (body: unknown) => {
		const answer = call("POST", TOKEN, body, { token: "" });
		return [answer.status, answer.code];
	};
	expect(ask({ app_id: "cli_ffffffffffffffff", app_secret: "s" })).toEqual([
		200, 10014,
	]);
	expect(ask({ app_id: app.id, app_secret: "wrong" })).toEqual([200, 10015]);
	expect(ask({ app_id: "", app_secret: "s" })).toEqual([200, 10003]);
	expect(ask({ app_id: app.id })).toEqual([200, 10003]);
});

test("tokens are checked by their shape first", () => {
	const { call, fake, A } = set();
	const code = (authorization: string) => {
		const answer = call("GET", A, undefined, {
			token: "",
			headers: authorization === "" ? {} : { authorization },
		});
		return [answer.status, answer.code];
	};
	expect(code("")).toEqual([400, 99991661]);
	expect(code("Bearer x-1")).toEqual([400, 99991671]);
	expect(code("Bearer t-1")).toEqual([400, 99991663]);
	expect(code("Bearer u-1")).toEqual([400, 99991668]);
	expect(fake.log.at(-1)?.response.headers?.["X-Tt-Logid"]).toMatch(/^\d{32}$/);
});

test("a user token is refreshed once by its refresh token", () => {
	const { call, fake, app, base, A, clock } = set();
	const person = fake.addPerson({ name: "P" });
	fake.share(base, person.openId, "view");
	const { access, refresh } = fake.userToken(person.openId, { appId: app.id });
	const renew = (token: string) =>
		call(
			"POST",
			"/open-apis/authen/v2/oauth/token",
			{
				grant_type: "refresh_token",
				client_id: app.id,
				client_secret: "s",
				refresh_token: token,
			},
			{ token: "" },
		);
	expect(call("GET", A, undefined, { token: access }).code).toBe(0);
	clock.advance(7_200_000);
	expect(call("GET", A, undefined, { token: access }).code).toBe(99991677);
	const renewed = renew(refresh);
	expect(renewed.body).toMatchObject({
		code: 0,
		token_type: "Bearer",
		expires_in: 7200,
	});
	expect(
		call("GET", A, undefined, { token: renewed.body.access_token }).code,
	).toBe(0);
	expect(renew(refresh)).toMatchObject({ status: 400, code: 20073 });
	expect(renew("ur-unknown")).toMatchObject({ status: 400, code: 20026 });
});

test("a missing scope names those that are enough, and a person's another way", () => {
	const { call, fake, base, app, A } = set(
		{},
		{ scopes: ["bitable:app:readonly"] },
	);
	expect(call("GET", A).code).toBe(0);
	const refused = call("PUT", A, { name: "x" });
	expect(refused).toMatchObject({
		status: 400,
		code: 99991672,
		body: {
			msg: expect.stringContaining("[bitable:app, base:app:update]"),
			error: {
				log_id: expect.any(String),
				permission_violations: [
					{ type: "action_scope_required", subject: "bitable:app" },
					{ type: "action_scope_required", subject: "base:app:update" },
				],
				helps: [
					{ url: expect.stringContaining(`/app/${app.id}/auth?q=bitable:app`) },
				],
			},
		},
	});
	const person = fake.addPerson({ name: "P" });
	fake.share(base, person.openId, "edit");
	const { access } = fake.userToken(person.openId, { appId: app.id });
	expect(call("PUT", A, { name: "x" }, { token: access }).code).toBe(99991679);
	expect(
		call("GET", `${A}/tables?user_id_type=user_id`).body.error
			.permission_violations,
	).toEqual([
		{
			type: "field_scope_required",
			subject: "contact:user.employee_id:readonly",
		},
	]);
});

test("a base must be shared with the caller, and enough", () => {
	const { call, fake, base, A, T } = set();
	const other = fake.tenantToken(fake.app.id);
	expect(call("GET", A, undefined, { token: other })).toMatchObject({
		status: 403,
		body: { code: 91403, data: {}, msg: "Forbidden" },
	});
	fake.share(base, fake.app.bot, "view");
	expect(call("GET", A, undefined, { token: other }).code).toBe(0);
	expect(
		call("POST", `${T}/records`, { fields: {} }, { token: other }),
	).toMatchObject({ status: 403, code: 1254302 });
	fake.share(base, fake.app.bot, "edit");
	expect(
		call("POST", `${T}/records`, { fields: {} }, { token: other }).code,
	).toBe(0);
	expect(call("PUT", A, { is_advanced: true }, { token: other })).toMatchObject(
		{ code: 1254302 },
	);
});

test("the same failure has HTTP 200 on old endpoints and a real status on newer ones", () => {
	const { call, A, T } = set();
	const seen = (method: string, path: string, body?: unknown) => {
		const { status, code } = call(method, path, body);
		return [status, code];
	};
	expect(seen("GET", `${APPS}/short`)).toEqual([200, 1254003]);
	expect(seen("GET", `${APPS}/bascnUnknownBase0001`)).toEqual([200, 1254040]);
	expect(seen("GET", `${APPS}/bascnUnknownBase0001/dashboards`)).toEqual([
		404, 1254040,
	]);
	expect(seen("GET", `${APPS}/bascnUnknownBase0001/block_workflows`)).toEqual([
		400, 1254040,
	]);
	expect(seen("GET", `${A}/tables/nope/fields`)).toEqual([200, 1254004]);
	expect(seen("GET", `${A}/tables/tblnope/fields`)).toEqual([200, 1254041]);
	expect(
		seen("POST", `${A}/tables/tblnope/records/batch_get`, {
			record_ids: ["rec1"],
		}),
	).toEqual([404, 1254041]);
	expect(seen("GET", `${T}/views/vewnope`)).toEqual([404, 1254042]);
	expect(seen("DELETE", `${T}/views/vewnope`)).toEqual([200, 1254042]);
	expect(seen("GET", `${T}/records/recnope`)).toEqual([200, 1254043]);
	expect(seen("GET", `${T}/records/nope`)).toEqual([200, 1254006]);
	expect(
		seen("PUT", `${T}/fields/fldnope`, { field_name: "x", type: 1 }),
	).toEqual([200, 1254044]);
	expect(seen("GET", `${T}/forms/vewnope`)).toEqual([404, 1254042]);
	expect(seen("GET", `${A}/roles`)).toEqual([400, 1254301]);
	expect(call("GET", "/open-apis/bitable/v1/nothing").status).toBe(404);
});

test("bodies that are not JSON, and pages that are out of range", () => {
	const { call, A, T } = set();
	const raw = call("POST", `${T}/records`, Buffer.from("{"), {
		headers: { "content-type": "application/json" },
	});
	expect(raw).toMatchObject({
		status: 200,
		code: 1254000,
		msg: "WrongRequestJson",
	});
	expect(call("POST", `${T}/records`, ["x"])).toMatchObject({ code: 1254001 });
	expect(call("POST", `${T}/records`, {})).toMatchObject({ code: 1254001 });
	for (const size of ["0", "-1"])
		expect(call("GET", `${A}/tables?page_size=${size}`)).toMatchObject({
			status: 400,
			code: 1254011,
			msg: "Page size must greater than 0.",
		});
	expect(call("GET", `${A}/tables?page_size=101`)).toMatchObject({
		status: 400,
		code: 1254011,
		msg: "The page_size must be between 0 and 100.",
	});
	expect(call("POST", `${T}/records/search?page_size=501`, {}).code).toBe(
		1254011,
	);
	expect(call("POST", `${T}/records/search?page_token=x`, {}).code).toBe(
		1254030,
	);
	expect(call("GET", `${T}/fields?user_id_type=nick`)).toMatchObject({
		status: 400,
		code: 99992402,
	});
	expect(call("GET", `${T}/fields`, {}).code).toBe(0);
});

test("a rate counts per API and app in a sliding second; a refused call has no effect", () => {
	const { call, fake, clock, base, table, T } = set({
		limits: "new",
		writeMs: 0,
	});
	const create = (token?: string) =>
		call(
			"POST",
			`${T}/records`,
			{ fields: { Title: "x" } },
			token === undefined ? { atOnce: true } : { token, atOnce: true },
		);
	for (let index = 0; index < 50; index++) expect(create().code).toBe(0);
	clock.advance(400);
	expect(create()).toMatchObject({
		status: 429,
		code: 99991400,
		msg: "request trigger frequency limit",
		headers: { "x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "1" },
	});
	expect(fake.rows(table)).toHaveLength(50);
	const other = fake.tenantToken(fake.app.id);
	fake.share(base, fake.app.bot, "edit");
	expect(create(other).code).toBe(0);
	expect(call("GET", `${T}/fields`, undefined, { atOnce: true }).code).toBe(0);
	clock.advance(600);
	expect(create().code).toBe(0);
	expect(fake.throttled).toBe(1);
	expect([...fake.throttledBy.keys()]).toEqual([
		expect.stringMatching(/^POST .*\/records$/),
	]);
});

test("minute rates tell how long to wait; old documents had lower ones", () => {
	const { call, fake, T } = set({
		limits: "seed",
		writeMs: 0,
		throttledStatus: 400,
	});
	const read = () => call("GET", `${T}/records`, undefined, { atOnce: true });
	for (let index = 0; index < 10; index++) expect(read().code).toBe(0);
	expect(read()).toMatchObject({ status: 400, code: 99991400 });
	const node = () =>
		call("GET", "/open-apis/wiki/v2/spaces/get_node?token=x", undefined, {
			atOnce: true,
		});
	for (let index = 0; index < 100; index++) expect(node().code).toBe(131005);
	expect(node()).toMatchObject({ headers: { "x-ogw-ratelimit-reset": "60" } });
	fake.set({ rates: false });
	expect(node().code).toBe(131005);
});

test.each([
	["reject", [0, 1254291, 1254291], [10, undefined, undefined]],
	["queue", [0, 0, 0], [10, 18, 26]],
] as const)("overlapping writes of a base: %s", (writeLock, codes, delays) => {
	const { call, fake, A, T } = set({ writeLock });
	const made = [
		call("POST", `${T}/records`, { fields: {} }, { atOnce: true }),
		call("POST", `${T}/views`, { view_name: "V" }, { atOnce: true }),
		call("POST", `${A}/tables`, { table: { name: "N" } }, { atOnce: true }),
	];
	expect(made.map(({ code }) => code)).toEqual(codes);
	expect(made.map(({ response }) => response.delayMs)).toEqual(delays);
	expect(call("GET", `${T}/fields`, undefined, { atOnce: true }).code).toBe(0);
	const other = fake.addBase({ name: "Other", withDefaultTable: true });
	const token = fake.tenantToken(fake.app.id);
	expect(
		call("PUT", `${APPS}/${other}`, { name: "Free" }, { token, atOnce: true })
			.code,
	).toBe(0);
});

test("overlapping writes by lot do both; a refused write holds no lock", () => {
	const { call, T } = set({ writeLock: "random", rates: false });
	const codes = new Set(
		Array.from(
			{ length: 40 },
			() => call("POST", `${T}/records`, { fields: {} }, { atOnce: true }).code,
		),
	);
	expect([...codes].sort()).toEqual([0, 1254291]);
	const strict = set();
	expect(
		strict.call(
			"POST",
			`${strict.T}/records`,
			{ fields: { No: 1 } },
			{ atOnce: true },
		).code,
	).toBe(1254045);
	expect(
		strict.call("POST", `${strict.T}/records`, { fields: {} }, { atOnce: true })
			.code,
	).toBe(0);
});

test("a client token answers the same twice, conflicts with another body, and is forgotten in the end", () => {
	const { call, fake, clock, table, T } = set();
	const create = (token: string, title: string) =>
		call("POST", `${T}/records/batch_create?client_token=${token}`, {
			records: [{ fields: { Title: title } }],
		});
	const first = create(uuid(1), "a");
	expect(create(uuid(1), "a").data).toEqual(first.data);
	expect(fake.rows(table)).toHaveLength(1);
	expect(create(uuid(1), "b")).toMatchObject({ status: 400, code: 1255006 });
	expect(
		call("POST", `${T}/records?client_token=${uuid(1)}`, { fields: {} }).code,
	).toBe(1255006);
	expect(create("not-a-uuid", "a")).toMatchObject({
		status: 400,
		code: 1254037,
	});
	expect(create("fe599b60-450f-16ff-b2ef-9f6675625b98", "a").code).toBe(
		1254037,
	);
	fake.set({ repeatedSubmit: "refused" });
	expect(create(uuid(1), "a")).toMatchObject({ status: 403, code: 1254608 });
	clock.advance(86_400_000);
	expect(create(uuid(1), "a").code).toBe(99991663);
	const fresh = fakeClient(
		fake,
		clock,
		fake.tenantToken("cli_0000000000000001"),
	);
	expect(
		fresh("POST", `${T}/records/batch_create?client_token=${uuid(1)}`, {
			records: [{ fields: {} }],
		}).code,
	).toBe(0);
	expect(fake.rows(table)).toHaveLength(2);
});

test("a client token of a call that failed is free; updates take none unless asked to", () => {
	const { call, fake, table, T } = set();
	const create = (fields: unknown) =>
		call("POST", `${T}/records?client_token=${uuid(2)}`, { fields });
	expect(create({ Title: 1 }).code).toBe(1254060);
	const id = create({ Title: "a" }).data.record.record_id;
	const update = (value: string, token = uuid(3)) =>
		call("PUT", `${T}/records/${id}?client_token=${token}`, {
			fields: { Title: value },
		}).code;
	expect([update("b"), update("c"), update("d", "none")]).toEqual([0, 0, 0]);
	fake.set({ clientTokenOnUpdates: true });
	expect([update("e"), update("f"), update("g", "none")]).toEqual([
		0, 1255006, 1254037,
	]);
	expect(fake.rows(table)[0]?.fields.Title).toEqual([
		{ type: "text", text: "e" },
	]);
});

test("replica lag hides what was just created, and relaxed writes from reads", () => {
	const { call, clock, A, T } = set({ replicaLagMs: 2_000 });
	clock.advance(5_000);
	const made = call("POST", `${A}/tables`, { table: { name: "New" } }).data
		.table_id;
	expect(call("GET", `${A}/tables/${made}/fields`).code).toBe(1254041);
	const view = call("POST", `${T}/views`, { view_name: "V" }).data.view.view_id;
	expect(call("GET", `${T}/views/${view}`)).toMatchObject({
		status: 404,
		code: 1254042,
	});
	const field = call("POST", `${T}/fields`, { field_name: "F", type: 1 }).data
		.field.field_id;
	expect(
		call("PUT", `${T}/fields/${field}`, { field_name: "G", type: 1 }).code,
	).toBe(1254044);
	const record = call("POST", `${T}/records`, { fields: { Title: "a" } }).data
		.record.record_id;
	expect(call("GET", `${T}/records/${record}`).code).toBe(1254043);
	clock.advance(2_000);
	for (const path of [
		`${A}/tables/${made}/fields`,
		`${T}/views/${view}`,
		`${T}/records/${record}`,
	])
		expect(call("GET", path).code).toBe(0);
	const title = () =>
		call("POST", `${T}/records/search`, {}).data.items.map(
			(item: { fields: { Title: [{ text: string }] } }) =>
				item.fields.Title[0].text,
		);
	const relaxed = "?ignore_consistency_check=true";
	call("PUT", `${T}/records/${record}`, { fields: { Title: "b" } });
	expect(title()).toEqual(["b"]);
	call("PUT", `${T}/records/${record}${relaxed}`, { fields: { Title: "c" } });
	call("POST", `${T}/records/batch_create${relaxed}`, {
		records: [{ fields: { Title: "new" } }],
	});
	expect(title()).toEqual(["b"]);
	clock.advance(2_000);
	expect(title()).toEqual(["c", "new"]);
	call("DELETE", `${T}/records/${record}${relaxed}`);
	expect(title().sort()).toEqual(["c", "new"]);
	clock.advance(2_000);
	expect(title()).toEqual(["new"]);
});

test("heavy writes keep a base busy when a test asks for it", () => {
	const { call, clock, T } = set({ settlingMsPerThousand: 5_000 });
	call("POST", `${T}/records/batch_create`, {
		records: Array.from({ length: 200 }, () => ({ fields: {} })),
	});
	expect(call("POST", `${T}/records/search`, {})).toMatchObject({
		status: 400,
		code: 1254607,
	});
	expect(
		call("POST", `${T}/records/batch_get`, { record_ids: ["rec1"] }).status,
	).toBe(500);
	clock.advance(500);
	expect(call("POST", `${T}/records/search`, {}).code).toBe(0);
});

test("a copy is not ready at once, and is a base of its own", () => {
	const { call, fake, clock, base, table, A, T } = set();
	call("POST", `${T}/records`, { fields: { Title: "a" } });
	const { app } = call("POST", `${A}/copy`, { name: "Copy" }).data;
	const copied = `${APPS}/${app.app_token}`;
	expect(call("GET", `${copied}/tables`)).toMatchObject({
		status: 400,
		code: 1254036,
	});
	expect(call("PATCH", `${copied}/tables/${table}`, { name: "x" }).status).toBe(
		403,
	);
	clock.advance(2_000);
	expect(call("GET", `${copied}/tables`).data.items).toMatchObject([
		{ name: "Table" },
	]);
	expect(fake.rows(table, app.app_token)).toHaveLength(1);
	call("POST", `${T}/records`, { fields: { Title: "b" } });
	expect(fake.rows(table, app.app_token)).toHaveLength(1);
	expect(fake.rows(table, base)).toHaveLength(2);
	const empty = call("POST", `${A}/copy`, {
		name: "Structure",
		without_content: true,
	}).data.app;
	expect(fake.rows(table, empty.app_token)).toEqual([]);
});

test("a new base has a default table with blank rows", () => {
	const { call, fake } = set();
	const { app } = call("POST", APPS, {
		name: "Plan",
		time_zone: "Asia/Macau",
	}).data;
	expect(fake.rows(app.default_table_id, app.app_token)).toEqual(
		Array.from({ length: 10 }, () => ({
			recordId: expect.any(String),
			fields: {},
		})),
	);
	expect(call("POST", APPS, { name: "a/b" })).toMatchObject({
		status: 200,
		code: 1254031,
	});
	expect(
		call("POST", APPS, { name: "a", folder_token: "fldcnNone" }),
	).toMatchObject({ status: 404, code: 1254702 });
	const locked = fake.addFolder({ writers: [] });
	expect(call("POST", APPS, { name: "a", folder_token: locked })).toMatchObject(
		{ status: 403, code: 1254701 },
	);
	expect(call("POST", APPS, { name: "a", time_zone: "Nowhere" })).toMatchObject(
		{ status: 400, code: 1254800 },
	);
});

test("faults come before or after the work, in the vendor's shapes", () => {
	let fault: ReturnType<FaultPlan>;
	const { call, fake, table, T } = set({}, { fault: () => fault });
	const create = () => call("POST", `${T}/records`, { fields: {} });
	fault = { when: "before", response: failure(1254290) };
	expect(create()).toMatchObject({
		status: 200,
		code: 1254290,
		body: { error: { log_id: expect.any(String) } },
	});
	fault = { when: "before", response: failure(1254290, { family: 4 }) };
	expect(create().status).toBe(429);
	expect(fake.rows(table)).toEqual([]);
	fault = { when: "after", response: failure(1255040) };
	expect(create()).toMatchObject({ status: 504, code: 1255040 });
	expect(fake.rows(table)).toHaveLength(1);
	fault = { when: "after", broken: "no-answer" };
	expect(create().response.broken).toBe("no-answer");
	expect(fake.rows(table)).toHaveLength(2);
});

test("revisions grow by one per change of the base and of the table", () => {
	const { call, A, T } = set();
	const revisions = () => [
		call("GET", A).data.app.revision,
		call("GET", `${A}/tables`).data.items[0].revision,
	];
	const [base, table] = revisions();
	call("POST", `${T}/records/batch_create`, {
		records: [{ fields: {} }, { fields: {} }],
	});
	expect(revisions()).toEqual([base + 1, table + 1]);
	call("POST", `${A}/tables`, { table: { name: "N" } });
	expect(revisions()).toEqual([base + 2, table + 1]);
	call("POST", `${T}/records`, { fields: { No: 1 } });
	expect(revisions()).toEqual([base + 2, table + 1]);
});
