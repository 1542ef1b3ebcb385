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

/** A record that is linked to many of another table, by other people. */
async function hub(links: number) {
	const world = localWorld();
	const { session, folder } = world;
	const parts = await makeTable(session, "Parts", [
		{ name: "Name", type: "text" },
	]);
	const hubs = await makeTable(session, "Hubs", [
		{ name: "Name", type: "text" },
		{
			name: "Parts",
			type: "link",
			settings: { link_table: parts, two_way: true, reverse_name: "Hub" },
		},
	]);
	const made = await callTool(session, "create_records", {
		table: parts,
		records: Array.from({ length: links }, (_, one) => ({
			fields: { Name: `p${one}` },
		})),
	});
	const ids = made.structured.ids as readonly string[];
	const { structured } = await callTool(session, "create_records", {
		table: hubs,
		records: [{ fields: { Name: "hub", Parts: ids.map((id) => ({ id })) } }],
	});
	const [id] = structured.ids as readonly string[];
	const linked = async () =>
		(
			await callTool(session, "query_records", {
				table: parts,
				filter: { conditions: [{ field: "Hub", op: "is_not_empty" }] },
				limit: 0,
			})
		).structured.total;
	const forget = () => forgetWrites(folder);
	return { ...world, parts, hubs, ids, id: id as string, linked, forget };
}

const EMPTIED = { Parts: null };

test.each<
	readonly [name: string, way: (id: string) => readonly [string, object]]
>([
	[
		"by id",
		(id: string) => ["update_records", { records: [{ id, fields: EMPTIED }] }],
	],
	[
		"by key",
		() => [
			"update_records",
			{
				match_on: ["Name"],
				records: [{ fields: { Name: "hub", ...EMPTIED } }],
			},
		],
	],
	[
		"by filter",
		() => [
			"update_records",
			{
				filter: { conditions: [{ field: "Name", op: "is", value: "hub" }] },
				set: EMPTIED,
			},
		],
	],
	["by deletion", (id: string) => ["delete_records", { record_ids: [id] }]],
	[
		"by deletion with a filter",
		() => [
			"delete_records",
			{ filter: { conditions: [{ field: "Name", op: "is", value: "hub" }] } },
		],
	],
])(
	"one record whose links more than fifty others lose is asked about, %s",
	async (_, way) => {
		const { another, hubs, id, linked, forget } = await hub(51);
		forget();
		const [tool, args] = way(id);
		const call = { table: hubs, ...args };
		const { code, message } = await failureOf(callTool(another(), tool, call));
		expect(code).toBe("declined");
		expect(message).toMatch(/51 (records|cells) of "Parts"/);
		expect(await linked()).toBe(51);
		await callTool(another(), tool, { ...call, confirm: "1" });
		expect(await linked()).toBe(0);
	},
);

test("what is lost at the other end of links is summed and told", async () => {
	const { another, hubs, ids, id, linked, forget } = await hub(100);
	forget();
	const without = (count: number) => ({
		table: hubs,
		records: [
			{ id, fields: { Parts: ids.slice(count).map((one) => ({ id: one })) } },
		],
	});
	const { structured } = await callTool(
		another(),
		"update_records",
		without(30),
	);
	expect(structured.notes).toContain(
		'30 records of "Parts" lose a link in "Hub"',
	);
	expect(await linked()).toBe(70);
	const { code } = await failureOf(
		callTool(another(), "update_records", without(60)),
	);
	expect(code).toBe("declined");
	expect(await linked()).toBe(70);
});

test("links that a person has just made themselves are taken away unasked, and those that others made are not", async () => {
	const { another, hubs, parts, ids, id, linked, forget } = await hub(60);
	const empty = { table: hubs, records: [{ id, fields: EMPTIED }] };
	await callTool(another(), "update_records", empty);
	expect(await linked()).toBe(0);
	// From the other end as well.
	await callTool(another(), "update_records", {
		table: parts,
		records: ids.map((one) => ({ id: one, fields: { Hub: [{ id }] } })),
	});
	await callTool(another(), "update_records", empty);
	expect(await linked()).toBe(0);
	await callTool(another(), "update_records", {
		table: hubs,
		records: [{ id, fields: { Parts: ids.map((one) => ({ id: one })) } }],
	});
	forget();
	const more = await callTool(another(), "create_records", {
		table: parts,
		records: [{ fields: { Name: "mine" } }],
	});
	const [mine] = more.structured.ids as readonly string[];
	await callTool(another(), "update_records", {
		table: hubs,
		records: [{ id, fields: { Parts: { add: [{ id: mine }] } } }],
	});
	const { code } = await failureOf(
		callTool(another(), "update_records", empty),
	);
	expect(code).toBe("declined");
	expect(await linked()).toBe(61);
});
