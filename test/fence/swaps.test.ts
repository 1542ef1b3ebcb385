import { expect } from "vitest";
import {
	closing,
	eachSite,
	type FenceWorld,
	offers,
	secretsOf,
	unseen,
} from "./world.js";

/*
 * What changes in the app while a schema still counts as fresh: names that come to mean other fields, and views and
 * links that look at what is hidden.
 */

const field = (world: FenceWorld, name: string) => {
	const found = world.tables.staff.fields[name];
	if (found === undefined) throw new Error(`there is no ${name}`);
	return found;
};

const cellsOf = async (world: FenceWorld, id: string) => {
	const { staff } = world.tables;
	const { rows } = await world.site.snapshot(staff.base.id, staff.id);
	return Object.entries(rows).map(([record, cells]) => [record, cells[id]]);
};

eachSite(
	"two fields that swap their names show and lose nothing",
	async (world) => {
		const { staff } = world.tables;
		const [pay, team] = [field(world, "Pay"), field(world, "Team")];
		const policy = { hidden_fields: [`${staff.name}/${pay.name}`] };
		const secrets = secretsOf(closing(world, { fields: ["staff.Pay"] }));
		const client = await world.connect(policy);
		const read = (args: object) =>
			unseen(world, client, secrets, "query_records", {
				table: staff.reference,
				...args,
			});
		await client.ok("describe_fields", { table: staff.reference });
		expect((await read({ fields: [team.name] })).isError).toBe(false);
		const before = await cellsOf(world, pay.id);

		const rename = (id: string, name: string) =>
			world.site.renameField(staff.base.id, staff.id, id, name);
		await rename(pay.id, "Aside");
		await rename(team.id, pay.name);
		await rename(pay.id, team.name);

		await read({});
		await read({ fields: [team.name] });
		await read({
			filter: {
				conditions: [{ field: team.name, op: "contains", value: "c" }],
			},
		});
		await read({ sort: [{ field: team.name, direction: "desc" }] });
		await read({ group_by: [{ field: team.name }] });
		await read({ aggregate: [{ function: "max", field: team.name }] });
		await read({ record_ids: staff.records });
		await unseen(world, client, secrets, "export_records", {
			table: staff.reference,
			file: "swapped.csv",
		});
		for (const args of [
			{ records: [{ id: staff.records[0], fields: { [team.name]: "mine" } }] },
			{ records: [{ id: staff.records[0], fields: { [team.id]: "mine" } }] },
			{
				filter: { conditions: [{ field: "Name qzsax", op: "is_not_empty" }] },
				set: { [team.name]: "mine" },
			},
		])
			await client.call("update_records", { table: staff.reference, ...args });
		await client.call("create_records", {
			table: staff.reference,
			records: [{ fields: { "Name qzsax": "new", [team.name]: "mine" } }],
		});
		const after = await cellsOf(world, pay.id);
		expect(
			after.filter(([id]) => before.some(([known]) => known === id)),
		).toEqual(before);
		expect(JSON.stringify(after)).not.toContain("mine");
	},
);

eachSite(
	"a view that looks at a hidden field does not tell its rows apart",
	async (world) => {
		const { staff } = world.tables;
		const pay = field(world, "Pay");
		const { addView } = world.site;
		if (addView === undefined) throw new Error("no views");
		const view = await addView(staff.base.id, staff.id, {
			name: "Well paid",
			field: pay.name,
			text: "c1",
		});
		const client = await world.connect({
			hidden_fields: [`${staff.name}/${pay.name}`],
		});
		const all = await client.ok("query_records", { table: staff.reference });
		const seen = await client.call("query_records", {
			table: staff.reference,
			view,
		});
		if (seen.isError) expect(seen.text).toMatch(/^not_(allowed|found)/);
		else expect(seen.structured.returned).toBe(all.structured.returned);
		const exported = await client.call("export_records", {
			table: staff.reference,
			view,
			file: "view.csv",
		});
		expect(exported.isError).toBe(seen.isError);
	},
	(vendor) => offers(vendor, "readView"),
);

eachSite("a link into a closed table is not written", async (world) => {
	const { staff, vault } = world.tables;
	const keys = field(world, "Keys");
	const client = await world.connect({ tables: [staff.name] });
	const write = (id: string) =>
		client.refused("update_records", {
			table: staff.reference,
			records: [{ id: staff.records[0], fields: { [keys.name]: [id] } }],
		});
	const [there = "", last = ""] = vault.records;
	const gone = `${there.slice(0, -2)}zz`;
	const one = await write(last);
	const other = await write(gone);
	expect(one.text.replaceAll(last, "<>")).toBe(
		other.text.replaceAll(gone, "<>"),
	);
});
