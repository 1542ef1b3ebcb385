import { TablesError } from "../../core/contract/errors.js";
import { type Loose, list, text } from "../kit/answer.js";

/*
 * Automatic numbers: `REC-{yyyy}-{0000}` in our words, a list of parts in the vendor's:
 * digits 1 to 9, fixed texts up to 20 characters, the day of creation in six forms.
 * Source: "Field edit development guide".
 */

const DAYS = ["yyyyMMdd", "yyyyMM", "yyyy", "MMdd", "MM", "dd"];
const MOST_DIGITS = 9;
const MOST_TEXT = 20;

/** The pattern of a field; absent: it counts without one. */
export function patternOf(serial: Loose): string | undefined {
	const parts = list(serial.options);
	if (serial.type !== "custom" || parts.length === 0) return undefined;
	return parts
		.map(({ type, value }) => {
			const given = text(value) ?? "";
			if (type === "system_number")
				return `{${"0".repeat(Number(given) || 1)}}`;
			return type === "created_time" ? `{${given}}` : given;
		})
		.join("");
}

/**
 * The vendor's parts of a pattern.
 * @throws TablesError bad_argument for a part that the vendor has not.
 */
export function serialOf(pattern: string | undefined, field: string): Loose {
	if (pattern === undefined || pattern === "")
		return { type: "auto_increment_number" };
	const options: { type: string; value: string }[] = [];
	for (const [part, inner] of pattern.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
		if (inner === undefined) {
			if (part === "{" || part === "}")
				throw wrong(field, pattern, `"${part}" stands alone`);
			if (part.length > MOST_TEXT)
				throw wrong(
					field,
					pattern,
					`"${part}" has more than ${MOST_TEXT} characters`,
				);
			options.push({ type: "fixed_text", value: part });
		} else if (/^0+$/.test(inner) && inner.length <= MOST_DIGITS)
			options.push({ type: "system_number", value: String(inner.length) });
		else if (DAYS.includes(inner))
			options.push({ type: "created_time", value: inner });
		else throw wrong(field, pattern, `{${inner}} is not known`);
	}
	if (!options.some(({ type }) => type === "system_number"))
		throw wrong(field, pattern, "the number itself is missing");
	return { type: "custom", options };
}

function wrong(field: string, pattern: string, why: string): TablesError {
	return new TablesError(
		"bad_argument",
		`number_pattern "${pattern}" of "${field}": ${why}`,
		{
			next: `Write texts as they are, the number as {0} to {000000000}, the day of creation as ${DAYS.map((day) => `{${day}}`).join(", ")}.`,
		},
	);
}
