import { z } from "zod";
import { act, andSo, type Question } from "../core/contract/consent.js";
import type { RoleName } from "../core/contract/roles.js";
import { type LocatedBase, locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { confirmStanding } from "../core/write/standing.js";
import {
	accessPlace,
	findRoleName,
	membersOf,
	standingRole,
} from "./role-change.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteRoleTool = defineTool({
	name: "delete_role",
	toolset: "roles",
	title: "Delete a role",
	description:
		"Delete a role; its members lose the access it gave. Asks first.",
	input: z.object({
		base: schemas.base,
		role: z.string(),
		...schemas.confirmOf("delete_role"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteRole"],
	async run({ base, role: text, confirm }, session, running) {
		const place = await locateBase(session, { base }, running.call);
		const remove = need(place, "deleteRole");
		const role = await findRoleName(place, text, running);
		const members = await membersOf(place, role, running);
		const consent = await confirmStanding(
			running,
			deletionOf({ place, role, members, confirm }),
			standingRole(place, role, running, members),
		);
		const done = await carryOutWhole(
			session,
			{
				tool: "delete_role",
				place,
				deed: { kind: "delete_role", name: role.name },
				consent,
			},
			() => remove(place.base.id, role.id, running.call),
		);
		return sayDone(done, `deleted role "${role.name}" [${role.id}]`, {
			deleted: role.id,
		});
	},
});

function deletionOf({
	place,
	role,
	members,
	confirm,
}: {
	readonly place: LocatedBase;
	readonly role: RoleName;
	readonly members: Awaited<ReturnType<typeof membersOf>>;
	readonly confirm: string | undefined;
}): Question {
	return {
		kind: "delete_role",
		action: andSo(
			act`delete the role ${role.name} of ${place.base.name ?? place.base.id}, and the access that it gives`,
			members && act` to ${{ count: members.size, noun: "member" }}`,
		),
		expected: role.name,
		given: confirm,
		place: accessPlace(place),
		about: role.id,
	};
}
