import { TablesError } from "../../core/contract/errors.js";
import {
	type ColumnLook,
	type RowWriter,
	SheetCell,
	SPREADSHEET,
} from "../../core/contract/files.js";
import { type PartFile, type Place, partFile } from "./part-file.js";
import { columnLetters } from "./xlsx-around.js";
import {
	type BookSheet,
	bookParts,
	linkRelation,
	type OwnBook,
	RELATIONS_END,
	RELATIONS_HEAD,
	SHEET_HEAD,
	sheetCalled,
	sheetPart,
	sheetRelations,
	USUAL_CODES,
} from "./xlsx-book.js";
import { serialOf } from "./xlsx-days.js";
import { CODES, codeOf, formatList, STYLE } from "./xlsx-styles.js";
import { escapedText } from "./xml.js";
import { zipWriter } from "./zip-write.js";

/** A sheet that is written: its name, how its columns look, and what workbook it goes into. */
export interface SheetToWrite {
	readonly name: string;
	readonly looks: readonly ColumnLook[];
	/** Absent: the sheet is the only one. */
	readonly book?: OwnBook | undefined;
}

const PLAIN_SHEET: SheetToWrite = { name: "Records", looks: [] };

/** Rows that tell how wide a column is to be; those behind are cut off by the eye alone. */
const ROWS_MEASURED = 1_000;
/** Of these rows together: long texts are not held. */
const MOST_CHARACTERS_HELD = 1_000_000;

/** A workbook with one sheet of rows, or with the sheets of another one beside it. */
export async function xlsxWriter(
	path: string,
	columns: readonly string[],
	place?: Place,
	sheet: SheetToWrite = PLAIN_SHEET,
): Promise<RowWriter> {
	const file = await partFile(path, place);
	try {
		return await sheetWriter(file, columns, sheet);
	} catch (error) {
		await file.abandon();
		throw error;
	}
}

async function sheetWriter(
	file: PartFile,
	columns: readonly string[],
	{ name, looks, book }: SheetToWrite,
): Promise<RowWriter> {
	const zip = zipWriter(file.write);
	const { sheets, own } = placed(name, book?.sheets ?? []);
	const formats = formatList(book?.codes ?? USUAL_CODES);
	const sheet = sheetXml(columns, looks, formats.styleOf);
	for (const [part, text] of bookParts(sheets, formats.codes)) {
		await zip.begin(part);
		await zip.add(text);
	}
	for (const other of sheets)
		if (other !== own)
			for (const member of book?.sheetParts(other) ?? [])
				await zip.copy(member);
	await zip.begin(sheetPart(own.number));
	const add = async (text: string) => {
		if (text !== "") await zip.add(text);
	};
	return {
		write: async (row) => add(sheet.row(row)),
		async finish() {
			await add(sheet.end());
			if (sheet.links.length > 0) {
				await zip.begin(sheetRelations(own.number));
				await zip.add(RELATIONS_HEAD);
				for (const [index, { target }] of sheet.links.entries())
					await zip.add(linkRelation(index + 1, target));
				await zip.add(RELATIONS_END);
			}
			await zip.end();
			return file.finish();
		},
		abandon: file.abandon,
	};
}

/** A sheet takes the place of one that is called like it, or the last. */
function placed(
	name: string,
	others: readonly BookSheet[],
): { readonly sheets: readonly BookSheet[]; readonly own: BookSheet } {
	const before = sheetCalled(others, name);
	const last = Math.max(0, ...others.map(({ number }) => number));
	const own = { name, number: before?.number ?? last + 1 };
	return {
		own,
		sheets:
			before === undefined
				? [...others, own]
				: others.map((sheet) => (sheet === before ? own : sheet)),
	};
}

interface Link {
	readonly place: string;
	readonly target: string;
}

/** A sheet as text, row by row. The first rows are held until it is known how wide their columns are. */
function sheetXml(
	columns: readonly string[],
	looks: readonly ColumnLook[],
	styleOf: (code: string) => number,
): {
	readonly links: readonly Link[];
	/** "": it is held. */
	row(cells: readonly unknown[]): string;
	end(): string;
} {
	const writer = rowXml(columns, looks, styleOf);
	const widths = columns.map((name) => widthOf(name) + 1);
	let [held, rows] = ["", 0];
	let isHeld = true;
	const release = () => {
		isHeld = false;
		return `${sheetHead(widths)}${writer.header()}${held}`;
	};
	return {
		links: writer.links,
		row(cells) {
			if (!isHeld) return writer.row(cells);
			for (const [index, cell] of cells.entries())
				widths[index] = Math.max(
					widths[index] ?? 0,
					widthOf(seen(cell, looks[index])),
				);
			held += writer.row(cells);
			rows++;
			if (rows < ROWS_MEASURED && held.length < MOST_CHARACTERS_HELD) return "";
			const text = release();
			held = "";
			return text;
		},
		end() {
			const links = writer.links.map(
				({ place }, index) =>
					`<hyperlink ref="${place}" r:id="rId${index + 1}"/>`,
			);
			return `${isHeld ? release() : ""}</sheetData>${links.length === 0 ? "" : `<hyperlinks>${links.join("")}</hyperlinks>`}</worksheet>`;
		},
	};
}

