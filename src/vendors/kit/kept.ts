import type { Clock } from "../../core/contract/clock.js";

/** Answers that are kept for a while, by key. A failed one is not kept: the next who asks reads again. */
export interface Kept<T> {
	/** The kept answer where it is young enough, else what `read` gives. */
	get(key: string, read: () => Promise<T>, maxAgeMs?: number): Promise<T>;
	forget(key: string): void;
}

/** Keeps answers in memory, each for `usualMaxAgeMs` unless whoever asks wants a younger one. */
export function openKept<T>(
	clock: Pick<Clock, "now">,
	usualMaxAgeMs: number,
): Kept<T> {
	const kept = new Map<
		string,
		{ readonly atMs: number; readonly value: Promise<T> }
	>();
	return {
		get(key, read, maxAgeMs = usualMaxAgeMs) {
			const known = kept.get(key);
			if (known !== undefined && clock.now() - known.atMs < maxAgeMs)
				return known.value;
			const value = read();
			kept.set(key, { atMs: clock.now(), value });
			value.catch(() => kept.delete(key));
			return value;
		},
		forget: (key) => {
			kept.delete(key);
		},
	};
}
