import { constants, crc32, deflateRawSync } from "node:zlib";

/** Bytes, whole or in pieces; pieces may be the same one again and again. */
export type Content = string | Buffer | readonly Buffer[];

/** So many bytes of a text that repeats, in pieces that share their memory. */
export function fill(size: number, text: string): readonly Buffer[] {
	const most = text.length * Math.max(1, Math.floor(PIECE / text.length));
	const piece = Buffer.alloc(Math.min(size, most), text);
	const rest = size % piece.length;
	return [
		...Array.from({ length: Math.floor(size / piece.length) }, () => piece),
		...(rest === 0 ? [] : [piece.subarray(0, rest)]),
	];
}

const PIECE = 1024 * 1024;

/** One after the other. */
export function piecesOf(...parts: readonly Content[]): readonly Buffer[] {
	return parts.flatMap((part) =>
		typeof part === "string"
			? [Buffer.from(part)]
			: Buffer.isBuffer(part)
				? [part]
				: part,
	);
}

/** What is packed; `says` is the size that the directory tells in place of the right one. */
export interface Packed {
	readonly name: string;
	readonly content: Content;
	readonly says?: number;
}

/** A zip file, with sizes that need not be true. */
function zipOf(members: readonly Packed[]): Buffer {
	const parts: Buffer[] = [];
	const directory: Buffer[] = [];
	let at = 0;
	for (const { name, content, says } of members) {
		const pieces = piecesOf(content);
		const packed = deflated(pieces);
		const fields = Buffer.alloc(26);
		fields.writeUInt16LE(20, 0);
		fields.writeUInt16LE(8, 4);
		fields.writeUInt32LE(checksum(pieces), 10);
		fields.writeUInt32LE(packed.length, 14);
		fields.writeUInt32LE(says ?? sizeOf(pieces), 18);
		fields.writeUInt16LE(Buffer.byteLength(name), 22);
		const local = Buffer.concat([
			Buffer.from([0x50, 0x4b, 3, 4]),
			fields,
			Buffer.from(name),
			packed,
		]);
		const rest = Buffer.alloc(14);
		rest.writeUInt32LE(at, 10);
		directory.push(
			Buffer.from([0x50, 0x4b, 1, 2, 20, 0]),
			fields,
			rest,
			Buffer.from(name),
		);
		parts.push(local);
		at += local.length;
	}
	const listing = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50, 0);
	end.writeUInt16LE(members.length, 8);
	end.writeUInt16LE(members.length, 10);
	end.writeUInt32LE(listing.length, 12);
	end.writeUInt32LE(at, 16);
	return Buffer.concat([...parts, listing, end]);
}

/** Each piece for itself, which is the same to whoever unpacks it. */
function deflated(pieces: readonly Buffer[]): Buffer {
	const known = new Map<Buffer, Buffer>();
	const inner = pieces.slice(0, -1).map((piece) => {
		const packed =
			known.get(piece) ??
			deflateRawSync(piece, {
				level: 1,
				finishFlush: constants.Z_SYNC_FLUSH,
			});
		known.set(piece, packed);
		return packed;
	});
	const last = pieces.at(-1) ?? Buffer.alloc(0);
	return Buffer.concat([...inner, deflateRawSync(last, { level: 1 })]);
}

function sizeOf(pieces: readonly Buffer[]): number {
	return pieces.reduce((size, { length }) => size + length, 0);
}

/** Of Node where it has it: 20.15 and newer. */
function checksum(pieces: readonly Buffer[]): number {
	const add = crc32 as (data: Buffer, before: number) => number;
	return pieces.reduce((sum, piece) => add(piece, sum), 0);
}

const TYPES = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`;
const RELATIONS = (inner: string) =>
	`<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${inner}</Relationships>`;
const KIND =
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/** A workbook of one sheet, of which these parts are as they are given. */
export function workbookOf(given: {
	/** Inside of `sheetData`. */
	readonly rows: Content;
	readonly texts?: Content;
	readonly before?: string;
	readonly more?: readonly Packed[];
	readonly says?: number;
}): Buffer {
	const { rows, texts, before = "", more = [], says } = given;
	const file = (name: string, content: Content): Packed => ({ name, content });
	return zipOf([
		file("[Content_Types].xml", TYPES),
		file(
			"_rels/.rels",
			RELATIONS(
				`<Relationship Id="rId1" Type="${KIND}/officeDocument" Target="xl/workbook.xml"/>`,
			),
		),
		file(
			"xl/workbook.xml",
			`${before}<workbook xmlns:r="${KIND}"><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		),
		file(
			"xl/_rels/workbook.xml.rels",
			RELATIONS(
				`<Relationship Id="rId1" Type="${KIND}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${KIND}/sharedStrings" Target="sharedStrings.xml"/>`,
			),
		),
		...(texts === undefined ? [] : [file("xl/sharedStrings.xml", texts)]),
		...more,
		{
			...file(
				"xl/worksheets/sheet1.xml",
				piecesOf(
					`<worksheet><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Title</t></is></c></row>`,
					rows,
					"</sheetData></worksheet>",
				),
			),
			...(says === undefined ? {} : { says }),
		},
	]);
}
