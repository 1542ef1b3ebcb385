import { describe, expect, test } from "vitest";
import type { Capability } from "../../src/core/contract/methods.js";
import { tools } from "../../src/tools/index.js";
import { onlyReads } from "../../src/tools/tool.js";
import { openWorld, PEERS, type World } from "./world.js";

/*
 * Every tool that writes, on every vendor that has it: list_changes names the call, and undo_change takes it back, or
 * says why it cannot.
 */

interface Try {
	readonly args: object;
	/** Absent: all is as it was before. */
	readonly refuses?: RegExp;
	/** The view that comes back has another id. */
	readonly remade?: true;
	/** What taking it back needs; where the vendor lacks it, undo says the vendor's reason. */
	readonly needs?: Capability;
}

// biome-ignore lint/suspicious/noExplicitAny: each vendor's fake has switches of its own
const fakeOf = ({ site }: World): any => site.fake;

const added = async (world: World, Title = "first") => {
	const { structured } = await world.client.ok("create_records", {
		table: world.table,
		records: [{ fields: { Title, Tag: "a" } }],
	});
	return structured.ids[0] as string;
};
const viewOf = async ({ client, table }: World, type = "grid") =>
	(
		await client.ok("create_view", {
			table,
			name: "Mine",
			type,
			...(type === "form"
				? {}
				: {
						filter: { conditions: [{ field: "Tag", op: "is", value: "a" }] },
						hidden_fields: ["Done"],
					}),
		})
	).structured.view as string;
const withRoles = async ({ client, site: { base } }: World) =>
	client.ok("update_base", { base, advanced_permissions: true });
const roleOf = async (world: World) => {
	await withRoles(world);
	const { base } = world.site;
	await world.client.ok("create_role", { base, name: "HR" });
	return { base, role: "HR" };
};

const ROWS: Readonly<Record<string, (world: World) => Promise<Try>>> = {
	create_records: async ({ table }) => ({
		args: { table, records: [{ fields: { Title: "x", Tag: "b" } }] },
	}),
	update_records: async (world) => ({
		args: {
			table: world.table,
			records: [{ id: await added(world), fields: { Title: "x", Tag: "b" } }],
		},
	}),
	delete_records: async (world) => ({
		args: { table: world.table, record_ids: [await added(world)] },
	}),
	create_view: async ({ table }) => ({
		args: { table, name: "Seen", hidden_fields: ["Done"] },
	}),
	update_view: async (world) => ({
		args: {
			table: world.table,
			view: await viewOf(world),
			name: "Yours",
			filter: { conditions: [{ field: "Tag", op: "is", value: "b" }] },
			hidden_fields: ["Amount"],
		},
	}),
	delete_view: async (world) => ({
		args: { table: world.table, view: await viewOf(world), confirm: "Mine" },
		remade: true,
	}),
	create_table: async ({ peer, site: { base } }) => ({
		args: {
			connection: peer.id,
			base,
			name: "Second",
			fields: [{ name: "Title", type: "text" }],
		},
		needs: "deleteTable",
	}),
	update_table: async ({ table }) => ({ args: { table, name: "Renamed" } }),
	delete_table: async (world) => {
		const { structured } = await world.client.ok("create_table", {
			connection: world.peer.id,
			base: world.site.base,
			name: "Second",
			fields: [{ name: "Title", type: "text" }],
		});
		return {
			args: { table: structured.table, confirm: "Second" },
			refuses: /the table's records and ids are gone/,
		};
	},
	create_field: async ({ table }) => ({
		args: { table, name: "Extra", type: "number" },
	}),
	update_field: async ({ table }) => ({
		args: {
			table,
			field: "Tag",
			name: "Label",
			settings: { options: [{ name: "a", new_name: "A" }, { name: "new" }] },
		},
	}),
	delete_field: async ({ table }) => ({
		args: { table, field: "Done", confirm: "Done" },
		refuses: /the field's cells are gone/,
	}),
	upload_attachment: async ({ client, table }) => {
		await client.ok("create_field", {
			table,
			name: "Files",
			type: "attachment",
		});
		client.put("a.txt", "text");
		return {
			args: { table, files: [{ file: "a.txt" }] },
			refuses: /the files stay with the vendor/,
		};
	},
	import_records: async ({ client, table }) => {
		client.put("in.csv", "Title,Tag\nx,b\ny,a\n");
		return { args: { table, file: "in.csv" } };
	},
	undo_change: async (world) => {
		world.clock.advance(1_000);
		await added(world);
		const { structured } = await world.client.ok("list_changes");
		return { args: { change_id: structured.changes[0].change_id } };
	},
	create_base: async ({ peer }) => ({
		args: { connection: peer.id, name: "New" },
		refuses: /bases are not deleted here/,
	}),
	update_base: async ({ peer, site: { base } }) => ({
		args:
			peer.id === "dingtalk"
				? { base, advanced_permissions: true }
				: { base, name: "Other" },
		refuses: /call update_base with the former name/,
	}),
	copy_base: async ({ site: { base } }) => ({
		args: { base, name: "Copy" },
		refuses: /bases are not deleted here/,
	}),
	share_base: async ({ site }) => ({
		args: { base: site.base, members: [site.person()], access: "read" },
		refuses: /a person takes it back/,
	}),
	update_form: async (world) => ({
		args: {
			table: world.table,
			form: await viewOf(world, "form"),
			name: "Asked",
		},
		refuses: /call update_form with the former/,
	}),
	copy_dashboard: async (world) => {
		const { base } = world.site;
		fakeOf(world).addDashboard(base, "Overview");
		return {
			args: { base, dashboard: "Overview", name: "Second" },
			refuses: /dashboards are not deleted here/,
		};
	},
	create_role: async (world) => {
		await withRoles(world);
		return {
			args: { base: world.site.base, name: "R" },
			refuses: /call delete_role/,
		};
	},
	update_role: async (world) => ({
		args: { ...(await roleOf(world)), name: "People" },
		refuses: /call update_role/,
	}),
	delete_role: async (world) => ({
		args: { ...(await roleOf(world)), confirm: "HR" },
		refuses: /create_role, then add_role_members/,
	}),
	add_role_members: async (world) => ({
		args: { ...(await roleOf(world)), members: [world.site.person()] },
		refuses: /call remove_role_members/,
	}),
	remove_role_members: async (world) => {
		const role = await roleOf(world);
		const members = [world.site.person(), world.site.person()];
		await world.client.ok("add_role_members", { ...role, members });
		return {
			args: { ...role, members: members.slice(0, 1), confirm: "HR" },
			refuses: /call add_role_members/,
		};
	},
	save_contact: async (world) => {
		fakeOf(world).set({ plan: "enterprise" });
		return {
			args: { connection: world.peer.id, kind: "team", name: "Design" },
			refuses: /save_contact with the former values, or delete_contact/,
		};
	},
	delete_contact: async (world) => {
		const { client, peer } = world;
		fakeOf(world).set({ plan: "enterprise" });
		const made = await client.ok("save_contact", {
			connection: peer.id,
			kind: "team",
			name: "Design",
		});
		const { id } = made.structured.contact;
		return {
			args: { connection: peer.id, kind: "team", id, confirm: id },
			refuses: /save_contact makes the entry anew/,
		};
	},
	switch_automation: async (world) => {
		const { base } = world.site;
		const name = "Remind";
		fakeOf(world).addWorkflow(base, { name, title: name });
		return {
			args: { base, automation: name, enabled: false },
			refuses: /call switch_automation with the other value/,
		};
	},
};

