import { TablesError } from "./errors.js";
import type { Fence } from "./fence.js";

/** Runs a call to the vendor; what its error says about things that do not exist for the agent does not get out. */
export async function fencedErrors<T>(
	fence: Fence,
	work: () => T | Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		const said = [error.message, error.next, error.vendor?.message].join("\n");
		if (!holdsAny(said, fence.secrets())) throw error;
		const { message: _, ...vendor } = error.vendor ?? {};
		throw new TablesError(
			error.code,
			"the vendor refused this, in words that the policy of this connection keeps back",
			{
				...(error.vendor === undefined ? {} : { vendor }),
				...(error.retryAfterMs === undefined
					? {}
					: { retryAfterMs: error.retryAfterMs }),
			},
		);
	}
}

/** Short words of plain letters count only as whole words; names in other scripts have no such bounds. */
const SHORT_WORD = /^[\w$-]{1,3}$/;

function holdsAny(text: string, secrets: Iterable<string>): boolean {
	for (const secret of secrets)
		if (
			SHORT_WORD.test(secret)
				? new RegExp(
						`(?<![\\w$-])${secret.replace(/\$/g, "\\$")}(?![\\w$-])`,
					).test(text)
				: text.includes(secret)
		)
			return true;
	return false;
}
