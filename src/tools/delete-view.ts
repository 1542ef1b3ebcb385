import { z } from "zod";
import { act, tablePlace } from "../core/contract/consent.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { forget } from "../core/places/schema-cache.js";
import { resolveName } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

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
		const { item: view } = resolveName(located.table.views, text, "view");
		const consent = await running.confirm({
			kind: "delete_view",
			action: act`delete the view ${view.name} of ${located.table.name}`,
			expected: view.name,
			given: confirm,
			place: tablePlace(located),
			about: view.id,
		});
		const done = await carryOutWhole(
			session,
			{
				tool: "delete_view",
				place: located,
				deed: { kind: "delete_view", name: view.name, id: view.id },
				consent,
			},
			() => remove(located.table, view, running.call),
		);
		forget(session, located.connection.name, located.table.ref);
		return sayDone(
			done,
			`deleted view "${view.name}" [${view.id}]`,
			{ deleted: view.id },
			located.notes,
		);
	},
});
