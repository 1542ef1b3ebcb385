import { isJson, type Json } from "./call.js";
import { type Code, Refusal } from "./codes.js";
import type { Field } from "./model.js";

/** How the structured filter sees a field. */
export type Family =
	| "text"
	| "number"
	| "select"
	| "entity"
	| "date"
	| "checkbox"
	| "attachment"
	| "computed"
	| "none";

export interface FieldKind {
	/** The first is the default. */
	readonly uiTypes: readonly string[];
	readonly creatable: boolean;
	readonly writable: boolean;
	/** May be the index field. */
	readonly primary?: true;
	readonly family: Family;
	/** Of a bad property. */
	readonly propertyCode: Code;
	/** Of a bad value. */
	readonly valueCode: Code;
	/** Checks a property and completes it; `undefined`: refused. */
	property(given: Json, uiType: string, formulaType: 1 | 2): Json | undefined;
	/** Takes no property at all: null on reading, and nothing or null on writing. */
	readonly bare?: true;
}

const NUMBER_FORMATS = [
	"0",
	"0.0",
	"0.00",
	"0.000",
	"0.0000",
	"1,000",
	"1,000.00",
	"%",
	"0.00%",
	"¥",
	"¥0.00",
	"$",
	"$0.00",
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
const FORMULA_FORMATS = [
	"",
	...NUMBER_FORMATS.filter(
		(format) => format !== "0.000" && format !== "0.0000",
	),
	"yyyy/MM/dd HH:mm",
	"yyyy/MM/dd",
	"yyyy-MM-dd",
	"MM-dd",
];
const PROGRESS_FORMATS = ["0", "0.0", "0.00", "0%", "0.0%", "0.00%"];
const CURRENCY_FORMATS = ["0", "0.0", "0.00", "0.000", "0.0000"];
const CURRENCIES =
	"CNY USD EUR GBP AED AUD BRL CAD CHF HKD INR IDR JPY KRW MOP MXN MYR PHP PLN RUB SGD THB TRY TWD VND".split(
		" ",
	);
const RATING_SYMBOLS = [
	"star",
	"heart",
	"thumbsup",
	"fire",
	"smile",
	"lightning",
	"flower",
	"number",
];
const SERIAL_DATES = ["yyyyMMdd", "yyyyMM", "yyyy", "MMdd", "MM", "dd"];

/** A text of a list, or the default when it is left out; `undefined`: neither. */
function chosen(
	value: unknown,
	list: readonly string[],
	standard?: string,
): string | undefined {
	if (value === undefined || value === null) return standard;
	return typeof value === "string" && list.includes(value) ? value : undefined;
}

function flag(value: unknown, standard: boolean): boolean | undefined {
	if (value === undefined || value === null) return standard;
	return typeof value === "boolean" ? value : undefined;
}

/** All values, or `undefined` when one of them is. */
function whole(values: Readonly<Record<string, unknown>>): Json | undefined {
	return Object.values(values).includes(undefined) ? undefined : values;
}

const none = () => null as unknown as Json;

function numberProperty(given: Json, uiType: string): Json | undefined {
	const { min, max } = given;
	if (uiType === "Progress") {
		const customized = flag(given.range_customize, false);
		if (customized && !(typeof min === "number" && typeof max === "number"))
			return undefined;
		return whole({
			formatter: chosen(given.formatter, PROGRESS_FORMATS),
			range_customize: customized,
			min: typeof min === "number" ? min : 0,
			max: typeof max === "number" ? max : 1,
		});
	}
	if (uiType === "Currency")
		return whole({
			formatter: chosen(given.formatter, CURRENCY_FORMATS),
			currency_code: chosen(given.currency_code, CURRENCIES),
		});
	if (uiType === "Rating") {
		const rating = isJson(given.rating) ? given.rating : {};
		return whole({
			formatter: chosen(given.formatter, ["0"]),
			min: min === 0 || min === 1 ? min : undefined,
			max:
				typeof max === "number" &&
				Number.isInteger(max) &&
				max >= 1 &&
				max <= 10
					? max
					: undefined,
			rating: whole({ symbol: chosen(rating.symbol, RATING_SYMBOLS, "star") }),
		});
	}
	return whole({ formatter: chosen(given.formatter, NUMBER_FORMATS, "0.0") });
}

function textProperty(given: Json, uiType: string): Json | undefined {
	if (uiType !== "Barcode") return none();
	const modes = isJson(given.allowed_edit_modes)
		? given.allowed_edit_modes
		: {};
	const manual = flag(modes.manual, true);
	const scan = flag(modes.scan, true);
	return manual === undefined || scan === undefined
		? undefined
		: { allowed_edit_modes: { manual, scan } };
}

function formulaProperty(
	given: Json,
	_uiType: string,
	formulaType: 1 | 2,
): Json | undefined {
	const { formula_expression: expression = "", type } = given;
	if (formulaType === 2 && !isJson(type)) return undefined;
	return whole({
		formatter: chosen(given.formatter, FORMULA_FORMATS, ""),
		formula_expression: typeof expression === "string" ? expression : undefined,
		...(isJson(type) ? { type } : {}),
	});
}

function linkProperty(given: Json): Json | undefined {
	return whole({
		multiple: flag(given.multiple, true),
		table_id: typeof given.table_id === "string" ? given.table_id : undefined,
		...(typeof given.back_field_name === "string"
			? { back_field_name: given.back_field_name }
			: {}),
	});
}

function serialProperty(given: Json): Json | undefined {
	const serial = given.auto_serial;
	if (serial === undefined || serial === null)
		return { auto_serial: { type: "auto_increment_number" } };
	if (!isJson(serial)) return undefined;
	if (serial.type === "auto_increment_number")
		return { auto_serial: { type: serial.type } };
	if (serial.type !== "custom" || !Array.isArray(serial.options))
		return undefined;
	const options: Json[] = [];
	for (const option of serial.options) {
		if (!isJson(option) || typeof option.value !== "string") return undefined;
		const { type, value } = option;
		const fits =
			type === "system_number"
				? /^[1-9]$/.test(value)
				: type === "fixed_text"
					? value.length <= 20
					: type === "created_time" && SERIAL_DATES.includes(value);
		if (!fits) return undefined;
		options.push({ type, value });
	}
	return { auto_serial: { type: "custom", options } };
}

const multiple = (given: Json) =>
	whole({ multiple: flag(given.multiple, true) });
const dated = (given: Json) =>
	whole({
		date_formatter: chosen(given.date_formatter, DATE_FORMATS, "yyyy/MM/dd"),
	});

/** Every type number of the API; a row is what the documents say of it. */
const FIELD_KINDS = {
	1: {
		uiTypes: ["Text", "Barcode", "Email"],
		creatable: true,
		writable: true,
		primary: true,
		family: "text",
		propertyCode: 1254080,
		valueCode: 1254060,
		property: textProperty,
	},
	2: {
		uiTypes: ["Number", "Progress", "Currency", "Rating"],
		creatable: true,
		writable: true,
		primary: true,
		family: "number",
		propertyCode: 1254081,
		valueCode: 1254061,
		property: numberProperty,
	},
	3: {
		uiTypes: ["SingleSelect"],
		creatable: true,
		writable: true,
		family: "select",
		propertyCode: 1254082,
		valueCode: 1254062,
		property: () => ({}),
	},
	4: {
		uiTypes: ["MultiSelect"],
		creatable: true,
		writable: true,
		family: "select",
		propertyCode: 1254083,
		valueCode: 1254063,
		property: () => ({}),
	},
	5: {
		uiTypes: ["DateTime"],
		creatable: true,
		writable: true,
		primary: true,
		family: "date",
		propertyCode: 1254084,
		valueCode: 1254064,
		property: (given) =>
			whole({
				date_formatter: chosen(
					given.date_formatter,
					DATE_FORMATS,
					"yyyy/MM/dd",
				),
				auto_fill: flag(given.auto_fill, false),
			}),
	},
	7: {
		uiTypes: ["Checkbox"],
		creatable: true,
		writable: true,
		family: "checkbox",
		propertyCode: 1254085,
		valueCode: 1254065,
		property: none,
		bare: true,
	},
	11: {
		uiTypes: ["User"],
		creatable: true,
		writable: true,
		family: "entity",
		propertyCode: 1254086,
		valueCode: 1254066,
		property: multiple,
	},
	13: {
		uiTypes: ["Phone"],
		creatable: true,
		writable: true,
		primary: true,
		family: "text",
		propertyCode: 1254001,
		valueCode: 1254072,
		property: none,
		bare: true,
	},
	15: {
		uiTypes: ["Url"],
		creatable: true,
		writable: true,
		primary: true,
		family: "text",
		propertyCode: 1254087,
		valueCode: 1254068,
		property: none,
		bare: true,
	},
	17: {
		uiTypes: ["Attachment"],
		creatable: true,
		writable: true,
		family: "attachment",
		propertyCode: 1254088,
		valueCode: 1254069,
		property: none,
		bare: true,
	},
	18: {
		uiTypes: ["SingleLink"],
		creatable: true,
		writable: true,
		family: "entity",
		propertyCode: 1254089,
		valueCode: 1254067,
		property: linkProperty,
	},
	19: {
		uiTypes: ["Lookup"],
		creatable: false,
		writable: false,
		family: "computed",
		propertyCode: 1254090,
		valueCode: 1254015,
		property: none,
	},
	20: {
		uiTypes: ["Formula"],
		creatable: true,
		writable: false,
		primary: true,
		family: "computed",
		propertyCode: 1254091,
		valueCode: 1254015,
		property: formulaProperty,
	},
	21: {
		uiTypes: ["DuplexLink"],
		creatable: true,
		writable: true,
		family: "entity",
		propertyCode: 1254092,
		valueCode: 1254074,
		property: linkProperty,
	},
	22: {
		uiTypes: ["Location"],
		creatable: true,
		writable: true,
		primary: true,
		family: "text",
		propertyCode: 1254001,
		valueCode: 1254015,
		property: (given) => {
			const location = isJson(given.location) ? given.location : {};
			const type = chosen(
				location.input_type,
				["only_mobile", "not_limit"],
				"not_limit",
			);
			return type === undefined
				? undefined
				: { location: { input_type: type } };
		},
	},
	23: {
		uiTypes: ["GroupChat"],
		creatable: true,
		writable: true,
		family: "entity",
		propertyCode: 1254001,
		valueCode: 1254066,
		property: multiple,
	},
	24: {
		uiTypes: ["Stage"],
		creatable: false,
		writable: false,
		family: "none",
		propertyCode: 1254001,
		valueCode: 1254015,
		property: none,
	},
	1001: {
		uiTypes: ["CreatedTime"],
		creatable: true,
		writable: false,
		family: "date",
		propertyCode: 1254093,
		valueCode: 1254015,
		property: dated,
	},
	1002: {
		uiTypes: ["ModifiedTime"],
		creatable: true,
		writable: false,
		family: "date",
		propertyCode: 1254094,
		valueCode: 1254015,
		property: dated,
	},
	1003: {
		uiTypes: ["CreatedUser"],
		creatable: true,
		writable: false,
		family: "entity",
		propertyCode: 1254095,
		valueCode: 1254015,
		property: none,
		bare: true,
	},
	1004: {
		uiTypes: ["ModifiedUser"],
		creatable: true,
		writable: false,
		family: "entity",
		propertyCode: 1254096,
		valueCode: 1254015,
		property: none,
		bare: true,
	},
	1005: {
		uiTypes: ["AutoNumber"],
		creatable: true,
		writable: false,
		family: "text",
		propertyCode: 1254001,
		valueCode: 1254015,
		property: serialProperty,
	},
	3001: {
		uiTypes: ["Button"],
		creatable: false,
		writable: false,
		family: "none",
		propertyCode: 1254001,
		valueCode: 1254015,
		property: none,
	},
} as const satisfies Record<number, FieldKind>;

export function kindOf(type: number): FieldKind | undefined {
	return (FIELD_KINDS as Readonly<Record<number, FieldKind>>)[type];
}

/** The kind of a stored field. */
export function kind(field: Pick<Field, "type">): FieldKind {
	const found = kindOf(field.type);
	if (found === undefined) throw new Error(`no field type ${field.type}`);
	return found;
}

export const isLink = (type: number): boolean => type === 18 || type === 21;
export const isSelect = (type: number): boolean => type === 3 || type === 4;

/** A property that was checked and completed. @throws Refusal with the type's property code */
export function checkedProperty(
	type: number,
	uiType: string,
	given: unknown,
	formulaType: 1 | 2,
): Json | null {
	const found = kindOf(type);
	if (found === undefined) throw new Refusal(1254012);
	const absent = given === undefined || given === null;
	if (found.bare && !absent) throw new Refusal(found.propertyCode);
	if (!absent && !isJson(given)) throw new Refusal(found.propertyCode);
	const property = found.property(absent ? {} : given, uiType, formulaType);
	if (property === undefined) throw new Refusal(found.propertyCode);
	return property;
}
