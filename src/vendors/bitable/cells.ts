import type {
	CodecContext,
	FieldCodec,
	FieldCodecs,
} from "../../core/contract/codec.js";
import type {
	Attachment,
	Cell,
	CellValue,
	Field,
	FieldType,
	LinkedRecord,
	LocationValue,
	Person,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { joinList } from "../../core/values/list-text.js";
import { cellText } from "../../core/values/values.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import {
	filesOf,
	isText,
	linksOf,
	momentOf,
	oneOnly,
	peopleOf,
	textsOf,
	urlOf,
} from "../kit/cells.js";
import {
	computed,
	type Raw,
	textOrNumber,
	typesByWire,
	unsupported,
} from "../kit/codecs.js";

/*
 * Cells, both ways. Reads are those of "search" and "batch get"; the shapes of the older "list" and "get"
 * (plain texts, numbers as texts, links with titles) are read as well. Writes have one shape.
 * Source: "Base record data structure", "Search records", "Batch get records", "Create records".
 */

const MOST_CHARACTERS = 100_000;
const MOST_LINKS = 500;
const MOST_PEOPLE = 1_000;
const MOST_GROUPS = 10;
const MOST_FILES = 100;
const MOST_OPTIONS = 1_000;

/** Segments (texts, mentions, links) as one text; mentions lose what they point to. */
export function segments(wire: unknown): string | null | Raw {
	if (typeof wire === "string") return wire === "" ? null : wire;
	if (!Array.isArray(wire)) return { raw: wire };
	const texts = wire.map((part: unknown) =>
		typeof part === "string" ? part : loose(part).text,
	);
	return texts.every((part) => typeof part === "string")
		? texts.join("") || null
		: { raw: wire };
}

function numeric(wire: unknown): number | null | Raw {
	if (typeof wire === "number") return wire;
	if (wire === "") return null;
	const value = typeof wire === "string" ? Number(wire) : Number.NaN;
	return Number.isFinite(value) ? value : { raw: wire };
}

/** A person, or a list of them; groups have the same shape. */
function people(wire: unknown): readonly Person[] | Raw {
	return peopleOf(wire, ({ id, name, en_name, email }) => {
		const known = text(id);
		return known === undefined
			? undefined
			: {
					id: known,
					name: text(name) ?? text(en_name) ?? null,
					...defined({ email: text(email) }),
				};
	});
}

/** `{link_record_ids}`, or the older list with titles; `{}` is an empty cell. */
function links(wire: unknown): readonly LinkedRecord[] | null | Raw {
	if (Array.isArray(wire)) {
		if (wire.every(isText)) return linksOf(wire);
		// Titles alone do not tell which records are linked: to take them for none would let an edit replace them.
		if (!list(wire).every(({ record_ids }) => Array.isArray(record_ids)))
			return { raw: wire };
		return list(wire).flatMap(({ record_ids, text_arr }) =>
			(Array.isArray(record_ids) ? record_ids : []).map((id, index) => ({
				id: String(id),
				text:
					text(Array.isArray(text_arr) ? text_arr[index] : undefined) ?? null,
			})),
		);
	}
	if (typeof wire !== "object" || wire === null) return { raw: wire };
	const { link_record_ids: ids } = loose(wire);
	if (ids === undefined || ids === null)
		return Object.keys(wire).length === 0 || ids === null
			? null
			: { raw: wire };
	return Array.isArray(ids)
		? ids.map((id) => ({ id: String(id), text: null }))
		: { raw: wire };
}

function files(wire: unknown): readonly Attachment[] | Raw {
	return filesOf(wire, ({ name, type, file_token }) => ({
		name: text(name) ?? "",
		type: text(type) ?? null,
		token: text(file_token) ?? null,
	}));
}

/** The address is the vendor's own finding; a write gives the coordinates only. */
function place(wire: unknown): LocationValue | null | Raw {
	const { location, full_address, address, name } = loose(wire);
	const lnglat = text(location);
	return lnglat === undefined
		? { raw: wire }
		: {
				lnglat,
				address: text(full_address) ?? text(address) ?? text(name) ?? "",
			};
}

const tooLong = (value: string | null) =>
	value !== null && value.length > MOST_CHARACTERS
		? `has ${value.length} characters; a cell takes ${MOST_CHARACTERS}`
		: undefined;

