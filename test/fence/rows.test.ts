import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Fault } from "../fakes/fake.js";
import { temporaryFolder } from "../folder.js";
import { connected } from "../server/client.js";
import { BUILT } from "../stdio.js";
import { idLike, nameLike } from "./misspelling.js";
import {
	can,
	closing,
	eachSite,
	type FencedClient,
	type FencedVendor,
	type FenceWorld,
	leaksIn,
	type MarkedTable,
	offers,
	overNetwork,
	type Policy,
	secretsOf,
	unseen,
	wholeOf,
} from "./world.js";

/* What someone who knows only the promises tried, and what must come of it. */

const wide = (text: string) =>
	text.replace(/[a-z]/gi, (letter) =>
		String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
	);

const fieldOf = (table: MarkedTable, field: string) => {
	const found = table.fields[field];
	if (found === undefined) throw new Error(`${table.name} has no ${field}`);
	return found;
};

const ruleOf = (world: FenceWorld, field: string) =>
	`${world.tables.staff.name}/${fieldOf(world.tables.staff, field).name}`;

/** Staff, Projects and Notes are open; Pay and Grade of Staff are hidden. */
const bothOf = (world: FenceWorld) => ({
	policy: {
		tables: (["staff", "projects", "notes"] as const).map(
			(table) => world.tables[table].name,
		),
		hidden_fields: [ruleOf(world, "Pay"), ruleOf(world, "Grade")],
	} satisfies Policy,
	secrets: secretsOf(
		closing(world, {
			tables: ["vault", "deep"],
			fields: ["staff.Pay", "staff.Grade"],
		}),
	),
});

const hiddenOf = (world: FenceWorld) => ({
	policy: { hidden_fields: [ruleOf(world, "Pay"), ruleOf(world, "Grade")] },
	secrets: secretsOf(closing(world, { fields: ["staff.Pay", "staff.Grade"] })),
});

/** Everything that may be read of the tables. */
async function look(
	world: FenceWorld,
	client: FencedClient,
	secrets: readonly string[],
	tables: readonly MarkedTable[] = [
		world.tables.staff,
		world.tables.projects,
		world.tables.vault,
	],
): Promise<void> {
	await unseen(world, client, secrets, "list_tables", {});
	for (const { reference, name } of tables)
		for (const table of [reference, name]) {
			await unseen(world, client, secrets, "describe_fields", { table });
			await unseen(world, client, secrets, "query_records", {
				table,
				detail: "full",
			});
		}
}

/** A call that is refused because of the policy, and sends nothing that changes anything. */
async function stopped(
	world: FenceWorld,
	client: FencedClient,
	secrets: readonly string[],
	tool: string,
	args: object,
): Promise<string> {
	const answer = await unseen(world, client, secrets, tool, args);
	const what = `${tool} ${JSON.stringify(args)} answered ${answer.text}`;
	expect(answer.isError, what).toBe(true);
	expect(world.writes(), what).toEqual([]);
	return answer.text;
}

