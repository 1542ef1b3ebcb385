import type { Clock } from "../../../src/core/contract/clock.js";
import type { FaultPlan } from "../fake.js";
import {
	createDingtalkFake,
	type DingtalkFake,
	type DingtalkSwitches,
} from "./index.js";

export interface DingtalkSampleOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
	readonly switches?: Partial<DingtalkSwitches>;
	/** Rows of the customer table. Default 300. */
	readonly customers?: number;
}

export interface DingtalkSample {
	readonly fake: DingtalkFake;
	/** Base ids. */
	readonly bases: Readonly<Record<SampleBase, string>>;
	/** What a person pastes: the browser's address of the project base. */
	readonly url: string;
	readonly people: Readonly<
		Record<"owner" | "zhang" | "li" | "wang", { unionId: string; name: string }>
	>;
	/** The variables that point the server at the fake, which listens at `origin`. */
	environment(origin: string): Record<string, string>;
}

/** 项目, 人事, 仓库, 销售, 目标, 财务 */
export type SampleBase =
	| "projects"
	| "staff"
	| "warehouse"
	| "sales"
	| "goals"
	| "finance";

const DAY_MS = 86_400_000;
/** Midnight in China, eight hours before that of UTC. */
const ZONE_MS = 8 * 3_600_000;

const text = (name: string) => ({ name, type: "text" });
const number = (name: string, formatter = "INT") => ({
	name,
	type: "number",
	property: { formatter },
});
const select = (name: string, ...names: string[]) => ({
	name,
	type: "singleSelect",
	property: { choices: names.map((each) => ({ name: each })) },
});
const date = (name: string, formatter = "YYYY-MM-DD") => ({
	name,
	type: "date",
	property: { formatter },
});
const user = (name: string) => ({
	name,
	type: "user",
	property: { multiple: false },
});

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
	"base64",
);

/**
 * The bases of a small company: tasks with owners, leave by department, stock with its journal,
 * customers with phone numbers, objectives with key results, expense claims with invoices.
 */
