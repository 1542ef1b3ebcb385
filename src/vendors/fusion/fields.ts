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
	FieldSettings,
	FieldType,
	LinkedRecord,
	Person,
	UrlValue,
} from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { formulaNames } from "../../core/values/formula.js";
import { zone } from "../../core/values/zone.js";
import { type Loose, list, loose, number, text } from "../kit/cloud.js";
import { fieldReference, formulaReferences, mapReferences } from "./formula.js";

/* What a cell looks like on the wire was measured on the vendor's server for every type. */

type Raw = { readonly raw: unknown };

const RECORD_ID = /^rec[A-Za-z0-9]{10,}$/;
/** Of a unit in a cell: a long number; of the contacts: 31 or 32 letters and digits. */
const UNIT_NUMBER = /^\d{10,}$/;
const UNIT_ID = /^[0-9a-z]{31,32}$/i;

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
		...(check === undefined ? {} : { check }),
	};
}

const isText = (wire: unknown) => typeof wire === "string";
const isNumber = (wire: unknown) => typeof wire === "number";

/** Read only: the vendor computes it. */
function computed<T extends FieldType>(
	wireTypes: readonly string[],
	decode: (
		wire: unknown,
		field: Field,
		context: CodecContext,
	) => CellValue<T> | Raw,
): FieldCodec<T> {
	return { wireTypes, decode };
}

function none(unsupported: string): Unsupported {
	return { unsupported };
}

function people(wire: unknown): readonly Person[] | Raw {
	const items = Array.isArray(wire) ? wire : [wire];
	const found = items.flatMap((item): Person[] => {
		const { id, unitId, uuid, name } = loose(item);
		const known = text(id) ?? text(unitId) ?? text(uuid);
		return known === undefined ? [] : [{ id: known, name: text(name) ?? null }];
	});
	return found.length === items.length ? found : { raw: wire };
}

function moment(wire: unknown, field: Field, context: CodecContext) {
	if (typeof wire !== "number") return { raw: wire };
	return field.settings.showsTime ? wire : zone(context.zone).startOfDay(wire);
}

function links(wire: unknown): readonly LinkedRecord[] | Raw {
	if (!Array.isArray(wire) || !wire.every(isText)) return { raw: wire };
	return wire.map((id: string) => ({ id, text: null }));
}

function files(wire: unknown): readonly Attachment[] | Raw {
	if (!Array.isArray(wire)) return { raw: wire };
	return list(wire).map((item) => ({
		name: text(item.name) ?? "",
		size: number(item.size) ?? null,
		type: text(item.mimeType) ?? null,
		token: text(item.token) ?? null,
		url: text(item.url) ?? null,
	}));
}

/** A link's text is its address; the title is what a page shows for it, the favicon "" where there is none. */
function link(wire: unknown): UrlValue | null | Raw {
	if (typeof wire === "string")
		return wire === "" ? null : { text: wire, link: wire };
	const { text: address, title, favicon } = loose(wire);
	const known = text(address);
	if (known === undefined) return wire === null ? null : { raw: wire };
	return {
		text: text(title) ?? known,
		link: known,
		...defined({ icon: text(favicon) }),
	};
}

