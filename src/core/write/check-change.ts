import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Located } from "../places/locate.js";

/**
 * Refuses what would be refused after a person had agreed to it: a field, or without one the table, that is to go.
 * @throws TablesError as `deleteField` and `deleteTable` of the adapter.
 */
export async function checkDelete(
	{ adapter, table }: Located,
	field: Field | undefined,
	call: CallContext,
): Promise<void> {
	if (field?.primary)
		throw new TablesError(
			"bad_argument",
			`"${field.name}" is the primary field of "${table.name}": it names the records, and cannot be deleted`,
			{
				next: "Nothing was sent. Rename it with update_field, or delete the table.",
			},
		);
	await adapter.checkDelete?.(table, field, call);
}
