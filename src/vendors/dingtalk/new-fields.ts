import { TablesError } from "../../core/contract/errors.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import { defined } from "../../core/values/defined.js";
import type { Loose } from "../kit/answer.js";
import { unsupported } from "../kit/codecs.js";
import {
	type NewFieldRows,
	newFieldRow,
	refusePercent,
	refuseSettings,
} from "../kit/new-fields.js";

/** What a new field looks like on the wire, by type. */
interface Row {
	readonly wire: (spec: FieldSpec) => string;
	readonly property?: (spec: FieldSpec) => Loose;
}

const row = (wire: string, property?: Row["property"]): Row => ({
	wire: () => wire,
	...defined({ property }),
});
const IN_APP =
	"its settings are not in this API; make it in DingTalk: + at the right of the table's header";

const range = ({ settings }: FieldSpec): Loose =>
	defined({ min: settings.min, max: settings.max });
const multiple = ({ settings }: FieldSpec): Loose => ({
	multiple: settings.multiple !== false,
});
const choices = ({ settings }: FieldSpec): Loose => ({
	choices: (settings.options ?? []).map(({ name }) => ({ name })),
});

/** Types without a documented property are made by their bare name; what the vendor answers is reported. */
const ROWS: NewFieldRows<Row> = {
	text: row("text"),
	long_text: row("richText"),
	email: row("email"),
	phone: row("telephone"),
	barcode: row("barcode"),
	url: row("url"),
	// Without a format the product's own default.
	number: row("number", (spec) => {
		refusePercent(spec);
		return spec.settings.format === undefined
			? {}
			: { formatter: numeric(spec, NUMBERS) };
	}),
	currency: row("currency", (spec) => ({
		currencyType: currencyOf(spec),
		formatter: numeric(spec, CURRENCIES_SHOWN),
	})),
	percent: row("number", (spec) => ({
		formatter: numeric(spec, PERCENTS, "PERCENT"),
	})),
	rating: row("rating", range),
	progress: row("progress", range),
	checkbox: row("checkbox"),
	single_select: row("singleSelect", choices),
	multi_select: row("multipleSelect", choices),
	date: row("date", (spec) => ({ formatter: dated(spec) })),
	user: row("user", multiple),
	group: unsupported(IN_APP),
	department: row("department", multiple),
	link: {
		wire: ({ settings }) =>
			settings.twoWay ? "bidirectionalLink" : "unidirectionalLink",
		property: (spec) => ({
			...multiple(spec),
			linkedSheetId: spec.settings.linkTable,
		}),
	},
	attachment: row("attachment"),
	location: row("geolocation"),
	formula: unsupported(IN_APP),
	lookup: unsupported(IN_APP),
	auto_number: unsupported(IN_APP),
	created_time: row("createdTime"),
	updated_time: row("lastModifiedTime"),
	created_by: row("creator"),
	updated_by: row("lastModifier"),
	button: unsupported(IN_APP),
	unknown: unsupported("it is not a type that can be made"),
};

/**
 * The body of a field to be made.
 * @throws TablesError unsupported, bad_argument for a type or setting that the vendor does not have.
 */
export function newField(spec: FieldSpec): Loose {
	const found = newFieldRow(ROWS, spec);
	const { settings } = spec;
	const ranged = spec.type === "rating" || spec.type === "progress";
	refuse(spec.name, {
		color: settings.options?.find(({ color }) => color !== undefined)?.color,
		format:
			spec.type === "rating" || spec.type === "location"
				? settings.format
				: undefined,
		description: spec.description,
		default: settings.default,
		auto_fill: settings.autoFill || undefined,
		min: ranged ? undefined : settings.min,
		max: ranged ? undefined : settings.max,
		reverse_name: settings.twoWay ? undefined : settings.reverseName,
	});
	const property = found.property?.(spec);
	return {
		name: spec.name,
		type: found.wire(spec),
		...(property === undefined || Object.keys(property).length === 0
			? {}
			: { property }),
	};
}

/** @throws TablesError unsupported that names the settings that are given and that the API does not have. */
export const refuse = (
	name: string,
	settings: Readonly<Record<string, unknown>>,
	of = "a field",
): void => refuseSettings(name, settings, { of, app: "DingTalk" });

/** Formatters by what a number looks like. Source: "Data structure", "Create a field". */
const NUMBERS = {
	"0": "INT",
	"0.0": "FLOAT_1",
	"0.00": "FLOAT_2",
	"0.000": "FLOAT_3",
	"0.0000": "FLOAT_4",
	"#,##0": "THOUSAND",
	"#,##0.00": "THOUSAND_FLOAT",
} as const;
const CURRENCIES_SHOWN = {
	"0": "INT",
	"0.0": "FLOAT_1",
	"0.00": "FLOAT_2",
	"0.000": "FLOAT_3",
	"0.0000": "FLOAT_4",
} as const;
const PERCENTS = { "0%": "PERCENT", "0.00%": "PERCENT_FLOAT" } as const;

/** The vendor's formatter, or the same as a pattern. */
function numeric(
	{ name, settings: { format } }: FieldSpec,
	formats: Readonly<Record<string, string>>,
	usual = "FLOAT_2",
): string {
	if (format === undefined) return usual;
	const known = Object.values(formats);
	const wanted = format.trim().toUpperCase();
	const found =
		known.find((formatter) => formatter === wanted) ??
		formats[wanted] ??
		formats[`${wanted}%`];
	if (found !== undefined) return found;
	throw new TablesError(
		"bad_argument",
		`"${name}": the format "${format}" is not one that this product has`,
		{
			next: `Use ${Object.entries(formats)
				.map(([pattern, formatter]) => `${formatter} (${pattern})`)
				.join(", ")}.`,
		},
	);
}

/** Source: "Data structure". */
const CURRENCIES =
	"CNY HKD USD EUR GBP MOP VND JPY KRW AED AUD BRL CAD CHF INR IDR MXN MYR PHP PLN RUB SGD THB TRY TWD".split(
		" ",
	);

function currencyOf({ name, settings: { currency = "CNY" } }: FieldSpec) {
	const wanted = currency.toUpperCase();
	if (CURRENCIES.includes(wanted)) return wanted;
	throw new TablesError(
		"bad_argument",
		`"${name}": the currency "${currency}" is not one that this product has`,
		{ next: `Use ${CURRENCIES.join(", ")}.` },
	);
}

const DATES = [
	"YYYY-MM-DD",
	"YYYY-MM-DD HH:mm",
	"YYYY/MM/DD",
	"YYYY/MM/DD HH:mm",
];

function dated({ name, settings: { format = "YYYY-MM-DD" } }: FieldSpec) {
	const [day = "", time] = format.trim().split(/\s+/);
	const wanted = [
		day.toUpperCase(),
		...(time === undefined ? [] : [time.replace(/^hh/i, "HH")]),
	].join(" ");
	// With seconds it is shown by the product, and is in no page.
	const known = [...DATES, "YYYY-MM-DD HH:mm:ss"].find(
		(formatter) => formatter === wanted,
	);
	if (known !== undefined) return known;
	throw new TablesError(
		"bad_argument",
		`"${name}": the format "${format}" is not one that this product has`,
		{ next: `Use ${DATES.join(", ")}.` },
	);
}
