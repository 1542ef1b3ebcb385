import type {
	CodecContext,
	FieldCodec,
	FieldCodecs,
} from "../../core/contract/codec.js";
import type {
	Attachment,
	Cell,
	CellValues,
	Field,
	FieldType,
	LinkedRecord,
	LocationValue,
	Person,
	UrlValue,
} from "../../core/contract/field.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { BROKEN_TEXT, isWholeText } from "../../core/values/whole-text.js";
import { zone } from "../../core/values/zone.js";
import type { SqlValue } from "./sqlite.js";

/** Both directions of one kind of value; several types share one. */
interface ValueCodec<Value> {
	decode(
		wire: unknown,
		field: Field,
		context: CodecContext,
	): Value | null | { readonly raw: unknown };
	encode?(value: Value | null, field: Field, context: CodecContext): unknown;
	check?(value: Value | null, field: Field, zone: string): string | undefined;
	isId?(text: string): boolean;
}

const checkText = (value: unknown) =>
	typeof value === "string" && !isWholeText(value)
		? `${BROKEN_TEXT}, which cannot be stored`
		: undefined;

const text: ValueCodec<string> = {
	decode: (wire) => (typeof wire === "string" ? wire : String(wire)),
	encode: (value) => value,
	check: checkText,
};
const number: ValueCodec<number> = {
	decode: (wire) => (typeof wire === "number" ? wire : { raw: wire }),
	encode: (value) => value,
};

function json<T>(wire: unknown): T | { readonly raw: unknown } {
	try {
		return JSON.parse(String(wire)) as T;
	} catch {
		return { raw: wire };
	}
}

const encodeJson = (value: unknown): SqlValue =>
	value === null ? null : JSON.stringify(value);
const checkList = (value: readonly unknown[] | null) =>
	checkText(holdsNul(value) ? "\u0000" : "");
const holdsNul = (value: unknown): boolean =>
	typeof value === "string"
		? value.includes("\u0000")
		: typeof value === "object" &&
			value !== null &&
			(Array.isArray(value) ? value : Object.values(value)).some(holdsNul);

const none = (what: string): Unsupported => ({
	unsupported: `the local store ${what}`,
});

function row<const T extends FieldType>(
	type: T,
	codec: ValueCodec<CellValues[NoInfer<T>]>,
): FieldCodec<T> {
	return { wireTypes: [type], ...codec } as FieldCodec<T>;
}

const people: ValueCodec<readonly Person[]> = {
	decode: (wire) => {
		const names = json<readonly string[]>(wire);
		return Array.isArray(names)
			? names.map((name): Person => ({ id: name, name }))
			: (names as { raw: unknown });
	},
	encode: (value) =>
		encodeJson(value && [...new Set(value.map(({ id }) => id))]),
	check: (value) => checkList(value),
};

const author: ValueCodec<readonly Person[]> = {
	decode: (wire) => [{ id: String(wire), name: String(wire) }],
};

/** Neutral value ↔ SQLite value, one row per type. */
export const codecs: FieldCodecs = {
	text: row("text", text),
	long_text: row("long_text", text),
	email: row("email", text),
	phone: row("phone", text),
	barcode: row("barcode", text),
	url: row("url", {
		decode: (wire) => json<UrlValue>(wire),
		encode: encodeJson,
		check: (value) => checkText(value?.link) ?? checkText(value?.text),
	}),
	number: row("number", number),
	currency: row("currency", number),
	percent: row("percent", number),
	rating: row("rating", number),
	progress: row("progress", number),
	checkbox: row("checkbox", {
		decode: (wire) => wire === 1,
		encode: (value) => (value ? 1 : null),
	}),
	single_select: row("single_select", text),
	multi_select: row("multi_select", {
		decode: (wire) => json<readonly string[]>(wire),
		encode: encodeJson,
		check: (value) => checkList(value),
	}),
	date: row("date", {
		decode: decodeDate,
		encode: (value, field, { zone: name }) =>
			value === null
				? null
				: field.settings.showsTime
					? value
					: zone(name).day(value),
		check: (value, field, zoneName) =>
			value !== null &&
			!field.settings.showsTime &&
			!KEPT_DAY.test(zone(zoneName).day(value))
				? "is outside the years 0001 to 9999"
				: undefined,
	}),
	user: row("user", people),
	group: none("keeps no groups: use a user or multi_select field"),
	department: none("keeps no departments: use a single_select field"),
	link: row("link", {
		decode: (wire) =>
			Array.isArray(wire) ? (wire as readonly LinkedRecord[]) : { raw: wire },
		encode: (value) =>
			encodeJson(value && [...new Set(value.map(({ id }) => id))]),
		isId: (value) => /^rec[0-9A-Za-z]{14}$/.test(value),
	}),
	attachment: row("attachment", {
		decode: (wire) => {
			const files = json<readonly Attachment[]>(wire);
			return Array.isArray(files)
				? files.map((file: Attachment) => ({ ...file, url: null }))
				: (files as { raw: unknown });
		},
		encode: (value) =>
			encodeJson(
				value?.map(({ token, name, size, type }) => ({
					token,
					name,
					size,
					type,
				})),
			),
	}),
	location: row("location", {
		decode: (wire) => json<LocationValue>(wire),
		encode: encodeJson,
	}),
	formula: none(
		"computes no formulas: use query_records with aggregate, or write the value",
	),
	lookup: none("computes no lookups: query the linked table by record_ids"),
	auto_number: row("auto_number", {
		decode: (wire) => wire as number | string,
	}),
	created_time: row("created_time", { decode: (wire) => Number(wire) }),
	updated_time: row("updated_time", { decode: (wire) => Number(wire) }),
	created_by: row("created_by", author),
	updated_by: row("updated_by", author),
	button: none("has no buttons"),
	unknown: none("knows all its types"),
};

/** A day is kept as its text: years of four digits, without the year 0. */
const KEPT_DAY = /^(?!0000)\d{4}-/;

function decodeDate(
	wire: unknown,
	field: Field,
	{ zone: name }: CodecContext,
): number | { readonly raw: unknown } {
	if (field.settings.showsTime)
		return typeof wire === "number" ? wire : { raw: wire };
	const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(String(wire));
	if (match === null) return { raw: wire };
	const wall = new Date(0);
	wall.setUTCFullYear(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
	return zone(name).fromWall(wall.getTime());
}

/** A cell as it stands in SQLite: list values are texts there already. */
export function sqlValue(wire: unknown): SqlValue {
	if (wire === null || wire === undefined || wire === "") return null;
	return wire as SqlValue;
}

/** Value that a new row gets where none was given. */
export function defaultWire(
	field: Field,
	nowMs: number,
	context: CodecContext,
): unknown {
	const codec = codecs[field.type];
	if (!("encode" in codec) || codec.encode === undefined) return undefined;
	const cell: Cell | undefined =
		field.type === "date" && field.settings.autoFill
			? nowMs
			: field.settings.default;
	return cell === undefined || cell === null
		? undefined
		: (codec as FieldCodec<FieldType>).encode?.(cell as never, field, context);
}
