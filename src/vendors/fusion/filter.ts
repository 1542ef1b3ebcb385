import type { CodecContext } from "../../core/contract/codec.js";
import type { Condition, Operand } from "../../core/contract/condition.js";
import type { FilterDialect } from "../../core/contract/dialect.js";
import type { Field } from "../../core/contract/field.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { zone } from "../../core/values/zone.js";
import { type Push as Compile, first } from "../kit/filter.js";
import { columnOf, type Shape, written, writtenAll } from "./filter-columns.js";

/*
 * filterByFormula. The templates were measured over rows with empty cells, quotes, braces, line breaks, wrong case
 * and boundaries. An empty cell counts as 0 in comparisons and must be excluded; `&` binds weakest; an error inside
 * keeps the row. Source: "room-server 1.10.0, filter".
 */

type Push = Compile<string>;

const all = (parts: readonly string[]): string =>
	parts.length === 1 ? (parts[0] as string) : `AND(${parts.join(",")})`;
const any = (parts: readonly string[]): string =>
	parts.length === 1 ? (parts[0] as string) : `OR(${parts.join(",")})`;
const not = (part: string): string => `NOT(${part})`;
const set = (column: string): string => `${column}!=BLANK()`;
const unset = (column: string): string => `${column}=BLANK()`;

interface Single {
	readonly shapes: readonly Shape[];
	readonly rough?: true;
}

/** One value against one column. */
const single =
	(
		{ shapes, rough }: Single,
		compile: (column: string, value: string) => string,
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
			: {
					expr: compile(column.reference, text),
					exact: !rough && column.shape !== "counter",
				};
	};

/** Several values against a column that holds one. */
const several =
	(shapes: readonly Shape[], negative: boolean): Push =>
	({ operand, values }) => {
		const column = columnOf(operand);
		if (
			column === undefined ||
			!shapes.includes(column.shape) ||
			(negative && column.shape === "counter")
		)
			return undefined;
		const texts = writtenAll(values, column.shape);
		if (texts === undefined) return undefined;
		const one = any(texts.map((text) => `${column.reference}=${text}`));
		return {
			expr: negative ? not(one) : one,
			exact: column.shape !== "counter",
		};
	};

/** A list of options: counted one by one, since the joined text cannot tell "b" from "bb". */
const options =
	(
		join: (parts: readonly string[]) => string,
		exact: boolean,
		negative = false,
	): Push =>
	({ operand, values }) => {
		const column = columnOf(operand);
		if (column?.shape !== "options") return undefined;
		const texts = writtenAll(values, "options");
		if (texts === undefined) return undefined;
		const expr = join(
			texts.map((text) => `COUNTIF(${column.reference},${text})>0`),
		);
		return { expr: negative ? not(expr) : expr, exact };
	};

/** A formula sees names of people, not ids: those of one name stay in, and the core distinguishes them. */
const people =
	(join: (parts: readonly string[]) => string): Push =>
	({ operand, values, texts }) => {
		const column = columnOf(operand);
		if (column?.shape !== "people" || values === undefined) return undefined;
		const names = values.map((id) => texts?.get(String(id)));
		const written = writtenAll(
			names.map((name) => name ?? null),
			"people",
		);
		if (written === undefined) return undefined;
		return {
			expr: join(
				written.map((name) => `COUNTIF(${column.reference},${name})>0`),
			),
			exact: false,
		};
	};

/** A formula sees `name (url)` of every file. */
const files =
	(join: (parts: readonly string[]) => string): Push =>
	({ operand, values }) => {
		const column = columnOf(operand);
		if (column?.shape !== "files") return undefined;
		const texts = writtenAll(values, "files");
		return texts === undefined
			? undefined
			: {
					expr: join(
						texts.map((text) => `FIND(${text},${column.reference})>0`),
					),
					exact: false,
				};
	};

const flag =
	(turned: boolean): Push =>
	({ operand, value, other }) => {
		const column = columnOf(operand);
		if (
			column?.shape !== "flag" ||
			other !== undefined ||
			typeof value !== "boolean"
		)
			return undefined;
		return {
			expr:
				value !== turned ? `${column.reference}=TRUE()` : not(column.reference),
			exact: true,
		};
	};

interface Bounds {
	/** The bound itself, and whether it says exactly what is meant. */
	from(): { readonly ms: number; readonly exact: boolean };
	before(end: "from" | "to"): { readonly ms: number; readonly exact: boolean };
	onOrAfter(end: "from" | "to"): {
		readonly ms: number;
		readonly exact: boolean;
	};
}

/** A field that shows no time may store any moment of its day: bounds are widened to whole days. */
function boundsOf(
	{ span }: Condition,
	field: Field,
	context: CodecContext,
): Bounds | undefined {
	if (span === undefined) return undefined;
	const whole = field.settings.showsTime !== true;
	const where = zone(context.zone);
	const start = (ms: number) => (whole ? where.startOfDay(ms) : ms);
	const ms = (end: "from" | "to") => (end === "from" ? span.fromMs : span.toMs);
	const aligned = (at: number) => start(at) === at;
	const onOrAfter = (end: "from" | "to") => ({
		ms: start(ms(end)),
		exact: aligned(ms(end)),
	});
	return {
		from: () => onOrAfter("from"),
		onOrAfter,
		before: (end) => ({
			ms: aligned(ms(end)) ? ms(end) : where.endOfDay(ms(end)),
			exact: aligned(ms(end)),
		}),
	};
}

