import { z } from "zod";
import {
	type Act,
	act,
	andSo,
	listOfActs,
	tablePlace,
} from "../core/contract/consent.js";
import type { View } from "../core/contract/table.js";
import { need } from "../core/places/capability.js";
import { type Located, locate, openView } from "../core/places/locate.js";
import { fixed } from "../core/places/schema-fence.js";
import { nameList } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { checkDeleteView } from "../core/write/check-change.js";
import { confirmStanding } from "../core/write/standing.js";
import { deletionOf } from "../core/write/states.js";
import * as schemas from "./schemas.js";
import { plural, sayDone } from "./text.js";
import { defineTool } from "./tool.js";
import { standingView } from "./view-change.js";

export const deleteViewTool = defineTool({
	name: "delete_view",
	toolset: "views",
	title: "Delete a view",
	description: "Delete a view; its records stay. Asks first.",
	input: z.object({
		table: schemas.table,
		view: z.string(),
		...schemas.confirmOf("delete_view"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteView"],
	async run({ table, view: text, confirm }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const remove = need(located, "deleteView");
		const view = await openView(located, text, running.call);
		if (view.fixed) throw fixed("view", view.name);
		checkDeleteView(located, view);
		const consent = await confirmStanding(
			running,
			{
				kind: "delete_view",
				action: andSo(
					act`delete the view ${view.name} of ${located.table.name}`,
					lostWith(view, located),
				),
				expected: view.name,
				given: confirm,
				place: tablePlace(located),
				about: view.id,
			},
			standingView(session, located, view, running),
		);
		const deed = deletionOf(view);
		const done = await carryOutWhole(
			session,
			{ tool: "delete_view", place: located, deed, consent },
			() => remove(located.table, view, running.call),
		);
		return sayDone(
			done,
			`deleted view "${view.name}" [${view.id}]`,
			{ deleted: view.id },
			[...located.notes, ...lostNotes(view, located)],
		);
	},
});

/** What of a view is known to be lost with it, for the question. */
function lostWith(view: View, located: Located): Act | undefined {
	const { conditions, sort, hidden, tree } = partsOf(view, located);
	const parts = [
		...(conditions > 0
			? [act`its filter (${{ count: conditions, noun: "condition" }})`]
			: []),
		...(sort.length > 0 ? [act`its order by ${sort}`] : []),
		...(hidden > 0
			? [act`what it hides (${{ count: hidden, noun: "field" }})`]
			: []),
		...(tree ? [act`its tree`] : []),
	];
	return parts.length === 0 ? undefined : andSo(act` with `, listOfActs(parts));
}

function lostNotes(view: View, located: Located): readonly string[] {
	const { conditions, sort, hidden, tree } = partsOf(view, located);
	const parts = [
		...(conditions > 0
			? [`its filter of ${plural(conditions, "condition")}`]
			: []),
		...(sort.length > 0 ? [`its order by ${nameList(sort)}`] : []),
		...(hidden > 0 ? [`${plural(hidden, "hidden field")}`] : []),
		...(tree ? ["its tree"] : []),
	];
	return parts.length === 0 ? [] : [`gone with the view: ${parts.join(", ")}`];
}

function partsOf(
	{ filter, sort, hiddenFields, treeBy }: View,
	{ table }: Located,
) {
	const groups = filter?.groups ?? [];
	return {
		conditions: [filter, ...groups].reduce(
			(count, group) => count + (group?.conditions.length ?? 0),
			0,
		),
		sort: (sort ?? []).map(({ field }) => table.byId.get(field)?.name ?? field),
		hidden: hiddenFields?.length ?? 0,
		tree: treeBy !== undefined && treeBy !== null,
	};
}
