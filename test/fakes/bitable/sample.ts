import type { Clock } from "../../../src/core/contract/clock.js";
import type { FaultPlan } from "../fake.js";
import {
	type BitableFake,
	type BitableSwitches,
	createBitableFake,
	type SeedField,
} from "./index.js";
import type { Person } from "./model.js";
import { createZone, DAY_MS } from "./zone.js";

export interface BitableSampleOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	readonly switches?: Partial<BitableSwitches>;
	/** Rows of the pipeline. Default 3,800. */
	readonly opportunities?: number;
}

export interface BitableSample {
	readonly fake: BitableFake;
	/** app_tokens. */
	readonly bases: Readonly<Record<SampleBase, string>>;
	/** Table ids. */
	readonly tables: Readonly<Record<SampleTable, string>>;
	readonly people: Readonly<Record<SamplePerson, Person>>;
	/** The chat and the department of the HR people. */
	readonly hr: { readonly chatId: string; readonly departmentId: string };
	/** A wiki node that is the content base. */
	readonly wikiNode: string;
	/** The variables that point the server at the fake, which listens at `origin`. */
	environment(origin: string): Record<string, string>;
}

export type SampleBase =
	| "projects"
	| "sales"
	| "content"
	| "staff"
	| "supply"
	| "customers";
export type SampleTable =
	| "tasks"
	| "milestones"
	| "opportunities"
	| "calendar"
	| "reviews"
	| "inventory"
	| "suppliers"
	| "survey";
/** `wang` is the one who asks. */
export type SamplePerson = "wang" | "li" | "chen" | "zhao" | "lihua";

const ZONE = "Asia/Shanghai";

const text = (name: string): SeedField => ({ name, type: 1 });
const number = (name: string, formatter = "0"): SeedField => ({
	name,
	type: 2,
	property: { formatter },
});
const select = (name: string, ...names: string[]): SeedField => ({
	name,
	type: 3,
	property: { options: names.map((each) => ({ name: each })) },
});
const date = (name: string): SeedField => ({
	name,
	type: 5,
	property: { date_formatter: "yyyy/MM/dd" },
});
const person = (name: string): SeedField => ({
	name,
	type: 11,
	property: { multiple: true },
});

/** One of a list, in turn. */
const turn = <Item>(list: readonly Item[], index: number): Item =>
	list[index % list.length] as Item;

/**
 * Six bases of a company: projects, a pipeline, a content calendar (in a wiki), appraisals, stock with suppliers,
 * and a table for a survey. Dates lie around the clock's today, in Shanghai.
 */
