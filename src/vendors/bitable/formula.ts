import type { Field, FieldReference } from "../../core/contract/field.js";
import {
	NAMED_REFERENCE,
	namedReference,
	nameIn,
	outsideLiterals,
	readReferences,
	withFieldIds,
} from "../kit/formula.js";

/*
 * Formulas name a field as `bitable::$table[tbl…].$field[fld…]`; people and agents write `{Name}`.
 * Texts inside double quotes are left alone. Source: "Field edit development guide".
 */

/** One that does not end goes to the end, and is looked at once. */
const LITERAL = /"(?:\\.|[^"\\])*(?:"|\\?$)/gs;
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
	return withFieldIds(
		{ formula, literal: LITERAL, fields, owner },
		(id) => `bitable::$table[${table}].$field[${id}]`,
	);
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
