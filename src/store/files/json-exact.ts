import { isInexact } from "../../core/values/parse-number.js";

/*
 * What parsing JSON drops without a word: digits that a number does not keep, how a number is written, and the first
 * value of a name that an object has twice.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** The place of the quote that ends the text which begins at `start`. */
export function endOfText(text: string, start: number): number {
	let at = start + 1;
	while (at < text.length && text.charCodeAt(at) !== QUOTE)
		at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
	return at;
}

/** The texts of a JSON text, and what stands between them. */
function* piecesOf(text: string): Iterable<{
	readonly isText: boolean;
	readonly piece: string;
	readonly end: number;
}> {
	let from = 0;
	for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', from)) {
		yield { isText: false, piece: text.slice(from, at), end: at };
		from = endOfText(text, at) + 1;
		yield { isText: true, piece: text.slice(at, from), end: from };
	}
	yield { isText: false, piece: text.slice(from), end: text.length };
}

/** Most texts have no such number, and are not looked at any closer. */
const MAY_BE_INEXACT = /\d[\d.]{15}|\d[eE][+-]?\d/;
const NUMBER = /-?\d[\d.eE+-]*/g;

/** Numbers that would lose digits as texts, so that a text field keeps them, and a number field names what is given. */
export function withExactNumbers(text: string): string {
	if (!MAY_BE_INEXACT.test(text)) return text;
	const pieces: string[] = [];
	for (const { isText, piece } of piecesOf(text))
		pieces.push(
			isText
				? piece
				: piece.replace(NUMBER, (digits) =>
						isInexact(digits) ? `"${digits}"` : digits,
					),
		);
	return pieces.join("");
}

/** A number of an object that `String` would write in another way. */
export interface SpelledNumber {
	/** The names that lead to it: one, or two where it stands in an object of the object. */
	readonly path: readonly [string] | readonly [string, string];
	/** As the text has it. */
	readonly digits: string;
}

/** Most texts have none: no zero that ends decimals, exponent, small decimal or sign before zero. */
const MAY_BE_SPELLED = /\.\d*0(?!\d)|\d[eE]|-0|\.000000/;
/** The number that follows a name. */
const NUMBER_OF_NAME = /^\s*:\s*(-?\d[\d.eE+-]*)/;

/** The numbers, to the second depth, whose value does not say how they are written, as 1.10 and 1e3. */
export function spelledNumbers(text: string): readonly SpelledNumber[] {
	if (!MAY_BE_SPELLED.test(text)) return [];
	const found: SpelledNumber[] = [];
	/** Of each open object and list the name that came last. */
	const names: (string | undefined)[] = [];
	for (const { isText, piece, end } of piecesOf(text)) {
		if (isText) {
			if (names.length < 3 && isName(text, end))
				names[names.length - 1] = JSON.parse(piece) as string;
			continue;
		}
		const digits = NUMBER_OF_NAME.exec(piece)?.[1];
		const [outer, inner] = names;
		if (digits !== undefined && digits !== String(Number(digits)))
			if (names.length === 1 && outer !== undefined)
				found.push({ path: [outer], digits });
			else if (names.length === 2 && outer !== undefined && inner !== undefined)
				found.push({ path: [outer, inner], digits });
		for (const mark of piece)
			if (mark === "{" || mark === "[") names.push(undefined);
			else if (mark === "}" || mark === "]") names.pop();
	}
	return found;
}

/** A name that an object of the text has twice; undefined: there is none. `parsed`: the same text, parsed. */
export function nameGivenTwice(
	text: string,
	parsed: unknown,
): string | undefined {
	if (namesIn(text) === namesOf(parsed)) return undefined;
	const open: Set<string>[] = [];
	for (const { isText, piece, end } of piecesOf(text)) {
		if (isText) {
			if (!isName(text, end)) continue;
			const name = JSON.parse(piece) as string;
			if (open.at(-1)?.has(name)) return name;
			open.at(-1)?.add(name);
		} else
			for (const mark of piece)
				if (mark === "{") open.push(new Set());
				else if (mark === "}") open.pop();
	}
	return undefined;
}

function isName(text: string, end: number): boolean {
	let at = end;
	while (text.charCodeAt(at) <= 0x20) at++;
	return text.charCodeAt(at) === COLON;
}

function namesIn(text: string): number {
	let count = 0;
	for (let at = text.indexOf('"'); at >= 0; ) {
		const end = endOfText(text, at) + 1;
		if (isName(text, end)) count++;
		at = text.indexOf('"', end);
	}
	return count;
}

function namesOf(value: unknown): number {
	if (typeof value !== "object" || value === null) return 0;
	const inner = Object.values(value);
	return inner.reduce<number>(
		(sum, one) => sum + namesOf(one),
		Array.isArray(value) ? 0 : inner.length,
	);
}
