import fc from "fast-check";
import { expect, test } from "vitest";
import {
	dateText,
	durationText,
	timeOfDay,
} from "../../../src/store/files/xlsx-days.js";
import { numberFormat } from "../../../src/store/files/xlsx-format.js";

/* Times, moments and durations, to the nearest millisecond whatever the format shows of it: no time is cut. */

const SEED = 20_261_120;
const DAY_MS = 86_400_000;
/** 20 November 2026. */
const DAY = 46_346;

const shown = (value: number, code: string): string | undefined => {
	const format = numberFormat(200, code);
	switch (format.kind) {
		case "duration":
			return durationText(value, format.code);
		case "time":
			return timeOfDay(value, format);
		case "date":
			return dateText(value, format, false);
		default:
			throw new Error(`not a format of dates: ${code}`);
	}
};

/** Codes by how many decimals of the seconds they show. */
const DECIMALS = ["", ".0", ".00", ".000"];
const ms = fc.integer({ min: 0, max: DAY_MS - 1 });
const decimals = fc.integer({ min: 0, max: 3 });

test("a time or moment is the nearest millisecond, at the end of a day as anywhere", () => {
	const off = fc.double({ min: -0.4, max: 0.4, noNaN: true });
	fc.assert(
		fc.property(
			fc.oneof(ms, fc.constantFrom(0, 1, DAY_MS - 1, DAY_MS / 2)),
			decimals,
			off,
			(given, count, beside) => {
				const fraction = DECIMALS[count];
				const moment = shown(
					DAY + (given + beside) / DAY_MS,
					`yyyy-mm-dd hh:mm:ss${fraction}`,
				);
				expect(Date.parse(`${moment}Z`)).toBe(Date.UTC(2026, 10, 20) + given);
				const time = shown(
					Math.max(0, given + beside) / DAY_MS,
					`h:mm:ss${fraction}`,
				);
				expect(moment).toBe(
					`2026-11-20T${time}`.padEnd(moment?.includes(".") ? 23 : 19, "0"),
				);
			},
		),
		{ seed: SEED, numRuns: 1_000 },
	);
});

test("a duration is no further from the number than the last digit shown", () => {
	fc.assert(
		fc.property(
			fc.integer({ min: -100 * DAY_MS, max: 100 * DAY_MS }),
			decimals,
			fc.constantFrom("[h]:mm:ss", "[mm]:ss", "[ss]"),
			(given, count, code) => {
				const text = shown(given / DAY_MS, `${code}${DECIMALS[count]}`) ?? "";
				const sign = text.startsWith("-") ? -1 : 1;
				const seconds = text
					.replace("-", "")
					.split(":")
					.reduce((sum, part) => sum * 60 + Number(part), 0);
				expect(Math.abs(sign * seconds * 1_000 - given)).toBeLessThan(0.001);
			},
		),
		{ seed: SEED, numRuns: 1_000 },
	);
});

test.each([
	[0.999999988425926, "h:mm:ss", "23:59:59.999"],
	[0.999999988425926, "h:mm", "23:59:59.999"],
	[0.99999999884, "h:mm:ss", "00:00:00"],
	[46_346.99999998843, "yyyy-mm-dd hh:mm:ss", "2026-11-20T23:59:59.999"],
	[46_346.99999998843, "yyyy-mm-dd", "2026-11-20T23:59:59.999"],
	[46_346.99999999884, "yyyy-mm-dd hh:mm:ss", "2026-11-21T00:00:00"],
	[46_346.58333333217, "yyyy-mm-dd hh:mm:ss", "2026-11-20T14:00:00"],
	[46_346.99999999884, "yyyy-mm-dd", "2026-11-21"],
	[2_958_465.999999999, "yyyy-mm-dd hh:mm", "9999-12-31T23:59:59.999"],
	[0.999999988425926, "[h]:mm:ss", "23:59:59.999"],
	[0.99999999884, "[h]:mm:ss", "24:00:00"],
	[0.0208391203703704, "mm:ss.0", "00:30:00.5"],
	[0.000700231481481, "[ss].00", "60.5"],
	[0.604166666666666, "h:mm", "14:30"],
	[46_346.6041666666, "yyyy-mm-dd hh:mm", "2026-11-20T14:30:00"],
])("%d as %s is %s", (value, code, text) => {
	expect(shown(value, code)).toBe(text);
});
