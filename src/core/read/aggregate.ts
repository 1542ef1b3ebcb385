import { nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import { nearest } from "../values/names.js";
import {
	cellText,
	entryText,
	isEmpty,
	isList,
	keyOf,
	kindOf,
	showCell,
} from "../values/values.js";
import { type Period, periodOf, zone } from "../values/zone.js";

type Column = Field | SystemColumn;

export interface GroupKey {
	readonly column: Column;
	/** Dates only. */
	readonly per?: Period;
}

export interface Aggregate {
	readonly function: "count" | "sum" | "avg" | "min" | "max" | "distinct";
	/** Absent for `count` of rows. */
	readonly column?: Column;
}

export interface Groups {
	readonly columns: readonly string[];
	/** Key values, then aggregates; empty keys are null. */
	readonly rows: readonly (readonly unknown[])[];
	/** Of each of these rows the entries that stand for its keys of lists, as a cell of one; null for other keys. */
	readonly entries: ReadonlyMap<readonly unknown[], readonly Cell[]>;
	/** Rows that were counted. */
	readonly scanned: number;
	readonly notes: readonly string[];
}

interface Tally {
	rows: number;
	count: number;
	sum: ExactSum;
	least: Cell;
	greatest: Cell;
	readonly distinct: Set<string>;
}

/**
 * Groups rows as they stream by. A list cell counts once per item; a row without a value is in the empty group.
 * Largest count first unless sorted by a key or an aggregate column.
 * @throws TablesError bad_argument when a function or period does not fit its column.
 */
export async function aggregateRows(
	rows: AsyncIterable<readonly Row[]>,
	table: Table,
	asked: {
		readonly keys: readonly GroupKey[];
		readonly aggregates: readonly Aggregate[];
		readonly sort?: readonly {
			readonly field: string;
			readonly direction?: "asc" | "desc" | undefined;
		}[];
	},
): Promise<Groups> {
	const { keys, aggregates } = asked;
	for (const { column, per } of keys)
		if (per !== undefined && kindOf(column) !== "date")
			throw new TablesError(
				"bad_argument",
				`\`per\` goes with dates, and "${nameOfColumn(column)}" is not a date`,
			);
	for (const aggregate of aggregates) check(aggregate);
	const groups = new Map<
		string,
		{
			readonly shown: readonly unknown[];
			readonly entries: readonly Cell[];
			readonly tallies: readonly Tally[];
			size: number;
		}
	>();
	let scanned = 0;
	for await (const some of rows)
		for (const row of some) {
			scanned++;
			for (const parts of combinations(
				keys.map((key) => keyParts(row, key, table)),
			)) {
				const id = parts.map(({ key }) => key).join("\u0001");
				let group = groups.get(id);
				if (group === undefined) {
					group = {
						shown: parts.map(({ shown }) => shown),
						entries: parts.map(({ entry }) => entry ?? null),
						tallies: aggregates.map(emptyTally),
						size: 0,
					};
					groups.set(id, group);
				}
				group.size++;
				for (const [index, aggregate] of aggregates.entries())
					tally(group.tallies[index] as Tally, aggregate, row, table);
			}
		}
	if (keys.length === 0 && groups.size === 0)
		groups.set("", {
			shown: [],
			entries: [],
			tallies: aggregates.map(emptyTally),
			size: 0,
		});
	const columns = [
		...keys.map(({ column, per }) =>
			per === undefined
				? nameOfColumn(column)
				: `${nameOfColumn(column)} per ${per}`,
		),
		...aggregates.map(label),
	];
	const list = [...groups.values()].sort(
		(a, b) => b.size - a.size || compare(a.shown, b.shown),
	);
	const shown = list.map((group) => [
		...group.shown,
		...group.tallies.map((entry, index) =>
			result(entry, aggregates[index] as Aggregate, table),
		),
	]);
	const entries = new Map(
		list.map((group, index) => [
			shown[index] as readonly unknown[],
			group.entries,
		]),
	);
	if (asked.sort?.length) sortGroups(shown, columns, keys, asked.sort);
	const split = keys
		.filter(({ column }) => isList(column))
		.map(({ column }) => nameOfColumn(column));
	return {
		columns,
		rows: shown,
		entries,
		scanned,
		notes:
			split.length > 0
				? [
						`a row with several entries in ${split.join(", ")} counts once for each`,
					]
				: [],
	};
}

function check({ function: name, column }: Aggregate): void {
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

function label({ function: name, column }: Aggregate): string {
	return column === undefined ? name : `${name} ${nameOfColumn(column)}`;
}

interface KeyPart {
	readonly key: string;
	readonly shown: unknown;
	/** Of a list: a cell of the one item. */
	readonly entry?: Cell;
}

function keyParts(
	row: Row,
	{ column, per }: GroupKey,
	table: Table,
): readonly KeyPart[] {
	const cell =
		row.cells[typeof column === "string" ? column : column.id] ?? null;
	if (kindOf(column) === "checkbox")
		return [{ key: String(cell === true), shown: cell === true }];
	if (isEmpty(cell)) return [{ key: "", shown: null }];
	if (isList(column) && Array.isArray(cell)) {
		const parts = new Map<string, KeyPart>();
		for (const item of cell as readonly Cell[]) {
			const one = [item] as unknown as Cell;
			const key = keyOf(one, column, table.zone);
			parts.set(key, {
				key,
				shown: entryText(one, column, table.zone),
				entry: one,
			});
		}
		return [...parts.values()];
	}
	if (per !== undefined && typeof cell === "number") {
		const shown = periodOf(cell, per, zone(table.zone));
		return [{ key: shown, shown }];
	}
	return [
		{
			key: keyOf(cell, column, table.zone),
			shown: showCell(cell, column, table.zone, "compact"),
		},
	];
}

function combinations(
	lists: readonly (readonly KeyPart[])[],
): readonly (readonly KeyPart[])[] {
	return lists.reduce<readonly (readonly KeyPart[])[]>(
		(done, list) =>
			done.flatMap((parts) => list.map((part) => [...parts, part])),
		[[]],
	);
}

function emptyTally(): Tally {
	return {
		rows: 0,
		count: 0,
		sum: new ExactSum(),
		least: null,
		greatest: null,
		distinct: new Set(),
	};
}

function tally(
	entry: Tally,
	{ function: name, column }: Aggregate,
	row: Row,
	table: Table,
): void {
	entry.rows++;
	if (column === undefined) {
		entry.count++;
		return;
	}
	const cell =
		row.cells[typeof column === "string" ? column : column.id] ?? null;
	if (isEmpty(cell)) return;
	const items =
		isList(column) && Array.isArray(cell) ? (cell as readonly Cell[]) : [cell];
	for (const item of items) {
		entry.count++;
		if (name === "distinct")
			entry.distinct.add(
				isList(column)
					? keyOf([item] as unknown as Cell, column, table.zone)
					: keyOf(item, column, table.zone),
			);
		if (typeof item === "number") entry.sum.add(item);
		if (entry.least === null || below(item, entry.least, column))
			entry.least = item;
		if (entry.greatest === null || below(entry.greatest, item, column))
			entry.greatest = item;
	}
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

function result(
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
			return entry.count === 0 ? null : tidy(entry.sum.value() / entry.count);
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

function compare(a: readonly unknown[], b: readonly unknown[]): number {
	for (const [index, left] of a.entries()) {
		const order = compareShown(left, b[index]);
		if (order !== 0) return order;
	}
	return 0;
}

function compareShown(left: unknown, right: unknown): number {
	if (left === right) return 0;
	if (left === null || left === undefined) return -1;
	if (right === null || right === undefined) return 1;
	if (typeof left === "number" && typeof right === "number")
		return left - right;
	return String(left) < String(right) ? -1 : 1;
}

function sortGroups(
	rows: unknown[][],
	columns: readonly string[],
	keys: readonly GroupKey[],
	sort: readonly {
		readonly field: string;
		readonly direction?: "asc" | "desc" | undefined;
	}[],
): void {
	const order = sort.map(({ field, direction }) => {
		const byName = columns.indexOf(field);
		const index =
			byName >= 0
				? byName
				: keys.findIndex(
						({ column }) =>
							nameOfColumn(column) === field ||
							(typeof column !== "string" && column.id === field),
					);
		if (index < 0)
			throw new TablesError(
				"bad_argument",
				`groups cannot be sorted by "${field}"`,
				{
					next: `Sort by one of: ${columns.map((name) => `"${name}"`).join(", ")}. Nearest: ${nearest(columns, field).join(", ") || "none"}.`,
				},
			);
		return { index, sign: direction === "desc" ? -1 : 1 };
	});
	rows.sort((a, b) => {
		for (const { index, sign } of order) {
			const by = compareShown(a[index], b[index]);
			if (by !== 0) return by * sign;
		}
		return 0;
	});
}
