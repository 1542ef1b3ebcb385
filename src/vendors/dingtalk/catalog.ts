import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import { openKept } from "../../core/contract/kept.js";
import type { Access, BaseInfo, Table } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, text } from "../kit/answer.js";
import { insteadOf } from "../kit/failures.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import { sheetOf } from "./records.js";
import { readFields } from "./schema.js";
import { CLOSED, nodeIn, resolveUrl, urlOf, workspaceIn } from "./urls.js";

const EXTENSION = "able";
/** Clients ask for no more. Source: "Get node list". */
const NODES_PAGE = 50;
const KEEP_MS = 1_000;

/** permissionRole of wiki nodes. Source: "Knowledge base member management". */
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

export interface Catalog {
	/** The configured bases, and those in configured folders; names where the app may read the wiki. */
	bases(context: CallContext): Promise<readonly BaseInfo[]>;
	/** One node. @throws TablesError not_found, auth where the app may not read the wiki */
	node(id: string, context: CallContext): Promise<Node>;
	sheets(base: string, context: CallContext): Promise<readonly Sheet[]>;
	/** Bases have changed, or may have. */
	forget(): void;
}

export interface Sheet {
	readonly id: string;
	readonly name: string;
}

/** What this connection sees; what a folder holds is kept for no longer than a call: the core keeps it for a minute. */
export function openCatalog(api: Api): Catalog {
	const kept = openKept<readonly BaseInfo[]>(api.services.clock, KEEP_MS);

	const node: Catalog["node"] = async (id, context) =>
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
		const found = await node(id, context).catch(insteadOf(CLOSED, undefined));
		if (found === undefined) return [bare];
		return found.isFolder ? inFolder(id, context) : [infoOf(found)];
	};

	return {
		node,
		async bases(context) {
			const lists = await Promise.all(
				(api.config.bases ?? []).map((entry) =>
					kept.get(entry, () => configured(entry, context)),
				),
			);
			return [...new Map(lists.flat().map((info) => [info.id, info])).values()];
		},
		forget: () => kept.forget(),
		sheets: async (base, context) =>
			list(
				(await api.call(calls.listSheets, { params: { base }, base }, context))
					.value,
			).map(({ id, name }) => ({ id: text(id) ?? "", name: text(name) ?? "" })),
	};
}

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
		...defined({ access }),
	};
}

/** Lists bases and what is in them, reads a table with its fields, and resolves pasted URLs. */
export function catalogMethods(
	api: Api,
	catalog: Catalog,
): Pick<
	Adapter,
	"readBases" | "findBases" | "readNodes" | "readTable" | "resolveUrl"
> {
	return {
		readBases: async (_cursor, context) => ({
			items: await catalog.bases(context),
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
				items: (await catalog.sheets(base, context)).map(({ id, name }) => ({
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
		resolveUrl: (url, context) => resolveUrl(api, catalog, url, context),
	};
}
