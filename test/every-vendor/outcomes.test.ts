import { expect } from "vitest";
import type { Answer } from "../server/client.js";
import {
	created,
	eachCloudPeer,
	eachPeer,
	gateway,
	openWorld,
	recordsOf,
	type World,
} from "./world.js";

/*
 * What a write says. Some clients show the text alone, some the structure alone: each has everything, and the first
 * line cannot be misread.
 */

const VERDICTS = [
	"DONE",
	"DRY RUN",
	"REFUSED",
	"FAILED IN PART",
	"NOT FINISHED",
] as const;
type Verdict = (typeof VERDICTS)[number];

/** Reads an answer from its text alone, and compares what it says with the structure. */
function told(
	answer: Answer,
	given?: readonly string[],
): { verdict: Verdict; counts: Readonly<Record<string, number>> } {
	const [first = "", ...lines] = answer.text.split("\n");
	const { structured, isError, text } = answer;
	const match =
		/^([A-Z ]+): (nothing was written; )?(.*?)(?: \(change_id ([\w-]+)\))?$/.exec(
			first,
		);
	if (match === null) throw new Error(`no summary line: ${first}`);
	const [, verdict, nothing, said = "", change] = match;
	expect(VERDICTS).toContain(verdict);
	const counts = Object.fromEntries(
		said === "nothing to do"
			? []
			: said.split(", ").map((part) => {
					const [count, ...name] = part.split(" ");
					return [name.join("_"), Number(count)];
				}),
	);
	expect(counts).toEqual(
		Object.fromEntries(
			Object.entries(structured.counts).filter(([, count]) => count !== 0),
		),
	);
	expect(change ?? null).toBe(structured.change_id);
	expect(nothing !== undefined).toBe(verdict === "REFUSED");
	expect(isError).toBe(
		["REFUSED", "FAILED IN PART", "NOT FINISHED"].includes(verdict ?? ""),
	);
	const line = (start: string) =>
		lines.find((each) => each.startsWith(start))?.slice(start.length);
	// Where all ended the same, the first line says how; what is refused has no outcomes.
	const others = verdict === "REFUSED" ? "" : alike(counts);
	expect(line("outcomes by input index: ") ?? others).toBe(
		structured.outcomes.join(" "),
	);
	// Ids that the call gave are not told again, unless something went wrong with some.
	const ids = line("ids: ");
	if (ids !== undefined || isError || given === undefined)
		expect(ids ?? "").toBe(
			structured.ids.some((id: string | null) => id !== null)
				? structured.ids.map((id: string | null) => id ?? "-").join(" ")
				: "",
		);
	else expect(structured.ids).toEqual(given);
	for (const problem of structured.problems)
		expect(text).toContain(problem.message.replaceAll('"', '""'));
	for (const note of structured.notes) expect(text).toContain(`note: ${note}`);
	if (verdict === "NOT FINISHED") expect(text).toMatch(/resume/);
	return { verdict: verdict as Verdict, counts };
}

/** The outcomes of records that all ended the same, as the line that is left out would tell them. */
function alike(counts: Readonly<Record<string, number>>): string {
	const [[outcome, count] = ["", 0], ...others] = Object.entries(counts);
	if (count === 0) return "";
	if (others.length > 0) return "different ones need a line";
	return count === 1 ? `${outcome}:0` : `${outcome}:0-${count - 1}`;
}

/** Every record's outcome from the text alone, by its place in the input. */
function outcomesIn(answer: Answer): readonly string[] {
	const line =
		/^outcomes by input index: (.*)$/m.exec(answer.text)?.[1] ??
		alike(told(answer).counts);
	return line.split(" ").flatMap((part) => {
		const [outcome = "", range = ""] = part.split(":");
		const [from = 0, to = from] = range.split("-").map(Number);
		return Array.from({ length: to - from + 1 }, () => outcome);
	});
}

const missing = (world: World, ids: readonly string[]) =>
	world.site.remove(world.table, ids[0] as string);

eachPeer(
	"every way that a write ends is reported in the first line, in full by the text alone, and is an error only when it is one",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const end = async (tool: string, args: object) =>
			client.call(tool, { table, ...args });
		const done = await end("create_records", { records: recordsOf(4) });
		expect(told(done)).toEqual({ verdict: "DONE", counts: { created: 4 } });
		expect(outcomesIn(done)).toEqual(Array(4).fill("created"));
		const ids = done.structured.ids as string[];

		const dry = await end("create_records", {
			records: recordsOf(3),
			dry_run: true,
		});
		expect(told(dry)).toEqual({ verdict: "DRY RUN", counts: { created: 3 } });
		expect(dry.structured.would_take.calls).toBeGreaterThan(0);
		expect(dry.text).toMatch(/it would take \d+ calls? and at least \d+ s/);

		const refused = await end("create_records", {
			records: [...recordsOf(2), { fields: { Titel: "x", Amount: "y" } }],
		});
		expect(told(refused)).toEqual({
			verdict: "REFUSED",
			counts: { failed: 1, not_attempted: 2 },
		});

		const same = await end("update_records", {
			records: ids.map((id, index) => ({ id, fields: { Amount: index } })),
		});
		expect(told(same, ids)).toEqual({
			verdict: "DONE",
			counts: { unchanged: 4 },
		});

		await missing(world, ids);
		const wrong = {
			verdict: "REFUSED",
			counts: { failed: 1, not_attempted: 3 },
		};
		for (const [tool, args] of [
			[
				"update_records",
				{ records: ids.map((id) => ({ id, fields: { Amount: 50 } })) },
			],
			["delete_records", { record_ids: ids }],
		] as const) {
			const whole = await end(tool, args);
			expect(told(whole)).toEqual(wrong);
			expect(whole.text).toContain(`there is no record ${ids[0]}`);
			expect((await world.titles()).length).toBe(3);
		}
		const gone = await end("delete_records", { record_ids: ids.slice(1) });
		expect(told(gone, ids.slice(1))).toEqual({
			verdict: "DONE",
			counts: { deleted: 3 },
		});
		const nothing = await end("delete_records", {
			filter: { conditions: [{ field: "Title", op: "is", value: "none" }] },
		});
		expect(nothing.isError).toBe(false);
		expect(nothing.text).toMatch(/^DONE: nothing to do/);
		expect(await world.titles()).toEqual([]);
	},
);

