import { expect, test } from "vitest";
import type { UndoPlan } from "../../../src/core/write/plan-undo.js";
import type { Resumable } from "../../../src/core/write/resume-change.js";
import { losingOf } from "../../../src/core/write/undo-loss.js";
import { runningOf } from "../../conformance/session.js";
import { localWorld, peopleAndTasks } from "../local-world.js";

test("an undo that deletes records and makes others again looks for linking tables once", async () => {
	const { session, locate } = localWorld();
	const { people, make } = await peopleAndTasks(session, { two_way: false });
	const [p0 = ""] = await make(people, [{ Name: "p0" }]);
	const located = await locate(people);
	const { connection } = located;
	let listed = 0;
	const counting = new Map(session.connections).set(connection.name, {
		...connection,
		adapter: new Proxy(connection.adapter, {
			get(adapter, name, receiver) {
				if (name === "readNodes") listed++;
				return Reflect.get(adapter, name, receiver);
			},
		}),
	});
	const losing = await losingOf(
		{ ...session, connections: counting },
		{
			found: { change: { start: { change: "c" } }, located } as Resumable,
			plan: { ops: [], changed: [], current: new Map() } as unknown as UndoPlan,
			ops: [
				{ index: 0, kind: "delete", id: p0, cells: {} },
				{ index: 1, kind: "create", cells: {} },
			],
			takesAll: false,
			confirm: undefined,
		},
		runningOf(session),
	);
	expect(losing.notes).toEqual([
		expect.stringContaining('one-way links in "Who" of "Tasks"'),
	]);
	expect(listed).toBe(1);
});
