import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type {
	MemberInfo,
	RoleInfo,
	RoleMethods,
	RoleTable,
} from "../../core/contract/roles.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
} from "../../core/contract/table.js";
import { kindOf } from "../../core/values/values.js";
import { type Loose, list, loose, number, text } from "../kit/cloud.js";
import { type Api, listPage } from "./api.js";
import type { Bases } from "./bases.js";
import * as calls from "./calls.js";
import { readFields } from "./schema.js";

/*
 * Roles of a base with advanced permissions. Bases of the second kind (`advance_version: v2`) have a role API of
 * their own with other numbers; deleting and members are the first one's for both. Source: "roles", "roles 2.0".
 */

const ROLE_PAGE = 30;
const MEMBER_PAGE = 100;

/** What one kind of role API calls things. */
interface Dialect {
	readonly list: calls.BitableEndpoint;
	readonly create: calls.BitableEndpoint;
	readonly update: calls.BitableEndpoint;
	readonly fieldAccess: Readonly<Record<"read" | "edit", number>>;
	/** Levels of a table that may be narrowed by field. */
	readonly narrowed: readonly RoleTable["access"][];
	/** Conditions that choose rows. */
	readonly mostRules: number;
}

const DIALECTS: Readonly<Record<"v1" | "v2", Dialect>> = {
	v1: {
		list: calls.listRoles,
		create: calls.createRole,
		update: calls.updateRole,
		fieldAccess: { read: 1, edit: 2 },
		narrowed: ["edit"],
		mostRules: 100,
	},
	v2: {
		list: calls.listRoles2,
		create: calls.createRole2,
		update: calls.updateRole2,
		fieldAccess: { read: 1, edit: 3 },
		narrowed: ["read", "edit"],
		mostRules: 10,
	},
};

const LEVELS = { none: 0, read: 1, edit: 2, manage: 4 } as const;
const ACCESS = new Map(
	Object.entries(LEVELS).map(([access, level]) => [
		level as number,
		access as RoleTable["access"],
	]),
);

const VISITOR = "$visitor";
const CREATED_BY = "$created_by";

/** The operators of a row rule, ours and the vendor's. */
const RULES: Readonly<Partial<Record<Operator, string>>> = {
	is: "is",
	is_not: "isNot",
	contains: "contains",
	any_of: "contains",
	not_contains: "doesNotContain",
	none_of: "doesNotContain",
	is_empty: "isEmpty",
	is_not_empty: "isNotEmpty",
};
const OURS: Readonly<Record<string, Operator>> = {
	is: "is",
	isNot: "is_not",
	contains: "contains",
	doesNotContain: "not_contains",
	isEmpty: "is_empty",
	isNotEmpty: "is_not_empty",
};

type FieldsOf = (table: string) => Promise<readonly Field[]>;

export function roleMethods(api: Api, bases: Bases): RoleMethods {
	const dialectOf = async (base: string, context: CallContext) =>
		DIALECTS[(await bases.facts(base, context)).roles];
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
			...(wire.base_rule === undefined ? {} : { base_rule: wire.base_rule }),
			role_name: role.name,
			table_roles: tables.map(currentNames),
			block_roles: role.dashboards.map(({ dashboard, access }) => ({
				block_id: dashboard,
				block_type: "dashboard",
				block_perm: LEVELS[access],
			})),
		};
	};

	return {
		async readRoles(base, cursor, context) {
			const dialect = await dialectOf(base, context);
			const page = await listPage(
				api,
				dialect.list,
				{ params: { base }, base },
				cursor,
				context,
				{ size: ROLE_PAGE },
			);
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
							id: text(wire.role_id) ?? "",
							name: text(wire.role_name) ?? "",
							tables,
							dashboards: list(wire.block_roles).map(
								({ block_id, block_perm }) => ({
									dashboard: text(block_id) ?? "",
									access: block_perm === 1 ? "read" : "none",
								}),
							),
							wire,
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
				cursor,
				context,
				{ size: MEMBER_PAGE },
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
	};
}

