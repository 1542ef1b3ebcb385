import { TablesError } from "../core/contract/errors.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { ViewChange } from "../core/contract/views.js";
import { resolveFilter } from "../core/filter/filter.js";
import type { Located } from "../core/places/locate.js";
import { lookupsOf } from "../core/read/lookups.js";
import { columnNamed, fieldNamed } from "../core/values/names.js";
import { filterInput } from "./filter-input.js";

export interface ViewArguments {
	readonly name?: string | undefined;
	readonly filter?: unknown;
	readonly sort?:
		| readonly {
				readonly field: string;
				readonly direction?: "asc" | "desc" | undefined;
		  }[]
		| undefined;
	readonly hidden_fields?: readonly string[] | undefined;
	readonly visible_fields?: readonly string[] | undefined;
	readonly tree_by?: string | undefined;
}

/**
 * A view's change with field ids in place of names, checked against the table. Empty clears.
 * @throws TablesError bad_argument, not_found.
 */
export async function viewChange(
	session: Session,
	located: Located,
	given: ViewArguments,
	running: Running,
	notes: string[],
): Promise<ViewChange> {
	const { table } = located;
	const id = (text: string) => {
		const { item, note } = columnNamed(
			table,
			text,
			located.adapter.systemColumns,
		);
		if (note !== undefined) notes.push(note);
		return typeof item === "string" ? item : item.id;
	};
	const fieldId = (text: string) => {
		const { item, note } = fieldNamed(table, text);
		if (note !== undefined) notes.push(note);
		return item.id;
	};
	if (given.hidden_fields !== undefined && given.visible_fields !== undefined)
		throw new TablesError(
			"bad_argument",
			"`hidden_fields` and `visible_fields` say the same thing twice",
			{ next: "Pass one of them." },
		);
	const change: { -readonly [Key in keyof ViewChange]: ViewChange[Key] } = {};
	if (given.name !== undefined) change.name = given.name;
	if (given.filter !== undefined) {
		const input = filterInput(given.filter);
		if (input === undefined) change.filter = null;
		else {
			const resolved = await resolveFilter(input, table, {
				zone: table.zone,
				nowMs: session.clock.now(),
				lookups: lookupsOf(session, located, running),
				systemColumns: located.adapter.systemColumns,
			});
			notes.push(...resolved.notes);
			change.filter = resolved.filter;
		}
	}
	if (given.sort !== undefined)
		change.sort =
			given.sort.length === 0
				? null
				: given.sort.map(({ field, direction }) => ({
						field: id(field),
						direction: direction ?? "asc",
					}));
	if (given.hidden_fields !== undefined)
		change.hiddenFields =
			given.hidden_fields.length === 0
				? null
				: given.hidden_fields.map(fieldId);
	if (given.visible_fields !== undefined) {
		const visible = new Set(given.visible_fields.map(fieldId));
		const hidden = table.fields
			.filter((field) => !visible.has(field.id) && !field.primary)
			.map((field) => field.id);
		const primary = table.fields.find((field) => field.primary);
		if (primary !== undefined && !visible.has(primary.id))
			notes.push(`the primary field "${primary.name}" is always shown`);
		change.hiddenFields = hidden.length === 0 ? null : hidden;
	}
	if (given.tree_by !== undefined) {
		if (given.tree_by === "") change.treeBy = null;
		else {
			const field = fieldNamed(table, given.tree_by).item;
			if (field.type !== "link")
				throw new TablesError(
					"bad_argument",
					`\`tree_by\`: "${field.name}" is ${field.type}; a tree needs a link to this table`,
				);
			change.treeBy = field.id;
		}
	}
	return change;
}
