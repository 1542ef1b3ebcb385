import {
	type Column,
	type Condition,
	columnOf,
	type Filter,
	type GivenCondition,
	idOfColumn,
	nameOfColumn,
	type Operand,
} from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
	Table,
} from "../contract/table.js";
import { defined } from "../values/defined.js";
import { columnNamed, cutList, quoted } from "../values/names.js";
import { type Hints, hintsOf } from "../values/near-names.js";
import { rangeNote, spanOf, WITHIN_WORDS } from "../values/time-spans.js";
import { isList, kindOf } from "../values/values.js";
import { type FilterContext, parseOperands } from "./operands.js";
import {
	arityOf,
	COMPARES_COLUMNS,
	comparison,
	idleOperand,
	looksInside,
	operatorsOf,
	typeOfColumn,
} from "./operators.js";

/** A filter whose conditions are being resolved. */
interface Resolving {
	readonly table: Table;
	readonly context: FilterContext;
	readonly notes: Set<string>;
	readonly hints: Hints;
}

/** A condition, or what is wrong with it. */
type Found = Condition | string;

/**
 * Resolves names, checks operators against types and parses values; each condition keeps what was given.
 * @throws TablesError bad_argument that lists every problem of every condition.
 */
export async function resolveFilter(
	input: FilterInput,
	table: Table,
	context: FilterContext,
): Promise<{
	readonly filter: Filter<GivenCondition>;
	readonly notes: readonly string[];
}> {
	const problems: string[] = [];
	checkSize(input);
	const resolving: Resolving = {
		table,
		context,
		notes: new Set(),
		hints: hintsOf(),
	};
	const resolve = (given: readonly ConditionInput[], place: string) =>
		resolveConditions(given, place, resolving, problems);
	const conditions = await resolve(input.conditions, "conditions");
	const groups: Filter<GivenCondition>["groups"][number][] = [];
	for (const [index, { match, conditions }] of (input.groups ?? []).entries())
		groups.push({
			match,
			conditions: await resolve(conditions, `groups[${index}].conditions`),
		});
	if (problems.length > 0)
		throw new TablesError(
			"bad_argument",
			`the filter is wrong: ${cutList(problems, "; ")}`,
			{ next: "Correct these and call again." },
		);
	return {
		filter: {
			match: input.match,
			conditions,
			groups: groups.filter((group) => group.conditions.length > 0),
		},
		notes: [...resolving.notes],
	};
}

/**
 * Conditions of one filter, and values of all of them together. A person's filter has a dozen, a list of ids some
 * hundreds; each is looked at for each row that the vendor cannot filter, so that more would take minutes a page.
 */
const MOST_CONDITIONS = 1_000;
const MOST_VALUES = 20_000;

/** Of one value: as much as may be sent on, compared and written into a cursor in one piece. */
const MOST_CHARACTERS = 8_000_000;

/** @throws TablesError too_large before any of it is looked at. */
function checkSize({ conditions, groups = [] }: FilterInput): void {
	const lists = [conditions, ...groups.map((group) => group.conditions)];
	const count = lists.reduce((sum, list) => sum + list.length, 0);
	const next =
		"Filter by what these have in common, or make several calls with a part each.";
	if (count > MOST_CONDITIONS)
		throw new TablesError(
			"too_large",
			`the filter has ${count} conditions; at most ${MOST_CONDITIONS} are taken`,
			{ next },
		);
	const all = lists.flat();
	const long = all
		.flatMap(({ value, values = [] }) => [value, ...values])
		.find(
			(value) => typeof value === "string" && value.length > MOST_CHARACTERS,
		);
	if (long !== undefined)
		throw new TablesError(
			"too_large",
			`a value of the filter is ${quoted(String(long))}; at most ${MOST_CHARACTERS} characters are taken`,
			{ next: "Filter by a part of the text." },
		);
	const values = all.reduce(
		(sum, condition) => sum + (condition.values?.length ?? 1),
		0,
	);
	if (values > MOST_VALUES)
		throw new TablesError(
			"too_large",
			`the conditions of the filter have ${values} values; at most ${MOST_VALUES} are taken`,
			{ next },
		);
}

