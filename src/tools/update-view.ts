import { z } from "zod";
import type { ViewState } from "../core/contract/actions.js";
import { act, tablePlace } from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import { need } from "../core/places/capability.js";
import { locate, openView } from "../core/places/locate.js";
import { carryOut } from "../core/write/carry-out.js";
import { confirmStanding } from "../core/write/standing.js";
import { viewState } from "../core/write/states.js";
import * as schemas from "./schemas.js";
import { argumentNames, sayDone } from "./text.js";
import { defineTool } from "./tool.js";
import { standingView, viewArguments, viewChange } from "./view-change.js";

export const updateViewTool = defineTool({
	name: "update_view",
	toolset: "views",
	title: "Update a view",
	description:
		"Rename a view or change its filter, order or hidden fields. What is not named stays; empty clears. Asks before it empties a filter.",
	input: z.object({
		table: schemas.table,
		view: z.string(),
		name: z.string().min(1).optional(),
		type: schemas.viewType.optional(),
		...viewArguments,
		...schemas.confirmOf("update_view"),
	}),
	output: z.looseObject({ view: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["updateView"],
	async run({ table, view: text, type, confirm, ...given }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const update = need(located, "updateView");
		const view = await openView(located, text, running.call);
		if (type !== undefined && type !== view.type)
			throw new TablesError(
				"unsupported",
				`the type of a view cannot change: "${view.name}" is ${view.type}`,
				{
					next: "Create another view with create_view and delete this one.",
				},
			);
		const notes = [...located.notes];
		const change = await viewChange(
			{ session, located, running, notes },
			given,
		);
		if (Object.keys(change).length === 0)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name at least one of name, filter, sort, hidden_fields, visible_fields, tree_by.",
			});
		// A filter that is not known may be there.
		const consent =
			change.filter !== null || view.filter === null
				? undefined
				: await confirmStanding(
						running,
						{
							kind: "empty_filter",
							action: act`empty the filter of the view ${view.name} of ${located.table.name}`,
							expected: view.name,
							given: confirm,
							place: tablePlace(located),
							about: view.id,
						},
						standingView(session, located, view, running),
					);
		const done = await carryOut(
			session,
			{
				tool: "update_view",
				place: located,
				deed: {
					kind: "update_view",
					view: view.id,
					from: viewState(view),
					parts: Object.keys(change) as (keyof ViewState)[],
				},
				consent,
			},
			async () => {
				const value = await update(located.table, view, change, running.call);
				return { value, made: () => ({ view: viewState(value) }) };
			},
		);
		const after = done.value;
		return sayDone(
			done,
			`updated view "${after.name}" [${after.id}]: ${argumentNames(change).join(", ")}`,
			{ view: after.id, name: after.name },
			notes,
		);
	},
});
