import { accessOf } from "./access.js";
import { type Call, type Json, optionalText, pageById } from "./call.js";
import { type Code, Refusal } from "./codes.js";
import type { AccessLevel, Base } from "./model.js";

const LEVELS: readonly AccessLevel[] = ["view", "edit", "full_access"];

/** Shares a base. Only those with full access may. */
export function addCollaborator(call: Call): Json {
	const { store, body, query, caller } = call;
	if (query.get("type") !== "bitable") throw new Refusal(1063001);
	const base = store.bases.get(call.at.token ?? "");
	if (base === undefined) throw new Refusal(1063005);
	const own = accessOf(store, base, caller);
	if (own === undefined) throw new Refusal(1063002);
	if (own !== "full_access") throw new Refusal(1063004);
	const type = optionalText(body, "member_type") ?? "";
	const id = optionalText(body, "member_id") ?? "";
	const level = LEVELS.find((each) => each === body.perm);
	const find = FINDERS[type];
	if (find === undefined || level === undefined) throw new Refusal(1063001);
	const who = find(call, id);
	if (who === undefined) throw new Refusal(1063001);
	base.access.set(who, level);
	return { member: { member_type: type, member_id: id, perm: level } };
}

const FINDERS: Readonly<
	Record<string, (call: Call, id: string) => string | undefined>
> = {
	email: ({ store }, id) => {
		const person = store.peopleByOther.get(id);
		return person?.email === id ? person.openId : undefined;
	},
	openid: ({ store }, id) => store.people.get(id)?.openId,
	unionid: ({ store }, id) => store.peopleByOther.get(id)?.openId,
	userid: ({ store }, id) => store.peopleByOther.get(id)?.openId,
	openchat: ({ store }, id) => store.chats.get(id)?.id,
	opendepartmentid: ({ store }, id) => store.departments.get(id)?.openId,
};

/** @throws Refusal 1069602, 1069604, 1069603 */
function subscribable(call: Call): Base {
	const { store, query, caller } = call;
	if (query.get("file_type") !== "bitable") throw new Refusal(1069602);
	const base = store.bases.get(call.at.file_token ?? "");
	if (base === undefined) throw new Refusal(1069604);
	if (accessOf(store, base, caller) !== "full_access")
		throw new Refusal(1069603);
	return base;
}

export function subscribe(call: Call): Json {
	subscribable(call).subscribers.add(call.caller.openId);
	return {};
}

export function isSubscribed(call: Call): Json {
	return {
		is_subscribe: subscribable(call).subscribers.has(call.caller.openId),
	};
}

export function unsubscribe(call: Call): Json {
	subscribable(call).subscribers.delete(call.caller.openId);
	return {};
}

const NODE_TYPES = [
	"doc",
	"docx",
	"sheet",
	"mindnote",
	"bitable",
	"file",
	"slides",
	"wiki",
];

/** A node of a wiki; `obj_token` of a base is its app_token. */
export function getWikiNode(call: Call): Json {
	const { store, query, caller } = call;
	const token = query.get("token") ?? "";
	const type = query.get("obj_type") || "wiki";
	if (token === "" || !NODE_TYPES.includes(type)) throw new Refusal(131002);
	const node =
		type === "wiki"
			? store.wikiNodes.get(token)
			: [...store.wikiNodes.values()].find(
					(each) => each.objToken === token && each.objType === type,
				);
	if (node === undefined) throw new Refusal(131005);
	const base = store.bases.get(node.objToken);
	if (base !== undefined && accessOf(store, base, caller) === undefined)
		throw new Refusal(131006);
	const seconds = String(Math.floor(node.atMs / 1_000));
	return {
		node: {
			space_id: node.spaceId,
			node_token: node.nodeToken,
			obj_token: node.objToken,
			obj_type: node.objType,
			parent_node_token: "",
			node_type: "origin",
			origin_node_token: node.nodeToken,
			origin_space_id: node.spaceId,
			has_child: false,
			title: node.title,
			obj_create_time: seconds,
			obj_edit_time: seconds,
			node_create_time: seconds,
			creator: node.owner,
			owner: node.owner,
		},
	};
}

/** The documents that hold bases, by token. */
function embeddedIn(call: Call, missing: Code): readonly { token: string }[] {
	const found = call.store.documents.get(call.at.token ?? "");
	if (found === undefined) throw new Refusal(missing);
	return found;
}

/** Blocks of a document; those of type 18 hold a base and a table in one token. */
export function listBlocks(call: Call): Json {
	const documentId = call.at.token ?? "";
	const blocks = [
		{ block_id: documentId, block_type: 1, parent_id: "" },
		...embeddedIn(call, 1770002).map(({ token }, index) => ({
			block_id: `${documentId.slice(0, 20)}block${index}`,
			block_type: 18,
			parent_id: documentId,
			bitable: { token },
		})),
	];
	const page = pageById(call, blocks, (block) => block.block_id, 500, 500);
	return {
		items: page.items,
		has_more: page.hasMore,
		...(page.hasMore ? { page_token: page.lastId } : {}),
	};
}

export function sheetInfo(call: Call): Json {
	return {
		spreadsheetToken: call.at.token,
		sheets: embeddedIn(call, 1310214).map(({ token }, index) => ({
			sheetId: `s${index}`,
			title: `Sheet ${index + 1}`,
			index,
			rowCount: 0,
			columnCount: 0,
			frozenRowCount: 0,
			frozenColCount: 0,
			blockInfo: { blockToken: token, blockType: "BITABLE_BLOCK" },
		})),
	};
}
