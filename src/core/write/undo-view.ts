import type { ViewState } from "../contract/actions.js";
import { act } from "../contract/consent.js";
import type { FilterInput, View } from "../contract/table.js";
import type { ViewChange } from "../contract/views.js";
import { need } from "../places/capability.js";
import { openView } from "../places/locate.js";
import { fixed } from "../places/schema-fence.js";
import { filterOf } from "../read/resolve-filter.js";
import { checkDeleteView } from "./check-change.js";
import { viewStanding } from "./standing.js";
import { deletionOf, isViewType, viewState } from "./states.js";
import {
	again,
	cannot,
	changedSince,
	gone,
	type Of,
	type Step,
	type Undoing,
} from "./undo-step.js";

/** A view that was made is deleted; a person is asked where it was changed since. */
export async function dropView(
	undoing: Undoing,
	deed: Of<"create_view">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	const known = table.views.find(({ id }) => id === made.id);
	if (known === undefined) throw gone(action, `the view "${deed.name}"`);
	const remove = need(located, "deleteView");
	const view = await openView(located, known.id, running.call);
	if (view.fixed) throw fixed("view", view.name);
	checkDeleteView(located, view);
	const isChanged =
		made.view !== undefined && differs(view, made.view, VIEW_PARTS).length > 0;
	return {
		says: `deleted the view "${view.name}", which it had made`,
		standing: viewStanding(table, view),
		...(isChanged
			? {
					question: {
						action: act`delete the view ${view.name} of ${table.name}, which was changed since it was made`,
						expected: view.name,
						about: view.id,
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{
					deed: deletionOf(view),
					consent,
				},
				() => remove(table, view, running.call),
			),
	};
}

/** A view that was deleted is made again with what was known of it; its id, place and the rest are new. */
export async function remakeView(
	undoing: Undoing,
	{ name, from, type, id }: Of<"delete_view">,
): Promise<Step> {
	const { located, running } = undoing;
	const { table } = located;
	const create = need(located, "createView");
	if (from === undefined || !isViewType(type))
		throw cannot(undoing.action, "what was set in it is not kept");
	const parts = VIEW_PARTS.filter((part) => isSet(from[part]));
	const change = await formerView(undoing, from, parts);
	const unknown = SETTINGS_OF_VIEWS.filter(
		([part]) => from[part] === undefined,
	).map(([, words]) => words);
	return {
		standing: { same: { table: table.name } },
		says: `made the view "${name}" again, with ${parts.length === 1 ? "nothing set in it" : parts.filter((part) => part !== "name").join(", ")}`,
		notes: [
			`the view has a new id and stands last: what named it as ${id} does not find it`,
			...(unknown.length === 0
				? []
				: [
						`not taken back, because this vendor does not report ${unknown.length === 1 ? "it" : "them"}: ${unknown.join(", ")}`,
					]),
			...(type === "grid"
				? []
				: [
						`what a ${type} view has besides filter, order and fields (such as what it groups or dates by) is not taken back`,
					]),
		],
		send: (consent) =>
			again(
				undoing,
				{
					deed: { kind: "create_view", name },
					consent,
					made: (view) => ({ id: view.id, view: viewState(view) }),
				},
				() => create(table, { ...change, name, type }, running.call),
			),
	};
}

function isSet(part: ViewState[keyof ViewState]): boolean {
	return Array.isArray(part) ? part.length > 0 : (part ?? null) !== null;
}

const SETTINGS_OF_VIEWS = [
	["filter", "its filter"],
	["sort", "its order"],
	["hiddenFields", "its hidden fields"],
	["treeBy", "its tree"],
] as const;

const VIEW_PARTS = [
	"name",
	"filter",
	"sort",
	"hiddenFields",
	"treeBy",
] as const;

/** Parts that the two do not share, as far as both are known. */
function differs(
	now: View | ViewState,
	then: ViewState,
	parts: readonly (keyof ViewState)[],
): readonly string[] {
	const value = (part: unknown) =>
		JSON.stringify(
			Array.isArray(part) && part.length === 0 ? null : (part ?? null),
		);
	return parts.filter(
		(part) =>
			then[part] !== undefined &&
			now[part] !== undefined &&
			value(now[part]) !== value(then[part]),
	);
}

/** What was set in a view is as before, if it still is as it was set. */
export async function viewBack(
	undoing: Undoing,
	{ view: id, from, parts }: Of<"update_view">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	if (!table.views.some((view) => view.id === id))
		throw gone(action, `the view "${made.view?.name ?? from.name}"`);
	const update = need(located, "updateView");
	const view = await openView(located, id, running.call);
	const changed =
		made.view === undefined ? [] : differs(view, made.view, parts);
	if (changed.length > 0)
		throw changedSince(action, `${changed.join(", ")} of the view changed`);
	const change = await formerView(undoing, from, parts);
	return {
		says: `changed the view "${view.name}" back: ${parts.join(", ")}`,
		standing: viewStanding(table, view),
		send: (consent) =>
			again(
				undoing,
				{
					deed: { kind: "update_view", view: id, from: viewState(view), parts },
					consent,
					made: (after) => ({ view: viewState(after) }),
				},
				() => update(table, view, change, running.call),
			),
	};
}

/** @throws TablesError not_found where the view rested on a field that is gone. */
async function formerView(
	{ session, located, running, action }: Undoing,
	from: ViewState,
	parts: readonly (keyof ViewState)[],
): Promise<ViewChange> {
	const { byId } = located.table;
	const isThere = (id: string) =>
		byId.has(id) || id.startsWith("$") || id === "*";
	const named = [
		...(parts.includes("filter") && from.filter ? fieldsOf(from.filter) : []),
		...(parts.includes("sort")
			? (from.sort ?? []).map(({ field }) => field)
			: []),
		...(parts.includes("treeBy") && from.treeBy ? [from.treeBy] : []),
	];
	if (!named.every(isThere)) throw gone(action, "a field that the view used");
	const hidden = (from.hiddenFields ?? []).filter((id) => byId.has(id));
	const filter =
		parts.includes("filter") && from.filter
			? (
					await filterOf(session, located, from.filter, running, {
						purpose: "kept",
					})
				).filter
			: null;
	const former = {
		name: from.name,
		filter,
		sort: from.sort ?? null,
		hiddenFields: hidden.length === 0 ? null : hidden,
		treeBy: from.treeBy ?? null,
	};
	return Object.fromEntries(
		Object.entries(former).filter(([part]) =>
			parts.includes(part as keyof ViewState),
		),
	) as ViewChange;
}

function fieldsOf({ conditions, groups = [] }: FilterInput): readonly string[] {
	return [
		...conditions,
		...groups.flatMap((group) => group.conditions),
	].flatMap(({ field, other_field }) => [
		field,
		...(other_field === undefined ? [] : [other_field]),
	]);
}
