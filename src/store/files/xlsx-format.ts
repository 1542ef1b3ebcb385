import { formatValue } from "hucre";

/*
 * Number formats of a spreadsheet: what a person sees of a number. What is a date, a time of day or a duration is so
 * by its format alone.
 */

/** What a format makes of a number. */
export type NumberFormat =
	| { readonly kind: "plain" }
	/** A moment; `timed`: the time is shown; `decimals`: so many of the seconds. */
	| {
			readonly kind: "date";
			readonly timed: boolean;
			readonly decimals: number;
	  }
	/** Without a day; `seconds`: they are shown. */
	| {
			readonly kind: "time";
			readonly seconds: boolean;
			readonly decimals: number;
	  }
	/** Hours, minutes or seconds that may be more than a day has. */
	| { readonly kind: "duration"; readonly code: string }
	/** `percent`: a hundred times the number is shown, with the sign. */
	| {
			readonly kind: "number";
			readonly code: string;
			readonly percent: boolean;
	  };

const PLAIN: NumberFormat = { kind: "plain" };

/** Formats that a workbook does not spell out, by number; those of dates differ by the language, and are dates in all. */
const BUILT_IN: Readonly<Record<number, string>> = {
	0: "General",
	1: "0",
	2: "0.00",
	3: "#,##0",
	4: "#,##0.00",
	9: "0%",
	10: "0.00%",
	11: "0.00E+00",
	12: "# ?/?",
	13: "# ??/??",
	18: "h:mm AM/PM",
	19: "h:mm:ss AM/PM",
	20: "h:mm",
	21: "h:mm:ss",
	22: "m/d/yy h:mm",
	32: "h:mm",
	33: "h:mm:ss",
	34: "h:mm",
	35: "h:mm:ss",
	37: "#,##0;(#,##0)",
	38: "#,##0;(#,##0)",
	39: "#,##0.00;(#,##0.00)",
	40: "#,##0.00;(#,##0.00)",
	45: "mm:ss",
	46: "[h]:mm:ss",
	47: "mm:ss.0",
	48: "##0.0E+0",
	49: "@",
};

const BUILT_IN_DATES: readonly (readonly [number, number])[] = [
	[14, 17],
	[27, 31],
	[36, 36],
	[50, 58],
];

/** A format by its number, or by its code where the workbook spells it out. */
export function numberFormat(
	id: number,
	code: string | undefined = BUILT_IN[id],
): NumberFormat {
	if (code !== undefined) return formatOfCode(code);
	return BUILT_IN_DATES.some(([from, to]) => id >= from && id <= to)
		? { kind: "date", timed: false, decimals: 0 }
		: PLAIN;
}

function formatOfCode(code: string): NumberFormat {
	const [section = ""] = code
		.replace(/"[^"]*"|\\.|[_*]./g, "")
		.toLowerCase()
		.split(";");
	if (/\[(?:h+|m+|s+)\]/.test(section))
		return { kind: "duration", code: section };
	const bare = section.replace(/\[[^[\]]*\]/g, "").trim();
	if (bare === "" || bare === "@" || /^general$/.test(bare)) return PLAIN;
	const timed = /[hs]|am\/pm|a\/p/.test(bare);
	// Beside hours or seconds an m is minutes.
	const dated = /[yd]/.test(bare) || (/m/.test(bare) && !timed);
	if (dated && !/general/.test(bare))
		return { kind: "date", timed, decimals: decimalsOf(bare) };
	if (timed)
		return {
			kind: "time",
			seconds: bare.includes("s"),
			decimals: decimalsOf(bare),
		};
	return {
		kind: "number",
		code: withCurrency(code),
		percent: bare.includes("%"),
	};
}

/** How many decimals of its seconds a format shows: at most three. */
function decimalsOf(code: string): number {
	return /s\]?\.(0{1,3})/.exec(code)?.[1]?.length ?? 0;
}

/** `[$€-407]` shows its sign, which the library leaves out. */
function withCurrency(code: string): string {
	return code.replace(/\[\$([^\]-]*)(?:-[^\]]*)?\]/g, (_, sign: string) =>
		sign === "" ? "" : `"${sign}"`,
	);
}

/** What a person sees of a number. */
export function shownNumber(value: number, code: string): string {
	return formatValue(value, code).trim();
}

const DAY_MS = 86_400_000;
/** The day of the number 0, without the 29 February 1900 that spreadsheets count and no calendar has. */
const FIRST_DAY_MS = Date.UTC(1899, 11, 30);
/** The last day of the year 9999. */
const LAST_DAY = 2_958_465;

/** 29 February 1900. */
const LEAP_DAY = 60;

const two = (value: number) => String(value).padStart(2, "0");

/**
 * A number as wall-clock text: a day, a moment, or a time of day; undefined: no day of a spreadsheet has it.
 * @param mac days count from 1904.
 */
export function dateText(
	value: number,
	format: Extract<NumberFormat, { kind: "date" | "time" }>,
	mac: boolean,
): string | undefined {
	if (format.kind === "time" && value >= 0 && value < 1)
		return timeText(withinDay(value * DAY_MS, format.decimals), format);
	const days = mac ? value + 1462 : value;
	if (days < 1 || days >= LAST_DAY + 1) return undefined;
	// The year 1900 had no 29 February, and spreadsheets count it.
	if (days >= LEAP_DAY && days < LEAP_DAY + 1) return undefined;
	const counted = days < LEAP_DAY ? days + 1 : days;
	const day = Math.floor(counted);
	const ms = (counted - day) * DAY_MS;
	const moment = new Date(
		FIRST_DAY_MS + day * DAY_MS + withinDay(ms, format.decimals),
	).toISOString();
	const isMidnight = moment.endsWith("T00:00:00.000Z");
	if (isMidnight && !(format.kind === "date" && format.timed))
		return moment.slice(0, 10);
	return moment.endsWith(".000Z") ? moment.slice(0, 19) : moment.slice(0, 23);
}

/** What a number of days may be beside the moment that is meant, in the last of its digits. */
const INEXACT_MS = 0.01;

/**
 * A time of day as it is shown, rounded to the last digit that is. A clock is seldom exact to the thousandth; but no
 * moment is of the next day because its last digits are not shown.
 */
function withinDay(ms: number, decimals: number): number {
	const unit = unitMs(decimals);
	const meant = Math.round(ms / INEXACT_MS) * INEXACT_MS;
	const shown = Math.round(meant / unit) * unit;
	return shown >= DAY_MS && ms < DAY_MS - INEXACT_MS ? DAY_MS - unit : shown;
}

function unitMs(decimals: number): number {
	return 1_000 / 10 ** decimals;
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

/** A day's end that is one by its last digits alone is midnight. */
function timeText(
	dayMs: number,
	{ seconds: withSeconds }: Extract<NumberFormat, { kind: "time" }>,
): string {
	const ms = dayMs % DAY_MS;
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
	const unit = unitMs(decimalsOf(code));
	const ms = Math.round((Math.abs(value) * DAY_MS) / unit) * unit;
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
