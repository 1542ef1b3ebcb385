import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { createBitableFake } from "./index.js";

interface Example {
	readonly section: string;
	readonly method: string;
	readonly path: string;
	readonly request?: unknown;
	readonly response?: Readonly<Record<string, unknown>>;
}

const examples = JSON.parse(
	readFileSync(
		new URL("../../fixtures/bitable/seed-examples.json", import.meta.url),
		"utf8",
	),
) as readonly Example[];

const BASE = "appbcbWCzen6D8dezhoCH2RpMAh";
const ROLES_BASE = "appbcbWCzen6D8dezhoCH2Roles";
const TABLE = "tblKz5D60T4JlfcT";
const OKR_TABLE = "tbltAvx3DYBw7PVj";
const PEOPLE = [
	"ou_5fb00e0112212cc7012fe3a697336989",
	"ou_be7f7ff11f5107962c0493f59409508b",
	"ou_debc524b2d8cb187704df652b43d29de",
	"ou_e62dbb75c6343147bc6690abd267067b",
	"ou_35990a9d9052051a2fae9b2f1afabcef",
	"ou_xxxxxxxxxxxxxxxx",
	"ou_xxxxxxx",
];

/** What the calls of one group of examples find. */
const worlds = {
	empty: () => {},
	work(fake) {
		const okr = fake.addTable(BASE, {
			name: "OKR",
			id: OKR_TABLE,
			fields: [{ name: "KR", type: 1 }],
		});
		fake.addRecords(
			okr,
			["第一行", "第二行", "三", "四", "五", "六", "七", "八"].map((KR) => ({
				KR,
			})),
			{
				ids: [
					"recl1IWVnB",
					"recrJk7SXT",
					"rec82XmuMO",
					"recZQCkzgd",
					"recqwIwhc6",
					"recOuEJMvN",
					"recpCsf4ME",
					"recc5Ah5QB",
				],
			},
		);
		const table = fake.addTable(BASE, {
			name: "Work",
			id: "tblxI2tWaxP5dG7p",
			fields: [
				{ name: "任务描述", type: 1 },
				{ name: "人力耗时", type: 2 },
				{ name: "人力评估", type: 2 },
				{ name: "任务执行人", type: 11 },
				{ name: "任务附件", type: 17 },
				{
					name: "对应 OKR",
					type: 18,
					property: { table_id: okr },
				},
				{ name: "截止日期", type: 5 },
				{ name: "文档地址", type: 15 },
				{ name: "链接 URL", type: 15 },
				{ name: "是否完成", type: 7 },
				{ name: "状态", type: 3 },
				{ name: "相关部门", type: 4 },
			],
		});
		fake.addRecords(
			table,
			[
				"recm5qB61M",
				"recsIbdRSC",
				"recIcJBbvC",
				"recvmiCORa",
				"recpCsf4ME",
			].map((name) => ({ 任务描述: name })),
			{
				ids: [
					"recm5qB61M",
					"recsIbdRSC",
					"recIcJBbvC",
					"recvmiCORa",
					"recpCsf4ME",
				],
			},
		);
	},
	reading(fake) {
		const okr = fake.addTable(BASE, {
			name: "OKR",
			id: OKR_TABLE,
			fields: [{ name: "KR", type: 1 }],
		});
		const table = fake.addTable(BASE, {
			name: "Work",
			id: "tblxI2tWaxP5dG7p",
			fields: [
				{ name: "任务描述", type: 1 },
				{ name: "人力耗时", type: 2 },
				{ name: "人力评估", type: 2 },
				{ name: "任务执行人", type: 11 },
				{ name: "任务附件", type: 17 },
				{ name: "截止日期", type: 5 },
				{ name: "文档地址", type: 15 },
				{ name: "是否完成", type: 7 },
				{ name: "状态", type: 3 },
				{ name: "相关部门", type: 4 },
				{ name: "多行文本", type: 1 },
				{ name: "单向关联", type: 18, property: { table_id: okr } },
				{ name: "双向关联", type: 21, property: { table_id: okr } },
				{
					name: "对应 OKR",
					type: 19,
					lookup: { link: "单向关联", field: "KR" },
				},
			],
		});
		fake.addRecords(okr, [{ KR: "第一行" }, { KR: "第二行" }], {
			ids: ["recl1IWVnB", "recrJk7SXT"],
		});
		const file = fake.addMedia(BASE, {
			name: "2.gif",
			bytes: Buffer.from("GIF"),
		});
		const record = {
			任务描述: "我是最大的功能开发🥕",
			人力耗时: 64,
			人力评估: 8,
			任务执行人: [{ id: PEOPLE[0] }],
			任务附件: [{ file_token: file }],
			截止日期: 1612108800000,
			文档地址: { link: "https://example.com/", text: "文档备份" },
			是否完成: false,
			状态: "开发中",
			相关部门: ["研发", "产品", "设计"],
			单向关联: ["recl1IWVnB"],
			双向关联: ["recl1IWVnB", "recrJk7SXT"],
		};
		const ids = ["recn0hoyXL", "reciKaDyVO"];
		fake.addRecords(table, [record, record], { ids });
		for (const id of ids)
			fake.setRaw(table, id, "多行文本", [
				{ type: "text", text: "hello" },
				{
					type: "mention",
					text: "@test",
					mentionType: "User",
					mentionNotify: false,
					name: "test",
					token: PEOPLE[0],
				},
				{
					type: "mention",
					text: "未命名多维表格",
					mentionType: "Bitable",
					link: "https://example.com/base/x",
					token: "basbcq2aFvW8nFJpfOXalx57ffb",
				},
				{ type: "url", text: "测试链接标题", link: "https://example.com/" },
			]);
	},
	fields(fake) {
		const other = fake.addTable(BASE, {
			name: "数据表2",
			id: "tblw92ErelmCmgHc",
			fields: [{ name: "名称", type: 1 }],
		});
		fake.addTable(BASE, {
			name: "All types",
			id: "tblsRc9GRRXKqhvW",
			fields: [
				{ name: "多行文本", type: 1 },
				{ name: "数字", type: 2, property: { formatter: "0.00" } },
				{
					name: "单选",
					type: 3,
					property: {
						options: [{ name: "a++" }, { name: "b" }, { name: "z" }],
					},
				},
				{ name: "日期", type: 5 },
				{ name: "复选框", type: 7 },
				{ name: "人员", type: 11 },
				{ name: "超链接", type: 15 },
				{ name: "附件", type: 17 },
				{ name: "单向关联", type: 18, property: { table_id: other } },
				{
					name: "查找引用",
					type: 19,
					lookup: { link: "单向关联", field: "名称" },
				},
				{ name: "公式", type: 20, property: { formatter: "0.00%" } },
				{ name: "双向关联", type: 21, property: { table_id: other } },
				{ name: "创建时间", type: 1001 },
				{ name: "创建人", type: 1003 },
				{ name: "电话号码", type: 13 },
				{ name: "地理位置", type: 22 },
				{
					name: "自动编号",
					type: 1005,
					property: {
						auto_serial: {
							type: "custom",
							options: [
								{ type: "system_number", value: "1" },
								{ type: "created_time", value: "MMdd" },
								{ type: "created_time", value: "yyyyMMdd" },
								{ type: "created_time", value: "MM" },
							],
						},
					},
				},
				{ name: "自增数字自动编号", type: 1005 },
				{ name: "old", type: 1, id: "fldwrEQHef" },
				{ name: "gone", type: 1, id: "fldPTb0U2y" },
			],
		});
	},
	views(fake) {
		fake.addTable(BASE, {
			name: "Views",
			id: "tblsRc9GRRXKqhvW",
			viewId: "vewfirst",
			fields: [
				{ name: "Text", type: 1, id: "fldVioUai1" },
				{ name: "多行文本", type: 1, id: "fldjX7dUj5" },
				{ name: "复选框", type: 7, id: "fld1lAbHh7" },
			],
		});
		fake.addView("tblsRc9GRRXKqhvW", {
			name: "filtered",
			id: "vewsOleexJ",
			filter: {
				conjunction: "and",
				conditions: [
					{ field: "Text", operator: "is", values: ["text content"] },
				],
			},
		});
		fake.addView("tblsRc9GRRXKqhvW", {
			name: "f",
			id: "vewform",
			type: "form",
		});
	},
	roles(fake) {
		const fields = [
			{ name: "名称", type: 1 },
			{
				name: "单选",
				type: 3,
				property: { options: [{ name: "A", id: "optbdVHf4q" }] },
			},
			{ name: "人员", type: 11 },
			{ name: "年龄", type: 2 },
			{
				name: "多选",
				type: 4,
				property: {
					options: [
						{ name: "A", id: "opttgKOTSt" },
						{ name: "B", id: "optWcdXR0W" },
					],
				},
			},
		];
		for (const [name, id] of [
			["table1", "tblFIgBzKEq75HSE"],
			["table2", "tblMPI6OC1aWvTvs"],
			["table3", "tblmkLF7Tg6IWbRb"],
			["table4", "tbl5VQHDTms19Qe7"],
		] as const)
			fake.addTable(ROLES_BASE, { name, id, fields });
		fake.addDashboard(ROLES_BASE, "D1", "blknkqrP3RqUkcAW");
		fake.addDashboard(ROLES_BASE, "D2", "blkAjxjWKvbBi7EA");
	},
} satisfies Record<
	string,
	(fake: ReturnType<typeof createBitableFake>) => void
