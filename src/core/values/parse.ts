import type { Field, UrlValue } from "../contract/field.js";
import { readingsOf } from "./list-text.js";
import { quoted } from "./names.js";
import type { ParsedDate } from "./parse-date.js";
import { parseFile, parseLink, parseList, parsePerson } from "./parse-list.js";
import { parseNumber } from "./parse-number.js";
import { parseOption, parseOptions } from "./parse-option.js";
import {
	ACCEPTED,
	type ParseContext,
	type Parsed,
	unheld,
	wanted,
} from "./parsed.js";
import { momentOf } from "./time-spans.js";
import { CUT_MARK, KINDS } from "./values.js";
import { yesOrNo } from "./yes-no.js";
import { zone as zoneNamed } from "./zone.js";

export function isClear(given: unknown): boolean {
	return (
		given === null ||
		given === "" ||
		(Array.isArray(given) && given.length === 0)
	);
}

/** A given JSON value as a cell of this field. Nothing is guessed; null, "" and [] clear. */
export function parseCell(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	return unheld(parseCellOf(given, field, context));
}

/** `parseCell` for a record that may hold the value already: what is ambiguous else is taken then. */
export function parseCellOf(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	if (isClear(given)) return { cell: null };
	if (typeof given === "string" && given.length > MOST_CELL_CHARACTERS)
		return { problem: longCell(given.length) };
	const wrong = wrongForm(given);
	if (wrong !== undefined) return { problem: wrong };
	switch (KINDS[field.type]) {
		case "text":
			return parseText(given);
		case "number":
			return parseNumber(given, field);
		case "checkbox":
			return parseCheckbox(given);
		case "option":
			return parseOption(
				Array.isArray(given) && given.length === 1 ? given[0] : given,
				field,
				context,
			);
		case "options":
			return parseOptions(given, field, context);
		case "date":
			return parseMoment(given, field, context);
		case "people":
			return parseList(given, field, (item) => parsePerson(item, context));
		case "links":
			return (
				inDoubt(given, context) ??
				parseList(wholeTitle(given, context), field, (item) =>
					parseLink(item, field, context),
				)
			);
		case "files":
			return parseList(given, field, parseFile);
		case "url":
			return parseUrl(given);
		case "location":
			return parseLocation(given);
		case "none":
			return { problem: "is read only" };
	}
}

/** A text that is the title of a record, though it has a comma in it, is not a list; one that ends with an id may be. */
function wholeTitle(given: unknown, { linked }: ParseContext): unknown {
	return typeof given === "string" &&
		linked.get(given)?.some(({ text }) => text === given)
		? [given]
		: given;
}

/** A text of titles that may be divided in several ways, of which each names other records. */
function inDoubt(
	given: unknown,
	{ linked }: ParseContext,
): { readonly problem: string } | undefined {
	if (typeof given !== "string" || !given.includes(",")) return undefined;
	const readings = readingsOf(given, (run, isOne) =>
		isOne
			? linked.has(run)
			: (linked.get(run) ?? []).some(({ text }) => text === run),
	);
	if (readings.length < 2) return undefined;
	const idsOf = (title: string) =>
		(linked.get(title) ?? []).map(({ id }) => id).join(", ");
	const shown = readings.map(
		(titles) =>
			`${JSON.stringify(titles)} (${titles.map((title) => `[${idsOf(title)}]`).join(" ")})`,
	);
	return {
		problem: `is ambiguous: ${quoted(given)} may be the titles ${shown.join(" or ")}; give the list, or the ids`,
	};
}

/** Of the text of one cell: twenty times what any vendor holds, and little enough to be looked at in one piece. */
export const MOST_CELL_CHARACTERS = 2_000_000;

/** Why a longer text is refused. */
export function longCell(characters: number): string {
	return `was given ${characters} characters: a cell holds at most ${MOST_CELL_CHARACTERS}; keep it as an attachment`;
}

const CUT_PROBLEM = `was cut for the answer and would lose its end: leave it out, or send the whole value without "${CUT_MARK}"`;

/** Of lists and objects in each other; no cell has more than three. */
const MOST_DEPTH = 20;

/** What no value of any field may be: nested without end, or cut where an answer ended it. */
function wrongForm(given: unknown): string | undefined {
	let level: readonly unknown[] = [given];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > MOST_DEPTH)
			return `is nested more than ${MOST_DEPTH} deep, as no cell is`;
		const inner: unknown[] = [];
		for (const value of level)
			if (typeof value === "string") {
				if (value.endsWith(CUT_MARK)) return CUT_PROBLEM;
			} else if (typeof value === "object" && value !== null)
				for (const part of Object.values(value)) inner.push(part);
		level = inner;
	}
	return undefined;
}

