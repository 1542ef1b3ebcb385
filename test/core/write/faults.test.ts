import fc from "fast-check";
import { expect, test } from "vitest";
import type { WriteAnswer } from "../../../src/core/delivery/answer.js";
import { SEED } from "../local-world.js";
import { FAILURES, KILLED, type Step } from "../scripted-adapter.js";
import {
	named,
	type ScriptedWorld,
	scriptedWorld,
} from "../scripted-session.js";

/*
 * Whatever goes wrong, and wherever: once the vendor answers again, resuming ends with every record written
 * exactly once, and nothing unknown.
 */

type Trouble =
	| "none"
	| "throttled"
	| "unreachable"
	| "slow"
	| { readonly lost: number }
	| { readonly killed: number };

const trouble = (atomic: boolean): fc.Arbitrary<Trouble> => {
	// Where batches are all or nothing, a lost one was done whole or not at all.
	const part = atomic ? fc.constantFrom(0, 100) : fc.nat(100);
	return fc.oneof(
		{ weight: 3, arbitrary: fc.constant("none" as const) },
		fc.constantFrom(
			"throttled" as const,
			"unreachable" as const,
			"slow" as const,
		),
		{ weight: 2, arbitrary: part.map((lost) => ({ lost })) },
		part.map((killed) => ({ killed })),
	);
};

function stepOf(what: Trouble, size: number): Step {
	switch (what) {
		case "none":
			return {};
		case "throttled":
			return { refuse: FAILURES.throttled() };
		case "unreachable":
			return { refuse: FAILURES.unreachable() };
		case "slow":
			return { takesMs: 20_000 };
		default:
			return "lost" in what
				? { lose: FAILURES.lost(), done: Math.round((what.lost / 100) * size) }
				: {
						lose: KILLED,
						done: Math.round((what.killed / 100) * size),
					};
	}
}

const plan = fc.boolean().chain((atomic) =>
	fc.record({
		atomic: fc.constant(atomic),
		// A key stands for a whole batch.
		idempotent: atomic ? fc.boolean() : fc.constant(false),
		tellsCreated: atomic ? fc.boolean() : fc.constant(false),
		echoes: fc.boolean(),
		writes: fc.constantFrom("parallel" as const, "serial-per-table" as const),
		troubles: fc.array(trouble(atomic), { maxLength: 8 }),
		/** Titles repeat, so that equal records must be counted. */
		kinds: fc.integer({ min: 1, max: 30 }),
		count: fc.integer({ min: 1, max: 24 }),
		bad: fc.uniqueArray(fc.nat(23), { maxLength: 2 }),
	}),
);

interface Plan {
	readonly atomic: boolean;
	readonly idempotent: boolean;
	readonly tellsCreated: boolean;
	readonly echoes: boolean;
	readonly writes: "parallel" | "serial-per-table";
	readonly troubles: readonly Trouble[];
}

/** Calls a tool, and again with `resume` in a new process each time, until nothing is left to do. */
async function persist(
	world: ScriptedWorld,
	tool: string,
	args: Readonly<Record<string, unknown>>,
): Promise<WriteAnswer> {
	let session = world.session;
	let answer = await world.write(tool, args, undefined, session).catch(killed);
	for (let round = 0; round < 12; round++) {
		const left =
			answer === undefined ||
			answer.counts.not_attempted + answer.counts.unknown > 0;
		if (!left) return answer as WriteAnswer;
		const [change] = (await session.journal.list()).filter(
			({ start }) => start.tool === tool,
		);
		session = world.another();
		answer = await world
			.write(tool, { resume: change?.start.change }, undefined, session)
			.catch(killed);
	}
	throw new Error(
		`it did not end: ${JSON.stringify(answer?.counts)} ${answer?.notes}`,
	);
}

function killed(error: unknown): undefined {
	if (error === KILLED) return undefined;
	throw error;
}

async function troubled(
	options: Plan,
): Promise<ScriptedWorld & { arm(method: string): void }> {
	let armed = "";
	let next = 0;
	const world = await scriptedWorld({
		batch: 5,
		timed: true,
		atomic: options.atomic,
		idempotent: options.idempotent,
		tellsCreated: options.tellsCreated,
		echoes: options.echoes,
		writes: options.writes,
		script: ({ method, size, cells }) => {
			if (method !== armed) return undefined;
			if (cells.some((row) => Object.values(row).includes("bad")))
				return { refuse: FAILURES.refused() };
			const what = options.troubles[next++];
			return what === undefined ? undefined : stepOf(what, size);
		},
	});
	return {
		...world,
		arm(method) {
			armed = method;
			next = 0;
		},
	};
}

const sorted = (items: readonly unknown[]) => items.map(String).toSorted();

test(`every record is created once, whatever breaks (seed ${SEED})`, async () => {
	await fc.assert(
		fc.asyncProperty(plan, async ({ kinds, count, bad, ...options }) => {
			const world = await troubled(options);
			const titles = named(count).map((_, index) =>
				options.atomic && bad.includes(index) ? "bad" : `t${index % kinds}`,
			);
			world.arm("createBatch");
			const answer = await persist(world, "create_records", {
				records: titles.map((Title, index) => ({
					fields: { Title, Count: index % kinds },
				})),
			});
			const good = titles.filter((title) => title !== "bad");
			expect(sorted(world.titles())).toEqual(sorted(good));
			expect(answer.counts).toMatchObject({
				created: good.length,
				failed: count - good.length,
				unknown: 0,
				not_attempted: 0,
			});
			const ids = answer.ids.filter((id) => id !== null);
			expect(new Set(ids).size).toBe(good.length);
		}),
		{ seed: SEED, numRuns: 40 },
	);
}, 120_000);

test(`every record is updated, and deleted, whatever breaks (seed ${SEED})`, async () => {
	await fc.assert(
		fc.asyncProperty(plan, async ({ count, kinds: _, bad: __, ...options }) => {
			const world = await troubled(options);
			const { ids } = await world.write("create_records", {
				records: named(count).map((Title) => ({ fields: { Title } })),
			});
			world.arm("updateBatch");
			const updated = await persist(world, "update_records", {
				records: ids.map((id, index) => ({
					id,
					fields: { Title: `u${index}`, Count: index },
				})),
			});
			expect(updated.counts).toMatchObject({ updated: count, failed: 0 });
			expect(world.titles()).toEqual(named(count, "u"));
			world.arm("deleteBatch");
			const deleted = await persist(world, "delete_records", {
				record_ids: ids,
				confirm: String(count),
			});
			expect(deleted.counts).toMatchObject({ deleted: count, failed: 0 });
			expect(world.titles()).toEqual([]);
		}),
		{ seed: SEED, numRuns: 20 },
	);
}, 120_000);
