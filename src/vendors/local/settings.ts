import { TablesError } from "../../core/contract/errors.js";
import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import { parseCell } from "../../core/values/parse.js";
import { codecs } from "./cells.js";
import { checkPattern } from "./numbering.js";
import type { Store } from "./store.js";

const PRIMARY_TYPES: ReadonlySet<FieldType> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"barcode",
	"url",
	"number",
	"currency",
	"date",
	"auto_number",
]);

/** @throws TablesError bad_argument, unsupported: what the store cannot keep. */
export function checkSpec(spec: FieldSpec, primary: boolean): void {
	checkType(spec, primary);
	const { min, max, numberPattern, options = [] } = spec.settings;
	if (numberPattern !== undefined) checkPattern(numberPattern);
	if (spec.type === "rating" && max !== undefined && max < 1)
		throw new TablesError(
			"bad_argument",
			`"${spec.name}": a rating with max ${max} has no stars`,
			{ next: "Give max as 1 or more; without it there are 5." },
		);
	if (spec.type === "date") checkDateFormat(spec);
	checkNoFormat(spec);
	checkDefault(spec);
	if (min !== undefined && max !== undefined && min > max)
		throw new TablesError(
			"bad_argument",
			`"${spec.name}": min ${min} is above max ${max}`,
			{ next: "Give a min that is at most max." },
		);
	const names = options.map(({ name }) => name);
	if (new Set(names).size < names.length)
		throw new TablesError(
			"bad_argument",
			`"${spec.name}" has an option twice`,
			{ next: "Name each option once." },
		);
}

function checkType(spec: FieldSpec, primary: boolean): void {
	const codec = codecs[spec.type];
	if ("unsupported" in codec)
		throw new TablesError(
			"unsupported",
			`"${spec.name}": ${codec.unsupported}`,
			{ next: "Choose another type." },
		);
	if (primary && !PRIMARY_TYPES.has(spec.type))
		throw new TablesError(
			"bad_argument",
			`the first field "${spec.name}" is the primary one and cannot be ${spec.type}`,
			{
				next: `It can be ${[...PRIMARY_TYPES].join(", ")}.`,
			},
		);
}

/** Stars and places are shown in one way only. */
function checkNoFormat({ name, type, settings: { format } }: FieldSpec): void {
	if (format !== undefined && (type === "rating" || type === "location"))
		throw new TablesError(
			"unsupported",
			`"${name}": a ${type} has no format here, and "${format}" was given`,
			{ next: "Leave `format` out." },
		);
}

/** Year, month and day in any order, with the time of day after them where it is shown. */
const DATE_FORMAT =
	/^(?:y{4}|m{2}|d{2})(?:[-/. ]?(?:y{4}|m{2}|d{2})){0,2}(?:[ T]hh:mm(?::ss)?)?$/i;

function checkDateFormat({ name, settings: { format } }: FieldSpec): void {
	if (format !== undefined && !DATE_FORMAT.test(format))
		throw new TablesError(
			"bad_argument",
			`"${name}": "${format}" is not a date format`,
			{
				next: "Write yyyy-MM-dd, or yyyy-MM-dd HH:mm where it shows the time of day.",
			},
		);
}

/** A default is a value of its field like any other: every new record would have it. */
function checkDefault({ name, type, settings }: FieldSpec): void {
	if (settings.default === undefined || settings.default === null) return;
	const field: Field = {
		id: "",
		name,
		type,
		wireType: type,
		settings,
		primary: false,
	};
	const parsed = parseCell(settings.default, field, {
		zone: "UTC",
		allowNewOptions: false,
		linked: new Map(),
		people: new Map(),
		isId: () => false,
		newOption: () => {},
		note: () => {},
	});
	if ("problem" in parsed)
		throw new TablesError(
			"bad_argument",
			`default ${JSON.stringify(settings.default)} of "${name}" ${parsed.problem}`,
			{ next: "Fix `default` or leave it out; nothing was changed." },
		);
}

/** Settings as they are kept; options get ids, dates a format that says whether they show time. */
export function keptSettings({ newId }: Store, spec: FieldSpec): FieldSettings {
	const { settings, type } = spec;
	const showsTime =
		type === "date"
			? settings.format === undefined
				? (settings.showsTime ?? false)
				: /[Hh]/.test(settings.format)
			: undefined;
	const options =
		type === "single_select" || type === "multi_select"
			? (settings.options ?? [])
			: settings.options;
	return {
		...settings,
		...(showsTime ? { showsTime } : {}),
		...(type === "rating"
			? { min: settings.min ?? 0, max: settings.max ?? 5 }
			: {}),
		...(options === undefined
			? {}
			: {
					options: options.map((option) =>
						option.id === "" ? { ...option, id: newId("opt") } : option,
					),
				}),
	};
}
