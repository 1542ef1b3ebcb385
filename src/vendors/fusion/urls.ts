import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import type { Api } from "./api.js";
import type { Catalog } from "./catalog.js";
import { PRODUCTS } from "./config.js";

const NODE_ID =
	/^(dst|viw|rec|fod|fom|dsb|mir|shr|spc|aut|ai_|emb|wdt|cup)[A-Za-z0-9]{8,}$/i;

const UNRESOLVABLE: Readonly<Record<string, string>> = {
	fod: "the URL names a folder: call list_tables, or paste the URL of a datasheet in it",
	fom: "the URL names a form: paste the URL of the datasheet that it fills",
	dsb: "the URL names a dashboard: paste the URL of a datasheet",
	mir: "the URL names a mirror, which no API reads: open its original datasheet and paste that URL",
	aut: "the URL names an automation: paste the URL of a datasheet",
	ai_: "the URL names an AI agent: paste the URL of a datasheet",
	cup: "the URL names a custom page: paste the URL of a datasheet",
	emb: "the URL is an embed link, which no API resolves: open the datasheet in the workbench and paste the URL of the address bar",
	shr: "the URL is a share link, which no API resolves: open the datasheet in the workbench and paste the URL of the address bar",
};

/** `/workbench/dst…/viw…/rec…` on the product's hosts, and what else a person may paste from there. */
export async function resolveUrl(
	api: Api,
	catalog: Catalog,
	url: URL,
	context: CallContext,
): Promise<
	| { base: string; table?: string; view?: string; record?: string }
	| { unresolvable: string }
	| undefined
> {
	const host = url.host.replace(/^www\./, "");
	const own: readonly string[] = [
		...(api.config.base_url === undefined
			? PRODUCTS[api.config.product].pages
			: []),
		new URL(api.origin).host,
	];
	if (!own.includes(host)) return undefined;
	const ids = new Map<string, string>();
	for (const part of [
		...url.pathname.split("/"),
		...url.hash.split(/[#/?=&]/),
		...url.searchParams.values(),
	]) {
		const prefix = NODE_ID.exec(part)?.[1]?.toLowerCase();
		if (prefix !== undefined && !ids.has(prefix))
			ids.set(prefix, prefix + part.slice(prefix.length));
	}
	const table = ids.get("dst");
	if (table === undefined) {
		for (const [prefix, unresolvable] of Object.entries(UNRESOLVABLE))
			if (ids.has(prefix)) return { unresolvable };
		const space = ids.get("spc");
		return space === undefined
			? {
					unresolvable:
						"the URL names no datasheet: open one in the workbench and paste the URL of the address bar",
				}
			: { base: space };
	}
	const base = await catalog.spaceOf(table, context);
	if (base === undefined)
		throw new TablesError(
			"not_found",
			`${api.title}: this account does not see the datasheet ${table} of the URL`,
			{ next: "Ask its owner for access, or use that account's token." },
		);
	const view = ids.get("viw");
	const record = ids.get("rec");
	return {
		base,
		table,
		...defined({ view, record }),
	};
}
