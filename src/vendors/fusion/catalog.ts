import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { openKept } from "../../core/contract/kept.js";
import type {
	Access,
	BaseInfo,
	NodeInfo,
	NodeKind,
	Table,
} from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, number, text } from "../kit/answer.js";
import { insteadOf } from "../kit/failures.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import {
	listNodes,
	listSpaces,
	readNode,
	readTableNode,
	searchNodes,
} from "./calls.js";
import { fieldOf } from "./fields.js";
import { at } from "./records.js";
import { resolveUrl } from "./urls.js";
import { viewOf } from "./views.js";

const KINDS = {
	table: "Datasheet",
	form: "Form",
	dashboard: "Dashboard",
	folder: "Folder",
} as const satisfies Record<NodeKind, string>;

/** 0 manager, 1 editor, 2 may only update, 3 reader. Source: "Get node details", "room-server 1.10.0". */
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

export interface Catalog {
	/** What is listed has changed, or may have. */
	forget(): void;
	spaces(context: CallContext): Promise<readonly BaseInfo[]>;
	/** Catalog of these kinds in a space, with the path of folders above each. */
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
/** Who lists nodes wants those there are now, but not each twice in one call. */
const LISTED_KEEP_MS = 1_000;

/** What this connection sees: lists of nodes are kept for a minute to find a table in, and for no longer than a call to be listed. */
export function openCatalog(api: Api): Catalog {
	const kept = openKept<readonly Node[]>(api.services.clock, KEEP_MS);

	const ofType = (
		space: string,
		type: string,
		context: CallContext,
	): Promise<readonly Node[]> =>
		kept.get(
			listKey(space, type),
			() => search(api, space, type, context),
			LISTED_KEEP_MS,
		);

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

	const nodes: Catalog["nodes"] = async (space, kinds, context) => {
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
			.call(readTableNode, at({ base: space, table: id }), context)
			.catch(missing);
		const node = wire === undefined ? undefined : nodeOf(wire, undefined);
		return node?.type === KINDS.table && (node.permission ?? 0) >= 0
			? node
			: undefined;
	};

	const inList = async (
		space: string,
		id: string,
		context: CallContext,
		maxAgeMs?: number,
	) => {
		let isNew = false;
		const nodes = await kept.get(
			listKey(space, KINDS.table),
			() => {
				isNew = true;
				return search(api, space, KINDS.table, context);
			},
			maxAgeMs,
		);
		return { isNew, node: nodes.find((node) => node.id === id) };
	};

	/** As it is now: the list tells which space it is in, and of one that was kept the name and the rights may be old. */
	const listed = async (space: string, id: string, context: CallContext) => {
		const { node, isNew } = await inList(space, id, context);
		if (isNew) return node;
		const wire =
			node &&
			(await api
				.call(readTableNode, at({ base: space, table: id }), context)
				.catch(missing));
		return wire === undefined
			? (await inList(space, id, context, 0)).node
			: nodeOf(wire, node?.parent);
	};

	const table: Catalog["table"] = async (space, id, context) => {
		const found = await listed(space, id, context);
		if (found === undefined) {
			const shown = await unlisted(space, id, context);
			if (shown !== undefined)
				return infoOf(api, space, "table", shown, new Map());
			throw new TablesError(
				"not_found",
				`${api.title}: there is no datasheet ${id} in the space ${space}`,
				{ next: "Call list_tables for those there are." },
			);
		}
		return infoOf(api, space, "table", found, new Map());
	};

	return {
		spaces,
		nodes,
		forget: () => kept.forget(),
		table,
		async spaceOf(id, context) {
			for (const { id: space } of await spaces(context)) {
				const isThere =
					(await inList(space, id, context)).node ??
					(await inList(space, id, context, 0)).node ??
					(await unlisted(space, id, context));
				if (isThere !== undefined) return space;
			}
			return undefined;
		},
	};
}

/** What a list is kept by. */
function listKey(space: string, type: string): string {
	return `${space} ${type}`;
}

const missing = insteadOf(new Set(["not_found"] as const), undefined);

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
		...defined({ access }),
	};
}

/** Lists bases and what is in them, reads a table with its fields, and resolves pasted URLs. */
export function catalogMethods(
	api: Api,
	catalog: Catalog,
): Pick<Adapter, "readBases" | "readNodes" | "readTable" | "resolveUrl"> {
	return {
		readBases: async (_cursor, context) => ({
			items: await catalog.spaces(context),
		}),
		readNodes: async (base, { kinds }, _cursor, context) => ({
			items: await catalog.nodes(base, kinds, context),
		}),
		async readTable(ref, context) {
			const [node, { fields }, { views }] = await Promise.all([
				catalog.table(ref.base, ref.table, context),
				api.call(calls.listFields, at(ref), context),
				api.call(calls.listViews, at(ref), context),
			]);
			const wires = list(fields);
			const found = wires.map((wire) => fieldOf(wire, wires));
			return {
				ref,
				name: node.name,
				fields: found,
				byId: new Map(found.map((field) => [field.id, field])),
				views: list(views).map((view) => viewOf(api, ref, view)),
				zone: api.services.zone,
				readAtMs: api.services.clock.now(),
				...defined({ url: node.url, access: node.access }),
			} satisfies Table;
		},
		resolveUrl: (url, context) => resolveUrl(api, catalog, url, context),
	};
}