>;

/** Which world and which ids an example's call gets; by section. */
const CALLS: Readonly<
	Record<
		string,
		{
			readonly world: keyof typeof worlds;
			readonly at?: Readonly<Record<string, string>>;
			/** Called first; the id of what it answers goes into the path. */
			readonly first?: string;
			readonly query?: string;
		}
	>
> = {
	"A.10": { world: "empty" },
	"A.11": { world: "empty" },
	"A.12": { world: "empty" },
	"A.13": { world: "empty" },
	"A.14": { world: "empty" },
	"A.15": { world: "empty" },
	"A.16": { world: "fields", at: { table_id: TABLE } },
	"A.17": { world: "fields" },
	"A.18": { world: "empty", at: { block_id: "blkXsf60PxMdJLQN" } },
	"A.19": { world: "empty" },
	"A.20": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", view_id: "vewsOleexJ" },
	},
	"A.21": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", view_id: "vewsOleexJ" },
	},
	"A.22": { world: "views", at: { table_id: "tblsRc9GRRXKqhvW" } },
	"A.23": { world: "empty" },
	"A.24": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", view_id: "vewsOleexJ" },
	},
	"A.25": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", form_id: "vewform" },
	},
	"A.26": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", form_id: "vewform" },
	},
	"A.27": {
		world: "views",
		at: {
			table_id: "tblsRc9GRRXKqhvW",
			form_id: "vewform",
			field_id: "fld1lAbHh7",
		},
	},
	"A.28": {
		world: "views",
		at: { table_id: "tblsRc9GRRXKqhvW", form_id: "vewform" },
	},
	"A.29": {
		world: "reading",
		at: { table_id: "tblxI2tWaxP5dG7p", record_id: "recn0hoyXL" },
		query: "text_field_as_array=true",
	},
	"A.30": {
		world: "reading",
		at: { table_id: "tblxI2tWaxP5dG7p" },
		query: "text_field_as_array=true",
	},
	"A.31": { world: "work", at: { table_id: "tblxI2tWaxP5dG7p" } },
	"A.32": {
		world: "work",
		at: { table_id: "tblxI2tWaxP5dG7p", record_id: "recm5qB61M" },
	},
	"A.33": {
		world: "work",
		at: { table_id: "tblxI2tWaxP5dG7p", record_id: "recpCsf4ME" },
	},
	"A.34": { world: "work", at: { table_id: "tblxI2tWaxP5dG7p" } },
	"A.35": { world: "work", at: { table_id: "tblxI2tWaxP5dG7p" } },
	"A.36": { world: "work", at: { table_id: "tblxI2tWaxP5dG7p" } },
	"A.37": { world: "fields", at: { table_id: "tblsRc9GRRXKqhvW" } },
	"A.38": { world: "fields", at: { table_id: "tblsRc9GRRXKqhvW" } },
	"A.39": {
		world: "fields",
		at: { table_id: "tblsRc9GRRXKqhvW", field_id: "fldwrEQHef" },
	},
	"A.40": {
		world: "fields",
		at: { table_id: "tblsRc9GRRXKqhvW", field_id: "fldPTb0U2y" },
	},
	"A.41": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.42": { world: "roles", at: { app_token: ROLES_BASE } },
	"A.43": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.44": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.45": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.46": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.47": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.48": { world: "roles", at: { app_token: ROLES_BASE }, first: "A.42" },
	"A.49": {
		world: "roles",
		at: { app_token: ROLES_BASE, member_id: PEOPLE[4] ?? "" },
		first: "A.42",
	},
};

