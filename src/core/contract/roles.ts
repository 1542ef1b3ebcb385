import type { CallContext } from "./call-context.js";
import type { FilterInput, Page } from "./table.js";

/** Roles of a base with advanced permissions; a policy that limits tables or fields switches them off. */
export interface RoleMethods {
	/**
	 * One page of a base's roles, each with all its rights.
	 * @throws TablesError not_allowed where advanced permissions are off; else as any read.
	 */
	readRoles(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<RoleInfo>>;
	/**
	 * The same with names alone, for who needs no rights. Absent: `readRoles` takes no more calls.
	 * @throws what `readRoles` throws.
	 */
	readRoleNames?(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<RoleName>>;
	/**
	 * Answers the new role's id.
	 * @throws TablesError unsupported for a right that the vendor's roles cannot express; else as any write.
	 */
	createRole(
		base: string,
		role: Omit<RoleInfo, "id" | "wire">,
		context: CallContext,
	): Promise<string>;
	/**
	 * `role` is the whole role after merging what was read with what is to change.
	 * @throws TablesError unsupported for a right that the vendor's roles cannot express; else as any write.
	 */
	updateRole(base: string, role: RoleInfo, context: CallContext): Promise<void>;
	/**
	 * Its members lose what it gave them; a person has agreed.
	 * @throws TablesError not_found for a role that is gone; else as any write.
	 */
	deleteRole(base: string, role: string, context: CallContext): Promise<void>;
	/**
	 * One page of who has a role.
	 * @throws TablesError not_found for a role that is gone; else as any read.
	 */
	readRoleMembers(
		base: string,
		role: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<MemberInfo>>;
	/**
	 * Those that have the role already keep it.
	 * @throws TablesError bad_argument for a member that the vendor does not know; else as any write.
	 */
	addRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
	/**
	 * Those that do not have the role are passed over, or refused where the vendor refuses them.
	 * @throws TablesError not_found for a member that the vendor does not find in the role; unsupported for the last members, where the vendor keeps one; else as any write.
	 */
	removeRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
}

/** A set of rights in one base that people and groups can have. */
export interface RoleInfo {
	/** Given by the vendor, stable under renaming. */
	readonly id: string;
	/** As people see it; not always unique. */
	readonly name: string;
	/** A table that is not listed has the vendor's default. */
	readonly tables: readonly RoleTable[];
	/** By id; one that is not listed has the vendor's default. */
	readonly dashboards: readonly {
		readonly dashboard: string;
		readonly access: "none" | "read";
	}[];
	/**
	 * The vendor's own role object, so that what the core does not know goes back unchanged on update.
	 * Absent: the vendor's roles have nothing beyond what is named here, or the role is new.
	 */
	readonly wire?: unknown;
}

/** A role by name. */
export type RoleName = Pick<RoleInfo, "id" | "name" | "wire">;

/** What a role may do with one table. */
export interface RoleTable {
	/** Table id. */
	readonly table: string;
	/** As people see it. Absent: the vendor names tables by id only. */
	readonly name?: string;
	/** The highest level that holds for any row and field of it. */
	readonly access: "none" | "read" | "edit" | "manage";
	/** Rows that the role may edit (or read); `$visitor` is the person who looks. Absent: all rows. */
	readonly rows?: FilterInput;
	/** What the role may do with rows outside of `rows`. Absent: the vendor's default. */
	readonly otherRows?: "none" | "read";
	/** Fields by id whose level differs. Absent: every field has the table's level. */
	readonly fields?: readonly {
		readonly field: string;
		readonly access: "none" | "read" | "edit";
	}[];
	/** May it make records? Absent: the vendor's default, or it does not say. */
	readonly addRecords?: boolean;
	/** May it delete the rows it may edit? Absent: the vendor's default, or it does not say. */
	readonly deleteRecords?: boolean;
}

/** Who has a role. */
export interface MemberInfo {
	/** Of the vendor, as `addRoleMembers` takes it. */
	readonly id: string;
	/** null when the vendor does not send it. */
	readonly name: string | null;
	/** What the id names; vendors number each kind on its own. */
	readonly kind: "user" | "group" | "department";
}
