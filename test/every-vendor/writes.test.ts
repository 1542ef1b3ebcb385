import { expect } from "vitest";
import { eachProblem } from "../each-problem.js";
import type { FakeRequest, Fault, FaultPlan } from "../fakes/fake.js";
import { temporaryFolder } from "../folder.js";
import {
	atRequest,
	type CloudPeer,
	created,
	eachCloudPeer,
	eachPeer,
	gateway,
	openWorld,
	recordsOf,
	titlesOf,
	untilDone,
	type Write,
} from "./world.js";

/*
 * What servers of this kind do wrong when they write: each of it was seen in one, or reported by its users.
 */

const writeIs =
	({ network }: CloudPeer, wanted: Write) =>
	(request: FakeRequest) =>
		network.writeOf(request) === wanted;

for (const when of ["before", "after"] as const)
	eachCloudPeer(
		`a 502 on the POST of a create, ${when} the vendor did its work, makes no row twice and loses none`,
		async (peer) => {
			const world = await openWorld(peer);
			world.faulty(atRequest(1, writeIs(peer, "create"), gateway(502, when)));
			const answer = await world.client.ok("create_records", {
				table: world.table,
				records: recordsOf(3),
			});
			expect(answer.structured.counts).toMatchObject({
				created: 3,
				unknown: 0,
				failed: 0,
			});
			expect(await world.titles()).toEqual(titlesOf(3));
			expect([...(await world.site.rows(world.table)).keys()]).toEqual(
				answer.structured.ids,
			);
		},
	);

eachCloudPeer(
	"a connection that breaks after a create makes no row twice, not even where rows are equal",
	async (peer) => {
		const world = await openWorld(peer);
		const same = Array.from({ length: 4 }, () => ({
			fields: { Title: "same", Amount: 1 },
		}));
		await created(world, same.slice(0, 2));
		world.faulty(
			atRequest(1, writeIs(peer, "create"), {
				when: "after",
				broken: "no-answer",
			}),
		);
		const answer = await world.client.ok("create_records", {
			table: world.table,
			records: same,
		});
		expect(answer.structured.counts.created).toBe(4);
		expect(new Set(answer.structured.ids).size).toBe(4);
		expect(await world.titles()).toEqual(Array(6).fill("same"));
	},
);

