import type { CallContext } from "./call-context.js";
import type { Filter } from "./condition.js";
import type { FilterInput, SortInput, Table, View, ViewType } from "./table.js";

/** Field ids everywhere; absent = keep; null or an empty list = clear. */
export interface ViewChange {
	readonly name?: string;
	readonly filter?: FilterInput | null;
	/** Goes with `filter`: the same conditions in the same order, names resolved and values parsed. */
	readonly resolved?: Filter;
	readonly sort?: readonly SortInput[] | null;
	readonly hiddenFields?: readonly string[] | null;
	readonly treeBy?: string | null;
}

export interface ViewMethods {
	createView(
		table: Table,
		spec: ViewChange & { readonly name: string; readonly type: ViewType },
		context: CallContext,
	): Promise<View>;
	updateView(
		table: Table,
		view: View,
		change: ViewChange,
		context: CallContext,
	): Promise<View>;
	deleteView(table: Table, view: View, context: CallContext): Promise<void>;
}
