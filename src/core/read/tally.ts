import { idOfColumn, nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import {
	cellText,
	isEmpty,
	isList,
	isRaw,
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
	const cell = row.cells[idOfColumn(column)] ?? null;
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

/** Of an unknown type, the raw value is all that there is. */
export function isUnread(cell: Cell, column: Column): boolean {
	return isRaw(cell) && kindOf(column) !== "none";
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
			return entry.numbers === 0
				? null
				: tidy(entry.sum.value() / entry.numbers);
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

/** At most 15 significant digits, so that sums of decimal amounts look like what was added. */
function tidy(value: number): number {
	return Number(value.toPrecision(15));
}

/** Neumaier's sum: the error of each step is carried along. Whole numbers are exact up to 2^53. */
class ExactSum {
	#sum = 0;
	#rest = 0;

	add(value: number): void {
		const next = this.#sum + value;
		this.#rest +=
			Math.abs(this.#sum) >= Math.abs(value)
				? this.#sum - next + value
				: value - next + this.#sum;
		this.#sum = next;
	}

	value(): number {
		const whole = this.#sum + this.#rest;
		return Number.isSafeInteger(whole) ? whole : tidy(whole);
	}
}
