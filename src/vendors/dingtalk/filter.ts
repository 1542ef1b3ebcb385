import type { Condition, Pushed } from "../../core/contract/condition.js";
import type { FilterDialect } from "../../core/contract/dialect.js";
import type { Field } from "../../core/contract/field.js";
import { DAY_MS } from "../../core/values/zone.js";
import { type Push as Compile, first } from "../kit/filter.js";

/*
 * The `filter` of listRecords. Source: "List multiple records", "Record value format" (and the Chinese page of the
 * connector as of 2026-08-03, in https://open.dingtalk.com/document): one flat list of conditions, joined by `and` or `or`; values always in a list; operators by type for text, number,
 * selects, date and user. Not documented and therefore never relied on: upper and lower case of text, what a
 * negative operator does with empty cells, several values beside `equal`, the day's zone. The key of people is
 * `uid` in one document and `unionId` in another, so that neither is sent. Source: "Filters of the MCP client".
 */

interface WireCondition {
	readonly field: string;
	readonly operator:
		| "equal"
		| "greater"
		| "greaterEqual"
		| "less"
		| "lessEqual"
		| "contain"
		| "notContain"
		| "empty"
		| "notEmpty";
	readonly value?: readonly unknown[];
}

export interface WireFilter {
	readonly combination: "and" | "or";
	readonly conditions: readonly WireCondition[];
}

type Push = Compile<WireFilter>;

/**
 * The core looks over what comes back, always: no document shows any of these to be the same to the last row.
 * More than one condition must never be called exact, since `all` and `any` below leave some out.
 */
const pushed = (
	combination: WireFilter["combination"],
	conditions: readonly WireCondition[],
): Pushed<WireFilter> | undefined =>
	conditions.length === 0
		? undefined
		: { expr: { combination, conditions }, exact: false };

/** The field of a type whose filter is documented, compared with values. */
function fieldOf(
	{ operand, other }: Condition,
	...types: readonly Field["type"][]
): Field | undefined {
	return operand.kind === "field" &&
		other === undefined &&
		types.includes(operand.field.type)
		? operand.field
		: undefined;
}

const texts = (values: readonly unknown[]): readonly string[] | undefined =>
	values.length > 0 &&
	values.every(
		(value): value is string =>
			typeof value === "string" && value !== "" && value.trim() === value,
	)
		? values
		: undefined;

const wanted = ({ value, values }: Condition): readonly unknown[] =>
	values ?? (value === undefined ? [] : [value]);

/** Equality may ignore case: a superset. */
const textIs: Push = (condition) => {
	const field = fieldOf(condition, "text");
	const values = texts(wanted(condition));
	return field?.wireType !== "text" || values === undefined
		? undefined
		: pushed(
				"or",
				values.map((value) => ({
					field: field.id,
					operator: "equal",
					value: [value],
				})),
			);
};

const textContains: Push = (condition) => {
	const field = fieldOf(condition, "text");
	const [value] = texts(wanted(condition)) ?? [];
	return field?.wireType !== "text" || value === undefined
		? undefined
		: pushed("and", [{ field: field.id, operator: "contain", value: [value] }]);
};

