import { checkAccess } from "./access.js";
import {
	type Call,
	isJson,
	type Json,
	listOf,
	optionalText,
	pageById,
	paged,
	textOf,
} from "./call.js";
import { Refusal } from "./codes.js";
import type {
	Base,
	Member,
	RecordRule,
	Role,
	Table,
	TableRole,
} from "./model.js";
import { changed, FIXED_LIMITS, fieldNamed, type Store } from "./store.js";

/**
 * Roles exist only while advanced permissions are on, and their calls start with a delay.
 * The API of the other kind of base does not fit.
 * @throws Refusal 1254301
 */
function checkAdvanced(call: Call, version?: Base["advanceVersion"]): void {
	const { base, store } = call;
	checkAccess(store, base, call.caller, "full_access");
	if (!base.isAdvanced || store.clock.now() < base.advancedFromMs)
		throw new Refusal(1254301);
	if (version !== undefined && version !== base.advanceVersion)
		throw new Refusal(1254301);
}

/** @throws Refusal 1254047 */
function roleOf(call: Call, version?: Base["advanceVersion"]): Role {
	checkAdvanced(call, version);
	const role = call.base.roles.get(call.at.role_id ?? "");
	if (role === undefined) throw new Refusal(1254047);
	return role;
}

/** @throws Refusal 1254032, 1254033 */
function checkedName(base: Base, given: unknown, self?: Role): string {
	const name = typeof given === "string" ? given.trim() : "";
	if (name === "" || name.length > 100 || /[[\]]/.test(name))
		throw new Refusal(1254032);
	for (const role of base.roles.values())
		if (role !== self && role.name === name) throw new Refusal(1254033);
	return name;
}

const RULE_OPERATORS = [
	"is",
	"isNot",
	"contains",
	"doesNotContain",
	"isEmpty",
	"isNotEmpty",
];
const MOST_ENTRIES = 100;

const wrong = (what: string): never => {
	throw new Refusal(1254001, `Invalid request parameter: '${what}'`);
};

/** What the two role APIs take. */
const DIALECTS = {
	v1: { fieldLevels: [1, 2], fieldsWith: [2], conditions: 100, values: 100 },
	v2: {
		fieldLevels: [1, 2, 3],
		fieldsWith: [1, 2],
		conditions: 10,
		values: 50,
	},
} as const;
type Version = keyof typeof DIALECTS;

/** Kept as sent by roles 2.0. */
const WIDE_KEYS = ["view_perm", "view_rules", "field_action_rules"];

function checkedTableRoles(
	base: Base,
	given: unknown,
	version: Version,
): TableRole[] {
	if (!Array.isArray(given) || given.length > MOST_ENTRIES)
		return wrong("table_roles");
	return given.map((each) => {
		if (!isJson(each)) return wrong("table_roles");
		const table = [...base.tables.values()].find(
			({ id, name }) =>
				id === each.table_id ||
				(each.table_id === undefined && name === each.table_name),
		);
		if (table === undefined) throw new Refusal(1254041);
		return checkedTableRole(table, each, version);
	});
}

function checkedTableRole(
	table: Table,
	given: Json,
	version: Version,
): TableRole {
	const { table_perm: perm = 0 } = given;
	if (perm !== 0 && perm !== 1 && perm !== 2 && perm !== 4)
		return wrong("table_roles.table_perm");
	const { fieldLevels, fieldsWith } = DIALECTS[version];
	const role: Record<string, unknown> = {
		table_id: table.id,
		table_perm: perm,
	};
	if (perm === 2)
		for (const key of ["allow_add_record", "allow_delete_record"]) {
			const value = given[key] ?? true;
			if (typeof value !== "boolean") wrong(`table_roles.${key}`);
			role[key] = value;
		}
	if (perm === 1 || perm === 2)
		for (const key of ["rec_rule", "other_rec_rule"]) {
			const rule = given[key];
			if (isJson(rule) && (key === "rec_rule" || version === "v2"))
				role[key] = checkedRule(table, rule, version, key);
		}
	if (
		(fieldsWith as readonly number[]).includes(perm) &&
		isJson(given.field_perm)
	) {
		for (const [name, level] of Object.entries(given.field_perm)) {
			if (fieldNamed(table, name) === undefined) throw new Refusal(1254045);
			if (!(fieldLevels as readonly unknown[]).includes(level))
				wrong("table_roles.field_perm");
		}
		role.field_perm = given.field_perm;
	}
	if (version === "v2")
		for (const key of WIDE_KEYS)
			if (given[key] !== undefined) role[key] = given[key];
	return role as unknown as TableRole;
}

