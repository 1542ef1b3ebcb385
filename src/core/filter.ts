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
