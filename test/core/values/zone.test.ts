import { expect, test } from "vitest";
import { parseDate } from "../../../src/core/values/parse-date.js";
import {
	periodOf,
	spanOf,
	WITHIN_WORDS,
} from "../../../src/core/values/time-spans.js";
import { isZone, zone } from "../../../src/core/values/zone.js";

/** Wall clocks that a zone skips or repeats, and days that are not 24 hours long. */
const WALLS: readonly (readonly [string, string, string, string])[] = [
	[
		"an ordinary time",
		"Asia/Shanghai",
		"2026-11-20T14:00",
		"2026-11-20T14:00:00+08:00",
	],
	[
		"a time that comes twice is the earlier one",
		"America/New_York",
		"2026-11-01T01:30",
		"2026-11-01T01:30:00-04:00",
	],
	[
		"a midnight that is skipped",
		"America/Santiago",
		"2026-09-06",
		"2026-09-06T01:00:00-03:00",
	],
	[
		"a day that begins twice",
		"America/Havana",
		"2026-11-01",
		"2026-11-01T00:00:00-04:00",
	],
	[
		"a zone with quarter hours",
		"Asia/Kathmandu",
		"2026-11-20T14:00",
		"2026-11-20T14:00:00+05:45",
	],
	[
		"an offset wins over the zone",
		"Asia/Shanghai",
		"2026-11-20T14:00:00-03:00",
		"2026-11-21T01:00:00+08:00",
	],
	["Z", "Asia/Shanghai", "2026-11-20T14:00Z", "2026-11-20T22:00:00+08:00"],
	[
		"milliseconds",
		"UTC",
		"2026-11-20T14:00:00.250Z",
		"2026-11-20T14:00:00.250+00:00",
	],
	[
		"slashes and one digit",
		"UTC",
		"2026/2/9 7:05",
		"2026-02-09T07:05:00+00:00",
	],
	["a leap day", "UTC", "2024-02-29", "2024-02-29T00:00:00+00:00"],
];

test.each(WALLS)("%s (%s, %s)", (_, name, text, expected) => {
	const where = zone(name);
	const parsed = parseDate(text, where);
	expect("ms" in parsed && where.moment(parsed.ms)).toBe(expected);
});

test.each([
	["America/New_York", "2026-03-08T02:30", /clocks in America\/New_York skip/],
	["Australia/Lord_Howe", "2026-10-04T02:15", /skip on that day/],
	["Pacific/Apia", "2011-12-30T12:00", /skip on that day/],
	["Pacific/Apia", "2011-12-30", /a day that Pacific\/Apia did not have/],
])("in %s there is no %s", (name, text, problem) => {
	expect(parseDate(text, zone(name))).toEqual({
		problem: expect.stringMatching(problem),
	});
});

test("a local time that comes twice says when it comes again", () => {
	const where = zone("America/New_York");
	const parsed = parseDate("2026-11-01T01:30", where);
	expect("later" in parsed && where.moment(parsed.later ?? 0)).toBe(
		"2026-11-01T01:30:00-05:00",
	);
	expect(parseDate("2026-11-01T01:30-04:00", where)).not.toHaveProperty(
		"later",
	);
	expect(parseDate("2026-11-01T03:30", where)).not.toHaveProperty("later");
});

test.each([
	"2026-02-30",
	"2025-02-29",
	"2026-13-01",
	"2026-11-20T25:00",
	"2026-11-20T10:60",
	"03.04.2026",
	"11/12/2026",
	"tomorrow",
	"",
	"1700000000",
	"2026-11",
])("%s is refused", (text) => {
	expect(parseDate(text, zone("UTC"))).toHaveProperty("problem");
});

/** Start and end of the day that holds a moment: 23, 24, 25 hours. */
const DAYS: readonly (readonly [string, string, number])[] = [
	["Asia/Shanghai", "2026-11-20T14:00", 24],
	["America/New_York", "2026-03-08T12:00", 23],
	["America/New_York", "2026-11-01T12:00", 25],
	["America/Santiago", "2026-09-06T12:00", 23],
	["America/Santiago", "2026-04-04T12:00", 25],
	["Australia/Lord_Howe", "2026-10-04T12:00", 23.5],
];

test.each(DAYS)("a day of %s at %s has %d hours", (name, text, hours) => {
	const where = zone(name);
	const parsed = parseDate(text, where);
	if ("problem" in parsed) throw new Error(parsed.problem);
	const start = where.startOfDay(parsed.ms);
	const end = where.endOfDay(parsed.ms);
	expect((end - start) / 3_600_000).toBe(hours);
	expect(where.day(start)).toBe(where.day(parsed.ms));
	expect(where.day(end - 1)).toBe(where.day(parsed.ms));
	expect(where.day(end)).not.toBe(where.day(parsed.ms));
	expect(where.startOfDay(start)).toBe(start);
});

