import type { Adapter } from "../../core/contract/adapter.js";
import type { Limits } from "../../core/contract/limits.js";
import type { Services } from "../vendor.js";
import { openApi } from "./api.js";
import { automationMethods } from "./automations.js";
import { baseMethods } from "./bases.js";
import { catalogMethods, openCatalog } from "./catalog.js";
import { codecs } from "./cells.js";
import type { DingtalkConfig } from "./config.js";
import { doctorFindings } from "./doctor.js";
import { fileMethods, openCompletion } from "./files.js";
import { dialect } from "./filter.js";
import { peopleMethods } from "./people.js";
import { BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";
import { sharingMethods } from "./sharing.js";

/** Opens one connection: the adapter with all that this vendor offers. */
export async function connect(
	config: DingtalkConfig,
	services: Services,
): Promise<Adapter> {
	const api = await openApi(config, services);
	const catalog = openCatalog(api);
	return {
		limits: limitsOf(api.callsPerSecond),
		codecs,
		dialect,
		systemColumns: ["$created_at", "$updated_at", "$created_by", "$updated_by"],
		/** The list has no order to ask for. */
		sortable: () => false,
		/** What a page's token remembers is not documented. */
		pagesShift: true,
		cellsBy: "name",
		viewRule: "definition",
		idempotent: { create: true, update: false, delete: false },
		/** A refused call is taken to have done nothing; what an answer leaves out is read back. */
		atomicBatches: true,
		/** The product's other API does; for this one it is not documented. Options are made before the write in any case. */
		createsOptions: true,
		deletedLinks: { otherSide: "goes", incoming: "emptied" },
		...catalogMethods(api, catalog),
		...recordMethods(api, openCompletion(api)),
		...schemaMethods(api),
		...fileMethods(api),
		...baseMethods(api, catalog),
		...sharingMethods(api),
		...automationMethods(api),
		...peopleMethods(api),
		check: (context) => doctorFindings(api, catalog, context),
	};
}

/** Every API has a rate of its own; a call of a tool spends its time in one of them. */
function limitsOf(callsPerSecond: number): Limits {
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		rates: [
			{ calls: callsPerSecond, perMs: 1_000, per: "account", kind: "any" },
		],
		// Writes at the same time are not documented.
		writes: "serial-per-table",
	};
}
