import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lark from "@larksuiteoapi/node-sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Listening, listen } from "../listen.js";
import { createBitableFake } from "./index.js";
import { ROUTES } from "./routes.js";

/** Fixed: the client does not pace itself, so rates are off here. */
const fake = createBitableFake({
	clock: { now: () => Date.UTC(2026, 10, 20, 4) },
	switches: { rates: false, writeMs: 0, advancedStartMs: 0, copyMs: 0 },
});
const folder = mkdtempSync(join(tmpdir(), "bitable-"));
const person = fake.addPerson({ name: "李华", email: "lihua@corp.com" });
const appToken = fake.addBase({ name: "Base" });
const tableId = fake.addTable(appToken, {
	name: "Tasks",
	fields: [
		{ name: "Title", type: 1 },
		{ name: "Amount", type: 2 },
		{ name: "Owner", type: 11 },
		{ name: "Files", type: 17 },
	],
});
const path = { app_token: appToken, table_id: tableId };
let listening: Listening;
let client: lark.Client;

beforeAll(async () => {
	listening = await listen(fake);
	client = new lark.Client({
		appId: fake.app.id,
		appSecret: fake.app.secret,
		domain: listening.origin,
		logger,
	});
});
afterAll(async () => {
	await listening.close();
	rmSync(folder, { recursive: true });
});

const text = expect.any(String) as string;
const number = expect.any(Number) as number;

/**
 * The data of a success is exactly this. `expected` is of the SDK's own type,
 * so that a key which the SDK does not know fails to compile.
 */
function has<Data>(
	result: { code?: number | undefined; data?: Data } | null,
	expected: NoInfer<Data>,
): NonNullable<Data> {
	expect(result?.code).toBe(0);
	expect(result?.data).toEqual(expected);
	return result?.data as NonNullable<Data>;
}

/** Refusals are looked at in the answers; the client's own log of them is not. */
const quiet = () => {};
const logger = {
	error: quiet,
	warn: quiet,
	info: quiet,
	debug: quiet,
	trace: quiet,
};

test("apps", async () => {
	const { app } = client.bitable.v1;
	const created = has(
		await app.create({ data: { name: "New", time_zone: "Asia/Macau" } }),
		{
			app: {
				app_token: text,
				name: "New",
				revision: 1,
				folder_token: "",
				url: text,
				default_table_id: text,
				time_zone: "Asia/Macau",
			},
		},
	);
	const at = { path: { app_token: created.app?.app_token ?? "" } };
	const shown = await app.get(at);
	expect(shown.data).toEqual({
		app: {
			app_token: created.app?.app_token,
			name: "New",
			revision: 1,
			is_advanced: false,
			time_zone: "Asia/Macau",
			formula_type: 1,
			advance_version: "v1",
		},
	});
	has(await app.update({ ...at, data: { name: "Newer", is_advanced: true } }), {
		app: {
			app_token: text,
			name: "Newer",
			is_advanced: true,
			time_zone: "Asia/Macau",
		},
	});
	has(await app.copy({ ...at, data: { name: "Copy" } }), {
		app: {
			app_token: text,
			name: "Copy",
			folder_token: "",
			url: text,
			time_zone: "Asia/Macau",
		},
	});
});

