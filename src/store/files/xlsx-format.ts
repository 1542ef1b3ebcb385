import { formatValue } from "hucre";
import { percentText } from "../../core/values/show-item.js";
import { numberSections, sectionFor } from "./xlsx-sections.js";

/*
 * Number formats of a spreadsheet: what a person sees of a number. What is a date, a time of day or a duration is so
 * by its format alone. Each is taken to the nearest millisecond, whatever its format shows of that: so nothing is cut,
 * and a time that is midnight but for the last digits of its number is midnight, as any other is the full hour.
 */

/** What a format makes of a number. */
export type NumberFormat =
	| { readonly kind: "plain" }
	/** A moment; `timed`: the time is shown. */
	| { readonly kind: "date"; readonly timed: boolean }
	/** Without a day; `seconds` and `hours`: they are shown. */
	| {
			readonly kind: "time";
			readonly seconds: boolean;
			readonly hours: boolean;
	  }
	/** Hours, minutes or seconds that may be more than a day has. */
	| { readonly kind: "duration"; readonly code: string }
	| ShownAsNumber;

interface ShownAsNumber {
	readonly kind: "number";
	readonly code: string;
	/** The same without the texts that stand beside the digits. */
	readonly bare: string;
	/** Of a text that is no scale. undefined: there is none. */
	readonly unit: string | undefined;
	/** By how much the number may be divided before it is shown: a thousand for each comma at the end. */
	readonly scales: readonly number[];
	/** Texts stand beside the digits, or a fraction is shown: then fewer digits may be shown than there are. */
	readonly dressed: boolean;
	/** A hundred times the number is shown, with the sign. */
	readonly percent: boolean;
	/** Texts stand among its digits or beside them so that a person reads another number, or none. */
	readonly masked: boolean;
	/** Of some numbers nothing is shown. */
	readonly hides: boolean;
}

const PLAIN: NumberFormat = { kind: "plain" };

/** Formats that a workbook does not spell out, by number; those of dates differ by the language, and are dates in all. */
const BUILT_IN: Readonly<Record<number, string>> = {
	0: "General",
	1: "0",
	2: "0.00",
	3: "#,##0",
	4: "#,##0.00",
	9: "0%",
	10: "0.00%",
	11: "0.00E+00",
	12: "# ?/?",
	13: "# ??/??",
	18: "h:mm AM/PM",
	19: "h:mm:ss AM/PM",
	20: "h:mm",
	21: "h:mm:ss",
	22: "m/d/yy h:mm",
	32: "h:mm",
	33: "h:mm:ss",
	34: "h:mm",
	35: "h:mm:ss",
	37: "#,##0;(#,##0)",
	38: "#,##0;(#,##0)",
	39: "#,##0.00;(#,##0.00)",
	40: "#,##0.00;(#,##0.00)",
	45: "mm:ss",
	46: "[h]:mm:ss",
	47: "mm:ss.0",
	48: "##0.0E+0",
	49: "@",
};

const BUILT_IN_DATES: readonly (readonly [number, number])[] = [
	[14, 17],
	[27, 31],
	[36, 36],
	[50, 58],
];

/** A format by its number, or by its code where the workbook spells it out. */
export function numberFormat(
	id: number,
	code: string | undefined = BUILT_IN[id],
): NumberFormat {
	if (code !== undefined) return formatOfCode(code);
	return BUILT_IN_DATES.some(([from, to]) => id >= from && id <= to)
		? { kind: "date", timed: false }
		: PLAIN;
}

function formatOfCode(code: string): NumberFormat {
	const [section = ""] = code
		.replace(/"[^"]*"|\\.|[_*]./g, "")
		.toLowerCase()
		.split(";");
	if (/\[(?:h+|m+|s+)\]/.test(section))
		return { kind: "duration", code: section };
	const bare = section.replace(/\[[^[\]]*\]/g, "").trim();
	const number = numberCode(code);
	if (bare === "" || bare === "@" || /^general$/.test(bare))
		return bare !== "@" && (number.dressed || code.includes(";"))
			? number
			: PLAIN;
	const timed = /[hs]|am\/pm|a\/p/.test(bare);
	// Beside hours or seconds an m is minutes.
	const dated = /[yd]/.test(bare) || (/m/.test(bare) && !timed);
	if (dated && !/general/.test(bare)) return { kind: "date", timed };
	return timed
		? {
				kind: "time",
				seconds: bare.includes("s"),
				hours: bare.includes("h"),
			}
		: number;
}

/**
 * The parts of a code: texts in quotes, behind a backslash, of a currency; spaces and fillers; conditions and colours;
 * what digits, signs and fractions are made of; any other character stands for itself.
 */
const PART =
	/"([^"]*)"|\\(.)|[_*].|\[\$([^[\]-]*)(?:-[^[\]]*)?\]|\[[^[\]]*\]|general|e[+-]|[0#?.,%/;@+\-() ]|(.)/giu;

