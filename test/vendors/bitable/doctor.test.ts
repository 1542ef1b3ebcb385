import { describe, expect, test } from "vitest";
import { allScopes } from "../../fakes/bitable/index.js";
import { CALL, openWorld } from "./world.js";

const lines = async (world: Awaited<ReturnType<typeof openWorld>>) =>
	(await world.adapter.check(CALL)).map(
		({ level, what, next }) => `${level} ${what}${next ? ` → ${next}` : ""}`,
	);

describe("doctor", () => {
	test("all is well", async () => {
		const world = await openWorld();
		const found = await lines(world);
		expect(found.every((line) => line.startsWith("ok"))).toBe(true);
		expect(found.join("\n")).toMatch(
			/Work \[.*\]: 1 tables, time zone Asia\/Shanghai/,
		);
		expect(found[1]).toMatch(/scopes are there for: .*creating records.*files/);
	});

	test("nothing is changed by it", async () => {
		const world = await openWorld();
		const before = JSON.stringify(world.fake.rows(world.table));
		const { revision } = world.fake.base(world.base);
		await world.adapter.check(CALL);
		expect(JSON.stringify(world.fake.rows(world.table))).toBe(before);
		expect(world.fake.base(world.base).revision).toBe(revision);
		expect(world.fake.store.bases.size).toBe(1);
	});

	test("a wrong secret", async () => {
		const world = await openWorld({ config: { app_secret: "wrong" } });
		const found = await lines(world);
		expect(found).toEqual([
			expect.stringMatching(
				/^error .*App Secret.*→ Compare App ID and App Secret/,
			),
		]);
	});

	test("a missing scope, by what it is for, with the link", async () => {
		const scopes = allScopes()
			.filter(
				(scope) =>
					!["bitable:app", "base:record:create", "base:role:read"].includes(
						scope,
					),
			)
			.filter((scope) => scope !== "bitable:app:readonly");
		const world = await openWorld({
			config: { app_id: "cli_00000000000000aa", app_secret: "s" },
		});
		world.fake.addApp({ id: "cli_00000000000000aa", secret: "s", scopes });
		const found = await lines(world);
		expect(found.find((line) => line.includes("creating records"))).toMatch(
			/^error creating records: .*lacks a scope.*→ Grant one of these scopes.*base:record:create/,
		);
		expect(found.find((line) => line.includes("warning roles"))).toMatch(
			/base:role:read/,
		);
		expect(found[1]).toMatch(/reading records/);
	});

	test("a base that is not shared with the app", async () => {
		const world = await openWorld({
			config: { app_id: "cli_00000000000000aa", app_secret: "s" },
		});
		world.fake.addApp({ id: "cli_00000000000000aa", secret: "s" });
		const found = await lines(world);
		expect(found.at(-1)).toMatch(
			new RegExp(
				`^error base ${world.base}: .*not shared with this account.*→ .*Add document app`,
			),
		);
	});

	test("no base at all", async () => {
		const world = await openWorld({ config: { bases: [] } });
		expect((await lines(world)).at(-1)).toMatch(
			/^warning no bases are configured.*→ .*FEISHU_BASES/,
		);
	});

	test("a user token that has ended", async () => {
		const world = await openWorld({
			config: { user_access_token: "u-gone", app_id: undefined },
		});
		const found = await lines(world);
		expect(found.at(-1)).toMatch(
			/^error .*user access token is not accepted.*→ Get a new user access token/,
		);
	});
});
