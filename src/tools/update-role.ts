import { z } from "zod";
import { act } from "../core/contract/consent.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { defined } from "../core/values/defined.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { confirmStanding } from "../core/write/standing.js";
import { loweredAccess } from "./lowered-access.js";
import {
	accessPlace,
	atOnce,
	findRole,
	mergeRole,
	roleArguments,
	roleParts,
	showRole,
	standingRole,
} from "./role-change.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const updateRoleTool = defineTool({
	name: "update_role",
	toolset: "roles",
	title: "Update a role",
	description:
		"Rename a role or change its access to what is named; the rest stays. As in create_role. Asks before it takes access away.",
	input: z.object({
		base: schemas.base,
		role: z.string(),
		name: z.string().min(1).optional(),
		tables: z
			.array(z.record(z.string(), z.unknown()))
			.optional()
			.describe("As in create_role"),
		dashboards: z.array(z.record(z.string(), z.unknown())).optional(),
		...schemas.confirmOf("update_role"),
	}),
	output: z.looseObject({ role: z.unknown(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["updateRole"],
	async run(
		{ base, role: text, name, tables, dashboards, confirm },
		session,
		running,
	) {
		const place = await locateBase(session, { base }, running.call);
		const update = need(place, "updateRole");
		const given = z.strictObject(roleArguments).parse({
			...defined({ tables, dashboards }),
		});
		const once = atOnce(running);
		const role = await findRole(place, text, once);
		const parts = await roleParts(session, place, given, once);
		const merged = mergeRole(role, {
			...defined({ name }),
			...parts,
		});
		const lowered = loweredAccess(role, merged);
		const consent =
			lowered.length === 0
				? undefined
				: await confirmStanding(
						running,
						{
							kind: "lower_access",
							action: act`take access of the role ${role.name} of ${place.base.name ?? place.base.id} away: ${lowered}`,
							expected: role.name,
							given: confirm,
							place: accessPlace(place),
							about: [role.id, merged.tables, merged.dashboards],
						},
						standingRole(place, role, running),
					);
		const done = await carryOutWhole(
			session,
			{
				tool: "update_role",
				place,
				deed: { kind: "update_role", name: merged.name },
				consent,
			},
			// While a person was asked, fields may have been renamed.
			() =>
				update(
					place.base.id,
					merged,
					consent === undefined ? once.call : running.call,
				),
		);
		const shown = await showRole(session, place, merged, running);
		return sayDone(done, `updated role ${JSON.stringify(shown)}`, {
			role: shown,
		});
	},
});
