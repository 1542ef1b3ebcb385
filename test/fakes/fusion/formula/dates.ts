import { daysInMonth, parseDate, utc, type Zone } from "../zone.js";
import { FormulaFault } from "./lexer.js";
import { RowFault, scalar, type Value } from "./value.js";

export type Unit =
	| "ms"
	| "second"
	| "minute"
	| "hour"
	| "day"
	| "week"
	| "month"
	| "quarter"
	| "year";

/** The only unit names; the singular `day` is an error (measured). */
const UNITS: Readonly<Record<string, Unit>> = {
	milliseconds: "ms",
	ms: "ms",
	seconds: "second",
	s: "second",
	minutes: "minute",
	m: "minute",
	hours: "hour",
	h: "hour",
	days: "day",
	d: "day",
	weeks: "week",
	w: "week",
	months: "month",
	M: "month",
	quarters: "quarter",
	Q: "quarter",
	years: "year",
	y: "year",
};

const LENGTH_MS: Partial<Record<Unit, number>> = {
	ms: 1,
	second: 1000,
	minute: 60_000,
	hour: 3_600_000,
	day: 86_400_000,
	week: 604_800_000,
};

export function unit(value: Value): Unit {
	const found = UNITS[String(scalar(value))];
	if (found === undefined) throw new RowFault("unit");
	return found;
}

/** For the functions that refuse a wrong unit before any row is looked at. */
export function checkUnit(constant: unknown): void {
	if (constant !== undefined && UNITS[String(constant)] === undefined)
		throw new FormulaFault("unit");
}

/** An instant out of an operand; null stays null, "" is 1970, a text that is not a date fails the row. */
export function instant(value: Value, zone: Zone): number | null {
	const single = scalar(value);
	if (single === null || typeof single === "number") return single;
	if (single === "") return 0;
	const parsed =
		typeof single === "string" ? parseDate(single, zone) : undefined;
	if (parsed === undefined) throw new RowFault("date");
	return parsed.ms;
}

export function startOf(ms: number, part: Unit, zone: Zone): number {
	const length = LENGTH_MS[part];
	if (part === "ms") return ms;
	const wall = zone.wall(ms);
	const [year, month, day] = [
		wall.getUTCFullYear(),
		wall.getUTCMonth(),
		wall.getUTCDate(),
	];
	const local =
		part === "year"
			? utc(year, 0, 1)
			: part === "quarter"
				? utc(year, month - (month % 3), 1)
				: part === "month"
					? utc(year, month, 1)
					: part === "week"
						? utc(year, month, day - wall.getUTCDay())
						: Math.floor(wall.getTime() / (length ?? 1)) * (length ?? 1);
	return zone.instant(local);
}

export function add(ms: number, count: number, part: Unit, zone: Zone): number {
	const wall = zone.wall(ms);
	const months =
		part === "month" ? 1 : part === "quarter" ? 3 : part === "year" ? 12 : 0;
	if (months > 0) {
		const whole = wall.getUTCMonth() + Math.trunc(count) * months;
		const year = wall.getUTCFullYear() + Math.floor(whole / 12);
		const month = ((whole % 12) + 12) % 12;
		const day = Math.min(wall.getUTCDate(), daysInMonth(year, month + 1));
		const clock = ((wall.getTime() % 86_400_000) + 86_400_000) % 86_400_000;
		return zone.instant(utc(year, month, day) + clock);
	}
	const length = LENGTH_MS[part] ?? 0;
	if (part === "day" || part === "week")
		return zone.instant(wall.getTime() + count * length);
	return ms + count * length;
}

/** a − b with its fraction. */
export function difference(
	a: number,
	b: number,
	part: Unit,
	zone: Zone,
): number {
	const length = LENGTH_MS[part];
	if (length !== undefined) return (a - b) / length;
	const months = monthsBetween(zone.wall(b), zone.wall(a));
	return months / (part === "year" ? 12 : part === "quarter" ? 3 : 1);
}

function monthsBetween(from: Date, to: Date): number {
	const whole =
		(to.getUTCFullYear() - from.getUTCFullYear()) * 12 +
		(to.getUTCMonth() - from.getUTCMonth());
	const anchor = shifted(from, whole);
	const before = to.getTime() < anchor;
	const other = shifted(from, whole + (before ? -1 : 1));
	const span = before ? anchor - other : other - anchor;
	return whole + (to.getTime() - anchor) / span;
}

function shifted(date: Date, months: number): number {
	const whole = date.getUTCMonth() + months;
	const year = date.getUTCFullYear() + Math.floor(whole / 12);
	const month = ((whole % 12) + 12) % 12;
	const clock = ((date.getTime() % 86_400_000) + 86_400_000) % 86_400_000;
	return (
		utc(
			year,
			month,
			Math.min(date.getUTCDate(), daysInMonth(year, month + 1)),
		) + clock
	);
}

/** `YYYY-MM-DD` days off, comma-separated. */
export function holidays(value: Value | undefined): ReadonlySet<string> {
	const text = value === undefined ? null : scalar(value);
	return new Set(
		text === null
			? []
			: String(text)
					.split(/\s*,\s*/)
					.filter((day) => day !== ""),
	);
}

export function isWorkday(wall: Date, off: ReadonlySet<string>): boolean {
	const day = wall.getUTCDay();
	return day !== 0 && day !== 6 && !off.has(wall.toISOString().slice(0, 10));
}
