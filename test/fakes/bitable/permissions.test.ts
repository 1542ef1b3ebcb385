import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { createBitableFake } from "./index.js";

function set() {
	const clock = virtualClock();
	const fake = createBitableFake({ clock });
	const li = fake.addPerson({ name: "李雷" });
	const han = fake.addPerson({ name: "韩梅" });
	const base = fake.addBase({ name: "Base" });
	const table = fake.addTable(base, {
		name: "Reviews",
		fields: [
			{ name: "Name", type: 1 },
			{ name: "Who", type: 11 },
			{ name: "Score", type: 2 },
			{
				name: "State",
				type: 3,
				property: { options: [{ name: "open" }, { name: "done" }] },
			},
		],
	});
	const ids = fake.addRecords(
		table,
		[
			{ Name: "a", Who: [{ id: li.openId }], Score: 1, State: "open" },
			{ Name: "b", Who: [{ id: han.openId }], Score: 2, State: "done" },
		],
		{ by: (index) => (index === 0 ? li.openId : han.openId) },
	);
	for (const person of [li, han]) fake.share(base, person.openId, "edit");
	const call = fakeClient(fake, clock);
	const as = (openId: string) => {
		const { access: token } = fake.userToken(openId);
		return (method: string, path: string, body?: unknown) =>
			call(method, path, body, { token });
	};
	const A = `/open-apis/bitable/v1/apps/${base}`;
	const T = `${A}/tables/${table}`;
	return { clock, fake, li, han, base, table, ids, call, as, A, T };
}

const role = (table_id: string, more: Record<string, unknown> = {}) => ({
	role_name: "R",
	table_roles: [{ table_id, table_perm: 2, ...more }],
});

test("role calls start some time after advanced permissions are on", () => {
	const { call, clock, fake, A, table } = set();
	expect(call("GET", `${A}/roles`)).toMatchObject({
		status: 400,
		code: 1254301,
	});
	expect(call("PUT", A, { is_advanced: true }).data.app.is_advanced).toBe(true);
	expect(call("POST", `${A}/roles`, role(table)).code).toBe(1254301);
	clock.advance(3_000);
	expect(call("POST", `${A}/roles`, role(table)).code).toBe(0);
	fake.set({ advancedStartMs: 0 });
	expect(call("PUT", A, { is_advanced: false }).code).toBe(0);
	expect(call("GET", `${A}/roles`).code).toBe(1254301);
});

test("without a role: a search succeeds with nothing, the rest is refused", () => {
	const { as, fake, base, li, ids, T } = set();
	fake.base(base).isAdvanced = true;
	const call = as(li.openId);
	expect(call("POST", `${T}/records/search`, {})).toMatchObject({
		code: 0,
		data: { items: [], has_more: false, total: 0 },
	});
	expect(call("GET", `${T}/records`)).toMatchObject({
		status: 200,
		code: 1254302,
	});
	expect(call("GET", `${T}/records/${ids[0]}`)).toMatchObject({
		status: 200,
		code: 1254302,
	});
	expect(
		call("POST", `${T}/records/batch_get`, { record_ids: ids }),
	).toMatchObject({ status: 400, code: 1254302 });
	expect(call("POST", `${T}/records`, { fields: {} })).toMatchObject({
		status: 403,
		code: 1254302,
	});
});

test("a role shows the visitor's own rows, and its fields as they are allowed", () => {
	const { as, call, fake, base, li, han, ids, table, A, T } = set();
	fake.base(base).isAdvanced = true;
	const made = call(
		"POST",
		`${A}/roles`,
		role(table, {
			rec_rule: {
				conjunction: "and",
				conditions: [{ field_name: "Who", operator: "contains", value: [] }],
				other_perm: 0,
			},
			field_perm: { Score: 1 },
			allow_add_record: false,
		}),
	);
	const M = `${A}/roles/${made.data.role.role_id}/members`;
	expect(call("POST", M, { member_id: li.openId }).code).toBe(0);
	const own = as(li.openId);
	const names = () =>
		own("POST", `${T}/records/search`, {}).data.items.map(
			(item: { record_id: string }) => item.record_id,
		);
	expect(names()).toEqual([ids[0]]);
	expect(
		own("POST", `${T}/records/batch_get`, { record_ids: ids }).data,
	).toMatchObject({
		records: [{ record_id: ids[0] }],
		forbidden_record_ids: [ids[1]],
	});
	const update = (id: string | undefined, fields: unknown) =>
		own("PUT", `${T}/records/${id}`, { fields }).code;
	expect(update(ids[0], { Name: "mine" })).toBe(0);
	expect(update(ids[0], { Score: 5 })).toBe(1254302);
	expect(update(ids[1], { Name: "theirs" })).toBe(1254302);
	expect(own("POST", `${T}/records`, { fields: {} }).code).toBe(1254302);
	expect(own("DELETE", `${T}/records/${ids[1]}`).code).toBe(1254302);
	expect(own("DELETE", `${T}/records/${ids[0]}`).code).toBe(0);
	expect(as(han.openId)("POST", `${T}/records/search`, {}).data.items).toEqual(
		[],
	);
	expect(own("GET", `${A}/roles`)).toMatchObject({
		status: 403,
		code: 1254302,
	});
});

