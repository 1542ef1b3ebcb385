import type { SqlQuestion, SqlValue } from "../../core/contract/sql.js";
import { foldText } from "../../core/values/near-names.js";
import { parsedJson } from "../../core/values/parsed-json.js";
import { DAY_MS, zone } from "../../core/values/zone.js";

/*
 * The functions that statements have besides SQLite's own, and those of SQLite that know ASCII only. Each is given
 * what the statement gave, and answers null where that is null.
 */

/** A value that a statement hands to a function: bytes and integers beyond a double among them. */
export type Given = SqlValue | bigint | Uint8Array | undefined;

/** One function: how many arguments it takes, and what it answers. */
export interface SqlFunction {
	readonly name: string;
	readonly takes: readonly number[];
	readonly answer: (...given: readonly Given[]) => SqlValue;
}

/** Compiled patterns that are kept: a statement has few, and many rows. */
const MOST_PATTERNS = 50;

/** All of them for one statement, in which it is `today` and `now`. */
export function functionsOf(
	at: Pick<SqlQuestion, "today" | "now" | "zone">,
): readonly SqlFunction[] {
	const pattern = remember(compile);
	const quote = remember((id: string) => JSON.stringify(id));
	return [
		{ name: "today", takes: [0], answer: () => at.today },
		{ name: "now", takes: [0], answer: () => at.now },
		textual("lower", (text) => text.toLowerCase()),
		textual("upper", (text) => text.toUpperCase()),
		textual("norm", foldText),
		{ name: "like", takes: [2, 3], answer: like },
		{
			name: "regexp",
			takes: [2],
			answer: (expression, text) =>
				isNull(expression) || isNull(text)
					? null
					: Number(search(pattern(textOf(expression)), textOf(text))),
		},
		{
			name: "regexp_replace",
			takes: [3],
			answer: (text, expression, by) =>
				isNull(text) || isNull(expression) || isNull(by)
					? null
					: textOf(text).replace(
							pattern(textOf(expression)),
							textOf(by).replace(/\\(\d)/g, "$$$1"),
						),
		},
		{
			name: "days_between",
			takes: [2],
			// Days of the calendar, as people count them: the hours are `seconds_between`.
			answer: between((wallMs) => Math.floor(wallMs / DAY_MS)),
		},
		{
			name: "seconds_between",
			takes: [2],
			answer: between((wallMs) => zone(at.zone).fromWall(wallMs) / 1000),
		},
		{
			name: "has",
			takes: [2],
			answer: (list, id) =>
				isNull(list) || isNull(id)
					? 0
					: Number(holds(textOf(list), textOf(id), quote)),
		},
	];
}

function textual(name: string, change: (text: string) => string): SqlFunction {
	return {
		name,
		takes: [1],
		answer: (given) => (isNull(given) ? null : change(textOf(given))),
	};
}

function isNull(given: Given): given is null | undefined {
	return given === null || given === undefined;
}

function textOf(given: Given): string {
	return given instanceof Uint8Array
		? new TextDecoder().decode(given)
		: String(given);
}

function remember<T>(make: (text: string) => T): (text: string) => T {
	const known = new Map<string, T>();
	return (text) => {
		const made = known.get(text) ?? make(text);
		if (known.size >= MOST_PATTERNS) known.clear();
		known.set(text, made);
		return made;
	};
}

/** A pattern of JavaScript; `(?i)` at its start ignores case. */
function compile(pattern: string): RegExp {
	const [, flags = ""] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
	const body = flags === "" ? pattern : pattern.slice(flags.length + 3);
	try {
		return new RegExp(body, `gu${flags}`);
	} catch {
		// Outside of the Unicode mode more is a pattern: `\-`, for one.
		return new RegExp(body, `g${flags}`);
	}
}

function search(pattern: RegExp, text: string): boolean {
	pattern.lastIndex = 0;
	return pattern.test(text);
}

/** `%` and `_` as in SQLite, with case ignored beyond ASCII; never slower than the product of both lengths. */
function like(pattern: Given, text: Given, marked?: Given): SqlValue {
	if (isNull(pattern) || isNull(text) || marked === null) return null;
	const mark = marked === undefined ? undefined : textOf(marked);
	if (mark !== undefined && [...mark].length !== 1)
		throw new Error("ESCAPE expression must be a single character");
	return Number(
		fits(partsOf(textOf(pattern), mark), [...textOf(text).toLowerCase()]),
	);
}

const ANY = Symbol("%");
const ONE = Symbol("_");
type Part = string | typeof ANY | typeof ONE;

function partsOf(pattern: string, mark: string | undefined): readonly Part[] {
	const parts: Part[] = [];
	let escaped = false;
	for (const character of pattern) {
		if (!escaped && character === mark) {
			escaped = true;
			continue;
		}
		if (!escaped && character === "%") parts.push(ANY);
		else if (!escaped && character === "_") parts.push(ONE);
		else parts.push(...character.toLowerCase());
		escaped = false;
	}
	// A mark that ends the pattern stands for nothing: it fits no text.
	if (escaped) parts.push("");
	return parts;
}

function fits(parts: readonly Part[], text: readonly string[]): boolean {
	let [part, at] = [0, 0];
	let [anyPart, anyAt] = [-1, 0];
	while (at < text.length) {
		const wanted = parts[part];
		if (wanted === ANY) {
			[anyPart, anyAt] = [part++, at];
		} else if (wanted === ONE || wanted === text[at]) {
			part++;
			at++;
		} else if (anyPart >= 0) {
			part = anyPart + 1;
			at = ++anyAt;
		} else return false;
	}
	while (parts[part] === ANY) part++;
	return part === parts.length;
}

const MOMENT =
	/^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

/**
 * From the first to the second in what `count` makes of a wall clock's milliseconds; null where one is not a date as
 * tables hold them. Days are those of the calendar, from noon to noon is one whatever the clock did in between; seconds
 * are those that went by.
 */
function between(count: (wallMs: number) => number): SqlFunction["answer"] {
	return (from, to) => {
		if (isNull(from) || isNull(to)) return null;
		const [start, end] = [momentOf(textOf(from)), momentOf(textOf(to))];
		return start === undefined || end === undefined
			? null
			: count(end) - count(start);
	};
}

function momentOf(text: string): number | undefined {
	const [whole, ...parts] = MOMENT.exec(text) ?? [];
	if (whole === undefined) return undefined;
	const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
		.slice(0, 6)
		.map((part) => Number(part ?? 0));
	const date = new Date(0);
	// `Date.UTC` takes years below 100 for those of the last century.
	date.setUTCFullYear(year, month - 1, day);
	date.setUTCHours(hour, minute, second);
	return date.getTime() + Number(`0.${parts[6] ?? 0}`) * 1000;
}

/** Is the id in a list that is JSON? Most lists do not even hold its letters. */
function holds(
	list: string,
	id: string,
	quote: (id: string) => string,
): boolean {
	if (list.startsWith("[") && !list.includes(quote(id))) return false;
	const items = parsedJson(list);
	if (!Array.isArray(items)) throw new Error(NO_LIST);
	return items.includes(id);
}

/** What is said where a text is searched as if it were a list. */
const NO_LIST =
	'has(list, item) takes a list as JSON: "X_ids" with an id, or "X_list" with a name';
