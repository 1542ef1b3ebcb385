import { expect, test } from "vitest";
import { sampleClient } from "./sample-client.js";

test("a tool that no connection has is not listed, and says why and what to do when called", async () => {
	const client = await sampleClient({
		environment: { TABLES_MCP_TOOLSETS: "all" },
	});
	const names = (await client.client.listTools()).tools.map(({ name }) => name);
	const table = client.reference("tasks");
	const base = `aitable:${client.sample.spaceId}`;
	for (const [tool, args, says] of [
		[
			"update_view",
			{ table, view: "Weekly view", name: "x" },
			/only reads views.*bar above it/,
		],
		["create_view", { table, name: "x" }, /only reads views/],
		["delete_view", { table, view: "Weekly view" }, /only reads views/],
		[
			"update_field",
			{ table, field: "Sprint", name: "x" },
			/cannot change a field[\s\S]*update_records/,
		],
		["update_table", { table, name: "x" }, /menu \(⋯\) beside its name/],
		["delete_table", { table }, /menu \(⋯\) beside its name/],
		[
			"create_base",
			{ connection: "aitable", name: "x" },
			/cannot make spaces.*create_table/,
		],
		["update_base", { base, name: "x" }, /cannot change spaces/],
		["copy_base", { base, name: "x" }, /cannot copy/],
		[
			"share_base",
			{ base, members: ["a"], access: "read" },
			/Contacts, Invite/,
		],
		["describe_form", { table, form: "x" }, /form's name only/],
		["update_form", { table, form: "x", name: "y" }, /form's name only/],
		[
			"copy_dashboard",
			{ base, dashboard: "x", name: "y" },
			/cannot copy dashboards/,
		],
		["list_roles", { base }, /Permissions/],
		["create_role", { base, name: "x" }, /Permissions/],
		["update_role", { base, role: "x" }, /Permissions/],
		["delete_role", { base, role: "x" }, /Permissions/],
		["list_role_members", { base, role: "x" }, /Permissions/],
		["add_role_members", { base, role: "x", members: ["a"] }, /Permissions/],
		["remove_role_members", { base, role: "x", members: ["a"] }, /Permissions/],
		["list_automations", { base }, /does not show automations/],
		[
			"switch_automation",
			{ base, automation: "x", enabled: true },
			/does not show automations/,
		],
	] as const) {
		expect(names).not.toContain(tool);
		const answer = await client.refused(tool, args);
		expect(answer.structured.error.code, tool).toBe("unsupported");
		expect(answer.text, tool).toMatch(says);
		// A form must be found before it is known to be beyond the API.
		if ("table" in args && !tool.endsWith("_form"))
			expect(answer.text, tool).toContain(
				`https://aitable.ai/workbench/${client.sample.tables.tasks}`,
			);
	}
});

test("the reason comes also where the arguments are wrong or the table is none", async () => {
	const client = await sampleClient();
	for (const args of [
		{},
		{ table: "no such table", view: "x" },
		{ tabel: 1 },
	]) {
		const answer = await client.refused("update_view", args);
		expect(answer.structured.error.code).toBe("unsupported");
		expect(answer.text).toContain("the tool update_view is not offered here");
		expect(answer.text).toContain(
			"AITable cannot do this: this API only reads views",
		);
	}
});
