import { expect } from "vitest";
import type { SqlEngine } from "../../src/core/contract/sql.js";
import { virtualClock } from "../clock.js";
import { forgetWrites } from "../folder.js";
import {
	atRequest,
	created,
	eachCloudPeer,
	eachPeer,
	openWorld,
	recordsOf,
	titlesOf,
	type World,
} from "./world.js";

/** Does something once the statement of the next call was run, before anything is made of its rows. */
function afterStatement({ client }: World, work: () => Promise<void>): void {
	const engine = client.session.sql as { open: SqlEngine["open"] };
	const { open } = engine;
	engine.open = async (question, waiting) => {
		const statement = await open(question, waiting);
		if ("fault" in statement) return statement;
		engine.open = open;
		return {
			...statement,
			async run(most) {
				const result = await statement.run(most);
				await work();
				return result;
			},
		};
	};
}

const fromRows = ({ table }: World, sql: string) => ({
	table,
	from: { sql, tables: [{ as: "t", table }] },
});

const amounts = async ({ site, table }: World) =>
	[...(await site.rows(table)).values()].map(({ Amount }) => Amount);

eachPeer(
	"values of every kind that a statement reads are those that it writes, and undo brings back what was there",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await created(world, [
			{
				fields: {
					...{ Title: "a, b", Amount: 1.5, Tag: "a", Tags: ["x", "z"] },
					...{ Day: "2026-02-28", Done: true },
				},
			},
			{ fields: { Title: "c", Amount: -3 } },
		]);
		const copied = await client.ok(
			"create_records",
			fromRows(
				world,
				'select Title || 2 as Title, Amount, Tag, Tags, Day, Done from t where Done union all select Title || 2, Amount, Tag, "Tags_list", Day, Done from t where not Done',
			),
		);
		expect(copied.structured.counts).toMatchObject({ created: 2, failed: 0 });
		const read = await client.ok("query_records", { table, ids: false });
		const rows = read.structured.rows as unknown[][];
		for (const [at, row] of rows.slice(0, 2).entries())
			expect(rows[at + 2]).toEqual([`${row[0]}2`, ...row.slice(1)]);
		const before = await world.site.rows(table);
		const changed = await client.ok(
			"update_records",
			fromRows(
				world,
				"select _id, Amount * 2 as Amount, date(Day, '+1 day') as Day, '' as Tag, 1 - Done as Done from t",
			),
		);
		expect(changed.structured.counts).toMatchObject({ updated: 4, failed: 0 });
		expect(await amounts(world)).toEqual([3, -6, 3, -6]);
		await client.ok("undo_change", {
			change_id: changed.structured.change_id,
		});
		const plain = (all: typeof before) =>
			[...all.values()].map((cells) =>
				Object.entries(cells).filter(
					([, cell]) => cell !== null && cell !== false,
				),
			);
		expect(plain(await world.site.rows(table))).toEqual(plain(before));
	},
	120_000,
);

eachPeer(
	"records that somebody changes or deletes after the statement has read them are left and listed, the others go on",
	async (peer) => {
		for (const undo of ["on", "off"]) {
			const world = await openWorld(peer, { config: { undo } });
			const { client, site, table } = world;
			const ids = await created(world, recordsOf(5));
			const [first = "", second = "", third = "", , last = ""] = ids;
			afterStatement(world, async () => {
				// The first in what is overwritten, the second in what was read, the third in neither.
				await site.change(table, first, { Amount: 70 });
				await site.change(table, second, { Title: "other" });
				await site.change(table, third, { Tag: "b" });
				await site.remove(table, last);
			});
			const { structured, text } = await client.refused(
				"update_records",
				fromRows(
					world,
					"select _id, Amount + 100 as Amount from t where Title like 'row%'",
				),
			);
			expect(structured.counts, text).toMatchObject({ updated: 2, failed: 3 });
			expect(text).toContain(
				`record ${first} was changed since the statement read it`,
			);
			expect(text).toContain(`there is no record ${last}`);
			expect(await amounts(world), undo).toEqual([70, 1, 102, 103]);
			afterStatement(world, () => site.change(table, third, { Tag: "a" }));
			const removed = await client.refused(
				"delete_records",
				fromRows(world, "select _id from t where Amount > 100"),
			);
			// What is deleted goes with all of its cells.
			expect(removed.structured.counts).toMatchObject({ deleted: 1 });
			expect(await amounts(world)).toEqual([70, 1, 102]);
		}
	},
	120_000,
);

