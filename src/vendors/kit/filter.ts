import type { CodecContext } from "../../core/contract/codec.js";
import type { Condition, Pushed } from "../../core/contract/condition.js";

/** Compiles a condition to what a vendor can be asked; undefined where it does not know the column or the value. */
export type Push<Expr> = (
	condition: Condition,
	context: CodecContext,
) => Pushed<Expr> | undefined;

/** The first of these that knows the column decides. */
export function first<Expr>(...pushes: readonly Push<Expr>[]): Push<Expr> {
	return (condition, context) => {
		for (const push of pushes) {
			const pushed = push(condition, context);
			if (pushed !== undefined) return pushed;
		}
		return undefined;
	};
}
