import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SqlValue } from "../../src/core/contract/sql.js";
import { temporaryFolder } from "../folder.js";
import { engineOf, type Filled } from "../store/sql/ask.js";
import { SELECTS, TABLES } from "../store/sql/statements.js";
import { isThere, output } from "./program.js";

/** Statements that an older program may not know; the others must be answered by both. */
const MOST_UNKNOWN = 25;

const SEPARATOR = "\u001f";

const literal = (value: SqlValue) =>
	typeof value === "string"
		? `'${value.replaceAll("'", "''")}'`
		: String(value ?? "NULL");

/** The same tables as a script. */
function scriptOf(tables: readonly Filled[]): string {
	return tables
		.map(
			({ as, columns, rows }) =>
				`create table ${as} (${columns.map(({ name, type }) => `"${name}" ${type}`).join(", ")}) strict;\n${rows
					.map((row) => `insert into ${as} values (${row.map(literal)});`)
					.join("\n")}`,
		)
		.join("\n");
}

/** A value of SQL as the program quotes it. */
function readValue(text: string): SqlValue {
	if (text === "NULL") return null;
	if (/^'.*'$/s.test(text)) return text.slice(1, -1).replaceAll("''", "'");
	if (/^X'/.test(text)) return text.toLowerCase();
	return Number(text);
}

/** Rows of both in one order, and numbers as far as both print them; a whole number in a text is `7.0` to the program. */
function comparable(rows: readonly (readonly SqlValue[])[]): readonly string[] {
	return rows
		.map((row) =>
			JSON.stringify(
				row.map((value) =>
					typeof value === "number"
						? Number(value.toPrecision(12))
						: (value?.replace(/(?<=\d)\.0(?!\d)/g, "") ?? null),
				),
			),
		)
		.sort();
}

describe.runIf(isThere("sqlite3", ["--version"]))("the program sqlite3", () => {
	test("answers the same statements over the same rows alike", async () => {
		const { ask } = engineOf();
		const script = join(temporaryFolder(), "tables.sql");
		writeFileSync(script, scriptOf(TABLES));
		const unknown: string[] = [];
		for (const sql of SELECTS) {
			let printed: string;
			try {
				printed = output("sqlite3", [
					...["-bail", "-quote", "-separator", SEPARATOR, "-newline", "\u001e"],
					...[":memory:", `.read ${script}`, sql],
				]);
			} catch (error) {
				unknown.push(`${sql}: ${(error as Error).message}`);
				continue;
			}
			const answer = await ask(sql, TABLES);
			if ("fault" in answer) throw new Error(`${sql}: ${answer.message}`);
			const rows = printed
				.split("\u001e")
				.filter((row) => row !== "")
				.map((row) => row.split(SEPARATOR).map(readValue));
			expect(comparable(answer.rows), sql).toEqual(comparable(rows));
		}
		expect(unknown.length, unknown.join("\n")).toBeLessThanOrEqual(
			MOST_UNKNOWN,
		);
	});
});
