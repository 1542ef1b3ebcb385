import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { Limits } from "../../core/contract/limits.js";
import { allPages } from "../../core/contract/pages.js";
import type { Table } from "../../core/contract/table.js";
import { loose } from "../kit/cloud.js";
import type { Services } from "../vendor.js";
import { type Api, listPage, openApi } from "./api.js";
import { type Bases, LIST_PAGE, openBases, splitBlockToken } from "./bases.js";
import * as calls from "./calls.js";
import type { BitableConfig } from "./config.js";
import { contactMethods } from "./contacts.js";
import { check } from "./doctor.js";
import { codecs } from "./fields.js";
import { fileMethods } from "./files.js";
import { dialect } from "./filter.js";
import { automationMethods, dashboardMethods, formMethods } from "./forms.js";
import { formulaReferences } from "./formula.js";
import { at, BATCH, IDS, PAGE, recordMethods } from "./records.js";
import { roleMethods } from "./roles.js";
import { readFields, schemaMethods } from "./schema.js";
import { baseMethods } from "./sharing.js";
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
	const bases = openBases(api);
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
		...catalogMethods(api, bases),
		formulaReferences,
		...recordMethods(api, bases),
		...schemaMethods(api, bases),
		...viewMethods(api, bases),
		...fileMethods(api),
		...baseMethods(api, bases),
		...formMethods(api),
		...dashboardMethods(api),
		...roleMethods(api, bases),
		...contactMethods(api),
		...automationMethods(api),
		check: (context) => check(api, bases, context),
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
	bases: Bases,
): Pick<
	Adapter,
	"readBases" | "readNodes" | "readTable" | "readView" | "resolveUrl"
> &
	Required<Pick<Adapter, "readView">> {
	return {
		readBases: async (_cursor, context) => ({
			items: await bases.configured(context),
		}),
		readNodes: (base, { kinds }, cursor, context) =>
			bases.nodes(base, kinds, cursor, context),
		async readTable(given, context) {
			const ref = {
				base: splitBlockToken(given.base).base,
				table: given.table,
			};
			const [facts, name, fields, views] = await Promise.all([
				bases.facts(ref.base, context),
				nameOf(bases, ref, context),
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
				views: views.map((view) => viewOf(bases, ref, view)),
				zone: facts.zone,
				url: bases.url(ref.base, { table: ref.table }),
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
			return definedView(bases, table, loose(view));
		},
		resolveUrl: (url, context) => bases.resolveUrl(url, context),
	};
}

/** There is no call for one table: its name stands in the list. */
async function nameOf(
	bases: Bases,
	{ base, table }: Table["ref"],
	context: Parameters<Adapter["readTable"]>[1],
): Promise<string> {
	const find = async (maxAgeMs?: number) =>
		(await bases.tables(base, context, maxAgeMs)).find(
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