/**
 * A cell whose title or favicon is empty is answered as written and then skipped at the save: each goes only with a
 * value (measured on the vendor's server on 2026-11-27).
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
	if (!Array.isArray(wire)) return { raw: wire };
	const cells = wire.flatMap((item: unknown): unknown[] => {
		const cell = one(item, field, value.type, context);
		return cell === null ? [] : Array.isArray(cell) ? [...cell] : [cell];
	});
	return cells as unknown as Cell;
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

const NO_TYPE = "this product has no such field type";

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
	};
}

export const codecs: FieldCodecs = {
	text: plain(["SingleText", "Cascader"], isText),
	long_text: plain(["Text"], isText),
	email: plain(["Email"], isText),
	phone: plain(["Phone"], isText),
	barcode: none(`${NO_TYPE}; keep the code as text`),
	url: {
		wireTypes: ["URL"],
		decode: link,
		encode: (value) => (value === null ? null : linkSent(value)),
		// The answer to a write shows what was sent, also where the save has skipped it.
		prove: "first",
	},
	number: plain(["Number"], isNumber),
	currency: plain(["Currency"], isNumber),
	percent: plain(["Percent"], isNumber),
	rating: plain(["Rating"], isNumber, (value) =>
		value === 0
			? "0 is kept as an empty cell here: give null, or a rating from 1"
			: undefined,
	),
	progress: none(`${NO_TYPE}; keep it as percent`),
	checkbox: plain(["Checkbox"], (wire) => typeof wire === "boolean"),
	single_select: plain(["SingleSelect"], isText),
	multi_select: {
		wireTypes: ["MultiSelect"],
		decode: (wire) =>
			Array.isArray(wire) && wire.every(isText) ? wire : { raw: wire },
		encode: (value) => value ?? [],
	},
	date: {
		wireTypes: ["DateTime"],
		decode: moment,
		encode: (value) => value,
	},
	user: {
		wireTypes: ["Member"],
		decode: people,
		encode: (value) =>
			(value ?? []).map(({ id }) =>
				UNIT_NUMBER.test(id) ? { id } : { unitId: id },
			),
		isId: (candidate) => UNIT_NUMBER.test(candidate) || UNIT_ID.test(candidate),
		check: (value, field) =>
			(value?.length ?? 0) > 1 && field.settings.multiple === false
				? "takes one person only"
				: undefined,
	},
	group: none(`${NO_TYPE}; a team is written into a user field`),
	department: none(`${NO_TYPE}; a team is written into a user field`),
	link: {
		wireTypes: ["MagicLink", "TwoWayLink", "OneWayLink"],
		decode: links,
		// An empty list is refused; null clears.
		encode: (value) => value?.map(({ id }) => id) ?? null,
		isId: (candidate) => RECORD_ID.test(candidate),
		check: (value, field) =>
			(value?.length ?? 0) > 1 && field.settings.multiple === false
				? "takes one record only"
				: undefined,
	},
	attachment: attachmentCodec(() => undefined),
	location: none(`${NO_TYPE}; keep the place as text`),
	formula: computed(["Formula"], result),
	lookup: computed(["MagicLookUp"], result),
	auto_number: computed(["AutoNumber"], (wire) =>
		typeof wire === "number" || typeof wire === "string" ? wire : { raw: wire },
	),
	created_time: computed(["CreatedTime"], moment),
	updated_time: computed(["LastModifiedTime"], moment),
	created_by: computed(["CreatedBy"], people),
	updated_by: computed(["LastModifiedBy"], people),
	button: computed(["Button"], () => null),
	unknown: computed(["WorkDoc", "NotSupport"], (wire) => ({ raw: wire })),
};

const TYPES: ReadonlyMap<string | number, FieldType> = new Map(
	Object.entries(codecs).flatMap(([type, codec]) =>
		"wireTypes" in codec
			? codec.wireTypes.map((wire): [string | number, FieldType] => [
					wire,
					type as FieldType,
				])
			: [],
	),
);

/** A field of the answer to "list fields"; forgiving. */
export function fieldOf(wire: Loose, all: readonly Loose[]): Field {
	const wireType = text(wire.type) ?? "";
	const type = TYPES.get(wireType) ?? "unknown";
	const property = loose(wire.property);
	const description = text(wire.desc);
	const value =
		type === "formula"
			? formulaValue(property)
			: type === "lookup"
				? lookupValue(property)
				: undefined;
	const sources = sourcesOf(type, wireType, property, all);
	const readOnly =
		wireType === "Cascader"
			? "a cascading choice is made in the app: through the API any text would be kept unchecked"
			: wire.editable === false && !READ_ONLY.has(type)
				? "this account may not edit the field"
				: undefined;
	return {
		id: text(wire.id) ?? "",
		name: text(wire.name) ?? "",
		type,
		primary: wire.isPrimary === true,
		settings: settingsOf(type, wireType, property, all),
		wireType,
		wire,
		...(description === undefined ? {} : { description }),
		...(value === undefined ? {} : { value }),
		...(sources === undefined ? {} : { sources }),
		...(readOnly === undefined ? {} : { readOnly }),
	};
}

/** The fields that a computed field reads; kinds that hold values of their own read none. */
function sourcesOf(
	type: FieldType,
	wireType: string,
	property: Loose,
	all: readonly Loose[],
): Field["sources"] {
	if (type === "formula")
		return formulaReferences(text(property.expression) ?? "");
	if (type === "unknown") return TYPES.has(wireType) ? [] : undefined;
	if (type !== "lookup") return undefined;
	const link = text(property.relatedLinkFieldId);
	const field = text(property.targetFieldId);
	const table = text(
		loose(all.find(({ id }) => id === link)?.property).foreignDatasheetId,
	);
	return link === undefined || field === undefined || table === undefined
		? undefined
		: [{ field: link }, { table, field }];
}

const READ_ONLY: ReadonlySet<FieldType> = new Set(
	(Object.entries(codecs) as [FieldType, object][])
		.filter(([, codec]) => !("encode" in codec))
		.map(([type]) => type),
);

