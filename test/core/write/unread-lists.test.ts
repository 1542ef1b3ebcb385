import { expect, test } from "vitest";
import type { Cell, LinkedRecord } from "../../../src/core/contract/field.js";
import type { Op } from "../../../src/core/contract/journal.js";
import { linkEnds } from "../../../src/core/write/link-ends.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { localWorld, peopleAndTasks } from "../local-world.js";
import { scriptedWorld } from "../scripted-session.js";

/* A cell that cannot be read is not empty: an edit of it would replace what nobody has seen. */

const RAW: Cell = { raw: { some: "shape of another version" } };

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

test("a link that cannot be read counts as one that is lost at its other end", async () => {
	const { session, locate } = localWorld();
	const { people, tasks, make } = await peopleAndTasks(session);
	const [p0 = ""] = await make(people, [{ Name: "p0" }]);
	const [t0 = "", t1 = ""] = await make(tasks, [
		{ Title: "t0" },
		{ Title: "t1" },
	]);
	const located = await locate(tasks);
	const who = located.table.fields.find(({ name }) => name === "Who");
	if (who === undefined) throw new Error("no link");
	const cells: Op["cells"] = { [who.id]: RAW };
	const link: readonly LinkedRecord[] = [{ id: p0, text: "" }];
	const linking: Op["cells"] = { [who.id]: link };
	const { ends } = await linkEnds(
		session,
		located,
		[
			{ index: 0, kind: "update", id: t0, cells: linking },
			{ index: 1, kind: "delete", id: t1, cells: {} },
		],
		{ before: new Map([t0, t1].map((id) => [id, cells])) },
		runningOf(session),
	);
	expect(ends.flatMap(({ links }) => links.map(({ by }) => by))).toEqual([
		0, 1,
	]);
});
