import { createInflateRaw } from "node:zlib";
import { TablesError } from "../../core/contract/errors.js";
import { MOST_LINE_CHARACTERS } from "./limits.js";

const MB = 1024 * 1024;

/** All texts of a workbook lie in one member, which the library takes whole; so do styles, names and relations. */
const MOST_WHOLE_BYTES = 64 * MB;
/** A sheet is read as a stream; a million rows of twenty columns have less. */
const MOST_SHEET_BYTES = 2_000 * MB;
/** Rows and texts of people shrink to a tenth, or a fiftieth where all are alike; nothing but filling beyond that. */
const MOST_RATIO = 200;
/** Below this even filling does no harm. */
const HARMLESS_BYTES = 8 * MB;

/** A member of a zip file, as its directory says. */
export interface Member {
	readonly name: string;
	readonly method: number;
	readonly packed: number;
	/** The reader takes no more than this, if it is not 0. */
	readonly unpacked: number;
	/** Of its own header. */
	readonly at: number;
}

/**
 * A spreadsheet's members before any is unpacked, and its large sheets for a cell that is too long.
 * @throws TablesError too_large, naming the member.
 */
export async function checkMembers(bytes: Buffer): Promise<void> {
	for (const member of membersOf(bytes)) {
		checkMember(member);
		if (isSheet(member) && member.unpacked > MOST_LINE_CHARACTERS)
			await checkCells(bytes, member);
	}
}

function isSheet({ name }: Member): boolean {
	return name.startsWith("xl/worksheets/");
}

function isRead(member: Member): boolean {
	return (
		isSheet(member) ||
		/^(_rels|xl)\/[^/]*\.?(rels|xml)$/i.test(member.name) ||
		member.name.startsWith("xl/_rels/") ||
		member.name === "[Content_Types].xml"
	);
}

function checkMember(member: Member): void {
	if (!isRead(member)) return;
	const { name, packed, unpacked } = member;
	const most = isSheet(member) ? MOST_SHEET_BYTES : MOST_WHOLE_BYTES;
	if (unpacked > most)
		throw tooLarge(
			name,
			`unpacks to ${megabytes(unpacked)}; at most ${megabytes(most)} are taken`,
		);
	if (unpacked > HARMLESS_BYTES && unpacked > packed * MOST_RATIO)
		throw tooLarge(
			name,
			`unpacks from ${megabytes(packed)} to ${megabytes(unpacked)}, as no rows of people do`,
		);
	if (unpacked === 0 && packed > 16)
		throw tooLarge(name, "does not say how large it is");
}

function tooLarge(name: string, why: string): TablesError {
	return new TablesError(
		"too_large",
		`the spreadsheet is not read: its part ${name} ${why}`,
		{ next: "Save the sheet as CSV and import that." },
	);
}

function megabytes(bytes: number): string {
	return `${Math.ceil(bytes / MB)} MB`;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const MOST_COMMENT = 65_535;

/** What the directory lists; nothing where there is none, which the library says in its own words. */
export function membersOf(bytes: Buffer): readonly Member[] {
	let end = bytes.length - END_BYTES;
	const first = Math.max(0, end - MOST_COMMENT);
	while (end >= first && bytes.readUInt32LE(end) !== END) end--;
	if (end < first) return [];
	const members: Member[] = [];
	let at = bytes.readUInt32LE(end + 16);
	while (at + 46 <= bytes.length && bytes.readUInt32LE(at) === ENTRY) {
		const nameLength = bytes.readUInt16LE(at + 28);
		members.push({
			name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
			method: bytes.readUInt16LE(at + 10),
			packed: bytes.readUInt32LE(at + 20),
			unpacked: bytes.readUInt32LE(at + 24),
			at: bytes.readUInt32LE(at + 42),
		});
		at +=
			46 +
			nameLength +
			bytes.readUInt16LE(at + 30) +
			bytes.readUInt16LE(at + 32);
	}
	return members;
}

const OPEN_TAG = 0x3c;

/** A text without a tag is a cell's, and the library puts all of it into memory, however long it is. */
async function checkCells(bytes: Buffer, member: Member): Promise<void> {
	const { at, method, packed, name } = member;
	if (at + 30 > bytes.length) return;
	const start =
		at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
	const content = bytes.subarray(start, start + packed);
	let length = 0;
	for await (const chunk of unpack(content, method)) {
		let from = 0;
		for (let tag = chunk.indexOf(OPEN_TAG); tag >= 0; ) {
			if (length + tag - from > MOST_LINE_CHARACTERS) break;
			length = 0;
			from = tag;
			tag = chunk.indexOf(OPEN_TAG, tag + 1);
		}
		length += chunk.length - from;
		if (length > MOST_LINE_CHARACTERS)
			throw tooLarge(
				name,
				`holds a cell of more than ${megabytes(MOST_LINE_CHARACTERS)}`,
			);
	}
}

/** The bytes of a member, as far as they can be unpacked. */
export async function* unpack(
	content: Buffer,
	method: number,
): AsyncIterable<Buffer> {
	if (method === 0) {
		yield content;
		return;
	}
	const inflate = createInflateRaw();
	inflate.end(content);
	try {
		for await (const chunk of inflate) yield chunk as Buffer;
	} catch {
		// What cannot be unpacked is refused by the reader, in its own words.
	} finally {
		inflate.destroy();
	}
}
