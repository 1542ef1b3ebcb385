/** The field types of every vendor, in one vocabulary. The order is the order of documentation. */
export const FIELD_TYPES = [
	"text",
	"long_text",
	"email",
	"phone",
	"barcode",
	"url",
	"number",
	"currency",
	"percent",
	"rating",
	"progress",
	"checkbox",
	"single_select",
	"multi_select",
	"date",
	"user",
	"group",
	"department",
	"link",
	"attachment",
	"location",
	"formula",
	"lookup",
	"auto_number",
	"created_time",
	"updated_time",
	"created_by",
	"updated_by",
	"button",
	"unknown",
] as const;

export type FieldType = (typeof FIELD_TYPES)[number];

export interface Person {
	readonly id: string;
	/** null when the vendor does not send it and it could not be read. */
	readonly name: string | null;
	readonly email?: string;
}

export interface LinkedRecord {
	readonly id: string;
	/** The linked record's primary value as text; null when not known. */
	readonly text: string | null;
}

export interface Attachment {
	readonly name: string;
	/** Bytes; null when the vendor does not say. */
	readonly size: number | null;
	/** MIME type, or what the vendor says in its place. */
	readonly type: string | null;
	/** What a write names the file by; null when the vendor gives none back on read. */
	readonly token: string | null;
	readonly url: string | null;
}

export interface UrlValue {
	readonly text: string;
	readonly link: string;
	/** Address of a picture that the vendor keeps with the link: never shown or compared, put back by undo. */
	readonly icon?: string;
}

export interface LocationValue {
	/** "longitude,latitude" in decimal degrees. */
	readonly lnglat: string;
	readonly address: string;
}

/** What a cell of each type holds inside the program; null = empty. An empty text or list is never stored: it is null. */
export interface CellValues {
	text: string;
	long_text: string;
	email: string;
	phone: string;
	barcode: string;
	url: UrlValue;
	number: number;
	currency: number;
	/** A fraction: 0.12 is 12 %. */
	percent: number;
	rating: number;
	/** A fraction where the field shows percent, else a plain number. */
	progress: number;
	checkbox: boolean;
	/** The option's name. */
	single_select: string;
	/** Names of options, in the stored order. */
	multi_select: readonly string[];
	/** Milliseconds since the epoch; of a date-only field the first moment of its day in the table's zone. */
	date: number;
	user: readonly Person[];
	group: readonly Person[];
	department: readonly Person[];
	link: readonly LinkedRecord[];
	attachment: readonly Attachment[];
	location: LocationValue;
	/** A value of the type in `Field.value`; a list of them when `Field.value.list`. */
	formula: Cell;
	lookup: Cell;
	auto_number: number | string;
	created_time: number;
	updated_time: number;
	created_by: readonly Person[];
	updated_by: readonly Person[];
	button: null;
	/** The vendor's raw value. */
	unknown: unknown;
}

export type CellValue<T extends FieldType> = CellValues[T] | null;

/** Any cell. Code that needs to know more looks at the field's type. */
export type Cell =
	| string
	| number
	| boolean
	| null
	| UrlValue
	| LocationValue
	| readonly string[]
	| readonly number[]
	| readonly Person[]
	| readonly LinkedRecord[]
	| readonly Attachment[]
	| RawValue;

/** A vendor value that no codec understands; read only. */
export interface RawValue {
	readonly raw: unknown;
}

export interface SelectOption {
	readonly id: string;
	readonly name: string;
	readonly color?: string | number;
}

/** A field that a formula or lookup reads; `field` is an id or a name, `table` an id, absent = the same table. */
export interface FieldReference {
	readonly table?: string;
	readonly field: string;
}

/** A field's settings in the words of `create_field`. Absent = not set or not known. */
export interface FieldSettings {
	readonly options?: readonly SelectOption[];
	/** The vendor's own display format, such as `0.00` or `yyyy-MM-dd HH:mm`. */
	readonly format?: string;
	/** ISO 4217 code, or the symbol where the vendor keeps only that. */
	readonly currency?: string;
	readonly min?: number;
	readonly max?: number;
	/** May the cell hold more than one person, record, …; absent = true. */
	readonly multiple?: boolean;
	/** Id of the linked table, in the same base. */
	readonly linkTable?: string;
	readonly twoWay?: boolean;
	/** Name and id of the field on the other side of a two-way link. */
	readonly reverseName?: string;
	readonly reverseField?: string;
	/** With fields as `{Name}`. */
	readonly formula?: string;
	readonly autoFill?: boolean;
	readonly numberPattern?: string;
	readonly default?: Cell;
	/** date, created_time, updated_time: the field shows a time of day. Absent = false. */
	readonly showsTime?: boolean;
}

export interface Field {
	/** Unique in its table and stable under renaming. */
	readonly id: string;
	readonly name: string;
	readonly type: FieldType;
	readonly primary: boolean;
	readonly description?: string;
	readonly settings: FieldSettings;
	/** formula and lookup only: what they compute. Absent = not known, then cells are text or raw. */
	readonly value?: { readonly type: FieldType; readonly list: boolean };
	/** formula and lookup only: the fields it computes from, by id. Absent = not known. */
	readonly sources?: readonly FieldReference[];
	/** Why the field cannot be written; absent = it can. */
	readonly readOnly?: string;
	/** The vendor's type name or number. */
	readonly wireType: string | number;
	/** The vendor's own field object: kept for full-replacement updates and `raw`; never shown else. */
	readonly wire?: unknown;
}

/** Columns that are no fields; for reading, filtering and sorting, where the vendor has them. */
export const SYSTEM_COLUMNS = [
	"$created_at",
	"$updated_at",
	"$created_by",
	"$updated_by",
	"$url",
] as const;

export type SystemColumn = (typeof SYSTEM_COLUMNS)[number];
