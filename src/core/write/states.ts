import type { Deed, FieldState, ViewState } from "../contract/actions.js";
import type { Field } from "../contract/field.js";
import { VIEW_TYPES, type View, type ViewType } from "../contract/table.js";
import { defined } from "../values/defined.js";

/** What undo keeps of a view. */
export function viewState(view: View): ViewState {
	const { name, filter, sort, hiddenFields, treeBy } = view;
	return { name, ...defined({ filter, sort, hiddenFields, treeBy }) };
}

/** The deletion of a view, with what undo keeps of it. */
export function deletionOf(view: View): Extract<Deed, { kind: "delete_view" }> {
	const { id, name, type } = view;
	return { kind: "delete_view", id, name, type, from: viewState(view) };
}

/** Is it a type that a view can be made with? */
export function isViewType(type: string | undefined): type is ViewType {
	return VIEW_TYPES.some((known) => known === type);
}

/** What undo keeps of a field. */
export function fieldState(
	field: Pick<Field, "name" | "type" | "description" | "settings">,
): FieldState {
	const { name, type, settings, description } = field;
	return { name, type, settings, ...defined({ description }) };
}
