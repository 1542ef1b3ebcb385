import { TablesError } from "../../core/contract/errors.js";
import { type NumberFormat, numberFormat } from "./xlsx-format.js";
import { type Member, membersOf, unpack } from "./xlsx-members.js";
import { attribute, unescapedText, type XmlHandlers, xmlWalk } from "./xml.js";

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

/** @throws TablesError bad_argument */
export function damaged(why: string): TablesError {
	return new TablesError(
		"bad_argument",
		`the spreadsheet cannot be read: ${why}`,
		{
			next: "Open it in the spreadsheet program and save it as .xlsx (not .xls), or as CSV.",
		},
	);
}

/** The content of a part in pieces. @throws TablesError bad_argument where it is not what the file says of it. */
export async function* contentOf(
	{ bytes, members }: Parts,
	name: string,
): AsyncIterable<Buffer> {
	const member = members.get(partName(name));
	if (member === undefined) throw damaged(`it has no part ${name}`);
	const { at, method, packed, unpacked } = member;
	if (at + 30 > bytes.length) throw damaged(`its part ${name} is not there`);
	const start =
		at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
	let length = 0;
	for await (const chunk of unpack(
		bytes.subarray(start, start + packed),
		method,
	)) {
		length += chunk.length;
		if (length > unpacked) break;
		yield chunk;
	}
	if (length !== unpacked)
		throw damaged(
			`its part ${name} is not as long as the file says; it may be cut off`,
		);
}

/** Goes over a part from its beginning to its end. */
async function walkPart(
	parts: Parts,
	name: string,
	handlers: XmlHandlers,
): Promise<void> {
	const decoder = new TextDecoder();
	const walk = xmlWalk(handlers);
	for await (const chunk of contentOf(parts, name))
		walk.take(decoder.decode(chunk, { stream: true }));
	walk.take(decoder.decode());
	if (!walk.end()) throw damaged(`its part ${name} ends within a tag`);
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

export interface Book {
	/** Of cells, in their order. */
	readonly sheets: readonly SheetPart[];
	/** Days count from 1904. */
	readonly mac: boolean;
	readonly texts: readonly string[];
	/** By the number that a cell has as its style. */
	readonly formats: readonly NumberFormat[];
}

/** What the sheets of a workbook share. @throws TablesError bad_argument for what is not a workbook. */
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
		[...relations.values()].find(({ type }) => type === wanted)?.target;
	const [texts, styles] = [shared("sharedStrings"), shared("styles")];
	const has = (part: string | undefined): part is string =>
		part !== undefined && parts.members.has(partName(part));
	return {
		sheets,
		mac,
		texts: has(texts) ? await textsOf(parts, texts) : [],
		formats: has(styles) ? await formatsOf(parts, styles) : [],
	};
}

/** Texts with their pieces joined; how they are pronounced is left out. */
async function textsOf(parts: Parts, name: string): Promise<readonly string[]> {
	const texts: string[] = [];
	let text = "";
	let [isText, isSpoken] = [false, false];
	await walkPart(parts, name, {
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
	parts: Parts,
	name: string,
): Promise<readonly NumberFormat[]> {
	const codes = new Map<number, string>();
	const ids: number[] = [];
	let isCell = false;
	await walkPart(parts, name, {
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
	return ids.map((id) => numberFormat(id, codes.get(id)));
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