test("tables", async () => {
	const { appTable } = client.bitable.v1;
	const at = { path: { app_token: fake.addBase({ name: "Tables" }) } };
	const made = has(
		await appTable.create({
			...at,
			data: {
				table: {
					name: "One",
					default_view_name: "All",
					fields: [
						{ field_name: "Key", type: 1 },
						{
							field_name: "State",
							type: 3,
							ui_type: "SingleSelect",
							property: { options: [{ name: "On", color: 0 }] },
						},
					],
				},
			},
		}),
		{ table_id: text, default_view_id: text, field_id_list: [text, text] },
	);
	const batch = has(
		await appTable.batchCreate({
			...at,
			data: { tables: [{ name: "Two" }, { name: "Three" }] },
		}),
		{ table_ids: [text, text] },
	);
	const one = { path: { ...at.path, table_id: made.table_id ?? "" } };
	has(await appTable.patch({ ...one, data: { name: "First" } }), {
		name: "First",
	});
	has(await appTable.list({ ...at, params: { page_size: 2 } }), {
		has_more: true,
		page_token: text,
		total: 3,
		items: [
			{ table_id: text, revision: number, name: "First" },
			{ table_id: text, revision: 1, name: "Two" },
		],
	});
	const names: (string | undefined)[] = [];
	const pages = await appTable.listWithIterator({
		...at,
		params: { page_size: 2 },
	});
	for await (const page of pages)
		names.push(...(page?.items ?? []).map((item) => item.name));
	expect(names).toEqual(["First", "Two", "Three"]);
	expect((await appTable.delete(one)).code).toBe(0);
	const last = await appTable
		.batchDelete({ ...at, data: { table_ids: batch.table_ids ?? [] } })
		.catch((error) => error.response);
	expect(last).toMatchObject({ status: 403, data: { code: 1254034 } });
	const [two = ""] = batch.table_ids ?? [];
	expect(
		(await appTable.batchDelete({ ...at, data: { table_ids: [two] } })).code,
	).toBe(0);
});

test("views", async () => {
	const { appTableView } = client.bitable.v1;
	const made = has(
		await appTableView.create({
			path,
			data: { view_name: "Big", view_type: "grid" },
		}),
		{ view: { view_id: text, view_name: "Big", view_type: "grid" } },
	);
	const one = { path: { ...path, view_id: made.view?.view_id ?? "" } };
	const amount = fake.table(tableId).fieldIds.get("Amount") ?? "";
	const filter = {
		conjunction: "and" as const,
		conditions: [
			{ field_id: amount, operator: "isGreater" as const, value: '["10"]' },
		],
	};
	const patched = await appTableView.patch({
		...one,
		data: { property: { filter_info: filter, hidden_fields: [amount] } },
	});
	expect(patched.data?.view?.property?.filter_info?.conditions).toEqual([
		{
			condition_id: text,
			field_id: amount,
			field_type: 2,
			operator: "isGreater",
			value: '["10"]',
		},
	]);
	const shown = await appTableView.get(one);
	expect(shown.data).toEqual(patched.data);
	const listed = await appTableView.list({ path, params: { page_size: 100 } });
	expect(listed.data?.items).toHaveLength(2);
	expect((await appTableView.delete(one)).code).toBe(0);
});

test("fields and field groups", async () => {
	const { appTableField, appTableFieldGroup } = client.bitable.v1;
	const made = has(
		await appTableField.create({
			path,
			params: { client_token: "fe599b60-450f-46ff-b2ef-9f6675625b99" },
			data: {
				field_name: "State",
				type: 3,
				ui_type: "SingleSelect",
				property: { options: [{ name: "a" }, { name: "c", color: 5 }] },
				description: { disable_sync: true, text: "Note" },
			},
		}),
		{
			field: {
				field_id: text,
				field_name: "State",
				type: 3,
				ui_type: "SingleSelect",
				is_primary: false,
				is_hidden: false,
				property: {
					options: [
						{ id: text, name: "a", color: 0 },
						{ id: text, name: "c", color: 5 },
					],
				},
				description: { disable_sync: true, text: "Note" },
			},
		},
	);
	const one = { path: { ...path, field_id: made.field?.field_id ?? "" } };
	const updated = await appTableField.update({
		...one,
		data: { field_name: "Status", type: 3, property: { options: [] } },
	});
	expect(updated.data?.field?.property?.options).toEqual([]);
	const unchanged = await appTableField.update({
		...one,
		data: { field_name: "Status", type: 3, property: { options: [] } },
	});
	expect(unchanged.code).toBe(1254606);
	const groups = await appTableFieldGroup.create({
		path,
		data: {
			field_groups: [
				{ name: "g", children: [{ type: "field", id: one.path.field_id }] },
			],
		},
	});
	expect(JSON.parse(groups.data?.field_groups as unknown as string)).toEqual([
		{ id: text, name: "g" },
	]);
	const listed = await appTableField.list({ path, params: { page_size: 100 } });
	expect(listed.data).toMatchObject({ total: 5, has_more: false });
	has(await appTableField.delete(one), {
		field_id: one.path.field_id,
		deleted: true,
	});
});

