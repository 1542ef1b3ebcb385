import { dateOf, MOST_DATE_CHARACTERS } from "./date-text.js";

/** The largest moment that a JavaScript date can hold, less what the end of its day in any zone needs. */
const LAST_MS = 8.64e15 - 2 * 86_400_000;

/** What is needed of a zone to read a local time. */
export interface WallClock {
	/** The moment of a wall clock that stands at these UTC-like milliseconds. */
	fromWall(wallMs: number): number;
	/** All of them, the earlier first: none where the zone skips that time. */
	momentsOf(wallMs: number): readonly number[];
	/** `2026-11-20` */
	day(ms: number): string;
	readonly name: string;
}

export type ParsedDate =
	/** `dayOnly`: no time was given; `ms` is the day's start. `later`: a clock shows the same again then. */
	| {
			readonly ms: number;
			readonly dayOnly: boolean;
			readonly later?: number;
	  }
	| { readonly problem: string };

const DATE =
	/^([+-]\d{6}|\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2}(?::\d{2})?)?)?$/i;

/** Does a date say by its form what its numbers are: the year first, as this server writes it? */
export function isYearFirst(text: string): boolean {
	return DATE.test(text);
}

/**
 * A date that can be read in one way only; a time without an offset is local to the zone. What this server writes has
 * the year first.
 */
export function parseDate(text: string, where: WallClock): ParsedDate {
	const match =
		text.length > MOST_DATE_CHARACTERS ? null : matchOf(text.trim());
	if (match === null) return { problem: NOT_A_DATE };
	if ("problem" in match) return match;
	const [, , , , hour, , , , offset] = match;
	if (/[1-9]/.test(match[7]?.slice(3) ?? ""))
		return {
			problem:
				"was given a fraction of a second finer than a millisecond, which is not kept; give at most three digits of it",
		};
	const wallMs = wallTime(match);
	if (wallMs === undefined)
		return {
			problem:
				"was given a day or time that does not exist; a day looks like 2026-11-20",
		};
	if (Number.isNaN(wallMs) || Math.abs(wallMs) > LAST_MS)
		return { problem: "is too far away for a date" };
	if (hour === undefined) return dayAt(wallMs, where);
	return offset === undefined
		? localAt(wallMs, where)
		: { ms: wallMs - offsetMs(offset), dayOnly: false };
}

/** A day that a zone has not had, as where the line of the date was moved, is none. */
function dayAt(wallMs: number, where: WallClock): ParsedDate {
	const ms = where.fromWall(wallMs);
	return where.day(ms) === new Date(wallMs).toISOString().slice(0, -14)
		? { ms, dayOnly: true }
		: { problem: `was given a day that ${where.name} did not have` };
}

function localAt(wallMs: number, where: WallClock): ParsedDate {
	const [ms, later] = where.momentsOf(wallMs);
	if (ms === undefined)
		return {
			problem: `was given a time that clocks in ${where.name} skip on that day; give another, or one with its offset, such as 2026-11-20T14:00:00+08:00`,
		};
	return later === undefined
		? { ms, dayOnly: false }
		: { ms, dayOnly: false, later };
}

const NOT_A_DATE =
	"is not a date: give 2026-11-20, 2026-11-20T14:00 or 2026-11-20T14:00:00+08:00";

function matchOf(
	text: string,
): RegExpExecArray | { readonly problem: string } | null {
	const match = DATE.exec(text);
	if (match !== null) return match;
	const read = dateOf(text);
	if ("value" in read) return DATE.exec(read.value);
	return read.problem.startsWith("is ambiguous")
		? { problem: `${read.problem}; write it as 2026-11-20` }
		: null;
}

/** What a clock on the wall shows, ms as if in UTC; undefined for a day or time that does not exist. */
function wallTime([
	,
	year,
	month,
	day,
	hour,
	minute,
	second,
	fraction,
]: RegExpExecArray): number | undefined {
	const monthIndex = Number(month) - 1;
	const [hours, minutes, seconds] = [hour, minute, second].map((part) =>
		Number(part ?? 0),
	) as [number, number, number];
	const wall = new Date(0);
	wall.setUTCFullYear(Number(year), monthIndex, Number(day));
	wall.setUTCHours(
		hours,
		minutes,
		seconds,
		Number((fraction ?? "").padEnd(3, "0").slice(0, 3)),
	);
	const exists =
		wall.getUTCMonth() === monthIndex &&
		wall.getUTCDate() === Number(day) &&
		hours <= 23 &&
		minutes <= 59 &&
		seconds <= 59;
	return exists ? wall.getTime() : undefined;
}

function offsetMs(text: string): number {
	if (text.toUpperCase() === "Z") return 0;
	const [hours = "0", minutes = "0", seconds = "0"] = (text
		.slice(1)
		.match(/\d{2}/g) ?? []) as string[];
	const ms =
		(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
	return text.startsWith("-") ? -ms : ms;
}
