import { MAX_DEPTH } from "./depth.js";
import { inTurns, letOthersRun } from "./in-turns.js";

/** As much is left to the engine, which takes 100 ms at the worst: for millions of short values it takes seconds. */
export const PARSED_AT_ONCE_BYTES = 500_000;

/** So many values are read before the time is looked at. */
const STEP_VALUES = 500;

/**
 * The most values of what a client sends as one: texts, numbers, lists, objects. Each takes some hundred bytes of
 * memory, and a microsecond in each check, however short it is written.
 */
export const MOST_VALUES = 300_000;

/** And of the names of one object: with more each of them takes several times as long to go through. */
export const MOST_NAMES = 50_000;

/** Of the outermost object of what is too much: a message has four names. */
const OUTERMOST_KEPT = 100;

/** A longer number or word is none that anybody means. */
const MOST_WORD_BYTES = 10_000;

const BYTE_ORDER_MARK = Buffer.from("\ufeff");
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

/** A JSON text that was parsed. */
export interface ParsedJson {
	readonly value: unknown;
	/** It holds too many values: only what is short and stands outermost is kept. Absent: all is. */
	readonly isCut?: true;
}

/**
 * As `JSON.parse` of UTF-8, and lets others run while a long text is read. Of what nests far deeper than anything
 * may, the inside is left out.
 * @throws SyntaxError for what is not JSON.
 */
export async function parseJson(
	given: Buffer,
	mostValues = MOST_VALUES,
	atOnceBytes = PARSED_AT_ONCE_BYTES,
): Promise<ParsedJson> {
	const bytes = given.subarray(
		given.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0,
	);
	if (bytes.length <= atOnceBytes)
		return { value: JSON.parse(bytes.toString("utf8")) };
	const reader = readerOf(bytes, mostValues);
	await inTurns(stepsOf(reader), () => {});
	await letOthersRun();
	return reader.end();
}

function* stepsOf(reader: ReturnType<typeof readerOf>): Generator<void> {
	while (!reader.step()) yield;
}

/** A list or object that has begun. */
interface Open {
	readonly isList: boolean;
	value: unknown[] | Record<string, unknown>;
	/** Of an object, those given twice counted twice. */
	names: number;
	/** Of the value that comes next in an object. */
	key: string;
}

type Next = "value" | "value or end" | "key" | "key or end" | "colon" | "comma";

function readerOf(bytes: Buffer, mostValues: number) {
	const open: Open[] = [];
	let at = 0;
	let values = 0;
	let next: Next = "value";
	let whole: unknown;
	let isCut = false;

	const fail = () =>
		at >= bytes.length
			? new SyntaxError("Unexpected end of JSON input")
			: new SyntaxError(`Unexpected token in JSON at byte ${at}`);
	const count = () => {
		if (++values > mostValues) cut();
	};
	const cut = () => {
		if (isCut) return;
		isCut = true;
		const [outermost, ...inner] = open;
		for (const each of inner) each.value = each.isList ? [] : {};
		if (outermost !== undefined)
			outermost.value = withoutParts(outermost.value);
	};
	/** Is what stands here kept? Of what is too much only the texts and numbers of the outermost object are. */
	const isKept = () =>
		isCut
			? open.length === 1 && (open[0] as Open).names <= MOST_NAMES
			: open.length <= MAX_DEPTH + 2;
	const put = (value: unknown) => {
		next = "comma";
		const outer = open.at(-1);
		if (outer === undefined) whole = value;
		else if (!isKept()) return;
		else if (outer.isList) (outer.value as unknown[]).push(value);
		else set(outer.value as Record<string, unknown>, outer.key, value);
	};
	const begin = (isList: boolean) => {
		open.push({ isList, value: isList ? [] : {}, names: 0, key: "" });
		next = isList ? "value or end" : "key or end";
	};
	const end = (isList: boolean) => {
		const last = open.at(-1);
		const mayEnd = next === "comma" || next.endsWith("or end");
		if (last?.isList !== isList || !mayEnd) throw fail();
		open.pop();
		if (isCut && open.length > 0) next = "comma";
		// A list that has grown keeps room for more.
		else put(isList ? (last.value as unknown[]).slice() : last.value);
	};
	/** A text, number or word, which the engine reads. */
	const scalar = (isWanted: boolean): unknown => {
		const from = at;
		at = bytes[at] === QUOTE ? behindText(bytes, at) : behindWord(bytes, at);
		if (!isWanted) return null;
		try {
			return JSON.parse(bytes.toString("utf8", from, at));
		} catch {
			if (at < bytes.length) at = from;
			throw fail();
		}
	};
	const key = () => {
		if (bytes[at] !== QUOTE) throw fail();
		const last = open.at(-1) as Open;
		if (++last.names > MOST_NAMES) cut();
		last.key = scalar(isKept()) as string;
		next = "colon";
	};
	const value = (byte: number) => {
		count();
		if (byte === LIST || byte === OBJECT) {
			at++;
			begin(byte === LIST);
		} else put(scalar(isKept()));
	};
	const mark = (byte: number) => {
		const last = open.at(-1);
		if (next === "colon" && byte === COLON) next = "value";
		else if (next === "comma" && byte === COMMA && last !== undefined)
			next = last.isList ? "value" : "key";
		else throw fail();
		at++;
	};
	const token = (byte: number) => {
		if (byte === LIST_END || byte === OBJECT_END) {
			end(byte === LIST_END);
			at++;
		} else if (next === "value" || next === "value or end") value(byte);
		else if (next === "key" || next === "key or end") key();
		else mark(byte);
	};
	return {
		/** @returns whether all is read. */
		step(): boolean {
			const most = at + PARSED_AT_ONCE_BYTES;
			for (let tokens = 0; tokens < STEP_VALUES && at < most; tokens++) {
				while (at < most && isBlank(bytes[at] as number)) at++;
				if (at >= bytes.length) return true;
				if (at < most) token(bytes[at] as number);
			}
			return false;
		},
		end(): ParsedJson {
			if (open.length > 0 || next !== "comma") throw fail();
			return isCut ? { value: whole, isCut } : { value: whole };
		},
	};
}

/** What stands outermost and is short; of a list or what has many names, nothing. */
function withoutParts(
	value: unknown[] | Record<string, unknown>,
): unknown[] | Record<string, unknown> {
	if (Array.isArray(value)) return [];
	const kept: Record<string, unknown> = {};
	let left = OUTERMOST_KEPT;
	for (const name in value) {
		if (left-- === 0) break;
		const part = value[name];
		if (typeof part !== "object") set(kept, name, part);
	}
	return kept;
}

function set(to: Record<string, unknown>, key: string, value: unknown): void {
	if (key !== "__proto__") to[key] = value;
	else
		Object.defineProperty(to, key, {
			value,
			configurable: true,
			enumerable: true,
			writable: true,
		});
}

function isBlank(byte: number): boolean {
	return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function behindText(bytes: Buffer, from: number): number {
	for (let at = from + 1; at < bytes.length; at++) {
		const byte = bytes[at];
		if (byte === BACKSLASH) at++;
		else if (byte === QUOTE) return at + 1;
	}
	return bytes.length;
}

function behindWord(bytes: Buffer, from: number): number {
	let at = from;
	const most = Math.min(bytes.length, from + MOST_WORD_BYTES);
	for (; at < most; at++) {
		const byte = bytes[at] as number;
		if (
			isBlank(byte) ||
			byte === COMMA ||
			byte === COLON ||
			byte === LIST_END ||
			byte === OBJECT_END
		)
			break;
	}
	return at;
}
