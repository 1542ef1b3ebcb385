import { expect, test } from "vitest";
import { ASK_THEMSELVES } from "../../src/server/every-write.js";
import { openWorld, PEERS, type Peer } from "../every-vendor/world.js";

/* Where a person is asked before every write, a tool that asks in words of its own puts one question, not two. */

const BITABLE = PEERS.find(({ id }) => id === "bitable") as Peer;

test("a person is asked once for one thing where every write is asked about", async () => {
	const questions: string[] = [];
	const world = await openWorld(BITABLE, {
		environment: { TABLES_MCP_TOOLSETS: "all", TABLES_MCP_CONSENT: "always" },
		person: async (message) => {
			questions.push(message);
			return { action: "accept" };
		},
	});
	const { client, table } = world;
	const { base } = world.site;
	const member = world.site.person();
	await client.ok("update_base", { base, advanced_permissions: true });
	await client.ok("create_role", {
		base,
		name: "HR",
		tables: [{ table, access: "edit" }],
	});
	await client.ok("add_role_members", { base, role: "HR", members: [member] });
	await client.ok("create_view", { table, name: "Mine" });
	await client.ok("create_table", {
		connection: BITABLE.id,
		base,
		name: "Others",
		fields: [{ name: "Name", type: "text" }],
	});
	const calls = {
		remove_role_members: { base, role: "HR", members: [member] },
		delete_role: { base, role: "HR" },
		delete_view: { table, view: "Mine" },
		delete_field: { table, field: "Tags" },
		delete_table: { table },
	};
	for (const [tool, args] of Object.entries(calls)) {
		expect(ASK_THEMSELVES.has(tool), tool).toBe(true);
		questions.length = 0;
		await client.ok(tool, args);
		expect(questions, tool).toHaveLength(1);
	}
});
