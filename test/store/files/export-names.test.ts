import { chmodSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { csvWriter } from "../../../src/store/files/write.js";
import { temporaryFolder } from "../../folder.js";
import { connected } from "../../server/client.js";

test.each([
	["CON.csv", '"_CON.csv"'],
	["nul.csv", '"_nul.csv"'],
	["COM1.tar.csv", '"_COM1.tar.csv"'],
	["sub/aux.csv", '"_aux.csv"'],
	["a\nb.csv", '"a_b.csv"'],
	["a\u202eb.csv", '"a_b.csv"'],
	["what?.csv", '"what_.csv"'],
	["trailing.csv.", '"trailing.csv"'],
	["trailing.csv ", '"trailing.csv"'],
	["sub /a.csv", '"sub"'],
	[`${"n".repeat(252)}.csv`, "at most 255 bytes"],
	[`${"名".repeat(84)}.csv`, "at most 255 bytes"],
])("an export to %j is refused with a name that works", async (file, next) => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "T",
		fields: [{ name: "A", type: "text" }],
	});
	const { text } = await client.refused("export_records", {
		table: structured.table,
		file,
		format: "csv",
	});
	expect(text).toMatch(/^bad_argument: .* is not a file name that every/);
	expect(text).toContain(next);
	expect(text.split("\n")).toHaveLength(2);
	await client.ok("export_records", {
		table: structured.table,
		file: ".hidden 名称 (1).csv",
	});
});

test("a failure names the file that was asked for, not the one beside it", async () => {
	const folder = temporaryFolder();
	const writer = await csvWriter(join(folder, "out.csv"), ["a"]);
	mkdirSync(join(folder, "out.csv"));
	mkdirSync(join(folder, "out.csv", "x"));
	const failure = await writer.finish().catch((error: unknown) => error);
	expect(String(failure)).toContain("out.csv");
	expect(String(failure)).not.toContain(".part");
	expect((failure as { path: string }).path).toBe(join(folder, "out.csv"));
	await writer.abandon();
	expect(readdirSync(folder)).toEqual(["out.csv"]);
	const gone = await csvWriter(join(folder, "no", "out.csv"), ["a"]).catch(
		(error: unknown) => error,
	);
	expect(String(gone)).toContain(`'${join(folder, "no", "out.csv")}'`);
	chmodSync(folder, 0o700);
});