describe("a rename", () => {
	eachSite("by a tool lifts no rule", async (world) => {
		const { policy, secrets } = bothOf(world);
		const { staff, projects, vault, notes } = world.tables;
		const before = await world.snapshots();
		const client = await world.connect(policy);
		for (const [table, name] of [
			[staff, "Other"],
			[projects, staff.name],
			[projects, ` ${wide(staff.name.toUpperCase())} `],
			[notes, vault.name],
			[vault, "Other"],
		] as const)
			await stopped(world, client, secrets, "update_table", {
				table: table.reference,
				name,
			});
		for (const [table, field, name] of [
			[staff, "Team", fieldOf(staff, "Pay").name],
			[staff, "Team", wide(fieldOf(staff, "Pay").name)],
			[staff, "Team", fieldOf(staff, "Name").name],
			[projects, "Budget", fieldOf(staff, "Grade").name],
			[staff, "Pay", "Other"],
		] as const)
			await stopped(world, client, secrets, "update_field", {
				table: table.reference,
				field: fieldOf(table, field).name,
				name,
			});
		await stopped(world, client, secrets, "delete_table", {
			table: staff.reference,
			confirm: staff.name,
		});
		expect(await world.snapshots()).toEqual(before);
		await look(world, client, secrets);
		await look(world, await world.connect(policy), secrets);
	});

	eachSite("of a base by a tool lifts no rule", async (world) => {
		const { work, reserve } = world.bases;
		const { staff, deep } = world.tables;
		const policy = {
			bases: [work.name],
			tables: [`${work.name}/${staff.name}`],
		};
		const secrets = secretsOf(
			closing(world, {
				bases: [reserve],
				tables: ["projects", "vault", "notes"],
			}),
		);
		const client = await world.connect(policy);
		if (!can(client, world.vendor, "updateBase")) return;
		const text = await stopped(world, client, secrets, "update_base", {
			base: work.id,
			name: "Other",
		});
		// Some vendors rename no bases at all.
		expect(text).toMatch(/policy|^unsupported/);
		await stopped(world, client, secrets, "update_base", {
			base: reserve.id,
			name: work.name,
		});
		await look(world, await world.connect(policy), secrets, [deep]);
	});

	const inTheApp = async (world: FenceWorld, restart: boolean) => {
		const { policy, secrets } = bothOf(world);
		const { staff, vault } = world.tables;
		const { work } = world.bases;
		const more = [...secrets, "qzplain", "qzloft"];
		let client = await world.connect(policy);
		await look(world, client, secrets);
		const next = async () => {
			world.later();
			if (restart) client = await world.connect(policy);
		};
		const pay = fieldOf(staff, "Pay").id;
		await world.site.renameField(work.id, staff.id, pay, "Plain qzplain");
		await next();
		await look(world, client, more);
		await world.site.renameTable(work.id, staff.id, "People");
		await next();
		await look(world, client, more);
		await unseen(world, client, more, "query_records", { table: "People" });
		await world.site.renameTable(work.id, vault.id, "Loft qzloft");
		await next();
		await look(world, client, more);
		await unseen(world, client, more, "query_records", {
			table: "Loft qzloft",
		});
		// Once more by another name: what was remembered is not what was read last.
		await world.site.renameField(work.id, staff.id, pay, "Plainer qzplain");
		await next();
		await look(world, client, more);
		await look(world, await world.connect(policy), more);
	};
	eachSite("in the app lifts no rule", (world) => inTheApp(world, false));
	eachSite("in the app between two processes lifts no rule", (world) =>
		inTheApp(world, true),
	);

	eachSite("in the app opens no other base", async (world) => {
		const { work, reserve } = world.bases;
		const policy = { bases: [work.name] };
		const secrets = [
			...secretsOf(closing(world, { bases: [reserve] })),
			"qzold",
		];
		await look(world, await world.connect(policy), secrets, [
			world.tables.deep,
		]);
		await world.site.renameBase(reserve.id, "Old qzold");
		world.later();
		await look(world, await world.connect(policy), secrets, [
			world.tables.deep,
		]);
	});
});

describe("with bases set", () => {
	eachSite("no table is made in another base", async (world) => {
		const { work, reserve } = world.bases;
		const { deep } = world.tables;
		const secrets = secretsOf(closing(world, { bases: [reserve] }));
		const before = await world.site.tables(reserve.id);
		const { url } = world.site;
		// Someone once opened it, before there was a fence.
		if (url !== undefined)
			await (await world.connect()).ok("list_tables", {
				base: url(reserve.id),
			});
		for (const rule of [
			work.id,
			work.name,
			` ${wide(work.name.toUpperCase())}`,
		]) {
			const client = await world.connect({ bases: [rule] });
			client.put("in.csv", "Title\nx\n");
			for (const base of [
				reserve.id,
				reserve.name,
				`${world.vendor.id}:${reserve.id}`,
				`${world.vendor.id}:${reserve.name}`,
				wide(reserve.name),
				...(url === undefined
					? []
					: [url(reserve.id), url(reserve.id, deep.id)]),
			]) {
				const text = await stopped(world, client, secrets, "create_table", {
					base,
					name: "New",
					fields: [{ name: "Title", type: "text" }],
				});
				expect(text, base).not.toMatch(/created|there is more than one/);
				await stopped(world, client, secrets, "import_records", {
					base,
					new_table: "New",
					file: "in.csv",
				});
			}
			const made = await unseen(world, client, secrets, "create_table", {
				name: `New ${rule.length}`,
				fields: [{ name: "Title", type: "text" }],
			});
			expect(made.text).toMatch(/^created/);
		}
		expect(await world.site.tables(reserve.id)).toEqual(before);
	});

	eachSite("no base is made or copied", async (world) => {
		const { work, reserve } = world.bases;
		const before = await world.site.bases();
		const client = await world.connect({ bases: [work.name] });
		const secrets = secretsOf(closing(world, { bases: [reserve] }));
		for (const [tool, method, args] of [
			[
				"create_base",
				"createBase",
				{ connection: world.vendor.id, name: "New" },
			],
			[
				"create_base",
				"createBase",
				{ connection: world.vendor.id, name: work.name },
			],
			["copy_base", "copyBase", { base: work.id, name: "Copy" }],
		] as const) {
			if (!can(client, world.vendor, method)) continue;
			const text = await stopped(world, client, secrets, tool, args);
			expect(text).toMatch(/^not_allowed/);
			expect(text).toMatch(/policy/);
			expect(text).toMatch(/`?bases`?/);
		}
		expect(await world.site.bases()).toEqual(before);
	});

	eachSite(
		"a base that is remembered is not named, and stops nothing",
		async (world) => {
			const { work, reserve } = world.bases;
			const { url } = world.site;
			const secrets = secretsOf(closing(world, { bases: [reserve] }));
			if (url !== undefined)
				await (await world.connect()).ok("list_tables", {
					base: url(reserve.id),
				});
			const policy = { bases: [work.id] };
			const client = await world.connect(policy, [work.id]);
			const listed = await unseen(world, client, secrets, "list_tables", {});
			expect(listed.isError, listed.text).toBe(false);
			expect(listed.text).not.toContain("not listed");
			expect(listed.structured.tables).toHaveLength(4);
			// And where it is the only one that there is.
			const lonely = await world.connect({ bases: [idLike(work.id)] }, [
				reserve.id,
			]);
			const nothing = await unseen(
				world,
				lonely,
				[...secrets, work.mark],
				"list_tables",
				{},
			);
			expect(nothing.isError, nothing.text).toBe(false);
			expect(nothing.structured.tables).toEqual([]);
			// A URL of it is not remembered either.
			if (url === undefined) return;
			const fresh = await world.connect(policy);
			await fresh.refused("query_records", { table: url(reserve.id) });
			for (const each of await fresh.session.opened.of(world.vendor.id))
				expect(each).not.toBe(reserve.id);
		},
	);

	eachSite(
		"a link that only the vendor resolves opens no other base",
		async (world) => {
			const { work, reserve } = world.bases;
			const { wiki } = world.site;
			if (wiki === undefined) throw new Error("no links to resolve");
			const secrets = secretsOf(closing(world, { bases: [reserve] }));
			const client = await world.connect({ bases: [work.name] });
			const table = `${wiki(reserve.id)}?table=${world.tables.deep.id}`;
			const text = await stopped(
				world,
				client,
				secrets.filter((secret) => !table.includes(secret)),
				"query_records",
				{ table },
			);
			expect(text).not.toContain(reserve.id);
			await client.ok("query_records", {
				table: `${wiki(work.id)}?table=${world.tables.staff.id}`,
			});
		},
		({ wiki }) => wiki === true,
	);
});

