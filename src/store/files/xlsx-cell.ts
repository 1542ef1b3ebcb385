import { SheetCell } from "../../core/contract/files.js";
import { dateText, durationText, timeOfDay } from "./xlsx-days.js";
import {
	asKept,
	type NumberFormat,
	shownNumber,
	wholeNumber,
} from "./xlsx-format.js";
import { damagedSheet, type Shared } from "./xlsx-parts.js";
import { shownText } from "./xlsx-sections.js";
import { unescapedText } from "./xml.js";

/** A cell as the sheet has it. */
export interface WrittenCell {
	/** Its place, such as `AB12`. */
	readonly place: string;
	/** "" for a number. */
	readonly type: string;
	readonly style: number;
	/** Of its value; undefined: it has none. */
	readonly value: string | undefined;
	/** Of a text that stands in the cell itself. */
	readonly inline: string;
	/** undefined: it has none. */
	readonly formula: string | undefined;
}

/**
 * What a cell holds: "" for nothing, a text, a number, a boolean, or what a person sees in place of those.
 * @throws TablesError bad_argument where the cell refers to what is not in the workbook.
 */
export function cellOf(shared: Shared, cell: WrittenCell): unknown {
	const found = heldBy(shared, cell);
	const link = linkOf(cell.formula);
	return link === undefined ? found : withLink(found, link);
}

/** The same cell, which leads somewhere. */
export function withLink(cell: unknown, link: string): unknown {
	if (cell instanceof SheetCell)
		return cell.problem === undefined ? cell.leadingTo(link) : cell;
	return new SheetCell(cell, { link });
}

const HYPERLINK = /^(?:_xlfn\.)?HYPERLINK\(\s*"((?:[^"]|"")*)"/i;

/** undefined also where it leads to a place of the workbook. */
function linkOf(formula: string | undefined): string | undefined {
	const address =
		formula === undefined ? undefined : HYPERLINK.exec(formula)?.[1];
	return address === undefined || /^(?:#|\[|$)/.test(address)
		? undefined
		: address.replaceAll('""', '"');
}

function bad({ place }: WrittenCell, shown: string, problem: string) {
	return new SheetCell(shown, { problem: `cell ${place} holds ${problem}` });
}

/** Fewer days than a year are hours that were counted; nobody means a moment of the year 1900 by a time of day. */
const FIRST_MOMENT = 366;

/** A text with what its format puts around it. */
function seenText(
	{ textFormats }: Shared,
	{ style }: WrittenCell,
	text: string,
): string {
	const code = textFormats.get(style);
	return code === undefined ? text : shownText(text, code);
}

const NOT_KEPT =
	"a formula whose value is not in the file (open the file in a spreadsheet program and save it there)";

function heldBy(shared: Shared, cell: WrittenCell): unknown {
	const { type, inline, formula } = cell;
	if (type === "inlineStr")
		return seenText(shared, cell, unescapedText(inline));
	if (type === "str" && cell.value !== undefined)
		return seenText(shared, cell, unescapedText(cell.value));
	const value = cell.value?.trim() ?? "";
	if (type === "s") return seenText(shared, cell, textOf(shared, cell, value));
	if (type === "e")
		return bad(cell, value || "#N/A", `the error ${value || "#N/A"}`);
	if (value === "")
		return formula === undefined
			? ""
			: bad(cell, formula === "" ? "" : `=${formula}`, NOT_KEPT);
	switch (type) {
		case "b":
			return value === "1" || value.toLowerCase() === "true";
		case "d":
			return value.replace(/T00:00:00(?:\.0+)?Z?$/, "");
		default: {
			const format = formatOf(shared, cell);
			const number = Number(value);
			return Number.isNaN(number)
				? value
				: numberOf(cell, { value: number, format, mac: shared.mac });
		}
	}
}

function textOf(
	{ sheet, texts }: Shared,
	{ place, value, formula }: WrittenCell,
	index: string,
): string {
	const text = /^\d+$/.test(index) ? texts[Number(index)] : undefined;
	if (text !== undefined) return text;
	throw damagedSheet(
		sheet,
		value === undefined && formula === undefined
			? `has at ${place} a cell of shared text that does not say which text`
			: `has at ${place} the shared text number "${index}", and the workbook has ${those(texts)}`,
	);
}

/** Without its style a date is a number like any other. */
function formatOf(
	{ sheet, formats }: Shared,
	{ place, style }: WrittenCell,
): NumberFormat | undefined {
	const format = formats[style];
	if (format !== undefined || style === 0) return format;
	throw damagedSheet(
		sheet,
		`has at ${place} the style number ${style}, and the workbook has ${those(formats)}: whether that cell is a date or a number is not known`,
	);
}

function those({ length }: readonly unknown[]): string {
	return length === 0 ? "none" : `those from 0 to ${length - 1}`;
}

function numberOf(
	cell: WrittenCell,
	{
		value,
		format,
		mac,
	}: {
		readonly value: number;
		readonly format: NumberFormat | undefined;
		readonly mac: boolean;
	},
): unknown {
	switch (format?.kind) {
		case "date":
			return dateText(value, format, mac) ?? beyond(cell, value);
		case "time":
			return timeOf(cell, { value, format, mac });
		case "duration":
			return durationText(value, format.code);
		case "number":
			return new SheetCell(value, {
				shown: () => shownNumber(value, format.code),
				bare: () => shownNumber(value, format.bare),
				unit: format.unit,
				whole: () => wholeNumber(value, format),
				inPercent: format.percent,
				masked: format.masked,
			});
		default:
			return asKept(value) === value || Number.isInteger(value)
				? value
				: new SheetCell(value, { shown: () => String(asKept(value)) });
	}
}

function beyond(cell: WrittenCell, value: number): SheetCell {
	return bad(
		cell,
		String(value),
		`a date beyond the calendar (the number ${value})`,
	);
}

/** A time of day as it is shown; what it holds besides is the day of a moment, or more hours than a day has. */
function timeOf(
	cell: WrittenCell,
	{
		value,
		format,
		mac,
	}: {
		readonly value: number;
		readonly format: Extract<NumberFormat, { kind: "time" }>;
		readonly mac: boolean;
	},
): unknown {
	const time = timeOfDay(value, format);
	if (time === undefined) return beyond(cell, value);
	// Without its hours, a time is another one.
	const shown = format.hours || time.startsWith("00:") ? time : time.slice(3);
	if (value < 1)
		return shown === time
			? time
			: new SheetCell(time, { shown: () => shown, whole: () => time });
	const moment =
		value < FIRST_MOMENT
			? durationText(value, "[h]:mm")
			: dateText(value, { ...format, kind: "date", timed: true }, mac);
	return moment === undefined
		? beyond(cell, value)
		: new SheetCell(moment, { shown: () => shown, whole: () => moment });
}
