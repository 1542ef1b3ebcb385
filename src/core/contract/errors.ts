/**
 * Every failure that leaves a part of the program is one of these. The code tells the program what to do,
 * the message tells the agent what happened, `next` what to do now.
 */
export const ERROR_CODES = {
	bad_argument: "an argument of the call is wrong; the agent can correct it",
	bad_value: "a cell value does not fit its field",
	not_found: "no such connection, base, table, field, view, record or file",
	not_allowed: "the account or the policy does not permit it",
	auth: "the credential is missing, wrong, expired or lacks a scope",
	limit_reached: "a structural or plan limit of the vendor is full",
	quota_spent: "the vendor's quota is used up until it is reset",
	throttled: "too many calls; nothing was done; wait and repeat",
	busy: "the vendor is not ready or a write conflicts; nothing was done; wait and repeat",
	last_one: "the last table or view cannot be deleted",
	unsupported:
		"this vendor cannot do it; the message says why and what to do instead",
	outcome_unknown: "a write was sent and it is not known whether it was done",
	duplicate_token: "the vendor has seen this idempotency key before",
	broken: "the document or the vendor's answer is damaged",
	too_large: "a request, file or answer is too large",
	unreachable:
		"the vendor could not be reached; nothing was sent or a read failed",
	cancelled: "the caller cancelled",
	declined: "a person or the confirmation fence said no; nothing was sent",
	conflict: "another process works on the same thing",
	internal: "a defect of this program",
} as const satisfies Record<string, string>;

/** One of them; nothing leaves a part of the program under another. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What the vendor said, always printed with the message. */
export interface VendorFault {
	/** The vendor's own code. Absent: the answer had none. */
	readonly code?: string | number;
	/** HTTP status; never what the code was decided by alone. Absent: nothing was answered. */
	readonly status?: number;
	/** The vendor's words: untrusted, clipped when they are shown. Absent: none, or the policy cut them out. */
	readonly message?: string;
	/** What the vendor's support asks for. Absent: the answer had none. */
	readonly logId?: string;
}

/** What an error says besides its code and message. `undefined` is the same as absent. */
export interface TablesErrorOptions {
	/** The next step for the agent, one sentence. Absent: the message says it. */
	readonly next?: string | undefined;
	/** What the vendor said. Absent: the failure is not the vendor's. */
	readonly vendor?: VendorFault | undefined;
	/** For `throttled`, `busy`, `quota_spent`: how long the vendor asks to wait, ms. Absent: it does not say. */
	readonly retryAfterMs?: number | undefined;
	/** The system's code where this machine failed, of `machine-failures.ts`. Absent: it did not. */
	readonly machine?: string | undefined;
	/** What was caught, for the log. Absent: nothing was. */
	readonly cause?: unknown;
}

/** The one class of failures. Made at the edge, handled once in the server. */
export class TablesError extends Error {
	override readonly name = "TablesError";
	/** The next step for the agent, one sentence. */
	readonly next: string | undefined;
	/** What the vendor said; undefined where the failure is not the vendor's. */
	readonly vendor: VendorFault | undefined;
	/** How long the vendor asks to wait, ms. */
	readonly retryAfterMs: number | undefined;
	/** The system's code where this machine failed: every further step would meet the same; undefined: it did not. */
	readonly machine: string | undefined;

	constructor(
		/** What the program decides by. */
		readonly code: ErrorCode,
		message: string,
		options: TablesErrorOptions = {},
	) {
		super(
			message,
			options.cause === undefined ? undefined : { cause: options.cause },
		);
		this.next = options.next;
		this.vendor = options.vendor;
		this.retryAfterMs = options.retryAfterMs;
		this.machine = options.machine;
	}
}

/** The same failure with another message. */
export function reworded(error: TablesError, message: string): TablesError {
	const { code, next, vendor, retryAfterMs, machine } = error;
	return new TablesError(code, message, {
		next,
		vendor,
		retryAfterMs,
		machine,
		cause: error,
	});
}
