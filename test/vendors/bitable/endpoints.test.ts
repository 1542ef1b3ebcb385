import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as calls from "../../../src/vendors/bitable/calls.js";
import { ROUTES } from "../../fakes/bitable/routes.js";
import { FIELDS, openWorld } from "./world.js";

const pattern = (path: string) =>
	new RegExp(
		`^${path.replace(/\{\w+\}|:\w+/g, "[^/]+").replaceAll(".", "\\.")}$`,
	);

const endpoints = Object.values(calls).flatMap((endpoint) =>
	typeof endpoint === "string" ? [] : [endpoint],
);

/** Of the documents, and not for tables: marketplace apps, sign-in, subscriptions; or done by a better one. */
const LEFT: readonly (readonly [path: RegExp, reason: string])[] = [
	[
		/auth\/v3\/(?!tenant_access_token\/internal)/,
		"marketplace apps need a public callback",
	],
	[/authen\//, "a person's sign-in is outside of this program"],
	[/subscribe/, "events come later"],
	[
		/tables\/batch_(create|delete)$/,
		"several tables at one breath: create_table and delete_table, each asked for",
	],
	[
		/GET .*\/records(\/:record_id)?$/,
		"older than search and batch_get, with poorer cells",
	],
	[/field_groups$/, "no word of the tools means a group of fields"],
	[/\/upgrade$/, "no word of the tools means a kind of form"],
	[
		/contact\/v3\/(users\/:user_id|departments\/:department_id)$/,
		"lists tell the same",
	],
];

test("every endpoint of the documents is called by the vendor, or left for a reason", () => {
	const missing = ROUTES.filter(
		({ method, path }) =>
			!LEFT.some(([left]) => left.test(`${method} ${path}`)) &&
			path !== "/open-apis/drive/v1/medias/:file_token/download" &&
			!endpoints.some(
				(endpoint) =>
					endpoint.method === method &&
					pattern(endpoint.path).source === pattern(path).source,
			),
	).map(({ method, path }) => `${method} ${path}`);
	expect(missing).toEqual([]);
});

test("every endpoint of the vendor is reached through a tool", async () => {
	const world = await openWorld({
		fields: [
			...FIELDS,
			{ name: "Files", type: 17 },
			{ name: "Owner", type: 11 },
			{ name: "Team", type: 23 },
		],
	});
	const { fake, base, reference: table, tool } = world;
	const department = fake.addDepartment({ name: "Sales" });
	const ann = fake.addPerson({
		name: "Ann",
		email: "ann@corp.com",
		departments: [department.openId],
	});
	const bo = fake.addPerson({ name: "Bo", departments: [department.openId] });
	fake.addChat({ name: "Team", members: [fake.app.bot] });
	fake.addDashboard(base, "Overview");
	fake.addWorkflow(base, { title: "Remind" });
	const node = fake.addWikiNode(base);
	fake.addDocument("doxcnOne", [{ baseToken: base, tableId: world.table }]);
	const second = fake.addBase({
		name: "Second",
		withDefaultTable: true,
		advanceVersion: "v2",
	});
	const site = "https://x.feishu.cn";

	// Bases, tables, fields, views.
	await tool("list_tables", { kinds: ["table", "form", "dashboard"] });
	for (const path of [`wiki/${node}`, "docx/doxcnOne", "sheets/doxcnOne"])
		await tool("list_tables", { base: `${site}/${path}` });
	const made = await tool("create_table", {
		connection: "bitable",
		base,
		name: "Made",
		fields: [{ name: "A", type: "text" }],
	});
	await tool("update_table", { table: made.structured.table, name: "Renamed" });
	await tool("create_field", {
		table: made.structured.table,
		name: "B",
		type: "number",
	});
	await tool("update_field", {
		table: made.structured.table,
		field: "B",
		name: "C",
	});
	await tool("delete_field", {
		table: made.structured.table,
		field: "C",
		confirm: "C",
	});
	await tool("delete_table", {
		table: made.structured.table,
		confirm: "Renamed",
	});
	const view = await tool("create_view", {
		table,
		name: "V",
		filter: { conditions: [{ field: "State", op: "is", value: "Open" }] },
	});
	await tool("update_view", { table, view: view.structured.view, name: "W" });
	await tool("describe_fields", { table, view: "W" });
	await tool("delete_view", { table, view: "W", confirm: "W" });

	// Records, one and several.
	const fields = { Owner: ["ann@corp.com"], Team: ["Team"] };
	const one = await tool("create_records", { table, records: [{ fields }] });
	const two = await tool("create_records", {
		table,
		records: [{ fields: { Owner: ["Bo"] } }, { fields: {} }],
	});
	const ids = [
		...(one.structured.ids as string[]),
		...(two.structured.ids as string[]),
	];
	await tool("update_records", {
		table,
		records: [{ id: ids[0], fields: { Amount: 1 } }],
	});
	await tool("update_records", {
		table,
		records: ids.map((id, Amount) => ({ id, fields: { Amount: Amount + 5 } })),
	});
	await tool("query_records", { table, fields: ["Title", "$url"] });
	await tool("query_records", { table, record_ids: ids });

	// Files: whole and in parts, as a file and as a link.
	mkdirSync(world.session.files.folder, { recursive: true });
	const put = (name: string, bytes: Buffer) =>
		writeFileSync(join(world.session.files.folder, name), bytes);
	put("small.txt", Buffer.from("small"));
	put("large.bin", Buffer.alloc(21 * 1024 ** 2, 7));
	await tool("upload_attachment", {
		table,
		files: [
			{ file: "small.txt", record_id: ids[0] },
			{ file: "large.bin", record_id: ids[0] },
		],
	});
	await tool("download_attachment", {
		table,
		field: "Files",
		record_ids: [ids[0]],
		as: "file",
	});
	await tool("download_attachment", {
		table,
		field: "Files",
		record_ids: [ids[0]],
		as: "link",
		name: "small.txt",
	});
	await tool("delete_records", { table, record_ids: [ids[0]] });
	await tool("delete_records", { table, record_ids: ids.slice(1) });

	// Bases.
	await tool("create_base", { connection: "bitable", name: "New" });
	await tool("copy_base", { base, name: "Copy" });
	await tool("share_base", { base, members: [ann.openId], access: "read" });
	await tool("update_base", { base, advanced_permissions: true });
	await tool("update_base", { base: second, advanced_permissions: true });

	// Forms, dashboards, automations.
	const form = await tool("create_view", { table, name: "Form", type: "form" });
	await tool("update_form", {
		table,
		form: form.structured.view,
		name: "F",
		questions: [{ field: "Title", required: true }],
	});
	await tool("describe_form", { table, form: form.structured.view });
	await tool("list_dashboards", { base });
	await tool("copy_dashboard", { base, dashboard: "Overview", name: "Second" });
	const automations = await tool("list_automations", { base });
	await tool("switch_automation", {
		base,
		automation: (automations.structured.automations as { id: string }[])[0]?.id,
		enabled: false,
	});

	// Roles of both kinds, members one and several.
	for (const place of [base, second]) {
		await tool("create_role", { base: place, name: "R" });
		await tool("update_role", { base: place, role: "R", name: "S" });
		await tool("list_roles", { base: place });
	}
	for (const members of [[ann.openId], [ann.openId, bo.openId]]) {
		await tool("add_role_members", { base, role: "S", members });
		await tool("list_role_members", { base, role: "S" });
		await tool("remove_role_members", {
			base,
			role: "S",
			members,
			confirm: "S",
		});
	}
	await tool("delete_role", { base, role: "S", confirm: "S" });

	// Contacts: of the whole organisation, and of the part that the app may see.
	await tool("list_contacts", { connection: "bitable" });
	await tool("list_contacts", { connection: "bitable", kind: "team" });
	const adapter = world.adapter;
	await adapter.readNames?.([ann.openId], { priority: "interactive" });

	const called = fake.log.map(
		({ request }) => `${request.method} ${request.path}`,
	);
	const reached = (method: string, path: string) =>
		called.some((call) => {
			const [verb, at = ""] = call.split(" ");
			return verb === method && pattern(path).test(at);
		});
	const unreached = endpoints
		.filter(({ method, path }) => !reached(method, path))
		.map(({ name }) => name);
	// Asked only where the app's contact scope is not the whole organisation.
	expect(unreached).toEqual(["read contact scope"]);
	expect(reached("GET", calls.DOWNLOAD_PATH)).toBe(true);
	expect(fake.throttled).toBe(0);
});