test("records", async () => {
	const { appTableRecord } = client.bitable.v1;
	const owner = [{ id: person.openId }];
	const made = await appTableRecord.create({
		path,
		params: { client_token: "fe599b60-450f-46ff-b2ef-9f6675625b98" },
		data: { fields: { Title: "a", Amount: 1.5, Owner: owner } },
	});
	expect(made.data?.record).toEqual({
		fields: { Title: "a", Amount: 1.5, Owner: owner },
		id: text,
		record_id: made.data?.record?.record_id,
	});
	const id = made.data?.record?.record_id ?? "";
	const batch = await appTableRecord.batchCreate({
		path,
		data: { records: [{ fields: { Title: "b" } }, { fields: { Title: "c" } }] },
	});
	const ids = (batch.data?.records ?? []).map((each) => each.record_id ?? "");
	await appTableRecord.batchUpdate({
		path,
		data: { records: [{ record_id: ids[0] ?? "", fields: { Amount: 2 } }] },
	});
	await appTableRecord.update({
		path: { ...path, record_id: id },
		data: { fields: { Amount: null as unknown as number } },
	});
	const found = await appTableRecord.search({
		path,
		params: { page_size: 500, user_id_type: "open_id" },
		data: {
			field_names: ["Title", "Owner"],
			sort: [{ field_name: "Title", desc: true }],
			filter: {
				conjunction: "and",
				conditions: [
					{ field_name: "Title", operator: "isNot", value: ["c"] },
					{ field_name: "Amount", operator: "isEmpty", value: [] },
				],
			},
			automatic_fields: true,
		},
	});
	const maker = {
		id: fake.app.bot,
		name: "Tables app",
		en_name: "Tables app",
		email: "",
		avatar_url: text,
	};
	has(found, {
		has_more: false,
		total: 1,
		items: [
			{
				record_id: id,
				// The SDK's type of a cell has no text segments.
				fields: {
					Title: [{ type: "text", text: "a" }],
					Owner: [
						{
							id: person.openId,
							name: "李华",
							en_name: "李华",
							email: "lihua@corp.com",
							avatar_url: text,
						},
					],
				} as never,
				created_by: maker,
				created_time: number,
				last_modified_by: maker,
				last_modified_time: number,
			},
		],
	});
	has(
		await appTableRecord.batchGet({
			path,
			data: { record_ids: [id, "rec111111"], with_shared_url: true },
		}),
		{
			records: [
				{ record_id: id, fields: expect.any(Object), shared_url: text },
			],
			forbidden_record_ids: [],
			absent_record_ids: ["rec111111"],
		},
	);
	const listed = await appTableRecord.list({
		path,
		params: {
			filter: 'CurrentValue.[Title]="b"',
			sort: '["Title DESC"]',
			field_names: '["Title","Amount"]',
			text_field_as_array: true,
		},
	});
	expect(listed.data?.items).toEqual([
		{
			record_id: ids[0],
			id: ids[0],
			fields: { Title: [{ type: "text", text: "b" }], Amount: "2" },
		},
	]);
	const one = await appTableRecord.get({
		path: { ...path, record_id: id },
		params: { with_shared_url: true },
	});
	expect(one.data?.record).toMatchObject({ record_url: text });
	const seen: (string | undefined)[] = [];
	for (const iterate of ["searchWithIterator", "listWithIterator"] as const) {
		const pages = await appTableRecord[iterate]({
			path,
			params: { page_size: 1 },
		});
		for await (const page of pages)
			seen.push(...(page?.items ?? []).map((item) => item.record_id));
	}
	expect(seen).toEqual([id, ...ids, id, ...ids]);
	has(await appTableRecord.delete({ path: { ...path, record_id: id } }), {
		deleted: true,
		record_id: id,
	});
	has(await appTableRecord.batchDelete({ path, data: { records: ids } }), {
		records: ids.map((each) => ({ deleted: true, record_id: each })),
	});
});

