import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { createBitableSample } from "./sample.js";

test("the sample holds what its requests ask for", () => {
	const clock = virtualClock();
	const sample = createBitableSample({ clock, opportunities: 400 });
	const { fake, bases, tables, people } = sample;
	const call = fakeClient(fake, clock);
	const search = (base: string, table: string, conditions: unknown[]) =>
		call(
			"POST",
			`/open-apis/bitable/v1/apps/${base}/tables/${table}/records/search`,
			{ filter: { conjunction: "and", conditions } },
		).data.total;
	expect(
		search(bases.projects, tables.tasks, [
			{
				field_name: "负责人",
				operator: "contains",
				value: [people.wang.openId],
			},
			{ field_name: "截止日期", operator: "is", value: ["CurrentWeek"] },
			{ field_name: "状态", operator: "isNot", value: ["已完成"] },
		]),
	).toBeGreaterThan(2);
	expect(
		search(bases.sales, tables.opportunities, [
			{ field_name: "修改时间", operator: "is", value: ["Yesterday"] },
		]),
	).toBe(1);
	expect(
		search(bases.content, tables.calendar, [
			{ field_name: "平台", operator: "is", value: ["小红书"] },
		]),
	).toBe(15);
	expect(fake.rows(tables.opportunities)).toHaveLength(400);
	expect(fake.rows(tables.inventory)[0]?.fields.供应商).toEqual({
		link_record_ids: [fake.rows(tables.suppliers)[0]?.recordId],
	});
	const environment = sample.environment("http://127.0.0.1:1");
	expect(environment).toMatchObject({
		FEISHU_BASE_URL: "http://127.0.0.1:1",
		FEISHU_APP_ID: fake.app.id,
	});
	for (const token of environment.FEISHU_BASES?.split(",") ?? [])
		expect(
			call("GET", `/open-apis/bitable/v1/apps/${token}/tables`).data.total,
		).toBeGreaterThan(0);
	const token = call(
		"POST",
		"/open-apis/auth/v3/tenant_access_token/internal",
		{
			app_id: environment.FEISHU_APP_ID,
			app_secret: environment.FEISHU_APP_SECRET,
		},
		{ token: "" },
	);
	expect(token.code).toBe(0);
	expect(
		call("GET", `/open-apis/wiki/v2/spaces/get_node?token=${sample.wikiNode}`)
			.data.node.obj_token,
	).toBe(bases.content);
});
