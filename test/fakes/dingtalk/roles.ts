import {
	type Body,
	baseOf,
	bodyOf,
	type Call,
	type Handler,
	missing,
	requiredText,
} from "./call.js";
import type { Base, Role, RoleMember, SubRole } from "./model.js";
import { refusals } from "./refusal.js";

export const getSwitch: Handler = (call) => ({
	enabled: baseOf(call, "read").advancedPermissions,
});

/** Only who manages the base changes its permissions. */
function managedBase(call: Call): Base {
	const base = baseOf(call, "write");
	if ((base.members.get(call.operator) ?? base.everyone) !== "manage")
		throw refusals.forbidden(
			"The operator has no permission to manage the document.",
		);
	return base;
}

export const changeSwitch: Handler = (call) => {
	const base = managedBase(call);
	const { value } = bodyOf(call);
	if (value === undefined) throw missing(call.store, "value");
	if (typeof value !== "boolean")
		throw refusals.badInput("value must be true or false");
	base.advancedPermissions = value;
	return { enabled: value };
};

export const userRoles: Handler = (call) => {
	const base = baseOf(call, "read");
	const unionId = call.query.get("unionId");
	if (unionId === null) throw refusals.missing("unionId");
	const ids = new Set(
		base.roleMembers
			.filter(({ memberId }) => memberId === unionId)
			.map(({ roleId }) => roleId),
	);
	return {
		enabled: base.advancedPermissions,
		roles: [...base.roles.values()].filter(({ id }) => ids.has(id)),
	};
};

function roleNamed(base: Base, id: string): Role {
	const role = base.roles.get(id);
	if (role === undefined)
		throw refusals.noResource(`the role '${id}' does not exist`);
	return role;
}

function subRolesOf(call: Call, given: unknown): readonly SubRole[] {
	if (given === undefined) return [];
	if (!Array.isArray(given))
		throw refusals.badInput("subRoles must be an array");
	return given.map((each) => ({
		...(each as object),
		id: (each as { id?: string }).id ?? call.store.identifiers.next(16),
		gmtCreate: call.store.clock.now(),
	}));
}

function roleFrom(call: Call, body: Body, id: string): Role {
	return {
		id,
		name: requiredText(call, body, "name"),
		...(body.roleType === undefined ? {} : { roleType: body.roleType }),
		...(body.flowType === undefined ? {} : { flowType: body.flowType }),
		subRoles: subRolesOf(call, body.subRoles),
	};
}

export const createRole: Handler = (call) => {
	const base = managedBase(call);
	const role = roleFrom(call, bodyOf(call), call.store.identifiers.next(16));
	base.roles.set(role.id, role);
	return { ...role };
};

/** Replaces the whole role. */
export const updateRole: Handler = (call) => {
	const base = managedBase(call);
	const body = bodyOf(call);
	const { id } = roleNamed(base, requiredText(call, body, "id"));
	const role = roleFrom(call, body, id);
	base.roles.set(id, role);
	return { ...role };
};

export const deleteRole: Handler = (call) => {
	const base = managedBase(call);
	const { id } = roleNamed(base, requiredText(call, bodyOf(call), "roleId"));
	base.roles.delete(id);
	replaceMembers(base, ({ roleId }) => roleId !== id, []);
	return { success: true };
};

export const allRoles: Handler = (call) => {
	const base = baseOf(call, "read");
	return {
		enabled: base.advancedPermissions,
		roles: [...base.roles.values()].map((role) => ({
			...role,
			members: base.roleMembers.filter(({ roleId }) => roleId === role.id),
		})),
	};
};

function replaceMembers(
	base: Base,
	stays: (member: RoleMember) => boolean,
	added: readonly RoleMember[],
): void {
	const kept = base.roleMembers.filter(stays);
	base.roleMembers.splice(0, base.roleMembers.length, ...kept, ...added);
}

function membersOf(call: Call, base: Base): readonly RoleMember[] {
	const { roleMemberList } = bodyOf(call);
	if (roleMemberList === undefined) throw missing(call.store, "roleMemberList");
	if (!Array.isArray(roleMemberList))
		throw refusals.badInput("roleMemberList must be an array");
	return roleMemberList.map((each) => {
		const member = (each ?? {}) as RoleMember;
		if (typeof member.memberId !== "string")
			throw refusals.badInput("a member needs memberId");
		roleNamed(base, member.roleId);
		return member;
	});
}

const same = (one: RoleMember) => (other: RoleMember) =>
	one.roleId === other.roleId && one.memberId === other.memberId;

export const addRoleMembers: Handler = (call) => {
	const base = managedBase(call);
	const added = membersOf(call, base);
	replaceMembers(base, (member) => !added.some(same(member)), added);
	return { success: true };
};

/** The given members are the only ones of the roles that the list names. */
export const rebuildRoleMembers: Handler = (call) => {
	const base = managedBase(call);
	const members = membersOf(call, base);
	const roles = new Set(members.map(({ roleId }) => roleId));
	replaceMembers(base, ({ roleId }) => !roles.has(roleId), members);
	return { success: true };
};
