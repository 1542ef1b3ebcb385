import type { Adapter } from "../contract/adapter.js";
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

/** The filter and order of a call. */
interface GivenRows {
	readonly filter?: Filter;
	readonly sort?: readonly SortKey[];
}

/** How a view's definition, in ids of fields, is resolved. */
interface ResolveView {
	filter(input: FilterInput): Promise<Filter>;
	sort(input: readonly SortInput[]): readonly SortKey[];
}

/**
 * Joins a view with the filter and sort of a call.
 * A vendor that gives all of a view leaves it to the core; one that ignores the view beside a filter gets the
 * view's filter joined with the given one instead.
 */
export async function applyView(
	located: Located,
	text: string | undefined,
	given: GivenRows,
	resolve: ResolveView,
	call: CallContext,
): Promise<AppliedView> {
	const own = defined({ filter: given.filter, sort: given.sort });
	const view =
		text === undefined ? located.view : await openView(located, text, call);
	if (view === undefined) return { ...own, hidden: new Set(), notes: [] };
	if (view.closed !== undefined)
		return {
			...own,
			hidden: new Set(),
			notes: [withoutView(view.closed, text !== undefined)],
		};
	const hidden = new Set(view.hiddenFields ?? []);
	const rule = located.adapter.viewRule;
	if (vendorApplies(rule, given)) return { ...own, view, hidden, notes: [] };
	if (view.filter === undefined)
		return {
			...own,
			view,
			hidden,
			notes: [
				`view "${view.name}" does not give its filter: its rows were read and the filter applied here`,
			],
		};
	return {
		...(await joinView(view, view.filter, given, resolve)),
		hidden,
		notes: rule === "vendor-alone" ? [joinedNote(view)] : [],
	};
}

/**
 * The note that a URL's view is left out, because of this.
 * @throws TablesError not_allowed where the view was asked for by name.
 */
function withoutView(reason: string, named: boolean): string {
	if (named)
		throw new TablesError("not_allowed", reason, {
			next: "Read the table without the view, with `filter` and `sort`.",
		});
	return `the view of the URL does not apply: ${reason}`;
}

function vendorApplies(
	rule: Adapter["viewRule"],
	{ filter, sort }: GivenRows,
): boolean {
	const alone = filter === undefined && (sort ?? []).length === 0;
	return rule === "vendor" || (rule === "vendor-alone" && alone);
}

function joinedNote({ name }: View): string {
	return `the filter of view "${name}" was joined with the given one; the view's own order and grouping do not apply`;
}

/** The view's filter and the given one; the given order, else the view's. */
async function joinView(
	view: View,
	definition: FilterInput | null,
	given: GivenRows,
	resolve: ResolveView,
): Promise<Pick<AppliedView, "filter" | "also" | "sort">> {
	const viewFilter =
		definition === null
			? undefined
			: await resolve.filter(definition).catch((error: unknown) => {
					throw ofView(error, view);
				});
	const sort = given.sort ?? (view.sort ? resolve.sort(view.sort) : undefined);
	return { ...joinFilters(viewFilter, given.filter), ...defined({ sort }) };
}

/** A view's filter that is wrong, though the call gave none: whose it is, and what can be done. */
function ofView(error: unknown, { name }: View): unknown {
	return error instanceof TablesError && error.code === "bad_argument"
		? new TablesError(
				error.code,
				`the filter of view "${name}" cannot be read: ${error.message}`,
				{
					next: "Set its filter anew with update_view, or read the table without the view.",
					cause: error,
				},
			)
		: error;
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
