import { expect } from "vitest";
import { type FencedClient, type FenceWorld, unseen } from "./world.js";

/** Another id of the same form. */
export function idLike(id: string): string {
	return id.slice(0, -4) + (id.endsWith("7Xw2") ? "7Xw3" : "7Xw2");
}

/** Another name of the same length and words, which is near no other. */
export const nameLike = (name: string) =>
	name.replace(/\S/g, (_, at: number) => "Xwvyukjh7"[at % 9] as string);

/** Texts that stand for the same place: what is closed, and what is not there. */
export type Pair = readonly [closed: string, missing: string];

const encoded = ([closed, missing]: Pair): readonly Pair[] => [
	[closed, missing],
	[encodeURIComponent(closed), encodeURIComponent(missing)],
	[JSON.stringify(closed).slice(1, -1), JSON.stringify(missing).slice(1, -1)],
];

/**
 * Calls the tool with a thing that is closed and with one that does not exist: both answers are the same but for
 * what was given, and nothing of what is closed went out.
 */
export async function answersAsMissing(
	world: FenceWorld,
	client: FencedClient,
	given: {
		readonly tool: string;
		readonly args: (thing: string) => object;
		readonly pair: Pair;
		/** Further texts that the two differ by: the ids in a URL. */
		readonly within?: readonly Pair[];
		readonly secrets: readonly string[];
	},
): Promise<void> {
	const { tool, args, pair, within = [], secrets } = given;
	const closed = await unseen(world, client, secrets, tool, args(pair[0]));
	const writes = world.writes();
	world.later();
	const missing = await client.call(tool, args(pair[1]));
	world.later();
	const pairs = [pair, ...within]
		.flatMap(encoded)
		.sort(([one], [two]) => two.length - one.length);
	const same = (text: string) =>
		pairs.reduce(
			(rest, [from, to]) =>
				rest.replaceAll(from, "<given>").replaceAll(to, "<given>"),
			text.replace(/log id [\w-]+/g, "log id"),
		);
	const what = `${tool} ${JSON.stringify(args(pair[0]))}`;
	expect(same(closed.text), what).toBe(same(missing.text));
	expect(same(JSON.stringify(closed.structured ?? null)), what).toBe(
		same(JSON.stringify(missing.structured ?? null)),
	);
	expect(closed.isError, what).toBe(missing.isError);
	expect(writes, what).toEqual([]);
}

/** The ways in which a tool takes a table; `records` are some of its ids. */
export const ON_TABLE: readonly (readonly [string, object])[] = [
	["describe_fields", {}],
	["describe_fields", { view: "Any" }],
	["query_records", {}],
	["query_records", { record_ids: ["recXwvyukjh7Xw2"] }],
	["query_records", { limit: 0 }],
	["create_records", { records: [{ fields: { Code: "x" } }] }],
	[
		"update_records",
		{ records: [{ id: "recXwvyukjh7Xw2", fields: { Code: "x" } }] },
	],
	["delete_records", { record_ids: ["recXwvyukjh7Xw2"] }],
	["create_view", { name: "v" }],
	["update_view", { view: "v", name: "w" }],
	["delete_view", { view: "v", confirm: "v" }],
	["update_table", { name: "Mine" }],
	["delete_table", { confirm: "Mine" }],
	["create_field", { name: "f", type: "text" }],
	["update_field", { field: "Code", name: "f" }],
	["delete_field", { field: "Code", confirm: "Code" }],
	["upload_attachment", { field: "Code", files: [{ file: "in.csv" }] }],
	["download_attachment", { field: "Code", record_ids: ["recXwvyukjh7Xw2"] }],
	["import_records", { file: "in.csv" }],
	["export_records", { file: "out.csv" }],
	["list_changes", {}],
	["describe_form", { form: "Ask" }],
	["update_form", { form: "Ask", name: "Ask more" }],
];

