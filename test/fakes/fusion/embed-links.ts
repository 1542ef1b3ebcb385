import { badInput, type Call, type Handler, permissionAt } from "./call.js";
import type { EmbedLink, TreeNode } from "./model.js";
import { badShape, refusals, tip } from "./refusal.js";

const MOST_PER_NODE = 30;

/** Embed links belong to the paid plans; the open source has no such routes. */
function nodeOf(call: Call): TreeNode {
	const { plan } = call.store.switches;
	if (plan === "open-source") throw refusals.noRoute();
	if (plan === "free")
		throw tip("This API is available for the golden level and above", 1502);
	const node = call.store.nodes.get(call.at.node ?? "");
	if (node === undefined || node.spaceId !== call.at.space)
		throw refusals.noDatasheet();
	if (permissionAt(call, node.id) !== 0) throw refusals.denied();
	return node;
}

const linksOf = (call: Call, node: TreeNode) =>
	[...call.store.embedLinks.values()].filter((link) => link.nodeId === node.id);

const shown = ({ linkId, payload, theme }: EmbedLink) => ({
	linkId,
	url: `https://aitable.ai/embed/${linkId}`,
	payload,
	theme,
});

export const createEmbedLink: Handler = (call) => {
	const node = nodeOf(call);
	const { payload, theme } = call.body;
	if (theme !== undefined && theme !== "light" && theme !== "dark")
		throw badInput(
			call,
			badShape("theme must be one of the following values: light, dark"),
		);
	if (linksOf(call, node).length >= MOST_PER_NODE)
		throw tip(`A node has at most ${MOST_PER_NODE} embed links`);
	const link: EmbedLink = {
		linkId: call.store.identifiers.next("emb"),
		nodeId: node.id,
		payload: payload ?? {},
		theme: theme ?? "light",
	};
	call.store.embedLinks.set(link.linkId, link);
	return { status: 201, body: shown(link) };
};

export const listEmbedLinks: Handler = (call) => ({
	body: linksOf(call, nodeOf(call)).map(shown),
});

export const deleteEmbedLink: Handler = (call) => {
	const node = nodeOf(call);
	const link = call.store.embedLinks.get(call.at.link ?? "");
	if (link?.nodeId !== node.id)
		throw tip("The embed link does not exist", 1501);
	call.store.embedLinks.delete(link.linkId);
	return {};
};
