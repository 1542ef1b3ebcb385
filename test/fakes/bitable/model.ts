import type { Zone } from "./zone.js";

/** What is stored; values are in the fake's own form, see the two encoders and the decoder. */

export type AccessLevel = "view" | "edit" | "full_access";

export interface Base {
	readonly token: string;
	name: string;
	revision: number;
	isAdvanced: boolean;
	/** Role calls answer "operation type" until then. */
	advancedFromMs: number;
	zone: Zone;
	readonly folderToken: string;
	/** Inside a document, sheet or wiki: advanced permissions are refused there. */
	readonly embedded: boolean;
	/** Formula fields of type 2 need `property.type`. */
	readonly formulaType: 1 | 2;
	readonly advanceVersion: "v1" | "v2";
	/** The open_id of the owner: a person or an app's bot. */
	readonly owner: string;
	/** By open_id, chat or department: who may do what. The owner may do all. */
	readonly access: Map<string, AccessLevel>;
	readonly tables: Map<string, Table>;
	readonly dashboards: Map<string, Dashboard>;
	readonly workflows: Map<string, Workflow>;
	readonly blockWorkflows: Map<string, Workflow>;
	readonly roles: Map<string, Role>;
	readonly createdAtMs: number;
	/** A copy answers "is copying" until then. */
	readonly copyingUntilMs: number;
	/** A write is being done until then. */
	lockedUntilMs: number;
	/** The last write is still being worked through until then. */
	unsettledUntilMs: number;
	/** By client_token: what was asked and answered. */
	readonly submitted: Map<string, Submitted>;
	/** Open ids of those who get its events. */
	readonly subscribers: Set<string>;
}

export interface Submitted {
	readonly path: string;
	readonly body: string;
	readonly answer: unknown;
	readonly atMs: number;
}

export interface Table {
	readonly id: string;
	name: string;
	revision: number;
	readonly createdAtMs: number;
	readonly fields: Map<string, Field>;
	readonly fieldIds: Map<string, string>;
	readonly primaryId: string;
	readonly views: Map<string, View>;
	readonly rows: Map<string, Row>;
	/** Synced from elsewhere: records cannot be written. */
	readonly synced: boolean;
	/** For replica lag: rows deleted, with the time. */
	readonly deleted: { readonly row: Row; readonly atMs: number }[];
	/** Rows of the last queries at the base's revision `cachedAt`. */
	readonly cache: Map<string, readonly Row[]>;
	cachedAt: number;
}

export interface Option {
	readonly id: string;
	name: string;
	color: number;
}

export interface Field {
	readonly id: string;
	name: string;
	type: number;
	uiType: string;
	/** As it is echoed, without what is computed: options, table names, names of mirrors. */
	property: Readonly<Record<string, unknown>> | null;
	options: Option[];
	/** The first option of a name. */
	readonly optionIds: Map<string, Option>;
	readonly optionsById: Map<string, Option>;
	description: { text: string; disable_sync: boolean } | undefined;
	/** Link fields: the other table, and the mirror there of a two-way one. */
	linkTable?: string;
	mirrorId?: string;
	/** One-way links: which rows point at a record. */
	readonly incoming: Map<string, Set<string>>;
	/** Lookup fields, which only the seed makes: through which link, which column. */
	lookup?: { readonly linkField: string; readonly targetField: string };
	/** Auto number: the next one. */
	serial: number;
	readonly createdAtMs: number;
}

export type Cell =
	| string
	| number
	| boolean
	| readonly string[]
	| readonly Segment[]
	| Url
	| Place;

/** A piece of a text cell: text, mention or url, as the answers show it. */
export interface Segment {
	readonly type: "text" | "mention" | "url";
	readonly text: string;
	readonly [key: string]: unknown;
}

export interface Url {
	readonly text: string;
	readonly link: string;
}

export interface Place {
	readonly location: string;
	readonly pname: string;
	readonly cityname: string;
	readonly adname: string;
	readonly address: string;
	readonly name: string;
	readonly full_address: string;
}

export interface Row {
	readonly id: string;
	/** By field id; an empty cell is absent. */
	cells: Map<string, Cell>;
	readonly createdAtMs: number;
	readonly createdBy: string;
	modifiedAtMs: number;
	modifiedBy: string;
	/** From when lagging reads may see it. */
	readonly visibleFromMs: number;
	/** For replica lag: the cells before a write that lagging reads see until `untilMs`. */
	before?: { readonly cells: Map<string, Cell>; readonly untilMs: number };
}

