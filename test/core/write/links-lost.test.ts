import { expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import { callTool, failureOf } from "../../conformance/session.js";
import { forgetWrites } from "../../folder.js";
import { localWorld, makeTable } from "../local-world.js";

/* What a deletion takes that is not in the records themselves: links to them, which other tables show. */

async function linked(twoWay: boolean) {
	const world = localWorld();
	const { session } = world;
	const people = await makeTable(session, "People", [
		{ name: "Name", type: "text" },
	]);
	const tasks = await makeTable(session, "Tasks", [
		{ name: "Title", type: "text" },
		{
			name: "Who",
			type: "link",
			settings: {
				link_table: people,
				...(twoWay ? { two_way: true, reverse_name: "Tasks" } : {}),
			},
		},
	]);
	const made = await callTool(session, "create_records", {
		table: people,
		records: Array.from({ length: 10 }, (_, one) => ({
			fields: { Name: `p${one}` },
		})),
	});
	const ids = made.structured.ids as readonly string[];
	await callTool(session, "create_records", {
		table: tasks,
		records: Array.from({ length: 100 }, (_, one) => ({
			fields: { Title: `t${one}`, Who: [{ id: ids[one % 10] }] },
		})),
	});
	const links = async () => {
		const { structured } = await callTool(session, "query_records", {
			table: tasks,
			fields: ["Title", "Who"],
			limit: 200,
		});
		return JSON.stringify(structured.rows).replace(/rec\w+/g, "id");
	};
	return { ...world, people, tasks, ids, links, made: made.structured };
}

test("a deletion says how many cells link to its records, in the dry run too, and undo writes the links back", async () => {
	const { people, ids, links, another } = await linked(true);
	const before = await links();
	const note =
		'100 cells of "Tasks" linked to these records and lose that link; undo_change writes these links back';
	const call = { table: people, record_ids: ids };
	for (const more of [{ dry_run: true }, {}]) {
		const { structured } = await callTool(another(), "delete_records", {
			...call,
			...more,
		});
		expect(structured.notes).toContain(note);
		if (structured.change_id === null) continue;
		expect(await links()).not.toBe(before);
		const { change_id } = structured;
		await callTool(another(), "undo_change", { change_id });
		expect(await links()).toBe(before);
	}
});

test("the question names the cells that link to the records, by ids and by filter", async () => {
	const { people, session, ids, another, folder } = await linked(true);
	const more = await callTool(session, "create_records", {
		table: people,
		records: [{ fields: { Name: "p10" } }],
	});
	const all = [...ids, ...(more.structured.ids as string[])];
	const filter = {
		conditions: [{ field: "Name", op: "contains", value: "p" }],
	};
	// What this person made themselves is deleted unasked.
	forgetWrites(folder);
	const wipe = another();
	await expect(failed(wipe, people, { record_ids: all })).resolves.toContain(
		'to which 100 cells of "Tasks" link',
	);
	await expect(failed(wipe, people, { filter })).resolves.toContain(
		'to which 100 cells of "Tasks" link',
	);
});

test("one-way links of another table and of the same one are counted, and undo does not promise them", async () => {
	const { people, tasks, ids, another } = await linked(false);
	await callTool(another(), "create_field", {
		table: tasks,
		name: "After",
		type: "link",
		settings: { link_table: "self" },
	});
	const other = await callTool(another(), "delete_records", {
		table: people,
		record_ids: ids.slice(0, 2),
	});
	expect(other.structured.notes).toContain(
		'20 cells of "Who" of "Tasks" linked to these records and lose that link; undo_change does not bring these links back',
	);
	const made = await callTool(another(), "create_records", {
		table: tasks,
		records: [{ fields: { Title: "first" } }],
	});
	const [first] = made.structured.ids as string[];
	await callTool(another(), "create_records", {
		table: tasks,
		records: [
			{ fields: { Title: "second", After: [{ id: first }] } },
			{ fields: { Title: "third", After: [{ id: first }] } },
		],
	});
	const own = await callTool(another(), "delete_records", {
		table: tasks,
		record_ids: [first],
		dry_run: true,
	});
	expect(String(own.structured.notes)).toContain(
		'2 cells of "After" of "Tasks" linked to these records',
	);
});

async function failed(session: Session, table: string, given: object) {
	const { message } = await failureOf(
		callTool(session, "delete_records", { table, ...given }),
	);
	return message;
}

test("undo of making a table asks once another table links to it, and deleting it says so", async () => {
	const world = localWorld();
	const { session, another } = world;
	const create = async (name: string, more: object[] = []) =>
		(
			await callTool(session, "create_table", {
				name,
				fields: [{ name: "Name", type: "text" }, ...more],
			})
		).structured;
	const people = await create("People");
	await create("Tasks", [
		{ name: "Who", type: "link", settings: { link_table: people.table } },
	]);
	const { change_id, table } = people;
	const undo = await failureOf(
		callTool(another(), "undo_change", { change_id }),
	);
	expect(undo.code).toBe("declined");
	expect(undo.message).toContain('"Who" of "Tasks"');
	const remove = await failureOf(
		callTool(another(), "delete_table", { table }),
	);
	expect(remove.message).toContain('"Who" of "Tasks"');
});

test("undo of making records asks once others link to them", async () => {
	const { made, another } = await linked(true);
	const { structured } = await callTool(another(), "undo_change", {
		change_id: made.change_id,
	});
	expect(structured.counts).toMatchObject({ deleted: 0, failed: 10 });
});
