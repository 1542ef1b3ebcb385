import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";

import { defined } from "../../core/values/defined.js";
import { tryInstead } from "../../core/values/near-names.js";
import { type Loose, loose, number } from "../kit/answer.js";
import { unsupported } from "../kit/codecs.js";
import {
	isUnsupported,
	type NewFieldRows,
	newFieldRow,
	refusePercent,
} from "../kit/new-fields.js";
import { colorNumber, type Palette } from "../kit/option-colors.js";
import { wireFormula } from "./formula.js";
import { serialOf } from "./number-pattern.js";

/* Fields as the calls that make and change them take them. Source: "Field edit development guide", "Create field", "Update field", "Create table". */

export interface NewFieldContext {
	readonly table: string;
	/** Those that a formula may name. */
	readonly fields: readonly Pick<Field, "id" | "name">[];
	/** 2: a formula states the type of its result. */
	readonly formulaType: number;
	/** Where a currency field names none. */
	readonly currency: string;
}

interface Row {
	readonly type: (spec: FieldSpec) => number;
	readonly ui: (spec: FieldSpec) => string;
	/** Absent: the vendor takes none (an empty object is refused for some). */
	readonly property?: (
		spec: FieldSpec,
		context: NewFieldContext,
	) => Readonly<Record<string, unknown>> | undefined;
}

const made = (
	type: number,
	ui: string,
	property?: NonNullable<Row["property"]>,
): Row => ({
	type: () => type,
	ui: () => ui,
	...defined({ property }),
});

const NUMBER_FORMATS = [
	"0",
	"0.0",
	"0.00",
	"0.000",
	"0.0000",
	"1,000",
	"1,000.00",
	"¥",
	"¥0.00",
	"$",
	"$0.00",
];
const PERCENT_FORMATS = ["%", "0.00%"];
const PROGRESS_FORMATS = ["0", "0.0", "0.00", "0%", "0.0%", "0.00%"];
const CURRENCY_FORMATS = ["0", "0.0", "0.00", "0.000", "0.0000"];
const CURRENCIES = [
	"CNY",
	"USD",
	"EUR",
	"GBP",
	"AED",
	"AUD",
	"BRL",
	"CAD",
	"CHF",
	"HKD",
	"INR",
	"IDR",
	"JPY",
	"KRW",
	"MOP",
	"MXN",
	"MYR",
	"PHP",
	"PLN",
	"RUB",
	"SGD",
	"THB",
	"TRY",
	"TWD",
	"VND",
];
const DATE_FORMATS = [
	"yyyy/MM/dd",
	"yyyy/MM/dd HH:mm",
	"yyyy-MM-dd",
	"yyyy-MM-dd HH:mm",
	"MM-dd",
	"MM/dd/yyyy",
	"dd/MM/yyyy",
];
const MOST_STARS = 10;
/** How a rating is drawn. */
const SYMBOLS = [
	"star",
	"heart",
	"thumbsup",
	"fire",
	"smile",
	"lightning",
	"flower",
	"number",
];
/** Whether a place may be typed in, or comes from a phone only. */
const INPUT_TYPES = ["not_limit", "only_mobile"];
/**
 * The numbers 0 to 54 are documented without their colors; the vendor's own command line names eleven hues in five
 * shades, which are as many, in this order. Source: "Create field", "lark-cli: field JSON".
 */
const COLORS: Palette = {
	hues: [
		"red",
		"orange",
		"yellow",
		"lime",
		"green",
		"turquoise",
		"wathet",
		"blue",
		"carmine",
		"purple",
		"gray",
	],
	shades: ["lighter", "light", "standard", "dark", "darker"],
	alias: { grey: "gray", pink: "carmine", teal: "turquoise", cyan: "wathet" },
};

