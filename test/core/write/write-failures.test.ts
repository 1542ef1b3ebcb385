import { describe, expect, test } from "vitest";
import { tablePlace } from "../../../src/core/contract/consent.js";
import type { Session } from "../../../src/core/contract/session.js";
import type { WriteAnswer } from "../../../src/core/delivery/answer.js";
import { locate } from "../../../src/core/places/locate.js";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import { forgetWrites } from "../../folder.js";
import { DISK, failing, nth } from "../failing-ports.js";
import { FAILURES } from "../scripted-adapter.js";
import {
	named,
	recordsOf,
	type ScriptedWorld,
	scriptedWorld,
} from "../scripted-session.js";

/*
 * What was written is told by every tool that writes records, whatever fails afterwards or in between, and a resume
 * does the rest exactly once.
 */

const COUNT = 45;

type Ids = readonly (string | null)[];

const TOOLS = [
	[
		"create_records",
		"createBatch",
		"created",
		() => ({ records: recordsOf(named(COUNT, "new")) }),
	],
	[
		"update_records",
		"updateBatch",
		"updated",
		(ids: Ids) => ({
			records: ids.map((id, index) => ({ id, fields: { Count: index + 1 } })),
		}),
	],
	[
		"delete_records",
		"deleteBatch",
		"deleted",
		(ids: Ids) => ({ record_ids: ids, confirm: String(COUNT) }),
	],
] as const;

type Options = Parameters<typeof scriptedWorld>[0];

async function filled(options: Options = {}) {
	const world = await scriptedWorld({ timed: true, ...options });
	const { ids } = await world.write("create_records", {
		records: recordsOf(named(COUNT)),
	});
	return { world, ids };
}

/** What the vendor holds after all was done, whichever tool did it. */
const ENDS: Readonly<Record<string, (world: ScriptedWorld) => void>> = {
	create_records: (world) =>
		expect([...world.titles()].sort()).toEqual(
			[...named(COUNT), ...named(COUNT, "new")].sort(),
		),
	update_records: (world) =>
		expect(world.cells(world.table).map(({ Count }) => Count)).toEqual(
			named(COUNT).map((_, index) => index + 1),
		),
	delete_records: (world) => expect(world.titles()).toEqual([]),
};

describe.each(TOOLS)("%s", (tool, method, outcome, args) => {
	const resumed = async (world: ScriptedWorld, { change_id }: WriteAnswer) => {
		const second = await world.write(
			tool,
			{ resume: change_id },
			undefined,
			world.another(),
		);
		expect(second.counts).toMatchObject({
			[outcome]: COUNT,
			unknown: 0,
			not_attempted: 0,
		});
		ENDS[tool]?.(world);
		return second;
	};

	test.each([
		["what is to be sent", "sent", 3, 20],
		["what was sent", "done", 3, 30],
	] as const)(
		"a journal that cannot take %s stops the rest",
		async (_, type, number, count) => {
			const { world, ids } = await filled();
			const fails = nth(number, DISK.full, Number.POSITIVE_INFINITY);
			const answer = await world.write(
				tool,
				args(ids),
				undefined,
				failing(world.session, {
					append: (event) => {
						if (event.type === type) fails();
					},
				}),
			);
			expect(answer.counts).toMatchObject({
				[outcome]: count,
				unknown: 0,
				not_attempted: COUNT - count,
			});
			expect(answer.notes.join()).toMatch(/journal.*cannot be written.*ENOSPC/);
			expect(answer.notes.join()).toContain(`resume: "${answer.change_id}"`);
			await resumed(world, answer);
		},
	);

	test("a journal that cannot take the end: all is reported", async () => {
		const { world, ids } = await filled();
		const answer = await world.write(
			tool,
			args(ids),
			undefined,
			failing(world.session, {
				append: ({ type }) => {
					if (type === "end") throw DISK.full();
				},
				close: () => {
					throw DISK.full();
				},
			}),
		);
		expect(answer.counts[outcome]).toBe(COUNT);
		expect(answer.notes.join()).toMatch(/all was done.*unfinished.*ENOSPC/);
		const second = await resumed(world, answer);
		expect(second.ids).toEqual(answer.ids);
		expect(
			(await world.write(tool, { resume: answer.change_id })).notes.join(),
		).toContain("complete already");
	});

	test("a journal that cannot take the plan: nothing is sent", async () => {
		const { world, ids } = await filled();
		const sent = world.sent(method).length;
		await expect(
			world.write(
				tool,
				args(ids),
				undefined,
				failing(world.session, {
					append: ({ type }) => {
						if (type === "plan") throw DISK.full();
					},
				}),
			),
		).rejects.toThrow("ENOSPC");
		expect(world.sent(method)).toHaveLength(sent);
	});

	test("a lock that stays and progress that cannot be reported are not failures", async () => {
		const { world, ids } = await filled({ writes: "serial-per-base" });
		const session = failing(world.session, {
			release: () => {
				throw DISK.readOnly();
			},
		});
		const answer = await world.write(
			tool,
			args(ids),
			runningOf(session, {
				progress: () => {
					throw new Error("the pipe is closed");
				},
			}),
			session,
		);
		expect(answer.counts[outcome]).toBe(COUNT);
		expect(answer.notes.filter((note) => note.includes("EROFS"))).toHaveLength(
			1,
		);
		ENDS[tool]?.(world);
	});

	test("a defect while a batch is under way leaves it unknown, and resume finds out", async () => {
		for (const atomic of [true, false])
			for (const done of [0, 10]) {
				let armed = false;
				const { world, ids } = await filled({
					atomic,
					script: (call) => {
						if (!armed || call.method !== method || call.cells.length > 10)
							return undefined;
						armed = false;
						return { lose: new TypeError("undefined is not an answer"), done };
					},
				});
				armed = true;
				const answer = await world.write(tool, args(ids));
				expect(answer.counts).toMatchObject({
					[outcome]: 0,
					unknown: 10,
					not_attempted: 35,
				});
				expect(answer.outcomes).toEqual(["unknown:0-9", "not_attempted:10-44"]);
				expect(answer.notes.join()).toContain("undefined is not an answer");
				await resumed(world, answer);
			}
	});
});