const LEAST_WIDTH = 8;
const MOST_WIDTH = 60;

function sheetHead(widths: readonly number[]): string {
	const columns = widths.map((width, index) => {
		const shown = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width + 2));
		return `<col min="${index + 1}" max="${index + 1}" width="${shown}" customWidth="1"/>`;
	});
	return (
		`${SHEET_HEAD}<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>` +
		`${columns.length === 0 ? "" : `<cols>${columns.join("")}</cols>`}<sheetData>`
	);
}

/** Digits that a number is shown with, more or less. */
function seen(cell: unknown, look: ColumnLook | undefined): string {
	if (cell === null || cell === undefined) return "";
	if (cell instanceof SheetCell) return String(cell.value);
	if (typeof cell !== "number") return String(cell);
	return look?.as === "currency"
		? `${cell.toFixed(2)}     `
		: look?.as === "percent"
			? `${(cell * 100).toFixed(1)}%`
			: String(cell);
}

/** Characters of the longest line, those of two columns counted twice; more than the widest column are not counted. */
function widthOf(text: string): number {
	let [most, width] = [0, 0];
	for (let at = 0; at < text.length && width < MOST_WIDTH; at++) {
		const code = text.charCodeAt(at);
		const isSecondHalf = code >= 0xdc00 && code <= 0xdfff;
		width =
			code === 10 ? 0 : width + (isSecondHalf ? 0 : code >= 0x1100 ? 2 : 1);
		most = Math.max(most, width);
	}
	return most;
}

/** Rows of cells, numbered from 1. */
function rowXml(
	columns: readonly string[],
	looks: readonly ColumnLook[],
	styleOf: (code: string) => number,
) {
	const letters = columns.map((_, index) => columnLetters(index));
	const styles = looks.map((look) => {
		const code = codeOf(look);
		return code === undefined ? STYLE.general : styleOf(code);
	});
	const dates = {
		day: styleOf(CODES.day),
		minute: styleOf(CODES.minute),
		second: styleOf(CODES.second),
		millisecond: styleOf(CODES.millisecond),
	};
	const links: Link[] = [];
	let line = 1;
	const text = (place: string, value: string, style: number) =>
		`<c r="${place}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${cellText(value)}</t></is></c>`;
	const dated = (place: string, value: string) => {
		const serial = serialOf(value);
		return serial === undefined
			? text(place, value, STYLE.text)
			: `<c r="${place}" s="${dates[precisionOf(value)]}"><v>${serial}</v></c>`;
	};
	const cell = (value: unknown, index: number): string => {
		if (value === null || value === undefined || value === "") return "";
		const place = `${letters[index]}${line}`;
		if (typeof value === "number" && Number.isFinite(value))
			return `<c r="${place}" s="${styles[index] ?? STYLE.general}"><v>${value}</v></c>`;
		if (typeof value === "boolean")
			return `<c r="${place}" t="b"><v>${value ? 1 : 0}</v></c>`;
		if (value instanceof SheetCell && value.link !== undefined) {
			links.push({ place, target: value.link });
			return text(place, String(value.value), STYLE.link);
		}
		const look = looks[index]?.as;
		return look === "day" || look === "moment"
			? dated(place, String(value))
			: text(place, String(value), STYLE.text);
	};
	return {
		links,
		header: () =>
			`<row r="1">${columns.map((name, index) => text(`${letters[index]}1`, name, STYLE.header)).join("")}</row>`,
		row(cells: readonly unknown[]) {
			line++;
			return `<row r="${line}">${cells.map(cell).join("")}</row>`;
		},
	};
}

function precisionOf(
	text: string,
): "day" | "minute" | "second" | "millisecond" {
	if (text.length <= 10) return "day";
	if (text.includes(".")) return "millisecond";
	return text.endsWith(":00") ? "minute" : "second";
}

/** Programs call a file with longer texts damaged. */
function cellText(text: string): string {
	if (text.length <= SPREADSHEET.characters) return escapedText(text);
	throw new TablesError(
		"too_large",
		`a cell has ${text.length} characters, and a spreadsheet's holds ${SPREADSHEET.characters}`,
		{ next: "Export as CSV or NDJSON, or leave that field out." },
	);
}
