import type { Adapter } from "../../core/contract/adapter.js";
import type { Limits } from "../../core/contract/limits.js";
import type { Services } from "../vendor.js";
import { CALLS_PER_SECOND, openApi } from "./api.js";
import { check } from "./check.js";
import type { DingtalkConfig } from "./config.js";
import { codecs } from "./fields.js";
import { openFiles } from "./files.js";
import { dialect } from "./filter.js";
import { catalogMethods, createBase, openNodes } from "./nodes.js";
import { peopleMethods } from "./people.js";
import { permissionMethods } from "./permissions.js";
import { BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";

export async function connect(
	config: DingtalkConfig,
	services: Services,
): Promise<Adapter> {
	const api = await openApi(config, services);
	const nodes = openNodes(api);
	const files = openFiles(api);
	return {
		limits: limitsOf(config),
		codecs,
		dialect,
		systemColumns: ["$created_at", "$updated_at", "$created_by", "$updated_by"],
		/** The list has no order to ask for. */
		sortable: () => false,
		/** Nothing is told of what a page's token remembers. */
		pagesShift: true,
		viewRule: "definition",
		idempotent: { create: true, update: false, delete: false },
		/** A refused call is taken to have done nothing; what an answer leaves out is read back. */
		atomicBatches: true,
		/** The product's other surface does; of this one nobody says. Options are made beforehand all the same. */
		createsOptions: true,
		...catalogMethods(api, nodes),
		...recordMethods(api, files),
		...schemaMethods(api),
		...files.methods,
		createBase: createBase(api, nodes),
		...permissionMethods(api),
		...peopleMethods(api),
		check: (context) => check(api, nodes, context),
	};
}

/** Every API has a rate of its own; a call of a tool spends its time in one of them. */
function limitsOf({ qps = CALLS_PER_SECOND }: DingtalkConfig): Limits {
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		rates: [{ calls: qps, perMs: 1_000, per: "account", kind: "any" }],
		// Of writes at the same time nothing is told.
		writes: "serial-per-table",
	};
}
