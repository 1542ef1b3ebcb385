import { z } from "zod";
import { act } from "../core/contract/consent.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOut } from "../core/write/carry-out.js";
import { changeMembers } from "../core/write/change-members.js";
import { confirmStanding } from "../core/write/standing.js";
import {
	accessPlace,
	findRoleName,
	memberArguments,
	standingRole,
} from "./role-change.js";
import { sayMembers, uniqueMembers } from "./said-members.js";
import * as schemas from "./schemas.js";
import { defineTool } from "./tool.js";

export const removeRoleMembersTool = defineTool({
	name: "remove_role_members",
	toolset: "roles",
	title: "Remove role members",
	description: "Take a role from its members. Asks first.",
	input: z.object({
		...memberArguments,
		...schemas.confirmOf("remove_role_members"),
	}),
	output: z.looseObject({
		role: z.string(),
		members: z.array(z.string()),
		counts: z.looseObject({}),
		problems: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.changeHints,
	needs: ["removeRoleMembers"],
	async run(
		{ base, role: text, members, kind = "user", confirm },
		session,
		running,
	) {
		const place = await locateBase(session, { base }, running.call);
		const change = need(place, "removeRoleMembers");
		const role = await findRoleName(place, text, running);
		const consent = await confirmStanding(
			running,
			{
				kind: "remove_members",
				action: act`take the role ${role.name} of ${place.base.name ?? place.base.id} from ${{ count: members.length, noun: kind }}: ${members}`,
				expected: role.name,
				given: confirm,
				place: accessPlace(place),
				about: [role.id, kind, [...members].sort()],
			},
			standingRole(place, role, running),
		);
		const done = await carryOut(
			session,
			{
				tool: "remove_role_members",
				place,
				deed: { kind: "remove_role_members", name: role.name },
				consent,
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
		return sayMembers(done, "removed", role);
	},
});
