import { quoted } from "./names.js";

/*
 * A number as people and programs write it: currency, brackets, signs behind, groups of digits, a point or a comma
 * before the decimals. A text may have two readings; nothing here chooses between them.
 */

/** What stands before the decimals. */
export type DecimalSign = "." | ",";

/** The digits, as `Number` takes them, by the sign that stands before the decimals. At least one is there. */
export interface NumberReadings {
	readonly "."?: string;
	readonly ","?: string;
	/** Behind it stands `%`. */
	readonly percent: boolean;
	/** The sign or code of a currency beside it. Absent: none is there. */
	readonly money?: string;
}

/** A longer text is not a number: the longest that is one exactly has some eight hundred digits. */
export const MOST_NUMBER_CHARACTERS = 1_000;

/** 10⁶, H₂, ½ and ①: a normal form would make digits of them that are not what is meant. */
const OTHER_DIGITS = /[\p{No}\p{So}]/u;

const POINT = /^-?(\d+)\.(\d+)$/;
const WHOLE = /^-?\d{1,15}$/;

/**
 * Groups have three digits, the first of them does not begin with 0 and is not alone. With commas also those of India:
 * two digits each, three at the end.
 */
const GROUPED = {
	".": /^(\d+|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d{0,2}(?: \d{3})+|[1-9]\d{0,2}(?:'\d{3})+|[1-9]\d?(?:,\d{2})+,\d{3}|)(?:\.(\d*))?(e[+-]?\d+)?$/i,
	",": /^(\d+|[1-9]\d{0,2}(?:\.\d{3})+|[1-9]\d{0,2}(?: \d{3})+|[1-9]\d{0,2}(?:'\d{3})+|)(?:,(\d*))?(e[+-]?\d+)?$/i,
} as const satisfies Record<DecimalSign, RegExp>;

const DOTTED = /^\d+(?:\.\d+){2,}$/;

/** Numbers with points between them, as versions, addresses and codes have: some can be read as groups of digits. */
export function isDotted(text: string): boolean {
	return DOTTED.test(text);
}

/** undefined: it is not a number, whichever sign stands before the decimals. */
export function readNumberText(text: string): NumberReadings | undefined {
	if (WHOLE.test(text)) return { ".": text, ",": text, percent: false };
	if (text.length > MOST_NUMBER_CHARACTERS) return undefined;
	const pointed = POINT.exec(text);
	if (pointed !== null) return readPoint(text, pointed);
	if (OTHER_DIGITS.test(text)) return undefined;
	const parts = takeApart(
		text
			.normalize("NFKC")
			.replace(/[\u200e\u200f\u061c]/g, "")
			.replaceAll("\u2212", "-")
			.replace(/[’ʼ]/g, "'"),
	);
	if (parts === undefined) return undefined;
	const { sign, body, percent, money } = parts;
	const point = digitsOf(body, ".");
	const comma = digitsOf(body, ",");
	if (point === undefined && comma === undefined) return undefined;
	return {
		...(point === undefined ? {} : { ".": sign + point }),
		...(comma === undefined ? {} : { ",": sign + comma }),
		percent,
		...(money === undefined ? {} : { money }),
	};
}

/** One point among digits: it stands before decimals, or behind a thousand. */
function readPoint(
	text: string,
	[, whole = "", decimals = ""]: RegExpExecArray,
): NumberReadings {
	const isGroup =
		decimals.length === 3 && whole.length <= 3 && !whole.startsWith("0");
	return isGroup
		? { ".": text, ",": text.replace(".", ""), percent: false }
		: { ".": text, percent: false };
}

function digitsOf(body: string, decimal: DecimalSign): string | undefined {
	const match = GROUPED[decimal].exec(body);
	if (match === null) return undefined;
	const [, whole = "", decimals = "", exponent = ""] = match;
	if (whole === "" && decimals === "") return undefined;
	const digits = whole.replace(/[., ']/g, "");
	return `${digits}${decimals === "" ? "" : `.${decimals}`}${exponent}`;
}

/** A symbol, alone or with the letters of its country, or a word for it; a code is looked up. */
const SYMBOL =
	/^(?:[A-Z]{1,3}\p{Sc}|\p{Sc}(?:[A-Z]{2})?(?![A-Z])|元|圆|円|원|人民币|RMB|zł|Kč|kr\.?)|(?:[A-Z]{1,3}\p{Sc}|\p{Sc}(?:[A-Z]{2})?(?![A-Z])|元|圆|円|원|RMB|zł|Kč|kr\.?)$/u;
const CODE = /^([a-z]{3})(?=[\s\d(+.-])\s*|(?<=[\s\d)+.-])([a-z]{3})$/i;

/**
 * Codes of currencies that are widely used. Others are words as well (ALL, TOP, TRY, PEN, PHP), which stand beside
 * numbers without a currency.
 */
const CODES: ReadonlySet<string> = new Set(
	"USD EUR GBP JPY CNY CHF CAD AUD NZD HKD SGD TWD KRW INR SEK NOK DKK PLN CZK HUF BRL MXN ZAR THB IDR MYR VND AED SAR UAH".split(
		" ",
	),
);

interface Parts {
	readonly sign: "" | "-";
	readonly body: string;
	readonly percent: boolean;
	readonly money: string | undefined;
}

/** Takes off what may stand around the digits, each once, from the outside in. */
function takeApart(text: string): Parts | undefined {
	let body = text.trim();
	let sign: string | undefined;
	let percent = false;
	let money: string | undefined;
	for (;;) {
		const first = body[0] ?? "";
		const last = body.at(-1) ?? "";
		if (first === "(" && last === ")") {
			if (sign !== undefined) return undefined;
			sign = "-";
			body = body.slice(1, -1);
		} else if (first === "-" || first === "+") {
			if (sign !== undefined) return undefined;
			sign = first;
			body = body.slice(1);
		} else if (last === "-") {
			if (sign !== undefined) return undefined;
			sign = last;
			body = body.slice(0, -1);
		} else if (last === "%") {
			if (percent) return undefined;
			percent = true;
			body = body.slice(0, -1);
		} else {
			const rest = withoutMoney(body);
			if (rest === undefined) break;
			if (money !== undefined) return undefined;
			({ money, body } = rest);
		}
		body = body.trim();
	}
	return { sign: sign === "-" ? "-" : "", body, percent, money };
}

/** undefined: no sign of a currency is there. */
function withoutMoney(
	body: string,
): { readonly money: string; readonly body: string } | undefined {
	const first = body.charCodeAt(0);
	const last = body.charCodeAt(body.length - 1);
	if (isDigit(first) && isDigit(last)) return undefined;
	const symbol = SYMBOL.exec(body);
	if (symbol !== null) return cutOut(body, symbol);
	const code = CODE.exec(body);
	return code !== null && CODES.has(codeIn(code))
		? cutOut(body, code)
		: undefined;
}

function codeIn([, before, behind]: RegExpExecArray): string {
	return (before ?? behind ?? "").toUpperCase();
}

function isDigit(code: number): boolean {
	return code >= 48 && code <= 57;
}

function cutOut(
	text: string,
	match: RegExpExecArray,
): { readonly money: string; readonly body: string } {
	const end = match.index + match[0].length;
	return {
		money: match[0].trim(),
		body: text.slice(0, match.index) + text.slice(end),
	};
}

/** The number that a text is, or why none is taken. `decimal`: what stands before the decimals, where that is known. */
export function numberOf(
	text: string,
	decimal?: DecimalSign,
):
	| (Pick<NumberReadings, "percent" | "money"> & { readonly digits: string })
	| { readonly problem: string } {
	const found = readNumberText(text);
	if (found === undefined)
		return { problem: `is not a number: ${quoted(text)}` };
	const { percent, money } = found;
	const beside = money === undefined ? { percent } : { percent, money };
	if (decimal !== undefined) {
		const digits = found[decimal];
		return digits === undefined
			? {
					problem: `is not a number where "${decimal}" stands before the decimals: ${quoted(text)}`,
				}
			: { digits, ...beside };
	}
	const digits = loneNumber(found);
	return digits === undefined
		? { problem: ambiguousNumber(text, found) }
		: { digits, ...beside };
}

/** The digits that do not depend on what stands before the decimals. */
function loneNumber(found: NumberReadings): string | undefined {
	const { ".": point, ",": comma } = found;
	if (point === undefined) return comma;
	return comma === undefined || comma === point ? point : undefined;
}

export function ambiguousNumber(text: string, found: NumberReadings): string {
	return `is ambiguous: ${quoted(text)} is ${plain(found["."])} where a point stands before the decimals, and ${plain(found[","])} where a comma does`;
}

function plain(digits: string | undefined): string {
	return String(Number(digits));
}

/** One point before three decimals, which could stand behind a thousand. */
const LIKE_A_GROUP = /^-?[1-9]\d{0,2}\.\d{3}(?=%|e|$)/;

/** The text of a number so that it has one reading wherever a comma stands before the decimals: 12.345 as `12.3450`. */
export function ownNumber(text: string): string {
	return text.replace(LIKE_A_GROUP, (digits) => `${digits}0`);
}
