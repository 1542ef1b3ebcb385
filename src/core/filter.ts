import { TablesError } from "./errors.js";
import type { Cell, Field, SystemColumn } from "./field.js";
import { columnNamed, nearest } from "./names.js";
import { optionName, parseNumber } from "./parse.js";
import type {
	ConditionInput,
	FilterInput,
	Operator,
	Row,
	Table,
} from "./table.js";
import type { Lookups } from "./validate.js";
import {
	cellText,
	isEmpty,
	isList,
	isRaw,
	type Kind,
	keyOf,
	kindOf,
	showsTime,
	splitList,
} from "./values.js";
import { parseDate, spanOf, WITHIN_WORDS, type Zone, zone } from "./zone.js";

/** What a condition looks at: a field, a system column, or every column (`*`, with `search` only). */
export type Operand =
	| { readonly kind: "field"; readonly field: Field }
	| { readonly kind: "system"; readonly column: SystemColumn }
	| { readonly kind: "any" };

/** A half-open span of time, ms: `fromMs <= x < toMs`. Every date comparison becomes one or two of its ends. */
export interface TimeSpan {
	readonly fromMs: number;
	readonly toMs: number;
}

/**
 * A condition with its names resolved and its values parsed by the field's type.
 * Operators on a column that holds lists always have `values`; other one-value operators have `value`.
 * `value`/`values` by type of the operand: text, url → string; numbers → number; checkbox → boolean;
 * selects → option names; people, groups, departments, links → ids (a name that is unique became its id;
 * `text` keeps the title or name for vendors that can only search that); attachments → file names.
 */
export interface Condition {
	readonly operand: Operand;
	readonly op: Operator;
	readonly value?: Cell;
	readonly values?: readonly Cell[];
	/** Dates only: the day, moment or named range as a span; for `gt`/`lte` its end counts, for `gte`/`lt` its start. */
	readonly span?: TimeSpan;
	/** `within` only: the word as given, for vendors that have the same word. */
	readonly word?: string;
	/** people and links: id → name or title, as far as known. */
	readonly texts?: ReadonlyMap<string, string>;
	readonly other?: Operand;
}

export interface ConditionGroup {
	readonly match: "all" | "any";
	readonly conditions: readonly Condition[];
}

/** A filter that passed validation. */
export interface Filter extends ConditionGroup {
	readonly groups: readonly ConditionGroup[];
}

/**
 * A vendor's expression for one condition. `exact: false` means that it may let too many rows through,
 * never too few: the core's evaluator runs over what comes back.
 */
export interface Pushed<Expr> {
	readonly expr: Expr;
	readonly exact: boolean;
}

/** What a condition looks at, as a column. */
type Column = Field | SystemColumn;

function columnOf(operand: Operand): Column | undefined {
	return operand.kind === "field"
		? operand.field
		: operand.kind === "system"
			? operand.column
			: undefined;
}

