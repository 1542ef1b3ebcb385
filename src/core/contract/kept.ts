import type { Clock } from "./clock.js";

/** Answers that are kept for a while, by key. A failed one is not kept: the next who asks reads again. */
export interface Kept<T> {
	/**
	 * The kept answer where it is young enough, else what `read` gives. `maxAgeMs` is for who wants a younger one than
	 * usual.
	 * @throws whatever `read` throws.
	 */
	get(key: string, read: () => Promise<T>, maxAgeMs?: number): Promise<T>;
	/** Keeps an answer that was read for another reason, in place of an older one. */
	put(key: string, value: T): void;
	/** The next who asks for this reads again; without a key, for anything. */
	forget(key?: string): void;
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
	const keep = (key: string, value: Promise<T>) =>
		kept.set(key, { atMs: clock.now(), value });
	return {
		get(key, read, maxAgeMs = usualMaxAgeMs) {
			const known = kept.get(key);
			if (known !== undefined && clock.now() - known.atMs < maxAgeMs)
				return known.value;
			const value = read();
			keep(key, value);
			value.catch(() => kept.delete(key));
			return value;
		},
		put(key, value) {
			keep(key, Promise.resolve(value));
		},
		forget(key) {
			if (key === undefined) kept.clear();
			else kept.delete(key);
		},
	};
}