const ROWS: NewFieldRows<Row> = {
	text: made(1, "Text"),
	long_text: made(1, "Text"),
	email: made(1, "Email"),
	phone: made(13, "Phone"),
	barcode: made(1, "Barcode"),
	url: made(15, "Url"),
	number: made(2, "Number", (spec) => {
		refusePercent(spec);
		return format(spec, "formatter", NUMBER_FORMATS, undefined);
	}),
	currency: made(2, "Currency", (spec, { currency }) => ({
		...format(spec, "formatter", CURRENCY_FORMATS, "0.00"),
		currency_code: oneOf(
			spec,
			"currency",
			(spec.settings.currency ?? currency).toUpperCase(),
			CURRENCIES,
		),
	})),
	percent: made(2, "Number", (spec) =>
		format(spec, "formatter", PERCENT_FORMATS, "0.00%", { "0%": "%" }),
	),
	rating: made(2, "Rating", (spec) => ({
		formatter: "0",
		min: whole(spec, "min", spec.settings.min ?? 1, 0, 1),
		max: whole(spec, "max", spec.settings.max ?? 5, 1, MOST_STARS),
		rating: {
			symbol: oneOf(spec, "format", spec.settings.format ?? "star", SYMBOLS),
		},
	})),
	progress: made(2, "Progress", (spec) => ({
		...format(spec, "formatter", PROGRESS_FORMATS, "0%"),
		...(spec.settings.min === undefined && spec.settings.max === undefined
			? { range_customize: false }
			: {
					range_customize: true,
					min: spec.settings.min ?? 0,
					max: spec.settings.max ?? 1,
				}),
	})),
	checkbox: made(7, "Checkbox"),
	single_select: made(3, "SingleSelect", choices),
	multi_select: made(4, "MultiSelect", choices),
	date: made(5, "DateTime", (spec) => ({
		...format(spec, "date_formatter", DATE_FORMATS, "yyyy/MM/dd"),
		...defined({ auto_fill: spec.settings.autoFill }),
	})),
	user: made(11, "User", multiple),
	group: made(23, "GroupChat", multiple),
	department: unsupported(
		"this product has no such type; make it a link to a table of departments, or a select",
	),
	link: {
		type: ({ settings }) => (settings.twoWay ? 21 : 18),
		ui: ({ settings }) => (settings.twoWay ? "DuplexLink" : "SingleLink"),
		property: ({ settings }) =>
			defined({
				table_id: settings.linkTable,
				multiple: settings.multiple ?? true,
				back_field_name: settings.twoWay ? settings.reverseName : undefined,
			}),
	},
	attachment: made(17, "Attachment"),
	location: made(22, "Location", (spec) => ({
		location: {
			input_type: oneOf(
				spec,
				"format",
				spec.settings.format ?? "not_limit",
				INPUT_TYPES,
			),
		},
	})),
	formula: made(20, "Formula", formula),
	lookup: unsupported(
		"this API cannot make lookups: in the app, add a field of type Lookup; or use a formula, or query the linked table",
	),
	auto_number: made(1005, "AutoNumber", ({ name, settings }) => ({
		auto_serial: serialOf(settings.numberPattern, name),
	})),
	created_time: made(1001, "CreatedTime", (spec) =>
		format(spec, "date_formatter", DATE_FORMATS, "yyyy/MM/dd HH:mm"),
	),
	updated_time: made(1002, "ModifiedTime", (spec) =>
		format(spec, "date_formatter", DATE_FORMATS, "yyyy/MM/dd HH:mm"),
	),
	created_by: made(1003, "CreatedUser"),
	updated_by: made(1004, "ModifiedUser"),
	button: unsupported("this API cannot make buttons: add one in the app"),
	unknown: unsupported("it is not a type that can be made"),
};

/** Answer-only keys. */
const ECHOED = ["table_name", "back_field_id"];

/**
 * The body of a field to be made, or the whole one of a field that is changed: the vendor replaces everything, so
 * what it keeps beside our settings is sent back.
 * @throws TablesError unsupported, bad_argument for a type or setting that the vendor does not have.
 */
export function newField(
	spec: FieldSpec,
	context: NewFieldContext,
	current?: Field,
): Loose {
	if (isUnsupported(ROWS[spec.type]) && current?.type === spec.type)
		// A lookup or button can be renamed: its own property goes back as it came.
		return keptBody(spec, current);
	const row = newFieldRow(ROWS, spec);
	if (spec.settings.default !== undefined)
		throw new TablesError(
			"unsupported",
			`"${spec.name}": this API cannot set \`default\` of a field`,
			{ next: "Leave it out; set it in the app if it is needed." },
		);
	const wire = loose(current?.wire);
	const type = row.type(spec);
	const kept =
		current !== undefined &&
		current.type === spec.type &&
		number(wire.type) === type
			? Object.fromEntries(
					Object.entries(loose(wire.property)).filter(
						([key]) => !ECHOED.includes(key),
					),
				)
			: {};
	const own = row.property?.(spec, context);
	const property = { ...kept, ...own };
	return {
		field_name: spec.name,
		type,
		ui_type: row.ui(spec),
		...(Object.keys(property).length === 0 ? {} : { property }),
		...described(spec),
	};
}

