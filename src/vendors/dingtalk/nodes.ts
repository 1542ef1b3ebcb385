import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Access, BaseInfo, Table } from "../../core/contract/table.js";
import type { Call, Endpoint } from "../../http/client.js";
import { type Loose, list, loose, text } from "../kit/cloud.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { sheetOf } from "./records.js";
import { readFields } from "./schema.js";

/** Where people open documents. */
export const SITE = "https://alidocs.dingtalk.com";
const SITES: readonly string[] = [
	"alidocs.dingtalk.com",
	"alidocs.dingtalk.io",
	"docs.dingtalk.com",
	"docs.dingtalk.io",
];
const EXTENSION = "able";
/** Clients use no more. */
const NODES_PAGE = 50;
const KEEP_MS = 600_000;

/** Source: permissionRole of wiki nodes, in the official clients. */
const ACCESS: Readonly<Record<string, Access>> = {
	OWNER: "manage",
	MANAGER: "manage",
	EDITOR: "edit",
	DOWNLOADER: "read",
	READER: "read",
};

/** A document, folder or workspace, as the wiki shows it. */
interface Node {
	readonly id: string;
	readonly name: string | null;
	readonly isFolder: boolean;
	readonly isBase: boolean;
	readonly access: Access | undefined;
	readonly workspace: string | undefined;
}

export interface Nodes {
	/** The configured bases, and those in configured folders; names where the app may read the wiki. */
	bases(context: CallContext): Promise<readonly BaseInfo[]>;
	/** One node. @throws TablesError not_found, auth where the app may not read the wiki */
	node(id: string, context: CallContext): Promise<Node>;
	sheets(base: string, context: CallContext): Promise<readonly Sheet[]>;
}

export interface Sheet {
	readonly id: string;
	readonly name: string;
}

/** The browser's address of a base, or of one of its sheets. */
export function urlOf(base: string, sheet?: string): string {
	const url = `${SITE}/i/nodes/${encodeURIComponent(base)}`;
	return sheet === undefined
		? url
		: `${url}?iframeQuery=${encodeURIComponent(`sheetId=${sheet}`)}`;
}

export function openNodes(api: Api): Nodes {
	const { clock } = api.services;
	const kept = new Map<
		string,
		{ readonly atMs: number; readonly found: Promise<readonly BaseInfo[]> }
	>();

	const node: Nodes["node"] = async (id, context) =>
		nodeOf(
			loose(
				(
					await api.call(
						calls.readNode,
						{ params: { node: id }, query: [["withPermissionRole", "true"]] },
						context,
					)
				).node,
			),
		);

	const children = async (
		parent: string,
		context: CallContext,
	): Promise<readonly Node[]> => {
		const found: Node[] = [];
		let token: string | undefined;
		do {
			const page = await api.call(
				calls.listNodes,
				{
					query: [
						["parentNodeId", parent],
						["maxResults", String(NODES_PAGE)],
						["nextToken", token],
						["withPermissionRole", "true"],
					],
				},
				context,
			);
			found.push(...list(page.nodes).map(nodeOf));
			const next = text(page.nextToken);
			token = next === token ? undefined : next;
		} while (token !== undefined);
		return found;
	};

	const inFolder = async (
		folder: string,
		context: CallContext,
	): Promise<readonly BaseInfo[]> => {
		const found = await children(folder, context);
		const below = await Promise.all(
			found
				.filter(({ isFolder }) => isFolder)
				.map(({ id }) => inFolder(id, context)),
		);
		return [
			...found.filter(({ isBase }) => isBase).map(infoOf),
			...below.flat(),
		];
	};

	/** What one entry of the configuration stands for: a base, or all bases of a folder or workspace. */
	const configured = async (
		entry: string,
		context: CallContext,
	): Promise<readonly BaseInfo[]> => {
		const workspace = workspaceIn(entry);
		if (workspace !== undefined) {
			const { workspace: found } = await api.call(
				calls.readWorkspace,
				{ params: { workspace } },
				context,
			);
			return inFolder(text(loose(found).rootNodeId) ?? "", context);
		}
		const id = nodeIn(entry) ?? entry;
		const bare: BaseInfo = { id, name: null, url: urlOf(id) };
		const found = await node(id, context).catch((error: unknown) => {
			if (error instanceof TablesError && CLOSED.has(error.code))
				return undefined;
			throw error;
		});
		if (found === undefined) return [bare];
		return found.isFolder ? inFolder(id, context) : [infoOf(found)];
	};

	return {
		node,
		async bases(context) {
			const lists = await Promise.all(
				(api.config.bases ?? []).map((entry) => {
					const known = kept.get(entry);
					if (known !== undefined && clock.now() - known.atMs < KEEP_MS)
						return known.found;
					const found = configured(entry, context);
					kept.set(entry, { atMs: clock.now(), found });
					found.catch(() => kept.delete(entry));
					return found;
				}),
			);
			return [...new Map(lists.flat().map((info) => [info.id, info])).values()];
		},
		sheets: async (base, context) =>
			list(
				(await api.call(calls.listSheets, { params: { base }, base }, context))
					.value,
			).map(({ id, name }) => ({ id: text(id) ?? "", name: text(name) ?? "" })),
	};
}

