import type { Column } from "../contract/condition.js";
import {
	type ConditionInput,
	OPERATORS,
	type Operator,
} from "../contract/table.js";
import { isEmpty, isList, type Kind, kindOf } from "../values/values.js";

/** Kinds of values that the same operators fit. */
type Family =
	| "text"
	| "number"
	| "checkbox"
	| "list"
	| "members"
	| "date"
	| "location";

const FAMILIES = {
	text: "text",
	number: "number",
	checkbox: "checkbox",
	option: "text",
	options: "list",
	date: "date",
	people: "members",
	links: "members",
	files: "list",
	url: "text",
	location: "location",
	none: "text",
} as const satisfies Record<Kind, Family>;

/** What an operator asks of its column and of its operands. */
interface OperatorFacts {
	/** How many values it takes. */
	readonly takes: "one" | "many" | "two" | "word" | "none";
	readonly fits: readonly Family[];
	/** Looks inside a text, so that its value need not be an option of the field. */
	readonly inside: boolean;
	/** May compare with another column. */
	readonly comparesColumns: boolean;
}

const facts = (
	takes: OperatorFacts["takes"],
	fits: readonly Family[],
	more: Partial<OperatorFacts> = {},
): OperatorFacts => ({
	takes,
	fits,
	inside: false,
	comparesColumns: false,
	...more,
});

const LISTS = ["list", "members"] as const;
const EQUAL = ["text", "number", "checkbox", ...LISTS, "date"] as const;
const SEARCHED = ["text", "number", ...LISTS, "date", "location"] as const;
const TEXTUAL = ["text", ...LISTS, "location"] as const;
const CHOSEN = ["text", "number", ...LISTS] as const;
const ORDERED = ["number", "date"] as const;
/** A checkbox is never empty, and may be asked. */
const ALL = [...EQUAL, "location"] as const;
const INSIDE = { inside: true };
const COLUMNS = { comparesColumns: true };

/** Every operator with all that the reading of a filter knows of it: a new one does not compile without its row. */
const FACTS = {
	is: facts("one", EQUAL, COLUMNS),
	is_not: facts("one", EQUAL, COLUMNS),
	contains: facts("one", TEXTUAL, INSIDE),
	not_contains: facts("one", TEXTUAL, INSIDE),
	starts_with: facts("one", ["text", "members"], INSIDE),
	search: facts("one", SEARCHED),
	any_of: facts("many", CHOSEN),
	none_of: facts("many", CHOSEN),
	has_all: facts("many", LISTS),
	gt: facts("one", ORDERED, COLUMNS),
	gte: facts("one", ORDERED, COLUMNS),
	lt: facts("one", ORDERED, COLUMNS),
	lte: facts("one", ORDERED, COLUMNS),
	between: facts("two", ORDERED),
	within: facts("word", ["date"]),
	is_empty: facts("none", ALL),
	is_not_empty: facts("none", ALL),
} as const satisfies Record<Operator, OperatorFacts>;

/** How many values an operator takes. */
export function arityOf(op: Operator): OperatorFacts["takes"] {
	return FACTS[op].takes;
}

/** Does it look for a part of a text? */
export function looksInside(op: Operator): boolean {
	return FACTS[op].inside;
}

/** Operators that take `other_field`. */
export const COMPARES_COLUMNS: readonly Operator[] = OPERATORS.filter(
	(op) => FACTS[op].comparesColumns,
);

/** Operators for a column; a list that a lookup computes is asked as a list. */
export function operatorsOf(column: Column): readonly Operator[] {
	const isField = typeof column !== "string";
	const families: readonly Family[] =
		isField && column.value?.list && FAMILIES[kindOf(column)] !== "members"
			? ["list"]
			: isField && column.type === "auto_number"
				? [FAMILIES[kindOf(column)], "number"]
				: [FAMILIES[kindOf(column)]];
	return OPERATORS.filter((op) =>
		FACTS[op].fits.some((family) => families.includes(family)),
	);
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
	const given = (operand: unknown) => !isEmpty(operand);
	const arity = arityOf(op);
	if (arity === "none" && (given(value) || given(values)))
		return `operator ${op} takes no value`;
	if ((arity === "one" || arity === "word") && given(value) && given(values))
		return `operator ${op} takes \`value\`, not \`values\` as well`;
	if ((arity === "many" || arity === "two") && given(values) && given(value))
		return `operator ${op} takes \`values\`, not \`value\` as well`;
	return undefined;
}

/** Is a list compared with as a whole, so that one text may hold several items? */
export function comparesWhole(op: Operator): boolean {
	return op === "is" || op === "is_not";
}

/** What is wrong with an empty value, as the end of a sentence. */
export function noValue(op: Operator): string {
	return `was given no value: use ${op === "is_not" || op === "none_of" ? "is_not_empty" : "is_empty"} in place of an empty value`;
}
