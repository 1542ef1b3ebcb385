import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connected } from "../server/client.js";

/* Names that every object of JavaScript has: as names of fields they are names like any other. */

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty"];

test.each(NAMES)(
	"a field called %s works, or is refused in words",
	async (name) => {
		const client = await connected();
		const fields = JSON.parse(`{"Title": "one", ${JSON.stringify(name)}: 5}`);
		const { structured } = await client.ok("create_table", {
			name: "T",
			fields: [
				{ name: "Title", type: "text" },
				{ name, type: "number" },
			],
		});
		const { table } = structured;
		const described = await client.ok("describe_fields", {
			table,
			fields: [name],
		});
		expect(described.text).toContain(name);
		if (name === "__proto__") {
			// JSON with such a key is refused whole: some reader would take it for something else.
			const said = await client.refused("create_records", {
				table,
				records: [{ fields }],
			});
			expect(said.text).toMatch(/__proto__/);
			expect(said.text).not.toContain("defect");
		} else await client.ok("create_records", { table, records: [{ fields }] });
		writeFileSync(
			join(client.folder, "files", "in.csv"),
			`Title,${name}\ntwo,7\n`,
		);
		await client.ok("import_records", { table, file: "in.csv" });
		writeFileSync(
			join(client.folder, "files", "in.ndjson"),
			`{"Title":"three","${name}":9}\n`,
		);
		await client.ok("import_records", { table, file: "in.ndjson" });
		const found = await client.ok("query_records", {
			table,
			fields: ["Title", name],
			filter: { conditions: [{ field: name, op: "gt", value: "6" }] },
			sort: [{ field: name, direction: "desc" }],
		});
		expect(found.structured.rows.map((row: unknown[]) => row.slice(1))).toEqual(
			[
				["three", 9],
				["two", 7],
			],
		);
		const sums = await client.ok("query_records", {
			table,
			group_by: [{ field: name }],
			aggregate: [{ function: "sum", field: name }],
		});
		expect(sums.structured.rows.length).toBeGreaterThanOrEqual(2);
		for (const ending of ["csv", "ndjson", "xlsx"])
			await client.ok("export_records", { table, file: `out.${ending}` });
		for (const ending of ["csv", "ndjson"]) {
			const text = readFileSync(
				join(client.folder, "files", `out.${ending}`),
				"utf8",
			);
			expect(text).toContain(name);
			expect(text).toMatch(/9/);
		}
		await client.ok("import_records", {
			table,
			file: "out.xlsx",
			dry_run: true,
		});
		await client.ok("describe_fields", { table, json_schema: true });
		await client.ok("update_field", { table, field: name, name: "Plain" });
	},
);
