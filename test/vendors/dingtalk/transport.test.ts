import { describe, expect, onTestFinished, test } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import type { Finding } from "../../../src/core/contract/finding.js";
import type { Session } from "../../../src/core/contract/session.js";
import { locate } from "../../../src/core/places/locate.js";
import { dingtalkConfig } from "../../../src/vendors/dingtalk/config.js";
import { virtualClock } from "../../clock.js";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import {
	createDingtalkFake,
	type DingtalkFake,
	type DingtalkSwitches,
	faultAt,
	faults,
} from "../../fakes/dingtalk/index.js";
import type { Fault, FaultPlan } from "../../fakes/fake.js";
import { temporaryFolder } from "../../folder.js";
import { dingtalkSession } from "./dingtalk-session.js";

interface World {
	readonly fake: DingtalkFake;
	readonly session: Session;
	readonly clock: ReturnType<typeof virtualClock>;
	readonly base: string;
	readonly table: string;
	/** Calls so far whose path holds the text. */
	calls(path: string): { query: string; status: number; body: string }[];
}

/** A base with one sheet of two columns. */
function world(
	options: {
		readonly fault?: FaultPlan;
		readonly switches?: Partial<DingtalkSwitches>;
		readonly config?: Readonly<Record<string, unknown>>;
		readonly rows?: number;
		readonly undo?: boolean;
	} = {},
): World {
	const { fault, switches, config, rows = 0, undo } = options;
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		...(fault === undefined ? {} : { fault }),
		...(switches === undefined ? {} : { switches }),
	});
	const base = fake.addBase({ name: "Base", id: "base1" });
	const sheet = fake.addSheet(base, {
		name: "Sheet",
		id: "sheet1",
		fields: [
			{ id: "title", name: "Title", type: "text" },
			{ id: "amount", name: "Amount", type: "number" },
		],
	});
	fake.addRecords(
		base,
		sheet,
		Array.from({ length: rows }, (_, index) => ({ Title: `Row ${index}` })),
	);
	const { session, close } = dingtalkSession({
		fake,
		clock,
		folder: temporaryFolder(),
		bases: [base],
		...(config === undefined ? {} : { config }),
		...(undo === undefined ? {} : { undo }),
	});
	onTestFinished(close);
	return {
		fake,
		session,
		clock,
		base,
		table: `dingtalk:${base}/${sheet}`,
		calls: (path) =>
			fake.log
				.filter(({ request }) => request.path.includes(path))
				.map(({ request, response }) => ({
					query: request.query,
					status: response.status,
					body: request.body.toString(),
				})),
	};
}

const INSERT = (method: string, path: string) =>
	method === "POST" && /\/records$/.test(path);
const LIST = (_: string, path: string) => path.endsWith("/records/list");
const UPDATE = (method: string, path: string) =>
	method === "PUT" && /\/records$/.test(path);
const DELETE = (_: string, path: string) => path.endsWith("/records/delete");

const adapterOf = (session: Session): Promise<Adapter> =>
	(
		session.connections.get("dingtalk") as { adapter(): Promise<Adapter> }
	).adapter();

const titles = ({ fake, base }: World) =>
	fake.rows(base, "Sheet").map(({ fields }) => fields.Title);

const numbered = (count: number) =>
	Array.from({ length: count }, (_, index) => `N${index}`);

const create = (
	{ session, table }: Pick<World, "session" | "table">,
	names: readonly string[],
) =>
	callTool(session, "create_records", {
		table,
		records: names.map((Title, Amount) => ({ fields: { Title, Amount } })),
	});

describe("the configuration", () => {
	const good = { app_key: "k", app_secret: "s", operator_id: "u" };
	const problems = (given: unknown) =>
		dingtalkConfig
			.safeParse(given)
			.error?.issues.map(({ message }) => message)
			.join("; ");

	test("wants key, secret and an operator, each by the name of its variable", () => {
		expect(problems(good)).toBeUndefined();
		expect(problems({ ...good, operator_id: undefined, user_id: "1" })).toBe(
			undefined,
		);
		expect(problems({ operator_id: "u" })).toMatch(
			/DINGTALK_APP_KEY.*DINGTALK_APP_SECRET/,
		);
		expect(problems({ app_key: "k", app_secret: "s" })).toMatch(
			/DINGTALK_OPERATOR_ID.*DINGTALK_USER_ID/,
		);
		expect(problems({ ...good, user_id: "1" })).toMatch(/set one of them/);
		expect(problems({ ...good, operator: "u" })).toMatch(/operator/);
	});
});

