import type { Adapter } from "../../core/contract/adapter.js";

import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type {
	MemberInfo,
	RoleInfo,
	RoleMethods,
	RoleName,
	RoleTable,
} from "../../core/contract/roles.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import {
	currentNames,
	DIALECTS,
	type Dialect,
	decodeTable,
	encodeTable,
	type FieldsOf,
	LEVELS,
} from "./role-tables.js";
import { readFields } from "./schema.js";

/*
 * Roles of a base with advanced permissions. Bases of the second kind (`advance_version: v2`) have a role API of
 * their own with other numbers; deleting and members are the first one's for both.
 * Source: "Advanced permissions (高级权限概述)", "List roles (列出自定义角色)".
 */

const ROLE_PAGE = 30;
const MEMBER_PAGE = 100;
/** Of one batch. Source: "List role members (列出协作者)". */
export const MEMBERS = 100;

const PERMISSIONS = {
	read: "view",
	edit: "edit",
	manage: "full_access",
} as const;

/** Kinds of ids by how they begin. Source: "Add collaborator (增加协作者权限)". */
const MEMBER_IDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
	[/@/, "email"],
	[/^ou_/, "openid"],
	[/^on_/, "unionid"],
	[/^oc_/, "openchat"],
	[/^od-/, "opendepartmentid"],
];

/** The vendor's word for the kind of member, by how the id begins. */
function memberKind(member: string): string {
	return MEMBER_IDS.find(([pattern]) => pattern.test(member))?.[1] ?? "userid";
}

