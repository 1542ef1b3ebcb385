import { z } from "zod";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { findRole, memberArguments } from "./role-change.js";
import * as schemas from "./schemas.js";
import { plural, sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const addRoleMembersTool = defineTool({
	name: "add_role_members",
	toolset: "roles",
	title: "Add role members",
	description: "Give a role to people, groups or departments.",
	input: z.object(memberArguments),
	output: z.looseObject({
		role: z.string(),
		members: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: { ...schemas.changeHints, destructiveHint: false },
	needs: ["addRoleMembers"],
	async run({ base, role: text, members, kind = "user" }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const change = need(place, "addRoleMembers");
		const role = await findRole(place, text, running);
		const done = await carryOutWhole(
			session,
			{
				tool: "add_role_members",
				place,
				deed: { kind: "add_role_members", name: role.name },
			},
			() =>
				change(
					place.base.id,
					role.id,
					members.map((id) => ({ id, kind })),
					running.call,
				),
		);
		return sayDone(
			done,
			`added ${plural(members.length, "member")} to role "${role.name}"`,
			{ role: role.id, members },
		);
	},
});
