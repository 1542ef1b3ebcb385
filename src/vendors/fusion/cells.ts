import type {
	CodecContext,
	FieldCodec,
	FieldCodecs,
} from "../../core/contract/codec.js";
import { TablesError } from "../../core/contract/errors.js";
import type {
	Attachment,
	Cell,
	CellValue,
	Field,
	FieldType,
	Person,
	UrlValue,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { text } from "../kit/answer.js";
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
	unsupported,
} from "../kit/codecs.js";

/* What a cell looks like on the wire was measured for every type. Source: "room-server 1.10.0". */

const RECORD_ID = /^rec[A-Za-z0-9]{10,}$/;
/** Of a unit in a cell: a long number; of the contacts: 31 or 32 letters and digits. */
const UNIT_NUMBER = /^\d{10,}$/;
const UNIT_ID = /^[0-9a-z]{31,32}$/i;

/**
 * The answer to a write shows what was sent, also of a cell that breaks the server's own rules and that the save has
 * skipped (measured of addresses): only reading it back proves it. Of people an answer may hold other ids than were
 * sent, and no read proves them. Source: "room-server 1.10.0, URL cells".
 */
const ECHOES = "first";

/** A codec of texts, or of another plain JSON kind that is sent as it is read. */
function plain<T extends FieldType>(
	wireTypes: readonly string[],
	is: (wire: unknown) => boolean,
	check?: FieldCodec<T>["check"],
): FieldCodec<T> {
	return {
		wireTypes,
		decode: (wire) =>
			wire === ""
				? null
				: is(wire)
					? (wire as CellValue<T>)
					: ({ raw: wire } as Raw),
		encode: (value) => value,
		prove: ECHOES,
		...defined({ check }),
	};
}

const isNumber = (wire: unknown) => typeof wire === "number";

function people(wire: unknown): readonly Person[] | Raw {
	return peopleOf(wire, ({ id, unitId, uuid, name }) => {
		const known = text(id) ?? text(unitId) ?? text(uuid);
		return known === undefined
			? undefined
			: { id: known, name: text(name) ?? null };
	});
}

function files(wire: unknown): readonly Attachment[] | Raw {
	return filesOf(wire, ({ name, mimeType, token }) => ({
		name: text(name) ?? "",
		type: text(mimeType) ?? null,
		token: text(token) ?? null,
	}));
}

/** A link's text is its address; the title is what a page shows for it, the favicon "" where there is none. */
function link(wire: unknown): UrlValue | null | Raw {
	return wire === null
		? null
		: urlOf(wire, { address: "text", title: "title", icon: "favicon" });
}

/**
 * A cell whose title or favicon is empty is answered as written and then skipped at the save: each goes only with a
 * value (measured). Source: "room-server 1.10.0, URL cells".
 */
function linkSent(value: UrlValue) {
	return {
		text: value.link,
		...defined({ title: text(value.text), favicon: text(value.icon) }),
	};
}

/** A formula's or lookup's value by what the field says it computes; an error comes as an object. */
function result(
	wire: unknown,
	field: Field,
	context: CodecContext,
): Cell | Raw {
	const { value } = field;
	if (value === undefined)
		return typeof wire === "string" || typeof wire === "number"
			? wire
			: { raw: wire };
	if (!value.list) return one(wire, field, value.type, context);
	// Rollups that join are answered as a list by some servers and as one text by others.
	const items: readonly unknown[] = Array.isArray(wire) ? wire : [wire];
	const cells = items.flatMap((item): readonly unknown[] => {
		const cell = entry(item, field, value.type, context);
		return cell === null ? [] : Array.isArray(cell) ? cell : [cell];
	});
	return cells.some(isRaw) ? { raw: wire } : (cells as unknown as Cell);
}

const isRaw = (cell: unknown) =>
	typeof cell === "object" && cell !== null && "raw" in cell;

/**
 * An entry of a lookup: a linked cell, or an item of one, as lists of other columns come flat (measured).
 * Source: "room-server 1.10.0".
 */
function entry(
	wire: unknown,
	field: Field,
	type: FieldType,
	context: CodecContext,
): Cell {
	const cell = one(wire, field, type, context);
	return isRaw(cell) && !Array.isArray(wire)
		? one([wire], field, type, context)
		: cell;
}

