import { describe, expect, onTestFinished, test } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import * as calls from "../../../src/vendors/dingtalk/calls.js";
import { virtualClock } from "../../clock.js";
import { failureOf } from "../../conformance/session.js";
import {
	createDingtalkFake,
	type DingtalkFake,
	type DingtalkSwitches,
} from "../../fakes/dingtalk/index.js";
import { temporaryFolder } from "../../folder.js";
import { connected, type TestClient } from "../../server/client.js";
import { dispatcherOf } from "./dingtalk-session.js";

const SITE = "https://alidocs.dingtalk.com/i";
const INTERACTIVE = { priority: "interactive" } as const;

interface World extends TestClient {
	readonly fake: DingtalkFake;
	readonly base: string;
	readonly table: string;
	readonly adapter: Adapter;
}

async function world(
	options: {
		readonly switches?: Partial<DingtalkSwitches>;
		readonly bases?: (fake: DingtalkFake, base: string) => readonly string[];
	} = {},
): Promise<World> {
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		...(options.switches === undefined ? {} : { switches: options.switches }),
	});
	const base = fake.addBase({ name: "Base", id: "base1" });
	fake.addSheet(base, {
		name: "Sheet",
		id: "sheet1",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Files", type: "attachment" },
			{ name: "Who", type: "user" },
			{ name: "Where", type: "department" },
		],
	});
	const client = await connected({
		clock,
		config: {
			toolsets: "all",
			connections: {
				dingtalk: {
					vendor: "dingtalk",
					app_key: fake.app.key,
					app_secret: fake.app.secret,
					operator_id: fake.operatorId,
					bases: options.bases?.(fake, base) ?? [base],
				},
			},
		},
		dispatcher: await dispatcherOf(fake, clock)(),
	});
	const connection = client.session.connections.get("dingtalk");
	if (connection === undefined) throw new Error("no connection");
	return {
		...client,
		fake,
		base,
		table: `dingtalk:${base}/sheet1`,
		adapter: await connection.adapter(),
	};
}