function settingsOf(
	type: FieldType,
	wireType: string,
	property: Loose,
	all: readonly Loose[],
): FieldSettings {
	switch (type) {
		case "text":
			return defined({ default: text(property.defaultValue) });
		case "number":
		case "percent":
			return defined({
				format: decimals(number(property.precision)),
				default: asNumber(property.defaultValue),
			});
		case "currency":
			return defined({
				format: decimals(number(property.precision)),
				currency: text(property.symbol),
				default: asNumber(property.defaultValue),
			});
		case "rating":
			return defined({ min: 1, max: number(property.max) });
		case "single_select":
		case "multi_select":
			return {
				options: list(property.options).map((option) => ({
					id: text(option.id) ?? "",
					name: text(option.name) ?? "",
					...defined({ color: text(loose(option.color).name) }),
				})),
			};
		case "date":
		case "created_time":
		case "updated_time":
			return defined({
				format: text(property.format),
				showsTime: property.includeTime === true ? true : undefined,
				autoFill: property.autoFill === true ? true : undefined,
			});
		case "user":
			return defined({
				multiple: property.isMulti === false ? false : undefined,
			});
		case "link":
			return defined({
				linkTable: text(property.foreignDatasheetId),
				multiple: property.limitSingleRecord === true ? false : undefined,
				twoWay: wireType === "OneWayLink" ? undefined : true,
				reverseField: text(property.brotherFieldId),
			});
		case "formula":
			return defined({ formula: named(text(property.expression), all) });
		default:
			return {};
	}
}

/** The ids of a formula's references as names. */
function named(
	expression: string | undefined,
	all: readonly Loose[],
): string | undefined {
	if (expression === undefined) return undefined;
	const names = new Map(all.map(({ id, name }) => [id, text(name) ?? ""]));
	return mapReferences(expression, (id) => fieldReference(names.get(id) ?? id));
}

const VALUE_TYPES: Readonly<Record<string, FieldType>> = {
	String: "text",
	Number: "number",
	Boolean: "checkbox",
	DateTime: "date",
};

function formulaValue(property: Loose): Field["value"] {
	const type = VALUE_TYPES[text(property.valueType) ?? ""];
	return type === undefined ? undefined : { type, list: false };
}

/** Rollups that keep the values of the other table as they are. */
const KEEPS: ReadonlySet<string> = new Set(["VALUES", "ARRAYCOMPACT"]);

function lookupValue(property: Loose): Field["value"] {
	const rollup = text(property.rollupFunction) ?? "VALUES";
	const target = loose(loose(property.entityField).field);
	if (!KEEPS.has(rollup)) return formulaValue(property);
	const type = TYPES.get(text(target.type) ?? "");
	return type === undefined || type === "formula" || type === "lookup"
		? undefined
		: { type, list: true };
}

function decimals(precision: number | undefined): string | undefined {
	return precision === undefined
		? undefined
		: precision === 0
			? "0"
			: `0.${"0".repeat(precision)}`;
}

function asNumber(value: unknown): number | undefined {
	const found =
		typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
	return Number.isFinite(found) ? found : undefined;
}

/** What a new field looks like on the wire, by type; `fields` are those that a formula may name. */
interface Making {
	readonly wire: (spec: FieldSpec) => string;
	/** undefined: the vendor refuses any property. */
	readonly property?: (
		spec: FieldSpec,
		fields: readonly Field[],
	) => Readonly<Record<string, unknown>>;
}

const making = (
	wire: string,
	property?: NonNullable<Making["property"]>,
): Making => ({ wire: () => wire, ...(property ? { property } : {}) });

const MAKING: { readonly [T in FieldType]: Making | Unsupported } = {
	text: making("SingleText", ({ settings }) =>
		defined({ defaultValue: settings.default }),
	),
	long_text: making("Text"),
	email: making("Email"),
	phone: making("Phone"),
	barcode: none(NO_TYPE),
	url: making("URL"),
	number: making("Number", (spec) => numeric(spec, 0)),
	currency: making("Currency", (spec) => ({
		...numeric(spec, 2),
		symbol: symbolOf(spec.settings.currency ?? "USD"),
	})),
	percent: making("Percent", (spec) => numeric(spec, 0)),
	rating: making("Rating", ({ settings }) => ({
		icon: "star",
		max: settings.max ?? 5,
	})),
	progress: none(`${NO_TYPE}; make it percent`),
	checkbox: making("Checkbox", () => ({ icon: "white_check_mark" })),
	single_select: making("SingleSelect", choices),
	multi_select: making("MultiSelect", choices),
	date: making("DateTime", dates),
	user: making("Member", ({ settings }) => ({
		isMulti: settings.multiple !== false,
	})),
	group: none(`${NO_TYPE}; make it user: teams fit in`),
	department: none(`${NO_TYPE}; make it user: teams fit in`),
	link: {
		wire: ({ settings }) => (settings.twoWay ? "MagicLink" : "OneWayLink"),
		property: ({ settings }) => ({
			foreignDatasheetId: settings.linkTable,
			...(settings.multiple === false ? { limitSingleRecord: true } : {}),
		}),
	},
	attachment: making("Attachment"),
	location: none(`${NO_TYPE}; make it text`),
	formula: making("Formula", ({ settings, name }, fields) => ({
		expression: withIds(settings.formula ?? "", fields, name),
	})),
	lookup: none(
		"a lookup needs the link field and the other table's field, which these tools cannot name: make it in the app (add field, Lookup)",
	),
	auto_number: making("AutoNumber"),
	created_time: making("CreatedTime", dates),
	updated_time: making("LastModifiedTime", (spec) => ({
		...dates(spec),
		collectType: 0,
	})),
	created_by: making("CreatedBy"),
	updated_by: making("LastModifiedBy", () => ({ collectType: 0 })),
	button: making("Button", () => ({})),
	unknown: none("it is no type that can be made"),
};

