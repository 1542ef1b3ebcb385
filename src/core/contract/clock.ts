/** The only source of time. Tests pass a virtual one, so that nothing waits. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;
	/**
	 * Resolves after `ms`, at once where that is not positive.
	 * @throws the signal's reason when it aborts first; never anything else (no codes of its own, mostly `cancelled`).
	 */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
