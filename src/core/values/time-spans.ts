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
import { DAY_MS, type Zone } from "./zone.js";

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

const MOMENT =
	/^(?:(now)|(today|yesterday|tomorrow)|([+-]\d{1,5})\s?d(?:ays?)?)$/i;

/** The moment of `now`, or the beginning of the day of `today`, `yesterday`, `tomorrow`, `-30d`; undefined: another text. */
export function momentOf(
	word: string,
	nowMs: number,
	zoneName: string,
): { readonly ms: number; readonly dayOnly: boolean } | undefined {
	const match = MOMENT.exec(word.trim());
	if (match === null) return undefined;
	const [, now, day, offset] = match;
	if (now !== undefined) return { ms: nowMs, dayOnly: false };
	const name = day?.toLowerCase();
	const days =
		offset !== undefined
			? Number(offset)
			: name === "yesterday"
				? -1
				: name === "tomorrow"
					? 1
					: 0;
	const at = addDays(startOfDay(new TZDate(nowMs, zoneName)), days);
	return { ms: at.getTime(), dayOnly: true };
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
