import type { Adapter } from "../../core/contract/adapter.js";

import type { Field } from "../../core/contract/field.js";

import type { Limits } from "../../core/contract/limits.js";

import type { Services } from "../vendor.js";
import { openApi } from "./api.js";
import { catalogMethods, openCatalog } from "./catalog.js";
import { attachmentCodec, codecs } from "./cells.js";
import type { FusionConfig } from "./config.js";
import { contactMethods } from "./contacts.js";
import { dashboardMethods } from "./dashboards.js";
import { doctorFindings } from "./doctor.js";
import { fileMethods } from "./files.js";
import { dialect } from "./filter.js";
import { formulaReferences } from "./formula.js";
import { peopleMethods } from "./people.js";
import { BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { schemaMethods } from "./schema.js";
import { viewMethods } from "./views.js";

const SORTABLE: ReadonlySet<Field["type"]> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"number",
	"currency",
	"percent",
	"rating",
	"checkbox",
	"date",
	"created_time",
	"updated_time",
]);

/** Opens one connection: the adapter with all that this vendor offers. */
export async function connect(
	config: FusionConfig,
	services: Services,
): Promise<Adapter> {
	const api = await openApi(config, services);
	const catalog = openCatalog(api);
	const contacts = contactMethods(api, catalog);
	const sent = new Map<string, string>();
	return {
		limits: limitsOf(api.callsPerSecond),
		codecs: {
			...codecs,
			attachment: attachmentCodec((token) => sent.get(token)),
		},
		dialect,
		systemColumns: ["$created_at", "$updated_at", "$url"],
		sortable: (field) => typeof field !== "string" && SORTABLE.has(field.type),
		pagesShift: true,
		cellsBy: "id",
		viewRule: "vendor",
		idempotent: { create: false, update: false, delete: false },
		atomicBatches: true,
		createsOptions: true,
		deletedLinks: { otherSide: "text", incoming: "emptied" },
		...catalogMethods(api, catalog),
		...recordMethods(api),
		...viewMethods(api),
		...schemaMethods(api, catalog),
		...fileMethods(api, sent),
		...contacts,
		formulaReferences,
		...dashboardMethods(catalog),
		...peopleMethods(api, contacts),
		clockOffsetMs: api.clockOffsetMs,
		check: (context) => doctorFindings(api, catalog, context),
	};
}

function limitsOf(callsPerSecond: number): Limits {
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		rates: [{ calls: callsPerSecond, perMs: 1_000, per: "table", kind: "any" }],
		writes: "parallel",
	};
}
