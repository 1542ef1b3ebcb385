import { TablesError } from "../../core/contract/errors.js";
import type { Field, FieldType } from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { nearest } from "../../core/values/names.js";
import { type Loose, loose, number } from "../kit/cloud.js";
import { defined } from "./fields.js";
import { wireFormula } from "./formula.js";
import { serialOf } from "./number-pattern.js";

/* Fields as "create field", "update field" and "create table" take them. Source: the page of the field structure. */

export interface MakingContext {
	readonly table: string;
	/** Those that a formula may name. */
	readonly fields: readonly Pick<Field, "id" | "name">[];
	/** 2: a formula states the type of its result. */
	readonly formulaType: number;
	/** Where a currency field names none. */
	readonly currency: string;
}

interface Making {
	readonly type: (spec: FieldSpec) => number;
	readonly ui: (spec: FieldSpec) => string;
	/** Absent: the vendor takes none (an empty object is refused for some). */
	readonly property?: (
		spec: FieldSpec,
		context: MakingContext,
	) => Readonly<Record<string, unknown>> | undefined;
}

const made = (
	type: number,
	ui: string,
	property?: NonNullable<Making["property"]>,
): Making => ({
	type: () => type,
	ui: () => ui,
	...(property === undefined ? {} : { property }),
});

function none(unsupported: string): Unsupported {
	return { unsupported };
}

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
const LAST_COLOR = 54;

const MAKING: { readonly [T in FieldType]: Making | Unsupported } = {
	text: made(1, "Text"),
	long_text: made(1, "Text"),
	email: made(1, "Email"),
	phone: made(13, "Phone"),
	barcode: made(1, "Barcode"),
	url: made(15, "Url"),
	number: made(2, "Number", (spec) =>
		format(spec, "formatter", NUMBER_FORMATS, undefined),
	),
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
		rating: { symbol: "star" },
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
		...(spec.settings.autoFill === undefined
			? {}
			: { auto_fill: spec.settings.autoFill }),
	})),
	user: made(11, "User", multiple),
	group: made(23, "GroupChat", multiple),
	department: none(
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
	location: made(22, "Location", () => ({
		location: { input_type: "not_limit" },
	})),
	formula: made(20, "Formula", formula),
	lookup: none(
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
	button: none("this API cannot make buttons: add one in the app"),
	unknown: none("it is no type that can be made"),
};

/** Answer-only keys. */
const ECHOED = ["table_name", "back_field_id"];

/**
 * The body of a field to be made, or the whole one of a field that is changed: the vendor replaces everything, so
 * what it keeps beside our settings is sent back.
 * @throws TablesError unsupported, bad_argument for a type or setting that the vendor does not have.
 */
export function fieldBody(
	spec: FieldSpec,
	context: MakingContext,
	current?: Field,
): Loose {
	const making = MAKING[spec.type];
	if ("unsupported" in making) {
		// A lookup or button can be renamed: its own property goes back as it came.
		if (current?.type === spec.type) return keptBody(spec, current);
		throw new TablesError(
			"unsupported",
			`"${spec.name}" cannot be made as ${spec.type}: ${making.unsupported}`,
		);
	}
	if (spec.settings.default !== undefined)
		throw new TablesError(
			"unsupported",
			`"${spec.name}": this API cannot set default of a field`,
			{ next: "Leave it out; set it in the app if it is needed." },
		);
	const wire = loose(current?.wire);
	const type = making.type(spec);
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
	const own = making.property?.(spec, context);
	const property = { ...kept, ...own };
	return {
		field_name: spec.name,
		type,
		ui_type: making.ui(spec),
		...(Object.keys(property).length === 0 ? {} : { property }),
		...described(spec),
	};
}

function keptBody(spec: FieldSpec, current: Field): Loose {
	const wire = loose(current.wire);
	return {
		field_name: spec.name,
		type: wire.type,
		...defined({ ui_type: wire.ui_type }),
		...(wire.property === null || wire.property === undefined
			? {}
			: { property: wire.property }),
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
	const making = MAKING[spec.type];
	if ("unsupported" in making || FIRST.includes(making.type(spec))) return;
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
		`"${name}": ${setting} "${given}" is not one of this product`,
		{
			next: `Nearest: ${nearest(known, given).join(", ") || "none"}. There are: ${known.join(", ")}.`,
		},
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

function choices({ name, settings }: FieldSpec): Loose {
	return {
		options: (settings.options ?? []).map((option) => {
			const { color } = option;
			if (
				color !== undefined &&
				!(
					typeof color === "number" &&
					Number.isInteger(color) &&
					color >= 0 &&
					color <= LAST_COLOR
				)
			)
				throw new TablesError(
					"bad_argument",
					`"${name}": the color ${JSON.stringify(color)} of option "${option.name}" is not one of this product`,
					{ next: `Colors are numbers from 0 to ${LAST_COLOR}.` },
				);
			return {
				...(option.id === "" ? {} : { id: option.id }),
				name: option.name,
				...defined({ color }),
			};
		}),
	};
}

function multiple({ settings }: FieldSpec): Loose {
	return { multiple: settings.multiple ?? true };
}

function formula(spec: FieldSpec, context: MakingContext): Loose {
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