/** The conditions that are right; `problems` gets what is wrong with the others, by their place. */
async function resolveConditions(
	conditions: readonly ConditionInput[],
	place: string,
	resolving: Resolving,
	problems: string[],
): Promise<readonly GivenCondition[]> {
	const resolved: GivenCondition[] = [];
	for (const [index, given] of conditions.entries()) {
		const found = await resolveCondition(given, resolving);
		if (typeof found === "string")
			problems.push(`${place}[${index}]: ${found}`);
		else resolved.push({ ...found, given: byId(given, found) });
	}
	return resolved;
}

/** What was given, as who keeps a filter stores it: names can change, ids stay. */
export function givenFilter({
	match,
	conditions,
	groups,
}: Filter<GivenCondition>): FilterInput {
	const given = (list: readonly GivenCondition[]) =>
		list.map((condition) => condition.given);
	return {
		match,
		conditions: given(conditions),
		...(groups.length > 0 && {
			groups: groups.map((group) => ({
				match: group.match,
				conditions: given(group.conditions),
			})),
		}),
	};
}

function byId(
	given: ConditionInput,
	{ operand, other }: Condition,
): ConditionInput {
	return {
		...given,
		field: idOf(operand),
		...defined({ other_field: other && idOf(other) }),
	};
}

function idOf(operand: Operand): string {
	const column = columnOf(operand);
	return column === undefined ? "*" : idOfColumn(column);
}

