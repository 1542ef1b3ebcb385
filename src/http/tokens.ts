import type { Timing } from "./buckets.js";

export interface Token {
	readonly value: string;
	readonly expiresInMs: number;
}

export interface Tokens {
	/**
	 * A token that holds for a while yet; one request for all who ask at the same time.
	 * @throws the signal's reason for who stops waiting; the request goes on for the others.
	 */
	get(signal?: AbortSignal): Promise<string>;
	/** The vendor refused this token: the next `get` fetches another. */
	drop(value: string): void;
}

/**
 * An access token that is fetched when first needed and again before it ends; kept in memory only.
 * @param renewBeforeMs fetched again when it would hold less than this.
 */
export function tokens(
	fetch: () => Promise<Token>,
	timing: Timing,
	renewBeforeMs: number,
): Tokens {
	let current: { readonly value: string; readonly untilMs: number } | undefined;
	let fetching: Promise<string> | undefined;
	return {
		get(signal) {
			if (current !== undefined && timing.now() < current.untilMs)
				return Promise.resolve(current.value);
			fetching ??= fetch()
				.then(({ value, expiresInMs }) => {
					current = {
						value,
						untilMs: timing.now() + Math.max(0, expiresInMs - renewBeforeMs),
					};
					return value;
				})
				.finally(() => {
					fetching = undefined;
				});
			return untilStopped(fetching, signal);
		},
		drop(value) {
			if (current?.value === value) current = undefined;
		},
	};
}

/** Waiting that ends with the signal, whatever is waited for. */
function untilStopped<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
	if (signal === undefined) return work;
	return new Promise((resolve, reject) => {
		const stop = () => reject(signal.reason);
		if (signal.aborted) stop();
		signal.addEventListener("abort", stop, { once: true });
		work
			.then(resolve, reject)
			.finally(() => signal.removeEventListener("abort", stop));
	});
}
