import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tools } from "../../src/tools/index.js";
import { makeListing, offeredTools } from "../../src/tools/listing.js";
import { TOOLSETS } from "../../src/tools/tool.js";
import { connected, type TestClient } from "../server/client.js";

/** A base with people who have tasks, as a session finds it. */
interface Office {
	readonly client: TestClient;
	readonly tasks: string;
	readonly people: string;
	readonly ids: readonly string[];
	readonly change: string;
}

async function office(): Promise<Office> {
	const client = await connected({
		environment: { TABLES_MCP_TOOLSETS: "all" },
	});
	const people = (
		await client.ok("create_table", {
			name: "People",
			fields: [{ name: "Name", type: "text" }],
		})
	).structured.table as string;
	const tasks = (
		await client.ok("create_table", {
			name: "Tasks",
			fields: [
				{ name: "Name", type: "text" },
				{
					name: "Stage",
					type: "single_select",
					settings: { options: [{ name: "Open" }, { name: "Done" }] },
				},
				{ name: "Hours", type: "number" },
				{ name: "Files", type: "attachment" },
				{ name: "Who", type: "link", settings: { link_table: people } },
			],
		})
	).structured.table as string;
	await client.ok("create_records", {
		table: people,
		records: [{ fields: { Name: "Ann" } }, { fields: { Name: "Bo" } }],
	});
	const made = await client.ok("create_records", {
		table: tasks,
		records: [
			{ fields: { Name: "paint", Stage: "Open", Hours: 2, Who: ["Ann"] } },
			{ fields: { Name: "sand", Stage: "Done", Hours: 3.5, Who: ["Bo"] } },
		],
	});
	await client.ok("create_view", {
		table: tasks,
		name: "Board",
		type: "kanban",
	});
	client.put("note.txt", "hello");
	client.put("in.csv", "Name,Hours\nvarnish,4\n");
	return {
		client,
		tasks,
		people,
		ids: made.structured.ids,
		change: made.structured.change_id,
	};
}

