import { DAY_MS } from "../../core/values/zone.js";
import type { NumberFormat } from "./xlsx-format.js";

/** The day of the number 0, without the 29 February 1900 that spreadsheets count and no calendar has. */
const FIRST_DAY_MS = Date.UTC(1899, 11, 30);
/** The last day of the year 9999. */
const LAST_DAY = 2_958_465;

/** 29 February 1900. */
const LEAP_DAY = 60;

const two = (value: number) => String(value).padStart(2, "0");

/**
 * A number as wall-clock text, a day or a moment to the nearest millisecond; undefined: no day of a spreadsheet has it.
 * @param mac days count from 1904.
 */
export function dateText(
	value: number,
	{ timed }: Extract<NumberFormat, { kind: "date" }>,
	mac: boolean,
): string | undefined {
	const days = mac ? value + 1462 : value;
	if (days < 1 || days >= LAST_DAY + 1) return undefined;
	// The year 1900 had no 29 February, and spreadsheets count it.
	if (days >= LEAP_DAY && days < LEAP_DAY + 1) return undefined;
	const counted = days < LEAP_DAY ? days + 1 : days;
	const ms = Math.min(Math.round(counted * DAY_MS), LAST_MS);
	const moment = new Date(FIRST_DAY_MS + ms).toISOString();
	if (moment.endsWith("T00:00:00.000Z") && !timed) return moment.slice(0, 10);
	return moment.endsWith(".000Z") ? moment.slice(0, 19) : moment.slice(0, 23);
}

/** The last millisecond of the last day. */
const LAST_MS = (LAST_DAY + 1) * DAY_MS - 1;

type TimeFormat = Extract<NumberFormat, { kind: "time" }>;

/** The time of day of a number, to the nearest millisecond, without its day; undefined: it is below zero. */
export function timeOfDay(
	value: number,
	format: Pick<TimeFormat, "seconds">,
): string | undefined {
	return value < 0
		? undefined
		: timeText(Math.round(value * DAY_MS) % DAY_MS, format);
}

const WALL = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{3})?)?$/;
/** 1 March 1900: before it programs do not agree on what a number is. */
const FIRST_COMMON_DAY = 61;

/** The number of a day or moment in wall-clock text, as `dateText` writes it; undefined: it has none for all programs. */
export function serialOf(text: string): number | undefined {
	if (!WALL.test(text)) return undefined;
	const ms = Date.parse(text.length === 10 ? text : `${text}Z`) - FIRST_DAY_MS;
	const serial = ms / DAY_MS;
	return serial >= FIRST_COMMON_DAY && serial < LAST_DAY + 1
		? serial
		: undefined;
}

function timeText(
	ms: number,
	{ seconds: withSeconds }: Pick<TimeFormat, "seconds">,
): string {
	const seconds = Math.floor(ms / 1_000);
	const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`;
	return withSeconds || ms % 60_000 > 0
		? `${time}:${two(seconds % 60)}${fractionText(ms)}`
		: time;
}

/** `.5` of 500 ms; "" of none. */
function fractionText(ms: number): string {
	const rest = ms % 1_000;
	return rest === 0 ? "" : String(rest / 1_000).slice(1);
}

/** A duration in its largest unit, as `26:30`. */
export function durationText(value: number, code: string): string {
	const ms = Math.round(Math.abs(value) * DAY_MS);
	const total = Math.floor(ms / 1_000);
	const fraction = fractionText(ms);
	const sign = value < 0 && ms > 0 ? "-" : "";
	if (/\[s+\]/.test(code)) return `${sign}${total}${fraction}`;
	const rest = `${two(total % 60)}${fraction}`;
	const hasRest = /s/.test(code) || ms % 60_000 > 0;
	const minutes = Math.floor(total / 60);
	if (/\[m+\]/.test(code))
		return `${sign}${minutes}${hasRest ? `:${rest}` : ""}`;
	const hours = `${sign}${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
	return hasRest ? `${hours}:${rest}` : hours;
}