describe("token and operator", () => {
	test("one token serves all calls, is renewed before it ends, and goes with every call", async () => {
		const here = world({ rows: 1 });
		const query = () =>
			callTool(here.session, "query_records", { table: here.table });
		await Promise.all([query(), query()]);
		expect(here.calls("/oauth2/accessToken")).toHaveLength(1);
		here.clock.advance(6_800_000);
		await query();
		expect(here.calls("/oauth2/accessToken")).toHaveLength(1);
		here.clock.advance(200_000);
		await query();
		expect(here.calls("/oauth2/accessToken")).toHaveLength(2);
		for (const { request } of here.fake.log) {
			if (request.path.includes("oauth2")) {
				expect(JSON.parse(request.body.toString())).toEqual({
					appKey: here.fake.app.key,
					appSecret: here.fake.app.secret,
				});
				continue;
			}
			expect(request.headers["x-acs-dingtalk-access-token"]).toMatch(/./);
			expect(request.query).toContain(`operatorId=${here.fake.operatorId}`);
		}
	});

	test("a revoked token is replaced once, and the call goes on", async () => {
		const here = world({ rows: 1 });
		const query = () =>
			callTool(here.session, "query_records", { table: here.table });
		await query();
		here.fake.revoke();
		expect((await query()).structured.returned).toBe(1);
		expect(here.calls("/oauth2/accessToken")).toHaveLength(2);
	});

	test("a token that is refused again ends the call", async () => {
		const here = world({
			fault: (request) =>
				request.path.includes("oauth2") ? undefined : faults.tokenRevoked,
		});
		const failure = await failureOf(
			callTool(here.session, "query_records", { table: here.table }),
		);
		expect(failure.code).toBe("auth");
		expect(here.calls("/sheets/sheet1").length).toBeLessThanOrEqual(4);
	});

	test("a wrong secret says so, with the variables to set", async () => {
		const here = world({ config: { app_secret: "wrong" } });
		const failure = await failureOf(
			callTool(here.session, "query_records", { table: here.table }),
		);
		expect(failure.message).toContain("invalidClientIdOrSecret");
		expect(failure.next).toContain("DINGTALK_APP_SECRET");
	});

	test("the operator is looked up from a userid, once, on the older host", async () => {
		const here = world({ rows: 1 });
		const { userId } = here.fake.addUser({
			name: "Ann",
			unionId: "union of Ann",
		});
		here.fake.setAccess(here.base, "union of Ann", "edit");
		const { session, close } = dingtalkSession({
			fake: here.fake,
			clock: here.clock,
			folder: temporaryFolder(),
			bases: [here.base],
			config: { operator_id: undefined, user_id: userId },
		});
		onTestFinished(close);
		for (let round = 0; round < 2; round++)
			await callTool(session, "query_records", { table: here.table });
		const lookups = here.fake.log.filter(({ request }) =>
			request.path.endsWith("/user/get"),
		);
		expect(lookups).toHaveLength(1);
		expect(lookups[0]?.request.origin).toBe("https://oapi.dingtalk.com");
		expect(lookups[0]?.request.query).toMatch(/^access_token=/);
		expect(
			lookups[0]?.request.headers["x-acs-dingtalk-access-token"],
		).toBeUndefined();
		expect(here.calls("/records/list")[0]?.query).toContain(
			`operatorId=${encodeURIComponent("union of Ann")}`,
		);
	});
});

