import { expect } from "vitest";
import type { TestClient } from "../server/client.js";
import {
	type Cells,
	created,
	eachPeer,
	openWorld,
	type World,
} from "./world.js";

/*
 * People and linked records are asked for by what the answers show of them, in whole or in part. A name that nobody
 * has picks no rows by mistake: it is refused, or said.
 */

/** Five rows: two companies that begin alike, one of another name, and two rows without any; Ann owns the first. */
async function linkedWorld(world: World) {
	const { client, peer, site } = world;
	const companies = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name: "Companies",
		fields: [{ name: "Company", type: "text" }],
	});
	const made = await created(
		{ client, table: companies.structured.table as string },
		["Comet GmbH", "Comet Ltd", "Baker"].map((Company) => ({
			fields: { Company },
		})),
	);
	const { structured } = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name: "Deals",
		fields: [
			{ name: "Title", type: "text" },
			{
				name: "Customer",
				type: "link",
				settings: { link_table: companies.structured.table },
			},
			{ name: "Owner", type: "user" },
		],
	});
	const table = structured.table as string;
	const ann = site.person();
	const deals: Cells[] = [
		{ Title: "d0", Customer: [made[0]], Owner: [ann] },
		{ Title: "d1", Customer: [made[1]] },
		{ Title: "d2", Customer: [made[2]] },
		{ Title: "d3", Customer: [made[0], made[2]] },
		{ Title: "d4" },
	];
	await created(
		{ client, table },
		deals.map((fields) => ({ fields })),
	);
	return { client, table, ann, companies: made };
}

const filter = (field: string, op: string, value: unknown) => ({
	conditions: [
		{ field, op, ...(Array.isArray(value) ? { values: value } : { value }) },
	],
});

async function titlesOf(client: TestClient, args: object) {
	const answer = await client.ok("query_records", {
		fields: ["Title"],
		...args,
	});
	return {
		titles: answer.structured.rows.map((row: unknown[]) => row[1]),
		notes: (answer.structured.notes as string[]).join("\n"),
		text: answer.text,
	};
}

eachPeer(
	"a part of a name or a title picks those whose shown name or title holds it",
	async (peer) => {
		const { client, table } = await linkedWorld(await openWorld(peer));
		for (const [field, op, value, titles] of [
			["Customer", "contains", "Comet", ["d0", "d1", "d3"]],
			["Customer", "contains", "GmbH", ["d0", "d3"]],
			["Customer", "contains", "aker", ["d2", "d3"]],
			["Customer", "starts_with", "Ba", ["d2", "d3"]],
			["Customer", "starts_with", "GmbH", []],
			["Customer", "not_contains", "Comet", ["d2", "d4"]],
			["Customer", "contains", ["Baker"], ["d2", "d3"]],
			["Customer", "is", "Baker", ["d2"]],
			["Customer", "is", ["Baker"], ["d2"]],
			["Owner", "contains", "nn", ["d0"]],
			["Owner", "starts_with", "A", ["d0"]],
			["Owner", "not_contains", "An", ["d1", "d2", "d3", "d4"]],
			["Owner", "is", "Ann", ["d0"]],
			["Owner", "none_of", ["Ann"], ["d1", "d2", "d3", "d4"]],
		] as const) {
			const found = await titlesOf(client, {
				table,
				filter: filter(field, op, value),
			});
			expect(found.titles, `${field} ${op} ${value}`).toEqual(titles);
			if (titles.length > 0) expect(found.notes).not.toContain("nearest");
		}
	},
);

