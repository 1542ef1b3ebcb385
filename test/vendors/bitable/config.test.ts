import { describe, expect, test } from "vitest";
import type { Capability } from "../../../src/core/contract/methods.js";
import { bitableConfig } from "../../../src/vendors/bitable/config.js";
import { bitableVendor } from "../../../src/vendors/bitable/index.js";
import { openWorld } from "./world.js";

describe("configuration", () => {
	test.each([
		[{ app_id: "cli_a", app_secret: "s" }, []],
		[{ user_access_token: "u-a" }, []],
		[{ tenant_access_token: "t-a" }, []],
		[{ app_id: "cli_a", app_secret: "s", user_access_token: "u-a" }, []],
		[{}, ["app_id"]],
		[{ bases: ["a"] }, ["app_id"]],
		[{ app_id: "cli_a" }, ["app_secret"]],
		[{ app_secret: "s" }, ["app_id"]],
		[
			{ user_access_token: "u-a", tenant_access_token: "t-a" },
			["tenant_access_token"],
		],
		[{ app_id: "cli_a", app_secret: "s", product: "slack" }, ["product"]],
		[{ app_id: "cli_a", app_secret: "s", appid: "x" }, [""]],
	])("%j", (given, wrong) => {
		const parsed = bitableConfig.safeParse(given);
		expect(
			(parsed.error?.issues ?? []).map(({ path }) => path.join(".")),
		).toEqual(wrong);
	});

	test.each([
		[{}, {}],
		// What is set for a connection without its credential is reported, not passed over.
		[
			{ FEISHU_BASE_URL: "https://x.cn" },
			{ feishu: { product: "feishu", base_url: "https://x.cn" } },
		],
		[
			{
				FEISHU_APP_ID: "cli_a",
				FEISHU_APP_SECRET: "s",
				FEISHU_BASES: "b1, b2;https://x.feishu.cn/base/b3",
			},
			{
				feishu: {
					product: "feishu",
					app_id: "cli_a",
					app_secret: "s",
					bases: ["b1", "b2", "https://x.feishu.cn/base/b3"],
				},
			},
		],
		[
			{ LARK_USER_ACCESS_TOKEN: "u-a", LARK_BASE_URL: "https://x.cn" },
			{
				lark: {
					product: "lark",
					user_access_token: "u-a",
					base_url: "https://x.cn",
				},
			},
		],
		[
			{ FEISHU_APP_ID: "a", LARK_APP_ID: "b" },
			{
				feishu: { product: "feishu", app_id: "a" },
				lark: { product: "lark", app_id: "b" },
			},
		],
	])("the environment %j", (environment, connections) => {
		expect(bitableVendor.fromEnvironment(environment)).toEqual(connections);
	});
});

test("a capability is a method, and a reason is a way round", async () => {
	const { adapter } = await openWorld();
	for (const [name, capability] of Object.entries(bitableVendor.capabilities)) {
		expect([name, typeof adapter[name as Capability] === "function"]).toEqual([
			name,
			capability === true,
		]);
		if (capability !== true)
			expect(capability.unsupported.length).toBeGreaterThan(20);
	}
});

test("the configured rate stands in for the rates by the second", async () => {
	const world = await openWorld({ config: { qps: 2 } });
	const startMs = world.clock.now();
	for (let index = 0; index < 6; index++)
		await world.tool("query_records", { table: world.reference, limit: 1 });
	expect(world.clock.now() - startMs).toBeGreaterThanOrEqual(1_500);
	expect(world.adapter.limits.rates.map(({ calls }) => calls)).toEqual([2, 2]);
});
