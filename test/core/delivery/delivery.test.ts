import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import type { WriteAnswer } from "../../../src/core/delivery/answer.js";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import { eachProblem } from "../../each-problem.js";
import { FAILURES, KILLED, type Script } from "../scripted-adapter.js";
import {
	named,
	recordsOf,
	type ScriptedWorld,
	scriptedWorld,
} from "../scripted-session.js";

/** A script that acts on one call of one method. */
const at =
	(method: string, number: number, step: ReturnType<Script>): Script =>
	(call) =>
		call.method === method && call.number === number ? step : undefined;

const onEvery =
	(method: string, step: ReturnType<Script>): Script =>
	(call) =>
		call.method === method ? step : undefined;

describe("the time of one call", () => {
	test("a long write answers within 45 s, and resume does the rest", async () => {
		const world = await scriptedWorld({
			script: onEvery("createBatch", { takesMs: 8_000 }),
		});
		const titles = named(100);
		const startMs = world.clock.now();
		const first = await world.write("create_records", {
			records: recordsOf(titles),
		});
		expect(world.clock.now() - startMs).toBeLessThanOrEqual(45_000);
		expect(first.counts).toMatchObject({ created: 50, not_attempted: 50 });
		expect(first.outcomes).toEqual(["created:0-49", "not_attempted:50-99"]);
		expect(first.ids.slice(50)).toEqual(named(50).map(() => null));
		expect(first.notes.join()).toContain(`resume: "${first.change_id}"`);

		const second = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(second.counts).toMatchObject({ created: 100, not_attempted: 0 });
		expect(second.ids.slice(0, 50)).toEqual(first.ids.slice(0, 50));
		expect(world.titles()).toEqual(titles);
		const third = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(third.notes.join()).toContain("complete already");
		expect(world.sent("createBatch")).toHaveLength(10);
	});

	test("a batch that would outlast the call is given up in time, and resumed", async () => {
		const world = await scriptedWorld({
			script: onEvery("createBatch", { takesMs: 9_000 }),
		});
		const startMs = world.clock.now();
		const first = await world.write("create_records", {
			records: recordsOf(named(60)),
		});
		expect(world.clock.now() - startMs).toBeLessThanOrEqual(45_000);
		expect(first.counts).toMatchObject({ created: 40, not_attempted: 20 });
		const second = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(second.counts).toMatchObject({ created: 60, not_attempted: 0 });
		expect(world.titles()).toEqual(named(60));
	});

	test("a write that decides by keys says that another one held the table", async () => {
		const world = await scriptedWorld();
		const { locks } = world.session;
		const held: Session["locks"] = {
			...locks,
			acquire: (name, signal) =>
				name.startsWith("decide")
					? new Promise((_, fail) =>
							signal?.addEventListener("abort", () => fail(signal.reason)),
						)
					: locks.acquire(name, signal),
		};
		const failure = await failureOf(
			world.write(
				"update_records",
				{
					match_on: ["Title"],
					upsert: true,
					records: recordsOf(named(1)),
				},
				undefined,
				{ ...world.session, locks: held },
			),
		);
		expect(failure.message).toBe(
			"another write to this table (a deletion, or one by keys or with list edits) was still running; nothing was written",
		);
		expect(world.titles()).toEqual([]);
	});

	test("resume takes the same records and refuses others", async () => {
		const world = await scriptedWorld({
			script: onEvery("createBatch", { takesMs: 40_000 }),
		});
		const records = recordsOf(named(30));
		const { change_id: resume } = await world.write("create_records", {
			records,
		});
		const others = failureOf(
			world.write("create_records", { resume, records: records.slice(1) }),
		);
		expect((await others).message).toContain("differ from those of the change");
		const table = await world.makeTable("Elsewhere");
		const elsewhere = await failureOf(
			world.write("create_records", { resume, table }),
		);
		expect(elsewhere.message).toMatch(/writes into Tasks.*names Elsewhere/);
		expect(elsewhere.next).toContain(world.table);
		const tool = failureOf(world.write("delete_records", { resume }));
		expect((await tool).next).toContain("create_records");
		const none = failureOf(
			world.write("create_records", { resume: "no-such-change" }),
		);
		expect((await none).code).toBe("not_found");
		const same = await world.write("create_records", {
			resume,
			records,
			table: "Tasks",
		});
		expect(same.counts.created).toBe(20);
	});

	test.each([
		["create_records", () => ({ records: recordsOf(named(30)) })],
		[
			"update_records",
			(ids: readonly unknown[]) => ({
				records: ids.map((id) => ({ id, fields: { Count: 1 } })),
			}),
		],
		[
			"delete_records",
			(ids: readonly unknown[]) => ({ record_ids: ids, confirm: "30" }),
		],
	] as const)(
		"%s: asked what a resume would do, nothing is sent",
		async (tool, args) => {
			let armed = false;
			const world = await scriptedWorld({
				script: ({ method }) =>
					armed && method.endsWith("Batch") ? { takesMs: 20_000 } : undefined,
			});
			const { ids } = await world.write("create_records", {
				records: recordsOf(named(30)),
			});
			armed = true;
			const { change_id: resume, counts } = await world.write(tool, args(ids));
			expect(counts.not_attempted).toBeGreaterThan(0);
			const sent = world.calls.length;
			const refused = await failureOf(
				world.write(tool, { resume, dry_run: true }),
			);
			expect(refused.message).toMatch(/`dry_run` and `resume`/);
			expect(world.calls).toHaveLength(sent);
		},
	);

	test("every batch is in the journal before it is sent", async () => {
		const seen: boolean[] = [];
		let folder = "";
		const world = await scriptedWorld({
			script: ({ method, key }) => {
				if (method !== "createBatch") return undefined;
				const journal = join(folder, "journal");
				const text = readdirSync(journal)
					.map((name) => readFileSync(join(journal, name), "utf8"))
					.join("");
				seen.push(key !== undefined && text.includes(key));
				return undefined;
			},
		});
		folder = world.folder;
		await world.write("create_records", { records: recordsOf(named(25)) });
		expect(seen).toEqual([true, true, true]);
	});
});

