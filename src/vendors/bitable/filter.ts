import type { FilterDialect } from "../../core/contract/dialect.js";
import type { Field } from "../../core/contract/field.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { zone } from "../../core/values/zone.js";
import { unsupported } from "../kit/codecs.js";
import { type Push as Compile, first } from "../kit/filter.js";
import { columnOf, type Shape, written, writtenAll } from "./filter-columns.js";

/*
 * The structured filter of a search. Source: "Record filter guide".
 * What it leaves open is written so that the answer is a superset either way: whether texts are compared with or
 * without case (only positive text conditions are sent), whether negative conditions hold for empty cells (emptiness
 * is asked beside), whether a date with a time is compared as its day or as its midnight (a day is added at each end).
 * Formulas and lookups cannot be filtered; a link, URL or place is seen by a text that is not ours.
 */

export interface Leaf {
	readonly field_name: string;
	readonly operator: string;
	readonly value: readonly string[];
}

export interface Group {
	readonly conjunction: "and" | "or";
	readonly leaves: readonly Leaf[];
	readonly groups: readonly Group[];
}

export type Expr = Leaf | Group;

export const isLeaf = (expr: Expr): expr is Leaf => "operator" in expr;
const isGroup = (expr: Expr): expr is Group => !isLeaf(expr);

/** Parts of the same conjunction are merged into one, so that as little as possible is nested. */
function join(conjunction: Group["conjunction"], parts: readonly Expr[]): Expr {
	const flat = parts.flatMap((part): Expr[] =>
		!isLeaf(part) && part.conjunction === conjunction
			? [...part.leaves, ...part.groups]
			: [part],
	);
	const [only] = flat;
	if (flat.length === 1 && only !== undefined) return only;
	return {
		conjunction,
		leaves: flat.filter(isLeaf),
		groups: flat.filter(isGroup),
	};
}

const all = (parts: readonly Expr[]): Expr => join("and", parts);
const any = (parts: readonly Expr[]): Expr => join("or", parts);

/** Conditions in one search, and values in one condition. */
const MOST_CONDITIONS = 50;

function size(expr: Expr): number {
	return isLeaf(expr)
		? 1
		: expr.leaves.length +
				expr.groups.reduce((sum, group) => sum + size(group), 0);
}

function fits(expr: Expr): boolean {
	return (
		size(expr) <= MOST_CONDITIONS &&
		(isLeaf(expr) || expr.groups.every(({ groups }) => groups.length === 0))
	);
}

type Push = Compile<Expr>;

const leaf = (
	field: Field,
	operator: string,
	...value: readonly string[]
): Leaf => ({ field_name: field.name, operator, value });

const isEmpty = (field: Field): Leaf => leaf(field, "isEmpty");
const isSet = (field: Field): Leaf => leaf(field, "isNotEmpty");
/** A negative condition that holds for empty cells, whichever way the vendor means it. */
const orEmpty = (field: Field, part: Leaf): Expr => any([part, isEmpty(field)]);

interface Rule {
	readonly shapes: readonly Shape[];
	/** The vendor's rows are exactly ours. */
	readonly exact: boolean;
}

/** One value against a column that holds one. */
const single =
	(
		{ shapes, exact }: Rule,
		compile: (field: Field, value: string) => Expr,
	): Push =>
	({ operand, value, other }) => {
		const column = columnOf(operand);
		if (
			column === undefined ||
			other !== undefined ||
			!shapes.includes(column.shape)
		)
			return undefined;
		const text = written(value, column.shape);
		return text === undefined
			? undefined
			: { expr: compile(column.field, text), exact };
	};

/** Several values, each its own condition: what several in one condition mean is not documented. */
const several =
	(
		{ shapes, exact }: Rule,
		combine: (parts: readonly Expr[]) => Expr,
		compile: (field: Field, value: string) => Expr,
	): Push =>
	({ operand, values, other, op, texts }) => {
		const column = columnOf(operand);
		if (
			column === undefined ||
			other !== undefined ||
			!shapes.includes(column.shape)
		)
			return undefined;
		const found = writtenAll(values, column.shape);
		if (found === undefined) return undefined;
		// Several ids of one name stand for any of them.
		if (
			(op === "is" || op === "has_all") &&
			new Set(texts?.values()).size < (texts?.size ?? 0)
		)
			return undefined;
		return {
			expr: combine(found.map((value) => compile(column.field, value))),
			exact,
		};
	};