/** A list given where one value is taken: of one entry it is that one. */
function oneOfList(given: ConditionInput): ConditionInput | string {
	const { op, value, values } = given;
	const list = Array.isArray(value) ? (value as readonly unknown[]) : undefined;
	switch (arityOf(op)) {
		case "one":
		case "word": {
			const several = list ?? (value === undefined ? values : undefined);
			if (several === undefined || several.length === 0) return given;
			if (several.length === 1)
				return {
					...withoutValues(given),
					value: several[0] as NonNullable<ConditionInput["value"]>,
				};
			const instead = SEVERAL[op];
			return `operator ${op} takes one value, and ${several.length} were given${instead === undefined ? "" : `: for any of several there is ${instead} with \`values\``}`;
		}
		case "many":
		case "two":
			return list !== undefined && values === undefined
				? {
						...withoutValues(given),
						values: list as NonNullable<ConditionInput["values"]>,
					}
				: given;
		case "none":
			return given;
	}
}

/** Operators that take several values in place of one. */
const SEVERAL: Readonly<Partial<Record<Operator, Operator>>> = {
	is: "any_of",
	contains: "any_of",
	is_not: "none_of",
	not_contains: "none_of",
};

function withoutValues({ value: _, values: __, ...rest }: ConditionInput) {
	return rest;
}

async function resolveCondition(
	given: ConditionInput,
	resolving: Resolving,
): Promise<Found> {
	const input = oneOfList(given);
	if (typeof input === "string") return input;
	const { op, field } = input;
	if (field === "*" && op !== "search")
		return `field "*" goes with the operator search only, not ${op}`;
	const operand: Operand | string =
		field === "*" ? { kind: "any" } : operandOf(field, resolving);
	if (typeof operand === "string") return operand;
	const column = columnOf(operand);
	const fits: readonly string[] =
		column === undefined ? ["search"] : operatorsOf(column);
	if (!fits.includes(op))
		return `operator ${op} does not fit ${quoted(field)} (${column === undefined ? "*" : typeOfColumn(column)}); it takes ${fits.join(", ")}${insteadOf(op, column)}`;
	if (input.other_field !== undefined)
		return compareColumns(input, operand, input.other_field, resolving);
	const problem = idleOperand(input) ?? missingOperand(input);
	if (problem !== undefined) return problem;
	if (arityOf(op) === "none") return { operand, op };
	if (op === "within") return withinSpan(input, operand, resolving);
	if (column !== undefined && op !== "search")
		return compareValues(input, operand, column, resolving);
	const value = String(input.value);
	return value === ""
		? "search needs a text to look for"
		: { operand, op, value };
}

/** For a part of a date, which has no letters, what says the same. */
function insteadOf(op: Operator, column: Column | undefined): string {
	return column !== undefined && kindOf(column) === "date" && looksInside(op)
		? '; for a month or another period: within, or between with two days; for a part of the text as shown, such as "-12-": search'
		: "";
}

/** What the operator needs and was not given. */
function missingOperand({
	op,
	value,
	values,
}: ConditionInput): string | undefined {
	const arity = arityOf(op);
	if (arity === "one" && value === undefined)
		return values === undefined
			? `operator ${op} needs \`value\`; for empty cells there are is_empty and is_not_empty`
			: `operator ${op} takes \`value\`, not \`values\``;
	if (arity === "many" && (values === undefined || values.length === 0))
		return `operator ${op} needs \`values\`, a list`;
	if (arity === "two" && values?.length !== 2)
		return `operator ${op} needs \`values\` with two entries, from and to`;
	return undefined;
}

function withinSpan(
	{ op, value }: ConditionInput,
	operand: Operand,
	{ context, notes }: Resolving,
): Found {
	const word = String(value ?? "");
	const span = spanOf(word, context.nowMs, context.zone);
	if (span === undefined)
		return `within does not know ${quoted(word)}; it knows ${WITHIN_WORDS.join(", ")}`;
	notes.add(rangeNote(word, span, context.zone));
	return { operand, op, span, word };
}

async function compareValues(
	{ op, value, values: list = [] }: ConditionInput,
	operand: Operand,
	column: Column,
	{ context, notes, hints }: Resolving,
): Promise<Found> {
	const one = arityOf(op) === "one";
	const parsed = await parseOperands(one ? [value] : list, {
		column,
		op,
		context,
		notes,
		hints,
	});
	if (typeof parsed === "string") return `"${nameOfColumn(column)}" ${parsed}`;
	const { values, spans, texts } = parsed;
	const asked = parsed.op ?? op;
	const rest = texts.size > 0 ? { texts } : {};
	if (kindOf(column) === "date" && !isList(column)) {
		const [first, second = first] = spans;
		if (first === undefined || second === undefined)
			return `operator ${op} needs a date`;
		const span = { fromMs: first.fromMs, toMs: second.toMs };
		return { operand, op, span, ...rest };
	}
	return one && !isList(column)
		? { operand, op, value: values[0] ?? null, ...rest }
		: { operand, op: asked, values, ...rest };
}

/** The column of this name, or what is wrong with the name. */
function operandOf(
	text: string,
	{ table, context, notes, hints }: Resolving,
): Operand | string {
	try {
		const { systemColumns } = context;
		const { item, note } = columnNamed(table, text, systemColumns, hints);
		if (note !== undefined) notes.add(note);
		return typeof item === "string"
			? { kind: "system", column: item }
			: { kind: "field", field: item };
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return error.next === undefined
			? error.message
			: `${error.message}. ${error.next}`;
	}
}

function compareColumns(
	input: ConditionInput,
	operand: Operand,
	otherField: string,
	resolving: Resolving,
): Found {
	if (!COMPARES_COLUMNS.includes(input.op))
		return `operator ${input.op} cannot compare two columns; ${COMPARES_COLUMNS.join(", ")} can`;
	if (input.value !== undefined || input.values !== undefined)
		return "give `other_field` or a value, not both";
	const other = operandOf(otherField, resolving);
	if (typeof other === "string") return other;
	const left = columnOf(operand) as Column;
	const right = columnOf(other) as Column;
	if (comparison(left) !== comparison(right))
		return `"${nameOfColumn(left)}" (${typeOfColumn(left)}) cannot be compared with "${nameOfColumn(right)}" (${typeOfColumn(right)})`;
	return { operand, op: input.op, other };
}
