import { expect, test } from "vitest";
import {
	created,
	openWorld,
	PEERS,
	type Peer,
	recordsOf,
} from "../../every-vendor/world.js";
import { forgetWrites } from "../../folder.js";

/* What was agreed to are records, not a number of them. */

const LOCAL = PEERS.find(({ id }) => id === "local") as Peer;

test.each(["a refusal", "a dry run"])(
	"the number that %s named does not hold for as many other records",
	async (how) => {
		const world = await openWorld(LOCAL);
		const { client, table, site, folder } = world;
		const ids = await created(world, recordsOf(12, { Tag: "a" }));
		forgetWrites(folder);
		const filter = { conditions: [{ field: "Tag", op: "is", value: "a" }] };
		const call = { table, filter };
		if (how === "a refusal") await client.refused("delete_records", call);
		else await client.ok("delete_records", { ...call, dry_run: true });
		await site.change(table, ids[0] as string, { Tag: "b" });
		await site.add(table, { Title: "precious", Tag: "a" });
		const confirmed = { ...call, confirm: "12" };
		const { text } = await client.refused("delete_records", confirmed);
		expect(text).toContain("other records match the filter than when");
		expect((await site.rows(table)).size).toBe(13);
		await client.ok("delete_records", confirmed);
		expect((await site.rows(table)).size).toBe(1);
	},
);

test("of more named records than are held at once, without undo, one that somebody changes while a person is asked is left", async () => {
	let meanwhile: () => Promise<unknown> = async () => {};
	const world = await openWorld(LOCAL, {
		config: { undo: "off" },
		person: async () => {
			await meanwhile();
			return { action: "accept" };
		},
	});
	const { client, table, site, folder } = world;
	const ids = await created(world, recordsOf(1_050));
	forgetWrites(folder);
	meanwhile = () => site.change(table, ids[3] as string, { Amount: -1 });
	const done = await client.call("delete_records", { table, record_ids: ids });
	expect(done.structured.counts).toMatchObject({ deleted: 1_049, failed: 1 });
	expect(client.asked.length).toBe(1);
});
