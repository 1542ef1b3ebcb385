import { expect, test } from "vitest";
import { failure } from "../../fakes/bitable/index.js";
import { FIELDS, openWorld } from "./world.js";

/* The vendor did it and its answer is lost: what is shown next is what is there. */

const STATE = [...FIELDS, { name: "Owner", type: 11 }];

test.each([
	[
		"update_view",
		{ view: "First", name: "Second" },
		(path: string) => /\/views\/[^/]+$/.test(path),
		"Second",
	],
	["delete_view", { view: "First", confirm: "First" }, /\/views\//, undefined],
	["create_view", { name: "Second", type: "grid" }, /\/views$/, "Second"],
	["update_table", { name: "Second" }, /\/tables\/[^/]+$/, "Second"],
	["create_field", { name: "Second", type: "text" }, /\/fields$/, "Second"],
	[
		"update_field",
		{ field: "Title", name: "Second" },
		/\/fields\/[^/]+$/,
		"Second",
	],
	[
		"delete_field",
		{ field: "Owner", confirm: "Owner" },
		/\/fields\/[^/]+$/,
		undefined,
	],
] as const)("after %s", async (tool, args, path, shown) => {
	let lose = false;
	const world = await openWorld({
		fields: STATE,
		fault: ({ method, path: at }) =>
			lose &&
			method !== "GET" &&
			(typeof path === "function" ? path(at) : path.test(at))
				? { when: "after", response: failure(1255001) }
				: undefined,
	});
	world.fake.addView(world.table, { name: "First" });
	const described = async () =>
		(await world.tool("describe_fields", { table: world.reference })).text;
	const before = await described();
	lose = true;
	const { code } = await world.refused(tool, {
		table: world.reference,
		...args,
	});
	expect(code).toBe("outcome_unknown");
	const after = await described();
	expect(after).not.toBe(before);
	if (shown !== undefined) expect(after).toContain(shown);
});

test.each([
	["update_base", { name: "Play" }, "Play"],
	["copy_dashboard", { dashboard: "Board", name: "Copied" }, "Copied"],
])("after %s", async (tool, args, shown) => {
	let lose = false;
	const world = await openWorld({
		fault: ({ method, path }) =>
			lose && method !== "GET" && /\/apps\/[^/]+$|\/copy$/.test(path)
				? { when: "after", response: failure(1255001) }
				: undefined,
	});
	world.fake.addDashboard(world.base, "Board");
	const listed = async () =>
		(await world.tool("list_tables", { kinds: ["table", "dashboard"] })).text;
	expect(await listed()).toContain("Work");
	lose = true;
	const { code } = await world.refused(tool, { base: world.base, ...args });
	expect(code).toBe("outcome_unknown");
	expect(await listed()).toContain(shown);
});