for (const write of ["create", "update", "delete"] as const)
	eachCloudPeer(
		`a failure inside HTTP 200 on ${write} is never reported as success`,
		async (peer) => {
			const world = await openWorld(peer);
			const ids = await created(world, recordsOf(2));
			const before = await world.site.rows(world.table);
			world.faulty(
				atRequest(
					1,
					writeIs(peer, write),
					peer.network.failures.inside200(write),
					1_000,
				),
			);
			const answer = await world.client.refused(
				...({
					create: [
						"create_records",
						{ table: world.table, records: recordsOf(1) },
					],
					update: [
						"update_records",
						{
							table: world.table,
							records: [{ id: ids[0], fields: { Amount: 99 } }],
						},
					],
					delete: [
						"delete_records",
						{ table: world.table, record_ids: [ids[0]] },
					],
				}[write] as [string, object]),
			);
			expect(answer.text).not.toMatch(/^DONE/);
			expect(answer.structured.counts).toMatchObject({
				created: 0,
				updated: 0,
				deleted: 0,
			});
			// The vendor's own code is reported.
			expect(answer.text).toMatch(/code "?[\w.]+/);
			expect(await world.site.rows(world.table)).toEqual(before);
		},
	);

eachCloudPeer(
	"a refused right inside an answer stops the write at once and is reported in the vendor's words",
	async (peer) => {
		const world = await openWorld(peer);
		world.faulty(
			atRequest(
				1,
				writeIs(peer, "create"),
				peer.network.failures.forbidden,
				1_000,
			),
		);
		const before = world.writes();
		const answer = await world.client.refused("create_records", {
			table: world.table,
			records: recordsOf(world.adapter.limits.batch.create * 2 + 1),
		});
		expect(world.writes() - before).toBe(1);
		expect(answer.structured.counts).toMatchObject({
			created: 0,
			failed: world.adapter.limits.batch.create,
			not_attempted: world.adapter.limits.batch.create + 1,
		});
		expect(await world.titles()).toEqual([]);
	},
);

eachCloudPeer(
	"the third batch fails: the records of the first two are reported, one by one",
	async (peer) => {
		const world = await openWorld(peer);
		const { create: batch } = world.adapter.limits.batch;
		world.faulty(
			atRequest(
				3,
				writeIs(peer, "create"),
				peer.network.failures.forbidden,
				1_000,
			),
		);
		const answer = await world.client.refused("create_records", {
			table: world.table,
			records: recordsOf(2 * batch + 5),
		});
		expect(answer.structured.outcomes).toEqual([
			`created:0-${2 * batch - 1}`,
			`failed:${2 * batch}-${2 * batch + 4}`,
		]);
		expect(answer.text).toMatch(
			new RegExp(
				`^FAILED IN PART: ${2 * batch} created, 5 failed \\(change_id [\\w-]+\\)\n`,
			),
		);
		expect(answer.text).toContain(
			`created:0-${2 * batch - 1} failed:${2 * batch}-${2 * batch + 4}`,
		);
		for (let index = 2 * batch; index < 2 * batch + 5; index++)
			expect(eachProblem(answer.structured.problems)).toContainEqual(
				expect.objectContaining({ record: index }),
			);
		expect(await world.titles()).toEqual(titlesOf(2 * batch));
	},
);

/** From the n-th request (from 1) that fits on, the vendor does its work and nobody hears of it; reads fail too. */
function awayFrom(
	number: number,
	fits: (request: FakeRequest) => boolean,
	fault: Fault,
): FaultPlan {
	let count = 0;
	return (request) => {
		if (fits(request)) count++;
		return count >= number ? fault : undefined;
	};
}

eachCloudPeer(
	"the third batch meets a vendor that is away: what is written is reported, and resume writes the rest once",
	async (peer) => {
		const world = await openWorld(peer);
		const { create: batch } = world.adapter.limits.batch;
		world.faulty(awayFrom(3, writeIs(peer, "create"), gateway(502, "after")));
		const first = await world.client.refused("create_records", {
			table: world.table,
			records: recordsOf(2 * batch + 5),
		});
		expect(first.text).toMatch(/^NOT FINISHED: /);
		expect(first.structured.outcomes).toEqual([
			`created:0-${2 * batch - 1}`,
			`unknown:${2 * batch}-${2 * batch + 4}`,
		]);
		expect(first.text).toContain("resume");
		world.faulty(undefined);
		const again = await world.client.ok("create_records", {
			table: world.table,
			resume: first.structured.change_id,
		});
		expect(again.structured.counts).toMatchObject({
			created: 2 * batch + 5,
			unknown: 0,
			not_attempted: 0,
		});
		expect(await world.titles()).toEqual(titlesOf(2 * batch + 5));
	},
);

eachCloudPeer(
	"a vendor that throttles is waited for as long as it says, and asked no sooner",
	async (peer) => {
		const world = await openWorld(peer);
		const { throttled } = peer.network.failures;
		world.faulty(atRequest(1, writeIs(peer, "create"), throttled(2)));
		const startMs = world.clock.now();
		const answer = await world.client.ok("create_records", {
			table: world.table,
			records: recordsOf(1),
		});
		expect(answer.structured.counts.created).toBe(1);
		const [first, second] = (world.site.fake?.log ?? []).filter(({ request }) =>
			writeIs(peer, "create")(request),
		);
		expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(
			toldSeconds(throttled(2)) * 1_000,
		);
		expect(world.clock.now() - startMs).toBeLessThan(10_000);
		expect(await world.titles()).toEqual(titlesOf(1));
	},
);

/** What the vendor's answer says about waiting; where it says nothing, its window is a second. */
function toldSeconds({ response }: Fault): number {
	const told = Object.entries(response?.headers ?? {}).find(([name]) =>
		/retry-after|ratelimit-reset/i.test(name),
	);
	return told === undefined ? 1 : Number(told[1]);
}

eachCloudPeer(
	"a write conflict is waited out and written once",
	async (peer) => {
		const world = await openWorld(peer);
		const { conflict } = peer.network.failures;
		if (conflict === undefined)
			return expect(world.adapter.limits.writes).toBe("parallel");
		for (const write of ["create", "update", "delete"] as const) {
			world.faulty(atRequest(1, writeIs(peer, write), conflict, 2));
			const ids = [...(await world.site.rows(world.table)).keys()];
			await world.client.ok(
				...({
					create: [
						"create_records",
						{ table: world.table, records: recordsOf(2) },
					],
					update: [
						"update_records",
						{
							table: world.table,
							records: [{ id: ids[0], fields: { Amount: 7 } }],
						},
					],
					delete: [
						"delete_records",
						{ table: world.table, record_ids: [ids[0]] },
					],
				}[write] as [string, object]),
			);
		}
		expect(await world.titles()).toEqual(["row 1"]);
	},
);

eachPeer(
	"several windows write into one table at once: nothing lost, nothing twice, no conflict met",
	async (peer) => {
		const world = await openWorld(peer);
		const batch = Math.min(world.adapter.limits.batch.create, 60);
		const windows = [
			world.client,
			await world.another(),
			await world.another(),
		];
		const before = world.writes();
		const answers = await Promise.all(
			windows.map((window, number) =>
				window.ok("create_records", {
					table: world.table,
					records: Array.from({ length: batch * 2 }, (_, index) => ({
						fields: { Title: `${number}/${index}` },
					})),
				}),
			),
		);
		for (const { structured } of answers)
			expect(structured.counts.created).toBe(batch * 2);
		const expected = windows.flatMap((_, number) =>
			Array.from({ length: batch * 2 }, (_, index) => `${number}/${index}`),
		);
		expect([...(await world.titles())].sort()).toEqual(expected.sort());
		if (peer.network !== undefined)
			expect(world.writes() - before).toBe(
				windows.length *
					Math.ceil((batch * 2) / world.adapter.limits.batch.create),
			);
		expect(world.site.throttled?.() ?? 0).toBe(0);
	},
);

eachPeer(
	"keys are checked before anything is sent, and each wrong one is named",
	async (peer) => {
		const world = await openWorld(peer);
		await created(world, recordsOf(3));
		await world.site.add(world.table, { Title: "double" });
		await world.site.add(world.table, { Title: "double" });
		const good = [
			{ fields: { Title: "row 0", Amount: 0 } },
			{ fields: { Title: "row 1", Amount: 10 } },
			{ fields: { Title: "new", Amount: 5 } },
		];
		const by = { table: world.table, match_on: ["Title"] };
		const before = world.writes();
		const wrong = [
			{ fields: { Title: "double", Amount: 1 } },
			{ fields: { Title: null, Amount: 1 } },
			{ fields: { Title: "new", Amount: 6 } },
		];
		const refused = await world.client.refused("update_records", {
			...by,
			upsert: true,
			records: [...good, ...wrong],
		});
		expect(refused.structured.counts).toMatchObject({
			created: 0,
			updated: 0,
			failed: 3,
			not_attempted: 3,
		});
		expect(refused.text).toMatch(/matches 2 records/);
		expect(refused.text).toMatch(/is empty/);
		expect(refused.text).toMatch(/same key as record 2/);
		const missing = await world.client.refused("update_records", {
			...by,
			records: [good[1], { fields: { Title: "Row 2", Amount: 1 } }],
		});
		expect(missing.structured.problems).toEqual([
			{
				record: 1,
				message: expect.stringContaining(
					'no record has Title = "Row 2"; nearest: "row 2"',
				),
			},
		]);
		expect(world.writes()).toBe(before);
		const answer = await world.client.ok("update_records", {
			...by,
			upsert: true,
			records: good,
		});
		expect(answer.structured.counts).toEqual({
			created: 1,
			updated: 1,
			unchanged: 1,
			deleted: 0,
			failed: 0,
			not_attempted: 0,
			unknown: 0,
		});
		expect(answer.structured.outcomes).toEqual([
			"unchanged:0",
			"updated:1",
			"created:2",
		]);
		const rows = [...(await world.site.rows(world.table)).values()];
		expect(rows.map(({ Title, Amount }) => [Title, Amount ?? null])).toEqual([
			["row 0", 0],
			["row 1", 10],
			["row 2", 2],
			["double", null],
			["double", null],
			["new", 5],
		]);
	},
);

eachCloudPeer(
	"an account that may only read never gets a report that it wrote",
	async (peer) => {
		const world = await openWorld(peer);
		const ids = await created(world, recordsOf(2));
		const before = await world.site.rows(world.table);
		const reader = await world.another(temporaryFolder(), {
			config: {
				connections: {
					[peer.id]: {
						vendor: peer.id,
						...world.site.config,
						...world.site.reader?.(world.table),
					},
				},
			},
		});
		expect(
			(await reader.ok("query_records", { table: world.table })).structured
				.returned,
		).toBe(2);
		for (const [tool, args] of [
			["create_records", { records: recordsOf(1) }],
			["update_records", { records: [{ id: ids[0], fields: { Amount: 9 } }] }],
			["delete_records", { record_ids: [ids[0]] }],
		] as const) {
			const answer = await reader.call(tool, { table: world.table, ...args });
			expect(answer.isError, `${tool}: ${answer.text}`).toBe(true);
			expect(answer.text).not.toMatch(/^DONE/);
		}
		expect(await world.site.rows(world.table)).toEqual(before);
	},
);

eachCloudPeer(
	"a repeat that the end of the call cuts off does not make a write that may have been done one that was not",
	async (peer) => {
		for (let delayMs = 15_000; delayMs < 19_000; delayMs += 1_000) {
			const world = await openWorld(peer);
			await created(world, [{ fields: { Title: "old", Amount: 1 } }]);
			let batches = 0;
			world.faulty((request) => {
				if (peer.network.writeOf(request) !== undefined) batches++;
				else if (batches < 3) return undefined;
				if (batches === 1) return { when: "after", delayMs: 19_000 };
				if (batches === 2) return { when: "after", delayMs };
				return gateway(502, "after");
			});
			// A create, an update and a create are three batches on every vendor.
			const first = await world.client.call("update_records", {
				table: world.table,
				match_on: ["Title"],
				upsert: true,
				records: [
					{ fields: { Title: "new 1" } },
					{ fields: { Title: "old", Amount: 2 } },
					{ fields: { Title: "new 2" } },
				],
			});
			world.faulty(undefined);
			expect(first.isError, first.text).toBe(true);
			const again = await world.client.ok("update_records", {
				table: world.table,
				resume: first.structured.change_id,
			});
			expect(again.structured.counts).toMatchObject({ created: 2, updated: 1 });
			expect(await world.titles(), `${delayMs}`).toEqual([
				"old",
				"new 1",
				"new 2",
			]);
		}
	},
);

eachCloudPeer(
	"a table that is full inside HTTP 200 ends the write: the rows that fitted are reported, the others did not arrive",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await created(world, [{ fields: { Title: "old", Amount: 0 } }]);
		let writes = 0;
		world.faulty((request) =>
			peer.network.writeOf(request) !== undefined && ++writes > 2
				? peer.network.failures.full
				: undefined,
		);
		// A create, an update and a create are three batches on every vendor.
		const answer = await client.refused("update_records", {
			table,
			match_on: ["Title"],
			upsert: true,
			records: [
				{ fields: { Title: "new 1" } },
				{ fields: { Title: "old", Amount: 2 } },
				{ fields: { Title: "new 2" } },
			],
		});
		expect(answer.structured.counts).toMatchObject({
			created: 1,
			updated: 1,
			failed: 1,
			unknown: 0,
		});
		expect(writes).toBe(3);
		expect(await world.titles()).toEqual(["old", "new 1"]);
	},
);

