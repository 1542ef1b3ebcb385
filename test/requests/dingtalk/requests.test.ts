import { expect, test } from "vitest";
import { sampleClient } from "./sample-client.js";

const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;
const agree = () => ({ action: "accept" }) as const;

/** The number of a moment's day in Shanghai. */
const dayOf = (ms: number) => Math.floor((ms + OFFSET_MS) / DAY_MS);
const day = (ms: number) => new Date(ms + OFFSET_MS).toISOString().slice(0, 10);

test("D1: open a pasted address, see its tables and fields", async () => {
	const client = await sampleClient();
	const listed = await client.ok("list_tables", { base: client.sample.url });
	expect(
		listed.structured.tables.map(({ name }: { name: string }) => name),
	).toEqual(["任务", "里程碑"]);
	const table = listed.structured.tables[0].reference;
	const { structured, text } = await client.ok("describe_fields", { table });
	expect(
		structured.fields.map(({ name, type }: { name: string; type: string }) => [
			name,
			type,
		]),
	).toEqual([
		["标题", "text"],
		["状态", "single_select"],
		["负责人", "user"],
		["截止日期", "date"],
		["工时", "number"],
		["紧急", "checkbox"],
		["AI 摘要", "unknown"],
	]);
	expect(text).toContain("待办");
	expect(client.called).toEqual(["list_tables", "describe_fields"]);

	// The base is remembered.
	const again = await client.ok("list_tables", {});
	expect(again.structured.tables).toHaveLength(2);

	// A sheet and a view in the address: the sheet is opened, the view is reported to have no API.
	const id = table.split("/")[1];
	const query = encodeURIComponent(`sheetId=${id}&viewId=v1`);
	const opened = await client.ok("query_records", {
		table: `${client.sample.url}?iframeQuery=${query}`,
		limit: 1,
	});
	expect(opened.structured.notes.join()).toContain("has no views");

	const share = await client.refused("list_tables", {
		base: "https://alidocs.dingtalk.com/i/p/nb9XJq2W",
	});
	expect(share.text).toMatch(/share link \(\/i\/p\/…\)/);
	expect(share.text).toContain("https://alidocs.dingtalk.com/i/nodes/");
});

test("D2: overdue tasks by owner, with names", async () => {
	const overdue = (now: number) => ({
		fields: ["标题", "负责人", "截止日期"],
		filter: {
			conditions: [
				{ field: "截止日期", op: "lt", value: day(now) },
				{ field: "状态", op: "is_not", value: "已完成" },
			],
		},
		sort: [{ field: "负责人" }],
		limit: 200,
	});
	const client = await sampleClient({ bases: ["projects"] });
	const now = client.session.clock.now();
	const { structured } = await client.ok("query_records", {
		table: "任务",
		...overdue(now),
	});
	const expected = client
		.rows("projects", "任务")
		.filter(
			({ 截止日期: due, 状态: state }) =>
				typeof due === "number" &&
				dayOf(due) < dayOf(now) &&
				(state as { name: string }).name !== "已完成",
		);
	expect(expected.length).toBeGreaterThan(20);
	expect(
		structured.rows.map(([, title]: string[]) => title).toSorted(),
	).toEqual(expected.map(({ 标题: title }) => title).toSorted());
	const names = new Set(
		structured.rows.flatMap(([, , people]: [string, string, string[]]) =>
			people === null ? [] : people,
		),
	);
	expect([...names].toSorted()).toEqual(["张伟", "李娜"].toSorted());
	expect(client.called).toHaveLength(1);

	const closed = await sampleClient({ bases: ["projects"] });
	closed.sample.fake.withhold("qyapi_get_member");
	const bare = await closed.ok("query_records", {
		table: "任务",
		...overdue(now),
	});
	expect(bare.structured.rows.at(-1)[2]).toEqual([
		expect.stringMatching(/^[A-Za-z0-9]{28}$/),
	]);
	expect(bare.structured.notes.join()).toMatch(
		/people are shown by id: .*qyapi_get_member/,
	);
});

