import { describe, expect, test } from "vitest";
import { failure } from "../../fakes/bitable/index.js";
import type { FakeRequest, Fault } from "../../fakes/fake.js";
import { FIELDS, openWorld } from "./world.js";

/** A fault for the first `times` requests that match. */
function faulty(match: RegExp, fault: Fault, times = 1) {
	let left = times;
	return (request: FakeRequest): Fault | undefined =>
		left > 0 && match.test(`${request.method} ${request.path}`) && left-- > 0
			? fault
			: undefined;
}

const records = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		fields: { Title: `t${index}`, Amount: index },
	}));

const CREATE = /POST .*\/records\/batch_create$/;
const UPDATE = /POST .*\/records\/batch_update$/;
const DELETE = /POST .*\/records\/batch_delete$/;
const SEARCH = /POST .*\/records\/search$/;

describe("waits and repeats", () => {
	test.each([
		[
			"throttled by the gateway",
			failure(99991400, {
				status: 429,
				headers: {
					"x-ogw-ratelimit-limit": "50",
					"x-ogw-ratelimit-reset": "3",
				},
			}),
			3_000,
		],
		["throttled by the base, inside HTTP 200", failure(1254290), 1_000],
		[
			"throttled by the base, as HTTP 429",
			failure(1254290, { family: 4 }),
			1_000,
		],
		["too many in one base", failure(1254112), 1_000],
		["a write conflict", failure(1254291), 300],
		["data not ready", failure(1254607), 1_000],
		["a base that is being copied", failure(1254036), 2_000],
	])("%s", async (_, response, leastMs) => {
		const options = { fault: faulty(CREATE, { when: "before", response }, 2) };
		const world = await openWorld(options);
		await world.read();
		const startMs = world.clock.now();
		const { structured } = await world.tool("create_records", {
			table: world.reference,
			records: records(3),
		});
		expect(structured.counts).toMatchObject({ created: 3, unknown: 0 });
		expect(world.fake.rows(world.table).length).toBe(3);
		expect(world.clock.now() - startMs).toBeGreaterThanOrEqual(2 * leastMs);
	});

	test.each([
		["internal error inside HTTP 200", failure(1255001)],
		["a time-out of the server", failure(1255040, { family: 4 })],
		[
			"a failure inside with HTTP 500",
			failure(1254200, { family: 4, status: 500 }),
		],
	])("a read after %s", async (_, response) => {
		const world = await openWorld({
			fault: faulty(SEARCH, { when: "before", response }, 2),
		});
		const { structured } = await world.tool("query_records", {
			table: world.reference,
		});
		expect(structured.rows).toEqual([]);
	});
});