export function nameOfColumn(column: Column): string {
	return typeof column === "string" ? column : column.name;
}

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
function comparison(column: Column): string {
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

/** Fields and system columns that a filter looks at; `*` needs every field, which the caller reads anyway. */
export function fieldsOf(filter: Filter): {
	readonly fields: Field[];
	readonly system: SystemColumn[];
	readonly all: boolean;
} {
	const fields = new Set<Field>();
	const system = new Set<SystemColumn>();
	let all = false;
	for (const condition of [
		...filter.conditions,
		...filter.groups.flatMap((group) => group.conditions),
	])
		for (const operand of [condition.operand, condition.other]) {
			if (operand?.kind === "field") fields.add(operand.field);
			if (operand?.kind === "system") system.add(operand.column);
			if (operand?.kind === "any") all = true;
		}
	return { fields: [...fields], system: [...system], all };
}

/** The definition of every filter: does the row pass? */
export function matches(filter: Filter, row: Row, table: Table): boolean {
	const parts = filter.match === "all" ? "every" : "some";
	const rest: (Condition | ConditionGroup)[] = [
		...filter.conditions,
		...filter.groups,
	];
	if (rest.length === 0) return true;
	return rest[parts]((part) =>
		"conditions" in part
			? matchesGroup(part, row, table)
			: holds(part, row, table),
	);
}

function matchesGroup(group: ConditionGroup, row: Row, table: Table): boolean {
	if (group.conditions.length === 0) return true;
	return group.conditions[group.match === "all" ? "every" : "some"](
		(condition) => holds(condition, row, table),
	);
}

function cellOf(operand: Operand, row: Row): Cell {
	const column = columnOf(operand);
	return (
		(column === undefined
			? null
			: row.cells[typeof column === "string" ? column : column.id]) ?? null
	);
}

/** Case folding for `search`: full Unicode lower case of the NFC form; accents count. */
function foldText(text: string): string {
	return text.normalize("NFC").toLowerCase();
}

function holds(condition: Condition, row: Row, table: Table): boolean {
	const { operand, op } = condition;
	if (operand.kind === "any") {
		const wanted = foldText(String(condition.value));
		return table.fields.some((field) =>
			foldText(
				cellText(row.cells[field.id] ?? null, field, table.zone),
			).includes(wanted),
		);
	}
	const column = columnOf(operand) as Column;
	const cell = cellOf(operand, row);
	if (condition.other !== undefined)
		return holdsBetween(
			op,
			cell,
			cellOf(condition.other, row),
			column,
			columnOf(condition.other) as Column,
			table,
		);
	const kind = kindOf(column);
	if (op === "is_empty") return kind !== "checkbox" && isEmpty(cell);
	if (op === "is_not_empty") return kind === "checkbox" || !isEmpty(cell);
	if (op === "search")
		return foldText(cellText(cell, column, table.zone)).includes(
			foldText(String(condition.value)),
		);
	if (kind === "date" && !(typeof column !== "string" && column.value?.list))
		return holdsDate(op, cell, condition.span as TimeSpan);
	if (isList(column)) return holdsList(op, cell, column, condition, table);
	const wanted = condition.value ?? null;
	switch (op) {
		case "is":
			return same(cell, wanted, column);
		case "is_not":
			return !same(cell, wanted, column);
		case "any_of":
			return (condition.values ?? []).some((value) =>
				same(cell, value, column),
			);
		case "none_of":
			return !(condition.values ?? []).some((value) =>
				same(cell, value, column),
			);
		case "contains":
			return plain(cell, column).includes(String(wanted));
		case "not_contains":
			return !plain(cell, column).includes(String(wanted));
		case "starts_with":
			return !isEmpty(cell) && plain(cell, column).startsWith(String(wanted));
		case "gt":
		case "gte":
		case "lt":
		case "lte":
			return ordered(op, cell, wanted);
		case "between":
			return (
				ordered("gte", cell, condition.values?.[0] ?? null) &&
				ordered("lte", cell, condition.values?.[1] ?? null)
			);
		default:
			return false;
	}
}

/** A single value as the text that text operators look at. */
function plain(cell: Cell, column: Column): string {
	if (isEmpty(cell)) return "";
	// An error in place of a value; of an unknown type, it is all that there is.
	if (isRaw(cell) && kindOf(column) !== "none") return "";
	if (typeof cell === "object" && cell !== null && "link" in cell)
		return cell.link;
	if (typeof cell === "object" && cell !== null && "lnglat" in cell)
		return `${cell.lnglat} ${cell.address}`;
	return typeof cell === "string" ? cell : cellText(cell, column, "UTC");
}

function same(cell: Cell, wanted: Cell, column: Column): boolean {
	if (kindOf(column) === "checkbox")
		return (cell === true) === (wanted === true);
	if (isEmpty(cell)) return false;
	if (typeof cell === "number" && typeof wanted === "number")
		return cell === wanted;
	if (typeof cell === "object" && cell !== null && "link" in cell)
		return cell.link === wanted || cell.text === wanted;
	return plain(cell, column) === String(wanted);
}

function ordered(
	op: "gt" | "gte" | "lt" | "lte",
	cell: Cell,
	wanted: Cell,
): boolean {
	if (isEmpty(cell) || isEmpty(wanted)) return false;
	// An error in place of a value comes before and after nothing.
	if (isRaw(cell) || isRaw(wanted)) return false;
	const numbers = [cell, wanted].map(numberOf);
	const both = numbers.every((number) => number !== undefined);
	const [left, right] = (both ? numbers : [String(cell), String(wanted)]) as [
		string | number,
		string | number,
	];
	switch (op) {
		case "gt":
			return left > right;
		case "gte":
			return left >= right;
		case "lt":
			return left < right;
		case "lte":
			return left <= right;
	}
}

/** Numbers of records are texts in some vendors, and go by value where they are plain numbers. */
function numberOf(cell: Cell): number | undefined {
	if (typeof cell === "number") return cell;
	return typeof cell === "string" && /^-?\d+(\.\d+)?$/.test(cell)
		? Number(cell)
		: undefined;
}

function holdsDate(op: Operator, cell: Cell, span: TimeSpan): boolean {
	if (typeof cell !== "number") return op === "is_not";
	const inside = cell >= span.fromMs && cell < span.toMs;
	switch (op) {
		case "is":
		case "within":
		case "between":
			return inside;
		case "is_not":
			return !inside;
		case "gt":
			return cell >= span.toMs;
		case "gte":
			return cell >= span.fromMs;
		case "lt":
			return cell < span.fromMs;
		case "lte":
			return cell < span.toMs;
		default:
			return false;
	}
}

/** Every text by which an item of a list can be named: option, id, name, title, file name. */
function namesOf(item: unknown): readonly string[] {
	if (typeof item !== "object" || item === null) return [String(item)];
	const { id, name, text, token, email, link } = item as Record<
		string,
		unknown
	>;
	return [id, name, text, token, email, link].filter(
		(value): value is string => typeof value === "string" && value !== "",
	);
}

function holdsList(
	op: Operator,
	cell: Cell,
	column: Column,
	condition: Condition,
	table: Table,
): boolean {
	const where = zone(table.zone);
	const names = (item: unknown) =>
		kindOf(column) === "date" && typeof item === "number"
			? [where.day(item), where.moment(item)]
			: namesOf(item);
	const items = isEmpty(cell)
		? []
		: (Array.isArray(cell) ? (cell as readonly unknown[]) : [cell]).map(names);
	const wanted = (condition.values ??
		(condition.value === null || condition.value === undefined
			? []
			: Array.isArray(condition.value)
				? condition.value
				: [condition.value])) as readonly unknown[];
	const groups = wantedGroups(wanted.map(String), condition.texts);
	const has = (group: readonly string[]) =>
		items.some((item) => group.some((value) => item.includes(value)));
	switch (op) {
		case "contains":
		case "any_of":
			return groups.some(has);
		case "not_contains":
		case "none_of":
			return !groups.some(has);
		case "has_all":
			return groups.every(has);
		case "is":
			return (
				items.length > 0 &&
				groups.every(has) &&
				items.every((item) =>
					groups.some((group) => group.some((value) => item.includes(value))),
				)
			);
		case "is_not":
			return !(
				items.length > 0 &&
				groups.every(has) &&
				items.every((item) =>
					groups.some((group) => group.some((value) => item.includes(value))),
				)
			);
		default:
			return false;
	}
}

/** Ids that came from one name stand for that one name: any of them will do. */
function wantedGroups(
	values: readonly string[],
	texts: ReadonlyMap<string, string> | undefined,
): readonly (readonly string[])[] {
	if (texts === undefined) return values.map((value) => [value]);
	const groups = new Map<string, string[]>();
	for (const value of values) {
		const key = texts.get(value) ?? value;
		groups.set(key, [...(groups.get(key) ?? []), value]);
	}
	return [...groups.values()];
}

function holdsBetween(
	op: Operator,
	left: Cell,
	right: Cell,
	leftColumn: Column,
	rightColumn: Column,
	table: Table,
): boolean {
	if (op === "is" || op === "is_not") {
		const empty = (cell: Cell) => isEmpty(cell) || cell === false;
		const equal =
			empty(left) || empty(right)
				? empty(left) && empty(right)
				: typeof left === "number" &&
						typeof right === "number" &&
						kindOf(leftColumn) === "date" &&
						!(showsTime(leftColumn) && showsTime(rightColumn))
					? zone(table.zone).day(left) === zone(table.zone).day(right)
					: isList(leftColumn)
						? keyOf(left, leftColumn, table.zone) ===
							keyOf(right, rightColumn, table.zone)
						: typeof left === "number" || typeof left === "boolean"
							? left === right
							: plain(left, leftColumn) === plain(right, rightColumn);
		return op === "is" ? equal : !equal;
	}
	return ordered(op as "gt", left, right);
}
