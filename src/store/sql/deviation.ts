import type { Given } from "./functions.js";

/** Numbers seen so far: how many, their mean, and the sum of the squares of what each differs from it. */
export interface Spread {
	count: number;
	mean: number;
	squares: number;
}

/** Of no numbers. */
export function noSpread(): Spread {
	return { count: 0, mean: 0, squares: 0 };
}

/** One more; null is none. */
export function widen(spread: Spread, given: Given): void {
	const number = numberOf(given);
	if (number === undefined) return;
	spread.count++;
	const before = number - spread.mean;
	spread.mean += before / spread.count;
	spread.squares += before * (number - spread.mean);
}

/** One that a window leaves behind. */
export function narrow(spread: Spread, given: Given): void {
	const number = numberOf(given);
	if (number === undefined) return;
	spread.count--;
	if (spread.count === 0) {
		Object.assign(spread, noSpread());
		return;
	}
	const before = number - spread.mean;
	spread.mean -= before / spread.count;
	spread.squares -= before * (number - spread.mean);
}

/** Of a sample; null where there are not two. */
export function deviation({ count, squares }: Spread): number | null {
	return count < 2 ? null : Math.sqrt(Math.max(0, squares) / (count - 1));
}

/** As SQLite counts: of a text the number that it begins with, else 0. */
function numberOf(given: Given): number | undefined {
	if (given === null || given === undefined) return undefined;
	if (typeof given === "number") return given;
	if (typeof given === "bigint") return Number(given);
	const text =
		typeof given === "string" ? given : new TextDecoder().decode(given);
	const number = Number.parseFloat(text);
	return Number.isFinite(number) ? number : 0;
}
