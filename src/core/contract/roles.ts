import type { CallContext } from "./call-context.js";
import type { FilterInput, Page } from "./table.js";

export interface RoleMethods {
	readRoles(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<RoleInfo>>;
	createRole(
		base: string,
		role: Omit<RoleInfo, "id" | "wire">,
		context: CallContext,
	): Promise<string>;
	/** `role` is the whole role after merging. */
	updateRole(base: string, role: RoleInfo, context: CallContext): Promise<void>;
	deleteRole(base: string, role: string, context: CallContext): Promise<void>;
	readRoleMembers(
		base: string,
		role: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<MemberInfo>>;
	addRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
	removeRoleMembers(
		base: string,
		role: string,
		members: readonly Pick<MemberInfo, "id" | "kind">[],
		context: CallContext,
	): Promise<void>;
}

export interface RoleInfo {
	readonly id: string;
	readonly name: string;
	readonly tables: readonly RoleTable[];
	readonly dashboards: readonly {
		readonly dashboard: string;
		readonly access: "none" | "read";
	}[];
	/** The vendor's own role object, to send whole on update. */
	readonly wire?: unknown;
}

export interface RoleTable {
	/** Table id. */
	readonly table: string;
	readonly name?: string;
	readonly access: "none" | "read" | "edit" | "manage";
	/** Rows that the role may edit (or read); `$visitor` is the person who looks. Absent = all. */
	readonly rows?: FilterInput;
	/** The rows outside `rows`. */
	readonly otherRows?: "none" | "read";
	readonly fields?: readonly {
		readonly field: string;
		readonly access: "none" | "read" | "edit";
	}[];
	readonly addRecords?: boolean;
	readonly deleteRecords?: boolean;
}

export interface MemberInfo {
	readonly id: string;
	readonly name: string | null;
	readonly kind: "user" | "group" | "department";
}