const tooMany = (
	value: readonly unknown[] | null,
	field: Field,
	most: number,
	what: string,
) =>
	oneOnly(what)(value, field) ??
	((value?.length ?? 0) > most ? `takes at most ${most} ${what}s` : undefined);

function texts<T extends "text" | "email" | "barcode">(
	wireTypes: readonly string[],
): FieldCodec<T> {
	return {
		wireTypes,
		decode: (wire) => segments(wire) as CellValue<T> | Raw,
		encode: (value) => value,
		check: (value) => tooLong(value as string | null),
	};
}

function numbers<
	T extends "number" | "currency" | "percent" | "rating" | "progress",
>(wireTypes: readonly string[]): FieldCodec<T> {
	return {
		wireTypes,
		decode: (wire) => numeric(wire) as CellValue<T> | Raw,
		encode: (value) => value,
	};
}

const PHONE = /^\+?\d*$/;
const MOST_DIGITS = 64;
const PERSON_ID = /^ou_[A-Za-z0-9]+$/;
const GROUP_ID = /^oc_[A-Za-z0-9]+$/;
const RECORD_ID = /^rec[A-Za-z0-9]{6,}$/;

export const isPersonId = (candidate: string): boolean =>
	PERSON_ID.test(candidate);

export const codecs: FieldCodecs = {
	text: texts(["Text"]),
	long_text: unsupported(
		"there is one type for short and long texts here: a field made as long_text reads as text, which holds line breaks",
	),
	email: texts(["Email"]),
	phone: {
		wireTypes: ["Phone"],
		decode: (wire) => segments(wire) as CellValue<"phone"> | Raw,
		encode: (value) => value,
		check: (value) =>
			value === null || (PHONE.test(value) && value.length <= MOST_DIGITS)
				? undefined
				: `takes digits with at most a + before them: give ${value.replace(/(?!^\+)\D/g, "") || "a number"}`,
	},
	barcode: texts(["Barcode"]),
	url: {
		wireTypes: ["Url"],
		decode: (wire) => urlOf(wire, { address: "link", title: "text" }),
		encode: (value) => value,
	},
	number: numbers(["Number"]),
	currency: numbers(["Currency"]),
	percent: numbers(["Number%"]),
	rating: numbers(["Rating"]),
	progress: numbers(["Progress"]),
	checkbox: {
		wireTypes: ["Checkbox"],
		decode: (wire) => (typeof wire === "boolean" ? wire : { raw: wire }),
		encode: (value) => value,
	},
	single_select: {
		wireTypes: ["SingleSelect"],
		decode: (wire) => (typeof wire === "string" ? wire || null : { raw: wire }),
		encode: (value) => value,
	},
	multi_select: {
		wireTypes: ["MultiSelect"],
		decode: textsOf,
		// A new name that stands twice in one value would make two options.
		encode: (value) => (value === null ? null : [...new Set(value)]),
		check: (value, field) => tooMany(value, field, MOST_OPTIONS, "option"),
	},
	date: {
		wireTypes: ["DateTime"],
		decode: momentOf,
		encode: (value) => value,
	},
	user: {
		wireTypes: ["User"],
		decode: people,
		encode: (value) => value?.map(({ id }) => ({ id })) ?? null,
		isId: isPersonId,
		check: (value, field) => tooMany(value, field, MOST_PEOPLE, "person"),
	},
	group: {
		wireTypes: ["GroupChat"],
		decode: people,
		encode: (value) => value?.map(({ id }) => ({ id })) ?? null,
		isId: (candidate) => GROUP_ID.test(candidate),
		check: (value, field) => tooMany(value, field, MOST_GROUPS, "group"),
	},
	department: unsupported(
		"this product has no such field type; keep departments as a link to a table of them, or as a select",
	),
	link: {
		wireTypes: ["SingleLink", "DuplexLink"],
		decode: links,
		encode: (value) => value?.map(({ id }) => id) ?? null,
		isId: (candidate) => RECORD_ID.test(candidate),
		check: (value, field) => tooMany(value, field, MOST_LINKS, "record"),
	},
	attachment: {
		wireTypes: ["Attachment"],
		decode: files,
		encode: (value) =>
			value?.map(({ token }) => ({ file_token: token })) ?? null,
		check: (value, field) => tooMany(value, field, MOST_FILES, "file"),
	},
	location: {
		wireTypes: ["Location"],
		decode: place,
		encode: (value) => value?.lnglat ?? null,
	},
	formula: computed(["Formula"], result),
	lookup: computed(["Lookup"], result),
	auto_number: computed(["AutoNumber"], textOrNumber),
	created_time: computed(["CreatedTime"], momentOf),
	updated_time: computed(["ModifiedTime"], momentOf),
	created_by: computed(["CreatedUser"], people),
	updated_by: computed(["ModifiedUser"], people),
	button: computed(["Button"], () => null),
	// The vendor documents no value of these.
	unknown: computed(["Stage", "Signature"], (wire) => ({ raw: wire })),
};

