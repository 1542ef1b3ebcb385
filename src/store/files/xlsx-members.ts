import { crc32, createInflateRaw } from "node:zlib";
import { TablesError } from "../../core/contract/errors.js";

const MB = 1024 * 1024;

/** What is read into memory whole: the texts of a workbook, styles, names, relations. */
export const MOST_WHOLE_BYTES = 64 * MB;
/** A sheet is read as a stream; a million rows of twenty columns have less. */
export const MOST_SHEET_BYTES = 2_000 * MB;
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
	/** Of what is unpacked. */
	readonly crc: number;
	/** Of its own header. */
	readonly at: number;
}

/** @throws TablesError too_large, naming the member, before it is unpacked. */
export function checkSize(
	{ name, packed, unpacked }: Member,
	most: number,
): void {
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

export function tooLarge(name: string, why: string): TablesError {
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
	let at = directoryAt(bytes, end);
	while (at + 46 <= bytes.length && bytes.readUInt32LE(at) === ENTRY) {
		const nameLength = bytes.readUInt16LE(at + 28);
		members.push({
			name: bytes.toString("utf8", at + 46, at + 46 + nameLength),
			method: bytes.readUInt16LE(at + 10),
			packed: bytes.readUInt32LE(at + 20),
			unpacked: bytes.readUInt32LE(at + 24),
			crc: bytes.readUInt32LE(at + 16),
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

/** Where the directory begins; large archives, and some programs always, say it in a record of its own. */
function directoryAt(bytes: Buffer, end: number): number {
	const at = bytes.readUInt32LE(end + 16);
	const locator = end - 20;
	if (at !== 0xffffffff || locator < 0) return at;
	if (bytes.readUInt32LE(locator) !== LOCATOR_64) return at;
	const record = Number(bytes.readBigUInt64LE(locator + 8));
	return record + 56 <= bytes.length
		? Number(bytes.readBigUInt64LE(record + 48))
		: at;
}

const LOCATOR_64 = 0x07064b50;

/** How the unpacking of a member went wrong; the message is the end of a sentence. */
export class MemberFault extends Error {}

/**
 * A member's content, piece by piece.
 * @throws MemberFault where it cannot be unpacked, ends early, or is not what was packed.
 */
export async function* unpacked(
	bytes: Buffer,
	{ at, method, packed, unpacked: size, crc }: Member,
): AsyncIterable<Buffer> {
	let [length, sum] = [0, 0];
	for await (const chunk of inflated(
		packedBytes(bytes, { at, packed }),
		method,
	)) {
		length += chunk.length;
		// What is packed says how large it is: more of it would not end.
		if (length > size)
			throw new MemberFault(`is longer than the ${size} bytes that it says`);
		sum = crc32(chunk, sum);
		yield chunk;
	}
	if (length !== size)
		throw new MemberFault(`ends after ${length} of ${size} bytes`);
	if (sum !== crc)
		throw new MemberFault("does not have the checksum that belongs to it");
}

const LOCAL = 0x04034b50;

/** A member as it is packed. @throws MemberFault where it is not in the file. */
export function packedBytes(
	bytes: Buffer,
	{ at, packed }: Pick<Member, "at" | "packed">,
): Buffer {
	if (at + 30 > bytes.length || bytes.readUInt32LE(at) !== LOCAL)
		throw new MemberFault("is not where the file says that it is");
	const start =
		at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
	if (start + packed > bytes.length)
		throw new MemberFault("goes on behind the end of the file");
	return bytes.subarray(start, start + packed);
}

async function* inflated(
	content: Buffer,
	method: number,
): AsyncIterable<Buffer> {
	if (method === 0) {
		for (let at = 0; at < content.length; at += STORED_BYTES)
			yield content.subarray(at, at + STORED_BYTES);
		return;
	}
	if (method !== 8)
		throw new MemberFault(`is packed by a method (${method}) that is not read`);
	const inflate = createInflateRaw();
	inflate.end(content);
	try {
		for await (const chunk of inflate) yield chunk as Buffer;
	} catch (cause) {
		if (typeof (cause as { code?: unknown }).code !== "string") throw cause;
		throw new MemberFault(
			`cannot be unpacked to its end (${(cause as Error).message})`,
		);
	} finally {
		inflate.destroy();
	}
}

const STORED_BYTES = 65_536;
