import type { Zone } from "../zone.js";
import { functions } from "./functions.js";
import { FormulaFault } from "./lexer.js";
import { type Expression, type Infix, parse } from "./parser.js";
import {
	ErrorValue,
	notANumber,
	RowFault,
	scalar,
	type Value,
	type ValueType,
} from "./value.js";

/** A column as formulas see it. */
export interface FormulaField<Row> {
	readonly type: ValueType;
	/** An empty link cell breaks FIND and SEARCH (measured). */
	readonly link?: boolean;
	value(row: Row): Value;
	/** The cell as shown; used where a date meets a text. */
	text(row: Row): string;
}

export interface FormulaWorld<Row> {
	/** A column by name or id; undefined: no such column. */
	field(name: string): FormulaField<Row> | undefined;
	now(): number;
	readonly zone: Zone;
	recordId(row: Row): string;
	createdMs(row: Row): number | null;
	modifiedMs(row: Row): number | null;
}

export interface Operand<Row> {
	readonly type: ValueType;
	readonly link: boolean;
	readonly constant?: number | string;
	run(row: Row): Value;
	/** The value as text: dates as shown, lists joined; null stays null. */
	text(row: Row): string | null;
}

export interface Formula<Row> {
	readonly type: ValueType;
	/** The result, errors as ErrorValue. */
	run(row: Row): Value;
	/** Whether a filter keeps the row: a JS-truthy result, or an error. */
	keeps(row: Row): boolean;
}

/** Compiles a formula. @throws FormulaFault when it does not parse, names an unknown column or function, or lacks operands. */
export function compile<Row>(
	source: string,
	world: FormulaWorld<Row>,
): Formula<Row> {
	const operand = build(parse(source), world);
	const run = (row: Row): Value => {
		try {
			const value = operand.run(row);
			if (typeof value === "number" && !Number.isFinite(value))
				return notANumber();
			return value;
		} catch (error) {
			if (error instanceof RowFault)
				return new ErrorValue(`#Error: ${error.message}`);
			throw error;
		}
	};
	return {
		type: operand.type,
		run,
		keeps: (row) => Boolean(scalar(run(row))),
	};
}

function build<Row>(
	expression: Expression,
	world: FormulaWorld<Row>,
): Operand<Row> {
	switch (expression.kind) {
		case "constant": {
			const { value } = expression;
			return {
				type: typeof value === "number" ? "Number" : "String",
				link: false,
				constant: value,
				run: () => value,
				text: () => String(value),
			};
		}
		case "field": {
			const field = world.field(expression.name);
			if (field === undefined)
				throw new FormulaFault(`no column ${expression.name}`);
			return {
				type: field.type,
				link: field.link === true,
				run: (row) => field.value(row),
				text: (row) =>
					field.type === "DateTime"
						? field.value(row) === null
							? null
							: field.text(row)
						: textOf(field.value(row)),
			};
		}
		case "prefix":
			return prefix(expression.mark, build(expression.operand, world));
		case "infix":
			return infix(
				expression.mark,
				build(expression.left, world),
				build(expression.right, world),
			);
		case "call": {
			const called = Object.hasOwn(functions, expression.name)
				? functions[expression.name]
				: undefined;
			if (called === undefined)
				throw new FormulaFault(`no function ${expression.name}`);
			if (expression.operands.length < called.least)
				throw new FormulaFault(`${expression.name} lacks operands`);
			const operands = expression.operands.map((each) => build(each, world));
			called.check?.(operands as Operand<unknown>[]);
			const type =
				typeof called.type === "function"
					? called.type(operands as Operand<unknown>[])
					: called.type;
			const run = (row: Row): Value =>
				called.run(
					operands as Operand<unknown>[],
					row,
					world as FormulaWorld<unknown>,
				);
			return plain(type, run);
		}
	}
}

function plain<Row>(type: ValueType, run: (row: Row) => Value): Operand<Row> {
	return { type, link: false, run, text: (row) => textOf(run(row)) };
}

function textOf(value: Value): string | null {
	const single = scalar(value);
	return single === null ? null : String(single);
}

function prefix<Row>(
	mark: "+" | "-" | "!",
	operand: Operand<Row>,
): Operand<Row> {
	if (mark === "!") return plain("Boolean", (row) => !scalar(operand.run(row)));
	const sign = mark === "-" ? -1 : 1;
	return plain("Number", (row) => sign * Number(scalar(operand.run(row))));
}

type Compare = (left: unknown, right: unknown) => boolean;
const loosely: Compare = (left, right) => {
	if (left === null || right === null) {
		const other = left ?? right;
		return other === null || other === false;
	}
	// biome-ignore lint/suspicious/noDoubleEquals: the vendor compares as JavaScript's == does
	return left == right;
};
const comparisons: Partial<Record<Infix, Compare>> = {
	"=": loosely,
	"!=": (left, right) => !loosely(left, right),
	">": (left, right) => (left as number) > (right as number),
	">=": (left, right) => (left as number) >= (right as number),
	"<": (left, right) => (left as number) < (right as number),
	"<=": (left, right) => (left as number) <= (right as number),
};
const arithmetic: Partial<
	Record<Infix, (left: number, right: number) => number>
> = {
	"-": (left, right) => left - right,
	"*": (left, right) => left * right,
	"/": (left, right) => left / right,
	"%": (left, right) => left % right,
};

function infix<Row>(
	mark: Infix,
	left: Operand<Row>,
	right: Operand<Row>,
): Operand<Row> {
	const compare = comparisons[mark];
	if (compare !== undefined)
		return plain("Boolean", (row) =>
			compare(comparable(left.run(row)), comparable(right.run(row))),
		);
	const compute = arithmetic[mark];
	if (compute !== undefined)
		return plain("Number", (row) =>
			compute(Number(scalar(left.run(row))), Number(scalar(right.run(row)))),
		);
	if (mark === "&&")
		return plain("Boolean", (row) =>
			Boolean(scalar(left.run(row)) && scalar(right.run(row))),
		);
	if (mark === "||")
		return plain("Boolean", (row) =>
			Boolean(scalar(left.run(row)) || scalar(right.run(row))),
		);
	const adds = mark === "+" && isNumeric(left) && isNumeric(right);
	if (adds)
		return plain(
			"Number",
			(row) => Number(scalar(left.run(row))) + Number(scalar(right.run(row))),
		);
	return plain(
		"String",
		(row) => (left.text(row) ?? "") + (right.text(row) ?? ""),
	);
}

/** An error compares as its text does: never equal to a number, never greater. */
function comparable(value: Value): number | string | boolean | null {
	const single = scalar(value);
	return single instanceof ErrorValue ? single.message : single;
}

function isNumeric<Row>(operand: Operand<Row>): boolean {
	return operand.type === "Number" || operand.type === "Boolean";
}
