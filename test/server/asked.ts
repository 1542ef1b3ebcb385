import {
	type QuestionKind,
	tablePlace,
} from "../../src/core/contract/consent.js";
import type { Session } from "../../src/core/contract/session.js";
import { locate } from "../../src/core/places/locate.js";
import { runningOf } from "../conformance/session.js";
import { forgetWrites } from "../folder.js";
import {
	type ClientOptions,
	joined,
	openServer,
	type TestClient,
	type TestServer,
} from "./client.js";

/** So many records of a table have lost values already, by other calls. */
export async function loseValues(
	{ session }: { readonly session: Session },
	table: string,
	overwritten: number,
): Promise<void> {
	const located = await locate(session, table, runningOf(session));
	const loss = { deleted: 0, overwritten };
	const { settle } = await session.losses.reserve(tablePlace(located), loss);
	await settle({ loss });
}

/** A table with twelve records of other people, a view and a file that is there already. */
export async function prepared(
	options: ClientOptions & Partial<Pick<Asked, "kind" | "lost">> = {},
): Promise<{
	readonly server: TestServer;
	readonly client: TestClient;
	readonly table: string;
	readonly ids: readonly string[];
}> {
	const server = openServer(options);
	const client = await joined(server, options);
	const { structured } = await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Name", type: "text" },
			{
				name: "Stage",
				type: "single_select",
				settings: { options: [{ name: "Open" }, { name: "Done" }] },
			},
		],
	});
	const table = structured.table as string;
	const made = await client.ok("create_records", {
		table,
		records: Array.from({ length: 12 }, (_, index) => ({
			fields: { Name: `task ${index}`, Stage: "Open" },
		})),
	});
	await client.ok("create_view", {
		table,
		name: "Board",
		type: "kanban",
		filter: { conditions: [{ field: "Stage", op: "is", value: "Open" }] },
	});
	client.put("out.csv", "precious");
	const ids = made.structured.ids as string[];
	if (options.kind === "replace_files") {
		await client.ok("create_field", {
			table,
			name: "Files",
			type: "attachment",
		});
		await client.ok("upload_attachment", { table, ...filesFor(ids) });
	}
	client.put(
		"in.csv",
		`Name,Stage\n${ids.map((_, index) => `task ${index},Done`).join("\n")}\n`,
	);
	forgetWrites(server.folder);
	if (options.lost !== undefined) await loseValues(server, table, options.lost);
	return { server, client, table, ids };
}

function filesFor(ids: readonly string[]) {
	return { files: ids.map((record_id) => ({ file: "out.csv", record_id })) };
}

export const ALL = {
	filter: { conditions: [{ field: "Name", op: "is_not_empty" }] },
};

/** A call that a person is asked about. */
export interface Asked {
	readonly what: string;
	readonly kind: QuestionKind;
	readonly tool: string;
	readonly args: object | ((ids: readonly string[]) => object);
	/** Of so many records values were overwritten before. */
	readonly lost?: number;
	/** What `confirm` must be. */
	readonly confirm: string;
	/** How the question reads. */
	readonly question: RegExp;
}

/** All that is asked about on a local store. */
export const ASKED: readonly Asked[] = [
	{
		what: "deleting a table",
		kind: "delete_table",
		tool: "delete_table",
		args: {},
		confirm: "Tasks",
		question:
			/^May I delete the table "Tasks" .* with all its records \(12\), for good\?$/,
	},
	{
		what: "deleting a field",
		kind: "delete_field",
		tool: "delete_field",
		args: { field: "Stage" },
		confirm: "Stage",
		question:
			/^May I delete the field "Stage" of "Tasks" with all its cells \(12 filled\), for good\?$/,
	},
	{
		what: "deleting a view",
		kind: "delete_view",
		tool: "delete_view",
		args: { view: "Board" },
		confirm: "Board",
		question: /delete the view "Board" of "Tasks"/,
	},
	{
		what: "emptying a view's filter",
		kind: "empty_filter",
		tool: "update_view",
		args: { view: "Board", filter: {} },
		confirm: "Board",
		question: /empty the filter of the view "Board" of "Tasks"/,
	},
	{
		what: "deleting more than ten records by id",
		kind: "delete_records",
		tool: "delete_records",
		args: (ids) => ({ record_ids: ids }),
		confirm: "12",
		question: /delete 12 records of "Tasks"/,
	},
	{
		what: "deleting more than ten records by filter",
		kind: "delete_records",
		tool: "delete_records",
		args: ALL,
		confirm: "12",
		question:
			/^May I delete 12 records of "Tasks" \("task \d+", "task \d+", "task \d+" and 9 more\)\?$/,
	},
	{
		what: "overwriting values of more than fifty records in sum, by filter",
		kind: "change_records",
		tool: "update_records",
		args: { ...ALL, set: { Stage: "Done" } },
		lost: 39,
		confirm: "12",
		question:
			/change 12 records of "Tasks": set "Stage" \(51 in 10 minutes\)\?$/,
	},
	{
		what: "overwriting values of more than fifty records in sum, by id",
		kind: "change_records",
		tool: "update_records",
		args: (ids) => ({
			records: ids.map((id) => ({ id, fields: { Stage: "Done" } })),
		}),
		lost: 39,
		confirm: "12",
		question: /change 12 records of "Tasks" \(51 in 10 minutes\)\?$/,
	},
	{
		what: "overwriting values of more than fifty records in sum, by a file",
		kind: "import_over",
		tool: "import_records",
		args: { file: "in.csv", match_on: ["Name"] },
		lost: 39,
		confirm: "12",
		question:
			/change 12 records of "Tasks" by the file "in.csv" \(51 in 10 minutes\)\?$/,
	},
	{
		what: "new files in place of those of more than fifty records in sum",
		kind: "replace_files",
		tool: "upload_attachment",
		args: (ids) => ({ ...filesFor(ids), replace: true }),
		lost: 39,
		confirm: "12",
		question:
			/replace the files of 12 records of "Tasks" \(51 in 10 minutes\)\?$/,
	},
	{
		what: "changing a field's type",
		kind: "change_type",
		tool: "update_field",
		args: { field: "Stage", type: "text" },
		confirm: "to text: Stage",
		question: /change "Stage" of "Tasks" from "single_select" to "text"/,
	},
	{
		what: "removing an option",
		kind: "remove_options",
		tool: "update_field",
		args: { field: "Stage", settings: { remove_options: ["Done"] } },
		confirm: "without Done: Stage",
		question: /remove 1 option of "Stage" of "Tasks" from every record: "Done"/,
	},
	{
		what: "overwriting a file",
		kind: "overwrite_file",
		tool: "export_records",
		args: { file: "out.csv" },
		confirm: "out.csv",
		question: /overwrite the file "out.csv"/,
	},
];

export const argsOf = (
	{ args }: Asked,
	table: string,
	ids: readonly string[],
) => ({ table, ...(typeof args === "function" ? args(ids) : args) });

/** All that any of these calls could change. */
export async function state(client: TestClient, table: string) {
	const described = await client.call("describe_fields", { table });
	const board = await client.call("describe_fields", { table, view: "Board" });
	const rows = await client.call("query_records", { table });
	const changes = await client.ok("list_changes");
	return JSON.stringify([
		described.structured.fields,
		described.structured.views,
		board.structured.view,
		rows.structured.rows,
		changes.structured.changes.length,
		client.read("out.csv"),
	]);
}