test("D3: how many days of leave has each department this month?", async () => {
	const client = await sampleClient({ bases: ["staff"] });
	const { structured } = await client.ok("query_records", {
		table: "请假",
		filter: {
			conditions: [{ field: "开始日期", op: "within", value: "this_month" }],
		},
		group_by: [{ field: "部门" }],
		aggregate: [{ function: "sum", field: "天数" }],
	});
	const month = day(client.session.clock.now()).slice(0, 7);
	const sums = new Map<string, number>();
	for (const row of client.rows("staff", "请假")) {
		if (!day(row.开始日期 as number).startsWith(month)) continue;
		const [{ deptId } = { deptId: "" }] = row.部门 as { deptId: string }[];
		// The vendor sends numbers as text.
		expect(row.天数).toEqual(expect.any(String));
		sums.set(deptId, (sums.get(deptId) ?? 0) + Number(row.天数));
	}
	const names = new Map(
		[...client.sample.fake.store.departments.values()].map(({ id, name }) => [
			String(id),
			name,
		]),
	);
	const shown = new Map(
		structured.rows.map((row: [string | string[], number, number?]) => [
			String(row[0]),
			row.at(-1),
		]),
	);
	expect(shown).toEqual(
		new Map([...sums].map(([id, sum]) => [names.get(id), sum])),
	);
	expect(client.called).toHaveLength(1);
});

test("D4: thirty of A-1001 leave the stock, and the journal gets a line", async () => {
	const client = await sampleClient({ bases: ["warehouse"] });
	const found = await client.ok("query_records", {
		table: "库存",
		filter: { conditions: [{ field: "编号", op: "is", value: "A-1001" }] },
	});
	const [[id, , , stock]] = found.structured.rows;
	const updated = await client.ok("update_records", {
		table: "库存",
		records: [{ id, fields: { 库存: stock - 30 } }],
	});
	expect(updated.structured.counts.updated).toBe(1);
	const made = await client.ok("create_records", {
		table: "流水",
		records: [
			{
				fields: {
					编号: "A-1001",
					方向: "出库",
					数量: 30,
					时间: "2026-11-20T12:00",
					经手人: ["王芳"],
				},
			},
		],
	});
	expect(made.structured.counts.created).toBe(1);
	expect(client.called).toEqual([
		"query_records",
		"update_records",
		"create_records",
	]);
	expect(client.rows("warehouse", "库存")[0]).toMatchObject({
		编号: "A-1001",
		库存: "70",
	});
	expect(client.rows("warehouse", "流水")).toEqual([
		{
			编号: "A-1001",
			方向: { id: expect.any(String), name: "出库" },
			数量: "30",
			时间: Date.UTC(2026, 10, 20, 4),
			经手人: [{ unionId: client.sample.people.wang.unionId }],
		},
	]);
	// The whole can be taken back, should the second part have failed.
	await client.ok("undo_change", {
		change_id: updated.structured.change_id,
	});
	expect(client.rows("warehouse", "库存")[0]).toMatchObject({ 库存: "100" });
});

test("D5: 200 leads into the customers; the same phone number updates", async () => {
	const leads = Array.from({ length: 200 }, (_, index) => ({
		名称: `线索 ${index}`,
		// The first 120 are customers already.
		手机号:
			index < 120
				? `139${String(index < 49 ? index : index + 1).padStart(8, "0")}`
				: `150${String(index).padStart(8, "0")}`,
		来源: "展会",
	}));
	const phones = (client: Awaited<ReturnType<typeof sampleClient>>) =>
		new Map(
			client
				.rows("sales", "客户")
				.map(({ 手机号: phone, 名称: name }) => [phone, name]),
		);
	const client = await sampleClient({ bases: ["sales"] });
	const known = phones(client);
	const old = leads.filter(({ 手机号: phone }) => known.has(phone)).length;
	const { structured } = await client.ok("update_records", {
		table: "客户",
		match_on: ["手机号"],
		upsert: true,
		records: leads.map((fields) => ({ fields })),
		confirm: String(old),
	});
	expect(structured.counts).toMatchObject({
		updated: old,
		created: 200 - old,
		failed: 0,
	});
	expect(old).toBeGreaterThan(100);
	const now = phones(client);
	for (const { 手机号: phone, 名称: name } of leads)
		expect(now.get(phone)).toBe(name);
	expect(client.called).toHaveLength(1);

	const byFile = await sampleClient({ bases: ["sales"] });
	byFile.put(
		"leads.csv",
		[
			"名称,手机号,来源",
			...leads.map((lead) => Object.values(lead).join(",")),
		].join("\n"),
	);
	const imported = await byFile.ok("import_records", {
		table: "客户",
		file: "leads.csv",
		match_on: ["手机号"],
		confirm: String(old),
	});
	expect(imported.structured.counts).toMatchObject({
		updated: old,
		created: 200 - old,
		failed: 0,
	});

	// A column that the vendor does not document, and here does not keep: told, not believed.
	const forgetful = await sampleClient({
		bases: ["sales"],
		switches: { undocumentedWrites: "ignore" },
	});
	const lost = await forgetful.refused("create_records", {
		table: "客户",
		records: [{ fields: leads[199] }],
	});
	expect(lost.structured.problems[0].message).toMatch(
		/"手机号" does not hold what was sent/,
	);
});

