import {
	bareWord,
	dateWords,
	JOINING,
	markedDay,
	WEEKDAY_MARK,
} from "./date-words.js";
import { withoutEnd } from "./ends.js";
import { quoted } from "./names.js";
import { takeTime } from "./time-text.js";

/*
 * A date as people and programs write it. Three numbers may have more than one reading; nothing here chooses between
 * them.
 */

/** Of the numbers of a date whose year does not stand first with four digits. */
export type DateOrder = "dmy" | "mdy" | "ymd";

const ORDERS: readonly DateOrder[] = ["dmy", "mdy", "ymd"];

/** `2026-11-20` by the order that reads so. At least one is there; all, where the order does not matter. */
export type DateReadings = {
	readonly [Order in DateOrder]?: string;
} & {
	/** `14:30`, as `parseDate` takes it; "": none was given. */
	readonly time: string;
};

/** A longer text is not a date, whatever stands around one in it. */
export const MOST_DATE_CHARACTERS = 200;

/** What a date is read as, or undefined: it is not one, however its numbers are ordered. */
export function readDateText(text: string): DateReadings | undefined {
	// A normal form makes digits of 2⁰ and ①.
	if (text.length > MOST_DATE_CHARACTERS || /\p{No}/u.test(text))
		return undefined;
	const taken = takeTime(text.normalize("NFKC").trim());
	if (taken === undefined) return undefined;
	const marked = WEEKDAY_MARK.exec(taken.date);
	const mark = marked?.slice(1).find((part) => part !== undefined);
	const bare = withoutEnd(
		marked === null ? taken.date : taken.date.replace(marked[0], " "),
		/[\sT,]/,
	).trim();
	const weekday = mark === undefined ? undefined : markedDay(mark);
	const days = inNumbers(bare, weekday) ?? inWords(bare, weekday);
	return days === undefined ? undefined : { ...days, time: taken.time };
}

type Days = { readonly [Order in DateOrder]?: string };

const YEAR_FIRST =
	/^(?:(\d{4})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2})\.?|(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号號일]?|(\d{4})(\d{2})(\d{2}))$/u;
const THREE = /^(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{1,2}|\d{4})\.?$/;

function inNumbers(
	text: string,
	weekday: number | undefined,
): Days | undefined {
	const first = YEAR_FIRST.exec(text);
	if (first !== null) {
		const [year, month, day] = first
			.slice(1)
			.filter((part) => part !== undefined && /\d/.test(part))
			.map(Number) as [number, number, number];
		return sure(dayOf(year, month, day, weekday));
	}
	// A day of the week in front of three numbers.
	const worded = /^(\p{L}[\p{L}\p{M}]+)\.?,?\s+(?=\d)/u.exec(text);
	const named =
		worded === null
			? undefined
			: dateWords().weekdays.get(bareWord(worded[1] as string));
	if (worded !== null && named === undefined) return undefined;
	const three = THREE.exec(
		worded === null ? text : text.slice(worded[0].length),
	);
	return three === null ? undefined : orders(three, named ?? weekday);
}

function orders(
	[, first = "", , second = "", third = ""]: RegExpExecArray,
	weekday: number | undefined,
): Days | undefined {
	const [a, b, c] = [first, second, third].map(Number) as [
		number,
		number,
		number,
	];
	const days: { [Order in DateOrder]?: string | undefined } = {};
	if (third.length > 1) {
		const year = third.length === 4 ? c : pivoted(c);
		days.dmy = dayOf(year, b, a, weekday);
		days.mdy = dayOf(year, a, b, weekday);
	}
	if (first.length === 2 && third.length < 4)
		days.ymd = dayOf(pivoted(a), b, c, weekday);
	const found = ORDERS.flatMap((order) => {
		const day = days[order];
		return day === undefined ? [] : [[order, day] as const];
	});
	if (found.length === 0) return undefined;
	return new Set(found.map(([, day]) => day)).size === 1 &&
		found.length === possible(third)
		? sure(found[0]?.[1])
		: Object.fromEntries(found);
}

/** The orders that three numbers may have: with four digits at the end the year is there. */
function possible(third: string): number {
	return third.length === 4 ? 2 : 3;
}