describe("a write whose answer is lost", () => {
	const LOST: readonly (readonly [string, Fault])[] = [
		["done, and the connection breaks", { when: "after", broken: "no-answer" }],
		[
			"done, and the gateway has no time",
			{ when: "after", response: { status: 504, body: "<html>" } },
		],
		[
			"done, and the answer is an internal error",
			{ when: "after", response: failure(1255001) },
		],
		[
			"not done, and the connection breaks",
			{ when: "before", broken: "no-answer" },
		],
	];

	test.each(LOST)("creating: %s", async (_, fault) => {
		const world = await openWorld({ fault: faulty(CREATE, fault) });
		const { structured } = await world.tool("create_records", {
			table: world.reference,
			records: records(3),
		});
		expect(structured.counts).toMatchObject({
			created: 3,
			unknown: 0,
			failed: 0,
		});
		expect(
			world.fake.rows(world.table).map(({ recordId }) => recordId),
		).toEqual(structured.ids);
		const tokens = world.fake.log
			.filter(({ request }) => CREATE.test(`${request.method} ${request.path}`))
			.map(({ request }) =>
				new URLSearchParams(request.query).get("client_token"),
			);
		expect(new Set(tokens).size).toBe(1);
		expect(tokens[0]).toMatch(
			/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
		);
	});

	test("creating, where the vendor refuses the same token twice: found by reading", async () => {
		const world = await openWorld({
			switches: { repeatedSubmit: "refused" },
			fault: faulty(CREATE, { when: "after", broken: "no-answer" }),
		});
		const { structured } = await world.tool("create_records", {
			table: world.reference,
			records: records(3),
		});
		expect(structured.counts).toMatchObject({
			created: 3,
			unknown: 0,
			failed: 0,
		});
		expect(
			world.fake.rows(world.table).map(({ recordId }) => recordId),
		).toEqual(structured.ids);
	});

	test.each(LOST)("updating: %s", async (_, fault) => {
		const world = await openWorld({ fault: faulty(UPDATE, fault) });
		const ids = world.fake.addRecords(world.table, [
			{ Title: "a" },
			{ Title: "b" },
		]);
		const { structured } = await world.tool("update_records", {
			table: world.reference,
			records: ids.map((id, index) => ({ id, fields: { Amount: index + 1 } })),
		});
		expect(structured.counts).toMatchObject({
			updated: 2,
			unknown: 0,
			failed: 0,
		});
		expect(
			world.fake.rows(world.table).map(({ fields }) => fields.Amount),
		).toEqual([1, 2]);
	});

	test.each(LOST)("deleting: %s", async (_, fault) => {
		const world = await openWorld({ fault: faulty(DELETE, fault) });
		const ids = world.fake.addRecords(world.table, [
			{ Title: "a" },
			{ Title: "b" },
		]);
		const { structured } = await world.tool("delete_records", {
			table: world.reference,
			record_ids: ids,
		});
		expect(structured.counts).toMatchObject({
			deleted: 2,
			unknown: 0,
			failed: 0,
		});
		expect(world.fake.rows(world.table)).toEqual([]);
	});
});

describe("tokens", () => {
	const tokenCalls = (world: Awaited<ReturnType<typeof openWorld>>) =>
		world.fake.log.filter(({ request }) =>
			request.path.includes("/tenant_access_token/"),
		).length;

	test("one is fetched, kept, and fetched again before it ends", async () => {
		const world = await openWorld();
		for (let round = 0; round < 3; round++)
			await world.tool("query_records", { table: world.reference });
		expect(tokenCalls(world)).toBe(1);
		world.clock.advance(7_200_000 - 180_000);
		await world.tool("query_records", { table: world.reference });
		expect(tokenCalls(world)).toBe(2);
		expect(
			world.fake.log.filter(({ response }) => response.status >= 400),
		).toEqual([]);
	});

	test("one that is refused is fetched again once", async () => {
		const world = await openWorld();
		await world.read();
		world.fake.revokeAll();
		await world.tool("create_records", {
			table: world.reference,
			records: records(1),
		});
		expect(world.fake.rows(world.table).length).toBe(1);
		expect(tokenCalls(world)).toBe(2);
	});

	test("a person's token is not fetched again: the answer says what to do", async () => {
		const world = await openWorld();
		const person = world.fake.addPerson({ name: "Ann" });
		world.fake.share(world.base, person.openId, "edit");
		const { access } = world.fake.userToken(person.openId);
		const own = await openWorld({
			config: { user_access_token: access, base_url: "https://open.feishu.cn" },
		});
		own.fake.revokeAll();
		const error = await own.refused("list_tables");
		expect([error.code, error.next]).toEqual([
			"auth",
			expect.stringMatching(/new user access token/),
		]);
		expect(tokenCalls(own)).toBe(0);
	});
});

