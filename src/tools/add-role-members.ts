import { z } from "zod";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOut } from "../core/write/carry-out.js";
import { changeMembers } from "../core/write/change-members.js";
import { findRoleName, memberArguments } from "./role-change.js";
import { sayMembers, uniqueMembers } from "./said-members.js";
import * as schemas from "./schemas.js";
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
		counts: z.looseObject({}),
		problems: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: { ...schemas.changeHints, destructiveHint: false },
	needs: ["addRoleMembers"],
	async run({ base, role: text, members, kind = "user" }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const change = need(place, "addRoleMembers");
		const role = await findRoleName(place, text, running);
		const done = await carryOut(
			session,
			{
				tool: "add_role_members",
				place,
				deed: { kind: "add_role_members", name: role.name },
			},
			() =>
				changeMembers(
					session,
					{
						members: uniqueMembers(members, kind),
						atMost: place.adapter.limits.members,
						send: (batch, call) => change(place.base.id, role.id, batch, call),
					},
					running,
				),
		);
		return sayMembers(done, "added", role);
	},
});