eachPeer(
	"a person who is named in a record that is made at once is there when it is read",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		await client.ok("create_field", { table, name: "Owner", type: "user" });
		const made = await client.ok("create_records", {
			table,
			records: [{ fields: { Title: "x", Owner: [site.person()] } }],
		});
		expect(made.structured.counts.created).toBe(1);
		const { structured } = await client.ok("query_records", {
			table,
			fields: ["Owner"],
			detail: "full",
		});
		expect(structured.rows[0][1]).toMatchObject([{ name: "Ann" }]);
	},
);

/** What proxies, walls and broken servers say in a vendor's place. */
const FOREIGN_BODIES = [
	"<html><body>Please log in</body></html>",
	"",
	"{}",
	"null",
	"denied",
	'{"code":0,"data":{"rec',
] as const;

/** A write of each kind, how it must end, and the titles that must be there then. */
const THREE: Readonly<
	Record<
		Write,
		(ids: readonly string[]) => {
			readonly args: object;
			readonly counts: object;
			readonly titles: readonly string[];
		}
	>
> = {
	create: () => ({
		args: { records: recordsOf(3) },
		counts: { created: 3, failed: 0 },
		titles: [...titlesOf(3), ...titlesOf(3)],
	}),
	update: (ids) => ({
		args: {
			records: ids.map((id, index) => ({
				id,
				fields: { Title: `new ${index}` },
			})),
		},
		counts: { updated: 3, failed: 0 },
		titles: ["new 0", "new 1", "new 2"],
	}),
	delete: (ids) => ({
		args: { record_ids: ids },
		counts: { deleted: 3, failed: 0 },
		titles: [],
	}),
};

/** All where the status says that all is well; where it does not, the first of them and the page. */
function bodiesOf(status: number): readonly string[] {
	return status === 200 ? FOREIGN_BODIES : FOREIGN_BODIES.slice(0, 2);
}

for (const status of [200, 302, 403, 404, 500])
	for (const when of ["before", "after"] as const)
		for (const write of ["create", "update", "delete"] as const)
			eachCloudPeer(
				`HTTP ${status} to ${write} that is not the vendor's own, ${when} it did its work, doubles and misreports nothing`,
				async (peer) => {
					for (const body of bodiesOf(status)) {
						const world = await openWorld(peer);
						const ids = await created(world, recordsOf(3));
						const { args, counts, titles } = THREE[write](ids);
						world.faulty(
							atRequest(1, writeIs(peer, write), {
								when,
								response: { status, body },
							}),
						);
						const answer = await untilDone(
							world.client,
							`${write}_records`,
							args,
							world.table,
						);
						expect(answer.structured.counts, body).toMatchObject(counts);
						expect(answer.text).not.toContain("blocked");
						expect(await world.titles(), body).toEqual(titles);
					}
				},
				60_000,
			);
