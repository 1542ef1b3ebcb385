import type { CallContext } from "./adapter.js";
import type { Consent, Question } from "./consent.js";

/** What a running call may do besides answering. */
export interface Running {
	readonly call: CallContext;
	/** Clock time at which the call must have answered (45 s after consent). Writes stop before it. */
	deadlineMs(): number;
	/** `done` rises; `total` where known. */
	progress(done: number, total: number | undefined, message: string): void;
	/**
	 * The fence. Asks a person where the client can, else compares `given` with `expected`; a yes starts the 45 s
	 * anew. Throws `declined` with what to do. Nothing may have been sent before.
	 */
	confirm(question: Question): Promise<Consent>;
}