test.each([
	["update_records", "updateBatch", "updated"],
	["delete_records", "deleteBatch", "deleted"],
] as const)(
	"%s: a read between two batches that is a defect stops the rest",
	async (tool, method, outcome) => {
		const many = 1_200;
		let world: ScriptedWorld;
		let broken = true;
		world = await scriptedWorld({
			batch: 100,
			page: 100,
			script: (call) =>
				broken &&
				call.method.startsWith("read") &&
				world.sent(method).length >= 3
					? { refuse: new TypeError("undefined is not a row") }
					: undefined,
		});
		const ids = (
			await Promise.all(
				[0, 600].map((from) =>
					world.write("create_records", {
						records: recordsOf(named(many).slice(from, from + 600)),
					}),
				),
			)
		).flatMap((answer) => answer.ids);
		const answer = await world.write(
			tool,
			tool === "update_records"
				? {
						records: ids.map((id) => ({ id, fields: { Count: 1 } })),
						confirm: String(many),
					}
				: { record_ids: ids, confirm: String(many) },
		);
		expect(answer.counts[outcome]).toBeGreaterThanOrEqual(300);
		expect(answer.counts.not_attempted).toBe(many - answer.counts[outcome]);
		expect(answer.counts.not_attempted).toBeGreaterThan(0);
		expect(answer.notes.join()).toContain("stopped: undefined is not a row");
		broken = false;
		const second = await world.write(tool, { resume: answer.change_id });
		expect(second.counts).toMatchObject({ [outcome]: many, not_attempted: 0 });
	},
);

test("of a batch that was answered and could not be proved the ids are reported", async () => {
	let armed = false;
	const world = await scriptedWorld({
		timed: true,
		proves: ["number"],
		script: ({ method }) =>
			armed && method.startsWith("read")
				? { refuse: new TypeError("undefined is not a row") }
				: undefined,
	});
	armed = true;
	const answer = await world.write("create_records", {
		records: named(15).map((Title) => ({ fields: { Title, Count: 1 } })),
	});
	armed = false;
	expect(answer.counts).toMatchObject({ unknown: 10, not_attempted: 5 });
	expect(answer.ids.slice(0, 10)).not.toContain(null);
	const second = await world.write("create_records", {
		resume: answer.change_id,
	});
	expect(second.counts).toMatchObject({ created: 15, unknown: 0 });
	expect(second.ids.slice(0, 10)).toEqual(answer.ids.slice(0, 10));
	expect(world.titles()).toHaveLength(15);
});

