import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

/** Pages of charts over the tables of a base; a policy that limits tables or fields switches them off. */
export interface DashboardMethods {
	/**
	 * One page of a base's dashboards.
	 * @throws TablesError not_found for a base that is gone; else as any read.
	 */
	readDashboards(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<{ readonly id: string; readonly name: string }>>;
	/**
	 * A copy in the same base, answered with the id and name that the vendor gave it.
	 * @throws TablesError not_found for a dashboard that is gone; else as any write.
	 */
	copyDashboard(
		base: string,
		dashboard: string,
		name: string,
		context: CallContext,
	): Promise<{ readonly id: string; readonly name: string }>;
}
