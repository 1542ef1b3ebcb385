import {
	accessTo,
	bodyOf,
	type Call,
	type Handler,
	requiredText,
	wholeNumber,
} from "./call.js";
import { createField } from "./fields.js";
import type { Access, DocumentNode, Workspace } from "./model.js";
import { refusals } from "./refusal.js";
import { newBase, newSheet, type Store } from "./store.js";

const SITE = "https://alidocs.dingtalk.com";
const MOST_NODES = 50;
const DEFAULT_NODES = 30;

const ROLES: Readonly<Record<Access, string>> = {
	read: "READER",
	edit: "EDITOR",
	manage: "MANAGER",
};

/** The browser's address of a node; the last segment of a base's is its baseId. */
const nodeUrl = (id: string) => `${SITE}/i/nodes/${id}`;

/** What a person may do with a node; folders and text documents are open to all. */
function accessOf(
	store: Store,
	node: DocumentNode,
	unionId: string,
): Access | undefined {
	const base = store.bases.get(node.id);
	return base === undefined ? "edit" : accessTo(base, unionId);
}

const minutes = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;

function shownNode(
	store: Store,
	node: DocumentNode,
	operator: string,
	withRole: boolean,
) {
	const access = accessOf(store, node, operator);
	return {
		nodeId: node.id,
		workspaceId: node.workspaceId,
		name: node.name,
		...(node.type === "FILE"
			? { category: "ALIDOC", extension: node.extension, size: 0 }
			: {}),
		type: node.type,
		url: nodeUrl(node.id),
		creatorId: node.creatorId,
		modifierId: node.creatorId,
		createTime: minutes(node.createdMs),
		modifiedTime: minutes(node.createdMs),
		hasChildren: [...store.nodes.values()].some(
			({ parentId }) => parentId === node.id,
		),
		...(withRole && access !== undefined
			? { permissionRole: ROLES[access] }
			: {}),
	};
}

/** A page of a list; the token is the place of its next item. */
function pageOf<Item>(
	items: readonly Item[],
	given: { maxResults: unknown; nextToken: unknown; most?: number },
): { items: readonly Item[]; nextToken?: string } {
	const most = given.most ?? MOST_NODES;
	const size = wholeNumber(
		given.maxResults,
		"maxResults",
		Math.min(DEFAULT_NODES, most),
	);
	if (size < 1 || size > most)
		throw refusals.paramError(`maxResults ${size} is out of 1 to ${most}`);
	const from = wholeNumber(given.nextToken, "nextToken", 0);
	const next = from + size;
	return {
		items: items.slice(from, next),
		...(next < items.length ? { nextToken: String(next) } : {}),
	};
}

const queryPage = (call: Call) => ({
	maxResults: call.query.get("maxResults"),
	nextToken: call.query.get("nextToken"),
});

/** A folder, or the root of a workspace, that a list or a new document names. @throws Refusal 404 */
function parentNamed(store: Store, id: string): Workspace {
	const root = [...store.workspaces.values()].find(
		({ rootNodeId }) => rootNodeId === id,
	);
	const node = store.nodes.get(id);
	const workspace = root ?? (node && store.workspaces.get(node.workspaceId));
	if (workspace === undefined) throw refusals.noNode();
	return workspace;
}

export const listNodes: Handler = (call) => {
	const { store, operator } = call;
	const parentId = call.query.get("parentNodeId") ?? "";
	if (parentId === "") throw refusals.missing("parentNodeId");
	parentNamed(store, parentId);
	const nodes = [...store.nodes.values()].filter(
		(node) =>
			node.parentId === parentId &&
			accessOf(store, node, operator) !== undefined,
	);
	const { items, nextToken } = pageOf(nodes, queryPage(call));
	const withRole = call.query.get("withPermissionRole") === "true";
	return {
		nodes: items.map((node) => shownNode(store, node, operator, withRole)),
		...(nextToken === undefined ? {} : { nextToken }),
	};
};

function visibleNode(call: Call, id: string): DocumentNode {
	const node = call.store.nodes.get(id);
	if (
		node === undefined ||
		accessOf(call.store, node, call.operator) === undefined
	)
		throw refusals.noNode();
	return node;
}

export const getNode: Handler = (call) => ({
	node: shownNode(
		call.store,
		visibleNode(call, call.at.node ?? ""),
		call.operator,
		call.query.get("withPermissionRole") === "true",
	),
});

