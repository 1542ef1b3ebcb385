import { z } from "zod";
import { act } from "../core/contract/consent.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { confirmStanding } from "../core/write/standing.js";
import {
	accessPlace,
	findRole,
	memberArguments,
	standingRole,
} from "./role-change.js";
import * as schemas from "./schemas.js";
import { plural, sayDone } from "./text.js";
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
		const role = await findRole(place, text, running);
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
		const done = await carryOutWhole(
			session,
			{
				tool: "remove_role_members",
				place,
				deed: { kind: "remove_role_members", name: role.name },
				consent,
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
			`removed ${plural(members.length, "member")} from role "${role.name}"`,
			{ role: role.id, members },
		);
	},
});
