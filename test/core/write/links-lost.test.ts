import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import { forgetWrites } from "../../folder.js";
import { localWorld, makeTable, peopleAndTasks } from "../local-world.js";

/* What a deletion takes that is not in the records themselves: links to them, which other tables show. */

async function linked(twoWay: boolean) {
	const world = localWorld();
	const { session } = world;
	const { people, tasks } = await peopleAndTasks(session, { two_way: twoWay });
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

/** Tasks that one person each does, all of them linked to the first one by somebody else. */
async function taken(count: number) {
	const world = localWorld();
	const { session, folder, locate } = world;
	const { people, tasks, make } = await peopleAndTasks(session, {
		multiple: false,
	});
	const [p0 = "", p1 = ""] = await make(people, [
		{ Name: "p0" },
		{ Name: "p1" },
	]);
	const titles = Array.from({ length: count }, (_, one) => `t${one}`);
	const ids = await make(
		tasks,
		titles.map((Title) => ({ Title, Who: [{ id: p0 }] })),
	);
	forgetWrites(folder);
	const linksOf = (some: readonly string[]) => some.map((id) => ({ id }));
	/** What somebody else does, which this server does not see. */
	const theirs = async (id: string, some: readonly string[]) => {
		const located = await locate(people);
		const field = located.table.fields.find(({ name }) => name === "Tasks");
		await located.adapter.updateBatch?.(
			located.table,
			[{ id, cells: { [field?.id ?? ""]: JSON.stringify(some) } }],
			{ priority: "interactive" },
		);
	};
	const heldBy = async (name: string) => {
		const { structured } = await callTool(world.another(), "query_records", {
			table: tasks,
			filter: { conditions: [{ field: "Who", op: "contains", value: name }] },
			limit: 0,
		});
		return structured.total;
	};
	const file = (rows: readonly object[]) => {
		mkdirSync(join(folder, "files"), { recursive: true });
		writeFileSync(join(folder, "files", "f.json"), JSON.stringify(rows));
		return { file: "f.json" };
	};
	return {
		...{ ...world, people, tasks, p0, p1, ids, titles, all: linksOf(ids) },
		...{ linksOf, theirs, heldBy, file },
	};
}

type Taken = Awaited<ReturnType<typeof taken>>;

const WAYS_TO_TAKE: Readonly<
	Record<string, (world: Taken) => readonly [tool: string, args: object]>
> = {
	create: ({ all }) => [
		"create_records",
		{ records: [{ fields: { Name: "p2", Tasks: all } }] },
	],
	"update by id": ({ p1, all }) => [
		"update_records",
		{ records: [{ id: p1, fields: { Tasks: all } }] },
	],
	"update by key": ({ all }) => [
		"update_records",
		{
			match_on: ["Name"],
			records: [{ fields: { Name: "p1", Tasks: all } }],
		},
	],
	upsert: ({ all }) => [
		"update_records",
		{
			...{ match_on: ["Name"], upsert: true },
			records: [{ fields: { Name: "p2", Tasks: all } }],
		},
	],
	"update by filter": ({ all }) => [
		"update_records",
		{
			filter: { conditions: [{ field: "Name", op: "is", value: "p1" }] },
			set: { Tasks: all },
		},
	],
	"import of new rows": ({ file, titles }) => [
		"import_records",
		file([{ Name: "p2", Tasks: titles }]),
	],
	"import by key": ({ file, titles }) => [
		"import_records",
		{ ...file([{ Name: "p1", Tasks: titles }]), match_on: ["Name"] },
	],
	"import that skips": ({ file, titles }) => [
		"import_records",
		{
			...file([{ Name: "p1", Tasks: titles }]),
			...{ match_on: ["Name"], on_error: "skip" },
		},
	],
	"import that clears": ({ file }) => [
		"import_records",
		{
			...file([{ Name: "p0", Tasks: null }]),
			...{ match_on: ["Name"], empty: "clear" },
		},
	],
};

test.each(Object.entries(WAYS_TO_TAKE))(
	"what gives way where a record is linked once only is asked about and told, %s",
	async (_, way) => {
		const many = await taken(51);
		const [tool, args] = way(many);
		const call = { table: many.people, ...args };
		const asked = await callTool(many.another(), tool, call).then(
			({ structured }) => JSON.stringify(structured),
			({ message }) => String(message),
		);
		expect(asked).toContain("51 records of");
		expect(asked).toContain("lose a link");
		expect(await many.heldBy("p0")).toBe(51);
		const dry = await callTool(many.another(), tool, {
			...{ ...call, dry_run: true },
		});
		expect(dry.structured.confirm).toBe("1");
		const few = await taken(3);
		const [, less] = way(few);
		const { structured } = await callTool(few.another(), tool, {
			...{ table: few.people, ...less },
		});
		expect(String(structured.notes)).toContain(
			'3 records of "Tasks" lose a link in "Who"',
		);
		expect(await few.heldBy("p0")).toBe(0);
	},
);

test("an undo is asked about, and told, by the links that it takes from other records", async () => {
	const world = await taken(51);
	const { another, people, p0, p1, ids, heldBy, theirs } = world;
	const { structured } = await callTool(another(), "update_records", {
		table: people,
		records: [{ id: p0, fields: { Tasks: null } }],
		confirm: "1",
	});
	await theirs(p1, ids);
	expect(await heldBy("p1")).toBe(51);
	const undo = { change_id: structured.change_id };
	const { code, message } = await failureOf(
		callTool(another(), "undo_change", undo),
	);
	expect(code).toBe("declined");
	expect(message).toContain('51 records of "Tasks" lose a link');
	expect(await heldBy("p1")).toBe(51);
	const dry = await callTool(another(), "undo_change", {
		...{ ...undo, dry_run: true },
	});
	expect(String(dry.structured.notes)).toContain('confirm: "1"');
	const done = await callTool(another(), "undo_change", {
		...{ ...undo, confirm: "1" },
	});
	expect(String(done.structured.notes)).toContain(
		'51 records of "Tasks" lose a link in "Who"',
	);
	expect(await heldBy("p0")).toBe(51);
});

test("what a table loses counts for that table, whichever is written", async () => {
	const world = await taken(60);
	const { another, people, tasks, p1, ids, linksOf } = world;
	const move = (from: number, to: number) =>
		callTool(another(), "update_records", {
			table: people,
			records: [
				{ id: p1, fields: { Tasks: { add: linksOf(ids.slice(from, to)) } } },
			],
		});
	await move(0, 40);
	// Of people themselves only one has lost anything: much is left there.
	await callTool(another(), "update_records", {
		table: people,
		records: [{ id: p1, fields: { Name: "other" } }],
	});
	const { code, message } = await failureOf(
		callTool(another(), "update_records", {
			table: tasks,
			records: ids
				.slice(40, 55)
				.map((id) => ({ id, fields: { Title: "other" } })),
		}),
	);
	expect(code).toBe("declined");
	expect(message).toContain("55 in 10 minutes");
	await callTool(another(), "update_records", {
		table: tasks,
		records: ids
			.slice(40, 50)
			.map((id) => ({ id, fields: { Title: "other" } })),
	});
});

test("one record that two of a call would link, and that is linked once only, refuses the call", async () => {
	const { another, people, ids, linksOf, heldBy } = await taken(2);
	const twice = [{ Name: "a" }, { Name: "b" }].map((fields) => ({
		fields: { ...fields, Tasks: linksOf(ids) },
	}));
	const { structured } = await callTool(another(), "create_records", {
		table: people,
		records: twice,
	});
	expect(structured.change_id).toBe(null);
	expect(JSON.stringify(structured.problems)).toContain("holds one record");
	expect(await heldBy("p0")).toBe(2);
});

test("links that somebody has made while a person was asked do not give way", async () => {
	const { another, people, p0, p1, ids, all, theirs, heldBy } = await taken(51);
	await theirs(p0, ids.slice(0, 51));
	const session = another();
	const { code } = await failureOf(
		callTool(
			session,
			"update_records",
			{ table: people, records: [{ id: p1, fields: { Tasks: all } }] },
			{
				...runningOf(session),
				async confirm({ beforeAsking }) {
					await beforeAsking?.();
					const more = await callTool(another(), "create_records", {
						table: people,
						records: [{ fields: { Name: "third" } }],
					});
					const [third = ""] = more.structured.ids as readonly string[];
					await theirs(third, ids.slice(0, 5));
					return { answer: "accept", afterMs: 5_000 };
				},
			},
		),
	);
	expect(code).toBe("conflict");
	expect(await heldBy("third")).toBe(5);
});

test("cells that lose a one-way link count for their table", async () => {
	const { people, ids, another, folder, links } = await linked(false);
	forgetWrites(folder);
	const before = await links();
	const { code } = await failureOf(
		callTool(another(), "delete_records", {
			table: people,
			record_ids: ids.slice(0, 6),
		}),
	);
	expect(code).toBe("declined");
	expect(await links()).toBe(before);
});

test("an undo of an update whose record somebody has deleted says which one, and what could not be written back", async () => {
	const { another, people, ids, locate } = await linked(true);
	const [id = ""] = ids;
	const { structured } = await callTool(another(), "update_records", {
		table: people,
		records: [{ id, fields: { Name: "new" } }],
	});
	const { adapter, table } = await locate(people);
	await adapter.deleteBatch?.(table, [id], { priority: "interactive" });
	const { change_id } = structured;
	for (const more of [{ dry_run: true }, {}]) {
		const undo = await callTool(another(), "undo_change", {
			...{ change_id, ...more },
		});
		expect(undo.text).not.toMatch(/^DONE/);
		expect(undo.structured.counts).toMatchObject({ failed: 1 });
		expect(undo.text).toContain(id);
		expect(undo.text).toContain(
			'cannot come back: what records that are gone held before, in "Name"',
		);
	}
});

test("an undo of a deletion names the columns whose one-way links it does not bring back", async () => {
	const { another, people, ids } = await linked(false);
	const { structured } = await callTool(another(), "delete_records", {
		table: people,
		record_ids: ids.slice(0, 2),
	});
	const { change_id } = structured;
	for (const more of [{ dry_run: true }, {}]) {
		const undo = await callTool(another(), "undo_change", {
			...{ change_id, ...more },
		});
		expect(String(undo.structured.notes)).toContain(
			'cannot come back: one-way links in "Who" of "Tasks"',
		);
	}
});
