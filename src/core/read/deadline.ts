import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { givenUpAt } from "../places/give-up.js";

/** What a call needs to answer after it has given up reading. */
export const READ_MARGIN_MS = 2_000;

/** What to do when a read that must be whole takes too long. */
export const READ_LESS =
	"Narrow the filter, or name fewer rows; export_records writes any number of rows to a file.";

/**
 * Reading that must be whole before anything can be answered or written: given up in time to answer.
 * @throws TablesError busy, with `next`.
 */
export async function readInTime<T>(
	session: Session,
	running: Running,
	what: string,
	work: (call: CallContext) => Promise<T>,
	next = "Name fewer records, or records by id: query_records finds them page by page. A filter on a text, number or select field is often read faster.",
): Promise<T> {
	const message = `reading ${what} took longer than one call may take; this call wrote nothing`;
	return inTime(session, running, { message, next }, work);
}

/**
 * Work that writes nothing yet, given up in time to answer.
 * @throws TablesError busy, in these words.
 */
export async function inTime<T>(
	session: Session,
	running: Running,
	{ message, next }: { readonly message: string; readonly next: string },
	work: (call: CallContext) => Promise<T>,
): Promise<T> {
	const { clock } = session;
	return givenUpAt(
		{
			clock,
			call: running.call,
			untilMs: running.deadlineMs() - READ_MARGIN_MS,
			failure: new TablesError("busy", message, { next }),
		},
		work,
	);
}
