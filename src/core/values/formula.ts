import { TablesError } from "../contract/errors.js";

/** The refusal of a formula that names fields which the table does not have. */
export function formulaNames(
	owner: string,
	missing: readonly string[],
	fields: readonly string[],
): TablesError {
	const braced = (names: readonly string[]) =>
		names.map((name) => `{${name}}`).join(", ");
	return new TablesError(
		"bad_argument",
		`the formula of "${owner}" names ${braced(missing)}, which the table does not have`,
		{ next: `Fields: ${braced(fields)}.` },
	);
}
