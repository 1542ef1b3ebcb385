import type { CodecContext, FieldCodecs } from "../../core/contract/codec.js";
import type {
	Attachment,
	Field,
	LinkedRecord,
	LocationValue,
	Person,
} from "../../core/contract/field.js";
import { MOST_NUMBER_CHARACTERS } from "../../core/values/number-text.js";
import { zone } from "../../core/values/zone.js";
import { loose, text } from "../kit/answer.js";
import {
	filesOf,
	isText,
	linksOf,
	oneOnly,
	peopleOf,
	urlOf,
} from "../kit/cells.js";
import {
	computed,
	type Raw,
	textOrNumber,
	unsupported,
} from "../kit/codecs.js";
import { mediaType, readFileToken } from "./file-token.js";

/*
 * Cells. Source: "Data structure", as of 2026-05-15: text, number, currency, the selects, date, user,
 * department, attachment, the links and url. Of the other types the vendor shows a plain value that speaks for
 * itself, but documents none: such a write is proved by reading it back. How a cell is emptied: see clearing.ts.
 */

function plainText(wire: unknown): string | null | Raw {
	return isText(wire) ? (wire === "" ? null : wire) : { raw: wire };
}

const DECIMAL = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** Numbers are documented to come as text and are printed as numbers in one sample: both are read. */
function decimal(wire: unknown): number | null | Raw {
	if (wire === "") return null;
	const value = isText(wire)
		? wire.length <= MOST_NUMBER_CHARACTERS && DECIMAL.test(wire.trim())
			? Number(wire)
			: Number.NaN
		: wire;
	return typeof value === "number" &&
		Number.isFinite(value) &&
		(!Number.isInteger(value) || Number.isSafeInteger(value))
		? value
		: { raw: wire };
}

function fraction(wire: unknown): number | null | Raw {
	const percent =
		isText(wire) && wire.length <= MOST_NUMBER_CHARACTERS
			? /^\s*([^%]+)%\s*$/.exec(wire)
			: null;
	if (percent === null) return decimal(wire);
	const value = decimal(percent[1]);
	return typeof value === "number"
		? Number((value / 100).toPrecision(15))
		: { raw: wire };
}

function moment(
	wire: unknown,
	field: Field,
	context: CodecContext,
): number | null | Raw {
	const ms =
		isText(wire) && /^-?\d{9,}$/.test(wire) ? Number(wire) : (wire as unknown);
	if (wire === "") return null;
	if (typeof ms !== "number") return { raw: wire };
	return field.settings.showsTime === false
		? zone(context.zone).startOfDay(ms)
		: ms;
}

const optionName = (wire: unknown): string | undefined =>
	text(wire) ?? text(loose(wire).name);

/** A person is shown by unionId; who wrote a record also as a bare object. */
export function people(
	wire: unknown,
	keys: readonly string[] = ["unionId", "unionid", "staffId", "userId", "uid"],
): readonly Person[] | Raw {
	return peopleOf(wire, (given) => {
		const [id] = keys.flatMap((key) => idText(given[key]) ?? []);
		return id === undefined
			? undefined
			: { id, name: text(given.name) ?? text(given.nick) ?? null };
	});
}

function idText(value: unknown): string | undefined {
	return typeof value === "number" ? String(value) : text(value);
}

function links(wire: unknown): readonly LinkedRecord[] | Raw {
	const found = linksOf(
		Array.isArray(wire) ? wire : loose(wire).linkedRecordIds,
	);
	return "raw" in found ? { raw: wire } : found;
}

/** A file that is read has a link for about two hours and no id: it cannot be written back as it is. */
function files(wire: unknown): readonly Attachment[] | Raw {
	return filesOf(wire, (file) => {
		const name = text(file.filename) ?? text(file.name) ?? "";
		return { name, type: mediaType(name, text(file.type)), token: null };
	});
}

function place(wire: unknown): LocationValue | Raw {
	const { location, address, name } = loose(wire);
	const numbers = Array.isArray(location)
		? location
		: isText(location)
			? location.split(",")
			: [];
	const [longitude, latitude] = numbers.map(Number);
	return longitude === undefined ||
		latitude === undefined ||
		!Number.isFinite(longitude + latitude)
		? { raw: wire }
		: {
				lnglat: `${longitude},${latitude}`,
				address: text(address) ?? text(name) ?? "",
			};
}

/** An option that is not in the list may be made by the write, or be dropped. */
const isNew = ({ settings }: Field, name: string) =>
	!settings.options?.some((option) => option.name === name);

/** unionIds are opaque; a text this long, without spaces and without letters of other scripts, is not a person's name. */
const UNION_ID = /^[A-Za-z0-9_+/=-]{20,}$/;
const DEPARTMENT_ID = /^-?\d+$/;

const NO_TYPE = "DingTalk AI Table has no such field type in its API";