describe("failures that stop", () => {
	test.each([
		["throttled", FAILURES.throttled()],
		["unreachable", FAILURES.unreachable()],
	])("%s: the rest is not attempted, and resume goes on", async (_, refuse) => {
		const world = await scriptedWorld({
			script: at("createBatch", 2, { refuse }),
		});
		const titles = named(45);
		const first = await world.write("create_records", {
			records: recordsOf(titles),
		});
		expect(first.counts).toMatchObject({ created: 20, not_attempted: 25 });
		expect(first.notes.join()).toContain(`stopped: ${refuse.message}`);
		expect(world.titles()).toHaveLength(20);
		const second = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(second.counts).toMatchObject({ created: 45, not_attempted: 0 });
		expect(world.titles()).toEqual(titles);
	});

	test("a missing right fails the batch and stops the rest", async () => {
		const world = await scriptedWorld({
			script: at("createBatch", 1, { refuse: FAILURES.forbidden() }),
		});
		const answer = await world.write("create_records", {
			records: recordsOf(named(35)),
		});
		expect(answer.counts).toMatchObject({
			created: 10,
			failed: 10,
			not_attempted: 15,
		});
		expect(answer.problems[0]).toMatchObject({
			record: 10,
			message: "no right to edit",
		});
		expect(world.sent("createBatch")).toHaveLength(2);
	});

	test("values for undo that cannot be read stop the change; they do not lose it", async () => {
		let reads = 0;
		let allowed = Number.POSITIVE_INFINITY;
		const world = await scriptedWorld({
			script: ({ method }) =>
				method === "readByIds" && ++reads > allowed
					? { refuse: FAILURES.throttled() }
					: undefined,
		});
		await world.write("create_records", { records: recordsOf(named(30)) });
		reads = 0;
		allowed = 2;
		const answer = await world.write("delete_records", {
			filter: {
				match: "all",
				conditions: [{ field: "Title", op: "is_not_empty" }],
			},
			confirm: "30",
		});
		const { deleted, not_attempted } = answer.counts;
		expect(answer.change_id).toEqual(expect.any(String));
		expect(deleted + not_attempted).toBe(30);
		expect(not_attempted).toBeGreaterThan(0);
		expect(world.titles()).toHaveLength(not_attempted);
		allowed = Number.POSITIVE_INFINITY;
		const rest = await world.write("delete_records", {
			resume: answer.change_id,
		});
		expect(rest.counts).toMatchObject({ deleted: 30 });
		expect(world.titles()).toEqual([]);
	});
});

