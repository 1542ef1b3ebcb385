/** The server's time zone: every date-only value, display text and calendar function follows it. */
export interface Zone {
	readonly name: string;
	/** The wall clock of an instant, as a Date whose UTC parts are the local parts. */
	wall(ms: number): Date;
	/** The instant of a wall clock given as UTC milliseconds. */
	instant(wallMs: number): number;
}

export function zoneNamed(name: string): Zone {
	if (name === "UTC" || name === "Etc/UTC")
		return { name, wall: (ms) => new Date(ms), instant: (wallMs) => wallMs };
	const format = new Intl.DateTimeFormat("en-US", {
		timeZone: name,
		hourCycle: "h23",
		era: "short",
		year: "numeric",
		month: "numeric",
		day: "numeric",
		hour: "numeric",
		minute: "numeric",
		second: "numeric",
	});
	const offset = (ms: number): number => {
		const parts: Record<string, string> = {};
		for (const part of format.formatToParts(ms)) parts[part.type] = part.value;
		const year = Number(parts.year) * (parts.era === "BC" ? -1 : 1);
		const local = utc(
			parts.era === "BC" ? year + 1 : year,
			Number(parts.month) - 1,
			Number(parts.day),
			Number(parts.hour),
			Number(parts.minute),
			Number(parts.second),
		);
		return local - Math.floor(ms / 1000) * 1000;
	};
	return {
		name,
		wall: (ms) => new Date(ms + (Number.isNaN(ms) ? 0 : offset(ms))),
		instant(wallMs) {
			const first = wallMs - offset(wallMs);
			return wallMs - offset(first);
		},
	};
}

/** Date.UTC without its two-digit years. */
export function utc(
	year: number,
	month: number,
	day: number,
	hour = 0,
	minute = 0,
	second = 0,
	ms = 0,
): number {
	const date = new Date(0);
	date.setUTCFullYear(year, month, day);
	date.setUTCHours(hour, minute, second, ms);
	return date.getTime();
}

const CALENDAR =
	/^(\d{4})(?:(\d{2})(\d{2})|[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)(?:[Tt\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?)?\s*(Z|z|[+-]\d{2}:?\d{2})?$/;

export interface ParsedDate {
	/** The instant as written when an offset is given, else the wall clock read in `zone`. */
	readonly ms: number;
	/** The wall-clock digits after conversion to UTC where an offset is given, else as written. */
	readonly digits: number;
}

/**
 * A date text as the server reads it: calendar forms first (impossible days are refused),
 * anything else by the rules of JavaScript's own parser. `undefined`: not a date.
 */
export function parseDate(text: string, zone: Zone): ParsedDate | undefined {
	const found = CALENDAR.exec(text.trim());
	if (found !== null) {
		const [year, month, day, hour, minute, second] = [
			Number(found[1]),
			Number(found[2] ?? found[4] ?? 1),
			Number(found[3] ?? found[5] ?? 1),
			Number(found[6] ?? 0),
			Number(found[7] ?? 0),
			Number(found[8] ?? 0),
		] as const;
		const fraction = Number((found[9] ?? "0").padEnd(3, "0").slice(0, 3));
		const wholeDay = hour === 24 && minute === 0 && second === 0;
		if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month))
			return undefined;
		if ((hour > 23 && !wholeDay) || minute > 59 || second > 59)
			return undefined;
		const digits = utc(year, month - 1, day, hour, minute, second, fraction);
		return withOffset(digits, found[10], zone);
	}
	const parsed = new Date(text);
	if (Number.isNaN(parsed.getTime())) return undefined;
	if (/Z|GMT|UTC|[+-]\d{2}:?\d{2}\)?$/i.test(text.replace(/^[+-]/, "")))
		return { ms: parsed.getTime(), digits: parsed.getTime() };
	const digits = utc(
		parsed.getFullYear(),
		parsed.getMonth(),
		parsed.getDate(),
		parsed.getHours(),
		parsed.getMinutes(),
		parsed.getSeconds(),
		parsed.getMilliseconds(),
	);
	return { ms: zone.instant(digits), digits };
}

function withOffset(
	digits: number,
	offset: string | undefined,
	zone: Zone,
): ParsedDate {
	if (offset === undefined) return { ms: zone.instant(digits), digits };
	if (offset.toUpperCase() === "Z") return { ms: digits, digits };
	const sign = offset.startsWith("-") ? -1 : 1;
	const [hours, minutes] = [
		Number(offset.slice(1, 3)),
		Number(offset.slice(-2)),
	];
	const ms = digits - sign * (hours * 60 + minutes) * 60_000;
	return { ms, digits: ms };
}

export function daysInMonth(year: number, month: number): number {
	return new Date(utc(year, month, 0)).getUTCDate();
}

const MONTHS =
	"January February March April May June July August September October November December".split(
		" ",
	);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(
	" ",
);
const TOKEN =
	/\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|Q|X|x|WW|W|ww|w/g;

