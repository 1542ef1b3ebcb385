import type { Field } from "../contract/field.js";
import type { ColumnReading } from "./column-reading.js";
import { isMoney, otherCurrency } from "./currency.js";
import { dateOf, readDateText } from "./date-text.js";
import { isName, quoted } from "./names.js";
import {
	isDotted,
	numberOf,
	ownNumber,
	readNumberText,
} from "./number-text.js";
import { isYearFirst } from "./parse-date.js";
import { percentText } from "./show-item.js";
import { KINDS } from "./values.js";
import { yesOrNo } from "./yes-no.js";

/*
 * Text of a file as the JSON value that a tool would be given. Only what is unambiguous; the rest is left as it
 * is, for validation to refuse by its line.
 */

export type Coerced =
	| { readonly value: unknown }
	| { readonly problem: string };

/** A leading apostrophe that export put before a text that a spreadsheet would take for a formula. */
const GUARDED = /^'+[=+\-@\t\r]/;
const NEEDS_GUARD = /^'*[=+\-@\t\r]/;

/** The text as one option, where there is one of that name. */
function optionsOf(
	{ settings: { options = [] } }: Field,
	name: string,
): readonly string[] | undefined {
	return isName(options, name) ? [name] : undefined;
}

/** For text columns of a CSV: harmless to open, and taken back by `unguardText`. */
export function guardText(text: string): string {
	return NEEDS_GUARD.test(text) ? `'${text}` : text;
}

export function unguardText(text: string): string {
	return GUARDED.test(text) ? text.slice(1) : text;
}

/** What is known of a cell besides what it holds. */
export interface CellOf {
	/** The file is of a format whose texts `guardText` has gone over. Absent: it is. */
	readonly guarded?: boolean;
	/** How its column is read. Absent: the cell is read by itself. */
	readonly reading?: ColumnReading;
	/** A number that the file shows in percent: a fraction. */
	readonly percentShown?: boolean;
	/** The unit or currency that the file shows beside a number. Absent: none. */
	readonly unit?: { readonly text: string; readonly shown: string };
}

const BY_ITSELF: ColumnReading = {};

/**
 * A cell of a file for a field; "" means empty. Values that are not text come through as they are.
 */
export function coerceCell(
	cell: unknown,
	field: Field,
	{
		guarded = true,
		reading = BY_ITSELF,
		percentShown = false,
		unit,
	}: CellOf = {},
): Coerced {
	if (typeof cell !== "string") {
		const other =
			unit !== undefined && field.type === "currency" && isMoney(unit.text)
				? otherCurrency(field, unit.text, unit.shown)
				: undefined;
		return other === undefined
			? coerceValue(cell, field, reading, percentShown)
			: { problem: other };
	}
	const kind = KINDS[field.type];
	const bare = guarded ? unguardText : (text: string) => text;
	if (cell === "") return { value: null };
	if (kind === "text") return { value: bare(cell) };
	const text = cell.trim();
	if (text === "") return { value: null };
	switch (kind) {
		case "number":
			return coerceNumber(text, field, reading);
		case "checkbox":
			return coerceCheckbox(text);
		case "date":
			return coerceDate(text, reading);
		case "option":
			return { value: optionOf(bare(cell), bare(text), field) };
		case "links":
			// A title may have spaces around it.
			return { value: listOf(text) ?? bare(cell) };
		case "options":
			return {
				value: optionsOf(field, bare(text)) ?? listOf(text) ?? bare(text),
			};
		case "people":
		case "files":
			return { value: listOf(text) ?? bare(text) };
		case "url":
		case "location":
			return { value: objectOf(text) ?? bare(text) };
		default:
			return { value: text };
	}
}

/** Spaces around the name of an option are left out, unless an option has them. */
function optionOf(whole: string, trimmed: string, field: Field): string {
	return isName(field.settings.options ?? [], whole) ? whole : trimmed;
}

function coerceValue(
	cell: unknown,
	field: Field,
	{ percent }: ColumnReading,
	percentShown: boolean,
): Coerced {
	if (cell === null || cell === undefined) return { value: null };
	const kind = KINDS[field.type];
	if (
		typeof cell === "number" &&
		(field.type === "percent" || field.type === "progress")
	) {
		if (!percentShown && percent === "percent") return { value: `${cell}%` };
		if ((percentShown || percent === "fraction") && Math.abs(cell) > 1)
			return { value: percentText(cell) };
	}
	if (typeof cell === "number" && kind === "text" && percentShown)
		return { value: percentText(cell) };
	// A spreadsheet keeps digits as numbers even where the field is text.
	if (typeof cell === "number" && kind === "text")
		return Number.isInteger(cell) && !Number.isSafeInteger(cell)
			? {
					problem: `is a number that the file has rounded: keep it as text in the file`,
				}
			: { value: String(cell) };
	if (
		typeof cell === "number" &&
		kind === "checkbox" &&
		(cell === 0 || cell === 1)
	)
		return { value: cell === 1 };
	if (
		typeof cell === "number" &&
		(kind === "option" ||
			kind === "options" ||
			kind === "people" ||
			kind === "links")
	)
		return { value: String(cell) };
	if (typeof cell === "boolean" && kind === "text")
		return { value: String(cell) };
	return { value: cell };
}