const dated =
	(
		compile: (
			column: string,
			bounds: Bounds,
		) => { readonly parts: readonly string[]; readonly exact: boolean },
		negative = false,
	): Push =>
	(condition, context) => {
		const column = columnOf(condition.operand);
		if (column?.shape !== "date" || condition.other !== undefined)
			return undefined;
		const bounds = boundsOf(condition, column.field, context);
		if (bounds === undefined) return undefined;
		const { parts, exact } = compile(column.reference, bounds);
		if (negative && !exact) return undefined;
		const inside = all([set(column.reference), ...parts]);
		return {
			expr: negative ? not(inside) : inside,
			exact,
		};
	};

const inside = (column: string, bounds: Bounds) => {
	const from = bounds.onOrAfter("from");
	const to = bounds.before("to");
	return {
		parts: [`${column}>=${from.ms}`, `${column}<${to.ms}`],
		exact: from.exact && to.exact,
	};
};

const bound =
	(side: "before" | "onOrAfter", end: "from" | "to") =>
	(column: string, bounds: Bounds) => {
		const { ms, exact } = bounds[side](end);
		return {
			parts: [`${column}${side === "before" ? "<" : ">="}${ms}`],
			exact,
		};
	};

const ordered = (operator: ">" | ">=" | "<" | "<="): Push =>
	first(
		single({ shapes: ["number"] }, (column, value) =>
			all([set(column), `${column}${operator}${value}`]),
		),
		compared(operator),
	);

/** Two columns; only kinds whose stored form is what the core compares. */
function compared(operator: ">" | ">=" | "<" | "<="): Push {
	return ({ operand, other }) => {
		const pair = pairOf(operand, other, ["number"]);
		return pair === undefined
			? undefined
			: {
					expr: all([
						set(pair.left),
						set(pair.right),
						`${pair.left}${operator}${pair.right}`,
					]),
					exact: true,
				};
	};
}

const equal =
	(negative: boolean): Push =>
	({ operand, other }) => {
		const pair = pairOf(operand, other, ["number", "text"]);
		if (pair === undefined) return undefined;
		const { left, right } = pair;
		const same = any([
			all([unset(left), unset(right)]),
			all([set(left), set(right), `${left}=${right}`]),
		]);
		return { expr: negative ? not(same) : same, exact: true };
	};

function pairOf(
	operand: Operand,
	other: Operand | undefined,
	shapes: readonly Shape[],
): { readonly left: string; readonly right: string } | undefined {
	const left = columnOf(operand);
	const right = columnOf(other);
	if (
		left === undefined ||
		right === undefined ||
		left.shape !== right.shape ||
		!shapes.includes(left.shape)
	)
		return undefined;
	return { left: left.reference, right: right.reference };
}

const emptiness =
	(compile: (column: string) => string): Push =>
	({ operand }) => {
		const column = columnOf(operand);
		return column === undefined ||
			column.shape === "flag" ||
			column.shape === "counter"
			? undefined
			: { expr: compile(column.reference), exact: true };
	};

const TEXTS: readonly Shape[] = ["text", "link_text"];

/** NFC turns other characters into these two; every other ASCII text stays itself in any form. */
const FOLDS_ALIKE = /^[\x20-:<-_a-~]+$/;

const operators = {
	is: first(
		single(
			{ shapes: ["text", "number", "counter"] },
			(column, value) => `${column}=${value}`,
		),
		flag(false),
		dated(inside),
		options(all, false),
		people(all),
		files(all),
		equal(false),
	),
	is_not: first(
		single(
			{ shapes: ["text", "number"] },
			(column, value) => `${column}!=${value}`,
		),
		single(
			{ shapes: ["link_text"], rough: true },
			(column, value) => `${column}!=${value}`,
		),
		flag(true),
		dated(inside, true),
		equal(true),
	),
	contains: first(
		single({ shapes: TEXTS }, (column, value) => `FIND(${value},${column})>0`),
		options(any, true),
		people(any),
		files(any),
	),
	not_contains: first(
		single({ shapes: TEXTS }, (column, value) =>
			not(`FIND(${value},${column})>0`),
		),
		options(any, true, true),
	),
	starts_with: single(
		{ shapes: TEXTS, rough: true },
		(column, value) => `FIND(${value},${column})>0`,
	),
	search: (condition, context) =>
		typeof condition.value === "string" && FOLDS_ALIKE.test(condition.value)
			? single(
					{ shapes: ["text"], rough: true },
					(column, value) => `FIND(LOWER(${value}),LOWER(${column}))>0`,
				)(condition, context)
			: undefined,
	any_of: first(
		several(["text", "number", "counter"], false),
		options(any, true),
		people(any),
		files(any),
	),
	none_of: first(several(["text", "number"], true), options(any, true, true)),
	has_all: first(options(all, true), people(all), files(all)),
	gt: first(ordered(">"), dated(bound("onOrAfter", "to"))),
	gte: first(ordered(">="), dated(bound("onOrAfter", "from"))),
	lt: first(ordered("<"), dated(bound("before", "from"))),
	lte: first(ordered("<="), dated(bound("before", "to"))),
	between: first(({ operand, values }) => {
		const column = columnOf(operand);
		const ends = writtenAll(values, "number");
		return column?.shape === "number" && ends?.length === 2
			? {
					expr: all([
						set(column.reference),
						`${column.reference}>=${ends[0]}`,
						`${column.reference}<=${ends[1]}`,
					]),
					exact: true,
				}
			: undefined;
	}, dated(inside)),
	within: dated(inside),
	is_empty: emptiness(unset),
	is_not_empty: emptiness(set),
} satisfies FilterDialect<string>["operators"] &
	Record<string, Push | Unsupported>;

/** Percent-encoded, together with the rest of a request line that proxies commonly cap at 8 KB. */
const LONGEST_FORMULA = 5_000;

export const dialect: FilterDialect<string> = {
	operators,
	all,
	any,
	nests: true,
	fits: (expr) => encodeURIComponent(expr).length <= LONGEST_FORMULA,
};
