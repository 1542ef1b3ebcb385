import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import type { Endpoint } from "../../../src/http/endpoint.js";
import * as calls from "../../../src/vendors/fusion/calls.js";
import { type VirtualClock, virtualClock } from "../../clock.js";
import { callTool, failureOf } from "../../conformance/session.js";
import type { FaultPlan } from "../../fakes/fake.js";
import {
	createFusionFake,
	type FusionFake,
	type FusionSwitches,
} from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

interface Account {
	readonly fake: FusionFake;
	readonly clock: VirtualClock;
	readonly session: Session;
	readonly folder: string;
	call(
		tool: string,
		args: Readonly<Record<string, unknown>>,
	): ReturnType<typeof callTool>;
	/** The same as another person, or with other settings. */
	as(token: string, config?: object): Promise<Session>;
}

function account(
	given: {
		readonly switches?: Partial<FusionSwitches>;
		readonly config?: object;
		readonly fault?: FaultPlan;
	} = {},
): Account {
	const clock = virtualClock();
	const { switches, fault, config } = given;
	const fake = createFusionFake({
		clock,
		switches: { plan: "enterprise", ...switches },
		...(fault === undefined ? {} : { fault }),
	});
	const folder = temporaryFolder();
	const open = (token: string, own: object = {}) =>
		fusionSession({ fake, token, clock, folder, config: own }).session;
	const session = open(fake.token, config);
	return {
		fake,
		clock,
		session,
		folder,
		call: (tool, args) => callTool(session, tool, args),
		as: async (token, own) => open(token, own),
	};
}

const TITLE = { name: "Title", type: "SingleText", property: {} } as const;

function sheet(fake: FusionFake, rows = 0): string {
	const table = fake.addTable({
		name: `Sheet of ${rows}`,
		fields: [
			TITLE,
			{ name: "Count", type: "Number", property: { precision: 0 } },
			{ name: "Files", type: "Attachment" },
			{ name: "Owner", type: "Member", property: {} },
			{ name: "Site", type: "URL" },
		],
	});
	fake.addRecords(
		table,
		Array.from({ length: rows }, (_, index) => ({
			Title: `row ${index}`,
			Count: index,
		})),
	);
	return table;
}

const referenceOf = (fake: FusionFake, table: string) =>
	`fusion:${fake.spaceId}/${table}`;

/** Does a request of the log belong to this endpoint? */
function isCallOf({ method, path }: Endpoint) {
	const pattern = new RegExp(
		`^${path.replace(/[.]/g, "\\.").replace(/\{\w+\}/g, "[^/]+")}$`,
	);
	return ({ request }: FusionFake["log"][number]) =>
		request.method === method && pattern.test(request.path);
}

