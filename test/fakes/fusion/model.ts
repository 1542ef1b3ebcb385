import type { Formula } from "./formula/compile.js";

/** 0 manager, 1 editor, 2 updates only, 3 reader, -1 nothing. */
export type Permission = 0 | 1 | 2 | 3 | -1;

export const fieldTypes = [
	"SingleText",
	"Text",
	"Number",
	"Currency",
	"Percent",
	"SingleSelect",
	"MultiSelect",
	"DateTime",
	"Attachment",
	"URL",
	"Email",
	"Phone",
	"Checkbox",
	"Rating",
	"Member",
	"TwoWayLink",
	"OneWayLink",
	"MagicLookUp",
	"Formula",
	"AutoNumber",
	"CreatedTime",
	"LastModifiedTime",
	"CreatedBy",
	"LastModifiedBy",
	"Cascader",
	"Button",
	"WorkDoc",
] as const;
export type FieldType = (typeof fieldTypes)[number];

export interface SelectOption {
	readonly id: string;
	readonly name: string;
	/** 0..79; 999 is stored and breaks the reading of fields. */
	readonly color: number;
}

/** Settings as stored; which of them a type uses stands in its row of the property table. */
export interface Settings {
	defaultValue?: string | readonly string[];
	precision?: number;
	symbol?: string;
	symbolAlign?: string;
	options?: SelectOption[];
	dateFormat?: string;
	timeFormat?: string;
	includeTime?: boolean;
	autoFill?: boolean;
	icon?: string;
	max?: number;
	isMulti?: boolean;
	shouldSendMsg?: boolean;
	subscription?: boolean;
	foreignDatasheetId?: string;
	brotherFieldId?: string;
	limitToViewId?: string;
	limitSingleRecord?: boolean;
	relatedLinkFieldId?: string;
	targetFieldId?: string;
	rollupFunction?: string;
	lookUpLimit?: string;
	enableFilterSort?: boolean;
	filterInfo?: unknown;
	sortInfo?: unknown;
	format?: unknown;
	expression?: string;
	collectType?: number;
	fieldIdCollection?: readonly string[];
}

export interface Field {
	readonly id: string;
	name: string;
	type: FieldType;
	settings: Settings;
	description?: string;
	/** Units written into a member column so far, in order. */
	readonly usedUnits: Set<string>;
	/** Users whom a column of makers or editors showed so far, in order. */
	readonly usedUsers: Set<string>;
	/** The next number of an auto-number column. */
	nextNumber: number;
	/** Narrower access for single users: what they may do with this column. */
	readonly access: Map<string, "read" | "none">;
}

export interface UrlCell {
	readonly title: string;
	readonly text: string;
	/** "" = none. */
	readonly favicon: string;
}

export interface AttachmentCell {
	readonly id: string;
	readonly name: string;
	readonly token: string;
}

/** A stored cell by type: text, number, true, option id(s), unit ids, record ids, attachments, a URL. */
export type Cell =
	| string
	| number
	| true
	| readonly string[]
	| readonly AttachmentCell[]
	| UrlCell;

export interface Row {
	readonly id: string;
	readonly cells: Map<string, Cell>;
	/** Auto numbers by column. */
	readonly numbers: Map<string, number>;
	readonly createdMs: number;
	readonly createdBy: string;
	/** The record's own time stamp. */
	updatedMs: number;
	/** Null while no cell was ever written. */
	modifiedMs: number | null;
	modifiedBy: string | null;
	/** Per column, kept only where a column collects listed columns. */
	readonly touched: Map<string, { ms: number; by: string }>;
}

export interface View {
	readonly id: string;
	name: string;
	/** Undefined: a kind that the API does not name. */
	type?: string;
	hidden: ReadonlySet<string>;
	/** Column order; columns that are not listed follow in table order. */
	order: readonly string[];
	/** A formula over the table; rows that it keeps are in the view. */
	filter?: string;
	group: readonly SortKey[];
	sort: readonly SortKey[];
}

export interface SortKey {
	readonly fieldId: string;
	readonly descending: boolean;
}

export interface Table {
	readonly id: string;
	readonly spaceId: string;
	readonly fields: Map<string, Field>;
	readonly views: Map<string, View>;
	readonly rows: Map<string, Row>;
	/** Rows in order, rebuilt after a change of their number. */
	ordered: Row[] | undefined;
	/** Ids of deleted records, oldest first. */
	readonly deleted: string[];
	/** By formula, records that are left out of its answer: a recorded server did not have them when it was asked. */
	readonly unseen: Map<string, ReadonlySet<string>>;
	/** Compiled formula columns; dropped when any column changes. */
	readonly formulas: Map<string, Formula<Row> | null>;
	readonly usedUnits: Set<string>;
}

export interface TreeNode {
	readonly id: string;
	readonly spaceId: string;
	/** As replies spell it. */
	readonly type: string;
	name: string;
	icon: string;
	parentId: string;
	/** Child ids in order. */
	readonly children: string[];
	readonly favouriteOf: Set<string>;
	/** Permissions that differ from the space's, by user. */
	readonly access: Map<string, Permission>;
}

export interface Membership {
	permission: Permission;
	isAdmin: boolean;
}

export interface Space {
	readonly id: string;
	name: string;
	readonly rootId: string;
	readonly members: Map<string, Membership>;
	rowCount: number;
	storageBytes: number;
}

export interface User {
	readonly uuid: string;
	name: string;
	avatar: string | null;
}

/** A member or team as cells and contacts know it. */
export interface Unit {
	readonly id: string;
	readonly unitId: string;
	readonly spaceId: string;
	readonly type: "Member" | "Team" | "Role";
	name: string;
	avatar: string | null;
	userUuid?: string;
	email?: string;
	mobile?: { readonly areaCode: string; readonly number: string };
	status: number;
	memberType: "PrimaryAdmin" | "SubAdmin" | "Member";
	sequence: number;
	/** The parent of a team, "0" for the root. */
	parentUnitId: string;
	teams: string[];
	roles: string[];
}

export interface Asset {
	readonly token: string;
	readonly spaceId: string;
	name: string;
	mimeType: string;
	/** Undefined: a presigned URL that nothing was put to. */
	bytes?: Uint8Array;
	width?: number;
	height?: number;
}

export interface EmbedLink {
	readonly linkId: string;
	readonly nodeId: string;
	readonly payload: unknown;
	readonly theme: string;
}
