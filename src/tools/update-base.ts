import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { defined } from "../core/values/defined.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const updateBaseTool = defineTool({
	name: "update_base",
	toolset: "bases",
	title: "Update a base",
	description:
		"Rename a base, or switch advanced permissions (needed before roles).",
	input: z.object({
		base: schemas.base,
		name: z.string().min(1).optional(),
		advanced_permissions: z.boolean().optional(),
	}),
	output: z.looseObject({ base: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["updateBase"],
	async run({ base: text, name, advanced_permissions }, session, running) {
		if (name === undefined && advanced_permissions === undefined)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name `name` or `advanced_permissions`.",
			});
		const place = await locateBase(session, { base: text }, running.call);
		const update = need(place, "updateBase");
		const done = await carryOutWhole(
			session,
			{
				tool: "update_base",
				place,
				deed: { kind: "update_base", name: place.base.name ?? place.base.id },
			},
			() =>
				update(
					place.base.id,
					defined({ name, advancedPermissions: advanced_permissions }),
					running.call,
				),
		);
		const after = done.value;
		const facts = {
			base: after.id,
			...(after.name === null ? {} : { name: after.name }),
			...defined({ advanced_permissions: after.advancedPermissions }),
		};
		return sayDone(done, `updated base ${JSON.stringify(facts)}`, facts);
	},
});
