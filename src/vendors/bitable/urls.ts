import type { CallContext } from "../../core/contract/call-context.js";
import { allPages } from "../../core/contract/pages.js";
import { defined } from "../../core/values/defined.js";
import { cutList } from "../../core/values/names.js";
import { list, loose, text } from "../kit/answer.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { PRODUCTS } from "./config.js";

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
export async function resolveUrl(
	api: Api,
	catalog: Catalog,
	url: URL,
	context: CallContext,
): ReturnType<Catalog["resolveUrl"]> {
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
		catalog.seenAt(found.base, url.origin);
	return {
		base: found.base,
		...defined({ table }),
		...defined({ view: table && view, record }),
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
		listPage(api, calls.listBlocks, { params: { document } }, context, {
			cursor,
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
				unresolvable: `the ${what} holds ${tokens.length} tables of bases: name one as \`base\`: ${cutList(tokens)}`,
			};
}
