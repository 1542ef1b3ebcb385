import type { CodecContext } from "./codec.js";
import type { Condition, Pushed } from "./condition.js";
import type { Operator } from "./table.js";
import type { Unsupported } from "./unsupported.js";

/** What a vendor can be asked. The core compiles; what it cannot push, it evaluates itself. */
export interface FilterDialect<Expr = unknown> {
	/**
	 * A row per operator. A function answers undefined where this field or value cannot be pushed; such a condition,
	 * like one whose operator is `Unsupported`, is *true* for the vendor and checked here on what comes back.
	 */
	readonly operators: {
		readonly [O in Operator]:
			| ((
					condition: Condition,
					context: CodecContext,
			  ) => Pushed<Expr> | undefined)
			| Unsupported;
	};
	/** Joins two or more parts so that each must hold. */
	all(parts: readonly Expr[]): Expr;
	/**
	 * Joins two or more parts so that one must hold.
	 * Absent: an `any` of more than one condition cannot be pushed; the core evaluates it whole.
	 */
	any?(parts: readonly Expr[]): Expr;
	/** May `all` and `any` hold the result of the other? If not, a filter's groups are pushed where they can be written out. */
	readonly nests: boolean;
	/**
	 * Largest number of conditions in one filter, groups included; a filter with more is evaluated by the core whole.
	 * Absent: any number is sent.
	 */
	readonly maxConditions?: number;
	/**
	 * Is the whole filter short enough to be sent? If not, the core evaluates it whole.
	 * Absent: every length is sent.
	 */
	fits?(expr: Expr): boolean;
}
