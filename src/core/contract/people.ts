import type { CallContext } from "./call-context.js";
import type { Field } from "./field.js";
import type { Table } from "./table.js";

export interface PeopleMethods {
	/** People (groups, departments) whose name or e-mail is one of `texts`; used to write and filter by name. */
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
	/** Names of people whose cells show ids only. Those that cannot be read are left out. */
	readNames(
		ids: readonly string[],
		context: CallContext,
	): Promise<ReadonlyMap<string, string>>;
}
