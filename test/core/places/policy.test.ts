import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import type { Session } from "../../../src/core/contract/session.js";
import { callTool, failureOf } from "../../conformance/session.js";
import {
	type LocalWorld,
	localWorld,
	makeTable,
	SEED,
} from "../local-world.js";

/*
 * A store with four tables, each linked to the next, where every id, name and value carries a mark of its own.
 * A second process works under a policy; whatever it asks, no mark of what is hidden may come back.
 */

interface MarkedField {
	readonly name: string;
	readonly id: string;
	readonly mark: string;
}

interface MarkedTable {
	readonly name: string;
	readonly reference: string;
	readonly id: string;
	readonly mark: string;
	readonly fields: readonly MarkedField[];
	readonly records: readonly string[];
	readonly view: string;
}

/** Letters that no other text has, different in each place. */
const markOf = (table: number, field: number | string) =>
	`zq${table}${field}vk`;

const PLAIN = ["Title", "Salary", "Notes", "Status"] as const;

async function markedStore(world: LocalWorld): Promise<readonly MarkedTable[]> {
	const { session } = world;
	const tables: MarkedTable[] = [];
	for (let number = 0; number < 4; number++) {
		const mark = markOf(number, "t");
		const before = tables.at(-1);
		const names = PLAIN.map(
			(name, index) => `${name} ${markOf(number, index)}`,
		);
		const reference = await makeTable(session, `Table ${mark}`, [
			...names.map((name, index) =>
				index === 3
					? {
							name,
							type: "single_select",
							settings: { options: [{ name: `open ${markOf(number, 3)}` }] },
						}
					: { name, type: "text" },
			),
			...(before === undefined
				? []
				: [
						{
							name: `Link ${markOf(number, "l")}`,
							type: "link",
							settings: {
								link_table: before.reference,
								two_way: true,
								reverse_name: `Back ${markOf(number - 1, "b")}`,
							},
						},
					]),
		]);
		const { structured } = await callTool(session, "create_records", {
			table: reference,
			records: [0, 1, 2].map((row) => ({
				fields: {
					...Object.fromEntries(
						names.map((name, index) => [
							name,
							index === 3
								? `open ${markOf(number, 3)}`
								: `${row} ${markOf(number, index)}`,
						]),
					),
					...(before === undefined
						? {}
						: { [`Link ${markOf(number, "l")}`]: [before.records[row]] }),
				},
			})),
		});
		const made = await callTool(session, "create_view", {
			table: reference,
			name: `View ${number}`,
			filter: {
				match: "all",
				conditions: [
					{ field: names[1], op: "contains", value: markOf(number, 1) },
				],
				groups: [
					{
						match: "any",
						conditions: [
							{ field: names[2], op: "contains", value: markOf(number, 2) },
							{ field: names[0], op: "is_not", other_field: names[1] },
						],
					},
				],
			},
			sort: [{ field: names[1] }, { field: names[2] }],
			hidden_fields: [names[3]],
		});
		await callTool(session, "update_records", {
			table: reference,
			records: [
				{
					id: (structured.ids as string[])[0],
					fields: { [names[1] as string]: `raised ${markOf(number, 1)}` },
				},
			],
		});
		tables.push({
			name: `Table ${mark}`,
			reference,
			id: reference.split("/")[1] as string,
			mark,
			fields: [],
			records: structured.ids as string[],
			view: made.structured.view as string,
		});
	}
	return Promise.all(
		tables.map(async (table) => ({
			...table,
			fields: (await world.locate(table.reference)).table.fields.map(
				({ id, name }) => ({ id, name, mark: name.split(" ")[1] as string }),
			),
		})),
	);
}

/** What a policy hides, as marks and ids that may appear nowhere. */
interface Hidden {
	readonly secrets: readonly string[];
	readonly tables: ReadonlySet<number>;
	readonly fields: ReadonlySet<string>;
}

const attempt = async (
	session: Session,
	tool: string,
	args: Readonly<Record<string, unknown>>,
): Promise<string> => {
	try {
		return JSON.stringify(await callTool(session, tool, args));
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return JSON.stringify([error.message, error.next, error.vendor]);
	}
};

