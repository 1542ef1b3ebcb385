import type { CodecContext } from "../contract/codec.js";
import type {
	Condition,
	ConditionGroup,
	Filter,
	Pushed,
} from "../contract/condition.js";
import type { FilterDialect } from "../contract/dialect.js";

export interface Compiled {
	/** Absent: nothing can be sent; the vendor gives all rows. */
	readonly expr?: unknown;
	/** The vendor's rows are the filter's rows. */
	readonly exact: boolean;
}

/**
 * What of a filter a vendor can be asked. A condition it cannot do is *true* for it; an `any` that holds such a
 * one is dropped whole: the rows that come back are always a superset.
 */
export function pushDown(
	filter: Filter,
	dialect: FilterDialect,
	context: CodecContext,
): Compiled {
	const conditions = filter.conditions.map((condition) =>
		compileCondition(condition, dialect, context),
	);
	// Without nesting a group of the same kind is written out; another one cannot be asked.
	const usable = dialect.nests
		? filter.groups.map((group) => compileGroup(group, dialect, context))
		: filter.groups.flatMap((group) =>
				sameKind(filter, group)
					? group.conditions.map((condition) =>
							compileCondition(condition, dialect, context),
						)
					: [undefined],
			);
	const whole = join(filter.match, [...conditions, ...usable], dialect);
	const count =
		filter.conditions.length +
		filter.groups.reduce((sum, group) => sum + group.conditions.length, 0);
	if (dialect.maxConditions !== undefined && count > dialect.maxConditions)
		return { exact: false };
	return whole === undefined || dialect.fits?.(whole.expr) === false
		? { exact: false }
		: whole;
}

function sameKind(filter: Filter, group: ConditionGroup): boolean {
	return group.match === filter.match || group.conditions.length <= 1;
}

function compileGroup(
	group: ConditionGroup,
	dialect: FilterDialect,
	context: CodecContext,
): Pushed<unknown> | undefined {
	return join(
		group.match,
		group.conditions.map((condition) =>
			compileCondition(condition, dialect, context),
		),
		dialect,
	);
}

function compileCondition(
	condition: Condition,
	dialect: FilterDialect,
	context: CodecContext,
): Pushed<unknown> | undefined {
	if (isBetweenRatings(condition)) return undefined;
	const operator = dialect.operators[condition.op];
	return typeof operator === "function"
		? operator(condition, context)
		: undefined;
}

/** No document says what a vendor makes of a fraction beside whole numbers. */
function isBetweenRatings({ operand, value, values = [] }: Condition): boolean {
	if (operand.kind !== "field") return false;
	const { type, value: computed } = operand.field;
	return (
		(computed?.type ?? type) === "rating" &&
		[value, ...values].some(
			(one) => typeof one === "number" && !Number.isInteger(one),
		)
	);
}

function join(
	match: "all" | "any",
	parts: readonly (Pushed<unknown> | undefined)[],
	dialect: FilterDialect,
): Pushed<unknown> | undefined {
	const known = parts.filter((part) => part !== undefined);
	const exact =
		known.length === parts.length && known.every((part) => part.exact);
	const [only] = known;
	if (only === undefined) return undefined;
	if (match === "any" && known.length < parts.length) return undefined;
	if (known.length === 1) return { expr: only.expr, exact };
	const exprs = known.map(({ expr }) => expr);
	if (match === "all") return { expr: dialect.all(exprs), exact };
	return dialect.any === undefined
		? undefined
		: { expr: dialect.any(exprs), exact };
}
