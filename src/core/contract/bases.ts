import type { CallContext } from "./call-context.js";
import type { BaseInfo } from "./table.js";

export interface BaseMethods {
	createBase(
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly timeZone?: string;
		},
		context: CallContext,
	): Promise<BaseInfo & { readonly defaultTable?: string }>;
	updateBase(
		base: string,
		change: { readonly name?: string; readonly advancedPermissions?: boolean },
		context: CallContext,
	): Promise<BaseInfo>;
	copyBase(
		base: string,
		spec: {
			readonly name: string;
			readonly folder?: string;
			readonly structureOnly: boolean;
		},
		context: CallContext,
	): Promise<BaseInfo>;
	/** `member` is an id of the vendor or an e-mail address. */
	shareBase(
		base: string,
		member: string,
		access: "read" | "edit" | "manage",
		context: CallContext,
	): Promise<void>;
}
