import { expect } from "vitest";
import { eachCloudPeer, openWorld, type World } from "./world.js";

/*
 * Calls that a plan of two a second makes people wait for: nothing is asked for twice within its life, however a
 * table is named.
 */

/** Requests that a call cost, as `GET /path`. */
async function costOf(
	{ site }: Pick<World, "site">,
	work: () => Promise<unknown>,
): Promise<readonly string[]> {
	const log = site.fake?.log ?? [];
	const before = log.length;
	await work();
	return log
		.slice(before)
		.map(({ request }) => `${request.method} ${request.path}`);
}

eachCloudPeer(
	"a table's name costs no more than its reference",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await client.ok("create_records", {
			table,
			records: [{ fields: { Title: "a" } }],
		});
		await client.ok("query_records", { table: "Rows" });
		const byName = await costOf(world, () =>
			client.ok("query_records", { table: "Rows" }),
		);
		const byReference = await costOf(world, () =>
			client.ok("query_records", { table }),
		);
		expect(byName).toEqual(byReference);
		expect(byName).toHaveLength(1);
	},
);

eachCloudPeer("two links to one table are titled by one read", async (peer) => {
	const world = await openWorld(peer);
	const { client, site, table } = world;
	const { structured } = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name: "Tasks",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "First", type: "link", settings: { link_table: "Rows" } },
			{ name: "Second", type: "link", settings: { link_table: "Rows" } },
		],
	});
	const tasks = structured.table as string;
	await client.ok("create_records", {
		table,
		records: ["a", "b", "c"].map((Title) => ({ fields: { Title } })),
	});
	await client.ok("create_records", {
		table: tasks,
		records: [
			{ fields: { Name: "one", First: ["a"], Second: ["b"] } },
			{ fields: { Name: "two", First: ["b"], Second: ["c"] } },
		],
	});
	await client.ok("query_records", { table: tasks });
	let answer: unknown;
	const cost = await costOf(world, async () => {
		answer = (await client.ok("query_records", { table: tasks })).structured
			.rows;
	});
	expect(cost.length, cost.join("\n")).toBeLessThanOrEqual(2);
	expect(answer).toEqual([
		[expect.anything(), "one", ["a"], ["b"]],
		[expect.anything(), "two", ["b"], ["c"]],
	]);
});

eachCloudPeer("a table made in between is found by its name", async (peer) => {
	const world = await openWorld(peer);
	const { client } = world;
	await client.ok("list_tables", {});
	const another = await world.another();
	await another.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Made elsewhere",
		fields: [{ name: "Only here", type: "text" }],
	});
	world.clock.advance(2_000);
	expect(
		(await client.ok("query_records", { table: "Made elsewhere" })).structured,
	).toMatchObject({ columns: ["id", "Only here"] });
});
