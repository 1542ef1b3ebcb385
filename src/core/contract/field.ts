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

/** One of them. */
export type FieldType = (typeof FIELD_TYPES)[number];

/** A person, group or department in a cell. */
export interface Person {
	/** Of the vendor, as a write takes it. */
	readonly id: string;
	/** null when the vendor does not send it and it could not be read. */
	readonly name: string | null;
	/** For telling people of one name apart. Absent: the vendor does not send it, or there is none. */
	readonly email?: string;
}

/** A record of another table (or the same) in a cell. */
export interface LinkedRecord {
	/** Record id in the linked table. */
	readonly id: string;
	/** The linked record's primary value as text; null when not known. */
	readonly text: string | null;
}

/** A file in a cell. */
export interface Attachment {
	/** With its ending, without a folder; not always unique in a cell. */
	readonly name: string;
	/** Bytes; null when the vendor does not say. */
	readonly size: number | null;
	/** MIME type, or what the vendor says in its place. */
	readonly type: string | null;
	/** What a write names the file by; null when the vendor gives none back on read. */
	readonly token: string | null;
	/** Where the vendor keeps it, for a while and mostly with a credential only; null when it does not say. */
	readonly url: string | null;
}

/** A link with the text that shows it. */
export interface UrlValue {
	/** What people read; the link itself where there is no other. */
	readonly text: string;
	/** The address, as it was written. */
	readonly link: string;
	/** Address of a picture that the vendor keeps with the link: never shown or compared, put back by undo. Absent: none. */
	readonly icon?: string;
}

/** A place on the map. */
export interface LocationValue {
	/** "longitude,latitude" in decimal degrees. */
	readonly lnglat: string;
	/** What people read; "" where only the point is known. */
	readonly address: string;
}

/** What a cell of each type holds inside the program; null = empty. An empty text or list is never stored: it is null. */
export interface CellValues {
	/** One line, where the vendor keeps it so. */
	text: string;
	/** Plain text with line breaks; what the vendor's markup shows. */
	long_text: string;
	/** Not checked for its form where the vendor does not. */
	email: string;
	/** As written: no digits are taken out. */
	phone: string;
	/** What was scanned. */
	barcode: string;
	/** Text and address. */
	url: UrlValue;
	/** At full precision, not as the format rounds it. */
	number: number;
	/** In the field's currency, at full precision. */
	currency: number;
	/** A fraction: 0.12 is 12 %. */
	percent: number;
	/** Whole steps, from the field's `min` to its `max`. */
	rating: number;
	/** A fraction where the field shows percent, else a plain number. */
	progress: number;
	/** false and null are equal. */
	checkbox: boolean;
	/** The option's name. */
	single_select: string;
	/** Names of options, in the stored order. */
	multi_select: readonly string[];
	/** Milliseconds since the epoch; of a date-only field the first moment of its day in the table's zone. */
	date: number;
	/** People; their order means nothing. */
	user: readonly Person[];
	/** Chats or teams; their order means nothing. */
	group: readonly Person[];
	/** Parts of the organisation; their order means nothing. */
	department: readonly Person[];
	/** In the stored order. */
	link: readonly LinkedRecord[];
	/** In the stored order. */
	attachment: readonly Attachment[];
	/** A point, and what people call it. */
	location: LocationValue;
	/** A value of the type in `Field.value`; a list of them when `Field.value.list`. */
	formula: Cell;
	/** As `formula`. */
	lookup: Cell;
	/** Text where the field has a pattern. */
	auto_number: number | string;
	/** Milliseconds since the epoch. */
	created_time: number;
	/** Milliseconds since the epoch. */
	updated_time: number;
	/** One person, or nobody where an automation did it. */
	created_by: readonly Person[];
	/** As `created_by`. */
	updated_by: readonly Person[];
	/** Holds nothing: pressing it does something in the app. */
	button: null;
	/** The vendor's raw value. */
	unknown: unknown;
}

/** What a cell of this type holds; null = empty. */
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
	/** As the vendor sent it. */
	readonly raw: unknown;
}

