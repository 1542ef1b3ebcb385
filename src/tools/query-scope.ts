import type { z } from "zod";
import { nameOfColumn } from "../core/contract/condition.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field, SystemColumn } from "../core/contract/field.js";
import type { Query, SortKey } from "../core/read/read-plan.js";
import { type AppliedView, applyView } from "../core/read/view.js";
import { defined } from "../core/values/defined.js";
import { columnNamed, findNamed } from "../core/values/names.js";
import { kindOf } from "../core/values/values.js";
import { filterInput, filterOfCall } from "./filter-input.js";
import type { QueryArguments } from "./query-arguments.js";
import type * as schemas from "./schemas.js";
import type { TableCall } from "./table-call.js";

export type Column = Field | SystemColumn;

/** The arguments that say which rows and which columns of them. */
export type RowsArguments = Pick<
	QueryArguments,
	"fields" | "sort" | "view" | "group_by" | "aggregate" | "detail"
> & {
	/** Checked for its form here: not every tool spells it out. */
	readonly filter?: unknown;
};

/** One column of a sort, as a tool takes it. */
export type SortArgument = z.output<typeof schemas.sort>[number];

export interface ResolvedRows {
	readonly query: Query;
	/** Each once, in the order of the answer. */
	readonly shown: readonly ShownColumn[];
	/** Names of fields that are left out because the view hides them. */
	readonly hidden: readonly string[];
}

/** A column of the answer. */
export interface ShownColumn {
	readonly column: Column;
	/** Its name in the answer. */
	readonly label: string;
	/** People and links: their ids in place of their names and titles. */
	readonly asIds: boolean;
}

/** Names, filter, sort and view of a call that reads rows, resolved against the table. */
export async function resolveRows(
	call: TableCall,
	args: RowsArguments,
): Promise<ResolvedRows> {
	const applied = await viewApplied(call, args);
	call.notes.push(...applied.notes);
	const shown = [
		...new Map(
			(
				args.fields?.map((name) => shownColumn(call, name)) ??
				call.located.table.fields
					.filter(({ id }) => !applied.hidden.has(id))
					.map(asItIs)
			).map((one) => [one.label, one]),
		).values(),
	];
	const { filter, also, sort, view } = applied;
	return {
		shown,
		hidden:
			args.fields === undefined
				? call.located.table.fields
						.filter(({ id }) => applied.hidden.has(id))
						.map(nameOfColumn)
				: [],
		query: {
			...splitColumns([...new Set(shown.map(({ column }) => column))]),
			raw: args.detail === "raw",
			...defined({ filter, also, sort, view }),
		},
	};
}

function asItIs(column: Column): ShownColumn {
	return { column, label: nameOfColumn(column), asIds: false };
}

/** `Customer`, or `Customer.id`: the ids of people or linked records, unless a field has that name. */
function shownColumn(call: TableCall, name: string): ShownColumn {
	const base = /^(.+)\.id$/s.exec(name)?.[1];
	if (base === undefined || isField(call, name))
		return asItIs(columnOf(call, name));
	// An unknown name is reported as it was given.
	const column = columnOf(call, isField(call, base) ? base : name);
	if (!["people", "links"].includes(kindOf(column)))
		throw new TablesError(
			"bad_argument",
			`"${name}": only people and links have ids, and "${nameOfColumn(column)}" has none`,
			{ next: `Ask for "${nameOfColumn(column)}".` },
		);
	return { column, label: `${nameOfColumn(column)}.id`, asIds: true };
}

function isField({ located }: TableCall, name: string): boolean {
	return findNamed(located.table.fields, name).items.length > 0;
}

/** The filter and sort of the call, joined with those of the view. */
async function viewApplied(
	call: TableCall,
	args: RowsArguments,
): Promise<AppliedView> {
	const given = filterInput(args.filter);
	const filter = given && (await filterOfCall(call, given));
	const sort = asksGroups(args)
		? undefined
		: args.sort && sortKeys(call, args.sort);
	return applyView(
		call.located,
		args.view,
		defined({ filter, sort }),
		{
			filter: (input) => filterOfCall(call, input, "kept"),
			sort: (keys) => sortKeys(call, keys),
		},
		call.running.call,
	);
}

/** Groups have a sort of their own: by keys and aggregates. */
export function asksGroups({ group_by, aggregate }: RowsArguments): boolean {
	return group_by !== undefined || aggregate !== undefined;
}

function sortKeys(call: TableCall, sort: readonly SortArgument[]): SortKey[] {
	return sort.map(({ field, direction }) => ({
		by: columnOf(call, field),
		descending: direction === "desc",
	}));
}

/** The field or system column that a text names. */
export function columnOf({ located, notes }: TableCall, text: string): Column {
	const { item, note } = columnNamed(
		located.table,
		text,
		located.adapter.systemColumns,
	);
	if (note !== undefined) notes.push(note);
	return item;
}

/** Fields and system columns, as a query wants them. */
export function splitColumns(
	columns: readonly Column[],
): Pick<Query, "fields" | "system"> {
	return {
		fields: columns.filter((item): item is Field => typeof item !== "string"),
		system: columns.filter(
			(item): item is SystemColumn => typeof item === "string",
		),
	};
}
