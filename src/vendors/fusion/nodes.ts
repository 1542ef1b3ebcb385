import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type {
	Access,
	BaseInfo,
	NodeInfo,
	NodeKind,
} from "../../core/contract/table.js";
import { type Loose, list, number, text } from "../kit/cloud.js";
import type { Api } from "./api.js";
import { listNodes, listSpaces, readNode, searchNodes } from "./calls.js";
import { PRODUCTS } from "./config.js";

const KINDS = {
	table: "Datasheet",
	form: "Form",
	dashboard: "Dashboard",
	folder: "Folder",
} as const satisfies Record<NodeKind, string>;

/** 0 manager, 1 editor, 2 may only update, 3 reader. */
const ACCESS: Readonly<Record<number, Access>> = {
	0: "manage",
	1: "edit",
	2: "edit",
	3: "read",
};

/** A node as the vendor shows it, with the folder it lies in. */
interface Node {
	readonly id: string;
	readonly name: string;
	readonly type: string;
	readonly parent: string | undefined;
	readonly permission: number | undefined;
}

export interface Nodes {
	spaces(context: CallContext): Promise<readonly BaseInfo[]>;
	/** Nodes of these kinds in a space, with the path of folders above each. */
	nodes(
		space: string,
		kinds: readonly NodeKind[],
		context: CallContext,
	): Promise<readonly NodeInfo[]>;
	/**
	 * A datasheet of a space, from a list of a minute.
	 * @throws TablesError not_found where the space does not hold it: no id from elsewhere passes.
	 */
	table(space: string, table: string, context: CallContext): Promise<NodeInfo>;
	/** The space that holds a datasheet; undefined where this account sees it in none. */
	spaceOf(table: string, context: CallContext): Promise<string | undefined>;
}

const KEEP_MS = 60_000;

export function openNodes(api: Api): Nodes {
	const { clock } = api.services;
	const kept = new Map<
		string,
		{ readonly atMs: number; readonly nodes: Promise<readonly Node[]> }
	>();

	const ofType = (
		space: string,
		type: string,
		context: CallContext,
		maxAgeMs = KEEP_MS,
	): Promise<readonly Node[]> => {
		const key = `${space} ${type}`;
		const known = kept.get(key);
		if (known !== undefined && clock.now() - known.atMs < maxAgeMs)
			return known.nodes;
		const nodes = search(api, space, type, context);
		kept.set(key, { atMs: clock.now(), nodes });
		nodes.catch(() => kept.delete(key));
		return nodes;
	};

	const spaces = async (context: CallContext) => {
		const { spaces } = await api.call(listSpaces, {}, context);
		const wanted = api.config.bases;
		return list(spaces)
			.map(
				(space): BaseInfo => ({
					id: text(space.id) ?? "",
					name: text(space.name) ?? null,
					url: `${api.pages}/workbench?spaceId=${text(space.id)}`,
				}),
			)
			.filter(
				(space) =>
					(wanted === undefined ||
						wanted.includes(space.id) ||
						(space.name !== null && wanted.includes(space.name))) &&
					context.within?.(space) !== false,
			);
	};

	const nodes: Nodes["nodes"] = async (space, kinds, context) => {
		const [folders, ...lists] = await Promise.all(
			[KINDS.folder, ...kinds.map((kind) => KINDS[kind])].map((type) =>
				ofType(space, type, context),
			),
		);
		const byId = new Map(folders?.map((folder) => [folder.id, folder]));
		return lists.flatMap((found, index) =>
			found.map((node) =>
				infoOf(api, space, kinds[index] as NodeKind, node, byId),
			),
		);
	};

	/** A datasheet that the list leaves out, asked for by id: only where there is no other space that it could be in. */
	const unlisted = async (space: string, id: string, context: CallContext) => {
		const { within: _, ...everywhere } = context;
		const all = await spaces(everywhere);
		if (all.length !== 1 || all[0]?.id !== space) return undefined;
		const wire = await api
			.call(readNode, { params: { node: id } }, context)
			.catch(missing);
		const node = wire === undefined ? undefined : nodeOf(wire, undefined);
		return node?.type === KINDS.table && (node.permission ?? 0) >= 0
			? node
			: undefined;
	};

	const table: Nodes["table"] = async (space, id, context) => {
		const find = async (maxAgeMs?: number) =>
			(await ofType(space, KINDS.table, context, maxAgeMs)).find(
				(node) => node.id === id,
			);
		const found = (await find()) ?? (await find(0));
		if (found === undefined) {
			const shown = await unlisted(space, id, context);
			if (shown !== undefined)
				return infoOf(api, space, "table", shown, new Map());
			throw new TablesError(
				"not_found",
				`${api.title}: there is no datasheet ${id} in the space ${space}`,
			);
		}
		return infoOf(api, space, "table", found, new Map());
	};

	return {
		spaces,
		nodes,
		table,
		async spaceOf(id, context) {
			for (const { id: space } of await spaces(context)) {
				const found = await table(space, id, context).catch(missing);
				if (found !== undefined) return space;
			}
			return undefined;
		},
	};
}