describe("what would go round the policy", () => {
	const TOOLS = (world: FenceWorld) =>
		[
			[
				"create_base",
				"createBase",
				{ connection: world.vendor.id, name: "New" },
			],
			["copy_base", "copyBase", { base: world.bases.work.id, name: "Copy" }],
			[
				"create_table",
				"createTable",
				{
					base: world.bases.work.id,
					name: "New",
					fields: [{ name: "Title", type: "text" }],
				},
			],
			["list_dashboards", "readDashboards", { base: world.bases.work.id }],
			[
				"copy_dashboard",
				"copyDashboard",
				{ base: world.bases.work.id, dashboard: "d", name: "e" },
			],
			["list_roles", "readRoles", { base: world.bases.work.id }],
			["create_role", "createRole", { base: world.bases.work.id, name: "r" }],
			[
				"update_role",
				"updateRole",
				{ base: world.bases.work.id, role: "r", name: "s" },
			],
			["delete_role", "deleteRole", { base: world.bases.work.id, role: "r" }],
			[
				"list_role_members",
				"readRoleMembers",
				{ base: world.bases.work.id, role: "r" },
			],
			[
				"add_role_members",
				"addRoleMembers",
				{ base: world.bases.work.id, role: "r", members: ["u"] },
			],
		] as const;
	const check = async (
		world: FenceWorld,
		{ policy, secrets }: { policy: Policy; secrets: readonly string[] },
		key: string,
		open: readonly string[],
	) => {
		const client = await world.connect(policy);
		for (const [tool, method, args] of TOOLS(world)) {
			if (!can(client, world.vendor, method)) continue;
			if (open.includes(tool)) {
				const made = await unseen(world, client, secrets, tool, args);
				expect(made.isError, made.text).toBe(false);
				continue;
			}
			const text = await stopped(world, client, secrets, tool, args);
			expect(text, tool).toMatch(/^not_allowed/);
			expect(text, tool).toContain("policy");
			expect(text, tool).toContain(key);
		}
	};
	eachSite("of tables is refused, and the text names it", (world) => {
		const { tables } = bothOf(world).policy;
		return check(
			world,
			{
				policy: { tables },
				secrets: secretsOf(closing(world, { tables: ["vault", "deep"] })),
			},
			"tables",
			[],
		);
	});
	eachSite("of hidden fields is refused, and the text names it", (world) =>
		check(world, hiddenOf(world), "hidden_fields", [
			"create_base",
			"create_table",
		]),
	);
});