/** A share link (`/i/p/…`) holds no node id and is not found here. */
export const nodeByUrl: Handler = (call) => {
	const body = bodyOf(call);
	const url = requiredText(call, body, "url");
	const id = /\/i\/nodes\/([^/?#]+)/.exec(url)?.[1];
	if (id === undefined) throw refusals.noNode();
	const { withPermissionRole } = (body.option ?? {}) as {
		withPermissionRole?: boolean;
	};
	return {
		node: shownNode(
			call.store,
			visibleNode(call, id),
			call.operator,
			withPermissionRole === true,
		),
	};
};

const MOST_BATCH = 20;

export const nodesBatch: Handler = (call) => {
	const { nodeIds, option } = bodyOf(call);
	if (!Array.isArray(nodeIds) || nodeIds.length > MOST_BATCH)
		throw refusals.paramError(
			`nodeIds must be an array of at most ${MOST_BATCH}`,
		);
	const { withPermissionRole } = (option ?? {}) as {
		withPermissionRole?: boolean;
	};
	return {
		nodes: nodeIds.flatMap((id) => {
			const node = call.store.nodes.get(String(id));
			return node === undefined ||
				accessOf(call.store, node, call.operator) === undefined
				? []
				: [
						shownNode(
							call.store,
							node,
							call.operator,
							withPermissionRole === true,
						),
					];
		}),
	};
};

function shownWorkspace(store: Store, workspace: Workspace) {
	return {
		workspaceId: workspace.id,
		corpId: store.corpId,
		name: workspace.name,
		type: workspace.mineOf === undefined ? "TEAM" : "PERSONAL",
		rootNodeId: workspace.rootNodeId,
		url: `${SITE}/i/spaces/${workspace.id}/overview`,
		creatorId: workspace.creatorId,
		modifierId: workspace.creatorId,
		createTime: minutes(workspace.createdMs),
		modifiedTime: minutes(workspace.createdMs),
		permissionRole: "EDITOR",
	};
}

export const listWorkspaces: Handler = (call) => {
	const shared = [...call.store.workspaces.values()].filter(
		({ mineOf }) => mineOf === undefined,
	);
	const { items, nextToken } = pageOf(shared, queryPage(call));
	return {
		workspaces: items.map((workspace) => shownWorkspace(call.store, workspace)),
		...(nextToken === undefined ? {} : { nextToken }),
	};
};

export const getWorkspace: Handler = (call) => {
	const workspace = call.store.workspaces.get(call.at.workspace ?? "");
	if (workspace === undefined) throw refusals.noNode();
	return { workspace: shownWorkspace(call.store, workspace) };
};

export const mineWorkspace: Handler = (call) => {
	const { store, operator } = call;
	const mine =
		[...store.workspaces.values()].find(({ mineOf }) => mineOf === operator) ??
		newWorkspace(store, { name: "My documents", mineOf: operator });
	return { workspace: shownWorkspace(store, mine) };
};

/** Searches names of documents, a part of the name is enough. */
export const searchDentries: Handler = (call) => {
	const { store, operator } = call;
	const body = bodyOf(call);
	const keyword = requiredText(call, body, "keyword").toLowerCase();
	const option = (body.option ?? {}) as {
		dentryCategories?: string[];
		creatorIds?: string[];
		maxResults?: number;
		nextToken?: string;
	};
	const found = [...store.nodes.values()].filter(
		(node) =>
			node.type === "FILE" &&
			node.name.toLowerCase().includes(keyword) &&
			(option.dentryCategories?.includes("alidoc") ?? true) &&
			(option.creatorIds?.includes(node.creatorId) ?? true) &&
			accessOf(store, node, operator) !== undefined,
	);
	const { items, nextToken } = pageOf(found, {
		maxResults: option.maxResults ?? MOST_NODES,
		nextToken: option.nextToken,
	});
	return {
		items: items.map((node) => {
			const creator = store.users.get(node.creatorId);
			const person = { userId: creator?.userId, name: creator?.name };
			return {
				dentryUuid: node.id,
				name: `${node.name}.${node.extension}`,
				creator: person,
				modifier: person,
				lastModifyTime: node.createdMs,
			};
		}),
		...(nextToken === undefined ? {} : { nextToken }),
	};
};

/** Extensions by the docType of the create call. */
const EXTENSIONS: Readonly<Record<string, string>> = {
	DOC: "adoc",
	WORKBOOK: "axls",
	MIND: "amind",
	BASE: "able",
};

/** `operatorId` stands in the body here. */
export const createDocument: Handler = (call) => {
	const { store } = call;
	const body = bodyOf(call);
	const operatorId = requiredText(call, body, "operatorId");
	if (!store.users.has(operatorId))
		throw refusals.badOperator(store.switches.badOperator);
	const workspaceId = call.at.workspace ?? "";
	const workspace = store.workspaces.get(workspaceId);
	if (workspace === undefined) throw refusals.docNotExist();
	const name = requiredText(call, body, "name");
	const docType = requiredText(call, body, "docType");
	const parentId = body.parentNodeId ?? workspace.rootNodeId;
	if (
		typeof parentId !== "string" ||
		parentNamed(store, parentId).id !== workspaceId
	)
		throw refusals.docNotExist();
	const isFolder = docType === "FOLDER";
	const extension = EXTENSIONS[docType];
	if (!isFolder && extension === undefined)
		throw refusals.paramError(`docType '${docType}' is invalid`);
	const node = newNode(store, {
		name,
		type: isFolder ? "FOLDER" : "FILE",
		...(extension === undefined ? {} : { extension }),
		workspaceId,
		parentId,
		creatorId: operatorId,
	});
	if (docType === "BASE") {
		const base = newBase(store, {
			id: node.id,
			name,
			initializedAtMs: store.clock.now() + store.switches.initializingMs,
		});
		base.members.set(operatorId, "manage");
		// The product opens a new base with one sheet.
		const sheet = newSheet(store, base, "Sheet1");
		createField(store, sheet, { name: "Title", type: "text" });
	}
	return {
		nodeId: node.id,
		dentryUuid: node.id,
		docKey: store.identifiers.next(16),
		url: nodeUrl(node.id),
		workspaceId,
	};
};

export function newWorkspace(
	store: Store,
	given: { name: string; id?: string; mineOf?: string; creatorId?: string },
): Workspace {
	const workspace: Workspace = {
		id: given.id ?? store.identifiers.next(16),
		name: given.name,
		rootNodeId: store.identifiers.next(32),
		creatorId: given.creatorId ?? given.mineOf ?? "",
		createdMs: store.clock.now(),
		...(given.mineOf === undefined ? {} : { mineOf: given.mineOf }),
	};
	store.workspaces.set(workspace.id, workspace);
	return workspace;
}

export function newNode(
	store: Store,
	given: Omit<DocumentNode, "id" | "createdMs"> & { id?: string },
): DocumentNode {
	const node: DocumentNode = {
		...given,
		id: given.id ?? store.identifiers.next(32),
		createdMs: store.clock.now(),
	};
	store.nodes.set(node.id, node);
	return node;
}