eachPeer(
	"an import that skips bad rows is not an error and names each by its line; one that refuses them writes nothing",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		client.put(
			"in.csv",
			'Title,Amount,Tag\ngood,1,a\nbad number,abc,a\n"two\nlines",2,b\nbad option,3,zz\nlast,4,c\n',
		);
		const refused = await client.call("import_records", {
			table,
			file: "in.csv",
		});
		expect(told(refused)).toEqual({
			verdict: "REFUSED",
			counts: { failed: 2, not_attempted: 3 },
		});
		expect(await world.titles()).toEqual([]);
		const skipped = await client.call("import_records", {
			table,
			file: "in.csv",
			on_error: "skip",
		});
		expect(told(skipped)).toEqual({
			verdict: "DONE",
			counts: { created: 3, failed: 2 },
		});
		expect(outcomesIn(skipped)).toEqual([
			"created",
			"failed",
			"created",
			"failed",
			"created",
		]);
		for (const answer of [refused, skipped])
			expect(
				answer.structured.problems.map(
					({ line, field }: { line: number; field: string }) => [line, field],
				),
			).toEqual([
				[3, "Amount"],
				[6, "Tag"],
			]);
		expect(await world.titles()).toEqual(["good", "two\nlines", "last"]);
	},
);

eachCloudPeer(
	"a write that is cut off names what was done, what is unknown and what was not begun, and resume what became of all",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await created(world, [{ fields: { Title: "old", Amount: 0 } }]);
		let writes = 0;
		world.faulty((request) => {
			if (peer.network.writeOf(request) !== undefined) writes++;
			return writes > 1 ? gateway(504, "after") : undefined;
		});
		// A create, an update and a create are three batches on every vendor.
		const cut = await client.call("update_records", {
			table,
			match_on: ["Title"],
			upsert: true,
			records: [
				{ fields: { Title: "new 1" } },
				{ fields: { Title: "old", Amount: 2 } },
				{ fields: { Title: "new 2" } },
			],
		});
		expect(told(cut)).toEqual({
			verdict: "NOT FINISHED",
			counts: { created: 1, unknown: 1, not_attempted: 1 },
		});
		expect(outcomesIn(cut)).toEqual(["created", "unknown", "not_attempted"]);
		world.faulty(undefined);
		const resumed = await client.call("update_records", {
			table,
			resume: cut.structured.change_id,
		});
		expect(told(resumed)).toEqual({
			verdict: "DONE",
			counts: { created: 2, updated: 1 },
		});
		expect(outcomesIn(resumed)).toEqual(["created", "updated", "created"]);
		expect(resumed.structured.ids[0]).toBe(cut.structured.ids[0]);
		const again = await client.ok("update_records", {
			table,
			resume: cut.structured.change_id,
		});
		expect(again.text).toContain("this change was complete already");
		expect(await world.titles()).toEqual(["old", "new 1", "new 2"]);
	},
);

eachPeer(
	"more problems than can be shown are counted, and each refused call says the next step",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const refused = await client.call("create_records", {
			table,
			records: Array.from({ length: 150 }, (_, index) => ({
				fields: { Amount: `x${index % 50}` },
			})),
		});
		expect(told(refused).counts).toEqual({ failed: 150 });
		expect(refused.structured.problems).toHaveLength(20);
		expect(refused.structured.problems[1]).toMatchObject({
			count: 3,
			records: "1, 51, 101",
			given: "x1",
		});
		expect(refused.structured.problems_total).toBe(150);
		expect(refused.text).toMatch(/150 problems, the first 20 kinds of them/);
		for (const [tool, args] of [
			["query_records", { table: "Rwos" }],
			["query_records", { table, fields: ["Titel"] }],
			["update_records", { table }],
			["delete_records", { table }],
			["create_records", { table, resume: "no-such-change" }],
			["undo_change", { change_id: "no-such-change" }],
			["import_records", { table, file: "none.csv" }],
			["import_records", { table, file: "../out.csv" }],
		] as const) {
			const answer = await client.refused(tool, args);
			const [first, ...rest] = answer.text.split("\n");
			expect(first, tool).toMatch(/^[a-z_]+: .{10,}/);
			expect(rest.join(" ").length, `${tool}: ${answer.text}`).toBeGreaterThan(
				10,
			);
			expect(answer.structured.error).toMatchObject({
				code: expect.any(String),
				message: expect.any(String),
				next: expect.any(String),
			});
		}
	},
);
