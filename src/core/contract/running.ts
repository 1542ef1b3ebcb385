import type { CallContext } from "./call-context.js";

/** What a running call may do besides answering. */
export interface Running {
	readonly call: CallContext;
	/** Clock time at which the call must have answered (45 s after consent). Writes stop before it. */
	deadlineMs(): number;
	/** `done` rises; `total` where known. */
	progress(done: number, total: number | undefined, message: string): void;
	/**
	 * The fence. Asks a person where the client can (their yes starts the 45 s anew), else compares `given` with
	 * `expected`. Returns when agreed; throws `declined` with what to send. Nothing may have been sent before.
	 */
	confirm(question: {
		readonly action: string;
		readonly expected: string;
		readonly given?: string;
	}): Promise<void>;
}
