import { expect } from "vitest";
import type { Fault } from "../fakes/fake.js";
import type { TestClient } from "../server/client.js";
import {
	type CloudPeer,
	created,
	eachCloudPeer,
	openWorld,
	recordsOf,
	titlesOf,
	type World,
} from "./world.js";

/* The vendor's limits, as several windows of one person meet them. */

eachCloudPeer(
	"three windows that read and write at once stay below the vendor's rate",
	async (peer) => {
		const world = await openWorld(peer);
		const { table } = world;
		await created(world, recordsOf(5));
		const windows = [
			world.client,
			await world.another(),
			await world.another(),
		];
		await Promise.all(
			windows.flatMap((window, number) => [
				...Array.from({ length: 8 }, () =>
					window.ok("query_records", { table }),
				),
				window.ok("create_records", {
					table,
					records: [{ fields: { Title: `from ${number}` } }],
				}),
			]),
		);
		expect(world.site.throttled?.()).toBe(0);
		expect((await world.titles()).length).toBe(8);
	},
);

eachCloudPeer(
	"a long import does not keep a small query waiting, in its own window or in another",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, clock } = world;
		await created(world, recordsOf(1));
		const rows = Math.min(world.adapter.limits.batch.create, 500) * 12;
		client.put("in.csv", `Title\n${titlesOf(rows).join("\n")}\n`);
		const other = await world.another();
		let importing = true;
		const started = new Promise<void>((resolve) => {
			world.faulty((request) => {
				if (peer.network.writeOf(request) === "create") resolve();
				// A batch takes a while, so that the import lasts.
				return peer.network.writeOf(request) === undefined
					? undefined
					: { when: "after", delayMs: 600 };
			});
		});
		const long = client
			.call("import_records", { table, file: "in.csv" })
			.finally(() => {
				importing = false;
			});
		await started;
		const timed = async (window: TestClient) => {
			const startMs = clock.now();
			await window.ok("query_records", { table, limit: 1 });
			return clock.now() - startMs;
		};
		const waits: number[] = [];
		for (let round = 0; round < 3; round++) {
			waits.push(await timed(client), await timed(other));
			expect(importing).toBe(true);
		}
		expect(Math.max(...waits)).toBeLessThan(3_000);
		const answer = await long;
		expect(answer.structured.counts.created, answer.text).toBe(rows);
		expect(world.site.throttled?.()).toBe(0);
	},
);

/** At most `calls` creates in a second; more are answered as the vendor does it. Answers how many were. */
function narrow(world: World, { network }: CloudPeer, calls: number) {
	const passed: number[] = [];
	let refused = 0;
	world.faulty((request) => {
		if (network.writeOf(request) !== "create") return undefined;
		const nowMs = world.clock.now();
		while (passed[0] !== undefined && nowMs - passed[0] >= 1_000)
			passed.shift();
		if (passed.length < calls) {
			passed.push(nowMs);
			return undefined;
		}
		refused++;
		return network.failures.throttled(1);
	});
	return () => refused;
}

eachCloudPeer(
	"a plan with fewer calls than configured is found out, kept, and known to the next window",
	async (peer) => {
		const world = await openWorld(peer);
		const { table } = world;
		const COUNT = 24;
		await created(
			world,
			Array.from({ length: COUNT }, (_, index) => ({
				fields: { Title: `old ${index}`, Amount: 0 },
			})),
		);
		world.clock.advance(10_000);
		const refused = narrow(world, peer, 2);
		// New and old by turns make a batch of each.
		const run = async (window: TestClient, round: number) => {
			const before = refused();
			let answer = await window.call("update_records", {
				table,
				match_on: ["Title"],
				upsert: true,
				records: Array.from({ length: COUNT }, (_, index) => [
					{ fields: { Title: `new ${round}/${index}` } },
					{ fields: { Title: `old ${index}`, Amount: round } },
				]).flat(),
			});
			for (let calls = 0; answer.structured.counts.not_attempted > 0; calls++) {
				expect(calls).toBeLessThan(5);
				answer = await window.call("update_records", {
					table,
					resume: answer.structured.change_id,
				});
			}
			expect(answer.structured.counts, answer.text).toMatchObject({
				created: COUNT,
				updated: COUNT,
				unknown: 0,
			});
			return refused() - before;
		};
		const first = await run(world.client, 1);
		expect(first).toBeGreaterThan(0);
		expect(first).toBeLessThan(COUNT / 2);
		const next = await run(await world.another(), 2);
		expect(next).toBeLessThanOrEqual(Math.max(2, Math.floor(first / 2)));
		expect((await world.titles()).length).toBe(3 * COUNT);
	},
	60_000,
);

