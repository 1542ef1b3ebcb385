import { describe, expect, test } from "vitest";
import { CALL, FIELDS, openWorld, type World } from "./world.js";

async function advanced(version: "v1" | "v2" = "v1"): Promise<World> {
	const world = await openWorld({
		fields: [...FIELDS, { name: "Owner", type: 11 }],
	});
	Object.assign(world.fake.base(world.base), {
		isAdvanced: true,
		advanceVersion: version,
	});
	return world;
}

const onlyRole = (world: World) =>
	[...world.fake.base(world.base).roles.values()][0];
const optionId = (world: World, name: string) =>
	[...world.fake.table(world.table).fields.values()]
		.flatMap(({ options }) => options)
		.find((option) => option.name === name)?.id;

describe.each(["v1", "v2"] as const)(
	"roles of a base of kind %s",
	(version) => {
		test("rows, fields and rights go there and come back", async () => {
			const world = await advanced(version);
			await world.tool("create_role", {
				base: world.base,
				name: "Staff",
				tables: [
					{
						table: "Tasks",
						access: "edit",
						rows: {
							match: "any",
							conditions: [
								{ field: "$created_by", op: "is", value: "$visitor" },
								{ field: "Owner", op: "contains", value: "$visitor" },
								{ field: "State", op: "is", value: "Open" },
							],
						},
						other_rows: "read",
						fields: [
							{ field: "Amount", access: "read" },
							{ field: "Owner", access: "none" },
						],
						add_records: false,
					},
				],
			});
			const [stored] = onlyRole(world)?.tableRoles ?? [];
			expect(stored).toMatchObject({
				table_perm: 2,
				allow_add_record: false,
				allow_delete_record: true,
				field_perm: {
					Title: version === "v1" ? 2 : 3,
					Amount: 1,
					State: version === "v1" ? 2 : 3,
				},
				rec_rule: {
					conjunction: "or",
					other_perm: 1,
					conditions: [
						{ field_name: "" },
						{ field_name: "Owner", value: [] },
						{
							field_name: "State",
							operator: "is",
							value: [optionId(world, "Open")],
						},
					],
				},
			});
			expect(stored?.field_perm).not.toHaveProperty("Owner");
			const { structured } = await world.tool("list_roles", {
				base: world.base,
			});
			expect(structured.roles).toMatchObject([
				{
					name: "Staff",
					tables: [
						{
							table: "Tasks",
							access: "edit",
							other_rows: "read",
							add_records: false,
							rows: {
								match: "any",
								conditions: [
									{ field: "$created_by", op: "is", value: "$visitor" },
									{ field: "Owner", op: "contains", value: "$visitor" },
									{ field: "State", op: "is", value: "Open" },
								],
							},
						},
					],
				},
			]);
		});

		test("an update sends the whole role: what is not named stays as it came", async () => {
			const world = await advanced(version);
			const other = world.fake.addTable(world.base, {
				name: "Other",
				fields: FIELDS,
			});
			await world.tool("create_role", {
				base: world.base,
				name: "Staff",
				tables: [
					{
						table: "Tasks",
						access: "read",
						rows: {
							conditions: [{ field: "Title", op: "contains", value: "a" }],
						},
					},
					{ table: "Other", access: "none" },
				],
			});
			const before = structuredClone(onlyRole(world)?.tableRoles[0]);
			await world.tool("update_role", {
				base: world.base,
				role: "Staff",
				name: "People",
				tables: [{ table: "Other", access: "edit" }],
			});
			expect(onlyRole(world)?.name).toBe("People");
			for (const tables of [
				[{ table: "Other", access: "read" }],
				[{ table: "Tasks", access: "none" }],
				[
					{
						table: "Tasks",
						access: "read",
						rows: {
							conditions: [{ field: "Title", op: "contains", value: "b" }],
						},
					},
				],
			]) {
				const change = { base: world.base, role: "People", tables };
				const kept = structuredClone(onlyRole(world));
				expect((await world.refused("update_role", change)).code).toBe(
					"declined",
				);
				expect(onlyRole(world)).toEqual(kept);
			}
			expect(onlyRole(world)?.tableRoles[0]).toEqual(before);
			expect(onlyRole(world)?.tableRoles[1]).toMatchObject({
				table_id: other,
				table_perm: 2,
			});
		});
	},
);

test.each([
	[
		{
			table: "Tasks",
			access: "manage",
			rows: { conditions: [{ field: "Title", op: "is", value: "a" }] },
		},
		/rows can be limited with access read or edit/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			rows: { conditions: [{ field: "Title", op: "is", value: "a" }] },
			other_rows: "read",
		},
		/other rows can be open/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			fields: [{ field: "Title", access: "read" }],
		},
		/fields can be limited with access edit/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			rows: { conditions: [{ field: "Amount", op: "gt", value: 1 }] },
		},
		/cannot be chosen by gt/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			rows: {
				conditions: [{ field: "Title", op: "contains", value: "$visitor" }],
			},
		},
		/\$visitor goes with contains on a field of people/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			rows: { conditions: [{ field: "State", op: "is", value: "Nothing" }] },
		},
		/no option "Nothing"/,
	],
	[
		{
			table: "Tasks",
			access: "read",
			rows: {
				conditions: [{ field: "$updated_at", op: "is", value: "today" }],
			},
		},
		/\$updated_at are possible for/,
	],
])("%j is refused before it is sent", async (table, why) => {
	const world = await advanced();
	const error = await world.refused("create_role", {
		base: world.base,
		name: "R",
		tables: [table],
	});
	expect([error.code, error.message]).toEqual([
		"unsupported",
		expect.stringMatching(why),
	]);
	expect(onlyRole(world)).toBeUndefined();
});

test("members are recognised by the beginning of their ids, bare ones by kind", async () => {
	const world = await advanced();
	const ann = world.fake.addPerson({ name: "Ann" });
	const department = world.fake.addDepartment({ name: "Sales" });
	const chat = world.fake.addChat({
		name: "Team",
		members: [world.fake.app.bot],
	});
	await world.tool("create_role", { base: world.base, name: "R" });
	const role = onlyRole(world)?.id as string;
	await world.adapter.addRoleMembers?.(
		world.base,
		role,
		[
			{ id: ann.unionId, kind: "user" },
			{ id: department.openId, kind: "user" },
			{ id: chat.id, kind: "user" },
		],
		CALL,
	);
	await world.adapter.addRoleMembers?.(
		world.base,
		role,
		[{ id: ann.userId, kind: "user" }],
		CALL,
	);
	const page = await world.adapter.readRoleMembers?.(
		world.base,
		role,
		undefined,
		CALL,
	);
	expect(page?.items).toEqual([
		{ id: ann.openId, name: "Ann", kind: "user" },
		{ id: department.openId, name: "Sales", kind: "department" },
		{ id: chat.id, name: "Team", kind: "group" },
	]);
	await world.adapter.removeRoleMembers?.(
		world.base,
		role,
		[{ id: department.openId, kind: "department" }],
		CALL,
	);
	expect(
		(await world.adapter.readRoleMembers?.(world.base, role, undefined, CALL))
			?.items.length,
	).toBe(2);
});
