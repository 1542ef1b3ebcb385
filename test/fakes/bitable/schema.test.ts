import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { type BitableSwitches, createBitableFake } from "./index.js";

function set(switches: Partial<BitableSwitches> = {}) {
	const clock = virtualClock();
	const fake = createBitableFake({ clock, switches });
	const base = fake.addBase({ name: "Base" });
	const table = fake.addTable(base, {
		name: "Table",
		viewId: "vewmain",
		fields: [
			{ name: "Title", type: 1 },
			{
				name: "State",
				type: 3,
				property: { options: [{ name: "A" }, { name: "B" }] },
			},
			{ name: "Due", type: 5 },
		],
	});
	const other = fake.addTable(base, {
		name: "Other",
		fields: [{ name: "Name", type: 1 }],
	});
	const call = fakeClient(fake, clock);
	const A = `/open-apis/bitable/v1/apps/${base}`;
	const T = `${A}/tables/${table}`;
	const code = (method: string, path: string, body?: unknown) => {
		const answer = call(method, path, body);
		return answer.code;
	};
	const fieldId = (name: string) => fake.table(table).fieldIds.get(name) ?? "";
	return { clock, fake, base, table, other, call, code, A, T, fieldId };
}

test("tables: names, limits, batches, deletion", () => {
	const { call, code, fake, base, table, other, A, T } = set();
	const create = (name: unknown) =>
		call("POST", `${A}/tables`, { table: { name } });
	expect(create(" Orders ").data).toEqual({
		table_id: expect.stringMatching(/^tbl/),
	});
	expect(create("Orders").code).toBe(1254013);
	for (const name of ["", "a/b", "a[b", "x".repeat(101), undefined])
		expect(create(name).code).toBe(1254001);
	const [made] = call("GET", `${A}/tables?page_size=1&page_token=${other}`).data
		.items;
	expect(made).toMatchObject({ name: "Orders", revision: 1 });
	expect(
		call("GET", `${A}/tables/${made.table_id}/fields`).data.items,
	).toMatchObject([{ type: 1, is_primary: true }]);
	expect(
		call("POST", `${A}/tables/batch_create`, {
			tables: [{ name: "a" }, { name: "a" }],
		}).code,
	).toBe(1254013);
	expect(
		call("POST", `${A}/tables/batch_create`, {
			tables: [{ name: "a" }, { name: "b" }],
		}).data.table_ids,
	).toHaveLength(2);
	expect(call("PATCH", T, { name: "Other" })).toMatchObject({
		status: 400,
		code: 1254013,
	});
	expect(call("PATCH", T, { name: "" }).data).toEqual({ name: "Table" });
	for (let index = fake.base(base).tables.size; index < 99; index++)
		fake.addTable(base, {
			name: `t${index}`,
			fields: [{ name: "A", type: 1 }],
		});
	fake.addDashboard(base, "D");
	expect(create("too many").code).toBe(1254100);
	const ids = [...fake.base(base).tables.keys()].filter((id) => id !== table);
	expect(code("POST", `${A}/tables/batch_delete`, { table_ids: ids })).toBe(
		1254001,
	);
	expect(
		code("POST", `${A}/tables/batch_delete`, { table_ids: ids.slice(0, 50) }),
	).toBe(0);
	expect(
		code("POST", `${A}/tables/batch_delete`, { table_ids: ids.slice(50) }),
	).toBe(0);
	expect(call("DELETE", T)).toMatchObject({ status: 403, code: 1254034 });
	expect(
		call("POST", `${A}/tables/batch_delete`, { table_ids: [table] }),
	).toMatchObject({ status: 403, code: 1254034 });
});

