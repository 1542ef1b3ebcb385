import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

export interface DashboardMethods {
	readDashboards(
		base: string,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<{ readonly id: string; readonly name: string }>>;
	copyDashboard(
		base: string,
		dashboard: string,
		name: string,
		context: CallContext,
	): Promise<{ readonly id: string; readonly name: string }>;
}
