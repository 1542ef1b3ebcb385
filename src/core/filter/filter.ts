import {
	type Column,
	type Condition,
	type ConditionGroup,
	columnOf,
	type Filter,
	nameOfColumn,
	type Operand,
	type TimeSpan,
} from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
	Table,
} from "../contract/table.js";
import { columnNamed, nearest } from "../values/names.js";
import { optionName, parseNumber } from "../values/parse.js";
import type { Lookups } from "../values/validate.js";
import {
	isList,
	type Kind,
	kindOf,
	showsTime,
	splitList,
} from "../values/values.js";
import {
	parseDate,
	spanOf,
	WITHIN_WORDS,
	type Zone,
	zone,
} from "../values/zone.js";

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
const ARITY = {
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

const COMPARES_COLUMNS: ReadonlySet<Operator> = new Set([
	"is",
	"is_not",
	"gt",
	"gte",
	"lt",
	"lte",
]);

export interface FilterContext {
	readonly zone: string;
	readonly nowMs: number;
	readonly lookups: Lookups;
	readonly systemColumns: readonly SystemColumn[];
}

/**
 * Resolves names, checks operators against types and parses values.
 * @throws TablesError bad_argument that lists every problem of every condition.
 */
export async function resolveFilter(
	input: FilterInput,
	table: Table,
	context: FilterContext,
): Promise<{ readonly filter: Filter; readonly notes: readonly string[] }> {
	const problems: string[] = [];
	const notes = new Set<string>();
	const resolve = async (
		conditions: readonly ConditionInput[],
		place: string,
	) => {
		const resolved: Condition[] = [];
		for (const [index, condition] of conditions.entries()) {
			const found = await resolveCondition(condition, table, context, notes);
			if (typeof found === "string")
				problems.push(`${place}[${index}]: ${found}`);
			else resolved.push(found);
		}
		return resolved;
	};
	const conditions = await resolve(input.conditions, "conditions");
	const groups: ConditionGroup[] = [];
	for (const [index, group] of (input.groups ?? []).entries())
		groups.push({
			match: group.match,
			conditions: await resolve(
				group.conditions,
				`groups[${index}].conditions`,
			),
		});
	if (problems.length > 0)
		throw new TablesError(
			"bad_argument",
			`the filter is wrong: ${problems.join("; ")}`,
			{ next: "Mend these and call again." },
		);
	return {
		filter: {
			match: input.match,
			conditions,
			groups: groups.filter((group) => group.conditions.length > 0),
		},
		notes: [...notes],
	};
}

async function resolveCondition(
	input: ConditionInput,
	table: Table,
	context: FilterContext,
	notes: Set<string>,
): Promise<Condition | string> {
	const { op } = input;
	let operand: Operand;
	if (input.field === "*") {
		if (op !== "search")
			return `field "*" goes with the operator search only, not ${op}`;
		operand = { kind: "any" };
	} else
		try {
			operand = operandOf(table, input.field, context.systemColumns, notes);
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			return error.next === undefined
				? error.message
				: `${error.message}. ${error.next}`;
		}
	const column = columnOf(operand);
	const fits: readonly Operator[] =
		column === undefined ? ["search"] : operatorsOf(column);
	if (!fits.includes(op))
		return `operator ${op} does not fit "${input.field}" (${column === undefined ? "*" : typeOfColumn(column)}); it takes ${fits.join(", ")}`;
	if (input.other_field !== undefined)
		return compareColumns(input, operand, table, context, notes);
	const arity = ARITY[op];
	const idle = idleOperand(input);
	if (idle !== undefined) return idle;
	if (arity === "none") return { operand, op };
	if (arity === "one" && input.value === undefined)
		return input.values === undefined
			? `operator ${op} needs \`value\`; for empty cells there are is_empty and is_not_empty`
			: `operator ${op} takes \`value\`, not \`values\``;
	if (
		arity === "many" &&
		(input.values === undefined || input.values.length === 0)
	)
		return `operator ${op} needs \`values\`, a list`;
	if (arity === "two" && input.values?.length !== 2)
		return `operator ${op} needs \`values\` with two entries, from and to`;
	if (op === "within") {
		const word = String(input.value ?? "");
		const span = spanOf(word, context.nowMs, context.zone);
		return span === undefined
			? `within does not know "${word}"; it knows ${WITHIN_WORDS.join(", ")}`
			: { operand, op, span, word };
	}
	const given = arity === "one" ? [input.value] : (input.values ?? []);
	if (column === undefined || op === "search")
		return String(input.value) === ""
			? "search needs a text to look for"
			: { operand, op, value: String(input.value) };
	const parsed = await parseOperands(given, column, op, context, notes);
	if (typeof parsed === "string") return `"${nameOfColumn(column)}" ${parsed}`;
	const { values, spans, texts } = parsed;
	const rest = texts.size > 0 ? { texts } : {};
	if (kindOf(column) === "date" && !isList(column)) {
		const [first, second] = spans;
		if (first === undefined) return `operator ${op} needs a date`;
		return {
			operand,
			op,
			span:
				second === undefined
					? first
					: { fromMs: first.fromMs, toMs: second.toMs },
			...rest,
		};
	}
	return arity === "one" && !isList(column)
		? { operand, op, value: values[0] ?? null, ...rest }
		: { operand, op, values, ...rest };
}

/** An operand that the operator would not look at: nothing that was given goes unheard. */
function idleOperand({
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

function operandOf(
	table: Table,
	text: string,
	system: readonly SystemColumn[],
	notes: Set<string>,
): Operand {
	const { item, note } = columnNamed(table, text, system);
	if (note !== undefined) notes.add(note);
	return typeof item === "string"
		? { kind: "system", column: item }
		: { kind: "field", field: item };
}

/** Operators for a column; a list that a lookup computes is asked as a list. */
function operatorsOf(column: Column): readonly Operator[] {
	const fits = FITS[kindOf(column)];
	if (typeof column !== "string" && column.value?.list)
		return [...LIST_OPERATORS, ...EMPTY_OPERATORS];
	if (typeof column !== "string" && column.type === "auto_number")
		return [...fits, ...ORDER_OPERATORS];
	return fits;
}

function typeOfColumn(column: Column): string {
	if (typeof column === "string") return column;
	return column.value === undefined
		? column.type
		: `${column.type} of ${column.value.type}`;
}

function compareColumns(
	input: ConditionInput,
	operand: Operand,
	table: Table,
	context: FilterContext,
	notes: Set<string>,
): Condition | string {
	if (!COMPARES_COLUMNS.has(input.op))
		return `operator ${input.op} cannot compare two columns; ${[...COMPARES_COLUMNS].join(", ")} can`;
	if (input.value !== undefined || input.values !== undefined)
		return "give `other_field` or a value, not both";
	let other: Operand;
	try {
		other = operandOf(
			table,
			input.other_field as string,
			context.systemColumns,
			notes,
		);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return error.next === undefined
			? error.message
			: `${error.message}. ${error.next}`;
	}
	const left = columnOf(operand) as Column;
	const right = columnOf(other) as Column;
	if (comparison(left) !== comparison(right))
		return `"${nameOfColumn(left)}" (${typeOfColumn(left)}) cannot be compared with "${nameOfColumn(right)}" (${typeOfColumn(right)})`;
	return { operand, op: input.op, other };
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

interface ParsedOperands {
	readonly values: readonly Cell[];
	readonly spans: readonly TimeSpan[];
	readonly texts: ReadonlyMap<string, string>;
}

async function parseOperands(
	given: readonly unknown[],
	column: Column,
	op: Operator,
	context: FilterContext,
	notes: Set<string>,
): Promise<ParsedOperands | string> {
	const kind = kindOf(column);
	const none = { values: [], spans: [], texts: new Map<string, string>() };
	if (kind === "date") {
		const spans: TimeSpan[] = [];
		const where = zone(context.zone);
		for (const item of given) {
			const parsed =
				typeof item === "number" && Math.abs(item) >= 100_000_000_000
					? { ms: item, dayOnly: false }
					: parseDate(String(item), where);
			if ("problem" in parsed) {
				const word = spanOf(String(item), context.nowMs, context.zone);
				if (word === undefined || isList(column))
					return `: "${item}" ${parsed.problem}`;
				spans.push(word);
				continue;
			}
			const dayOnly = parsed.dayOnly || !showsTime(column);
			spans.push(
				dayOnly
					? {
							fromMs: where.startOfDay(parsed.ms),
							toMs: where.endOfDay(parsed.ms),
						}
					: { fromMs: parsed.ms, toMs: parsed.ms + 1 },
			);
		}
		return isList(column)
			? { ...none, values: spans.map((span) => dateText(span, where)) }
			: { ...none, spans };
	}
	if (kind === "people" || kind === "links")
		return parseMembers(given, column, kind, op, context);
	const values: Cell[] = [];
	const problems: string[] = [];
	const whole =
		kind === "options" && (op === "is" || op === "is_not")
			? given.flatMap((item) =>
					typeof column !== "string" &&
					optionName(String(item), column, () => {}) === undefined
						? (splitList(String(item)) ?? [item])
						: [item],
				)
			: given;
	for (const item of whole) {
		if (
			item === "" ||
			item === null ||
			(op === "is" || op === "is_not" ? Array.isArray(item) : false)
		) {
			problems.push(noValue(op));
			continue;
		}
		const parsed = parseOperand(item, column, kind, op, notes);
		if ("problem" in parsed) problems.push(parsed.problem);
		else values.push(parsed.cell);
	}
	if (problems.length === 0 && values.length === 0) problems.push(noValue(op));
	return problems.length > 0 ? problems.join("; ") : { ...none, values };
}

/** An item of a list of dates is named by its day or, where a time was given, by its moment. */
function dateText({ fromMs, toMs }: TimeSpan, where: Zone): string {
	return toMs === fromMs + 1 ? where.moment(fromMs) : where.day(fromMs);
}

function noValue(op: Operator): string {
	return `was given no value: use ${op === "is_not" || op === "none_of" ? "is_not_empty" : "is_empty"} in place of an empty value`;
}

function parseOperand(
	item: unknown,
	column: Column,
	kind: Kind,
	op: Operator,
	notes: Set<string>,
): { readonly cell: Cell } | { readonly problem: string } {
	switch (kind) {
		case "number": {
			const field = typeof column === "string" ? undefined : column;
			if (field === undefined) return { problem: "takes a number" };
			return parseNumber(item, {
				...field,
				type: field.value?.type ?? field.type,
				settings: {},
			});
		}
		case "checkbox":
			return item === true || item === "true"
				? { cell: true }
				: item === false || item === "false"
					? { cell: false }
					: { problem: "takes true or false" };
		case "option":
		case "options": {
			const text = String(item);
			if (
				typeof column === "string" ||
				(kind === "option" && SUBSTRING.has(op))
			)
				return { cell: text };
			const name = optionName(text, column, (note) => notes.add(note));
			if (name !== undefined) return { cell: name };
			if (column.settings.options === undefined) return { cell: text };
			const names = column.settings.options.map((option) => option.name);
			const close = nearest(names, text);
			return {
				problem: `has no option "${text}"; ${close.length > 0 ? `nearest: ${close.map((option) => `"${option}"`).join(", ")}` : `options: ${names.slice(0, 30).join(", ")}`}`,
			};
		}
		default:
			return {
				cell:
					typeof item === "object" && item !== null
						? JSON.stringify(item)
						: String(item),
			};
	}
}

const SUBSTRING: ReadonlySet<Operator> = new Set([
	"contains",
	"not_contains",
	"starts_with",
]);

/** People and linked records: an id as it is, a name or title through the lookups. */
async function parseMembers(
	given: readonly unknown[],
	column: Column,
	kind: "people" | "links",
	op: Operator,
	context: FilterContext,
): Promise<ParsedOperands | string> {
	const items = given.flatMap((item) =>
		op === "is" || op === "is_not"
			? typeof item === "string"
				? (splitList(item) ?? [item])
				: [item]
			: [item],
	);
	if (items.length === 0 || items.some((item) => item === "" || item === null))
		return noValue(op);
	const values: string[] = [];
	const texts = new Map<string, string>();
	const ask: string[] = [];
	for (const item of items) {
		const text = String(item);
		if (text === "@me") {
			if (context.lookups.me === undefined)
				return 'does not know "@me": a person sets `me` of the connection in the configuration';
			values.push(context.lookups.me);
			continue;
		}
		const id = /\[([^[\]\s]+)\]$/.exec(text)?.[1];
		if (id !== undefined && kind === "links") values.push(id);
		else ask.push(text);
	}
	if (ask.length > 0) {
		const field: Field | undefined =
			typeof column === "string" ? undefined : column;
		let found: ReadonlyMap<string, readonly { readonly id: string }[]> =
			new Map();
		if (kind === "links" && field !== undefined)
			found = await context.lookups.linkedByText(field, ask);
		else if (kind === "people")
			try {
				found = await context.lookups.people(
					field ?? systemPeople(column as SystemColumn),
					ask,
				);
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
			}
		for (const text of ask) {
			const same = found.get(text) ?? [];
			for (const { id } of same) {
				values.push(id);
				texts.set(id, text);
			}
			if (same.length === 0) values.push(text);
		}
	}
	return { values, spans: [], texts };
}

/** Stands for a column of people that is no field. */
function systemPeople(column: SystemColumn): Field {
	return {
		id: column,
		name: column,
		type: column === "$created_by" ? "created_by" : "updated_by",
		primary: false,
		settings: {},
		wireType: column,
	};
}
