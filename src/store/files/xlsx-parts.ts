import { TablesError } from "../../core/contract/errors.js";
import { type NumberFormat, numberFormat } from "./xlsx-format.js";
import {
	checkSize,
	type Member,
	MemberFault,
	MOST_WHOLE_BYTES,
	membersOf,
	unpacked,
} from "./xlsx-members.js";
import { shownText } from "./xlsx-sections.js";
import {
	attribute,
	unescapedText,
	XmlFault,
	type XmlHandlers,
	xmlWalk,
} from "./xml.js";

/** A workbook in memory, its parts by name. */
export interface Parts {
	readonly bytes: Buffer;
	readonly members: ReadonlyMap<string, Member>;
}

export function partsOf(bytes: Buffer): Parts {
	return {
		bytes,
		members: new Map(
			membersOf(bytes).map((member) => [partName(member.name), member]),
		),
	};
}

/** Names of parts differ in nothing but case, and some programs write the other slash. */
function partName(name: string): string {
	return name.replaceAll("\\", "/").replace(/^\/+/, "").toLowerCase();
}

/** A workbook of which the parts do not fit together. */
function damaged(why: string): TablesError {
	return new TablesError(
		"bad_argument",
		`the spreadsheet cannot be read: ${why}`,
		{
			next: "Open it in the spreadsheet program and save it as .xlsx (not .xls), or as CSV.",
		},
	);
}

/** A sheet of which not everything can be read, so that nothing of it is. */
export function damagedSheet(sheet: string, how: string): TablesError {
	return new TablesError(
		"bad_argument",
		`the sheet ${JSON.stringify(sheet)} is damaged and cannot be read: it ${how}`,
		{
			next: "Get the file again from where it came from, or open it in a spreadsheet program, look at what is there, and save it as .xlsx or CSV.",
		},
	);
}

/** How a part is damaged, as the end of a sentence. @throws what is something else. */
export function faultOf(error: unknown): string {
	if (error instanceof MemberFault || error instanceof XmlFault)
		return error.message;
	throw error;
}

/**
 * The text of a part in pieces.
 * @throws TablesError too_large, bad_argument for a part that is not there.
 * @throws MemberFault, XmlFault where it is not what the file says of it.
 */
export async function* partText(
	{ bytes, members }: Parts,
	name: string,
	most: number,
): AsyncIterable<string> {
	const member = members.get(partName(name));
	if (member === undefined) throw damaged(`it has no part ${name}`);
	checkSize(member, most);
	const decoder = new TextDecoder("utf-8", { fatal: true });
	const text = (chunk?: Buffer) => {
		try {
			return chunk === undefined
				? decoder.decode()
				: decoder.decode(chunk, { stream: true });
		} catch {
			throw new XmlFault("has bytes that are not UTF-8");
		}
	};
	for await (const chunk of unpacked(bytes, member)) yield text(chunk);
	yield text();
}

/** Goes over a part from its beginning to its end. @throws what `failure` makes of how it is damaged. */
async function walkPart(
	parts: Parts,
	name: string,
	handlers: XmlHandlers,
	failure = (fault: string) => damaged(`its part ${name} ${fault}`),
): Promise<void> {
	const walk = xmlWalk(handlers);
	try {
		for await (const text of partText(parts, name, MOST_WHOLE_BYTES))
			walk.take(text);
		walk.end();
	} catch (error) {
		if (error instanceof TablesError) throw error;
		throw failure(faultOf(error));
	}
}

const nothing = () => {};

/** Each element of a part, without its text. */
async function elements(
	parts: Parts,
	name: string,
	open: XmlHandlers["open"],
): Promise<void> {
	await walkPart(parts, name, { open, close: nothing, text: nothing });
}

/** What a part refers to, by the id of the reference. */
export interface Relation {
	/** The last word of its type, such as `worksheet`. */
	readonly type: string;
	/** A part's name, or an address outside. */
	readonly target: string;
	/** Is it an address outside of the workbook? */
	readonly isOutside: boolean;
}

/** What a part refers to; nothing where it does not say. */
export async function relationsOf(
	parts: Parts,
	name: string,
): Promise<ReadonlyMap<string, Relation>> {
	const slash = name.lastIndexOf("/");
	const folder = name.slice(0, slash + 1);
	const own = `${folder}_rels/${name.slice(slash + 1)}.rels`;
	const relations = new Map<string, Relation>();
	if (!parts.members.has(partName(own))) return relations;
	await elements(parts, own, (element, attributes) => {
		if (element !== "Relationship") return;
		const target = attribute(attributes, "Target") ?? "";
		const isOutside = attribute(attributes, "TargetMode") === "External";
		relations.set(attribute(attributes, "Id") ?? "", {
			type: attribute(attributes, "Type")?.split("/").at(-1) ?? "",
			target: isOutside ? target : resolved(folder, target),
			isOutside,
		});
	});
	return relations;
}

function resolved(folder: string, target: string): string {
	if (target.startsWith("/")) return target.slice(1);
	const way = folder.split("/").filter((step) => step !== "");
	for (const step of target.split("/"))
		if (step === "..") way.pop();
		else if (step !== "." && step !== "") way.push(step);
	return way.join("/");
}