test("rules by creator and by option id; others' rows may be readable; members through chats and departments", () => {
	const { as, call, fake, base, li, han, ids, table, A, T } = set();
	fake.base(base).isAdvanced = true;
	const department = fake.addDepartment({ name: "D" });
	const zhao = fake.addPerson({
		name: "赵敏",
		departments: [department.openId],
	});
	fake.share(base, zhao.openId, "edit");
	const chat = fake.addChat({ name: "C", members: [han.openId] });
	const done = fake
		.table(table)
		.fields.get(fake.table(table).fieldIds.get("State") ?? "")?.options[1]?.id;
	const roles = [
		{
			name: "creator",
			rule: {
				conditions: [{ field_name: "", operator: "contains", value: null }],
				other_perm: 1,
			},
			member: ["chat_id", chat.id],
		},
		{
			name: "done",
			rule: {
				conditions: [{ field_name: "State", operator: "is", value: [done] }],
			},
			member: ["open_department_id", department.openId],
		},
	];
	for (const { name, rule, member } of roles) {
		const made = call("POST", `${A}/roles`, {
			...role(table, { rec_rule: rule }),
			role_name: name,
		}).data.role;
		expect(
			call(
				"POST",
				`${A}/roles/${made.role_id}/members?member_id_type=${member[0]}`,
				{ member_id: member[1] },
			).code,
		).toBe(0);
	}
	const seen = (openId: string) =>
		as(openId)("POST", `${T}/records/search`, {}).data.items.map(
			(item: { record_id: string }) => item.record_id,
		);
	expect(seen(han.openId)).toEqual(ids);
	expect(
		as(han.openId)("PUT", `${T}/records/${ids[0]}`, { fields: { Name: "x" } })
			.code,
	).toBe(1254302);
	expect(
		as(han.openId)("PUT", `${T}/records/${ids[1]}`, { fields: { Name: "x" } })
			.code,
	).toBe(0);
	expect(seen(zhao.openId)).toEqual([ids[1]]);
	expect(seen(li.openId)).toEqual([]);
});

test("roles: names, tables, limits; a new update keeps what it does not name, an old one does not", () => {
	const { call, fake, base, table, A } = set();
	fake.base(base).isAdvanced = true;
	const other = fake.addTable(base, {
		name: "Other",
		fields: [{ name: "A", type: 1 }],
	});
	const create = (body: unknown) => call("POST", `${A}/roles`, body);
	expect(create({ ...role(table), role_name: "" })).toMatchObject({
		status: 400,
		code: 1254032,
	});
	expect(create(role("tblnope")).code).toBe(1254041);
	expect(create({ role_name: "R" }).code).toBe(1254001);
	expect(create(role(table, { table_perm: 3 })).code).toBe(1254001);
	expect(create(role(table, { field_perm: { Nope: 1 } })).code).toBe(1254045);
	expect(
		create({
			...role(table),
			block_roles: [{ block_id: "blknope", block_perm: 1 }],
		}).code,
	).toBe(1254050);
	const made = create({
		role_name: "R",
		table_roles: [
			{ table_id: table, table_perm: 1 },
			{ table_id: other, table_perm: 4 },
		],
	}).data.role;
	expect(create(role(table))).toMatchObject({ status: 400, code: 1254033 });
	fake.set({ limits: "new" });
	const update = () =>
		call(
			"PUT",
			`${A}/roles/${made.role_id}`,
			role(table),
		).data.role.table_roles.map(
			(each: { table_id: string; table_perm: number }) => [
				each.table_id,
				each.table_perm,
			],
		);
	expect(update()).toEqual([
		[other, 4],
		[table, 2],
	]);
	fake.set({ limits: "seed" });
	expect(update()).toEqual([[table, 2]]);
	for (let index = 1; index < 30; index++)
		fake.addRole(base, { name: `r${index}` });
	expect(create({ ...role(table), role_name: "one more" })).toMatchObject({
		status: 400,
		code: 1254110,
	});
	expect(call("GET", `${A}/roles?page_size=31`).code).toBe(1254011);
	expect(call("GET", `${A}/roles?page_size=30`).data).toMatchObject({
		total: 30,
		has_more: false,
		page_token: expect.stringMatching(/^rol/),
	});
	expect(call("DELETE", `${A}/roles/${made.role_id}`).code).toBe(0);
	expect(call("DELETE", `${A}/roles/${made.role_id}`)).toMatchObject({
		status: 404,
		code: 1254047,
	});
});

