import type {
	Condition,
	Filter,
	GivenCondition,
} from "../../core/contract/condition.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field } from "../../core/contract/field.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
	Table,
} from "../../core/contract/table.js";
import { kindOf } from "../../core/values/values.js";
import { zone } from "../../core/values/zone.js";
import { parse } from "../../http/answer.js";
import { type Loose, list, loose, text } from "../kit/answer.js";

/** Source: "Update View". */
const MOST_CONDITIONS = 50;

/** One condition as the vendor keeps it. */
interface WireCondition {
	readonly operator: string;
	readonly values: readonly string[];
}

/** Several parts hold together (`and`) or one of them (`or`). */
interface WireParts {
	readonly parts: readonly WireCondition[];
	readonly join: "and" | "or";
}

const one = (operator: string, ...values: readonly string[]): WireParts => ({
	parts: [{ operator, values }],
	join: "and",
});

const each =
	(join: WireParts["join"], operator: string) =>
	(values: readonly string[]): WireParts => ({
		parts: values.map((value) => ({ operator, values: [value] })),
		join,
	});

type Encode = (values: readonly string[]) => WireParts | undefined;

/** For one value only. */
const alone =
	(operator: string): Encode =>
	(values) =>
		values.length === 1 ? one(operator, ...values) : undefined;

/** By operator; `undefined` cannot be kept in a view. Empty cells are asked for in one way in every kind. */
type Rows = Readonly<Record<Comparing, Encode | undefined>>;
type Comparing = Exclude<Operator, "is_empty" | "is_not_empty">;

const SINGLE: Rows = {
	is: alone("is"),
	is_not: alone("isNot"),
	contains: alone("contains"),
	not_contains: alone("doesNotContain"),
	any_of: each("or", "is"),
	none_of: each("and", "isNot"),
	starts_with: undefined,
	search: undefined,
	has_all: undefined,
	gt: undefined,
	gte: undefined,
	lt: undefined,
	lte: undefined,
	between: undefined,
	within: undefined,
};
const NUMBERS: Rows = {
	is: alone("is"),
	is_not: alone("isNot"),
	any_of: each("or", "is"),
	none_of: each("and", "isNot"),
	gt: alone("isGreater"),
	gte: alone("isGreaterEqual"),
	lt: alone("isLess"),
	lte: alone("isLessEqual"),
	between: ([least = "", most = ""]) => ({
		parts: [
			{ operator: "isGreaterEqual", values: [least] },
			{ operator: "isLessEqual", values: [most] },
		],
		join: "and",
	}),
	contains: undefined,
	not_contains: undefined,
	starts_with: undefined,
	search: undefined,
	has_all: undefined,
	within: undefined,
};
const LISTS: Rows = {
	is: alone("is"),
	is_not: alone("isNot"),
	contains: each("or", "contains"),
	any_of: each("or", "contains"),
	has_all: each("and", "contains"),
	not_contains: each("and", "doesNotContain"),
	none_of: each("and", "doesNotContain"),
	starts_with: undefined,
	search: undefined,
	gt: undefined,
	gte: undefined,
	lt: undefined,
	lte: undefined,
	between: undefined,
	within: undefined,
};

/** Words of `within` and what the vendor calls them. */
const WORDS: Readonly<Record<string, string>> = {
	today: "Today",
	yesterday: "Yesterday",
	tomorrow: "Tomorrow",
	this_week: "CurrentWeek",
	last_week: "LastWeek",
	this_month: "CurrentMonth",
	last_month: "LastMonth",
	last_7_days: "TheLastWeek",
	next_7_days: "TheNextWeek",
	last_30_days: "TheLastMonth",
	next_30_days: "TheNextMonth",
};
const NEIGHBOURS: Readonly<Record<string, readonly [string, string]>> = {
	today: ["Yesterday", "Tomorrow"],
};

const refuse = (field: string, op: string, why: string) =>
	new TablesError(
		"unsupported",
		`a view of this product cannot keep the condition "${field}" ${op}: ${why}`,
		{
			next: "Leave it out of the view and pass it to query_records as `filter`.",
		},
	);

