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

/**
 * Does the same for one after the other: that one is refused does not keep the others from being tried.
 * @throws what is not a TablesError.
 */
export async function tryEach<Item>(
	items: readonly Item[],
	work: (item: Item) => Promise<unknown>,
): Promise<{
	readonly done: readonly Item[];
	readonly failed: readonly {
		readonly item: Item;
		readonly error: TablesError;
	}[];
}> {
	const done: Item[] = [];
	const failed: { readonly item: Item; readonly error: TablesError }[] = [];
	for (const item of items)
		try {
			await work(item);
			done.push(item);
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			failed.push({ item, error });
		}
	return { done, failed };
}

/** Would the next thing of several meet the same? */
export function stopsAll(error: unknown, signal?: AbortSignal): boolean {
	return (
		signal?.aborted === true ||
		stopsEverything(error) ||
		(error instanceof TablesError && STOPS.has(error.code))
	);
}
