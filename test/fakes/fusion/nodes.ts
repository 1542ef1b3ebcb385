import { badInput, type Call, type Handler, permissionAt } from "./call.js";
import type { TreeNode } from "./model.js";
import { listParameter, textParameter } from "./query.js";
import { refusals, tip } from "./refusal.js";
import { permissionOf } from "./store.js";

const KINDS = [
	"Folder",
	"Datasheet",
	"Form",
	"Dashboard",
	"Mirror",
	"Automation",
];

export const listSpaces: Handler = ({ store, user }) => ({
	body: {
		spaces: [...store.spaces.values()].flatMap((space) => {
			const membership = store.spaces.get(space.id)?.members.get(user);
			return membership === undefined
				? []
				: [
						{
							id: space.id,
							name: space.name,
							...(membership.isAdmin ? { isAdmin: true } : {}),
						},
					];
		}),
	},
});

function shownNode(call: Call, node: TreeNode) {
	return {
		id: node.id,
		name: node.name,
		type: KINDS.includes(node.type) ? node.type : "ERROR NODE TYPE",
		icon: node.icon,
		isFav: node.favouriteOf.has(call.user),
		permission: permissionAt(call, node.id),
	};
}

function visibleChildren(call: Call, id: string): TreeNode[] {
	return (call.store.nodes.get(id)?.children ?? []).flatMap((child) => {
		const node = call.store.nodes.get(child);
		return node === undefined || permissionAt(call, child) === -1 ? [] : node;
	});
}

/** The first level of a space. */
export const listNodes: Handler = (call) => ({
	body: {
		nodes: visibleChildren(
			call,
			call.store.spaces.get(call.at.space ?? "")?.rootId ?? "",
		).map((node) => shownNode(call, node)),
	},
});

/** One node, a folder with its next level. A node of a space that the user is not a member of has permission -1. */
export const getNode: Handler = (call) => {
	const node = call.store.nodes.get(call.at.node ?? "");
	if (node === undefined) throw refusals.noDatasheet();
	if (call.at.space !== undefined && node.spaceId !== call.at.space)
		throw refusals.noDatasheet();
	const member = call.store.spaces.get(node.spaceId)?.members.has(call.user);
	if (member && permissionAt(call, node.id) === -1)
		throw refusals.noDatasheet();
	const children = member ? visibleChildren(call, node.id) : [];
	return {
		body: {
			...shownNode(call, node),
			...(children.length === 0
				? {}
				: { children: children.map((child) => shownNode(call, child)) }),
		},
	};
};

/** Version 2: every node of one kind in a space, flat. */
export const searchNodes: Handler = (call) => {
	const { store } = call;
	const type = textParameter(call.query.type);
	if (type === undefined || !KINDS.includes(type))
		throw badInput(
			call,
			tip(
				'The type must be one of the following values: "Folder", "Datasheet", "Form", "Dashboard", "Mirror".',
			),
		);
	const asked = listParameter(call.query.permissions)?.map(Number);
	if (asked?.some((each) => ![0, 1, 2, 3].includes(each)))
		throw badInput(
			call,
			tip(
				"The permissions argument must be one of the following integer values: 0,1,2,3.",
			),
		);
	const text = textParameter(call.query.query)?.toLowerCase() ?? "";
	const found: TreeNode[] = [];
	const visit = (id: string) => {
		for (const node of visibleChildren(call, id)) {
			if (node.type === type && node.name.toLowerCase().includes(text))
				found.push(node);
			visit(node.id);
		}
	};
	visit(store.spaces.get(call.at.space ?? "")?.rootId ?? "");
	return {
		body: {
			nodes: found
				.filter((node) => {
					const permission = permissionOf(store, call.user, node.id);
					return asked === undefined || asked.includes(permission);
				})
				.map((node) => ({
					...shownNode(call, node),
					parentId: node.parentId,
				})),
		},
	};
};