/** Where the fake differs from an example, and why. A path that does not differ fails its test. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"A.18": {
		block_id: "the example lacks the envelope that every answer has",
		name: "as above",
	},
	"A.29": {
		"data.record.fields.人力耗时":
			"the example has both a number and a text for numbers; the fake has text",
		"data.record.fields.任务描述":
			"the example mixes both forms of text, which one call cannot answer",
	},
	"A.30": {
		"data.page_token":
			"the example has one on the last page, the text says that it is left out",
		"data.items.0.fields.任务描述":
			"the example mixes both forms of text, which one call cannot answer",
		"data.items.1.fields.任务描述": "as above",
	},
	"A.44": {
		"data.role.table_roles.0.addrecords_perm":
			"an old name; the flags are called allow_add_record and allow_delete_record now",
		"data.role.table_roles.0.deleterecords_perm": "as above",
	},
};

/** Requests that differ from the example's own, and why. */
const REQUESTS: Readonly<Record<string, (example: Example) => unknown>> = {
	// Its request writes a text into what its answer shows as a number, and another set of columns.
	"A.31": ({ response }) => ({
		fields: (response as { data: { record: { fields: unknown } } }).data.record
			.fields,
	}),
	// Its table is another one's.
	"A.17": () => ({ table_ids: [TABLE] }),
};

