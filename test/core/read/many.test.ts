import { expect, test } from "vitest";
import { callTool } from "../../conformance/session.js";
import { named, recordsOf, scriptedWorld } from "../scripted-session.js";

/** More than are looked up before any is written. */
const MANY = 1_050;
const BATCH = 100;

async function filled(page: number) {
	const world = await scriptedWorld({ batch: BATCH, page });
	const { ids } = await world.write("create_records", {
		records: recordsOf(named(MANY)),
	});
	return { ...world, ids: ids as readonly string[] };
}

test("of many updates those that change nothing, and those of no record, are reported and not sent", async () => {
	const world = await filled(200);
	const [first = "", second = ""] = world.ids;
	const records = [
		{ id: "gone", fields: { Title: "x" } },
		{ id: first, fields: { Title: named(1)[0] } },
		...world.ids.slice(1).map((id) => ({ id, fields: { Title: `new ${id}` } })),
	];
	const answer = await world.write("update_records", {
		records,
		confirm: String(records.length),
	});
	expect(answer.counts).toMatchObject({
		updated: MANY - 1,
		unchanged: 1,
		failed: 1,
		not_attempted: 0,
	});
	expect(answer.outcomes.slice(0, 2)).toEqual(["failed:0", "unchanged:1"]);
	expect(answer.problems).toEqual([
		{ record: 0, message: "there is no record gone" },
	]);
	expect(world.titles().slice(0, 2)).toEqual([named(1)[0], `new ${second}`]);
	const { structured: undone } = await callTool(world.session, "undo_change", {
		change_id: answer.change_id,
	});
	expect(undone.counts).toMatchObject({ updated: MANY - 1, failed: 0 });
	expect(world.titles()).toEqual(named(MANY));
});

test("of many deletions one of no record refuses them all, and without it they come back by undo", async () => {
	const world = await filled(200);
	const refused = await world.write("delete_records", {
		record_ids: ["gone", ...world.ids],
		confirm: String(MANY),
	});
	expect(refused.counts).toMatchObject({
		deleted: 0,
		failed: 1,
		not_attempted: MANY,
	});
	expect(refused.problems).toEqual([
		{ record: 0, message: "there is no record gone" },
	]);
	const answer = await world.write("delete_records", {
		record_ids: world.ids,
		confirm: String(MANY),
	});
	expect(answer.counts).toMatchObject({ deleted: MANY, failed: 0 });
	expect(world.titles()).toEqual([]);
	const { structured: undone } = await callTool(world.session, "undo_change", {
		change_id: answer.change_id,
	});
	expect(undone.counts).toMatchObject({ created: MANY });
	expect(world.titles().toSorted()).toEqual(named(MANY).toSorted());
});

test("values from before are read page by page where a page holds more than a call by ids", async () => {
	const world = await filled(200);
	const before = world.sent("readByIds").length;
	await world.write("update_records", {
		records: world.ids.map((id) => ({ id, fields: { Title: `new ${id}` } })),
		confirm: String(world.ids.length),
	});
	expect(world.sent("readPage")).toHaveLength(Math.ceil(MANY / 200));
	expect(world.sent("readByIds")).toHaveLength(before);
});

test("scattered over a table they are read by id, after one page", async () => {
	const world = await scriptedWorld({ batch: BATCH, page: 12 });
	const { ids } = await world.write("create_records", {
		records: recordsOf(named(1_990)),
	});
	// Of twelve in a row at most eight: fewer than a call by ids gives.
	const scattered = (ids as string[]).filter((_, index) => index % 15 < 8);
	const { length } = world.sent("readPage");
	const answer = await world.write("update_records", {
		records: scattered.map((id) => ({ id, fields: { Title: `new ${id}` } })),
		confirm: String(scattered.length),
	});
	expect(answer.counts.updated).toBe(scattered.length);
	expect(world.sent("readPage").length - length).toBe(1);
});
