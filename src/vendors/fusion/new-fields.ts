import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import { defined } from "../../core/values/defined.js";
import type { Loose } from "../kit/answer.js";
import { unsupported } from "../kit/codecs.js";
import { withFieldIds } from "../kit/formula.js";
import {
	type NewFieldRows,
	newFieldRow,
	refusePercent,
	refuseSettings,
} from "../kit/new-fields.js";
import { colorNumber, type Palette } from "../kit/option-colors.js";
import { NO_TYPE } from "./cells.js";
import { LITERAL } from "./formula.js";

/** What a new field looks like on the wire, by type; `fields` are those that a formula may name. Source: "Create field". */
interface Row {
	readonly wire: (spec: FieldSpec) => string;
	/** undefined: the vendor refuses any property. */
	readonly property?: (
		spec: FieldSpec,
		fields: readonly Field[],
	) => Readonly<Record<string, unknown>>;
}

const row = (wire: string, property?: NonNullable<Row["property"]>): Row => ({
	wire: () => wire,
	...(property ? { property } : {}),
});

const ROWS: NewFieldRows<Row> = {
	text: row("SingleText", ({ settings }) =>
		defined({ defaultValue: settings.default }),
	),
	long_text: row("Text"),
	email: row("Email"),
	phone: row("Phone"),
	barcode: unsupported(NO_TYPE),
	url: row("URL"),
	number: row("Number", (spec) => numeric(spec, 0)),
	currency: row("Currency", (spec) => ({
		...numeric(spec, 2),
		symbol: symbolOf(spec.settings.currency ?? "USD"),
	})),
	percent: row("Percent", (spec) => numeric(spec, 0)),
	rating: row("Rating", ({ settings }) => ({
		icon: "star",
		max: settings.max ?? 5,
	})),
	progress: unsupported(`${NO_TYPE}; make it percent`),
	checkbox: row("Checkbox", () => ({ icon: "white_check_mark" })),
	single_select: row("SingleSelect", choices),
	multi_select: row("MultiSelect", choices),
	date: row("DateTime", dates),
	user: row("Member", ({ settings }) => ({
		isMulti: settings.multiple !== false,
	})),
	group: unsupported(`${NO_TYPE}; make it user: teams fit in`),
	department: unsupported(`${NO_TYPE}; make it user: teams fit in`),
	link: {
		wire: ({ settings }) => (settings.twoWay ? "MagicLink" : "OneWayLink"),
		property: ({ settings }) => ({
			foreignDatasheetId: settings.linkTable,
			...(settings.multiple === false ? { limitSingleRecord: true } : {}),
		}),
	},
	attachment: row("Attachment"),
	location: unsupported(`${NO_TYPE}; make it text`),
	formula: row("Formula", ({ settings, name }, fields) => ({
		expression: withIds(settings.formula ?? "", fields, name),
	})),
	lookup: unsupported(
		"a lookup needs the link field and the other table's field, which these tools cannot name: make it in the app (add field, Lookup)",
	),
	auto_number: row("AutoNumber"),
	created_time: row("CreatedTime", dates),
	updated_time: row("LastModifiedTime", (spec) => ({
		...dates(spec),
		collectType: 0,
	})),
	created_by: row("CreatedBy"),
	updated_by: row("LastModifiedBy", () => ({ collectType: 0 })),
	button: row("Button", () => ({})),
	unknown: unsupported("it is not a type that can be made"),
};

/**
 * The body of a field to be made.
 * @throws TablesError unsupported for a type or setting that the vendor does not have.
 */
export function newField(spec: FieldSpec, fields: readonly Field[]): Loose {
	const found = newFieldRow(ROWS, spec);
	const { settings } = spec;
	refuseSettings(
		spec.name,
		{
			description: spec.description,
			format: spec.type === "rating" ? settings.format : undefined,
			number_pattern: settings.numberPattern,
			reverse_name: settings.reverseName,
			default: HAS_DEFAULT.has(spec.type) ? undefined : settings.default,
			min:
				spec.type === "rating" && settings.min === 1 ? undefined : settings.min,
		},
		{ app: "the app" },
	);
	const property = found.property?.(spec, fields);
	return {
		name: spec.name,
		type: found.wire(spec),
		...defined({ property }),
	};
}

/** Types whose cells can be filled in by a default. */
const HAS_DEFAULT: ReadonlySet<FieldSpec["type"]> = new Set([
	"text",
	"number",
	"currency",
	"percent",
	"single_select",
	"multi_select",
]);

/** A number's default, which may be spelled as a text. @throws TablesError bad_argument for another text. */
function numberDefault({ name, settings }: FieldSpec): Loose {
	const given = settings.default;
	if (given === undefined || given === null) return {};
	const value = typeof given === "string" ? Number(given) : given;
	if (given === "" || typeof value !== "number" || !Number.isFinite(value))
		throw new TablesError(
			"bad_argument",
			`"${name}": the default ${JSON.stringify(given)} is not a number`,
			{ next: "Give `default` as a number." },
		);
	return { defaultValue: String(value) };
}

function numeric(spec: FieldSpec, usual: number): Loose {
	refusePercent(spec);
	const { format } = spec.settings;
	const precision =
		format === undefined ? usual : (/\.([0#]+)/.exec(format)?.[1]?.length ?? 0);
	if (spec.type === "currency" && precision === 0)
		throw new TablesError(
			"bad_argument",
			// Measured. Source: "room-server 1.10.0".
			`"${spec.name}": this product makes a currency without decimals one with two`,
			{ next: 'Use format "0.0" or "0.00", or a number with format "0".' },
		);
	return { precision, ...numberDefault(spec) };
}

/** As the fields show them, and by number as this server takes them (measured). Source: "room-server 1.10.0". */
const COLORS: Palette = {
	hues: [
		"deepPurple",
		"indigo",
		"blue",
		"teal",
		"green",
		"yellow",
		"orange",
		"tangerine",
		"pink",
		"red",
	],
	shades: ["0", "1", "2", "3", "4", "5", "6", "7"],
	alias: { purple: "deepPurple" },
};

function choices(spec: FieldSpec): Loose {
	const { type, settings } = spec;
	return {
		options: (settings.options ?? []).map(({ name, color }) => ({
			name,
			...(color === undefined
				? {}
				: { color: colorNumber(spec, { name, color }, COLORS) }),
		})),
		...defined({
			defaultValue:
				type === "multi_select" && typeof settings.default === "string"
					? [settings.default]
					: settings.default,
		}),
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
			`"${name}": the format "${settings.format}" is not one that this product has`,
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
	return withFieldIds(
		{ formula, literal: LITERAL, fields, owner },
		(id) => `{${id}}`,
	);
}
