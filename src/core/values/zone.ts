import { tzOffset } from "@date-fns/tz";
import { MOST_DATE_CHARACTERS } from "./date-text.js";
import { type ParsedDate, parseDate } from "./parse-date.js";

/*
 * Dates inside the program are milliseconds; a day is a span of them in the table's zone.
 * A local time that a zone skips is not a moment, one that it repeats is the earlier; the start of a day whose midnight
 * is skipped is what comes first.
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

/** Names that were found to be zones: there are some hundreds, in few spellings. */
const REAL_ZONES = new Set<string>();
const MOST_REAL_ZONES = 1_000;

/** Is this a zone that the machine knows? */
export function isZone(zone: string): boolean {
	if (REAL_ZONES.has(zone)) return true;
	try {
		new Intl.DateTimeFormat("en", { timeZone: zone });
		if (REAL_ZONES.size >= MOST_REAL_ZONES) REAL_ZONES.clear();
		REAL_ZONES.add(zone);
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
	/** What a wall clock shows at this moment, as UTC-like milliseconds. */
	wall(ms: number): number;
	/** The moment of a wall clock that stands at these UTC-like milliseconds. */
	fromWall(wallMs: number): number;
	/** The moments at which a wall clock stands so: none where the zone skips them, two where it repeats them. */
	momentsOf(wallMs: number): readonly number[];
	startOfDay(ms: number): number;
	/** The first moment of the next day. */
	endOfDay(ms: number): number;
	/** `parseDate` with this zone. */
	parse(text: string): ParsedDate;
}

/** Days whose text is remembered: a table has few, and many rows. */
const MOST_DAYS = 4_000;

/** One zone with its offsets, days and dates remembered. */
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
		wall,
		fromWall,
		momentsOf: (wallMs) =>
			[
				...new Set([
					wallMs - offset(wallMs - DAY_MS),
					wallMs - offset(wallMs + DAY_MS),
				]),
			].filter((ms) => wall(ms) === wallMs),
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
