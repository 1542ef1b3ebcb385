import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { RoleTable } from "../../core/contract/roles.js";
import {
	type ConditionInput,
	type FilterInput,
	OPERATORS,
	type Operator,
} from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { kindOf } from "../../core/values/values.js";
import { flag, type Loose, list, loose, number, text } from "../kit/answer.js";
import * as calls from "./calls.js";

/* What a role may do with a table, both ways. Source: "List roles (列出自定义角色)". */

/** What one kind of role API calls things. */
export interface Dialect {
	readonly list: calls.BitableEndpoint;
	readonly create: calls.BitableEndpoint;
	readonly update: calls.BitableEndpoint;
	readonly fieldAccess: Readonly<Record<"read" | "edit", number>>;
	/** Levels of a table that may be narrowed by field. */
	readonly narrowed: readonly RoleTable["access"][];
	/** How many conditions may choose the rows of a role, at most. */
	readonly mostRules: number;
}

export const DIALECTS: Readonly<Record<"v1" | "v2", Dialect>> = {
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

export const LEVELS = { none: 0, read: 1, edit: 2, manage: 4 } as const;
const ACCESS = new Map(
	Object.entries(LEVELS).map(([access, level]) => [
		level as number,
		access as RoleTable["access"],
	]),
);

const VISITOR = "$visitor";
const CREATED_BY = "$created_by";

/** The operators of a row rule, ours and the vendor's; `undefined`: it has none. */
const RULES: Readonly<Record<Operator, string | undefined>> = {
	is: "is",
	is_not: "isNot",
	contains: "contains",
	any_of: "contains",
	not_contains: "doesNotContain",
	none_of: "doesNotContain",
	starts_with: undefined,
	search: undefined,
	has_all: undefined,
	gt: undefined,
	gte: undefined,
	lt: undefined,
	lte: undefined,
	between: undefined,
	within: undefined,
	is_empty: "isEmpty",
	is_not_empty: "isNotEmpty",
};
const RULED = OPERATORS.filter((op) => RULES[op] !== undefined);
const OURS: Readonly<Record<string, Operator>> = {
	is: "is",
	isNot: "is_not",
	contains: "contains",
	doesNotContain: "not_contains",
	isEmpty: "is_empty",
	isNotEmpty: "is_not_empty",
};

export type FieldsOf = (table: string) => Promise<readonly Field[]>;

/** Some answers name these by older words that no request takes. */
export function currentNames({
	addrecords_perm,
	deleterecords_perm,
	...table
}: Loose): Loose {
	return {
		...defined({
			allow_add_record: addrecords_perm,
			allow_delete_record: deleterecords_perm,
		}),
		...table,
	};
}

/** A role's rights on one table, of the wire as ours. */
export async function decodeTable(
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
		...defined({ name }),
		access,
		...defined({ rows }),
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
		...defined({ addRecords: flag(wire.allow_add_record) }),
		...defined({ deleteRecords: flag(wire.allow_delete_record) }),
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

/** A role's rights on one table as the vendor takes them. @throws TablesError unsupported. */
export async function encodeTable(
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
		...defined({
			field_perm: table.fields && fieldLevels(table, fields, dialect),
		}),
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
			`Use one of ${RULED.join(", ")}.`,
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