test("a table with fields: the first is the index field, whole or nothing", () => {
	const { call, fake, base, A } = set();
	const create = (fields: unknown, more: Record<string, unknown> = {}) =>
		call("POST", `${A}/tables`, { table: { name: "New", fields, ...more } });
	expect(create([{ field_name: "S", type: 3 }]).code).toBe(1254012);
	expect(create([]).code).toBe(1254001);
	expect(create(undefined, { default_view_name: "V" }).code).toBe(1254001);
	expect(
		create([{ field_name: "A", type: 1 }], { default_view_name: "[V]" }).code,
	).toBe(1254022);
	expect(
		create([
			{ field_name: "A", type: 1 },
			{ field_name: "A", type: 2 },
		]).code,
	).toBe(1254014);
	expect(
		create([
			{ field_name: "A", type: 1 },
			{ field_name: "L", type: 19 },
		]).code,
	).toBe(1254012);
	expect(
		create([
			{ field_name: "A", type: 1 },
			{
				field_name: "S",
				type: 3,
				property: { options: [{ id: "optx", name: "x" }] },
			},
		]),
	).toMatchObject({ status: 400, code: 1254082 });
	expect(
		create(
			Array.from({ length: 301 }, (_, index) => ({
				field_name: `f${index}`,
				type: 1,
			})),
		).code,
	).toBe(1254105);
	expect(fake.base(base).tables.size).toBe(2);
	const { data } = create(
		[
			{ field_name: "A", type: 2 },
			{ field_name: "B", type: 7 },
		],
		{ default_view_name: "All" },
	);
	expect(data).toEqual({
		table_id: expect.any(String),
		default_view_id: expect.stringMatching(/^vew/),
		field_id_list: [
			expect.stringMatching(/^fld/),
			expect.stringMatching(/^fld/),
		],
	});
	expect(
		call("GET", `${A}/tables/${data.table_id}/views`).data.items,
	).toMatchObject([{ view_name: "All", view_type: "grid" }]);
});

test.each([
	[{ type: 2 }, { formatter: "0.0" }],
	[
		{ type: 2, ui_type: "Progress", property: { formatter: "0%" } },
		{ formatter: "0%", min: 0, max: 1, range_customize: false },
	],
	[
		{
			type: 2,
			ui_type: "Currency",
			property: { formatter: "0.00", currency_code: "CNY" },
		},
		{ formatter: "0.00", currency_code: "CNY" },
	],
	[
		{
			type: 2,
			ui_type: "Rating",
			property: { formatter: "0", min: 1, max: 5, rating: { symbol: "heart" } },
		},
		{ formatter: "0", min: 1, max: 5, rating: { symbol: "heart" } },
	],
	[{ type: 3 }, { options: [] }],
	[
		{
			type: 4,
			property: {
				options: [
					{ name: "a" },
					{ name: "b" },
					{ name: "c", color: 5 },
					{ name: "d" },
				],
			},
		},
		{
			options: [
				expect.objectContaining({ color: 0 }),
				expect.objectContaining({ color: 1 }),
				expect.objectContaining({ color: 5 }),
				expect.objectContaining({ color: 6 }),
			],
		},
	],
	[{ type: 5 }, { date_formatter: "yyyy/MM/dd", auto_fill: false }],
	[{ type: 7 }, null],
	[{ type: 11 }, { multiple: true }],
	[{ type: 13 }, null],
	[{ type: 15 }, null],
	[{ type: 17 }, null],
	[{ type: 20 }, { formatter: "", formula_expression: "" }],
	[{ type: 22 }, { location: { input_type: "not_limit" } }],
	[{ type: 23 }, { multiple: true }],
	[{ type: 1001 }, { date_formatter: "yyyy/MM/dd" }],
	[{ type: 1005 }, { auto_serial: { type: "auto_increment_number" } }],
	[
		{ type: 1, ui_type: "Barcode" },
		{ allowed_edit_modes: { manual: true, scan: true } },
	],
	[{ type: 1, ui_type: "Email" }, null],
	[
		{
			type: 1005,
			property: {
				auto_serial: {
					type: "custom",
					reformat_existing_records: true,
					options: [{ type: "system_number", value: "4" }],
				},
			},
		},
		{
			auto_serial: {
				type: "custom",
				options: [{ type: "system_number", value: "4" }],
			},
		},
	],
])("field %j gets its property completed", (field, property) => {
	const { call, T } = set();
	const made = call("POST", `${T}/fields`, { field_name: " New ", ...field });
	expect(made.data.field).toMatchObject({
		field_name: "New",
		type: field.type,
		is_primary: false,
		property,
	});
	expect(call("GET", `${T}/fields?page_size=100`).data.items.at(-1)).toEqual(
		made.data.field,
	);
});

