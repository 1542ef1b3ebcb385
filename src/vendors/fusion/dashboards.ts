import type { Adapter } from "../../core/contract/adapter.js";
import type { Catalog } from "./catalog.js";

/** Lists dashboards, and copies one where the API can. */
export function dashboardMethods(
	catalog: Catalog,
): Required<Pick<Adapter, "readDashboards">> {
	return {
		readDashboards: async (base, _cursor, context) => ({
			items: (await catalog.nodes(base, ["dashboard"], context)).map(
				({ id, name }) => ({ id, name }),
			),
		}),
	};
}
