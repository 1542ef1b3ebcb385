import type { Cell, Field, SystemColumn } from "./field.js";
import type { Operator } from "./table.js";

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
export type Column = Field | SystemColumn;

export function columnOf(operand: Operand): Column | undefined {
	return operand.kind === "field"
		? operand.field
		: operand.kind === "system"
			? operand.column
			: undefined;
}

export function nameOfColumn(column: Column): string {
	return typeof column === "string" ? column : column.name;
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
