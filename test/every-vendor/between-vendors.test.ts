import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { account, COLUMNS, TITLES, tableIn } from "./every-column.js";
import { created, PEERS, type World } from "./world.js";

/*
 * What one vendor exports another imports: a table with every field that both have, with the people and the records
 * that its cells name on both sides, comes out with equal cells.
 */

const FORMATS = ["csv", "ndjson", "xlsx"] as const;

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
