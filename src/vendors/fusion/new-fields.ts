import type { FieldSpec, Unsupported } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field, FieldType } from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { formulaNames } from "../../core/values/formula.js";
import type { Loose } from "../kit/answer.js";
import { unsupported } from "../kit/codecs.js";
import { NO_TYPE } from "./cells.js";
import { mapReferences } from "./formula.js";

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
	barcode: unsupported(NO_TYPE),
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
	progress: unsupported(`${NO_TYPE}; make it percent`),
	checkbox: making("Checkbox", () => ({ icon: "white_check_mark" })),
	single_select: making("SingleSelect", choices),
	multi_select: making("MultiSelect", choices),
	date: making("DateTime", dates),
	user: making("Member", ({ settings }) => ({
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
	attachment: making("Attachment"),
	location: unsupported(`${NO_TYPE}; make it text`),
	formula: making("Formula", ({ settings, name }, fields) => ({
		expression: withIds(settings.formula ?? "", fields, name),
	})),
	lookup: unsupported(
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
	unknown: unsupported("it is no type that can be made"),
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
		...defined({ property }),
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