/** As spreadsheets do: 00 to 29 are of this century, 30 to 99 of the one before. */
function pivoted(year: number): number {
	return year < 30 ? 2000 + year : 1900 + year;
}

function sure(day: string | undefined): Days | undefined {
	return day === undefined ? undefined : { dmy: day, mdy: day, ymd: day };
}

/** A month by its name, so that the order of day and year is known: a year of four digits, or behind. */
function inWords(text: string, marked: number | undefined): Days | undefined {
	const parts = text
		.split(/[\s,.()/-]+/)
		.map(bareWord)
		.filter((part) => part !== "" && !JOINING.has(part));
	const numbers: string[] = [];
	const words: string[] = [];
	for (const part of parts) {
		const digits = /^['’]?(\d+)(?:st|nd|rd|th|er|º|o|ª)?$/.exec(part)?.[1];
		if (digits === undefined) words.push(part);
		else numbers.push(digits);
	}
	const named = monthAndDay(words);
	const [first = "", second = ""] = numbers;
	if (named === undefined || numbers.length !== 2) return undefined;
	const yearFirst = first.length === 4;
	const [day, year] = yearFirst ? [second, first] : [first, second];
	if (day.length > 2 || (year.length !== 4 && year.length !== 2))
		return undefined;
	const full = year.length === 4 ? Number(year) : pivoted(Number(year));
	return sure(dayOf(full, named.month, Number(day), named.weekday ?? marked));
}

function monthAndDay(
	words: readonly string[],
):
	| { readonly month: number; readonly weekday: number | undefined }
	| undefined {
	const { months, weekdays } = dateWords();
	const [first = "", second] = words;
	if (words.length > 2) return undefined;
	if (second === undefined) {
		const month = months.get(first);
		return month === undefined ? undefined : { month, weekday: undefined };
	}
	const month = months.get(second);
	const weekday = weekdays.get(first);
	return month === undefined || weekday === undefined
		? undefined
		: { month, weekday };
}

/** undefined: there is no such day, or it is not the day of the week that was named. */
function dayOf(
	year: number,
	month: number,
	day: number,
	weekday: number | undefined,
): string | undefined {
	const date = new Date(0);
	date.setUTCFullYear(year, month - 1, day);
	if (
		date.getUTCFullYear() !== year ||
		date.getUTCMonth() !== month - 1 ||
		date.getUTCDate() !== day ||
		(weekday !== undefined && date.getUTCDay() !== weekday)
	)
		return undefined;
	const two = (value: number) => String(value).padStart(2, "0");
	return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** The only day that three numbers can be; undefined: there are several. */
function loneDay(found: DateReadings): string | undefined {
	const days = new Set(readingsOf(found).map(({ day }) => day));
	return days.size === 1 ? [...days][0] : undefined;
}

/** The orders by which a text is a day. */
export function readingsOf(
	found: DateReadings,
): readonly { readonly order: DateOrder; readonly day: string }[] {
	return ORDERS.flatMap((order) => {
		const day = found[order];
		return day === undefined ? [] : [{ order, day }];
	});
}

const ORDER_WORDS = {
	dmy: "the day stands first",
	mdy: "the month stands first",
	ymd: "the year stands first",
} as const satisfies Record<DateOrder, string>;

/** The day and time of a text as `parseDate` takes them, or why none is taken. `order`: where it is known. */
export function dateOf(
	text: string,
	order?: DateOrder,
): { readonly value: string } | { readonly problem: string } {
	const found = readDateText(text);
	if (found === undefined)
		return {
			problem: `is not a date: ${quoted(text)}; write it as 2026-11-20 or 2026-11-20T14:00`,
		};
	const day = order === undefined ? loneDay(found) : found[order];
	if (day !== undefined)
		return { value: found.time === "" ? day : `${day}T${found.time}` };
	return {
		problem:
			order === undefined
				? ambiguousDate(text, found)
				: `is not a day where ${ORDER_WORDS[order]}: ${quoted(text)}`,
	};
}

export function ambiguousDate(text: string, found: DateReadings): string {
	const readings = readingsOf(found).map(
		({ order, day }) => `${day} where ${ORDER_WORDS[order]}`,
	);
	return `is ambiguous: ${quoted(text)} is ${readings.join(", and ")}`;
}
