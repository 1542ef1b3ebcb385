import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Agent, Request } from "./replay.js";
import { day } from "./tables.js";

const GOALS = ["提升留存", "扩大渠道", "降低成本", "打磨产品"];
const PIPELINE_GROUPS = 15;

/** The reference of the table that a search finds in a connection; what was found before is not searched again. */
async function found(
	{ call, kept }: Agent,
	connection: string,
	name: string,
): Promise<string> {
	const key = `${connection} ${name}`;
	if (!kept.has(key)) {
		const { structured } = await call("list_tables", {
			connection,
			search: name,
		});
		for (const table of structured.tables) {
			equal(typeof table.reference, "string");
			const path = table.path?.join("/");
			kept.set(`${connection} ${table.name}`, table.reference);
			kept.set(`${connection} ${path}/${table.name}`, table.reference);
		}
	}
	const reference = kept.get(key);
	ok(reference !== undefined, `${name} in ${connection}`);
	return reference;
}

/** The names of a table's fields, which must be known before they are asked for. */
async function described(
	{ call }: Agent,
	table: string,
	...wanted: readonly string[]
): Promise<void> {
	const { text } = await call("describe_fields", { table });
	for (const name of wanted) ok(text.includes(name), `${name} in ${text}`);
}

/** All rows of a table, for who checks. */
async function allRows(
	{ look }: Agent,
	table: string,
	fields: readonly string[],
): Promise<readonly (readonly unknown[])[]> {
	const { structured } = await look("query_records", {
		table,
		fields,
		ids: false,
		limit: 10_000,
	});
	equal(structured.next_cursor, null);
	return structured.rows;
}

/** Sums per key, of rows of keys and a number. */
function sums(
	rows: readonly (readonly unknown[])[],
): ReadonlyMap<string, number> {
	const totals = new Map<string, number>();
	for (const row of rows) {
		const key = String(row.slice(0, -1));
		totals.set(key, (totals.get(key) ?? 0) + Number(row.at(-1) ?? 0));
	}
	return totals;
}