/**
 * The body of a field to be made.
 * @throws TablesError unsupported for a type or setting that the vendor does not have.
 */
export function newField(spec: FieldSpec, fields: readonly Field[]): Loose {
	const made = MAKING[spec.type];
	if ("unsupported" in made)
		throw new TablesError(
			"unsupported",
			`"${spec.name}" cannot be made as ${spec.type}: ${made.unsupported}`,
		);
	const { settings } = spec;
	for (const [setting, value] of Object.entries({
		description: spec.description,
		number_pattern: settings.numberPattern,
		reverse_name: settings.reverseName,
		min:
			spec.type === "rating" && settings.min === 1 ? undefined : settings.min,
	}))
		if (value !== undefined && value !== "")
			throw new TablesError(
				"unsupported",
				`"${spec.name}": this API cannot set ${setting} of a field`,
				{ next: "Leave it out; set it in the app if it is needed." },
			);
	const property = made.property?.(spec, fields);
	return {
		name: spec.name,
		type: made.wire(spec),
		...(property === undefined ? {} : { property }),
	};
}

function numeric({ settings }: FieldSpec, usual: number): Loose {
	const format = settings.format;
	const precision =
		format === undefined ? usual : (/\.([0#]+)/.exec(format)?.[1]?.length ?? 0);
	return {
		precision,
		...(typeof settings.default === "number"
			? { defaultValue: String(settings.default) }
			: {}),
	};
}

function choices({ settings }: FieldSpec): Loose {
	return {
		options: (settings.options ?? []).map(({ name }) => ({ name })),
		...defined({ defaultValue: settings.default }),
	};
}

const DATE_FORMATS = [
	"YYYY/MM/DD",
	"YYYY-MM-DD",
	"DD/MM/YYYY",
	"YYYY-MM",
	"MM-DD",
	"YYYY",
	"MM",
	"DD",
];

function dates({ name, settings }: FieldSpec): Loose {
	const [day = "", time] = (settings.format ?? "YYYY-MM-DD")
		.trim()
		.split(/\s+/);
	const dateFormat = day.toUpperCase();
	if (
		!DATE_FORMATS.includes(dateFormat) ||
		(time !== undefined && !/^hh:mm$/i.test(time))
	)
		throw new TablesError(
			"bad_argument",
			`"${name}": the format "${settings.format}" is not one of this product`,
			{
				next: `Use ${DATE_FORMATS.join(", ")}, each with " HH:mm" or " hh:mm" where it shows time.`,
			},
		);
	return {
		dateFormat,
		...(time === undefined ? {} : { timeFormat: time, includeTime: true }),
		...(settings.autoFill ? { autoFill: true } : {}),
	};
}

/** The sign of an ISO 4217 code; any other text is the sign itself. */
function symbolOf(currency: string): string {
	if (!/^[A-Z]{3}$/.test(currency)) return currency;
	return (
		new Intl.NumberFormat("en", {
			style: "currency",
			currency,
			currencyDisplay: "narrowSymbol",
		})
			.formatToParts(0)
			.find(({ type }) => type === "currency")?.value ?? currency
	);
}

/** The names of a formula's references as ids: the vendor keeps a name as it is, and the formula would be broken. */
function withIds(
	formula: string,
	fields: readonly Field[],
	owner: string,
): string {
	const missing: string[] = [];
	const expression = mapReferences(formula, (name) => {
		const field = fields.find(
			(candidate) => candidate.name === name || candidate.id === name,
		);
		if (field === undefined) missing.push(name);
		return `{${field?.id ?? name}}`;
	});
	if (missing.length > 0)
		throw formulaNames(
			owner,
			missing,
			fields.map(({ name }) => name),
		);
	return expression;
}

function defined<T extends object>(
	values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(
		Object.entries(values).filter(([, value]) => value !== undefined),
	) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
