import type {
	Cell,
	Field,
	LocationValue,
	SystemColumn,
	UrlValue,
} from "../contract/field.js";
import type { SqlType, SqlValue } from "../contract/sql.js";
import { idsIn } from "../values/show-item.js";
import {
	cellText,
	entryText,
	isEmpty,
	isList,
	isRaw,
	kindOf,
	showCell,
	showsTime,
} from "../values/values.js";
import { zone as zoneNamed } from "../values/zone.js";

/** In which zones a table's dates are: days are days of its own, moments are told in that of the whole statement. */
export interface Zones {
	readonly table: string;
	readonly statement: string;
}

/** A value that could not be read: its place in SQL is empty. */
export const UNREAD = Symbol("unread");

/** One of the columns that a field becomes. */
export interface Part {
	/** What follows the field's name. */
	readonly suffix: "" | "_ids" | "_id" | "_list" | "_text" | "_lng" | "_lat";
	readonly type: SqlType;
	readonly read: (cell: Cell, zones: Zones) => SqlValue | typeof UNREAD;
	/** It shows titles or names, which may have to be read. */
	readonly needsTexts: boolean;
	/** It shows a list as one text: a single item is its bare name, so that it can be joined and compared. */
	readonly isListText: boolean;
}

/** The columns of SQL that a field becomes, by its type and settings and never by its data. */
export function partsOf(column: Field | SystemColumn): readonly Part[] {
	const isComputedList = typeof column !== "string" && column.value?.list;
	const kind = kindOf(column);
	const items = kind === "people" || kind === "links";
	const text = part("", "TEXT", (cell, zones) =>
		entryText(cell, column, zones.table),
	);
	const shown = { ...text, needsTexts: items, isListText: isList(column) };
	if (items)
		return [
			shown,
			part("_ids", "TEXT", (cell) => JSON.stringify(flat(idsIn(cell)))),
			{
				...part("_list", "TEXT", (cell, zones) =>
					JSON.stringify(
						[showCell(cell, column, zones.table, "compact")].flat(),
					),
				),
				needsTexts: true,
			},
			...(holdsOne(column) ? [part("_id", "TEXT", onlyId)] : []),
		];
	if (isComputedList || kind === "options")
		return [shown, part("_list", "TEXT", (cell) => JSON.stringify(cell))];
	switch (kind) {
		case "number":
			return [
				part("", "REAL", (cell) => (typeof cell === "number" ? cell : UNREAD)),
			];
		case "checkbox":
			return [part("", "INTEGER", (cell) => Number(cell === true))];
		case "date":
			return [
				part("", "TEXT", (cell, zones) =>
					typeof cell === "number"
						? dateText(cell, column, zones)
						: cellText(cell, column, zones.table),
				),
			];
		case "url":
			return [
				part("", "TEXT", (cell) => (cell as UrlValue).link ?? String(cell)),
				part("_text", "TEXT", (cell) => (cell as UrlValue).text ?? null),
			];
		case "location":
			return [
				part("", "TEXT", (cell) => (cell as LocationValue).address || null),
				part("_lng", "REAL", (cell) => degree(cell, 0)),
				part("_lat", "REAL", (cell) => degree(cell, 1)),
			];
		default:
			return [shown];
	}
}

/** `undefined`: what is told of an empty cell; a checkbox that was never set is 0. */
function part(suffix: Part["suffix"], type: SqlType, read: Part["read"]): Part {
	return {
		suffix,
		type,
		needsTexts: false,
		isListText: false,
		read: (cell, zones) => {
			if (type === "INTEGER") return read(cell, zones);
			if (isEmpty(cell)) return null;
			if (!isRaw(cell)) return read(cell, zones);
			return type === "TEXT" && suffix === "" ? rawText(cell.raw) : UNREAD;
		},
	};
}

function rawText(raw: unknown): string {
	return typeof raw === "string" ? raw : JSON.stringify(raw);
}

function holdsOne(column: Field | SystemColumn): boolean {
	return (
		typeof column === "string" ||
		(column.value?.list !== true && column.settings.multiple === false)
	);
}

function flat(ids: unknown): unknown {
	return Array.isArray(ids)
		? ids.flatMap((one) => (Array.isArray(one) ? idsIn(one as Cell) : [one]))
		: ids;
}

function onlyId(cell: Cell): SqlValue {
	const ids = idsIn(cell);
	const first: unknown = Array.isArray(ids) ? ids[0] : ids;
	return typeof first === "string" ? first : null;
}

function degree(cell: Cell, place: 0 | 1): SqlValue | typeof UNREAD {
	const { lnglat } = cell as LocationValue;
	const number = Number(lnglat?.split(",")[place] ?? Number.NaN);
	return Number.isFinite(number) ? number : UNREAD;
}

/** `2026-11-20`, or `2026-11-20 14:00:00` with milliseconds where they are not zero. */
function dateText(
	ms: number,
	column: Field | SystemColumn,
	{ table, statement }: Zones,
): string {
	return showsTime(column) ? wallText(ms, statement) : zoneNamed(table).day(ms);
}

/** A moment as a clock on the wall of this zone shows it, as SQLite's functions take it. */
export function wallText(ms: number, zone: string): string {
	return zoneNamed(zone)
		.moment(ms)
		.replace(/[+-]\d\d:\d\d(:\d\d)?$/, "")
		.replace("T", " ");
}
