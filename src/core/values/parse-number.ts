import type { Field } from "../contract/field.js";
import { type Parsed, wanted } from "./parsed.js";

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A longer text is not a number: the longest that is one exactly has some eight hundred digits. */
export const MOST_NUMBER_CHARACTERS = 1_000;

/** A JSON number, or a text that is plainly one. */
export function parseNumber(given: unknown, field: Field): Parsed {
	const { min, max } = field.settings;
	let value: number;
	if (typeof given === "number") value = given;
	else if (typeof given === "string") {
		if (given.length > MOST_NUMBER_CHARACTERS) return wanted("number");
		const text = given.trim();
		const percent =
			text.endsWith("%") &&
			(field.type === "percent" || field.type === "progress");
		const digits = percent ? text.slice(0, -1).trim() : text;
		if (!DECIMAL.test(digits))
			return field.type === "percent"
				? { problem: 'takes a fraction such as 0.12, or "12%"' }
				: wanted("number");
		value = percent ? hundredth(digits) : Number(digits);
		if (percent) return inRange(value, min, max);
	} else return wanted("number");
	if (!Number.isFinite(value)) return { problem: "is not a finite number" };
	if (Number.isInteger(value) && !Number.isSafeInteger(value))
		return {
			problem:
				"is a whole number larger than can be kept exactly (2^53): keep it in a text field",
		};
	if (
		field.type === "percent" &&
		Number.isInteger(value) &&
		Math.abs(value) > 1
	)
		return {
			problem: `is ambiguous: ${value} could be ${value} % or ${value * 100} %; give "${value}%" or ${value / 100}`,
		};
	if (field.type === "rating" && !Number.isInteger(value))
		return { problem: "is a rating: give a whole number" };
	return inRange(value, min, max);
}

/** A hundredth of a decimal text, rounded once. */
function hundredth(digits: string): number {
	const [mantissa, exponent = "0"] = digits.toLowerCase().split("e");
	return Number(`${mantissa}e${Number(exponent) - 2}`);
}

function inRange(
	value: number,
	min: number | undefined,
	max: number | undefined,
): Parsed {
	if (min !== undefined && value < min)
		return { problem: `is below the least value ${min}` };
	if (max !== undefined && value > max)
		return { problem: `is above the greatest value ${max}` };
	return { cell: value };
}