test("members: kinds of ids, unknown ones, at most 200", () => {
	const { call, fake, base, li, A } = set();
	fake.base(base).isAdvanced = true;
	const id = fake.addRole(base, { name: "R" });
	const M = `${A}/roles/${id}/members`;
	expect(
		call("POST", `${M}?member_id_type=union_id`, { member_id: li.unionId })
			.code,
	).toBe(0);
	expect(call("GET", M).data).toMatchObject({
		total: 1,
		items: [{ member_type: "user", open_id: li.openId, user_id: li.userId }],
	});
	expect(call("POST", M, { member_id: "ou_nope" })).toMatchObject({
		status: 404,
		code: 1254048,
	});
	const list = (...open: string[]) => ({
		member_list: open.map((each) => ({ type: "open_id", id: each })),
	});
	expect(call("POST", `${M}/batch_create`, list("ou_nope"))).toMatchObject({
		status: 400,
		code: 1254048,
	});
	expect(call("DELETE", `${M}/${li.userId}?member_id_type=user_id`).code).toBe(
		0,
	);
	const people = Array.from(
		{ length: 201 },
		(_, index) => fake.addPerson({ name: `p${index}` }).openId,
	);
	expect(
		call("POST", `${M}/batch_create`, list(...people.slice(0, 101))).code,
	).toBe(1254001);
	expect(
		call("POST", `${M}/batch_create`, list(...people.slice(0, 100))).code,
	).toBe(0);
	expect(
		call("POST", `${M}/batch_create`, list(...people.slice(100, 200))).code,
	).toBe(0);
	expect(call("POST", M, { member_id: people[200] })).toMatchObject({
		status: 400,
		code: 1254111,
	});
	expect(
		call("POST", `${M}/batch_delete`, list(...people.slice(0, 100))).code,
	).toBe(0);
	expect(call("GET", `${M}?page_size=100`).data.total).toBe(100);
});

test("sharing a base, and people found by address", () => {
	const { call, as, fake, base, A } = set();
	const lihua = fake.addPerson({
		name: "李华",
		email: "lihua@corp.com",
		mobile: "+8613800000000",
	});
	const share = (body: unknown, query = "?type=bitable") =>
		call(
			"POST",
			`/open-apis/drive/v1/permissions/${base}/members${query}`,
			body,
		);
	expect(as(lihua.openId)("GET", A).code).toBe(91403);
	expect(
		share({ member_type: "email", member_id: "nobody@corp.com", perm: "edit" }),
	).toMatchObject({ status: 400, code: 1063001 });
	expect(
		share({ member_type: "email", member_id: "lihua@corp.com", perm: "owner" })
			.code,
	).toBe(1063001);
	expect(
		share(
			{ member_type: "email", member_id: "lihua@corp.com", perm: "edit" },
			"",
		).code,
	).toBe(1063001);
	expect(
		share({ member_type: "email", member_id: "lihua@corp.com", perm: "edit" })
			.data,
	).toEqual({
		member: { member_type: "email", member_id: "lihua@corp.com", perm: "edit" },
	});
	expect(as(lihua.openId)("GET", A).code).toBe(0);
	expect(
		as(lihua.openId)(
			"POST",
			`/open-apis/drive/v1/permissions/${base}/members?type=bitable`,
			{ member_type: "email", member_id: "lihua@corp.com", perm: "edit" },
		),
	).toMatchObject({ status: 403, code: 1063004 });
	const contact = "/open-apis/contact/v3";
	expect(
		call("POST", `${contact}/users/batch_get_id`, {
			emails: ["lihua@corp.com", "no@corp.com"],
			mobiles: ["+8613800000000"],
		}).data.user_list,
	).toEqual([
		{ user_id: lihua.openId, email: "lihua@corp.com" },
		{ email: "no@corp.com" },
		{ user_id: lihua.openId, mobile: "+8613800000000" },
	]);
	expect(
		call(
			"GET",
			`${contact}/users/batch?user_ids=${lihua.openId}&user_ids=ou_nope`,
		).data.items,
	).toMatchObject([{ name: "李华", email: "lihua@corp.com" }]);
	expect(call("GET", `${contact}/users/ou_nope`)).toMatchObject({
		status: 400,
		code: 40013,
	});
	expect(call("GET", `${contact}/departments/od-nope/children`).code).toBe(
		43000,
	);
	fake.app.scopes.delete("contact:user.email:readonly");
	fake.app.scopes.delete("contact:contact");
	expect(
		call("GET", `${contact}/users/${lihua.openId}`).data.user,
	).not.toHaveProperty("email");
	fake.addChat({ name: "Ours", members: [fake.app.bot] });
	expect(call("GET", "/open-apis/im/v1/chats").data.items).toMatchObject([
		{ name: "Ours" },
	]);
	expect(
		as(lihua.openId)("GET", "/open-apis/authen/v1/user_info").data,
	).toMatchObject({ open_id: lihua.openId });
	expect(call("GET", "/open-apis/authen/v1/user_info").code).toBe(99991668);
	expect(call("GET", `${contact}/scopes`).data.user_ids).toContain(
		lihua.openId,
	);
	const team = fake.addDepartment({ name: "Team" });
	fake.addDepartment({ name: "Sub", parentId: team.openId });
	const below = (query: string) =>
		call("GET", `${contact}/departments/0/children${query}`).data.items.map(
			(item: { name: string }) => item.name,
		);
	expect(below("")).toEqual(["Team"]);
	expect(below("?fetch_child=true")).toEqual(["Team", "Sub"]);
	expect(
		call("GET", `${contact}/departments/${team.openId}`).data.department.name,
	).toBe("Team");
});