/** Older answers have the number only. */
const UI_TYPES: Readonly<Record<number, string>> = {
	1: "Text",
	2: "Number",
	3: "SingleSelect",
	4: "MultiSelect",
	5: "DateTime",
	7: "Checkbox",
	11: "User",
	13: "Phone",
	15: "Url",
	17: "Attachment",
	18: "SingleLink",
	19: "Lookup",
	20: "Formula",
	21: "DuplexLink",
	22: "Location",
	23: "GroupChat",
	24: "Stage",
	1001: "CreatedTime",
	1002: "ModifiedTime",
	1003: "CreatedUser",
	1004: "ModifiedUser",
	1005: "AutoNumber",
	3001: "Button",
};

export const TYPES = typesByWire(codecs);

/** The row of `codecs` that reads it: the ui type; a number that shows percent is a type of ours. */
export function wireTypeOf(wire: Loose): string {
	const ui = text(wire.ui_type) ?? UI_TYPES[number(wire.type) ?? 0] ?? "";
	return ui === "Number" && text(loose(wire.property).formatter)?.includes("%")
		? "Number%"
		: ui === ""
			? String(wire.type)
			: ui;
}

/** Values that come as one array for the whole cell. */
const TEXT_TYPES: ReadonlySet<FieldType> = new Set([
	"text",
	"email",
	"barcode",
]);
const LIST_TYPES: ReadonlySet<FieldType> = new Set([
	"multi_select",
	"user",
	"group",
	"link",
	"attachment",
	"created_by",
	"updated_by",
]);

/**
 * A formula's or lookup's value: `{type, value: […]}`, always a list. Where the field does not say what it computes,
 * a single number or yes/no stays what it is and everything else is text.
 */
function result(
	wire: unknown,
	field: Field,
	context: CodecContext,
): Cell | Raw {
	if (
		typeof wire === "string" ||
		typeof wire === "number" ||
		typeof wire === "boolean"
	)
		return wire;
	if (Array.isArray(wire)) return segments(wire);
	const { type, ui_type, value } = loose(wire);
	if (!Array.isArray(value))
		return Object.keys(loose(wire)).length === 0 ? null : { raw: wire };
	const inner =
		TYPES.get(wireTypeOf({ type, ui_type, property: field.settings })) ??
		"unknown";
	const element: Field = { ...field, type: inner };
	const items = itemsOf(value, element, context);
	const raw = items.find((item) => typeof item === "object" && "raw" in item);
	if (raw !== undefined) return { raw: wire };
	if (field.value?.list) return items as unknown as Cell;
	if (TEXT_TYPES.has(inner))
		return field.type === "lookup"
			? joinList(items as readonly string[])
			: items.join("");
	if (field.value !== undefined)
		return LIST_TYPES.has(inner)
			? (items as unknown as Cell)
			: ((items[0] ?? null) as Cell);
	const [only] = items;
	if (items.length === 1 && PLAIN.has(inner)) return only as Cell;
	return joinList(
		items.map((item) =>
			cellText(
				(LIST_TYPES.has(inner) ? [item] : item) as unknown as Cell,
				{ ...element, value: { type: inner, list: false } },
				context.zone,
			),
		),
	);
}

const PLAIN: ReadonlySet<FieldType> = new Set([
	"number",
	"currency",
	"percent",
	"rating",
	"progress",
	"checkbox",
	"single_select",
	"phone",
	"auto_number",
]);

function itemsOf(
	value: readonly unknown[],
	element: Field,
	context: CodecContext,
): readonly object[] | readonly string[] {
	const codec = codecs[element.type] as FieldCodec<FieldType>;
	const decode = (wire: unknown) => codec.decode(wire, element, context);
	if (TEXT_TYPES.has(element.type))
		return value.map((part) => segments([part])) as string[];
	if (LIST_TYPES.has(element.type)) {
		const whole = decode(value);
		return Array.isArray(whole) ? whole : [whole as object];
	}
	return value.map(decode) as object[];
}
