import type { Field, FieldReference } from "../../core/contract/field.js";
import { formulaNames } from "../../core/values/formula.js";
import {
	NAMED_REFERENCE,
	namedReference,
	nameIn,
	outsideLiterals,
	readReferences,
} from "../kit/formula.js";

/*
 * Formulas name a field as `bitable::$table[tbl…].$field[fld…]`; people and agents write `{Name}`.
 * Texts inside double quotes are left alone. Source: "Field edit development guide".
 */

const LITERAL = /"(?:\\.|[^"\\])*"/gs;
const WIRE_REFERENCE = /bitable::\$table\[([^\]]+)\]\.\$field\[([^\]]+)\]/g;

/** References to fields of this table as `{Name}`; those of other tables stay as they are. */
export function namedFormula(
	expression: string,
	table: string,
	names: ReadonlyMap<string, string>,
): string {
	return outsideLiterals(expression, LITERAL, (part) =>
		part.replace(WIRE_REFERENCE, (whole, owner: string, field: string) => {
			const name = owner === table ? names.get(field) : undefined;
			return name === undefined ? whole : namedReference(name);
		}),
	);
}

/**
 * `{Name}` or `{id}` as the vendor's reference.
 * @throws TablesError bad_argument naming every field that the table does not have.
 */
export function wireFormula(
	formula: string,
	table: string,
	fields: readonly Pick<Field, "id" | "name">[],
	owner: string,
): string {
	const missing: string[] = [];
	const expression = outsideLiterals(formula, LITERAL, (part) =>
		part.replace(NAMED_REFERENCE, (_, inner: string) => {
			const name = nameIn(inner);
			const field = fields.find(
				(candidate) => candidate.name === name || candidate.id === name,
			);
			if (field === undefined) missing.push(name);
			return `bitable::$table[${table}].$field[${field?.id ?? name}]`;
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

/** The fields that a formula names, as `{Name}` or in the vendor's own way; those of its own table without a table. */
export function formulaReferences(
	formula: string,
	table: string,
): readonly FieldReference[] | undefined {
	return readReferences(formula, {
		literal: LITERAL,
		references: [
			{
				pattern: WIRE_REFERENCE,
				read: ([, owner = "", field = ""]) =>
					owner === table ? { field } : { table: owner, field },
			},
			{
				pattern: NAMED_REFERENCE,
				read: ([, inner = ""]) => ({ field: nameIn(inner) }),
			},
		],
	});
}
