import { nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import {
	cellOf,
	cellText,
	isEmpty,
	isList,
	isUnread,
	keyOf,
	kindOf,
	showCell,
} from "../values/values.js";

type Column = Field | SystemColumn;

export interface Aggregate {
	readonly function: "count" | "sum" | "avg" | "min" | "max" | "distinct";
	/** Absent for `count` of rows. */
	readonly column?: Column;
}

/** What one aggregate has counted of one group so far. */
export interface Tally {
	count: number;
	/** Entries that are numbers: the others are in no sum. */
	numbers: number;
	sum: ExactSum;
	least: Cell;
	greatest: Cell;
	readonly distinct: Set<string>;
}

/** @throws TablesError bad_argument when the function does not fit its column. */
export function checkAggregate({ function: name, column }: Aggregate): void {
	if (column === undefined) {
		if (name !== "count")
			throw new TablesError(
				"bad_argument",
				`aggregate ${name} needs a \`field\``,
			);
		return;
	}
	const kind = kindOf(column);
	const numeric =
		kind === "number" ||
		kind === "none" ||
		(typeof column !== "string" && column.type === "auto_number");
	if ((name === "sum" || name === "avg") && !numeric)
		throw new TablesError(
			"bad_argument",
			`aggregate ${name} needs numbers, and "${nameOfColumn(column)}" is ${typeof column === "string" ? column : column.type}`,
			{
				next: "Use count, distinct, min or max.",
			},
		);
}

/** The name of its column in the answer. */
export function labelOf({ function: name, column }: Aggregate): string {
	return column === undefined ? name : `${name} ${nameOfColumn(column)}`;
}

export function emptyTally(): Tally {
	return {
		count: 0,
		numbers: 0,
		sum: new ExactSum(),
		least: null,
		greatest: null,
		distinct: new Set(),
	};
}

/**
 * Counts the row in: every entry of its cell, where the aggregate looks at a column. Answers whether all of it could be
 * counted: an entry that could not be read is in no sum and no order.
 */
export function addRow(
	entry: Tally,
	{ function: name, column }: Aggregate,
	row: Row,
	table: Table,
): boolean {
	if (column === undefined) {
		entry.count++;
		return true;
	}
	const cell = cellOf(row, column);
	if (isEmpty(cell)) return true;
	const items =
		isList(column) && Array.isArray(cell) ? (cell as readonly Cell[]) : [cell];
	for (const item of items) {
		addItem(entry, item, column);
		if (name === "distinct")
			entry.distinct.add(
				isList(column)
					? keyOf([item] as unknown as Cell, column, table.zone)
					: keyOf(item, column, table.zone),
			);
	}
	return items.every((item) => isCounted(name, item, column));
}

/** Is the entry in what the aggregate comes to? */
function isCounted(
	name: Aggregate["function"],
	item: Cell,
	column: Column,
): boolean {
	if (name === "sum" || name === "avg") return typeof item === "number";
	return (name !== "min" && name !== "max") || !isUnread(item, column);
}

function addItem(entry: Tally, item: Cell, column: Column): void {
	entry.count++;
	if (typeof item === "number") {
		entry.numbers++;
		entry.sum.add(item);
	}
	if (isUnread(item, column)) return;
	if (entry.least === null || below(item, entry.least, column))
		entry.least = item;
	if (entry.greatest === null || below(entry.greatest, item, column))
		entry.greatest = item;
}

/** Numbers by value, everything else by what is shown of it. */
function below(a: Cell, b: Cell, column: Column): boolean {
	if (typeof a === "number" && typeof b === "number") return a < b;
	const text = (item: Cell) =>
		typeof item === "object"
			? cellText(
					(isList(column) ? [item] : item) as unknown as Cell,
					column,
					"UTC",
				)
			: String(item);
	return text(a) < text(b);
}

/** What the aggregate comes to, as it is shown. */
export function resultOf(
	entry: Tally,
	{ function: name, column }: Aggregate,
	table: Table,
): unknown {
	switch (name) {
		case "count":
			return entry.count;
		case "distinct":
			return entry.distinct.size;
		case "sum":
			return entry.sum.value();
		case "avg":
			return entry.numbers === 0 ? null : entry.sum.average(entry.numbers);
		case "min":
			return column === undefined || entry.least === null
				? null
				: showOne(entry.least, column, table);
		case "max":
			return column === undefined || entry.greatest === null
				? null
				: showOne(entry.greatest, column, table);
	}
}

function showOne(item: Cell, column: Column, table: Table): unknown {
	// Of numbers all aggregates are numbers: a sum of percent is a fraction, and so is the greatest.
	if (typeof item === "number" && kindOf(column) === "number") return item;
	return isList(column)
		? cellText([item] as unknown as Cell, column, table.zone)
		: showCell(item, column, table.zone, "compact");
}

/** Numbers of so many digits, and no more, are told by their digits: a whole number of units is exactly what they show. */
const EVIDENT = 1e15;

/** Decimals that are counted in whole units. */
const FINEST = 9;

/** The sum of what numbers show, digit by digit: 0.1 and 0.2 are 0.3. It is rounded once, to the nearest number. */
class ExactSum {
	/** In units of 10 to the power of minus `#scale`, without `#part`. */
	#units = 0n;
	#scale = 0;
	/** In units of 10 to the power of minus `#fine`, as long as it is exact: most numbers need no more. */
	#part = 0;
	#fine = 0;
	#one = 1;

	add(value: number): void {
		if (this.#addPart(value)) return;
		const { digits, scale } = decimalOf(value);
		if (scale > this.#fine && scale <= FINEST) {
			this.#settle();
			this.#fine = scale;
			this.#one = 10 ** scale;
			if (this.#addPart(value)) return;
		}
		this.#addUnits(digits, scale);
	}

	value(): number {
		return Number(`${this.#all()}e${-this.#scale}`);
	}

	/** Of how many numbers; never above the greatest or below the least of them. */
	average(count: number): number {
		const shifted = this.#all() * 10n ** AVERAGE_DIGITS;
		const quotient = shifted / BigInt(count);
		// What is left must still tell on which side of the middle of two numbers it is.
		const rest = quotient * BigInt(count) === shifted ? "0" : "1";
		return Number(
			`${quotient === 0n && shifted < 0n ? "-0" : quotient}${rest}e${-this.#scale - Number(AVERAGE_DIGITS) - 1}`,
		);
	}

	#all(): bigint {
		this.#settle();
		return this.#units;
	}

	/** Answers whether the number is a whole number of units. */
	#addPart(value: number): boolean {
		const units = Math.round(value * this.#one);
		if (Math.abs(units) >= EVIDENT || units / this.#one !== value) return false;
		if (!Number.isSafeInteger(this.#part + units)) this.#settle();
		this.#part += units;
		return true;
	}

	#settle(): void {
		this.#addUnits(BigInt(this.#part), this.#fine);
		this.#part = 0;
	}

	#addUnits(digits: bigint, scale: number): void {
		if (scale > this.#scale) {
			this.#units *= 10n ** BigInt(scale - this.#scale);
			this.#scale = scale;
		}
		this.#units += digits * 10n ** BigInt(this.#scale - scale);
	}
}

/** A number as its digits, of which the last so many are decimals. */
function decimalOf(value: number): {
	readonly digits: bigint;
	readonly scale: number;
} {
	const [mantissa = "", exponent = "0"] = String(value).split("e");
	const [whole = "", decimals = ""] = mantissa.split(".");
	return {
		digits: BigInt(whole + decimals),
		scale: decimals.length - Number(exponent),
	};
}

/** More than the digits of a count and of a number together. */
const AVERAGE_DIGITS = 40n;