describe("what was made a moment ago", () => {
	test("a table with fields, a formula and no blank rows, while the servers lag", async () => {
		const world = await openWorld({ switches: { replicaLagMs: 4_000 } });
		world.clock.advance(10_000);
		const { structured } = await world.tool("create_table", {
			connection: "bitable",
			base: world.base,
			name: "New",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Price", type: "number" },
				{
					name: "Twice",
					type: "formula",
					settings: { formula: "{Price}*2", format: "0.00" },
				},
			],
		});
		await world.tool("create_records", {
			table: structured.table,
			records: [{ fields: { Name: "a", Price: 2 } }],
		});
		// The list of fields lags too, and a schema is kept for five minutes.
		world.clock.advance(301_000);
		const answer = await world.tool("query_records", {
			table: structured.table,
		});
		expect(answer.structured.rows).toEqual([[expect.any(String), "a", 2, 4]]);
	});

	test("a copied base is waited for", async () => {
		const world = await openWorld({ switches: { copyMs: 9_000 } });
		world.fake.addRecords(world.table, [{ Title: "a" }]);
		const { structured } = await world.tool("copy_base", {
			base: world.base,
			name: "Copy",
		});
		const listed = await world.tool("list_tables", { base: structured.base });
		expect(listed.structured.tables).toMatchObject([{ name: "Tasks" }]);
		const rows = await world.tool("query_records", {
			table: (listed.structured.tables as { reference: string }[])[0]
				?.reference,
		});
		expect(rows.structured.rows).toMatchObject([
			[expect.any(String), "a", null, null],
		]);
	});

	test("roles are waited for after advanced permissions were switched on", async () => {
		const world = await openWorld({ switches: { advancedStartMs: 8_000 } });
		const off = await world.refused("create_role", {
			base: world.base,
			name: "R",
		});
		expect([off.code, off.next]).toEqual([
			"unsupported",
			expect.stringMatching(/update_base/),
		]);
		await world.tool("update_base", {
			base: world.base,
			advanced_permissions: true,
		});
		await world.tool("create_role", {
			base: world.base,
			name: "R",
			tables: [{ table: "Tasks", access: "read" }],
		});
		expect(
			[...world.fake.base(world.base).roles.values()].map(({ name }) => name),
		).toEqual(["R"]);
	});
});

test("one base is written by one call at a time", async () => {
	const world = await openWorld({
		switches: { writeMs: 500, writeLock: "reject" },
	});
	const other = world.fake.addTable(world.base, {
		name: "Other",
		fields: FIELDS,
	});
	const answers = await Promise.all(
		[world.reference, `bitable:${world.base}/${other}`, world.reference].map(
			(table) => world.tool("create_records", { table, records: records(2) }),
		),
	);
	for (const { structured } of answers)
		expect(structured.counts).toMatchObject({ created: 2 });
	const refused = world.fake.log.filter(({ response }) =>
		String(response.body).includes("1254291"),
	);
	expect(refused).toEqual([]);
});

test("one bad value among many is found, and the others are written", async () => {
	const world = await openWorld({
		fields: [...FIELDS, { name: "Owner", type: 11 }],
	});
	const { structured } = await world.tool("create_records", {
		table: world.reference,
		records: [
			...records(6),
			{
				fields: {
					Title: "bad",
					Owner: ["ou_00000000000000000000000000000000"],
				},
			},
			...records(3),
		],
	});
	expect(structured.counts).toMatchObject({ created: 9, failed: 1 });
	expect(JSON.stringify(structured.problems)).toMatch(/1254066/);
	expect(world.fake.rows(world.table).length).toBe(9);
});

test("the older limits hold as well", async () => {
	const world = await openWorld({ switches: { limits: "seed" } });
	const { structured } = await world.tool("create_records", {
		table: world.reference,
		records: records(1_200),
	});
	expect(structured.counts).toMatchObject({ created: 1_200 });
	expect(world.fake.throttled).toBe(0);
	const all = await world.tool("query_records", {
		table: world.reference,
		limit: 0,
	});
	expect(all.structured.total).toBe(1_200);
});

test("empty answers under advanced permissions are explained", async () => {
	const world = await openWorld({
		config: { app_id: "cli_00000000000000aa", app_secret: "s" },
	});
	const app = world.fake.addApp({ id: "cli_00000000000000aa", secret: "s" });
	world.fake.share(world.base, app.bot, "view");
	world.fake.addRecords(world.table, [{ Title: "a" }]);
	world.fake.base(world.base).isAdvanced = true;
	const { structured } = await world.tool("query_records", {
		table: world.reference,
	});
	expect(structured.rows).toEqual([]);
	expect(structured.notes).toEqual([
		expect.stringMatching(/advanced permissions.*left out without an error/),
	]);
});