test.each([
	[{ field_name: "State", type: 1 }, 1254014, 200],
	[{ field_name: " ", type: 1 }, 1254028, 400],
	[{ field_name: "x".repeat(1_001), type: 1 }, 1254029, 400],
	[{ field_name: "x" }, 1254001, 200],
	[{ field_name: "x", type: 19 }, 1254012, 200],
	[{ field_name: "x", type: 24 }, 1254012, 200],
	[{ field_name: "x", type: 3001 }, 1254012, 200],
	[{ field_name: "x", type: 6 }, 1254012, 200],
	[{ field_name: "x", type: 1, ui_type: "Rating" }, 1254012, 200],
	[{ field_name: "x", type: 2, property: { formatter: "#" } }, 1254081, 400],
	[
		{
			field_name: "x",
			type: 2,
			ui_type: "Currency",
			property: { formatter: "0.00" },
		},
		1254081,
		400,
	],
	[
		{
			field_name: "x",
			type: 2,
			ui_type: "Rating",
			property: { formatter: "0", min: 1, max: 11 },
		},
		1254081,
		400,
	],
	[
		{
			field_name: "x",
			type: 2,
			ui_type: "Progress",
			property: { formatter: "0%", range_customize: true },
		},
		1254081,
		400,
	],
	[
		{ field_name: "x", type: 3, property: { options: [{ name: "" }] } },
		1254026,
		200,
	],
	[
		{
			field_name: "x",
			type: 3,
			property: { options: [{ name: "a", color: 55 }] },
		},
		1254082,
		400,
	],
	[{ field_name: "x", type: 4, property: { options: "a" } }, 1254083, 400],
	[
		{ field_name: "x", type: 5, property: { date_formatter: "dd" } },
		1254084,
		400,
	],
	[{ field_name: "x", type: 7, property: {} }, 1254085, 400],
	[{ field_name: "x", type: 11, property: { multiple: "yes" } }, 1254086, 400],
	[{ field_name: "x", type: 15, property: {} }, 1254087, 400],
	[{ field_name: "x", type: 17, property: { a: 1 } }, 1254088, 400],
	[{ field_name: "x", type: 18 }, 1254089, 400],
	[
		{ field_name: "x", type: 18, property: { table_id: "tblnope" } },
		1254089,
		400,
	],
	[
		{ field_name: "x", type: 20, property: { formatter: "0.000" } },
		1254091,
		400,
	],
	[
		{ field_name: "x", type: 21, property: { table_id: "tblnope" } },
		1254092,
		400,
	],
	[
		{ field_name: "x", type: 1001, property: { date_formatter: "x" } },
		1254093,
		400,
	],
	[
		{ field_name: "x", type: 1002, property: { date_formatter: "x" } },
		1254094,
		400,
	],
	[{ field_name: "x", type: 1003, property: {} }, 1254095, 400],
	[{ field_name: "x", type: 1004, property: {} }, 1254096, 400],
	[
		{
			field_name: "x",
			type: 1005,
			property: {
				auto_serial: {
					type: "custom",
					options: [{ type: "system_number", value: "10" }],
				},
			},
		},
		1254001,
		200,
	],
])("field %j is refused", (field, code, status) => {
	const { call, T, fake, table } = set();
	expect(call("POST", `${T}/fields`, field)).toMatchObject({ code, status });
	expect(fake.table(table).fields.size).toBe(3);
});