/** The wiki is closed to the app, or does not know the node: the base may be there all the same. */
const CLOSED: ReadonlySet<string> = new Set([
	"auth",
	"not_allowed",
	"not_found",
	"unsupported",
	"bad_argument",
]);

function nodeOf(wire: Loose): Node {
	const name = text(wire.name);
	const extension = text(wire.extension);
	return {
		id: text(wire.nodeId) ?? "",
		name:
			name === undefined
				? null
				: name.replace(new RegExp(`\\.${EXTENSION}$`), ""),
		isFolder: wire.type === "FOLDER",
		isBase: extension === EXTENSION,
		access: ACCESS[text(wire.permissionRole) ?? ""],
		workspace: text(wire.workspaceId),
	};
}

function infoOf({ id, name, access }: Node): BaseInfo {
	return {
		id,
		name,
		url: urlOf(id),
		...(access === undefined ? {} : { access }),
	};
}

function nodeIn(entry: string): string | undefined {
	return partOf(entry, /\/i\/nodes\/([^/?#]+)/);
}

function workspaceIn(entry: string): string | undefined {
	return partOf(entry, /\/i\/spaces\/([^/?#]+)/);
}

function partOf(entry: string, pattern: RegExp): string | undefined {
	const part = pattern.exec(entry)?.[1];
	return part === undefined ? undefined : decodeURIComponent(part);
}

export function catalogMethods(
	api: Api,
	nodes: Nodes,
): Pick<
	Adapter,
	"readBases" | "findBases" | "readNodes" | "readTable" | "resolveUrl"
> {
	return {
		readBases: async (_cursor, context) => ({
			items: await nodes.bases(context),
		}),
		async findBases(keyword, context) {
			const { items } = await api.call(
				calls.searchDocuments,
				{
					json: {
						keyword,
						option: { dentryCategories: ["alidoc"], maxResults: NODES_PAGE },
					},
				},
				context,
			);
			return list(items).flatMap((item): BaseInfo[] => {
				const id = text(item.dentryUuid);
				const name = text(item.name);
				const bare = name?.endsWith(`.${EXTENSION}`)
					? name.slice(0, -EXTENSION.length - 1)
					: undefined;
				return id === undefined || bare === undefined
					? []
					: [{ id, name: bare, url: urlOf(id) }];
			});
		},
		async readNodes(base, { kinds }, _cursor, context) {
			if (!kinds.includes("table")) return { items: [] };
			return {
				items: (await nodes.sheets(base, context)).map(({ id, name }) => ({
					kind: "table" as const,
					base,
					id,
					name,
					url: urlOf(base, id),
				})),
			};
		},
		async readTable(asked, context) {
			const [sheet, fields] = await Promise.all([
				api.call(calls.readSheet, sheetOf(asked), context),
				readFields(api, asked, context),
			]);
			// The vendor takes a sheet's name too; from here on it goes by its id.
			const ref = { base: asked.base, table: text(sheet.id) ?? asked.table };
			return {
				ref,
				name: text(sheet.name) ?? "",
				fields,
				byId: new Map(fields.map((field) => [field.id, field])),
				views: [],
				zone: api.services.zone,
				url: urlOf(ref.base, ref.table),
				readAtMs: api.services.clock.now(),
			} satisfies Table;
		},
		resolveUrl: (url, context) => resolveUrl(api, nodes, url, context),
	};
}

const NO_VIEWS =
	"the view of the URL does not apply: the API of DingTalk AI Table has no views";

/** `/i/nodes/{base}?iframeQuery=sheetId%3D…` on the product's hosts, and what else a person may paste from there. */
async function resolveUrl(
	api: Api,
	nodes: Nodes,
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
				"it names no document: open the AI Table and paste its address, which begins with https://alidocs.dingtalk.com/i/nodes/",
		};
	const inner = new URLSearchParams(url.searchParams.get("iframeQuery") ?? "");
	const part = (name: string) =>
		inner.get(name) || url.searchParams.get(name) || undefined;
	const table = part("sheetId");
	if (context.within?.({ id: base, name: null }) === false)
		throw new TablesError("not_found", `there is no base ${base}`);
	// A base that is not there is told here; of its sheets, one that is gone is told when it is opened.
	await nodes.sheets(base, context);
	return {
		base,
		...(table === undefined ? {} : { table }),
		...(part("viewId") === undefined ? {} : { note: NO_VIEWS }),
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
		.catch((error: unknown) => {
			if (error instanceof TablesError && CLOSED.has(error.code))
				return {} as Loose;
			throw error;
		});
	return text(loose(node).nodeId);
}

/** Where a new base goes: a folder, a workspace, else the operator's own documents. */
export async function placeOf(
	api: Api,
	nodes: Nodes,
	folder: string | undefined,
	context: CallContext,
): Promise<{ readonly workspace: string; readonly parent?: string }> {
	const workspaceBy = async (endpoint: Endpoint, call: Call) =>
		text(
			loose((await api.call(endpoint, call, context)).workspace).workspaceId,
		);
	const given = folder && workspaceIn(folder);
	if (folder === undefined || given !== undefined) {
		const workspace = given ?? (await workspaceBy(calls.myWorkspace, {}));
		if (workspace !== undefined) return { workspace };
		throw new TablesError("not_found", "the operator has no workspace", {
			next: "Name a folder or workspace with `folder`: its browser address.",
		});
	}
	const id = nodeIn(folder) ?? folder;
	const { workspace } = await nodes.node(id, context);
	if (workspace === undefined)
		throw new TablesError("not_found", `there is no folder ${id}`);
	return { workspace, parent: id };
}

/** Makes an empty base, and tells its first sheet. */
export function createBase(
	api: Api,
	nodes: Nodes,
): NonNullable<Adapter["createBase"]> {
	return async ({ name, folder, timeZone }, context) => {
		if (timeZone !== undefined)
			throw new TablesError(
				"unsupported",
				"a base of DingTalk AI Table has no time zone of its own",
				{
					next: "Leave `time_zone` out; TABLES_MCP_TIME_ZONE says in which zone dates are days.",
				},
			);
		const { workspace, parent } = await placeOf(api, nodes, folder, context);
		const made = await api.plain(
			calls.createDocument,
			{
				params: { workspace },
				json: {
					name,
					docType: "BASE",
					operatorId: await api.operator(context),
					...(parent === undefined ? {} : { parentNodeId: parent }),
				},
			},
			context,
		);
		const id = text(made.nodeId) ?? text(made.dentryUuid) ?? "";
		const [sheet] = await nodes.sheets(id, context);
		return {
			id,
			name,
			url: text(made.url) ?? urlOf(id),
			...(sheet === undefined ? {} : { defaultTable: sheet.id }),
		};
	};
}
