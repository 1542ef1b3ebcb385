import type { Field } from "../contract/field.js";
import type { SqlValue } from "../contract/sql.js";
import { listOf, objectOf } from "../values/coerce.js";
import { isName } from "../values/names.js";
import { percentText } from "../values/show-item.js";
import { kindOf } from "../values/values.js";
import { zone as zoneNamed } from "../values/zone.js";

/** What may be said of a value: the clock shows this time twice on its day; it is a link without the text that shows it. */
export type ValueNote = "twice" | "bare link";

/** What a value of a statement is read with. */
export interface ValueZones {
	/** That of the statement's dates. */
	readonly statement: string;
	/** That of the table which is written. */
	readonly table: string;
	/** Takes what is to be said of a value. */
	note(what: ValueNote, field: Field, value: string): void;
}

/** Digits of a fraction that a double holds for certain: what a sum adds behind them is noise. */
const DIGITS = 15;

/**
 * A value of SQL as it would be given for a field: numbers that SQL means as fractions, lists that are JSON there, dates
 * of another zone. Whether the field takes it is for the ordinary checks to say.
 * @returns undefined: the cell is kept; null: it is cleared.
 */
export function givenFor(
	value: SqlValue,
	field: Field,
	zones: ValueZones,
): unknown {
	if (value === null) return undefined;
	if (value === "") return null;
	return typeof value === "number"
		? numberFor(value, field)
		: textFor(value, field, zones);
}

function numberFor(value: number, field: Field): unknown {
	switch (kindOf(field)) {
		case "number":
			// Beyond 1 a bare number could also be meant in percent.
			return field.type === "percent" && Math.abs(value) > 1
				? percentText(value)
				: value;
		case "checkbox":
		case "date":
		case "location":
			return value;
		default:
			return String(
				Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)),
			);
	}
}

function textFor(text: string, field: Field, zones: ValueZones): unknown {
	switch (kindOf(field)) {
		case "date":
			return dateFor(text, field, zones);
		case "options":
		case "people":
		case "links":
		case "files":
			return isName(field.settings.options ?? [], text)
				? text
				: (listOf(text) ?? text);
		case "url":
		case "location":
			return objectOf(text) ?? text;
		default:
			return text;
	}
}

/** What a clock on the wall shows, as statements have it. */
const WALL = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;

/** A time of day is one of the statement's zone; a day is a day in every zone. */
function dateFor(
	text: string,
	field: Field,
	{ statement, table, note }: ValueZones,
): string {
	if (!WALL.test(text)) return text;
	const parsed = zoneNamed(statement).parse(text);
	const isTwice =
		"ms" in parsed &&
		parsed.later !== undefined &&
		field.settings.showsTime === true;
	if (isTwice) note("twice", field, text);
	else if (statement === table) return text;
	// It does not exist there, and must not be taken for a time of the table's zone.
	if (!("ms" in parsed)) return `${text} ${statement}`;
	return zoneNamed(table).moment(parsed.ms);
}