test("every endpoint is reached through a tool", async () => {
	const { fake, call, folder, session } = account();
	const other = account({
		fault: ({ path }) =>
			path.includes("/v2/")
				? {
						when: "before",
						response: {
							status: 404,
							headers: { "content-type": "application/json" },
							body: '{"success":false,"code":404,"message":"no route"}',
						},
					}
				: undefined,
	});
	const inner = other.fake.addNode({ type: "Folder", name: "Plans" });
	other.fake.addTable({ name: "Deep", folderId: inner, fields: [TITLE] });
	const walked = await other.call("list_tables", { connection: "fusion" });
	expect(walked.structured.tables).toMatchObject([
		{ name: "Deep", path: ["Plans"] },
	]);

	const made = await call("create_table", {
		connection: "fusion",
		base: fake.spaceId,
		name: "Made",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Files", type: "attachment" },
		],
	});
	const table = made.structured.table as string;
	await call("create_field", { table, name: "Count", type: "number" });
	const created = await call("create_records", {
		table,
		records: [{ fields: { Title: "a", Count: 1 } }],
	});
	const [id] = created.structured.ids as string[];
	await call("update_records", {
		table,
		records: [{ id, fields: { Count: 2 } }],
	});
	mkdirSync(join(folder, "files"), { recursive: true });
	writeFileSync(join(folder, "files", "small.txt"), "small");
	writeFileSync(join(folder, "files", "large.bin"), "");
	truncateSync(join(folder, "files", "large.bin"), 91 * 1024 ** 2);
	const sent = await call("upload_attachment", {
		table,
		files: [
			{ file: "small.txt", record_id: id },
			{ file: "large.bin", record_id: id },
		],
	});
	expect(sent.isError ?? false).toBe(false);
	const [row] = fake.rows(table.split("/")[1] ?? "");
	expect(row?.fields.Files).toMatchObject([
		{ name: "small.txt", size: 5 },
		{ name: "large.bin", size: 91 * 1024 ** 2 },
	]);
	await call("delete_field", { table, field: "Count", confirm: "Count" });
	await call("delete_records", { table, record_ids: [id] });

	const contact = async (args: Readonly<Record<string, unknown>>) =>
		(await call("save_contact", { connection: "fusion", ...args })).structured
			.contact as { id: string };
	const team = await contact({ kind: "team", name: "Design" });
	await contact({ kind: "team", id: team.id, name: "Designers" });
	const role = await contact({ kind: "role", name: "Reviewer" });
	await contact({ kind: "role", id: role.id, name: "Reviewers" });
	const person = fake.addPerson({ name: "Ann" });
	const saved = await contact({
		kind: "member",
		id: person.unitId,
		name: "Ann Lee",
		teams: [team.id],
		roles: [role.id],
	});
	expect(saved).toMatchObject({
		name: "Ann Lee",
		teams: [team.id],
		roles: [role.id],
	});
	const listed = async (args: Readonly<Record<string, unknown>>) =>
		(
			(await call("list_contacts", { connection: "fusion", ...args }))
				.structured.contacts as { name: string }[]
		).map(({ name }) => name);
	expect(await listed({})).toContain("Ann Lee");
	expect(await listed({ kind: "team" })).toEqual(["Designers"]);
	expect(await listed({ kind: "role" })).toEqual(["Reviewers"]);
	expect(await listed({ inside: team.id })).toEqual(["Ann Lee"]);
	expect(await listed({ inside: role.id })).toEqual(["Ann Lee"]);
	expect(await listed({ inside: person.unitId })).toEqual(["Ann Lee"]);
	await contact({ kind: "member", id: person.unitId, teams: [], roles: [] });
	for (const [kind, contactId] of [
		["role", role.id],
		["team", team.id],
		["member", person.unitId],
	])
		await call("delete_contact", {
			connection: "fusion",
			kind,
			id: contactId,
			confirm: contactId,
		});
	expect(await listed({})).not.toContain("Ann Lee");
	const dashboard = fake.addNode({ type: "Dashboard", name: "Overview" });
	const dashboards = await call("list_dashboards", {
		base: `fusion:${fake.spaceId}`,
	});
	expect(dashboards.text).toContain(dashboard);

	const log = [...fake.log, ...other.fake.log];
	const missed = Object.entries(calls).filter(
		([, endpoint]) => !log.some(isCallOf(endpoint)),
	);
	expect(missed.map(([name]) => name)).toEqual([]);
	const unknown = log.filter(
		(exchange) =>
			!exchange.request.path.startsWith("/space/") &&
			!Object.values(calls).some((endpoint) => isCallOf(endpoint)(exchange)),
	);
	expect(
		unknown.map(({ request }) => `${request.method} ${request.path}`),
	).toEqual([]);
	expect(session.connections.size).toBe(1);
});