const LISTS: readonly Shape[] = ["options", "people", "links"];
const has = (field: Field, value: string) => leaf(field, "contains", value);
const hasNot = (field: Field, value: string) =>
	orEmpty(field, leaf(field, "doesNotContain", value));
const equals = (field: Field, value: string) => leaf(field, "is", value);
const differs = (field: Field, value: string) =>
	orEmpty(field, leaf(field, "isNot", value));
/** Never true for an empty cell, whatever an empty cell is compared as. */
const ordered =
	(operator: string) =>
	(field: Field, value: string): Expr =>
		all([isSet(field), leaf(field, operator, value)]);

/** Only ticked is certain: a box that was never ticked has no value. */
const ticked =
	(wanted: boolean): Push =>
	({ operand, value, other }) => {
		const column = columnOf(operand);
		return column?.shape === "checkbox" &&
			other === undefined &&
			value === wanted
			? { expr: leaf(column.field, "is", "true"), exact: true }
			: undefined;
	};

/** A span of days, a day wider at each end than asked. */
const dated =
	(ends: {
		readonly from?: "from" | "to";
		readonly to?: "from" | "to";
	}): Push =>
	({ operand, span, other }, context) => {
		const column = columnOf(operand);
		if (column?.shape !== "date" || span === undefined || other !== undefined)
			return undefined;
		const where = zone(context.zone);
		const ms = (end: "from" | "to") =>
			end === "from" ? span.fromMs : span.toMs;
		const exactDate = (operator: string, day: number) =>
			leaf(column.field, operator, "ExactDate", String(day));
		const parts: Expr[] = [];
		// The day before the one before the first; the second day after the last.
		if (ends.from !== undefined)
			parts.push(
				exactDate(
					"isGreater",
					where.startOfDay(where.startOfDay(ms(ends.from)) - 1) - 1,
				),
			);
		if (ends.to !== undefined)
			parts.push(
				exactDate("isLess", where.endOfDay(where.endOfDay(ms(ends.to)))),
			);
		return { expr: all(parts), exact: false };
	};

const emptiness =
	(compile: (field: Field) => Expr): Push =>
	({ operand }) => {
		const column = columnOf(operand);
		return column === undefined || column.shape === "checkbox"
			? undefined
			: { expr: compile(column.field), exact: true };
	};

const NUMBER: Rule = { shapes: ["number"], exact: true };
const OPTION: Rule = { shapes: ["number", "option"], exact: true };
const TEXT: Rule = { shapes: ["text"], exact: false };
const LIST: Rule = { shapes: LISTS, exact: true };
const inside = dated({ from: "from", to: "to" });

const operators = {
	is: first(
		single(OPTION, equals),
		single(TEXT, equals),
		ticked(true),
		several({ ...LIST, exact: false }, all, has),
		inside,
	),
	is_not: first(single(OPTION, differs), ticked(false)),
	contains: first(several(LIST, any, has), single(TEXT, has)),
	not_contains: several(LIST, all, hasNot),
	starts_with: single(TEXT, has),
	search: unsupported(
		"whether case counts is not documented: rows are looked through",
	),
	any_of: first(
		several(OPTION, any, equals),
		several(TEXT, any, equals),
		several(LIST, any, has),
	),
	none_of: first(several(OPTION, all, differs), several(LIST, all, hasNot)),
	has_all: several(LIST, all, has),
	gt: first(single(NUMBER, ordered("isGreater")), dated({ from: "to" })),
	gte: first(
		single(NUMBER, ordered("isGreaterEqual")),
		dated({ from: "from" }),
	),
	lt: first(single(NUMBER, ordered("isLess")), dated({ to: "from" })),
	lte: first(single(NUMBER, ordered("isLessEqual")), dated({ to: "to" })),
	between: first(({ operand, values }) => {
		const column = columnOf(operand);
		const ends = writtenAll(values, "number");
		const [least, most] = ends ?? [];
		return column?.shape === "number" &&
			least !== undefined &&
			most !== undefined
			? {
					expr: all([
						isSet(column.field),
						leaf(column.field, "isGreaterEqual", least),
						leaf(column.field, "isLessEqual", most),
					]),
					exact: true,
				}
			: undefined;
	}, inside),
	within: inside,
	is_empty: emptiness(isEmpty),
	is_not_empty: emptiness(isSet),
} satisfies FilterDialect<Expr>["operators"] &
	Record<string, Push | Unsupported>;

export const dialect: FilterDialect<Expr> = {
	operators,
	all,
	any,
	nests: true,
	fits,
};