/** Calls that were made, as the list of endpoints names them. */
function reached({ fake }: Pick<World, "fake">): ReadonlySet<string> {
	const patterns = Object.entries(calls).map(([name, { method, path }]) => ({
		name,
		method,
		pattern: new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`),
		literal: !path.endsWith("}"),
	}));
	return new Set(
		fake.log.flatMap(({ request, response }) => {
			const fits = patterns.filter(
				({ method, pattern }) =>
					method === request.method && pattern.test(request.path),
			);
			const best = fits.find(({ literal }) => literal) ?? fits[0];
			const absent = String(response.body).includes("InvalidAction.NotFound");
			return best === undefined || absent ? [] : [best.name];
		}),
	);
}

test("every endpoint is reached through a tool", async () => {
	const here = await world({
		bases: (fake, base) => [
			base,
			`${SITE}/spaces/${fake.workspaceId}/overview`,
		],
	});
	const { fake, base, table } = here;
	const ann = fake.addUser({ name: "Ann", email: "ann@example.com" });
	fake.addDepartment({ name: "Sales" });
	const other = fake.addBase({
		name: "Elsewhere",
		parentId: fake.addWorkspace("Other").rootNodeId,
	});
	fake.addSheet(other, { name: "Far", fields: [{ name: "T", type: "text" }] });

	await here.ok("list_tables", {});
	await here.ok("list_tables", { base: `${SITE}/nodes/${base}` });
	await here.refused("list_tables", { base: `${SITE}/team/x` });
	await here.ok("list_tables", { base: "Elsewhere" });
	const made = await here.ok("create_table", {
		connection: "dingtalk",
		base,
		name: "More",
		fields: [{ name: "Title", type: "text" }],
	});
	const more = made.structured.table as string;
	await here.ok("update_table", { table: more, name: "Much more" });
	await here.ok("create_field", { table: more, name: "N", type: "number" });
	await here.ok("update_field", { table: more, field: "N", name: "M" });
	await here.ok("delete_field", { table: more, field: "M", confirm: "M" });
	await here.ok("delete_table", { table: more, confirm: "Much more" });
	const created = await here.ok("create_records", {
		table,
		records: [
			{ fields: { Title: "a", Who: ["Ann"], Where: ["Sales"] } },
			{ fields: { Title: "b", Who: ["ann@example.com"] } },
		],
	});
	const [id] = created.structured.ids;
	const read = await here.ok("query_records", { table });
	expect(read.structured.rows.map((row: unknown[]) => row.slice(1, 5))).toEqual(
		[
			["a", null, ["Ann"], ["Sales"]],
			["b", null, ["Ann"], null],
		],
	);
	await here.ok("query_records", {
		table,
		record_ids: [id],
		fields: ["$created_by"],
	});
	await here.ok("update_records", {
		table,
		records: [{ id, fields: { Title: "c" } }],
	});
	here.put("a.txt", "text");
	await here.ok("upload_attachment", {
		table,
		files: [{ file: "a.txt", record_id: id }],
	});
	await here.ok("delete_records", { table, record_ids: [id] });
	await here.ok("create_base", { connection: "dingtalk", name: "New" });
	await here.ok("update_base", { base, advanced_permissions: true });
	const role = (await here.ok("create_role", { base, name: "HR" })).structured
		.role as string;
	await here.ok("update_role", { base, role, name: "People" });
	await here.ok("add_role_members", {
		base,
		role,
		members: [ann.unionId, fake.operatorId],
	});
	await here.ok("list_role_members", { base, role });
	const removal = { base, role, members: [fake.operatorId] };
	const kept = await here.refused("remove_role_members", removal);
	expect(kept.text).toContain('confirm: "People"');
	await here.ok("remove_role_members", { ...removal, confirm: "People" });
	await here.ok("list_roles", { base });
	const undeleted = await here.refused("delete_role", { base, role });
	expect(undeleted.text).toContain('confirm: "People"');
	await here.ok("delete_role", { base, role, confirm: "People" });
	const flow = fake.addWorkflow(base, { name: "Remind" });
	for (const enabled of [false, true])
		await here.ok("switch_automation", {
			base,
			automation: flow.name,
			enabled,
		});
	await here.ok("list_contacts", { connection: "dingtalk" });
	await here.ok("list_contacts", { connection: "dingtalk", kind: "team" });

	// The lookup of a lost insert is asked when one is lost: see the transport's tests.
	const missing = Object.keys(calls).filter(
		(name) => !reached(here).has(name) && name !== "changedRecordIds",
	);
	expect(missing).toEqual([]);
});

describe("bases", () => {
	test("a folder or workspace in the configuration stands for its bases, with their names", async () => {
		const here = await world({
			bases: (fake) => {
				const folder = fake.addNode({ name: "Folder" });
				const below = fake.addNode({ name: "Below", parentId: folder.id });
				for (const [name, parentId] of [
					["One", folder.id],
					["Two", below.id],
				] as const)
					fake.addSheet(fake.addBase({ name, parentId }), {
						name: `Sheet of ${name}`,
						fields: [{ name: "T", type: "text" }],
					});
				fake.addNode({ name: "Words", parentId: folder.id, extension: "adoc" });
				return [`${SITE}/nodes/${folder.id}`];
			},
		});
		const { structured } = await here.ok("list_tables", {});
		expect(
			structured.tables.map(
				({ name, base_name }: { name: string; base_name: string }) => [
					base_name,
					name,
				],
			),
		).toEqual([
			["One", "Sheet of One"],
			["Two", "Sheet of Two"],
		]);
	});

	test("bases have no names where the wiki is closed to the app, and are listed all the same", async () => {
		const here = await world();
		here.fake.withhold("Wiki.Node.Read");
		const { structured } = await here.ok("list_tables", {});
		expect(structured.tables).toMatchObject([
			{ name: "Sheet", base: here.base, url: expect.stringContaining(SITE) },
		]);
		expect(structured.tables[0]).not.toHaveProperty("base_name");
	});

	test("a base is found by its name, where the app may search", async () => {
		const here = await world();
		const far = here.fake.addBase({ name: "销售" });
		here.fake.addSheet(far, {
			name: "客户",
			fields: [{ name: "T", type: "text" }],
		});
		const { structured } = await here.ok("list_tables", { base: "销售" });
		expect(structured.tables).toMatchObject([{ name: "客户", base: far }]);
		here.fake.withhold("Storage.Dentry.Search");
		const refused = await here.refused("list_tables", { base: "财务" });
		expect(refused.text).toContain('no base "财务"');
	});

	test("a base that is gone does not hide the others", async () => {
		const here = await world({ bases: (_, base) => [base, "gone"] });
		const { structured } = await here.ok("list_tables", {});
		expect(structured.tables).toHaveLength(1);
		expect(structured.notes.join()).toContain("gone");
	});

	test("a new base is made in a folder, in a workspace or among the operator's own, and has its tables", async () => {
		const here = await world({ switches: { initializingMs: 2_000 } });
		const folder = here.fake.addNode({ name: "Folder" });
		for (const place of [
			{},
			{ folder: folder.id },
			{ folder: `${SITE}/nodes/${folder.id}` },
			{ folder: `${SITE}/spaces/${here.fake.workspaceId}/overview` },
		]) {
			const { structured } = await here.ok("create_base", {
				connection: "dingtalk",
				name: "New",
				tables: [{ name: "Mine", fields: [{ name: "Title", type: "text" }] }],
				...place,
			});
			expect(structured.url).toBe(`${SITE}/nodes/${structured.base}`);
			// The sheet that comes with a base is gone.
			expect(here.fake.sheets(structured.base).map(({ name }) => name)).toEqual(
				["Mine"],
			);
			const node = here.fake.store.nodes.get(structured.base);
			expect(node?.parentId === folder.id).toBe(
				"folder" in place && place.folder.includes(folder.id),
			);
		}
		const zoned = await here.refused("create_base", {
			connection: "dingtalk",
			name: "New",
			time_zone: "Asia/Tokyo",
		});
		expect(zoned.text).toContain("no time zone");
	});
});

describe("addresses", () => {
	test.each([
		["/nodes/base1", { base: "base1" }],
		["/nodes/base1?utm_source=x", { base: "base1" }],
		[
			`/nodes/base1?iframeQuery=${encodeURIComponent("sheetId=sheet1")}`,
			{ base: "base1", table: "sheet1" },
		],
		["/nodes/base1?sheetId=sheet1", { base: "base1", table: "sheet1" }],
		[
			`/nodes/base1?iframeQuery=${encodeURIComponent("sheetId=sheet1&viewId=v")}`,
			{
				base: "base1",
				table: "sheet1",
				note: expect.stringContaining("no views"),
			},
		],
		["/nodes/base1?sheetId=gone", { base: "base1", table: "gone" }],
		["/p/abc", { unresolvable: expect.stringContaining("share link") }],
		[
			"/spaces/s/overview",
			{ unresolvable: expect.stringContaining("workspace") },
		],
		["/desktop", { unresolvable: expect.stringContaining("/i/nodes/") }],
	])("%s", async (path, names) => {
		const { adapter } = await world();
		expect(
			await adapter.resolveUrl(new URL(`${SITE}${path}`), INTERACTIVE),
		).toEqual(names);
	});

	test("a document of another kind, and one that is not there, are reported", async () => {
		const { adapter, fake } = await world();
		const words = fake.addNode({ name: "Words", extension: "adoc" });
		for (const [id, message] of [
			[words.id, "is not an AI Table"],
			["nobody", "no such base"],
		]) {
			const failure = await failureOf(
				adapter.resolveUrl(new URL(`${SITE}/nodes/${id}`), INTERACTIVE),
			);
			expect(failure.code).toBe("not_found");
			expect(failure.message).toContain(message);
		}
	});

	test("other hosts are not ours", async () => {
		const { adapter } = await world();
		for (const url of [
			"https://example.com/i/nodes/base1",
			"https://aitable.ai/workbench/dst1",
		])
			expect(
				await adapter.resolveUrl(new URL(url), INTERACTIVE),
			).toBeUndefined();
	});
});

describe("schema", () => {
	test("the last sheet and the first column are not deleted", async () => {
		const here = await world();
		const sheet = await here.refused("delete_table", {
			table: here.table,
			confirm: "Sheet",
		});
		expect(sheet.text).toContain("only sheet");
		const column = await here.refused("delete_field", {
			table: here.table,
			field: "Title",
			confirm: "Title",
		});
		expect(column.text).toContain("primary field");
		expect(here.fake.sheets(here.base)).toHaveLength(1);
	});

	test("a type is not changed, and the way round is reported", async () => {
		const here = await world();
		const refused = await here.refused("update_field", {
			table: here.table,
			field: "Title",
			type: "number",
			confirm: "to number: Title",
		});
		expect(refused.text).toMatch(/cannot change a field's type.*create_field/s);
	});

	test("options are sent whole with their ids; what the vendor made of them is read", async () => {
		const here = await world();
		here.fake.addField(here.base, "Sheet", {
			id: "state",
			name: "State",
			type: "singleSelect",
			property: { choices: [{ name: "A" }, { name: "B" }] },
		});
		await here.ok("update_field", {
			table: here.table,
			field: "State",
			settings: { options: [{ name: "C" }] },
		});
		const sent = here.fake.log.findLast(
			({ request }) => request.method === "PUT",
		);
		const { property } = JSON.parse(sent?.request.body.toString() ?? "");
		expect(property.choices).toEqual([
			{ id: expect.any(String), name: "A" },
			{ id: expect.any(String), name: "B" },
			{ name: "C" },
		]);

		here.fake.set({ choicesUpdate: "merge" });
		const kept = await here.refused("update_field", {
			table: here.table,
			field: "State",
			settings: { remove_options: ["A"] },
			confirm: "without A: State",
		});
		expect(kept.text).toContain('"A" should be gone');

		here.fake.set({ choiceIds: false });
		const blind = await here.refused("update_field", {
			table: here.table,
			field: "State",
			settings: { options: [{ name: "D" }] },
		});
		expect(blind.text).toContain("could empty cells");
		// A name is changed all the same, without touching the options.
		await here.ok("update_field", {
			table: here.table,
			field: "State",
			name: "Status",
		});
	});

	test("settings that the API does not have are refused by name", async () => {
		const here = await world();
		const field = await here.refused("create_field", {
			table: here.table,
			name: "N",
			type: "number",
			settings: { description: "words", default: 1 },
		});
		expect(field.text).toContain("cannot set `description`, `default`");
		const table = await here.refused("create_table", {
			connection: "dingtalk",
			base: here.base,
			name: "T",
			description: "words",
			fields: [{ name: "Title", type: "text" }],
		});
		expect(table.text).toContain("cannot set `description`");
		expect(here.fake.sheets(here.base)).toHaveLength(1);
	});
});

describe("files", () => {
	test("a file is added to a cell; what is there is carried over, an online document is not", async () => {
		const here = await world();
		const [id] = here.fake.addRecords(here.base, "Sheet", [
			{
				Title: "a",
				Files: [
					here.fake.addAttachment(here.base, {
						name: "old.txt",
						bytes: Buffer.from("old"),
					}),
				],
			},
		]);
		here.put("new.txt", "new");
		await here.ok("upload_attachment", {
			table: here.table,
			files: [{ file: "new.txt", record_id: id }],
		});
		const content = await here.ok("download_attachment", {
			table: here.table,
			field: "Files",
			record_ids: [id],
			as: "content",
		});
		expect(content.text).toMatch(/old\.txt":\nold.*new\.txt":\nnew/s);
		const links = await here.ok("download_attachment", {
			table: here.table,
			field: "Files",
			record_ids: [id],
			as: "link",
		});
		expect(links.structured.attachments[0].link).toMatch(
			/Expires=.*Signature=/,
		);

		here.fake.attachDocument(here.base, "Sheet", id as string, "Files", {
			name: "Plan",
			url: "https://alidocs.dingtalk.com/i/nodes/plan",
		});
		const document = await here.refused("download_attachment", {
			table: here.table,
			field: "Files",
			record_ids: [id],
			name: "Plan",
		});
		expect(document.text).toContain("online document");
	});

	test("bytes go where the vendor says, with the type that was named, and without the token", async () => {
		const here = await world();
		here.put("photo.png", Buffer.from([1, 2, 3]));
		await here.ok("upload_attachment", {
			table: here.table,
			files: [{ file: "photo.png" }],
		});
		const [asked, sent] = here.fake.log.slice(-2);
		expect(JSON.parse(asked?.request.body.toString() ?? "")).toEqual({
			size: 3,
			mediaType: "image/png",
			resourceName: "photo.png",
		});
		expect(sent?.request).toMatchObject({
			method: "PUT",
			path: expect.stringMatching(/^\/files\/upload\//),
			headers: expect.objectContaining({ "content-type": "image/png" }),
		});
		expect(sent?.request.headers).not.toHaveProperty(
			"x-acs-dingtalk-access-token",
		);
	});
});

describe("people", () => {
	test("found by name, e-mail, unionId or userid; two of a name are distinguished by id", async () => {
		const here = await world();
		const { fake } = here;
		const ann = fake.addUser({ name: "Ann", email: "Ann@example.com" });
		const sales = fake.addDepartment({ name: "Sales" });
		fake.addUser({
			name: "Li",
			departmentIds: [sales],
			email: "li@example.com",
		});
		fake.addUser({ name: "Li" });
		const short = fake.addUser({ name: "Short", unionId: "u7" });
		const write = (who: string) =>
			here.call("create_records", {
				table: here.table,
				records: [{ fields: { Title: who, Who: [who] } }],
			});
		for (const who of [
			"Ann",
			"ann",
			"ann@example.com",
			"li@example.com",
			ann.unionId,
			short.unionId,
			short.userId,
		])
			expect([who, (await write(who)).isError]).toEqual([who, false]);
		expect((await write("Li")).text).toMatch(/names 2 (people|records of)/);
		expect((await write("Nobody")).text).toMatch(/found no person/);
		const { structured } = await here.ok("query_records", {
			table: here.table,
			fields: ["Who"],
		});
		expect(
			structured.rows.map(([, who]: [string, string[]]) => who[0]),
		).toEqual(["Ann", "Ann", "Ann", "Li", "Ann", "Short", "Short"]);
	});

	test("names are read once, in two calls each", async () => {
		const here = await world();
		here.fake.addRecords(
			here.base,
			"Sheet",
			Array.from({ length: 30 }, () => ({
				Who: [{ unionId: here.fake.operatorId }],
			})),
		);
		for (let round = 0; round < 3; round++)
			await here.ok("query_records", { table: here.table });
		expect(
			here.fake.log.filter(({ request }) =>
				request.path.startsWith("/topapi/"),
			),
		).toHaveLength(2);
	});

	test("contacts: members of a department page by page, departments below one; roles and changes are refused", async () => {
		const here = await world();
		const sales = here.fake.addDepartment({ name: "Sales" });
		for (let index = 0; index < 150; index++)
			here.fake.addUser({ name: `P${index}`, departmentIds: [sales] });
		const members = await here.ok("list_contacts", {
			connection: "dingtalk",
			inside: String(sales),
			limit: 1000,
		});
		expect(members.structured.contacts).toHaveLength(150);
		const teams = await here.ok("list_contacts", {
			connection: "dingtalk",
			kind: "team",
		});
		expect(teams.structured.contacts).toEqual([
			{ id: String(sales), kind: "team", name: "Sales", parent: "1" },
		]);
		const found = await here.ok("list_contacts", {
			connection: "dingtalk",
			inside: String(sales),
			search: "p149",
		});
		expect(found.structured.contacts).toMatchObject([{ name: "P149" }]);
		for (const [tool, args, text] of [
			["list_contacts", { kind: "role" }, "not read by this server"],
			["list_contacts", { inside: "Sales" }, "is not the id of a department"],
		] as const)
			expect(
				(await here.refused(tool, { connection: "dingtalk", ...args })).text,
			).toContain(text);
	});
});

describe("roles and automations, which are experimental", () => {
	test("rights on tables are refused, names and members kept", async () => {
		const here = await world();
		const refused = await here.refused("create_role", {
			base: here.base,
			name: "HR",
			tables: [{ table: here.table, access: "read" }],
		});
		expect(refused.text).toContain("DingTalk documents no call");
		const { structured } = await here.ok("create_role", {
			base: here.base,
			name: "HR",
		});
		await here.ok("add_role_members", {
			base: here.base,
			role: "HR",
			members: [here.fake.operatorId],
		});
		const last = await here.refused("remove_role_members", {
			base: here.base,
			role: "HR",
			members: [here.fake.operatorId],
			confirm: "HR",
		});
		expect(last.text).toContain("last members");
		const members = await here.ok("list_role_members", {
			base: here.base,
			role: structured.role,
		});
		expect(members.structured.members).toEqual([
			{ id: here.fake.operatorId, name: null, kind: "user" },
		]);
		const renamed = await here.refused("update_base", {
			base: here.base,
			name: "Other",
		});
		expect(renamed.text).toContain("cannot rename a base");
	});

	test("a host that does not have them says so, and what to do", async () => {
		const here = await world({ switches: { roles: false, workflows: false } });
		for (const tool of ["list_roles", "list_automations"]) {
			const { text } = await here.refused(tool, { base: here.base });
			expect(text).toMatch(/does not have that part of the API/);
			expect(text).toContain("experimental");
		}
	});

	test("automations are listed page by page, and are on or off", async () => {
		const here = await world();
		for (let index = 0; index < 120; index++)
			here.fake.addWorkflow(here.base, {
				name: `F${index}`,
				isEnabled: index % 2 === 0,
			});
		const { structured } = await here.ok("list_automations", {
			base: here.base,
		});
		expect(structured.automations).toHaveLength(120);
		expect(structured.automations.slice(0, 2)).toMatchObject([
			{ name: "F0", enabled: true },
			{ name: "F1", enabled: false },
		]);
	});
});

test("the hosts outside of China are the same API", async () => {
	const clock = virtualClock();
	const fake = createDingtalkFake({ clock, switches: { language: "en" } });
	const base = fake.addBase({ name: "Base" });
	const { FakeDispatcher } = await import("../../fakes/dispatcher.js");
	const { sessionOf } = await import("../../conformance/session.js");
	const { dingtalkVendor } = await import(
		"../../../src/vendors/dingtalk/index.js"
	);
	const { session, close } = sessionOf({
		vendor: dingtalkVendor as never,
		clock,
		folder: temporaryFolder(),
		dispatcher: async () =>
			new FakeDispatcher(
				{
					"https://api.dingtalk.io": fake,
					"https://oapi.dingtalk.io": fake,
				},
				clock,
			),
		config: {
			app_key: fake.app.key,
			app_secret: fake.app.secret,
			user_id: [...fake.store.users.values()][0]?.userId,
			base_url: "https://api.dingtalk.io",
			bases: [base],
		},
	});
	onTestFinished(close);
	const adapter = await session.connections.get("dingtalk")?.adapter();
	const findings = await adapter?.check(INTERACTIVE);
	expect(findings?.filter(({ level }) => level === "error")).toEqual([]);
	expect(new Set(fake.log.map(({ request }) => request.origin))).toEqual(
		new Set(["https://api.dingtalk.io", "https://oapi.dingtalk.io"]),
	);
});
