import { idOfColumn, nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type {
	Cell,
	Field,
	LinkedRecord,
	Person,
	SystemColumn,
} from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import { typeOfColumn } from "../filter/operators.js";
import { foldText } from "../values/near-names.js";
import { type Period, periodOf } from "../values/time-spans.js";
import {
	entryText,
	isEmpty,
	isList,
	type Kind,
	keyOf,
	kindOf,
	showCell,
} from "../values/values.js";
import { zone } from "../values/zone.js";

type Column = Field | SystemColumn;

export interface GroupKey {
	readonly column: Column;
	/** A period: dates only. `text`: values that `foldText` makes one are one group. */
	readonly per?: Period | "text";
	/** Of people and links that are grouped by text: names and titles by id, as far as cells do not hold them. */
	readonly texts?: ReadonlyMap<string, string>;
}

/** Kinds whose values are told apart by a text. */
const TEXTUAL: ReadonlySet<Kind> = new Set([
	"text",
	"option",
	"options",
	"people",
	"links",
	"url",
]);

/** @throws TablesError bad_argument when `per` does not fit its column. */
export function checkKey({ column, per }: GroupKey): void {
	if (per === undefined) return;
	const name = nameOfColumn(column);
	if (per === "text" && !TEXTUAL.has(kindOf(column)))
		throw new TablesError(
			"bad_argument",
			`\`per\` text goes with texts, selects, people and links, and "${name}" is ${typeOfColumn(column)}`,
			{
				next: "Leave `per` out; a date takes day, week, month, quarter, year.",
			},
		);
	if (per !== "text" && kindOf(column) !== "date")
		throw new TablesError(
			"bad_argument",
			`\`per\` ${per} goes with dates, and "${name}" is ${typeOfColumn(column)}`,
			{
				next: TEXTUAL.has(kindOf(column))
					? 'Leave `per` out, or give "text": it joins what differs only in outer spaces, width, case or the form of letters.'
					: "Leave `per` out.",
			},
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
	/** Grouped by text: how it is written in this row. */
	readonly spelling?: string;
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
	groupKey: GroupKey,
	table: Table,
): readonly KeyPart[] {
	const { column, per } = groupKey;
	const cell = row.cells[idOfColumn(column)] ?? null;
	if (kindOf(column) === "checkbox")
		return [{ key: String(cell === true), shown: cell === true }];
	if (isEmpty(cell)) return [NOTHING];
	if (per === "text") return textParts(cell, groupKey, table);
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

/** The part of a row without a value. */
const NOTHING: KeyPart = { key: "", shown: null };

/** One part for each text that differs in more than what `foldText` leaves out. */
function textParts(
	cell: Cell,
	{ column, texts }: GroupKey,
	table: Table,
): readonly KeyPart[] {
	const items =
		isList(column) && Array.isArray(cell) ? (cell as readonly Cell[]) : [cell];
	const parts = new Map<string, KeyPart>();
	for (const item of items) {
		const one = (isList(column) ? [item] : item) as Cell;
		const spelling =
			textOfMember(item, texts) ?? entryText(one, column, table.zone);
		const key = foldText(spelling);
		if (!parts.has(key))
			parts.set(key, key === "" ? NOTHING : { key, shown: spelling, spelling });
	}
	return [...parts.values()];
}

/** What a person or a linked record is called; undefined for anything else, and where nothing is known of it. */
function textOfMember(
	item: Cell,
	texts: ReadonlyMap<string, string> | undefined,
): string | undefined {
	if (typeof item !== "object" || item === null || !("id" in item))
		return undefined;
	const { id, name, text } = item as unknown as Partial<Person & LinkedRecord>;
	return (name ?? text) || texts?.get(id as string) || undefined;
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
