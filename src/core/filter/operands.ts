import type { Column, TimeSpan } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, SystemColumn } from "../contract/field.js";
import type { Operator } from "../contract/table.js";
import { splitList } from "../values/list-text.js";
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
import { idInBrackets } from "../values/parse-list.js";
import { parseNumber } from "../values/parse-number.js";
import {
	optionItems,
	optionName,
	optionsAlike,
} from "../values/parse-option.js";
import { unheld, wanted } from "../values/parsed.js";
import type { Lookups } from "../values/text-lookups.js";
import { spanOf } from "../values/time-spans.js";
import { isList, type Kind, kindOf, showsTime } from "../values/values.js";
import { type Zone, zone } from "../values/zone.js";
import { looksInside } from "./operators.js";

/** What resolving a filter needs besides the table. */
export interface FilterContext {
	readonly zone: string;
	readonly nowMs: number;
	readonly lookups: Lookups;
	readonly systemColumns: readonly SystemColumn[];
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
	{ column, context }: Comparing,
): ParsedOperands | string {
	const spans: TimeSpan[] = [];
	for (const item of given) {
		const span = parseSpan(item, column, context);
		if (typeof span === "string") return `: ${quoted(String(item))} ${span}`;
		spans.push(span);
	}
	if (!isList(column)) return { values: [], spans, texts: NO_TEXTS };
	const where = zone(context.zone);
	const values = spans.map((span) => dateText(span, where));
	return { values, spans: [], texts: NO_TEXTS };
}

/** A date, a moment, or a word such as `today`, which items of a list are not compared with. */
function parseSpan(
	given: unknown,
	column: Column,
	context: Comparing["context"],
): TimeSpan | string {
	const where = zone(context.zone);
	const parsed =
		typeof given === "number" && Math.abs(given) >= LEAST_MS
			? { ms: given, dayOnly: false }
			: parseDate(String(given), where);
	if ("problem" in parsed) {
		const word = spanOf(String(given), context.nowMs, context.zone);
		return word === undefined || isList(column) ? parsed.problem : word;
	}
	return parsed.dayOnly || !showsTime(column)
		? { fromMs: where.startOfDay(parsed.ms), toMs: where.endOfDay(parsed.ms) }
		: { fromMs: parsed.ms, toMs: parsed.ms + 1 };
}

/** An item of a list of dates is named by its day or, where a time was given, by its moment. */
function dateText({ fromMs, toMs }: TimeSpan, where: Zone): string {
	return toMs === fromMs + 1 ? where.moment(fromMs) : where.day(fromMs);
}

function parseValues(
	given: readonly unknown[],
	kind: Kind,
	{ column, op, notes, hints }: Comparing,
): ParsedOperands | string {
	const values: Cell[] = [];
	const problems: string[] = [];
	const whole = given.flatMap((item): readonly unknown[] => {
		if (kind !== "options" || !comparesWhole(op) || typeof column === "string")
			return [item];
		const items = optionItems(String(item), column);
		if (!("problem" in items)) return items;
		problems.push(items.problem);
		return [];
	});
	for (const item of whole) {
		if (
			item === "" ||
			item === null ||
			(comparesWhole(op) && Array.isArray(item))
		) {
			problems.push(noValue(op));
			continue;
		}
		const parsed = PARSERS[kind](item, column, op, { notes, hints });
		if ("problem" in parsed) problems.push(parsed.problem);
		else values.push(parsed.cell);
	}
	if (problems.length === 0 && values.length === 0) problems.push(noValue(op));
	return problems.length > 0
		? cutList(problems, "; ")
		: { values, spans: [], texts: NO_TEXTS };
}

/** Is a list compared with as a whole, so that one text may hold several items? */
function comparesWhole(op: Operator): boolean {
	return op === "is" || op === "is_not";
}

function noValue(op: Operator): string {
	return `was given no value: use ${op === "is_not" || op === "none_of" ? "is_not_empty" : "is_empty"} in place of an empty value`;
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

const parseAsText: ParseValue = (item) => ({
	cell:
		typeof item === "object" && item !== null
			? JSON.stringify(item)
			: String(item),
});

/** Kinds whose values are read one by one; dates, people and links are read together. */
const PARSERS = {
	text: parseAsText,
	number: (item, column) =>
		typeof column === "string"
			? wanted("number")
			: unheld(
					parseNumber(item, {
						...column,
						type: column.value?.type ?? column.type,
						settings: {},
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

/** People and linked records: an id as it is, a name or title through the lookups. */
async function parseMembers(
	given: readonly unknown[],
	kind: "people" | "links",
	{ column, op, context }: Comparing,
): Promise<ParsedOperands | string> {
	const items = given.flatMap((item) =>
		comparesWhole(op) && typeof item === "string"
			? (splitList(item) ?? [item])
			: [item],
	);
	if (items.length === 0 || items.some((item) => item === "" || item === null))
		return noValue(op);
	const values: string[] = [];
	const names: string[] = [];
	for (const text of items.map(String)) {
		if (text === "@me" && context.lookups.me === undefined)
			return 'does not know "@me": a person sets `me` of the connection in the configuration';
		const id =
			text === "@me"
				? context.lookups.me
				: kind === "links"
					? idInBrackets(text)
					: undefined;
		if (id === undefined) names.push(text);
		else values.push(id);
	}
	const texts = new Map<string, string>();
	const found = await membersNamed(names, column, kind, context.lookups);
	for (const name of names) {
		const same = found.get(name) ?? [];
		values.push(...(same.length > 0 ? same.map(({ id }) => id) : [name]));
		for (const { id } of same) texts.set(id, name);
	}
	return { values, spans: [], texts };
}

/** Who or what has these names. Where people cannot be looked up, a text may be an id all the same. */
async function membersNamed(
	ask: readonly string[],
	column: Column,
	kind: "people" | "links",
	lookups: Lookups,
): Promise<ReadonlyMap<string, readonly { readonly id: string }[]>> {
	if (ask.length === 0) return new Map();
	const field = typeof column === "string" ? undefined : column;
	if (kind === "links")
		return field === undefined ? new Map() : lookups.linkedByText(field, ask);
	try {
		return await lookups.people(
			field ?? systemPeople(column as SystemColumn),
			ask,
		);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return new Map();
	}
}

/** Stands for a column of people that is not a field. */
function systemPeople(column: SystemColumn): Field {
	return {
		id: column,
		name: column,
		type: column === "$created_by" ? "created_by" : "updated_by",
		primary: false,
		settings: {},
		wireType: column,
	};
}
