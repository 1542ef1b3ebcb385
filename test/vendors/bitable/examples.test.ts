import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import type { FieldCodec } from "../../../src/core/contract/codec.js";
import type { FieldType } from "../../../src/core/contract/field.js";
import type { RoleInfo } from "../../../src/core/contract/roles.js";
import type { Table, View } from "../../../src/core/contract/table.js";
import { codecs } from "../../../src/vendors/bitable/cells.js";
import { fieldOf } from "../../../src/vendors/bitable/fields.js";
import { virtualClock } from "../../clock.js";
import type { BitableFake } from "../../fakes/bitable/index.js";
import { jsonResponse, withFaults } from "../../fakes/fake.js";
import { temporaryFolder } from "../../folder.js";
import { bitableSession } from "./bitable-session.js";
import { CALL } from "./world.js";

interface Example {
	readonly section: string;
	readonly method: string;
	readonly path: string;
	readonly response?: unknown;
}

const examples = JSON.parse(
	readFileSync(
		new URL("../../fixtures/bitable/seed-examples.json", import.meta.url),
		"utf8",
	),
) as readonly Example[];

const example = (section: string): Example => {
	const found = examples.find((each) => each.section === section);
	if (found === undefined) throw new Error(`no example ${section}`);
	return found;
};

const BASE = "appbcbWCzen6D8dezhoCH2RpMAh";
const TABLE: Table = {
	ref: { base: BASE, table: "tblKz5D60T4JlfcT" },
	name: "Table",
	fields: [],
	byId: new Map(),
	views: [],
	zone: "Asia/Shanghai",
	readAtMs: 0,
};
const VIEW: View = { id: "vewTpR1urY", name: "grid", type: "grid" };
const NO_LIST = {
	code: 0,
	msg: "success",
	data: { has_more: false, items: [] },
};