describe("a reader", () => {
	test("is reported before anything is sent", async () => {
		const { fake, as } = account();
		const table = sheet(fake, 3);
		const reader = fake.addPerson({ name: "Ravi", permission: 3 });
		const session = await as(reader.token);
		const ids = fake.rows(table).map(({ recordId }) => recordId);
		const answer = await callTool(session, "update_records", {
			table: referenceOf(fake, table),
			records: [
				{ id: ids[0], fields: { Title: "changed" } },
				{ id: ids[1], fields: { Title: "row 1" } },
			],
		});
		expect(answer.isError).toBe(true);
		expect(answer.structured.counts).toMatchObject({
			failed: 1,
			updated: 0,
		});
		expect(answer.text).toContain("this account may not edit the field");
		expect(fake.log.some(({ request }) => request.method === "PATCH")).toBe(
			false,
		);
	});

	test.each(["Title", "Count", "Files", "Site"])(
		"whose update of %s is answered with success and not done is reported as not done",
		async (column) => {
			const { fake, as } = account();
			const table = sheet(fake, 2);
			const editor = fake.addPerson({ name: "Eva", permission: 1 });
			const session = await as(editor.token);
			const reference = referenceOf(fake, table);
			await callTool(session, "describe_fields", { table: reference });
			// The rights go after the fields were read.
			fake.restrictNode(table, editor.token, 3);
			const token = fake.addAttachment({
				name: "a.txt",
				bytes: Buffer.from("a"),
			});
			const values: Readonly<Record<string, unknown>> = {
				Title: "changed",
				Count: 99,
				Files: [{ token, name: "a.txt" }],
				Site: "https://a.test",
			};
			const before = fake.rows(table);
			const answer = await callTool(session, "update_records", {
				table: reference,
				records: before.map(({ recordId }) => ({
					id: recordId,
					fields: { [column]: values[column] },
				})),
			});
			expect(answer.isError).toBe(true);
			expect(answer.structured.counts).toMatchObject({ updated: 0, failed: 2 });
			expect(answer.text).toMatch(
				new RegExp(`answered success, but .*${column}.*right to edit`),
			);
			expect(
				fake.log.filter(({ request }) => request.method === "PATCH"),
			).toMatchObject([{ response: { status: 200 } }]);
			expect(fake.rows(table)).toEqual(before);
		},
	);

	test("may neither create nor delete, and learns why", async () => {
		const { fake, as } = account();
		const table = sheet(fake, 1);
		const reader = fake.addPerson({ name: "Ravi", permission: 3 });
		const session = await as(reader.token);
		const reference = referenceOf(fake, table);
		const created = await callTool(session, "create_records", {
			table: reference,
			records: [{ fields: { Title: "x" } }],
		});
		expect(created.isError).toBe(true);
		expect(created.text).toContain("may write no field");
		const deleted = await callTool(session, "delete_records", {
			table: reference,
			record_ids: fake.rows(table).map(({ recordId }) => recordId),
		});
		expect(deleted.isError).toBe(true);
		expect(deleted.text).toMatch(/rights do not suffice.*602/);
		expect(fake.rows(table)).toHaveLength(1);
	});

	test("of one column cannot change it unseen", async () => {
		const { fake, as } = account();
		const table = sheet(fake, 1);
		const editor = fake.addPerson({ name: "Eva", permission: 1 });
		fake.restrictField(table, "Count", editor.token, "read");
		const session = await as(editor.token);
		const [row] = fake.rows(table);
		const answer = await callTool(session, "update_records", {
			table: referenceOf(fake, table),
			records: [{ id: row?.recordId, fields: { Title: "new", Count: 99 } }],
		});
		expect(answer.isError).toBe(true);
		expect(answer.text).toContain("Count");
		expect(fake.rows(table)[0]?.fields.Count).toBe(0);
	});
});

describe("the rate", () => {
	test.each([
		["open-source", {}, 5],
		["enterprise", { qps: 20 }, 20],
		["free", { qps: 2 }, 2],
	] as const)(
		"of %s is kept: nothing is throttled, and little wasted",
		async (plan, config, perSecond) => {
			const { fake, clock, call } = account({ switches: { plan }, config });
			const table = sheet(fake);
			const reference = referenceOf(fake, table);
			await call("describe_fields", { table: reference });
			clock.advance(2_000);
			const batches = perSecond * 10;
			const start = clock.now();
			const answer = await call("create_records", {
				table: reference,
				records: Array.from({ length: batches * 10 }, (_, index) => ({
					fields: { Title: `new ${index}` },
				})),
			});
			expect(answer.structured.counts).toMatchObject({ created: batches * 10 });
			expect(fake.throttled).toBe(0);
			expect(clock.now() - start).toBeLessThan(
				(batches / perSecond) * 1_000 * 1.06,
			);
			const all = await call("query_records", { table: reference, limit: 0 });
			expect(all.structured.total).toBe(batches * 10);
		},
	);

	test("of a lower plan than configured is learned, and nothing is lost", async () => {
		const { fake, clock, call } = account({ switches: { plan: "free" } });
		const table = sheet(fake);
		const reference = referenceOf(fake, table);
		const create = (from: number) =>
			call("create_records", {
				table: reference,
				records: Array.from({ length: 400 }, (_, index) => ({
					fields: { Title: `new ${from + index}` },
				})),
			});
		const first = await create(0);
		expect(first.structured.counts).toMatchObject({ created: 400, failed: 0 });
		const learning = fake.throttled;
		expect(learning).toBeGreaterThan(0);
		expect(learning).toBeLessThanOrEqual(10);
		clock.advance(1_000);
		await create(400);
		expect(fake.throttled - learning).toBeLessThanOrEqual(3);
		expect(
			new Set(fake.rows(table).map(({ fields }) => fields.Title)).size,
		).toBe(800);
	});
});

