import { constants, crc32, deflateRaw } from "node:zlib";
import { TablesError } from "../../core/contract/errors.js";

function deflated(bytes: Buffer, finishFlush: number): Promise<Buffer> {
	return new Promise((resolve, reject) =>
		deflateRaw(bytes, { finishFlush }, (error, piece) =>
			error === null ? resolve(piece) : reject(error),
		),
	);
}

/** Text is packed in pieces of this size, each by itself: no more of a member is held. */
const PIECE_CHARACTERS = 128 * 1024;
/** Without the records of large archives, which some programs do not read. */
const MOST_BYTES = 0xffff_ffff;

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const ENTRY = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const DEFLATED = 8;
const UTF8_NAMES = 0x0800;
/** Sizes and sum stand behind the member. */
const SIZES_BEHIND = 0x0008;
/** 1 January 1980: equal rows make equal files. */
const DATE = 0x0021;

interface Entry {
	readonly name: string;
	readonly flags: number;
	readonly method: number;
	readonly crc: number;
	readonly packed: number;
	readonly unpacked: number;
	readonly at: number;
}

/** A member of another archive, packed as it is there. */
export interface PackedMember
	extends Pick<Entry, "name" | "method" | "crc" | "packed" | "unpacked"> {
	readonly bytes: Uint8Array;
}

/** A zip file that is written from its beginning to its end, one member after the other. */
export interface ZipWriter {
	/** Begins a member; what is added goes into it until the next begins. */
	begin(name: string): Promise<void>;
	/** @throws TablesError too_large beyond 4 GB. */
	add(text: string): Promise<void>;
	/** A whole member as another archive has it. */
	copy(member: PackedMember): Promise<void>;
	/** Ends the file. */
	end(): Promise<void>;
}

/** Writes an archive through `write`, which is given its bytes in their order. */
export function zipWriter(
	write: (bytes: Uint8Array) => Promise<void>,
): ZipWriter {
	const entries: Entry[] = [];
	let at = 0;
	let open: OpenMember | undefined;
	const put = async (bytes: Uint8Array) => {
		at += bytes.length;
		if (at > MOST_BYTES) throw tooLarge();
		await write(bytes);
	};
	const header = async (entry: Entry) => {
		await put(localHeader(entry));
		return entry;
	};
	const close = async () => {
		if (open === undefined) return;
		const entry = await open.close();
		open = undefined;
		await put(descriptor(entry));
		entries.push(entry);
	};
	return {
		async begin(name) {
			await close();
			const entry = { name, crc: 0, packed: 0, unpacked: 0, at };
			open = openMember(
				await header({
					...entry,
					flags: UTF8_NAMES | SIZES_BEHIND,
					method: DEFLATED,
				}),
				put,
			);
		},
		async add(text) {
			await open?.add(text);
		},
		async copy({ bytes, ...member }) {
			await close();
			entries.push(await header({ ...member, flags: UTF8_NAMES, at }));
			await put(bytes);
		},
		async end() {
			await close();
			const start = at;
			for (const entry of entries) await put(directoryEntry(entry));
			await put(endRecord(entries.length, start, at - start));
		},
	};
}

function tooLarge(): TablesError {
	return new TablesError("too_large", "a spreadsheet file holds at most 4 GB", {
		next: "Export as CSV or NDJSON, or fewer fields.",
	});
}

interface OpenMember {
	add(text: string): Promise<void>;
	close(): Promise<Entry>;
}

/** Each piece is packed without those before it, so that the pieces are put one behind the other. */
function openMember(
	begun: Entry,
	put: (bytes: Uint8Array) => Promise<void>,
): OpenMember {
	let pending: string[] = [];
	let [length, crc, size, unpacked] = [0, 0, 0, 0];
	const flush = async (finishFlush: number) => {
		const bytes = Buffer.from(pending.join(""));
		[pending, length] = [[], 0];
		crc = crc32(bytes, crc);
		unpacked += bytes.length;
		if (unpacked > MOST_BYTES) throw tooLarge();
		const piece = await deflated(bytes, finishFlush);
		size += piece.length;
		await put(piece);
	};
	return {
		async add(text) {
			pending.push(text);
			length += text.length;
			if (length >= PIECE_CHARACTERS) await flush(constants.Z_SYNC_FLUSH);
		},
		async close() {
			await flush(constants.Z_FINISH);
			return { ...begun, crc, packed: size, unpacked };
		},
	};
}

function localHeader(entry: Entry): Buffer {
	const name = Buffer.from(entry.name);
	const bytes = Buffer.alloc(30);
	bytes.writeUInt32LE(LOCAL, 0);
	bytes.writeUInt16LE(VERSION, 4);
	writeCommon(bytes, 6, entry);
	bytes.writeUInt16LE(name.length, 26);
	return Buffer.concat([bytes, name]);
}

/** What the header of a member and its entry in the directory share. */
function writeCommon(bytes: Buffer, at: number, entry: Entry): void {
	bytes.writeUInt16LE(entry.flags, at);
	bytes.writeUInt16LE(entry.method, at + 2);
	bytes.writeUInt16LE(DATE, at + 6);
	bytes.writeUInt32LE(entry.crc, at + 8);
	bytes.writeUInt32LE(entry.packed, at + 12);
	bytes.writeUInt32LE(entry.unpacked, at + 16);
}

function descriptor({ crc, packed: size, unpacked }: Entry): Buffer {
	const bytes = Buffer.alloc(16);
	for (const [index, value] of [DESCRIPTOR, crc, size, unpacked].entries())
		bytes.writeUInt32LE(value, index * 4);
	return bytes;
}

function directoryEntry(entry: Entry): Buffer {
	const name = Buffer.from(entry.name);
	const bytes = Buffer.alloc(46);
	bytes.writeUInt32LE(ENTRY, 0);
	bytes.writeUInt16LE(VERSION, 4);
	bytes.writeUInt16LE(VERSION, 6);
	writeCommon(bytes, 8, entry);
	bytes.writeUInt16LE(name.length, 28);
	bytes.writeUInt32LE(entry.at, 42);
	return Buffer.concat([bytes, name]);
}

function endRecord(count: number, at: number, size: number): Buffer {
	const bytes = Buffer.alloc(22);
	bytes.writeUInt32LE(END, 0);
	bytes.writeUInt16LE(count, 8);
	bytes.writeUInt16LE(count, 10);
	bytes.writeUInt32LE(size, 12);
	bytes.writeUInt32LE(at, 16);
	return bytes;
}
