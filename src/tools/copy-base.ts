import { z } from "zod";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { defined } from "../core/values/defined.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const copyBaseTool = defineTool({
	name: "copy_base",
	toolset: "bases",
	title: "Copy a base",
	description: "Copy a base, with its records or only its structure.",
	input: z.object({
		base: schemas.base,
		name: z.string().min(1),
		folder: z.string().optional(),
		structure_only: z.boolean().optional(),
	}),
	output: z.looseObject({ base: z.string(), notes: z.array(z.string()) }),
	hints: schemas.addHints,
	needs: ["copyBase"],
	async run(
		{ base: text, name, folder, structure_only = false },
		session,
		running,
	) {
		const place = await locateBase(session, { base: text }, running.call);
		const copyBase = need(place, "copyBase");
		const done = await carryOutWhole(
			session,
			{
				tool: "copy_base",
				place,
				deed: { kind: "copy_base", name: name },
			},
			() =>
				copyBase(
					place.base.id,
					{
						name,
						structureOnly: structure_only,
						...defined({ folder }),
					},
					running.call,
				),
		);
		const copy = done.value;
		await session.opened.add(place.connection.name, copy.id);
		return sayDone(
			done,
			`copied to "${name}" [${copy.id}]${copy.url ? `: ${copy.url}` : ""}; list_tables shows its tables`,
			{
				base: copy.id,
				name,
				...defined({ url: copy.url }),
			},
		);
	},
});
