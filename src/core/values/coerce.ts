import type { Field } from "../contract/field.js";
import { quoted } from "./names.js";
import { MOST_DATE_CHARACTERS } from "./parse-date.js";
import { MOST_NUMBER_CHARACTERS } from "./parse-number.js";
import { KINDS } from "./values.js";

/*
 * Text of a file as the JSON value that a tool would be given. Only what is unambiguous; the rest is left as it
 * is, for validation to refuse by its line.
 */

export type Coerced =
	| { readonly value: unknown }
	| { readonly problem: string };

/** A leading apostrophe that export put before a text that a spreadsheet would take for a formula. */
const GUARDED = /^'+[=+\-@\t\r]/;
const NEEDS_GUARD = /^'*[=+\-@\t\r]/;

/** For text columns of a CSV or spreadsheet: harmless to open, and taken back by `unguardText`. */
export function guardText(text: string): string {
	return NEEDS_GUARD.test(text) ? `'${text}` : text;
}

export function unguardText(text: string): string {
	return GUARDED.test(text) ? text.slice(1) : text;
}

/**
 * A cell of a file for a field; "" means empty. Values that are not text come through as they are.
 * @param guarded the file is of a format whose texts `guardText` has gone over.
 */
export function coerceCell(
	cell: unknown,
	field: Field,
	guarded = true,
): Coerced {
	if (typeof cell !== "string") return coerceValue(cell, field);
	const kind = KINDS[field.type];
	const bare = guarded ? unguardText : (text: string) => text;
	if (cell === "") return { value: null };
	if (kind === "text") return { value: bare(cell) };
	const text = cell.trim();
	if (text === "") return { value: null };
	switch (kind) {
		case "number":
			return coerceNumber(text, field);
		case "checkbox":
			return coerceCheckbox(text);
		case "date":
			return coerceDate(text);
		case "option":
			return { value: bare(text) };
		case "options":
		case "people":
		case "links":
		case "files":
			return { value: listOf(text) ?? bare(text) };
		case "url":
		case "location":
			return { value: objectOf(text) ?? bare(text) };
		default:
			return { value: text };
	}
}

function coerceValue(cell: unknown, field: Field): Coerced {
	if (cell === null || cell === undefined) return { value: null };
	const kind = KINDS[field.type];
	// A spreadsheet keeps digits as numbers even where the field is text.
	if (typeof cell === "number" && kind === "text")
		return Number.isInteger(cell) && !Number.isSafeInteger(cell)
			? {
					problem: `is a number that the file has rounded: keep it as text in the file`,
				}
			: { value: String(cell) };
	if (
		typeof cell === "number" &&
		kind === "checkbox" &&
		(cell === 0 || cell === 1)
	)
		return { value: cell === 1 };
	if (
		typeof cell === "number" &&
		(kind === "option" ||
			kind === "options" ||
			kind === "people" ||
			kind === "links")
	)
		return { value: String(cell) };
	if (typeof cell === "boolean" && kind === "text")
		return { value: String(cell) };
	return { value: cell };
}

