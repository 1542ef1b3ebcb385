import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

/** What a base does by itself on an event or a date; made in the vendor's app. */
export interface AutomationMethods {
	/**
	 * One page of a base's automations.
	 * @throws TablesError not_allowed where the account may not see them; else as any read.
	 */
	readAutomations(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<
		Page<{
			readonly id: string;
			readonly name: string;
			readonly enabled: boolean;
		}>
	>;
	/**
	 * On or off; nothing happens to one that is already so.
	 * @throws TablesError not_found for an automation that is gone; else as any write.
	 */
	switchAutomation(
		base: string,
		automation: string,
		enabled: boolean,
		context: CallContext,
	): Promise<void>;
}
