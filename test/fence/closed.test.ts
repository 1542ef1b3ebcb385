import { expect } from "vitest";
import {
	answersAsMissing,
	idLike,
	nameLike,
	ON_BASE,
	ON_FIELD,
	ON_TABLE,
	type Pair,
} from "./misspelling.js";
import {
	closing,
	eachSite,
	type FenceWorld,
	filesOf,
	leaksIn,
	overNetwork,
	secretsOf,
	unseen,
} from "./world.js";

/* What is closed does not exist: for every tool, by every name, on every vendor. */

const fieldsOnly = (world: FenceWorld) => {
	const { staff } = world.tables;
	return {
		policy: {
			hidden_fields: ["Pay", "Grade", "Site", "File"].map(
				(field) => `${staff.name}/${staff.fields[field]?.name}`,
			),
		},
		secrets: secretsOf(
			closing(world, {
				fields: ["staff.Pay", "staff.Grade", "staff.Site", "staff.File"],
			}),
		),
	};
};

const tablesOnly = (world: FenceWorld) => ({
	policy: {
		tables: (["staff", "projects", "notes"] as const).map(
			(table) => world.tables[table].name,
		),
	},
	secrets: secretsOf(closing(world, { tables: ["vault", "deep"] })),
});

const basesOnly = (world: FenceWorld) => ({
	policy: { bases: [world.bases.work.name] },
	secrets: secretsOf(closing(world, { bases: [world.bases.reserve] })),
});

const wide = (text: string) =>
	text.replace(/[a-z]/gi, (letter) =>
		String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
	);

const IMPORT = "Column,Other\nx,y\n";

eachSite("a hidden field is answered as a misspelling is", async (world) => {
	const { policy, secrets } = fieldsOnly(world);
	const client = await world.connect(policy);
	client.put("in.csv", IMPORT);
	const { staff } = world.tables;
	const open = staff.fields.Team?.name ?? "";
	for (const name of ["Pay", "File", "Bonus"]) {
		const field = staff.fields[name];
		if (field === undefined) continue;
		const pairs: readonly Pair[] = [
			[field.name, nameLike(field.name)],
			[field.id, idLike(field.id)],
			[wide(field.name.toUpperCase()), wide(nameLike(field.name))],
		];
		for (const pair of name === "Pay" ? pairs : pairs.slice(0, 1))
			for (const [tool, args] of ON_FIELD)
				await answersAsMissing(world, client, {
					tool,
					args: (thing) => ({
						table: staff.reference,
						...args(thing, open, staff.records[0] ?? ""),
					}),
					pair,
					secrets,
				});
	}
});

eachSite("a forbidden table is answered as a missing one is", async (world) => {
	const { policy, secrets } = tablesOnly(world);
	const client = await world.connect(policy);
	client.put("in.csv", IMPORT);
	const { vault } = world.tables;
	const id: Pair = [vault.id, idLike(vault.id)];
	const pairs: readonly Pair[] = [
		[vault.reference, vault.reference.replace(...id)],
		[vault.name, nameLike(vault.name)],
		[` ${wide(vault.name.toUpperCase())}`, ` ${wide(nameLike(vault.name))}`],
		[
			`${world.vendor.id}:${vault.base.name}/${vault.name}`,
			`${world.vendor.id}:${vault.base.name}/${nameLike(vault.name)}`,
		],
	];
	for (const pair of pairs)
		for (const [tool, args] of ON_TABLE)
			await answersAsMissing(world, client, {
				tool,
				args: (table) => ({ table, ...args }),
				pair,
				within: [id, [vault.name, nameLike(vault.name)]],
				secrets,
			});
});

eachSite("a forbidden base is answered as a missing one is", async (world) => {
	const { policy, secrets } = basesOnly(world);
	const client = await world.connect(policy);
	client.put("in.csv", IMPORT);
	const { reserve } = world.bases;
	const before = await world.snapshots();
	const pairs: readonly Pair[] = [
		[reserve.id, idLike(reserve.id)],
		[reserve.name, nameLike(reserve.name)],
		[wide(reserve.name.toUpperCase()), wide(nameLike(reserve.name))],
		[
			`${world.vendor.id}:${reserve.id}`,
			`${world.vendor.id}:${idLike(reserve.id)}`,
		],
	];
	for (const pair of pairs)
		for (const [tool, args] of ON_BASE)
			await answersAsMissing(world, client, {
				tool,
				args,
				pair,
				within: [[reserve.id, idLike(reserve.id)]],
				secrets,
			});
	expect(await world.snapshots()).toEqual(before);
});

