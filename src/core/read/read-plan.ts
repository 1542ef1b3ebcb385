import type { CallContext } from "../contract/call-context.js";
import type { Filter } from "../contract/condition.js";
import { fieldsOf } from "../contract/condition.js";
import type { Field, SystemColumn } from "../contract/field.js";
import type { WireQuery, WireSort } from "../contract/records.js";
import type { Row, View } from "../contract/table.js";
import { matches } from "../filter/matches.js";
import { type Compiled, pushDown } from "../filter/push-down.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";

export interface SortKey {
	readonly by: Field | SystemColumn;
	readonly descending: boolean;
}

/** Rows of one table, in neutral terms. */
export interface Query {
	/** Fields whose cells are wanted. */
	readonly fields: readonly Field[];
	readonly system?: readonly SystemColumn[];
	/** Already joined with the definition of a view where the core applies it: see `applyView`. */
	readonly filter?: Filter;
	/** A second filter that must hold as well; evaluated here, never sent. */
	readonly also?: Filter;
	readonly sort?: readonly SortKey[];
	/** Only where the vendor applies it. */
	readonly view?: View;
	readonly raw?: boolean;
	/** Fills in what the order compares and cells do not hold: titles of links. Absent: cells are compared as they are. */
	readonly titled?: (
		rows: readonly Row[],
		call: CallContext,
	) => Promise<readonly Row[]>;
	/** Rows of a page; default and maximum: the vendor's. */
	readonly pageSize?: number;
}

/** A query as it is sent, and what is left for the core to do. */
export interface ReadPlan {
	/** Its columns are the wanted ones, and those that filter and order need. */
	readonly wire: WireQuery;
	/** The vendor's answer needs no filtering. */
	readonly exact: boolean;
	/** The vendor orders as asked. */
	readonly sorted: boolean;
	/** The view's rows are asked for by id first, because the view hides a column that is needed. */
	readonly viewByIds: boolean;
}

/** What is sent of a query, and what is left for the core to do. */
export function planRead(located: Located, query: Query): ReadPlan {
	const { adapter, table } = located;
	const { fields, system } = columnsNeeded(located, query);
	const sort = query.sort ?? [];
	const viewAlone =
		query.view !== undefined && adapter.viewRule === "vendor-alone";
	const sorted =
		sort.length === 0 ||
		(!viewAlone && sort.every(({ by }) => adapter.sortable(by)));
	const pushed: Compiled = query.filter
		? pushDown(query.filter, adapter.dialect, { zone: table.zone })
		: { exact: true };
	const wire: WireQuery = {
		fields,
		system,
		pageSize: pageSize(query, adapter.limits.page),
		...defined({
			filter: viewAlone ? undefined : pushed.expr,
			sort: sorted && sort.length > 0 ? sort.map(wireSort) : undefined,
			view: query.view?.id,
		}),
	};
	const hidden = new Set(query.view?.hiddenFields ?? []);
	return {
		wire,
		exact:
			query.also === undefined &&
			(!query.filter || (pushed.exact && !viewAlone)),
		sorted,
		viewByIds:
			adapter.viewRule !== "definition" &&
			fields.some((field) => hidden.has(field.id)),
	};
}

function pageSize({ pageSize }: Query, most: number): number {
	return Math.max(1, Math.min(pageSize ?? most, most));
}

/** The wanted columns, and those that filters and order look at. */
export function columnsNeeded(
	{ table }: Pick<Located, "table">,
	query: Query,
): Pick<WireQuery, "fields" | "system"> {
	const needs = [query.filter, query.also].flatMap((filter) =>
		filter === undefined ? [] : [fieldsOf(filter)],
	);
	const sortedBy = (query.sort ?? []).map(({ by }) => by);
	return {
		fields: unique([
			...query.fields,
			...(needs.some(({ all }) => all) ? table.fields : []),
			...needs.flatMap(({ fields }) => fields),
			...sortedBy.filter((by) => typeof by !== "string"),
		]),
		system: unique([
			...(query.system ?? []),
			...needs.flatMap(({ system }) => system),
			...sortedBy.filter((by) => typeof by === "string"),
		]),
	};
}

function wireSort({ by, descending }: SortKey): WireSort {
	return { field: by, descending };
}

/** Does the row pass both filters? */
export function holds(
	{ table }: Pick<Located, "table">,
	{ filter, also }: Pick<Query, "filter" | "also">,
	row: Row,
): boolean {
	return (
		(filter === undefined || matches(filter, row, table)) &&
		(also === undefined || matches(also, row, table))
	);
}

function unique<T>(items: readonly T[]): T[] {
	return [...new Set(items)];
}
