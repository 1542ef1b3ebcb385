import { describe, expect, test } from "vitest";
import { openWorld, PEERS, type Peer, recordsOf, type World } from "./world.js";

/*
 * What goes besides what was named: the question says it before, the answer after, and it is what happens.
 */

const always = () => ({ action: "accept" as const });

async function linked(peer: Peer): Promise<World & { readonly other: string }> {
	const world = await openWorld(peer, { person: always });
	const { client, site } = world;
	const made = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name: "Orders",
		fields: [{ name: "Title", type: "text" }],
	});
	const other = made.structured.table as string;
	await client.ok("create_field", {
		table: other,
		name: "Row",
		type: "link",
		settings: { link_table: world.table, two_way: true },
	});
	return { ...world, other };
}

const linksOf = async ({ client }: World, table: string) =>
	(
		(await client.ok("describe_fields", { table })).structured
			.fields as readonly { readonly name: string; readonly type: string }[]
	).filter(({ type }) => type === "link");

const can = (peer: Peer, world: World, method: "deleteTable" | "updateField") =>
	world.client.session.connections.get(peer.id)?.capabilities[method] === true;

describe("a two-way link that is deleted: the question and the answer name its other side", () => {
	for (const peer of PEERS)
		test(peer.id, async () => {
			const world = await linked(peer);
			const [back] = await linksOf(world, world.table);
			expect(back).toBeDefined();
			const { text } = await world.client.ok("delete_field", {
				table: world.other,
				field: "Row",
			});
			const named = `"${back?.name}" of "Rows"`;
			expect(world.client.asked.at(-1)).toContain(named);
			expect(text).toContain(named);
			const { structured } = await world.client.ok("describe_fields", {
				table: world.table,
			});
			const after = structured.fields.find(
				({ name }: { readonly name: string }) => name === back?.name,
			);
			// What is said is what happens.
			const goes = world.adapter.deletedLinks.otherSide === "goes";
			expect(after?.type).toEqual(
				goes ? undefined : expect.stringMatching(/text$/),
			);
			expect(text).toMatch(goes ? /deleted with it/ : /became text/);
		});
});

describe("a table that is deleted: the question and the answer name the columns of other tables that go", () => {
	for (const peer of PEERS)
		test(peer.id, async () => {
			const world = await linked(peer);
			if (!can(peer, world, "deleteTable")) return;
			const [back] = await linksOf(world, world.table);
			const { text } = await world.client.ok("delete_table", {
				table: world.other,
			});
			const named = `"${back?.name}" of "Rows"`;
			expect(world.client.asked.at(-1)).toContain(named);
			expect(text).toContain(named);
			expect(await linksOf(world, world.table)).toEqual([]);
		});
});

describe("options that are removed: the question counts the records that hold them, the answer says what was cleared", () => {
	for (const peer of PEERS)
		test(peer.id, async () => {
			const world = await openWorld(peer, { person: always });
			if (!can(peer, world, "updateField")) return;
			const { client, table } = world;
			await client.ok("create_records", {
				table,
				records: [
					...recordsOf(3, { Tag: "a", Tags: ["x", "y"] }),
					...recordsOf(2, { Tag: "b", Tags: ["y"] }),
				],
			});
			const { text } = await client.ok("update_field", {
				table,
				field: "Tag",
				settings: { remove_options: ["a"] },
			});
			expect(client.asked.at(-1)).toContain('"a" (3 records lose a value');
			expect(text).toContain('removed "a" from "Tag" and from 3 records');
			expect(text).toContain("cannot be undone");
			await client.ok("update_field", {
				table,
				field: "Tags",
				settings: { remove_options: ["x", "y"] },
			});
			expect(client.asked.at(-1)).toContain("(5 records lose a value");
			const none = await client.ok("update_field", {
				table,
				field: "Tag",
				settings: { remove_options: ["c"] },
			});
			expect(client.asked.at(-1)).toContain("(no record holds them)");
			expect(none.text).toContain("no record held it");
		});
});

test("a change of type that the store refuses is refused before anybody is asked", async () => {
	for (const peer of PEERS) {
		const world = await openWorld(peer, { person: always });
		const { client, table } = world;
		if (!can(peer, world, "updateField")) continue;
		await client.ok("create_records", {
			table,
			records: [{ fields: { Title: "not a number" } }],
		});
		const { isError } = await client.call("update_field", {
			table,
			field: "Title",
			type: "attachment",
		});
		expect(isError, peer.id).toBe(true);
		expect(client.asked, peer.id).toEqual([]);
	}
});

test("the primary field is refused before anybody is asked", async () => {
	for (const peer of PEERS) {
		const { client, table } = await openWorld(peer, { person: always });
		const { text } = await client.refused("delete_field", {
			table,
			field: "Title",
		});
		expect(text, peer.id).toContain("it names the records");
		expect(client.asked, peer.id).toEqual([]);
	}
});

describe("a view that is deleted: what was set in it is named, and comes back as far as the vendor reports it", () => {
	for (const peer of PEERS)
		test(peer.id, async () => {
			const world = await openWorld(peer, { person: always });
			const { client, table, adapter } = world;
			if (adapter.deleteView === undefined) return;
			const keepsOrder = peer.id === "local";
			await client.ok("create_view", {
				table,
				name: "Mine",
				type: "kanban",
				filter: {
					match: "all",
					conditions: [{ field: "Tag", op: "is", value: "a" }],
				},
				hidden_fields: ["Done"],
				...(keepsOrder
					? { sort: [{ field: "Amount", direction: "desc" }] }
					: {}),
			});
			const { text, structured } = await client.ok("delete_view", {
				table,
				view: "Mine",
			});
			const set = keepsOrder
				? 'its filter (1 condition), its order by "Amount", what it hides (1 field)'
				: "its filter (1 condition), what it hides (1 field)";
			expect(client.asked.at(-1)).toContain(`"Mine" of "Rows" with ${set}`);
			expect(text).toContain("gone with the view: its filter of 1 condition");
			const { change_id } = structured;
			const undone = await client.ok("undo_change", { change_id });
			expect(undone.text).toContain('made the view "Mine" again, with filter');
			expect(undone.text).toContain("has a new id");
			expect(undone.text).toContain("a kanban view has besides");
			if (!keepsOrder) expect(undone.text).toMatch(/not taken back.*its order/);
			const { structured: seen } = await client.ok("describe_fields", {
				table,
				view: "Mine",
			});
			expect(seen.view).toMatchObject({
				type: "kanban",
				hidden_fields: ["Done"],
			});
			expect(JSON.stringify(seen.view.filter)).toContain('"a"');
			// The undo is a change like others.
			await client.ok("undo_change", {
				change_id: undone.structured.change_id,
			});
			await client.refused("describe_fields", { table, view: "Mine" });
		});
});
