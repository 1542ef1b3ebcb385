import type { Adapter, Limits } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import { allPages } from "../../core/contract/pages.js";
import type { Table } from "../../core/contract/table.js";
import { loose } from "../kit/answer.js";
import type { Services } from "../vendor.js";
import { type Api, listPage, openApi } from "./api.js";
import { baseMethods } from "./bases.js";
import * as calls from "./calls.js";
import {
	type Catalog,
	LIST_PAGE,
	openCatalog,
	splitBlockToken,
} from "./catalog.js";
import type { BitableConfig } from "./config.js";
import { contactMethods } from "./contacts.js";
import { check } from "./doctor.js";
import { codecs } from "./fields.js";
import { fileMethods } from "./files.js";
import { dialect } from "./filter.js";
import { automationMethods, dashboardMethods, formMethods } from "./forms.js";
import { formulaReferences } from "./formula.js";
import { at, BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { readFields, schemaMethods } from "./schema.js";
import { roleMethods } from "./sharing.js";
import { definedView, viewMethods, viewOf } from "./views.js";

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
		// Source: "search records": view_id counts only without filter and sort.
		viewRule: "vendor-alone",
		// Updates are keyed by the official client's types only, in no document.
		idempotent: { create: true, update: false, delete: false },
		atomicBatches: true,
		createsOptions: true,
		...catalogMethods(api, catalog),
		formulaReferences,
		...recordMethods(api, catalog),
		...schemaMethods(api, catalog),
		...viewMethods(api, catalog),
		...fileMethods(api),
		...baseMethods(api, catalog),
		...formMethods(api),
		...dashboardMethods(api),
		...roleMethods(api, catalog),
		...contactMethods(api),
		...automationMethods(api),
		check: (context) => check(api, catalog, context),
	};
}

function limitsOf({ qps }: BitableConfig): Limits {
	const rate = (calls: number) => ({ calls: qps ?? calls, perMs: 1_000 });
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		rates: [
			{
				...rate(calls.createRecords.rate.calls),
				per: "account",
				kind: "write",
			},
			{ ...rate(calls.searchRecords.rate.calls), per: "account", kind: "read" },
		],
		// Source: 1254291: one write at a time in a base.
		writes: "serial-per-base",
	};
}

function catalogMethods(
	api: Api,
	catalog: Catalog,
): Pick<
	Adapter,
	"readBases" | "readNodes" | "readTable" | "readView" | "resolveUrl"
> &
	Required<Pick<Adapter, "readView">> {
	return {
		readBases: async (_cursor, context) => ({
			items: await catalog.configured(context),
		}),
		readNodes: (base, { kinds }, cursor, context) =>
			catalog.nodes(base, kinds, cursor, context),
		async readTable(given, context) {
			const ref = {
				base: splitBlockToken(given.base).base,
				table: given.table,
			};
			const [facts, name, fields, views] = await Promise.all([
				catalog.facts(ref.base, context),
				nameOf(catalog, ref, context),
				readFields(api, ref, context),
				allPages((cursor) =>
					listPage(api, calls.listViews, at(ref), cursor, context, {
						size: LIST_PAGE,
					}),
				),
			]);
			return {
				ref,
				name,
				fields,
				byId: new Map(fields.map((field) => [field.id, field])),
				views: views.map((view) => viewOf(catalog, ref, view)),
				zone: facts.zone,
				url: catalog.url(ref.base, { table: ref.table }),
				readAtMs: api.services.clock.now(),
			} satisfies Table;
		},
		async readView(table, id, context) {
			const { params, ...rest } = at(table.ref);
			const { view } = await api.call(
				calls.readView,
				{ ...rest, params: { ...params, view: id } },
				context,
			);
			return definedView(catalog, table, loose(view));
		},
		resolveUrl: (url, context) => catalog.resolveUrl(url, context),
	};
}

/** There is no call for one table: its name stands in the list. */
async function nameOf(
	catalog: Catalog,
	{ base, table }: Table["ref"],
	context: Parameters<Adapter["readTable"]>[1],
): Promise<string> {
	const find = async (maxAgeMs?: number) =>
		(await catalog.tables(base, context, maxAgeMs)).find(
			({ id }) => id === table,
		);
	const found = (await find()) ?? (await find(0));
	if (found === undefined)
		throw new TablesError(
			"not_found",
			`there is no table ${table} in the base ${base}`,
		);
	return found.name;
}