/** Friday, 2026-11-20, 12:00 in Shanghai. */
const NOW = Date.UTC(2026, 10, 20, 4);

const SPANS: readonly (readonly [string, string, string])[] = [
	["today", "2026-11-20", "2026-11-21"],
	["yesterday", "2026-11-19", "2026-11-20"],
	["tomorrow", "2026-11-21", "2026-11-22"],
	["this_week", "2026-11-16", "2026-11-23"],
	["last_week", "2026-11-09", "2026-11-16"],
	["next_week", "2026-11-23", "2026-11-30"],
	["this_month", "2026-11-01", "2026-12-01"],
	["last_month", "2026-10-01", "2026-11-01"],
	["next_month", "2026-12-01", "2027-01-01"],
	["this_quarter", "2026-10-01", "2027-01-01"],
	["last_quarter", "2026-07-01", "2026-10-01"],
	["this_year", "2026-01-01", "2027-01-01"],
	["last_year", "2025-01-01", "2026-01-01"],
	["last_1_days", "2026-11-20", "2026-11-21"],
	["last_7_days", "2026-11-14", "2026-11-21"],
	["next_1_days", "2026-11-20", "2026-11-21"],
	["next_30_days", "2026-11-20", "2026-12-20"],
];

test.each(SPANS)("within %s is from %s up to %s", (word, from, to) => {
	const where = zone("Asia/Shanghai");
	const span = spanOf(word, NOW, "Asia/Shanghai");
	expect(span && [where.moment(span.fromMs), where.moment(span.toMs)]).toEqual([
		`${from}T00:00:00+08:00`,
		`${to}T00:00:00+08:00`,
	]);
});

test("a Sunday belongs to the week that began on Monday", () => {
	const sunday = Date.UTC(2026, 10, 22, 4);
	const where = zone("Asia/Shanghai");
	const span = spanOf("this_week", sunday, "Asia/Shanghai");
	expect(span && where.day(span.fromMs)).toBe("2026-11-16");
});

test("a span over a change of clocks begins and ends at midnight", () => {
	const where = zone("America/New_York");
	const span = spanOf("last_7_days", Date.UTC(2026, 10, 4, 15), where.name);
	expect(span && [where.moment(span.fromMs), where.moment(span.toMs)]).toEqual([
		"2026-10-29T00:00:00-04:00",
		"2026-11-05T00:00:00-05:00",
	]);
});

test("unknown words are not spans, and the known ones are listed", () => {
	for (const word of [
		"someday",
		"last_0_days",
		"last_x_days",
		"next_-1_days",
		"Today",
		"",
	])
		expect(spanOf(word, NOW, "UTC")).toBeUndefined();
	for (const [word] of SPANS.filter(([name]) => !/\d/.test(name)))
		expect(WITHIN_WORDS).toContain(word);
});

const PERIODS: readonly (readonly [
	string,
	string,
	string,
	string,
	string,
	string,
])[] = [
	["2026-11-20", "2026-11-20", "2026-W47", "2026-11", "2026-Q4", "2026"],
	["2027-01-01", "2027-01-01", "2026-W53", "2027-01", "2027-Q1", "2027"],
	["2024-12-30", "2024-12-30", "2025-W01", "2024-12", "2024-Q4", "2024"],
	["2026-03-31", "2026-03-31", "2026-W14", "2026-03", "2026-Q1", "2026"],
	["2026-04-01", "2026-04-01", "2026-W14", "2026-04", "2026-Q2", "2026"],
];

test.each(PERIODS)(
	"the periods of %s",
	(text, day, week, month, quarter, year) => {
		const where = zone("Asia/Shanghai");
		const parsed = parseDate(`${text}T00:30`, where);
		if ("problem" in parsed) throw new Error(parsed.problem);
		expect(
			(["day", "week", "month", "quarter", "year"] as const).map((per) =>
				periodOf(parsed.ms, per, where),
			),
		).toEqual([day, week, month, quarter, year]);
	},
);

test("zones are known or not", () => {
	expect(["Asia/Shanghai", "UTC", "Etc/GMT+3"].map(isZone)).toEqual([
		true,
		true,
		true,
	]);
	expect(["Mars/Base", ""].map(isZone)).toEqual([false, false]);
});