function keptBody(spec: FieldSpec, current: Field): Loose {
	const wire = loose(current.wire);
	return {
		field_name: spec.name,
		type: wire.type,
		...defined({
			ui_type: wire.ui_type,
			property: wire.property ?? undefined,
		}),
		...described(spec),
	};
}

function described({ description }: FieldSpec): Loose {
	return description === undefined
		? {}
		: { description: { text: description, disable_sync: true } };
}

/** Types that the first field of a table may have, by the vendor's number. */
const FIRST = [1, 2, 5, 13, 15, 20, 22];

/** @throws TablesError bad_argument where the vendor takes no such primary field. */
export function checkFirst(spec: FieldSpec): void {
	const row = ROWS[spec.type];
	if (isUnsupported(row) || FIRST.includes(row.type(spec))) return;
	throw new TablesError(
		"bad_argument",
		`the first field names the records, and "${spec.name}" is ${spec.type}, which cannot`,
		{
			next: "Put a field of type text, number, currency, percent, rating, progress, date, phone, email, barcode, url, formula or location first.",
		},
	);
}

function oneOf(
	{ name }: FieldSpec,
	setting: string,
	given: string,
	known: readonly string[],
): string {
	if (known.includes(given)) return given;
	throw new TablesError(
		"bad_argument",
		`"${name}": ${setting} "${given}" is not one that this product has`,
		{ next: tryInstead(known, given) },
	);
}

function format(
	spec: FieldSpec,
	key: "formatter" | "date_formatter",
	known: readonly string[],
	usual: string | undefined,
	alias: Readonly<Record<string, string>> = {},
): Loose {
	const given = spec.settings.format ?? usual;
	if (given === undefined) return {};
	// YYYY-MM-DD, as other products write it, is the same day.
	const same = known.find((one) => one.toLowerCase() === given.toLowerCase());
	return {
		[key]: oneOf(spec, "format", alias[given] ?? same ?? given, known),
	};
}

function whole(
	{ name }: FieldSpec,
	setting: string,
	given: number,
	least: number,
	most: number,
): number {
	if (Number.isInteger(given) && given >= least && given <= most) return given;
	throw new TablesError(
		"bad_argument",
		`"${name}": ${setting} ${given} is not possible; it is a whole number from ${least} to ${most}`,
	);
}

function choices(spec: FieldSpec): Loose {
	return {
		options: (spec.settings.options ?? []).map(({ id, name, color }) => ({
			...(id === "" ? {} : { id }),
			name,
			...(color === undefined
				? {}
				: { color: colorNumber(spec, { name, color }, COLORS) }),
		})),
	};
}

function multiple({ settings }: FieldSpec): Loose {
	return { multiple: settings.multiple ?? true };
}

function formula(spec: FieldSpec, context: NewFieldContext): Loose {
	const given = spec.settings.format;
	const isDate = given !== undefined && DATE_FORMATS.includes(given);
	const shown =
		given === undefined || given === ""
			? undefined
			: oneOf(spec, "format", given, [
					...NUMBER_FORMATS,
					...PERCENT_FORMATS,
					...DATE_FORMATS,
				]);
	return {
		formula_expression: wireFormula(
			spec.settings.formula ?? "",
			context.table,
			context.fields,
			spec.name,
		),
		...(context.formulaType === 2
			? {
					type:
						shown === undefined
							? { data_type: 1, ui_type: "Text" }
							: isDate
								? {
										data_type: 5,
										ui_type: "DateTime",
										ui_property: { date_formatter: shown },
									}
								: {
										data_type: 2,
										ui_type: "Number",
										ui_property: { formatter: shown },
									},
				}
			: defined({ formatter: shown })),
	};
}