/** Some answers name these by older words that no request takes. */
function currentNames({
	addrecords_perm,
	deleterecords_perm,
	...table
}: Loose): Loose {
	return {
		...(addrecords_perm === undefined
			? {}
			: { allow_add_record: addrecords_perm }),
		...(deleterecords_perm === undefined
			? {}
			: { allow_delete_record: deleterecords_perm }),
		...table,
	};
}

async function decodeTable(
	given: Loose,
	dialect: Dialect,
	fieldsOf: FieldsOf,
): Promise<RoleTable> {
	const wire = currentNames(given);
	const table = text(wire.table_id) ?? "";
	const name = text(wire.table_name);
	const rule = loose(wire.rec_rule);
	const conditions = list(rule.conditions);
	const perFields = Object.entries(loose(wire.field_perm));
	const access = ACCESS.get(number(wire.table_perm) ?? 0) ?? "none";
	const fields =
		conditions.length + perFields.length > 0 ? await fieldsOf(table) : [];
	const rows =
		conditions.length === 0 ? undefined : decodeRule(rule, conditions, fields);
	return {
		table,
		...(name === undefined ? {} : { name }),
		access,
		...(rows === undefined ? {} : { rows }),
		// Other rows that a rule of their own opens (2.0) are neither: that rule stays as it is.
		...(conditions.length > 0 &&
		access === "edit" &&
		list(loose(wire.other_rec_rule).conditions).length === 0
			? { otherRows: rule.other_perm === 1 ? "read" : "none" }
			: {}),
		...(perFields.length === 0
			? {}
			: {
					fields: perFields.map(([field, level]) => ({
						field:
							fields.find((candidate) => candidate.name === field)?.id ?? field,
						access:
							level === dialect.fieldAccess.edit
								? "edit"
								: Number(level) > 0
									? "read"
									: "none",
					})),
				}),
		...(typeof wire.allow_add_record === "boolean"
			? { addRecords: wire.allow_add_record }
			: {}),
		...(typeof wire.allow_delete_record === "boolean"
			? { deleteRecords: wire.allow_delete_record }
			: {}),
	};
}

function decodeRule(
	rule: Loose,
	conditions: readonly Loose[],
	fields: readonly Field[],
): FilterInput {
	return {
		match: rule.conjunction === "or" ? "any" : "all",
		conditions: conditions.map((wire): ConditionInput => {
			const name = text(wire.field_name);
			if (name === undefined)
				return { field: CREATED_BY, op: "is", value: VISITOR };
			const field = fields.find((candidate) => candidate.name === name);
			const op = OURS[text(wire.operator) ?? "is"] ?? "is";
			if (op === "is_empty" || op === "is_not_empty")
				return { field: field?.id ?? name, op };
			const values = (Array.isArray(wire.value) ? wire.value : []).map(
				(value) =>
					field?.settings.options?.find(({ id }) => id === value)?.name ??
					String(value),
			);
			const [first] = values;
			if (first === undefined)
				return { field: field?.id ?? name, op: "contains", value: VISITOR };
			return values.length === 1
				? { field: field?.id ?? name, op, value: first }
				: {
						field: field?.id ?? name,
						op:
							op === "contains"
								? "any_of"
								: op === "not_contains"
									? "none_of"
									: op,
						values,
					};
		}),
	};
}

