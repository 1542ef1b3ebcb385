import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";
import { chineseCounter, isChinese } from "./chinese.js";

const SAMPLE_BYTES = 65_536;

/** Code pages of Windows that its decoder has other names for. */
const CODE_PAGES: Readonly<Record<string, string>> = {
	"866": "ibm866",
	"932": "shift_jis",
	"936": "gb18030",
	"949": "euc-kr",
	"950": "big5",
	"1200": "utf-16le",
	"1201": "utf-16be",
	"10000": "macintosh",
	"20127": "windows-1252",
	"20866": "koi8-r",
	"28591": "windows-1252",
	"51932": "euc-jp",
	"51949": "euc-kr",
	"54936": "gb18030",
	"65001": "utf-8",
};

export interface Encoding {
	readonly name: string;
	/** How it was found out; absent when it was given or is plain UTF-8. */
	readonly note?: string;
}

/**
 * A byte order mark decides; then zero bytes tell UTF-16; what is valid UTF-8 from end to end is UTF-8; what reads as
 * Chinese in GB18030 is that, and said so.
 * @throws TablesError bad_argument where the bytes do not tell: text that was read wrongly looks like text.
 */
export async function findEncoding(
	path: string,
	given: string | undefined,
): Promise<Encoding> {
	const sample = await firstBytes(path);
	const marked = byMark(sample);
	if (given !== undefined) return checkedName(path, given, marked);
	if (marked !== undefined) return marked;
	const wide = wideOf(sample);
	if (wide?.isPlain) return wide;
	const utf8 = await asUtf8(path);
	if (utf8.bad === 0) return { name: "utf-8" };
	if (wide !== undefined) return wide;
	if (sample.includes(0))
		throw uncertain("holds zero bytes and is neither UTF-8 nor UTF-16");
	if (await readsAsChinese(path))
		return {
			name: "gb18030",
			note: "read as GB18030, because it is not UTF-8 and reads as Chinese in that; pass `encoding` if that is wrong",
		};
	// A byte that was cut off does not make a text one of another encoding, in which all of it would be wrong.
	if (utf8.good > utf8.bad)
		throw new TablesError(
			"bad_argument",
			`the file is UTF-8 except for ${utf8.bad} place${utf8.bad === 1 ? "" : "s"}, the first in line ${utf8.line}: what stands there cannot be read`,
			{
				next: "Correct that line, or get the file again, and save it as UTF-8. Pass `encoding` if it is another one.",
			},
		);
	throw uncertain(
		`is not UTF-8 (first in line ${utf8.line}), and what it is does not follow from its bytes`,
	);
}

/**
 * JSON is UTF-8 (RFC 8259, 8.1), so that nothing is guessed.
 * @throws TablesError bad_argument
 */
export async function jsonEncoding(
	path: string,
	given: string | undefined,
): Promise<Encoding> {
	if (given !== undefined) return { name: named(given) };
	const sample = await firstBytes(path);
	const other = byMark(sample) ?? wideOf(sample);
	const { bad, line } = await asUtf8(path);
	if (bad === 0 && (other === undefined || other.name === "utf-8"))
		return { name: "utf-8" };
	throw new TablesError(
		"bad_argument",
		`the file is not UTF-8, as JSON must be (${bad === 0 || other !== undefined ? `it looks like ${other?.name}` : `first in line ${line}`})`,
		{
			next: "Save it as UTF-8, or pass `encoding`, such as utf-16le or gb18030, if you know which one it is.",
		},
	);
}

/** So many characters of an encoding of several bytes may look like UTF-8 by chance. */
const CHANCE = 2;

const SINGLE_BYTE = /^(?:windows|iso|koi8|ibm|mac|x-mac)/;

/**
 * The encoding that was named, unless the file says that it is another one.
 * @throws TablesError bad_argument
 */