/** What is asked of the vendors' tables, in the words of those who have them. */
export const VENDOR_REQUESTS: readonly Request[] = [
	{
		ask: "下周要发的内容（飞书和 AITable）",
		async run(agent) {
			const week = {
				from: day(3),
				to: day(9),
			};
			const feishu = await found(agent, "feishu", "内容日历");
			await found(agent, "aitable", "Content Calendar");
			const marketing = await found(
				agent,
				"aitable",
				"Marketing/Content Calendar",
			);
			const agency = await found(agent, "aitable", "Agency/Content Calendar");
			await described(agent, feishu, "标题", "发布日期", "排期");
			await described(agent, marketing, "Post", "Publish date");
			for (const [table, title, date] of [
				[feishu, "标题", "发布日期"],
				[marketing, "Post", "Publish date"],
				[agency, "Post", "Publish date"],
			] as const) {
				const { structured } = await agent.call("query_records", {
					table,
					fields: [title, date],
					filter: {
						conditions: [{ field: date, op: "within", value: "next_week" }],
					},
					ids: false,
				});
				const expected = (await allRows(agent, table, [title, date])).filter(
					([, at]) => String(at) >= week.from && String(at) <= week.to,
				);
				deepEqual(structured.rows, expected);
				if (table !== agency) ok(expected.length > 4);
			}
		},
	},
	{
		ask: "这个月每个人请了几天假",
		async run(agent) {
			const table = await found(agent, "dingtalk", "请假");
			await described(agent, table, "申请人", "天数", "开始日期");
			const { structured } = await agent.call("query_records", {
				table,
				filter: {
					conditions: [
						{ field: "开始日期", op: "within", value: "this_month" },
					],
				},
				group_by: [{ field: "申请人" }],
				aggregate: [{ function: "sum", field: "天数" }],
			});
			const rows = await allRows(agent, table, ["开始日期", "申请人", "天数"]);
			const expected = sums(
				rows
					.filter(([at]) => String(at).startsWith(day(0).slice(0, 7)))
					.map((row) => row.slice(1)),
			);
			equal(expected.size, 3);
			deepEqual(sums(structured.rows), expected);
		},
	},
	{
		ask: "金额大于 300 且没发票的报销",
		async run(agent) {
			const table = await found(agent, "dingtalk", "报销");
			const bare = [
				["E-101", 320],
				["E-102", 480.5],
				["E-103", 120],
			] as const;
			await agent.look("create_records", {
				table,
				records: bare.map(([单号, 金额]) => ({ fields: { 单号, 金额 } })),
			});
			await described(agent, table, "金额", "发票");
			const { structured } = await agent.call("query_records", {
				table,
				fields: ["单号", "金额"],
				filter: {
					conditions: [
						{ field: "金额", op: "gt", value: "300" },
						{ field: "发票", op: "is_empty" },
					],
				},
				ids: false,
			});
			deepEqual(structured.rows, [
				["E-101", 320],
				["E-102", 480.5],
			]);
		},
	},
	{
		ask: "把 KR 关联到 O，按 O 汇总进度",
		async run(agent) {
			const { structured: base } = await agent.call("list_tables", {
				connection: "dingtalk",
				base: "目标",
			});
			const table = base.tables.find(
				({ name }: { name: string }) => name === "KR",
			).reference;
			await described(agent, table, "关键结果", "进度");
			await agent.call("create_field", {
				table,
				name: "所属目标",
				type: "link",
				settings: { link_table: "O" },
			});
			for (const [index, goal] of GOALS.entries()) {
				const { structured: linked } = await agent.call("update_records", {
					table,
					filter: {
						conditions: [
							{
								field: "关键结果",
								op: "any_of",
								values: [1, 5, 9, 13, 17].map((first) => `KR ${first + index}`),
							},
						],
					},
					set: { 所属目标: [goal] },
				});
				equal(linked.counts.updated, 5);
			}
			const { structured } = await agent.call("query_records", {
				table,
				group_by: [{ field: "所属目标" }],
				aggregate: [{ function: "avg", field: "进度" }],
			});
			// KR n has n - 1 twentieths; each goal has every fourth.
			const rounded = (rows: readonly (readonly [string, number])[]) =>
				new Map(rows.map(([goal, part]) => [goal, Math.round(part * 100)]));
			deepEqual(
				rounded(structured.rows),
				rounded(GOALS.map((goal, index) => [goal, (8 + index) / 20])),
			);
		},
	},
	{
		ask: "商机按销售、阶段汇总",
		async run(agent) {
			const table = await found(agent, "feishu", "商机");
			await described(agent, table, "销售", "阶段", "商机金额");
			const { structured } = await agent.call("query_records", {
				table,
				group_by: [{ field: "销售" }, { field: "阶段" }],
				aggregate: [{ function: "sum", field: "商机金额" }],
			});
			equal(structured.rows.length, PIPELINE_GROUPS);
			deepEqual(
				sums(structured.rows),
				sums(await allRows(agent, table, ["销售", "阶段", "商机金额"])),
			);
		},
	},
	{
		ask: "attach contract.pdf to 宏达",
		async run(agent) {
			const table = await found(agent, "feishu", "供应商");
			await described(agent, table, "名称");
			await agent.call("create_field", {
				table,
				name: "合同",
				type: "attachment",
			});
			const { structured } = await agent.call("query_records", {
				table,
				fields: ["名称"],
				filter: {
					conditions: [{ field: "名称", op: "contains", value: "宏达" }],
				},
			});
			equal(structured.rows.length, 1);
			const [[record_id, name]] = structured.rows;
			equal(name, "宏达包装");
			await agent.call("upload_attachment", {
				table,
				field: "合同",
				files: [{ file: "contract.pdf", record_id }],
			});
			deepEqual(
				(await allRows(agent, table, ["名称", "合同"])).filter(
					([, files]) => files !== null && (files as unknown[]).length > 0,
				),
				[["宏达包装", ["contract.pdf"]]],
			);
		},
	},
	{
		ask: "delete a supplier, and undo that",
		async run(agent) {
			const table = await found(agent, "feishu", "供应商");
			const names = async () =>
				(await allRows(agent, table, ["名称"])).flat().sort();
			const before = await names();
			const { structured } = await agent.call("delete_records", {
				table,
				filter: {
					conditions: [{ field: "名称", op: "is", value: "新光塑胶" }],
				},
			});
			equal(structured.counts.deleted, 1);
			equal((await names()).length, before.length - 1);
			const { structured: back } = await agent.call("undo_change", {
				change_id: structured.change_id,
			});
			equal(back.counts.created, 1);
			deepEqual(await names(), before);
		},
	},
	{
		ask: "选项 排期 改成 已排期",
		async run(agent) {
			const table = await found(agent, "feishu", "内容日历");
			await agent.call("update_field", {
				table,
				field: "状态",
				settings: { options: [{ name: "排期", new_name: "已排期" }] },
			});
			const states = (await allRows(agent, table, ["状态"])).flat();
			ok(states.includes("已排期") && !states.includes("排期"));
		},
	},
	{
		ask: "merge the two Content Calendars",
		async run(agent) {
			const from = await found(agent, "aitable", "Agency/Content Calendar");
			const table = await found(agent, "aitable", "Marketing/Content Calendar");
			const fields = ["Post", "Channel", "Status", "Publish date", "Owner"];
			const before = await allRows(agent, table, fields);
			const file = "agency.csv";
			await agent.call("export_records", { table: from, file, ids: false });
			const { structured: dry } = await agent.call("import_records", {
				table,
				file,
				dry_run: true,
			});
			deepEqual(dry.problems, []);
			const { structured } = await agent.call("import_records", {
				table,
				file,
			});
			equal(structured.counts.created, 12);
			deepEqual(await allRows(agent, table, fields), [
				...before,
				...(await allRows(agent, from, fields)),
			]);
		},
	},
	{
		ask: "每个月新增商机",
		async run(agent) {
			const table = await found(agent, "feishu", "商机");
			const { structured } = await agent.call("query_records", {
				table,
				group_by: [{ field: "$created_at", per: "month" }],
			});
			const counts = (structured.rows as [string, number][]).map(
				([month, count]) => {
					match(month, /^\d{4}-\d{2}/);
					return count;
				},
			);
			equal(
				counts.reduce((sum, count) => sum + count, 0),
				(await allRows(agent, table, ["商机名称"])).length,
			);
		},
	},
	{
		ask: "员工按部门",
		async run(agent) {
			const table = await found(agent, "aitable", "员工");
			await described(agent, table, "部门");
			const { structured } = await agent.call("query_records", {
				table,
				group_by: [{ field: "部门" }],
			});
			deepEqual(structured.rows, [["研发", 1]]);
		},
	},
	{
		ask: "逾期待办改为进行中",
		async run(agent) {
			const table = await found(agent, "dingtalk", "任务");
			await described(agent, table, "状态", "截止日期", "待办", "进行中");
			const overdue = async () =>
				(await allRows(agent, table, ["状态", "截止日期"])).filter(
					([state, due]) =>
						state === "待办" && due !== null && String(due) < day(0),
				).length;
			const expected = await overdue();
			ok(expected > 20 && expected <= 50);
			const { structured } = await agent.call("update_records", {
				table,
				filter: {
					conditions: [
						{ field: "状态", op: "is", value: "待办" },
						{ field: "截止日期", op: "lt", value: "today" },
					],
				},
				set: { 状态: "进行中" },
			});
			equal(structured.counts.updated, expected);
			equal(await overdue(), 0);
		},
	},
];
