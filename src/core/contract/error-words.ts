import { type ErrorCode, TablesError } from "./errors.js";
import { machineFailure } from "./machine-failures.js";

/**
 * What calling again can do after a failure. `later`: it helps by itself. `after`: it helps once a person has changed
 * something. `never`: the same arguments fail in the same way. `look`: it may have been done already.
 */
export type Repeating = "later" | "after" | "never" | "look";

const REPEATING: Readonly<Record<ErrorCode, Repeating>> = {
	bad_argument: "never",
	bad_value: "never",
	not_found: "never",
	// A person has to give a right, a credential, room or a larger plan first.
	not_allowed: "after",
	auth: "after",
	limit_reached: "after",
	quota_spent: "after",
	// It goes by itself.
	throttled: "later",
	busy: "later",
	last_one: "never",
	unsupported: "never",
	// Repeated blindly it may be done twice.
	outcome_unknown: "look",
	duplicate_token: "look",
	broken: "never",
	too_large: "never",
	unreachable: "later",
	cancelled: "look",
	declined: "never",
	// What was read meanwhile is what holds now.
	conflict: "later",
	internal: "never",
};

/** What calling again can do after this failure. */
export function repeatingOf({ code }: TablesError): Repeating {
	return REPEATING[code];
}

/** What the vendor said, with the code that its support asks for; of a failure of this machine also what a person can do. */
export function sentence(error: TablesError): string {
	return error.machine === undefined ? said(error) : withNext(error);
}

/** The same with what to do about it, behind a full stop. */
function withNext(error: TablesError): string {
	const next = nextOf(error);
	return `${said(error)}${next === undefined ? "" : `. ${next}`}`;
}

/** The next step of a failure; of a vendor's also whether calling again can help. */
export function nextOf(error: TablesError): string | undefined {
	const { next, vendor, code } = error;
	// What is damaged may be tried again or not: the row that knows it says so itself.
	if (vendor === undefined || (code === "broken" && next !== undefined))
		return next;
	return {
		later: () => next ?? `Call again${inSeconds(error.retryAfterMs)}.`,
		after: () =>
			`${next ?? "A person has to put that right."} Until then, calling again fails in the same way.`,
		never: () =>
			`${next === undefined ? "" : `${next} `}Calling again with the same arguments fails in the same way.`,
		look: () =>
			next ?? "It may have been done: look at what is there, then call again.",
	}[REPEATING[code]]();
}

function inSeconds(waitMs: number | undefined): string {
	return waitMs === undefined ? " later" : ` in ${Math.ceil(waitMs / 1_000)} s`;
}

/** A vendor's failure is looked up by its code and log id: without them nobody there can help. */
function said(error: TablesError): string {
	const { vendor, message } = error;
	if (vendor === undefined) return message;
	const { logId } = vendor;
	const code = vendor.code ?? vendor.status ?? "?";
	if (message.includes(`code ${code}`) && message.includes(logId ?? ""))
		return message;
	return `${message} (vendor code ${code}${logId === undefined ? "" : `, log id ${logId}`})`;
}

/** What any failure says, on one line, with its next step where it has one. */
export function wordsOf(error: unknown): string {
	if (error instanceof TablesError) return withNext(error);
	const failure = machineFailure(error, "on this machine");
	if (failure !== undefined) return wordsOf(failure);
	const words = error instanceof Error ? error.message : String(error);
	return words.replace(/\s+/g, " ").trim() || "no reason was given";
}
