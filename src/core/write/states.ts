import type { FieldState, ViewState } from "../contract/actions.js";
import type { Field } from "../contract/field.js";
import type { View } from "../contract/table.js";
import { defined } from "../values/defined.js";

/** What undo keeps of a view. */
export function viewState(view: View): ViewState {
	const { name, filter, sort, hiddenFields, treeBy } = view;
	return { name, ...defined({ filter, sort, hiddenFields, treeBy }) };
}

/** What undo keeps of a field. */
export function fieldState(
	field: Pick<Field, "name" | "type" | "description" | "settings">,
): FieldState {
	const { name, type, settings, description } = field;
	return { name, type, settings, ...defined({ description }) };
}