/** `other_perm` belongs to `rec_rule` in both kinds; `other_rec_rule` counts where it is 0. */
function checkedRule(table: Table, given: Json, version: Version, key: string) {
	const { conjunction = "and", conditions = [], other_perm: other = 0 } = given;
	const most = DIALECTS[version];
	if (conjunction !== "and" && conjunction !== "or")
		return wrong("rec_rule.conjunction");
	if (!Array.isArray(conditions) || conditions.length > most.conditions)
		return wrong("rec_rule.conditions");
	if (other !== 0 && other !== 1) wrong("rec_rule.other_perm");
	return {
		conjunction,
		conditions: conditions.map((condition) => {
			if (!isJson(condition)) return wrong("rec_rule.conditions");
			const { field_name: name, value = null } = condition;
			const operator =
				condition.operator ?? (value === null ? "contains" : "is");
			if (typeof name !== "string") return wrong("rec_rule.conditions");
			if (name !== "" && fieldNamed(table, name) === undefined)
				throw new Refusal(1254045);
			if (!RULE_OPERATORS.includes(String(operator)))
				wrong("rec_rule.conditions.operator");
			if (
				value !== null &&
				!(Array.isArray(value) && value.length <= most.values)
			)
				wrong("rec_rule.conditions.value");
			return { field_name: name, operator: String(operator), value };
		}),
		...(key === "rec_rule" ? { other_perm: other } : {}),
	};
}

function checkedBlockRoles(base: Base, given: unknown): Role["blockRoles"] {
	if (given === undefined || given === null) return [];
	if (!Array.isArray(given) || given.length > MOST_ENTRIES)
		return wrong("block_roles");
	return given.map((each) => {
		if (!isJson(each)) return wrong("block_roles");
		const { block_id: id, block_perm: perm = 0 } = each;
		if (typeof id !== "string" || !base.dashboards.has(id))
			throw new Refusal(1254050);
		if (perm !== 0 && perm !== 1) return wrong("block_roles.block_perm");
		return { block_id: id, block_perm: perm };
	});
}

/** `withTypes`: lists add the types of fields and blocks. */
function shownRole(base: Base, role: Role, withTypes: boolean): Json {
	return {
		role_id: role.id,
		role_name: role.name,
		...(role.baseRule === undefined ? {} : { base_rule: role.baseRule }),
		table_roles: role.tableRoles.map((each) => {
			const table = base.tables.get(each.table_id);
			const shown: Record<string, unknown> = {
				table_name: table?.name ?? "",
				...each,
			};
			for (const key of ["rec_rule", "other_rec_rule"] as const) {
				const rule = each[key];
				if (rule !== undefined) shown[key] = shownRule(table, rule);
			}
			return shown;
		}),
		block_roles: role.blockRoles.map((each) => ({
			...each,
			...(withTypes ? { block_type: "dashboard" } : {}),
		})),
	};
}

/** Conditions get the types of their fields. */
function shownRule(table: Table | undefined, rule: RecordRule): Json {
	return {
		...rule,
		conditions: rule.conditions.map((condition) => ({
			...condition,
			field_type:
				condition.field_name === "" || table === undefined
					? 1003
					: (fieldNamed(table, condition.field_name)?.type ?? 0),
		})),
	};
}

export function listRoles(call: Call): Json {
	return listed(call, "v1");
}

/** Roles 2.0. */
export function listWideRoles(call: Call): Json {
	return listed(call, "v2");
}

function listed(call: Call, version: Version): Json {
	checkAdvanced(call, version);
	const page = pageById(
		call,
		[...call.base.roles.values()],
		(role) => role.id,
		20,
		30,
	);
	return paged(page, (role) => shownRole(call.base, role, true));
}

export function createRole(call: Call): Json {
	return made(call, "v1");
}

/** Roles 2.0. */
export function createWideRole(call: Call): Json {
	return made(call, "v2");
}

function made(call: Call, version: Version): Json {
	const { store, base, body } = call;
	checkAdvanced(call, version);
	const name = checkedName(base, body.role_name);
	const tableRoles = checkedTableRoles(base, body.table_roles, version);
	const blockRoles = checkedBlockRoles(base, body.block_roles);
	if (base.roles.size >= FIXED_LIMITS.roles) throw new Refusal(1254110);
	const role = newRole(store, base, { name, tableRoles, blockRoles });
	if (version === "v2" && isJson(body.base_rule))
		role.baseRule = body.base_rule;
	changed(base);
	return { role: shownRole(base, role, false) };
}

export function newRole(
	store: Store,
	base: Base,
	given: Pick<Role, "name" | "tableRoles" | "blockRoles">,
): Role {
	const role: Role = {
		...given,
		id: store.identifiers.next("rol"),
		members: new Map(),
		baseRule: undefined,
	};
	base.roles.set(role.id, role);
	return role;
}

/** Name and tables are required; with the old documents what is left out is lost, with the new ones it stays. */
export function updateRole(call: Call): Json {
	const { store, base, body } = call;
	const role = roleOf(call, "v1");
	const name = checkedName(base, body.role_name, role);
	const tableRoles = checkedTableRoles(base, body.table_roles, "v1");
	const blockRoles =
		body.block_roles === undefined && store.switches.limits === "new"
			? role.blockRoles
			: checkedBlockRoles(base, body.block_roles);
	const named = new Set(tableRoles.map((each) => each.table_id));
	role.name = name;
	role.tableRoles =
		store.switches.limits === "new"
			? [
					...role.tableRoles.filter((each) => !named.has(each.table_id)),
					...tableRoles,
				]
			: tableRoles;
	role.blockRoles = blockRoles;
	changed(base);
	return { role: shownRole(base, role, false) };
}

