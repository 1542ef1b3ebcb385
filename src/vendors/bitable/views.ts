import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Table, View } from "../../core/contract/table.js";
import type { ViewChange, ViewMethods } from "../../core/contract/views.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { at } from "./records.js";
import { after } from "./schema.js";
import { decodeFilter, encodeFilter } from "./view-filter.js";

/*
 * Views. The API shows and sets name, filter, hidden fields and the tree's link; not the order, the grouping or the
 * columns of a board. A filter names fields and options by id, its values are a JSON list inside a text, dates are
 * days of the base's zone. Source: "Update View".
 */

const IN_THE_APP = (what: string) =>
	`this API does not set ${what} of a view: in the app, open the view; ${what} is in the bar above the records`;

const TYPES = ["grid", "kanban", "gallery", "gantt", "form"];
/** What makes such a view useful and no API sets. */
const LEFT_TO_A_PERSON: Readonly<Record<string, string>> = {
	kanban: "the field that makes a board's columns",
	gantt: "the fields of a bar's start and end",
	gallery: "the field of a card's cover",
};
const MOST_HIDDEN = 300;

/** A view of "list views", and of "read view" with what it shows. */
export function viewOf(
	catalog: Catalog,
	table: Table["ref"],
	wire: Loose,
): View {
	const id = text(wire.view_id) ?? "";
	return {
		id,
		name: text(wire.view_name) ?? "",
		type: text(wire.view_type) ?? "unknown",
		url: catalog.url(table.base, { table: table.table, view: id }),
	};
}

/** A view of "read view", with its filter, its hidden fields and its tree. */
function definedView(catalog: Catalog, table: Table, wire: Loose): View {
	const property = loose(wire.property);
	const filter = decodeFilter(table, property.filter_info);
	const hidden = property.hidden_fields;
	const tree = text(loose(property.hierarchy_config).field_id);
	return {
		...viewOf(catalog, table.ref, wire),
		...defined({ filter }),
		hiddenFields: Array.isArray(hidden) ? hidden.map(String) : [],
		treeBy: tree ?? null,
	};
}

/** Reads views, and makes and changes them, as far as the API can. */
export function viewMethods(
	api: Api,
	catalog: Catalog,
): Required<Pick<Adapter, "readView">> & ViewMethods {
	const patch = async (
		table: Table,
		view: string,
		body: Loose,
		context: CallContext,
	): Promise<View> => {
		const { params, ...rest } = at(table.ref);
		const data = await api.call(
			calls.updateView,
			{ ...rest, params: { ...params, view }, json: body },
			context,
		);
		const stored = loose(data.view);
		checkCleared(loose(body.property), loose(stored.property));
		return definedView(catalog, table, stored);
	};

	return {
		async readView(table, id, context) {
			const { params, ...rest } = at(table.ref);
			const { view } = await api.call(
				calls.readView,
				{ ...rest, params: { ...params, view: id } },
				context,
			);
			return definedView(catalog, table, loose(view));
		},
		async createView(table, spec, context) {
			if (!TYPES.includes(spec.type))
				throw new TablesError(
					"unsupported",
					`${api.title}: this API cannot make a view of type ${spec.type}`,
					{ next: `It makes ${TYPES.join(", ")}; others are made in the app.` },
				);
			const property = propertyOf(table, spec);
			const data = await api.call(
				calls.createView,
				{
					...at(table.ref),
					json: { view_name: spec.name, view_type: spec.type },
				},
				context,
			);
			const made = viewOf(catalog, table.ref, loose(data.view));
			api.made(made.id);
			const view =
				property === undefined
					? made
					: await after(
							`the view "${made.name}" [${made.id}] was made`,
							patch(table, made.id, { property }, context),
						);
			const rest = LEFT_TO_A_PERSON[spec.type];
			return rest === undefined
				? view
				: {
						...view,
						notes: [
							`this API does not set ${rest}: open the view and choose it in the bar above the records`,
						],
					};
		},
		async updateView(table, view, change, context) {
			const property = propertyOf(table, change);
			return patch(
				table,
				view.id,
				{
					...defined({ view_name: change.name, property }),
				},
				context,
			);
		},
		async deleteView(table, view, context) {
			const { params, ...rest } = at(table.ref);
			await api.call(
				calls.deleteView,
				{ ...rest, params: { ...params, view: view.id } },
				context,
			);
		},
	};
}

/** @throws TablesError unsupported, too_large. */
function propertyOf(table: Table, change: ViewChange): Loose | undefined {
	if (change.sort !== undefined)
		throw new TablesError("unsupported", IN_THE_APP("the order"), {
			next: "Leave `sort` out; query_records orders rows itself.",
		});
	const hidden = change.hiddenFields;
	if ((hidden?.length ?? 0) > MOST_HIDDEN)
		throw new TablesError(
			"too_large",
			`a view hides at most ${MOST_HIDDEN} fields`,
		);
	const property = {
		...(change.filter === undefined
			? {}
			: {
					filter_info:
						change.filter === null ? null : encodeFilter(table, change.filter),
				}),
		...(hidden === undefined ? {} : { hidden_fields: hidden ?? [] }),
		...(change.treeBy === undefined
			? {}
			: {
					hierarchy_config:
						change.treeBy === null ? null : { field_id: change.treeBy },
				}),
	};
	return Object.keys(property).length === 0 ? undefined : property;
}

/** That null clears is documented by samples only: the answer shows whether it did. */
function checkCleared(sent: Loose, stored: Loose): void {
	const left = [
		sent.filter_info === null &&
			list(loose(stored.filter_info).conditions).length > 0 &&
			"the filter",
		sent.hierarchy_config === null &&
			text(loose(stored.hierarchy_config).field_id) !== undefined &&
			"the tree",
	].filter((part) => part !== false);
	if (left.length > 0)
		throw new TablesError(
			"broken",
			`the vendor answered success, but ${left.join(" and ")} of the view still stands`,
			{ next: "Clear it in the app, in the bar above the records." },
		);
}
