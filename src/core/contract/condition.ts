import type { Cell, Field, SystemColumn } from "./field.js";
import type { ConditionInput, Operator } from "./table.js";

/** What a condition looks at: a field, a system column, or every column (`*`, with `search` only). */
export type Operand =
	| { readonly kind: "field"; readonly field: Field }
	| { readonly kind: "system"; readonly column: SystemColumn }
	| { readonly kind: "any" };

/** A half-open span of time: `fromMs <= x < toMs`. Every date comparison becomes one or two of its ends. */
export interface TimeSpan {
	/** Milliseconds since the epoch; inside. */
	readonly fromMs: number;
	/** Milliseconds since the epoch; outside. */
	readonly toMs: number;
}

/**
 * A condition with its names resolved and its values parsed by the field's type.
 * `value`/`values` by type of the operand: text, url → string; numbers → number; checkbox → boolean;
 * selects → option names; people, groups, departments, links → ids (a name or title stands for the ids of all that have
 * it, and for itself where none is known); attachments → file names; dates in a list → the day or moment as text.
 */
export interface Condition {
	/** The column on the left. */
	readonly operand: Operand;
	/** One that fits the operand's kind. A part of a name or title has become `any_of` or `none_of` of those who have it. */
	readonly op: Operator;
	/**
	 * What a one-value operator compares with, on a column that holds one value.
	 * Absent: the operator takes no value or several, the column holds lists or dates, or `other` is compared with.
	 */
	readonly value?: Cell;
	/**
	 * What an operator of several values compares with, and every operator with a value on a column that holds lists;
	 * never empty. Absent: `value`, `span` or `other` says it, or the operator takes none.
	 */
	readonly values?: readonly Cell[];
	/**
	 * The day, moment or named range as a span; for `gt`/`lte` its end counts, for `gte`/`lt` its start.
	 * Absent: no date is compared with.
	 */
	readonly span?: TimeSpan;
	/** The word as given, for vendors that have the same word. Absent: the operator is not `within`. */
	readonly word?: string;
	/** People and links: id → the name or title that it was given by. Absent: they were given by id. */
	readonly texts?: ReadonlyMap<string, string>;
	/** The column on the right, of the same comparison as the left one. Absent: values are compared with. */
	readonly other?: Operand;
}

/** A condition that came from outside, for who keeps it: what was given means the same tomorrow, its days do not. */
export interface GivenCondition extends Condition {
	/** As given, with ids in place of names of columns (`*` stays). */
	readonly given: ConditionInput;
}

/** Conditions of which all or any must hold. */
export interface ConditionGroup<Of extends Condition = Condition> {
	/** An empty group of either kind holds for every row. */
	readonly match: "all" | "any";
	/** In the order given. */
	readonly conditions: readonly Of[];
}

/** A filter that passed validation. Each of its groups counts as one more condition. */
export interface Filter<Of extends Condition = Condition>
	extends ConditionGroup<Of> {
	/** In the order given; empty groups have been left out. */
	readonly groups: readonly ConditionGroup<Of>[];
}

/** A vendor's expression for a condition or a part of a filter. */
export interface Pushed<Expr> {
	/** In the vendor's own form; only its dialect looks inside. */
	readonly expr: Expr;
	/** false: it may let too many rows through, never too few; the core's evaluator runs over what comes back. */
	readonly exact: boolean;
}

/** What a condition looks at, as a column. */
export type Column = Field | SystemColumn;

/** The column of an operand; undefined for `*`. */
export function columnOf(operand: Operand): Column | undefined {
	return operand.kind === "field"
		? operand.field
		: operand.kind === "system"
			? operand.column
			: undefined;
}

/** A column as people and agents name it. */
export function nameOfColumn(column: Column): string {
	return typeof column === "string" ? column : column.name;
}

/** What the column's cells are found by in a row. */
export function idOfColumn(column: Column): string {
	return typeof column === "string" ? column : column.id;
}

/** Fields and system columns that a filter looks at; `all` for `*`, which needs every field: the caller reads them. */
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
