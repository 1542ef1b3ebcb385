import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { TableRef, View } from "../../core/contract/table.js";
import { type Loose, list, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

import { at } from "./records.js";

const VIEW_TYPES: Readonly<Record<string, View["type"]>> = {
	Grid: "grid",
	Gallery: "gallery",
	Kanban: "kanban",
	Gantt: "gantt",
	Calendar: "calendar",
};

/** A view of "list views". */
export function viewOf(api: Api, ref: TableRef, wire: Loose): View {
	const id = text(wire.id) ?? "";
	const type = text(wire.type) ?? "unknown";
	return {
		id,
		name: text(wire.name) ?? "",
		type: VIEW_TYPES[type] ?? type,
		url: `${api.pages}/workbench/${ref.table}/${id}`,
	};
}

/** Reads views, and makes and changes them, as far as the API can. */
export function viewMethods(api: Api): Required<Pick<Adapter, "readView">> {
	return {
		/** The vendor shows a view's columns, not its filter and order. */
		async readView(table, id, context) {
			const view = table.views.find((candidate) => candidate.id === id);
			if (view === undefined)
				throw new TablesError("not_found", `there is no view ${id}`);
			const { fields } = await api.call(
				calls.listFields,
				{ ...at(table.ref), query: [["viewId", id]] },
				context,
			);
			const shown = new Set(list(fields).map((field) => field.id));
			return {
				...view,
				hiddenFields: table.fields
					.filter((field) => !shown.has(field.id))
					.map((field) => field.id),
			};
		},
	};
}