describe("a batch whose answer was lost", () => {
	const lost = FAILURES.lost();

	test.each([
		["all of it", undefined, [10, 10]],
		["none of it", 0, [10, 10, 10]],
		["a part of it", 3, [10, 10, 7]],
	])(
		"%s had arrived: the table is read, and only what is missing is sent",
		async (_, done, sizes) => {
			const world = await scriptedWorld({
				timed: true,
				script: at("createBatch", 1, {
					lose: lost,
					...(done === undefined ? {} : { done }),
				}),
			});
			const titles = named(20);
			const answer = await world.write("create_records", {
				records: recordsOf(titles),
			});
			expect(answer.counts).toMatchObject({ created: 20, unknown: 0 });
			expect(new Set(answer.ids).size).toBe(20);
			expect([...world.titles()].sort()).toEqual([...titles].sort());
			expect(world.sent("createBatch")).toEqual(sizes);
		},
	);

	test("records that are equal by value are counted", async () => {
		const world = await scriptedWorld({
			timed: true,
			script: at("createBatch", 0, { lose: lost, done: 4 }),
		});
		const answer = await world.write("create_records", {
			records: recordsOf(named(10).map(() => "same")),
		});
		expect(answer.counts.created).toBe(10);
		expect(new Set(answer.ids).size).toBe(10);
		expect(world.titles()).toHaveLength(10);
	});

	test("an equal record from before is not evidence", async () => {
		const world = await scriptedWorld({
			timed: true,
			script: at("createBatch", 0, { lose: lost, done: 0 }),
		});
		const old = world.put(world.table, { Title: "same" });
		world.clock.advance(3_600_000);
		const answer = await world.write("create_records", {
			records: recordsOf(["same"]),
		});
		expect(answer.counts.created).toBe(1);
		expect(answer.ids).not.toContain(old);
		expect(world.titles()).toEqual(["same", "same"]);
	});

	test("an equal record that this server made a moment ago is not evidence", async () => {
		const world = await scriptedWorld({
			timed: true,
			script: at("createBatch", 1, { lose: lost, done: 0 }),
		});
		const first = await world.write("create_records", {
			records: recordsOf(["same"]),
		});
		const second = await world.write("create_records", {
			records: recordsOf(["same"]),
		});
		expect(second.counts.created).toBe(1);
		expect(second.ids).not.toEqual(first.ids);
		expect(world.titles()).toEqual(["same", "same"]);
	});

	test("a foreign writer of the same values leaves it unknown, in words", async () => {
		let table = "";
		let put: (title: string) => void = () => {};
		const world = await scriptedWorld({
			timed: true,
			script: ({ method, number }) => {
				if (method !== "createBatch" || number !== 0) return undefined;
				put("same");
				return { lose: lost };
			},
		});
		table = world.table;
		put = (title) => void world.put(table, { Title: title });
		const answer = await world.write("create_records", {
			records: recordsOf(["same"]),
		});
		expect(answer.counts).toMatchObject({ created: 0, unknown: 1 });
		expect(answer.problems[0]?.message).toContain("2 records look like it");
	});

	test("with an idempotency key the same batch is sent again under the same key", async () => {
		const world = await scriptedWorld({
			idempotent: true,
			script: at("createBatch", 1, { lose: lost }),
		});
		const answer = await world.write("create_records", {
			records: recordsOf(named(20)),
		});
		expect(answer.counts).toMatchObject({ created: 20 });
		expect(world.titles()).toEqual(named(20));
		const keys = world.calls
			.filter(({ method }) => method === "createBatch")
			.map(({ key }) => key);
		expect(keys).toHaveLength(3);
		expect(keys[2]).toBe(keys[1]);
		expect(keys[0]).not.toBe(keys[1]);
	});

	test("a vendor that tells what a key made is asked, and nothing is sent again", async () => {
		const world = await scriptedWorld({
			tellsCreated: true,
			script: at("createBatch", 0, { lose: lost }),
		});
		const answer = await world.write("create_records", {
			records: recordsOf(named(5)),
		});
		expect(answer.counts.created).toBe(5);
		expect(world.sent("createBatch")).toEqual([5]);
	});

	test("a key that the vendor has seen is settled by reading", async () => {
		const world = await scriptedWorld({
			idempotent: true,
			timed: true,
			script: at("createBatch", 0, { lose: FAILURES.duplicate() }),
		});
		const answer = await world.write("create_records", {
			records: recordsOf(named(5)),
		});
		expect(answer.counts.created).toBe(5);
		expect(world.titles()).toEqual(named(5));
	});

	test("updates and deletes are settled by reading", async () => {
		const world = await scriptedWorld({
			script: (call) =>
				call.number === 0 &&
				(call.method === "updateBatch" || call.method === "deleteBatch")
					? { lose: lost, done: 4 }
					: undefined,
		});
		const { ids } = await world.write("create_records", {
			records: recordsOf(named(10)),
		});
		const updated = await world.write("update_records", {
			records: ids.map((id, index) => ({
				id,
				fields: { Title: `u${index}`, Count: index },
			})),
		});
		expect(updated.counts).toMatchObject({ updated: 10 });
		expect(world.titles()).toEqual(named(10, "u"));
		expect(world.sent("updateBatch")).toEqual([10, 6]);
		const deleted = await world.write("delete_records", { record_ids: ids });
		expect(deleted.counts).toMatchObject({ deleted: 10 });
		expect(world.sent("deleteBatch")).toEqual([10, 6]);
		expect(world.titles()).toEqual([]);
	});

	test("a vendor that stays away leaves it unknown, and resume finds out", async () => {
		let away = false;
		const world = await scriptedWorld({
			timed: true,
			script: ({ method, number }) => {
				if (method === "createBatch" && number === 1) {
					away = true;
					return { lose: lost, done: 6 };
				}
				return away ? { refuse: FAILURES.unreachable() } : undefined;
			},
		});
		const titles = named(30);
		const startMs = world.clock.now();
		const first = await world.write("create_records", {
			records: recordsOf(titles),
		});
		expect(world.clock.now() - startMs).toBeLessThanOrEqual(45_000);
		expect(first.counts).toMatchObject({
			created: 10,
			unknown: 10,
			not_attempted: 10,
		});
		away = false;
		const second = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(second.counts).toMatchObject({ created: 30, unknown: 0 });
		expect([...world.titles()].sort()).toEqual([...titles].sort());
	});
});