const WRITING = tools
	.filter((tool) => !onlyReads(tool))
	.map(({ name }) => name);

/** Tables, fields, options, views with their definitions, and the rows without their ids. */
async function state({ client, table, peer, adapter }: World, remade = false) {
	const tables = await client.ok("list_tables", { connection: peer.id });
	const { structured } = await client.ok("describe_fields", { table });
	const views = await Promise.all(
		(structured.views as { id: string }[]).map(async ({ id }) =>
			adapter.readView === undefined
				? id
				: (await client.ok("describe_fields", { table, view: id })).structured
						.view,
		),
	);
	const rows = await client.ok("query_records", { table });
	return {
		tables: (tables.structured.tables as { name: string }[]).map(
			({ name }) => name,
		),
		fields: structured.fields,
		views: remade
			? views.map(({ id: _id, url: _url, ...view }) => view)
			: views,
		rows: (rows.structured.rows as unknown[][]).map((row) => row.slice(1)),
	};
}

test("every tool that writes has a row, and no other", () => {
	expect(Object.keys(ROWS).sort()).toEqual([...WRITING].sort());
});

describe.each(PEERS)("$id", (peer) => {
	test.each(WRITING)("%s", async (tool) => {
		const world = await openWorld(peer, {
			environment: { TABLES_MCP_TOOLSETS: "all" },
		});
		const { client, clock } = world;
		const { tools: offered } = await client.client.listTools();
		if (!offered.some(({ name }) => name === tool)) {
			expect((await client.call(tool, {})).isError).toBe(true);
			return;
		}
		const { args, refuses, needs, remade } = await (
			ROWS[tool] as (typeof ROWS)[string]
		)(world);
		const before =
			refuses === undefined ? await state(world, remade) : undefined;
		clock.advance(1_000);
		const done = await client.ok(tool, args);
		const { changes } = (await client.ok("list_changes")).structured;
		const [listed] = changes;
		expect(listed.tool).toBe(tool);
		expect(listed.status).toMatch(/^complete/);
		if (done.structured.change_id !== undefined)
			expect(listed.change_id).toBe(done.structured.change_id);
		const { change_id } = listed;
		const capability =
			needs && client.session.connections.get(peer.id)?.capabilities[needs];
		if (capability !== undefined && capability !== true) {
			expect(listed.undo).toMatch(/^cannot be undone: /);
			expect(listed.undo).toContain(capability.unsupported);
			const refused = await client.refused("undo_change", { change_id });
			expect(refused.text).toContain(capability.unsupported);
			return;
		}
		if (refuses !== undefined) {
			expect(listed.undo).toMatch(/^cannot be undone: /);
			expect(listed.undo).toMatch(refuses);
			const refused = await client.refused("undo_change", { change_id });
			expect(refused.text).toMatch(refuses);
			return;
		}
		expect(listed.undo).toBe("can be undone");
		const after = await state(world, remade);
		expect(after).not.toEqual(before);
		const dry = await client.ok("undo_change", { change_id, dry_run: true });
		expect(dry.text).toMatch(/^DRY RUN: /);
		expect(await state(world, remade)).toEqual(after);
		await client.ok("undo_change", { change_id });
		expect(await state(world, remade)).toEqual(before);
		const undone = (await client.ok("list_changes")).structured.changes.find(
			(one: { change_id: string }) => one.change_id === change_id,
		);
		expect(undone.undo).toMatch(/^undone by /);
	});
});
