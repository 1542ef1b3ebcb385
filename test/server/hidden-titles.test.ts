import { expect, test } from "vitest";
import { virtualClock } from "../clock.js";
import { connected } from "./client.js";

/* Links to a table whose titles the policy hides: they are known by their ids, and are as real as others. */

async function hiddenTitles() {
	const clock = virtualClock();
	const open = await connected({ clock });
	const made = await open.ok("create_table", {
		name: "Depts",
		fields: [
			{ name: "Dept", type: "text" },
			{ name: "City", type: "text" },
		],
	});
	const depts = made.structured.table as string;
	const { structured } = await open.ok("create_table", {
		name: "Staff",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Dept", type: "link", settings: { link_table: depts } },
		],
	});
	const staff = structured.table as string;
	const dept = await open.ok("create_records", {
		table: depts,
		records: [{ fields: { Dept: "HR", City: "Rome" } }],
	});
	const person = await open.ok("create_records", {
		table: staff,
		records: [{ fields: { Name: "Ann", Dept: ["HR"] } }],
	});
	const policy = { hidden_fields: ["Depts/Dept"] };
	const fenced = await connected({
		...{ clock, folder: open.folder },
		config: { connections: { local: { vendor: "local", policy } } },
	});
	const links = async () => {
		const { structured } = await open.ok("query_records", {
			table: staff,
			fields: ["Dept"],
		});
		return structured.rows.map((row: unknown[]) => JSON.stringify(row[1]));
	};
	return {
		...{ fenced, staff, links },
		dept: dept.structured.ids[0] as string,
		person: person.structured.ids[0] as string,
	};
}

test.each(["update_records", "delete_records"])(
	"undo of %s writes such links back, and says of none that it is gone",
	async (tool) => {
		const { fenced, staff, links, person } = await hiddenTitles();
		const before = await links();
		const args =
			tool === "delete_records"
				? { record_ids: [person] }
				: { records: [{ id: person, fields: { Dept: null } }] };
		const done = await fenced.ok(tool, { table: staff, ...args });
		expect(await links()).not.toEqual(before);
		const { change_id } = done.structured;
		const { text } = await fenced.ok("undo_change", { change_id });
		expect(text).not.toContain("gone");
		expect(await links()).toEqual(before);
	},
);

test("a title given for such a link is answered with what works: ids", async () => {
	const { fenced, staff, dept } = await hiddenTitles();
	const create = (link: string) => ({
		table: staff,
		records: [{ fields: { Name: "Cid", Dept: [link] } }],
	});
	const { text } = await fenced.refused("create_records", create("HR"));
	expect(text).toContain("titles");
	expect(text).toContain("hidden");
	expect(text).toContain("id");
	await fenced.ok("create_records", create(dept));
});
