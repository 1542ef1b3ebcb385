import { TablesError } from "../../core/contract/errors.js";
import type { FieldType } from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type { Unsupported } from "../../core/contract/unsupported.js";

/** How a new field of each type looks on the wire, or why the vendor's API cannot make one. */
export type NewFieldRows<Row extends object> = {
	readonly [T in FieldType]: Row | Unsupported;
};

/**
 * The row of a field's type.
 * @throws TablesError unsupported with the row's reason.
 */
export function newFieldRow<Row extends object>(
	rows: NewFieldRows<Row>,
	{ name, type }: Pick<FieldSpec, "name" | "type">,
): Row {
	const row: Row | Unsupported = rows[type];
	if (isUnsupported(row))
		throw new TablesError(
			"unsupported",
			`"${name}" cannot be made as ${type}: ${row.unsupported}`,
		);
	return row;
}

/** Is it a row that names a reason in place of a value? */
export function isUnsupported(row: object): row is Unsupported {
	return "unsupported" in row;
}

/**
 * @throws TablesError unsupported that names the settings that are given and that the vendor's API does not have.
 */
export function refuseSettings(
	name: string,
	settings: Readonly<Record<string, unknown>>,
	{ of = "a field", app }: { readonly of?: string; readonly app: string },
): void {
	const given = Object.entries(settings)
		.filter(([, value]) => value !== undefined && value !== "")
		.map(([setting]) => setting);
	if (given.length > 0)
		throw new TablesError(
			"unsupported",
			`"${name}": this API cannot set ${given.map((setting) => `\`${setting}\``).join(", ")} of ${of}`,
			{ next: `Leave it out; set it in ${app} if it is needed.` },
		);
}

/**
 * Percent is a type of its own: a number that is shown with % would be read as a fraction.
 * @throws TablesError bad_argument for a number with such a format.
 */
export function refusePercent({
	name,
	type,
	settings: { format },
}: FieldSpec): void {
	if (type !== "number" || format?.includes("%") !== true) return;
	throw new TablesError(
		"bad_argument",
		`"${name}": the format "${format}" shows percent, and the field is a number`,
		{ next: "Make its type percent: its values are fractions, 0.25 is 25%." },
	);
}
