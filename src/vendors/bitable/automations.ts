import type { AutomationMethods } from "../../core/contract/automations.js";
import { list, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

/** Automations of the base; those inside blocks (dashboards, pages) are another list of the same shape. */
export function automationMethods(api: Api): AutomationMethods {
	return {
		async readAutomations(base, _cursor, context) {
			const place = { params: { base }, base };
			const [own, inBlocks] = await Promise.all([
				api.call(calls.listWorkflows, place, context),
				api.call(calls.listBlockWorkflows, place, context),
			]);
			const seen = new Set<string>();
			return {
				items: [...list(own.workflows), ...list(inBlocks.workflows)].flatMap(
					(wire) => {
						const id = text(wire.workflow_id) ?? "";
						if (seen.has(id)) return [];
						seen.add(id);
						return [
							{
								id,
								name: text(wire.title) ?? "",
								enabled: wire.status === "Enable",
							},
						];
					},
				),
			};
		},
		async switchAutomation(base, workflow, enabled, context) {
			await api.call(
				calls.switchWorkflow,
				{
					params: { base, workflow },
					base,
					json: { status: enabled ? "Enable" : "Disable" },
				},
				context,
			);
		},
	};
}
