import { MOST_LINE_CHARACTERS } from "./limits.js";
import {
	checkedMembers,
	type Member,
	MemberFault,
	tooLarge,
	unpacked,
} from "./xlsx-members.js";
import { type CellProblems, damaged, sheetCheck } from "./xlsx-sheet.js";
import { attribute, type XmlEvents, XmlFault, xmlScan } from "./xml-scan.js";

const MB = 1024 * 1024;

/**
 * Reads the sheet that is meant from its first to its last byte, beside the library: that one ends at what it cannot
 * unpack or parse and gives what it has so far, as if that were all.
 * @returns cells without a value; none where there is no such sheet, which the library says in its own words.
 * @throws TablesError too_large; bad_argument naming the sheet, and the row or cell.
 */
export async function checkSheet(
	bytes: Buffer,
	wanted: string | undefined,
): Promise<CellProblems> {
	const members = new Map(
		checkedMembers(bytes).map((member) => [member.name, member]),
	);
	const found = await findSheet(bytes, members, wanted);
	if (found === undefined) return new Map();
	const { name, member, related } = found;
	const part = async (type: string, isCounted: Counted) => {
		const path = related(type);
		const other = path === undefined ? undefined : members.get(path);
		if (other === undefined) return 0;
		return countIn(bytes, other, name, isCounted);
	};
	const check = sheetCheck({
		sheet: name,
		texts: await part("sharedStrings", (at) => at.join("/") === "sst/si"),
		styles: await part(
			"styles",
			(at) => at.join("/") === "styleSheet/cellXfs/xf",
		),
	});
	const limited = limitedCells(check.events, member.name);
	const fault = await scanned(bytes, member, limited);
	if (fault === undefined) return check.problems;
	const last = check.lastRow();
	throw damaged(
		name,
		`${fault} (${member.name}); ${last === 0 ? "no row of it could be read" : `the last row that could be read is row ${last}`}`,
	);
}

/** The library puts all of a cell's text into memory, however long it is. */
function limitedCells(events: XmlEvents, member: string): XmlEvents {
	let length = 0;
	return {
		open(name, attributes) {
			length = 0;
			events.open(name, attributes);
		},
		close(name) {
			length = 0;
			events.close(name);
		},
		text(text) {
			length += text.length;
			if (length > MOST_LINE_CHARACTERS)
				throw tooLarge(
					member,
					`holds a cell of more than ${MOST_LINE_CHARACTERS / MB} MB`,
				);
			events.text(text);
		},
	};
}

/** By the names of the elements around and of this one. */
type Counted = (path: readonly string[]) => boolean;

async function countIn(
	bytes: Buffer,
	member: Member,
	sheet: string,
	isCounted: Counted,
): Promise<number> {
	const path: string[] = [];
	let count = 0;
	const fault = await scanned(bytes, member, {
		open(name) {
			path.push(name);
			// None that is counted lies deeper.
			if (path.length <= 3 && isCounted(path)) count++;
		},
		close: () => void path.pop(),
		text() {},
	});
	if (fault !== undefined)
		throw damaged(sheet, `uses ${member.name}, which ${fault}`);
	return count;
}

/** Tells what a member holds; how it is damaged, as the end of a sentence. */
async function scanned(
	bytes: Buffer,
	member: Member,
	events: XmlEvents,
): Promise<string | undefined> {
	const scan = xmlScan(events);
	const text = textOf();
	try {
		for await (const chunk of unpacked(bytes, member)) scan.feed(text(chunk));
		scan.feed(text());
		scan.end();
		return undefined;
	} catch (error) {
		if (error instanceof MemberFault || error instanceof XmlFault)
			return error.message;
		throw error;
	}
}

/** Text from bytes that come in pieces; the last call gives none. */
function textOf(): (chunk?: Buffer) => string {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	return (chunk) => {
		try {
			return chunk === undefined
				? decoder.decode()
				: decoder.decode(chunk, { stream: true });
		} catch {
			throw new XmlFault("has bytes that are not UTF-8");
		}
	};
}

/** The sheet's part, and the way to what it uses. */
interface FoundSheet {
	readonly name: string;
	readonly member: Member;
	/** Path of the workbook's part of that kind. */
	related(type: string): string | undefined;
}

interface Relation {
	readonly id: string;
	readonly type: string;
	readonly path: string;
}

const nameOf = attribute("name");
const idOf = attribute("id");
const typeOf = attribute("Type");
const ownIdOf = attribute("Id");
const targetOf = attribute("Target");

async function findSheet(
	bytes: Buffer,
	members: ReadonlyMap<string, Member>,
	wanted: string | undefined,
): Promise<FoundSheet | undefined> {
	const relations = async (part: string, folder: string) => {
		const found: Relation[] = [];
		await scanPart(part, (name, attributes) => {
			if (name === "Relationship")
				found.push({
					id: ownIdOf(attributes) ?? "",
					type: (typeOf(attributes) ?? "").split("/").at(-1) ?? "",
					path: pathFrom(folder, withoutEntities(targetOf(attributes) ?? "")),
				});
		});
		return found;
	};
	const scanPart = async (part: string, open: XmlEvents["open"]) => {
		const member = members.get(part);
		// A part that is missing or damaged is refused by the library, which reads these whole.
		if (member !== undefined)
			await scanned(bytes, member, { open, close() {}, text() {} });
	};
	const workbook = (await relations("_rels/.rels", "")).find(
		({ type }) => type === "officeDocument",
	)?.path;
	if (workbook === undefined) return undefined;
	const folder = workbook.slice(0, workbook.lastIndexOf("/") + 1);
	const parts = await relations(
		`${folder}_rels/${workbook.slice(folder.length)}.rels`,
		folder,
	);
	const sheets: { readonly name: string; readonly id: string }[] = [];
	await scanPart(workbook, (name, attributes) => {
		if (name === "sheet")
			sheets.push({
				name: withoutEntities(nameOf(attributes) ?? ""),
				id: idOf(attributes) ?? "",
			});
	});
	const sheet =
		wanted === undefined
			? sheets[0]
			: sheets.find(({ name }) => name === wanted);
	const path = parts.find(({ id }) => id === sheet?.id)?.path;
	const member = path === undefined ? undefined : members.get(path);
	return sheet === undefined || member === undefined
		? undefined
		: {
				name: sheet.name,
				member,
				related: (kind) => parts.find(({ type }) => type === kind)?.path,
			};
}

function pathFrom(folder: string, target: string): string {
	const path: string[] = [];
	for (const step of (target.startsWith("/")
		? target
		: `${folder}${target}`
	).split("/"))
		if (step === "..") path.pop();
		else if (step !== "." && step !== "") path.push(step);
	return path.join("/");
}

const ENTITIES: Readonly<Record<string, string>> = {
	amp: "&",
	lt: "<",
	gt: ">",
	quot: '"',
	apos: "'",
};

function withoutEntities(text: string): string {
	return text.replace(
		/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi,
		(whole, hex?: string, decimal?: string, name = "") => {
			if (name !== "") return ENTITIES[name] ?? whole;
			const code =
				hex === undefined
					? Number.parseInt(decimal ?? "", 10)
					: Number.parseInt(hex, 16);
			return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
		},
	);
}