describe("success that is not proven", () => {
	test("an echo that does not hold what was sent fails the record", async () => {
		const world = await scriptedWorld({
			echoes: true,
			script: at("updateBatch", 0, { pretend: true }),
		});
		const { ids } = await world.write("create_records", {
			records: recordsOf(["a"]),
		});
		const answer = await world.write("update_records", {
			records: [{ id: ids[0], fields: { Title: "b" } }],
		});
		expect(answer.counts).toMatchObject({ updated: 0, failed: 1 });
		expect(answer.problems[0]?.message).toContain('"Title" does not hold');
	});

	test("types without a documented form are read back in the same call", async () => {
		const world = await scriptedWorld({
			proves: ["number"],
			script: at("updateBatch", 1, { pretend: true }),
		});
		const { ids } = await world.write("create_records", {
			records: recordsOf(["a"]),
		});
		const set = (Count: number) =>
			world.write("update_records", {
				records: [{ id: ids[0], fields: { Count } }],
			});
		expect((await set(1)).counts).toMatchObject({ updated: 1, failed: 0 });
		const second = await set(2);
		expect(second.counts).toMatchObject({ updated: 0, failed: 1 });
		expect(second.problems[0]?.message).toContain('"Count" does not hold');
	});

	const counted = (titles: readonly string[]) =>
		titles.map((Title, Count) => ({ fields: { Title, Count } }));
	const undo = async (world: ScriptedWorld, change_id: string | null) =>
		(await callTool(world.session, "undo_change", { change_id }))
			.structured as unknown as WriteAnswer;
	const believing = {
		echoes: true,
		provesFirst: ["number"],
	} as const;

	test("one read proves a form of cell for the whole call, and another form needs its own", async () => {
		const world = await scriptedWorld(believing);
		const records = counted(named(35)).map(({ fields }, index) => ({
			fields: index === 34 ? { Title: "t34" } : fields,
		}));
		const dry = await world.write("create_records", { records, dry_run: true });
		expect(dry.would_take?.calls).toBe(5);
		const made = await world.write("create_records", { records });
		expect(made.counts).toMatchObject({ created: 35, failed: 0 });
		expect(world.sent("createBatch")).toEqual([10, 10, 10, 5]);
		expect(world.sent("readByIds")).toEqual([10]);

		const cleared = await world.write("update_records", {
			match_on: ["Title"],
			records: named(30).map((Title, index) => ({
				fields: { Title, Count: index < 15 ? 100 + index : null },
			})),
		});
		expect(cleared.counts).toMatchObject({ updated: 30, failed: 0 });
		expect(world.sent("updateBatch")).toEqual([10, 10, 10]);
		expect(world.sent("readByIds")).toEqual([10, 10, 10]);
	});

	test("what is answered as sent and not stored fails its record, and undo takes the record back", async () => {
		const world = await scriptedWorld({
			...believing,
			script: at("createBatch", 0, { skips: ["Count"] }),
		});
		const made = await world.write("create_records", {
			records: [...counted(["a", "b"]).slice(1), { fields: { Title: "c" } }],
		});
		expect(made.counts).toMatchObject({ created: 1, failed: 1 });
		expect(made.ids).toEqual([expect.any(String), expect.any(String)]);
		expect(made.problems[0]?.message).toMatch(
			/"Count" does not hold what was sent; the record was made: its answer shows the value, and reading it back does not/,
		);
		const undone = await undo(world, made.change_id);
		expect(undone.counts).toMatchObject({ deleted: 2, failed: 0 });
		expect(world.titles()).toEqual([]);
	});

	test("an update that was kept in part is taken back in part", async () => {
		const world = await scriptedWorld({
			...believing,
			script: at("updateBatch", 0, { skips: ["Count"] }),
		});
		const { ids } = await world.write("create_records", {
			records: counted(["a", "b"]),
		});
		const records = ids.map((id, index) => ({
			id,
			fields: { Title: `changed ${index}`, Count: 7 },
		}));
		const updated = await world.write("update_records", { records });
		expect(updated.counts).toMatchObject({ updated: 0, failed: 2 });
		expect(world.titles()).toEqual(["changed 0", "changed 1"]);
		// Someone enters what was not kept: that is theirs.
		await world.write("update_records", {
			records: [{ id: ids[0], fields: { Count: 8 } }],
		});
		const undone = await undo(world, updated.change_id);
		expect(undone.counts).toMatchObject({ updated: 2, failed: 0 });
		expect(world.cells(world.table)).toEqual([
			{ Title: "a", Count: 8 },
			{ Title: "b", Count: 1 },
		]);
	});

	test("a form that was not kept is read back batch by batch", async () => {
		const world = await scriptedWorld({
			...believing,
			script: ({ method, number }) =>
				method === "createBatch" && number < 2
					? { skips: ["Count"] }
					: undefined,
		});
		const made = await world.write("create_records", {
			records: counted(named(41)).slice(1),
		});
		expect(made.counts).toMatchObject({ created: 20, failed: 20 });
		expect(made.outcomes).toEqual(["failed:0-19", "created:20-39"]);
		expect(world.sent("readByIds")).toEqual([10, 10, 10]);
	});

	test("an echo is still compared once its form is proven", async () => {
		const world = await scriptedWorld({
			...believing,
			script: at("createBatch", 1, { pretend: true }),
		});
		const made = await world.write("create_records", {
			records: counted(named(30)),
		});
		expect(made.counts).toMatchObject({ created: 20, failed: 10 });
	});

	test("a proof that cannot be read does not send the write twice", async () => {
		let proofs = 0;
		const world = await scriptedWorld({
			proves: ["number"],
			timed: true,
			script: ({ method }) =>
				method === "readByIds" && proofs++ === 0
					? { refuse: FAILURES.throttled() }
					: undefined,
		});
		const answer = await world.write("create_records", {
			records: [{ fields: { Title: "a", Count: 1 } }],
		});
		expect(answer.counts).toMatchObject({ created: 1, not_attempted: 0 });
		if (answer.counts.created === 0)
			await world.write("create_records", { resume: answer.change_id });
		expect(world.titles()).toEqual(["a"]);
	});
});