/** Of each tool a call that works, what it answers, and one that is wrong in a way that is its own. */
interface Case {
	readonly right: (office: Office) => object;
	readonly answers: object;
	readonly says: RegExp;
	readonly wrong: (office: Office) => object;
	readonly refuses: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
	list_tables: {
		right: () => ({ search: "task" }),
		answers: { tables: [expect.objectContaining({ name: "Tasks" })] },
		says: /Tasks/,
		wrong: () => ({ base: "mian" }),
		refuses: /no base "mian"\nNearest: "main"/,
	},
	describe_fields: {
		right: ({ tasks }) => ({ table: tasks, json_schema: true }),
		answers: {
			fields: expect.arrayContaining([
				expect.objectContaining({ name: "Stage", type: "single_select" }),
			]),
			views: [expect.objectContaining({ name: "Board", type: "kanban" })],
			json_schema: expect.objectContaining({ type: "object" }),
		},
		says: /Stage/,
		wrong: () => ({ table: "Taks" }),
		refuses: /no table "Taks"\nNearest: "Tasks"/,
	},
	query_records: {
		right: ({ tasks }) => ({
			table: tasks,
			fields: ["Name", "Who"],
			sort: [{ field: "Hours", direction: "desc" }],
		}),
		answers: {
			columns: ["id", "Name", "Who"],
			rows: [
				[expect.any(String), "sand", ["Bo"]],
				[expect.any(String), "paint", ["Ann"]],
			],
			returned: 2,
			total: 2,
			truncated: false,
			next_cursor: null,
		},
		says: /2 rows of 2 from Tasks/,
		wrong: ({ tasks }) => ({
			table: tasks,
			filter: { conditions: [{ field: "Hours", op: "contains", value: "2" }] },
		}),
		refuses: /"Hours".*contains|contains.*"Hours"/,
	},
	query_sql: {
		right: ({ tasks }) => ({
			sql: "select upper(Name) n from t where Name is not null order by 1",
			tables: [{ as: "t", table: tasks }],
		}),
		answers: { columns: ["n"], next_cursor: null },
		says: /^\d+ rows? of \d+; as of .*; read: t \d+ rows?\nn\n/,
		wrong: ({ tasks }) => ({
			sql: 'select "Nmae" from t',
			tables: [{ as: "t", table: tasks }],
		}),
		refuses:
			/no column "Nmae" \(character 8: "Nmae" from t\)\nNearest: "Name" of t/,
	},
	create_records: {
		right: ({ tasks }) => ({
			table: tasks,
			records: [{ Name: "bare form", Stage: "open" }],
		}),
		answers: {
			counts: expect.objectContaining({ created: 1 }),
			outcomes: ["created:0"],
		},
		says: /^DONE: 1 created/,
		wrong: ({ tasks }) => ({
			table: tasks,
			records: [{ fields: { Stage: "Opn", Hours: "many" } }],
		}),
		refuses: /REFUSED[\s\S]*nearest: "+Open[\s\S]*a number/,
	},
	update_records: {
		right: ({ tasks, ids }) => ({
			table: tasks,
			records: [{ id: ids[0], fields: { Hours: 9 } }],
		}),
		answers: { counts: expect.objectContaining({ updated: 1 }) },
		says: /^DONE: 1 updated/,
		wrong: ({ tasks }) => ({
			table: tasks,
			records: [{ fields: { Name: "paint", Hours: 1 } }],
		}),
		refuses: /has no `id`.*`match_on`/,
	},
	delete_records: {
		right: ({ tasks, ids }) => ({ table: tasks, record_ids: [ids[1]] }),
		answers: { counts: expect.objectContaining({ deleted: 1 }) },
		says: /^DONE: 1 deleted/,
		wrong: ({ tasks, ids }) => ({
			table: tasks,
			record_ids: [ids[0], "recAAAAAAAAAAAAAA"],
		}),
		refuses: /no record recAAAAAAAAAAAAAA/,
	},
	create_view: {
		right: ({ tasks }) => ({
			table: tasks,
			name: "Open ones",
			filter: { conditions: [{ field: "Stage", op: "is", value: "Open" }] },
			hidden_fields: ["Hours"],
		}),
		answers: { view: expect.any(String) },
		says: /Open ones/,
		wrong: ({ tasks }) => ({
			table: tasks,
			name: "x",
			hidden_fields: ["Huors"],
		}),
		refuses: /no field "Huors"\nNearest: "Hours"/,
	},
	update_view: {
		right: ({ tasks }) => ({ table: tasks, view: "Board", name: "Wall" }),
		answers: { view: expect.any(String) },
		says: /Wall/,
		wrong: ({ tasks }) => ({ table: tasks, view: "Baord", name: "Wall" }),
		refuses: /no view "Baord"\nNearest: "Board"/,
	},
	delete_view: {
		right: ({ tasks }) => ({ table: tasks, view: "Board", confirm: "Board" }),
		answers: {},
		says: /Board/,
		wrong: ({ tasks }) => ({ table: tasks, view: "Board" }),
		refuses: /confirm: "Board"/,
	},
	create_table: {
		right: () => ({
			name: "New",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Due", type: "date" },
			],
		}),
		answers: {
			table: expect.stringMatching(/^local:main\/tbl/),
			fields: [
				expect.objectContaining({ name: "Name" }),
				expect.objectContaining({ name: "Due", type: "date" }),
			],
		},
		says: /created New/,
		wrong: () => ({
			name: "New",
			fields: [
				{ name: "A", type: "text" },
				{ name: "A", type: "text" },
				{ name: "B", type: "number", settings: { options: [] } },
			],
		}),
		refuses: /two fields are named "A"; .*"options" does not fit type number/,
	},
	update_table: {
		right: ({ tasks }) => ({ table: tasks, name: "Work" }),
		answers: { table: expect.any(String) },
		says: /Work/,
		wrong: ({ tasks }) => ({ table: tasks, name: "" }),
		refuses: /name: .*at least 1/,
	},
	delete_table: {
		right: ({ tasks }) => ({ table: tasks, confirm: "Tasks" }),
		answers: {},
		says: /Tasks/,
		wrong: ({ tasks }) => ({ table: tasks, confirm: "tasks" }),
		refuses: /confirm: "Tasks"/,
	},
	create_field: {
		right: ({ tasks }) => ({
			table: tasks,
			name: "Stars",
			type: "rating",
			settings: { max: 3 },
		}),
		answers: { field: expect.any(String) },
		says: /Stars/,
		wrong: ({ tasks }) => ({
			table: tasks,
			name: "Sum",
			type: "formula",
			settings: { formula: "{Hours} * 2" },
		}),
		refuses: /computes no formulas/,
	},
	update_field: {
		right: ({ tasks }) => ({
			table: tasks,
			field: "Stage",
			settings: { options: [{ name: "Open", new_name: "To do" }] },
		}),
		answers: { field: expect.any(String) },
		says: /Stage/,
		wrong: ({ tasks }) => ({
			table: tasks,
			field: "Stage",
			settings: { remove_options: ["Dne"] },
		}),
		refuses: /option "Dne" is not in "Stage"; nearest: Done/,
	},
	delete_field: {
		right: ({ tasks }) => ({ table: tasks, field: "Hours", confirm: "Hours" }),
		answers: {},
		says: /Hours/,
		wrong: ({ tasks }) => ({ table: tasks, field: "Hours" }),
		refuses: /confirm: "Hours"/,
	},
	upload_attachment: {
		right: ({ tasks, ids }) => ({
			table: tasks,
			files: [{ file: "note.txt", record_id: ids[0] }],
		}),
		answers: {
			uploaded: [expect.objectContaining({ file: "note.txt", size: 5 })],
			counts: expect.objectContaining({ updated: 1 }),
		},
		says: /uploaded 1 file into "Files"/,
		wrong: ({ tasks }) => ({ table: tasks, files: [{ file: "nt.txt" }] }),
		refuses: /no file "nt.txt"[\s\S]*note.txt/,
	},
	download_attachment: {
		right: ({ tasks, ids }) => ({
			table: tasks,
			field: "Files",
			record_ids: [ids[0]],
		}),
		answers: { attachments: [] },
		says: /"Files" is empty/,
		wrong: ({ tasks, ids }) => ({
			table: tasks,
			field: "Name",
			record_ids: [ids[0]],
		}),
		refuses: /"Name" is text, not attachment/,
	},
	import_records: {
		right: ({ tasks }) => ({ table: tasks, file: "in.csv" }),
		answers: { counts: expect.objectContaining({ created: 1 }) },
		says: /^DONE: 1 created/,
		wrong: ({ tasks }) => ({
			table: tasks,
			file: "in.csv",
			match_on: ["Hour"],
		}),
		refuses: /no field "Hour"\nNearest: "Hours"/,
	},
	export_records: {
		right: ({ tasks }) => ({ table: tasks, file: "out.csv", fields: ["Name"] }),
		answers: { rows: 2, columns: ["$id", "Name"] },
		says: /wrote 2 rows of Tasks/,
		wrong: ({ tasks }) => ({ table: tasks, file: "out.pdf" }),
		refuses: /format of "out.pdf"[\s\S]*\.csv/,
	},
	list_changes: {
		right: ({ tasks }) => ({ table: tasks }),
		answers: {
			changes: expect.arrayContaining([
				expect.objectContaining({
					tool: "create_records",
					status: "complete",
					counts: { created: 2 },
				}),
				expect.objectContaining({
					tool: "create_view",
					what: 'made the view "Board"',
				}),
				expect.objectContaining({
					tool: "create_table",
					what: 'made the table "Tasks"',
					undo: "can be undone",
				}),
			]),
			next_cursor: null,
		},
		says: /create_records/,
		wrong: () => ({ since: "a while ago" }),
		refuses: /`since`: "a while ago" is not a time to begin at; give a date/,
	},
	undo_change: {
		right: ({ change }) => ({ change_id: change }),
		answers: { counts: expect.objectContaining({ deleted: 2 }) },
		says: /^DONE: 2 deleted/,
		wrong: () => ({ change_id: "none" }),
		refuses: /no change none\nCall list_changes/,
	},
	create_base: {
		right: () => ({
			connection: "local",
			name: "Archive",
			time_zone: "Europe/Paris",
			tables: [{ name: "Old", fields: [{ name: "Name", type: "text" }] }],
		}),
		answers: { base: expect.any(String) },
		says: /Archive/,
		wrong: () => ({
			connection: "local",
			name: "Archive",
			time_zone: "Europe/Pari",
		}),
		refuses: /Europe\/Pari"/,
	},
	update_base: {
		right: () => ({ base: "main", name: "Office" }),
		answers: { base: expect.any(String) },
		says: /Office/,
		wrong: () => ({ base: "main" }),
		refuses: /nothing to change/,
	},
	copy_base: {
		right: () => ({ base: "main", name: "Copy", structure_only: true }),
		answers: { base: expect.any(String) },
		says: /Copy/,
		wrong: () => ({ base: "manin", name: "Copy" }),
		refuses: /no base "manin"\nNearest: "main"/,
	},
};

