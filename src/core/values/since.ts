import { quoted } from "./names.js";
import type { ParsedDate } from "./parse-date.js";
import { spanOf } from "./time-spans.js";
import { zone } from "./zone.js";

/** Of a duration, in the order in which ISO 8601 has them. */
const UNITS_MS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;
const DURATION =
	/^P(?=[\dT])(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/i;

/** What `since` may be, for messages. */
const ACCEPTED =
	"a date (2026-11-20), a time (2026-11-20T14:00, 2026-11-20T14:00:00+08:00), a word (today, yesterday, this_week, last_7_days, …: from its first day on), or a duration back from now (PT30M, PT2H, P1D)";

/** A moment in the past: a date or time, a word as `within` has them, or a duration back from now. */
export function parseSince(
	text: string,
	nowMs: number,
	zoneName: string,
): { readonly ms: number } | { readonly problem: string } {
	const given = text.trim();
	const word = spanOf(given.toLowerCase(), nowMs, zoneName);
	if (word !== undefined) return { ms: word.fromMs };
	const duration = durationMs(given);
	if (duration !== undefined) return { ms: nowMs - duration };
	const date: ParsedDate = zone(zoneName).parse(given);
	return "problem" in date
		? { problem: `${quoted(text)} is not a time to begin at; give ${ACCEPTED}` }
		: { ms: date.ms };
}

function durationMs(text: string): number | undefined {
	const match = DURATION.exec(text);
	return match === null
		? undefined
		: UNITS_MS.reduce(
				(sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit,
				0,
			);
}
