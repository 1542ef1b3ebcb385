import type { Cell, Field, SystemColumn } from "./field.js";

/** Where a table lives inside one connection. Ids are opaque. */
export interface TableRef {
	readonly base: string;
	readonly table: string;
}

export type Access = "read" | "edit" | "manage" | "none";

export interface BaseInfo {
	readonly id: string;
	readonly name: string | null;
	readonly url?: string;
	readonly timeZone?: string;
	readonly advancedPermissions?: boolean;
	readonly access?: Access;
}

export const NODE_KINDS = ["table", "form", "dashboard", "folder"] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Something that lives in a base and has a name. */
export interface NodeInfo {
	readonly kind: NodeKind;
	readonly base: string;
	/** For a table its table id. */
	readonly id: string;
	readonly name: string;
	/** Names of the folders above it, outermost first. */
	readonly path?: readonly string[];
	readonly access?: Access;
	readonly url?: string;
}

/** A table with its schema as read at one moment. Passed to every record method of an adapter. */
export interface Table {
	readonly ref: TableRef;
	readonly name: string;
	readonly fields: readonly Field[];
	/** By field id. */
	readonly byId: ReadonlyMap<string, Field>;
	readonly views: readonly View[];
	/** IANA zone in which this table's dates are days. */
	readonly zone: string;
	readonly url?: string;
	readonly access?: Access;
	/** Clock time when the schema was read. */
	readonly readAtMs: number;
}

export const VIEW_TYPES = [
	"grid",
	"kanban",
	"gallery",
	"gantt",
	"calendar",
	"form",
] as const;
export type ViewType = (typeof VIEW_TYPES)[number];

/** A view as far as the vendor tells. `filter`, `sort`, `hiddenFields` are filled in by `readView`. */
export interface View {
	readonly id: string;
	readonly name: string;
	/** The vendor's word where it is none of VIEW_TYPES. */
	readonly type: ViewType | string;
	/** Absent = not known (the vendor does not tell); null = none. */
	readonly filter?: FilterInput | null;
	readonly sort?: readonly SortInput[] | null;
	/** Field ids. */
	readonly hiddenFields?: readonly string[];
	/** Field id of the link that makes the tree. */
	readonly treeBy?: string | null;
	readonly url?: string;
	/** Why the vendor must not apply it: it may depend on what the policy hides. Absent = it may. */
	readonly closed?: string;
	/** What of a view that was just made a person has to set in the app. */
	readonly notes?: readonly string[];
}

export const OPERATORS = [
	"is",
	"is_not",
	"contains",
	"not_contains",
	"starts_with",
	"search",
	"any_of",
	"none_of",
	"has_all",
	"gt",
	"gte",
	"lt",
	"lte",
	"between",
	"within",
	"is_empty",
	"is_not_empty",
] as const;
export type Operator = (typeof OPERATORS)[number];

/** A condition as an agent writes it and as a view stores it (there `field` is an id). */
export interface ConditionInput {
	readonly field: string;
	readonly op: Operator;
	readonly value?: string | number | boolean;
	readonly values?: readonly (string | number)[];
	readonly other_field?: string;
}

export interface FilterGroupInput {
	readonly match: "all" | "any";
	readonly conditions: readonly ConditionInput[];
}

export interface FilterInput {
	readonly match: "all" | "any";
	readonly conditions: readonly ConditionInput[];
	readonly groups?: readonly FilterGroupInput[];
}

export interface SortInput {
	readonly field: string;
	readonly direction: "asc" | "desc";
}

/** A row as the vendor sent it. `cells` is keyed by field id; an absent key is an empty cell. */
export interface WireRow {
	readonly id: string;
	readonly cells: Readonly<Record<string, unknown>>;
	/** System columns in neutral form: ms, ms, people, people, text. */
	readonly system?: Readonly<Partial<Record<SystemColumn, Cell>>>;
}

/** A row in neutral form, keyed by field id and system column; an absent key is an empty cell. */
export interface Row {
	readonly id: string;
	readonly cells: Readonly<Record<string, Cell>>;
	/** The vendor's own cells, kept only when asked for. */
	readonly raw?: Readonly<Record<string, unknown>>;
}

export interface Page<T> {
	readonly items: readonly T[];
	/** Opaque position of the next page; absent = this was the last one. */
	readonly next?: string;
	/** How many there are in all, where the vendor says. */
	readonly total?: number;
	/** What the agent should know about this page, such as rows that the vendor leaves out without saying so. */
	readonly notes?: readonly string[];
}