/** The ways in which a tool takes a field of a table; `open` is a field that may be seen. */
export const ON_FIELD: readonly (readonly [
	string,
	(field: string, open: string, record: string) => object,
])[] = [
	["describe_fields", (field) => ({ fields: [field] })],
	["query_records", (field) => ({ fields: [field] })],
	["query_records", (field) => ({ fields: [`${field}.id`] })],
	["query_records", (field) => ({ sort: [{ field }] })],
	["query_records", (field) => ({ group_by: [{ field }] })],
	["query_records", (field) => ({ aggregate: [{ function: "max", field }] })],
	[
		"query_records",
		(field) => ({ filter: { conditions: [{ field, op: "is_not_empty" }] } }),
	],
	[
		"query_records",
		(field, open) => ({
			filter: { conditions: [{ field: open, op: "is", other_field: field }] },
		}),
	],
	[
		"query_records",
		(field, open) => ({
			filter: {
				conditions: [{ field: open, op: "is_not_empty" }],
				groups: [
					{ match: "any", conditions: [{ field, op: "contains", value: "x" }] },
				],
			},
		}),
	],
	[
		"create_records",
		(field, open) => ({ records: [{ fields: { [open]: "x", [field]: "y" } }] }),
	],
	[
		"update_records",
		(field, _open, id) => ({ records: [{ id, fields: { [field]: "y" } }] }),
	],
	[
		"update_records",
		(field, open) => ({
			match_on: [field],
			records: [{ fields: { [field]: "y", [open]: "x" } }],
		}),
	],
	[
		"update_records",
		(field, open) => ({
			filter: { conditions: [{ field: open, op: "is_not_empty" }] },
			set: { [field]: "y" },
			confirm: "2",
		}),
	],
	[
		"delete_records",
		(field) => ({
			filter: { conditions: [{ field, op: "is_not_empty" }] },
			confirm: "2",
		}),
	],
	["create_view", (field) => ({ name: "v", sort: [{ field }] })],
	["create_view", (field) => ({ name: "v", hidden_fields: [field] })],
	[
		"create_view",
		(field) => ({
			name: "v",
			filter: { conditions: [{ field, op: "is_not_empty" }] },
		}),
	],
	["create_view", (field) => ({ name: "v", tree_by: field })],
	["update_field", (field) => ({ field, name: "Mine" })],
	["update_field", (field) => ({ field, type: "number", confirm: field })],
	["delete_field", (field) => ({ field, confirm: field })],
	["upload_attachment", (field) => ({ field, files: [{ file: "in.csv" }] })],
	["download_attachment", (field, _open, id) => ({ field, record_ids: [id] })],
	["export_records", (field) => ({ file: "out.csv", fields: [field] })],
	["export_records", (field) => ({ file: "out.csv", sort: [{ field }] })],
	[
		"import_records",
		(field) => ({
			file: "in.csv",
			mapping: [{ column: "Column", field }],
		}),
	],
	["import_records", (field) => ({ file: "in.csv", match_on: [field] })],
];

/** The ways in which a tool takes a base. */
export const ON_BASE: readonly (readonly [string, (base: string) => object])[] =
	[
		["list_tables", (base) => ({ base })],
		[
			"create_table",
			(base) => ({ base, name: "New", fields: [{ name: "a", type: "text" }] }),
		],
		["import_records", (base) => ({ new_table: "New", base, file: "in.csv" })],
		["update_base", (base) => ({ base, name: "Mine" })],
		["share_base", (base) => ({ base, members: ["a@b.c"], access: "read" })],
		["list_dashboards", (base) => ({ base })],
		["copy_dashboard", (base) => ({ base, dashboard: "d", name: "e" })],
		["list_roles", (base) => ({ base })],
		["create_role", (base) => ({ base, name: "r" })],
		["delete_role", (base) => ({ base, role: "r" })],
		["list_role_members", (base) => ({ base, role: "r" })],
		["list_automations", (base) => ({ base })],
		["switch_automation", (base) => ({ base, automation: "a", enabled: true })],
	];