const typeOf = (value: unknown): string =>
	value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

/** Paths of the example that an answer lacks or has in another type. */
function differences(example: unknown, answer: unknown, path = ""): string[] {
	if (typeOf(example) !== typeOf(answer)) return [path];
	if (Array.isArray(example))
		return example.flatMap((item, index) =>
			differences(item, (answer as unknown[])[index], join(path, index)),
		);
	if (typeof example !== "object" || example === null) return [];
	return Object.entries(example).flatMap(([key, value]) => {
		const other = (answer as Record<string, unknown>)[key];
		return other === undefined
			? [join(path, key)]
			: differences(value, other, join(path, key));
	});
}

const join = (path: string, key: string | number) =>
	path === "" ? String(key) : `${path}.${key}`;

/** A fake with the world of an example, and its call. */
function prepared(section: string) {
	const given = CALLS[section];
	if (given === undefined) throw new Error(`no call for ${section}`);
	const clock = virtualClock();
	const fake = createBitableFake({ clock });
	for (const openId of PEOPLE)
		fake.addPerson({
			name: "黄泡泡",
			enName: "Paopao Huang",
			email: `${openId}@example.com`,
			openId,
		});
	fake.addBase({ name: "base", token: BASE });
	fake.addBase({ name: "roles", token: ROLES_BASE, isAdvanced: true });
	fake.addTable(BASE, {
		name: "数据表1",
		id: TABLE,
		fields: [{ name: "多行文本", type: 1 }],
	});
	for (const token of [
		"boxcnkQWfV4XbHwzDngmezMGzXe",
		"boxcnGk0FfG678EEurDN7dRyxag",
	])
		fake.addMedia(BASE, { token, name: "2.gif", bytes: Buffer.from("GIF") });
	fake.addDashboard(BASE, "仪表盘1", "blkXsf60PxMdJLQN");
	worlds[given.world](fake);
	const call = fakeClient(fake, clock);
	const at: Record<string, string> = {
		app_token: BASE,
		table_id: TABLE,
		...given.at,
	};
	const send = (example: Example, query?: string) => {
		const path = example.path.replace(
			/:(\w+)/g,
			(_all, name: string) => at[name] ?? "",
		);
		const request = REQUESTS[example.section]?.(example) ?? example.request;
		return call(
			example.method,
			`${path}${query === undefined ? "" : `?${query}`}`,
			request,
		);
	};
	const first = examples.find((each) => each.section === given.first);
	if (first !== undefined) {
		const role = send(first).data.role.role_id as string;
		at.role_id = role;
		const chat = fake.addChat({ name: "design-chat" });
		const department = fake.addDepartment({ name: "design-center" });
		if (!["A.46", "A.48"].includes(section))
			for (const [kind, id] of [
				["user", PEOPLE[4]],
				["chat", chat.id],
				["department", department.openId],
			] as const)
				fake
					.base(ROLES_BASE)
					.roles.get(role)
					?.members.set(id ?? "", { kind, id: id ?? "" });
	}
	return { fake, send, query: given.query };
}

test.each(examples.map((example) => [example.section, example] as const))(
	"%s answers as its example",
	(section, example) => {
		const { send, query } = prepared(section);
		const answer = send(example, query);
		expect(answer.body).toMatchObject({ code: 0 });
		const expected = example.response;
		// A.42 has a request only.
		if (expected === undefined) expect(section).toBe("A.42");
		else
			expect(differences(expected, answer.body).sort()).toEqual(
				Object.keys(EXCEPTIONS[section] ?? {}).sort(),
			);
	},
);

test("there is an example for each of A.10 to A.49", () => {
	expect(examples.map(({ section }) => section)).toEqual(
		Array.from({ length: 40 }, (_, index) => `A.${index + 10}`),
	);
});