describe("a refused batch", () => {
	const refuseBad: Script = ({ cells }) =>
		cells.some((row) => Object.values(row).includes("bad"))
			? { refuse: FAILURES.refused() }
			: undefined;

	test("halves find the record that is to blame where batches are all or nothing", async () => {
		const world = await scriptedWorld({ script: refuseBad, batch: 16 });
		const titles = named(32).map((title, index) =>
			index === 5 || index === 27 ? "bad" : title,
		);
		const answer = await world.write("create_records", {
			records: recordsOf(titles),
		});
		expect(answer.counts).toMatchObject({ created: 30, failed: 2 });
		expect(answer.outcomes).toEqual([
			"created:0-4",
			"failed:5",
			"created:6-26",
			"failed:27",
			"created:28-31",
		]);
		expect(eachProblem(answer.problems).map(({ record }) => record)).toEqual([
			5, 27,
		]);
		expect(answer.ids[5]).toBeNull();
		expect([...world.titles()].sort()).toEqual(
			titles.filter((title) => title !== "bad").sort(),
		);
		expect(world.sent("createBatch").length).toBeLessThanOrEqual(
			2 * (1 + 2 * 4),
		);
	});

	test("a batch that is not all or nothing is not sent again", async () => {
		const world = await scriptedWorld({ script: refuseBad, atomic: false });
		const answer = await world.write("create_records", {
			records: recordsOf(["a", "bad", "c"]),
		});
		expect(answer.counts).toMatchObject({ created: 0, failed: 3 });
		expect(world.sent("createBatch")).toEqual([3]);
	});

	test("what was bisected can be undone", async () => {
		const world = await scriptedWorld({ script: refuseBad });
		const { ids } = await world.write("create_records", {
			records: recordsOf(named(6)),
		});
		const updated = await world.write("update_records", {
			records: ids.map((id, index) => ({
				id,
				fields: { Title: index === 2 ? "bad" : `u${index}` },
			})),
		});
		expect(updated.counts).toMatchObject({ updated: 5, failed: 1 });
		const undone = await callTool(world.session, "undo_change", {
			change_id: updated.change_id,
		});
		expect(undone.structured.counts).toMatchObject({ updated: 5, failed: 0 });
		expect(world.titles()).toEqual(named(6));
	});

	test("a large body is split below the vendor's limit", async () => {
		const world = await scriptedWorld({ bodyBytes: 2_000, batch: 100 });
		const answer = await world.write("create_records", {
			records: recordsOf(named(20, "x".repeat(400))),
		});
		expect(answer.counts.created).toBe(20);
		expect(world.sent("createBatch")).toEqual(Array(5).fill(4));
	});
});

