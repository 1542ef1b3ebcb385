import type { CallContext } from "./call-context.js";
import type { Consent, Question } from "./consent.js";

/** What a running call may do besides answering. */
export interface Running {
	/** Passed on to every method of an adapter. */
	readonly call: CallContext;
	/** Clock time, ms, at which the call must have answered (45 s after consent). Writes stop before it. */
	deadlineMs(): number;
	/**
	 * How far the call is. `done` rises, a lower one is dropped; `total` where known. Not every one is sent: clients get
	 * at most a few a second, and those that did not ask get none.
	 */
	progress(done: number, total: number | undefined, message: string): void;
	/**
	 * Asks a person where the client can (their yes starts the 45 s again), else compares `given` with `expected`.
	 * Returns when agreed. Nothing may have been sent before.
	 * @throws TablesError declined, with what to send; also where nobody answers or the call ends before the answer.
	 */
	confirm(question: Question): Promise<Consent>;
}
