import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { type ErrorCode, TablesError } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, loose, text } from "../kit/answer.js";
import { insteadOf } from "../kit/failures.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";

/** Where people open documents. */
const SITE = "https://alidocs.dingtalk.com";
const SITES: readonly string[] = [
	"alidocs.dingtalk.com",
	"alidocs.dingtalk.io",
	"docs.dingtalk.com",
	"docs.dingtalk.io",
];
/** The wiki is closed to the app, or does not know the node: the base may be there all the same. */
export const CLOSED: ReadonlySet<ErrorCode> = new Set([
	"auth",
	"not_allowed",
	"not_found",
	"unsupported",
	"bad_argument",
]);

/** The browser's address of a base, or of one of its sheets. */
export function urlOf(base: string, sheet?: string): string {
	const url = `${SITE}/i/nodes/${encodeURIComponent(base)}`;
	return sheet === undefined
		? url
		: `${url}?iframeQuery=${encodeURIComponent(`sheetId=${sheet}`)}`;
}

/** The id of the document that an address names. */
export function nodeIn(entry: string): string | undefined {
	return partOf(entry, /\/i\/nodes\/([^/?#]+)/);
}

/** The id of the workspace that an address names. */
export function workspaceIn(entry: string): string | undefined {
	return partOf(entry, /\/i\/spaces\/([^/?#]+)/);
}

function partOf(entry: string, pattern: RegExp): string | undefined {
	const part = pattern.exec(entry)?.[1];
	return part === undefined ? undefined : decodeURIComponent(part);
}

const NO_VIEWS =
	"the view of the URL does not apply: the API of DingTalk AI Table has no views";

/** `/i/nodes/{base}?iframeQuery=sheetId%3D…` on the product's hosts, and what else a person may paste from there. */
export async function resolveUrl(
	api: Api,
	catalog: Catalog,
	url: URL,
	context: CallContext,
): ReturnType<Adapter["resolveUrl"]> {
	const own = [
		...SITES,
		...(api.config.base_url === undefined ? [] : [new URL(api.origin).host]),
	];
	if (!own.includes(url.host)) return undefined;
	if (/^\/i\/p\//.test(url.pathname))
		return {
			unresolvable:
				"it is a share link (/i/p/…), which holds no id: open it, and paste the address that begins with https://alidocs.dingtalk.com/i/nodes/ from the address bar, or from the menu (⋯), Copy link",
		};
	if (workspaceIn(url.pathname) !== undefined)
		return {
			unresolvable:
				"it names a workspace, no AI Table: open the AI Table in it and paste its address; DINGTALK_BASES takes a workspace's address, and lists its AI Tables",
		};
	const base = nodeIn(url.pathname) ?? (await baseByUrl(api, url, context));
	if (base === undefined)
		return {
			unresolvable:
				"it does not name a document: open the AI Table and paste its address, which begins with https://alidocs.dingtalk.com/i/nodes/",
		};
	const inner = new URLSearchParams(url.searchParams.get("iframeQuery") ?? "");
	const part = (name: string) =>
		inner.get(name) || url.searchParams.get(name) || undefined;
	const table = part("sheetId");
	if (context.within?.({ id: base, name: null }) === false)
		throw new TablesError("not_found", `there is no base ${base}`, {
			next: "Call list_tables for what there is.",
		});
	// A base that is not there is reported here; a sheet that is gone, when it is opened.
	await catalog.sheets(base, context);
	return {
		base,
		...defined({ table }),
		...defined({ note: part("viewId") && NO_VIEWS }),
	};
}

/** Shapes of addresses come and go: the vendor knows them. */
async function baseByUrl(
	api: Api,
	url: URL,
	context: CallContext,
): Promise<string | undefined> {
	const { node } = await api
		.call(calls.nodeByUrl, { json: { url: url.href } }, context)
		.catch(insteadOf(CLOSED, {} as Loose));
	return text(loose(node).nodeId);
}
