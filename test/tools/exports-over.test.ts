import { expect, test } from "vitest";
import { connected, type TestClient } from "../server/client.js";

/* What an export may replace. */

const yes = () => ({ action: "accept" as const });

async function withTable() {
	const first = await connected();
	const { structured } = await first.ok("create_table", {
		name: "Rows",
		fields: [{ name: "Name", type: "text" }],
	});
	const { folder } = first;
	return {
		table: structured.table as string,
		/** A new process over the same folder. */
		readOnly: () =>
			connected({
				folder,
				environment: { TABLES_MCP_READ_ONLY: "1" },
				person: yes,
			}),
	};
}

const FILES = ["out.csv", "out.ndjson", "out.xlsx"] as const;

async function expectKept(
	client: TestClient,
	args: { readonly table: string; readonly file: string },
) {
	const before = client.read(args.file);
	const asked = client.asked.length;
	const { text } = await client.refused("export_records", {
		...args,
		confirm: args.file,
	});
	expect(text).toMatch(/^not_allowed: .*read-only/);
	expect(text).toContain("another name");
	expect(client.asked).toHaveLength(asked);
	expect(client.read(args.file)).toBe(before);
}

test.each(FILES)(
	"where all is read-only, a person's %s stays, whatever is agreed",
	async (file) => {
		const { table, readOnly } = await withTable();
		const client = await readOnly();
		client.put(file, "precious");
		await expectKept(client, { table, file });
	},
);

test.each(FILES)(
	"where all is read-only, the server's own %s may give way to another, until somebody changes it",
	async (file) => {
		const { table, readOnly } = await withTable();
		const client = await readOnly();
		await client.ok("export_records", { table, file });
		expect(client.asked).toEqual([]);
		await client.ok("export_records", { table, file });
		expect(client.asked).toEqual([
			expect.stringMatching(/^May I overwrite the file/),
		]);
		client.put(file, `${client.read(file)}more`);
		await expectKept(client, { table, file });
	},
);

test("where all is read-only, only a workbook tells a later process who wrote it", async () => {
	const { table, readOnly } = await withTable();
	const earlier = await readOnly();
	for (const file of FILES) await earlier.ok("export_records", { table, file });
	const later = await readOnly();
	await later.ok("export_records", { table, file: "out.xlsx" });
	for (const file of ["out.csv", "out.ndjson"])
		await expectKept(later, { table, file });
});