test("updating a field replaces it whole: what is not named is gone", () => {
	const { call, code, T, fake, table, fieldId } = set();
	fake.addRecords(table, [{ State: "A" }, { State: "B" }]);
	const state = fieldId("State");
	const options = call("GET", `${T}/fields`).data.items[1].property.options;
	const put = (body: unknown) => call("PUT", `${T}/fields/${state}`, body);
	expect(
		put({ field_name: "State", type: 3, property: { options } }),
	).toMatchObject({ status: 200, code: 1254606 });
	const renamed = put({
		field_name: "Status",
		type: 3,
		property: { options: [{ ...options[0], name: "A+" }, { name: "Z" }] },
		description: { text: "why" },
	}).data.field;
	expect(renamed).toMatchObject({
		field_id: state,
		field_name: "Status",
		property: {
			options: [
				{ id: options[0].id, name: "A+", color: 0 },
				{ name: "Z", color: 1 },
			],
		},
		description: { text: "why", disable_sync: true },
	});
	expect(fake.rows(table).map((row) => row.fields.Status)).toEqual([
		"A+",
		undefined,
	]);
	expect(call("GET", `${T}/fields`).data.items[1].description).toBe("why");
	expect(
		call("GET", `${T}/fields?text_field_as_array=true`).data.items[1]
			.description,
	).toEqual([{ text: "why", type: "text" }]);
	expect(
		put({
			field_name: "Status",
			type: 3,
			property: { options: [{ id: "optnope", name: "x" }] },
		}),
	).toMatchObject({ status: 400, code: 1254082 });
	expect(put({ field_name: "Title", type: 3 }).code).toBe(1254014);
	expect(put({ field_name: "Status", type: 3 }).data.field).toMatchObject({
		property: { options: [] },
	});
	expect(fake.rows(table).map((row) => row.fields.Status)).toEqual([
		undefined,
		undefined,
	]);
	expect(
		code("PUT", `${T}/fields/${fieldId("Title")}`, {
			field_name: "Title",
			type: 3,
		}),
	).toBe(1254012);
});

test("changing a type converts what can be read", () => {
	const { call, T, fake, table, fieldId } = set();
	fake.addRecords(table, [{ Title: "1", State: "A" }, { Title: "x" }]);
	const put = (name: string, body: Record<string, unknown>) =>
		call("PUT", `${T}/fields/${fieldId(name)}`, { field_name: name, ...body })
			.code;
	expect(put("State", { type: 4 })).toBe(0);
	expect(fake.rows(table)[0]?.fields.State).toEqual(["A"]);
	expect(put("State", { type: 1 })).toBe(0);
	expect(fake.rows(table)[0]?.fields.State).toEqual([
		{ type: "text", text: "A" },
	]);
	expect(put("Title", { type: 2 })).toBe(0);
	expect(fake.rows(table).map((row) => row.fields.Title)).toEqual([
		1,
		undefined,
	]);
	expect(put("State", { type: 1005 })).toBe(0);
	expect(fake.rows(table).map((row) => row.fields.State)).toEqual(["1", "2"]);
});

test("two-way links come and go in pairs", () => {
	const { call, T, fake, table, other } = set();
	const create = (name: string, more: Record<string, unknown> = {}) =>
		call("POST", `${T}/fields`, {
			field_name: name,
			type: 21,
			property: { table_id: other, ...more },
		});
	const { field } = create("Link").data;
	expect(field.property).toEqual({
		multiple: true,
		table_id: other,
		table_name: "Other",
		back_field_id: expect.stringMatching(/^fld/),
		back_field_name: "Other-Link",
	});
	const back = call("GET", `${T.replace(table, other)}/fields`).data.items[1];
	expect(back).toMatchObject({
		field_id: field.property.back_field_id,
		type: 21,
		property: {
			table_id: table,
			table_name: "Table",
			back_field_id: field.field_id,
			back_field_name: "Link",
		},
	});
	expect(create("More", { back_field_name: "Name" }).code).toBe(1254014);
	const put = call("PUT", `${T}/fields/${field.field_id}`, {
		field_name: "Link",
		type: 21,
		property: { table_id: other, back_field_name: "Tables" },
	});
	expect(put.data.field.property.back_field_name).toBe("Tables");
	expect(call("DELETE", `${T}/fields/${field.field_id}`).data).toEqual({
		field_id: field.field_id,
		deleted: true,
	});
	expect(fake.table(other).fields.size).toBe(1);
	expect(
		call("DELETE", `${T}/fields/${fake.table(table).primaryId}`),
	).toMatchObject({
		status: 200,
		code: 1254046,
		msg: "The Primary Field cannot be deleted.",
	});
	const oneWay = create("Back").data.field;
	fake.addField(other, { name: "Up", type: 18, property: { table_id: table } });
	const [target = ""] = fake.addRecords(table, [{}]);
	fake.addRecords(other, [{ Up: [target], "Other-Back": [target] }]);
	call("DELETE", T);
	expect(fake.rows(other)).toEqual([
		{ recordId: expect.any(String), fields: { Up: {} } },
	]);
	expect(oneWay.type).toBe(21);
});

