import { TablesError } from "../contract/errors.js";
import type { Session } from "../contract/session.js";

/** A defect that is reported in an answer instead of ending the call: the log has where it came from. */
export function logUnexpected(
	session: Pick<Session, "log">,
	error: unknown,
): void {
	if (error instanceof TablesError && error.code !== "internal") return;
	session.log(
		"error",
		error instanceof Error ? (error.stack ?? error.message) : String(error),
	);
}