/** What a section is made of. */
interface Section {
	/** The texts beside its digits. */
	readonly beside: string;
	readonly hasDigits: boolean;
	/** A thousand for each comma at the end. */
	readonly scale: number;
	readonly masked: boolean;
	/** Of some numbers it shows nothing. */
	readonly hides: boolean;
}

/** A text of a code, or another part of it. */
interface Piece {
	readonly part: string;
	/** undefined: it is no text. */
	readonly text: string | undefined;
}

function piecesOf(code: string): readonly Piece[] {
	return [...withSign(code).matchAll(PART)].map((part) => ({
		part: part[0],
		text: part.slice(1).find((one) => one !== undefined),
	}));
}

const DIGIT = /^(?:[0#?]|general)$/i;

function sectionOf(code: string, at: number): Section {
	const pieces = piecesOf(code);
	const placeholders = pieces
		.map(({ part, text }) => (text === undefined ? part : ""))
		.join("");
	const commas = /[0#?](,+)[^0#?]*$/.exec(placeholders)?.[1] ?? "";
	const beside = pieces
		.map(({ text = "" }) => text)
		.join("")
		.trim();
	return {
		beside,
		hides: beside === "" && !/[0.%]|general/i.test(placeholders),
		hasDigits: /[0#?]|general/i.test(placeholders),
		scale: 1_000 ** commas.length,
		masked: isMasked(pieces) || (at === 0 && isMinus(pieces)),
	};
}

/** Is more than what groups digits among them, or a text with a digit right beside them? */
function isMasked(pieces: readonly Piece[]): boolean {
	const digits = pieces.map(
		({ part, text }) => text === undefined && DIGIT.test(part),
	);
	const [first, last] = [digits.indexOf(true), digits.lastIndexOf(true)];
	return pieces.some(({ part, text }, at) => {
		const isAmong = at > first && at < last;
		if (text === undefined) return isAmong && /^[-+]$/.test(part);
		if (isAmong) return /[^\s'’ʼ]/u.test(text);
		return (
			(digits[at - 1] === true && /^[.,]?\d/.test(text)) ||
			(digits[at + 1] === true && /\d[.,]?$/.test(text))
		);
	});
}

/** Does a section of numbers above zero show a minus sign? */
function isMinus(pieces: readonly Piece[]): boolean {
	const shown = pieces.filter(({ part }) => !/^(?:[_*]|\[(?!\$))/.test(part));
	const [first, second] = shown;
	return (
		!pieces.some(({ part }) => CONDITION.test(part)) &&
		/^[-−]/.test(first?.text ?? first?.part ?? "") &&
		DIGIT.test(second?.part ?? "")
	);
}

const CONDITION = /^\[[<>=]/;

function numberCode(code: string): ShownAsNumber {
	const found = numberSections(code).map(sectionOf);
	const scales = new Set([1, ...found.map(({ scale }) => scale)]);
	const isScaled = scales.size > 1;
	const bare = piecesOf(code)
		.map(({ part, text }) => (text === undefined ? part : ""))
		.join("");
	const units = found.flatMap(({ beside, hasDigits }) =>
		hasDigits ? (unitOf(beside, isScaled) ?? []) : [],
	);
	return {
		kind: "number",
		code: withCurrency(code),
		bare,
		unit: units.length === 0 ? undefined : [...new Set(units)].join(" / "),
		scales: [...scales],
		dressed:
			isScaled ||
			found.some(({ beside }) => beside !== "") ||
			/[0#?]\s*\/\s*[\d#?]/.test(bare),
		percent: bare.includes("%"),
		masked: found.some(({ masked }) => masked),
		hides: found.some(({ hides }) => hides),
	};
}

/** What stands beside a number that is shown in thousands says so, or is a currency. */
function unitOf(beside: string, isScaled: boolean): string | undefined {
	if (isScaled) return /\p{Sc}/u.exec(beside)?.[0];
	// A section of numbers below zero may write their sign.
	const unit = withoutEnds(beside, /[\s+\-−(]/, /[\s)]/);
	return /[^\s+\-.,;:()]/.test(beside) ? unit : undefined;
}

/** Without such characters before and behind it. */
function withoutEnds(text: string, before: RegExp, behind: RegExp): string {
	let [start, end] = [0, text.length];
	while (start < end && before.test(text.charAt(start))) start++;
	while (end > start && behind.test(text.charAt(end - 1))) end--;
	return text.slice(start, end);
}

const CURRENCY = /\[\$([^\]-]*)(?:-([^\]]*))?\]/g;

/** `[$€-407]` shows its sign, which the library leaves out. */
function withCurrency(code: string): string {
	return code.replace(CURRENCY, (_, sign: string) =>
		sign === "" ? "" : `"${sign}"`,
	);
}

/** Signs that several currencies share, by the language that a format names beside them. */
const SHARED_SIGNS: Readonly<Record<string, Readonly<Record<string, string>>>> =
	{
		"¥": {
			"804": "CN¥",
			"zh-cn": "CN¥",
			"411": "JP¥",
			"ja-jp": "JP¥",
		},
		"￥": { "804": "CN¥", "zh-cn": "CN¥", "411": "JP¥", "ja-jp": "JP¥" },
		$: {
			"409": "US$",
			"en-us": "US$",
			"1009": "CA$",
			"en-ca": "CA$",
			c09: "AU$",
			"en-au": "AU$",
			"1409": "NZ$",
			"en-nz": "NZ$",
			c04: "HK$",
			"zh-hk": "HK$",
			"404": "NT$",
			"zh-tw": "NT$",
			"80a": "MX$",
			"es-mx": "MX$",
		},
		kr: {
			"406": "DKK",
			"da-dk": "DKK",
			"414": "NOK",
			"nb-no": "NOK",
			"41d": "SEK",
			"sv-se": "SEK",
		},
	};

/** The same code with a currency that no other has the sign of, as far as its language tells. */
function withSign(code: string): string {
	return code.replace(CURRENCY, (all, sign: string, language = "") => {
		const own = SHARED_SIGNS[sign.trim()]?.[language.toLowerCase()];
		return own === undefined ? all : `"${own}"`;
	});
}

/** What a person sees of a number. */
export function shownNumber(value: number, code: string): string {
	const section = sectionFor(value, code);
	return shownIn(section.value, section.code).trim();
}

function shownIn(value: number, code: string): string {
	if (/general/i.test(code)) return beside(value, code);
	if (code.trim() === "") return "";
	const percents = code.replace(TEXTS, "").split("%").length - 1;
	const plain = code
		.replace(TEXTS, (text) => text.replace(/[%.,]/g, asText))
		.replaceAll("%", `"${asText("%")}"`);
	const size = percents === 0 ? value : asKept(value * 100 ** percents);
	return formatValue(
		size,
		size === 0 ? withoutEmptyPlaces(plain) : plain,
	).replace(/[\ue025\ue02c\ue02e]/g, (sign) =>
		String.fromCharCode(sign.charCodeAt(0) - PRIVATE),
	);
}

/** The library takes signs that are texts for those of a number, and puts a percent sign behind all else. */
function asText(sign: string): string {
	return String.fromCharCode(sign.charCodeAt(0) + PRIVATE);
}

/** Characters from here on are of no text. */
const PRIVATE = 0xe000;

const TEXTS = /"[^"]*"|\\./g;

/** Of a zero no digit is shown where no place asks for one, as in `"-"??`. */
function withoutEmptyPlaces(code: string): string {
	const bare = code.replace(/"[^"]*"|\\.|[_*]./g, "");
	if (/[0/]|e[+-]/i.test(bare) || !/[#?]/.test(bare)) return code;
	return code.replace(/"[^"]*"|\\.|[_*].|[#?,]/g, (part) =>
		part.length > 1 ? part : "",
	);
}

/** A number as it is, with the texts that stand around it. */
function beside(value: number, code: string): string {
	return [...code.matchAll(PART)]
		.map((part) =>
			/^general$/i.test(part[0])
				? String(asKept(value))
				: (part.slice(1).find((text) => text !== undefined) ??
					(/^[ +\-()%/.,]/.test(part[0]) ? part[0] : "")),
		)
		.join("");
}

/** Spreadsheet programs keep 15 digits; what a sum has behind them is of no cell. */
export function asKept(value: number): number {
	return Number(value.toPrecision(15));
}

/** A number of which a dressed format shows fewer digits than it has; undefined: all are shown, or none of them. */
export function wholeNumber(
	value: number,
	{ code, bare, scales, dressed, percent, hides }: ShownAsNumber,
): string | undefined {
	if (hides && shownNumber(value, code) === "") return String(asKept(value));
	const shown = dressed ? digitsOf(shownNumber(value, bare)) : undefined;
	if (shown === undefined) return undefined;
	const size = Math.abs(asKept(value));
	const units = percent ? [0.01] : scales;
	return units.some((unit) => asKept(shown * unit) === size)
		? undefined
		: percent
			? percentText(value)
			: String(asKept(value));
}

/** Without its sign; undefined: no digit is there. */
function digitsOf(shown: string): number | undefined {
	const fraction = /^(?:(\d+)\s+)?(\d+)\s*\/\s*(\d+)$/.exec(
		shown.replace(/^[-(]|\)$/g, "").trim(),
	);
	if (fraction !== null) {
		const [, whole = "0", over, under] = fraction;
		return Number(whole) + Number(over) / Number(under);
	}
	const digits = shown.replace(/e\+/i, "e").replace(/(?<!e)-|[^\d.e-]/gi, "");
	return /\d/.test(digits) ? Number(digits) : undefined;
}
