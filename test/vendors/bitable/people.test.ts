import { describe, expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import { allScopes } from "../../fakes/bitable/index.js";
import { type FaultPlan, jsonResponse } from "../../fakes/fake.js";
import { CALL, FIELDS, openWorld, type World } from "./world.js";

const WITH_PEOPLE = [
	...FIELDS,
	{ name: "Owner", type: 11 },
	{ name: "Team", type: 23 },
];
const NO_CONTACTS = allScopes().filter(
	(scope) => !scope.startsWith("contact:") && !scope.startsWith("im:"),
);

async function staffed({
	scopes,
	fault,
}: {
	readonly scopes?: readonly string[];
	readonly fault?: FaultPlan;
} = {}): Promise<World & { ids: Record<string, string> }> {
	const world = await openWorld({
		fields: WITH_PEOPLE,
		...(fault === undefined ? {} : { fault }),
		...(scopes === undefined
			? {}
			: { config: { app_id: "cli_00000000000000aa", app_secret: "s" } }),
	});
	if (scopes !== undefined) {
		const app = world.fake.addApp({
			id: "cli_00000000000000aa",
			secret: "s",
			scopes,
		});
		world.fake.share(world.base, app.bot, "edit");
	}
	const sales = world.fake.addDepartment({ name: "Sales" });
	const north = world.fake.addDepartment({
		name: "North",
		parentId: sales.openId,
	});
	const person = (name: string, departments: string[] = []) =>
		world.fake.addPerson({
			name,
			email: `${name.toLowerCase().replaceAll(" ", "")}@corp.com`,
			departments,
		}).openId;
	const ids = {
		ann: person("Ann"),
		bo: person("Bo", [sales.openId]),
		cy: person("Cy", [north.openId, sales.openId]),
		twin1: person("Twin", [north.openId]),
		sales: sales.openId,
		north: north.openId,
	};
	const twin2 = world.fake.addPerson({
		name: "Twin",
		email: "other@corp.com",
	}).openId;
	return { ...world, ids: { ...ids, twin2 } };
}

const write = (world: World, Owner: readonly string[]) => ({
	table: world.reference,
	records: [{ fields: { Owner } }],
});
const owners = (world: World) =>
	world.fake
		.rows(world.table)
		.map(({ fields }) =>
			((fields.Owner ?? []) as { id: string }[]).map(({ id }) => id),
		);

describe("people are written", () => {
	test("by name, e-mail and id", async () => {
		const world = await staffed();
		await world.tool(
			"create_records",
			write(world, ["Cy", "bo@corp.com", world.ids.ann as string]),
		);
		expect(owners(world)).toEqual([
			[world.ids.cy, world.ids.bo, world.ids.ann],
		]);
	});

	test("not by a name that two have, nor by one that nobody has", async () => {
		const world = await staffed();
		for (const name of ["Twin", "Nobody", "nobody@corp.com"]) {
			const { structured } = await world.tool(
				"create_records",
				write(world, [name]),
			);
			expect(structured.counts).toMatchObject({ created: 0 });
			expect(JSON.stringify(structured.problems)).toContain(name);
		}
		await world.tool("create_records", write(world, ["other@corp.com"]));
		expect(owners(world)).toEqual([[world.ids.twin2]]);
	});

	test("by the names that the column holds already, where the contacts are closed", async () => {
		const world = await staffed({ scopes: NO_CONTACTS });
		world.fake.addRecords(world.table, [{ Owner: [{ id: world.ids.bo }] }]);
		await world.tool("create_records", write(world, ["Bo"]));
		expect(owners(world)).toEqual([[world.ids.bo], [world.ids.bo]]);
		const { structured } = await world.tool(
			"create_records",
			write(world, ["Ann"]),
		);
		expect(structured.counts).toMatchObject({ created: 0 });
	});

	test("groups by name", async () => {
		const world = await staffed();
		const chat = world.fake.addChat({
			name: "Launch",
			members: [world.fake.app.bot],
		});
		await world.tool("create_records", {
			table: world.reference,
			records: [{ fields: { Team: ["Launch"] } }],
		});
		expect(world.fake.rows(world.table)[0]?.fields.Team).toMatchObject([
			{ id: chat.id },
		]);
	});
});

test("a name in a filter is asked for by id", async () => {
	const world = await staffed();
	world.fake.addRecords(world.table, [
		{ Owner: [{ id: world.ids.bo }] },
		{ Owner: [{ id: world.ids.cy }] },
	]);
	const { structured } = await world.tool("query_records", {
		table: world.reference,
		fields: ["Owner"],
		filter: { conditions: [{ field: "Owner", op: "contains", value: "Cy" }] },
	});
	expect(structured.rows).toEqual([[expect.any(String), ["Cy"]]]);
	const search = world.fake.log.at(-1)?.request.body.toString() ?? "";
	expect(JSON.parse(search).filter).toEqual({
		conjunction: "and",
		conditions: [
			{ field_name: "Owner", operator: "contains", value: [world.ids.cy] },
		],
	});
});

describe("contacts", () => {
	test("everyone once, department by department, and each department's own", async () => {
		const world = await staffed();
		const all = await world.tool("list_contacts", { connection: "bitable" });
		const names = (all.structured.contacts as { name: string }[]).map(
			({ name }) => name,
		);
		expect(names.toSorted()).toEqual(["Ann", "Bo", "Cy", "Twin", "Twin"]);
		const north = await world.tool("list_contacts", {
			connection: "bitable",
			inside: world.ids.north,
		});
		expect(
			(north.structured.contacts as { name: string }[]).map(({ name }) => name),
		).toEqual(["Cy", "Twin"]);
		const teams = await world.tool("list_contacts", {
			connection: "bitable",
			kind: "team",
		});
		expect(teams.structured.contacts).toEqual([
			{ id: world.ids.sales, kind: "team", name: "Sales" },
			{
				id: world.ids.north,
				kind: "team",
				name: "North",
				parent: world.ids.sales,
			},
		]);
		const found = await world.tool("list_contacts", {
			connection: "bitable",
			search: "BO@",
		});
		expect(
			(found.structured.contacts as { name: string }[]).map(({ name }) => name),
		).toEqual(["Bo"]);
	});

	test("pages in small steps hold everyone once", async () => {
		const world = await staffed();
		const seen: string[] = [];
		let cursor: string | null = null;
		do {
			const { structured } = await world.tool("list_contacts", {
				connection: "bitable",
				limit: 2,
				...(cursor === null ? {} : { cursor }),
			});
			seen.push(
				...(structured.contacts as { id: string }[]).map(({ id }) => id),
			);
			cursor = structured.next_cursor as string | null;
		} while (cursor !== null);
		expect(seen.length).toBe(5);
		expect(new Set(seen).size).toBe(5);
	});

	test("where the scope is not the whole organisation, the departments and people that it names", async () => {
		const world = await staffed({
			fault: ({ path }) =>
				path.endsWith("/departments/0/children")
					? {
							when: "before",
							response: jsonResponse(403, {
								code: 40004,
								msg: "no dept authority error",
							}),
						}
					: undefined,
		});
		const all = await world.tool("list_contacts", { connection: "bitable" });
		expect(
			(all.structured.contacts as { name: string }[]).map(({ name }) => name),
		).toEqual(["Bo", "Cy", "Twin", "Ann", "Twin"]);
		expect(world.sent()).toContain("GET /open-apis/contact/v3/scopes");
	});

	test("roles of the organisation are not reported", async () => {
		const world = await staffed();
		expect(
			(
				await world.refused("list_contacts", {
					connection: "bitable",
					kind: "role",
				})
			).next,
		).toMatch(/list_roles/);
	});
});

test("names of people whose cells have none are read", async () => {
	const world = await staffed();
	const names = await world.adapter.readNames?.(
		[world.ids.ann as string, "ou_nobody"],
		CALL,
	);
	expect(names).toEqual(new Map([[world.ids.ann, "Ann"]]));
});

test("ids need no look-up", async () => {
	const world = await staffed();
	const table = await world.read();
	const field = table.fields.find(({ name }) => name === "Owner") as Field;
	world.sent();
	const found = await world.adapter.findPeople?.(
		table,
		field,
		[world.ids.ann as string],
		CALL,
	);
	expect(found).toEqual([{ id: world.ids.ann, name: null }]);
	expect(world.sent()).toEqual([]);
});
