import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { openKept } from "../../core/contract/kept.js";
import { allPages } from "../../core/contract/pages.js";
import type {
	BaseInfo,
	NodeInfo,
	NodeKind,
	Page,
	Table,
} from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { isZone } from "../../core/values/zone.js";
import { loose, number, text } from "../kit/answer.js";
import { type Api, LIST_PAGE, listPage } from "./api.js";
import * as calls from "./calls.js";
import { PRODUCTS } from "./config.js";
import { readDashboards } from "./dashboards.js";
import { at } from "./records.js";
import { readFields } from "./schema.js";
import { resolveUrl, splitBlockToken } from "./urls.js";
import { viewOf } from "./views.js";

/** What the vendor reports of a base. Source: "Get App Info". */
export interface BaseFacts {
	readonly id: string;
	readonly name: string | null;
	/** IANA. */
	readonly zone: string;
	readonly advanced: boolean;
	/** 2: a formula field states the type of its result. */
	readonly formulaType: number;
	/** `v2`: roles go through the second role API. */
	readonly roles: "v1" | "v2";
}

export interface Catalog {
	/** The configured bases. */
	configured(context: CallContext): Promise<readonly BaseInfo[]>;
	/** Kept for five minutes, as schemas are. */
	facts(base: string, context: CallContext): Promise<BaseFacts>;
	forget(base: string): void;
	/** Tables of a base, as they are called now. */
	tables(
		base: string,
		context: CallContext,
	): Promise<readonly { readonly id: string; readonly name: string }[]>;
	nodes(
		base: string,
		kinds: readonly NodeKind[],
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<NodeInfo>>;
	/** Where a browser shows it. */
	url(
		base: string,
		at?: { readonly table?: string; readonly view?: string },
	): string;
	/** A page of this base was seen at this host. */
	seenAt(base: string, url: string): void;
	resolveUrl(
		url: URL,
		context: CallContext,
	): Promise<
		| { base: string; table?: string; view?: string; record?: string }
		| { unresolvable: string }
		| undefined
	>;
}

const KEEP_FACTS_MS = 300_000;
/** Views are listed table by table: so many tables a page. */
const FORM_TABLES = 20;

/** Names that the vendor's samples use and IANA does not know. */
const ZONES: Readonly<Record<string, string>> = {
	"Asia/Beijing": "Asia/Shanghai",
};

/** What this connection sees; lists are kept for a while. */
export function openCatalog(api: Api): Catalog {
	const { clock } = api.services;
	const product = PRODUCTS[api.config.product];
	const facts = openKept<BaseFacts>(clock, KEEP_FACTS_MS);
	const hosts = new Map<string, string>();

	const readFacts = async (base: string, context: CallContext) => {
		const { app } = await api.call(
			calls.readBase,
			{ params: { base }, base },
			context,
		);
		const wire = loose(app);
		const given = text(wire.time_zone) ?? "";
		const zone = ZONES[given] ?? given;
		return {
			id: base,
			name: text(wire.name) ?? null,
			zone: zone !== "" && isZone(zone) ? zone : api.services.zone,
			advanced: wire.is_advanced === true,
			formulaType: number(wire.formula_type) ?? 1,
			roles: text(wire.advance_version) === "v2" ? "v2" : "v1",
		} satisfies BaseFacts;
	};

	const catalog: Catalog = {
		facts: (base, context) => facts.get(base, () => readFacts(base, context)),
		forget: (base) => facts.forget(base),
		seenAt(base, url) {
			if (URL.canParse(url)) hosts.set(base, new URL(url).origin);
		},
		url(base, { table, view } = {}) {
			const origin =
				hosts.get(base) ??
				(api.config.base_url === undefined
					? product.page
					: new URL(api.origin).origin);
			const query = [
				...(table === undefined ? [] : [`table=${encodeURIComponent(table)}`]),
				...(view === undefined ? [] : [`view=${encodeURIComponent(view)}`]),
			].join("&");
			return `${origin}/base/${encodeURIComponent(base)}${query === "" ? "" : `?${query}`}`;
		},
		async configured(context) {
			const ids = new Set<string>();
			for (const entry of api.config.bases ?? [])
				ids.add(await baseOf(api, catalog, entry, context));
			return Promise.all(
				[...ids].map((id) =>
					catalog.facts(id, context).then(
						({ name, zone, advanced }): BaseInfo => ({
							id,
							name,
							timeZone: zone,
							advancedPermissions: advanced,
							url: catalog.url(id),
						}),
						// What keeps it closed is reported when its tables are listed.
						(error: unknown): BaseInfo => {
							if (error instanceof TablesError) return { id, name: null };
							throw error;
						},
					),
				),
			);
		},
		async tables(base, context) {
			const tables = await allPages((cursor) =>
				listPage(api, calls.listTables, { params: { base }, base }, context, {
					cursor,
					size: LIST_PAGE,
				}),
			);
			return tables.map((table) => ({
				id: text(table.table_id) ?? "",
				name: text(table.name) ?? "",
			}));
		},
		nodes: (base, kinds, cursor, context) =>
			nodesOf(api, catalog, { base, kinds, cursor }, context),
		resolveUrl: (url, context) => resolveUrl(api, catalog, url, context),
	};
	return catalog;
}

/** A base as the configuration names it: its token, the token of a block, or a URL. */
async function baseOf(
	api: Api,
	catalog: Catalog,
	entry: string,
	context: CallContext,
): Promise<string> {
	if (!/^https?:\/\//i.test(entry) || !URL.canParse(entry))
		return splitBlockToken(entry).base;
	const found = await catalog.resolveUrl(new URL(entry), context);
	if (found === undefined || "unresolvable" in found)
		throw new TablesError(
			"bad_argument",
			`\`bases\` holds "${entry}", which names no base of ${api.title}${found === undefined ? "" : `: ${found.unresolvable}`}`,
			{ next: "Correct the configuration." },
		);
	return found.base;
}

/** One page: kinds one after another, `cursor` is the kind's place and its own page token. */
async function nodesOf(
	api: Api,
	catalog: Catalog,
	{
		base: given,
		kinds,
		cursor,
	}: {
		readonly base: string;
		readonly kinds: readonly NodeKind[];
		readonly cursor: string | undefined;
	},
	context: CallContext,
): Promise<Page<NodeInfo>> {
	const { base, table: only } = splitBlockToken(given);
	const [place = "0", ...rest] = (cursor ?? "0").split(":");
	const index = Number(place);
	const kind = kinds[index];
	if (kind === undefined) return { items: [] };
	const page = await NODES[kind](
		api,
		catalog,
		base,
		rest.length === 0 ? undefined : rest.join(":"),
		context,
	);
	const next =
		page.next !== undefined
			? `${index}:${page.next}`
			: index + 1 < kinds.length
				? String(index + 1)
				: undefined;
	return {
		items: page.items.filter(
			({ kind, id }) => kind !== "table" || only === undefined || id === only,
		),
		...defined({ next }),
	};
}

type NodePage = (
	api: Api,
	catalog: Catalog,
	base: string,
	cursor: string | undefined,
	context: CallContext,
) => Promise<Page<NodeInfo>>;

const NODES = {
	async table(api, catalog, base, cursor, context) {
		const page = await listPage(
			api,
			calls.listTables,
			{ params: { base }, base },
			context,
			{ cursor, size: LIST_PAGE },
		);
		return {
			...page,
			items: page.items.map((table): NodeInfo => {
				const id = text(table.table_id) ?? "";
				return {
					kind: "table",
					base,
					id,
					name: text(table.name) ?? "",
					url: catalog.url(base, { table: id }),
				};
			}),
		};
	},
	/** Form views, found table by table. */
	async form(api, catalog, base, cursor, context) {
		const page = await listPage(
			api,
			calls.listTables,
			{ params: { base }, base },
			context,
			{ cursor, size: FORM_TABLES },
		);
		const forms = await Promise.all(
			page.items.map(async (wire) => {
				const table = text(wire.table_id) ?? "";
				const views = await allPages((at) =>
					listPage(
						api,
						calls.listViews,
						{ params: { base, table }, base, table },
						context,
						{ cursor: at, size: LIST_PAGE },
					),
				);
				return views
					.filter(({ view_type }) => view_type === "form")
					.map((view): NodeInfo => {
						const id = text(view.view_id) ?? "";
						return {
							kind: "form",
							base,
							id,
							name: text(view.view_name) ?? "",
							path: [text(wire.name) ?? table],
							url: catalog.url(base, { table, view: id }),
						};
					});
			}),
		);
		return { ...page, items: forms.flat() };
	},
	async dashboard(api, catalog, base, cursor, context) {
		const page = await readDashboards(api, base, cursor, context);
		return {
			...page,
			items: page.items.map(
				({ id, name }): NodeInfo => ({
					kind: "dashboard",
					base,
					id,
					name,
					url: catalog.url(base, { table: id }),
				}),
			),
		};
	},
	// The API does not tell of folders inside a base.
	folder: async (): Promise<Page<NodeInfo>> => ({ items: [] }),
} as const satisfies Record<NodeKind, NodePage>;

/** Lists bases and what is in them, reads a table with its fields, and resolves pasted URLs. */
export function catalogMethods(
	api: Api,
	catalog: Catalog,
): Pick<Adapter, "readBases" | "readNodes" | "readTable" | "resolveUrl"> {
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
					listPage(api, calls.listViews, at(ref), context, {
						cursor,
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
		resolveUrl: (url, context) => catalog.resolveUrl(url, context),
	};
}

/** There is no call for one table: its name is in the list, which is read again, because a table's name must be the present one. */
async function nameOf(
	catalog: Catalog,
	{ base, table }: Table["ref"],
	context: Parameters<Adapter["readTable"]>[1],
): Promise<string> {
	const tables = await catalog.tables(base, context);
	const found = tables.find(({ id }) => id === table);
	if (found === undefined)
		throw new TablesError(
			"not_found",
			`there is no table ${table} in the base ${base}`,
			{ next: "Call list_tables for those there are." },
		);
	return found.name;
}