/** The adapter against the documents' own answers: each call gets its example, all others an empty list. */
async function answering(...sections: readonly string[]): Promise<{
	adapter: Adapter;
	bodies(): unknown[];
}> {
	const clock = virtualClock();
	const given = sections.map((section) => {
		const { method, path, response } = example(section);
		return {
			method,
			path: new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`),
			response: response ?? { code: 0, data: {} },
		};
	});
	const fake = withFaults(
		(request) => {
			// Some examples say that there is more: here there is not.
			if (request.query.includes("page_token="))
				return jsonResponse(200, NO_LIST);
			if (request.path.includes("/tenant_access_token/"))
				return jsonResponse(200, {
					code: 0,
					msg: "ok",
					tenant_access_token: "t-1",
					expire: 7200,
				});
			const match = given.find(
				({ method, path }) =>
					method === request.method && path.test(request.path),
			);
			return jsonResponse(200, match?.response ?? NO_LIST);
		},
		{ clock },
	);
	const { session } = bitableSession({
		fake: {
			...fake,
			app: { id: "cli_a", secret: "s" },
		} as unknown as BitableFake,
		clock,
		folder: temporaryFolder(),
	});
	const adapter = await session.connections.get("bitable")?.adapter();
	if (adapter === undefined) throw new Error("no adapter");
	return {
		adapter,
		bodies: () =>
			fake.log
				.slice(1)
				.map(({ request }) =>
					request.body.length === 0
						? null
						: JSON.parse(request.body.toString()),
				),
	};
}

const answer = (section: string) =>
	(example(section).response as { data: Record<string, never> }).data;

/** Every example answer, and what the adapter makes of it. */
const DECODED: Readonly<
	Record<string, (adapter: Adapter) => Promise<unknown>>
> = {
	"A.11": ({ updateBase }) =>
		updateBase?.(BASE, { name: "新的多维表格名字" }, CALL) ?? Promise.reject(),
	"A.12": ({ renameTable }) =>
		renameTable?.(TABLE, "数据表的新名称", CALL) ?? Promise.reject(),
	"A.13": ({ readNodes }) =>
		readNodes(BASE, { kinds: ["table"] }, undefined, CALL),
	"A.14": ({ createTable }) =>
		createTable?.(BASE, { name: "T", fields: [] }, CALL) ?? Promise.reject(),
	"A.16": ({ deleteTable }) => deleteTable?.(TABLE, CALL) ?? Promise.reject(),
	"A.18": ({ copyDashboard }) =>
		copyDashboard?.(BASE, "blkA", "New Dashboard", CALL) ?? Promise.reject(),
	"A.19": ({ readDashboards }) =>
		readDashboards?.(BASE, undefined, CALL) ?? Promise.reject(),
	"A.20": ({ updateView }) =>
		updateView?.(TABLE, VIEW, { name: "grid" }, CALL) ?? Promise.reject(),
	"A.21": ({ readView }) =>
		readView?.(TABLE, VIEW.id, CALL) ?? Promise.reject(),
	"A.23": ({ createView }) =>
		createView?.(TABLE, { name: "甘特视图1", type: "grid" }, CALL) ??
		Promise.reject(),
	"A.24": ({ deleteView }) =>
		deleteView?.(TABLE, VIEW, CALL) ?? Promise.reject(),
	"A.25": ({ updateForm }) =>
		updateForm?.(TABLE, "vewA", { name: "表单" }, CALL) ?? Promise.reject(),
	"A.27": ({ updateQuestion }) =>
		updateQuestion?.(TABLE, "vewA", { field: "fldA", required: true }, CALL) ??
		Promise.reject(),
	"A.28": async ({ readForm }) =>
		(await readForm?.(TABLE, "vewA", CALL))?.questions,
	"A.26": async ({ readForm }) => {
		const { questions: _, ...form } = (await readForm?.(
			TABLE,
			"vewA",
			CALL,
		)) ?? { questions: [] };
		return form;
	},
	"A.31": ({ createBatch }) =>
		createBatch?.(TABLE, [{}], CALL) ?? Promise.reject(),
	"A.32": ({ updateBatch }) =>
		updateBatch?.(TABLE, [{ id: "recm5qB61M", cells: {} }], CALL) ??
		Promise.reject(),
	"A.33": ({ deleteBatch }) =>
		deleteBatch?.(TABLE, ["recpCsf4ME"], CALL) ?? Promise.reject(),
	"A.34": ({ createBatch }) =>
		createBatch?.(TABLE, [{}, {}], CALL) ?? Promise.reject(),
	"A.35": ({ updateBatch }) =>
		updateBatch?.(
			TABLE,
			[
				{ id: "a", cells: {} },
				{ id: "b", cells: {} },
			],
			CALL,
		) ?? Promise.reject(),
	"A.36": ({ deleteBatch }) =>
		deleteBatch?.(TABLE, ["a", "b"], CALL) ?? Promise.reject(),
	"A.38": ({ createField }) =>
		createField?.(TABLE, { name: "test", type: "text", settings: {} }, CALL) ??
		Promise.reject(),
	"A.40": ({ deleteField }) =>
		deleteField?.(TABLE, { id: "fldPTb0U2y" } as never, CALL) ??
		Promise.reject(),
	"A.41": async ({ readRoles }) => {
		const { items, ...page } = (await readRoles?.(BASE, undefined, CALL)) ?? {
			items: [],
		};
		return { ...page, items: items.map(({ wire: _, ...role }) => role) };
	},
	"A.43": ({ deleteRole }) =>
		deleteRole?.(BASE, "rolA", CALL) ?? Promise.reject(),
	"A.44": ({ updateRole }) =>
		updateRole?.(
			BASE,
			{
				id: "rolA",
				name: "role1",
				tables: [],
				dashboards: [],
			} satisfies RoleInfo,
			CALL,
		) ?? Promise.reject(),
	"A.45": ({ removeRoleMembers }) =>
		removeRoleMembers?.(
			BASE,
			"rolA",
			[
				{ id: "ou_a", kind: "user" },
				{ id: "od-b", kind: "department" },
			],
			CALL,
		) ?? Promise.reject(),
	"A.46": ({ addRoleMembers }) =>
		addRoleMembers?.(
			BASE,
			"rolA",
			[
				{ id: "ou_a", kind: "user" },
				{ id: "oc_b", kind: "group" },
			],
			CALL,
		) ?? Promise.reject(),
	"A.47": ({ readRoleMembers }) =>
		readRoleMembers?.(BASE, "rolA", undefined, CALL) ?? Promise.reject(),
	"A.48": ({ addRoleMembers }) =>
		addRoleMembers?.(BASE, "rolA", [{ id: "ou_a", kind: "user" }], CALL) ??
		Promise.reject(),
	"A.49": ({ removeRoleMembers }) =>
		removeRoleMembers?.(BASE, "rolA", [{ id: "ou_a", kind: "user" }], CALL) ??
		Promise.reject(),
};

const MEANS: Readonly<Record<string, unknown>> = {
	"A.11": {
		id: BASE,
		name: "新的多维表格名字",
		url: `https://feishu.cn/base/${BASE}`,
		advancedPermissions: true,
	},
	"A.13": {
		items: [
			{
				kind: "table",
				base: BASE,
				id: "tblKz5D60T4JlfcT",
				name: "数据表1",
				url: `https://feishu.cn/base/${BASE}?table=tblKz5D60T4JlfcT`,
			},
		],
	},
	"A.14": { base: BASE, table: "tblKz5D60T4JlfcT" },
	"A.18": { id: "blkXsf60PxMdJLQN", name: "New Dashboard" },
	"A.19": { items: [{ id: "blknkqrP3RqUkcAW", name: "仪表盘1" }] },
	"A.20": expect.objectContaining({
		id: "vewsOleexJ",
		name: "grid",
		type: "grid",
	}),
	"A.21": expect.objectContaining({
		id: "vewsOleexJ",
		name: "grid",
		type: "grid",
		hiddenFields: expect.any(Array),
	}),
	"A.23": expect.objectContaining({
		id: "vewTpR1urY",
		name: "甘特视图1",
		type: "gantt",
	}),
	"A.26": {
		id: "vewA",
		name: "表单",
		description: "表单描述",
		shared: true,
		url: expect.stringContaining("/share/base/shrcn"),
		shareWith: "organization",
		submitOnce: true,
	},
	"A.28": [
		{
			field: "fldjX7dUj5",
			title: "多行文本",
			description: "多行文本描述",
			required: true,
			visible: true,
		},
	],
	"A.31": [{ id: expect.stringMatching(/^rec/) }],
	"A.32": [{ id: "recm5qB61M" }],
	"A.34": expect.arrayContaining([{ id: expect.stringMatching(/^rec/) }]),
	"A.35": expect.arrayContaining([{ id: expect.stringMatching(/^rec/) }]),
	"A.38": "fld4bocNLY",
	"A.41": expect.objectContaining({
		items: [
			expect.objectContaining({
				id: "rola66uIZT",
				name: "role1",
				tables: expect.arrayContaining([
					expect.objectContaining({ access: "edit" }),
				]),
			}),
		],
	}),
	"A.47": expect.objectContaining({
		items: expect.arrayContaining([
			{ id: "ou_xxxxxxxxxxxxxxxx", name: "张三", kind: "user" },
		]),
	}),
};

test.each(Object.keys(DECODED))("example %s", async (section) => {
	const { adapter } = await answering(section);
	expect(await DECODED[section]?.(adapter)).toEqual(MEANS[section]);
});

test("example A.42 has no answer of its own: a role's id is read where A.44 has the role", async () => {
	const { adapter } = await answering("A.42");
	expect(
		await adapter.createRole?.(
			BASE,
			{ name: "r", tables: [], dashboards: [] },
			CALL,
		),
	).toBe("");
});

test("examples A.13, A.22 and A.37 together are a table", async () => {
	const { adapter } = await answering("A.10", "A.13", "A.22", "A.37");
	const table = await adapter.readTable(TABLE.ref, CALL);
	expect(table.name).toBe("数据表1");
	expect(table.views).toMatchObject([
		{ id: "vewTpR1urY", name: "甘特视图1", type: "gantt" },
	]);
	const wires = (answer("A.37").items ?? []) as unknown as {
		field_name: string;
		type: number;
	}[];
	expect(table.fields.map(({ name }) => name)).toEqual(
		wires.map(({ field_name }) => field_name),
	);
	expect(table.fields.filter(({ type }) => type === "unknown")).toEqual([]);
});

test("example A.39 is a field that is changed", async () => {
	const { adapter, bodies } = await answering("A.39");
	const field = fieldOf(
		{ field_id: "fldwrEQHef", field_name: "test", type: 1, property: null },
		"tblA",
		new Map(),
	);
	await adapter.updateField?.(
		TABLE,
		field,
		{ name: "test2", type: "text", settings: {} },
		CALL,
	);
	expect(bodies().at(-1)).toEqual({
		field_name: "test2",
		type: 1,
		ui_type: "Text",
	});
});

/** Columns of the records of A.29 and A.30, by the vendor's type. */
const COLUMNS: Readonly<Record<string, number>> = {
	人力耗时: 2,
	人力评估: 2,
	任务执行人: 11,
	任务描述: 1,
	任务附件: 17,
	"对应 OKR": 18,
	截止日期: 5,
	文档地址: 15,
	"链接 URL": 15,
	是否完成: 7,
	状态: 3,
	相关部门: 4,
	最后更新人: 1004,
	最后更新时间: 1002,
};

/** A link that tells the titles of its records and not their ids: it is not empty, and cannot be read. */
const ONLY_TITLES = "对应 OKR";

test.each(["A.29", "A.30"])(
	"the cells of example %s, in the older shapes",
	(section) => {
		const data = answer(section) as {
			record?: { fields: object };
			items?: { fields: object }[];
		};
		const records = data.items ?? [data.record];
		const decoded = records.map((record) =>
			Object.entries(record?.fields ?? {}).flatMap(([name, wire]) => {
				const type = COLUMNS[name];
				if (type === undefined) return [];
				const field = fieldOf(
					{ field_id: "f", field_name: name, type, property: {} },
					"t",
					new Map(),
				);
				const cell = (codecs[field.type] as FieldCodec<FieldType>).decode(
					wire,
					field,
					{ zone: "Asia/Shanghai" },
				);
				return [[name, cell] as const];
			}),
		);
		expect(decoded.length).toBeGreaterThan(0);
		for (const cells of decoded) {
			expect(cells.length).toBeGreaterThan(8);
			for (const [name, cell] of cells)
				expect({
					name,
					raw: typeof cell === "object" && cell !== null && "raw" in cell,
				}).toEqual({ name, raw: name === ONLY_TITLES });
		}
		expect(decoded[0]).toEqual(
			expect.arrayContaining([
				["人力耗时", 64],
				["人力评估", 8],
			]),
		);
	},
);

test("every example is decoded by one of these, or reached by none of the tools", () => {
	/** Names only, and several tables at one breath: `create_table` and `delete_table` are the tools' way. */
	const left = ["A.15", "A.17"];
	const here = [
		...Object.keys(DECODED),
		"A.10",
		"A.22",
		"A.29",
		"A.30",
		"A.37",
		"A.39",
		"A.42",
		...left,
	];
	expect(here.toSorted()).toEqual(
		examples.map(({ section }) => section).toSorted(),
	);
});
