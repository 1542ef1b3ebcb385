import { readFile } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import { MemberFault, packedBytes } from "./xlsx-members.js";
import {
	bookOf,
	formatCodesOf,
	type Parts,
	partsOf,
	partText,
} from "./xlsx-parts.js";
import { CODES, stylesXml } from "./xlsx-styles.js";
import { escapedAttribute, XML_HEAD, XmlFault } from "./xml.js";
import type { PackedMember } from "./zip-write.js";

/* The parts of a workbook around its sheets, as this server writes them and knows them again. */

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE =
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const TYPES = "application/vnd.openxmlformats-officedocument";

/** A sheet of a workbook of this server. */
export interface BookSheet {
	readonly name: string;
	/** In the names of its parts; from 1. */
	readonly number: number;
}

/** A workbook of this server, read whole. */
export interface OwnBook {
	/** In their order. */
	readonly sheets: readonly BookSheet[];
	/** Number formats that its cells use. */
	readonly codes: readonly string[];
	/** The parts of a sheet, packed. */
	sheetParts(sheet: BookSheet): readonly PackedMember[];
}

/** To a spreadsheet program names that differ in case are one. */
export function sheetCalled(
	sheets: readonly BookSheet[],
	name: string,
): BookSheet | undefined {
	const wanted = name.toLowerCase();
	return sheets.find((sheet) => sheet.name.toLowerCase() === wanted);
}

export const sheetPart = (number: number) => `xl/worksheets/sheet${number}.xml`;
export const sheetRelations = (number: number) =>
	`xl/worksheets/_rels/sheet${number}.xml.rels`;

/** Links lead out of the workbook. */
export function linkRelation(index: number, target: string): string {
	return `<Relationship Id="rId${index}" Type="${OFFICE}/hyperlink" Target="${escapedAttribute(target)}" TargetMode="External"/>`;
}
export const RELATIONS_HEAD = `${XML_HEAD}<Relationships xmlns="${PACKAGE}/relationships">`;
export const RELATIONS_END = "</Relationships>";
export const SHEET_HEAD = `${XML_HEAD}<worksheet xmlns="${MAIN}" xmlns:r="${OFFICE}">`;

const relation = (id: number, type: string, target: string) =>
	`<Relationship Id="rId${id}" Type="${OFFICE}/${type}" Target="${target}"/>`;

const APP = "docProps/app.xml";

/** The parts but for those of the sheets, by name. */
export function bookParts(
	sheets: readonly BookSheet[],
	codes: readonly string[],
): ReadonlyMap<string, string> {
	const part = (name: string, type: string) =>
		`<Override PartName="/${name}" ContentType="${TYPES}.${type}+xml"/>`;
	return new Map([
		[
			"[Content_Types].xml",
			`${XML_HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part("xl/workbook.xml", "spreadsheetml.sheet.main")}${sheets.map(({ number }) => part(sheetPart(number), "spreadsheetml.worksheet")).join("")}${part("xl/styles.xml", "spreadsheetml.styles")}${part(APP, "extended-properties")}</Types>`,
		],
		[
			"_rels/.rels",
			`${RELATIONS_HEAD}${relation(1, "officeDocument", "xl/workbook.xml")}${relation(2, "extended-properties", APP)}${RELATIONS_END}`,
		],
		[
			"xl/workbook.xml",
			`${XML_HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><bookViews><workbookView/></bookViews><sheets>${sheets.map(({ name, number }, index) => `<sheet name="${escapedAttribute(name)}" sheetId="${number}" r:id="rId${index + 1}"/>`).join("")}</sheets></workbook>`,
		],
		[
			"xl/_rels/workbook.xml.rels",
			`${RELATIONS_HEAD}${sheets.map(({ number }, index) => relation(index + 1, "worksheet", `worksheets/sheet${number}.xml`)).join("")}${relation(sheets.length + 1, "styles", "styles.xml")}${RELATIONS_END}`,
		],
		["xl/styles.xml", stylesXml(codes)],
		[
			APP,
			`${XML_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>tables-mcp</Application></Properties>`,
		],
	]);
}

/** Formats that every workbook has, so that one more sheet seldom adds any. */
export const USUAL_CODES: readonly string[] = Object.values(CODES);

/**
 * A workbook that this server wrote and that nothing has changed since: each of its parts is as it would be written
 * now. undefined: it is not, and adding to it could lose what another program put there.
 */
export async function ownBook(path: string): Promise<OwnBook | undefined> {
	return readable(async () => ownBookOf(partsOf(await readFile(path))));
}

/** What the sheets of any workbook are called. Empty: the file is not a workbook that can be read. */
export async function sheetNames(path: string): Promise<readonly string[]> {
	const book = await readable(async () =>
		bookOf(partsOf(await readFile(path))),
	);
	return book?.sheets.map(({ name }) => name) ?? [];
}

/** undefined for what is not a workbook, or is damaged. */
async function readable<T>(read: () => Promise<T>): Promise<T | undefined> {
	try {
		return await read();
	} catch (error) {
		if (
			error instanceof TablesError ||
			error instanceof XmlFault ||
			error instanceof MemberFault
		)
			return undefined;
		throw error;
	}
}

async function ownBookOf(parts: Parts): Promise<OwnBook | undefined> {
	const book = await bookOf(parts);
	const sheets = book.sheets.map(({ name, part }) => ({
		name,
		number: Number(/^xl\/worksheets\/sheet(\d+)\.xml$/.exec(part)?.[1]),
	}));
	const codes = await formatCodesOf(parts, "xl/styles.xml");
	const own = bookParts(sheets, codes);
	for (const [name, text] of own)
		if ((await wholeText(parts, name)) !== text) return undefined;
	const known = new Set([
		...own.keys(),
		...sheets.flatMap(({ number }) => [
			sheetPart(number),
			sheetRelations(number),
		]),
	]);
	const members = [...parts.members.values()];
	if (members.some(({ name }) => !known.has(name))) return undefined;
	return {
		sheets,
		codes,
		sheetParts: ({ number }) =>
			members
				.filter(
					({ name }) =>
						name === sheetPart(number) || name === sheetRelations(number),
				)
				.map((member) => ({
					...member,
					bytes: packedBytes(parts.bytes, member),
				})),
	};
}

/** More than any of these parts has in a workbook with as many sheets as people make. */
const MOST_PART_BYTES = 4 * 1024 * 1024;

async function wholeText(parts: Parts, name: string): Promise<string> {
	let text = "";
	for await (const piece of partText(parts, name, MOST_PART_BYTES))
		text += piece;
	return text;
}
