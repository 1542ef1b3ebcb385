import type { Column, TimeSpan } from "../contract/condition.js";
import type { Cell, FieldType, SystemColumn } from "../contract/field.js";
import type { Operator } from "../contract/table.js";
import { defined } from "../values/defined.js";
import { inTurns } from "../values/in-turns.js";
import {
	cutList,
	nameList,
	namesOf,
	nearOrAll,
	quoted,
} from "../values/names.js";
import type { Hints } from "../values/near-names.js";
import { LEAST_MS, parseCheckbox } from "../values/parse.js";
import { parseDate } from "../values/parse-date.js";
import { parseNumber } from "../values/parse-number.js";
import {
	optionItems,
	optionName,
	optionsAlike,
} from "../values/parse-option.js";
import { unheld, wanted } from "../values/parsed.js";
import type { Lookups } from "../values/text-lookups.js";
import { dayCounted, rangeNote, spanOf } from "../values/time-spans.js";
import { isList, type Kind, kindOf, showsTime } from "../values/values.js";
import { type Zone, zone } from "../values/zone.js";
import { parseMembers } from "./members.js";
import { comparesWhole, looksInside, noValue } from "./operators.js";

/** What resolving a filter needs besides the table. */
export interface FilterContext {
	readonly zone: string;
	readonly nowMs: number;
	readonly lookups: Lookups;
	readonly systemColumns: readonly SystemColumn[];
	/**
	 * What the rows are picked for. A name that nobody has is refused; a part of a name that nobody has picks no rows
	 * of a `read`, with a note, and is refused for a `write`. `kept`: a filter that was stored and checked before, whose
	 * names may be gone by now: it is taken as it is. Default: `read`.
	 */
	readonly purpose?: "read" | "write" | "kept";
}

/** A column and an operator whose values are being read. */
export interface Comparing {
	readonly column: Column;
	readonly op: Operator;
	readonly context: FilterContext;
	/** Takes what the agent should know about how a value was understood. */
	readonly notes: Set<string>;
	/** Of the call. */
	readonly hints: Hints;
}