describe("a formula", () => {
	const withFormulas = ({ formulas }: FencedVendor) => formulas !== undefined;
	const changingFields = (vendor: FencedVendor) =>
		withFormulas(vendor) && offers(vendor, "updateField");

	eachSite(
		"reads nothing that is closed",
		async (world) => {
			const { formulas } = world.vendor;
			if (formulas === undefined) throw new Error("no formulas");
			const { staff, vault, projects } = world.tables;
			const { policy, secrets } = bothOf(world);
			const client = await world.connect(policy);
			let count = 0;
			const attempt = async (closed: string, missing: string | undefined) => {
				const make = (formula: string) =>
					({
						table: staff.reference,
						name: `F${count++}`,
						type: "formula",
						settings: { formula },
					}) as const;
				const args = make(closed);
				const refusal = await stopped(
					world,
					client,
					secrets,
					"create_field",
					args,
				);
				if (missing === undefined) return;
				const other = await client.refused("create_field", {
					...args,
					settings: { formula: missing },
				});
				return { refusal, other: other.text };
			};
			for (const [table, field] of [
				[staff, "Pay"],
				[staff, "Grade"],
				[staff, "Bonus"],
				[vault, "Code"],
				[projects, "Costs"],
			] as const) {
				const own = fieldOf(table, field);
				const closed = formulas.references({
					table: table.id,
					field: own.id,
					names: { table: table.name, field: own.name },
				});
				const gone = formulas.references({
					table: table === vault ? idLike(table.id) : table.id,
					field: idLike(own.id),
					names: {
						table: table === vault ? nameLike(table.name) : table.name,
						field: nameLike(own.name),
					},
				});
				for (const [at, reference] of closed.entries()) {
					const missing = gone[at] as string;
					const both = await attempt(`1+${reference}`, `1+${missing}`);
					const same = (text: string) =>
						[
							[own.id, idLike(own.id)],
							[own.name, nameLike(own.name)],
							[table.id, idLike(table.id)],
							[table.name, nameLike(table.name)],
						].reduce(
							(rest, [from = "", to = ""]) =>
								rest.replaceAll(from, "<>").replaceAll(to, "<>"),
							text,
						);
					expect(same(both?.refusal ?? ""), reference).toBe(
						same(both?.other ?? ""),
					);
					await attempt(`CONCATENATE(${reference},"x")`, undefined);
					await attempt(`"a"&${reference}`, undefined);
				}
				await attempt(
					`{${[...own.name].map((letter) => `\\${letter}`).join("")}}`,
					undefined,
				);
				// A text in which an id stands is none to a vendor that ends the text earlier.
				await attempt(`"\\"&${closed[0]}&"\\"`, undefined);
			}
			const made = await client.call("create_field", {
				table: staff.reference,
				name: "Open",
				type: "formula",
				settings: { formula: `{${fieldOf(staff, "Team").name}}` },
			});
			expect(made.isError, made.text).toBe(false);
		},
		withFormulas,
	);

	eachSite(
		"that cannot be read is refused",
		async (world) => {
			const { staff } = world.tables;
			const { policy, secrets } = hiddenOf(world);
			const client = await world.connect(policy);
			const pay = fieldOf(staff, "Pay");
			const { formulas } = world.vendor;
			if (formulas === undefined) throw new Error("no formulas");
			const unreadable = formulas.unreadable({
				table: staff.id,
				field: pay.id,
				names: { table: staff.name, field: pay.name },
			});
			expect(unreadable.length).toBeGreaterThan(1);
			for (const [at, formula] of unreadable.entries())
				await stopped(world, client, secrets, "create_field", {
					table: staff.reference,
					name: `F${at}`,
					type: "formula",
					settings: { formula },
				});
		},
		withFormulas,
	);

	eachSite(
		"is not changed to read what is closed",
		async (world) => {
			const { formulas } = world.vendor;
			const { staff, projects } = world.tables;
			const { policy, secrets } = hiddenOf(world);
			const client = await world.connect(policy);
			await client.ok("create_field", {
				table: staff.reference,
				name: "Sum",
				type: "formula",
				settings: { formula: `{${fieldOf(staff, "Team").name}}` },
			});
			const pay = fieldOf(staff, "Pay");
			if (formulas === undefined) throw new Error("no formulas");
			for (const formula of formulas.references({
				table: staff.id,
				field: pay.id,
				names: { table: staff.name, field: pay.name },
			})) {
				await stopped(world, client, secrets, "update_field", {
					table: staff.reference,
					field: "Sum",
					settings: { formula },
				});
				await stopped(world, client, secrets, "update_field", {
					table: projects.reference,
					field: fieldOf(projects, "Budget").name,
					type: "formula",
					settings: { formula },
					confirm: fieldOf(projects, "Budget").name,
				});
				await stopped(world, client, secrets, "create_table", {
					base: world.bases.work.id,
					name: "New",
					fields: [
						{ name: "Title", type: "text" },
						{ name: "Sum", type: "formula", settings: { formula } },
					],
				});
			}
		},
		changingFields,
	);

	eachSite(
		"or lookup that a person made over a hidden field is hidden",
		async (world) => {
			for (const { policy, secrets } of [
				hiddenOf(world),
				{
					policy: { hidden_fields: [fieldOf(world.tables.staff, "Pay").id] },
					secrets: secretsOf(closing(world, { fields: ["staff.Pay"] })),
				},
				{
					policy: {
						tables: [world.tables.projects.name],
					},
					secrets: secretsOf(
						closing(world, { tables: ["staff", "vault", "notes", "deep"] }),
					),
				},
			])
				await look(world, await world.connect(policy), secrets);
		},
		withFormulas,
	);
});