export interface SheetPart {
	readonly name: string;
	readonly hidden: boolean;
	readonly part: string;
}

/** What a workbook says of its sheets. */
export interface Book {
	/** Of cells, in their order. */
	readonly sheets: readonly SheetPart[];
	/** Days count from 1904. */
	readonly mac: boolean;
	/** Where its texts are. undefined: it has none. */
	readonly texts: string | undefined;
	readonly styles: string | undefined;
}

/** @throws TablesError bad_argument for what is not a workbook. */
export async function bookOf(parts: Parts): Promise<Book> {
	const root = [...(await relationsOf(parts, "")).values()];
	const book = root.find(({ type }) => type === "officeDocument")?.target;
	if (book === undefined) throw damaged("it is not a workbook");
	const relations = await relationsOf(parts, book);
	const sheets: SheetPart[] = [];
	let mac = false;
	await elements(parts, book, (element, attributes) => {
		if (element === "workbookPr")
			mac = /^(?:1|true|on)$/.test(attribute(attributes, "date1904") ?? "");
		if (element !== "sheet") return;
		const relation = relations.get(attribute(attributes, "\\w+:id") ?? "");
		if (relation?.type !== "worksheet") return;
		const name = attribute(attributes, "name") ?? "";
		const hidden = /hidden/i.test(attribute(attributes, "state") ?? "");
		sheets.push({ name, hidden, part: relation.target });
	});
	if (sheets.length === 0) throw damaged("it has no sheet of cells");
	const shared = (wanted: string) =>
		[...relations.values()].find(
			({ type, target }) =>
				type === wanted && parts.members.has(partName(target)),
		)?.target;
	return {
		sheets,
		mac,
		texts: shared("sharedStrings"),
		styles: shared("styles"),
	};
}

/** What the cells of a sheet may refer to. */
export interface Shared {
	/** The sheet, for messages. */
	readonly sheet: string;
	/** Days count from 1904. */
	readonly mac: boolean;
	readonly texts: readonly string[];
	/** By the number that a cell has as its style. */
	readonly formats: readonly NumberFormat[];
	/** Codes that put something around a text, by the number of their style. */
	readonly textFormats: ReadonlyMap<number, string>;
}

/** @throws TablesError bad_argument where one of these parts is damaged. */
export async function sharedOf(
	parts: Parts,
	{ mac, texts, styles }: Book,
	sheet: string,
): Promise<Shared> {
	const walk = (name: string) => (handlers: XmlHandlers) =>
		walkPart(parts, name, handlers, (fault) =>
			damagedSheet(sheet, `uses ${name}, which ${fault}`),
		);
	return {
		sheet,
		mac,
		texts: texts === undefined ? [] : await textsOf(walk(texts)),
		...(styles === undefined
			? { formats: [], textFormats: new Map() }
			: await formatsOf(walk(styles))),
	};
}

/** Goes over one part. */
type Walk = (handlers: XmlHandlers) => Promise<void>;

/** Texts with their pieces joined; how they are pronounced is left out. */
async function textsOf(walk: Walk): Promise<readonly string[]> {
	const texts: string[] = [];
	let text = "";
	let [isText, isSpoken] = [false, false];
	await walk({
		open(element) {
			if (element === "si") text = "";
			else if (element === "t") isText = !isSpoken;
			else if (element === "rPh") isSpoken = true;
		},
		close(element) {
			if (element === "si") texts.push(unescapedText(text));
			else if (element === "t") isText = false;
			else if (element === "rPh") isSpoken = false;
		},
		text(piece) {
			if (isText) text += piece;
		},
	});
	return texts;
}

async function formatsOf(
	walk: Walk,
): Promise<Pick<Shared, "formats" | "textFormats">> {
	const codes = new Map<number, string>();
	const ids: number[] = [];
	let isCell = false;
	await walk({
		open(element, attributes) {
			if (element === "numFmt")
				codes.set(
					Number(attribute(attributes, "numFmtId")),
					attribute(attributes, "formatCode") ?? "General",
				);
			else if (element === "cellXfs") isCell = true;
			else if (element === "xf" && isCell)
				ids.push(Number(attribute(attributes, "numFmtId") ?? 0));
		},
		close(element) {
			if (element === "cellXfs") isCell = false;
		},
		text: nothing,
	});
	const textFormats = new Map<number, string>();
	ids.forEach((id, style) => {
		const code = codes.get(id);
		if (code !== undefined && shownText("", code) !== "")
			textFormats.set(style, code);
	});
	return {
		formats: ids.map((id) => numberFormat(id, codes.get(id))),
		textFormats,
	};
}

/** The codes of the number formats that a part spells out, in their order. */
export async function formatCodesOf(
	parts: Parts,
	name: string,
): Promise<readonly string[]> {
	const codes: string[] = [];
	await elements(parts, name, (element, attributes) => {
		if (element === "numFmt")
			codes.push(attribute(attributes, "formatCode") ?? "");
	});
	return codes;
}

/** How often an element stands in a part. */
export async function countElements(
	parts: Parts,
	name: string,
	element: RegExp,
): Promise<number> {
	let count = 0;
	if (parts.members.has(partName(name)))
		await elements(parts, name, (found) => {
			if (element.test(found)) count++;
		});
	return count;
}
