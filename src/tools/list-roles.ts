import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { oneLine } from "../core/values/one-line.js";
import { atOnce, showRole } from "./role-change.js";
import * as schemas from "./schemas.js";
import { plural } from "./text.js";
import { defineTool } from "./tool.js";

export const listRolesTool = defineTool({
	name: "list_roles",
	toolset: "roles",
	title: "List roles",
	description:
		"The roles of a base and what each may see and do. Needs advanced permissions (update_base).",
	input: z.object({ base: schemas.base }),
	output: z.looseObject({ roles: z.array(z.unknown()) }),
	hints: schemas.readHints,
	needs: ["readRoles"],
	async run({ base }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const read = need(place, "readRoles");
		const once = atOnce(running);
		const found = await allPages((cursor) =>
			read(place.base.id, cursor, once.call),
		);
		const roles = await Promise.all(
			found.map((role) => showRole(session, place, role, once)),
		);
		return {
			text: [
				plural(roles.length, "role"),
				...roles.map((role) => oneLine(JSON.stringify(role))),
			].join("\n"),
			structured: { roles },
		};
	},
});
