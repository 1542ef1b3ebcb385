import type { Field, FieldReference } from "../../core/contract/field.js";
import { formulaNames } from "../../core/values/formula.js";

/** How a vendor's formulas look, as far as it takes to find what they name. */
export interface FormulaSyntax {
	/** Text literals, global. */
	readonly literal: RegExp;
	/** One kind of reference each, global; `read` gets the match. */
	readonly references: readonly {
		readonly pattern: RegExp;
		read(match: RegExpExecArray): FieldReference;
	}[];
}

/** A vendor's reader may end a literal elsewhere than ours where it holds one of these. */
const UNSURE_IN_LITERAL = /[\\{}[\]$“”]|::/;
/**
 * What a formula may consist of beside literals and references: numbers, function names, operators. Each can be read in
 * one way only, so that a text that does not fit is not tried in all ways.
 */
const PLAIN =
	/^(?:\s|\d+(?:\.\d+)?(?![\d.])|(?:TRUE|FALSE)\b(?!\s*[(（.])|[A-Za-z][\w.]*(?![\w.])(?=\s*[(（])|[-+*/%^&=<>!,;()（），])*$/i;

/**
 * Every field that a formula names; undefined where it holds anything that is not understood with certainty, so that
 * no reference can hide in it.
 */
export function readReferences(
	formula: string,
	{ literal, references }: FormulaSyntax,
): readonly FieldReference[] | undefined {
	let unsure = false;
	const bare = formula.replace(literal, (text) => {
		const ends = text.length > 1 && text.endsWith(text[0] as string);
		unsure ||= !ends || UNSURE_IN_LITERAL.test(text.slice(1, -1));
		return " 0 ";
	});
	if (unsure) return undefined;
	const found: FieldReference[] = [];
	const rest = references.reduce(
		(text, { pattern, read }) =>
			text.replace(pattern, (...match) => {
				found.push(read(match as unknown as RegExpExecArray));
				return " 0 ";
			}),
		bare,
	);
	return PLAIN.test(rest) ? found : undefined;
}

/** Changes what stands outside of the text literals. */
export function outsideLiterals(
	expression: string,
	literal: RegExp,
	change: (part: string) => string,
): string {
	let result = "";
	let end = 0;
	for (const match of expression.matchAll(literal)) {
		result += change(expression.slice(end, match.index)) + match[0];
		end = match.index + match[0].length;
	}
	return result + change(expression.slice(end));
}

/** `{Name}`; braces and backslashes of the name are escaped. */
export const NAMED_REFERENCE = /(?<!\\)\{((?:\\.|[^\\{}])*)\}/gs;

/** `{Name}` of a field. */
export function namedReference(name: string): string {
	return `{${name.replace(/[\\{}]/g, "\\$&")}}`;
}

/** The name inside of `{…}`. */
export function nameIn(inner: string): string {
	return inner.replace(/\\(.)/gs, "$1");
}

/** A formula as people write it, and the fields that it may name. */
export interface NamedFormula {
	readonly formula: string;
	/** Outside of these a reference is one. */
	readonly literal: RegExp;
	readonly fields: readonly Pick<Field, "id" | "name">[];
	/** The field that the formula is for, in the message. */
	readonly owner: string;
}

/**
 * `{Name}` or `{id}` as the vendor's reference, which `reference` writes.
 * @throws TablesError bad_argument naming every field that the table does not have.
 */
export function withFieldIds(
	{ formula, literal, fields, owner }: NamedFormula,
	reference: (id: string) => string,
): string {
	const missing: string[] = [];
	const expression = outsideLiterals(formula, literal, (part) =>
		part.replace(NAMED_REFERENCE, (_, inner: string) => {
			const name = nameIn(inner);
			const field = fields.find(
				(candidate) => candidate.name === name || candidate.id === name,
			);
			if (field === undefined) missing.push(name);
			return reference(field?.id ?? name);
		}),
	);
	if (missing.length > 0)
		throw formulaNames(
			owner,
			missing,
			fields.map(({ name }) => name),
		);
	return expression;
}
