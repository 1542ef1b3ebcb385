import { TZDate } from "@date-fns/tz";
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
import { DAY_MS, type Zone, zone } from "./zone.js";

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
	"last_<n>_days (also weeks, months, years)",
	"next_<n>_days",
];

/**
 * The span of a word of `within` as of now; `last_…` days end with today, `next_…` start with it; weeks start on
 * Monday. Weeks, months and years are counted back from today, or on: the last 3 months of November 27 begin on
 * August 28.
 */
export function spanOf(
	word: string,
	nowMs: number,
	zoneName: string,
): TimeSpan | undefined {
	const now = new TZDate(nowMs, zoneName);
	const days = /^(last|next)_(\d{1,5})_(day|week|month|quarter|year)s?$/.exec(
		word,
	);
	if (days !== null) {
		const count = Number(days[2]);
		if (count === 0) return undefined;
		const step = STEPS[days[3] as keyof typeof STEPS];
		const today = startOfDay(now);
		const tomorrow = addDays(today, 1);
		const from = days[1] === "last" ? step(tomorrow, -count) : today;
		const to = days[1] === "last" ? tomorrow : step(today, count);
		return Number.isNaN(from.getTime()) || Number.isNaN(to.getTime())
			? undefined
			: { fromMs: from.getTime(), toMs: to.getTime() };
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

const MOMENT = /^(?:(now)|(today|yesterday|tomorrow))$/i;

const DAYS_FROM_TODAY = { yesterday: -1, today: 0, tomorrow: 1 } as const;

/** The moment of `now`, or the beginning of the day of `today`, `yesterday`, `tomorrow`, `-30d`; undefined: another text. */
export function momentOf(
	word: string,
	nowMs: number,
	zoneName: string,
): { readonly ms: number; readonly dayOnly: boolean } | undefined {
	const [, now, day] = MOMENT.exec(word.trim()) ?? [];
	if (now !== undefined) return { ms: nowMs, dayOnly: false };
	if (day === undefined) {
		const counted = dayCounted(word, nowMs, zoneName);
		return counted && { ms: counted.fromMs, dayOnly: true };
	}
	const name = day.toLowerCase() as keyof typeof DAYS_FROM_TODAY;
	const today = startOfDay(new TZDate(nowMs, zoneName));
	const ms = addDays(today, DAYS_FROM_TODAY[name]).getTime();
	return { ms, dayOnly: true };
}

/** Which days a word stands for: `next_14_days: 2026-11-27 to 2026-12-10`. */
export function rangeNote(
	word: string,
	{ fromMs, toMs }: TimeSpan,
	zoneName: string,
): string {
	const where = zone(zoneName);
	const [first, last] = [where.day(fromMs), where.day(toMs - 1)];
	return `${word}: ${first === last ? first : `${first} to ${last}`}`;
}

const STEPS = {
	day: addDays,
	week: addWeeks,
	month: addMonths,
	quarter: addQuarters,
	year: addYears,
} as const satisfies Record<string, Step>;

/** The day that words count to from today: `6 months ago`, `in 2 weeks`, `3 days from now`, `-30d`, `+1y`. */
export function dayCounted(
	text: string,
	nowMs: number,
	zoneName: string,
): TimeSpan | undefined {
	const words =
		/^(?:(in)\s+)?(\d{1,5})\s+(day|week|month|quarter|year)s?(?:\s+(ago|from now))?$/i.exec(
			text.trim(),
		);
	const short =
		/^([+-])(\d{1,5})\s?([dwmqy]|(?:day|week|month|quarter|year)s?)$/i.exec(
			text.trim(),
		);
	const [sign, count, unit] =
		short !== null
			? [short[1] === "-" ? -1 : 1, short[2], short[3]]
			: words !== null && (words[1] === undefined) !== (words[4] === undefined)
				? [words[4]?.toLowerCase() === "ago" ? -1 : 1, words[2], words[3]]
				: [];
	if (sign === undefined || unit === undefined) return undefined;
	const name = Object.keys(STEPS).find(
		(step) =>
			unit.toLowerCase().startsWith(step) ||
			step.startsWith(unit.toLowerCase()),
	) as keyof typeof STEPS;
	const today = startOfDay(new TZDate(nowMs, zoneName));
	const day = new TZDate(
		STEPS[name](today, sign * Number(count)).getTime(),
		zoneName,
	);
	const end = addDays(day, 1).getTime();
	return Number.isNaN(end) ? undefined : { fromMs: day.getTime(), toMs: end };
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
