import { expect, test } from "vitest";
import { openWorld, PEERS, type Peer } from "../../every-vendor/world.js";

/* What a vendor keeps in any case is refused before a person is asked, by whatever tool. */

const BITABLE = PEERS.find(({ id }) => id === "bitable") as Peer;

async function feishu() {
	const world = await openWorld(BITABLE, {
		person: () => ({ action: "accept" }),
	});
	const { client, site, table } = world;
	const tables = async () =>
		(
			(await client.ok("list_tables", { base: site.base })).structured
				.tables as {
				reference: string;
			}[]
		).map(({ reference }) => reference);
	const deletions = () =>
		(site.fake?.log ?? []).filter(({ request }) => request.method === "DELETE")
			.length;
	for (const other of await tables())
		if (other !== table) await client.ok("delete_table", { table: other });
	return { ...world, deletions };
}

test("the last table of a base is not asked about", async () => {
	const { client, table, deletions } = await feishu();
	const [asked, sent] = [client.asked.length, deletions()];
	const { text } = await client.refused("delete_table", { table });
	expect(text).toMatch(/^last_one: "Rows" is the only table of its base/u);
	expect(text).toContain("Nothing was sent.");
	const { structured } = await client.ok("list_changes");
	const made = structured.changes.find(
		({ tool }: { tool: string }) => tool === "create_table",
	);
	const undone = await client.refused("undo_change", {
		change_id: made.change_id,
	});
	expect(undone.text).toMatch(/^last_one: "Rows" is the only table/u);
	expect([client.asked.length, deletions()]).toEqual([asked, sent]);
});

test("the last view of a table is not asked about", async () => {
	const { client, table, deletions } = await feishu();
	const { structured } = await client.ok("describe_fields", { table });
	const [first, ...others] = structured.views as { id: string }[];
	for (const { id } of others)
		await client.ok("delete_view", { table, view: id });
	const [asked, sent] = [client.asked.length, deletions()];
	const { text } = await client.refused("delete_view", {
		table,
		view: first?.id,
	});
	expect(text).toMatch(/^last_one: ".+" is the only view of "Rows"/u);
	expect([client.asked.length, deletions()]).toEqual([asked, sent]);
});