/** Calls of all kinds: with open names, and with names close to hidden ones. */
function calls(
	table: MarkedTable,
	hidden: Hidden,
	number: number,
	changes: readonly string[],
): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
	const forbidden = hidden.tables.has(number);
	// A forbidden table is asked for by a name that is nearly its own; an open one by its reference.
	const at = forbidden ? "Table zq" : table.reference;
	const close = [...table.fields]
		.filter(({ id }) => hidden.fields.has(id))
		.map(({ name }) => name.slice(0, -1));
	const open = table.fields
		.filter(({ id }) => !hidden.fields.has(id))
		.map(({ name }) => name);
	const title = open[0] as string;
	const reading = [
		{},
		{ detail: "full" },
		{ detail: "raw" },
		{ view: table.view },
		{ view: "View", sort: [{ field: "$created_at" }] },
		{ record_ids: table.records },
		{ group_by: [{ field: title }] },
		{ filter: { conditions: [{ field: "*", op: "search", value: "z" }] } },
		{ filter: { conditions: [{ field: "*", op: "search", value: "raised" }] } },
		...close.flatMap((field) => [
			{ fields: [field] },
			{ sort: [{ field }] },
			{ group_by: [{ field }] },
			{ aggregate: [{ function: "max", field }] },
			{ filter: { conditions: [{ field, op: "is_empty" }] } },
			{
				filter: {
					conditions: [{ field: title, op: "is", other_field: field }],
				},
			},
		]),
	];
	const record = (field: string) => [
		{ id: table.records[1], fields: { [field]: "x" } },
	];
	return [
		["list_tables", {}],
		["list_tables", { search: "table" }],
		["list_changes", {}],
		["list_changes", { table: at }],
		...changes.flatMap((change_id) => [
			["undo_change", { change_id, dry_run: true }] as const,
			["update_records", { table: at, resume: change_id }] as const,
			["create_records", { table: at, resume: change_id }] as const,
		]),
		["describe_fields", { table: at, json_schema: true }],
		["describe_fields", { table: at, view: table.view }],
		...reading.map(
			(args) => ["query_records", { table: at, ...args }] as const,
		),
		[
			"export_records",
			{
				table: at,
				file: `out-${number}.ndjson`,
				confirm: `out-${number}.ndjson`,
			},
		],
		[
			"export_records",
			{
				table: at,
				file: `out-${number}.csv`,
				view: table.view,
				confirm: `out-${number}.csv`,
			},
		],
		...close.flatMap((field) => [
			["describe_fields", { table: at, fields: [field] }] as const,
			[
				"create_records",
				{ table: at, records: record(field), dry_run: true },
			] as const,
			[
				"update_records",
				{ table: at, records: record(field), dry_run: true },
			] as const,
			[
				"update_records",
				{ table: at, records: record(title), match_on: [field], dry_run: true },
			] as const,
			["update_field", { table: at, field, name: "x" }] as const,
			["delete_field", { table: at, field, confirm: field }] as const,
			[
				"create_view",
				{ table: at, name: "v", hidden_fields: [field] },
			] as const,
			["create_view", { table: at, name: "v", sort: [{ field }] }] as const,
		]),
		["update_view", { table: at, view: table.view, tree_by: title }],
		["delete_view", { table: at, view: table.view }],
		["delete_table", { table: at }],
		[
			"create_table",
			{ name: "Table", fields: [{ name: "Title", type: "text" }] },
		],
		["copy_base", { base: "main", name: "copy" }],
		[
			"update_records",
			{
				table: at,
				dry_run: true,
				records: [
					{
						id: table.records[1],
						fields: Object.fromEntries(
							open.map((name) => [name, ["no such title"]]),
						),
					},
				],
			},
		],
	];
}

test(`what a policy hides appears in no answer (seed ${SEED})`, async () => {
	const world = localWorld();
	const tables = await markedStore(world);
	const changes = (await world.session.journal.list()).map(
		({ start }) => start.change,
	);
	const plan = fc.record({
		open: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 4 }),
		form: fc.constantFrom("id", "name", "base/name", "base/id"),
		fields: fc.uniqueArray(
			fc.tuple(fc.nat(3), fc.nat(5)).map((pair) => pair.join()),
			{ maxLength: 6 },
		),
		fieldForm: fc.constantFrom("id", "name", "table/name", "tableId/id"),
	});
	let hiddenThings = 0;
	await fc.assert(
		fc.asyncProperty(plan, async ({ open, form, fields, fieldForm }) => {
			const folder = join(world.folder, "files");
			// What an earlier policy let through is not this one's.
			rmSync(folder, { recursive: true, force: true });
			mkdirSync(folder);
			const everything = open.length === 4;
			const chosen = fields.flatMap((pair) => {
				const [table = 0, field = 0] = pair.split(",").map(Number);
				const found = tables[table]?.fields[field];
				// The primary column is kept where the table stays open, so that calls have something to name.
				return found === undefined || field === 0
					? []
					: [{ table: tables[table] as MarkedTable, field: found }];
			});
			const session = world.another({
				...(everything
					? {}
					: {
							tables: open.map((index) => {
								const { id, name } = tables[index] as MarkedTable;
								return {
									id,
									name,
									"base/name": `main/${name}`,
									"base/id": `main/${id}`,
								}[form];
							}),
						}),
				hiddenFields: chosen.map(
					({ table, field }) =>
						({
							id: field.id,
							name: field.name,
							"table/name": `${table.name}/${field.name}`,
							"tableId/id": `${table.id}/${field.id}`,
						})[fieldForm],
				),
			});
			const forbidden = tables.filter(
				(_, index) => !everything && !open.includes(index),
			);
			const hidden: Hidden = {
				tables: new Set(
					everything
						? []
						: [0, 1, 2, 3].filter((index) => !open.includes(index)),
				),
				fields: new Set(chosen.map(({ field }) => field.id)),
				secrets: [
					...forbidden.flatMap(({ id, mark, fields: own }) => [
						id,
						mark,
						...own.flatMap((field) => [field.id, field.mark]),
					]),
					...chosen.flatMap(({ field }) => [field.id, field.mark]),
				],
			};
			hiddenThings += hidden.secrets.length;
			for (const [number, table] of tables.entries())
				for (const [tool, args] of calls(table, hidden, number, changes)) {
					const answer = await attempt(session, tool, args);
					const asked = JSON.stringify(args);
					const leaked = hidden.secrets.filter(
						(secret) => answer.includes(secret) && !asked.includes(secret),
					);
					expect(leaked, `${tool} ${asked}: ${answer}`).toEqual([]);
				}
			for (const name of readdirSync(folder)) {
				const text = readFileSync(join(folder, name), "utf8");
				const number = Number(/\d/.exec(name)?.[0]);
				if (hidden.tables.has(number)) continue;
				const leaked = hidden.secrets.filter((secret) => text.includes(secret));
				expect(leaked, `${name}: ${text}`).toEqual([]);
			}
		}),
		{ seed: SEED, numRuns: 8 },
	);
	expect(hiddenThings).toBeGreaterThan(50);
}, 120_000);

