import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { allPages } from "../../core/contract/pages.js";
import type {
	BaseInfo,
	NodeInfo,
	NodeKind,
	Page,
} from "../../core/contract/table.js";
import { isZone } from "../../core/values/zone.js";
import { list, loose, number, text } from "../kit/cloud.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";
import { PRODUCTS } from "./config.js";

/** What "read base" tells. */
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

export interface Bases {
	/** The configured bases. */
	configured(context: CallContext): Promise<readonly BaseInfo[]>;
	/** Kept for five minutes, as schemas are. */
	facts(base: string, context: CallContext): Promise<BaseFacts>;
	forget(base: string): void;
	/** Tables of a base, from a list of a minute. */
	tables(
		base: string,
		context: CallContext,
		maxAgeMs?: number,
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
const KEEP_TABLES_MS = 60_000;
/** The vendor's maximum of a page of tables, views and fields. */
export const LIST_PAGE = 100;
/** Views are listed table by table: so many tables a page. */
const FORM_TABLES = 20;
const DASHBOARD_PAGE = 500;

/** Names that the vendor's samples use and IANA does not know. */
const ZONES: Readonly<Record<string, string>> = {
	"Asia/Beijing": "Asia/Shanghai",
};

interface Kept<T> {
	readonly atMs: number;
	readonly value: Promise<T>;
}

export function openBases(api: Api): Bases {
	const { clock } = api.services;
	const product = PRODUCTS[api.config.product];
	const facts = new Map<string, Kept<BaseFacts>>();
	const tableLists = new Map<
		string,
		Kept<readonly { readonly id: string; readonly name: string }[]>
	>();
	const hosts = new Map<string, string>();

	const keep = <T>(
		kept: Map<string, Kept<T>>,
		key: string,
		maxAgeMs: number,
		read: () => Promise<T>,
	): Promise<T> => {
		const known = kept.get(key);
		if (known !== undefined && clock.now() - known.atMs < maxAgeMs)
			return known.value;
		const value = read();
		kept.set(key, { atMs: clock.now(), value });
		value.catch(() => kept.delete(key));
		return value;
	};

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

	const bases: Bases = {
		facts: (base, context) =>
			keep(facts, base, KEEP_FACTS_MS, () => readFacts(base, context)),
		forget(base) {
			facts.delete(base);
			tableLists.delete(base);
		},
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
				ids.add(await baseOf(api, bases, entry, context));
			return Promise.all(
				[...ids].map((id) =>
					bases.facts(id, context).then(
						({ name, zone, advanced }): BaseInfo => ({
							id,
							name,
							timeZone: zone,
							advancedPermissions: advanced,
							url: bases.url(id),
						}),
						// What keeps it closed is told when its tables are listed.
						(error: unknown): BaseInfo => {
							if (error instanceof TablesError) return { id, name: null };
							throw error;
						},
					),
				),
			);
		},
		tables: (base, context, maxAgeMs = KEEP_TABLES_MS) =>
			keep(tableLists, base, maxAgeMs, async () =>
				(
					await allPages((cursor) =>
						listPage(
							api,
							calls.listTables,
							{ params: { base }, base },
							cursor,
							context,
							{ size: LIST_PAGE },
						),
					)
				).map((table) => ({
					id: text(table.table_id) ?? "",
					name: text(table.name) ?? "",
				})),
			),
		nodes: (base, kinds, cursor, context) =>
			nodesOf(api, bases, base, kinds, cursor, context),
		resolveUrl: (url, context) => resolveUrl(api, bases, url, context),
	};
	return bases;
}

/** `app_tbl`: how documents and sheets name a table that they hold. */
export function splitBlockToken(token: string): {
	readonly base: string;
	readonly table?: string;
} {
	const match = /^([A-Za-z0-9]+)_(tbl[A-Za-z0-9]+)$/.exec(token);
	return match === null
		? { base: token }
		: { base: match[1] as string, table: match[2] as string };
}

/** A base as the configuration names it: its token, the token of a block, or a URL. */
async function baseOf(
	api: Api,
	bases: Bases,
	entry: string,
	context: CallContext,
): Promise<string> {
	if (!/^https?:\/\//i.test(entry) || !URL.canParse(entry))
		return splitBlockToken(entry).base;
	const found = await bases.resolveUrl(new URL(entry), context);
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
	bases: Bases,
	given: string,
	kinds: readonly NodeKind[],
	cursor: string | undefined,
	context: CallContext,
): Promise<Page<NodeInfo>> {
	const { base, table: only } = splitBlockToken(given);
	const [place = "0", ...rest] = (cursor ?? "0").split(":");
	const index = Number(place);
	const kind = kinds[index];
	if (kind === undefined) return { items: [] };
	const page = await NODES[kind](
		api,
		bases,
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
		...(next === undefined ? {} : { next }),
	};
}

type NodePage = (
	api: Api,
	bases: Bases,
	base: string,
	cursor: string | undefined,
	context: CallContext,
) => Promise<Page<NodeInfo>>;

const NODES = {
	async table(api, bases, base, cursor, context) {
		const page = await listPage(
			api,
			calls.listTables,
			{ params: { base }, base },
			cursor,
			context,
			{ size: LIST_PAGE },
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
					url: bases.url(base, { table: id }),
				};
			}),
		};
	},
	/** Form views, found table by table. */
	async form(api, bases, base, cursor, context) {
		const page = await listPage(
			api,
			calls.listTables,
			{ params: { base }, base },
			cursor,
			context,
			{ size: FORM_TABLES },
		);
		const forms = await Promise.all(
			page.items.map(async (wire) => {
				const table = text(wire.table_id) ?? "";
				const views = await allPages((at) =>
					listPage(
						api,
						calls.listViews,
						{ params: { base, table }, base, table },
						at,
						context,
						{ size: LIST_PAGE },
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
							url: bases.url(base, { table, view: id }),
						};
					});
			}),
		);
		return { ...page, items: forms.flat() };
	},
	async dashboard(api, bases, base, cursor, context) {
		const page = await readDashboards(api, base, cursor, context);
		return {
			...page,
			items: page.items.map(
				({ id, name }): NodeInfo => ({
					kind: "dashboard",
					base,
					id,
					name,
					url: bases.url(base, { table: id }),
				}),
			),
		};
	},
	// The API does not tell of folders inside a base.
	folder: async (): Promise<Page<NodeInfo>> => ({ items: [] }),
} as const satisfies Record<NodeKind, NodePage>;