test("roles 2.0: fields that are not named are hidden, others' rows by a rule of their own", () => {
	const { call, as, fake, li } = set();
	const base = fake.addBase({
		name: "Two",
		isAdvanced: true,
		advanceVersion: "v2",
	});
	fake.share(base, li.openId, "edit");
	const table = fake.addTable(base, {
		name: "T",
		fields: [
			{ name: "Name", type: 1 },
			{ name: "Score", type: 2 },
			{ name: "Secret", type: 1 },
		],
	});
	const ids = fake.addRecords(
		table,
		["a", "b", "c"].map((Name) => ({ Name, Score: 1, Secret: "s" })),
		{ by: (index) => (index === 0 ? li.openId : fake.app.bot) },
	);
	const wide = `/open-apis/base/v2/apps/${base}/roles`;
	const narrow = `/open-apis/bitable/v1/apps/${base}/roles`;
	const role = {
		role_name: "R",
		table_roles: [
			{
				table_id: table,
				table_perm: 2,
				rec_rule: {
					conjunction: "and",
					conditions: [{ field_name: "", operator: "contains" }],
				},
				other_rec_rule: {
					conjunction: "and",
					conditions: [{ field_name: "Name", operator: "is", value: ["b"] }],
				},
				field_perm: { Name: 3, Score: 1 },
			},
		],
	};
	expect(call("POST", narrow, role)).toMatchObject({
		status: 400,
		code: 1254301,
	});
	const made = call("POST", wide, role).data.role;
	expect(
		call("POST", `${narrow}/${made.role_id}/members`, { member_id: li.openId })
			.code,
	).toBe(0);
	const own = as(li.openId);
	const T = `/open-apis/bitable/v1/apps/${base}/tables/${table}`;
	expect(own("POST", `${T}/records/search`, {}).data.items).toEqual([
		{
			record_id: ids[0],
			fields: { Name: [{ type: "text", text: "a" }], Score: 1 },
		},
		{
			record_id: ids[1],
			fields: { Name: [{ type: "text", text: "b" }], Score: 1 },
		},
	]);
	const update = (id: string | undefined, fields: unknown) =>
		own("PUT", `${T}/records/${id}`, { fields }).code;
	expect(update(ids[0], { Name: "x" })).toBe(0);
	expect(update(ids[0], { Score: 2 })).toBe(1254302);
	expect(update(ids[1], { Name: "x" })).toBe(1254302);
	const many = Array.from({ length: 11 }, () => ({ field_name: "" }));
	const long = {
		role_name: "L",
		table_roles: [
			{ table_id: table, table_perm: 1, rec_rule: { conditions: many } },
		],
	};
	expect(call("POST", wide, long).code).toBe(1254001);
	expect(call("DELETE", `${narrow}/${made.role_id}`).code).toBe(0);
	expect(call("GET", wide).data.total).toBe(0);
});