test("every tool of the local store is tried here", async () => {
	const { client } = await office();
	expect(
		(await client.client.listTools()).tools.map(({ name }) => name),
	).toEqual(Object.keys(CASES));
});

describe.each(Object.entries(CASES))("%s", (name, each) => {
	test("does what it says, in text and in structure", async () => {
		const prepared = await office();
		const answer = await prepared.client.ok(name, each.right(prepared));
		expect(answer.text).toMatch(each.says);
		expect(answer.structured).toMatchObject(each.answers);
	});

	test("refuses what is wrong, with the place and the next step, and changes nothing", async () => {
		const prepared = await office();
		const { client, tasks } = prepared;
		const state = async () =>
			JSON.stringify([
				(await client.ok("describe_fields", { table: tasks })).structured
					.fields,
				(await client.ok("query_records", { table: tasks })).structured.rows,
				(await client.ok("list_tables")).structured.tables,
			]);
		const before = await state();
		const answer = await client.refused(name, each.wrong(prepared));
		expect(answer.text).toMatch(each.refuses);
		if (name !== "delete_records") expect(await state()).toBe(before);
	});
});

test("each of them names a misspelled argument", async () => {
	const { client } = await office();
	for (const name of Object.keys(CASES))
		expect((await client.refused(name, { tabel: "x" })).text).toMatch(
			/no argument "tabel"; (nearest|there are): .*\n.*nothing was done/,
		);
});

