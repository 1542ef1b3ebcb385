import { wordsOf } from "./error-words.js";
import type { Running } from "./running.js";
import type { Session } from "./session.js";

/** Progress is optional: a failure to report it ends nothing. */
export function tellProgress(
	{
		session,
		running,
	}: { readonly session: Session; readonly running: Running },
	done: number,
	total: number | undefined,
	message: string,
): void {
	try {
		running.progress(done, total, message);
	} catch (error) {
		session.log("warning", `progress was not reported: ${wordsOf(error)}`);
	}
}
