import type { CodecContext } from "./codec.js";
import type { Condition, Pushed } from "./condition.js";
import type { Operator } from "./table.js";
import type { Unsupported } from "./unsupported.js";

/** What a vendor can be asked. The core compiles; what it cannot push, it evaluates itself. */
export interface FilterDialect<Expr = unknown> {
	/** Answers undefined where this field or value cannot be pushed (then the condition is *true* for the vendor). */
	readonly operators: {
		readonly [O in Operator]:
			| ((
					condition: Condition,
					context: CodecContext,
			  ) => Pushed<Expr> | undefined)
			| Unsupported;
	};
	all(parts: readonly Expr[]): Expr;
	/** Absent: an `any` cannot be pushed. */
	any?(parts: readonly Expr[]): Expr;
	/** May `all`/`any` hold the result of the other? */
	readonly nests: boolean;
	/** Largest number of conditions in one filter; more are left to the core. */
	readonly maxConditions?: number;
	/** Can it be sent? A whole filter that is too long is left to the core. */
	fits?(expr: Expr): boolean;
}