export async function readDashboards(
	api: Api,
	base: string,
	cursor: string | undefined,
	context: CallContext,
): Promise<Page<{ readonly id: string; readonly name: string }>> {
	const page = await listPage(
		api,
		calls.listDashboards,
		{ params: { base }, base },
		cursor,
		context,
		{ size: DASHBOARD_PAGE, key: "dashboards" },
	);
	return {
		...page,
		items: page.items.map((board) => ({
			id: text(board.block_id) ?? "",
			name: text(board.name) ?? "",
		})),
	};
}

const OPEN_THE_BASE =
	"open the base in the browser and paste the address bar's URL (…/base/… or …/wiki/…)";

/** What no API resolves, by the first parts of the path. */
const UNRESOLVABLE: readonly (readonly [pattern: RegExp, reason: string])[] = [
	[
		/^\/share\/base\/form\//,
		`the URL is a form's share link, which no API resolves: ${OPEN_THE_BASE}`,
	],
	[
		/^\/share\/base\//,
		`the URL is a share link, which no API resolves: ${OPEN_THE_BASE}`,
	],
	[
		/^\/record\//,
		`the URL is a record's share link, which no API resolves: ${OPEN_THE_BASE}`,
	],
	[
		/^\/drive\/folder\//,
		"the URL names a folder: open a base in it and paste that URL",
	],
	[
		/^\/docs\//,
		`documents of the older kind cannot be looked into: ${OPEN_THE_BASE}`,
	],
	[/^\/app\//, `the URL names an app built on a base: ${OPEN_THE_BASE}`],
];

/** `/base/…`, `/wiki/…`, `/docx/…` and `/sheets/…` on the product's hosts. */
async function resolveUrl(
	api: Api,
	bases: Bases,
	url: URL,
	context: CallContext,
): ReturnType<Bases["resolveUrl"]> {
	const product = PRODUCTS[api.config.product];
	const own =
		product.hosts.some(
			(host) => url.hostname === host || url.hostname.endsWith(`.${host}`),
		) || url.host === new URL(api.origin).host;
	if (!own) return undefined;
	const [, kind = "", token = ""] =
		/^\/([a-z]+)\/(\w+)/.exec(url.pathname) ?? [];
	const found = await RESOLVERS[kind]?.(api, token, url, context);
	if (found === undefined)
		return {
			unresolvable:
				UNRESOLVABLE.find(([pattern]) => pattern.test(url.pathname))?.[1] ??
				`the URL names no base: ${OPEN_THE_BASE}`,
		};
	if ("unresolvable" in found) return found;
	const table = found.table ?? idIn(url, "table", "tbl");
	const view = idIn(url, "view", "vew");
	const record = idIn(url, "record", "rec");
	if (url.host !== new URL(api.origin).host)
		bases.seenAt(found.base, url.origin);
	return {
		base: found.base,
		...(table === undefined ? {} : { table }),
		...(table === undefined || view === undefined ? {} : { view }),
		...(record === undefined ? {} : { record }),
	};
}

function idIn(url: URL, name: string, prefix: string): string | undefined {
	const value = url.searchParams.get(name) ?? "";
	return value.startsWith(prefix) ? value : undefined;
}

type Resolved =
	| { readonly base: string; readonly table?: string }
	| { readonly unresolvable: string };

const RESOLVERS: Readonly<
	Record<
		string,
		(
			api: Api,
			token: string,
			url: URL,
			context: CallContext,
		) => Promise<Resolved>
	>
> = {
	base: async (_api, token) => splitBlockToken(token),
	/** A node's token is not the token of what it shows. */
	async wiki(api, token, url, context) {
		const { node } = await api.call(
			calls.readWikiNode,
			{ query: [["token", token]] },
			context,
		);
		const { obj_type, obj_token } = loose(node);
		const object = text(obj_token) ?? "";
		if (obj_type === "bitable") return { base: object };
		const inside = INSIDE[String(obj_type)];
		return inside === undefined
			? {
					unresolvable: `the wiki page is a ${text(obj_type) ?? "page"}, not a base: paste the URL of a base`,
				}
			: inside(api, object, url, context);
	},
	docx: (...given) => inDocument(...given),
	sheets: (...given) => inSheets(...given),
};

const INSIDE: typeof RESOLVERS = {
	docx: (...given) => inDocument(...given),
	sheet: (...given) => inSheets(...given),
};

/** Block type 18 holds `app_tbl`. */
const BASE_BLOCK = 18;
const BLOCK_PAGE = 500;

async function inDocument(
	api: Api,
	document: string,
	url: URL,
	context: CallContext,
): Promise<Resolved> {
	const blocks = await allPages((cursor) =>
		listPage(api, calls.listBlocks, { params: { document } }, cursor, context, {
			size: BLOCK_PAGE,
		}),
	);
	const anchor = url.hash.replace(/^#/, "");
	const held = blocks
		.filter(({ block_type }) => block_type === BASE_BLOCK)
		.map((block) => ({
			anchor: text(block.block_id) ?? "",
			token: text(loose(block.bitable).token) ?? "",
		}));
	return oneOf(
		held.some((block) => block.anchor === anchor)
			? held.filter((block) => block.anchor === anchor)
			: held,
		"document",
	);
}

async function inSheets(
	api: Api,
	document: string,
	url: URL,
	context: CallContext,
): Promise<Resolved> {
	const { sheets } = await api.call(
		calls.readSheets,
		{ params: { document } },
		context,
	);
	const wanted = url.searchParams.get("sheet");
	const held = list(sheets).flatMap((sheet) => {
		const { blockType, blockToken } = loose(sheet.blockInfo);
		return blockType === "BITABLE_BLOCK"
			? [{ anchor: text(sheet.sheetId) ?? "", token: text(blockToken) ?? "" }]
			: [];
	});
	return oneOf(
		held.some(({ anchor }) => anchor === wanted)
			? held.filter(({ anchor }) => anchor === wanted)
			: held,
		"spreadsheet",
	);
}

function oneOf(
	held: readonly { readonly token: string }[],
	what: string,
): Resolved {
	const tokens = [...new Set(held.map(({ token }) => token))];
	const [only] = tokens;
	if (only === undefined)
		return {
			unresolvable: `the ${what} holds no base: paste the URL of a base`,
		};
	if (tokens.length === 1) return splitBlockToken(only);
	const bases = new Set(tokens.map((token) => splitBlockToken(token).base));
	const [base] = bases;
	return bases.size === 1 && base !== undefined
		? { base }
		: {
				unresolvable: `the ${what} holds ${tokens.length} tables of bases: name one as \`base\`: ${tokens.slice(0, 10).join(", ")}`,
			};
}