/** Roles 2.0: only what is named changes. */
export function updateWideRole(call: Call): Json {
	const { base, body } = call;
	const role = roleOf(call, "v2");
	if (body.role_name !== undefined)
		role.name = checkedName(base, body.role_name, role);
	if (body.table_roles !== undefined)
		role.tableRoles = checkedTableRoles(base, body.table_roles, "v2");
	if (isJson(body.base_rule)) role.baseRule = body.base_rule;
	if (body.block_roles !== undefined)
		role.blockRoles = checkedBlockRoles(base, body.block_roles);
	changed(base);
	return { role: shownRole(base, role, false) };
}

export function deleteRole(call: Call): Json {
	const role = roleOf(call);
	call.base.roles.delete(role.id);
	changed(call.base);
	return {};
}

const MEMBER_KINDS = {
	open_id: "user",
	union_id: "user",
	user_id: "user",
	chat_id: "chat",
	department_id: "department",
	open_department_id: "department",
} as const satisfies Record<string, Member["kind"]>;

/** @throws Refusal 1254048 unknown */
function memberNamed(store: Store, type: unknown, id: unknown): Member {
	const kind = MEMBER_KINDS[(type ?? "open_id") as keyof typeof MEMBER_KINDS];
	if (kind === undefined || typeof id !== "string")
		return wrong("member_id_type");
	const found =
		kind === "chat"
			? store.chats.get(id)?.id
			: kind === "department"
				? [...store.departments.values()].find(
						(each) => (type === "department_id" ? each.id : each.openId) === id,
					)?.openId
				: type === "open_id" || type === null || type === undefined
					? store.people.get(id)?.openId
					: store.peopleByOther.get(id)?.openId;
	if (found === undefined) throw new Refusal(1254048);
	return { kind, id: found };
}

function admit(role: Role, members: readonly Member[]): void {
	const all = new Set([
		...role.members.keys(),
		...members.map((member) => member.id),
	]);
	if (all.size > FIXED_LIMITS.members) throw new Refusal(1254111);
	for (const member of members) role.members.set(member.id, member);
}

function dismiss(role: Role, members: readonly Member[]): void {
	for (const member of members)
		if (!role.members.has(member.id)) throw new Refusal(1254048);
	for (const member of members) role.members.delete(member.id);
}

export function listMembers(call: Call): Json {
	const { store } = call;
	const role = roleOf(call);
	const page = pageById(
		call,
		[...role.members.values()],
		(member) => member.id,
		20,
		100,
	);
	return paged(page, (member) => shownMember(store, member));
}

function shownMember(store: Store, { kind, id }: Member): Json {
	if (kind === "user") {
		const person = store.people.get(id);
		return {
			member_type: kind,
			member_name: person?.name ?? "",
			member_en_name: person?.enName ?? "",
			open_id: id,
			union_id: person?.unionId ?? "",
			user_id: person?.userId ?? "",
		};
	}
	if (kind === "chat") {
		const name = store.chats.get(id)?.name ?? "";
		return {
			member_type: kind,
			member_name: name,
			member_en_name: name,
			chat_id: id,
		};
	}
	const department = store.departments.get(id);
	return {
		member_type: kind,
		member_name: department?.name ?? "",
		member_en_name: department?.name ?? "",
		department_id: department?.id ?? "",
		open_department_id: id,
	};
}

export function addMember(call: Call): Json {
	const role = roleOf(call);
	const id = textOf(call.body, "member_id");
	admit(role, [memberNamed(call.store, call.query.get("member_id_type"), id)]);
	changed(call.base);
	return {};
}

export function removeMember(call: Call): Json {
	const role = roleOf(call);
	dismiss(role, [
		memberNamed(
			call.store,
			call.query.get("member_id_type"),
			call.at.member_id,
		),
	]);
	changed(call.base);
	return {};
}

function listedMembers(call: Call): Member[] {
	const list = listOf(call.body, "member_list");
	if (list.length === 0 || list.length > MOST_ENTRIES) wrong("member_list");
	return list.map((each) => {
		if (!isJson(each)) return wrong("member_list");
		return memberNamed(
			call.store,
			optionalText(each, "type"),
			optionalText(each, "id"),
		);
	});
}

export function addMembers(call: Call): Json {
	const role = roleOf(call);
	admit(role, listedMembers(call));
	changed(call.base);
	return {};
}

export function removeMembers(call: Call): Json {
	const role = roleOf(call);
	dismiss(role, listedMembers(call));
	changed(call.base);
	return {};
}
