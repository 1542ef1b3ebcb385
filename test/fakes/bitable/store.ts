import type { Clock } from "../../../src/core/contract/clock.js";
import { Refusal } from "./codes.js";
import { type Identifiers, identifiers } from "./identifiers.js";
import type {
	App,
	Base,
	Chat,
	Department,
	Field,
	Media,
	Person,
	Row,
	Table,
	Token,
	Upload,
	View,
	WikiNode,
} from "./model.js";
import { createZone, type Zone } from "./zone.js";

/** Every deviation from the defaults below is a choice of a test. */
export interface BitableSwitches {
	/** Whose limits and rates hold: those of early 2023 ("seed", the stricter ones, default) or the newest documents' ("new"). */
	limits: keyof typeof LIMITS;
	/** Off: no rate window at all. Default true. */
	rates: boolean;
	/** HTTP status of a throttled call. Default 429; a few old APIs have 400. */
	throttledStatus: 429 | 400;
	/** Overlapping writes of one base wait ("queue"), answer 1254291 ("reject", default) or one of the two by lot ("random"). */
	writeLock: "queue" | "reject" | "random";
	/** How long a write holds its base and its answer. Default 10. */
	writeMs: number;
	/** How long a read's answer takes. Default 0. */
	readMs: number;
	/** For this long what was just created is not found by its id, and reads show the state before a relaxed write. Default 0. */
	replicaLagMs: number;
	/** Which writes the reads lag behind: those with ignore_consistency_check ("relaxed", default) or all. */
	laggingReads: "relaxed" | "all";
	/** After a write of records, reads and writes of the base answer 1254607 for this long per 1,000 records. Default 0. */
	settlingMsPerThousand: number;
	/** Life of new tokens. Default 2 h. */
	tokenLifeMs: number;
	/** For this long after advanced permissions were switched on, role calls answer 1254301. Default 3,000. */
	advancedStartMs: number;
	/** For this long a copied base answers 1254036. Default 2,000. */
	copyMs: number;
	/** Blank rows in the default table of a new base. Default 10. */
	blankRows: number;
	/** How long a client_token is remembered. Default 24 h. */
	clientTokenMs: number;
	/** The same client_token and body again: the first answer (default), or 1254608. */
	repeatedSubmit: "same-answer" | "refused";
	/** client_token also counts on update and batch_update, as only the SDK's types say. Default false. */
	clientTokenOnUpdates: boolean;
	/** Text comparison of the structured filter. Default "exact". */
	textMatching: "exact" | "ignore-case";
	/** Whether isNot and doesNotContain hold for empty cells. Default true. */
	negationsIncludeEmpty: boolean;
	/** Empty cells of the legacy reads: left out (default) or null as in an old sample. */
	legacyEmpty: "absent" | "null";
	/** An array of the search body that is too long: 99992402 (default) or 1254018. */
	tooLongSearch: 99992402 | 1254018;
	/** More rows than this in one answer are 1254030 TooLargeResponse; how large is documented nowhere. Default: none are too many. */
	mostRows: number;
	/** Writing a two-way link: refused as in early 2023 (default), or written as the newest documents say. */
	twoWayLinks: "refused" | "written";
	/** A formula that names a table or field which the base does not have: refused (default) or kept as it is. */
	formulaReferences: "checked" | "any";
	/** Whether the unverified number form of the legacy get is text (default) or a number. */
	legacyGetNumbers: "text" | "number";
}

const DEFAULT_SWITCHES = {
	limits: "seed",
	rates: true,
	throttledStatus: 429,
	writeLock: "reject",
	writeMs: 10,
	readMs: 0,
	replicaLagMs: 0,
	laggingReads: "relaxed",
	settlingMsPerThousand: 0,
	tokenLifeMs: 7_200_000,
	advancedStartMs: 3_000,
	copyMs: 2_000,
	blankRows: 10,
	clientTokenMs: 86_400_000,
	repeatedSubmit: "same-answer",
	clientTokenOnUpdates: false,
	textMatching: "exact",
	negationsIncludeEmpty: true,
	legacyEmpty: "absent",
	tooLongSearch: 99992402,
	mostRows: Number.POSITIVE_INFINITY,
	twoWayLinks: "refused",
	formulaReferences: "checked",
	legacyGetNumbers: "text",
} as const satisfies BitableSwitches;

export const LIMITS = {
	new: {
		batchWrite: 1_000,
		records: Number.POSITIVE_INFINITY,
		fields: 300,
		hiddenFields: 300,
	},
	seed: {
		batchWrite: 500,
		records: 20_000,
		fields: 150,
		hiddenFields: 100,
	},
} as const;

/** The same in both eras. */
export const FIXED_LIMITS = {
	batchDelete: 500,
	batchGet: 100,
	tables: 100,
	tableBatchDelete: 50,
	views: 200,
	formulaFields: 100,
	roles: 30,
	members: 200,
	viewConditions: 50,
	cellCharacters: 100_000,
	optionsPerCell: 1_000,
	optionsPerField: 20_000,
	linksPerCell: 500,
	peoplePerCell: 1_000,
	attachmentsPerCell: 100,
	groupsPerCell: 10,
	copiedRecords: 50_000,
} as const;

