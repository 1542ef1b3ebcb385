import { expect, test } from "vitest";
import { openWorld } from "./world.js";

/* Colors of options are numbers here: 0 to 54, eleven hues in five shades. */

test.each([
	["5", 5],
	[5, 5],
	["blue", 7],
	["Blue", 7],
	["grey", 10],
	["light red", 11],
	["red_light", 11],
	["gray-darker", 54],
	["54", 54],
])("the color %j is taken", async (given, number) => {
	const world = await openWorld();
	await world.tool("create_field", {
		table: world.reference,
		name: "Stage",
		type: "multi_select",
		settings: { options: [{ name: "New", color: given }] },
	});
	const options = [...world.fake.table(world.table).fields.values()].find(
		({ name }) => name === "Stage",
	)?.options;
	expect(options).toMatchObject([{ name: "New", color: number }]);
});

test("a color that nobody has is refused with those there are", async () => {
	const world = await openWorld();
	world.sent();
	const error = await world.refused("update_field", {
		table: world.reference,
		field: "State",
		settings: { options: [{ name: "Open", color: "mauve" }] },
	});
	expect(error.message).toMatch(/color "mauve" of option "Open"/);
	expect(error.next).toMatch(/0 to 54.*red.*gray.*lighter.*darker/);
	expect(world.sent().filter((call) => !call.startsWith("GET"))).toEqual([]);
});