export const codecs: FieldCodecs = {
	text: {
		wireTypes: ["text"],
		decode: plainText,
		encode: (value) => value ?? "",
		prove: ({ wireType }) => wireType === "idCard",
	},
	long_text: {
		wireTypes: ["richText"],
		decode: (wire) =>
			isText(wire) ? plainText(wire) : plainText(loose(wire).markdown ?? wire),
		encode: (value) => ({ markdown: value ?? "" }),
		prove: true,
	},
	email: {
		wireTypes: ["email"],
		decode: plainText,
		encode: (value) => value ?? "",
		prove: true,
	},
	phone: {
		wireTypes: ["telephone"],
		decode: plainText,
		encode: (value) => value ?? "",
		prove: true,
	},
	barcode: {
		wireTypes: ["barcode"],
		decode: plainText,
		encode: (value) => value ?? "",
		prove: true,
	},
	url: {
		wireTypes: ["url"],
		decode: (wire) => urlOf(wire, { address: "link", title: "text" }),
		encode: (value) =>
			value === null ? null : { text: value.text, link: value.link },
	},
	number: {
		wireTypes: ["number"],
		decode: decimal,
		encode: (value) => value,
	},
	currency: {
		wireTypes: ["currency"],
		decode: decimal,
		encode: (value) => value,
	},
	/** A number whose formatter shows percent; the value stays a fraction. */
	percent: {
		wireTypes: ["number"],
		decode: fraction,
		encode: (value) => value,
	},
	rating: {
		wireTypes: ["rating"],
		decode: decimal,
		encode: (value) => value,
		prove: true,
	},
	progress: {
		wireTypes: ["progress"],
		decode: fraction,
		encode: (value) => value,
		// A field that says no range has this one: "0…1", by the formats that DingTalk's own MCP server tells.
		check: (value, { settings: { min = 0, max = 1 } }) =>
			value !== null && (value < min || value > max)
				? `is outside of ${min} to ${max}`
				: undefined,
		prove: true,
	},
	checkbox: {
		wireTypes: ["checkbox"],
		decode: (wire) => (typeof wire === "boolean" ? wire : { raw: wire }),
		encode: (value) => value === true,
		prove: true,
	},
	single_select: {
		wireTypes: ["singleSelect"],
		decode: (wire) =>
			wire === "" ? null : (optionName(wire) ?? { raw: wire }),
		encode: (value) => value,
		prove: (field, value) => value !== null && isNew(field, value),
	},
	multi_select: {
		wireTypes: ["multipleSelect"],
		decode(wire) {
			if (!Array.isArray(wire)) return { raw: wire };
			const names = wire.flatMap((item) => optionName(item) ?? []);
			return names.length === wire.length ? names : { raw: wire };
		},
		encode: (value) => value ?? [],
		prove: (field, value) => value?.some((name) => isNew(field, name)) ?? false,
	},
	date: {
		wireTypes: ["date"],
		decode: moment,
		// Milliseconds; the zone of a text is documented nowhere.
		encode: (value) => value,
	},
	user: {
		wireTypes: ["user"],
		decode: (wire) => people(wire),
		encode: (value) => (value ?? []).map(({ id }) => ({ unionId: id })),
		isId: (candidate) => UNION_ID.test(candidate),
		check: oneOnly("person"),
	},
	group: computed(["group"], (wire) =>
		people(wire, ["cid", "openConversationId"]),
	),
	department: {
		wireTypes: ["department"],
		decode: (wire) => people(wire, ["deptId", "dept_id"]),
		encode: (value) => (value ?? []).map(({ id }) => ({ deptId: id })),
		isId: (candidate) => DEPARTMENT_ID.test(candidate),
		check: oneOnly("department"),
	},
	link: {
		wireTypes: ["unidirectionalLink", "bidirectionalLink"],
		decode: links,
		encode: (value) => ({
			linkedRecordIds: (value ?? []).map(({ id }) => id),
		}),
		// Ids are opaque: a text is a title first, then an id.
		check: oneOnly("record"),
	},
	attachment: {
		wireTypes: ["attachment"],
		decode: files,
		/** One without a token was read from the cell: it is uploaded again before it is sent, see files.ts. */
		encode: (value) =>
			(value ?? []).map(({ name, size, type, token, url }) =>
				token === null
					? { filename: name, size, type, url }
					: readFileToken(token, name),
			),
		check: (value) =>
			value?.some(
				({ token }) => token !== null && readFileToken(token, "") === undefined,
			)
				? "takes the token that upload_attachment answers"
				: undefined,
	},
	location: {
		wireTypes: ["geolocation"],
		decode: place,
		encode: (value) =>
			value === null
				? null
				: {
						address: value.address,
						name: value.address,
						location: value.lnglat.split(",").map(Number),
					},
		prove: true,
	},
	formula: computed(["formula"], textOrNumber),
	lookup: unsupported(NO_TYPE),
	auto_number: unsupported(NO_TYPE),
	created_time: computed(["createdTime"], moment),
	updated_time: computed(["lastModifiedTime"], moment),
	created_by: computed(["creator"], (wire) => people(wire)),
	updated_by: computed(["lastModifier"], (wire) => people(wire)),
	button: unsupported(NO_TYPE),
	unknown: computed(["primaryDoc"], (wire) => ({ raw: wire })),
};
