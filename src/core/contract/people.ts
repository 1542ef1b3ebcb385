import type { CallContext } from "./call-context.js";
import type { Field } from "./field.js";
import type { Table } from "./table.js";

/** People in cells: from a name to an id, and back. */
export interface PeopleMethods {
	/**
	 * People (for a group or department field, those) whose id, name or e-mail is one of `texts`; used to write and to
	 * filter by name. Several of one name are not an error here: the core refuses what is ambiguous.
	 * @throws TablesError not_allowed where the account may not look people up; else as any read.
	 */
	findPeople(
		table: Table,
		field: Field,
		texts: readonly string[],
		context: CallContext,
	): Promise<
		readonly {
			readonly id: string;
			readonly name: string | null;
			readonly email?: string;
		}[]
	>;
	/**
	 * Names of people whose cells show ids only. Those that cannot be read are left out and shown by id.
	 * @throws TablesError not_allowed where the account may not read any: the ids are shown, with a note; else as any read.
	 */
	readNames(
		ids: readonly string[],
		context: CallContext,
	): Promise<ReadonlyMap<string, string>>;
}