/** An instant in the token language of the vendor's display formats (day.js). */
export function formatDate(ms: number, format: string, zone: Zone): string {
	const wall = zone.wall(ms);
	if (Number.isNaN(wall.getTime())) return "Invalid Date";
	const two = (value: number) => String(value).padStart(2, "0");
	const hour = wall.getUTCHours();
	const offset = Math.round((wall.getTime() - ms) / 60_000);
	const clock = (minutes: number, mark: string) =>
		`${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${mark}${two(Math.abs(minutes) % 60)}`;
	const month = MONTHS[wall.getUTCMonth()] ?? "";
	const day = DAYS[wall.getUTCDay()] ?? "";
	const values: Record<string, () => string> = {
		YYYY: () => String(wall.getUTCFullYear()).padStart(4, "0"),
		YY: () => String(wall.getUTCFullYear()).slice(-2),
		MMMM: () => month,
		MMM: () => month.slice(0, 3),
		MM: () => two(wall.getUTCMonth() + 1),
		M: () => String(wall.getUTCMonth() + 1),
		DD: () => two(wall.getUTCDate()),
		D: () => String(wall.getUTCDate()),
		dddd: () => day,
		ddd: () => day.slice(0, 3),
		dd: () => day.slice(0, 2),
		d: () => String(wall.getUTCDay()),
		HH: () => two(hour),
		H: () => String(hour),
		hh: () => two(hour % 12 || 12),
		h: () => String(hour % 12 || 12),
		mm: () => two(wall.getUTCMinutes()),
		m: () => String(wall.getUTCMinutes()),
		ss: () => two(wall.getUTCSeconds()),
		s: () => String(wall.getUTCSeconds()),
		SSS: () => String(wall.getUTCMilliseconds()).padStart(3, "0"),
		A: () => (hour < 12 ? "AM" : "PM"),
		a: () => (hour < 12 ? "am" : "pm"),
		ZZ: () => clock(offset, ""),
		Z: () => clock(offset, ":"),
		Q: () => String(Math.floor(wall.getUTCMonth() / 3) + 1),
		X: () => String(Math.floor(ms / 1000)),
		x: () => String(ms),
		WW: () => two(weekNumber(wall, 1)),
		W: () => String(weekNumber(wall, 1)),
		ww: () => two(weekNumber(wall, 0)),
		w: () => String(weekNumber(wall, 0)),
	};
	return format.replace(TOKEN, (token, literal: string | undefined) =>
		literal !== undefined ? literal : (values[token]?.() ?? token),
	);
}

/** Week of the year; week 1 holds 1 January, weeks start on `firstDay` (0 = Sunday). */
export function weekNumber(wall: Date, firstDay: number): number {
	const january = utc(wall.getUTCFullYear(), 0, 1);
	const lead = (new Date(january).getUTCDay() - firstDay + 7) % 7;
	const today = utc(
		wall.getUTCFullYear(),
		wall.getUTCMonth(),
		wall.getUTCDate(),
	);
	const days = Math.round((today - january) / 86_400_000);
	const week = Math.floor((days + lead) / 7) + 1;
	const nextLead =
		(new Date(utc(wall.getUTCFullYear() + 1, 0, 1)).getUTCDay() -
			firstDay +
			7) %
		7;
	const left = 31 - wall.getUTCDate();
	return wall.getUTCMonth() === 11 && left < nextLead ? 1 : week;
}

const PARSE_TOKENS: Readonly<Record<string, string>> = {
	YYYY: "(?<year>\\d{4})",
	YY: "(?<short>\\d{2})",
	MMMM: "(?<name>[A-Za-z]+)",
	MMM: "(?<name>[A-Za-z]{3})",
	MM: "(?<month>\\d{1,2})",
	M: "(?<month>\\d{1,2})",
	DD: "(?<day>\\d{1,2})",
	D: "(?<day>\\d{1,2})",
	HH: "(?<hour>\\d{1,2})",
	H: "(?<hour>\\d{1,2})",
	hh: "(?<hour>\\d{1,2})",
	h: "(?<hour>\\d{1,2})",
	mm: "(?<minute>\\d{1,2})",
	m: "(?<minute>\\d{1,2})",
	ss: "(?<second>\\d{1,2})",
	s: "(?<second>\\d{1,2})",
	A: "(?<half>[AaPp][Mm])",
	a: "(?<half>[AaPp][Mm])",
};

/** A text read by a token format. `undefined`: it does not fit. */
export function parseDateAs(
	text: string,
	format: string,
	zone: Zone,
): number | undefined {
	const pattern = format.replace(
		/YYYY|YY|MMMM|MMM|MM|M|DD|D|HH|H|hh|h|mm|m|ss|s|A|a|[.*+?^${}()|[\]\\]/g,
		(token) => PARSE_TOKENS[token] ?? `\\${token}`,
	);
	const groups = new RegExp(`^${pattern}`).exec(text)?.groups;
	if (groups === undefined) return undefined;
	const short = groups.short === undefined ? undefined : Number(groups.short);
	const year =
		groups.year !== undefined
			? Number(groups.year)
			: short === undefined
				? 2000
				: short + (short > 68 ? 1900 : 2000);
	const named = groups.name
		? MONTHS.findIndex((month) =>
				month
					.toLowerCase()
					.startsWith(String(groups.name).slice(0, 3).toLowerCase()),
			)
		: undefined;
	const month = named ?? Number(groups.month ?? 1) - 1;
	const half = groups.half?.toLowerCase();
	const given = Number(groups.hour ?? 0);
	const hour =
		half === "pm" && given < 12
			? given + 12
			: half === "am" && given === 12
				? 0
				: given;
	return zone.instant(
		utc(
			year,
			month,
			Number(groups.day ?? 1),
			hour,
			Number(groups.minute ?? 0),
			Number(groups.second ?? 0),
		),
	);
}