test("numbers of fields are limited; old documents less", () => {
	const { call, fake, table, T } = set();
	for (let index = 0; index < 100; index++)
		fake.addField(table, { name: `f${index}`, type: 20 });
	const create = (type: number) =>
		call("POST", `${T}/fields`, {
			field_name: `n${fake.table(table).fields.size}`,
			type,
		}).code;
	expect(create(20)).toBe(1254105);
	expect(create(1)).toBe(0);
	fake.set({ limits: "seed" });
	for (let index = fake.table(table).fields.size; index < 150; index++)
		expect(create(1)).toBe(0);
	expect(create(1)).toBe(1254105);
	fake.set({ limits: "new" });
	expect(create(1)).toBe(0);
});

test("a base of formula type 2 wants the type of a formula", () => {
	const { call, fake } = set();
	const base = fake.addBase({ name: "Two", formulaType: 2 });
	const table = fake.addTable(base, {
		name: "T",
		fields: [{ name: "A", type: 1 }],
	});
	const path = `/open-apis/bitable/v1/apps/${base}/tables/${table}/fields`;
	expect(call("POST", path, { field_name: "F", type: 20 })).toMatchObject({
		code: 1254091,
	});
	const type = {
		data_type: 2,
		ui_type: "Number",
		ui_property: { formatter: "0" },
	};
	expect(
		call("POST", path, { field_name: "F", type: 20, property: { type } }).data
			.field.property,
	).toMatchObject({ type });
});

test("views: names, types, the last one, what lists show", () => {
	const { call, code, fake, table, T } = set();
	const create = (view_name: unknown, view_type?: unknown) =>
		code("POST", `${T}/views`, { view_name, view_type });
	expect(create("Kanban", "kanban")).toBe(0);
	expect(create("Kanban")).toBe(1254020);
	expect(create(" ")).toBe(1254021);
	expect(create("[x]")).toBe(1254022);
	expect(create("Calendar", "calendar")).toBe(1254019);
	const owner = fake.addPerson({ name: "P" });
	fake.addView(table, {
		name: "Mine",
		level: "Private",
		privateOwner: owner.openId,
	});
	expect(
		call("GET", `${T}/views?user_id_type=user_id`).data.items,
	).toMatchObject([
		{ view_id: "vewmain", view_public_level: "Public" },
		{ view_name: "Kanban", view_type: "kanban" },
		{
			view_name: "Mine",
			view_public_level: "Private",
			view_private_owner_id: owner.userId,
		},
	]);
	for (const view of [...fake.table(table).views.keys()].slice(1))
		expect(code("DELETE", `${T}/views/${view}`)).toBe(0);
	expect(call("DELETE", `${T}/views/vewmain`)).toMatchObject({
		status: 200,
		code: 1254023,
	});
	for (let index = 1; index < 200; index++)
		fake.addView(table, { name: `v${index}` });
	expect(create("one more")).toBe(1254101);
});