test("an undo tells what it took back, and goes on", async () => {
	const { world } = await filled();
	const [change] = await world.session.journal.list();
	const id = change?.start.change as string;
	const undo = async (session: Session) =>
		(await callTool(session, "undo_change", { change_id: id }))
			.structured as unknown as WriteAnswer;
	const fails = nth(3, DISK.full, Number.POSITIVE_INFINITY);
	const answer = await undo(
		failing(world.session, {
			append: ({ type }) => {
				if (type === "sent") fails();
			},
		}),
	);
	expect(answer.counts).toMatchObject({ deleted: 20, not_attempted: 25 });
	expect(answer.notes.join()).toContain(
		`call undo_change with change_id: "${id}" again`,
	);
	expect((await undo(world.another())).counts).toMatchObject({ deleted: 45 });
	expect(world.titles()).toEqual([]);
});

test("what a killed process sent and nobody answered is unknown until it is settled", async () => {
	let armed = true;
	const { world } = await filled();
	const session = failing(world.session, {
		append: (event) => {
			if (event.type === "done" && armed) throw DISK.full();
		},
	});
	const first = await world.write(
		"create_records",
		{ records: recordsOf(named(25, "new")) },
		undefined,
		session,
	);
	expect(first.counts).toMatchObject({ created: 10, not_attempted: 15 });
	armed = false;
	const blind = failing(world.another(), {
		adapter: () => ({
			readPage: async () => {
				throw new TypeError("undefined is not a page");
			},
		}),
	});
	const second = await world.write(
		"create_records",
		{ resume: first.change_id },
		undefined,
		blind,
	);
	expect(second.counts).toMatchObject({ unknown: 10, not_attempted: 15 });
	const third = await world.write("create_records", {
		resume: first.change_id,
	});
	expect(third.counts).toMatchObject({ created: 25 });
	expect(world.titles()).toHaveLength(COUNT + 25);
});

test("options that were made before one that failed are named, and can be taken back", async () => {
	const world = await scriptedWorld();
	const { structured } = await callTool(world.session, "create_table", {
		base: "base1",
		name: "Two selects",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Stage", type: "single_select" },
			{ name: "Kind", type: "single_select" },
		],
	});
	const args = {
		table: structured.table as string,
		records: [{ fields: { Title: "x", Stage: "new", Kind: "fresh" } }],
		allow_new_options: true,
	};
	const fails = nth(2, FAILURES.throttled);
	const session = failing(world.session, {
		adapter: (adapter) => ({
			async addOptions(...given) {
				fails();
				return (adapter.addOptions as NonNullable<typeof adapter.addOptions>)(
					...given,
				);
			},
		}),
	});
	const failure = await failureOf(callTool(session, "create_records", args));
	expect(failure.code).toBe("throttled");
	expect(failure.retryAfterMs).toBe(30_000);
	expect(failure.message).toMatch(/options "new" in "Stage" were made before/);
	const [change, ...others] = await world.session.journal.list();
	expect(others).toEqual([]);
	expect(change?.status).toBe("complete");
	expect(change?.results.size).toBe(0);
	const undone = await callTool(world.session, "undo_change", {
		change_id: change?.start.change,
	});
	expect(undone.text).toContain(
		'the options "new" of "Stage", which this change had made, stay: the scripted vendor has no updateField',
	);
	const again = await callTool(session, "create_records", args);
	expect(again.structured.counts).toMatchObject({ created: 1 });
});

test("a resume of what was agreed to is asked about after a no that came later", async () => {
	const { world, ids } = await filled();
	forgetWrites(world.folder);
	const fails = nth(3, DISK.full, Number.POSITIVE_INFINITY);
	const { change_id: change } = await world.write(
		"delete_records",
		{ record_ids: ids, confirm: String(COUNT) },
		undefined,
		failing(world.session, {
			append: ({ type }) => {
				if (type === "sent") fails();
			},
		}),
	);
	const left = world.titles().length;
	expect(left).toBeGreaterThan(10);
	const located = await locate(
		world.session,
		world.table,
		runningOf(world.session),
	);
	await world.session.refusals.add(tablePlace(located), {
		tool: "delete_records",
		atMs: world.session.clock.now(),
	});
	const resume = (more: object) =>
		world.write(
			"delete_records",
			{ resume: change, ...more },
			undefined,
			world.another(),
		);
	const refused = await resume({});
	expect(refused.counts).toMatchObject({ not_attempted: left });
	expect(world.titles()).toHaveLength(left);
	await resume({ confirm: String(left) });
	expect(world.titles()).toEqual([]);
});