/** A text that can be read as one number, or that the column's reading makes one. */
function coerceNumber(
	text: string,
	field: Field,
	{ decimal, proof, percent: units, codes }: ColumnReading,
): Coerced {
	if (WHOLE.test(text) && field.type !== "percent") return { value: text };
	if (codes !== undefined && isDotted(text))
		return {
			problem: `is not a number but a code, as ${quoted(codes.text)} on line ${codes.line} of this column is: ${quoted(text)}; keep it in a text field`,
		};
	const read = numberOf(text, decimal);
	if ("problem" in read) {
		// A text that no reading takes for a number says nothing about the column's decimal mark.
		const alone = numberOf(text);
		return "problem" in alone && !alone.problem.startsWith("is ambiguous")
			? alone
			: { problem: againstColumn(read.problem, "`decimal`", proof) };
	}
	const { digits, percent, money } = read;
	const other = otherCurrency(field, money, text);
	if (other !== undefined) return { problem: other };
	if (field.type !== "percent" && field.type !== "progress")
		return percent
			? { problem: `is a percentage, and "${field.name}" is ${field.type}` }
			: { value: ownNumber(digits) };
	return percent || units === "percent"
		? { value: `${ownNumber(digits)}%` }
		: { value: asFraction(digits, units) };
}

/** Digits that need no look at what may stand among them. */
const WHOLE = /^-?\d{1,15}$/;

/** A number beyond 1 that is known to be a fraction says so. */
function asFraction(
	digits: string,
	units: ColumnReading["percent"],
): string | number {
	const value = Number(digits);
	return units === "fraction" && Math.abs(value) > 1
		? percentText(value)
		: ownNumber(digits);
}

/** A refusal that rests on what the rest of the column proves. */
function againstColumn(
	problem: string,
	argument: string,
	proof: ColumnReading["proof"],
): string {
	return proof === undefined
		? problem
		: `${problem}, as line ${proof.line} of this column proves (${quoted(proof.text)}); write it so, or pass ${argument}`;
}

function coerceCheckbox(text: string): Coerced {
	const value = yesOrNo(text);
	return value === undefined
		? { problem: `is neither yes nor no: ${quoted(text)}; write true or false` }
		: { value };
}

function coerceDate(
	text: string,
	{ dates, datesProof }: ColumnReading,
): Coerced {
	if (isYearFirst(text)) return { value: text };
	const read = dateOf(text, dates);
	return "problem" in read
		? { problem: againstColumn(read.problem, "`dates`", datesProof) }
		: read;
}

/** A text that is a JSON list; undefined: it is not. */
export function listOf(text: string): readonly unknown[] | undefined {
	if (!text.startsWith("[") || !text.endsWith("]")) return undefined;
	try {
		const parsed = JSON.parse(text) as unknown;
		return Array.isArray(parsed) ? parsed : undefined;
	} catch {
		return undefined;
	}
}

/** A text that is a JSON object; undefined: it is not. */
export function objectOf(text: string): object | undefined {
	if (!text.startsWith("{") || !text.endsWith("}")) return undefined;
	try {
		const parsed = JSON.parse(text) as unknown;
		return typeof parsed === "object" && parsed !== null ? parsed : undefined;
	} catch {
		return undefined;
	}
}

/** The type that a column of texts looks like, for a table that is yet to be made. */
export function guessType(
	samples: readonly unknown[],
): "number" | "percent" | "checkbox" | "date" | "text" {
	const cells = samples
		.map((cell) => (typeof cell === "string" ? cell.trim() : cell))
		.filter((cell) => cell !== "" && cell !== null && cell !== undefined);
	if (cells.length === 0) return "text";
	const texts = cells.filter((cell) => typeof cell === "string");
	if (texts.length < cells.length) {
		const all = (type: string) => cells.every((cell) => typeof cell === type);
		return all("number") ? "number" : all("boolean") ? "checkbox" : "text";
	}
	const numbers = texts.map(readNumberText);
	if (numbers.every((number) => number?.percent === true)) return "percent";
	// A column of codes: zeros in front, or more digits than a number keeps.
	const codes = texts.every((text) => /^0\d|^\d{16,}$/.test(text));
	if (!codes && numbers.every((number) => number?.percent === false))
		return "number";
	if (texts.every((text) => isYearFirst(text) || readDateText(text)))
		return "date";
	return texts.every((text) => yesOrNo(text) !== undefined)
		? "checkbox"
		: "text";
}
