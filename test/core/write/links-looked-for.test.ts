import { expect, test } from "vitest";
import type { Op } from "../../../src/core/contract/journal.js";
import type { UndoPlan } from "../../../src/core/write/plan-undo.js";
import type { Resumable } from "../../../src/core/write/resume-change.js";
import { losingOf } from "../../../src/core/write/undo-loss.js";
import { runningOf } from "../../conformance/session.js";
import { localWorld, peopleAndTasks } from "../local-world.js";

test("an undo that deletes records and makes others again opens each linking table once", async () => {
	const { session, locate } = localWorld();
	const { people, make } = await peopleAndTasks(session, { two_way: false });
	const [p0 = ""] = await make(people, [{ Name: "p0" }]);
	const located = await locate(people);
	/** How often a table was opened for it, and what is said. */
	const losing = async (...ops: Op[]) => {
		let opened = 0;
		const counting = new Map(
			[...session.connections].map(([name, connection]) => [
				name,
				{
					...connection,
					adapter() {
						opened++;
						return connection.adapter();
					},
				},
			]),
		);
		const { notes } = await losingOf(
			{ ...session, connections: counting },
			{
				found: { change: { start: { change: "c" } }, located } as Resumable,
				plan: {
					...{ ops: [], changed: [], current: new Map() },
				} as unknown as UndoPlan,
				...{ ops, takesAll: false, confirm: undefined },
			},
			runningOf(session),
		);
		return { opened, notes };
	};
	const gone: Op = { index: 0, kind: "delete", id: p0, cells: {} };
	const made: Op = { index: 1, kind: "create", cells: {} };
	// The first one reads schemas as well, which are kept.
	await losing(gone);
	const both = await losing(gone, made);
	expect(both.notes).toEqual([
		expect.stringContaining('one-way links in "Who" of "Tasks"'),
	]);
	expect(both.opened).toBeGreaterThan(0);
	expect((await losing(gone)).opened).toBe(both.opened);
});
