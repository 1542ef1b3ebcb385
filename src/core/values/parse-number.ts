import type { Field } from "../contract/field.js";
import { otherCurrency } from "./currency.js";
import { withoutEnd } from "./ends.js";
import { quoted } from "./names.js";
import {
	ambiguousNumber,
	isDotted,
	MOST_NUMBER_CHARACTERS,
	numberOf,
	readNumberText,
} from "./number-text.js";
import { type Parsed, wanted } from "./parsed.js";
import { percentText } from "./show-item.js";

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** A JSON number, or a text that can be read as one number only; a point stands before decimals, as in JSON. */
export function parseNumber(given: unknown, field: Field): Parsed {
	if (typeof given === "number") return checked(given, field);
	if (typeof given !== "string" || given.length > MOST_NUMBER_CHARACTERS)
		return notNumber(field);
	const read = readText(given.trim(), field);
	if ("problem" in read) return read;
	const { digits, percent } = read;
	const value = percent ? hundredth(digits) : Number(digits);
	if (
		!(Number.isInteger(value) && !Number.isSafeInteger(value)) &&
		isRounded(digits, value)
	)
		return {
			problem: `has more digits than a number keeps: ${quoted(given)} would become ${value}; keep it in a text field`,
		};
	if (!percent) return checked(value, field);
	if (!Number.isFinite(value)) return { problem: "is not a finite number" };
	return inRange(value, field);
}

function notNumber(field: Field): { readonly problem: string } {
	return field.type === "percent"
		? { problem: 'takes a fraction such as 0.12, or "12%"' }
		: wanted("number");
}

function readText(
	text: string,
	field: Field,
):
	| { readonly digits: string; readonly percent: boolean }
	| { readonly problem: string } {
	if (DECIMAL.test(text))
		return maybeGrouped(text) ?? { digits: text, percent: false };
	const isPercent = field.type === "percent" || field.type === "progress";
	if (isPercent && text.endsWith("%")) {
		const digits = text.slice(0, -1).trim();
		if (DECIMAL.test(digits))
			return maybeGrouped(digits) ?? { digits, percent: true };
	}
	if (isDotted(text)) return mayBeCode(text) ?? notNumber(field);
	const read = numberOf(text);
	if ("problem" in read)
		return read.problem.startsWith("is ambiguous")
			? { problem: `${read.problem}; give it as a number` }
			: notNumber(field);
	const other = otherCurrency(field, read.money, text);
	if (other !== undefined) return { problem: other };
	return read.percent && !isPercent ? notNumber(field) : read;
}

/** Digits with points between them are codes and versions as often as numbers in groups. undefined: they cannot be groups. */
function mayBeCode(text: string): { readonly problem: string } | undefined {
	const digits = readNumberText(text)?.[","];
	return digits === undefined
		? undefined
		: {
				problem: `is ambiguous: ${quoted(text)} may be a code, or ${digits} with points between its groups; give it as the number ${digits}, or keep a code in a text field`,
			};
}

/** A thousand, as a person writes 1.500: a program does not end decimals in 0. undefined: it is one number only. */
function maybeGrouped(text: string): { readonly problem: string } | undefined {
	const bare = text.replace(/^\+/, "");
	const found = /^-?[1-9]\d{0,2}\.\d\d0$/.test(bare)
		? readNumberText(bare)
		: undefined;
	return found === undefined
		? undefined
		: { problem: `${ambiguousNumber(text, found)}; give it as a number` };
}

function checked(value: number, field: Field): Parsed {
	if (!Number.isFinite(value)) return { problem: "is not a finite number" };
	if (Number.isInteger(value) && !Number.isSafeInteger(value))
		return {
			problem:
				"is a whole number larger than can be kept exactly (2^53): keep it in a text field",
		};
	const parsed = inRange(value, field);
	if ("cell" in parsed && field.type === "percent" && Math.abs(value) > 1)
		return { ...parsed, unlessHeld: ambiguousPercent(value) };
	if (field.type === "rating" && !Number.isInteger(value))
		return { problem: "is a rating: give a whole number" };
	return parsed;
}

/** A bare number beyond 1 in a field of percent may be meant in percent, or as a fraction. */
function ambiguousPercent(value: number): string {
	return `is ambiguous: ${value} could be ${value} % or ${percentText(value).slice(0, -1)} %; give "${value}%" or "${percentText(value)}", or the first as the fraction ${hundredth(String(value))}`;
}

/** A hundredth of a decimal text, rounded once. */
function hundredth(digits: string): number {
	const [mantissa, exponent = "0"] = digits.toLowerCase().split("e");
	return Number(`${mantissa}e${Number(exponent) - 2}`);
}

/** Digits that every number keeps. */
const KEPT_DIGITS = 15;
/** Numbers that are smaller keep fewer, and at last none. */
const LEAST_WHOLE = 2.3e-308;

/** Does the text of a JSON number say more than the number that a program makes of it? */
export function isInexact(digits: string): boolean {
	const value = Number(digits);
	return (
		!Number.isFinite(value) ||
		(Number.isInteger(value) && !Number.isSafeInteger(value)) ||
		isRounded(digits, value)
	);
}

/** Would a number lose some of the digits? */
function isRounded(digits: string, value: number): boolean {
	if (!Number.isFinite(value)) return false;
	const isTiny = Math.abs(value) < LEAST_WHOLE;
	if (digits.length <= KEPT_DIGITS && !isTiny) return false;
	const given = significant(digits);
	return (
		(given.length > KEPT_DIGITS || isTiny) &&
		given !== significant(value === 0 ? "" : String(value))
	);
}

/** Without sign, point, exponent and the zeros around. */
function significant(digits: string): string {
	const bare = (digits.toLowerCase().split("e")[0] as string)
		.replace(/[^0-9]/g, "")
		.replace(/^0+/, "");
	return withoutEnd(bare, /0/);
}

function inRange(value: number, { settings: { min, max } }: Field): Parsed {
	if (min !== undefined && value < min)
		return { problem: `is below the least value ${min}` };
	if (max !== undefined && value > max)
		return { problem: `is above the greatest value ${max}` };
	return { cell: value };
}
