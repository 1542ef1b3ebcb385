import { TablesError } from "../contract/errors.js";
import { STOPS } from "./failures.js";

/** What became of one thing of several, so that its failure does not hide the others. */
export type Attempt<T> = { readonly value: T } | { readonly error: unknown };

export async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
	try {
		return { value: await work() };
	} catch (error) {
		return { error };
	}
}

/** What the operating system says when the next file would fail as well. */
const FULL: ReadonlySet<unknown> = new Set([
	"ENOSPC",
	"EDQUOT",
	"EROFS",
	"EMFILE",
	"ENFILE",
]);

/** Would the next thing of several meet the same? */
export function stopsAll(error: unknown, signal?: AbortSignal): boolean {
	return (
		signal?.aborted === true ||
		(error instanceof TablesError
			? STOPS.has(error.code)
			: FULL.has((error as { readonly code?: unknown } | null)?.code))
	);
}