test("D6: a content calendar, and a calendar view that this API cannot make", async () => {
	const client = await sampleClient({ bases: ["projects"] });
	const options = (...names: string[]) => ({
		options: names.map((name) => ({ name })),
	});
	const { structured } = await client.ok("create_table", {
		connection: "dingtalk",
		base: client.sample.bases.projects,
		name: "内容日历",
		fields: [
			{ name: "标题", type: "text" },
			{
				name: "渠道",
				type: "multi_select",
				settings: options("公众号", "视频号"),
			},
			{ name: "发布日期", type: "date" },
			{ name: "负责人", type: "user" },
			{ name: "封面", type: "attachment" },
			{
				name: "状态",
				type: "single_select",
				settings: options("草稿", "已发布"),
			},
		],
	});
	const view = await client.refused("create_view", {
		table: structured.table,
		name: "日历",
		type: "calendar",
	});
	expect(view.text).toMatch(/no views/);
	expect(view.text).toContain("beside the views above the table");
	expect(view.text).toContain(
		`https://alidocs.dingtalk.com/i/nodes/${client.sample.bases.projects}`,
	);
	expect(client.called).toEqual(["create_table", "create_view"]);
	expect(
		client.sample.fake
			.fields(client.sample.bases.projects, "内容日历")
			.map(({ name, type }) => [name, type]),
	).toEqual([
		["标题", "text"],
		["渠道", "multipleSelect"],
		["发布日期", "date"],
		["负责人", "user"],
		["封面", "attachment"],
		["状态", "singleSelect"],
	]);
});

test("D7: KR and O linked both ways, 20 KRs hung on by the O's name", async () => {
	const client = await sampleClient({ bases: ["goals"] });
	await client.ok("create_field", {
		table: "KR",
		name: "所属目标",
		type: "link",
		settings: { link_table: "O", two_way: true, reverse_name: "关键结果" },
	});
	const goals = ["提升留存", "扩大渠道", "降低成本", "打磨产品"];
	const { structured } = await client.ok("update_records", {
		table: "KR",
		match_on: ["关键结果"],
		records: Array.from({ length: 20 }, (_, index) => ({
			fields: {
				关键结果: `KR ${index + 1}`,
				所属目标: [goals[index % 4]],
			},
		})),
	});
	expect(structured.counts).toMatchObject({ updated: 20, failed: 0 });
	expect(client.called).toEqual(["create_field", "update_records"]);
	const back = await client.ok("query_records", {
		table: "O",
		fields: ["目标", "关键结果"],
	});
	for (const [, goal, results] of back.structured.rows as [
		string,
		string,
		string[],
	][]) {
		expect(results).toHaveLength(5);
		expect(results[0]).toBe(`KR ${goals.indexOf(goal) + 1}`);
	}
	const unknown = await client.refused("update_records", {
		table: "KR",
		match_on: ["关键结果"],
		records: [{ fields: { 关键结果: "KR 1", 所属目标: ["提升留村"] } }],
	});
	expect(unknown.text).toContain("found no record of the table that");
});

test("D8: the invoices of the last ten claims, and whether the amounts are right", async () => {
	const client = await sampleClient({ bases: ["finance"] });
	const { structured } = await client.ok("query_records", {
		table: "报销",
		sort: [{ field: "提交日期", direction: "desc" }],
		limit: 10,
	});
	expect(structured.rows).toHaveLength(10);
	expect(structured.rows[0].slice(1, 4)).toEqual([
		"E-024",
		["王芳"],
		80 + 23 * 12.5,
	]);
	const answer = await client.ok("download_attachment", {
		table: "报销",
		field: "发票",
		record_ids: structured.rows.map(([id]: string[]) => id),
		as: "content",
	});
	expect(answer.content.filter(({ type }) => type === "image")).toHaveLength(
		10,
	);
	expect(answer.structured.attachments[0]).toMatchObject({
		name: "发票 24.png",
		type: "image/png",
		shown: true,
	});
	expect(client.called).toEqual(["query_records", "download_attachment"]);
});

test("more than ten records are deleted only after a person agreed", async () => {
	const client = await sampleClient({ bases: ["staff"], person: agree });
	const { structured } = await client.ok("delete_records", {
		table: "请假",
		filter: {
			conditions: [{ field: "开始日期", op: "lt", value: "2026-11-01" }],
		},
	});
	expect(structured.counts.deleted).toBeGreaterThan(10);
	expect(client.asked).toHaveLength(1);
	expect(client.rows("staff", "请假")).toHaveLength(
		90 - structured.counts.deleted,
	);
});
