import { z } from "zod";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const updateTableTool = defineTool({
	name: "update_table",
	toolset: "schema",
	title: "Rename a table",
	description: "Give a table another name; its reference stays.",
	input: z.object({ table: schemas.table, name: z.string().min(1) }),
	output: z.looseObject({ table: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["renameTable"],
	async run({ table, name }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const rename = need(located, "renameTable");
		const done = await carryOutWhole(
			session,
			{
				tool: "update_table",
				place: located,
				deed: { kind: "rename_table", from: located.table.name, to: name },
			},
			() => rename(located.table, name, running.call),
		);
		return sayDone(
			done,
			`renamed "${located.table.name}" to "${name}" (${located.reference})`,
			{ table: located.reference, name },
			located.notes,
		);
	},
});
