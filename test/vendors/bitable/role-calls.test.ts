import { expect, test } from "vitest";
import { FIELDS, openWorld, type World } from "./world.js";

async function advanced(): Promise<World> {
	const world = await openWorld();
	Object.assign(world.fake.base(world.base), { isAdvanced: true });
	return world;
}

/** How often each call went out that went out more than once. */
function repeated(calls: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const call of calls) counts[call] = (counts[call] ?? 0) + 1;
	return Object.fromEntries(
		Object.entries(counts).filter(([, count]) => count > 1),
	);
}

const LIMITED = {
	access: "edit",
	rows: { conditions: [{ field: "Title", op: "contains", value: "a" }] },
	fields: [{ field: "Amount", access: "read" }],
};

test("a role with three tables is made with each thing read once", async () => {
	const world = await advanced();
	for (const name of ["Second", "Third"])
		world.fake.addTable(world.base, { name, fields: FIELDS });
	world.sent();
	const tables = ["Tasks", "Second", "Third"].map((table) => ({
		table,
		...LIMITED,
	}));
	await world.tool("create_role", { base: world.base, name: "Staff", tables });
	const calls = world.sent();
	expect(repeated(calls)).toEqual({});
});

test("who has a role is told without a look at the tables it limits", async () => {
	const world = await advanced();
	const ann = world.fake.addPerson({ name: "Ann" }).openId;
	const at = { base: world.base, role: "Staff" };
	await world.tool("create_role", {
		base: world.base,
		name: "Staff",
		tables: [{ table: "Tasks", ...LIMITED }],
	});
	for (const [tool, args] of [
		["add_role_members", { ...at, members: [ann] }],
		["list_role_members", at],
		["remove_role_members", { ...at, members: [ann], confirm: "Staff" }],
		["delete_role", { ...at, confirm: "Staff" }],
	] as const) {
		world.sent();
		await world.tool(tool, args);
		expect(world.sent().filter((call) => call.includes("/tables"))).toEqual([]);
	}
});

test("the roles of a base are listed with each thing read once", async () => {
	const world = await advanced();
	for (const name of ["One", "Two"])
		await world.tool("create_role", {
			base: world.base,
			name,
			tables: [{ table: "Tasks", ...LIMITED }],
		});
	world.sent();
	await world.tool("list_roles", { base: world.base });
	expect(repeated(world.sent())).toEqual({});
});
