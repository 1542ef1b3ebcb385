import type { Cell, Field, SystemColumn } from "./field.js";

/** Where a table lives inside one connection. Ids are opaque. */
export interface TableRef {
	/** Id of the base, unique in its connection. */
	readonly base: string;
	/** Id of the table; unique in its base, not always beyond it. */
	readonly table: string;
}

/** What the account may do with a base or a node; `manage` includes its structure, `none` is seen and not opened. */
export type Access = "read" | "edit" | "manage" | "none";

/** A space, app or document that holds tables. */
export interface BaseInfo {
	/** Opaque; stable under renaming. */
	readonly id: string;
	/** null when it was opened by URL and the vendor does not send it. */
	readonly name: string | null;
	/** Of the vendor's app, for people. Absent: the vendor has none, or it is not known. */
	readonly url?: string;
	/** IANA name. Absent: the base has none of its own; its tables have the configured one. */
	readonly timeZone?: string;
	/** Do roles limit who sees what? Absent: the vendor does not say. */
	readonly advancedPermissions?: boolean;
	/** Of this account. Absent: the vendor does not say; what is not allowed is refused when it is tried. */
	readonly access?: Access;
}

/** What can be in a base, in the order of documentation. */
export const NODE_KINDS = ["table", "form", "dashboard", "folder"] as const;
/** One of them. */
export type NodeKind = (typeof NODE_KINDS)[number];

/** Something that lives in a base and has a name. */
export interface NodeInfo {
	/** One that was asked for. */
	readonly kind: NodeKind;
	/** Id of the base that it is in. */
	readonly base: string;
	/** For a table its table id. */
	readonly id: string;
	/** As people see it; not always unique. */
	readonly name: string;
	/** Names of the folders above it (of a form, of its table), outermost first. Absent: it stands at the top. */
	readonly path?: readonly string[];
	/** Of this account. Absent: the vendor does not say; what is not allowed is refused when it is tried. */
	readonly access?: Access;
	/** Of the vendor's app, for people. Absent: the vendor has none. */
	readonly url?: string;
}

/** A table with its schema as read at one moment. Passed to every record method of an adapter. */
export interface Table {
	/** As every method of an adapter takes it; of a table found by a short link, the ids behind it. */
	readonly ref: TableRef;
	/** As people see it; not always unique in its base. */
	readonly name: string;
	/** In the vendor's order; those that the policy hides are not there. */
	readonly fields: readonly Field[];
	/** The same fields by id. */
	readonly byId: ReadonlyMap<string, Field>;
	/** In the vendor's order, as `readTable` lists them: mostly without their definition. */
	readonly views: readonly View[];
	/** IANA zone in which this table's dates are days. */
	readonly zone: string;
	/** Of the vendor's app, for people. Absent: the vendor has none. */
	readonly url?: string;
	/** Of this account. Absent: the vendor does not say; what is not allowed is refused when it is tried. */
	readonly access?: Access;
	/** Clock time when the schema was read, ms. */
	readonly readAtMs: number;
}

/** Types of views that more than one vendor has, in the order of documentation. */
export const VIEW_TYPES = [
	"grid",
	"kanban",
	"gallery",
	"gantt",
	"calendar",
	"form",
] as const;
/** One of them. */
export type ViewType = (typeof VIEW_TYPES)[number];

/** A view as far as the vendor gives it. `filter`, `sort`, `hiddenFields` are filled in by `readView`. */
export interface View {
	/** Unique in its table and stable under renaming. */
	readonly id: string;
	/** As people see it; not always unique. */
	readonly name: string;
	/** The vendor's word where it is none of VIEW_TYPES. */
	readonly type: ViewType | string;
	/** With field ids; null = none. Absent: not known, because the vendor does not give it or it was not read. */
	readonly filter?: FilterInput | null;
	/** With field ids, in order of weight; null = none. Absent: not known. */
	readonly sort?: readonly SortInput[] | null;
	/** Field ids; all others are shown. Absent: not known, taken as none. */
	readonly hiddenFields?: readonly string[];
	/** Field id of the link that makes the tree; null = no tree. Absent: not known, or the vendor has no trees. */
	readonly treeBy?: string | null;
	/** Of the vendor's app, for people. Absent: the vendor has none. */
	readonly url?: string;
	/** Why nothing can be read through it: it may depend on what the policy hides. Absent: it can be read through. */
	readonly closed?: string;
	/** It cannot be deleted: what it says about what the policy hides could not come back. Absent: it can. */
	readonly fixed?: boolean;
	/** What of a view that was just made a person has to set in the app. Absent: nothing, or it was not just made. */
	readonly notes?: readonly string[];
}

/** Every operator of a condition, in the order of documentation; which fit a field is its kind's matter. */
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
/** One of them. */
export type Operator = (typeof OPERATORS)[number];

/** A condition as an agent writes it and as a view stores it (there `field` is an id). */
export interface ConditionInput {
	/** Name or id of a field, a system column, or `*`. */
	readonly field: string;
	/** Not checked yet against the field's type. */
	readonly op: Operator;
	/** For operators of one value. Absent: the operator takes none, or several. */
	readonly value?: string | number | boolean;
	/** For operators of several values. Absent: the operator takes none, or one. */
	readonly values?: readonly (string | number)[];
	/** The column to compare with, in place of a value. Absent: values are compared with. */
	readonly other_field?: string;
}

/** Conditions inside a filter that are joined in another way than the rest. */
export interface FilterGroupInput {
	/** Must each hold, or is one enough? */
	readonly match: "all" | "any";
	/** In the order given. */
	readonly conditions: readonly ConditionInput[];
}

/** A filter as an agent writes it and as a view stores it. */
export interface FilterInput {
	/** Must each condition and group hold, or is one enough? */
	readonly match: "all" | "any";
	/** In the order given; may be empty where there are groups. */
	readonly conditions: readonly ConditionInput[];
	/** Each counts as one condition. Absent: none. */
	readonly groups?: readonly FilterGroupInput[];
}

/** One key of an order. */
export interface SortInput {
	/** Name or id of a field, or a system column; an id where a view stores it. */
	readonly field: string;
	/** `asc`: smallest first, and empty cells before all where the core sorts. */
	readonly direction: "asc" | "desc";
}

/** A row as the vendor sent it. `cells` is keyed by field id; an absent key is an empty cell. */
export interface WireRow {
	/** Record id, unique in its table. */
	readonly id: string;
	/** What `FieldCodec.decode` takes. */
	readonly cells: Readonly<Record<string, unknown>>;
	/** In neutral form already: times in ms, people as people, the URL as text. Absent: none was asked for. */
	readonly system?: Readonly<Partial<Record<SystemColumn, Cell>>>;
}

/** A row in neutral form, keyed by field id and system column; an absent key is an empty cell. */
export interface Row {
	/** Record id, unique in its table. */
	readonly id: string;
	/** No empty text or list is in it. */
	readonly cells: Readonly<Record<string, Cell>>;
	/** The vendor's own cells by field id. Absent: they were not asked for. */
	readonly raw?: Readonly<Record<string, unknown>>;
}

/** One part of a listing. */
export interface Page<T> {
	/** May be empty although more pages follow. */
	readonly items: readonly T[];
	/** Opaque position of the next page. Absent: this was the last one. */
	readonly next?: string;
	/** How many there are over all pages, by the filter that was sent. Absent: the vendor does not say on this page. */
	readonly total?: number;
	/** What the agent should know, such as rows that the vendor leaves out without saying so. Absent: nothing. */
	readonly notes?: readonly string[];
}
