import type { CallContext } from "../contract/call-context.js";
import type { Filter } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { FilterInput, SortInput, View } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { openView } from "../places/locate.js";
import { defined } from "../values/defined.js";
import type { SortKey } from "./read-plan.js";

/** What reading through a view means: which part the vendor does and which the core. */
export interface AppliedView {
	readonly filter?: Filter;
	readonly also?: Filter;
	readonly sort?: readonly SortKey[];
	/** Present when the vendor applies it. */
	readonly view?: View;
	/** Field ids that the view does not show. */
	readonly hidden: ReadonlySet<string>;
	readonly notes: readonly string[];
}

/**
 * Joins a view with the filter and sort of a call. `resolve…` turn a definition (field ids) into resolved form.
 * A vendor that gives all of a view leaves it to the core; one that ignores the view beside a filter gets the
 * view's filter joined with the given one instead.
 */
export async function applyView(
	located: Located,
	text: string | undefined,
	given: { readonly filter?: Filter; readonly sort?: readonly SortKey[] },
	resolve: {
		filter(input: FilterInput): Promise<Filter>;
		sort(input: readonly SortInput[]): readonly SortKey[];
	},
	call: CallContext,
): Promise<AppliedView> {
	const own = defined({ filter: given.filter, sort: given.sort });
	const view =
		text === undefined ? located.view : await openView(located, text, call);
	if (view === undefined) return { ...own, hidden: new Set(), notes: [] };
	if (view.closed !== undefined && view.filter === undefined) {
		if (text !== undefined)
			throw new TablesError("not_allowed", view.closed, {
				next: "Read the table without the view, with `filter` and `sort`.",
			});
		return {
			...own,
			hidden: new Set(),
			notes: [`the view of the URL does not apply: ${view.closed}`],
		};
	}
	const hidden = new Set(view.hiddenFields ?? []);
	const rule = located.adapter.viewRule;
	const alone = given.filter === undefined && (given.sort ?? []).length === 0;
	if (
		view.closed === undefined &&
		(rule === "vendor" || (rule === "vendor-alone" && alone))
	)
		return { ...own, view, hidden, notes: [] };
	if (view.filter === undefined)
		return {
			...own,
			view,
			hidden,
			notes: [
				`view "${view.name}" does not give its filter: its rows were read and the filter applied here`,
			],
		};
	const viewFilter =
		view.filter === null ? undefined : await resolve.filter(view.filter);
	const joined = joinFilters(viewFilter, given.filter);
	const sort = given.sort ?? (view.sort ? resolve.sort(view.sort) : undefined);
	return {
		...joined,
		...defined({ sort }),
		hidden,
		notes:
			rule === "vendor-alone"
				? [
						`the filter of view "${view.name}" was joined with the given one; the view's own order and grouping do not apply`,
					]
				: [],
	};
}

/** Both must hold. Written as one filter where one level of groups can say it, else as two. */
export function joinFilters(
	a: Filter | undefined,
	b: Filter | undefined,
): { filter?: Filter; also?: Filter } {
	if (a === undefined || b === undefined) return defined({ filter: a ?? b });
	const parts = [asAll(a), asAll(b)];
	const [first, second] = parts;
	if (first !== undefined && second !== undefined)
		return {
			filter: {
				match: "all",
				conditions: [...first.conditions, ...second.conditions],
				groups: [...first.groups, ...second.groups],
			},
		};
	return { filter: a, also: b };
}

/** The same filter with `all` at its root; undefined where that needs a second level of groups. */
function asAll(filter: Filter): Filter | undefined {
	if (filter.match === "all") return filter;
	if (filter.groups.length === 0)
		return { match: "all", conditions: [], groups: [filter] };
	return filter.conditions.length === 0 && filter.groups.length === 1
		? { match: "all", conditions: [], groups: filter.groups }
		: undefined;
}
