/** One thing that is wrong with one record, or one that the vendor refused. */
export interface Problem {
	/** Index in the input, from 0. */
	readonly record?: number;
	/** Physical line of a file, from 1. */
	readonly line?: number;
	readonly field?: string;
	readonly given?: unknown;
	readonly message: string;
}
