import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sampleColumns } from "../conformance/columns.js";
import { created, openWorld, PEERS, type Peer, type World } from "./world.js";

/*
 * What one vendor exports another imports: a table with every field that both have, with the people and the records
 * that its cells name on both sides, comes out with equal cells.
 */

const FORMATS = ["csv", "ndjson", "xlsx"] as const;

/** Made by nobody here: who is in a group or a department is for each vendor's own tests. */
const LEFT_OUT: ReadonlySet<string> = new Set(["group", "department"]);

/** Values that every vendor stores as they are given. */
const TAKEN_BY_ALL: Readonly<Record<string, Partial<Column>>> = {
	user: { given: [["Ann"]] },
	phone: { given: ["13800138000", "+861012345678"] },
	// An amount is written into a field of its own currency only, and the vendors' usual ones differ.
	currency: { settings: { currency: "USD" } },
	// Feishu and Lark look the address up by the coordinates.
	location: {
		given: [
			{
				lnglat: "116.397755,39.903179",
				address: "Place at 116.397755,39.903179",
			},
		],
	},
};

interface Column {
	readonly name: string;
	readonly type: string;
	readonly settings?: object;
	readonly given: readonly unknown[];
}

const COLUMNS: readonly Column[] = [
	...Object.entries(
		sampleColumns(Date.UTC(2026, 10, 20, 4), "Asia/Shanghai"),
	).flatMap(([name, column]): Column[] =>
		LEFT_OUT.has(name) || name === "text"
			? []
			: [{ name, ...column, ...TAKEN_BY_ALL[name] }],
	),
	{
		name: "linked",
		type: "link",
		settings: { link_table: "Rows" },
		given: [["row 1"], ["row 0", "row 2"], ["row, 3"]],
	},
];

const TITLES = ["=1+1", "'quoted", "a, b", "0012", " spaced ", "李雷", "plain"];

/** A vendor's account with Ann, and a table `Rows` whose records links can name. */
async function account(peer: Peer) {
	const world = await openWorld(peer);
	const ann = world.site.person();
	await created(world, [
		...["row 0", "row 1", "row 2", "row, 3"].map((Title) => ({
			fields: { Title },
		})),
	]);
	const has = new Set<string>();
	const { structured } = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Tried",
		fields: [{ name: "Title", type: "text" }],
	});
	for (const { name, type, settings } of COLUMNS) {
		const made = await world.client.call("create_field", {
			...{ table: structured.table, name, type },
			...(settings === undefined ? {} : { settings }),
		});
		if (!made.isError) has.add(name);
	}
	return { ...world, has, ann };
}

/** A table with these columns, of which the one of people knows Ann: some vendors find only whom it has held. */
async function tableIn(
	{ client, peer, site, ann }: Awaited<ReturnType<typeof account>>,
	columns: readonly Column[],
	name = "Things",
): Promise<string> {
	const { structured } = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name,
		fields: [
			{ name: "Title", type: "text" },
			...columns.map(({ name, type, settings = {} }) => ({
				name,
				type,
				settings,
			})),
		],
	});
	const { table } = structured;
	if (columns.some(({ type }) => type === "user")) {
		const [id] = await created({ client, table }, [
			{ fields: { Title: "first", user: [ann] } },
		]);
		await client.ok("delete_records", { table, record_ids: [id] });
	}
	return table;
}

async function rowsOf({ client }: Pick<World, "client">, table: string) {
	const { structured } = await client.ok("query_records", {
		table,
		ids: false,
		sort: [{ field: "Title" }],
	});
	return {
		columns: structured.columns,
		rows: [...structured.rows].sort((a: unknown[], b: unknown[]) =>
			String(a[0]) < String(b[0]) ? -1 : 1,
		),
	};
}

describe.each(PEERS.map((peer) => [peer.id, peer] as const))(
	"from %s",
	(_, from) => {
		test.each(PEERS.map((peer) => [peer.id, peer] as const))(
			"to %s",
			async (_to, to) => {
				const source = await account(from);
				const target = await account(to);
				const columns = COLUMNS.filter(
					({ name }) => source.has.has(name) && target.has.has(name),
				);
				expect(columns.length).toBeGreaterThan(8);
				const table = await tableIn(source, columns);
				const written = await source.client.call("create_records", {
					table,
					records: TITLES.map((Title, index) => ({
						fields: {
							Title,
							...Object.fromEntries(
								columns.flatMap(({ name, given }) =>
									index < given.length ? [[name, given[index]]] : [],
								),
							),
						},
					})),
				});
				expect(written.isError, written.text).toBe(false);
				const before = await rowsOf(source, table);
				for (const format of FORMATS) {
					const file = `out.${format}`;
					await source.client.ok("export_records", {
						table,
						file,
						confirm: file,
					});
					target.client.put(
						file,
						readFileSync(join(source.client.files, file)),
					);
					const copy = await tableIn(target, columns, `Copy ${format}`);
					const run = await target.client.call("import_records", {
						table: copy,
						file,
					});
					expect(run.isError, `${format}: ${run.text}`).toBe(false);
					expect(await rowsOf(target, copy), format).toEqual(before);
					const again = await target.client.call("import_records", {
						...{ table: copy, file, match_on: ["Title"] },
					});
					expect(
						again.structured.counts,
						`${format}: ${again.text}`,
					).toMatchObject({
						unchanged: TITLES.length,
					});
				}
			},
		);
	},
);

describe.each(PEERS.map((peer) => [peer.id, peer] as const))(
	"ids of another account in a file for %s",
	(id, peer) => {
		test("are no ids here: what is called the same by two is refused with both, what nobody is called is named", async () => {
			const world = await account(peer);
			const columns = COLUMNS.filter(
				({ name }) =>
					(name === "user" || name === "linked") && world.has.has(name),
			);
			const table = await tableIn(world, columns);
			const twins = await created(world, [
				{ fields: { Title: "twin" } },
				{ fields: { Title: "twin" } },
			]);
			const run = async (column: string, text: string) => {
				world.client.put("in.csv", `Title,${column}\nx,"${text}"\n`);
				return world.client.call("import_records", { table, file: "in.csv" });
			};
			const foreign = "rec0000000000Zzzz";
			for (const other of [foreign, "recuAbCdEfGhIj", "zzzzzzzzzz"]) {
				const twin = await run("linked", `twin [${other}]`);
				expect(twin.isError, twin.text).toBe(true);
				for (const one of twins) expect(twin.text).toContain(`twin [${one}]`);
				const none = await run("linked", `nobody [${other}]`);
				expect(none.isError, none.text).toBe(true);
				expect(none.text).toContain(`""nobody [${other}]""`);
			}
			const [first = ""] = twins;
			const own = await run("linked", `whatever [${first}]`);
			expect(own.isError, own.text).toBe(false);
			if (id === "local") return;
			const people = await run("user", "Ann [ou_of_another_tenant]");
			expect(people.isError, people.text).toBe(false);
			const zed = await run("user", "Zed [19]");
			expect(zed.text).toContain("found no person");
			if (id === "fusion") return;
			world.site.person();
			world.clock.advance(3_600_000);
			const two = await run("user", "Ann [ou_of_another_tenant]");
			expect(two.isError, two.text).toBe(true);
			expect(two.text).toMatch(/names 2 people: Ann \[[^\]]+\], Ann \[/);
		});
	},
);
