import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { workbook } from "../../store/workbook.js";
import { sampleClient } from "./sample-client.js";

const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;
const agree = () => ({ action: "accept" }) as const;

/** The number of a moment's day in Shanghai. */
const dayOf = (ms: number) => Math.floor((ms + OFFSET_MS) / DAY_MS);

test("F1: my unfinished tasks that are due this week, by priority, each with its link", async () => {
	const client = await sampleClient({ me: true });
	const { structured } = await client.ok("list_tables", {
		search: "项目跟踪",
	});
	const table = structured.tables[0].reference;
	await client.ok("describe_fields", { table });
	const answer = await client.ok("query_records", {
		table,
		fields: ["任务", "截止日期", "优先级", "$url"],
		filter: {
			conditions: [
				{ field: "负责人", op: "contains", value: "@me" },
				{ field: "截止日期", op: "within", value: "this_week" },
				{ field: "状态", op: "is_not", value: "已完成" },
			],
		},
		sort: [{ field: "优先级" }],
	});
	const today = dayOf(client.session.clock.now());
	// Day 4 after the epoch was a Monday.
	const monday = today - ((today - 4) % 7);
	const expected = client
		.rows("tasks")
		.filter(
			(fields) =>
				(fields.负责人 as { id: string }[]).some(
					({ id }) => id === client.sample.people.wang.openId,
				) &&
				fields.状态 !== "已完成" &&
				dayOf(fields.截止日期 as number) >= monday &&
				dayOf(fields.截止日期 as number) < monday + 7,
		)
		.map((fields) => [
			(fields.任务 as { text: string }[])[0]?.text,
			fields.优先级,
		]);
	expect(expected.length).toBeGreaterThan(2);
	const rows = answer.structured.rows as [
		string,
		string,
		string,
		string,
		string,
	][];
	expect(rows.map(([, task, , priority]) => [task, priority])).toEqual(
		expected.toSorted((a, b) => String(a[1]).localeCompare(String(b[1]))),
	);
	for (const [, , , , url] of rows)
		expect(url).toMatch(/^https:\/\/example\.feishu\.cn\/record\//);
	expect(client.called).toEqual([
		"list_tables",
		"describe_fields",
		"query_records",
	]);

	const stranger = await sampleClient();
	const refused = await stranger.refused("query_records", {
		table: "项目跟踪",
		filter: {
			conditions: [{ field: "负责人", op: "contains", value: "@me" }],
		},
	});
	expect(refused.text).toMatch(/@me.*`me` of the connection/);
});

test("F2: pipeline per stage and sales rep this quarter", async () => {
	const client = await sampleClient({ opportunities: 3_800 });
	const filter = {
		conditions: [{ field: "预计成交", op: "within", value: "this_quarter" }],
	};
	const answer = await client.ok("query_records", {
		table: "商机",
		filter,
		group_by: [{ field: "阶段" }, { field: "销售" }],
		aggregate: [{ function: "sum", field: "商机金额" }],
	});
	expect(client.called.length).toBe(1);
	expect(client.tokens()).toBeLessThanOrEqual(500);
	const sums = new Map(
		(answer.structured.rows as [string, string, number][]).map(
			([stage, person, sum]) => [`${stage} ${person}`, sum],
		),
	);
	expect(sums.size).toBeLessThanOrEqual(20);
	await client.ok("export_records", {
		table: "商机",
		file: "pipeline.csv",
		fields: ["阶段", "销售", "商机金额"],
		filter,
	});
	const exported = new Map<string, number>();
	for (const line of client
		.read("pipeline.csv")
		.trim()
		.split(/\r?\n/)
		.slice(1)) {
		const [, stage, person, amount] = line.split(",");
		const key = `${stage} ${person}`;
		exported.set(key, (exported.get(key) ?? 0) + Number(amount || 0));
	}
	expect(exported.size).toBe(15);
	expect(sums).toEqual(exported);
	expect(client.sample.fake.throttled).toBe(0);
});

test("F3: who changed amounts yesterday, and why the old value is not known", async () => {
	const client = await sampleClient({ opportunities: 800 });
	const answer = await client.ok("query_records", {
		table: "商机",
		fields: ["商机名称", "商机金额", "$updated_at", "$updated_by"],
		filter: {
			conditions: [{ field: "$updated_at", op: "within", value: "yesterday" }],
		},
	});
	expect(
		(answer.structured.rows as unknown[][]).map(([, name, , , by]) => [
			name,
			by,
		]),
	).toEqual([
		["商机 8", ["李雷"]],
		["商机 408", ["陈静"]],
	]);
	const changes = await client.ok("list_changes", { table: "商机" });
	expect(changes.structured.changes).toEqual([]);
});

test("F4: a board of the content calendar, one platform, three fields", async () => {
	const client = await sampleClient();
	const made = await client.ok("create_view", {
		table: "内容日历",
		name: "小红书看板",
		type: "kanban",
		filter: {
			conditions: [{ field: "平台", op: "is", value: "小红书" }],
		},
		visible_fields: ["标题", "发布日期", "负责人"],
	});
	expect(client.called.length).toBe(1);
	expect(made.text).toMatch(
		/does not set the field that makes a board's columns/,
	);
	const { fake, tables } = client.sample;
	const table = fake.table(tables.calendar);
	const view = [...table.views.values()].find(
		({ name }) => name === "小红书看板",
	);
	const platform = [...table.fields.values()].find(
		({ name }) => name === "平台",
	);
	const option = platform?.options.find(({ name }) => name === "小红书");
	expect(option?.id).toMatch(/^opt/);
	expect(view?.filter?.conditions).toMatchObject([
		{ field_id: platform?.id, operator: "is", values: [option?.id] },
	]);
	const shown = await client.ok("query_records", {
		table: "内容日历",
		view: "小红书看板",
	});
	expect(shown.structured.columns).toEqual([
		"id",
		"标题",
		"发布日期",
		"负责人",
	]);
	expect(shown.structured.total).toBe(15);
});

test("F5: staff see their own appraisal, HR edits all, the dashboard is for HR", async () => {
	const client = await sampleClient();
	const { fake, bases, hr, people } = client.sample;
	await client.ok("update_base", {
		base: "人事",
		advanced_permissions: true,
	});
	await client.ok("create_role", {
		base: "人事",
		name: "员工",
		tables: [
			{
				table: "考核",
				access: "read",
				rows: {
					conditions: [{ field: "员工", op: "contains", value: "$visitor" }],
				},
			},
		],
		dashboards: [{ dashboard: "考核看板", access: "none" }],
	});
	await client.ok("create_role", {
		base: "人事",
		name: "HR",
		tables: [{ table: "考核", access: "edit" }],
		dashboards: [{ dashboard: "考核看板", access: "read" }],
	});
	await client.ok("add_role_members", {
		base: "人事",
		role: "HR",
		members: [hr.chatId],
		kind: "group",
	});
	await client.ok("add_role_members", {
		base: "人事",
		role: "员工",
		members: [people.wang.openId, people.li.openId],
	});
	expect(client.called.length).toBe(5);
	const roles = await client.ok("list_roles", { base: "人事" });
	expect(roles.text).toContain("$visitor");
	const members = await client.ok("list_role_members", {
		base: "人事",
		role: "员工",
	});
	expect(members.structured.members).toEqual([
		{ id: people.wang.openId, name: "王芳", kind: "user" },
		{ id: people.li.openId, name: "李雷", kind: "user" },
	]);
	const role = [...fake.base(bases.staff).roles.values()].find(
		({ name }) => name === "员工",
	);
	expect(role?.tableRoles[0]?.rec_rule?.conditions).toMatchObject([
		{ field_name: "员工", operator: "contains", value: [] },
	]);
});

const STOCK = [
	["SKU", "现有量", "供应商"],
	["SKU-0001", "99", "华强电子"],
	["SKU-0002", "0", "远东物流"],
	["SKU-9001", "5", "宏达包装"],
	["SKU-9002", "6", "没有的供应商"],
];
const stockText = STOCK.map((cells) => cells.join(",")).join("\n");
const stockSheet = STOCK.map(
	(cells, row) =>
		`<row r="${row + 1}">${cells
			.map(
				(cell, column) =>
					`<c r="${"ABC"[column]}${row + 1}" t="inlineStr"><is><t>${cell}</t></is></c>`,
			)
			.join("")}</row>`,
).join("");

test.each([
	["库存.csv", Buffer.from(stockText)],
	["库存-gbk.csv", iconv.encode(stockText, "gbk")],
	["库存.xlsx", workbook({ 库存: stockSheet })],
])(
	"F6: stock by SKU from %s, new ones added, suppliers by name",
	async (file, content) => {
		const client = await sampleClient({ person: agree });
		client.put(file, content);
		const dry = await client.ok("import_records", {
			table: "库存",
			file,
			match_on: ["SKU"],
			on_error: "skip",
			dry_run: true,
		});
		expect(dry.text).toMatch(/没有的供应商/);
		expect(dry.structured.problems).toMatchObject([
			{ line: 5, field: "供应商" },
		]);
		const before = client.rows("inventory").length;
		const done = await client.ok("import_records", {
			table: "库存",
			file,
			match_on: ["SKU"],
			on_error: "skip",
		});
		expect(done.structured.counts).toMatchObject({
			created: 1,
			updated: 2,
			failed: 1,
		});
		const rows = client.rows("inventory");
		expect(rows.length).toBe(before + 1);
		const suppliers = new Map(
			client.sample.fake
				.rows(client.sample.tables.suppliers)
				.map(({ recordId, fields }) => [
					recordId,
					(fields.名称 as { text: string }[])[0]?.text,
				]),
		);
		const find = (sku: string) => {
			const fields = rows.find(
				(row) => (row.SKU as { text: string }[])[0]?.text === sku,
			);
			const linked = fields?.供应商 as
				| { link_record_ids: string[] }
				| undefined;
			return [
				fields?.现有量,
				linked?.link_record_ids.map((id) => suppliers.get(id)),
			];
		};
		expect(find("SKU-0001")).toEqual([99, ["华强电子"]]);
		expect(find("SKU-0002")).toEqual([0, ["远东物流"]]);
		expect(find("SKU-9001")).toEqual([5, ["宏达包装"]]);
	},
);

test("F7: a survey: phone first, three questions required, public, once each", async () => {
	const client = await sampleClient();
	const made = await client.ok("create_view", {
		table: "客户调研",
		name: "Customer survey",
		type: "form",
	});
	await client.ok("update_form", {
		table: "客户调研",
		form: made.structured.view,
		shared: true,
		share_with: "anyone",
		submit_once: true,
		questions: [
			{ field: "电话", after: "", required: true },
			{ field: "姓名", required: true },
			{ field: "满意度", required: true },
		],
	});
	const form = await client.ok("describe_form", {
		table: "客户调研",
		form: "Customer survey",
	});
	expect(client.called.length).toBe(3);
	expect(form.structured).toMatchObject({
		shared: true,
		share_with: "anyone",
		submit_once: true,
		url: expect.stringMatching(/^https:\/\/example\.feishu\.cn\/share\/base\//),
		questions: [
			{ field: "电话", required: true },
			{ field: "姓名", required: true },
			{ field: "满意度", required: true },
			{ field: "建议", required: false },
		],
	});
});

test("F8: a recruiting base with three linked tables, a numbering, and someone to edit it", async () => {
	const client = await sampleClient();
	const { fake, people } = client.sample;
	const made = await client.ok("create_base", {
		connection: "feishu",
		name: "招聘管理",
		tables: [
			{ name: "职位", fields: [{ name: "职位", type: "text" }] },
			{
				name: "候选人",
				fields: [
					{ name: "姓名", type: "text" },
					{
						name: "编号",
						type: "auto_number",
						settings: { number_pattern: "REC-{yyyy}-{0000}" },
					},
				],
			},
			{
				name: "面试",
				fields: [
					{ name: "面试", type: "text" },
					{
						name: "候选人",
						type: "link",
						settings: {
							link_table: "候选人",
							two_way: true,
							reverse_name: "面试",
						},
					},
				],
			},
		],
		share_with: ["lihua@corp.com"],
	});
	const [positions, candidates] = made.structured.tables as {
		table: string;
		name: string;
	}[];
	await client.ok("create_field", {
		table: candidates?.table,
		name: "应聘职位",
		type: "link",
		settings: {
			link_table: positions?.table,
			two_way: true,
			reverse_name: "候选人",
		},
	});
	expect(client.called.length).toBe(2);
	const base = fake.base(made.structured.base);
	expect([...base.tables.values()].map(({ name }) => name)).toEqual([
		"职位",
		"候选人",
		"面试",
	]);
	for (const table of base.tables.values())
		expect(fake.rows(table.id, base.token)).toEqual([]);
	const described = await client.ok("describe_fields", {
		table: candidates?.table,
	});
	expect(described.text).toContain("REC-{yyyy}-{0000}");
	expect(base.access.get(people.lihua.openId)).toBe("edit");
	await client.ok("create_records", {
		table: positions?.table,
		records: [{ fields: { 职位: "工程师" } }],
	});
	const created = await client.ok("create_records", {
		table: candidates?.table,
		records: [{ fields: { 姓名: "张三", 应聘职位: ["工程师"] } }],
	});
	const read = await client.ok("query_records", {
		table: candidates?.table,
		record_ids: created.structured.ids,
	});
	expect(read.text).toMatch(/REC-2026-0001/);
	const back = await client.ok("query_records", { table: positions?.table });
	expect(back.text).toContain("张三");
});