function missing(error: unknown): undefined {
	if (error instanceof TablesError && error.code === "not_found")
		return undefined;
	throw error;
}

/** What a server says that does not have the search, or has it in another form. */
const NO_SEARCH: ReadonlySet<string> = new Set([
	"unsupported",
	"bad_value",
	"broken",
	"unreachable",
]);

/** The search over a whole space; a server that does not have it is walked folder by folder. */
function search(
	api: Api,
	space: string,
	type: string,
	context: CallContext,
): Promise<readonly Node[]> {
	return api
		.call(
			searchNodes,
			{ params: { space }, base: space, query: [["type", type]] },
			context,
		)
		.then(({ nodes }) =>
			list(nodes)
				.map((node) => nodeOf(node, undefined))
				.filter((node) => node.type === type),
		)
		.catch(async (error: unknown) => {
			if (!(error instanceof TablesError) || !NO_SEARCH.has(error.code))
				throw error;
			const { nodes } = await api.call(
				listNodes,
				{ params: { space }, base: space },
				context,
			);
			const all = await walk(api, list(nodes), undefined, context);
			return all.filter((node) => node.type === type);
		});
}

async function walk(
	api: Api,
	level: readonly Loose[],
	parent: string | undefined,
	context: CallContext,
): Promise<readonly Node[]> {
	const nodes = level.map((node) => nodeOf(node, parent));
	const below = await Promise.all(
		nodes
			.filter(({ type }) => type === KINDS.folder)
			.map(async ({ id }) => {
				const { children } = await api.call(
					readNode,
					{ params: { node: id } },
					context,
				);
				return walk(api, list(children), id, context);
			}),
	);
	return [...nodes, ...below.flat()];
}

function nodeOf(wire: Loose, parent: string | undefined): Node {
	return {
		id: text(wire.id) ?? "",
		name: text(wire.name) ?? "",
		type: text(wire.type) ?? "",
		parent: text(wire.parentId) ?? parent,
		permission: number(wire.permission),
	};
}

function infoOf(
	api: Api,
	space: string,
	kind: NodeKind,
	node: Node,
	folders: ReadonlyMap<string, Node>,
): NodeInfo {
	const path: string[] = [];
	for (
		let folder = folders.get(node.parent ?? "");
		folder !== undefined && path.length < folders.size;
		folder = folders.get(folder.parent ?? "")
	)
		path.unshift(folder.name);
	const access = ACCESS[node.permission ?? -1];
	return {
		kind,
		base: space,
		id: node.id,
		name: node.name,
		url: `${api.pages}/workbench/${node.id}`,
		...(path.length === 0 ? {} : { path }),
		...(access === undefined ? {} : { access }),
	};
}

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
	nodes: Nodes,
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
	const base = await nodes.spaceOf(table, context);
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
		...(view === undefined ? {} : { view }),
		...(record === undefined ? {} : { record }),
	};
}