eachSite(
	"a URL of something closed is answered as one of something missing",
	async (world) => {
		const { url } = world.site;
		if (url === undefined) throw new Error("no URLs");
		const { vault, deep } = world.tables;
		const { work, reserve } = world.bases;
		const tableOnly = tablesOnly(world);
		for (const [{ policy, secrets }, closed, missing, within] of [
			[
				tableOnly,
				url(work.id, vault.id),
				url(work.id, idLike(vault.id)),
				[[vault.id, idLike(vault.id)]],
			],
			[
				basesOnly(world),
				url(reserve.id, deep.id),
				url(idLike(reserve.id), idLike(deep.id)),
				[
					[deep.id, idLike(deep.id)],
					[reserve.id, idLike(reserve.id)],
				],
			],
			[
				basesOnly(world),
				url(reserve.id),
				url(idLike(reserve.id)),
				[[reserve.id, idLike(reserve.id)]],
			],
		] as const) {
			const client = await world.connect(policy);
			client.put("in.csv", IMPORT);
			for (const [tool, args] of ON_TABLE)
				await answersAsMissing(world, client, {
					tool,
					args: (table) => ({ table, ...args }),
					pair: [closed, missing],
					within,
					secrets,
				});
			// Of a closed table's URL the base is open.
			for (const [tool, args] of policy === tableOnly.policy ? [] : ON_BASE)
				await answersAsMissing(world, client, {
					tool,
					args,
					pair: [closed, missing],
					within,
					secrets,
				});
		}
	},
	overNetwork,
);

eachSite("what is closed is in no answer, file or line", async (world) => {
	const { staff, projects, vault, notes } = world.tables;
	const policy = { ...tablesOnly(world).policy, ...fieldsOnly(world).policy };
	const secrets = [
		...new Set([...tablesOnly(world).secrets, ...fieldsOnly(world).secrets]),
	];
	const client = await world.connect(policy);
	const search = (value: string) => ({
		filter: { conditions: [{ field: "*", op: "search", value }] },
	});
	const see = (tool: string, args: object) =>
		unseen(world, client, secrets, tool, args);
	await see("list_tables", {});
	await see("list_tables", { search: "vau" });
	await see("list_tables", { kinds: ["table", "form", "dashboard", "folder"] });
	for (const { reference, view, records } of [staff, projects, notes]) {
		const table = reference;
		await see("describe_fields", { table, json_schema: true });
		for (const detail of ["compact", "full", "raw"])
			await see("query_records", { table, detail });
		await see("query_records", { table, record_ids: records, detail: "full" });
		await see("query_records", { table, record_ids: vault.records });
		for (const value of ["qzsbx", "qzvax", "low"]) {
			const found = await see("query_records", { table, ...search(value) });
			if (!found.isError) expect(found.structured.rows, value).toEqual([]);
		}
		for (const extension of ["csv", "ndjson", "xlsx"])
			await see("export_records", {
				table,
				file: `out-${extension}.${extension}`,
				confirm: `out-${extension}.${extension}`,
			});
		if (view !== undefined) {
			await see("describe_fields", { table, view: view.id });
			await see("query_records", { table, view: view.id });
			await see("export_records", {
				table,
				view: view.id,
				file: `view-${staff.id}.csv`,
			});
		}
		await see("describe_form", { table, form: "Ask" });
		await see("create_records", {
			table,
			records: [{ fields: { Pa: "x", Gra: "low" } }],
		});
		await see("query_records", {
			table,
			fields: ["Pa", "Grad", "Sit", "Bonu", "Cost"],
		});
	}
	for (const near of ["Vaul", "vault qz", "Dee", "Deep qzdt"])
		await see("query_records", { table: near });
	for (const [name, text] of filesOf(client))
		expect(leaksIn(text, secrets), name).toEqual([]);
	expect(leaksIn(client.lines.join("\n"), secrets)).toEqual([]);
});