/** ASCII without letters, and without the two characters that other ones turn into: it has no case, in any form. */
const CASELESS = /^[\x20-:<-@[-_{-~]+$/;

const textSearch: Push = (condition, context) =>
	typeof condition.value === "string" && CASELESS.test(condition.value)
		? textContains(condition, context)
		: undefined;

/** Numbers are kept as text, so that `equal` might compare digits: bounds do not. */
const within = (
	field: Field,
	from: unknown,
	to: unknown,
): Pushed<WireFilter> | undefined =>
	typeof from === "number" && typeof to === "number"
		? pushed("and", [
				{ field: field.id, operator: "greaterEqual", value: [from] },
				{ field: field.id, operator: "lessEqual", value: [to] },
			])
		: undefined;

const NUMBERS = ["number", "percent"] as const;

const numberIs: Push = (condition) => {
	const field = fieldOf(condition, ...NUMBERS);
	return field && within(field, condition.value, condition.value);
};

const numberBetween: Push = (condition) => {
	const field = fieldOf(condition, ...NUMBERS);
	const [from, to] = condition.values ?? [];
	return field && within(field, from, to);
};

const numberOrder =
	(operator: WireCondition["operator"]): Push =>
	(condition) => {
		const field = fieldOf(condition, ...NUMBERS);
		return field === undefined || typeof condition.value !== "number"
			? undefined
			: pushed("and", [
					{ field: field.id, operator, value: [condition.value] },
				]);
	};

/** Names of options; one that two options share would be understood as one of them. */
function options(condition: Condition): readonly string[] | undefined {
	const { operand } = condition;
	const all =
		operand.kind === "field" ? (operand.field.settings.options ?? []) : [];
	const names = wanted(condition).filter(
		(value): value is string => typeof value === "string",
	);
	return names.length > 0 &&
		names.length === wanted(condition).length &&
		names.every(
			(name) => all.filter((other) => other.name === name).length === 1,
		)
		? names
		: undefined;
}

const SELECTS = ["single_select", "multi_select"] as const;

/** `contain` is any of; a list that must hold several, or be just those, is looked over. */
const hasOption =
	(...types: readonly Field["type"][]): Push =>
	(condition) => {
		const field = fieldOf(condition, ...types);
		const names = options(condition);
		return field === undefined || names === undefined
			? undefined
			: pushed("and", [{ field: field.id, operator: "contain", value: names }]);
	};

/** `notContain` is none of; empty cells are asked for by name. */
const hasNoOption =
	(...types: readonly Field["type"][]): Push =>
	(condition) => {
		const field = fieldOf(condition, ...types);
		const names = options(condition);
		return field === undefined || names === undefined
			? undefined
			: pushed("or", [
					{ field: field.id, operator: "notContain", value: names },
					{ field: field.id, operator: "empty" },
				]);
	};

/** Days of an unknown zone: two of them cover any, and a day of 25 hours. */
const MARGIN_MS = 2 * DAY_MS;

const dated =
	(
		from: "fromMs" | "toMs" | undefined,
		to: "fromMs" | "toMs" | undefined,
	): Push =>
	(condition) => {
		const field = fieldOf(condition, "date");
		const { span } = condition;
		if (field === undefined || span === undefined) return undefined;
		return pushed("and", [
			...(from === undefined
				? []
				: [
						{
							field: field.id,
							operator: "greater",
							value: [span[from] - MARGIN_MS],
						} as const,
					]),
			...(to === undefined
				? []
				: [
						{
							field: field.id,
							operator: "less",
							value: [span[to] + MARGIN_MS],
						} as const,
					]),
		]);
	};

const inside = dated("fromMs", "toMs");

const emptiness =
	(operator: "empty" | "notEmpty", ...types: readonly Field["type"][]): Push =>
	(condition) => {
		const field = fieldOf(condition, ...types);
		return field === undefined || field.wireType === "idCard"
			? undefined
			: pushed("and", [{ field: field.id, operator }]);
	};

const operators = {
	is: first(textIs, numberIs, inside, hasOption(...SELECTS)),
	is_not: hasNoOption("single_select"),
	// A part of an option's name is not an option: only lists are asked whether they have one.
	contains: first(textContains, hasOption("multi_select")),
	not_contains: hasNoOption("multi_select"),
	starts_with: textContains,
	search: textSearch,
	any_of: first(textIs, hasOption(...SELECTS)),
	none_of: hasNoOption(...SELECTS),
	has_all: hasOption("multi_select"),
	gt: first(numberOrder("greater"), dated("toMs", undefined)),
	gte: first(numberOrder("greaterEqual"), dated("fromMs", undefined)),
	lt: first(numberOrder("less"), dated(undefined, "fromMs")),
	lte: first(numberOrder("lessEqual"), dated(undefined, "toMs")),
	between: first(numberBetween, inside),
	within: inside,
	is_empty: emptiness("empty", "text", ...NUMBERS, ...SELECTS, "date", "user"),
	// A text of spaces may count as empty to the vendor.
	is_not_empty: emptiness("notEmpty", ...NUMBERS, ...SELECTS, "date", "user"),
} as const satisfies FilterDialect<WireFilter>["operators"];

const isOr = ({ combination, conditions }: WireFilter) =>
	combination === "or" && conditions.length > 1;

/** All that must hold: an `or` inside has no place in a flat list, and is left to the core unless it stands alone. */
function all(parts: readonly WireFilter[]): WireFilter {
	const flat = parts.filter((part) => !isOr(part));
	return flat.length === 0
		? (parts[0] as WireFilter)
		: {
				combination: "and",
				conditions: flat.flatMap(({ conditions }) => conditions),
			};
}

/** Any that may hold: of an `and` inside the first condition, which lets through no less. */
function any(parts: readonly WireFilter[]): WireFilter {
	return {
		combination: "or",
		conditions: parts.flatMap((part) =>
			isOr(part) ? part.conditions : part.conditions.slice(0, 1),
		),
	};
}

export const dialect: FilterDialect<WireFilter> = {
	operators,
	all,
	any,
	nests: true,
};