test("forms and questions", async () => {
	const { appTableView, appTableForm, appTableFormField } = client.bitable.v1;
	const view = await appTableView.create({
		path,
		data: { view_name: "Survey", view_type: "form" },
	});
	const form = { path: { ...path, form_id: view.data?.view?.view_id ?? "" } };
	const patched = {
		form: {
			name: "Ask",
			description: "Why",
			shared: true,
			shared_url: text,
			shared_limit: "anyone_editable" as const,
			submit_limit_once: true,
		},
	};
	has(
		await appTableForm.patch({
			...form,
			data: {
				name: "Ask",
				description: "Why",
				shared: true,
				shared_limit: "anyone_editable",
				submit_limit_once: true,
			},
		}),
		patched,
	);
	has(await appTableForm.get(form), patched);
	const questions = await appTableFormField.list({
		...form,
		params: { page_size: 2 },
	});
	expect(questions.data).toMatchObject({ total: 4, has_more: true });
	const amount = fake.table(tableId).fieldIds.get("Amount") ?? "";
	const asked = await appTableFormField.patch({
		path: { ...form.path, field_id: amount },
		data: { pre_field_id: "", title: "How much", required: true },
	});
	expect(asked.data).toMatchObject({
		fields: {
			pre_field_id: "",
			title: "How much",
			description: "",
			required: true,
			visible: true,
		},
	});
	has(
		await appTableForm.upgrade({
			...form,
			data: { form_name: "Ask again", display_mode: "traditional" },
		} as Parameters<typeof appTableForm.upgrade>[0]),
		{ form: { id: form.path.form_id } },
	);
});

test("dashboards and automations", async () => {
	const at = { path: { app_token: appToken } };
	const block = fake.addDashboard(appToken, "Overview");
	const flow = fake.addWorkflow(appToken, { title: "Remind" });
	fake.addWorkflow(appToken, { title: "In a block", inBlock: true });
	const { appDashboard, appWorkflow, appBlockWorkflow } = client.bitable.v1;
	has(
		await appDashboard.copy({
			path: { app_token: appToken, block_id: block },
			data: { name: "Other" },
		}),
		{ block_id: text, name: "Other" },
	);
	has(await appDashboard.list({ ...at, params: { page_size: 500 } }), {
		dashboards: [
			{ block_id: block, name: "Overview" },
			{ block_id: text, name: "Other" },
		],
		page_token: text,
		has_more: false,
	});
	await appWorkflow.update({
		path: { app_token: appToken, workflow_id: flow },
		data: { status: "Disable" },
	});
	expect((await appWorkflow.list(at)).data).toEqual({
		workflows: [{ workflow_id: flow, status: "Disable", title: "Remind" }],
	});
	expect((await appBlockWorkflow.list(at)).data).toEqual({
		workflows: [{ workflow_id: text, status: "Enable", title: "In a block" }],
	});
});

test("roles and members", async () => {
	const token = fake.addBase({ name: "Roles", isAdvanced: true });
	const table = fake.addTable(token, {
		name: "T",
		fields: [
			{ name: "Name", type: 1 },
			{ name: "Who", type: 11 },
		],
	});
	const at = { path: { app_token: token } };
	const { appRole, appRoleMember } = client.bitable.v1;
	const data = {
		role_name: "R",
		table_roles: [
			{
				table_id: table,
				table_perm: 2,
				rec_rule: {
					conjunction: "and" as const,
					conditions: [{ field_name: "Who", operator: "contains" as const }],
					other_perm: 0,
				},
				field_perm: { Name: 1 },
				allow_add_record: true,
				allow_delete_record: false,
			},
		],
	};
	const created = await appRole.create({ ...at, data } as Parameters<
		typeof appRole.create
	>[0]);
	expect(created.data?.role).toMatchObject({ role_name: "R", role_id: text });
	const role = {
		path: { ...at.path, role_id: created.data?.role?.role_id ?? "" },
	};
	await appRole.update({
		...role,
		data: { ...data, role_name: "S" },
	} as Parameters<typeof appRole.update>[0]);
	const listed = await appRole.list({ ...at, params: { page_size: 30 } });
	expect(listed.data?.items).toMatchObject([
		{
			role_name: "S",
			table_roles: [
				{
					table_id: table,
					table_name: "T",
					rec_rule: {
						conditions: [{ field_name: "Who", field_type: 11, value: null }],
					},
				},
			],
		},
	]);
	await appRoleMember.create({
		...role,
		params: { member_id_type: "open_id" },
		data: { member_id: person.openId },
	});
	const members = await appRoleMember.list({ ...role });
	expect(members.data?.items).toEqual([
		{
			member_type: "user",
			member_name: "李华",
			member_en_name: "李华",
			open_id: person.openId,
			union_id: person.unionId,
			user_id: person.userId,
		},
	]);
	await appRoleMember.delete({
		path: { ...role.path, member_id: person.openId },
		params: { member_id_type: "open_id" },
	});
	const list = {
		data: { member_list: [{ type: "open_id" as const, id: person.openId }] },
	};
	expect((await appRoleMember.batchCreate({ ...role, ...list })).code).toBe(0);
	expect((await appRoleMember.batchDelete({ ...role, ...list })).code).toBe(0);
	expect((await appRole.delete(role)).code).toBe(0);
});

