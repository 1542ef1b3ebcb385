import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { TablesError } from "../../core/contract/errors.js";

const SAMPLE_BYTES = 65_536;

/** Names that a person may write, as the platform's decoder calls them. */
const NAMES: Readonly<Record<string, string>> = {
	utf8: "utf-8",
	"utf-8": "utf-8",
	utf16: "utf-16le",
	"utf-16": "utf-16le",
	"utf-16le": "utf-16le",
	"utf-16be": "utf-16be",
	gbk: "gb18030",
	gb2312: "gb18030",
	gb18030: "gb18030",
	big5: "big5",
	"shift-jis": "shift_jis",
	shift_jis: "shift_jis",
	"euc-kr": "euc-kr",
	latin1: "windows-1252",
	"windows-1252": "windows-1252",
};

export interface Encoding {
	readonly name: string;
	/** How it was found out; absent when it was given or is plain UTF-8. */
	readonly note?: string;
}

/**
 * A byte order mark decides; then zero bytes tell UTF-16; what is valid UTF-8 from end to end is UTF-8; the rest is
 * taken for GB18030, and said so.
 */
export async function findEncoding(
	path: string,
	given: string | undefined,
): Promise<Encoding> {
	if (given !== undefined) {
		const name = NAMES[given.trim().toLowerCase()];
		if (name === undefined)
			throw new TablesError(
				"bad_argument",
				`encoding "${given}" is not known`,
				{ next: `Encodings: ${Object.keys(NAMES).join(", ")}.` },
			);
		return { name };
	}
	const handle = await open(path, "r");
	let sample: Buffer;
	try {
		const buffer = Buffer.alloc(SAMPLE_BYTES);
		const { bytesRead } = await handle.read(buffer, 0, SAMPLE_BYTES, 0);
		sample = buffer.subarray(0, bytesRead);
	} finally {
		await handle.close();
	}
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
	const zeros = [0, 0];
	for (const [index, byte] of sample.entries())
		if (byte === 0) zeros[index % 2] = (zeros[index % 2] as number) + 1;
	const half = sample.length / 2;
	if ((zeros[1] as number) > half * 0.3)
		return { name: "utf-16le", note: "read as UTF-16 (little endian)" };
	if ((zeros[0] as number) > half * 0.3)
		return { name: "utf-16be", note: "read as UTF-16 (big endian)" };
	if (await isUtf8(path)) return { name: "utf-8" };
	return {
		name: "gb18030",
		note: "read as GB18030, because it is not valid UTF-8; pass `encoding` if that is wrong",
	};
}

async function isUtf8(path: string): Promise<boolean> {
	const decoder = new TextDecoder("utf-8", { fatal: true });
	try {
		for await (const chunk of createReadStream(path))
			decoder.decode(chunk as Buffer, { stream: true });
		decoder.decode();
		return true;
	} catch {
		return false;
	}
}

/** The file's text in parts, without its byte order mark. @throws TablesError bad_argument on bytes that are not of the encoding */
export async function* decoded(
	path: string,
	encoding: string,
): AsyncIterable<string> {
	const decoder = new TextDecoder(encoding, { fatal: encoding === "utf-8" });
	try {
		for await (const chunk of createReadStream(path)) {
			const text = decoder.decode(chunk as Buffer, { stream: true });
			if (text !== "") yield text;
		}
		const rest = decoder.decode();
		if (rest !== "") yield rest;
	} catch (cause) {
		if (!(cause instanceof TypeError)) throw cause;
		throw new TablesError("bad_argument", `the file is not ${encoding}`, {
			next: "Pass `encoding`, such as gb18030.",
			cause,
		});
	}
}