eachSite("a link shows no titles of what is closed", async (world) => {
	const { staff, projects } = world.tables;
	for (const { policy, secrets } of [
		bothOf(world),
		{
			policy: { tables: [projects.id] },
			secrets: secretsOf(
				closing(world, { tables: ["staff", "vault", "notes", "deep"] }),
			),
		},
		// The primary field is what a link shows.
		{
			policy: { hidden_fields: [ruleOf(world, "Name")] },
			secrets: secretsOf(closing(world, { fields: ["staff.Name"] })),
		},
	]) {
		const client = await world.connect(policy);
		for (const { reference: table } of [staff, projects]) {
			for (const detail of ["compact", "full", "raw"])
				await unseen(world, client, secrets, "query_records", {
					table,
					detail,
				});
			for (const field of ["Keys", "Crew"]) {
				const name = (table === staff.reference ? staff : projects).fields[
					field
				]?.name;
				if (name === undefined) continue;
				await unseen(world, client, secrets, "query_records", {
					table,
					group_by: [{ field: name }],
				});
				await unseen(world, client, secrets, "query_records", {
					table,
					filter: {
						conditions: [{ field: name, op: "contains", value: "c0" }],
					},
				});
				await unseen(world, client, secrets, "update_records", {
					table,
					records: [
						{ id: staff.records[0], fields: { [name]: ["no such title"] } },
					],
					dry_run: true,
				});
			}
			await unseen(world, client, secrets, "export_records", {
				table,
				file: `${world.clock.now()}-${reference(table)}.csv`,
			});
		}
	}
	function reference(table: string) {
		return table === staff.reference ? "staff" : "projects";
	}
});

eachSite("a hidden field's name is not a link's other side", async (world) => {
	const { staff, projects } = world.tables;
	const secrets = secretsOf(closing(world, { fields: ["staff.Site"] }));
	for (const rule of [ruleOf(world, "Site"), fieldOf(staff, "Site").id]) {
		const client = await world.connect({ hidden_fields: [rule] });
		for (const args of [
			{},
			{ json_schema: true },
			{ fields: [fieldOf(projects, "Crew").name] },
		]) {
			const answer = await unseen(world, client, secrets, "describe_fields", {
				table: projects.reference,
				...args,
			});
			expect(answer.text).toContain(fieldOf(projects, "Crew").name);
			expect(wholeOf(answer)).not.toContain("reverse_name");
		}
	}
});

eachSite("a hidden link is not deleted by its other side", async (world) => {
	const { staff, projects } = world.tables;
	const crew = fieldOf(projects, "Crew").name;
	for (const { policy, secrets } of [
		{
			policy: { hidden_fields: [ruleOf(world, "Site")] },
			secrets: secretsOf(closing(world, { fields: ["staff.Site"] })),
		},
		{
			policy: { tables: [projects.id] },
			secrets: secretsOf(
				closing(world, { tables: ["staff", "vault", "notes", "deep"] }),
			),
		},
	]) {
		const client = await world.connect(policy);
		await stopped(world, client, secrets, "delete_field", {
			table: projects.reference,
			field: crew,
			confirm: crew,
		});
		await stopped(world, client, secrets, "update_field", {
			table: projects.reference,
			field: crew,
			type: "text",
			confirm: crew,
		});
		const { fields } = await world.site.snapshot(staff.base.id, staff.id);
		expect(fields).toHaveProperty(fieldOf(staff, "Site").id);
	}
});

