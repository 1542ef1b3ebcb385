import type { CallContext } from "../contract/call-context.js";
import { reworded, TablesError } from "../contract/errors.js";
import type { Connection, Session } from "../contract/session.js";
import { givenUpAt, type Patience } from "./give-up.js";

/** What could not be asked, and why. */
export interface Unasked {
	/** A connection, or `connection:base`. */
	readonly place: string;
	readonly failure: TablesError;
}

/** Which connection or base could not be asked, and why. */
export function unaskedText({ place, failure }: Unasked): string {
	return `${place} could not be asked: ${failure.message}`;
}

/** What is not found may be where nobody could ask: the refusal says so. */
export function withUnasked(
	error: unknown,
	unasked: readonly Unasked[],
): unknown {
	return error instanceof TablesError && unasked.length > 0
		? reworded(error, [error.message, ...unasked.map(unaskedText)].join("; "))
		: error;
}

/** The failure of a search that nobody answered. */
export function nothingAsked(unasked: readonly Unasked[]): TablesError {
	const [first] = unasked as readonly [Unasked];
	return unasked.length === 1
		? first.failure
		: new TablesError(first.failure.code, unasked.map(unaskedText).join("; "), {
				next: first.failure.next,
				cause: first.failure,
			});
}

/** How long one of several connections is waited for where a name is looked for: the call has other work to do. */
const SEARCH_PATIENCE_MS = 20_000;

/** When a connection among several is given up. */
export function searchEnd({ clock }: Pick<Session, "clock">): number {
	return clock.now() + SEARCH_PATIENCE_MS;
}

/** One that cannot be asked must not hide the others; a defect and the caller's own end are not of that kind. */
export async function attempted<T>(
	place: string,
	call: CallContext,
	work: () => Promise<T>,
): Promise<{ readonly found: T } | Unasked> {
	try {
		return { found: await work() };
	} catch (error) {
		if (call.signal?.aborted || !(error instanceof TablesError)) throw error;
		return { place, failure: error };
	}
}

/**
 * Work on one connection that is given up when the others have waited long enough for it. Opening the connection asks
 * nobody yet, so that it is not counted.
 */
export async function patienceWith(
	connection: Connection,
	{ clock, call, untilMs }: Omit<Patience, "failure">,
): Promise<<T>(work: (call: CallContext) => Promise<T>) => Promise<T>> {
	await connection.adapter();
	if (untilMs === Number.POSITIVE_INFINITY) return (work) => work(call);
	const seconds = Math.round((untilMs - clock.now()) / 1000);
	const failure = new TablesError(
		"unreachable",
		`${connection.title} did not answer within ${seconds} s`,
		{ next: "Call again later; what other connections have can be used." },
	);
	return (work) => givenUpAt({ clock, call, untilMs, failure }, work);
}