test("roles 2.0", async () => {
	const token = fake.addBase({
		name: "Wide",
		isAdvanced: true,
		advanceVersion: "v2",
	});
	const table = fake.addTable(token, {
		name: "T",
		fields: [{ name: "Name", type: 1 }],
	});
	const at = { path: { app_token: token } };
	const { appRole } = client.base.v2;
	const made = await appRole.create({
		...at,
		data: {
			role_name: "W",
			table_roles: [
				{
					table_id: table,
					table_perm: 1,
					field_perm: { Name: 3 },
					view_perm: 2,
				},
			],
			base_rule: { base_complex_edit: 0 },
		},
	});
	expect(made.data?.role).toMatchObject({
		role_name: "W",
		table_roles: [{ table_name: "T", field_perm: { Name: 3 }, view_perm: 2 }],
		base_rule: { base_complex_edit: 0 },
	});
	expect((await appRole.list(at)).data?.total).toBe(1);
	const renamed = await appRole.update({
		path: { ...at.path, role_id: made.data?.role?.role_id ?? "" },
		data: { role_name: "X" },
	} as Parameters<typeof appRole.update>[0]);
	expect(renamed.data?.role).toMatchObject({
		role_name: "X",
		table_roles: [{ table_perm: 1 }],
	});
});

test("files: whole, in parts, downloaded, by temporary link", async () => {
	const { media } = client.drive.v1;
	const where = {
		parent_type: "bitable_file" as const,
		parent_node: appToken,
	};
	const whole = await media.uploadAll({
		data: {
			...where,
			file_name: "a.txt",
			size: 5,
			file: Buffer.from("hello"),
		},
	});
	const token = whole?.file_token ?? "";
	expect(token).not.toBe("");
	const big = Buffer.alloc(4_194_304 + 10, 7);
	const prepared = await media.uploadPrepare({
		data: { ...where, file_name: "b.bin", size: big.length },
	});
	expect(prepared.data).toEqual({
		upload_id: text,
		block_size: 4_194_304,
		block_num: 2,
	});
	const upload = prepared.data?.upload_id ?? "";
	for (const seq of [0, 1]) {
		const block = big.subarray(seq * 4_194_304, (seq + 1) * 4_194_304);
		await media.uploadPart({
			data: { upload_id: upload, seq, size: block.length, file: block },
		});
	}
	const finished = await media.uploadFinish({
		data: { upload_id: upload, block_num: 2 },
	});
	const bigToken = finished.data?.file_token ?? "";
	const saved = join(folder, "b.bin");
	const download = await media.download({ path: { file_token: bigToken } });
	await download.writeFile(saved);
	expect(readFileSync(saved).equals(big)).toBe(true);
	const urls = await media.batchGetTmpDownloadUrl({
		params: { file_tokens: [token, bigToken] },
	});
	const [first] = urls.data?.tmp_download_urls ?? [];
	expect(first?.file_token).toBe(token);
	const open = await fetch(first?.tmp_download_url ?? "");
	expect(await open.text()).toBe("hello");
	const written = await client.bitable.v1.appTableRecord.create({
		path,
		data: { fields: { Files: [{ file_token: token }] } },
	});
	expect(written.code).toBe(0);
});