/** The filter of a view. @throws TablesError unsupported for what the vendor's views cannot keep. */
export function encodeFilter(
	table: Table,
	filter: Filter<GivenCondition>,
): Loose {
	if (filter.groups.length > 0)
		throw new TablesError(
			"unsupported",
			"a view's filter has one level: all of its conditions, or any of them",
			{ next: "Write the conditions without `groups`." },
		);
	const conditions = filter.conditions.map((condition) =>
		encodeCondition(table, condition),
	);
	const lone = conditions.length === 1;
	const conjunction = filter.match === "all" ? "and" : "or";
	for (const [index, { join, parts }] of conditions.entries())
		if (parts.length > 1 && join !== conjunction && !lone)
			throw refuse(
				nameOf(filter.conditions[index]),
				filter.conditions[index]?.op ?? "",
				`it means several conditions of which ${join === "or" ? "any" : "all"} must hold, and the others are joined differently`,
			);
	const wire = conditions.flatMap(({ parts, field }) =>
		parts.map(({ operator, values }) => ({
			field_id: field,
			operator,
			...(values.length === 0 ? {} : { value: JSON.stringify(values) }),
		})),
	);
	if (wire.length > MOST_CONDITIONS)
		throw new TablesError(
			"too_large",
			`a view's filter takes ${MOST_CONDITIONS} conditions, and this one has ${wire.length}`,
		);
	const [first] = conditions;
	return {
		conjunction:
			lone && first !== undefined && first.parts.length > 1
				? first.join
				: conjunction,
		conditions: wire,
	};
}

function nameOf(condition: Condition | undefined): string {
	return condition?.operand.kind === "field"
		? condition.operand.field.name
		: condition?.operand.kind === "system"
			? condition.operand.column
			: "*";
}

function encodeCondition(
	table: Table,
	condition: GivenCondition,
): WireParts & { readonly field: string } {
	const { operand, op } = condition;
	const name = nameOf(condition);
	if (operand.kind !== "field")
		throw refuse(
			name,
			op,
			"it is not a field; create_field makes one of type created_time, updated_time, created_by or updated_by",
		);
	if (condition.other !== undefined)
		throw refuse(name, op, "it compares two fields");
	const { field } = operand;
	if (field.type === "formula" || field.type === "lookup")
		throw refuse(name, op, `${field.type} fields cannot be filtered`);
	const parts = partsOf(table, field, condition);
	if (parts === undefined)
		throw refuse(name, op, `${field.type} fields have no such condition there`);
	return { ...parts, field: field.id };
}

function partsOf(
	table: Table,
	field: Field,
	condition: GivenCondition,
): WireParts | undefined {
	const { op } = condition;
	const kind = kindOf(field);
	if (op === "is_empty" || op === "is_not_empty")
		return kind === "checkbox"
			? undefined
			: one(op === "is_empty" ? "isEmpty" : "isNotEmpty");
	const values = (condition.values ?? [condition.value ?? ""]).map(String);
	switch (kind) {
		case "number":
			return NUMBERS[op]?.(values);
		case "checkbox":
			return op === "is" || op === "is_not"
				? one("is", String((condition.value === true) === (op === "is")))
				: undefined;
		case "option":
			return optionParts(field, op, values);
		case "options":
			return LISTS[op]?.(idsOf(field, values));
		case "people":
		case "links":
			return LISTS[op]?.(values);
		case "date":
			return dateParts(table, condition);
		case "files":
			return undefined;
		default:
			return SINGLE[op]?.(values);
	}
}

function idsOf(field: Field, names: readonly string[]): string[] {
	const options = field.settings.options ?? [];
	return names.map(
		(name) => options.find((option) => option.name === name)?.id ?? name,
	);
}

/** `contains` on a single select looks inside the options' names: those that match are written down. */
function optionParts(
	field: Field,
	op: Comparing,
	values: readonly string[],
): WireParts | undefined {
	const [wanted = ""] = values;
	const options = field.settings.options ?? [];
	if (op === "contains" || op === "not_contains" || op === "starts_with") {
		const ids = options
			.filter(({ name }) =>
				op === "starts_with" ? name.startsWith(wanted) : name.includes(wanted),
			)
			.map(({ id }) => id);
		return ids.length === 0
			? undefined
			: op === "not_contains"
				? each("and", "isNot")(ids)
				: each("or", "is")(ids);
	}
	return SINGLE[op]?.(idsOf(field, values));
}

