import type { Clock } from "../contract/clock.js";

/** A reading, or one that is under way, and when it began. */
export interface Kept<T> {
	readonly atMs: number;
	readonly value: Promise<T>;
}

/** The reading that is kept under this key, if it is young enough; else a new one. A failed one is not kept. */
export function keepFor<T>(
	kept: Map<string, Kept<T>>,
	key: string,
	{ maxAgeMs, clock }: { readonly maxAgeMs: number; readonly clock: Clock },
	read: () => Promise<T>,
): Promise<T> {
	const known = kept.get(key);
	if (known !== undefined && clock.now() - known.atMs <= maxAgeMs)
		return known.value;
	const value = read();
	kept.set(key, { atMs: clock.now(), value });
	value.catch(() => kept.delete(key));
	return value;
}
