import { z } from "zod";
import { need } from "../core/places/capability.js";
import { locate } from "../core/places/locate.js";
import { carryOut } from "../core/write/carry-out.js";
import { linkIn } from "./create-table.js";
import * as schemas from "./schemas.js";
import { fieldSpec } from "./settings.js";
import { tableWords } from "./table-call.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const createFieldTool = defineTool({
	name: "create_field",
	toolset: "schema",
	title: "Create a field",
	description: "Add a field to a table.",
	input: z.object({
		table: schemas.table,
		name: z.string().min(1),
		type: schemas.fieldType,
		settings: schemas.settingsSpelled.optional(),
	}),
	output: z.looseObject({ field: z.string(), notes: z.array(z.string()) }),
	hints: schemas.addHints,
	needs: ["createField"],
	async run({ table, name, type, settings }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const create = need(located, "createField");
		const link = linkIn(
			session,
			located.connection.name,
			located.table.ref.base,
			running,
			{ name: located.table.name, id: located.table.ref.table },
		);
		const { spec } = await fieldSpec({ name, type, settings }, undefined, link);
		const done = await carryOut(
			session,
			{
				tool: "create_field",
				place: located,
				deed: { kind: "create_field", name, type },
				widely: spec.settings.twoWay === true,
			},
			async () => {
				const id = await create(located.table, spec, running.call);
				return { value: id, made: () => ({ id }) };
			},
		);
		const field = done.value;
		return sayDone(
			done,
			`created field "${name}" [${field}] (${type}) in ${tableWords(located)}`,
			{ field, name, type },
			located.notes,
		);
	},
});
