import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileFormat } from "../../src/core/contract/files.js";
import { guardText, unguardText } from "../../src/core/values/coerce.js";
import { folderFiles } from "../../src/store/files/index.js";
import { temporaryFolder } from "../folder.js";

/** Texts as cells hold them: any characters but NUL and halves of pairs, which no table keeps. */
const cell = fc
	.oneof(
		fc.string({ unit: "binary" }),
		fc.string({ unit: fc.constantFrom(..."\"',;|\t \r\n=+-@\u2028\ufeff_x") }),
		fc.constantFrom(
			"",
			"_x0041_",
			"_x000D_",
			"\u0001",
			"\u001b[0m",
			"\ufeff",
			"a\r",
			"\r\n",
			" ",
			"0012",
			"1e5",
			"TRUE",
			"null",
		),
	)
	.map((text) => text.replaceAll("\0", "").toWellFormed());

const rows = fc.array(fc.tuple(cell, cell, cell), {
	minLength: 1,
	maxLength: 6,
});

test.each(["csv", "ndjson", "xlsx"] as const)(
	"any texts written as %s are read back to the letter, at their lines",
	async (format: FileFormat) => {
		const folder = temporaryFolder();
		const files = folderFiles(folder, join(folder, "kept"));
		let number = 0;
		await fc.assert(
			fc.asyncProperty(rows, async (given) => {
				const path = join(folder, `${number++}.${format}`);
				const writer = await files.writeRows({ path, isNew: true }, format, [
					"id",
					"a",
					"b",
					"c",
				]);
				for (const [index, row] of given.entries())
					await writer.write([`r${index}`, ...row]);
				await writer.finish();
				const file = await files.openRows(path, {});
				const read: unknown[] = [];
				let last = 0;
				for await (const { cells, line, problem } of file.rows(0)) {
					expect(problem).toBeUndefined();
					expect(line).toBeGreaterThan(last);
					last = line;
					read.push([cells.a, cells.b, cells.c]);
				}
				expect(read).toEqual(given);
			}),
			{ numRuns: format === "xlsx" ? 30 : 80 },
		);
	},
);

test("a guarded text begins with nothing that a spreadsheet runs, and is itself again", () => {
	fc.assert(
		fc.property(cell, (text) => {
			const guarded = guardText(text);
			expect(guarded).not.toMatch(/^[=+\-@\t\r]/);
			expect(unguardText(guarded)).toBe(text);
		}),
	);
});