describe("throttling, quota and failed servers", () => {
	test.each([
		["qps", faults.qps, 1_000],
		["qpm", faults.qpm, 15_000],
		["qpsOfApi", faults.qpsOfApi, 1_000],
		["systemBusy", faults.systemBusy, 1_000],
		["stillInitializing", faults.stillInitializing, 300],
	])("%s is waited for, writes too", async (_, fault, waitMs) => {
		const here = world({ fault: faultAt(fault, [1], INSERT) });
		const before = here.clock.now();
		const { structured } = await create(here, ["a"]);
		expect(structured.counts).toMatchObject({ created: 1 });
		expect(titles(here)).toEqual(["a"]);
		expect(here.clock.now() - before).toBeGreaterThanOrEqual(waitMs);
		const sent = here.fake.log.filter(({ request }) =>
			INSERT(request.method, request.path),
		);
		expect(sent).toHaveLength(2);
		expect(sent[0]?.request.query).toBe(sent[1]?.request.query);
	});

	test.each([
		["dataNotReady", faults.dataNotReady],
		["html", faults.html],
		["internalError", faults.internalError],
		["timeout", faults.timeout],
		["unavailable", faults.unavailable],
		["noAnswer", faults.noAnswer],
	])("a read goes on after %s", async (_, fault) => {
		const here = world({ rows: 2, fault: faultAt(fault, [1, 2], LIST) });
		const { structured } = await callTool(here.session, "query_records", {
			table: here.table,
		});
		expect(structured.returned).toBe(2);
	});

	test("in steady state no call is throttled", async () => {
		const here = world();
		await create(here, numbered(1_000));
		for (let round = 0; round < 30; round++)
			await callTool(here.session, "query_records", {
				table: here.table,
				limit: 1,
			});
		expect(here.fake.throttled).toBe(0);
		expect(titles(here)).toHaveLength(1_000);
	});

	test("the month's quota is named, and nothing is tried again", async () => {
		const here = world({ fault: faultAt(faults.quotaSpent, [1, 2], INSERT) });
		const answer = await create(here, ["a"]);
		expect(answer.isError).toBe(true);
		expect(answer.structured.counts).toMatchObject({ not_attempted: 1 });
		expect(answer.text).toMatch(/this month are used up.*ApiCountLimitForOrg/s);
	});

	test("a blocked address is reported at once; a page alone does not prove it", async () => {
		for (const [blockedBody, says] of [
			["json", /blocked for five minutes/],
			["html", /which is not JSON|a page came in place/],
		] as const) {
			const here = world({ switches: { callsPerAddress: 0, blockedBody } });
			const before = here.clock.now();
			const failure = await failureOf(
				callTool(here.session, "query_records", { table: here.table }),
			);
			expect(`${failure.message} ${failure.next}`).toMatch(says);
			expect(here.clock.now() - before).toBeLessThan(1_000);
		}
	});

	test("a missing permission is not taken for throttling", async () => {
		const here = world();
		here.fake.withhold("Notable.Base.Read.All");
		const failure = await failureOf(
			callTool(here.session, "query_records", { table: here.table }),
		);
		expect(failure.code).toBe("auth");
		expect(failure.message).toContain("Notable.Base.Read.All");
		expect(failure.next).toContain("developer console");
		expect(here.calls("/fields")).toHaveLength(1);
	});
});

const AFTER: readonly (readonly [string, Fault])[] = [
	["500", faults.afterInternalError],
	["504", faults.afterTimeout],
	["a page of HTML", faults.afterHtml],
	["no answer", faults.afterNoAnswer],
	["half an answer", faults.afterMidBody],
];

