import type { Clock } from "../core/contract/clock.js";

/**
 * How old what was recorded is, ms. What was recorded while the machine's clock was ahead lies in the future once it is
 * set right: it counts as of when it is first seen so, so that it neither is lost nor holds for as long as the clock
 * was wrong. What is not a time is older than anything.
 */
export function agesBy(clock: Clock): (key: string, atMs: number) => number {
	const ahead = new Map<string, number>();
	return (key, atMs) => {
		if (Number.isNaN(atMs)) return Number.POSITIVE_INFINITY;
		const now = clock.now();
		const seen = ahead.get(key);
		if (seen === undefined && atMs <= now) return now - atMs;
		const since = Math.min(seen ?? now, now);
		ahead.set(key, since);
		return now - since;
	};
}
