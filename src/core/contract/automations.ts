import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

export interface AutomationMethods {
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
	switchAutomation(
		base: string,
		automation: string,
		enabled: boolean,
		context: CallContext,
	): Promise<void>;
}
