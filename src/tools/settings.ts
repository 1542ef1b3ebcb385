import type { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type {
	Field,
	FieldSettings,
	FieldType,
	SelectOption,
} from "../core/contract/field.js";
import type { FieldSpec } from "../core/contract/schema.js";
import { defined } from "../core/values/defined.js";
import { withoutEnd } from "../core/values/ends.js";
import { cutList, isName, namesOf, quoted } from "../core/values/names.js";
import {
	type Hints,
	hintsOf,
	LONGEST_NAME,
} from "../core/values/near-names.js";
import { settingsSpelled } from "./schemas.js";

/** Settings in the words of the tools, as `describe_fields` shows and `create_field` takes them. */
export function showSettings(
	field: Field,
	options: { readonly all: boolean; readonly linkTable?: string | undefined },
): Record<string, unknown> {
	const { settings } = field;
	const shown = options.all
		? settings.options
		: settings.options?.slice(0, OPTIONS_SHOWN);
	const entries: [string, unknown][] = [
		["options", shown?.map(({ name }) => name)],
		["format", settings.format],
		["shows_time", settings.showsTime],
		["currency", settings.currency],
		["min", settings.min],
		["max", settings.max],
		["multiple", settings.multiple],
		["link_table", options.linkTable ?? settings.linkTable],
		["two_way", settings.twoWay],
		["reverse_name", settings.reverseName],
		["formula", settings.formula],
		["auto_fill", settings.autoFill],
		["number_pattern", settings.numberPattern],
		["default", settings.default],
	];
	return Object.fromEntries(
		entries.filter(
			([, value]) => value !== undefined && value !== null && value !== "",
		),
	);
}

const OPTIONS_SHOWN = 50;

/** How many options there are, where not all are shown. */
export function optionsTotal(
	{ settings }: Field,
	{ all }: { readonly all: boolean },
): number | undefined {
	const total = settings.options?.length ?? 0;
	return all || total <= OPTIONS_SHOWN ? undefined : total;
}

/** Settings that mean something for a type; another one is refused by name. */
const TAKES: Readonly<Record<string, readonly FieldType[]>> = {
	options: ["single_select", "multi_select"],
	remove_options: ["single_select", "multi_select"],
	format: [
		"number",
		"currency",
		"percent",
		"rating",
		"progress",
		"date",
		"location",
		"created_time",
		"updated_time",
		"formula",
		"lookup",
	],
	shows_time: ["date", "created_time", "updated_time", "formula", "lookup"],
	currency: ["currency"],
	min: ["rating", "progress", "number"],
	max: ["rating", "progress", "number"],
	multiple: ["user", "group", "department", "link"],
	link_table: ["link"],
	two_way: ["link"],
	reverse_name: ["link"],
	formula: ["formula"],
	auto_fill: ["date"],
	number_pattern: ["auto_number"],
	default: [
		"text",
		"long_text",
		"number",
		"currency",
		"percent",
		"single_select",
		"multi_select",
		"checkbox",
	],
};

/** Every setting; each type takes a description. */
export const SETTINGS: readonly string[] = [
	...Object.keys(TAKES),
	"description",
];

/** A link's target as a table id in the same base. */
export type ResolveLink = (text: string) => Promise<string>;

interface GivenField {
	readonly name: string;
	readonly type: FieldType;
	readonly settings?: unknown;
}

/**
 * The whole definition of a field after a change: what is not named stays as it is, options are merged by name.
 * @throws TablesError bad_argument listing every problem.
 */
export async function fieldSpec(
	given: GivenField,
	current: Field | undefined,
	resolveLink: ResolveLink,
): Promise<{ readonly spec: FieldSpec; readonly removed: readonly string[] }> {
	const wanted = checkedSettings(given);
	const { options = [], remove_options = [] } = wanted;
	const keep: FieldSettings =
		current !== undefined && current.type === given.type
			? current.settings
			: {};
	const { default: keptDefault, ...kept } = keep;
	const merged = mergeOptions(
		given,
		keep.options ?? [],
		options,
		remove_options,
	);
	const settings: FieldSettings = {
		...kept,
		...defaultAfter(keptDefault, options, remove_options),
		...defined({ options: merged }),
		...(await namedSettings(wanted, resolveLink)),
		...timeSettings(given, wanted, kept),
	};
	if (given.type === "link" && settings.linkTable === undefined)
		throw new TablesError(
			"bad_argument",
			`"${given.name}" is a link: settings.link_table is missing`,
			{ next: "Name the table that it points to." },
		);
	const description = wanted.description ?? current?.description;
	const { name, type } = given;
	return {
		spec: { name, type, settings, ...defined({ description }) },
		removed: merged === undefined ? [] : remove_options,
	};
}

type GivenSettings = z.output<typeof settingsSpelled>;
type GivenOptions = NonNullable<GivenSettings["options"]>;

/** The settings as they were given, all known and all fit for the field's type. */
function checkedSettings({
	name,
	type,
	settings = {},
}: GivenField): GivenSettings {
	if (
		typeof settings !== "object" ||
		settings === null ||
		Array.isArray(settings)
	)
		throw new TablesError(
			"bad_argument",
			`settings of "${name}" must be an object`,
			{ next: `The settings are: ${SETTINGS.join(", ")}.` },
		);
	const hints = hintsOf();
	const misplacedOnes = Object.keys(settings).flatMap((key) =>
		misplaced(key, { name, type }, hints),
	);
	const parsed = settingsSpelled.safeParse(withOptionObjects(settings));
	const problems = [
		...misplacedOnes,
		...(parsed.error?.issues ?? []).map(
			({ path, message }) =>
				`settings.${path.join(".")} of "${name}": ${message}`,
		),
	];
	if (problems.length > 0 || !parsed.success)
		throw new TablesError("bad_argument", cutList(problems, "; "), {
			next: "Fix the settings and call again; nothing was sent.",
		});
	return parsed.data;
}

/** Options may be given as their names, as `describe_fields` shows them. */
function withOptionObjects(settings: object): object {
	const { options } = settings as { readonly options?: unknown };
	return Array.isArray(options)
		? {
				...settings,
				options: options.map((option) =>
					typeof option === "string" ? { name: option } : option,
				),
			}
		: settings;
}

/** Times of day are shown by the format: `shows_time` alone adds them to it, or takes them away. */
function timeSettings(
	{ name, type }: GivenField,
	{ format, shows_time: shows }: GivenSettings,
	kept: FieldSettings,
): FieldSettings {
	if (shows === undefined || type === "formula" || type === "lookup") return {};
	if (format === undefined) {
		const [days = ""] = (kept.format ?? "yyyy-MM-dd").split(/[Hh]/);
		const day = withoutEnd(days, /[ T]/);
		return { format: shows ? `${day} HH:mm` : day, showsTime: shows };
	}
	if (/[Hh]/.test(format) !== shows)
		throw new TablesError(
			"bad_argument",
			`"${name}": shows_time is ${shows}, and the format "${format}" ${shows ? "has no" : "has a"} time of day`,
			{ next: "Give one of them; nothing was sent." },
		);
	return { showsTime: shows };
}

/** What is wrong with a setting of this name in a field of this type. */
function misplaced(
	key: string,
	{ name, type }: Pick<GivenField, "name" | "type">,
	hints: Hints,
): string[] {
	if (key === "description") return [];
	const types = TAKES[key];
	if (types === undefined)
		return [
			`setting ${quoted(key)} of "${name}" is not known; nearest: ${hints.nearest(SETTINGS, key).join(", ") || SETTINGS.join(", ")}`,
		];
	return types.includes(type)
		? []
		: [
				`setting "${key}" does not fit type ${type} of "${name}"; it fits ${types.join(", ")}`,
			];
}

/** Those of the settings that simply replace what there was. */
async function namedSettings(
	wanted: GivenSettings,
	resolveLink: ResolveLink,
): Promise<FieldSettings> {
	return defined({
		format: wanted.format,
		currency: wanted.currency,
		min: wanted.min,
		max: wanted.max,
		multiple: wanted.multiple,
		twoWay: wanted.two_way,
		reverseName: wanted.reverse_name,
		formula: wanted.formula,
		autoFill: wanted.auto_fill,
		numberPattern: wanted.number_pattern,
		default: wanted.default as FieldSettings["default"],
		linkTable:
			wanted.link_table === undefined
				? undefined
				: await resolveLink(wanted.link_table),
	});
}

/** A default that names an option goes by its new name, and with it when it is removed. */
function defaultAfter(
	current: FieldSettings["default"],
	wanted: GivenOptions,
	removed: readonly string[],
): Pick<FieldSettings, "default"> {
	if (current === undefined) return {};
	if (typeof current !== "string" && !Array.isArray(current))
		return { default: current };
	const names = (Array.isArray(current) ? current.map(String) : [current])
		.filter((name) => !removed.includes(name))
		.map(
			(name) => wanted.find((option) => option.name === name)?.new_name ?? name,
		);
	const [first] = names;
	if (first === undefined) return {};
	return { default: Array.isArray(current) ? names : first };
}

/** Options of a select field by name: those there are, less the removed, with what was named; undefined for other types. */
function mergeOptions(
	{ name: field, type }: GivenField,
	current: readonly SelectOption[],
	wanted: GivenOptions,
	remove: readonly string[],
): readonly SelectOption[] | undefined {
	if (type !== "single_select" && type !== "multi_select") return undefined;
	const options = [
		...new Map(current.map((option) => [option.name, option])).values(),
	];
	const problems = [
		...dropOptions(field, options, remove),
		...setOptions(field, options, wanted),
	];
	if (problems.length > 0)
		throw new TablesError("bad_argument", cutList(problems, "; "), {
			next: "Fix the options and call again; nothing was sent.",
		});
	return options;
}

/** Takes options out of a list; answers what is wrong with it. */
function dropOptions(
	field: string,
	options: SelectOption[],
	remove: readonly string[],
): readonly string[] {
	const there = [...options];
	const hints = hintsOf();
	const gone = new Set<string>();
	const problems = remove.flatMap((name) => {
		if (!isName(there, name) || gone.has(name))
			return [
				`option ${quoted(name)} is ${missing(field, there, name, hints)}`,
			];
		gone.add(name);
		return [];
	});
	options.splice(
		0,
		options.length,
		...there.filter(({ name }) => !gone.has(name)),
	);
	return problems;
}

/** Changes and adds options of a list; answers what is wrong with them. */
function setOptions(
	field: string,
	options: SelectOption[],
	wanted: GivenOptions,
): readonly string[] {
	const there = [...options];
	const hints = hintsOf();
	const places = new Map(options.map(({ name }, index) => [name, index]));
	return wanted.flatMap(({ name: given, new_name, color }) => {
		if (given.length > LONGEST_NAME || (new_name ?? "").length > LONGEST_NAME)
			return [
				`option ${quoted(new_name ?? given)}: a name has at most ${LONGEST_NAME} characters`,
			];
		const found = places.get(given);
		const at = found ?? options.length;
		const name = new_name ?? given;
		if (found === undefined && new_name !== undefined)
			return [
				`option ${quoted(given)} cannot be renamed: it is ${missing(field, there, given, hints)}`,
			];
		const other = places.get(name);
		if (other !== undefined && other !== at)
			return [`"${field}" would have two options ${quoted(name)}`];
		places.delete(given);
		places.set(name, at);
		options[at] = {
			...(options[at] ?? { id: "" }),
			name,
			...defined({ color: colorOf(color) }),
		};
		return [];
	});
}

/** As the vendor names it; a number may come as a text. */
function colorOf(color: unknown): string | number | undefined {
	return typeof color === "string" && /^(?:0|[1-9]\d{0,8})$/.test(color)
		? Number(color)
		: (color as string | number | undefined);
}

function missing(
	field: string,
	options: readonly SelectOption[],
	option: string,
	hints: Hints,
): string {
	const close = hints.nearest(namesOf(options), option);
	return `not in "${field}"; nearest: ${close.join(", ") || "none"}`;
}
