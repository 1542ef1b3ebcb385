import { z } from "zod";
import { allPages } from "../core/contract/pages.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { oneLine } from "../core/values/one-line.js";
import { findRoleName } from "./role-change.js";
import * as schemas from "./schemas.js";
import { csvBlock, plural } from "./text.js";
import { defineTool } from "./tool.js";

export const listRoleMembersTool = defineTool({
	name: "list_role_members",
	toolset: "roles",
	title: "List a role's members",
	description: "People, groups and departments that have a role.",
	input: z.object({ base: schemas.base, role: z.string() }),
	output: z.looseObject({ members: z.array(z.unknown()) }),
	hints: schemas.readHints,
	needs: ["readRoleMembers"],
	async run({ base, role: text }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const read = need(place, "readRoleMembers");
		const role = await findRoleName(place, text, running);
		const members = await allPages((cursor) =>
			read(place.base.id, role.id, cursor, running.call),
		);
		return {
			text: [
				oneLine(`${plural(members.length, "member")} of role "${role.name}"`),
				csvBlock(
					["id", "name", "kind"],
					members.map(({ id, name, kind }) => [id, name, kind]),
				),
			].join("\n"),
			structured: { role: role.id, members },
		};
	},
});
