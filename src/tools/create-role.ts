import { z } from "zod";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { atOnce, roleArguments, roleParts } from "./role-change.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const createRoleTool = defineTool({
	name: "create_role",
	toolset: "roles",
	title: "Create a role",
	description:
		"Make a role of a base; what is not named gets no access. Then add_role_members.",
	input: z.object({
		base: schemas.base,
		name: z.string().min(1),
		...roleArguments,
	}),
	output: z.looseObject({ role: z.string(), notes: z.array(z.string()) }),
	hints: schemas.addHints,
	needs: ["createRole"],
	async run({ base, name, ...given }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const create = need(place, "createRole");
		const once = atOnce(running);
		const parts = await roleParts(session, place, given, once);
		const done = await carryOutWhole(
			session,
			{
				tool: "create_role",
				place,
				deed: { kind: "create_role", name: name },
			},
			() => create(place.base.id, { name, ...parts }, once.call),
		);
		const role = done.value;
		return sayDone(done, `created role "${name}" [${role}]`, { role, name });
	},
});
