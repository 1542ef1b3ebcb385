/** Calendar days of a time zone; a day is counted from 1970-01-01. */
export interface Zone {
	readonly name: string;
	/** The local day of an instant. */
	dayOf(ms: number): number;
	/** The instant at which a local day begins. */
	startOf(day: number): number;
	/** Milliseconds of the local day that have passed. */
	timeOfDay(ms: number): number;
}

export const DAY_MS = 86_400_000;

/** The documents name a zone that the zone database does not have. */
const ALIASES: Readonly<Record<string, string>> = {
	"Asia/Beijing": "Asia/Shanghai",
};

/** @throws RangeError when the zone is not known */
export function createZone(name: string): Zone {
	const format = new Intl.DateTimeFormat("en-US", {
		timeZone: ALIASES[name] ?? name,
		hourCycle: "h23",
		year: "numeric",
		month: "numeric",
		day: "numeric",
		hour: "numeric",
		minute: "numeric",
		second: "numeric",
	});
	const measured = (ms: number): number => {
		const part: Record<string, number> = {};
		for (const { type, value } of format.formatToParts(ms))
			part[type] = Number(value);
		const local = Date.UTC(
			part.year ?? 0,
			(part.month ?? 1) - 1,
			part.day,
			part.hour,
			part.minute,
			part.second,
		);
		return local - Math.floor(ms / 1000) * 1000;
	};
	/** By UTC day: its offset, or NaN for a day on which the offset changes. */
	const known = new Map<number, number>();
	const offset = (ms: number): number => {
		const bucket = Math.floor(ms / DAY_MS);
		let found = known.get(bucket);
		if (found === undefined) {
			const first = measured(bucket * DAY_MS);
			found = first === measured((bucket + 1) * DAY_MS) ? first : Number.NaN;
			known.set(bucket, found);
		}
		return Number.isNaN(found) ? measured(ms) : found;
	};
	return {
		name,
		dayOf: (ms) => Math.floor((ms + offset(ms)) / DAY_MS),
		timeOfDay: (ms) => {
			const local = ms + offset(ms);
			return local - Math.floor(local / DAY_MS) * DAY_MS;
		},
		startOf(day) {
			const utc = day * DAY_MS;
			const guess = utc - offset(utc);
			return utc - offset(guess);
		},
	};
}

export interface CalendarDay {
	readonly year: number;
	/** From 1. */
	readonly month: number;
	readonly day: number;
}

export function calendarDay(day: number): CalendarDay {
	const date = new Date(day * DAY_MS);
	return {
		year: date.getUTCFullYear(),
		month: date.getUTCMonth() + 1,
		day: date.getUTCDate(),
	};
}

/** Overflowing months and days roll over; day 0 is the last of the month before. */
export function dayNumber(year: number, month: number, day: number): number {
	return Math.floor(Date.UTC(year, month - 1, day) / DAY_MS);
}

/** Monday is 0. */
export function weekday(day: number): number {
	return (((day + 3) % 7) + 7) % 7;
}

/** An instant in a pattern of yyyy, MM, dd, HH and mm. */
export function formatted(ms: number, pattern: string, zone: Zone): string {
	const { year, month, day } = calendarDay(zone.dayOf(ms));
	const minutes = Math.floor(zone.timeOfDay(ms) / 60_000);
	const two = (value: number) => String(value).padStart(2, "0");
	return pattern
		.replace("yyyy", String(year))
		.replace("MM", two(month))
		.replace("dd", two(day))
		.replace("HH", two(Math.floor(minutes / 60)))
		.replace("mm", two(minutes % 60));
}
