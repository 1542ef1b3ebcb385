import { expect } from "vitest";
import type { Answer } from "../server/client.js";
import { eachPeer, openWorld, type Peer, type World } from "./world.js";

/* Columns of addresses, through every tool that writes: what is reported as written is there when it is read again. */

const LONG = `https://long.test/${"path/".repeat(700)}end`;

/** As given, and as a compact read shows it. */
const ADDRESSES: readonly (readonly [given: unknown, shown: unknown])[] = [
	["https://a.test/p?x=1&y=2#z", "https://a.test/p?x=1&y=2#z"],
	[
		{ text: "Home page", link: "https://b.test/" },
		{ text: "Home page", link: "https://b.test/" },
	],
	[{ link: "https://c.test/" }, "https://c.test/"],
	[{ text: "", link: "https://d.test/" }, "https://d.test/"],
	[{ text: "https://e.test/", link: "https://e.test/" }, "https://e.test/"],
	["https://例え.テスト/路径?q=日本 語", "https://例え.テスト/路径?q=日本 語"],
	[
		{ text: "主页 🏠", link: "https://f.test/主页" },
		{ text: "主页 🏠", link: "https://f.test/主页" },
	],
	[LONG, LONG],
];

/** A world with a table of titles and addresses. */
async function opened(peer: Peer): Promise<World> {
	const world = await openWorld(peer);
	const { structured } = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Addresses",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Site", type: "url" },
		],
	});
	return { ...world, table: structured.table as string };
}

const numbered = (count: number) =>
	Array.from({ length: count }, (_, index) => ({
		Title: `row ${index}`,
		Site: `https://a.test/${index}`,
	}));

/** What a reader sees, by title. */
async function sites({ client, table }: World): Promise<Map<string, unknown>> {
	const { structured } = await client.ok("query_records", {
		table,
		limit: 500,
	});
	expect(structured.columns).toEqual(["id", "Title", "Site"]);
	return new Map(
		(structured.rows as [string, string, unknown][]).map(([, title, site]) => [
			title,
			site,
		]),
	);
}

const counts = ({ structured }: Answer) => structured.counts;

eachPeer("an address is stored, changed and cleared", async (peer) => {
	const world = await opened(peer);
	const { client, table } = world;
	const titled = (index: number) => `row ${index}`;
	const created = await client.ok("create_records", {
		table,
		records: ADDRESSES.map(([Site], index) => ({
			fields: { Title: titled(index), Site },
		})),
	});
	expect(await sites(world)).toEqual(
		new Map(ADDRESSES.map(([, shown], index) => [titled(index), shown])),
	);

	const ids = created.structured.ids as string[];
	const turned = (index: number) =>
		ADDRESSES[(index + 1) % ADDRESSES.length] as (typeof ADDRESSES)[number];
	const updated = await client.ok("update_records", {
		table,
		records: ids.map((id, index) => ({
			id,
			fields: { Site: turned(index)[0] },
		})),
	});
	expect(counts(updated)).toMatchObject({ updated: ids.length });
	expect(await sites(world)).toEqual(
		new Map(ids.map((_, index) => [titled(index), turned(index)[1]])),
	);

	const undone = await client.ok("undo_change", {
		change_id: updated.structured.change_id,
	});
	expect(counts(undone)).toMatchObject({ updated: ids.length });
	expect(await sites(world)).toEqual(
		new Map(ADDRESSES.map(([, shown], index) => [titled(index), shown])),
	);

	const clears = [null, "", []];
	const cleared = await client.ok("update_records", {
		table,
		records: ids.map((id, index) => ({
			id,
			fields: { Site: clears[index % clears.length] },
		})),
	});
	expect(counts(cleared)).toMatchObject({ updated: ids.length });
	expect(await sites(world)).toEqual(
		new Map(ids.map((_, index) => [titled(index), null])),
	);
});

eachPeer(
	"what is not an address is refused, and nothing is sent",
	async (peer) => {
		const { client, table, ...world } = await opened(peer);
		const before = world.writes();
		const refused = await client.refused("create_records", {
			table,
			records: [
				{ fields: { Title: "text alone", Site: { text: "Home page" } } },
				{ fields: { Title: "empty link", Site: { text: "x", link: "" } } },
				{ fields: { Title: "number", Site: 5 } },
			],
		});
		expect(counts(refused)).toMatchObject({ created: 0, failed: 3 });
		for (const record of [0, 1, 2])
			expect(refused.structured.problems).toContainEqual(
				expect.objectContaining({
					record,
					field: "Site",
					message: expect.stringContaining("a link, or {text, link}"),
				}),
			);
		expect(world.writes()).toBe(before);
	},
);