export function createDingtalkSample(
	given: DingtalkSampleOptions,
): DingtalkSample {
	const { customers: customerCount = 300, ...rest } = given;
	const fake = createDingtalkFake(rest);
	const today =
		Math.floor((given.clock.now() + ZONE_MS) / DAY_MS) * DAY_MS - ZONE_MS;
	const departments = ["研发部", "市场部", "销售部", "财务部"].map((name) =>
		fake.addDepartment({ name }),
	);
	const person = (name: string, department: number, mobile: string) =>
		fake.addUser({
			name,
			departmentIds: [departments[department] ?? 1],
			mobile,
			email: `${mobile}@example.com`,
		});
	const people = {
		zhang: person("张伟", 0, "13800000001"),
		li: person("李娜", 1, "13800000002"),
		wang: person("王芳", 2, "13800000003"),
	};
	const everyone = [people.zhang, people.li, people.wang];
	const folder = fake.addNode({ name: "业务" });
	const base = (name: string) =>
		fake.addBase({ name, parentId: folder.id, everyone: "edit" });
	const bases = {
		projects: base("项目管理"),
		staff: base("人事"),
		warehouse: base("仓库"),
		sales: base("销售"),
		goals: base("目标"),
		finance: base("财务"),
	} satisfies Record<SampleBase, string>;
	fake.addNode({ name: "会议纪要", parentId: folder.id, extension: "adoc" });

	fake.addSheet(bases.projects, {
		name: "任务",
		fields: [
			text("标题"),
			select("状态", "待办", "进行中", "已完成"),
			user("负责人"),
			date("截止日期"),
			number("工时", "FLOAT_1"),
			{ name: "紧急", type: "checkbox" },
			{ name: "AI 摘要", type: "aiText" },
		],
	});
	const states = ["待办", "进行中", "已完成"];
	fake.addRecords(
		bases.projects,
		"任务",
		Array.from({ length: 240 }, (_, index) => ({
			标题: `任务 ${index + 1}`,
			状态: states[index % 3],
			...(index % 8 === 7
				? {}
				: { 负责人: [{ unionId: everyone[index % 3]?.unionId }] }),
			...(index % 10 === 9
				? {}
				: { 截止日期: today + ((index % 41) - 20) * DAY_MS }),
			工时: (index % 16) / 2,
			...(index % 5 === 0 ? { 紧急: true } : {}),
			...(index % 20 === 0 ? { "AI 摘要": `摘要 ${index + 1}` } : {}),
		})),
		{ atMs: (index) => today - (240 - index) * 3_600_000 },
	);
	fake.addSheet(bases.projects, {
		name: "里程碑",
		fields: [text("名称"), date("日期", "YYYY-MM-DD HH:mm")],
	});
	fake.addRecords(bases.projects, "里程碑", [
		{ 名称: "上线", 日期: today + 30 * DAY_MS + 36_000_000 },
	]);
	fake.addWorkflow(bases.projects, {
		name: "逾期提醒",
		description: "截止日期前一天提醒负责人",
	});

	fake.addSheet(bases.staff, {
		name: "请假",
		fields: [
			text("单号"),
			{ name: "部门", type: "department", property: { multiple: false } },
			user("申请人"),
			number("天数", "FLOAT_1"),
			date("开始日期"),
		],
	});
	fake.addRecords(
		bases.staff,
		"请假",
		Array.from({ length: 90 }, (_, index) => ({
			单号: `L-${String(index + 1).padStart(4, "0")}`,
			部门: [{ deptId: String(departments[index % 4]) }],
			申请人: [{ unionId: everyone[index % 3]?.unionId }],
			天数: ((index % 6) + 1) / 2,
			开始日期: today - (index % 60) * DAY_MS,
		})),
	);

	fake.addSheet(bases.warehouse, {
		name: "库存",
		fields: [
			text("编号"),
			text("品名"),
			number("库存"),
			{
				name: "单价",
				type: "currency",
				property: { currencyType: "CNY", formatter: "FLOAT_2" },
			},
		],
	});
	fake.addRecords(
		bases.warehouse,
		"库存",
		Array.from({ length: 40 }, (_, index) => ({
			编号: `A-${1001 + index}`,
			品名: `商品 ${index + 1}`,
			库存: 100 + index,
			单价: "12.50",
		})),
	);
	fake.addSheet(bases.warehouse, {
		name: "流水",
		fields: [
			text("编号"),
			select("方向", "入库", "出库"),
			number("数量"),
			date("时间", "YYYY-MM-DD HH:mm"),
			user("经手人"),
		],
	});

	fake.addSheet(bases.sales, {
		name: "客户",
		fields: [
			text("名称"),
			{ name: "手机号", type: "telephone" },
			{ name: "邮箱", type: "email" },
			select("来源", "展会", "官网", "转介绍"),
			{ name: "官网", type: "url" },
		],
	});
	const sources = ["展会", "官网", "转介绍"];
	fake.addRecords(
		bases.sales,
		"客户",
		Array.from({ length: customerCount }, (_, index) => ({
			名称: `客户 ${index + 1}`,
			...(index % 50 === 49
				? {}
				: { 手机号: `139${String(index).padStart(8, "0")}` }),
			来源: sources[index % 3],
			...(index % 4 === 0
				? {
						官网: {
							text: `客户 ${index + 1}`,
							link: `https://customer-${index + 1}.example.com`,
						},
					}
				: {}),
		})),
	);

	fake.addSheet(bases.goals, {
		name: "O",
		fields: [text("目标"), user("负责人")],
	});
	fake.addRecords(
		bases.goals,
		"O",
		["提升留存", "扩大渠道", "降低成本", "打磨产品"].map((目标, index) => ({
			目标,
			负责人: [{ unionId: everyone[index % 3]?.unionId }],
		})),
	);
	fake.addSheet(bases.goals, {
		name: "KR",
		fields: [text("关键结果"), number("进度", "PERCENT")],
	});
	fake.addRecords(
		bases.goals,
		"KR",
		Array.from({ length: 20 }, (_, index) => ({
			关键结果: `KR ${index + 1}`,
			进度: index / 20,
		})),
	);

	const claims = {
		name: "报销",
		fields: [
			text("单号"),
			user("报销人"),
			{
				name: "金额",
				type: "currency",
				property: { currencyType: "CNY", formatter: "FLOAT_2" },
			},
			date("提交日期"),
			{ name: "发票", type: "attachment" },
		],
	};
	fake.addSheet(bases.finance, claims);
	fake.addRecords(
		bases.finance,
		"报销",
		Array.from({ length: 24 }, (_, index) => ({
			单号: `E-${String(index + 1).padStart(3, "0")}`,
			报销人: [{ unionId: everyone[index % 3]?.unionId }],
			金额: 80 + index * 12.5,
			提交日期: today - (24 - index) * DAY_MS,
			发票: [
				fake.addAttachment(bases.finance, {
					name: `发票 ${index + 1}.png`,
					mediaType: "image/png",
					bytes: PIXEL,
				}),
			],
		})),
	);

	return {
		fake,
		bases,
		url: `https://alidocs.dingtalk.com/i/nodes/${bases.projects}`,
		people: { owner: { unionId: fake.operatorId, name: "Owner" }, ...people },
		environment: (origin) => ({
			DINGTALK_APP_KEY: fake.app.key,
			DINGTALK_APP_SECRET: fake.app.secret,
			DINGTALK_OPERATOR_ID: fake.operatorId,
			DINGTALK_BASES: Object.values(bases).join(","),
			DINGTALK_BASE_URL: origin,
		}),
	};
}
