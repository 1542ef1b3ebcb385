import fc from "fast-check";
import { expect, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import {
	LOSS_WINDOW_MS,
	LOST_UNASKED,
} from "../../../src/core/contract/losses.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { forgetWrites } from "../../folder.js";
import { localWorld, peopleAndTasks, SEED } from "../local-world.js";

const TASKS = 140;
const PEOPLE = 20;

/** Tasks of one person each, linked by others; a client that agrees to nothing. */
async function othersLinks() {
	const world = localWorld();
	const { session, folder, locate } = world;
	const { people, tasks, make } = await peopleAndTasks(session, {
		multiple: false,
	});
	const holders = await make(
		people,
		Array.from({ length: PEOPLE }, (_, one) => ({ Name: `p${one}` })),
	);
	const ids = await make(
		tasks,
		Array.from({ length: TASKS }, (_, one) => ({
			Title: `t${one}`,
			Who: [{ id: holders[one % PEOPLE] }],
		})),
	);
	forgetWrites(folder);
	const processes = [session, world.another()] as const;
	const undoable: string[] = [];
	return {
		...{ ...world, people, tasks, holders, ids, undoable },
		async call(process: 0 | 1, tool: string, args: object) {
			const of = processes[process];
			try {
				const { structured } = await callTool(
					of,
					tool,
					{ ...args },
					{
						...runningOf(of),
						async confirm({ action }) {
							throw new TablesError("declined", action);
						},
					},
				);
				if (typeof structured.change_id === "string")
					undoable.push(structured.change_id);
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
			}
		},
		/** Somebody else gives a task to a person, past this server. */
		async theirs(task: string, person: string) {
			const located = await locate(tasks);
			const field = located.table.fields.find(({ name }) => name === "Who");
			await located.adapter.updateBatch?.(
				located.table,
				[{ id: task, cells: { [field?.id ?? ""]: JSON.stringify([person]) } }],
				{ priority: "interactive" },
			);
		},
		/** Who does each task, by id. */
		async who(): Promise<ReadonlyMap<string, string>> {
			const { structured } = await callTool(session, "query_records", {
				...{ table: tasks, fields: ["Who"], limit: 1_000, detail: "full" },
			});
			return new Map(
				(structured.rows as readonly (readonly unknown[])[]).map(
					([id, cell]) => [
						String(id),
						((cell ?? []) as readonly { readonly id: string }[])
							.map((one) => one.id)
							.join(),
					],
				),
			);
		},
	};
}

const steps = fc.array(
	fc.record({
		waitS: fc.constantFrom(1, 60, 300, 601),
		way: fc.constantFrom(
			...["link", "link", "new", "upsert", "free", "delete", "undo", "undo"],
			...["theirs", "one by one"],
		),
		process: fc.constantFrom(0 as const, 1 as const),
		person: fc.integer({ min: 0, max: PEOPLE - 1 }),
		from: fc.integer({ min: 0, max: TASKS - 1 }),
		size: fc.oneof(
			fc.integer({ min: 1, max: 30 }),
			fc.integer({ min: 1, max: 70 }),
		),
	}),
	{ minLength: 3, maxLength: 10 },
);

test(`without an agreement no ten minutes take the links of more than fifty records that others made, from whichever end (seed ${SEED})`, async () => {
	let most = 0;
	await fc.assert(
		fc.asyncProperty(steps, async (plan) => {
			const world = await othersLinks();
			const { people, tasks, holders, ids, undoable } = world;
			/** What others have linked and nobody has taken since. */
			const others = new Map(await world.who());
			const lost: { readonly id: string; readonly atMs: number }[] = [];
			let made = 0;
			for (const { waitS, way, process, person, from, size } of plan) {
				world.clock.advance(waitS * 1_000);
				const id = holders[person] as string;
				const some = Array.from(
					{ length: size },
					(_, one) => ids[(from + one) % TASKS] as string,
				);
				const Tasks = some.map((one) => ({ id: one }));
				const update = (table: string, records: readonly object[]) =>
					world.call(process, "update_records", { table, records });
				if (way === "theirs") {
					await world.theirs(some[0] as string, id);
					others.set(some[0] as string, id);
				} else if (way === "link")
					await update(people, [{ id, fields: { Tasks } }]);
				else if (way === "free")
					await update(people, [{ id, fields: { Tasks: null } }]);
				else if (way === "one by one")
					await update(
						tasks,
						some.map((one) => ({ id: one, fields: { Who: [{ id }] } })),
					);
				else if (way === "new")
					await world.call(process, "create_records", {
						table: people,
						records: [{ fields: { Name: `n${made++}`, Tasks } }],
					});
				else if (way === "upsert")
					await world.call(process, "update_records", {
						...{ table: people, match_on: ["Name"], upsert: true },
						records: [{ fields: { Name: `p${person}${made++ % 2}`, Tasks } }],
					});
				else if (way === "delete")
					await world.call(process, "delete_records", {
						...{ table: people, record_ids: [id] },
					});
				else if (undoable.length > 0)
					await world.call(process, "undo_change", {
						change_id: undoable[from % undoable.length],
					});
				const now = await world.who();
				for (const [task, held] of others)
					if (held !== "" && now.get(task) !== held) {
						lost.push({ id: task, atMs: world.clock.now() });
						others.set(task, "");
					}
			}
			for (const { atMs } of lost) {
				const { size } = new Set(
					lost
						.filter(
							(one) => one.atMs >= atMs && one.atMs < atMs + LOSS_WINDOW_MS,
						)
						.map(({ id }) => id),
				);
				expect(size).toBeLessThanOrEqual(LOST_UNASKED.overwritten);
				most = Math.max(most, size);
			}
		}),
		{ seed: SEED, numRuns: 40 },
	);
	// What is allowed was made use of.
	expect(most).toBeGreaterThan(LOST_UNASKED.overwritten / 2);
}, 240_000);
