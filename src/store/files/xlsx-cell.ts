import { SheetCell } from "../../core/contract/files.js";
import { dateText, durationText, shownNumber } from "./xlsx-format.js";
import type { Book } from "./xlsx-parts.js";
import { unescapedText } from "./xml.js";

/** A cell as the sheet has it. */
export interface WrittenCell {
	readonly type: string;
	readonly style: number;
	/** Of its value; undefined: it has none. */
	readonly value: string | undefined;
	/** Of a text that stands in the cell itself. */
	readonly inline: string;
	/** undefined: it has none. */
	readonly formula: string | undefined;
}

/** What a cell holds: "" for nothing, a text, a number, a boolean, or what a person sees in place of those. */
export function cellOf(book: Book, cell: WrittenCell): unknown {
	const found = heldBy(book, cell);
	const link = linkOf(cell.formula);
	return link === undefined ? found : withLink(found, link);
}

/** The same cell, which leads somewhere. */
export function withLink(cell: unknown, link: string): unknown {
	if (cell instanceof SheetCell)
		return cell.problem === undefined
			? new SheetCell(cell.value, { shown: () => cell.shown, link })
			: cell;
	return new SheetCell(cell, { link });
}

const HYPERLINK = /^(?:_xlfn\.)?HYPERLINK\(\s*"((?:[^"]|"")*)"/i;

function linkOf(formula: string | undefined): string | undefined {
	return formula === undefined
		? undefined
		: HYPERLINK.exec(formula)?.[1]?.replaceAll('""', '"');
}

function bad(shown: string, problem: string): SheetCell {
	return new SheetCell(shown, { problem });
}

const NOT_KEPT =
	"holds a formula without its result: open the file in the spreadsheet program, save it and import it again";

function heldBy(book: Book, cell: WrittenCell): unknown {
	const { type, value, inline, formula } = cell;
	if (type === "inlineStr") return unescapedText(inline);
	if (type === "str" && value !== undefined) return unescapedText(value);
	if (value === undefined || value === "")
		return formula === undefined ? "" : bad(`=${formula}`, NOT_KEPT);
	switch (type) {
		case "s":
			return (
				book.texts[Number(value)] ??
				bad(value, "refers to a text that the file does not have")
			);
		case "b":
			return value === "1" || value.toLowerCase() === "true";
		case "e":
			return bad(value, `holds the error ${value}`);
		case "d":
			return value.replace(/T00:00:00(?:\.0+)?Z?$/, "");
		default: {
			const number = Number(value);
			return Number.isNaN(number) ? value : numberOf(book, cell, number);
		}
	}
}

function numberOf(
	{ formats, mac }: Book,
	{ style }: WrittenCell,
	value: number,
): unknown {
	const format = formats[style];
	switch (format?.kind) {
		case "date":
		case "time":
			return (
				dateText(value, format, mac) ??
				bad(
					String(value),
					`is shown as a date, and ${value} is none that a spreadsheet has`,
				)
			);
		case "duration":
			return durationText(value, format.code);
		case "number":
			return new SheetCell(value, {
				shown: () => shownNumber(value, format.code),
			});
		default:
			return value;
	}
}