async function checkedName(
	path: string,
	given: string,
	marked: Encoding | undefined,
): Promise<Encoding> {
	const name = named(given);
	if (marked !== undefined && marked.name !== name)
		return {
			name: marked.name,
			note: `read as ${marked.name} by its byte order mark, and not as ${given}`,
		};
	if (name.startsWith("utf-")) return { name };
	const { good, bad } = await countUtf8(path);
	if (bad > 0 || good <= (SINGLE_BYTE.test(name) ? 0 : CHANCE)) return { name };
	throw new TablesError(
		"bad_argument",
		`the file is UTF-8, with ${good} character${good === 1 ? "" : "s"} beyond ASCII that would be read wrongly as ${given}`,
		{ next: "Leave `encoding` out, or pass utf-8." },
	);
}

/** Every label of the Encoding Standard, and what spreadsheet programs, databases and Python call the same. */
function named(given: string): string {
	const label = given
		.trim()
		.toLowerCase()
		.replace(/[-_ ]?(?:sig|bom)$/, "");
	const [, page] =
		/^(?:cp|ms|win|windows|code ?page)[-_ ]?(\d{3,5})$/.exec(label) ?? [];
	const names = [
		...(page === undefined ? [] : [CODE_PAGES[page] ?? `windows-${page}`]),
		...[label, label.replaceAll("_", "-"), label.replaceAll(/[-_ ]/g, "")],
	];
	const name = names.flatMap((one) => decoderFor(one) ?? [])[0];
	if (name === undefined)
		throw new TablesError("bad_argument", `encoding "${given}" is not known`, {
			next: "Encodings are utf-8, utf-16le, utf-16be, gb18030, big5, shift_jis, euc-jp, euc-kr, windows-1250 to windows-1258, iso-8859-1 to iso-8859-16, koi8-r, macintosh, and all other names of the web's Encoding Standard.",
		});
	return name;
}

/** What the platform calls the decoder of a label; undefined: it has none. */
function decoderFor(label: string): string | undefined {
	try {
		const { encoding } = new TextDecoder(label);
		return encoding === "gbk" ? "gb18030" : encoding;
	} catch {
		return undefined;
	}
}

function uncertain(why: string): TablesError {
	return new TablesError(
		"bad_argument",
		`the encoding is not certain: the file ${why}`,
		{
			next: "Pass `encoding`: windows-1252 (western European), gb18030 (Chinese), big5 (Taiwan, Hong Kong), shift_jis or euc-jp (Japanese), euc-kr (Korean), utf-16le; ask the person which program and country it comes from. Or save it as UTF-8 (Excel: CSV UTF-8).",
		},
	);
}

async function firstBytes(path: string): Promise<Buffer> {
	const handle = await open(path, "r");
	try {
		const buffer = Buffer.alloc(SAMPLE_BYTES);
		const { bytesRead } = await handle.read(buffer, 0, SAMPLE_BYTES, 0);
		return buffer.subarray(0, bytesRead);
	} finally {
		await handle.close();
	}
}

function byMark(sample: Buffer): Encoding | undefined {
	if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf)
		return { name: "utf-8" };
	if (sample[0] === 0xff && sample[1] === 0xfe)
		return {
			name: "utf-16le",
			note: "read as UTF-16 (little endian) by its byte order mark",
		};
	if (sample[0] === 0xfe && sample[1] === 0xff)
		return {
			name: "utf-16be",
			note: "read as UTF-16 (big endian) by its byte order mark",
		};
	return undefined;
}

/** Of what is not ASCII only the marks between cells and lines have a zero byte. */
const LEAST_ZEROS = 2;
/** The wrong order of bytes has marks too, by chance. */
const CLEARLY = 4;