export interface Store {
	readonly clock: Pick<Clock, "now">;
	readonly switches: BitableSwitches;
	readonly identifiers: Identifiers;
	readonly apps: Map<string, App>;
	readonly tokens: Map<string, Token>;
	/** Refresh tokens of people: whose they are, and whether they were used. */
	readonly refreshTokens: Map<
		string,
		{ readonly token: Token; used: boolean; readonly expiresAtMs: number }
	>;
	/** By open_id. */
	readonly people: Map<string, Person>;
	/** By union_id, user_id and email. */
	readonly peopleByOther: Map<string, Person>;
	readonly chats: Map<string, Chat>;
	readonly departments: Map<string, Department>;
	/** Folders of the drive, and who may write there (undefined: everyone). */
	readonly folders: Map<string, ReadonlySet<string> | undefined>;
	readonly bases: Map<string, Base>;
	readonly media: Map<string, Media>;
	readonly uploads: Map<string, Upload>;
	readonly temporaryLinks: Map<
		string,
		{ readonly media: string; readonly expiresAtMs: number }
	>;
	readonly wikiNodes: Map<string, WikiNode>;
	/** Blocks of documents and infos of sheets that hold a base, by document. */
	readonly documents: Map<string, readonly { readonly token: string }[]>;
	/** Answers of forms' links and the like are below this address. */
	readonly site: string;
	zone(name: string): Zone;
	limits(): (typeof LIMITS)["new" | "seed"];
}

export function createStore(
	clock: Pick<Clock, "now">,
	seed: number,
	switches: Partial<BitableSwitches>,
): Store {
	const zones = new Map<string, Zone>();
	const chosen: BitableSwitches = { ...DEFAULT_SWITCHES, ...switches };
	return {
		clock,
		switches: chosen,
		identifiers: identifiers(seed),
		apps: new Map(),
		tokens: new Map(),
		refreshTokens: new Map(),
		people: new Map(),
		peopleByOther: new Map(),
		chats: new Map(),
		departments: new Map(),
		folders: new Map(),
		bases: new Map(),
		media: new Map(),
		uploads: new Map(),
		temporaryLinks: new Map(),
		wikiNodes: new Map(),
		documents: new Map(),
		site: "https://example.feishu.cn",
		zone(name) {
			let zone = zones.get(name);
			if (zone === undefined) {
				zone = createZone(name);
				zones.set(name, zone);
			}
			return zone;
		},
		limits: () => LIMITS[chosen.limits],
	};
}

/** What was created less than the lag ago is not found yet. */
export function isVisible(store: Store, createdAtMs: number): boolean {
	const lag = store.switches.replicaLagMs;
	return lag === 0 || store.clock.now() - createdAtMs >= lag;
}

/** @throws Refusal 1254003 malformed, 1254040 unknown */
export function baseAt(store: Store, token: string): Base {
	if (!/^[A-Za-z0-9_-]{8,64}$/.test(token)) throw new Refusal(1254003);
	const base = store.bases.get(token);
	if (base === undefined || !isVisible(store, base.createdAtMs))
		throw new Refusal(1254040);
	return base;
}

/** @throws Refusal 1254004 malformed, 1254041 unknown */
export function tableAt(store: Store, base: Base, id: string): Table {
	if (!/^tbl[A-Za-z0-9]{1,40}$/.test(id)) throw new Refusal(1254004);
	const table = base.tables.get(id);
	if (table === undefined || !isVisible(store, table.createdAtMs))
		throw new Refusal(1254041);
	return table;
}

/** @throws Refusal 1254005 malformed, 1254042 unknown */
export function viewAt(store: Store, table: Table, id: string): View {
	if (!/^vew[A-Za-z0-9]{1,40}$/.test(id)) throw new Refusal(1254005);
	const view = table.views.get(id);
	if (view === undefined || !isVisible(store, view.createdAtMs))
		throw new Refusal(1254042);
	return view;
}

/** @throws Refusal 1254009 malformed, 1254044 unknown */
export function fieldAt(store: Store, table: Table, id: string): Field {
	if (!/^fld[A-Za-z0-9]{1,40}$/.test(id)) throw new Refusal(1254009);
	const field = table.fields.get(id);
	if (field === undefined || !isVisible(store, field.createdAtMs))
		throw new Refusal(1254044);
	return field;
}

/** @throws Refusal 1254006 malformed, 1254043 unknown */
export function rowAt(store: Store, table: Table, id: unknown): Row {
	if (typeof id !== "string" || !/^rec[A-Za-z0-9]{1,40}$/.test(id))
		throw new Refusal(1254006, `Invalid record id: ${JSON.stringify(id)}`);
	const row = table.rows.get(id);
	if (row === undefined || !isVisible(store, row.createdAtMs))
		throw new Refusal(1254043, `Record ${id} is not found`);
	return row;
}

export function fieldNamed(table: Table, name: string): Field | undefined {
	const id = table.fieldIds.get(name);
	return id === undefined ? undefined : table.fields.get(id);
}

/** Counts a change of the base, and of one table of it. */
export function changed(base: Base, table?: Table): void {
	base.revision++;
	if (table !== undefined) table.revision++;
}

export function personNamed(
	store: Store,
	id: string,
	kind: "open_id" | "union_id" | "user_id",
): Person | undefined {
	if (kind === "open_id") return store.people.get(id);
	const person = store.peopleByOther.get(id);
	if (person === undefined) return undefined;
	return (kind === "union_id" ? person.unionId : person.userId) === id
		? person
		: undefined;
}
