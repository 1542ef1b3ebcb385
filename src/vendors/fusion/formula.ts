import type { FieldReference } from "../../core/contract/field.js";
import {
	NAMED_REFERENCE,
	nameIn,
	outsideLiterals,
	readReferences,
} from "../kit/formula.js";

/*
 * Text of the formula language. What a literal must look like was measured (Source: "room-server 1.10.0, filter"):
 * a backslash escape before the end of a literal, a brace or a quote of the same family breaks its reader,
 * so a text is cut into pieces that it reads, joined with `&` inside parentheses.
 */

const DOUBLE_QUOTES = new Set(['"', "“", "”"]);

/** Control characters other than tab and line ends were not measured. */
const UNMEASURED = /[\p{Cc}\u2028\u2029]/u;

/** A literal; undefined for texts whose reading is not certain. An empty text has none: it is `BLANK()`. */
export function literal(value: string): string | undefined {
	if (
		value === "" ||
		UNMEASURED.test(value.replace(/[\t\n\r]/g, "")) ||
		!value.isWellFormed()
	)
		return undefined;
	const pieces: string[] = [];
	let plain = "";
	let quotes = "";
	const flush = () => {
		if (plain !== "") pieces.push(`"${escaped(plain)}"`);
		if (quotes !== "") pieces.push(`'${quotes}'`);
		plain = "";
		quotes = "";
	};
	for (const character of value)
		if (character === "\\") {
			flush();
			pieces.push('"\\\\"');
		} else if (DOUBLE_QUOTES.has(character)) {
			if (plain !== "") flush();
			quotes += character;
		} else {
			if (quotes !== "") flush();
			plain += character;
		}
	flush();
	return pieces.length === 1 ? pieces[0] : `(${pieces.join("&")})`;
}

function escaped(text: string): string {
	return text
		.replaceAll("{", "\\{")
		.replaceAll("}", "\\}")
		.replaceAll("\n", "\\n")
		.replaceAll("\r", "\\r")
		.replaceAll("\t", "\\t");
}

/** A number without an exponent, which the language does not know; undefined where that would not be the same number. */
export function numeral(value: number): string | undefined {
	const text = String(value);
	return Number.isFinite(value) && !/e/i.test(text) ? text : undefined;
}

/** Replaces every field reference outside of text literals; `replace` gets the unescaped name or id. */
export function mapReferences(
	expression: string,
	replace: (name: string) => string,
): string {
	return outsideLiterals(expression, LITERAL, (part) =>
		part.replace(NAMED_REFERENCE, (_, inner: string) => replace(nameIn(inner))),
	);
}

/** A text inside of a formula, in quotes of either kind; one that does not end goes to the end, and is looked at once. */
export const LITERAL =
	/"(?:\\.|[^"\\])*(?:"|\\?$)|'(?:\\.|[^'\\])*(?:'|\\?$)/gs;

/** The fields that a formula names, by name or id. */
export function formulaReferences(
	formula: string,
): readonly FieldReference[] | undefined {
	return readReferences(formula, {
		literal: LITERAL,
		references: [
			{
				pattern: NAMED_REFERENCE,
				read: ([, inner = ""]) => ({ field: nameIn(inner) }),
			},
		],
	});
}
