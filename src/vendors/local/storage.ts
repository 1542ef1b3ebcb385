import type { Field, FieldType } from "../../core/contract/field.js";

/** How a field is kept in its SQLite column. */
export type Storage =
	| "text"
	| "real"
	| "flag"
	| "list"
	| "people"
	| "links"
	| "files"
	| "url"
	| "location"
	| "moment"
	| "day"
	| "number_text"
	| "system";

const COLUMN_TYPES = {
	text: "TEXT",
	real: "REAL",
	flag: "INTEGER",
	list: "TEXT",
	people: "TEXT",
	links: "TEXT",
	files: "TEXT",
	url: "TEXT",
	location: "TEXT",
	moment: "INTEGER",
	day: "TEXT",
	number_text: "",
	system: "",
} as const satisfies Record<Storage, string>;

const STORAGES = {
	text: "text",
	long_text: "text",
	email: "text",
	phone: "text",
	barcode: "text",
	url: "url",
	number: "real",
	currency: "real",
	percent: "real",
	rating: "real",
	progress: "real",
	checkbox: "flag",
	single_select: "text",
	multi_select: "list",
	date: "moment",
	user: "people",
	link: "links",
	attachment: "files",
	location: "location",
	auto_number: "number_text",
	created_time: "system",
	updated_time: "system",
	created_by: "system",
	updated_by: "system",
} as const satisfies Partial<Record<FieldType, Storage>>;

/** How a field is kept. */
export function storageOf(field: Pick<Field, "type" | "settings">): Storage {
	if (field.type === "date" && !field.settings.showsTime) return "day";
	return STORAGES[field.type as keyof typeof STORAGES];
}

/** The type of a field's column in SQLite. */
export function columnType(field: Pick<Field, "type" | "settings">): string {
	return COLUMN_TYPES[storageOf(field)];
}

/** SQL of the column that a field reads. */
export function columnSql(field: Field): string {
	switch (field.type) {
		case "created_time":
			return "created_at";
		case "updated_time":
			return "updated_at";
		case "created_by":
			return "created_by";
		case "updated_by":
			return "updated_by";
		default:
			return `"${field.id}"`;
	}
}