export interface Condition {
	readonly condition_id: string;
	readonly field_id: string;
	readonly operator: string;
	/** Decoded from the string that holds a JSON array. */
	readonly values: readonly (string | number)[] | null;
}

export interface View {
	readonly id: string;
	name: string;
	readonly type: ViewType;
	readonly publicLevel: "Public" | "Locked" | "Private";
	readonly privateOwner: string | undefined;
	filter: {
		readonly conjunction: "and" | "or";
		readonly conditions: readonly Condition[];
	} | null;
	hiddenFields: readonly string[] | null;
	hierarchyField: string | null;
	/** Set by people only; the API neither shows nor changes it. */
	sort: readonly { readonly fieldId: string; readonly desc: boolean }[];
	readonly createdAtMs: number;
	form?: Form;
}

export const VIEW_TYPES = [
	"grid",
	"kanban",
	"gallery",
	"gantt",
	"form",
] as const;
export type ViewType = (typeof VIEW_TYPES)[number];

export interface Form {
	description: string;
	shared: boolean;
	sharedUrl: string;
	sharedLimit: "off" | "tenant_editable" | "anyone_editable";
	submitLimitOnce: boolean;
	upgraded: boolean;
	questions: Question[];
}

export interface Question {
	readonly fieldId: string;
	title: string;
	description: string;
	required: boolean;
	visible: boolean;
}

export interface Dashboard {
	readonly id: string;
	readonly name: string;
}

export interface Workflow {
	readonly id: string;
	readonly title: string;
	status: "Enable" | "Disable";
}

export interface Role {
	readonly id: string;
	name: string;
	tableRoles: TableRole[];
	blockRoles: { block_id: string; block_perm: number }[];
	/** Members by kind and id; people are kept by open_id. */
	readonly members: Map<string, Member>;
	/** Of roles 2.0: what only they know of the whole base, kept as sent. */
	baseRule: Readonly<Record<string, unknown>> | undefined;
}

export interface TableRole {
	readonly table_id: string;
	readonly table_perm: 0 | 1 | 2 | 4;
	readonly rec_rule?: RecordRule;
	/** Roles 2.0: further rows that may be read. */
	readonly other_rec_rule?: RecordRule;
	readonly field_perm?: Readonly<Record<string, number>>;
	readonly allow_add_record?: boolean;
	readonly allow_delete_record?: boolean;
	readonly [key: string]: unknown;
}

export interface RecordRule {
	readonly conjunction: "and" | "or";
	readonly conditions: readonly {
		readonly field_name: string;
		readonly operator: string;
		readonly value: readonly string[] | null;
	}[];
	/** Not in roles 2.0. */
	readonly other_perm?: number;
}

export interface Member {
	readonly kind: "user" | "chat" | "department";
	/** open_id, chat_id or open_department_id. */
	readonly id: string;
}

export interface Person {
	readonly openId: string;
	readonly unionId: string;
	readonly userId: string;
	readonly name: string;
	readonly enName: string;
	readonly email: string;
	readonly mobile: string;
	readonly departments: readonly string[];
	/** The bot of an app: no employee. */
	readonly isBot: boolean;
}

export interface Chat {
	readonly id: string;
	readonly name: string;
	/** Open ids. */
	readonly members: ReadonlySet<string>;
}

export interface Department {
	readonly openId: string;
	readonly id: string;
	readonly name: string;
	readonly parentId: string;
}

export interface App {
	readonly id: string;
	readonly secret: string;
	/** All scopes that the console granted. */
	readonly scopes: Set<string>;
	/** The open_id under which it writes. */
	readonly bot: string;
	readonly tenantKey: string;
	/** A marketplace app gets its ticket pushed. */
	readonly ticket: string | undefined;
}

export interface Token {
	readonly kind: "tenant" | "app" | "user";
	readonly appId: string;
	/** The person of a user token. */
	readonly person?: string;
	readonly expiresAtMs: number;
	/** Of a user token. */
	readonly scopes?: ReadonlySet<string>;
}

export interface Media {
	readonly token: string;
	readonly baseToken: string;
	readonly name: string;
	readonly mimeType: string;
	readonly bytes: Uint8Array;
}

export interface Upload {
	readonly id: string;
	readonly baseToken: string;
	readonly name: string;
	readonly size: number;
	readonly blockCount: number;
	readonly blocks: Map<number, Uint8Array>;
	readonly owner: string;
	readonly expiresAtMs: number;
}

export interface WikiNode {
	readonly nodeToken: string;
	readonly objToken: string;
	readonly objType: string;
	readonly title: string;
	readonly spaceId: string;
	readonly atMs: number;
	readonly owner: string;
}
