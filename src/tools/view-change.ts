import { z } from "zod";
import { idOfColumn } from "../core/contract/condition.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { View } from "../core/contract/table.js";
import type { ViewChange } from "../core/contract/views.js";
import { type Located, openView, reload } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { fieldNamed } from "../core/values/names.js";
import { type Subject, viewStanding } from "../core/write/standing.js";
import { filterInput, filterOfCall } from "./filter-input.js";
import { columnOf } from "./query-scope.js";
import * as schemas from "./schemas.js";
import type { TableCall } from "./table-call.js";

/** What a view is made of, for the tools that make and change one. */
export const viewArguments = {
	filter: schemas.filterAsInQuery.optional(),
	sort: schemas.sort.optional(),
	hidden_fields: schemas.fieldNames.optional(),
	visible_fields: schemas.fieldNames.optional(),
	tree_by: schemas.textOrEmpty.optional(),
};

const viewGiven = z.object({ ...viewArguments, name: z.string().optional() });
type ViewArguments = z.output<typeof viewGiven>;

/**
 * A view's change with field ids in place of names, checked against the table. Empty clears.
 * @throws TablesError bad_argument, not_found.
 */
export async function viewChange(
	call: TableCall,
	given: ViewArguments,
): Promise<ViewChange> {
	if (given.hidden_fields !== undefined && given.visible_fields !== undefined)
		throw new TablesError(
			"bad_argument",
			"`hidden_fields` and `visible_fields` exclude each other",
			{ next: "Pass one of them." },
		);
	return defined({
		name: given.name,
		filter:
			given.filter === undefined ? undefined : await viewFilter(call, given),
		sort: given.sort && orNull(sortById(call, given.sort)),
		hiddenFields:
			given.hidden_fields === undefined
				? given.visible_fields && orNull(allBut(call, given.visible_fields))
				: orNull(given.hidden_fields.map((name) => fieldOf(call, name).id)),
		treeBy:
			given.tree_by === undefined ? undefined : treeField(call, given.tree_by),
	});
}

/** A view that a person is asked about: all that is kept of it must be as it was. */
export function standingView(
	session: Session,
	located: Located,
	view: View,
	running: Running,
): Subject {
	return {
		what: `the view "${view.name}"`,
		seen: viewStanding(located.table, view),
		async look() {
			const now = await reload(session, located, running);
			const again = await openView(now, view.id, running.call);
			return viewStanding(now.table, again);
		},
	};
}

/** A list without an entry clears. */
function orNull<Item>(items: readonly Item[]): readonly Item[] | null {
	return items.length === 0 ? null : items;
}

async function viewFilter(
	call: TableCall,
	{ filter }: ViewArguments,
): Promise<ViewChange["filter"]> {
	const input = filterInput(filter);
	return input === undefined ? null : filterOfCall(call, input, "write");
}

function sortById(
	call: TableCall,
	sort: NonNullable<ViewArguments["sort"]>,
): NonNullable<NonNullable<ViewChange["sort"]>> {
	return sort.map(({ field, direction = "asc" }) => ({
		field: idOfColumn(columnOf(call, field)),
		direction,
	}));
}

function fieldOf({ located, notes }: TableCall, name: string): Field {
	const { item, note } = fieldNamed(located.table, name);
	if (note !== undefined) notes.push(note);
	return item;
}

/** The ids of the fields that are hidden where only these are shown; the primary one always is. */
function allBut(call: TableCall, visible: readonly string[]): string[] {
	const shown = new Set(visible.map((name) => fieldOf(call, name).id));
	const { fields } = call.located.table;
	const primary = fields.find((field) => field.primary);
	if (primary !== undefined && !shown.has(primary.id))
		call.notes.push(`the primary field "${primary.name}" is always shown`);
	return fields
		.filter((field) => !shown.has(field.id) && !field.primary)
		.map((field) => field.id);
}

function treeField({ located }: TableCall, name: string): string | null {
	if (name === "") return null;
	const field = fieldNamed(located.table, name).item;
	if (field.type !== "link")
		throw new TablesError(
			"bad_argument",
			`\`tree_by\`: "${field.name}" is ${field.type}; a tree needs a link to this table`,
			{
				next: 'Name a link field of this table that points to itself, or "" for no tree.',
			},
		);
	return field.id;
}
