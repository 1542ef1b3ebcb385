import type { CallContext } from "../contract/call-context.js";
import type { Clock } from "../contract/clock.js";
import type { TablesError } from "../contract/errors.js";

/** When work is given up, and what is said then. */
export interface Patience {
	readonly clock: Clock;
	/** Of the whole call, whose own end is respected as well. */
	readonly call: CallContext;
	/** On the session's clock. */
	readonly untilMs: number;
	readonly failure: TablesError;
}

/**
 * Work that writes nothing, given up at a time of its own, before the call itself has to end.
 * @throws `failure` when the time is over.
 */
export async function givenUpAt<T>(
	{ clock, call, untilMs, failure }: Patience,
	work: (call: CallContext) => Promise<T>,
): Promise<T> {
	const done = new AbortController();
	const late = new AbortController();
	clock.sleep(untilMs - clock.now(), done.signal).then(
		() => late.abort(failure),
		() => {},
	);
	const { signal } = call;
	try {
		return await work({
			...call,
			signal:
				signal === undefined
					? late.signal
					: AbortSignal.any([signal, late.signal]),
		});
	} catch (error) {
		throw late.signal.aborted ? late.signal.reason : error;
	} finally {
		done.abort();
	}
}
