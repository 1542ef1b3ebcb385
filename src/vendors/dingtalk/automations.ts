import type { Adapter } from "../../core/contract/adapter.js";
import { list, number, text } from "../kit/answer.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

/* Experimental: no page has automations. Source: "Official Go client". */

const WORKFLOWS_PAGE = 100;
const at = (base: string) => ({ params: { base }, base });

/** Lists automations, and switches one on or off. */
export function automationMethods(
	api: Api,
): Required<Pick<Adapter, "readAutomations" | "switchAutomation">> {
	return {
		async readAutomations(base, cursor, context) {
			const offset = Number(cursor ?? 0);
			const { total, workflows } = await api.call(
				calls.listWorkflows,
				{ ...at(base), json: { limit: WORKFLOWS_PAGE, offset } },
				context,
			);
			const found = list(workflows);
			const next = offset + found.length;
			return {
				items: found.map((flow) => ({
					id: text(flow.flowId) ?? "",
					name: text(flow.name) ?? "",
					enabled: isOn(flow.status),
				})),
				...(found.length > 0 && next < (number(total) ?? 0)
					? { next: String(next) }
					: {}),
			};
		},
		async switchAutomation(base, flow, enabled, context) {
			await api.call(
				enabled ? calls.enableWorkflow : calls.disableWorkflow,
				{ params: { base, flow }, base },
				context,
			);
		},
	};
}

/** The word is not documented: any of the usual ones. */
function isOn(status: unknown): boolean {
	return /^(true|1|on|open|opened|enable|enabled|running|active|online|published)$/i.test(
		String(status),
	);
}
