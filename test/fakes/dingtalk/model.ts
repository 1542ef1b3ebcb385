/** What a person may do with a base. */
export type Access = "read" | "edit" | "manage";

export interface User {
	readonly unionId: string;
	readonly userId: string;
	readonly name: string;
	readonly email?: string;
	readonly mobile?: string;
	readonly departmentIds: readonly number[];
	readonly isAdmin: boolean;
}

export interface Department {
	readonly id: number;
	readonly name: string;
	readonly parentId: number;
}

export interface Choice {
	readonly id: string;
	readonly name: string;
}

/** The property of a field as it is stored; `choices` always carry ids. */
export interface FieldProperty {
	readonly formatter?: string;
	readonly currencyType?: string;
	readonly choices?: readonly Choice[];
	readonly multiple?: boolean;
	readonly linkedSheetId?: string;
	readonly linkedFieldId?: string;
	readonly [undocumented: string]: unknown;
}

export interface Field {
	readonly id: string;
	name: string;
	readonly type: string;
	/** Undefined where the type has none. */
	property: FieldProperty | undefined;
}

/** A typed value in storage; what it is depends on the type of its field. Empty cells are not stored. */
export type Cell = unknown;

export interface Row {
	readonly id: string;
	/** Grows with every new row of a sheet: the row order. */
	readonly sequence: number;
	/** By field id. */
	readonly cells: Map<string, Cell>;
	readonly createdBy: string;
	readonly createdMs: number;
	modifiedBy: string;
	modifiedMs: number;
	gone: boolean;
}

export interface Sheet {
	readonly id: string;
	readonly base: Base;
	name: string;
	/** In column order; the first is the primary field. */
	readonly fields: Map<string, Field>;
	readonly rows: Map<string, Row>;
	/** Rows by sequence; removed ones stay in it for a while, marked `gone`. */
	order: Row[];
	nextSequence: number;
}

export interface Workflow {
	readonly flowId: string;
	readonly versionId: string;
	readonly name: string;
	readonly description: string;
	/** The words are not documented: ENABLED and DISABLED here. */
	status: "ENABLED" | "DISABLED";
}

export interface SubRole {
	readonly id: string;
	readonly bizType?: unknown;
	readonly authLevel?: unknown;
	readonly config?: unknown;
	readonly gmtCreate: number;
}

/** A role of the advanced permissions. Stored and answered, not enforced: what it means is not documented. */
export interface Role {
	readonly id: string;
	readonly name: string;
	readonly roleType?: unknown;
	readonly flowType?: unknown;
	readonly subRoles: readonly SubRole[];
}

export interface RoleMember {
	readonly memberId: string;
	readonly memberType?: unknown;
	readonly memberIdBelongOrgId?: unknown;
	readonly roleId: string;
}

export interface Base {
	readonly id: string;
	name: string;
	readonly sheets: Map<string, Sheet>;
	/** By unionId. */
	readonly members: Map<string, Access>;
	/** Access of everyone else in the organization. */
	everyone: Access | undefined;
	/** Until then every call is answered with stillInitializing. */
	initializedAtMs: number;
	/** List calls before it are answered with dataNotReady. */
	listReadyAtMs: number;
	broken: boolean;
	advancedPermissions: boolean;
	readonly roles: Map<string, Role>;
	readonly roleMembers: RoleMember[];
	readonly workflows: Map<string, Workflow>;
	/** Sheets under an outside authority, by sheet id. */
	readonly externalAuth: Map<string, { type: string; config: unknown }>;
}

/** A folder or document of a workspace. A base is one with the extension `able` and the base's id. */
export interface DocumentNode {
	readonly id: string;
	readonly name: string;
	readonly type: "FILE" | "FOLDER";
	/** `able` is an AI Table, `adoc` a text document, `axls` a spreadsheet. */
	readonly extension?: string;
	readonly workspaceId: string;
	readonly parentId: string;
	readonly creatorId: string;
	readonly createdMs: number;
}

export interface Workspace {
	readonly id: string;
	readonly name: string;
	readonly rootNodeId: string;
	/** The private space of one person. */
	readonly mineOf?: string;
	readonly createdMs: number;
	readonly creatorId: string;
}

/** A file of the three-step upload. */
export interface Resource {
	readonly id: string;
	/** The document it was requested for. */
	readonly docId: string;
	readonly name: string;
	readonly mediaType: string;
	readonly size: number;
	readonly url: string;
	/** Absent until it is uploaded. */
	bytes?: Uint8Array;
}

/** A file in a cell; an online document has `url` and no resource. */
export interface AttachmentItem {
	readonly filename: string;
	readonly size: number;
	readonly type: string;
	readonly resourceId?: string;
	readonly url?: string;
}

export interface AppToken {
	readonly text: string;
	readonly appKey: string;
	expiresAtMs: number;
	/** Scopes when it was issued; used with the switch `tokensKeepGrants`. */
	readonly scopes: ReadonlySet<string>;
	/** Of a person, not of the app. */
	readonly unionId?: string;
	/** Made by the old `/gettoken`. */
	readonly legacy: boolean;
}

export interface AcceptedToken {
	readonly baseId: string;
	readonly sheetId: string;
	readonly recordIds: readonly string[];
	readonly atMs: number;
}

export interface ImportJob {
	readonly id: string;
	readonly baseId: string;
	readonly fileName: string;
	readonly fileExtension: string;
	readonly fileSize: number;
	readonly tableNames: readonly string[];
	readonly expiresAtMs: number;
	bytes?: Uint8Array;
	status: "WAITING" | "SUCCESS" | "FAILED";
	count: number;
	tableIds: readonly string[];
	errorCode?: string;
	errorMessage?: string;
}
