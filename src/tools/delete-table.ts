import { z } from "zod";
import { act, andSo, tablePlace } from "../core/contract/consent.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { forget } from "../core/places/schema-cache.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { checkDelete } from "../core/write/check-change.js";
import { lossWithTable } from "../core/write/other-sides.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteTableTool = defineTool({
	name: "delete_table",
	toolset: "schema",
	title: "Delete a table",
	description: "Delete a table with all its records, for good. Asks first.",
	input: z.object({
		table: schemas.table,
		...schemas.confirmOf("delete_table"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteTable"],
	async run({ table, confirm }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const remove = need(located, "deleteTable");
		await checkDelete(located, undefined, running.call);
		const links = await lossWithTable(session, located, running);
		const consent = await running.confirm({
			kind: "delete_table",
			action: andSo(
				act`delete the table ${located.table.name} (${located.reference}) with all its records`,
				links.question,
			),
			expected: located.table.name,
			given: confirm,
			place: tablePlace(located),
			about: links.about,
		});
		const deed = { kind: "delete_table", name: located.table.name } as const;
		const done = await carryOutWhole(
			session,
			{ tool: "delete_table", place: located, deed, consent },
			() => remove(located.table, running.call),
		);
		// Links of other tables go with it.
		forget(session, located.connection.name);
		return sayDone(
			done,
			`deleted table "${located.table.name}" (${located.reference})`,
			{ deleted: located.reference },
			[...located.notes, ...links.notes],
		);
	},
});