/** Tools that the local store has no use for, and what it says about them. */
const OTHERS: Readonly<Record<string, RegExp>> = {
	share_base: /no accounts to share with/,
	describe_form: /no forms/,
	update_form: /no forms/,
	list_dashboards: /no dashboards.*group_by/,
	copy_dashboard: /no dashboards/,
	list_roles: /no roles.*rights of the file/,
	create_role: /no roles/,
	update_role: /no roles/,
	delete_role: /no roles/,
	list_role_members: /no roles/,
	add_role_members: /no roles/,
	remove_role_members: /no roles/,
	list_contacts: /no contacts/,
	save_contact: /no contacts/,
	delete_contact: /no contacts/,
	list_automations: /no automations/,
	switch_automation: /no automations/,
};

test("what the local store cannot do is not listed", async () => {
	expect([...Object.keys(CASES), ...Object.keys(OTHERS)].sort()).toEqual(
		tools.map(({ name }) => name).sort(),
	);
	const { client } = await office();
	const listed = (await client.client.listTools()).tools.map(
		({ name }) => name,
	);
	for (const name of Object.keys(OTHERS)) expect(listed).not.toContain(name);
	expect(
		offeredTools(
			makeListing(tools),
			[...client.session.connections.values()].map((connection) => ({
				connection,
				toolsets: new Set(TOOLSETS),
			})),
		).map(({ name }) => name),
	).toEqual(listed);
});

test.each(Object.entries(OTHERS))(
	"%s answers with the reason and the way round",
	async (name, reason) => {
		const { client } = await office();
		const answer = await client.refused(name, {});
		expect(answer.text).toMatch(/^unsupported: /);
		expect(answer.text).toMatch(reason);
	},
);

