import type { FieldReference } from "../../core/contract/field.js";
import { readReferences } from "../kit/formula.js";

/*
 * Text of the formula language. What a literal must look like was measured on the vendor's server:
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

/** `{Name}` with braces and backslashes of the name escaped. */
export function fieldReference(name: string): string {
	return `{${name.replace(/[\\{}]/g, "\\$&")}}`;
}

const REFERENCE = /\{((?:\\.|[^\\{}])*)\}/gs;

/** Replaces every field reference outside of text literals; `replace` gets the unescaped name or id. */
export function mapReferences(
	expression: string,
	replace: (name: string) => string,
): string {
	return outsideLiterals(expression, (part) =>
		part.replace(REFERENCE, (_, inner: string) =>
			replace(inner.replace(/\\(.)/gs, "$1")),
		),
	);
}

const LITERAL = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/gs;

function outsideLiterals(
	expression: string,
	change: (part: string) => string,
): string {
	let result = "";
	let end = 0;
	for (const match of expression.matchAll(LITERAL)) {
		result += change(expression.slice(end, match.index)) + match[0];
		end = match.index + match[0].length;
	}
	return result + change(expression.slice(end));
}

/** The fields that a formula names, by name or id. */
export function formulaReferences(
	formula: string,
): readonly FieldReference[] | undefined {
	return readReferences(formula, {
		literal: LITERAL,
		references: [
			{
				pattern: REFERENCE,
				read: ([, inner = ""]) => ({ field: inner.replace(/\\(.)/gs, "$1") }),
			},
		],
	});
}
