import { expect } from "vitest";
import { type VirtualClock, virtualClock } from "../clock.js";
import type { TestClient } from "../server/client.js";
import {
	created,
	eachCloudPeer,
	eachPeer,
	gateway,
	openWorld,
	type Peer,
	recordsOf,
	titlesOf,
	untilDone,
	type World,
} from "./world.js";

/** What a client with a progress token hears, and what becomes of its call. */
interface Heard {
	readonly told: { progress: number; total?: number; message?: string }[];
	/** The answer; undefined where the client cancelled. */
	readonly answer: Promise<unknown>;
}

/** A call as a client makes it that shows progress, and may cancel. */
function listen(
	{ client }: TestClient,
	name: string,
	args: object,
	cancelAt?: (progress: number) => boolean,
): Heard {
	const told: Heard["told"][number][] = [];
	const stop = new AbortController();
	const answer = client
		.callTool({ name, arguments: args as Record<string, unknown> }, undefined, {
			signal: stop.signal,
			onprogress(step) {
				told.push(step as Heard["told"][number]);
				if (cancelAt?.(step.progress)) stop.abort("enough");
			},
		})
		.catch((error: unknown) => {
			if (stop.signal.aborted) return undefined;
			throw error;
		});
	return { told, answer };
}

/** Where nothing waits, looking at the clock is what takes time: else everything would happen in one instant. */
function tickingClock(): VirtualClock {
	const clock = virtualClock();
	let ticks = 0;
	return { ...clock, now: () => clock.now() + ++ticks * 10 };
}

/** A world where a batch takes a while, as it does outside of tests. */
async function openSlow(peer: Peer, writeMs = 1_000): Promise<World> {
	const { network } = peer;
	if (network === undefined) return openWorld(peer, { clock: tickingClock() });
	const world = await openWorld(peer, { slowest: true });
	world.faulty((request) =>
		network.writeOf(request) === undefined
			? undefined
			: { when: "after", delayMs: writeMs },
	);
	return world;
}

/** Rows for at least `batches` batches, and a file of them. */
function fileOf(world: World, batches: number): { file: string; rows: number } {
	const rows = Math.min(world.adapter.limits.batch.create, 500) * batches + 3;
	world.client.put(
		"rows.csv",
		`Title,Amount,Tag\n${titlesOf(rows)
			.map((title, index) => `${title},${index},b`)
			.join("\n")}\n`,
	);
	return { file: "rows.csv", rows };
}

/** The change of a tool as the journal tells it, when nobody works on it any more; undefined = it wrote nothing. */
async function settledChange(
	{ clock, table }: World,
	client: TestClient,
	wanted: string,
) {
	for (let looks = 0; ; looks++) {
		const { structured } = await client.ok("list_changes", { table });
		const change = (
			structured.changes as {
				change_id: string;
				tool: string;
				status: string;
				counts: Record<string, number>;
			}[]
		).find(({ tool }) => tool === wanted);
		if (change?.status !== "running") return change;
		expect(looks).toBeLessThan(1_000);
		await clock.sleep(20);
	}
}

eachPeer(
	"an import tells how far it is, batch by batch, rising to the end",
	async (peer) => {
		const world = await openSlow(peer);
		const { file, rows } = fileOf(world, 4);
		const { told, answer } = listen(world.client, "import_records", {
			table: world.table,
			file,
		});
		expect(await answer).not.toMatchObject({ isError: true });
		expect(told.length).toBeGreaterThanOrEqual(3);
		const steps = told.map(({ progress }) => progress);
		expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
		expect(steps.at(-1)).toBe(rows);
		for (const { total, message } of told) {
			expect(total).toBe(rows);
			expect(message).toMatch(new RegExp(`^\\d+ of ${rows} `));
		}
		expect(await world.titles()).toEqual(titlesOf(rows));
	},
);

for (const [tool, args] of [
	[
		"update_records",
		(ids: readonly string[]) => ({
			records: ids.map((id) => ({ id, fields: { Tag: "c" } })),
			// Of more than a thousand nothing is read before.
			confirm: String(ids.length),
		}),
	],
	[
		"delete_records",
		(ids: readonly string[]) => ({
			record_ids: ids,
			confirm: String(ids.length),
		}),
	],
] as const)
	eachPeer(`${tool} tells how far it is, rising to the end`, async (peer) => {
		const world = await openSlow(peer);
		const count = world.adapter.limits.batch.update * 4 + 2;
		const ids = await created(world, recordsOf(count));
		const { told, answer } = listen(world.client, tool, {
			table: world.table,
			...args(ids),
		});
		expect(await answer).not.toMatchObject({ isError: true });
		const steps = told.map(({ progress }) => progress);
		expect(steps.length).toBeGreaterThanOrEqual(2);
		expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
		expect(steps.at(-1)).toBe(count);
	});