describe("cancelling", () => {
	test("stops before the next batch and tells what was done", async () => {
		const world = await scriptedWorld();
		const abort = new AbortController();
		const running = runningOf(world.session, {
			signal: abort.signal,
			progress: (done) => {
				if (done === 20) abort.abort();
			},
		});
		const answer = await world.write(
			"create_records",
			{ records: recordsOf(named(50)) },
			running,
		);
		expect(answer.counts).toMatchObject({ created: 20, not_attempted: 30 });
		expect(answer.notes.join()).toContain("cancelled");
		const rest = await world.write("create_records", {
			resume: answer.change_id,
		});
		expect(rest.counts.created).toBe(50);
		expect(world.titles()).toEqual(named(50));
	});

	test("inside a batch it leaves the batch open, and resume settles it", async () => {
		const abort = new AbortController();
		const world = await scriptedWorld({
			timed: true,
			script: ({ method, number }) => {
				if (method !== "createBatch" || number !== 1) return undefined;
				abort.abort(new Error("the client went away"));
				return { lose: abort.signal.reason as Error };
			},
		});
		const first = await world.write(
			"create_records",
			{ records: recordsOf(named(30)) },
			runningOf(world.session, { signal: abort.signal }),
		);
		expect(first.counts.created).toBe(10);
		const second = await world.write("create_records", {
			resume: first.change_id,
		});
		expect(second.counts).toMatchObject({ created: 30 });
		expect(world.titles()).toEqual(named(30));
	});
});

