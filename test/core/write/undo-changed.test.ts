import { expect, test } from "vitest";
import {
	created,
	eachPeer,
	openWorld,
	recordsOf,
	type World,
} from "../../every-vendor/world.js";

/* What somebody has changed since a write: an undo leaves it, says so, and takes it back only when a person agrees. */

const ids = async ({ site, table }: World) => [
	...(await site.rows(table)).keys(),
];

eachPeer(
	"created records that people filled in are left, named, and deleted only when asked for",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const made = await client.ok("create_records", {
			table,
			records: Array.from({ length: 30 }, (_, index) => ({
				fields: { Title: `row ${index}` },
			})),
		});
		const { change_id } = made.structured;
		const all = made.structured.ids as string[];
		const filled = all.slice(0, 25);
		for (const id of filled) await site.change(table, id, { Amount: 5 });

		const dry = await client.call("undo_change", { change_id, dry_run: true });
		expect(dry.structured.counts).toMatchObject({ deleted: 5, failed: 25 });
		expect(dry.text).toContain("25 records were changed since");
		expect(await ids(world)).toEqual(all);

		const first = await client.call("undo_change", { change_id });
		expect(first.isError).toBe(true);
		expect(first.structured.counts).toMatchObject({ deleted: 5, failed: 25 });
		const note = (first.structured.notes as string[]).find((text) =>
			text.startsWith("25 records were changed since"),
		);
		expect(note).toContain(
			`: ${filled.slice(0, 20).join(", ")} and 5 more ("Amount").`,
		);
		expect(note).toContain('confirm: "25"');
		expect(await ids(world)).toEqual(filled);

		const asked = await client.refused("undo_change", { change_id });
		expect(asked.text).toMatch(
			/^declined: .*delete 25 records that somebody has changed since/,
		);
		expect(asked.text).toContain('confirm: "25"');
		expect(
			(await client.refused("undo_change", { change_id, confirm: "5" })).text,
		).toMatch(/^declined/);
		expect(await ids(world)).toEqual(filled);
		const second = await client.ok("undo_change", { change_id, confirm: "25" });
		expect(second.structured.counts).toMatchObject({ deleted: 25 });
		expect(await ids(world)).toEqual([]);
		expect((await client.refused("undo_change", { change_id })).text).toMatch(
			/was undone already by/,
		);
		// Of the two undos each brings back what it took.
		await client.ok("undo_change", { change_id: first.structured.change_id });
		await client.ok("undo_change", { change_id: second.structured.change_id });
		const amounts = [...(await site.rows(table)).values()].map(
			({ Amount }) => Amount ?? null,
		);
		expect(amounts.filter((amount) => amount === 5)).toHaveLength(25);
		expect(amounts.filter((amount) => amount === null)).toHaveLength(5);
	},
);

eachPeer(
	"where all was changed since, nothing is written before a person agrees",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const all = await created(world, recordsOf(2));
		const changed = await client.ok("update_records", {
			table,
			records: all.map((id) => ({ id, fields: { Amount: 100, Tag: "a" } })),
		});
		const { change_id } = changed.structured;
		for (const id of all) await site.change(table, id, { Amount: 7 });
		const writes = world.writes();
		const first = await client.call("undo_change", { change_id });
		expect(first.structured).toMatchObject({
			change_id: null,
			counts: { failed: 2 },
		});
		expect((await client.refused("undo_change", { change_id })).text).toMatch(
			/^declined: .*overwrite 2 records/,
		);
		expect(world.writes()).toBe(writes);
		await client.ok("undo_change", { change_id, confirm: "2" });
		expect(
			[...(await site.rows(table)).values()].map(({ Amount, Tag }) => [
				Amount,
				Tag ?? null,
			]),
		).toEqual([
			[0, null],
			[1, null],
		]);
	},
);

