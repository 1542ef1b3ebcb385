/**
 * The engine that runs one SELECT over rows that were read before: in a thread of its own, without a file, a network or
 * an extension. Loaded when the first statement comes.
 */
export interface SqlEngine {
	/**
	 * Makes the tables, empty, and checks the statement on them: nothing has to be read for one that is wrong.
	 * A fault: the statement is not one SELECT over these tables.
	 * @throws TablesError broken where the engine does not start; what `SqlWaiting.signal` was aborted with.
	 */
	open(
		question: SqlQuestion,
		waiting: SqlWaiting,
	): Promise<SqlStatement | SqlFault>;
	/**
	 * Ends its threads; a statement under way fails.
	 * @throws never.
	 */
	close(): Promise<void>;
}

/** A statement and what it may name. */
export interface SqlQuestion {
	/** As it was given. */
	readonly sql: string;
	/** All that exists for it. */
	readonly tables: readonly SqlTable[];
	/** What `today()` answers: `2026-11-20`. */
	readonly today: string;
	/** What `now()` answers: `2026-11-20 14:00:00`. */
	readonly now: string;
	/** IANA name of the zone whose clock all times of day are on. */
	readonly zone: string;
}

/** A table as the statement sees it. */
export interface SqlTable {
	/** Its name in the statement. */
	readonly as: string;
	/** In the order of `select *`; at least one, their names differ in more than the case of ASCII letters. */
	readonly columns: readonly SqlColumn[];
}

/** One column of such a table. */
export interface SqlColumn {
	/** As the statement names it. */
	readonly name: string;
	/** What its values are: a value of another type than its column's is a defect of this program. */
	readonly type: SqlType;
}

/** `REAL` for numbers, so that 10/4 is 2.5; `INTEGER` for flags; `TEXT` for everything else. */
export type SqlType = "REAL" | "INTEGER" | "TEXT";

/** A column of a question, by its places there. */
export interface SqlOrigin {
	/** Which of the question's tables, from 0. */
	readonly table: number;
	/** Which of that table's columns, from 0. */
	readonly column: number;
}

/** What a column holds. */
export type SqlValue = string | number | null;

/** How long a statement may take. */
export interface SqlWaiting {
	/** Ends it. Absent: nobody does before `untilMs`. */
	readonly signal?: AbortSignal;
	/** On the session's clock: then it is ended. */
	readonly untilMs: number;
}

/** A statement that was checked: its tables are filled, then it is run once. */
export interface SqlStatement {
	/**
	 * Of each table in the order of the question the columns that the statement can use, by their place in it;
	 * undefined: the statement does not name the table. Empty: it only counts rows.
	 */
	readonly used: readonly (readonly number[] | undefined)[];
	/** The functions that it calls, in small letters. */
	readonly functions: ReadonlySet<string>;
	/** As in its result. */
	readonly columns: readonly string[];
	/**
	 * Of each of `columns` the column of the question's tables whose values it hands on as they are; undefined: it
	 * computes them. Of several SELECTs together, what the first one of them says.
	 */
	readonly origins: readonly (SqlOrigin | undefined)[];
	/**
	 * Adds rows to a table that is used, each with the values of its used columns in their order. A fault: they do not
	 * fit in the engine's memory.
	 * @throws as `open`.
	 */
	load(
		table: number,
		rows: readonly (readonly SqlValue[])[],
	): Promise<SqlFault | undefined>;
	/**
	 * Runs it. A fault: it failed, or was ended at its time.
	 * @throws as `open`.
	 */
	run(most: SqlMost): Promise<SqlResult | SqlFault>;
	/** Forgets its tables; called once, whatever has happened. */
	close(): void;
}

/** Where a result ends that has more. */
export interface SqlMost {
	/** Rows of the result. */
	readonly rows: number;
	/** Characters of its values together. */
	readonly characters: number;
}

/** What the statement answers. */
export interface SqlResult {
	/** Names may come twice. */
	readonly columns: readonly string[];
	/** Integers beyond what a double holds are texts of their digits; bytes are texts such as `x'00ff'`. */
	readonly rows: readonly (readonly SqlValue[])[];
	/** The statement has more rows than `SqlMost` lets it answer. */
	readonly isCut: boolean;
}

/** Why a statement was refused or failed. */
export const SQL_FAULTS = {
	syntax: "the engine does not understand it",
	no_table: "it names a table that is not among the question's",
	no_column: "it names a column that there is not",
	no_function: "it names a function that there is not, or may not be used",
	forbidden: "it is not one SELECT, or reads what no statement may read",
	now: "it asks for the time otherwise than by `today()` and `now()`",
	too_large: "a value, or all values together, need more room than there is",
	late: "it was still running when its time was over",
	failed: "it met a value that it cannot work with",
} as const satisfies Record<string, string>;

/** One of them. */
export type SqlFaultCode = keyof typeof SQL_FAULTS;

/** What is wrong with a statement: an answer of the engine, not a failure of the program. */
export interface SqlFault {
	/** What the program decides by. */
	readonly fault: SqlFaultCode;
	/** In the engine's words. */
	readonly message: string;
	/** The name of the table, column or function that it stumbled over. Absent: nothing that has a name. */
	readonly subject?: string;
	/** Where in the statement, in characters from 0. Absent: nowhere in particular. */
	readonly at?: number;
}