/** Whole days only: the vendor cuts every date to its day. */
function dateParts(
	table: Table,
	{ op, span, word, given: { value } }: GivenCondition,
): WireParts | undefined {
	if (span === undefined) return undefined;
	const where = zone(table.zone);
	const given = String(value ?? "");
	if (op === "within") {
		const known = WORDS[word ?? ""];
		return known === undefined ? undefined : one("is", known);
	}
	if (op === "is" && WORDS[given] !== undefined)
		return one("is", WORDS[given] as string);
	const around = NEIGHBOURS[given];
	if (around !== undefined) {
		const [before, behind] = around;
		const today = WORDS[given] as string;
		if (op === "gt") return one("isGreater", today);
		if (op === "gte") return one("isGreater", before);
		if (op === "lt") return one("isLess", today);
		if (op === "lte") return one("isLess", behind);
	}
	const from = where.startOfDay(span.fromMs);
	const to = where.endOfDay(span.toMs - 1);
	if (from !== span.fromMs || to !== span.toMs) return undefined;
	const exact = (operator: string, ms: number) =>
		one(operator, "ExactDate", String(where.startOfDay(ms)));
	switch (op) {
		case "is":
			return to === where.endOfDay(from) ? exact("is", from) : undefined;
		case "gt":
			return exact("isGreater", to - 1);
		case "gte":
			return exact("isGreater", from - 1);
		case "lt":
			return exact("isLess", from);
		case "lte":
			return exact("isLess", to);
		case "between":
			return {
				parts: [
					...exact("isGreater", from - 1).parts,
					...exact("isLess", to).parts,
				],
				join: "and",
			};
		default:
			return undefined;
	}
}

const OPERATORS: Readonly<Record<string, Operator>> = {
	is: "is",
	isNot: "is_not",
	contains: "contains",
	doesNotContain: "not_contains",
	isEmpty: "is_empty",
	isNotEmpty: "is_not_empty",
	isGreater: "gt",
	isGreaterEqual: "gte",
	isLess: "lt",
	isLessEqual: "lte",
};

const OUR_WORDS: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries(WORDS).map(([ours, theirs]) => [theirs, ours]),
);

/** undefined: something in it cannot be said in our words, so that the view's filter counts as unknown. */
export function decodeFilter(
	table: Pick<Table, "byId" | "zone">,
	wire: unknown,
): FilterInput | null | undefined {
	if (wire === null || wire === undefined) return null;
	const { conjunction, conditions, condition_omitted: omitted } = loose(wire);
	// Conditions that the vendor leaves out count as unknown, never as none.
	if (omitted !== null && omitted !== undefined && omitted !== false)
		return undefined;
	const found = list(conditions).map((condition) =>
		decodeCondition(table, condition),
	);
	if (found.length === 0) return null;
	return found.every((condition) => condition !== undefined)
		? { match: conjunction === "or" ? "any" : "all", conditions: found }
		: undefined;
}

function decodeCondition(
	table: Pick<Table, "byId" | "zone">,
	wire: Loose,
): ConditionInput | undefined {
	const field = table.byId.get(text(wire.field_id) ?? "");
	const op = OPERATORS[text(wire.operator) ?? ""];
	if (field === undefined || op === undefined) return undefined;
	if (op === "is_empty" || op === "is_not_empty")
		return { field: field.id, op };
	const values = valuesOf(wire.value);
	if (values === undefined || values.length === 0) return undefined;
	const kind = kindOf(field);
	if (kind === "date") return decodeDate(table, field.id, op, values);
	if (kind === "checkbox")
		return { field: field.id, op, value: values[0] === "true" };
	const names =
		kind === "option" || kind === "options"
			? values.map(
					(id) =>
						field.settings.options?.find((option) => option.id === id)?.name,
				)
			: values;
	if (names.some((name) => name === undefined)) return undefined;
	const known = names as readonly string[];
	const [first = ""] = known;
	// On a single select the vendor's `contains` names whole options, ours a part of the name.
	if (kind === "option" && (op === "contains" || op === "not_contains"))
		return {
			field: field.id,
			op: op === "contains" ? "any_of" : "none_of",
			values: known,
		};
	// What several values mean together is documented for none but single selects.
	return known.length === 1 ? { field: field.id, op, value: first } : undefined;
}

function decodeDate(
	{ zone: zoneName }: Pick<Table, "zone">,
	field: string,
	op: Operator,
	[keyword = "", ms]: readonly string[],
): ConditionInput | undefined {
	if (keyword === "ExactDate") {
		const day = zone(zoneName).day(Number(ms));
		return Number.isFinite(Number(ms)) ? { field, op, value: day } : undefined;
	}
	const word = OUR_WORDS[keyword];
	if (word === undefined) return undefined;
	return op === "is"
		? { field, op: "within", value: word }
		: { field, op, value: word };
}

/** A JSON list inside a text; a time comes back as a number. */
function valuesOf(wire: unknown): readonly string[] | undefined {
	if (Array.isArray(wire)) return wire.map(String);
	const parsed = typeof wire === "string" ? parse(wire) : undefined;
	return Array.isArray(parsed) ? parsed.map(String) : undefined;
}
