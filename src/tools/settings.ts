import { TablesError } from "../core/contract/errors.js";
import type {
	Field,
	FieldSettings,
	FieldType,
	SelectOption,
} from "../core/contract/field.js";
import type { FieldSpec } from "../core/contract/schema.js";
import { defined } from "../core/values/defined.js";
import { nearest } from "../core/values/names.js";
import { settingsSpelled } from "./schemas.js";

/** Settings in the words of the tools, as `describe_fields` shows and `create_field` takes them. */
export function showSettings(
	field: Field,
	options: { readonly all: boolean },
): Record<string, unknown> {
	const { settings } = field;
	const shown = options.all
		? settings.options
		: settings.options?.slice(0, OPTIONS_SHOWN);
	const entries: [string, unknown][] = [
		["options", shown?.map(({ name }) => name)],
		[
			"options_total",
			settings.options && shown && settings.options.length > shown.length
				? settings.options.length
				: undefined,
		],
		["format", settings.format],
		["shows_time", settings.showsTime],
		["currency", settings.currency],
		["min", settings.min],
		["max", settings.max],
		["multiple", settings.multiple],
		["link_table", settings.linkTable],
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

/** Settings that mean something for a type; another one is refused by name. */
const TAKES: Readonly<Record<string, readonly FieldType[]>> = {
	options: ["single_select", "multi_select"],
	remove_options: ["single_select", "multi_select"],
	format: [
		"number",
		"currency",
		"percent",
		"progress",
		"date",
		"created_time",
		"updated_time",
		"formula",
		"lookup",
	],
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

/** A link's target as a table id in the same base. */
export type ResolveLink = (text: string) => Promise<string>;

/**
 * The whole definition of a field after a change: what is not named stays as it is, options are merged by name.
 * @throws TablesError bad_argument listing every problem.
 */
export async function fieldSpec(
	given: {
		readonly name: string;
		readonly type: FieldType;
		readonly settings: unknown;
	},
	current: Field | undefined,
	resolveLink: ResolveLink,
): Promise<{ readonly spec: FieldSpec; readonly removed: readonly string[] }> {
	const problems: string[] = [];
	const raw = given.settings === undefined ? {} : given.settings;
	const known = Object.keys(TAKES).concat("description");
	if (typeof raw !== "object" || raw === null || Array.isArray(raw))
		throw new TablesError(
			"bad_argument",
			`settings of "${given.name}" must be an object`,
			{ next: `Settings there are: ${known.join(", ")}.` },
		);
	for (const key of Object.keys(raw)) {
		const types = TAKES[key];
		if (key === "description") continue;
		if (types === undefined)
			problems.push(
				`setting "${key}" of "${given.name}" is not known; nearest: ${nearest(known, key).join(", ") || known.join(", ")}`,
			);
		else if (!types.includes(given.type))
			problems.push(
				`setting "${key}" does not fit type ${given.type} of "${given.name}"; it fits ${types.join(", ")}`,
			);
	}
	const parsed = settingsSpelled.safeParse(raw);
	if (!parsed.success)
		for (const issue of parsed.error.issues)
			problems.push(
				`settings.${issue.path.join(".")} of "${given.name}": ${issue.message}`,
			);
	if (problems.length > 0 || !parsed.success)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Mend the settings and call again; nothing was sent.",
		});
	const wanted = parsed.data;
	const keep =
		current !== undefined && current.type === given.type
			? current.settings
			: {};
	const merged = mergeOptions(
		given,
		keep.options ?? [],
		wanted.options ?? [],
		wanted.remove_options ?? [],
	);
	const { default: keptDefault, ...kept } = keep as FieldSettings;
	const settings: FieldSettings = {
		...kept,
		...defaultAfter(
			keptDefault,
			wanted.options ?? [],
			wanted.remove_options ?? [],
		),
		...defined({
			options: merged?.options,
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
		}),
	};
	if (given.type === "link" && settings.linkTable === undefined)
		throw new TablesError(
			"bad_argument",
			`"${given.name}" is a link: settings.link_table is missing`,
			{
				next: "Name the table that it points to.",
			},
		);
	const description = wanted.description ?? current?.description;
	return {
		spec: {
			name: given.name,
			type: given.type,
			settings,
			...defined({ description }),
		},
		removed: merged?.removed ?? [],
	};
}

/** A default that names an option goes by its new name, and with it when it is removed. */
function defaultAfter(
	current: FieldSettings["default"],
	wanted: readonly {
		readonly name: string;
		readonly new_name?: string | undefined;
	}[],
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

function mergeOptions(
	given: { readonly name: string; readonly type: FieldType },
	current: readonly SelectOption[],
	wanted: readonly {
		readonly name: string;
		readonly new_name?: string | undefined;
		readonly color?: unknown;
	}[],
	remove: readonly string[],
):
	| {
			readonly options: readonly SelectOption[];
			readonly removed: readonly string[];
	  }
	| undefined {
	if (given.type !== "single_select" && given.type !== "multi_select")
		return undefined;
	const problems: string[] = [];
	const options = new Map(current.map((option) => [option.name, option]));
	for (const name of remove) {
		if (!options.has(name))
			problems.push(
				`option "${name}" is not in "${given.name}"; nearest: ${nearest([...options.keys()], name).join(", ") || "none"}`,
			);
		options.delete(name);
	}
	const order: SelectOption[] = [...options.values()];
	for (const option of wanted) {
		const at = order.findIndex(({ name }) => name === option.name);
		const before = order[at];
		if (before === undefined && option.new_name !== undefined) {
			problems.push(
				`option "${option.name}" cannot be renamed: it is not in "${given.name}"; nearest: ${
					nearest(
						order.map(({ name }) => name),
						option.name,
					).join(", ") || "none"
				}`,
			);
			continue;
		}
		const name = option.new_name ?? option.name;
		if (order.some((other, index) => index !== at && other.name === name)) {
			problems.push(`"${given.name}" would have two options "${name}"`);
			continue;
		}
		const next: SelectOption = {
			...(before ?? { id: "" }),
			name,
			...defined({ color: option.color as string | number | undefined }),
		};
		if (before === undefined) order.push(next);
		else order[at] = next;
	}
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Mend the options and call again; nothing was sent.",
		});
	return { options: order, removed: remove };
}