test("view properties: absent stays, null clears, options by id, dates come back as numbers", () => {
	const { call, fake, table, T, fieldId } = set();
	const patch = (property: unknown) =>
		call("PATCH", `${T}/views/vewmain`, { property });
	const option = fake.table(table).fields.get(fieldId("State"))?.options[0]?.id;
	const condition = (name: string, operator: string, value?: unknown) => ({
		conditions: [
			{
				field_id: fieldId(name),
				operator,
				...(value === undefined ? {} : { value }),
			},
		],
	});
	const filter = (name: string, operator: string, value?: unknown) =>
		patch({ filter_info: condition(name, operator, value) });
	expect(
		filter("State", "is", JSON.stringify([option])).data.view.property,
	).toEqual({
		filter_info: {
			condition_omitted: null,
			conjunction: "and",
			conditions: [
				{
					condition_id: expect.stringMatching(/^con/),
					field_id: fieldId("State"),
					field_type: 3,
					operator: "is",
					value: JSON.stringify([option]),
				},
			],
		},
		hidden_fields: null,
		hierarchy_config: null,
	});
	expect(
		patch({ hidden_fields: [fieldId("Due")] }).data.view.property,
	).toMatchObject({
		filter_info: { conjunction: "and" },
		hidden_fields: [fieldId("Due")],
	});
	expect(
		call("GET", `${T}/fields?view_id=vewmain`).data.items.map(
			(field: { is_hidden: boolean }) => field.is_hidden,
		),
	).toEqual([false, false, true]);
	expect(
		filter("Due", "is", '["ExactDate","1642672432000"]').data.view.property
			.filter_info.conditions[0].value,
	).toBe('["ExactDate",1642672432000]');
	expect(
		filter("Title", "isEmpty").data.view.property.filter_info.conditions[0],
	).not.toHaveProperty("value");
	expect(filter("State", "is", '["A"]')).toMatchObject({
		status: 400,
		code: 1254018,
	});
	expect(filter("State", "is", ["A"]).code).toBe(1254018);
	expect(filter("Due", "isNot", '["Today"]').code).toBe(1254018);
	expect(
		patch({
			filter_info: {
				conditions: [{ field_id: "fldnope", operator: "isEmpty" }],
			},
		}),
	).toMatchObject({ status: 404, code: 1254044 });
	expect(
		patch({
			filter_info: {
				conditions: Array.from(
					{ length: 51 },
					() => condition("Title", "isEmpty").conditions[0],
				),
			},
		}).code,
	).toBe(1254018);
	expect(patch({ hidden_fields: ["fldnope"] }).code).toBe(1254044);
	expect(patch({ hierarchy_config: { field_id: fieldId("Due") } }).code).toBe(
		1254012,
	);
	expect(
		patch({ filter_info: null, hidden_fields: null }).data.view.property,
	).toEqual({ filter_info: null, hidden_fields: null, hierarchy_config: null });
	expect(
		call("PATCH", `${T}/views/vewmain`, { view_name: "Renamed" }).data.view,
	).toMatchObject({ view_name: "Renamed" });
	fake.set({ limits: "new" });
	const many = Array.from({ length: 101 }, (_, index) =>
		fake.addField(table, { name: `h${index}`, type: 1 }),
	);
	expect(patch({ hidden_fields: many }).code).toBe(0);
	fake.set({ limits: "seed" });
	expect(patch({ hidden_fields: many }).code).toBe(1254001);
});

test("forms: sharing, order of questions, upgrade", () => {
	const { call, fake, table, T, fieldId } = set();
	const form = fake.addView(table, { name: "Form", type: "form" });
	const F = `${T}/forms/${form}`;
	expect(call("GET", `${T}/forms/vewmain`)).toMatchObject({
		status: 404,
		code: 1254042,
	});
	expect(call("PATCH", F, { shared_limit: "anyone_editable" }).code).toBe(
		1254001,
	);
	expect(
		call("PATCH", F, { shared: true, shared_limit: "anyone_editable" }).data
			.form,
	).toMatchObject({ shared: true, shared_limit: "anyone_editable" });
	expect(call("PATCH", F, { shared: false }).data.form.shared_limit).toBe(
		"off",
	);
	const order = () =>
		call("GET", `${F}/fields`).data.items.map(
			(item: { title: string }) => item.title,
		);
	const patch = (name: string, body: unknown) =>
		call("PATCH", `${F}/fields/${fieldId(name)}`, body);
	expect(order()).toEqual(["Title", "State", "Due"]);
	expect(
		patch("Due", { pre_field_id: "", title: "When", required: true }).data
			.fields,
	).toEqual({
		pre_field_id: "",
		title: "When",
		description: "",
		required: true,
		visible: true,
	});
	expect(order()).toEqual(["When", "Title", "State"]);
	expect(
		patch("Due", { pre_field_id: fieldId("Title") }).data.field.pre_field_id,
	).toBe(fieldId("Title"));
	expect(patch("Due", { visible: false, title: "x" }).code).toBe(1254001);
	expect(patch("Due", { visible: false }).data.fields.visible).toBe(false);
	expect(
		patch("Due", {
			rich_description: [
				{ segment_type: "text", text: "a" },
				{ segment_type: "url", text: "b", link: "https://x" },
			],
		}).data.fields.description,
	).toBe("ab");
	expect(call("PATCH", `${F}/fields/fldnope`, {})).toMatchObject({
		status: 404,
		code: 1254049,
	});
	const upgrade = (body: unknown) => call("POST", `${F}/upgrade`, body).code;
	expect([
		upgrade({}),
		upgrade({ form_name: "[x]" }),
		upgrade({ form_name: "x" }),
		upgrade({ form_name: "Grid", display_mode: "traditional" }),
		upgrade({ form_name: "x", display_mode: "traditional" }),
		upgrade({ form_name: "y", display_mode: "traditional" }),
	]).toEqual([1254124, 1254125, 1254126, 1254127, 0, 1254128]);
});

