import { TablesError } from "../contract/errors.js";
import { stopsEverything } from "../contract/machine-failures.js";
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

/** Would the next thing of several meet the same? */
export function stopsAll(error: unknown, signal?: AbortSignal): boolean {
	return (
		signal?.aborted === true ||
		stopsEverything(error) ||
		(error instanceof TablesError && STOPS.has(error.code))
	);
}