async function encodeTable(
	table: RoleTable,
	wire: Loose,
	dialect: Dialect,
	fieldsOf: FieldsOf,
): Promise<Loose> {
	const refuse = (why: string, next: string) =>
		new TablesError(
			"unsupported",
			`the role's access to "${table.name ?? table.table}": ${why}`,
			{ next },
		);
	const limits = table.rows !== undefined || table.fields !== undefined;
	const fields = limits ? await fieldsOf(table.table) : [];
	if (
		table.rows !== undefined &&
		table.access !== "read" &&
		table.access !== "edit"
	)
		throw refuse(
			`rows can be limited with access read or edit, not ${table.access}`,
			"Leave `rows` out, or change `access`.",
		);
	if (table.otherRows === "read" && table.access !== "edit")
		throw refuse(
			"the other rows can be open for reading only where `rows` are open for editing",
			"Use access edit, or leave `rows` out.",
		);
	if (table.fields !== undefined && !dialect.narrowed.includes(table.access))
		throw refuse(
			`fields can be limited with access ${dialect.narrowed.join(" or ")} in this base, not ${table.access}`,
			"Leave `fields` out, or change `access`.",
		);
	const { rec_rule, field_perm, table_name, ...kept } = wire;
	return {
		...kept,
		table_id: table.table,
		table_perm: LEVELS[table.access],
		...(table.rows === undefined
			? {}
			: {
					rec_rule: {
						...encodeRule(table.rows, fields, dialect, refuse),
						...(table.access === "edit"
							? { other_perm: table.otherRows === "read" ? 1 : 0 }
							: {}),
					},
				}),
		...(table.fields === undefined
			? {}
			: { field_perm: fieldLevels(table, fields, dialect) }),
		...(table.access === "edit"
			? {
					allow_add_record: table.addRecords ?? true,
					allow_delete_record: table.deleteRecords ?? true,
				}
			: {}),
	};
}

/** Fields that are not named keep the table's own level; a field without a level is closed. */
function fieldLevels(
	{ fields: named = [], access }: RoleTable,
	fields: readonly Field[],
	{ fieldAccess }: Dialect,
): Loose {
	return Object.fromEntries(
		fields.flatMap(({ id, name }) => {
			const own = named.find(({ field }) => field === id)?.access ?? access;
			return own === "none"
				? []
				: [[name, own === "read" ? fieldAccess.read : fieldAccess.edit]];
		}),
	);
}

function encodeRule(
	rows: FilterInput,
	fields: readonly Field[],
	{ mostRules }: Dialect,
	refuse: (why: string, next: string) => TablesError,
): Loose {
	const LEAVE = "Leave it out, or write the rows as plain conditions.";
	if ((rows.groups ?? []).length > 0)
		throw refuse("rows have one level of conditions", LEAVE);
	if (rows.conditions.length > mostRules)
		throw refuse(
			`rows take at most ${mostRules} conditions in this base`,
			LEAVE,
		);
	return {
		conjunction: rows.match === "any" ? "or" : "and",
		conditions: rows.conditions.map((condition) =>
			encodeCondition(condition, fields, refuse),
		),
	};
}

function encodeCondition(
	{ field: id, op, value, values }: ConditionInput,
	fields: readonly Field[],
	refuse: (why: string, next: string) => TablesError,
): Loose {
	const given = (values ?? (value === undefined ? [] : [value])).map(String);
	const visitor = given.includes(VISITOR);
	const field = fields.find((candidate) => candidate.id === id);
	const isCreator = id === CREATED_BY || field?.type === "created_by";
	if (visitor && isCreator && (op === "is" || op === "contains"))
		return { field_name: "", operator: "contains", value: null };
	if (field === undefined)
		throw refuse(
			`rows by ${id} are possible for ${VISITOR} and ${CREATED_BY} only`,
			"Name a field of the table.",
		);
	const operator = RULES[op];
	if (operator === undefined)
		throw refuse(
			`rows cannot be chosen by ${op}`,
			`Use one of ${Object.keys(RULES).join(", ")}.`,
		);
	if (visitor) {
		if (kindOf(field) !== "people" || operator !== "contains")
			throw refuse(
				`${VISITOR} goes with contains on a field of people, and "${field.name}" ${op} is not that`,
				`Write {field, op: "contains", value: "${VISITOR}"}.`,
			);
		return { field_name: field.name, operator: "contains", value: [] };
	}
	const options = field.settings.options;
	return {
		field_name: field.name,
		operator,
		value: given.map((name) => {
			if (options === undefined) return name;
			const option = options.find(
				(candidate) => candidate.name === name || candidate.id === name,
			);
			if (option === undefined)
				throw refuse(
					`"${field.name}" has no option "${name}"`,
					`Options: ${options.map((candidate) => candidate.name).join(", ")}.`,
				);
			return option.id;
		}),
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
