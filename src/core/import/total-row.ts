import { type FileRow, SheetCell } from "../contract/files.js";
import { withoutEnd } from "../values/ends.js";
import { nameList, quoted } from "../values/names.js";
import type { ValidRecord } from "../values/validate.js";
import type { MappedColumn } from "./import-columns.js";

/** What people call the row below their numbers, folded. */
const WORDS: ReadonlySet<string> = new Set([
	"sum",
	"sums",
	"total",
	"totals",
	"grand total",
	"subtotal",
	"summe",
	"summen",
	"gesamt",
	"gesamtsumme",
	"insgesamt",
	"zwischensumme",
	"totale",
	"total general",
	"somme",
	"suma",
	"итого",
	"合计",
	"合計",
	"总计",
	"總計",
	"总和",
	"小计",
	"小計",
	"共计",
]);

/** Half of the last place that money has: sums of a spreadsheet are not exact. */
const EXACT_TO = 0.005;

/** Rows of a file as they go by, to tell whether the last one is the sum of the others. */
export interface TotalRow {
	/** Rows that were read, and the records that were made of them. */
	take(rows: readonly FileRow[], records: readonly ValidRecord[]): void;
	/** What to say of the last row, once all have gone by; undefined: it is one like the others. */
	note(): string | undefined;
}

/** Watches the rows of a file; those that go into these columns. */
export function watchTotal(columns: readonly MappedColumn[]): TotalRow {
	const sums = new Map<string, number>();
	let last:
		| { readonly row: FileRow; readonly record?: ValidRecord }
		| undefined;
	let count = 0;
	const numbersOf = ({ cells }: ValidRecord) =>
		columns.flatMap(({ column, field }) => {
			const value = field === undefined ? undefined : cells[field.id];
			return typeof value === "number" ? [{ column, value }] : [];
		});
	return {
		take(rows, records) {
			count += rows.length;
			for (const record of records)
				for (const { column, value } of numbersOf(record))
					sums.set(column, (sums.get(column) ?? 0) + value);
			const row = rows.at(-1);
			if (row === undefined) return;
			const record = records.find(({ index }) => index === row.record);
			last = record === undefined ? { row } : { row, record };
		},
		note() {
			if (last?.record === undefined || count < 3) return undefined;
			const word = firstText(last.row);
			if (word === undefined || !WORDS.has(folded(word))) return undefined;
			const equal = numbersOf(last.record).filter(
				({ column, value }) =>
					value !== 0 &&
					Math.abs((sums.get(column) ?? 0) - 2 * value) < EXACT_TO,
			);
			return equal.length === 0
				? undefined
				: `line ${last.row.line} looks like a row of sums, not like a record: it begins with ${quoted(word)}, and ${nameList(equal.map(({ column }) => column))} ${equal.length === 1 ? "is the sum" : "are the sums"} of the rows above; it counts as a record like the others: take it out of the file if it is none`;
		},
	};
}

/** In the order of the file. */
function firstText({ cells }: FileRow): string | undefined {
	for (const cell of Object.values(cells)) {
		const text = cell instanceof SheetCell ? cell.shown : cell;
		if (typeof text === "string" && text.trim() !== "") return text.trim();
	}
	return undefined;
}

function folded(text: string): string {
	return withoutEnd(text.normalize("NFKC").toLowerCase(), /[\s:：.]/u);
}