eachPeer(
	"what a later change of this server wrote is named with that change",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, clock } = world;
		const [id] = await created(world, recordsOf(1));
		const write = async (Amount: number) => {
			clock.advance(1_000);
			const { structured } = await client.ok("update_records", {
				table,
				records: [{ id, fields: { Amount } }],
			});
			return structured.change_id as string;
		};
		const first = await write(10);
		const second = await write(20);
		const early = await client.call("undo_change", { change_id: first });
		expect(early.text).toContain(
			`${id} ("Amount"; change ${second} wrote it later: undo that one first)`,
		);
		await client.ok("undo_change", { change_id: second });
		const undone = await client.ok("undo_change", { change_id: first });
		expect(undone.structured.counts.updated).toBe(1);
		const [row] = [...(await world.site.rows(table)).values()];
		expect(row?.Amount).toBe(0);
	},
);

eachPeer(
	"a record that somebody else wrote, and whose cells do not show it, is left where the vendor tells who wrote last",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site, clock, adapter } = world;
		const made = await client.ok("create_records", {
			table,
			records: recordsOf(2),
		});
		const [touched] = made.structured.ids as string[];
		clock.advance(60_000);
		await site.change(table, touched as string, { Amount: 99 });
		await site.change(table, touched as string, { Amount: 0 });
		const { structured } = await client.ok("query_records", {
			table,
			...(adapter.systemColumns.includes("$updated_by")
				? { fields: ["$created_by", "$updated_by"], detail: "full" }
				: {}),
			record_ids: [touched],
		});
		const [, by, last] = structured.rows[0] as [string, unknown, unknown];
		const isTold =
			adapter.systemColumns.includes("$updated_by") &&
			JSON.stringify(by) !== JSON.stringify(last);
		expect(isTold).toBe(peer.id === "bitable");
		const answer = await client.call("undo_change", {
			change_id: made.structured.change_id,
		});
		expect(answer.structured.counts).toMatchObject(
			isTold ? { deleted: 1, failed: 1 } : { deleted: 2, failed: 0 },
		);
		if (isTold)
			expect(answer.text).toContain(
				`1 record was changed since and is left alone: ${touched} (by somebody else)`,
			);
	},
);

eachPeer(
	"options that a write let come into being go with it, unless a record holds them",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const write = async (Tag: string) =>
			(
				await client.ok("create_records", {
					table,
					records: [{ fields: { Title: Tag, Tag } }],
					allow_new_options: true,
				})
			).structured.change_id as string;
		const options = async () =>
			(await client.ok("describe_fields", { table, fields: ["Tag"] }))
				.structured.fields[0].settings.options as string[];
		const canGo =
			client.session.connections.get(peer.id)?.capabilities.updateField ===
			true;
		const lone = await write("lone");
		expect(await options()).toContain("lone");
		const undone = await client.ok("undo_change", { change_id: lone });
		if (canGo) expect(await options()).not.toContain("lone");
		else expect(undone.text).toMatch(/cannot come back: .*"lone".* stay/);
		// Redone, the option is there again.
		await client.ok("undo_change", {
			change_id: undone.structured.change_id,
		});
		expect(await options()).toContain("lone");
		const shared = await write("shared");
		await site.add(table, { Title: "theirs", Tag: "shared" });
		const left = await client.ok("undo_change", { change_id: shared });
		expect(await options()).toContain("shared");
		expect(left.text).toMatch(canGo ? /1 record holds one/ : /"shared".* stay/);
	},
);

test("a fence says beforehand that cells which it hides go with a record, whether or not there are any", async () => {
	const peer = (await import("../../every-vendor/world.js")).PEERS[0];
	if (peer === undefined) throw new Error("no vendor");
	const world = await openWorld(peer, {
		config: { policy: { hidden_fields: ["Salary"] } },
	});
	const { client, table } = world;
	const [id] = await created(world, recordsOf(1));
	const args = { table, record_ids: [id] };
	const note =
		/cannot bring back: cells of deleted records that this connection does not show, if there are any/;
	expect(
		(await client.ok("delete_records", { ...args, dry_run: true })).text,
	).toMatch(note);
	expect((await client.ok("delete_records", args)).text).toMatch(note);
});