/** UTF-16 without a mark; `isPlain`: nearly all of it is ASCII, and no other encoding has so many zero bytes. */
function wideOf(
	sample: Buffer,
): (Encoding & { readonly isPlain: boolean }) | undefined {
	const plain = { "utf-16le": 0, "utf-16be": 0 };
	for (let at = 0; at + 1 < sample.length; at += 2) {
		const [first, second] = [sample[at], sample[at + 1]] as [number, number];
		if (second === 0 && isPlainByte(first)) plain["utf-16le"]++;
		if (first === 0 && isPlainByte(second)) plain["utf-16be"]++;
	}
	const isLittle = plain["utf-16le"] > plain["utf-16be"];
	const name = isLittle ? "utf-16le" : "utf-16be";
	const [more, less] = [
		Math.max(plain["utf-16le"], plain["utf-16be"]),
		Math.min(plain["utf-16le"], plain["utf-16be"]),
	];
	if (more < LEAST_ZEROS || more < less * CLEARLY) return undefined;
	if (!isTextOf(name, sample)) return undefined;
	return {
		name,
		note: `read as UTF-16 (${isLittle ? "little" : "big"} endian); pass \`encoding\` if that is wrong`,
		isPlain: more > (sample.length / 2) * 0.3,
	};
}

function isPlainByte(byte: number): boolean {
	return (
		byte === 9 || byte === 10 || byte === 13 || (byte >= 0x20 && byte < 0x7f)
	);
}

/** Without characters that nobody writes: controls, those of private use, those that are not assigned. */
function isTextOf(encoding: string, sample: Buffer): boolean {
	try {
		const text = new TextDecoder(encoding, { fatal: true }).decode(
			sample.subarray(0, sample.length - (sample.length % 2)),
			{ stream: true },
		);
		return !/(?![\t\r\n])\p{Cc}|\p{Cn}|\p{Co}/u.test(text);
	} catch {
		return false;
	}
}

/** How much of a file is UTF-8. */
interface Utf8Count {
	/** Characters that are not ASCII. */
	readonly good: number;
	/** Places that are not UTF-8. */
	readonly bad: number;
	/** Of the first bad one, from 1. */
	readonly line: number;
}

async function asUtf8(path: string): Promise<Utf8Count> {
	const strict = new TextDecoder("utf-8", { fatal: true });
	try {
		for await (const chunk of createReadStream(path))
			strict.decode(chunk as Buffer, { stream: true });
		strict.decode();
		return { good: 0, bad: 0, line: 0 };
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
	}
	return countUtf8(path);
}

/** Counts the characters beyond ASCII, and the places that are none. */
async function countUtf8(path: string): Promise<Utf8Count> {
	let [good, bad, line] = [0, 0, 1];
	const count = (text: string) => {
		for (const [found] of text.matchAll(/\n|[^\0-\x7f]/gu))
			if (found === "\n") line += bad === 0 ? 1 : 0;
			else if (found === "\ufffd") bad++;
			else good++;
	};
	const lenient = new TextDecoder("utf-8");
	for await (const chunk of createReadStream(path))
		count(lenient.decode(chunk as Buffer, { stream: true }));
	count(lenient.decode());
	return { good, bad, line };
}

async function readsAsChinese(path: string): Promise<boolean> {
	const { add, count } = chineseCounter();
	const decoder = new TextDecoder("gb18030", { fatal: true });
	try {
		for await (const chunk of createReadStream(path))
			add(decoder.decode(chunk as Buffer, { stream: true }));
		add(decoder.decode());
		return isChinese(count());
	} catch (error) {
		if (error instanceof TypeError) return false;
		throw error;
	}
}

/** The file's text in parts, without its byte order mark. @throws TablesError bad_argument on bytes that are not of the encoding */
export async function* decoded(
	path: string,
	encoding: string,
): AsyncIterable<string> {
	const decoder = new TextDecoder(encoding, { fatal: true });
	let line = 1;
	try {
		for await (const chunk of createReadStream(path)) {
			const text = decoder.decode(chunk as Buffer, { stream: true });
			if (text === "") continue;
			line += linesIn(text);
			yield text;
		}
		const rest = decoder.decode();
		if (rest !== "") yield rest;
	} catch (cause) {
		if (!(cause instanceof TypeError)) throw cause;
		throw new TablesError(
			"bad_argument",
			`the file is not ${encoding}: behind line ${line} it has bytes that are not`,
			{
				next: "Pass another `encoding`, such as gb18030 or windows-1252, or correct the file.",
				cause,
			},
		);
	}
}

function linesIn(text: string): number {
	let lines = 0;
	for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
		lines++;
	return lines;
}
