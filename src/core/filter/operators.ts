import type { Column } from "../contract/condition.js";
import type { ConditionInput, Operator } from "../contract/table.js";
import { isList, type Kind, kindOf } from "../values/values.js";

const TEXT_OPERATORS = [
	"is",
	"is_not",
	"contains",
	"not_contains",
	"starts_with",
	"search",
	"any_of",
	"none_of",
] as const;

const ORDER_OPERATORS = ["gt", "gte", "lt", "lte", "between"] as const;

const EMPTY_OPERATORS = ["is_empty", "is_not_empty"] as const;

const LIST_OPERATORS = [
	"is",
	"is_not",
	"contains",
	"not_contains",
	"search",
	"any_of",
	"none_of",
	"has_all",
] as const;

/** Which operators fit which kind of value. A checkbox is never empty. */
const FITS = {
	text: [...TEXT_OPERATORS, ...EMPTY_OPERATORS],
	number: [
		"is",
		"is_not",
		"any_of",
		"none_of",
		...ORDER_OPERATORS,
		"search",
		...EMPTY_OPERATORS,
	],
	checkbox: ["is", "is_not", ...EMPTY_OPERATORS],
	option: [...TEXT_OPERATORS, ...EMPTY_OPERATORS],
	options: [...LIST_OPERATORS, ...EMPTY_OPERATORS],
	date: [
		"is",
		"is_not",
		...ORDER_OPERATORS,
		"within",
		"search",
		...EMPTY_OPERATORS,
	],
	people: [...LIST_OPERATORS, ...EMPTY_OPERATORS],
	links: [...LIST_OPERATORS, ...EMPTY_OPERATORS],
	files: [...LIST_OPERATORS, ...EMPTY_OPERATORS],
	url: [...TEXT_OPERATORS, ...EMPTY_OPERATORS],
	location: ["contains", "not_contains", "search", ...EMPTY_OPERATORS],
	none: [...TEXT_OPERATORS, ...EMPTY_OPERATORS],
} as const satisfies Record<Kind, readonly Operator[]>;

/** How many values an operator takes. */
export const ARITY = {
	is: "one",
	is_not: "one",
	contains: "one",
	not_contains: "one",
	starts_with: "one",
	search: "one",
	any_of: "many",
	none_of: "many",
	has_all: "many",
	gt: "one",
	gte: "one",
	lt: "one",
	lte: "one",
	between: "two",
	within: "word",
	is_empty: "none",
	is_not_empty: "none",
} as const satisfies Record<Operator, "one" | "many" | "two" | "word" | "none">;

/** Operators that take `other_field`. */
export const COMPARES_COLUMNS: ReadonlySet<Operator> = new Set([
	"is",
	"is_not",
	"gt",
	"gte",
	"lt",
	"lte",
]);

/** Operators for a column; a list that a lookup computes is asked as a list. */
export function operatorsOf(column: Column): readonly Operator[] {
	const fits = FITS[kindOf(column)];
	if (typeof column !== "string" && column.value?.list)
		return [...LIST_OPERATORS, ...EMPTY_OPERATORS];
	if (typeof column !== "string" && column.type === "auto_number")
		return [...fits, ...ORDER_OPERATORS];
	return fits;
}

/** A column's type as a message names it. */
export function typeOfColumn(column: Column): string {
	if (typeof column === "string") return column;
	return column.value === undefined
		? column.type
		: `${column.type} of ${column.value.type}`;
}

/** Columns of the same comparison can be compared with each other. */
export function comparison(column: Column): string {
	const kind = kindOf(column);
	return kind === "option" || kind === "url" || kind === "none"
		? "text"
		: isList(column)
			? `list of ${kind}`
			: kind;
}

/** An operand that the operator would not look at: nothing that was given is ignored. */
export function idleOperand({
	op,
	value,
	values,
}: ConditionInput): string | undefined {
	const given = (operand: unknown) =>
		operand !== undefined &&
		operand !== null &&
		operand !== "" &&
		!(Array.isArray(operand) && operand.length === 0);
	const arity = ARITY[op];
	if (arity === "none" && (given(value) || given(values)))
		return `operator ${op} takes no value`;
	if ((arity === "one" || arity === "word") && given(value) && given(values))
		return `operator ${op} takes \`value\`, not \`values\` as well`;
	if ((arity === "many" || arity === "two") && given(values) && given(value))
		return `operator ${op} takes \`values\`, not \`value\` as well`;
	return undefined;
}