function parseText(given: unknown): Parsed {
	if (typeof given === "string") return { cell: given };
	if (typeof given === "number")
		return { problem: `takes a text: give "${given}"` };
	if (Array.isArray(given))
		return {
			problem:
				"takes a text, and this is a list: a multi_select holds a list of names (create_field, or create_table before an import)",
		};
	return given !== null && typeof given === "object"
		? {
				problem:
					"takes a text, and this is an object: give the one value of it that is meant, or its JSON as one text",
			}
		: wanted("text");
}

/** A box, ticked or not; also a word or mark for it. */
export function parseCheckbox(given: unknown): Parsed {
	const cell =
		typeof given === "boolean"
			? given
			: typeof given === "string"
				? yesOrNo(given)
				: given === 1
					? true
					: given === 0
						? false
						: undefined;
	return cell === undefined ? wanted("checkbox") : { cell };
}

/** Numbers below this could be seconds. */
export const LEAST_MS = 100_000_000_000;

function parseMoment(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	const where = zoneNamed(context.zone);
	const withTime = field.settings.showsTime ?? false;
	let ms: number;
	let dayOnly = false;
	if (typeof given === "number") {
		if (!Number.isInteger(given) || Math.abs(given) < LEAST_MS)
			return {
				problem: `is a bare number that could be seconds: give ${ACCEPTED.date}`,
			};
		ms = given;
	} else if (typeof given === "string") {
		const parsed = momentGiven(given, field, context);
		if ("problem" in parsed) return parsed;
		({ ms, dayOnly } = parsed);
	} else return wanted("date");
	if (Math.abs(ms) > 8.64e15) return { problem: "is too far away for a date" };
	if (withTime || dayOnly) return { cell: ms };
	const day = where.startOfDay(ms);
	if (day !== ms) {
		const written = /^(\d{4}-\d\d-\d\d)[T\s]/i.exec(String(given))?.[1];
		const moved = written !== undefined && written !== where.day(day);
		context.note(
			`"${field.name}" shows days only: the time of day was left out${moved ? `; where it was given with an offset, the day is the one in ${where.name}, which is another than the one written` : ""}`,
		);
	}
	return { cell: day };
}

/** A date, or a word that filters know for one. */
function momentGiven(
	given: string,
	field: Field,
	{ zone: name, nowMs, note }: ParseContext,
): ParsedDate {
	const where = zoneNamed(name);
	const word =
		nowMs === undefined ? undefined : momentOf(given, nowMs, where.name);
	if (word === undefined) {
		const parsed = where.parse(given);
		if (
			"ms" in parsed &&
			parsed.later !== undefined &&
			field.settings.showsTime
		)
			note(
				`"${field.name}" was given a time that clocks in ${where.name} show twice on that day, such as ${where.moment(parsed.ms).slice(0, 10)}: the earlier one is taken; for the later one give the offset, as ${where.moment(parsed.later)}`,
			);
		return parsed;
	}
	const shown = word.dayOnly ? where.day(word.ms) : where.moment(word.ms);
	note(`"${given.trim()}" in "${field.name}" is ${shown}`);
	return word;
}

function parseUrl(given: unknown): Parsed {
	if (typeof given === "string") return { cell: { text: given, link: given } };
	if (typeof given !== "object" || given === null) return wanted("url");
	const { text, link } = given as Record<string, unknown>;
	if (
		typeof link !== "string" ||
		link === "" ||
		(text !== undefined && text !== null && typeof text !== "string")
	)
		return wanted("url");
	return {
		cell: {
			text: typeof text === "string" && text !== "" ? text : link,
			link,
		} satisfies UrlValue,
	};
}

function parseLocation(given: unknown): Parsed {
	const value =
		typeof given === "string"
			? { lnglat: given, address: "" }
			: (given as Record<string, unknown> | null);
	if (typeof value !== "object" || value === null) return wanted("location");
	const { lnglat, address = "" } = value;
	const match =
		typeof lnglat === "string"
			? /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(lnglat)
			: null;
	if (match === null || typeof address !== "string") return wanted("location");
	const [, longitude, latitude] = match;
	if (Math.abs(Number(longitude)) > 180 || Math.abs(Number(latitude)) > 90)
		return {
			problem:
				"has a longitude beyond 180 or a latitude beyond 90: the longitude comes first",
		};
	return { cell: { lnglat: `${longitude},${latitude}`, address } };
}
