import { z } from "zod";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOut } from "../core/write/carry-out.js";
import { findRole } from "./role-change.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteRoleTool = defineTool({
	name: "delete_role",
	toolset: "roles",
	title: "Delete a role",
	description: "Delete a role; its members lose the access it gave.",
	input: z.object({ base: schemas.base, role: z.string() }),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteRole"],
	async run({ base, role: text }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const remove = need(place, "deleteRole");
		const role = await findRole(place, text, running);
		const done = await carryOut(
			session,
			{
				tool: "delete_role",
				place,
				deed: { kind: "delete_role", name: role.name },
			},
			async () => ({
				value: await remove(place.base.id, role.id, running.call),
			}),
		);
		return sayDone(done, `deleted role "${role.name}" [${role.id}]`, {
			deleted: role.id,
		});
	},
});