describe("attachments", () => {
	test("go in, are listed by name, and come out as file, text and image", async () => {
		const { client, tasks, ids } = await office();
		const pixel = Buffer.from(
			"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
			"base64",
		);
		client.put("pixel.png", pixel);
		client.put("big.txt", "x".repeat(1_000_001));
		await client.ok("upload_attachment", {
			table: tasks,
			field: "Files",
			files: ["note.txt", "pixel.png", "big.txt"].map((file) => ({
				file,
				record_id: ids[0],
			})),
		});
		const shown = await client.ok("query_records", {
			table: tasks,
			record_ids: [ids[0]],
			fields: ["Files"],
		});
		expect(shown.structured.rows[0][1]).toEqual([
			"note.txt",
			"pixel.png",
			"big.txt",
		]);
		const args = { table: tasks, field: "Files", record_ids: [ids[0]] };
		const files = await client.ok("download_attachment", {
			...args,
			folder: "down",
		});
		for (const { file, bytes } of files.structured.attachments) {
			expect(file.startsWith(join(client.files, "down"))).toBe(true);
			expect(readFileSync(file)).toHaveLength(bytes);
		}
		const content = await client.ok("download_attachment", {
			...args,
			as: "content",
		});
		expect(content.text).toContain('"note.txt":\nhello');
		expect(content.text).toMatch(
			/"big.txt" \(text\/plain, 1000001 bytes\): not shown/,
		);
		expect(content.content[1]).toEqual({
			type: "image",
			data: pixel.toString("base64"),
			mimeType: "image/png",
		});
		const link = await client.ok("download_attachment", {
			...args,
			name: "note.txt",
			as: "link",
		});
		expect(link.structured.attachments).toHaveLength(1);
		// What compact shows is accepted on write: names that are in the cell already.
		await client.ok("update_records", {
			table: tasks,
			records: [{ id: ids[0], fields: { Files: ["pixel.png"] } }],
		});
		await client.ok("upload_attachment", {
			table: tasks,
			files: [{ file: "note.txt", record_id: ids[0] }],
			replace: true,
		});
		const after = await client.ok("query_records", {
			table: tasks,
			record_ids: [ids[0]],
			fields: ["Files"],
		});
		expect(after.structured.rows[0][1]).toEqual(["note.txt"]);
	});

	test("without a record the token is answered, and written by hand", async () => {
		const { client, tasks } = await office();
		const { structured } = await client.ok("upload_attachment", {
			table: tasks,
			files: [{ file: "note.txt" }],
		});
		const [{ token }] = structured.uploaded;
		const made = await client.ok("create_records", {
			table: tasks,
			records: [{ fields: { Name: "with file", Files: [{ token }] } }],
		});
		const found = await client.ok("download_attachment", {
			table: tasks,
			field: "Files",
			record_ids: made.structured.ids,
		});
		expect(found.structured.attachments).toEqual([
			expect.objectContaining({ name: "note.txt", bytes: 5 }),
		]);
		const wrong = await client.refused("create_records", {
			table: tasks,
			records: [{ fields: { Name: "x", Files: ["note.txt"] } }],
		});
		expect(wrong.text).toMatch(/upload_attachment gives a token/);
	});

	test("a name from a table cannot lead out of the files folder", async () => {
		const { client, tasks, ids } = await office();
		client.put("note.txt", "hello");
		const { structured } = await client.ok("upload_attachment", {
			table: tasks,
			files: [{ file: "note.txt" }],
		});
		await client.ok("update_records", {
			table: tasks,
			records: [
				{
					id: ids[0],
					fields: {
						Files: [
							{
								token: structured.uploaded[0].token,
								name: "../../evil.txt",
							},
						],
					},
				},
			],
		});
		await client.ok("download_attachment", {
			table: tasks,
			field: "Files",
			record_ids: [ids[0]],
		});
		expect(existsSync(join(client.folder, "evil.txt"))).toBe(false);
		const out = await client.refused("download_attachment", {
			table: tasks,
			field: "Files",
			record_ids: [ids[0]],
			folder: "../out",
		});
		expect(out.text).toMatch(/outside of the files folder/);
	});
});