export function createBitableSample(
	given: BitableSampleOptions,
): BitableSample {
	const { opportunities: opportunityCount = 3_800, ...rest } = given;
	const fake = createBitableFake(rest);
	const zone = createZone(ZONE);
	const today = zone.dayOf(given.clock.now());
	const day = (shift: number) => zone.startOf(today + shift);

	const department = fake.addDepartment({ name: "人力资源部" });
	const someone = (
		name: string,
		enName: string,
		email: string,
		departments: readonly string[] = [],
	) => fake.addPerson({ name, enName, email, departments });
	const people = {
		wang: someone("王芳", "Fang Wang", "wangfang@corp.com"),
		li: someone("李雷", "Lei Li", "lilei@corp.com"),
		chen: someone("陈静", "Jing Chen", "chenjing@corp.com"),
		zhao: someone("赵敏", "Min Zhao", "zhaomin@corp.com", [department.openId]),
		lihua: someone("李华", "Hua Li", "lihua@corp.com", [department.openId]),
	};
	const hrChat = fake.addChat({
		name: "HR 组",
		members: [people.zhao.openId, people.lihua.openId, fake.app.bot],
	});
	const everyone = Object.values(people);
	const base = (name: string) => {
		const token = fake.addBase({ name, timeZone: ZONE });
		for (const each of everyone) fake.share(token, each.openId, "edit");
		return token;
	};
	const bases = {
		projects: base("项目管理"),
		sales: base("销售管线"),
		content: base("内容运营"),
		staff: base("人事"),
		supply: base("供应链"),
		customers: base("客户"),
	};
	const owners = (index: number) => [
		{ id: turn([people.wang, people.li, people.chen], index).openId },
	];

	const milestones = fake.addTable(bases.projects, {
		name: "里程碑",
		fields: [text("里程碑"), date("目标日期")],
	});
	const milestoneIds = fake.addRecords(
		milestones,
		["立项", "设计", "开发", "上线"].map((name, index) => ({
			里程碑: name,
			目标日期: day(index * 14 - 14),
		})),
	);
	const tasks = fake.addTable(bases.projects, {
		name: "项目跟踪",
		fields: [
			text("任务"),
			person("负责人"),
			date("截止日期"),
			select("状态", "未开始", "进行中", "已完成"),
			select("优先级", "P0", "P1", "P2"),
			{
				name: "里程碑",
				type: 21,
				property: { table_id: milestones, back_field_name: "任务" },
			},
			{
				name: "进度",
				type: 2,
				uiType: "Progress",
				property: { formatter: "0%" },
			},
			{ name: "创建时间", type: 1001 },
		],
	});
	fake.addRecords(
		tasks,
		Array.from({ length: 60 }, (_, index) => ({
			任务: `任务 ${index + 1}`,
			负责人: owners(index),
			截止日期: day((index % 21) - 9),
			状态: turn(["未开始", "进行中", "进行中", "已完成"], index),
			优先级: turn(["P2", "P0", "P1"], Math.floor(index / 2)),
			里程碑: [turn(milestoneIds, index)],
			进度: (index % 5) / 5,
		})),
	);
	fake.addDashboard(bases.projects, "项目总览");
	fake.addWorkflow(bases.projects, { title: "到期提醒" });

	const stages = ["线索", "验证", "报价", "谈判", "赢单"];
	const opportunities = fake.addTable(bases.sales, {
		name: "商机",
		fields: [
			text("商机名称"),
			select("阶段", ...stages),
			person("销售"),
			{
				name: "商机金额",
				type: 2,
				uiType: "Currency",
				property: { formatter: "0.00", currency_code: "CNY" },
			},
			date("预计成交"),
			{ name: "修改时间", type: 1002 },
			{ name: "修改人", type: 1004 },
		],
	});
	const now = given.clock.now();
	fake.addRecords(
		opportunities,
		Array.from({ length: opportunityCount }, (_, index) => ({
			商机名称: `商机 ${index + 1}`,
			阶段: turn(stages, index),
			销售: owners(Math.floor(index / 3)),
			...(index % 17 === 16 ? {} : { 商机金额: 1_000 + (index % 97) * 250.5 }),
			预计成交: day((index % 180) - 90),
		})),
		{
			by: (index) => turn([people.wang, people.li, people.chen], index).openId,
			atMs: (index) =>
				index % 400 === 7 ? now - DAY_MS : now - (30 + (index % 60)) * DAY_MS,
		},
	);

	const calendar = fake.addTable(bases.content, {
		name: "内容日历",
		fields: [
			text("标题"),
			select("平台", "小红书", "抖音", "公众号"),
			select("状态", "选题", "撰写", "排期", "已发布"),
			date("发布日期"),
			person("负责人"),
			text("备注"),
			{ name: "封面", type: 17 },
		],
	});
	const cover = fake.addMedia(bases.content, {
		name: "cover.png",
		bytes: PIXEL,
	});
	fake.addRecords(
		calendar,
		Array.from({ length: 45 }, (_, index) => ({
			标题: `笔记 ${index + 1}`,
			平台: turn(["小红书", "抖音", "公众号"], index),
			状态: turn(["选题", "撰写", "排期", "已发布"], Math.floor(index / 3)),
			发布日期: day(index - 20),
			负责人: owners(index),
			...(index % 2 === 0 ? { 备注: `备注 ${index}` } : {}),
			...(index % 9 === 0 ? { 封面: [{ file_token: cover }] } : {}),
		})),
	);
	const wikiNode = fake.addWikiNode(bases.content, { title: "内容运营" });

	const reviews = fake.addTable(bases.staff, {
		name: "考核",
		fields: [
			text("编号"),
			person("员工"),
			select("季度", "Q1", "Q2", "Q3", "Q4"),
			number("得分", "0.0"),
			text("评语"),
			{ name: "创建人", type: 1003 },
		],
	});
	fake.addRecords(
		reviews,
		Array.from({ length: 24 }, (_, index) => ({
			编号: `K-${String(index + 1).padStart(3, "0")}`,
			员工: [{ id: turn(everyone, index).openId }],
			季度: turn(["Q1", "Q2", "Q3", "Q4"], index),
			得分: 60 + (index % 40),
			评语: `评语 ${index + 1}`,
		})),
		{ by: people.zhao.openId },
	);
	fake.addDashboard(bases.staff, "考核看板");

	const suppliers = fake.addTable(bases.supply, {
		name: "供应商",
		fields: [text("名称"), { name: "电话", type: 13 }],
	});
	const supplierIds = fake.addRecords(
		suppliers,
		["华强电子", "宏达包装", "远东物流", "新光塑胶"].map((name, index) => ({
			名称: name,
			电话: `1380000000${index}`,
		})),
	);
	const inventory = fake.addTable(bases.supply, {
		name: "库存",
		fields: [
			text("SKU"),
			text("品名"),
			number("现有量"),
			number("安全库存"),
			{
				name: "供应商",
				type: 18,
				property: { table_id: suppliers, multiple: false },
			},
		],
	});
	fake.addRecords(
		inventory,
		Array.from({ length: 40 }, (_, index) => ({
			SKU: `SKU-${String(index + 1).padStart(4, "0")}`,
			品名: `品名 ${index + 1}`,
			...(index % 13 === 12 ? {} : { 现有量: (index * 7) % 50 }),
			安全库存: 20,
			供应商: [turn(supplierIds, index)],
		})),
	);

	const survey = fake.addTable(bases.customers, {
		name: "客户调研",
		fields: [
			text("姓名"),
			{ name: "电话", type: 13 },
			select("满意度", "满意", "一般", "不满意"),
			text("建议"),
			{ name: "登记时间", type: 1001 },
		],
	});

	return {
		fake,
		bases,
		people,
		hr: { chatId: hrChat.id, departmentId: department.openId },
		wikiNode,
		tables: {
			tasks,
			milestones,
			opportunities,
			calendar,
			reviews,
			inventory,
			suppliers,
			survey,
		},
		environment: (origin) => ({
			FEISHU_APP_ID: fake.app.id,
			FEISHU_APP_SECRET: fake.app.secret,
			FEISHU_BASES: Object.values(bases).join(","),
			FEISHU_BASE_URL: origin,
		}),
	};
}

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);
