import { idOfColumn, nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import { type Period, periodOf } from "../values/time-spans.js";
import {
	entryText,
	isEmpty,
	isList,
	keyOf,
	kindOf,
	showCell,
} from "../values/values.js";
import { zone } from "../values/zone.js";

type Column = Field | SystemColumn;

export interface GroupKey {
	readonly column: Column;
	/** Dates only. */
	readonly per?: Period;
}

/** @throws TablesError bad_argument when a period does not fit its column. */
export function checkKey({ column, per }: GroupKey): void {
	if (per !== undefined && kindOf(column) !== "date")
		throw new TablesError(
			"bad_argument",
			`\`per\` goes with dates, and "${nameOfColumn(column)}" is not a date`,
		);
}

/** The name of its column in the answer. */
export function labelOfKey({ column, per }: GroupKey): string {
	return per === undefined
		? nameOfColumn(column)
		: `${nameOfColumn(column)} per ${per}`;
}

/** One value by which a row is grouped: how it is compared, and how it is shown. */
export interface KeyPart {
	readonly key: string;
	readonly shown: unknown;
	/** Of a list: a cell of the one item. */
	readonly entry?: Cell;
}

/** The groups of a row by each of the keys in turn: several where a list has several entries. */
export function groupsOf(
	row: Row,
	keys: readonly GroupKey[],
	table: Table,
): readonly (readonly KeyPart[])[] {
	return combinations(keys.map((key) => keyParts(row, key, table)));
}

function keyParts(
	row: Row,
	{ column, per }: GroupKey,
	table: Table,
): readonly KeyPart[] {
	const cell = row.cells[idOfColumn(column)] ?? null;
	if (kindOf(column) === "checkbox")
		return [{ key: String(cell === true), shown: cell === true }];
	if (isEmpty(cell)) return [{ key: "", shown: null }];
	if (isList(column) && Array.isArray(cell))
		return entryParts(cell as readonly Cell[], column, table);
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

/** One part for each different entry of a list. */
function entryParts(
	cell: readonly Cell[],
	column: Column,
	table: Table,
): readonly KeyPart[] {
	const parts = new Map<string, KeyPart>();
	for (const item of cell) {
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

function combinations(
	lists: readonly (readonly KeyPart[])[],
): readonly (readonly KeyPart[])[] {
	return lists.reduce<readonly (readonly KeyPart[])[]>(
		(done, list) =>
			done.flatMap((parts) => list.map((part) => [...parts, part])),
		[[]],
	);
}