eachCloudPeer(
	"what somebody changes while earlier batches are sent is left as well",
	async (peer) => {
		for (const undo of ["on", "off"]) {
			const world = await openWorld(peer, { config: { undo } });
			const { client, site, table } = world;
			const { update: batch } = world.adapter.limits.batch;
			const ids = await created(world, recordsOf(batch + 2));
			const last = ids.at(-1) as string;
			let changed: Promise<void> | undefined;
			world.faulty((request) => {
				if (peer.network.writeOf(request) === "update")
					changed ??= site.change(table, last, { Title: "other" });
				return undefined;
			});
			const { structured, text } = await client.refused(
				"update_records",
				fromRows(
					world,
					"select _id, Amount + 1000 as Amount from t where Title like 'row%'",
				),
			);
			await changed;
			expect(structured.counts, text).toMatchObject({
				updated: batch + 1,
				failed: 1,
			});
			expect(text).toContain(last);
			expect((await amounts(world)).at(-1)).toBe(batch + 1);
		}
	},
	240_000,
);

eachCloudPeer(
	"a change that was stopped goes on with the rows as they were read, whatever the statement would answer by then",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, titles } = world;
		const { network } = peer;
		const count = 2 * world.adapter.limits.batch.create + 1;
		const sql = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${count - 1}) select 'row ' || i as Title, i + (select count(*) from t) as Amount from n`;
		world.faulty(
			atRequest(
				2,
				(request) => network.writeOf(request) === "create",
				network.failures.quotaSpent,
				Number.POSITIVE_INFINITY,
			),
		);
		const stopped = await client.refused(
			"create_records",
			fromRows(world, sql),
		);
		expect(stopped.structured.counts.not_attempted).toBeGreaterThan(0);
		world.faulty(undefined);
		const made = (await titles()).length;
		expect(made).toBeLessThan(count);
		const resume = stopped.structured.change_id;
		const other = await client.refused("create_records", {
			...fromRows(world, "select 'z' as Title"),
			resume,
		});
		expect(other.text).toContain("differ");
		const done = await client.ok("create_records", { table, resume });
		expect(done.structured.counts).toMatchObject({ created: count });
		expect([...(await titles())].sort()).toEqual([...titlesOf(count)].sort());
		expect(await amounts(world)).toEqual(
			Array.from({ length: count }, (_, index) => index),
		);
	},
	240_000,
);

eachPeer(
	"a person's no holds for what a statement would write",
	async (peer) => {
		let action: "accept" | "decline" = "decline";
		const clock = virtualClock();
		const world = await openWorld(peer, {
			clock,
			async person() {
				// Faster answers are not a person's.
				await clock.sleep(3_000);
				return { action };
			},
		});
		const { client, table } = world;
		await created(world, recordsOf(60));
		forgetWrites(world.folder);
		const raise = fromRows(world, "select _id, Amount + 1 as Amount from t");
		await client.refused("update_records", raise);
		expect(client.asked).toHaveLength(1);
		const alone = await client.refused("update_records", {
			...raise,
			confirm: "60",
		});
		expect(alone.isError).toBe(true);
		expect((await amounts(world))[0]).toBe(0);
		action = "accept";
		await client.ok("update_records", { ...raise, table });
		expect((await amounts(world))[0]).toBe(1);
	},
	120_000,
);
