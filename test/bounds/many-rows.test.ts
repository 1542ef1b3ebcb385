import { afterAll, beforeAll, expect, test } from "vitest";
import { bounded, openPlace, type Place } from "./world.js";

/*
 * Writes of many rows, one after the other on the same table: what is asked, journalled, sent, taken back and listed
 * of them is gone through in turns, and read from the journal one change at a time.
 */

const ROWS = 15_000;

let place: Place;
beforeAll(async () => {
	place = openPlace({ accepts: true });
	await place.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
		],
	});
	place.put(
		"rows.csv",
		`Title,Amount\n${Array.from({ length: ROWS }, (_, n) => `Row ${n},${n}\n`).join("")}`,
	);
	await place.ok("import_records", { table: "Orders", file: "rows.csv" });
});
afterAll(() => place.close());

const all = { conditions: [{ field: "Amount", op: "gte", value: 0 }] };
const within = (title: string, tool: string, args: object) =>
	bounded(title, () => place.ok(tool, args));
let last = "";

test("values are set by a filter", async () => {
	const { text, structured } = await within(
		"set by a filter",
		"update_records",
		{
			table: "Orders",
			filter: all,
			set: { Title: "x" },
		},
	);
	expect(text).toContain(`DONE: ${ROWS} updated`);
	last = structured.change_id;
});

test("that is listed, and taken back", async () => {
	const listed = await within("list_changes", "list_changes", {});
	expect(listed.structured.changes[0]).toMatchObject({
		change_id: last,
		counts: { updated: ROWS },
		undo: "can be undone",
	});
	const { text } = await within("undo of an update", "undo_change", {
		change_id: last,
	});
	expect(text).toContain(`DONE: ${ROWS} updated`);
});

test("records are deleted by a filter, and a person is asked", async () => {
	const { text, structured } = await within(
		"delete by a filter",
		"delete_records",
		{ table: "Orders", filter: all },
	);
	expect(text).toContain(`DONE: ${ROWS} deleted`);
	last = structured.change_id;
});

test("they are made again", async () => {
	const { text } = await within("undo of a deletion", "undo_change", {
		change_id: last,
	});
	expect(text).toContain(`DONE: ${ROWS} created`);
});
