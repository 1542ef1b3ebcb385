import { calendarDay, DAY_MS, dayNumber, weekday, type Zone } from "./zone.js";

/**
 * The expression language of the legacy filter, and as much of the formula language as sample tables need.
 * Undocumented and chosen here: names of functions in any case, `||` is not known, dates compare by their day.
 */

export type Value =
	| null
	| string
	| number
	| boolean
	| Moment
	| readonly Value[];

/** An instant with the day that it falls on. */
export class Moment {
	readonly day: number;
	constructor(
		readonly ms: number,
		zone: Zone,
	) {
		this.day = zone.dayOf(ms);
	}
}

/** A column named in an expression. */
export type Reference =
	| { readonly name: string }
	| { readonly tableId: string; readonly fieldId: string };

export class ExpressionError extends Error {}

export interface Context<Row> {
	readonly zone: Zone;
	readonly nowMs: number;
	/** How a column is read. @throws ExpressionError when there is none */
	column(reference: Reference): (row: Row) => Value;
}

type Compiled<Row> = (row: Row) => Value;

/** @throws ExpressionError on anything that is not the language */
export function compileExpression<Row>(
	source: string,
	context: Context<Row>,
): Compiled<Row> {
	const parser = new Parser(lex(source), context);
	const compiled = parser.expression();
	parser.end();
	return compiled;
}

type Token =
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "text"; readonly value: string }
	| { readonly kind: "name"; readonly value: string }
	| { readonly kind: "column"; readonly value: Reference }
	| { readonly kind: "sign"; readonly value: string };

const COLUMN =
	/CurrentValue\.\[([^\]]*)\]|bitable::\$table\[(\w+)\]\.\$(?:field|column)\[(\w+)\]/y;
const SIGN = /&&|!=|<=|>=|[=<>+\-*/&(),.]/y;

function lex(source: string): Token[] {
	const tokens: Token[] = [];
	let at = 0;
	const take = (pattern: RegExp): RegExpExecArray | null => {
		pattern.lastIndex = at;
		const match = pattern.exec(source);
		if (match !== null) at = pattern.lastIndex;
		return match;
	};
	for (;;) {
		take(/\s+/y);
		if (at >= source.length) return tokens;
		const column = take(COLUMN);
		if (column !== null) {
			tokens.push({
				kind: "column",
				value:
					column[1] === undefined
						? { tableId: column[2] ?? "", fieldId: column[3] ?? "" }
						: { name: column[1] },
			});
			continue;
		}
		const number = take(/\d+(?:\.\d+)?/y);
		if (number !== null) {
			tokens.push({ kind: "number", value: Number(number[0]) });
			continue;
		}
		const text = take(/"((?:[^"\\]|\\.)*)"/y);
		if (text !== null) {
			tokens.push({
				kind: "text",
				value: (text[1] ?? "").replace(/\\(.)/g, "$1"),
			});
			continue;
		}
		const name = take(/[A-Za-z_][A-Za-z0-9_]*/y);
		if (name !== null) {
			tokens.push({ kind: "name", value: name[0].toUpperCase() });
			continue;
		}
		const sign = take(SIGN);
		if (sign === null)
			throw new ExpressionError(`unexpected character at ${at}`);
		tokens.push({ kind: "sign", value: sign[0] });
	}
}

class Parser<Row> {
	#at = 0;
	constructor(
		readonly tokens: readonly Token[],
		readonly context: Context<Row>,
	) {}

	end() {
		if (this.#at < this.tokens.length)
			throw new ExpressionError("unexpected text after the expression");
	}

	#sign(...signs: readonly string[]): string | undefined {
		const token = this.tokens[this.#at];
		if (token?.kind !== "sign" || !signs.includes(token.value))
			return undefined;
		this.#at++;
		return token.value;
	}

	#expect(sign: string) {
		if (this.#sign(sign) === undefined)
			throw new ExpressionError(`"${sign}" is missing`);
	}

	expression(): Compiled<Row> {
		let left = this.#comparison();
		while (this.#sign("&&")) {
			const first = left;
			const second = this.#comparison();
			left = (row) => truth(first(row)) && truth(second(row));
		}
		return left;
	}

	#comparison(): Compiled<Row> {
		let left = this.#joined();
		for (;;) {
			const sign = this.#sign("=", "!=", "<", "<=", ">", ">=");
			if (sign === undefined) return left;
			const first = left;
			const second = this.#joined();
			left = (row) => compared(sign, first(row), second(row));
		}
	}

