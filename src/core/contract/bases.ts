import type { CallContext } from "./call-context.js";
import type { BaseInfo } from "./table.js";

/** Bases made, changed, copied and shared. */
export interface BaseMethods {
	/**
	 * Makes a base. `folder` is an id of the vendor, `timeZone` an IANA name. The answer's `defaultTable` is the id of a
	 * table that the vendor made with the base; its blank rows have been deleted.
	 * @throws TablesError unsupported for a folder or zone that the vendor does not have; else as any write.
	 */
	createBase(
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly timeZone?: string;
		},
		context: CallContext,
	): Promise<BaseInfo & { readonly defaultTable?: string }>;
	/**
	 * Changes what is named and answers the base as it is then. `advancedPermissions` switches roles on or off.
	 * @throws TablesError unsupported for a part that the vendor cannot change; else as any write.
	 */
	updateBase(
		base: string,
		change: { readonly name?: string; readonly advancedPermissions?: boolean },
		context: CallContext,
	): Promise<BaseInfo>;
	/**
	 * A copy with ids of its own; `structureOnly` leaves the records out.
	 * @throws TablesError not_found for a base that is gone; else as any write.
	 */
	copyBase(
		base: string,
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly structureOnly: boolean;
		},
		context: CallContext,
	): Promise<BaseInfo>;
	/**
	 * Gives one member access. `member` is an id of the vendor or an e-mail address.
	 * @throws TablesError bad_argument for a member that the vendor does not know; else as any write.
	 */
	shareBase(
		base: string,
		member: string,
		access: "read" | "edit" | "manage",
		context: CallContext,
	): Promise<void>;
}
