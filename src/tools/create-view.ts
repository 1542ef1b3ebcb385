import { z } from "zod";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { carryOut } from "../core/write/carry-out.js";
import { viewState } from "../core/write/states.js";
import * as schemas from "./schemas.js";
import { tableWords } from "./table-call.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";
import { viewArguments, viewChange } from "./view-change.js";

export const createViewTool = defineTool({
	name: "create_view",
	toolset: "views",
	title: "Create a view",
	description:
		"Save a view of a table. Answers its id, for `view` of query_records.",
	input: z.object({
		table: schemas.table,
		name: z.string().min(1),
		type: schemas.viewType.optional(),
		...viewArguments,
	}),
	output: z.looseObject({ view: z.string(), notes: z.array(z.string()) }),
	hints: schemas.addHints,
	needs: ["createView"],
	async run({ table, name, type = "grid", ...given }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const create = need(located, "createView");
		const notes = [...located.notes];
		const change = await viewChange(
			{ session, located, running, notes },
			given,
		);
		const done = await carryOut(
			session,
			{
				tool: "create_view",
				place: located,
				deed: { kind: "create_view", name },
			},
			async () => {
				const value = await create(
					located.table,
					{ ...change, name, type },
					running.call,
				);
				const { id } = value;
				return { value, made: () => ({ id, view: viewState(value) }) };
			},
		);
		const view = done.value;
		notes.push(...(view.notes ?? []));
		return sayDone(
			done,
			`created view "${view.name}" [${view.id}] of ${tableWords(located)}${view.url ? `: ${view.url}` : ""}`,
			{
				view: view.id,
				name: view.name,
				type: view.type,
				...defined({ url: view.url }),
			},
			notes,
		);
	},
});
