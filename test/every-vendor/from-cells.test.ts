import { describe, expect, test } from "vitest";
import { account, COLUMNS, TITLES, tableIn } from "./every-column.js";
import { PEERS } from "./world.js";

/*
 * What a statement hands on as it is stays all that the cell holds, though its form in SQL says less: the text of a
 * link, the ids of people and records, the point of a place, the token of a file.
 */

/** Of links those with a text of their own, and those without, that go to the same address. */
const LINKS = [
	{ text: "Home page", link: "https://example.org/" },
	"https://example.org/",
	{ text: "The same page", link: "https://example.org/" },
];

/** Files in the table, where the vendor has fields for them and takes uploads. */
async function withFiles(
	world: Awaited<ReturnType<typeof account>>,
	table: string,
	ids: readonly string[],
): Promise<boolean> {
	const { client } = world;
	const made = await client.call("create_field", {
		...{ table, name: "files", type: "attachment" },
	});
	if (made.isError) return false;
	client.put("a.txt", "a");
	const sent = await client.call("upload_attachment", {
		...{ table, field: "files", files: [{ file: "a.txt", record_id: ids[0] }] },
	});
	expect(sent.isError, sent.text).toBe(false);
	return true;
}

describe.each(PEERS.map((peer) => [peer.id, peer] as const))(
	"%s",
	(_, peer) => {
		test("a statement that hands on every column changes nothing, and new records of it have equal cells", async () => {
			const world = await account(peer);
			const { client, site } = world;
			const columns = COLUMNS.filter(({ name }) => world.has.has(name));
			expect(columns.length).toBeGreaterThan(8);
			const table = await tableIn(world, columns);
			const made = await client.ok("create_records", {
				table,
				records: TITLES.map((Title, index) => ({
					fields: {
						Title,
						...Object.fromEntries(
							columns.flatMap(({ name, given: values }) => {
								const given = name === "url" ? LINKS : values;
								return index < given.length ? [[name, given[index]]] : [];
							}),
						),
					},
				})),
			});
			const ids = made.structured.ids as string[];
			const names = ["Title", ...columns.map(({ name }) => name)];
			if (await withFiles(world, table, ids)) names.push("files");
			const list = names.map((name) => `"${name}"`).join(", ");
			const tables = [{ as: "t", table }];
			const before = await site.rows(table);
			for (const sql of [
				`select _id, ${list} from t`,
				`with c as (select * from t) select distinct _id, ${list} from c order by Title`,
				`select _id, ${names.map((name) => `coalesce("${name}", null) as "${name}"`).join(", ")} from t`,
			]) {
				const same = await client.ok("update_records", {
					...{ table, from: { sql, tables } },
				});
				expect(same.structured.counts, `${sql}: ${same.text}`).toMatchObject({
					...{ updated: 0, unchanged: TITLES.length, failed: 0 },
				});
			}
			expect(await site.rows(table)).toEqual(before);
			// A file that the vendor does not name on read cannot be put into another record.
			const files = await client.call("query_records", {
				...{ table, fields: names.slice(-1), ids: false, detail: "full" },
			});
			if (JSON.stringify(files.structured.rows).includes('"token":null')) {
				const refused = await client.refused("create_records", {
					...{ table, from: { sql: "select files from t", tables } },
				});
				expect(refused.text).toContain("upload_attachment gives a token");
				names.pop();
			}
			const handed = names.map((name) => `"${name}"`).join(", ");
			const copied = await client.ok("create_records", {
				...{ table, from: { sql: `select ${handed} from t`, tables } },
			});
			expect(copied.structured.counts, copied.text).toMatchObject({
				...{ created: TITLES.length, failed: 0 },
			});
			const read = await client.ok("query_records", {
				...{ table, fields: names, ids: false, detail: "full" },
			});
			const rows = read.structured.rows as readonly unknown[][];
			const sorted = (some: readonly unknown[][]) =>
				some.map((row) => JSON.stringify(row)).sort();
			const old = rows.slice(0, TITLES.length);
			expect(sorted(rows.slice(TITLES.length))).toEqual(sorted(old));
		}, 120_000);
	},
);
