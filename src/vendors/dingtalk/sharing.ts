import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { MemberInfo, RoleInfo } from "../../core/contract/roles.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

/*
 * Roles. Experimental: no page has them. Source: "Official Go client", which has the
 * names of fields and not what they mean. What a role may do with a table is written in
 * `subRoles` in words that are not documented: it is passed on unchanged, never read or made.
 */

const IN_APP =
	"in DingTalk: open the base, the menu (⋯) at the top right, Advanced permissions";

const at = (base: string) => ({ params: { base }, base });

type Methods =
	| "readRoles"
	| "createRole"
	| "updateRole"
	| "deleteRole"
	| "readRoleMembers"
	| "addRoleMembers"
	| "removeRoleMembers";

/** Roles and their members, and whom a base is shared with, as far as the API can. */
export function sharingMethods(api: Api): Required<Pick<Adapter, Methods>> {
	const readRoles = async (base: string, context: CallContext) =>
		list((await api.call(calls.listRoles, at(base), context)).roles);

	const membersOf = async (
		base: string,
		role: string,
		context: CallContext,
	): Promise<readonly Loose[]> =>
		(await readRoles(base, context))
			.filter(({ id }) => id === role)
			.flatMap(({ members }) => list(members));

	return {
		readRoles: async (base, _cursor, context) => ({
			items: (await readRoles(base, context)).map(roleOf),
		}),
		async createRole(base, role, context) {
			refuseRights(role);
			const { id } = await api.call(
				calls.createRole,
				{ ...at(base), json: { name: role.name, subRoles: [] } },
				context,
			);
			return text(id) ?? "";
		},
		async updateRole(base, role, context) {
			refuseRights(role);
			const { members: _, ...wire } = loose(role.wire);
			await api.call(
				calls.updateRole,
				{ ...at(base), json: { ...wire, id: role.id, name: role.name } },
				context,
			);
		},
		async deleteRole(base, roleId, context) {
			await api.call(
				calls.deleteRole,
				{ ...at(base), json: { roleId } },
				context,
			);
		},
		readRoleMembers: async (base, role, _cursor, context) => ({
			items: (await membersOf(base, role, context)).map(memberOf),
		}),
		async addRoleMembers(base, roleId, members, context) {
			await api.call(
				calls.addRoleMembers,
				{
					...at(base),
					json: {
						roleMemberList: members.map(({ id, kind }) => ({
							memberId: id,
							memberType: kind,
							roleId,
						})),
					},
				},
				context,
			);
		},
		/** There is no call that removes: the members that stay are sent. */
		async removeRoleMembers(base, role, members, context) {
			const gone = new Set(members.map(({ id }) => id));
			const all = await membersOf(base, role, context);
			const stay = all.filter(
				({ memberId }) => !gone.has(text(memberId) ?? ""),
			);
			if (stay.length === 0)
				throw new TablesError(
					"unsupported",
					"a role's last members cannot be taken out through this API, which names a role by its members",
					{ next: `Delete the role with delete_role, or ${IN_APP}.` },
				);
			await api.call(
				calls.replaceRoleMembers,
				{ ...at(base), json: { roleMemberList: stay } },
				context,
			);
		},
	};
}

function refuseRights({
	tables,
	dashboards,
}: Pick<RoleInfo, "tables" | "dashboards">): void {
	if (tables.length + dashboards.length > 0)
		throw new TablesError(
			"unsupported",
			"DingTalk documents no call that sets a role's rights on tables and dashboards: only its name and members can be set here",
			{
				next: `Leave \`tables\` and \`dashboards\` out, and set them ${IN_APP}.`,
			},
		);
}

function roleOf(wire: Loose): RoleInfo {
	return {
		id: text(wire.id) ?? "",
		name: text(wire.name) ?? "",
		tables: [],
		dashboards: [],
		wire,
	};
}

const KINDS: Readonly<Record<string, MemberInfo["kind"]>> = {
	department: "department",
	dept: "department",
	group: "group",
};

function memberOf(wire: Loose): MemberInfo {
	return {
		id: text(wire.memberId) ?? "",
		name: text(wire.memberName) ?? null,
		kind: KINDS[String(wire.memberType).toLowerCase()] ?? "user",
	};
}
