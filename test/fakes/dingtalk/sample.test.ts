import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { calling, fileCall, legacyCalling } from "./calling.js";
import { createDingtalkSample } from "./sample.js";
import { defaultSwitches } from "./switches.js";

const clock = virtualClock();

test("the sample answers what people ask of it", () => {
	const { fake, bases, url, people } = createDingtalkSample({ clock });
	const call = calling(fake);
	expect(url.endsWith(bases.projects)).toBe(true);
	expect(
		call("GET", `/v1.0/notable/bases/${bases.projects}/sheets`).body.value,
	).toMatchObject([{ name: "任务" }, { name: "里程碑" }]);
	const legacy = legacyCalling(fake);
	const { userid } = legacy("/topapi/user/getbyunionid", {
		unionid: people.zhang.unionId,
	}).result;
	expect(legacy("/topapi/v2/user/get", { userid }).result.name).toBe("张伟");
	const claims = call(
		"POST",
		`/v1.0/notable/bases/${bases.finance}/sheets/${encodeURIComponent("报销")}/records/list`,
		{ body: { maxResults: 1 } },
	).body.records;
	const [invoice] = claims[0].fields.发票;
	expect(fileCall(fake, invoice.url)).toMatchObject({
		status: 200,
		headers: { "content-type": "image/png" },
	});
	expect(fake.rows(bases.sales, "客户")).toHaveLength(300);
	expect(fake.rows(bases.goals, "KR")).toHaveLength(20);
});

test("the environment names app, operator, bases and origin", () => {
	const { fake, bases, environment } = createDingtalkSample({ clock });
	expect(environment("http://127.0.0.1:1")).toEqual({
		DINGTALK_APP_KEY: fake.app.key,
		DINGTALK_APP_SECRET: fake.app.secret,
		DINGTALK_OPERATOR_ID: fake.operatorId,
		DINGTALK_BASES: Object.values(bases).join(","),
		DINGTALK_BASE_URL: "http://127.0.0.1:1",
	});
});

test("two samples of one seed are equal", () => {
	const [first, second] = [1, 2].map(() => {
		const { fake, bases } = createDingtalkSample({ clock });
		return fake.rows(bases.projects, "任务");
	});
	expect(first).toEqual(second);
});

test("the defaults are the documented limits", () => {
	expect(defaultSwitches()).toMatchObject({
		tokenLifetimeSeconds: 7200,
		callsPerSecond: 20,
		monthlyCalls: 10_000,
		callsPerAddress: 10_000,
		recordsPerCall: 100,
		numbersAs: "string",
		repeatedToken: "conflict",
	});
});