describe("several processes", () => {
	test("a change that another still writes cannot be resumed", async () => {
		let resume: () => Promise<unknown> = async () => undefined;
		let resumed: unknown;
		const world = await scriptedWorld({
			script: ({ method, number }) =>
				method === "createBatch" && number === 1
					? {
							until: resume().then((failure) => {
								resumed = failure;
							}),
						}
					: undefined,
		});
		resume = async () => {
			const [change] = await world.session.journal.list();
			return failureOf(
				world.write("create_records", { resume: change?.start.change }),
			);
		};
		const answer = await world.write("create_records", {
			records: recordsOf(named(30)),
		});
		expect(answer.counts.created).toBe(30);
		expect(resumed).toMatchObject({ code: "conflict" });
		expect(world.titles()).toEqual(named(30));
	});

	test("a crash between sending and answering is settled by the next process", async () => {
		const world = await scriptedWorld({
			timed: true,
			script: at("createBatch", 1, { lose: KILLED, done: 5 }),
		});
		const titles = named(30);
		await expect(
			world.write("create_records", { records: recordsOf(titles) }),
		).rejects.toThrow("killed");
		const next = world.another();
		const [change] = await next.journal.list();
		expect(change).toMatchObject({ status: "running", owned: false });
		const answer = await world.write(
			"create_records",
			{ resume: change?.start.change },
			undefined,
			next,
		);
		expect(answer.counts).toMatchObject({ created: 30, unknown: 0 });
		expect([...world.titles()].sort()).toEqual([...titles].sort());
	});

	/** Two processes write 20 records each; `meet` lets a call go on only when two are under way. */
	async function overlap(
		writes: "parallel" | "serial-per-table" | "serial-per-base",
		where: "same table" | "other table",
		meet: boolean,
	): Promise<number> {
		let open = 0;
		let most = 0;
		let met = () => {};
		const meeting = new Promise<void>((resolve) => {
			met = resolve;
		});
		const world = await scriptedWorld({
			writes,
			script: ({ method }) => {
				if (method !== "createBatch") return undefined;
				most = Math.max(most, ++open);
				if (open === 2) met();
				const over = meet ? meeting : Promise.resolve();
				return { takesMs: 1_000, until: over.then(() => void open--) };
			},
		});
		const other =
			where === "same table" ? world.table : await world.makeTable("Other");
		const answers = await Promise.all([
			world.write("create_records", { records: recordsOf(named(20, "a")) }),
			world.write(
				"create_records",
				{ table: other, records: recordsOf(named(20, "b")) },
				undefined,
				world.another(),
			),
		]);
		for (const { counts } of answers) expect(counts.created).toBe(20);
		return most;
	}

	test.each([
		["serial-per-table", "same table"],
		["serial-per-base", "same table"],
		["serial-per-base", "other table"],
	] as const)("%s: one write at a time in the %s", async (writes, where) => {
		expect(await overlap(writes, where, false)).toBe(1);
	});

	test.each([
		["parallel", "same table"],
		["serial-per-table", "other table"],
	] as const)("%s: two writes at a time in the %s", async (writes, where) => {
		expect(await overlap(writes, where, true)).toBe(2);
	});
});

describe("undo", () => {
	test("leaves alone what was changed since, and says so", async () => {
		const world = await scriptedWorld();
		const { ids } = await world.write("create_records", {
			records: recordsOf(["a", "b"]),
		});
		const first = await world.write("update_records", {
			records: ids.map((id) => ({ id, fields: { Count: 1 } })),
		});
		await world.write("update_records", {
			records: [{ id: ids[0], fields: { Count: 2 } }],
		});
		const { structured } = await callTool(world.session, "undo_change", {
			change_id: first.change_id,
		});
		expect(structured.counts).toMatchObject({ updated: 1, failed: 1 });
		expect(JSON.stringify(structured.notes)).toContain("changed since");
		expect(world.cells(world.table).map(({ Count }) => Count ?? null)).toEqual([
			2,
			null,
		]);
	});

	test("is refused for a change with an open batch, and where it is off", async () => {
		const world = await scriptedWorld({
			script: at("createBatch", 0, { lose: KILLED }),
		});
		await expect(
			world.write("create_records", { records: recordsOf(["a"]) }),
		).rejects.toThrow("killed");
		const [change] = await world.session.journal.list();
		const open = await failureOf(
			callTool(world.session, "undo_change", {
				change_id: change?.start.change,
			}),
		);
		expect(open.code).toBe("conflict");
		expect(open.next).toContain("resume");

		const off = await scriptedWorld({ undo: false });
		const { change_id, ids } = await off.write("create_records", {
			records: recordsOf(["a"]),
		});
		const refused = await failureOf(
			callTool(off.session, "undo_change", { change_id }),
		);
		expect(refused.code).toBe("unsupported");
		await off.write("update_records", {
			records: [{ id: ids[0], fields: { Title: "b" } }],
		});
		expect(off.sent("readByIds")).toEqual([]);
	});
});
