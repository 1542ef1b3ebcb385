import type { CallContext } from "../../core/contract/call-context.js";
import type { DashboardMethods } from "../../core/contract/dashboards.js";
import type { Page } from "../../core/contract/table.js";
import { text } from "../kit/answer.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";

/** Source: "List dashboards (列出仪表盘)". */
const DASHBOARD_PAGE = 500;

/** One page of the dashboards of a base. */
export async function readDashboards(
	api: Api,
	base: string,
	cursor: string | undefined,
	context: CallContext,
): Promise<Page<{ readonly id: string; readonly name: string }>> {
	const page = await listPage(
		api,
		calls.listDashboards,
		{ params: { base }, base },
		context,
		{ cursor, size: DASHBOARD_PAGE, key: "dashboards" },
	);
	return {
		...page,
		items: page.items.map((board) => ({
			id: text(board.block_id) ?? "",
			name: text(board.name) ?? "",
		})),
	};
}

/** Lists dashboards, and copies one where the API can. */
export function dashboardMethods(api: Api): DashboardMethods {
	return {
		readDashboards: (base, cursor, context) =>
			readDashboards(api, base, cursor, context),
		async copyDashboard(base, dashboard, name, context) {
			const data = await api.call(
				calls.copyDashboard,
				{ params: { base, dashboard }, base, json: { name } },
				context,
			);
			return { id: text(data.block_id) ?? "", name: text(data.name) ?? name };
		},
	};
}
