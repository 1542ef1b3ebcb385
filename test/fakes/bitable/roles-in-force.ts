import { accessOf, isOf } from "./access.js";
import type { Caller } from "./call.js";
import { compileRule, type Test } from "./filter.js";
import type { Base, RecordRule, Row, Table, TableRole } from "./model.js";
import type { Sight } from "./reading.js";
import type { Store } from "./store.js";

/** What a caller may do in one table, while advanced permissions are on. */
export interface Rights {
	/** Tells callers with different rights apart. */
	readonly key: string;
	/** Whether anything of the table may be seen. */
	readonly any: boolean;
	readonly mayAdd: boolean;
	readonly mayDelete: boolean;
	readonly mayEditFields: boolean;
	mayRead(row: Row): boolean;
	mayEdit(row: Row): boolean;
	mayReadField(name: string): boolean;
	mayEditField(name: string): boolean;
}

const everything: Rights = {
	key: "",
	any: true,
	mayAdd: true,
	mayDelete: true,
	mayEditFields: true,
	mayRead: () => true,
	mayEdit: () => true,
	mayReadField: () => true,
	mayEditField: () => true,
};

/** The table roles of a caller, in all roles that it is in, itself or through a chat or department. */
function tableRolesOf(
	store: Store,
	base: Base,
	table: Table,
	caller: Caller,
): TableRole[] {
	const found: TableRole[] = [];
	for (const role of base.roles.values()) {
		const isMember = [...role.members.values()].some((member) =>
			isOf(store, caller.openId, member.id),
		);
		if (!isMember) continue;
		for (const each of role.tableRoles)
			if (each.table_id === table.id && each.table_perm > 0) found.push(each);
	}
	return found;
}

/** 0 hidden, 1 may be read, 2 may be edited. The newer kind hides what is not named, and edits with 3. */
function levelOf(
	role: TableRole,
	name: string,
	version: Base["advanceVersion"],
): number {
	const most = role.table_perm === 1 ? 1 : 2;
	if (role.field_perm === undefined) return most;
	if (version === "v1") return Math.min(most, role.field_perm[name] ?? 2);
	const level = role.field_perm[name] ?? 0;
	return Math.min(most, level === 3 ? 2 : Math.min(level, 1));
}

export function rightsIn(
	store: Store,
	base: Base,
	table: Table,
	caller: Caller,
	sight: Sight,
): Rights {
	if (!base.isAdvanced || accessOf(store, base, caller) === "full_access")
		return everything;
	const roles = tableRolesOf(store, base, table, caller);
	if (roles.some((role) => role.table_perm === 4)) return everything;
	const visitor = caller.openId;
	const testOf = (rule: RecordRule): Test =>
		compileRule(
			{ sight, idKind: "open_id", optionsBy: "id" },
			table,
			rule,
			visitor,
		);
	const tests = roles.map((role) => {
		const { rec_rule: rule, other_rec_rule: others } = role;
		return {
			role,
			inside: rule === undefined ? () => true : testOf(rule),
			reads:
				others !== undefined && rule?.other_perm !== 1
					? testOf(others)
					: () => role.table_perm === 2 && rule?.other_perm === 1,
		};
	});
	const editing = roles.filter((role) => role.table_perm === 2);
	const fieldLevel = (name: string): number =>
		Math.max(
			0,
			...roles.map((role) => levelOf(role, name, base.advanceVersion)),
		);
	return {
		key: caller.openId,
		any: roles.length > 0,
		mayAdd: editing.some((role) => role.allow_add_record !== false),
		mayDelete: editing.some((role) => role.allow_delete_record !== false),
		mayEditFields: false,
		mayRead: (row) =>
			tests.some(({ inside, reads }) => inside(row) || reads(row)),
		mayEdit: (row) =>
			tests.some(({ role, inside }) => role.table_perm === 2 && inside(row)),
		mayReadField: (name) => fieldLevel(name) >= 1,
		mayEditField: (name) => fieldLevel(name) >= 2,
	};
}
