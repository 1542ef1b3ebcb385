import type { Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { WriteAnswer } from "../delivery/answer.js";
import type { MappedColumn } from "./import-columns.js";

export interface ImportAnswer extends WriteAnswer {
	/** Every problem, for the problems file. */
	readonly allProblems: readonly Problem[];
	readonly columns: readonly MappedColumn[];
	/** Did anything fail beyond rows that were to be skipped? */
	readonly broken: boolean;
}

/** What to do where `on_error` leaves no row. */
export const NO_ROW =
	"no row can be written as the file is read, and leaving out bad rows would leave none: correct the file, or say how it is to be read (`header_row`, `delimiter`, `mapping`)";

/** Was a row refused that was good by our checks? Those that were not have no message of their own. */
export function hasRefused(results: ReadonlyMap<number, Settled>): boolean {
	return [...results.values()].some(
		({ outcome, message }) => outcome === "failed" && message !== undefined,
	);
}
