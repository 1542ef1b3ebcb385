import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { Table } from "../../core/contract/table.js";
import { zone } from "../../core/values/zone.js";
import { recordsOf } from "./layout.js";
import type { Store } from "./store.js";

/** @throws TablesError bad_argument for a pattern that would give every row the same number. */
export function checkPattern(pattern: string): void {
	if (!/\{0+\}/.test(pattern))
		throw new TablesError(
			"bad_argument",
			`number_pattern "${pattern}" has no place for the number`,
			{
				next: "Write it as zeros in braces: REC-{yyyy}-{0000}; {yyyy}, {MM} and {dd} are the day of creation.",
			},
		);
}

/** `REC-{yyyy}-{0000}` with the number and the day of creation in the table's zone; without a pattern the number itself. */
export function autoNumber(
	pattern: string | undefined,
	number: number,
	day: string,
): string | number {
	if (pattern === undefined) return number;
	const [year = "", month = "", date = ""] = day.split("-");
	return pattern
		.replaceAll("{yyyy}", year)
		.replaceAll("{MM}", month)
		.replaceAll("{dd}", date)
		.replace(/\{(0+)\}/g, (_, zeros: string) =>
			String(number).padStart(zeros.length, "0"),
		);
}

/** Numbers the rows that are there, oldest first. */
export function numberRows({ db }: Store, table: Table, field: Field): void {
	const records = recordsOf(table.ref.table);
	let number = 0;
	for (const row of db.all(`SELECT n, created_at FROM ${records} ORDER BY n`)) {
		number++;
		db.run(`UPDATE ${records} SET "${field.id}" = ? WHERE n = ?`, [
			autoNumber(
				field.settings.numberPattern,
				number,
				zone(table.zone).day(row.created_at as number),
			),
			row.n as number,
		]);
	}
}
