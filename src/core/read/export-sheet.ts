import { nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn, UrlValue } from "../contract/field.js";
import { type ColumnLook, SheetCell, SPREADSHEET } from "../contract/files.js";
import type { Row } from "../contract/table.js";
import { idsIn } from "../values/show-item.js";
import {
	cellOf,
	kindOf,
	showCell,
	shownText,
	showsTime,
} from "../values/values.js";
import { zone as zoneNamed } from "../values/zone.js";

/* The cells of a spreadsheet as people want them: dates, numbers and links that are such, and text that stays text. */

/** A column of the file; `asIds`: of people and links the ids alone. */
export interface ExportedColumn {
	readonly column: Field | SystemColumn;
	readonly asIds: boolean;
}

const NUMBER_FORMAT = /^(?:#,##)?0(?:\.0{1,20})?$/;

/** How a column looks in a spreadsheet. */
export function lookOf({ column, asIds }: ExportedColumn): ColumnLook {
	if (asIds || isComputedList(column)) return { as: "general" };
	if (kindOf(column) === "date")
		return { as: showsTime(column) ? "moment" : "day" };
	if (typeof column === "string") return { as: "general" };
	const { format, currency } = column.settings;
	const type = column.value?.type ?? column.type;
	if (type === "percent" || (type === "progress" && format?.includes("%")))
		return { as: "percent" };
	if (type === "currency") return { as: "currency", currency };
	return kindOf(column) === "number" && format && NUMBER_FORMAT.test(format)
		? { as: "number", format }
		: { as: "general" };
}

function isComputedList(column: Field | SystemColumn): boolean {
	return typeof column !== "string" && column.value?.list === true;
}

/** What of a table goes into a sheet, and how many links it has by now. */
export interface SheetExport {
	readonly zone: string;
	/** People and links with what tells those apart that are called alike. */
	readonly ids: boolean;
	/** Counted here: a sheet holds so many. */
	links: number;
	/** Addresses that stand there as text alone, by the reason. */
	readonly unlinked: { form: number; length: number; count: number };
	/** Moments were written as a clock in the zone shows them. */
	hasTimes: boolean;
}

/** What a person has to know of the cells, after the last. */
export function sheetNotes({
	unlinked,
	hasTimes,
	zone,
}: SheetExport): readonly string[] {
	const { links, linkCharacters } = SPREADSHEET;
	const reasons = [
		[unlinked.form, "are not of a form that spreadsheet programs open"],
		[
			unlinked.length,
			`have more than the ${linkCharacters} characters of a link`,
		],
		[unlinked.count, `are beyond the ${links} links that a sheet holds`],
	] as const;
	const why = reasons.flatMap(([count, reason]) =>
		count === 0 ? [] : [`${count} ${reason}`],
	);
	return [
		...(why.length === 0
			? []
			: [`addresses that stand in the sheet as text alone: ${why.join(", ")}`]),
		...(hasTimes
			? [
					`times in the sheet are those of a clock in ${zone}; a sheet keeps no zone, and a base of another zone would read them as its own`,
				]
			: []),
	];
}

/** The cell of a row as a spreadsheet has it. @throws TablesError too_large, naming the record and the column. */
export function sheetCell(
	row: Row,
	{ column, asIds }: ExportedColumn,
	sheet: SheetExport,
): unknown {
	const cell = cellOf(row, column);
	const value = asIds
		? textOf(idsIn(cell), column)
		: shownCell(cell, column, sheet);
	const text = value instanceof SheetCell ? value.value : value;
	if (typeof text === "string" && text.length > SPREADSHEET.characters)
		throw new TablesError(
			"too_large",
			`"${nameOfColumn(column)}" of record ${row.id} has ${text.length} characters, and a spreadsheet's cell holds ${SPREADSHEET.characters}; nothing was written`,
			{ next: "Export as CSV or NDJSON, or leave that field out." },
		);
	return value;
}

function textOf(shown: unknown, column: Field | SystemColumn): unknown {
	return shown === null ? null : shownText(shown, column);
}

function shownCell(
	cell: Cell,
	column: Field | SystemColumn,
	sheet: SheetExport,
): unknown {
	if (typeof cell === "boolean") return cell;
	if (typeof cell === "number")
		return kindOf(column) === "date" ? dateIn(cell, column, sheet) : cell;
	if (!isComputedList(column)) {
		if (isUrl(cell)) return urlOf(cell, sheet);
		if (typeof cell === "string" && addressOf(cell, column))
			return linked(cell, addressOf(cell, column) as string, sheet) ?? cell;
	}
	return textOf(
		showCell(
			cell,
			column,
			sheet.zone,
			"compact",
			sheet.ids ? "all" : undefined,
		),
		column,
	);
}

function dateIn(
	ms: number,
	column: Field | SystemColumn,
	sheet: SheetExport,
): string {
	sheet.hasTimes ||= showsTime(column);
	return dateOf(ms, column, sheet.zone);
}

/** A day or what a clock on the wall shows; with the offset where that clock shows the same twice. */
function dateOf(
	ms: number,
	column: Field | SystemColumn,
	zoneName: string,
): string {
	const zone = zoneNamed(zoneName);
	if (!showsTime(column)) return zone.day(ms);
	const moment = zone.moment(ms);
	const wall = moment.replace(/[+-]\d\d:\d\d(?::\d\d)?$/, "");
	return zone.fromWall(Date.parse(`${wall}Z`)) === ms ? wall : moment;
}

function isUrl(cell: Cell): cell is UrlValue {
	return (
		typeof cell === "object" &&
		cell !== null &&
		"link" in cell &&
		typeof cell.link === "string"
	);
}

function urlOf({ text, link }: UrlValue, sheet: SheetExport): unknown {
	const shown = text || link;
	const own = linked(shown, link, sheet);
	if (own !== undefined) return own;
	return shown === link ? link : JSON.stringify({ text, link });
}

function addressOf(
	text: string,
	column: Field | SystemColumn,
): string | undefined {
	if (column === "$url") return text;
	if (typeof column === "string") return undefined;
	const type = column.value?.type ?? column.type;
	if (type === "url") return text;
	return type === "email" && EMAIL.test(text) ? `mailto:${text}` : undefined;
}

const EMAIL = /^[^\s@<>"?&%#]+@[^\s@<>"?&%#]+$/;
/** What programs open; in others they see damage. */
const ADDRESS = /^(?:https?|ftp|mailto):[^\s<>"\\^`{|}\p{Cc}\p{Cs}]+$/iu;

/** undefined: a spreadsheet does not hold that link, or not one more. */
function linked(
	text: string,
	link: string,
	sheet: SheetExport,
): SheetCell | undefined {
	const why = obstacle(link, sheet);
	if (why !== undefined) {
		sheet.unlinked[why]++;
		return undefined;
	}
	sheet.links++;
	return new SheetCell(text, { link });
}

/** Why a sheet does not hold the link; undefined: it does. */
function obstacle(
	link: string,
	sheet: SheetExport,
): keyof SheetExport["unlinked"] | undefined {
	const isAddress =
		ADDRESS.test(link) && (link.startsWith("mailto:") || URL.canParse(link));
	if (!isAddress) return "form";
	if (link.length > SPREADSHEET.linkCharacters) return "length";
	return sheet.links < SPREADSHEET.links ? undefined : "count";
}