/** One choice of a select field. */
export interface SelectOption {
	/** Of the vendor; "" for an option that is to be made. Cells hold the name. */
	readonly id: string;
	/** Unique in its field. */
	readonly name: string;
	/** In the vendor's own words or numbers. Absent: not known, or left to the vendor. */
	readonly color?: string | number;
}

/** A field that a formula or lookup reads. */
export interface FieldReference {
	/** Table id. Absent: the table that the formula or lookup is in. */
	readonly table?: string;
	/** Its id or its name, whichever the formula has. */
	readonly field: string;
}

/** A field's settings in the words of `create_field`. A setting that does not belong to the type is absent. */
export interface FieldSettings {
	/** Selects: in the order of the app. Absent: not known, then any name is taken. */
	readonly options?: readonly SelectOption[];
	/** The vendor's own display format, such as `0.00` or `yyyy-MM-dd HH:mm`. Absent: the vendor's default, or not known. */
	readonly format?: string;
	/** ISO 4217 code, or the symbol where the vendor keeps only that. Absent: the vendor's default, or not known. */
	readonly currency?: string;
	/** Smallest value of a rating, a progress or a number. Absent: no limit, or not known. */
	readonly min?: number;
	/** Largest value of a rating, a progress or a number. Absent: no limit, or not known. */
	readonly max?: number;
	/** May the cell hold more than one person, record, …? Absent: it may. */
	readonly multiple?: boolean;
	/** Link: id of the linked table, in the same base. Absent: not known, or hidden by the policy. */
	readonly linkTable?: string;
	/** Link: does the linked table have a field that shows the other side? Absent: it does not, or it is not known. */
	readonly twoWay?: boolean;
	/** Two-way link: name of the field on the other side. Absent: chosen by the vendor, not known, or hidden by the policy. */
	readonly reverseName?: string;
	/** Two-way link: id of the field on the other side. Absent: not made yet, not known, or hidden by the policy. */
	readonly reverseField?: string;
	/** Formula: with fields as `{Name}` where it is to be written. Absent: the vendor does not give it. */
	readonly formula?: string;
	/** Date: is a new record given the moment it is made? Absent: it is not. */
	readonly autoFill?: boolean;
	/** Auto number: how it is composed, such as `REC-{yyyy}-{0000}`. Absent: a plain number, or not known. */
	readonly numberPattern?: string;
	/** What a new record holds where nothing is given. Absent: nothing, or not known. */
	readonly default?: Cell;
	/** date, created_time, updated_time: does it show a time of day? Absent: a date does not, the other two do. */
	readonly showsTime?: boolean;
}

/** One column of a table. */
export interface Field {
	/** Unique in its table and stable under renaming. */
	readonly id: string;
	/** Unique in its table with most vendors. */
	readonly name: string;
	/** `unknown` where the vendor has a type that this vocabulary lacks. */
	readonly type: FieldType;
	/** Is it the field whose text names the record? One field of each table is. */
	readonly primary: boolean;
	/** Text for people beside the name. Absent: none, or the vendor does not send it. */
	readonly description?: string;
	/** What belongs to the type. */
	readonly settings: FieldSettings;
	/** Link: id of the linked table where the policy keeps it out of `settings`; never shown. Absent: it is there, or not known. */
	readonly leadsTo?: string;
	/** formula and lookup only: what they compute. Absent: not known, then cells are text or raw. */
	readonly value?: { readonly type: FieldType; readonly list: boolean };
	/** formula and lookup only: the fields it computes from. Absent: not known. */
	readonly sources?: readonly FieldReference[];
	/** Why the field cannot be written. Absent: it can. */
	readonly readOnly?: string;
	/** The vendor's type name or number. */
	readonly wireType: string | number;
	/** The vendor's own field object: kept for full-replacement updates, never shown. Absent: nothing but what is here is needed. */
	readonly wire?: unknown;
}

/** Columns that are not fields; for reading, filtering and sorting, where the vendor has them. */
export const SYSTEM_COLUMNS = [
	"$created_at",
	"$updated_at",
	"$created_by",
	"$updated_by",
	"$url",
] as const;

/** One of them. */
export type SystemColumn = (typeof SYSTEM_COLUMNS)[number];
