import fc from "fast-check";
import { expect, test } from "vitest";
import { callTool, failureOf } from "../../conformance/session.js";
import { localWorld, peopleAndTasks, SEED } from "../../core/local-world.js";

/** A two-way link whose cells hold one record, seen from both ends. */
async function onePerTask() {
	const world = localWorld();
	const { session } = world;
	const { people, tasks, make } = await peopleAndTasks(session, {
		multiple: false,
	});
	const named = (field: string) =>
		Array.from({ length: 4 }, (_, one) => ({ [field]: `${field}${one}` }));
	const ids = {
		people: await make(people, named("Name")),
		tasks: await make(tasks, named("Title")),
	};
	const cells = async (table: string, field: string) => {
		const { structured } = await callTool(session, "query_records", {
			table,
			fields: [field],
			detail: "full",
		});
		return new Map(
			(structured.rows as readonly (readonly unknown[])[]).map(([id, cell]) => [
				String(id),
				((cell ?? []) as readonly { readonly id: string }[]).map(
					(one) => one.id,
				),
			]),
		);
	};
	return {
		...world,
		people,
		tasks,
		ids,
		who: () => cells(tasks, "Who"),
		of: () => cells(people, "Tasks"),
	};
}

const links = fc.array(
	fc.record({
		end: fc.constantFrom("people", "tasks"),
		row: fc.integer({ min: 0, max: 3 }),
		to: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
		isNew: fc.boolean(),
	}),
	{ minLength: 1, maxLength: 8 },
);

test(`a link that holds one record holds one, and both ends agree, whichever is written (seed ${SEED})`, async () => {
	await fc.assert(
		fc.asyncProperty(links, async (writes) => {
			const world = await onePerTask();
			const { session, ids } = world;
			for (const { end, row, to, isNew } of writes) {
				const isTask = end === "tasks";
				const linked = to
					.slice(0, isTask ? 1 : 4)
					.map((one) => ({ id: (isTask ? ids.people : ids.tasks)[one] }));
				const fields = { [isTask ? "Who" : "Tasks"]: linked };
				await callTool(session, isNew ? "create_records" : "update_records", {
					table: world[end === "tasks" ? "tasks" : "people"],
					records: [
						isNew
							? { fields }
							: { id: ids[isTask ? "tasks" : "people"][row], fields },
					],
				});
				const [who, of] = [await world.who(), await world.of()];
				const pairs = (
					of: ReadonlyMap<string, readonly string[]>,
					swap: boolean,
				) =>
					[...of]
						.flatMap(([id, to]) =>
							to.map((one) => (swap ? `${one} ${id}` : `${id} ${one}`)),
						)
						.sort();
				expect(pairs(who, false)).toEqual(pairs(of, true));
				for (const to of who.values()) expect(to.length).toBeLessThanOrEqual(1);
				// What was written is what is there.
				if (!isNew)
					expect(
						[
							...((isTask ? who : of).get(
								ids[isTask ? "tasks" : "people"][row] as string,
							) ?? []),
						].sort(),
					).toEqual(linked.map(({ id }) => id).sort());
			}
		}),
		{ seed: SEED, numRuns: 40 },
	);
}, 120_000);

test("a link whose cells hold several records cannot become one that holds one", async () => {
	const { session, people, tasks, ids, of } = await onePerTask();
	await callTool(session, "update_records", {
		table: people,
		records: [
			{
				id: ids.people[0],
				fields: { Tasks: ids.tasks.slice(0, 2).map((id) => ({ id })) },
			},
		],
	});
	const change = {
		table: people,
		field: "Tasks",
		settings: { multiple: false },
	};
	const { message } = await failureOf(
		callTool(session, "update_field", change),
	);
	expect(message).toContain(String(ids.people[0]));
	await callTool(session, "update_records", {
		table: tasks,
		records: [{ id: ids.tasks[0], fields: { Who: null } }],
	});
	await callTool(session, "update_field", change);
	expect((await of()).get(ids.people[0] as string)).toEqual([ids.tasks[1]]);
});