eachCloudPeer(
	"a throttled read is waited for and repeated, and the reader hears nothing of it",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await created(world, recordsOf(3));
		let refused = 0;
		world.faulty((request) =>
			peer.network.readsRows(request) && refused++ < 2
				? peer.network.failures.throttled(2)
				: undefined,
		);
		const answer = await client.ok("query_records", { table });
		expect(answer.structured.returned).toBe(3);
		expect(refused).toBe(3);
	},
);

eachCloudPeer(
	"a table whose writes are throttled for long does not hold up reading another",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, clock } = world;
		const made = await client.ok("create_table", {
			connection: peer.id,
			base: world.site.base,
			name: "Other",
			fields: [{ name: "Title", type: "text" }],
		});
		const other = made.structured.table as string;
		await client.ok("query_records", { table: other });
		let refused = 0;
		world.faulty((request) =>
			peer.network.writeOf(request) === "create" && refused++ < 3
				? retryAfter(peer.network.failures.throttled(8), 8)
				: undefined,
		);
		const writing = client.ok("create_records", {
			table: world.table,
			records: recordsOf(1),
		});
		while (refused === 0) await clock.sleep(50);
		const startMs = clock.now();
		await client.ok("query_records", { table: other });
		expect(clock.now() - startMs).toBeLessThan(2_000);
		expect((await writing).structured.counts.created).toBe(1);
	},
);

/** The same answer with the header that every vendor's gateway may send. */
function retryAfter({ response, ...fault }: Fault, seconds: number): Fault {
	if (response === undefined) throw new Error("this fault has no answer");
	return {
		...fault,
		response: {
			...response,
			headers: { ...response.headers, "retry-after": String(seconds) },
		},
	};
}

eachCloudPeer(
	"a spent quota stops at once, tells what was written before, and when it is reset where that is known",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, clock } = world;
		await created(world, [{ fields: { Title: "old", Amount: 0 } }]);
		const { quotaSpent } = peer.network.failures;
		for (const known of [false, true]) {
			const fault = known ? retryAfter(quotaSpent, 3_600) : quotaSpent;
			let writes = 0;
			world.faulty((request) =>
				peer.network.writeOf(request) !== undefined && ++writes > 1
					? fault
					: undefined,
			);
			const startMs = clock.now();
			const answer = await client.refused("update_records", {
				table,
				match_on: ["Title"],
				upsert: true,
				records: [
					{ fields: { Title: `new ${known}` } },
					{ fields: { Title: "old", Amount: 5 } },
					{ fields: { Title: `newer ${known}` } },
				],
			});
			expect(writes).toBe(2);
			expect(clock.now() - startMs).toBeLessThan(5_000);
			expect(answer.structured.counts).toMatchObject({
				created: 1,
				not_attempted: 2,
				unknown: 0,
			});
			expect(answer.text).toMatch(/^NOT FINISHED: 1 created, 2 not attempted/);
			expect(answer.text).toMatch(/used up/);
			if (known)
				expect(answer.text).toMatch(/reset at 2026-11-20T05:\d\d:\d\d\.\d{3}Z/);
			world.faulty((request) =>
				peer.network.readsRows(request) ? fault : undefined,
			);
			const requests = world.site.fake?.log.length ?? 0;
			const read = await client.refused("query_records", { table });
			expect(read.text).toMatch(/^quota_spent: /);
			expect((world.site.fake?.log.length ?? 0) - requests).toBe(1);
			world.faulty(undefined);
			const done = await client.ok("update_records", {
				table,
				resume: answer.structured.change_id,
			});
			expect(done.structured.counts).toMatchObject({
				created: 2,
				not_attempted: 0,
			});
			await client.ok("update_records", {
				table,
				match_on: ["Title"],
				records: [{ fields: { Title: "old", Amount: 0 } }],
			});
		}
		expect(await world.titles()).toEqual([
			"old",
			"new false",
			"newer false",
			"new true",
			"newer true",
		]);
	},
);

eachCloudPeer(
	"a token that is refused once is renewed or told, and nothing is written twice",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		let refused = 0;
		world.faulty((request) =>
			peer.network.writeOf(request) === "create" && refused++ === 0
				? peer.network.failures.tokenRefused
				: undefined,
		);
		let answer = await client.call("create_records", {
			table,
			records: recordsOf(3),
		});
		if (answer.isError) {
			expect(answer.structured.counts).toMatchObject({
				created: 0,
				not_attempted: 3,
			});
			expect(answer.text).toMatch(/token/i);
			answer = await client.ok("create_records", {
				table,
				resume: answer.structured.change_id,
			});
		}
		expect(answer.structured.counts.created).toBe(3);
		expect(await world.titles()).toEqual(titlesOf(3));
	},
);
