import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { View } from "../contract/table.js";
import type { Located } from "../places/locate.js";

/**
 * The same for a view.
 * @throws TablesError last_one.
 */
export function checkDeleteView(
	{ adapter, table, connection }: Located,
	view: View,
): void {
	if (adapter.keepsLastView && table.views.length === 1)
		throw new TablesError(
			"last_one",
			`"${view.name}" is the only view of "${table.name}", and ${connection.title} keeps one`,
			{ next: "Nothing was sent. Make another view with create_view first." },
		);
}

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