test("dashboards, automations, field groups", () => {
	const { call, code, fake, base, A, T, fieldId } = set();
	const block = fake.addDashboard(base, "D");
	const copy = (id: string, name: unknown) =>
		call("POST", `${A}/dashboards/${id}/copy`, { name });
	expect(copy("blknope", "x")).toMatchObject({ status: 404, code: 1254050 });
	expect(copy(block, "D").code).toBe(1254039);
	expect(copy(block, "[x]").code).toBe(1254038);
	expect(copy(block, "E").data).toEqual({
		block_id: expect.stringMatching(/^blk/),
		name: "E",
	});
	expect(code("PUT", `${A}/workflows/1`, { status: "Enable" })).toBe(1254002);
	const flow = fake.addWorkflow(base, { title: "W" });
	expect(code("PUT", `${A}/workflows/${flow}`, { status: "On" })).toBe(1254001);
	const group = (...field_groups: unknown[]) =>
		code("POST", `${T}/field_groups`, { field_groups });
	const child = { type: "field", id: fieldId("Due") };
	expect([
		group(),
		group({ name: "", children: [child] }),
		group({ name: "[", children: [child] }),
		group({ name: "a", children: [child], description: "x".repeat(2_001) }),
		group({ name: "a", children: [] }),
		group({ name: "a", children: [{ type: "view", id: "x" }] }),
		group({ name: "a", children: [child] }, { name: "b", children: [child] }),
		group({ name: "a", children: [child] }, { name: "a", children: [child] }),
		group({ name: "a", children: [child] }),
	]).toEqual([
		1254120, 1254114, 1254115, 1254116, 1254118, 1254123, 1254122, 1254117, 0,
	]);
});

test("an app's update is not atomic: the name stays when the switch fails", () => {
	const { call, fake } = set();
	const base = fake.addBase({ name: "Inside", embedded: true });
	const path = `/open-apis/bitable/v1/apps/${base}`;
	expect(
		call("PUT", path, { name: "New name", is_advanced: true }),
	).toMatchObject({ status: 400, code: 1254301 });
	expect(call("GET", path).data.app).toMatchObject({
		name: "New name",
		is_advanced: false,
	});
	expect(call("PUT", path, { name: "a:b" }).code).toBe(1254031);
	expect(call("PUT", path, { name: "x".repeat(101) }).code).toBe(1254031);
});

test("a formula names only what the base has", () => {
	const { call, fake, table, T, fieldId } = set();
	const create = (expression: string) =>
		call("POST", `${T}/fields`, {
			field_name: `f${fake.table(table).fields.size}`,
			type: 20,
			property: { formula_expression: expression },
		});
	const naming = (at: string, field: string) =>
		`bitable::$table[${at}].$field[${field}]&"x"`;
	expect(create(naming(table, fieldId("Title"))).code).toBe(0);
	expect(create(naming("tblGone", fieldId("Title")))).toMatchObject({
		status: 400,
		code: 1254091,
	});
	expect(create(naming(table, "fldGone")).code).toBe(1254091);
	fake.set({ formulaReferences: "any" });
	expect(create(naming("tblGone", "fldGone")).code).toBe(0);
});