describe("the journal", () => {
	/** Changes of closed things, from before there was a fence. */
	const prepared = async (world: FenceWorld) => {
		const open = await world.connect();
		const { staff, vault, deep } = world.tables;
		const changes: string[] = [];
		for (const [table, field, value] of [
			[vault, "Code", "qzvax new"],
			[deep, "Item", "qzdax new"],
			[staff, "Pay", "qzsbx new"],
		] as const) {
			const made = await open.ok("create_records", {
				table: table.reference,
				records: [{ fields: { [fieldOf(table, field).name]: value } }],
			});
			changes.push(made.structured.change_id);
			const changed = await open.ok("update_records", {
				table: table.reference,
				records: [
					{
						id: table.records[0],
						fields: { [fieldOf(table, field).name]: `${value}er` },
					},
				],
			});
			changes.push(changed.structured.change_id);
		}
		const { change_id } = (
			await open.ok("update_records", {
				table: staff.reference,
				records: [
					{
						id: staff.records[1],
						fields: { [fieldOf(staff, "Team").name]: "new" },
					},
				],
			})
		).structured;
		return { changes, open: change_id as string };
	};
	const ask = async (
		world: FenceWorld,
		client: FencedClient,
		secrets: readonly string[],
		changes: readonly string[],
	) => {
		const { staff, vault } = world.tables;
		await unseen(world, client, secrets, "list_changes", {});
		await unseen(world, client, secrets, "list_changes", { limit: 1 });
		for (const table of [vault.reference, vault.name, staff.reference])
			await unseen(world, client, secrets, "list_changes", { table });
		for (const [at, change_id] of changes.entries()) {
			await unseen(world, client, secrets, "undo_change", {
				change_id,
				dry_run: true,
			});
			// What the staff table itself was given may be taken back.
			if (at < 4)
				await stopped(world, client, secrets, "undo_change", { change_id });
			for (const tool of ["create_records", "update_records", "delete_records"])
				await unseen(world, client, secrets, tool, {
					table: staff.reference,
					resume: change_id,
				});
		}
	};

	eachSite("shows nothing of what is closed now", async (world) => {
		const { changes, open } = await prepared(world);
		for (const { policy, secrets } of [
			bothOf(world),
			{
				policy: { bases: [world.bases.work.name], tables: ["nothing"] },
				secrets: secretsOf(
					closing(world, {
						bases: [world.bases.reserve],
						tables: ["staff", "projects", "vault", "notes"],
					}),
				),
			},
		]) {
			const client = await world.connect(policy);
			await ask(world, client, secrets, changes);
		}
		const client = await world.connect(bothOf(world).policy);
		const { structured } = await client.ok("list_changes");
		expect(
			structured.changes.map(
				({ change_id }: { change_id: string }) => change_id,
			),
		).toContain(open);
	});

	for (const [what, fault] of [
		["is down", () => ({ when: "before", broken: "no-answer" }) as const],
		[
			"fails",
			() => ({ when: "before", response: { status: 500, body: "" } }) as const,
		],
		[
			"refuses the token",
			({ site }: FenceWorld): Fault => {
				if (site.tokenRefused === undefined) throw new Error("no token");
				return { when: "before", response: site.tokenRefused };
			},
		],
	] as const)
		eachSite(
			`shows nothing of it when the vendor ${what}`,
			async (world) => {
				const { changes } = await prepared(world);
				const { policy, secrets } = bothOf(world);
				world.faulty(() => fault(world));
				await ask(world, await world.connect(policy), secrets, changes);
				await ask(
					world,
					await world.connect({ bases: [world.bases.work.id] }),
					secretsOf(closing(world, { bases: [world.bases.reserve] })),
					changes,
				);
			},
			overNetwork,
		);

	eachSite(
		"shows nothing of it when the vendor was seen before",
		async (world) => {
			const { changes } = await prepared(world);
			const { policy, secrets } = bothOf(world);
			const client = await world.connect(policy);
			await look(world, client, secrets);
			world.later();
			world.faulty(() => ({ when: "before", broken: "no-answer" }));
			await ask(world, client, secrets, changes);
		},
		overNetwork,
	);
});

