import { TZDate, tzOffset } from "@date-fns/tz";
import {
	addDays,
	addMonths,
	addQuarters,
	addWeeks,
	addYears,
	startOfDay,
	startOfMonth,
	startOfQuarter,
	startOfWeek,
	startOfYear,
} from "date-fns";
import type { TimeSpan } from "../contract/condition.js";

/*
 * Dates inside the program are milliseconds; a day is a span of them in the table's zone.
 * A local time that a zone skips or repeats is read as Temporal's "compatible": forward, and the earlier one.
 */

export const DAY_MS = 86_400_000;
const QUARTER_HOUR_MS = 900_000;

/** Milliseconds to add to UTC at this moment. Offsets change on quarter hours only, so that much is kept. */
function zoneOffset(zone: string): (ms: number) => number {
	const known = new Map<number, number>();
	return (ms) => {
		const slot = Math.floor(ms / QUARTER_HOUR_MS);
		let offset = known.get(slot);
		if (offset === undefined) {
			const minutes = tzOffset(zone, new Date(slot * QUARTER_HOUR_MS));
			offset = Number.isNaN(minutes) ? 0 : Math.round(minutes * 60_000);
			if (known.size > 20_000) known.clear();
			known.set(slot, offset);
		}
		return offset;
	};
}

/** Is this a zone that the machine knows? */
export function isZone(zone: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: zone });
		return true;
	} catch {
		return false;
	}
}

export interface Zone {
	readonly name: string;
	/** `2026-11-20` */
	day(ms: number): string;
	/** `2026-11-20T14:00:00+08:00`, with milliseconds when they are not zero. */
	moment(ms: number): string;
	/** The moment of a wall clock that stands at these UTC-like milliseconds. */
	fromWall(wallMs: number): number;
	startOfDay(ms: number): number;
	/** The first moment of the next day. */
	endOfDay(ms: number): number;
	/** `parseDate` with this zone. */
	parse(text: string): ParsedDate;
}

/** Days whose text is remembered: a table has few, and many rows. */
const MOST_DAYS = 4_000;

/** One zone with its offsets remembered; make it once per call. */
function zoneOf(name: string): Zone {
	const offset = zoneOffset(name);
	const wall = (ms: number) => ms + offset(ms);
	const fromWall = (wallMs: number) => {
		const before = offset(wallMs - DAY_MS);
		const after = offset(wallMs + DAY_MS);
		if (before === after) return wallMs - before;
		const early = wallMs - before;
		const late = wallMs - after;
		if (early + offset(early) === wallMs) return early;
		if (late + offset(late) === wallMs) return late;
		return early;
	};
	const startOfDay = (ms: number) =>
		fromWall(Math.floor(wall(ms) / DAY_MS) * DAY_MS);
	const days = new Map<number, string>();
	const day = (ms: number) => {
		const number = Math.floor(wall(ms) / DAY_MS);
		const known = days.get(number);
		if (known !== undefined) return known;
		const text = isoDay(number * DAY_MS);
		if (days.size >= MOST_DAYS) days.clear();
		days.set(number, text);
		return text;
	};
	const parsed = new Map<string, ParsedDate>();
	const made: Zone = {
		name,
		day,
		moment(ms) {
			const local = wall(ms);
			const text = new Date(local).toISOString();
			const body = text.endsWith(".000Z")
				? text.slice(0, -5)
				: text.slice(0, -1);
			return body + offsetText(local - ms);
		},
		fromWall,
		startOfDay,
		endOfDay: (ms) => fromWall((Math.floor(wall(ms) / DAY_MS) + 1) * DAY_MS),
		parse(text) {
			// A long text is not kept, whatever it is.
			if (text.length > MOST_DATE_CHARACTERS) return parseDate(text, made);
			const known = parsed.get(text);
			if (known !== undefined) return known;
			const date = parseDate(text, made);
			if (parsed.size >= MOST_DAYS) parsed.clear();
			parsed.set(text, date);
			return date;
		},
	};
	return made;
}

const ZONES = new Map<string, Zone>();

/** The same zone object for the same name: it holds only what it has worked out. */
export function zone(name: string): Zone {
	let known = ZONES.get(name);
	if (known === undefined) {
		known = zoneOf(name);
		ZONES.set(name, known);
	}
	return known;
}

function isoDay(localMs: number): string {
	const text = new Date(localMs).toISOString();
	return text.slice(0, -14);
}

function offsetText(offsetMs: number): string {
	const sign = offsetMs < 0 ? "-" : "+";
	const minutes = Math.floor(Math.abs(offsetMs) / 60_000);
	const seconds = Math.floor((Math.abs(offsetMs) % 60_000) / 1000);
	const two = (value: number) => String(value).padStart(2, "0");
	return `${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}${seconds ? `:${two(seconds)}` : ""}`;
}

/** Largest moment that a JavaScript date can hold. */
const LAST_MS = 8.64e15;

export type ParsedDate =
	/** `dayOnly`: no time was given; `ms` is the day's start. */
	| { readonly ms: number; readonly dayOnly: boolean }
	| { readonly problem: string };

