import { expect } from "vitest";
import { type VirtualClock, virtualClock } from "../clock.js";
import type { TestClient } from "../server/client.js";
import {
	created,
	eachCloudPeer,
	eachPeer,
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

const openSlow = (peer: Peer) =>
	openWorld(
		peer,
		peer.network === undefined ? { clock: tickingClock() } : { slowest: true },
	);

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

/** The newest change as the journal tells it, when nobody works on it any more. */
async function settledChange(
	{ clock }: World,
	client: TestClient,
	table: string,
) {
	for (let looks = 0; ; looks++) {
		const { structured } = await client.ok("list_changes", { table, limit: 1 });
		const [change] = structured.changes as {
			change_id: string;
			tool: string;
			status: string;
			counts: Record<string, number>;
		}[];
		if (change !== undefined && change.status !== "running") return change;
		expect(looks).toBeLessThan(1_000);
		await clock.sleep(20);
	}
}

eachPeer(
	"an import tells how far it is, batch by batch, rising to the end",
	async (peer) => {
		const world = await openSlow(peer);
		const { file, rows } = fileOf(world, 6);
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
		const { file, rows } = fileOf(world, 6);
		const { told, answer } = listen(
			world.client,
			"import_records",
			{ table: world.table, file },
			(progress) => progress > 0,
		);
		expect(await answer).toBeUndefined();
		expect(told.length).toBeGreaterThan(0);
		const change = await settledChange(world, world.client, world.table);
		expect(change.tool).toBe("import_records");
		expect(change.status).toBe("unfinished: call import_records with resume");
		const held = await world.titles();
		expect(held.length).toBeGreaterThan(0);
		expect(held.length).toBeLessThan(rows);
		expect(change.counts.created).toBe(held.length);
		expect(change.counts.not_attempted).toBe(rows - held.length);
		const window = await world.another();
		const done = await window.ok("import_records", {
			table: world.table,
			resume: change.change_id,
		});
		expect(done.structured.counts).toMatchObject({
			created: rows,
			not_attempted: 0,
			unknown: 0,
			failed: 0,
		});
		expect(await world.titles()).toEqual(titlesOf(rows));
		expect((await settledChange(world, window, world.table)).status).toBe(
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
			},
			(progress) => progress > 0,
		);
		expect(await answer).toBeUndefined();
		const change = await settledChange(world, world.client, world.table);
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
	"cancelled at any request, a write is finished by resume, or made anew where nothing was planned",
	async (peer) => {
		for (let cut = 1; cut <= 12; cut++) {
			const world = await openWorld(peer, { slowest: true });
			const rows = world.adapter.limits.batch.create * 2 + 3;
			const stop = new AbortController();
			let seen = 0;
			world.faulty(() => {
				if (++seen === cut) stop.abort("enough");
				return undefined;
			});
			const given = { table: world.table, records: recordsOf(rows) };
			const ended = await world.client.client
				.callTool({ name: "create_records", arguments: given }, undefined, {
					signal: stop.signal,
				})
				.then(
					() => true,
					() => false,
				);
			world.faulty(undefined);
			expect(ended).toBe(seen < cut);
			const { structured } = await world.client.ok("list_changes", {
				table: world.table,
			});
			if (structured.changes.length > 0) {
				const change = await settledChange(world, world.client, world.table);
				if (change.status !== "complete")
					await world.client.ok("create_records", {
						table: world.table,
						resume: change.change_id,
					});
			} else {
				expect(await world.titles(), `cut ${cut}`).toEqual([]);
				await world.client.ok("create_records", given);
			}
			expect(await world.titles(), `cut ${cut}`).toEqual(titlesOf(rows));
		}
	},
);

/** The time of one call, with a little for the answer's own way. */
const ANSWER_MS = 45_000;

eachPeer(
	"on the slowest plan every call answers within 45 s, and resume finishes what is too long for one",
	async (peer) => {
		const world = await openSlow(peer);
		const { table, clock } = world;
		const rows = peer.network === undefined ? 2_000 : rowsOfMinutes(world);
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
		const updated = await timed("update_records", {
			filter: { conditions: [{ field: "Tag", op: "is", value: "b" }] },
			set: { Tag: "c" },
			confirm: String(rows),
		});
		expect(updated.counts.updated).toBe(rows);
		const deleted = await timed("delete_records", {
			filter: { conditions: [{ field: "Title", op: "is_not_empty" }] },
			confirm: String(rows),
		});
		expect(deleted.counts.deleted).toBe(rows);
		expect(await world.titles()).toEqual([]);
	},
	60_000,
);

/** More rows than one call of the slowest plan can write. */
function rowsOfMinutes({ adapter }: World): number {
	const perSecond = Math.min(
		...adapter.limits.rates
			.filter(({ kind }) => kind !== "read")
			.map(({ calls, perMs }) => (calls * 1_000) / perMs),
	);
	return Math.min(
		12_000,
		Math.ceil(perSecond * 60) * adapter.limits.batch.create,
	);
}

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