describe("a name that cannot be used", () => {
	eachSite("is refused in the same words, whyever", async (world) => {
		const { staff, projects, vault, notes } = world.tables;
		const { policy, secrets } = bothOf(world);
		const client = await world.connect(policy);
		const texts = new Set<string>();
		const note = async (tool: string, args: { name: string }) => {
			const text = await stopped(world, client, secrets, tool, args);
			expect(text).toContain(args.name);
			expect(text).toContain("policy");
			texts.add(text.replaceAll(args.name, "<>"));
		};
		const names = [
			fieldOf(staff, "Pay").name,
			fieldOf(staff, "Grade").name,
			wide(fieldOf(staff, "Pay").name),
			`${fieldOf(staff, "Pay").name.toUpperCase()}`,
			// A field that may be seen has it.
			fieldOf(staff, "Team").name,
			// The table part of a rule.
			staff.name,
			notes.name,
		];
		for (const name of [
			...names,
			fieldOf(staff, "Bonus" in staff.fields ? "Bonus" : "Pay").name,
		])
			await note("create_field", {
				table: staff.reference,
				name,
				type: "text",
			} as { name: string });
		for (const name of names.slice(0, 3))
			await note("create_field", {
				table: projects.reference,
				name,
				type: "text",
			} as { name: string });
		if (can(client, world.vendor, "updateField"))
			for (const name of [...names.slice(0, 4), fieldOf(staff, "Keys").name])
				await note("update_field", {
					table: staff.reference,
					field: fieldOf(staff, "Team").name,
					name,
				} as { name: string });
		if (can(client, world.vendor, "renameTable"))
			for (const name of [vault.name, staff.name, wide(vault.name)])
				await note("update_table", {
					table: notes.reference,
					name,
				} as { name: string });
		expect([...texts]).toHaveLength(1);
		expect([...texts][0]).toContain('the name "<>" cannot be used here');
		const made = await client.call("create_field", {
			table: staff.reference,
			name: "Free",
			type: "text",
		});
		expect(made.isError, made.text).toBe(false);
	});

	eachSite("is none of a new table or its fields", async (world) => {
		const { staff } = world.tables;
		const { policy, secrets } = hiddenOf(world);
		const client = await world.connect(policy);
		const make = (name: string, field: string) => ({
			base: world.bases.work.id,
			name,
			fields: [
				{ name: "Title", type: "text" },
				{ name: field, type: "text" },
			],
		});
		client.put("in.csv", `Title,${fieldOf(staff, "Pay").name}\nx,y\n`);
		for (const name of [staff.name, wide(staff.name), ` ${staff.name} `])
			await stopped(
				world,
				client,
				secrets,
				"create_table",
				make(name, "Other"),
			);
		await stopped(
			world,
			client,
			secrets,
			"create_table",
			make("New", fieldOf(staff, "Pay").name),
		);
		// The names of the file are the caller's own; `mapping` says them once more.
		await stopped(world, client, secrets, "import_records", {
			base: world.bases.work.id,
			new_table: "New",
			file: "in.csv",
			mapping: ["Title", fieldOf(staff, "Pay").name].map((name) => ({
				column: name,
				field: name,
			})),
		});
		await client.ok("create_table", make("New", "Other"));
	});

	eachSite("is none of a link's other side", async (world) => {
		const { staff, projects } = world.tables;
		const { policy, secrets } = hiddenOf(world);
		const client = await world.connect(policy);
		await stopped(world, client, secrets, "create_field", {
			table: projects.reference,
			name: "Team2",
			type: "link",
			settings: {
				link_table: staff.reference,
				two_way: true,
				reverse_name: fieldOf(staff, "Pay").name,
			},
		});
	});
});