	#joined(): Compiled<Row> {
		let left = this.#sum();
		while (this.#sign("&")) {
			const first = left;
			const second = this.#sum();
			left = (row) => textOfValue(first(row)) + textOfValue(second(row));
		}
		return left;
	}

	#sum(): Compiled<Row> {
		let left = this.#product();
		for (;;) {
			const sign = this.#sign("+", "-");
			if (sign === undefined) return left;
			const first = left;
			const second = this.#product();
			const factor = sign === "+" ? 1 : -1;
			left = (row) => added(first(row), second(row), factor, this.context.zone);
		}
	}

	#product(): Compiled<Row> {
		let left = this.#negated();
		for (;;) {
			const sign = this.#sign("*", "/");
			if (sign === undefined) return left;
			const first = left;
			const second = this.#negated();
			left = (row) => {
				const [one, two] = [numberOf(first(row)), numberOf(second(row))];
				return sign === "*" ? one * two : two === 0 ? null : one / two;
			};
		}
	}

	#negated(): Compiled<Row> {
		if (this.#sign("-") === undefined) return this.#method();
		const inner = this.#negated();
		return (row) => -numberOf(inner(row));
	}

	#method(): Compiled<Row> {
		let left = this.#primary();
		while (this.#sign(".")) {
			const token = this.tokens[this.#at++];
			if (token?.kind !== "name")
				throw new ExpressionError("a method's name is missing");
			const subject = left;
			left = this.#call(token.value, [subject]);
		}
		return left;
	}

	#primary(): Compiled<Row> {
		if (this.#sign("(")) {
			const inner = this.expression();
			this.#expect(")");
			return inner;
		}
		const token = this.tokens[this.#at++];
		if (token?.kind === "number" || token?.kind === "text") {
			const { value } = token;
			return () => value;
		}
		if (token?.kind === "column") return this.context.column(token.value);
		if (token?.kind === "name") {
			if (token.value === "TRUE") return () => true;
			if (token.value === "FALSE") return () => false;
			return this.#call(token.value, []);
		}
		throw new ExpressionError("a value is missing");
	}

	#call(name: string, before: readonly Compiled<Row>[]): Compiled<Row> {
		const apply = FUNCTIONS[name];
		if (apply === undefined)
			throw new ExpressionError(`the function ${name} is not known`);
		this.#expect("(");
		const parts = [...before];
		if (this.#sign(")") === undefined) {
			do parts.push(this.expression());
			while (this.#sign(","));
			this.#expect(")");
		}
		const { zone, nowMs } = this.context;
		return (row) =>
			apply(
				parts.map((part) => part(row)),
				{ zone, nowMs },
			);
	}
}

interface Now {
	readonly zone: Zone;
	readonly nowMs: number;
}

type Apply = (given: readonly Value[], at: Now) => Value;

const dayOf = (value: Value | undefined): number | undefined =>
	value instanceof Moment ? value.day : undefined;
const onDay = (day: number, { zone }: Now) =>
	new Moment(zone.startOf(day), zone);
const numbers = (given: readonly Value[]): number[] =>
	(given as Value[])
		.flat(9)
		.filter((each) => !isEmptyValue(each as Value))
		.map((each) => numberOf(each as Value));
const ofDay =
	(read: (day: number) => number): Apply =>
	([value]) => {
		const day = dayOf(value);
		return day === undefined ? null : read(day);
	};
const contains: Apply = ([subject, part]) => {
	const wanted = textOfValue(part ?? null);
	return Array.isArray(subject)
		? subject.some((each) => textOfValue(each).includes(wanted))
		: textOfValue(subject ?? null).includes(wanted);
};
const rounded =
	(round: (value: number) => number): Apply =>
	([value, digits]) => {
		const scale = 10 ** numberOf(digits ?? 0);
		return round(numberOf(value ?? null) * scale) / scale;
	};