eachPeer("an address is a key", async (peer) => {
	const world = await opened(peer);
	const { client, table } = world;
	const records = [
		...numbered(12),
		{ Title: "named", Site: { text: "Home", link: "https://b.test/" } },
	].map((fields) => ({ fields }));
	const upsert = (more: readonly object[]) =>
		client.ok("update_records", {
			table,
			match_on: ["Site"],
			upsert: true,
			records: more,
		});
	expect(counts(await upsert(records.slice(0, 5)))).toMatchObject({
		created: 5,
	});
	expect(counts(await upsert(records))).toMatchObject({
		created: 8,
		unchanged: 5,
		updated: 0,
	});
	expect(counts(await upsert(records))).toMatchObject({
		created: 0,
		unchanged: 13,
		updated: 0,
	});
	const renamed = records.map(({ fields }) => ({
		fields: { ...fields, Title: `${fields.Title} again` },
	}));
	expect(counts(await upsert(renamed))).toMatchObject({
		created: 0,
		unchanged: 0,
		updated: 13,
	});
	expect(await sites(world)).toEqual(
		new Map(renamed.map(({ fields }) => [fields.Title, fields.Site])),
	);
});

eachPeer(
	"an import of many addresses stores them all, changes nothing again, and is undone",
	async (peer) => {
		const world = await opened(peer);
		const { client, table } = world;
		const rows = numbered(120);
		client.put(
			"in.csv",
			["Title,Site", ...rows.map(({ Title, Site }) => `${Title},${Site}`)].join(
				"\n",
			),
		);
		const whole = async (args: object) => {
			let answer = await client.call("import_records", { table, ...args });
			while (counts(answer).not_attempted > 0)
				answer = await client.call("import_records", {
					table,
					resume: answer.structured.change_id,
				});
			return answer;
		};
		const imported = await whole({ file: "in.csv" });
		expect(imported.isError, imported.text).toBe(false);
		expect(counts(imported)).toMatchObject({ created: 120, failed: 0 });
		const stored = new Map(rows.map(({ Title, Site }) => [Title, Site]));
		expect(await sites(world)).toEqual(stored);

		const again = await whole({ file: "in.csv", match_on: ["Site"] });
		expect(counts(again)).toMatchObject({
			created: 0,
			updated: 0,
			unchanged: 120,
		});

		const undone = await client.ok("undo_change", {
			change_id: imported.structured.change_id,
		});
		expect(counts(undone)).toMatchObject({ deleted: 120, failed: 0 });
		expect(await sites(world)).toEqual(new Map());
	},
	30_000,
);

eachPeer(
	"an export holds the addresses, and is read in again",
	async (peer) => {
		const world = await opened(peer);
		const { client, table } = world;
		await client.ok("create_records", {
			table,
			records: ADDRESSES.map(([Site], index) => ({
				fields: { Title: `row ${index}`, Site },
			})),
		});
		const shown = new Map(
			ADDRESSES.map(([, site], index) => [`row ${index}`, site]),
		);
		const mapping = ["Title", "Site"].map((name) => ({
			column: name,
			field: name,
		}));
		for (const file of ["out.ndjson", "out.csv"]) {
			await client.ok("export_records", { table, file });
			const same = await client.ok("import_records", {
				table,
				file,
				mapping,
				match_on: ["Title"],
			});
			expect(counts(same), file).toMatchObject({
				created: 0,
				updated: 0,
				unchanged: ADDRESSES.length,
			});
		}
		expect(
			new Map(
				client
					.read("out.ndjson")
					.trim()
					.split("\n")
					.map((line) => {
						const { Title, Site } = JSON.parse(line);
						return [Title, Site];
					}),
			),
		).toEqual(shown);
		const csv = client.read("out.csv");
		for (const address of ["https://a.test/p?x=1&y=2#z", LONG, "主页 🏠"])
			expect(csv).toContain(address);
	},
);

eachPeer("an address is the same key whatever its title", async (peer) => {
	const world = await opened(peer);
	const { client, table } = world;
	await client.ok("create_records", {
		table,
		records: [
			{
				fields: {
					Title: "one",
					Site: { text: "Home page", link: "https://b.test/" },
				},
			},
		],
	});
	const key = { table, match_on: ["Site"] };
	expect(
		counts(
			await client.ok("update_records", {
				...key,
				records: [{ fields: { Title: "two", Site: "https://b.test/" } }],
			}),
		),
	).toMatchObject({ updated: 1 });
	client.put("keys.csv", "Title,Site\nthree,https://b.test/\n");
	expect(
		counts(await client.ok("import_records", { ...key, file: "keys.csv" })),
	).toMatchObject({ created: 0, updated: 1 });
	expect([...(await sites(world)).keys()]).toEqual(["three"]);
});
