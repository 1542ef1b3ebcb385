import type { Clock } from "../../../src/core/contract/clock.js";
import { type Identifiers, identifiers } from "./identifiers.js";
import type {
	Asset,
	EmbedLink,
	Field,
	Permission,
	Row,
	Space,
	Table,
	TreeNode,
	Unit,
	User,
} from "./model.js";
import { type Zone, zoneNamed } from "./zone.js";

export type Plan = "open-source" | "free" | "plus" | "pro" | "enterprise";

/** What a test may change while the fake runs. The defaults are the measured or documented behaviour. */
export interface FusionSwitches {
	/** Decides the rate (5, 2, 5, 10, 20 per second), contacts (enterprise) and embed links (paid). */
	plan: Plan;
	/** Calls per second and datasheet in place of the plan's; Infinity: no limit at all. */
	callsPerSecond: number | undefined;
	/** Calls per calendar month of a space; `/spaces` is not counted. */
	monthlyCalls: number;
	/** The hard cap of a datasheet: HTTP 500 with code 304. */
	recordsPerTable: number;
	/** The plan's caps: codes 305 and 309. */
	planRecordsPerTable: number;
	planRecordsPerSpace: number;
	fieldsPerTable: number;
	/** Records of one create, update or delete. */
	recordsPerCall: number;
	attachmentBytes: number;
	storageBytes: number;
	/** The stock open-source build never answers a request that fails the validation of its shape. */
	hangsOnBadShape: boolean;
	/** How two-way links are called in replies: older builds say MagicLink. */
	twoWayLinkName: "TwoWayLink" | "MagicLink";
	/** Accept colour names such as `deepPurple_0` for options, as the documents say. */
	colorNames: boolean;
	/** Accept `sort=[{…}]`, as the vendor's own MCP server sends it. */
	jsonArraySort: boolean;
	/** Where attachment URLs point; undefined: the origin that the client addressed, served by the fake. */
	storageOrigin: string | undefined;
}

const defaultSwitches = (): FusionSwitches => ({
	plan: "open-source",
	callsPerSecond: undefined,
	monthlyCalls: Number.POSITIVE_INFINITY,
	recordsPerTable: 50_000,
	planRecordsPerTable: Number.POSITIVE_INFINITY,
	planRecordsPerSpace: Number.POSITIVE_INFINITY,
	fieldsPerTable: 200,
	recordsPerCall: 10,
	attachmentBytes: 1024 ** 3,
	storageBytes: 1024 ** 3,
	hangsOnBadShape: false,
	twoWayLinkName: "TwoWayLink",
	colorNames: false,
	jsonArraySort: false,
	storageOrigin: undefined,
});

/** Everything that the fake knows. */
export interface Store {
	readonly clock: Pick<Clock, "now">;
	readonly zone: Zone;
	readonly identifiers: Identifiers;
	readonly switches: FusionSwitches;
	readonly spaces: Map<string, Space>;
	readonly nodes: Map<string, TreeNode>;
	readonly tables: Map<string, Table>;
	readonly users: Map<string, User>;
	/** Token to user. */
	readonly tokens: Map<string, string>;
	/** By numeric id. */
	readonly units: Map<string, Unit>;
	/** By opaque id. */
	readonly unitsByUnitId: Map<string, Unit>;
	readonly assets: Map<string, Asset>;
	readonly embedLinks: Map<string, EmbedLink>;
	/** Link cells that name a record twice. */
	readonly repeating: WeakSet<object>;
}

export function createStore(
	clock: Pick<Clock, "now">,
	timeZone: string,
	seed: number,
	switches: Partial<FusionSwitches>,
): Store {
	return {
		clock,
		zone: zoneNamed(timeZone),
		identifiers: identifiers(seed),
		switches: { ...defaultSwitches(), ...switches },
		spaces: new Map(),
		nodes: new Map(),
		tables: new Map(),
		users: new Map(),
		tokens: new Map(),
		units: new Map(),
		unitsByUnitId: new Map(),
		assets: new Map(),
		embedLinks: new Map(),
		repeating: new WeakSet(),
	};
}

export interface NewNode {
	readonly spaceId: string;
	readonly type: string;
	readonly name: string;
	readonly id: string;
	readonly parentId?: string;
	readonly icon?: string;
	/** The node that it follows; without it, it becomes the first. */
	readonly after?: string;
	readonly last?: boolean;
}

export function addNode(store: Store, given: NewNode): TreeNode {
	const parentId =
		given.parentId ?? store.spaces.get(given.spaceId)?.rootId ?? "";
	const node: TreeNode = {
		id: given.id,
		spaceId: given.spaceId,
		type: given.type,
		name: given.name,
		icon: given.icon ?? "",
		parentId,
		children: [],
		favouriteOf: new Set(),
		access: new Map(),
	};
	store.nodes.set(node.id, node);
	const siblings = store.nodes.get(parentId)?.children;
	if (siblings !== undefined) {
		const before =
			given.after === undefined ? -1 : siblings.indexOf(given.after);
		siblings.splice(given.last ? siblings.length : before + 1, 0, node.id);
	}
	return node;
}

export function removeNode(store: Store, id: string): void {
	const node = store.nodes.get(id);
	if (node === undefined) return;
	const siblings = store.nodes.get(node.parentId)?.children;
	siblings?.splice(siblings.indexOf(id), 1);
	store.nodes.delete(id);
	const table = store.tables.get(id);
	const space = store.spaces.get(node.spaceId);
	if (table !== undefined && space !== undefined)
		space.rowCount -= table.rows.size;
	store.tables.delete(id);
}

/** What a user may do with a node: its own rule, the nearest folder's, else the space's. */
export function permissionOf(
	store: Store,
	userUuid: string,
	nodeId: string,
): Permission {
	let node = store.nodes.get(nodeId);
	const spaceId = node?.spaceId;
	while (node !== undefined) {
		const own = node.access.get(userUuid);
		if (own !== undefined) return own;
		node = store.nodes.get(node.parentId);
	}
	const space = spaceId === undefined ? undefined : store.spaces.get(spaceId);
	return space?.members.get(userUuid)?.permission ?? -1;
}

export function orderedRows(table: Table): readonly Row[] {
	table.ordered ??= [...table.rows.values()];
	return table.ordered;
}

/** The first column of the first view. */
export function primaryField(table: Table): Field {
	const first = table.views.values().next().value;
	const id = first?.order[0];
	const field =
		(id === undefined ? undefined : table.fields.get(id)) ??
		table.fields.values().next().value;
	if (field === undefined) throw new Error(`${table.id} has no column`);
	return field;
}

export function fieldNamed(table: Table, name: string): Field | undefined {
	for (const field of table.fields.values())
		if (field.name === name) return field;
	return undefined;
}
