import type { Adapter } from "../../core/contract/adapter.js";
import type { Field } from "../../core/contract/field.js";
import type { Limits } from "../../core/contract/limits.js";
import type { Services } from "../vendor.js";
import { openApi } from "./api.js";
import { automationMethods } from "./automations.js";
import { baseMethods } from "./bases.js";
import * as calls from "./calls.js";
import { catalogMethods, openCatalog } from "./catalog.js";
import { codecs } from "./cells.js";
import type { BitableConfig } from "./config.js";
import { dashboardMethods } from "./dashboards.js";
import { doctorFindings } from "./doctor.js";
import { fileMethods } from "./files.js";
import { dialect } from "./filter.js";
import { formMethods } from "./forms.js";
import { formulaReferences } from "./formula.js";
import { peopleMethods } from "./people.js";
import { BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";
import { MEMBERS, sharingMethods } from "./sharing.js";
import { viewMethods } from "./views.js";

/** Their order is the core's; selects go by the options' order, people and links by nothing documented. */
const SORTABLE: ReadonlySet<Field["type"]> = new Set([
	"text",
	"long_text",
	"number",
	"currency",
	"percent",
	"rating",
	"progress",
	"date",
	"created_time",
	"updated_time",
]);

/** Opens one connection: the adapter with all that this vendor offers. */
export async function connect(
	config: BitableConfig,
	services: Services,
): Promise<Adapter> {
	const api = await openApi(config, services);
	const catalog = openCatalog(api);
	return {
		limits: limitsOf(config),
		codecs,
		dialect,
		systemColumns: [
			"$created_at",
			"$updated_at",
			"$created_by",
			"$updated_by",
			"$url",
		],
		sortable: (field) => typeof field !== "string" && SORTABLE.has(field.type),
		pagesShift: true,
		cellsBy: "name",
		// view_id counts only without filter and sort. Source: "Search records".
		viewRule: "vendor-alone",
		// Updates are keyed by the official client's types only, in no document.
		idempotent: { create: true, update: false, delete: false },
		atomicBatches: true,
		createsOptions: true,
		keepsLastView: true,
		deletedLinks: { otherSide: "goes", incoming: "emptied" },
		...catalogMethods(api, catalog),
		formulaReferences,
		...recordMethods(api, catalog),
		...schemaMethods(api, catalog),
		...viewMethods(api, catalog),
		...fileMethods(api),
		...baseMethods(api, catalog),
		...formMethods(api),
		...dashboardMethods(api),
		...sharingMethods(api, catalog),
		...peopleMethods(api),
		...automationMethods(api),
		check: (context) => doctorFindings(api, catalog, context),
	};
}

function limitsOf({ qps }: BitableConfig): Limits {
	const rate = (calls: number) => ({ calls: qps ?? calls, perMs: 1_000 });
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		members: MEMBERS,
		rates: [
			{
				...rate(calls.createRecords.rate.calls),
				per: "account",
				kind: "write",
			},
			{ ...rate(calls.searchRecords.rate.calls), per: "account", kind: "read" },
		],
		// The page asks for one write at a time in a table, or code 1254291; the tables of a base share what computes
		// them, so that a base is the safe unit. Source: "Create records".
		writes: "serial-per-base",
	};
}