const CURRENCY = /^(?:[A-Z]{3}\s*)?[$€£¥₩₹₽]?\s*|\s*(?:[$€£¥₩₹₽元]|[A-Z]{3})$/g;
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const COMMA_GROUPS = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const SPACE_GROUPS = /^[+-]?\d{1,3}(?:[ '’]\d{3})+(?:\.\d+)?$/;
/** 1.234,50 and 1 234,50: both separators are there, so the comma is the decimal sign. */
const DECIMAL_COMMA = /^[+-]?\d{1,3}(?:[. ’]\d{3})+,\d+$/;

/** `1,234.5`, `1.234,5`, `¥1,200`, `12 %`, full-width digits. */
function coerceNumber(text: string, field: Field): Coerced {
	if (text.length > MOST_NUMBER_CHARACTERS)
		return { problem: `is not a number: ${quoted(text)}` };
	const normal = text
		.normalize("NFKC")
		.replace(/[\u00a0\u2009\u202f]/g, " ")
		.replace(/\u2212/g, "-")
		.trim();
	const percent = normal.endsWith("%");
	const signed = (percent ? normal.slice(0, -1).trim() : normal).replace(
		/^([+-])\s*/,
		"$1",
	);
	const sign = /^[+-]/.exec(signed)?.[0] ?? "";
	const bare = sign + signed.slice(sign.length).replace(CURRENCY, "").trim();
	const digits = plainDigits(bare);
	if (digits === undefined)
		return {
			problem: /^[+-]?\d+,\d+$/.test(bare)
				? `is ambiguous: the comma in "${text}" may be a decimal sign or a thousands separator`
				: `is not a number: "${text}"`,
		};
	if (percent)
		return field.type === "percent" || field.type === "progress"
			? { value: `${digits}%` }
			: { problem: `is a percentage, and "${field.name}" is ${field.type}` };
	return { value: digits };
}

function plainDigits(text: string): string | undefined {
	if (PLAIN.test(text)) return text;
	if (COMMA_GROUPS.test(text)) return text.replaceAll(",", "");
	if (SPACE_GROUPS.test(text)) return text.replace(/[ '’]/g, "");
	if (DECIMAL_COMMA.test(text))
		return text.replace(/[. ’]/g, "").replace(",", ".");
	return undefined;
}

const YES: ReadonlySet<string> = new Set([
	"true",
	"yes",
	"y",
	"1",
	"x",
	"on",
	"✓",
	"✔",
	"√",
	"☑",
	"✅",
	"是",
	"对",
	"真",
]);
const NO: ReadonlySet<string> = new Set([
	"false",
	"no",
	"n",
	"0",
	"off",
	"✗",
	"✘",
	"×",
	"☐",
	"否",
	"错",
	"假",
	"-",
]);

function coerceCheckbox(text: string): Coerced {
	if (text.length > MOST_DATE_CHARACTERS)
		return { problem: `is neither yes nor no: ${quoted(text)}` };
	const word = text.normalize("NFKC").toLowerCase();
	if (YES.has(word) || YES.has(text)) return { value: true };
	if (NO.has(word) || NO.has(text)) return { value: false };
	return { problem: `is neither yes nor no: "${text}"; write true or false` };
}

const MONTHS = [
	"january",
	"february",
	"march",
	"april",
	"may",
	"june",
	"july",
	"august",
	"september",
	"october",
	"november",
	"december",
];

/** Year first in any of the usual forms, with Chinese marks, or with the month as a word. */
function coerceDate(text: string): Coerced {
	if (text.length > MOST_DATE_CHARACTERS)
		return { problem: `is not a date: ${quoted(text)}` };
	const normal = text.normalize("NFKC");
	const time =
		/[T\s]\s*(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:Z|[+-]\d{2}:?\d{2})?)$/i.exec(
			normal,
		)?.[1];
	const date = (
		time === undefined ? normal : normal.slice(0, normal.length - time.length)
	).replace(/[T\s]+$/, "");
	const day = dayOf(date);
	if (day === undefined)
		return {
			problem: /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(date)
				? `is ambiguous: "${text}" may begin with the day or the month; write it as 2026-11-20`
				: `is not a date: "${text}"; write it as 2026-11-20 or 2026-11-20T14:00`,
		};
	return {
		value: time === undefined ? day : `${day}T${time.replace(/\s+/g, "")}`,
	};
}

function dayOf(text: string): string | undefined {
	const numbers =
		/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ??
		/^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?$/.exec(text) ??
		/^(\d{4})(\d{2})(\d{2})$/.exec(text);
	if (numbers !== null)
		return isoDay(Number(numbers[1]), Number(numbers[2]), Number(numbers[3]));
	const dayFirst =
		/^(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4})$/i.exec(
			text,
		);
	if (dayFirst !== null)
		return withMonth(dayFirst[3], dayFirst[2], dayFirst[1]);
	const monthFirst =
		/^([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/i.exec(text);
	return monthFirst === null
		? undefined
		: withMonth(monthFirst[3], monthFirst[1], monthFirst[2]);
}

function withMonth(
	year: string | undefined,
	month: string | undefined,
	day: string | undefined,
): string | undefined {
	const word = (month ?? "").toLowerCase();
	const index = MONTHS.findIndex(
		(name) => name === word || (word.length >= 3 && name.startsWith(word)),
	);
	return index < 0 ? undefined : isoDay(Number(year), index + 1, Number(day));
}

function isoDay(year: number, month: number, day: number): string {
	const two = (value: number) => String(value).padStart(2, "0");
	return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function listOf(text: string): readonly unknown[] | undefined {
	if (!text.startsWith("[") || !text.endsWith("]")) return undefined;
	try {
		const parsed = JSON.parse(text) as unknown;
		return Array.isArray(parsed) ? parsed : undefined;
	} catch {
		return undefined;
	}
}

function objectOf(text: string): object | undefined {
	if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
	try {
		const parsed = JSON.parse(text) as unknown;
		return typeof parsed === "object" && parsed !== null ? parsed : undefined;
	} catch {
		return undefined;
	}
}

/** The type that a column of texts looks like, for a table that is yet to be made. */
export function guessType(
	samples: readonly unknown[],
): "number" | "percent" | "checkbox" | "date" | "text" {
	const texts = samples
		.map((cell) => (typeof cell === "string" ? cell.trim() : cell))
		.filter((cell) => cell !== "" && cell !== null && cell !== undefined);
	if (texts.length === 0) return "text";
	const all = (fits: (cell: unknown) => boolean) => texts.every(fits);
	const as =
		(type: "number" | "percent" | "checkbox" | "date") => (cell: unknown) =>
			typeof cell === "string"
				? "value" in
					coerceCell(cell, {
						id: "",
						name: "",
						type,
						primary: false,
						settings: {},
						wireType: type,
					})
				: type === "number"
					? typeof cell === "number"
					: type === "checkbox" && typeof cell === "boolean";
	const long = all(
		(cell) => typeof cell === "string" && /^0\d|^\d{16,}$/.test(cell),
	);
	if (
		all(
			(cell) =>
				typeof cell === "string" &&
				cell.length <= MOST_NUMBER_CHARACTERS &&
				cell.normalize("NFKC").endsWith("%"),
		) &&
		all(as("percent"))
	)
		return "percent";
	if (!long && all(as("number"))) return "number";
	if (all(as("date"))) return "date";
	if (all(as("checkbox"))) return "checkbox";
	return "text";
}