eachPeer(
	"a part that nobody and nothing has picks no rows with a note, and is refused for a write",
	async (peer) => {
		const { client, table } = await linkedWorld(await openWorld(peer));
		for (const [field, value, near] of [
			["Customer", "Comte", "Comet"],
			["Owner", "Anm", "Ann"],
		] as const) {
			const none = await titlesOf(client, {
				table,
				filter: filter(field, "contains", value),
			});
			expect(none.titles).toEqual([]);
			expect(none.notes).toContain(`"${value}"; nearest: `);
			expect(none.notes).toContain(`"${near}`);
			const all = await titlesOf(client, {
				table,
				filter: filter(field, "not_contains", value),
			});
			expect(all.titles).toHaveLength(5);
			expect(all.text).toContain(near);
			for (const [tool, more] of [
				["delete_records", {}],
				["update_records", { set: { Title: "changed" } }],
			] as const) {
				const refused = await client.refused(tool, {
					table,
					filter: filter(field, "not_contains", value),
					...more,
				});
				expect(refused.text).toContain(near);
			}
		}
		expect((await titlesOf(client, { table })).titles).toEqual([
			"d0",
			"d1",
			"d2",
			"d3",
			"d4",
		]);
	},
);

eachPeer(
	"a whole name that nobody and nothing has is refused with the nearest",
	async (peer) => {
		const { client, table } = await linkedWorld(await openWorld(peer));
		for (const [field, value, near] of [
			["Customer", "Comet Gmb", "Comet GmbH"],
			["Owner", "Annn", "Ann"],
		] as const)
			for (const op of ["is", "is_not", "any_of", "none_of", "has_all"]) {
				const refused = await client.refused("query_records", {
					table,
					filter: filter(field, op, op.startsWith("is") ? value : [value]),
				});
				expect(refused.text, op).toContain(`called "${value}"`);
				expect(refused.text, op).toContain(`"${near}"`);
			}
	},
);

eachPeer("links grouped by text are grouped by their titles", async (peer) => {
	const { client, table } = await linkedWorld(await openWorld(peer));
	const { structured } = await client.ok("query_records", {
		table,
		group_by: [{ field: "Customer", per: "text" }],
	});
	expect(structured.rows).toEqual([
		["Baker", 2],
		["Comet GmbH", 2],
		[null, 1],
		["Comet Ltd", 1],
	]);
});

eachPeer(
	"links are shown by title, with the id only where another record of the same title is beside; what is shown can be written back",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, companies } = await linkedWorld(world);
		const read = async (more: object) =>
			(await client.ok("query_records", { table, ...more })).structured;
		const plain = await read({ fields: ["Customer"], ids: false });
		expect(plain.columns).toEqual(["Customer"]);
		expect(plain.rows.map(([cell]: unknown[]) => cell)).toEqual([
			["Comet GmbH"],
			["Comet Ltd"],
			["Baker"],
			["Comet GmbH", "Baker"],
			null,
		]);
		const ids = await read({ fields: ["Customer.id"] });
		expect(ids.columns).toEqual(["id", "Customer.id"]);
		expect(ids.rows[3][1]).toEqual([companies[0], companies[2]]);
		// Two records of one title, of which a read of some rows shows one.
		const linked = (await client.ok("list_tables", { search: "Companies" }))
			.structured.tables[0].reference;
		await client.ok("update_records", {
			table: linked,
			records: [{ id: companies[1], fields: { Company: "Comet GmbH" } }],
		});
		const both = await read({ fields: ["Customer"] });
		expect(both.rows[0][1]).toEqual([`Comet GmbH [${companies[0]}]`]);
		expect(both.rows[1][1]).toEqual([`Comet GmbH [${companies[1]}]`]);
		const second = await read({
			fields: ["Customer"],
			record_ids: [both.rows[1][0]],
		});
		expect(second.rows[0][1]).toEqual(["Comet GmbH"]);
		const same = await client.ok("update_records", {
			table,
			records: [{ id: both.rows[1][0], fields: { Customer: ["Comet GmbH"] } }],
		});
		expect(same.structured.counts.failed).toBe(0);
		expect((await read({ fields: ["Customer.id"] })).rows[1][1]).toEqual([
			companies[1],
		]);
		const refused = await client.refused("update_records", {
			table,
			records: [{ id: both.rows[2][0], fields: { Customer: ["Comet GmbH"] } }],
		});
		expect(refused.text).toContain(companies[0]);
		expect(refused.text).toContain(companies[1]);
	},
);