describe("long requests", () => {
	const lines = (fake: FusionFake) =>
		fake.log.map(
			({ request }) =>
				`${request.method} ${request.path}?${request.query} HTTP/1.1`.length,
		);

	test("a filter that is too long is answered by the core", async () => {
		const { fake, call } = account();
		const table = sheet(fake, 300);
		const values = Array.from({ length: 290 }, (_, index) => `row ${index}`);
		const answer = await call("query_records", {
			table: referenceOf(fake, table),
			fields: ["Title"],
			filter: {
				conditions: [{ field: "Title", op: "any_of", values }],
			},
			limit: 1000,
		});
		expect(answer.structured.returned).toBe(290);
		expect(
			fake.log.some(({ request }) => request.query.includes("filterByFormula")),
		).toBe(false);
		expect(Math.max(...lines(fake))).toBeLessThan(8_000);
	});

	test("300 ids, a long filter and many columns stay below 8 KB a line", async () => {
		const { fake, call } = account();
		const table = fake.addTable({
			name: "Wide",
			fields: [
				TITLE,
				...Array.from({ length: 99 }, (_, index) => ({
					name: `Column ${index}`,
					type: "Text",
				})),
			],
		});
		const ids = fake.addRecords(
			table,
			Array.from({ length: 320 }, (_, index) => ({ Title: `row ${index}` })),
		);
		const names = [
			"Title",
			...Array.from({ length: 90 }, (_, n) => `Column ${n}`),
		];
		const answer = await call("query_records", {
			table: referenceOf(fake, table),
			fields: names,
			record_ids: ids,
			limit: 400,
		});
		expect(answer.structured.returned).toBe(320);
		await call("query_records", {
			table: referenceOf(fake, table),
			fields: names,
			filter: {
				match: "any",
				conditions: Array.from({ length: 45 }, (_, index) => ({
					field: `Column ${index}`,
					op: "contains",
					value: "值 {x}",
				})),
			},
			sort: names.slice(0, 3).map((field) => ({ field })),
		});
		expect(Math.max(...lines(fake))).toBeLessThan(8_000);
		expect(Math.max(...lines(fake))).toBeGreaterThan(2_000);
	});
});

describe("doctor", () => {
	const check = async (session: Session) => {
		const adapter = await session.connections.get("fusion")?.adapter();
		return adapter?.check({ priority: "interactive" }) ?? [];
	};

	test("tells the spaces, their datasheets and the contacts", async () => {
		const { fake, session } = account();
		sheet(fake);
		expect(await check(session)).toEqual([
			{
				level: "ok",
				what: `token accepted; spaces: Workspace [${fake.spaceId}]`,
			},
			{ level: "ok", what: "Workspace: 1 datasheets" },
			{ level: "ok", what: "Workspace: contacts" },
		]);
	});

	test("names a bad token", async () => {
		const { as } = account();
		const findings = await check(await as("uskNobody"));
		expect(findings).toHaveLength(1);
		expect(findings[0]).toMatchObject({
			level: "error",
			what: expect.stringContaining("token is wrong"),
			next: expect.stringContaining("new token"),
		});
	});

	test("names a missing space", async () => {
		const { fake, as } = account();
		const findings = await check(
			await as(fake.token, { bases: ["spcNoSuchSpace"] }),
		);
		expect(findings).toContainEqual({
			level: "error",
			what: 'there is no space "spcNoSuchSpace" for this account',
			next: expect.stringContaining("Correct `bases`"),
		});
	});

	test("tells an account without any space", async () => {
		const { fake, as } = account();
		const stranger = fake.addPerson({ name: "Nobody", permission: null });
		expect(await check(await as(stranger.token))).toMatchObject([
			{ level: "warning", what: expect.stringContaining("no space") },
		]);
	});

	test("names a spent quota and closed contacts", async () => {
		const closed = account({ switches: { plan: "free" } });
		expect(await check(closed.session)).toContainEqual({
			level: "warning",
			what: expect.stringContaining("contacts are not open"),
			next: expect.stringContaining("by id"),
		});
		const spent = account({ switches: { monthlyCalls: 0 } });
		const findings = await check(spent.session);
		expect(findings).toContainEqual(
			expect.objectContaining({
				level: "error",
				what: expect.stringContaining("of this month are used up"),
			}),
		);
	});
});