eachPeer(
	"an import that is cancelled in the middle is told by list_changes, and resume finishes it with nothing twice",
	async (peer) => {
		const world = await openSlow(peer);
		const { file, rows } = fileOf(world, 4);
		const { told, answer } = listen(
			world.client,
			"import_records",
			{ table: world.table, file },
			(progress) => progress > 0,
		);
		expect(await answer).toBeUndefined();
		expect(told.length).toBeGreaterThan(0);
		const change = await settledChange(world, world.client, "import_records");
		if (change === undefined) throw new Error("the journal has no import");
		expect(change.status).toBe("unfinished: call import_records with resume");
		const held = await world.titles();
		expect(held.length).toBeGreaterThan(0);
		expect(held.length).toBeLessThan(rows);
		expect(change.counts.created).toBe(held.length);
		expect(change.counts.not_attempted).toBe(rows - held.length);
		const window = await world.another();
		const done = await untilDone(
			window,
			"import_records",
			{ resume: change.change_id },
			world.table,
		);
		expect(done.isError, done.text).toBe(false);
		expect(done.structured.counts).toMatchObject({
			created: rows,
			not_attempted: 0,
			unknown: 0,
			failed: 0,
		});
		expect(await world.titles()).toEqual(titlesOf(rows));
		expect((await settledChange(world, window, "import_records"))?.status).toBe(
			"complete",
		);
	},
);

eachPeer(
	"an update that is cancelled in the middle is told by list_changes, and resume finishes it",
	async (peer) => {
		const world = await openSlow(peer);
		const count = world.adapter.limits.batch.update * 4 + 2;
		const ids = await created(world, recordsOf(count));
		const { answer } = listen(
			world.client,
			"update_records",
			{
				table: world.table,
				records: ids.map((id) => ({ id, fields: { Tag: "c" } })),
				confirm: String(count),
			},
			(progress) => progress > 0,
		);
		expect(await answer).toBeUndefined();
		const change = await settledChange(world, world.client, "update_records");
		if (change === undefined) throw new Error("the journal has no update");
		expect(change.status).toBe("unfinished: call update_records with resume");
		const changed = async () =>
			[...(await world.site.rows(world.table)).values()].filter(({ Tag }) =>
				JSON.stringify(Tag ?? null).includes("c"),
			).length;
		const before = await changed();
		expect(before).toBeGreaterThan(0);
		expect(before).toBeLessThan(count);
		expect(change.counts).toEqual({
			updated: before,
			not_attempted: count - before,
		});
		const window = await world.another();
		const done = await untilDone(
			window,
			"update_records",
			{ resume: change.change_id },
			world.table,
		);
		expect(done.isError, done.text).toBe(false);
		expect(done.structured.counts.updated).toBe(count);
		expect(await changed()).toBe(count);
		expect((await world.titles()).length).toBe(count);
	},
);

eachCloudPeer(
	"cancelled at any request, a write is finished by resume, or made again where nothing was planned",
	async (peer) => {
		for (let cut = 1; cut <= 12; cut++) {
			const world = await openWorld(peer);
			await created(world, [{ fields: { Title: "old", Amount: 1 } }]);
			const stop = new AbortController();
			let seen = 0;
			world.faulty(() => {
				if (++seen === cut) stop.abort("enough");
				return undefined;
			});
			// A create, an update and a create are three batches on every vendor.
			const given = {
				table: world.table,
				match_on: ["Title"],
				upsert: true,
				records: [
					{ fields: { Title: "new 1" } },
					{ fields: { Title: "old", Amount: 2 } },
					{ fields: { Title: "new 2" } },
				],
			};
			const ended = await world.client.client
				.callTool({ name: "update_records", arguments: given }, undefined, {
					signal: stop.signal,
				})
				.then(
					() => true,
					() => false,
				);
			world.faulty(undefined);
			expect(ended).toBe(seen < cut);
			const change = await settledChange(world, world.client, "update_records");
			if (change !== undefined) {
				if (change.status !== "complete")
					await world.client.ok("update_records", {
						table: world.table,
						resume: change.change_id,
					});
			} else {
				expect(await world.titles(), `cut ${cut}`).toEqual(["old"]);
				await world.client.ok("update_records", given);
			}
			expect(
				[...(await world.site.rows(world.table)).values()].map(
					({ Title, Amount }) => [Title, Amount ?? null],
				),
				`cut ${cut}`,
			).toEqual([
				["old", 2],
				["new 1", null],
				["new 2", null],
			]);
		}
	},
);

/** The time of one call, with a little for the answer's own way. */
const ANSWER_MS = 45_000;

