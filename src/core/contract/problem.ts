/** One thing that is wrong with one record, or one that the vendor refused. */
export interface Problem {
	/** Index in the input, from 0. Absent: it is not about one record. */
	readonly record?: number;
	/** Physical line of a file, from 1; in a spreadsheet the row. Absent: the records came from the call, not from a file. */
	readonly line?: number;
	/** Name as given; of a field that was found, the table's own. Absent: the whole record is wrong. */
	readonly field?: string;
	/** The value that is refused. Absent: nothing single is to blame. */
	readonly given?: unknown;
	/** What is wrong and what is accepted; it names the field. */
	readonly message: string;
}