const DATE =
	/^([+-]\d{6}|\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2}(?::\d{2})?)?)?$/i;

/** A longer text is not a date, whatever stands around one in it. */
export const MOST_DATE_CHARACTERS = 200;

/** Year first, with `-`, `/` or `.`; a time without an offset is local to the zone. */
export function parseDate(text: string, where: Zone): ParsedDate {
	const match =
		text.length > MOST_DATE_CHARACTERS ? null : DATE.exec(text.trim());
	if (match === null)
		return {
			problem:
				"is not a date: give 2026-11-20, 2026-11-20T14:00 or 2026-11-20T14:00:00+08:00",
		};
	const [, , , , hour, , , , offset] = match;
	const wallMs = wallTime(match);
	if (wallMs === undefined)
		return {
			problem:
				"was given a day or time that does not exist; a day looks like 2026-11-20",
		};
	if (Number.isNaN(wallMs) || Math.abs(wallMs) > LAST_MS - 2 * DAY_MS)
		return { problem: "is too far away for a date" };
	if (hour === undefined) return { ms: where.fromWall(wallMs), dayOnly: true };
	return {
		ms:
			offset === undefined ? where.fromWall(wallMs) : wallMs - offsetMs(offset),
		dayOnly: false,
	};
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
		fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000),
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

type Step = (date: TZDate, amount: number) => Date;
type Start = (date: TZDate) => Date;
const week: Start = (date) => startOfWeek(date, { weekStartsOn: 1 });

/** Each word as a unit's start, an offset from now in units, and a length in units. */
const SPANS = {
	today: [startOfDay, addDays, 0, 1],
	yesterday: [startOfDay, addDays, -1, 1],
	tomorrow: [startOfDay, addDays, 1, 1],
	this_week: [week, addWeeks, 0, 1],
	last_week: [week, addWeeks, -1, 1],
	next_week: [week, addWeeks, 1, 1],
	this_month: [startOfMonth, addMonths, 0, 1],
	last_month: [startOfMonth, addMonths, -1, 1],
	next_month: [startOfMonth, addMonths, 1, 1],
	this_quarter: [startOfQuarter, addQuarters, 0, 1],
	last_quarter: [startOfQuarter, addQuarters, -1, 1],
	next_quarter: [startOfQuarter, addQuarters, 1, 1],
	this_year: [startOfYear, addYears, 0, 1],
	last_year: [startOfYear, addYears, -1, 1],
	next_year: [startOfYear, addYears, 1, 1],
} as const satisfies Record<string, readonly [Start, Step, number, number]>;

/** Words that `within` knows, for messages. */
export const WITHIN_WORDS = [
	...Object.keys(SPANS),
	"last_<n>_days",
	"next_<n>_days",
];

/** The span of a word of `within` as of now; `last_…` days end with today, `next_…` start with it; weeks start on Monday. */
export function spanOf(
	word: string,
	nowMs: number,
	zoneName: string,
): TimeSpan | undefined {
	const now = new TZDate(nowMs, zoneName);
	const days = /^(last|next)_(\d{1,5})_days?$/.exec(word);
	if (days !== null) {
		const count = Number(days[2]);
		if (count === 0) return undefined;
		const today = startOfDay(now);
		const from = days[1] === "last" ? addDays(today, 1 - count) : today;
		const to = days[1] === "last" ? addDays(today, 1) : addDays(today, count);
		return { fromMs: from.getTime(), toMs: to.getTime() };
	}
	const row = (
		SPANS as Readonly<
			Record<string, readonly [Start, Step, number, number] | undefined>
		>
	)[word];
	if (row === undefined) return undefined;
	const [start, step, offset, length] = row;
	const from = step(new TZDate(start(now).getTime(), zoneName), offset);
	const to = step(new TZDate(from.getTime(), zoneName), length);
	return { fromMs: from.getTime(), toMs: to.getTime() };
}

export type Period = "day" | "week" | "month" | "quarter" | "year";

/** A moment's period as text: `2026-11-20`, `2026-W47`, `2026-11`, `2026-Q4`, `2026`. */
export function periodOf(ms: number, per: Period, where: Zone): string {
	const day = where.day(ms);
	switch (per) {
		case "day":
			return day;
		case "week":
			return isoWeek(day);
		case "month":
			return day.slice(0, -3);
		case "quarter":
			return `${day.slice(0, -6)}-Q${Math.ceil(Number(day.slice(-5, -3)) / 3)}`;
		case "year":
			return day.slice(0, -6);
	}
}

function isoWeek(day: string): string {
	const ms = Date.parse(`${day}T00:00:00Z`);
	const weekday = (new Date(ms).getUTCDay() + 6) % 7;
	const thursday = new Date(ms + (3 - weekday) * DAY_MS);
	const firstMs = Date.UTC(thursday.getUTCFullYear(), 0, 1);
	const number = Math.floor((thursday.getTime() - firstMs) / DAY_MS / 7) + 1;
	return `${thursday.getUTCFullYear()}-W${String(number).padStart(2, "0")}`;
}
