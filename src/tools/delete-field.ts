import { z } from "zod";
import { act, andSo, tablePlace } from "../core/contract/consent.js";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { forget } from "../core/places/schema-cache.js";
import { fieldNamed } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { checkDelete } from "../core/write/check-change.js";
import { lossWithField } from "../core/write/other-sides.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteFieldTool = defineTool({
	name: "delete_field",
	toolset: "schema",
	title: "Delete a field",
	description: "Delete a field with all its cells, for good. Asks first.",
	input: z.object({
		table: schemas.table,
		field: z.string(),
		...schemas.confirmOf("delete_field"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteField"],
	async run({ table, field: text, confirm }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const remove = need(located, "deleteField");
		const { item: field, note } = fieldNamed(located.table, text);
		await checkDelete(located, field, running.call);
		const links = await lossWithField(session, located, field, running);
		const consent = await running.confirm({
			kind: "delete_field",
			action: andSo(
				act`delete the field ${field.name} of ${located.table.name} with all its cells`,
				links.question,
			),
			expected: field.name,
			given: confirm,
			place: tablePlace(located),
			about: [field.id, links.about],
		});
		const { id, name } = field;
		const deed = { kind: "delete_field", name, id } as const;
		const done = await carryOutWhole(
			session,
			{ tool: "delete_field", place: located, deed, consent },
			() => remove(located.table, field, running.call),
		);
		const stale = field.type === "link" ? undefined : located.table.ref;
		forget(session, located.connection.name, stale);
		return sayDone(
			done,
			`deleted field "${field.name}" [${field.id}]`,
			{ deleted: field.id },
			[...located.notes, ...(note === undefined ? [] : [note]), ...links.notes],
		);
	},
});
