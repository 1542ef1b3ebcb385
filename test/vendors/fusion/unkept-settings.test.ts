import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/* What the server keeps otherwise than it was asked, or refuses without a reason: said before it is sent. */

function world() {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const table = fake.addTable({
		name: "Table",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "N", type: "Number", property: { precision: 0 } },
			{ name: "N1", type: "Number", property: { precision: 0 } },
			{ name: "Day", type: "DateTime", property: { dateFormat: "YYYY-MM-DD" } },
		],
	});
	const { session } = fusionSession({
		fake,
		token: fake.token,
		clock,
		folder: temporaryFolder(),
		zone: "Etc/UTC",
	});
	const call = async (tool: string, args: Readonly<Record<string, unknown>>) =>
		(await callTool(session, tool, args)).structured;
	return {
		fake,
		table,
		call,
		reference: `fusion:${fake.spaceId}/${table}`,
		field: (name: string, type: string, settings: object = {}) =>
			call("create_field", {
				table: `fusion:${fake.spaceId}/${table}`,
				name,
				type,
				settings,
			}),
		stored: (name: string) =>
			fake.fields(table).find((field) => field.name === name),
		read: async (name: string) => {
			const adapter = await session.connections.get("fusion")?.adapter();
			const { fields } = (await adapter?.readTable(
				{ base: fake.spaceId, table },
				{ priority: "interactive" },
			)) ?? { fields: [] };
			return fields.find((field) => field.name === name);
		},
		writes: () => fake.log.filter(({ request }) => request.method !== "GET"),
	};
}

test.each([
	["number", "5", "5"],
	["currency", "5.5", "5.5"],
	["number", 5, "5"],
	["multi_select", "x", ["x"]],
	["multi_select", ["x"], ["x"]],
	["single_select", "x", "x"],
])("the default of a %s given as %j is kept", async (type, given, kept) => {
	const { field, stored } = world();
	const options = type.endsWith("select") ? { options: [{ name: "x" }] } : {};
	await field("New", type, { default: given, ...options });
	expect(stored("New")?.settings.defaultValue).toEqual(kept);
});

test.each([
	["teal_1", "teal_1"],
	["Red 2", "red_2"],
	["purple", "deepPurple_0"],
	["13", "teal_1"],
	[13, "teal_1"],
])("the color %j of an option is kept", async (color, kept) => {
	const { field, read } = world();
	await field("New", "single_select", { options: [{ name: "x", color }] });
	const options = (await read("New"))?.settings.options;
	expect(options).toMatchObject([{ name: "x", color: kept }]);
});

test.each([
	[
		"single_select",
		{ options: [{ name: "x", color: "gold" }] },
		/the color "gold" of option "x" is not one/,
	],
	[
		"single_select",
		{ options: [{ name: "x", color: 80 }] },
		/the color 80 of option "x" is not one/,
	],
	["number", { format: "0.00%" }, /shows percent, and the field is a number/],
	["rating", { format: "heart" }, /cannot set `format`/],
	["number", { default: "many" }, /"New": the default "many" is not a number/],
	["checkbox", { default: true }, /cannot set `default`/],
	["currency", { format: "0" }, /a currency without decimals one with two/],
])(
	"a %s with %j is refused, and nothing is sent",
	async (type, settings, why) => {
		const { field, writes } = world();
		await expect(field("New", type, settings)).rejects.toThrow(why);
		expect(writes()).toEqual([]);
	},
);

test("a formula that cannot be computed is a failure, and leaves no field", async () => {
	const { field, stored } = world();
	await expect(
		field("Broken", "formula", { formula: "{Title}&&&(" }),
	).rejects.toThrow('"Broken": the vendor cannot compute this formula');
	expect(stored("Broken")).toBeUndefined();
	await field("Whole", "formula", { formula: '{Title}&"!"' });
	expect(stored("Whole")).toBeDefined();
});

test("a new datasheet with a formula that cannot be computed says that it is unfinished", async () => {
	const { call, fake } = world();
	await expect(
		call("create_table", {
			base: `fusion:${fake.spaceId}`,
			name: "New",
			fields: [
				{ name: "Title", type: "text" },
				{ name: "Broken", type: "formula", settings: { formula: "1+" } },
			],
		}),
	).rejects.toThrow(/was made, but not finished: "Broken": the vendor cannot/);
});

test("a name that the server takes for another is refused with that one", async () => {
	const { field, stored, writes } = world();
	await expect(field("N_", "number")).rejects.toThrow(
		'"N_" is taken for the name of "N1"',
	);
	await expect(field("T%", "number")).rejects.toThrow('name of "Title"');
	expect(writes()).toEqual([]);
	await field("a_b", "number");
	expect(stored("a_b")).toBeDefined();
});

test("a folder's name is refused with where its id stands", async () => {
	const { call, fake, writes } = world();
	await expect(
		call("create_table", {
			base: `fusion:${fake.spaceId}`,
			name: "New",
			folder: "Sales",
			fields: [{ name: "Title", type: "text" }],
		}),
	).rejects.toThrow('takes the id of a folder here, not "Sales"');
	expect(writes()).toEqual([]);
});

test("the first moment of 1970 is refused, its neighbours are kept", async () => {
	const { call, reference, fake, table } = world();
	const create = (Day: string) =>
		call("create_records", {
			table: reference,
			records: [{ fields: { Title: Day, Day } }],
		}) as Promise<{
			counts: Record<string, number>;
			problems: { field: string; message: string }[];
		}>;
	const refused = await create("1970-01-01");
	expect(refused.problems).toMatchObject([
		{ field: "Day", message: expect.stringContaining("for a year") },
	]);
	expect(fake.rows(table)).toEqual([]);
	for (const day of ["1969-12-31", "1970-01-02", "2024-02-29"])
		expect((await create(day)).counts).toMatchObject({ created: 1, failed: 0 });
});
