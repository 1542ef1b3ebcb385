import { TablesError } from "../contract/errors.js";
import { cutList, shortened } from "./names.js";

/** The refusal of a formula that names fields which the table does not have. */
export function formulaNames(
	owner: string,
	missing: readonly string[],
	fields: readonly string[],
): TablesError {
	const braced = (names: readonly string[]) =>
		cutList(names, ", ", (name) => `{${shortened(name)}}`);
	return new TablesError(
		"bad_argument",
		`the formula of "${owner}" names ${braced(missing)}, which the table does not have`,
		{ next: `Fields: ${braced(fields)}.` },
	);
}