describe("a new datasheet", () => {
	const create = (
		{ fake, call }: Account,
		fields: readonly object[],
	): ReturnType<typeof callTool> =>
		call("create_table", {
			connection: "fusion",
			base: fake.spaceId,
			name: "Made",
			fields,
		});
	const formula = (name: string, text: string) => ({
		name,
		type: "formula",
		settings: { formula: text },
	});
	const title = { name: "Title", type: "text" };

	test("may have formulas over its fields and over each other", async () => {
		const given = account();
		const made = await create(given, [
			title,
			formula("Twice", "{Count}*2"),
			{ name: "Count", type: "number" },
			formula("Four times", "{Twice}*2"),
		]);
		const table = made.structured.table as string;
		await given.call("create_records", {
			table,
			records: [{ fields: { Title: "a", Count: 3 } }],
		});
		const { structured } = await given.call("query_records", {
			table,
			fields: ["Twice", "Four times"],
		});
		expect(structured.rows).toEqual([[expect.any(String), 6, 12]]);
		expect(structured.total).toBe(1);
	});

	test.each([
		[[title, formula("F", "{Nope}")], /names \{Nope\}/],
		[[title, formula("F", "{G}"), formula("G", "1")], /names \{G\}/],
		[[formula("F", "1"), title], /cannot be the first field/],
		[[title, { name: "B", type: "barcode" }], /no such field type/],
	])(
		"that cannot be is refused before anything is made",
		async (fields, says) => {
			const given = account();
			const failure = await failureOf(create(given, fields));
			expect(failure.message).toMatch(says);
			expect(
				given.fake.log.some(({ request }) => request.method === "POST"),
			).toBe(false);
		},
	);

	test("that was left unfinished is named", async () => {
		const given = account({
			fault: ({ method, path }) =>
				method === "POST" && path.endsWith("/fields")
					? {
							when: "before",
							response: {
								status: 200,
								headers: { "content-type": "application/json" },
								body: '{"success":false,"code":602,"message":"no"}',
							},
						}
					: undefined,
		});
		const failure = await failureOf(
			create(given, [title, formula("F", "{Title}")]),
		);
		expect(failure.code).toBe("not_allowed");
		expect(failure.message).toMatch(/dst\w+ was made, but not finished/);
	});

	test("linked both ways shows the other side", async () => {
		const given = account();
		const there = referenceOf(given.fake, sheet(given.fake, 2));
		const made = await create(given, [
			title,
			{
				name: "Rows",
				type: "link",
				settings: { link_table: there, two_way: true },
			},
		]);
		const table = made.structured.table as string;
		await given.call("create_records", {
			table,
			records: [{ fields: { Title: "a", Rows: ["row 1"] } }],
		});
		const { structured } = await given.call("query_records", {
			table: there,
			fields: ["Title", "Made"],
			filter: { conditions: [{ field: "Made", op: "contains", value: "a" }] },
		});
		expect(structured.rows).toEqual([[expect.any(String), "row 1", ["a"]]]);
	});
});

describe("what the vendor cannot do", () => {
	let given: Account;
	let table: string;
	beforeEach(() => {
		given = account();
		table = referenceOf(given.fake, sheet(given.fake, 1));
	});

	test.each([
		["update_view", { view: "Grid view", name: "x" }, "only reads views"],
		["create_view", { name: "x" }, "only reads views"],
		["update_field", { field: "Title", name: "x" }, "cannot change a field"],
		["update_table", { name: "x" }, "cannot change or remove a datasheet"],
		["delete_table", {}, "cannot change or remove a datasheet"],
	])(
		"%s answers with the reason and where to go",
		async (tool, args, reason) => {
			const failure = await failureOf(given.call(tool, { table, ...args }));
			expect(failure.code).toBe("unsupported");
			expect(failure.message).toContain(reason);
			expect(failure.next).toMatch(
				/in the app: https:\/\/aitable\.ai\/workbench\/dst/,
			);
		},
	);
});