describe("a rule", () => {
	eachSite("is matched as names are everywhere", async (world) => {
		const { staff, notes } = world.tables;
		const pay = fieldOf(staff, "Pay").name;
		for (const rule of [
			pay.toUpperCase(),
			` ${pay}  `,
			wide(pay),
			`${staff.name.toUpperCase()}/${wide(pay)}`,
			` ${staff.name} / ${pay} `,
			`${staff.id}/${pay.toLowerCase()}`,
			`${staff.name}/${fieldOf(staff, "Pay").id}`,
			fieldOf(staff, "Pay").id,
		]) {
			const client = await world.connect({ hidden_fields: [rule] });
			await look(
				world,
				client,
				secretsOf(closing(world, { fields: ["staff.Pay"] })),
				[staff],
			);
			expect(
				(await client.call("query_records", { table: staff.reference }))
					.isError,
				rule,
			).toBe(false);
		}
		for (const rule of [
			notes.name.toUpperCase(),
			` ${wide(notes.name)}`,
			`${notes.base.name.toUpperCase()}/${notes.name}`,
			`${notes.base.id}/${notes.name}`,
			`${wide(notes.base.name)} / ${notes.id}`,
			notes.id,
		]) {
			const client = await world.connect({ tables: [rule] });
			const opened = await client.call("query_records", {
				table: notes.reference,
			});
			expect(opened.isError, `${rule}: ${opened.text}`).toBe(false);
			await look(
				world,
				client,
				secretsOf(closing(world, { tables: ["staff", "vault", "deep"] })),
				[staff],
			);
		}
		for (const rule of [
			notes.base.name.toUpperCase(),
			` ${wide(notes.base.name)} `,
		]) {
			const client = await world.connect({ bases: [rule] });
			const opened = await client.call("query_records", {
				table: notes.reference,
			});
			expect(opened.isError, `${rule}: ${opened.text}`).toBe(false);
		}
	});

	eachSite("whose field is not found closes its table", async (world) => {
		const { staff, projects, notes } = world.tables;
		const secrets = secretsOf(closing(world, { tables: ["staff"] }));
		for (const rule of [
			`${staff.name}/Phon`,
			`${staff.id}/Phon`,
			` ${wide(staff.name)}/Phon`,
		]) {
			const client = await world.connect({ hidden_fields: [rule] });
			// Only the table's own schema can tell that the field is not there.
			const see = async (tool: string, args: object) => {
				const answer = await client.call(tool, args);
				expect(leaksIn(wholeOf(answer), secrets, args), answer.text).toEqual(
					[],
				);
				return answer;
			};
			await see("list_tables", {});
			await see("query_records", { table: projects.reference, detail: "full" });
			await see("describe_fields", { table: projects.reference });
			for (const table of [staff.reference, staff.name]) {
				const closed = await see("query_records", { table });
				expect(closed.text).toMatch(/^not_found/);
			}
			await client.ok("query_records", { table: notes.reference });
			expect(client.lines.join("\n")).toMatch(/^warning: .*Phon/m);
		}
	});

	eachSite("that matches nothing is reported", async (world) => {
		const { staff, notes } = world.tables;
		for (const [policy, rule] of [
			[{ tables: [notes.name, "Nowhere"] }, "Nowhere"],
			[{ bases: [notes.base.name, "Nobase"] }, "Nobase"],
			[{ hidden_fields: ["Nofield"] }, "Nofield"],
			[{ hidden_fields: ["Notable/Pay"] }, "Notable/Pay"],
		] as const) {
			const client = await world.connect(policy);
			await client.ok("list_tables");
			for (const table of Object.values(world.tables))
				await client.call("describe_fields", { table: table.reference });
			await client.ok("query_records", { table: notes.reference });
			expect(client.lines.join("\n"), rule).toMatch(
				new RegExp(`^warning: .*${rule}`, "m"),
			);
		}
		// And one that matches is not.
		const client = await world.connect({
			hidden_fields: [` ${fieldOf(staff, "Pay").name.toUpperCase()}`],
		});
		await client.ok("list_tables");
		for (const table of Object.values(world.tables))
			await client.call("describe_fields", { table: table.reference });
		expect(client.lines.filter((line) => /^warning/.test(line))).toEqual([]);
	});

	test("that matches nothing is an error of doctor", async () => {
		const folder = temporaryFolder();
		const client = await connected({ folder });
		await client.ok("create_table", {
			name: "Customers",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Phone", type: "text" },
			],
		});
		const doctor = (policy: object) => {
			const file = join(folder, "doctor.json");
			writeFileSync(
				file,
				JSON.stringify({
					connections: { local: { vendor: "local", policy } },
				}),
			);
			return spawnSync(process.execPath, [BUILT, "doctor"], {
				encoding: "utf8",
				env: {
					PATH: process.env.PATH,
					TABLES_MCP_DATA_DIR: folder,
					TABLES_MCP_CONFIG: file,
				},
			});
		};
		const wrong = doctor({
			bases: ["main", "mian"],
			tables: ["Customers", "Ordrs"],
			hidden_fields: ["Phon", "Customers/Phon"],
		});
		for (const rule of ["mian", "Ordrs", "Phon", "Customers/Phon"])
			expect(wrong.stdout).toMatch(new RegExp(`^error .*"${rule}"`, "m"));
		expect(wrong.status).toBe(1);
		const fine = doctor({
			tables: ["Customers"],
			hidden_fields: ["customers/phone", " PHONE "],
		});
		expect(fine.stdout).not.toMatch(/^error/m);
		expect(fine.status).toBe(0);
	});
});

eachSite(
	"a vendor's own words tell nothing of what is closed",
	async (world) => {
		const { staff, vault } = world.tables;
		const { policy, secrets } = bothOf(world);
		const client = await world.connect(policy);
		await client.ok("query_records", { table: staff.reference });
		const { refusal } = world.site;
		if (refusal === undefined) throw new Error("no refusal");
		const pay = fieldOf(staff, "Pay");
		for (const text of [
			`field ${pay.name} is wrong`,
			`${pay.id} is not there`,
			`table ${vault.id} is full`,
			`the table "${vault.name}" has no such record`,
		]) {
			world.faulty(({ path }) =>
				path.includes(staff.id)
					? { when: "before", response: refusal(text) }
					: undefined,
			);
			const table = staff.reference;
			const fields = { [fieldOf(staff, "Team").name]: "x" };
			for (const [tool, args] of [
				["query_records", {}],
				["query_records", { record_ids: [staff.records[0]] }],
				["create_records", { records: [{ fields }] }],
				["update_records", { records: [{ id: staff.records[0], fields }] }],
				["delete_records", { record_ids: [staff.records[1]] }],
				["create_field", { name: `New ${text.length}`, type: "text" }],
				["create_view", { name: `New ${text.length}` }],
				["export_records", { file: "words.csv", confirm: "words.csv" }],
			] as const) {
				await unseen(world, client, secrets, tool, { table, ...args });
				world.later();
				await unseen(world, client, secrets, tool, { table, ...args });
			}
		}
		const said = client.lines.join("\n");
		expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
	},
	overNetwork,
);