/** Values in the column's terms: of dates as spans, except in lists. */
export interface ParsedOperands {
	readonly values: readonly Cell[];
	readonly spans: readonly TimeSpan[];
	/** People and links: id → the name or title that it was given by. */
	readonly texts: ReadonlyMap<string, string>;
	/** In place of the operator that was given: parts of names have become those who have them. */
	readonly op?: Operator;
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map();

/** The given values by the column's kind; a text is what is wrong with them, as the end of a sentence. */
export async function parseOperands(
	given: readonly unknown[],
	comparing: Comparing,
): Promise<ParsedOperands | string> {
	const kind = kindOf(comparing.column);
	if (kind === "date") return parseDates(given, comparing);
	return kind === "people" || kind === "links"
		? parseMembers(given, kind, comparing)
		: parseValues(given, kind, comparing);
}

function parseDates(
	given: readonly unknown[],
	{ column, context, notes }: Comparing,
): ParsedOperands | string {
	const spans: TimeSpan[] = [];
	for (const item of given) {
		const span = parseSpan(item, column, context, notes);
		if (typeof span === "string") return `: ${quoted(String(item))} ${span}`;
		spans.push(span);
	}
	if (!isList(column)) return { values: [], spans, texts: NO_TEXTS };
	const where = zone(context.zone);
	const values = spans.map((span) => dateText(span, where));
	return { values, spans: [], texts: NO_TEXTS };
}

/** A date, a moment, or a word such as `today`; items of a list are compared with single days only. */
function parseSpan(
	given: unknown,
	column: Column,
	context: Comparing["context"],
	notes: Set<string>,
): TimeSpan | string {
	const where = zone(context.zone);
	const parsed =
		typeof given === "number" && Math.abs(given) >= LEAST_MS
			? { ms: given, dayOnly: false }
			: parseDate(String(given), where);
	if ("problem" in parsed) {
		const word = String(given);
		const span =
			spanOf(word, context.nowMs, context.zone) ??
			dayCounted(word, context.nowMs, context.zone);
		if (
			span === undefined ||
			(isList(column) && where.endOfDay(span.fromMs) !== span.toMs)
		)
			return `${parsed.problem}, or a word such as today, 30 days ago, in 2 weeks`;
		notes.add(rangeNote(word, span, context.zone));
		return span;
	}
	return parsed.dayOnly || !showsTime(column)
		? { fromMs: where.startOfDay(parsed.ms), toMs: where.endOfDay(parsed.ms) }
		: { fromMs: parsed.ms, toMs: parsed.ms + 1 };
}

/** An item of a list of dates is named by its day or, where a time was given, by its moment. */
function dateText({ fromMs, toMs }: TimeSpan, where: Zone): string {
	return toMs === fromMs + 1 ? where.moment(fromMs) : where.day(fromMs);
}

async function parseValues(
	given: readonly unknown[],
	kind: Kind,
	{ column, op, notes, hints }: Comparing,
): Promise<ParsedOperands | string> {
	const values: Cell[] = [];
	const problems: string[] = [];
	const whole: unknown[] = [];
	await inTurns(given, (item) => {
		if (
			kind !== "options" ||
			!comparesWhole(op) ||
			typeof column === "string"
		) {
			whole.push(item);
			return;
		}
		const items = optionItems(String(item), column);
		if ("problem" in items) problems.push(items.problem);
		else for (const one of items) whole.push(one);
	});
	await inTurns(whole, (item) => {
		if (
			item === "" ||
			item === null ||
			(comparesWhole(op) && Array.isArray(item))
		) {
			problems.push(noValue(op));
			return;
		}
		const parsed = PARSERS[kind](item, column, op, { notes, hints });
		if ("problem" in parsed) problems.push(parsed.problem);
		else values.push(parsed.cell);
	});
	if (problems.length === 0 && values.length === 0) problems.push(noValue(op));
	return problems.length > 0
		? cutList(problems, "; ")
		: { values, spans: [], texts: NO_TEXTS };
}

type ParseValue = (
	item: unknown,
	column: Column,
	op: Operator,
	call: Pick<Comparing, "notes" | "hints">,
) => { readonly cell: Cell } | { readonly problem: string };

const parseOption: ParseValue = (item, column, op, { notes, hints }) => {
	const text = String(item);
	if (
		typeof column === "string" ||
		(kindOf(column) === "option" && looksInside(op))
	)
		return { cell: text };
	const name = optionName(text, column, (note) => notes.add(note));
	if (name !== undefined) return { cell: name };
	if (column.settings.options === undefined) return { cell: text };
	const alike = optionsAlike(text, column);
	if (alike.length > 1)
		return {
			problem: `may be each of the options ${nameList(alike)}: ${quoted(text)} is none of them to the letter`,
		};
	const names = namesOf(column.settings.options);
	const near = nearOrAll(names, text, "options", hints);
	return { problem: `has no option ${quoted(text)}; ${near}` };
};

const parseAsText: ParseValue = (item, column) => ({
	cell:
		typeof item === "object" && item !== null
			? JSON.stringify(item)
			: isNumbered(column)
				? plainNumber(String(item))
				: String(item),
});

/** A rating is a whole number, and may well be compared with another: with the mean of ratings, or with 2.5. */
function comparedType(type: FieldType): FieldType {
	return type === "rating" ? "number" : type;
}

/** Does the column hold the numbers of its records, which are texts in some vendors? */
const isNumbered = (column: Column) =>
	typeof column !== "string" && column.type === "auto_number";

/** `1e3` as 1000: a number of records is compared by its value, however it is spelled. */
function plainNumber(text: string): string {
	const value = /^[+-]?\d+(\.\d+)?e[+-]?\d+$/i.test(text.trim())
		? Number(text)
		: Number.NaN;
	return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : text;
}

/** Kinds whose values are read one by one; dates, people and links are read together. */
const PARSERS = {
	text: parseAsText,
	number: (item, column) =>
		typeof column === "string"
			? wanted("number")
			: unheld(
					parseNumber(item, {
						...column,
						type: comparedType(column.value?.type ?? column.type),
						settings: defined({ currency: column.settings.currency }),
					}),
				),
	checkbox: parseCheckbox,
	option: parseOption,
	options: parseOption,
	date: parseAsText,
	people: parseAsText,
	links: parseAsText,
	files: parseAsText,
	url: parseAsText,
	location: parseAsText,
	none: parseAsText,
} as const satisfies Record<Kind, ParseValue>;