eachPeer(
	"on the slowest plan every call answers within 45 s, and resume finishes what is too long for one",
	async (peer) => {
		const writeMs = peer.network?.slowWriteMs ?? 0;
		const world = await openSlow(peer, writeMs);
		const { table, clock } = world;
		// More than one call can write.
		const rows =
			peer.network === undefined
				? 2_000
				: Math.ceil(50_000 / writeMs) *
					Math.min(world.adapter.limits.batch.create, 500);
		world.client.put(
			"rows.csv",
			`Title,Amount,Tag\n${titlesOf(rows)
				.map((title, index) => `${title},${index},b`)
				.join("\n")}\n`,
		);
		const timed = async (tool: string, args: object) => {
			let resume: string | undefined;
			for (let calls = 1; ; calls++) {
				const startMs = clock.now();
				const answer = await world.client.call(
					tool,
					resume === undefined ? { table, ...args } : { table, resume },
				);
				expect(clock.now() - startMs, tool).toBeLessThanOrEqual(ANSWER_MS);
				const { counts, change_id } = answer.structured;
				expect(counts, answer.text).toBeDefined();
				if (counts.not_attempted + counts.unknown === 0) {
					expect(answer.isError, answer.text).toBe(false);
					return { counts, calls };
				}
				expect(answer.isError).toBe(true);
				expect(answer.text).toMatch(/^NOT FINISHED: /);
				expect(answer.text).toContain(`resume: "${change_id}"`);
				resume = change_id;
				expect(calls).toBeLessThan(50);
			}
		};
		const imported = await timed("import_records", { file: "rows.csv" });
		expect(imported.counts.created).toBe(rows);
		if (peer.network !== undefined) expect(imported.calls).toBeGreaterThan(1);
		const known = [...(await world.site.rows(table)).keys()];
		const updated = await timed("update_records", {
			records: known.slice(0, rows / 2).map((id) => ({
				id,
				fields: { Tag: "c" },
			})),
			confirm: String(rows / 2),
		});
		expect(updated.counts.updated).toBe(rows / 2);
		const deleted = await timed("delete_records", {
			record_ids: known,
			confirm: String(rows),
		});
		expect(deleted.counts.deleted).toBe(rows);
		expect(await world.titles()).toEqual([]);
	},
	60_000,
);

eachCloudPeer(
	"a write whose reading takes too long is given up in time, with nothing written, and says what to do",
	async (peer) => {
		const world = await openWorld(peer);
		const { table, clock } = world;
		const ids = await created(world, recordsOf(30));
		const changed = await world.client.ok("update_records", {
			table,
			records: [{ id: ids[5], fields: { Amount: 50 } }],
		});
		world.client.put("in.csv", "Title,Amount\nrow 1,5\n");
		const before = [await world.site.rows(table), world.writes()];
		world.faulty((request) =>
			peer.network.readsRows(request) ? gateway(502, "before") : undefined,
		);
		const all = { conditions: [{ field: "Title", op: "is_not_empty" }] };
		for (const [tool, args] of [
			["update_records", { filter: all, set: { Tag: "c" }, confirm: "30" }],
			["update_records", { records: [{ id: ids[0], fields: { Tag: "c" } }] }],
			[
				"update_records",
				{ match_on: ["Title"], records: [{ fields: { Title: "row 1" } }] },
			],
			["delete_records", { filter: all, confirm: "30" }],
			["delete_records", { record_ids: ids.slice(0, 2) }],
			["import_records", { file: "in.csv", match_on: ["Title"] }],
			["undo_change", { change_id: changed.structured.change_id }],
		] as const) {
			const startMs = clock.now();
			const answer = await world.client.refused(tool, {
				...(tool === "undo_change" ? {} : { table }),
				...args,
			});
			expect(clock.now() - startMs).toBeLessThanOrEqual(ANSWER_MS);
			expect(answer.text).not.toMatch(/^DONE/);
			expect(answer.text.split("\n").length).toBeGreaterThan(1);
		}
		expect([await world.site.rows(table), world.writes()]).toEqual(before);
	},
);

eachCloudPeer(
	"a vendor that takes its time over every answer does not keep the client waiting longer",
	async (peer) => {
		const world = await openWorld(peer);
		const { table, clock } = world;
		const ids = await created(world, recordsOf(30));
		world.faulty(() => ({ when: "after", delayMs: 12_000 }));
		for (const [tool, args] of [
			["list_tables", {}],
			["describe_fields", { table }],
			["query_records", { table }],
			[
				"query_records",
				{
					table,
					filter: {
						conditions: [{ field: "*", op: "search", value: "ROW 2" }],
					},
					sort: [{ field: "Amount", direction: "desc" }],
				},
			],
			["create_records", { table, records: recordsOf(30) }],
			[
				"update_records",
				{ table, records: ids.map((id) => ({ id, fields: { Amount: 1 } })) },
			],
			[
				"update_records",
				{
					table,
					match_on: ["Title"],
					upsert: true,
					records: [{ fields: { Title: "row 3", Tag: "a" } }],
				},
			],
			["delete_records", { table, record_ids: ids.slice(0, 10) }],
			["export_records", { table, file: "out.csv" }],
		] as const) {
			const startMs = clock.now();
			const answer = await world.client.call(tool, args);
			const tookMs = clock.now() - startMs;
			expect(tookMs, `${tool}: ${answer.text}`).toBeLessThanOrEqual(ANSWER_MS);
			expect(answer.text.length).toBeGreaterThan(0);
		}
	},
);
