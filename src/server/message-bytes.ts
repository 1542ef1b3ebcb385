import { inTurns } from "../core/values/in-turns.js";
import { quotedStart } from "../core/values/names.js";
import { MAX_MESSAGE_BYTES } from "./json-rpc.js";

/** The longest text that any tool takes: arguments as JSON text, values of filters; cells and names are far shorter. */
const LONGEST_TEXT = 8_000_000;

/** Texts of so many bytes are counted as they come: all of a long one at once would take too long. */
const COUNTED_FROM = 500_000;

/** Bytes of a long text that are kept to say how it begins. */
const SHOWN_BYTES = 600;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** A text that nothing takes. It is left out of its message: to read all of it would keep everything else from running. */
export interface LongText {
	/** As it stands in the message. */
	readonly beginning: Buffer;
	/** In UTF-16 units, as a text is measured when it is read; an escape counts as what it stands for. */
	characters: number;
}

/** The bytes of a message as they come. */
export interface MessageBytes {
	/** @returns whether the message is too large as a whole. */
	add(bytes: Buffer): boolean;
	/** All but the inside of texts that are too long, and the first of those. */
	end(): Ended;
}

/** A message that has come. */
interface Ended {
	readonly pieces: readonly Buffer[];
	readonly size: number;
	/** In one piece. */
	readonly bytes: Buffer;
	readonly long: LongText | undefined;
}

/** In one piece, and lets others run in between: to copy a long message takes long enough. */
export async function joined({ pieces, size }: Ended): Promise<Buffer> {
	const whole = Buffer.allocUnsafe(size);
	let at = 0;
	await inTurns(pieces, (piece) => {
		at += piece.copy(whole, at);
	});
	return whole;
}

/**
 * Collects a message, and drops what is inside of texts that are too long while it comes. One that comes in a single
 * piece is kept: whatever reads the message has a limit of its own.
 */
export function messageBytes(most = LONGEST_TEXT): MessageBytes {
	let kept: Buffer[] = [];
	let size = 0;
	/** Backslashes right before what comes: a quote behind an odd number of them ends nothing. */
	let backslashes = 0;
	/** Bytes since the last quote that begins or ends a text. */
	let plain = 0;
	/** Units in those bytes, once they are so many that it matters. */
	let units: UnitCount | undefined;
	/** Are those bytes inside of a text? undefined: nobody has looked yet. */
	let inside: boolean | undefined;
	let dropping: LongText | undefined;
	let long: LongText | undefined;

	/** What was kept ends right behind the quote that the text begins with. */
	const drop = () => {
		const all = Buffer.concat(kept);
		const from = all.length - plain;
		dropping = {
			beginning: Buffer.from(all.subarray(from, from + SHOWN_BYTES)),
			characters: units?.count ?? 0,
		};
		long ??= dropping;
		kept = [Buffer.from(all.subarray(0, from))];
	};
	const keep = (bytes: Buffer, last: number) => {
		kept.push(bytes);
		plain = last < 0 ? plain + bytes.length : bytes.length - last - 1;
		if (last >= 0) {
			units = undefined;
			inside = undefined;
		}
		if (plain <= Math.min(most, COUNTED_FROM)) return;
		inside ??= isInside(kept, plain);
		if (!inside) return;
		if (units === undefined) {
			units = unitCount();
			const all = Buffer.concat(kept);
			units.add(all.subarray(all.length - plain));
		} else units.add(bytes);
		if (units.count > most) drop();
	};
	return {
		add(bytes) {
			size += bytes.length;
			if (size > MAX_MESSAGE_BYTES) {
				kept = [];
				return true;
			}
			let rest = bytes;
			if (dropping !== undefined) {
				const end = firstQuote(rest, backslashes);
				units?.add(end < 0 ? rest : rest.subarray(0, end));
				dropping.characters = units?.count ?? 0;
				if (end < 0) {
					backslashes = backslashesAtEnd(rest, backslashes);
					return false;
				}
				dropping = undefined;
				units = undefined;
				rest = rest.subarray(end);
				backslashes = 0;
				plain = 0;
			}
			keep(rest, lastQuote(rest, backslashes));
			backslashes = backslashesAtEnd(rest, backslashes);
			return false;
		},
		end: () => ({
			pieces: kept,
			size: kept.reduce((sum, { length }) => sum + length, 0),
			get bytes() {
				return Buffer.concat(kept);
			},
			long,
		}),
	};
}

/** In words, for the sender of a text that nothing takes. */
export function tooLong({ beginning, characters }: LongText): string {
	return `${quotedStart(unescaped(beginning), characters)} was given; wanted: texts of at most ${LONGEST_TEXT} characters. Nothing was done`;
}

/** As much of it as is whole. */
function unescaped(bytes: Buffer): string {
	const text = new TextDecoder("utf-8").decode(bytes, { stream: true });
	const [whole = ""] = /^(?:[^\\"]|\\u[0-9a-fA-F]{4}|\\[^u])*/.exec(text) ?? [];
	try {
		return JSON.parse(`"${whole}"`) as string;
	} catch {
		return "";
	}
}

interface UnitCount {
	readonly count: number;
	add(bytes: Buffer): void;
}

/** Counts what texts are measured in, whatever the bytes are cut at. */
function unitCount(): UnitCount {
	let count = 0;
	/** Bytes of an escape that count as nothing. */
	let silent = 0;
	let escaped = false;
	return {
		get count() {
			return count;
		},
		add(bytes) {
			for (const byte of bytes)
				if (escaped) {
					escaped = false;
					silent = byte === 0x75 ? 4 : 0;
				} else if (silent > 0) silent--;
				else {
					escaped = byte === BACKSLASH;
					if ((byte & 0xc0) !== 0x80) count += byte >= 0xf0 ? 2 : 1;
				}
		},
	};
}

/** Is what stands behind the last quote inside of a text? It is behind an odd number of quotes. */
function isInside(kept: readonly Buffer[], plain: number): boolean {
	const all = Buffer.concat(kept);
	const before = all.subarray(0, all.length - plain);
	let quotes = 0;
	for (let at = before.indexOf(QUOTE); at >= 0; ) {
		if (isBare(before, at, 0)) quotes++;
		at = before.indexOf(QUOTE, at + 1);
	}
	return quotes % 2 === 1;
}

/** Does the quote begin or end a text? `before`: backslashes in front of the bytes. */
function isBare(bytes: Buffer, at: number, before: number): boolean {
	let from = at;
	while (from > 0 && bytes[from - 1] === BACKSLASH) from--;
	return (at - from + (from === 0 ? before : 0)) % 2 === 0;
}

function firstQuote(bytes: Buffer, before: number): number {
	let at = bytes.indexOf(QUOTE);
	while (at >= 0 && !isBare(bytes, at, before))
		at = bytes.indexOf(QUOTE, at + 1);
	return at;
}

function lastQuote(bytes: Buffer, before: number): number {
	let at = bytes.lastIndexOf(QUOTE);
	while (at >= 0 && !isBare(bytes, at, before))
		at = at === 0 ? -1 : bytes.lastIndexOf(QUOTE, at - 1);
	return at;
}

function backslashesAtEnd(bytes: Buffer, before: number): number {
	let from = bytes.length;
	while (from > 0 && bytes[from - 1] === BACKSLASH) from--;
	return bytes.length - from + (from === 0 ? before : 0);
}