test("wiki nodes, sharing and subscriptions", async () => {
	const node = fake.addWikiNode(appToken);
	const shown = await client.wiki.v2.space.getNode({
		params: { token: node, obj_type: "wiki" },
	});
	expect(shown.data?.node).toMatchObject({
		obj_type: "bitable",
		obj_token: appToken,
		node_token: node,
	});
	has(
		await client.drive.v1.permissionMember.create({
			path: { token: appToken },
			params: { type: "bitable" },
			data: {
				member_type: "openid",
				member_id: person.openId,
				perm: "edit",
			},
		}),
		{
			member: { member_type: "openid", member_id: person.openId, perm: "edit" },
		},
	);
	const file = {
		path: { file_token: appToken },
		params: { file_type: "bitable" as const },
	};
	const { file: files } = client.drive.v1;
	expect((await files.subscribe(file)).code).toBe(0);
	expect((await files.getSubscribe(file)).data).toEqual({ is_subscribe: true });
	expect((await files.deleteSubscribe(file)).code).toBe(0);
});

test("people", async () => {
	const { user, department } = client.contact.v3;
	const team = fake.addDepartment({ name: "HR" });
	const zhao = fake.addPerson({ name: "赵敏", departments: [team.openId] });
	const inside = await user.findByDepartment({
		params: { department_id: team.openId },
	});
	expect(inside.data?.items?.map((each) => each.open_id)).toEqual([
		zhao.openId,
	]);
	const found = await user.batchGetId({ data: { emails: ["lihua@corp.com"] } });
	expect(found.data).toEqual({
		user_list: [{ user_id: person.openId, email: "lihua@corp.com" }],
	});
	const one = await user.get({ path: { user_id: zhao.openId } });
	expect(one.data?.user?.name).toBe("赵敏");
	const children = await department.children({ path: { department_id: "0" } });
	expect(children.data?.items?.[0]).toMatchObject({
		name: "HR",
		member_count: 1,
	});
});

test("a user token acts as its person; failures come in both families", async () => {
	const stranger = fake.addPerson({ name: "Stranger" });
	const { access } = fake.userToken(stranger.openId);
	const { appTable, appTableView } = client.bitable.v1;
	const forbidden = await appTable
		.list({ path: { app_token: appToken } }, lark.withUserAccessToken(access))
		.catch((error) => error.response);
	expect(forbidden).toMatchObject({
		status: 403,
		data: { code: 91403, msg: "Forbidden", data: {} },
	});
	const old = await appTable.list({ path: { app_token: "bascnMissing00000" } });
	expect(old).toMatchObject({ code: 1254040, error: { log_id: text } });
	const newer = await appTableView
		.get({ path: { ...path, view_id: "vewMissing" } })
		.catch((error) => error.response);
	expect(newer).toMatchObject({ status: 404, data: { code: 1254042 } });
	const wrong = new lark.Client({
		appId: "cli_0000000000000000",
		appSecret: "none",
		domain: listening.origin,
		logger,
	});
	await expect(
		wrong.bitable.v1.app.get({ path: { app_token: appToken } }),
	).rejects.toThrow("code: 10014");
});

test("every bitable, media and wiki endpoint was called by the client above", () => {
	const patterns = ROUTES.filter(({ path: each }) =>
		/\/(bitable|base|medias|wiki)\//.test(each),
	).map(({ method, path: each }) => ({
		name: `${method} ${each}`,
		pattern: new RegExp(`^${each.replace(/:\w+/g, "[^/]+")}$`),
		method,
	}));
	const missed = patterns.filter(
		({ method, pattern }) =>
			!fake.log.some(
				({ request, response }) =>
					request.method === method &&
					pattern.test(request.path) &&
					response.status === 200,
			),
	);
	expect(missed.map(({ name }) => name)).toEqual([]);
});