describe("an insert whose answer is lost", () => {
	for (const changedRecordIds of ["list", "by-sheet", "absent"] as const)
		for (const repeatedToken of ["conflict", "replay"] as const)
			test.each(AFTER)(
				`%s; a repeat brings ${repeatedToken}, the lookup is ${changedRecordIds}`,
				async (_, fault) => {
					const here = world({
						fault: faultAt(fault, [1], INSERT),
						switches: { changedRecordIds, repeatedToken },
					});
					const answer = await create(here, numbered(5));
					expect(answer.structured.counts).toMatchObject({
						created: 5,
						unknown: 0,
					});
					const stored = here.fake.rows(here.base, "Sheet");
					expect(titles(here)).toEqual(numbered(5));
					expect(answer.structured.ids).toEqual(stored.map(({ id }) => id));
				},
			);

	test("nothing was done: the same records are sent under the same token", async () => {
		const here = world({ fault: faultAt(faults.timeout, [1], INSERT) });
		const answer = await create(here, numbered(3));
		expect(answer.structured.counts).toMatchObject({ created: 3 });
		expect(titles(here)).toEqual(numbered(3));
		const tokens = here.fake.log
			.filter(({ request }) => INSERT(request.method, request.path))
			.map(({ request }) => /clientToken=([^&]+)/.exec(request.query)?.[1]);
		expect(tokens).toHaveLength(2);
		expect(tokens[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
		expect(tokens[1]).toBe(tokens[0]);
	});

	test("ids come in the order of the records, whichever way the vendor answers", async () => {
		for (const insertedOrder of ["request", "reversed"] as const) {
			const here = world({ switches: { insertedOrder } });
			for (let round = 0; round < 2; round++) {
				const names = numbered(3).map((name) => `${name} of ${round}`);
				const { structured } = await create(here, names);
				const byId = new Map(
					here.fake
						.rows(here.base, "Sheet")
						.map(({ id, fields }) => [id, fields.Title]),
				);
				expect((structured.ids as string[]).map((id) => byId.get(id))).toEqual(
					names,
				);
			}
			// Looked at once, then known.
			expect(
				here.fake.log.filter(
					({ request }) =>
						request.method === "GET" && /\/records\/\w+$/.test(request.path),
				),
			).toHaveLength(1);
		}
	});

	test("a vendor that leaves a bad record out is not believed to have made it", async () => {
		const here = world({ switches: { insertAtomicity: "partial" } });
		const { adapter, table } = await locate(
			here.session,
			here.table,
			runningOf(here.session),
		);
		const written = await adapter.createBatch?.(
			table,
			[{ title: "a" }, { title: 5 }, { title: "c" }],
			{ priority: "interactive", idempotencyKey: here.session.uuid() },
		);
		expect(written).toHaveLength(2);
	});
});

describe("an update or a delete whose answer is lost", () => {
	test.each(AFTER)("%s", async (_, fault) => {
		const updates = faultAt(fault, [1], UPDATE);
		const deletes = faultAt(fault, [1], DELETE);
		const here = world({
			rows: 3,
			fault: (request) => updates(request) ?? deletes(request),
		});
		const [first, second] = here.fake.rows(here.base, "Sheet");
		const updated = await callTool(here.session, "update_records", {
			table: here.table,
			records: [{ id: first?.id, fields: { Title: "changed" } }],
		});
		expect(updated.structured.counts).toMatchObject({ updated: 1, unknown: 0 });
		const removed = await callTool(here.session, "delete_records", {
			table: here.table,
			record_ids: [second?.id],
		});
		expect(removed.structured.counts).toMatchObject({
			deleted: 1,
			unknown: 0,
			failed: 0,
		});
		expect(titles(here)).toEqual(["changed", "Row 2"]);
	});
});

describe("names and ids", () => {
	test("a column renamed meanwhile is still read and written by its id", async () => {
		const here = world({ rows: 1 });
		const running = runningOf(here.session);
		const { table, adapter } = await locate(here.session, here.table, running);
		const [row] = here.fake.rows(here.base, "Sheet");
		const sheet = here.fake.sheets(here.base)[0];
		const column = sheet?.fields.get("title") as { name: string };
		column.name = "Heading";
		const read = async () =>
			(
				await adapter.readByIds(
					table,
					[row?.id as string],
					{ fields: table.fields, system: [] },
					running.call,
				)
			)[0]?.cells;
		expect(await read()).toEqual({ title: "Row 0" });
		here.clock.advance(11_000);
		await adapter.updateBatch?.(
			table,
			[{ id: row?.id as string, cells: { title: "new" } }],
			running.call,
		);
		expect(await read()).toEqual({ title: "new" });
		expect(here.fake.rows(here.base, "Sheet")[0]?.fields).toEqual({
			Heading: "new",
		});
	});

	test("a column deleted meanwhile is reported, where the vendor would drop its cells without a word", async () => {
		const here = world();
		const running = runningOf(here.session);
		const { table, adapter } = await locate(here.session, here.table, running);
		here.fake.removeField(here.base, "Sheet", "Amount");
		here.clock.advance(11_000);
		const failure = await failureOf(
			(adapter.createBatch as NonNullable<Adapter["createBatch"]>)(
				table,
				[{ title: "a", amount: 1 }],
				running.call,
			),
		);
		expect(failure.code).toBe("not_found");
		expect(failure.message).toContain('"Amount"');
		expect(titles(here)).toEqual([]);
	});

	test("a sheet is opened by its name too, and goes by its id from there", async () => {
		const here = world();
		const { reference } = await locate(
			here.session,
			`dingtalk:${here.base}/Sheet`,
			runningOf(here.session),
		);
		expect(reference).toBe(here.table);
	});

	test("only the columns that are wanted are asked for; computed ones by name", async () => {
		const here = world({ rows: 1 });
		here.fake.addField(here.base, "Sheet", {
			id: "made",
			name: "Made",
			type: "createdTime",
		});
		for (const fields of [["Title"], ["Made"], undefined])
			await callTool(here.session, "query_records", {
				table: here.table,
				...(fields === undefined ? {} : { fields }),
			});
		expect(
			here.calls("/records/list").map(({ body }) => {
				const { fieldIdOrNames, calcFields } = JSON.parse(body);
				return [fieldIdOrNames, calcFields];
			}),
		).toEqual([
			[["title"], undefined],
			[["made"], true],
			[undefined, true],
		]);
	});

	test("records are read by id with the fewest calls", async () => {
		const here = world({ rows: 1_000 });
		const running = runningOf(here.session);
		const { table, adapter } = await locate(here.session, here.table, running);
		const ids = here.fake.rows(here.base, "Sheet").map(({ id }) => id);
		const read = async (wanted: readonly string[]) => {
			const before = here.fake.log.length;
			const found = await adapter.readByIds(
				table,
				wanted,
				{ fields: table.fields, system: [] },
				running.call,
			);
			return [found.map(({ id }) => id), here.fake.log.length - before];
		};
		const last = ids.slice(-1);
		expect(await read(last)).toEqual([last, 1]);
		const few = [ids[5], ids[50]] as string[];
		expect(await read(few)).toEqual([few, 1]);
		const spread = ids.filter((_, index) => index % 25 === 0).toReversed();
		expect(await read(spread)).toEqual([spread, 10]);
		// By now the table is known to be too long for so few: one by one.
		const far = ids.slice(-3);
		expect(await read(far)).toEqual([far, 3]);
		expect(await read([...last, "gone000000"])).toEqual([last, 2]);
	});

	test("the same page token twice is an error, not a circle", async () => {
		const here = world({ rows: 3 });
		const running = runningOf(here.session);
		const { table, adapter } = await locate(here.session, here.table, running);
		const query = { fields: table.fields, system: [], pageSize: 1 } as const;
		const { next } = await adapter.readPage(
			table,
			query,
			undefined,
			running.call,
		);
		const stuck = world({
			rows: 3,
			fault: (request) =>
				LIST(request.method, request.path)
					? {
							when: "before",
							response: {
								status: 200,
								body: JSON.stringify({
									hasMore: true,
									nextToken: next,
									records: [],
								}),
							},
						}
					: undefined,
		});
		const there = await adapterOf(stuck.session);
		const failure = await failureOf(
			there.readPage(table, query, next, running.call),
		);
		expect(failure.code).toBe("broken");
	});
});

describe("clearing", () => {
	const cleared = async (nullValue: DingtalkSwitches["nullValue"]) => {
		const here = world({ switches: { nullValue } });
		here.fake.addField(here.base, "Sheet", {
			name: "Rating",
			type: "rating",
		});
		const [id] = here.fake.addRecords(here.base, "Sheet", [
			{ Title: "a", Amount: 5, Rating: 3 },
		]);
		const clear = (field: string) =>
			callTool(here.session, "update_records", {
				table: here.table,
				records: [{ id, fields: { [field]: null } }],
			});
		return { here, clear };
	};

	test.each(["clear", "ignore", "reject"] as const)(
		"a number is emptied where the vendor takes null as: %s",
		async (nullValue) => {
			const { here, clear } = await cleared(nullValue);
			const { structured } = await clear("Amount");
			expect(structured.counts).toMatchObject({ updated: 1, failed: 0 });
			expect(here.fake.rows(here.base, "Sheet")[0]?.fields).toEqual({
				Title: "a",
				Rating: 3,
			});
		},
	);

	test("what cannot be emptied is reported", async () => {
		for (const nullValue of ["ignore", "reject"] as const) {
			const { here, clear } = await cleared(nullValue);
			const answer = await clear("Rating");
			expect(answer.isError).toBe(true);
			expect(answer.structured.counts).toMatchObject({ failed: 1 });
			expect(here.fake.rows(here.base, "Sheet")[0]?.fields.Rating).toBe(3);
		}
	});
});

describe("doctor", () => {
	const check = async (here: World): Promise<readonly Finding[]> =>
		(await adapterOf(here.session)).check({ priority: "interactive" });
	const shown = (findings: readonly Finding[]) =>
		findings.map(({ level, what }) => `${level}: ${what}`);

	test("all is well", async () => {
		const findings = await check(world({ rows: 1 }));
		expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
		expect(shown(findings).join("\n")).toContain("Base [base1]");
		expect(shown(findings)).toContain("ok: Base: 1 sheet");
	});

	test("a wrong secret ends it", async () => {
		const findings = await check(world({ config: { app_secret: "wrong" } }));
		expect(findings).toHaveLength(1);
		expect(findings[0]).toMatchObject({
			level: "error",
			what: expect.stringContaining("app key and secret"),
			next: expect.stringContaining("DINGTALK_APP_SECRET"),
		});
	});

	test("an operator that is a userid", async () => {
		const here = world({ config: { operator_id: "1000000000" } });
		const findings = await check(here);
		const error = findings.find(({ what }) => what.includes("not a unionId"));
		expect(error).toMatchObject({
			level: "error",
			next: expect.stringContaining("DINGTALK_USER_ID"),
		});
	});

	test("a userid that nobody has", async () => {
		const findings = await check(
			world({ config: { operator_id: undefined, user_id: "nobody" } }),
		);
		expect(findings.at(-1)).toMatchObject({
			level: "error",
			what: expect.stringContaining("operator"),
			next: expect.stringContaining("DINGTALK_USER_ID"),
		});
	});

	test("a base that the operator may not open", async () => {
		const here = world();
		here.fake.setAccess(here.base, here.fake.operatorId, undefined);
		const error = (await check(here)).find(({ level }) => level === "error");
		expect(error?.what).toMatch(/^base1: .*document\.notFound/);
		expect(error?.next).toContain("share the base with the operator");
	});

	test("a reader", async () => {
		const here = world();
		here.fake.setAccess(here.base, here.fake.operatorId, "read");
		expect(shown(await check(here)).join("\n")).toMatch(
			/warning: permission Notable\.Base\.Write\.All is there, but: .*may not do that/,
		);
	});

	test("no base at all", async () => {
		const here = world({ config: { bases: [] } });
		const warning = (await check(here)).find(
			({ level }) => level === "warning",
		);
		expect(warning?.next).toContain("DINGTALK_BASES");
	});

	test.each([
		["Notable.Base.Write.All", "error", "nothing can be changed"],
		["Storage.File.Read", "warning", "files cannot be uploaded"],
		["Wiki.Node.Read", "warning", "bases have no names"],
		["qyapi_get_member", "warning", "people are shown by id"],
		["qyapi_get_department_list", "warning", "departments are shown by id"],
		["qyapi_get_department_member", "warning", "list_contacts lists nobody"],
		["qyapi_addresslist_search", "warning", "written by id"],
	] as const)("without %s", async (scope, level, without) => {
		const here = world();
		here.fake.withhold(scope);
		const finding = (await check(here)).find(({ what }) =>
			what.startsWith(`permission ${scope} is missing`),
		);
		expect(finding).toMatchObject({
			level,
			next: expect.stringMatching(
				new RegExp(`Apply for ${scope.replaceAll(".", "\\.")}.*${without}`),
			),
		});
	});

	test("without the permission to read", async () => {
		const here = world();
		here.fake.withhold("Notable.Base.Read.All");
		const error = (await check(here)).find(({ level }) => level === "error");
		expect(error?.what).toContain("Notable.Base.Read.All");
		expect(error?.next).toContain("Apply for Notable.Base.Read.All");
	});

	test("changes nothing", async () => {
		const here = world({ rows: 3 });
		await check(here);
		expect(titles(here)).toHaveLength(3);
		expect(here.fake.sheets(here.base)).toHaveLength(1);
	});
});