/** Roles and their members, and whom a base is shared with, as far as the API can. */
export function sharingMethods(
	api: Api,
	catalog: Catalog,
): RoleMethods & Required<Pick<Adapter, "shareBase">> {
	const dialectOf = async (base: string, context: CallContext) =>
		DIALECTS[(await catalog.facts(base, context)).roles];
	/** Fields of each table once, for one call of ours. */
	const fieldsOf = (base: string, context: CallContext): FieldsOf => {
		const known = new Map<string, Promise<readonly Field[]>>();
		return (table) => {
			const fields =
				known.get(table) ?? readFields(api, { base, table }, context);
			known.set(table, fields);
			return fields;
		};
	};
	/** What a decoded table was on the wire, so that an untouched one goes back as it came. */
	const wires = new WeakMap<RoleTable, Loose>();

	const body = async (
		base: string,
		role: Omit<RoleInfo, "id">,
		dialect: Dialect,
		context: CallContext,
	): Promise<Loose> => {
		const wire = loose(role.wire);
		const fields = fieldsOf(base, context);
		const tables = await Promise.all(
			role.tables.map(
				async (table) =>
					wires.get(table) ??
					encodeTable(
						table,
						list(wire.table_roles).find(
							({ table_id }) => table_id === table.table,
						) ?? {},
						dialect,
						fields,
					),
			),
		);
		return {
			...defined({ base_rule: wire.base_rule }),
			role_name: role.name,
			table_roles: tables.map(currentNames),
			block_roles: role.dashboards.map(({ dashboard, access }) => ({
				block_id: dashboard,
				block_type: "dashboard",
				block_perm: LEVELS[access],
			})),
		};
	};

	const rolePage = async (
		base: string,
		cursor: string | undefined,
		context: CallContext,
	) => {
		const dialect = await dialectOf(base, context);
		const page = await listPage(
			api,
			dialect.list,
			{ params: { base }, base },
			context,
			{ cursor, size: ROLE_PAGE },
		);
		return { dialect, page };
	};

	return {
		async readRoleNames(base, cursor, context) {
			const { page } = await rolePage(base, cursor, context);
			return { ...page, items: page.items.map(nameOf) };
		},
		async readRoles(base, cursor, context) {
			const { dialect, page } = await rolePage(base, cursor, context);
			const fields = fieldsOf(base, context);
			return {
				...page,
				items: await Promise.all(
					page.items.map(async (wire): Promise<RoleInfo> => {
						const tables = await Promise.all(
							list(wire.table_roles).map(async (table) => {
								const decoded = await decodeTable(table, dialect, fields);
								wires.set(decoded, table);
								return decoded;
							}),
						);
						return {
							...nameOf(wire),
							tables,
							dashboards: list(wire.block_roles).map(
								({ block_id, block_perm }) => ({
									dashboard: text(block_id) ?? "",
									access: block_perm === 1 ? "read" : "none",
								}),
							),
						};
					}),
				),
			};
		},
		async createRole(base, role, context) {
			const dialect = await dialectOf(base, context);
			const data = await api.call(
				dialect.create,
				{
					params: { base },
					base,
					json: await body(base, role, dialect, context),
				},
				context,
			);
			const id = text(loose(data.role).role_id) ?? text(data.role_id) ?? "";
			api.made(id);
			return id;
		},
		async updateRole(base, role, context) {
			const dialect = await dialectOf(base, context);
			await api.call(
				dialect.update,
				{
					params: { base, role: role.id },
					base,
					json: await body(base, role, dialect, context),
				},
				context,
			);
		},
		async deleteRole(base, role, context) {
			await api.call(
				calls.deleteRole,
				{ params: { base, role }, base },
				context,
			);
		},
		async readRoleMembers(base, role, cursor, context) {
			const page = await listPage(
				api,
				calls.listMembers,
				{ params: { base, role }, base },
				context,
				{ cursor, size: MEMBER_PAGE },
			);
			return { ...page, items: page.items.map(memberOf) };
		},
		async addRoleMembers(base, role, members, context) {
			const place = { params: { base, role }, base };
			const [only] = members;
			if (members.length === 1 && only !== undefined)
				await api.call(
					calls.addMember,
					{
						...place,
						query: [["member_id_type", idKind(only)]],
						json: { member_id: only.id },
					},
					context,
				);
			else
				await api.call(
					calls.addMembers,
					{ ...place, json: { member_list: members.map(memberWire) } },
					context,
				);
		},
		async removeRoleMembers(base, role, members, context) {
			const place = { params: { base, role }, base };
			const [only] = members;
			if (members.length === 1 && only !== undefined)
				await api.call(
					calls.removeMember,
					{
						base,
						params: { base, role, member: only.id },
						query: [["member_id_type", idKind(only)]],
					},
					context,
				);
			else
				await api.call(
					calls.removeMembers,
					{ ...place, json: { member_list: members.map(memberWire) } },
					context,
				);
		},
		async shareBase(base, member, access, context) {
			if (member.trim() === "")
				throw new TablesError("bad_argument", "a member has no id", {
					next: "Members: an e-mail address, ou_…, on_…, oc_… or od-….",
				});
			await api.call(
				calls.shareBase,
				{
					params: { base },
					base,
					query: [
						["type", "bitable"],
						["need_notification", "false"],
					],
					json: {
						member_type: memberKind(member),
						member_id: member,
						perm: PERMISSIONS[access],
					},
				},
				context,
			);
		},
	};
}

function nameOf(wire: Loose): RoleName {
	return {
		id: text(wire.role_id) ?? "",
		name: text(wire.role_name) ?? "",
		wire,
	};
}

function memberOf(wire: Loose): MemberInfo {
	const kind =
		wire.member_type === "chat"
			? "group"
			: wire.member_type === "department"
				? "department"
				: "user";
	const ids = {
		user: [wire.open_id, wire.union_id, wire.user_id],
		group: [wire.chat_id],
		department: [wire.open_department_id, wire.department_id],
	}[kind];
	return {
		id: ids.flatMap((id) => text(id) ?? [])[0] ?? "",
		name: text(wire.member_name) ?? text(wire.member_en_name) ?? null,
		kind,
	};
}

/** By how the id begins; a bare one by the kind of member. */
function idKind({ id, kind }: Pick<MemberInfo, "id" | "kind">): string {
	if (id.startsWith("ou_")) return "open_id";
	if (id.startsWith("on_")) return "union_id";
	if (id.startsWith("oc_")) return "chat_id";
	if (id.startsWith("od-")) return "open_department_id";
	return { user: "user_id", group: "chat_id", department: "department_id" }[
		kind
	];
}

const memberWire = (member: Pick<MemberInfo, "id" | "kind">): Loose => ({
	type: idKind(member),
	id: member.id,
});