const FUNCTIONS: Readonly<Record<string, Apply>> = {
	AND: (given) => given.every(truth),
	OR: (given) => given.some(truth),
	NOT: ([value]) => !truth(value ?? null),
	IF: ([condition, yes, no]) => (truth(condition ?? null) ? yes : no) ?? null,
	CONTAINS: contains,
	CONTAIN: contains,
	CONTAINTEXT: contains,
	ISBLANK: ([value]) => isEmptyValue(value ?? null),
	IFBLANK: ([value, other]) =>
		(isEmptyValue(value ?? null) ? other : value) ?? null,
	TODAY: (_given, at) => onDay(at.zone.dayOf(at.nowMs), at),
	NOW: (_given, at) => new Moment(at.nowMs, at.zone),
	TODATE: ([value], at) => {
		if (value instanceof Moment) return value;
		const match = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})/.exec(
			textOfValue(value ?? null),
		);
		return match === null
			? null
			: onDay(
					dayNumber(Number(match[1]), Number(match[2]), Number(match[3])),
					at,
				);
	},
	DATE: ([year, month, day], at) =>
		onDay(
			dayNumber(
				numberOf(year ?? null),
				numberOf(month ?? null),
				numberOf(day ?? null),
			),
			at,
		),
	YEAR: ofDay((day) => calendarDay(day).year),
	MONTH: ofDay((day) => calendarDay(day).month),
	DAY: ofDay((day) => calendarDay(day).day),
	WEEKDAY: ([value, kind]) => {
		const day = dayOf(value);
		if (day === undefined) return null;
		return kind === 2 ? weekday(day) + 1 : ((weekday(day) + 1) % 7) + 1;
	},
	DAYS: ([end, start]) => {
		const [last, first] = [dayOf(end), dayOf(start)];
		return last === undefined || first === undefined ? null : last - first;
	},
	CONCATENATE: (given) => given.map(textOfValue).join(""),
	LEN: ([value]) => textOfValue(value ?? null).length,
	LEFT: ([value, count]) =>
		textOfValue(value ?? null).slice(0, numberOf(count ?? 1)),
	UPPER: ([value]) => textOfValue(value ?? null).toUpperCase(),
	LOWER: ([value]) => textOfValue(value ?? null).toLowerCase(),
	TRIM: ([value]) => textOfValue(value ?? null).trim(),
	SUM: (given) => numbers(given).reduce((sum, each) => sum + each, 0),
	AVERAGE: (given) => {
		const list = numbers(given);
		return list.length === 0
			? null
			: list.reduce((sum, each) => sum + each, 0) / list.length;
	},
	MAX: (given) => (given.length === 0 ? null : Math.max(...numbers(given))),
	MIN: (given) => (given.length === 0 ? null : Math.min(...numbers(given))),
	COUNTA: (given) => numbers(given).length,
	ABS: ([value]) => Math.abs(numberOf(value ?? null)),
	ROUND: rounded(Math.round),
	ROUNDUP: rounded(Math.ceil),
	ROUNDDOWN: rounded(Math.floor),
};

export function isEmptyValue(value: Value): boolean {
	return (
		value === null ||
		value === "" ||
		(Array.isArray(value) && value.length === 0)
	);
}

export function truth(value: Value): boolean {
	return typeof value === "string"
		? value !== ""
		: typeof value === "number"
			? value !== 0
			: value === true || value instanceof Moment;
}

export function numberOf(value: Value): number {
	if (typeof value === "number") return value;
	if (typeof value === "boolean") return value ? 1 : 0;
	if (value instanceof Moment) return value.ms;
	const number = Number(textOfValue(value));
	return Number.isNaN(number) ? 0 : number;
}

export function textOfValue(value: Value): string {
	if (value === null) return "";
	if (value instanceof Moment) {
		const { year, month, day } = calendarDay(value.day);
		const two = (part: number) => String(part).padStart(2, "0");
		return `${year}/${two(month)}/${two(day)}`;
	}
	if (typeof value === "object") return value.map(textOfValue).join(",");
	return String(value);
}

function added(left: Value, right: Value, factor: 1 | -1, zone: Zone): Value {
	if (left instanceof Moment && right instanceof Moment)
		return factor === -1 ? left.day - right.day : null;
	if (left instanceof Moment)
		return new Moment(left.ms + factor * numberOf(right) * DAY_MS, zone);
	if (right instanceof Moment && factor === 1)
		return new Moment(right.ms + numberOf(left) * DAY_MS, zone);
	if (isEmptyValue(left) && isEmptyValue(right)) return null;
	return numberOf(left) + factor * numberOf(right);
}

function compared(sign: string, left: Value, right: Value): boolean {
	if (sign === "=") return equal(left, right);
	if (sign === "!=") return !equal(left, right);
	if (isEmptyValue(left) || isEmptyValue(right)) return false;
	const order = ordered(left, right);
	if (sign === "<") return order < 0;
	if (sign === "<=") return order <= 0;
	return sign === ">" ? order > 0 : order >= 0;
}

function equal(left: Value, right: Value): boolean {
	if (isEmptyValue(left) || isEmptyValue(right))
		return isEmptyValue(left) && isEmptyValue(right);
	if (Array.isArray(left))
		return Array.isArray(right)
			? textOfValue(left) === textOfValue(right)
			: left.some((each) => equal(each, right));
	if (Array.isArray(right)) return equal(right, left);
	return ordered(left, right) === 0;
}

function ordered(left: Value, right: Value): number {
	if (left instanceof Moment && right instanceof Moment)
		return left.day - right.day;
	if (typeof left === "string" && typeof right === "string")
		return left < right ? -1 : left > right ? 1 : 0;
	if (Array.isArray(left) || Array.isArray(right)) {
		const [one, two] = [textOfValue(left), textOfValue(right)];
		return one < two ? -1 : one > two ? 1 : 0;
	}
	return numberOf(left) - numberOf(right);
}