function one(
	wire: unknown,
	field: Field,
	type: FieldType,
	context: CodecContext,
): Cell {
	const codec = codecs[type];
	return "decode" in codec
		? ((codec as FieldCodec<FieldType>).decode(wire, field, context) as Cell)
		: { raw: wire };
}

export const NO_TYPE = "this product has no such field type";

/** A cell wants the name of a file beside its token; `nameOf` knows those of the files that this process sent. */
export function attachmentCodec(
	nameOf: (token: string) => string | undefined,
): FieldCodec<"attachment"> {
	return {
		wireTypes: ["Attachment"],
		decode: files,
		encode: (value, field) =>
			(value ?? []).map(({ token, name }) => {
				const known = name || nameOf(token ?? "");
				if (known === undefined || token === null)
					throw new TablesError(
						"bad_value",
						`"${field.name}": this API takes a file by its token and its name: give {token, name}`,
					);
				return { token, name: known };
			}),
		prove: ECHOES,
	};
}

export const codecs: FieldCodecs = {
	text: plain(["SingleText", "Cascader"], isText),
	long_text: plain(["Text"], isText),
	email: plain(["Email"], isText),
	phone: plain(["Phone"], isText),
	barcode: unsupported(`${NO_TYPE}; keep the code as text`),
	url: {
		wireTypes: ["URL"],
		decode: link,
		encode: (value) => (value === null ? null : linkSent(value)),
		prove: ECHOES,
	},
	number: plain(["Number"], isNumber),
	currency: plain(["Currency"], isNumber),
	percent: plain(["Percent"], isNumber),
	rating: plain(["Rating"], isNumber, (value) =>
		value === 0
			? "0 is kept as an empty cell here: give null, or a rating from 1"
			: undefined,
	),
	progress: unsupported(`${NO_TYPE}; keep it as percent`),
	checkbox: plain(["Checkbox"], (wire) => typeof wire === "boolean"),
	single_select: plain(["SingleSelect"], isText),
	multi_select: {
		wireTypes: ["MultiSelect"],
		decode: textsOf,
		encode: (value) => value ?? [],
		prove: ECHOES,
	},
	date: {
		wireTypes: ["DateTime"],
		decode: momentOf,
		encode: (value) => value,
		prove: ECHOES,
		// A number is read first as the text of a date that it spells: 0 is kept as the year 2000 (measured).
		// Source: "room-server 1.10.0".
		check: (value) =>
			Number.isNaN(Date.parse(String(value)))
				? undefined
				: "cannot hold this moment: this product takes a number of milliseconds this near to 1970-01-01 00:00 UTC for a year; give a time some minutes off, or keep it as text",
	},
	user: {
		wireTypes: ["Member"],
		decode: people,
		encode: (value) =>
			(value ?? []).map(({ id }) =>
				UNIT_NUMBER.test(id) ? { id } : { unitId: id },
			),
		isId: (candidate) => UNIT_NUMBER.test(candidate) || UNIT_ID.test(candidate),
		check: oneOnly("person"),
	},
	group: unsupported(`${NO_TYPE}; a team is written into a user field`),
	department: unsupported(`${NO_TYPE}; a team is written into a user field`),
	link: {
		wireTypes: ["MagicLink", "TwoWayLink", "OneWayLink"],
		decode: linksOf,
		// An empty list is refused; null clears.
		encode: (value) => value?.map(({ id }) => id) ?? null,
		prove: ECHOES,
		isId: (candidate) => RECORD_ID.test(candidate),
		check: oneOnly("record"),
	},
	attachment: attachmentCodec(() => undefined),
	location: unsupported(`${NO_TYPE}; keep the place as text`),
	formula: computed(["Formula"], result),
	lookup: computed(["MagicLookUp"], result),
	auto_number: computed(["AutoNumber"], textOrNumber),
	created_time: computed(["CreatedTime"], momentOf),
	updated_time: computed(["LastModifiedTime"], momentOf),
	created_by: computed(["CreatedBy"], people),
	updated_by: computed(["LastModifiedBy"], people),
	button: computed(["Button"], () => null),
	unknown: computed(["WorkDoc", "NotSupport"], (wire) => ({ raw: wire })),
};
