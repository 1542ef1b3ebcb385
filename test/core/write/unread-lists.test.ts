import { expect, test } from "vitest";
import { callTool } from "../../conformance/session.js";
import { scriptedWorld } from "../scripted-session.js";

/* A cell that cannot be read is not empty: an edit of it would replace what nobody has seen. */

const RAW = { raw: { some: "shape of another version" } };

test.each([
	["multi_select", ["a"], { options: ["a"] }],
	["user", ["u1"], {}],
	["link", ["row0000000000"], {}],
] as const)(
	"neither add nor remove edits a %s that cannot be read",
	async (type, entries, settings) => {
		const world = await scriptedWorld();
		const { session, table } = world;
		await callTool(session, "create_field", {
			table,
			name: "Many",
			type,
			settings: type === "link" ? { link_table: "Tasks" } : settings,
		});
		const unread = world.put(table, { Title: "unread", Many: RAW });
		const empty = world.put(table, { Title: "empty" });
		for (const edit of ["add", "remove"]) {
			const sent = world.sent("updateBatch").length;
			const { counts, ...answer } = await world.write("update_records", {
				records: [{ id: unread, fields: { Many: { [edit]: entries } } }],
			});
			expect(counts).toMatchObject({ failed: 1 });
			expect(JSON.stringify(answer)).toMatch(/cannot be read as a list/);
			expect(world.sent("updateBatch")).toHaveLength(sent);
		}
		expect(world.cells(table).map(({ Many }) => Many)).toContainEqual(RAW);
		const id = empty;
		const whole = await world.write("update_records", {
			records: [{ id, fields: { Title: "now" } }],
		});
		expect(whole.counts).toMatchObject({ updated: 1 });
	},
);
