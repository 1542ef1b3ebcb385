import type {
	SqlFault,
	SqlMost,
	SqlQuestion,
	SqlResult,
	SqlStatement,
	SqlValue,
} from "../../core/contract/sql.js";

/** What the engine's thread is asked, one thing after the other. */
export type Request =
	| { readonly do: "open"; readonly question: SqlQuestion }
	| {
			readonly do: "load";
			readonly table: number;
			readonly rows: readonly (readonly SqlValue[])[];
	  }
	| { readonly do: "run"; readonly most: SqlMost }
	| { readonly do: "close" };

/** What it answers: rows of a result in pieces, then what the request came to. */
export type Reply =
	| { readonly rows: SqlResult["rows"] }
	| { readonly done: Done | SqlFault };

export interface Done {
	/** Of `open`. */
	readonly used?: SqlStatement["used"];
	/** Of `open`. */
	readonly functions?: SqlStatement["functions"];
	/** Of `open`. */
	readonly origins?: SqlStatement["origins"];
	/** Of `open` and `run`. */
	readonly columns?: readonly string[];
	/** Of `run`. */
	readonly isCut?: boolean;
}

/** What a thread is started with. */
export interface ThreadData {
	/** One number that both sides see: not 0 ends the statement that runs. */
	readonly flag: SharedArrayBuffer;
}