test("what is hidden is answered as a misspelling is", async () => {
	const world = localWorld();
	const [first, second] = await markedStore(world);
	if (first === undefined || second === undefined) throw new Error("no tables");
	const salary = first.fields[1] as MarkedField;
	const session = world.another({
		tables: [first.id],
		hiddenFields: [salary.id],
	});
	const ask = (field: string) =>
		failureOf(
			callTool(session, "query_records", {
				table: first.reference,
				fields: [field],
			}),
		);
	const hidden = await ask(salary.name);
	const misspelled = await ask("Sqwlrwy");
	expect(hidden.code).toBe(misspelled.code);
	expect(hidden.message).toBe(
		misspelled.message.replace("Sqwlrwy", salary.name),
	);
	const table = await failureOf(
		callTool(session, "query_records", { table: second.reference }),
	);
	const nowhere = await failureOf(
		callTool(session, "query_records", { table: "local:main/tblNOWHERE00" }),
	);
	expect(table.code).toBe(nowhere.code);
	expect(table.message.replace(second.id, "tblNOWHERE00")).toBe(
		nowhere.message,
	);
	const { structured } = await callTool(session, "query_records", {
		table: first.reference,
		limit: 0,
		filter: { conditions: [{ field: "*", op: "search", value: "raised" }] },
	});
	expect(structured.total).toBe(0);
});

test("read_only sends nothing, whatever is asked", async () => {
	const world = localWorld();
	const [table] = await markedStore(world);
	if (table === undefined) throw new Error("no table");
	const session = world.another({ readOnly: true });
	const [title] = table.fields;
	const fields = { [title?.name as string]: "x" };
	for (const [tool, args] of [
		["create_records", { records: [{ fields }] }],
		["update_records", { records: [{ id: table.records[0], fields }] }],
		["delete_records", { record_ids: [table.records[0]] }],
		["create_field", { name: "New", type: "text" }],
		["update_table", { name: "New" }],
		["create_view", { name: "New" }],
		["delete_table", { confirm: table.name }],
	] as const) {
		const answer = await callTool(session, tool, {
			table: table.reference,
			...args,
		}).then(
			({ text }) => text,
			(error: TablesError) => `${error.code} ${error.message}`,
		);
		expect(answer, tool).toContain("read-only");
	}
	const { structured } = await callTool(world.session, "query_records", {
		table: table.reference,
	});
	expect(structured.total).toBe(3);
	expect(
		(await world.locate(table.reference)).table.fields.map(({ name }) => name),
	).toEqual(table.fields.map(({ name }) => name));
});

test("undoing a deletion says beforehand that values which are not shown stay lost", async () => {
	const world = localWorld();
	const { structured: made } = await callTool(world.session, "create_table", {
		name: "Staff",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Salary", type: "number" },
		],
	});
	const table = made.table as string;
	await callTool(world.session, "create_records", {
		table,
		records: [{ fields: { Name: "Ann", Salary: 7 } }],
	});
	const session = world.another({ hiddenFields: ["Salary"] });
	const { structured: rows } = await callTool(session, "query_records", {
		table,
	});
	const { structured: deleted } = await callTool(session, "delete_records", {
		table,
		record_ids: [(rows.rows as string[][])[0]?.[0]],
	});
	const { text } = await callTool(session, "undo_change", {
		change_id: deleted.change_id,
		dry_run: true,
	});
	expect(text).toMatch(
		/cannot come back: cells of deleted records that this connection does not show/,
	);
	expect(text).not.toContain("Salary");
});
