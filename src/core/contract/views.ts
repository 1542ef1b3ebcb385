import type { CallContext } from "./call-context.js";
import type { Filter, GivenCondition } from "./condition.js";
import type { SortInput, Table, View, ViewType } from "./table.js";

/** What is to change about a view, checked against the table. null (or an empty list) clears a part. */
export interface ViewChange {
	/** As given. Absent: the name stays. */
	readonly name?: string;
	/** With the conditions as given beside what they mean: a view keeps `this_week`, not its days. Absent: the filter stays. */
	readonly filter?: Filter<GivenCondition> | null;
	/** Columns by id, in order of weight. Absent: the order stays. */
	readonly sort?: readonly SortInput[] | null;
	/** Field ids; all others are shown. Absent: what is shown stays. */
	readonly hiddenFields?: readonly string[] | null;
	/** Id of a link field that leads to the same table and makes rows a tree. Absent: the tree stays. */
	readonly treeBy?: string | null;
}

/** Views made, changed and deleted. What a vendor's views cannot keep is refused before anything is sent. */
export interface ViewMethods {
	/**
	 * A new view, answered as it is stored; `View.notes` says what a person has to set in the app.
	 * @throws TablesError unsupported for a type, condition or order that the vendor's views cannot keep, bad_argument for
	 * a name that is taken; else as any write.
	 */
	createView(
		table: Table,
		spec: ViewChange & { readonly name: string; readonly type: ViewType },
		context: CallContext,
	): Promise<View>;
	/**
	 * Changes the parts that are named and answers the whole view.
	 * @throws TablesError unsupported as `createView`, not_found for a view that is gone; else as any write.
	 */
	updateView(
		table: Table,
		view: View,
		change: ViewChange,
		context: CallContext,
	): Promise<View>;
	/**
	 * A person has agreed; the records stay.
	 * @throws TablesError last_one for the only view of a table, where the vendor keeps one; else as any write.
	 */
	deleteView(table: Table, view: View, context: CallContext): Promise<void>;
}
